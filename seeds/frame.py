"""The page's frame around comments: what it says below a heading to all, repeats at each comment, or tells about members."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from seeds import marks

NEARLY_ALL = 0.65
"""Share of gaps in which a line of the page's frame stands; an editor who answers every reader stands in half of them."""
_SHORT = 100
_QUOTED = 6
"""Gaps from which on a repeated sentence is one of the page; in fewer it may be one that readers quote."""
_MAX_LABELLED = 60
_LABELLED = re.compile(r"([^\W\d_][^:]{1,20}):\s\S")
_LAST_NUMBER = re.compile(r"\s*[(\[]?0[)\]]?$")
_NOTICE_WORDS = 4
_DIGITS = re.compile(r"[+−–-]?\d+(?:[.,\u00a0]\d{3})*")
_COUNTER = re.compile(r"[+−–-]?(?:\d{1,5}|\d{1,3}(?:[.,\u00a0 ]\d{3})+)")


def with_counters(lines: Sequence[str], framed: list[bool]) -> list[bool]:
    """The lines of the frame and the counters beside them: "12", "+3"."""
    for order in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        step = 1 if order.step > 0 else -1
        for at in order:
            framed[at] = framed[at] or (framed[at - step] and _COUNTER.fullmatch(lines[at]) is not None)
    return framed


def without_notices(lines: Sequence[str]) -> list[str]:
    """The lines below a heading without what pages say there to all: "Log in to comment", rules for comments, their order."""
    kept = [line for line in lines if not marks.is_end(line)]
    return kept[next((at for at, line in enumerate(kept) if not _is_notice(line)), len(kept)) :]


def _is_notice(line: str) -> bool:
    if not any(map(str.isalnum, line)):
        return True
    said = marks.mentions(line) or (marks.has_button_word(line) and len(line.split()) >= _NOTICE_WORDS)
    return said and not marks.author_of(line)[1]


def without_profiles(gap: Sequence[str]) -> list[str]:
    """Without lines about a member; a label alone on its line takes its value, the next line, with it."""
    kept: list[str] = []
    label = False
    for line in gap:
        if not marks.is_profile(line) and not label:
            kept.append(line)
        label = marks.is_profile_label(line) and not marks.is_button(line)  # "Edited" is one and no label
    return kept


def masked(line: str) -> str:
    """A line without its numbers: "Rated 22 times, -3" and "Rated 9 times, 7" are one, and so are "Support 7" and "Support"."""
    bare = _DIGITS.sub("0", line)
    return _LAST_NUMBER.sub("", bare) or bare


def repeated(gaps: Sequence[Sequence[str]]) -> frozenset[str]:
    """Short lines, digits masked, that stand in nearly all gaps."""
    if len(gaps) < 4:
        return frozenset()
    seen = Counter(each for gap in gaps for each in {masked(line) for line in gap if len(line) <= _SHORT})
    least = max(NEARLY_ALL * (len(gaps) - 1), 3)
    return frozenset(
        line for line, times in seen.items() if times >= (max(least, _QUOTED) if is_sentence(line) else least) and not _keeps(line)
    )


def label(line: str) -> str:
    """The words before the colon of a short line, unless it names an author or whom the comment answers; "" for any other line."""
    match = _LABELLED.match(line) if len(line) <= _MAX_LABELLED else None
    return "" if match is None or marks.author_of(line)[1] or marks.reply(line) is not None else match[1]


def labels(gaps: Sequence[Sequence[str]]) -> frozenset[str]:
    """What stands before a colon in nearly all gaps, as facts about members do: "Group: guests"."""
    if len(gaps) < 4:
        return frozenset()
    seen = Counter(each for gap in gaps for each in {label(line) for line in gap} if each)
    return frozenset(each for each, times in seen.items() if times >= max(NEARLY_ALL * (len(gaps) - 1), 3))


def is_sentence(line: str) -> bool:
    """Whether a line of several words ends as a sentence does."""
    return line.endswith((".", "!", "?", "…")) and " " in line


def _keeps(line: str) -> bool:
    """Marks of the thread repeat too, and are needed; but whom nearly all would answer by name is a subject: "Re: A title"."""
    mark = marks.reply(line.replace("0", "1"))
    return (mark is not None and (mark.number is not None or mark.author is None)) or marks.replied_by(line) is not None
