"""A comment's text cut into parts: what the model looked at, what a word list found, and the rest. Offsets are code points, half-open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serve.policy import fold


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the text; `kind` is span (the model's), word (a list's) or empty."""

    text: str
    kind: str = ""


def parts(text: str, spans: Sequence[Mapping[str, Any]], words: Iterable[str] = ()) -> list[Part]:
    """The text in order, nothing lost. A word of a list goes before a span of the model.

    >>> [part.text for part in parts("You Fóol, go!", [{"begin": 10, "end": 12}], ["fool"]) if part.kind]
    ['Fóol', 'go']
    """
    kinds = [""] * len(text)
    for span in spans:
        _paint(kinds, span["begin"], span["end"], "span")
    for word in words:
        for begin, end in _found(text, word):
            _paint(kinds, begin, end, "word")
    found, begin = list[Part](), 0
    for at in range(1, len(text) + 1):
        if at == len(text) or kinds[at] != kinds[begin]:
            found.append(Part(text[begin:at], kinds[begin]))
            begin = at
    return found


def _paint(kinds: list[str], begin: int, end: int, kind: str) -> None:
    for at in range(max(0, begin), min(end, len(kinds))):
        kinds[at] = kind


def _found(text: str, word: str) -> Iterable[tuple[int, int]]:
    """Where a word stands, as the policy sees text: without marks, in lower case."""
    folded, at = "", list[int]()
    for place, char in enumerate(text):
        plain = fold(char)
        folded += plain
        at += [place] * len(plain)
    for match in re.finditer(rf"(?<!\w){re.escape(fold(word))}(?!\w)", folded):
        if match.end() > match.start():
            yield at[match.start()], at[match.end() - 1] + 1
