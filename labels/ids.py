"""Ids for comments whose page gives none: the same page parsed again gives the same ids.

As in DiscussionTools, an id is made of what the comment is (author, time, parent, text), and a number is added only to true duplicates.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

_SEPARATOR = "\x1f"
_DIGITS = 12


def stable_id(*parts: str | None) -> str:
    """`c` + 12 hex digits of a hash over the parts; None and "" differ.

    >>> stable_id("Ana", None) == stable_id("Ana", "")
    False
    """
    joined = _SEPARATOR.join("\x00" if part is None else part for part in parts)
    return "c" + hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def unique(ids: Iterable[str]) -> list[str]:
    """The ids in order, a repeated one with its count appended; never collides with one that stands there already.

    >>> unique(["12", "12", "12-2", "7"])
    ['12', '12-3', '12-2', '7']
    """
    wanted = list(ids)
    taken, seen, given = set(wanted), Counter[str](), []
    for name in wanted:
        seen[name] += 1
        if seen[name] == 1:
            given.append(name)
            continue
        while (candidate := f"{name}-{seen[name]}") in taken:
            seen[name] += 1
        taken.add(candidate)
        given.append(candidate)
    return given
