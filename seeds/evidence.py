"""Whether lines that were read as comments are comments, and how well a layout fits them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from statistics import fmean as mean

from seeds import marks
from seeds.layout import MOST, Layout, Record, Thread
from seeds.section import MAX_NAME, Section

_HALF, _NEARLY_ALL = 0.5, 0.8
_TOP = 0.03
"""What it costs to take the first line behind the buttons for the name: the usual place decides between equals."""
_PARAGRAPH, _ARTICLE = 80, 1000
"""Characters."""
_MIXED = 0.6
_MAX_FIRST = 30
"""Lines that the first comment may have where the time stands at the foot."""
_COUNTS = re.compile(r"\d+ comments?\b", re.IGNORECASE)
"""What stands beside the writer of an article in a list of articles."""
_BROKEN = re.compile(r"[!?…,;:]$|[!?;:,]\s|(?<!\b\w)(?<!\b\w\w)\.(?:$|\s)")
"""Ends of sentences, unlike a name's: "Ana P.", "Dr. Pop"."""
_SENTENCE_END = re.compile(r"[.!?…。！？)][\"'“”»«’]*$")


def judged(section: Section, read: tuple[Layout, tuple[Record, ...]]) -> Thread | None:
    """The thread with its score; None where the section gives no evidence of comments."""
    layout, records = read
    left = _left_over(section, layout)
    if layout.body == "after" and not section.opened and section.framed < len(section.anchors) and _ended(section, layout) > _NEARLY_ALL:
        return None  # the last one lacks the buttons that end all others: a teaser
    if not _is_thread(section, records, left) or _is_mixture(records):
        return None
    score = max(len(records) * (_quality(section, layout, records, left) - 1.0) - 2.5 * _misfits(records), 0.01)
    return Thread(section.first_line(layout), section.end, layout, records, score)


def _is_mixture(records: Sequence[Record]) -> bool:
    """Whether those with relative times have words and those with dates none, or the other way round: comments and teasers."""
    groups = [[bool(record.body) for record in records if record.stamp and record.stamp.relative is kind] for kind in (True, False)]
    return all(len(group) > 1 for group in groups) and abs(mean(groups[0]) - mean(groups[1])) > _MIXED


def _misfits(records: Sequence[Record]) -> int:
    """Records unlike the others: a headline as author, no words where most have some. They are teasers behind the last comment."""
    empty = sum(not record.body for record in records)
    return sum(
        name_likeness(record.author) < 0.45 or (not record.body and record.number is None and empty < _HALF * len(records))
        for record in records
        if record.author
    )


def _left_over(section: Section, layout: Layout) -> int:
    """Lines of the section that belong to no record."""
    first, last = section.gaps[0].lines, section.gaps[-1].lines
    if layout.body == "before":
        if section.closed or not last:
            return max(len(last) - (layout.author == "after"), 0)
        return 1 if section.count is None or 0 < len(first) <= _MAX_FIRST else 4
    if section.count is None:  # the article stands there
        return 1
    return max(len(first) - section.lead(layout, 0), 0)


def _begins_with_words(section: Section, layout: Layout) -> bool:
    """Whether somebody speaks between a heading and the first comment: then the words stand before the times."""
    first = section.gaps[0].lines
    before = first[: len(first) - section.lead(layout, 0)]
    return any(_SENTENCE_END.search(line) and marks.has_voice(line, section.lang) for line in before)


def _quality(section: Section, layout: Layout, records: Sequence[Record], left: int) -> float:
    names = mean(name_likeness(record.author) + 0.3 * record.said for record in records)
    known = {_folded(record.author) for record in records if record.author}
    given = [(record.mark.author, record.mark.typed) for record in records if record.mark and record.mark.author]
    named = [name for name, typed in given if not typed or _is_known(name, known)]  # "For the rest: no" means nobody
    hits = mean(_is_known(name, known) for name in named) if named else 0.5
    own = mean(bool(record.mark and record.mark.author and _is_known(record.mark.author, {_folded(record.author)})) for record in records)
    distinct = min(2 * len(known) / len(records), 1.0)  # a member's rank repeats more than names do
    numbered = mean(record.number is not None for record in records)
    empty = mean(not record.body for record in records)
    edge = records[-1] if layout.body == "after" else records[0]
    tidy = 0.4 * (left == 0) + 0.2 * (left <= 1) + 0.2 * bool(edge.body)
    tidy += 0.15 * (layout.body == "after")  # by far the more usual
    counted = section.count is not None and section.count == len(records) > 1
    tidy -= 0.15 * min(left, 4) if section.count is not None and len(records) > 1 and not counted else 0.0
    tidy -= _HALF * (layout.body == "after" and section.count is not None and _begins_with_words(section, layout))
    heading = 0.3 if section.count is not None else 0.0
    heading += 0.5 if counted else 0.0
    spoken = mean(any(map(_SENTENCE_END.search, record.body)) for record in records)
    return (
        names
        + tidy
        + hits
        + 0.4 * distinct
        + numbered
        - 0.6 * empty
        - (empty > _NEARLY_ALL)
        + heading
        + 0.5 * spoken
        + _borders(section, layout)
        + 0.4 * section.is_named(layout)
        - 0.08 * (layout.back - 1)
        - section.dated
        - own  # nobody answers himself as often as that
        - _shifted(section, layout, records)
        - _TOP * (layout.author == "top")
    )


def _borders(section: Section, layout: Layout) -> float:
    """-1 .. 0.5: whether buttons stand where the layout has one comment end, and never inside one."""
    inner = [(at, gap) for at, gap in enumerate(section.gaps[1:-1], 1) if gap.frames]
    if not inner:
        return 0.0
    hits = splits = 0
    for at, gap in inner:
        border = _border(section, layout, at)
        hits += border in gap.frames
        splits += any(0 < place < len(gap.lines) and place != border for place in gap.frames)
    return (0.5 * hits - splits) / len(inner)


def _border(section: Section, layout: Layout, at: int) -> int:
    """Behind which line of gap `at` the layout has one comment end."""
    return max(len(section.gaps[at].lines) - section.lead(layout, at), 0) if layout.body == "after" else 0


def _ended(section: Section, layout: Layout) -> float:
    """Share of comments, without the last two, that end with buttons."""
    inner = range(1, len(section.gaps) - 2)
    return mean(_border(section, layout, at) in section.gaps[at].frames for at in inner) if inner else 0.0


def _shifted(section: Section, layout: Layout, records: Sequence[Record]) -> float:
    """0 .. 1: what says that each comment got the name or the words of its neighbour."""
    if layout.author == "after" and layout.body == "before":  # the first one's name stands before its words
        first = section.gaps[0].lines
        named = len(first) > 1 and name_likeness(first[0]) > _NEARLY_ALL and section.count is not None
        return 1.0 if section.place_of_known(records) is not None else 0.5 * named
    return 0.6 * (section.opened and layout.author == "after")


def _is_known(name: str, known: set[str]) -> bool:
    """Whether somebody of that name writes here; what was typed may run on behind the name."""
    words = _folded(name).split()
    return any(" ".join(words[:size]) in known for size in range(1, len(words) + 1))


def _is_thread(section: Section, records: Sequence[Record], left: int) -> bool:
    """Whether something beside the times says that these are comments."""
    size = len(records)
    numbered = sum(record.number is not None for record in records) >= MOST * size
    if not _are_people(records, numbered) or not any(record.body for record in records):
        return False
    marked = sum(record.mark is not None for record in records)
    said = sum(_says(record) if size == 1 else record.said for record in records)
    spoken = mean(any(map(_SENTENCE_END.search, record.body)) for record in records)
    if section.count is not None:
        signs = marked >= 1 or said >= _HALF * size or (numbered and size > 1) or section.buttons >= _HALF * size
        named = any(record.author for record in records)
        return signs or (spoken >= 0.3 and left <= 2 and named and _is_alive(section, records))
    if _holds_article(records) or not any(record.author for record in records):
        return False
    if all(_says(record) for record in records):
        return True
    if spoken < 0.3:
        return False
    spoke = sum(record.said and not marks.is_byline(record.name or "") for record in records)
    strong = _is_answered(records) or numbered or spoke >= MOST * size or section.buttons >= MOST * size or marked >= 2
    return (size >= 3 and strong) or _is_talk(section, records)


def _says(record: Record) -> bool:
    return record.said and marks.says(f"{record.name}:")


def _are_people(records: Sequence[Record], numbered: bool) -> bool:
    """Whether the authors look like names of several people: one writer of all is a list of articles."""
    size = len(records)
    likeness = [name_likeness(record.author) for record in records if record.author]
    if not likeness:
        return size >= 3
    persons = {_folded(record.author) for record in records if record.author}
    if size > 2 and len(persons) == 1 and not numbered:
        return False
    return mean(likeness) >= 0.45 and (size >= 3 or min(likeness) >= 0.4)


def _is_answered(records: Sequence[Record]) -> bool:
    """Whether a reply mark names somebody who writes here."""
    known = {_folded(record.author) for record in records if record.author}
    return any(_is_known(record.mark.author, known) for record in records if record.mark and record.mark.author)


def _is_alive(section: Section, records: Sequence[Record]) -> bool:
    """Whether, under a heading, the count is the heading's, the times go to the minute or somebody speaks for himself."""
    size = len(records)
    if size == 1 and len(records[0].body) > _MAX_FIRST:
        return False
    counted = 1 < section.count == size if section.count is not None else False
    return counted or (size > 1 and _is_clocked(records)) or _voices(section, records) >= 0.3


def _is_clocked(records: Sequence[Record]) -> bool:
    """Whether the times go to the minute, or say how long ago; lists of articles mostly give the day."""
    return mean(record.stamp is not None and (record.stamp.relative or "T" in (record.stamp.written or "")) for record in records) >= MOST


def _voices(section: Section, records: Sequence[Record]) -> float:
    """Share of comments in which somebody speaks for himself or to another one."""
    return mean(any(marks.has_voice(line, section.lang) for line in record.body) for record in records)


def _holds_article(records: Sequence[Record]) -> bool:
    """Whether the first record is the article: far longer than all others."""
    sizes = [sum(map(len, record.body)) for record in records]
    return len(sizes) > 1 and sizes[0] > _ARTICLE and sizes[0] > 3 * max(sizes[1:])


def _is_talk(section: Section, records: Sequence[Record]) -> bool:
    """Whether several persons speak, behind an article and to each other: I, you, thanks, a smile; a lone one only where it is plain."""
    size = len(records)
    dated = mean(record.stamp is not None and not record.stamp.clock_only for record in records)
    persons = len({_folded(record.author) for record in records if record.author})
    loud = _HALF if size >= 3 else _NEARLY_ALL
    behind = sum(len(line) >= _PARAGRAPH and _SENTENCE_END.search(line) is not None for line in section.lines[: section.anchors[0].at])
    if not behind or dated < MOST or _voices(section, records) < loud or persons < min(2, size):
        return False
    return size > 1 or (behind > 2 and _is_lone(section, records[0]))


def _is_lone(section: Section, record: Record) -> bool:
    """Whether a single record may be a comment: in the second half of the page, to the minute, shorter than an article."""
    late = section.anchors[0].at > _HALF * len(section.lines)
    exact = record.stamp is not None and "T" in (record.stamp.written or "") and not record.stamp.relative
    return late and exact and sum(map(len, record.body)) < _ARTICLE


def _folded(name: str | None) -> str:
    return " ".join((name or "").casefold().split())


@lru_cache(maxsize=1 << 14)
def name_likeness(text: str | None) -> float:
    """0 .. 1: how much a line looks like a name that a person chose."""
    if not text or len(text) > MAX_NAME or "://" in text or marks.is_heading(text):
        return 0.0
    if _COUNTS.search(text):
        return 0.0
    words = text.split()
    value = max(1.0 - 0.2 * max(len(words) - 3, 0), 0.0)
    if _BROKEN.search(text):
        value *= 0.4
    if any(word.isdigit() for word in words[1:-1]):
        value *= 0.5
    elif words[-1].isdigit() and len(words) > 1:  # "Driver on line 7"
        value *= 0.7
    return value
