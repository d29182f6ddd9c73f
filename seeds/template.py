"""Learns how a page writes its comments from the page's own repetition: a time, an author, a body, again and again.

    learn(lines, stamps)  ->  Thread(begin, end, layout, records)  or None

No site is known here. Every line with a time is an anchor; the anchors of one style in one section are the comments. Where author and body
stand beside the anchor is a `Layout`; each one is tried on the whole section, and the one under which authors look like names, replies name
authors that exist, and nothing is left over wins. Without evidence beside the times (a heading, reply marks, numbers, buttons) there are
no comments.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import mean
from statistics import median_low as median

from seeds import marks
from seeds.dates import Stamp
from seeds.marks import Mark

MAX_STAMP_LINE = 160
_MAX_RESIDUE = 70
_MAX_NAME = 60
_MAX_SECTIONS = 12
_MAX_BYLINES = 3
"""Times of the article itself that may stand before the comments and look like theirs."""
_MAX_FIRST = 30
"""Lines that the first comment may have where the time stands at the foot."""
_PARAGRAPH = 80
_MOST, _HALF = 0.7, 0.5
_NEARLY_ALL = 0.65
"""Share of gaps in which a line of the page's frame stands; an editor who answers every reader stands in half of them."""
_NUMBERED = re.compile(r"(?:#|№|nr\.?\s?|no\.\s?)?(?P<number>\d{1,5})(?:[.)\]:](?=\s|$)|(?=\s|$))\s*(?P<rest>.*)", re.IGNORECASE)
_NUMBER_LAST = re.compile(r"(?P<rest>.*?)(?:^|\s)[(\[]?(?:#|№)(?P<number>\d{1,5})[)\]]?")
_SENTENCE_END = re.compile(r"[.!?…。！？)][\"'“”»«’]*$")
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line with a time."""

    at: int
    stamp: Stamp
    residue: str
    """What else the line says, without buttons: a name, a number, or nothing."""
    shape: str
    """The written time with digits and letters masked; all times of one page's comments share it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where author and body of a record stand, seen from its anchor."""

    name: str
    author: str
    """inline | before | after | first | last: on the line of the anchor, before or after it; first or last line of the side of the body."""
    body: str
    """before | after the anchor."""
    back: int = 1
    """Lines between author and anchor, the author's included (`before` only): a member's rank may stand there."""


@dataclass(frozen=True, slots=True)
class Record:
    """A comment as lines of the page."""

    stamp: Stamp | None
    author: str | None
    number: int | None
    body: tuple[str, ...]
    mark: Mark | None = None
    replied_by: tuple[str, ...] = ()
    said: bool = False
    """The author's line says so ("X says:")."""
    line: int = 0
    """Where it stands: the line of its time."""


@dataclass(frozen=True, slots=True)
class Thread:
    begin: int
    """First line of the section (its heading, if it has one)."""
    end: int
    layout: Layout
    records: tuple[Record, ...]
    score: float = 0.0


_INLINE = (Layout("inline_head", "inline", "after"), Layout("inline_foot", "inline", "before"))
_LINES = (
    *(Layout(f"author_line_{back}", "before", "after", back) for back in (1, 2, 3)),
    Layout("author_first", "first", "before"),
    Layout("author_after", "after", "after"),
    Layout("signature", "last", "before"),
)
_NAMELESS = Layout("nameless", "none", "after")


def anchors(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> list[Anchor]:
    """The lines whose time has little beside it; lines about a member (join date) are none."""
    found: list[Anchor] = []
    common = _common_tails(lines, stamps)
    for at, stamp in stamps.items():
        line = lines[at]
        if marks.is_profile(line) or marks.is_profile_label(_line_before(lines, at)):
            continue
        residue = _residue(line, stamp, common)
        if len(residue) > _MAX_RESIDUE or len(residue.split()) > 9:  # a sentence that holds a date
            continue
        repeated = found and found[-1].stamp.written == stamp.written and stamp.written and not any(lines[found[-1].at + 1 : at])
        if not repeated:
            found.append(Anchor(at, stamp, residue, "relative" if stamp.relative else _masked(stamp.raw)))
    return found


def _line_before(lines: Sequence[str], at: int) -> str:
    return next((lines[place] for place in range(at - 1, max(at - 4, -1), -1) if lines[place]), "")


def _common_tails(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> frozenset[str]:
    """What stands behind three and more times word for word: a button whose name we do not know, never an author of each comment."""
    tails = Counter(lines[at][stamp.end :].strip() for at, stamp in stamps.items())
    return frozenset(tail for tail, times in tails.items() if times > 2 and times >= _HALF * len(stamps))


def _residue(line: str, stamp: Stamp, common: frozenset[str]) -> str:
    tail = line[stamp.end :].strip()
    parts = marks.without_fillers(marks.without_buttons(line[: stamp.begin]), "" if tail in common else marks.without_buttons(tail))
    return " ".join(part for part in parts if part and not marks.is_button(part))


def _masked(text: str) -> str:
    return _LETTERS.sub("a", _DIGITS.sub("0", text)).replace("a.", "a")


def learn(lines: Sequence[str], stamps: Mapping[int, Stamp], lang: str | None = None) -> Thread | None:
    """The comment thread of a page's lines (stripped; "" = blank), or None where no section is one. `stamps`: line -> the time in it."""
    every = anchors(lines, stamps)
    best: Thread | None = None
    for section in _sections(lines, every, lang):
        for layout in section.layouts():
            found = section.read(layout)
            if found and (best is None or found.score > best.score):
                best = found
    return best


def _sections(lines: Sequence[str], every: Sequence[Anchor], lang: str | None) -> list[_Section]:
    """Stretches that may hold the thread: from each heading (and from the top, and from behind the article's own time) to the first end
    mark behind an anchor, and to the end of the page.

    Of several headings before the same comments the nearest counts.
    """
    found: dict[tuple[Anchor, ...], _Section] = {}
    ends = [at for at, line in enumerate(lines) if line and marks.is_end(line)]
    headings = _headings(lines, [anchor.at for anchor in every])[:_MAX_SECTIONS]
    first = headings[1][0] if len(headings) > 1 else len(lines)
    bylines = [(anchor.at, None) for anchor in every[:_MAX_BYLINES] if anchor.at < first]
    for heading, count in (*bylines, *headings):
        whole = _one_style([anchor for anchor in every if heading < anchor.at])
        near = next((end for end in ends if whole and end > whole[0].at), len(lines))
        short = tuple(anchor for anchor in whole if anchor.at < near)
        for end, inside in ((near, short), (len(lines), tuple(whole))):
            if inside and (end == near or len(inside) > 1.6 * len(short)):
                found[inside] = _Section(lines, heading, end, inside, count, lang, closed=end < len(lines))
    return list(found.values())


def _headings(lines: Sequence[str], places: Sequence[int]) -> list[tuple[int, int | None]]:
    """The last heading before each anchor with its count, and first of all (-1, None): the top. One that announces no comments is none."""
    nearest: dict[int, tuple[int, int | None]] = {}
    times = Counter(lines)
    for at, line in enumerate(lines):
        if line and times[line] <= 2 and (count := marks.heading_count(line)):  # "Antworten" is a button, too
            nearest[bisect_right(places, at)] = (at, count)
    return [(-1, None), *(heading for place, heading in nearest.items() if place < len(places))]


def _one_style(inside: Sequence[Anchor]) -> Sequence[Anchor]:
    """The anchors whose time is written as most are; relative ones ("yesterday, 10:12") pass beside dates."""
    dated = [anchor for anchor in inside if not anchor.stamp.clock_only]
    pool = dated if len(dated) >= _HALF * len(inside) else inside
    if not pool:
        return []
    shape = Counter(anchor.shape for anchor in pool).most_common(1)[0][0]
    return [anchor for anchor in pool if anchor.shape in (shape, "relative")]


@dataclass(slots=True)
class _Section:
    """One stretch of lines with its anchors; reads itself under a layout."""

    lines: Sequence[str]
    heading: int
    end: int
    anchors: tuple[Anchor, ...]
    count: int | None
    """Comments that the heading announces; None without a heading."""
    lang: str | None
    closed: bool
    """Whether an end mark stands behind it."""
    gaps: list[list[str]] = field(init=False)
    """Cleaned lines between the anchors: gaps[i] before anchor i, gaps[n] behind the last."""
    noise: frozenset[str] = field(init=False)
    buttons: int = field(init=False)
    """Gaps that hold a button of comments."""
    framed: int = field(init=False)
    """Gaps that hold a button or another line of the page's frame."""

    def __post_init__(self) -> None:
        edges = [self.heading, *(anchor.at for anchor in self.anchors), self.end]
        raw = [_without_profiles([line for line in self.lines[low + 1 : high] if line]) for low, high in pairwise(edges)]
        self.noise = _repeated(raw)
        with_buttons = [gap for gap in raw[:-1] if any(self._is_noise(line) for line in gap)]
        self.buttons = sum(any(marks.is_button(line) and marks.has_button_word(line) for line in gap) for gap in raw[:-1])
        self.framed = len(with_buttons)
        raw[-1] = self._cut(raw)
        self.gaps = [[line for line in gap if not self._is_noise(line)] for gap in raw]

    def _is_noise(self, line: str) -> bool:
        return _DIGITS.sub("0", line) in self.noise or (marks.is_button(line) and (marks.has_button_word(line) or "0" in self.noise))

    def _cut(self, raw: Sequence[Sequence[str]]) -> list[str]:
        """The last gap without the page's foot: up to the button that ends most records, else as long as the longest record."""
        gap = list(raw[-1])
        first = [at for at, line in enumerate(gap) if self._is_noise(line)]
        if first and self.framed >= _NEARLY_ALL * (len(raw) - 1):
            return gap[: max(first[0], 1)]
        return gap if self.closed else gap[: max(map(len, raw[1:-1]), default=3)]

    def layouts(self) -> tuple[Layout, ...]:
        names = [marks.author_of(_unnumbered(anchor.residue))[0] for anchor in self.anchors]
        given = [name for name in names if name]
        constant = len(given) > 2 and len(set(given)) == 1
        if len(given) >= _MOST * len(names) and not constant:
            return _INLINE
        return (*_LINES, _NAMELESS)

    def read(self, layout: Layout) -> Thread | None:
        """The records under a layout with their score; None where the section gives no evidence of comments."""
        records = _numbered([self._record(layout, at) for at in range(len(self.anchors))])
        left = self._left_over(layout)
        found = Thread(max(self.heading, 0) if self.count is not None else self._first_line(layout), self.end, layout, tuple(records))
        if not self._is_thread(records, left):
            return None
        return replace(found, score=len(records) * self._quality(layout, records, left))

    def _first_line(self, layout: Layout) -> int:
        """Without a heading: where the first record begins."""
        lead = {"before": layout.back, "first": len(self.gaps[0])}.get(layout.author, 0)
        return max(self.anchors[0].at - lead, 0)

    def _record(self, layout: Layout, at: int) -> Record:
        anchor = self.anchors[at]
        before, after = self.gaps[at], self.gaps[at + 1]
        if at == 0 and self.count is None and layout.body == "before":
            before = self._without_article(before)
        header: list[str] = []
        if layout.author == "before":
            header, body = before[-layout.back :], self._until_next_author(layout, at, after)
            author = header[0] if len(header) == layout.back else None
            header = header[1:]
        elif layout.author == "first":
            author, body = (before[0], before[1:]) if before else (None, [])
        elif layout.author == "last":
            author, body = (before[-1], before[:-1]) if before else (None, [])
        elif layout.author == "after":
            author, body = (after[0], after[1:]) if after else (None, [])
        else:
            author, body = (anchor.residue or None, after if layout.body == "after" else before)
        return _record(anchor, author, header, body)

    def _without_article(self, before: list[str]) -> list[str]:
        """The first comment where no heading parts it from the article: from its author's line, else as long as half of the others are."""
        said = [at for at, line in enumerate(before) if len(line) <= _MAX_NAME and marks.author_of(line)[1]]
        if said:
            return before[said[-1] :]
        return before[-max(median(map(len, self.gaps[1:-1])), 1) :] if len(self.gaps) > 2 else before[-1:]

    def _until_next_author(self, layout: Layout, at: int, after: list[str]) -> list[str]:
        return after[: -layout.back] if at + 1 < len(self.anchors) else after

    def _left_over(self, layout: Layout) -> int:
        """Lines of the section that belong to no record."""
        if layout.body == "before":
            if self.closed or not self.gaps[-1]:
                return len(self.gaps[-1])
            return 1 if self.count is None or 0 < len(self.gaps[0]) <= _MAX_FIRST else 4
        return max(len(self.gaps[0]) - (layout.back if layout.author == "before" else 0), 0)

    def _quality(self, layout: Layout, records: Sequence[Record], left: int) -> float:
        names = mean(_name_likeness(record.author) + 0.3 * record.said for record in records)
        known = {_folded(record.author) for record in records if record.author}
        named = [record.mark.author for record in records if record.mark and record.mark.author]
        hits = mean([_folded(name) in known for name in named]) if named else 0.5
        distinct = min(2 * len(known) / len(records), 1.0)  # a member's rank repeats more than names do
        numbered = mean(record.number is not None for record in records)
        empty = mean(not record.body for record in records)
        edge = records[-1] if layout.body == "after" else records[0]
        tidy = 0.4 * (left == 0) + 0.2 * (left <= 1) + 0.2 * bool(edge.body)
        known_kind = 0.3 if self.count is not None else 0.0
        tidy += 0.15 * (layout.body == "after")  # by far the more usual
        return max(names + tidy + hits + 0.4 * distinct + numbered - 0.6 * empty + known_kind - 0.08 * (layout.back - 1), 0.01)

    def _is_thread(self, records: Sequence[Record], left: int) -> bool:
        """Whether something beside the times says that these are comments."""
        size = len(records)
        named = [_name_likeness(record.author) for record in records if record.author]
        if (mean(named) < 0.45) if named else size < 3:
            return False
        if not any(record.body for record in records):
            return False
        marked = sum(record.mark is not None for record in records)
        said = sum(record.said for record in records)
        numbers = sum(record.number is not None for record in records)
        signs = (marked >= 1) + (said >= _HALF * size) + (numbers >= _MOST * size) + (self.buttons >= _HALF * size)
        spoken = mean(any(map(_SENTENCE_END.search, record.body)) for record in records)
        if self.count is not None:
            return signs > 0 or (spoken >= 0.3 and left <= 2)
        if spoken < 0.3 or not named or self._holds_article(records):
            return False
        strong = (numbers >= _MOST * size) + (said >= _MOST * size) + (self.buttons >= _MOST * size) + (marked >= 2)
        return (size >= 3 and strong > 0) or self._is_talk(records)

    def _holds_article(self, records: Sequence[Record]) -> bool:
        """Whether the first record is the article: far longer than all others."""
        sizes = [sum(map(len, record.body)) for record in records]
        return len(sizes) > 1 and sizes[0] > 1000 and sizes[0] > 3 * max(sizes[1:])

    def _is_talk(self, records: Sequence[Record]) -> bool:
        """Whether several persons speak, behind an article and to each other: I, you, thanks, a smile."""
        size = len(records)
        dated = mean(record.stamp is not None and not record.stamp.clock_only for record in records)
        voices = mean(any(marks.has_voice(line, self.lang) for line in record.body) for record in records)
        behind = any(len(line) >= _PARAGRAPH and _SENTENCE_END.search(line) for line in self.lines[: self.anchors[0].at])
        persons = len({_folded(record.author) for record in records if record.author})
        return behind and dated >= _MOST and voices >= _HALF and persons >= min(2, size) and size >= 2


def _record(anchor: Anchor, line: str | None, header: Sequence[str], body: Sequence[str]) -> Record:
    author, said = marks.author_of(line) if line else ("", False)
    author, mark = _split_reply(author)
    mark = mark or next(filter(None, map(marks.reply, header)), None)
    replied_by: list[str] = []
    kept: list[str] = []
    for text in (*header, *body):
        numbers = marks.replied_by(text)
        if numbers is not None:
            replied_by += numbers
        elif text not in header:
            kept.append(text)
    if kept and (found := marks.reply(kept[0])) is not None:
        mark = mark or found
        kept = [found.rest, *kept[1:]] if found.rest else kept[1:] if not found.quote else kept
    return Record(anchor.stamp, author or None, None, tuple(kept), mark, tuple(replied_by), said, anchor.at)


def _split_reply(author: str) -> tuple[str, Mark | None]:
    """ "Ana în răspuns lui Ion" -> "Ana" and the mark."""
    for match in re.finditer(r"\s+(?=\S)", author):
        mark = marks.reply(author[match.end() :])
        if mark is not None and not mark.quote and (mark.author or mark.number) and not mark.rest:
            return author[: match.start()].strip(" ,|•·-–—"), mark
    return author, None


def _numbered(records: list[Record]) -> list[Record]:
    """Records with their printed numbers, if most of them carry one and they run up or down."""
    for split in (_number_of_author, _number_of_first_line):
        parts = [split(record) for record in records]
        numbers = [number for number, _ in parts if number is not None]
        if len(numbers) >= _MOST * len(records) and _is_run(numbers):
            return [replace(rest, number=number) for number, rest in parts]
    return records


def _is_run(numbers: Sequence[int]) -> bool:
    if len(numbers) < 2:
        return bool(numbers) and numbers[0] == 1
    steps = [after - before for before, after in pairwise(numbers)]
    near = [step for step in steps if abs(step) <= 5]
    if len(near) < _MOST * len(steps) or len(set(numbers)) < _MOST * len(numbers):
        return False
    return max(sum(step >= 0 for step in steps), sum(step <= 0 for step in steps)) >= 0.8 * len(steps)


def _number_of_author(record: Record) -> tuple[int | None, Record]:
    number, rest = _split_number(record.author or "")
    return (None, record) if number is None else (number, replace(record, author=rest or None))


def _number_of_first_line(record: Record) -> tuple[int | None, Record]:
    if not record.body:
        return None, record
    number, rest = _split_number(record.body[0])
    return (None, record) if number is None or rest else (number, replace(record, body=record.body[1:]))


def _split_number(text: str) -> tuple[int | None, str]:
    for pattern in (_NUMBERED, _NUMBER_LAST):
        if match := pattern.fullmatch(text):
            return int(match["number"]), match["rest"].strip(" ,|•·-–—:")
    return None, text


def _unnumbered(text: str) -> str:
    return _split_number(text)[1]


def _without_profiles(gap: Sequence[str]) -> list[str]:
    """Without lines about a member; a label alone on its line takes its value, the next line, with it."""
    kept: list[str] = []
    label = False
    for line in gap:
        if not marks.is_profile(line) and not label:
            kept.append(line)
        label = marks.is_profile_label(line)
    return kept


def _repeated(gaps: Sequence[Sequence[str]]) -> frozenset[str]:
    """Short lines, digits masked, that stand in nearly all gaps."""
    if len(gaps) < 4:
        return frozenset()
    seen = Counter(masked for gap in gaps for masked in {_DIGITS.sub("0", line) for line in gap if len(line) <= 60})
    return frozenset(line for line, times in seen.items() if times >= max(_NEARLY_ALL * (len(gaps) - 1), 3) and not _keeps(line))


def _keeps(line: str) -> bool:
    """Marks of the thread repeat too, and are needed."""
    return (
        marks.reply(line.replace("0", "1")) is not None
        or marks.replied_by(line) is not None
        or re.fullmatch(r"[#№]?0\.?", line) is not None
    )


def _folded(name: str | None) -> str:
    return " ".join((name or "").casefold().split())


def _name_likeness(text: str | None) -> float:
    """0 .. 1: how much a line looks like a name that a person chose."""
    if not text or len(text) > _MAX_NAME or "://" in text or marks.is_heading(text):
        return 0.0
    words = text.split()
    value = max(1.0 - 0.2 * max(len(words) - 3, 0), 0.0)
    if re.search(r"[.!?…,;:]$", text) or re.search(r"[.!?;:,]\s", text):
        value *= 0.4
    if any(word.isdigit() for word in words[1:]):
        value *= 0.5
    return value
