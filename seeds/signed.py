"""Comments that end with the signature of their writer on the same line, as on the talk pages of a wiki.

    "I agree. --Ana (talk) 17:58, 11 February 2018 (CET)"

The time at the end of many lines is the sign; the name stands before it, behind a dash or the last sentence. A comment reaches back to the
signature before it. Indentation is lost in plain text, so nothing is known of whom it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from seeds import dates, marks
from seeds.dates import Stamp
from seeds.layout import Layout, Record, Thread

_LEAST = 4
"""Signatures that make a talk page."""
_BODY, _MOST = 20, 0.6
"""Characters of the comment on the line of its signature, and in what share of the lines: else the line is a head, not a signature."""
_TAIL = 120
"""Characters at the end of a long line in which a signature is looked for."""
_SIGNATURE = re.compile(
    r"(?:^|(?P<dash>\s*(?:--+|[–—―~]+|(?<=[\s.!?)])-))\s*|(?<=[.!?…:)\]])\s+)"
    r"(?P<name>[^\s.,:;!?()–—―~-][^.,:;!?()–—―~]{0,39}?)\s*(?P<more>(?:\([^()]{0,40}\)|\[[^\[\]]{0,40}\])?[\s,•·|]*)$"
)
_NAME_IN_TEXT = re.compile(r"(?:^|\s)(?P<name>[^\s()]{2,40}(?:\s\([^()]{1,20}\))?)\s*\([^()]{1,40}\)[\s,•·|]*$")
"""A name without a dash or a sentence's end before it, but with its links in brackets: "at last Ana (talk)"."""
_MOST_WORDS = 3
"""Words of a name that only a sentence's end parts from the text."""
_LAYOUT = Layout("signed", "inline", "before")
_HEADING = re.compile(r"(?:\d+(?:\.\d+)*\s+)?\S.{0,90}")
_SENTENCE_END = re.compile(r"[.!?…。！？:][\"'“”»«’)\]]*$")


def learn(lines: Sequence[str], stamps: Mapping[int, Stamp], lang: str | None, day_first: bool | None) -> Thread | None:
    """The signed comments of a page, or None where fewer than four lines end with a name and a time."""
    signed = dict(_signatures(lines, stamps, lang, day_first))
    inside = sum(len(body) >= _BODY for _, _, body in signed.values())
    if len(signed) < _LEAST or inside < _MOST * len(signed):
        return None
    records, begin, first = [], -1, None
    for at, (stamp, name, body) in signed.items():
        text = [line for line in lines[begin + 1 : at] if line]
        kept = _without_headings(text, first=begin < 0)
        if first is None:
            first = at - len(lines[begin + 1 : at]) + 1 if not kept else lines.index(kept[0], begin + 1, at + 1)
        records.append(Record(stamp, name, None, tuple([*kept, body] if body else kept), line=at))
        begin = at
    return Thread(max(first or 0, 0), begin + 1, _LAYOUT, tuple(records), score=2.0 * len(records))


def _signatures(
    lines: Sequence[str], stamps: Mapping[int, Stamp], lang: str | None, day_first: bool | None
) -> Iterator[tuple[int, tuple[Stamp, str, str]]]:
    """Line -> its time, the name before it, and the words before that."""
    for at, line in enumerate(lines):
        offset = max(len(line) - _TAIL, 0)
        stamp = stamps.get(at) if not offset else dates.find(line[offset:], lang=lang, day_first=day_first)
        if stamp is None or stamp.written is None or "T" not in stamp.written or line[offset + stamp.end :].strip(" .)|"):
            continue
        head = line[: offset + stamp.begin].rstrip(" ,(|")
        match = _signature(head[-_TAIL:])
        if match and not marks.is_heading(match["name"]):
            yield at, (stamp, match["name"].strip(), head[: len(head[:-_TAIL]) + match.start()].strip())


def _signature(tail: str) -> re.Match[str] | None:
    match = _SIGNATURE.search(tail)
    is_name = match is not None and (match["dash"] or len(match["name"].split()) <= _MOST_WORDS)
    return match if is_name else _NAME_IN_TEXT.search(tail)


def _without_headings(text: list[str], *, first: bool) -> list[str]:
    """Without the heading of a section before a comment; of the page's head only the last paragraph can be part of the first one."""
    if first:
        return [line for line in text[-1:] if _SENTENCE_END.search(line)]
    return text[1:] if text and _HEADING.fullmatch(text[0]) and not _SENTENCE_END.search(text[0]) else text
