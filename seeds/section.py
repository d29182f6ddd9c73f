"""One stretch of a page's lines with its anchors: what stands between them, without the page's frame; reads itself under a layout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median_low as median

from seeds import frame, marks, numbers, writers
from seeds.anchors import Anchor
from seeds.layout import INLINE, LINES, MOST, NAMELESS, TITLED, Layout, Record

MAX_NAME = 60
_HALF = 0.5
_REGULAR = 0.9
_MAX_NAMED = 5
"""Lines from a name to the time of its comment."""
_NEAR = 3
_INITIALS = re.compile(r"[^\W\d_]{1,2}")


@dataclass(frozen=True, slots=True)
class Gap:
    """The lines between two anchors without the page's frame."""

    lines: tuple[str, ...]
    frames: frozenset[int]
    """Where a line of the frame stood: before which of `lines`; their number = behind the last."""
    named: int | None = None
    """The last of `lines` before which the initial of a name stood, as pages write it in place of a picture."""
    usual: bool = False
    """Whether words stood there that stand in nearly all gaps."""


@dataclass(slots=True)
class Section:
    """One stretch of lines with its anchors."""

    lines: Sequence[str]
    heading: int
    end: int
    anchors: tuple[Anchor, ...]
    count: int | None
    """Comments that the heading announces; None without a heading."""
    lang: str | None
    closed: bool
    """Whether an end mark stands behind it."""
    dated: float = 0.0
    """Share of anchors that only say how long ago, with a date behind them."""
    gaps: list[Gap] = field(init=False)
    """gaps[i] before anchor i, gaps[n] behind the last."""
    numbers: tuple[int | None, ...] = field(init=False)
    """Printed numbers that stand on lines of their own or beside the time."""
    noise: frozenset[str] = field(init=False)
    buttons: int = field(init=False)
    """Gaps that hold a button of comments."""
    labels: frozenset[str] = field(init=False)
    """What stands before a colon in nearly all gaps, as facts about members do: "Group: guests"."""
    opened: bool = field(init=False)
    """Whether a line that stands in nearly all gaps stands shortly before the first anchor, too: something of a comment is there."""
    _known: int | None = None
    """Under the layout that was read last: the line of the first gap that names somebody who writes or is answered below. Before it stands
    how comments are sorted."""
    _usual_top: int = 1

    def __post_init__(self) -> None:
        if self.count is not None:
            self.anchors = writers.beside_times(self.anchors)
        edges = [self.heading, *(anchor.at for anchor in self.anchors), self.end]
        raw = [frame.without_profiles([line for line in self.lines[low + 1 : high] if line]) for low, high in pairwise(edges)]
        below = raw[0]
        if self.count is not None:
            raw[0] = frame.without_notices(below)
        self.numbers = self._take_numbers(raw)
        self.noise = frame.repeated(raw)
        self.labels = frame.labels(raw)
        if self.count is not None and self._leaves_names(raw[1:-1]):  # many may say "Thanks!": what all of them say is no frame
            self.noise = frozenset(line for line in self.noise if marks.is_button(line))
        self.opened = any(frame.masked(line) in self.noise for line in below[-_NEAR:])
        self.buttons = sum(any(marks.is_button(line) and marks.has_button_word(line) for line in gap) for gap in raw[1:])
        self.gaps = [self._gap(gap) for gap in raw[:-1]]
        self.gaps.append(self._tail(raw[-1]))
        tops = Counter(filter(None, map(self._behind_buttons, range(1, len(self.anchors)))))
        self._usual_top = tops.most_common(1)[0][0] if tops else 1

    def _leaves_names(self, inner: Sequence[Sequence[str]]) -> bool:
        """Whether no words are left in most gaps, though the names differ: one line for a name, or none where it stands beside the time."""
        named = sum(bool(anchor.parts) for anchor in self.anchors) >= MOST * len(self.anchors)
        kept = [sum(not self.is_frame(line) for line in gap) for gap in inner]
        distinct = len({anchor.parts for anchor in self.anchors}) > 1 or not named
        return bool(kept) and median(kept) == (0 if named else 1) and distinct

    def _take_numbers(self, raw: list[list[str]]) -> tuple[int | None, ...]:
        """The numbers beside the times, or on a line in each gap before or behind an anchor; such lines are taken out."""
        size = len(self.anchors)
        beside = [numbers.beside(anchor) for anchor in self.anchors]
        if numbers.is_numbered(beside):
            return tuple(beside)
        tries = [(first, [numbers.place(gap, last=not first) for gap in raw[first : first + size]]) for first in (0, 1)]
        for first, places in sorted(tries, key=lambda told: told[1].count(None)):
            found = [None if at is None else numbers.alone(gap[at]) for at, gap in zip(places, raw[first:], strict=False)]
            if numbers.is_numbered(found):
                for at, gap in zip(places, raw[first:], strict=False):
                    if at is not None:
                        del gap[at]
                return tuple(found)
        return (None,) * size

    def is_frame(self, line: str) -> bool:
        if frame.masked(line) in self.noise or frame.label(line) in self.labels or marks.is_removed(line):
            return True
        return marks.is_button(line) and (marks.has_button_word(line) or "0" in self.noise) and not marks.author_of(line)[1]

    def _gap(self, raw: Sequence[str]) -> Gap:
        kept: list[str] = []
        frames: set[int] = set()
        named: int | None = None
        buttons = [self.is_frame(line) for line in raw]
        framed = frame.with_counters(raw, buttons[:])
        if all(out or _is_page_mark(line) for out, line in zip(framed, raw, strict=True)) and framed != buttons:
            framed[next(place for place, out in enumerate(buttons) if framed[place] and not out)] = False  # "+1" may be all that is said
        for at, line in enumerate(raw):
            if framed[at]:
                frames.add(len(kept))
            elif _is_initial(line, raw[at + 1 : at + 2]):
                named = len(kept)
            else:
                kept.append(line)
        return Gap(
            tuple(kept), frozenset(frames), named, any(frame.masked(line) in self.noise and any(map(str.isalpha, line)) for line in raw)
        )

    def _tail(self, raw: Sequence[str]) -> Gap:
        """The last gap without the page's foot: up to the button that ends most records, else as long as the longest record."""
        gap = self._gap(raw)
        inner = self.gaps[1:]
        ended = sum(any(place > 0 for place in other.frames) for other in inner)
        stops = sorted(place for place in gap.frames if place > 0)
        if stops and ended >= frame.NEARLY_ALL * len(inner):
            return _first_lines(gap, stops[0])
        return gap if self.closed else _first_lines(gap, max((len(other.lines) for other in inner), default=3))

    @property
    def framed(self) -> int:
        """The last gap with words that stand in nearly all gaps, if hardly one before is without: those behind hold other lists."""
        usual = [at for at, gap in enumerate(self.gaps) if gap.usual]
        regular = usual and len(usual) >= _REGULAR * (usual[-1] - usual[0] + 1)
        return usual[-1] if regular else len(self.anchors)

    def layouts(self) -> tuple[Layout, ...]:
        names = [marks.author_of(numbers.without(anchor.residue))[0] for anchor in self.anchors]
        given = [name for name in names if name]
        constant = len(given) > 2 and len(set(given)) == 1
        if len(given) >= MOST * len(names) and not constant:
            return (*INLINE, TITLED)
        return (*LINES, NAMELESS)

    def read(self, layout: Layout) -> tuple[Layout, tuple[Record, ...]]:
        """The records under a layout."""
        self._known = None
        found = [self._record(layout, at) for at in range(len(self.anchors))]
        if layout.author in ("first", "top") and (known := self.place_of_known(found[1:])) is not None:
            self._known = known
            found[0] = self._record(layout, 0)
        if sum(record.said for record in found) < _HALF * len(found):  # "De" may be a word for "by" or a name's own
            found = [replace(record, author=record.name, said=False) if record.said else record for record in found]
        found = writers.answering(writers.without_common(writers.without_towns(writers.without_ranks(found))))
        if any(number is not None for number in self.numbers):
            return layout, tuple(replace(record, number=number) for record, number in zip(found, self.numbers, strict=True))
        return layout, tuple(numbers.in_text(found))

    def first_line(self, layout: Layout) -> int:
        """Where the section begins: its heading; without one the first record."""
        if self.count is not None:
            return max(self.heading, 0)
        lead = {"before": layout.back, "top": self.lead(layout, 0), "first": len(self.gaps[0].lines)}.get(layout.author, 0)
        return max(self.anchors[0].at - lead, 0)

    def lead(self, layout: Layout, at: int) -> int:
        """Lines at the end of gap `at` that belong to the anchor behind it."""
        if layout.author not in ("before", "top") or at >= len(self.anchors):
            return 0
        if (named := self.named(at)) is not None:
            return named
        return self._usual_lead(layout, at) if layout.author == "before" else self._top(at)

    def _top(self, at: int) -> int:
        """Lines behind the buttons that end the comment before, of which there may be more where a badge stands below the name."""
        if at == 0 and self._known is not None:
            return len(self.gaps[0].lines) - self._known
        return self._behind_buttons(at) or min(self._usual_top, len(self.gaps[at].lines))

    def _behind_buttons(self, at: int) -> int:
        """0: no buttons, or so many lines that some must be text."""
        gap = self.gaps[at]
        behind = gap.lines[max(gap.frames) :] if at and gap.frames else ()
        told = len(behind) <= _MAX_NAMED and all(len(line) <= MAX_NAME and not frame.is_sentence(line) for line in behind[1:])
        return len(behind) if told else 0

    def named(self, at: int) -> int | None:
        """Lines from the name that its initial announces to the end of gap `at`; None without one near the anchor."""
        gap = self.gaps[at]
        back = 0 if gap.named is None else len(gap.lines) - gap.named
        return back if 0 < back <= _MAX_NAMED else None

    def is_named(self, layout: Layout) -> float:
        """Share of the announced names that stand where the layout has authors; 0 where none is announced."""
        places = [at for at in range(len(self.anchors)) if self.named(at) is not None]
        hits = sum(self._usual_lead(layout, at) == self.named(at) for at in places) if layout.author == "before" else 0
        return hits / len(places) if places else 0.0

    def _usual_lead(self, layout: Layout, at: int) -> int:
        lines = self.gaps[at].lines
        marked = next((back for back, line in enumerate(reversed(lines)) if not _is_page_mark(line)), len(lines))
        return layout.back + marked

    def place_of_known(self, others: Sequence[Record]) -> int | None:
        """The line of the first gap that names somebody who writes, or is answered, in these records."""
        names = (name for record in others for name in (record.author, record.mark.author if record.mark else None) if name)
        known = set(map(numbers.without, names))
        return next((place for place, line in enumerate(self.gaps[0].lines) if numbers.without(line) in known), None)

    def _record(self, layout: Layout, at: int) -> Record:
        anchor = self.anchors[at]
        before, after = list(self.gaps[at].lines), list(self.gaps[at + 1].lines)
        if at == 0 and layout.author == "first" and self._known:
            before = before[self._known :]
        if at == 0 and self.count is None and layout.body == "before":
            before = self._without_article(before, layout)
        header: list[str] = []
        if layout.author in ("before", "top"):
            size = self.lead(layout, at)
            header = before[-size:] if size else []
            following = self.lead(layout, at + 1)
            body = after[:-following] if following else after
            author = header[0] if 0 < len(header) == size else None
            header = header[1:]
        elif layout.author == "first":
            author, body = (before[0], before[1:]) if before else (None, [])
        elif layout.author == "last":
            author, body = (before[-1], before[:-1]) if before else (None, [])
        elif layout.author == "after":
            author, body = (after[0], after[1:]) if after else (None, [])
            if layout.body == "before":
                body = before[1:] if at else before
        elif layout.author == "none":
            author, body = None, after
        else:
            author, body = (
                (numbers.without(anchor.residue) if self.numbers[at] is not None else anchor.residue) or None,
                (after if layout.body == "after" else before),
            )
        return _record(anchor, author, header, body)

    def _without_article(self, before: list[str], layout: Layout) -> list[str]:
        """The first comment where no heading parts it from the article: from its author's line, else as long as half of the others are."""
        said = [at for at, line in enumerate(before) if len(line) <= MAX_NAME and marks.author_of(line)[1]]
        if said and layout.author != "inline":
            return before[said[-1] :]
        inner = self.gaps[1:-1]
        return before[-max(median([len(gap.lines) for gap in inner]), 1) :] if inner else before[-1:]


def _first_lines(gap: Gap, size: int) -> Gap:
    frames = frozenset(place for place in gap.frames if place <= size)
    return replace(gap, lines=gap.lines[:size], frames=frames, named=None)  # no author stands in the last gap


def _is_initial(line: str, following: Sequence[str]) -> bool:
    """Whether a line stands for a missing picture: the first letters of the name on the next line."""
    return len(following) == 1 and _INITIALS.fullmatch(line) is not None and following[0].casefold().startswith(line[0].casefold())


def _is_page_mark(line: str) -> bool:
    """Whether a line is a reply mark that the page wrote, and nothing else."""
    mark = marks.reply(line)
    return mark is not None and not mark.quote and not mark.typed and not mark.rest


def _record(anchor: Anchor, line: str | None, header: Sequence[str], body: Sequence[str]) -> Record:
    author, said = marks.author_of(line) if line else ("", False)
    author, mark = marks.without_reply(author)
    name = marks.without_reply(line.strip(" :,|"))[0] if line and said and not marks.is_labelled(line) else author
    mark = mark or next(filter(None, map(marks.reply, header)), None)
    replied_by: list[str] = []
    kept: list[str] = []
    for text in (*header, *body):
        numbers = marks.replied_by(text)
        if numbers is not None:
            replied_by += numbers
        elif text not in header:
            kept.append(text)
    if kept and (found := marks.reply(kept[0]) or marks.refers(kept[0])) is not None:
        mark = mark or found
        kept = [found.rest, *kept[1:]] if found.rest else kept[1:] if not found.quote else kept
    return Record(anchor.stamp, author or None, None, tuple(kept), mark, tuple(replied_by), said, anchor.at, name or None)
