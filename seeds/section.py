"""One stretch of a page's lines with its anchors: what stands between them, without the page's frame; reads itself under a layout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import pairwise
from statistics import median_low as median

from seeds import answers, marks
from seeds.anchors import Anchor
from seeds.layout import INLINE, LINES, NAMELESS, TITLED, Layout, Record
from seeds.marks import Mark

MAX_NAME = 60
MOST, _HALF = 0.7, 0.5
_NEARLY_ALL = 0.65
"""Share of gaps in which a line of the page's frame stands; an editor who answers every reader stands in half of them."""
_REGULAR = 0.9
_SHORT = 100
_MAX_NAMED = 5
"""Lines from a name to the time of its comment."""
_NEAR = 3
_MANY_WORDS = 4
_QUOTED = 6
"""Gaps from which on a repeated sentence is one of the page; in fewer it may be one that readers quote."""
_NUMBERED = re.compile(r"(?:#|№|nr\.?\s?|no\.\s?)?(?P<number>\d{1,5})(?:[.)\]:](?=\s|$)|(?=\s|$))\s*(?P<rest>.*)", re.IGNORECASE)
_NUMBER_LAST = re.compile(r"(?P<rest>.*?)(?:^|\s)[(\[]?(?:#|№)(?P<number>\d{1,5})[)\]]?")
_DIGITS = re.compile(r"[+−–-]?\d+(?:[.,\u00a0]\d{3})*")
_LAST_NUMBER = re.compile(r"\s*[(\[]?0[)\]]?$")
_COUNTER = re.compile(r"[+−–-]?(?:\d{1,5}|\d{1,3}(?:[.,\u00a0 ]\d{3})+)")
_TOWN = re.compile(r"(\S.*?)\s*[(\[][^()\[\]]{2,40}[)\]]")
"""A name with a town, a rank or the like in brackets behind it."""
_LABELLED = re.compile(r"([^\W\d_][^:]{1,20}):\s\S")
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
            self.anchors = _with_names(self.anchors)
        edges = [self.heading, *(anchor.at for anchor in self.anchors), self.end]
        raw = [_without_profiles([line for line in self.lines[low + 1 : high] if line]) for low, high in pairwise(edges)]
        below = raw[0]
        if self.count is not None:
            raw[0] = _without_notices(below)
        self.numbers = self._take_numbers(raw)
        self.noise = _repeated(raw)
        self.labels = _labels(raw)
        self.opened = any(masked(line) in self.noise for line in below[-_NEAR:])
        self.buttons = sum(any(marks.is_button(line) and marks.has_button_word(line) for line in gap) for gap in raw[1:])
        self.gaps = [self._gap(gap) for gap in raw[:-1]]
        self.gaps.append(self._tail(raw[-1]))
        tops = Counter(filter(None, map(self._behind_buttons, range(1, len(self.anchors)))))
        self._usual_top = tops.most_common(1)[0][0] if tops else 1

    def _take_numbers(self, raw: list[list[str]]) -> tuple[int | None, ...]:
        """The numbers beside the times, or on a line in each gap before or behind an anchor; such lines are taken out."""
        size = len(self.anchors)
        beside = [_number_beside(anchor) for anchor in self.anchors]
        if is_numbered(beside):
            return tuple(beside)
        tries = [(first, [_place_of_number(gap, last=not first) for gap in raw[first : first + size]]) for first in (0, 1)]
        for first, places in sorted(tries, key=lambda told: told[1].count(None)):
            found = [None if at is None else _number_alone(gap[at]) for at, gap in zip(places, raw[first:], strict=False)]
            if is_numbered(found):
                for at, gap in zip(places, raw[first:], strict=False):
                    if at is not None:
                        del gap[at]
                return tuple(found)
        return (None,) * size

    def is_frame(self, line: str) -> bool:
        if masked(line) in self.noise or _label(line) in self.labels or marks.is_removed(line):
            return True
        return marks.is_button(line) and (marks.has_button_word(line) or "0" in self.noise) and not marks.author_of(line)[1]

    def _gap(self, raw: Sequence[str]) -> Gap:
        kept: list[str] = []
        frames: set[int] = set()
        named: int | None = None
        buttons = [self.is_frame(line) for line in raw]
        framed = _with_counters(raw, buttons[:])
        if all(out or _is_page_mark(line) for out, line in zip(framed, raw, strict=True)) and framed != buttons:
            framed[next(place for place, out in enumerate(buttons) if framed[place] and not out)] = False  # "+1" may be all that is said
        for at, line in enumerate(raw):
            if framed[at]:
                frames.add(len(kept))
            elif _is_initial(line, raw[at + 1 : at + 2]):
                named = len(kept)
            else:
                kept.append(line)
        return Gap(tuple(kept), frozenset(frames), named, any(masked(line) in self.noise and any(map(str.isalpha, line)) for line in raw))

    def _tail(self, raw: Sequence[str]) -> Gap:
        """The last gap without the page's foot: up to the button that ends most records, else as long as the longest record."""
        gap = self._gap(raw)
        inner = self.gaps[1:]
        ended = sum(any(place > 0 for place in other.frames) for other in inner)
        stops = sorted(place for place in gap.frames if place > 0)
        if stops and ended >= _NEARLY_ALL * len(inner):
            return _first_lines(gap, stops[0])
        return gap if self.closed else _first_lines(gap, max((len(other.lines) for other in inner), default=3))

    @property
    def framed(self) -> int:
        """The last gap with words that stand in nearly all gaps, if hardly one before is without: those behind hold other lists."""
        usual = [at for at, gap in enumerate(self.gaps) if gap.usual]
        regular = usual and len(usual) >= _REGULAR * (usual[-1] - usual[0] + 1)
        return usual[-1] if regular else len(self.anchors)

    def layouts(self) -> tuple[Layout, ...]:
        names = [marks.author_of(without_number(anchor.residue))[0] for anchor in self.anchors]
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
        if sum(_TOWN.fullmatch(record.author or "") is not None for record in found) >= _HALF * len(found):
            found = [replace(record, author=_TOWN.sub(r"\1", record.author)) if record.author else record for record in found]
        found = _answering(_without_common(found))
        if any(number is not None for number in self.numbers):
            return layout, tuple(replace(record, number=number) for record, number in zip(found, self.numbers, strict=True))
        return layout, tuple(_numbered(found))

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
        told = len(behind) <= _MAX_NAMED and all(len(line) <= MAX_NAME and not _is_sentence(line) for line in behind[1:])
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
        known = set(map(without_number, names))
        return next((place for place, line in enumerate(self.gaps[0].lines) if without_number(line) in known), None)

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
                (without_number(anchor.residue) if self.numbers[at] is not None else anchor.residue) or None,
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


def _with_names(anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    """The anchors with one part beside the time where most have several: the name rather than a rank or a place, which repeat more.

    Numbers and reply marks stay.
    """
    told = [[part for part in anchor.parts if _may_be_name(part)] for anchor in anchors]
    width = median([len(parts) for parts in told])
    if width < 2 or sum(len(parts) == width for parts in told) < MOST * len(anchors):
        return tuple(anchors)
    columns = [{_DIGITS.sub("0", parts[column]) for parts in told if len(parts) == width} for column in range(width)]
    name = max(range(width), key=lambda column: len(columns[column]))
    gone = [{part for place, part in enumerate(parts) if place != min(name, len(parts) - 1)} for parts in told]
    return tuple(
        replace(anchor, parts=tuple(part for part in anchor.parts if part not in other), number=_number_beside(anchor))
        for anchor, other in zip(anchors, gone, strict=True)
    )


def _may_be_name(part: str) -> bool:
    return any(map(str.isalpha, part)) and marks.reply(part) is None


def _with_counters(lines: Sequence[str], framed: list[bool]) -> list[bool]:
    """The lines of the frame and the counters beside them: "12", "+3"."""
    for order in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        step = 1 if order.step > 0 else -1
        for at in order:
            framed[at] = framed[at] or (framed[at - step] and _COUNTER.fullmatch(lines[at]) is not None)
    return framed


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


def _answering(records: Sequence[Record]) -> list[Record]:
    """ "Ana to Ion" as a name is Ana's who answers Ion, where Ion writes here."""
    names = {record.author for record in records if record.author}

    def told(record: Record) -> Record:
        match = _short_lead().search(record.author) if record.author and record.mark is None else None
        other = record.author[match.end() :] if match and record.author else ""
        if match is None or record.author is None or other not in names:
            return record
        return replace(record, author=record.author[: match.start()], mark=Mark(author=other))

    return list(map(told, records))


def _without_common(records: list[Record]) -> list[Record]:
    """Without the words that stand before the name of each: "Mute Ana", "Mute Ion"; "Profile of Ana"."""
    names = [record.author.split() for record in records if record.author]
    if len(names) < _MANY_WORDS:
        return records
    size = next((at for at, words in enumerate(zip(*names, strict=False)) if len(set(words)) > 1), 0)
    size = min(size, min(map(len, names)) - 1)
    if not size:
        return records
    return [replace(record, author=" ".join(record.author.split()[size:])) if record.author else record for record in records]


@cache
def _short_lead() -> re.Pattern[str]:
    return re.compile(rf"\s+{answers.any_of(answers.short())}\s+")


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


def _numbered(records: list[Record]) -> list[Record]:
    """Records with their printed numbers, if most of them carry one and they run up or down."""
    for split in (_number_of_author, _number_of_first_line):
        parts = [split(record) for record in records]
        if is_numbered([number for number, _ in parts]):
            return [replace(rest, number=number) for number, rest in parts]
    return records


def is_numbered(numbers: Sequence[int | None]) -> bool:
    """Whether most have a number and these run up or down."""
    given = [number for number in numbers if number is not None]
    return len(given) >= MOST * len(numbers) and _is_run(given)


def _is_run(numbers: Sequence[int]) -> bool:
    if len(numbers) < 2:
        return bool(numbers) and numbers[0] == 1
    steps = [after - before for before, after in pairwise(numbers)]
    near = [step for step in steps if abs(step) <= 5]
    if len(near) < MOST * len(steps) or len(set(numbers)) < MOST * len(numbers):
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


@cache
def _number_of_thing() -> re.Pattern[str]:
    return re.compile(
        rf"{answers.any_of(answers.things())}\s*(?:{answers.any_of(answers.signs())})?\s?(?P<number>\d{{1,5}})[:.]?(?P<rest>)",
        re.IGNORECASE,
    )


@cache
def _number_and_thing() -> re.Pattern[str]:
    return re.compile(rf"#?(?P<number>\d{{1,5}})[.)]?\s*{answers.any_of(answers.things())}(?P<rest>)", re.IGNORECASE)


@lru_cache(maxsize=1 << 14)
def _split_number(text: str) -> tuple[int | None, str]:
    for pattern in (_number_and_thing(), _NUMBERED, _NUMBER_LAST, _number_of_thing()):
        if match := pattern.fullmatch(text):
            return int(match["number"]), match["rest"].strip(" ,|•·-–—:")
    return None, text


def _number_beside(anchor: Anchor) -> int | None:
    """The number on the line of the time: alone, or behind a word for a comment ("Comment 3 | Ana | …")."""
    return anchor.number or next((number for part in anchor.parts if (number := _number_alone(part)) is not None), None)


def _place_of_number(lines: Sequence[str], *, last: bool) -> int | None:
    """The line that is a number alone: of those with a sign ("#4") the last or the first, else the first."""
    places = [at for at, line in enumerate(lines) if _number_alone(line) is not None]
    signed = [at for at in places if lines[at].startswith(("#", "№"))]
    return (signed[-1] if last else signed[0]) if signed else next(iter(places), None)


def _number_alone(text: str) -> int | None:
    number, rest = _split_number(text)
    return None if rest else number


def without_number(text: str) -> str:
    return _split_number(text)[1]


def _without_notices(lines: Sequence[str]) -> list[str]:
    """The lines below a heading without what pages say there to all: "Log in to comment", rules for comments, their order."""
    kept = [line for line in lines if not marks.is_end(line)]
    return kept[next((at for at, line in enumerate(kept) if not _is_notice(line)), len(kept)) :]


def _is_notice(line: str) -> bool:
    if not any(map(str.isalnum, line)):
        return True
    said = marks.mentions(line) or (marks.has_button_word(line) and len(line.split()) >= _MANY_WORDS)
    return said and not marks.author_of(line)[1]


def _without_profiles(gap: Sequence[str]) -> list[str]:
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


def _repeated(gaps: Sequence[Sequence[str]]) -> frozenset[str]:
    """Short lines, digits masked, that stand in nearly all gaps."""
    if len(gaps) < 4:
        return frozenset()
    seen = Counter(each for gap in gaps for each in {masked(line) for line in gap if len(line) <= _SHORT})
    least = max(_NEARLY_ALL * (len(gaps) - 1), 3)
    return frozenset(
        line for line, times in seen.items() if times >= (max(least, _QUOTED) if _is_sentence(line) else least) and not _keeps(line)
    )


def _label(line: str) -> str:
    """The words before the colon of a short line, unless it names an author or whom the comment answers; "" for any other line."""
    match = _LABELLED.match(line) if len(line) <= MAX_NAME else None
    return "" if match is None or marks.author_of(line)[1] or marks.reply(line) is not None else match[1]


def _labels(gaps: Sequence[Sequence[str]]) -> frozenset[str]:
    if len(gaps) < 4:
        return frozenset()
    seen = Counter(label for gap in gaps for label in {_label(line) for line in gap} if label)
    return frozenset(label for label, times in seen.items() if times >= max(_NEARLY_ALL * (len(gaps) - 1), 3))


def _is_sentence(line: str) -> bool:
    return line.endswith((".", "!", "?", "…")) and " " in line


def _keeps(line: str) -> bool:
    """Marks of the thread repeat too, and are needed; but whom nearly all would answer by name is a subject: "Re: A title"."""
    mark = marks.reply(line.replace("0", "1"))
    return (mark is not None and (mark.number is not None or mark.author is None)) or marks.replied_by(line) is not None
