"""The written times of a page, each with the element that holds it. What a machine can read (`datetime`, `title`) comes before what is shown."""  # noqa: E501

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, lru_cache

from seeds import dates
from seeds.dates import Stamp
from seeds.html.tree import Page, piece_at

_MAX_LINE = 160
_MAX_PIECE = 60
_MAX_VALUE = 80
"""Characters of an attribute: a clock time may be followed by its zone's name in words, or by a licence."""
_MARKED = [
    "datetime",
    "data-datetime",
    "data-time",
    "data-timestamp",
    "data-utime",
    "data-date",
    "data-created",
    "data-unixtime",
    "data-created-at",
    "content",
    "data-content",
    "title",
]
_TIMELY = re.compile(
    r"data-value|data-(?:\w+-)*?(?:ts|time|timestamp|date|datetime|epoch|unix|utc|created|posted|published|stamp)(?:-(?:at|on|time|ms|utc|iso))?"
)
"""Other attributes that a machine reads a time in; of an element that shows a time, since a record may have one, too."""
_TOLD = re.compile(r"aria-label|data-(?:bs-)?(?:\w+-)*(?:title|tip|tippy|tooltip|hover|content|full|label)(?:-content|-text)?")
"""Other attributes that show a time to who points at the element, as a title does."""
_MAX_QUARTERS = 14 * 4
"""Quarters of an hour that a local clock may be off UTC."""
_EPOCH = re.compile(r"\s*(1\d{9})(\d{3})?(?:\.\d+)?\s*")
_DAY_FIRST = ("-GB", "-IE", "-AU", "-NZ", "-IN", "-ZA")
"""Ends of codes of English that writes the day first."""
_ZERO = "1970-01-01T00:00:00"
"""The begin of a computer's clock: what a page writes where it knows no time."""
_DIGIT = re.compile(r"\d")
_ZONED = re.compile(r"T.*(?:Z|[+-]\d\d:\d\d)$")


@dataclass(frozen=True, slots=True)
class Time:
    """A time of the page: `node` is the deepest element around it, `pieces` the range of text that shows it (empty: nothing is shown)."""

    node: int
    begin: int
    end: int
    stamp: Stamp
    line: int
    marked: bool = False
    """Read from an attribute, not from the words."""


def find(page: Page, lang: str | None, now: datetime | None, near: date | None = None) -> list[Time]:
    """All times in page order; one where attribute and words tell the same. A day without a year is the one nearest to `near`."""
    reader = _Reader(page, lang, now, near)
    shown = reader.shown()
    marked = reader.marked()
    taken: dict[int, Time] = {}
    for time in marked:
        for at in range(max(time.begin, 0), time.end):
            taken.setdefault(at, time)
    merged: dict[int, Stamp] = {}
    kept = []
    for time in shown:
        outer = next((taken[at] for at in range(time.begin, time.end) if at in taken), None)
        if outer is None:
            kept.append(time)
        else:
            merged.setdefault(id(outer), time.stamp)
    both = [replace(time, stamp=_richer(time.stamp, merged.get(id(time)))) for time in marked]
    return sorted([*both, *kept], key=lambda time: (time.begin, time.node))


def _richer(marked: Stamp, shown: Stamp | None) -> Stamp:
    """The marked time; the shown one where only it has a clock time. The raw text is what is shown."""
    if shown is None:
        return marked
    if shown.written and marked.written and "T" not in marked.written and shown.written.startswith(marked.written):
        return shown
    if _disagree(marked.written, shown.written):
        return shown
    return replace(marked, raw=shown.raw, written=_local(marked.written, shown.written))


def _local(marked: str | None, shown: str | None) -> str | None:
    """The marked moment as the page's clock shows it: 22:37 UTC beside "3:37 pm" is 15:37-07:00."""
    if not marked or not shown or not marked.endswith("Z") or "T" not in shown or _ZONED.search(shown):
        return marked
    moment, clock = datetime.fromisoformat(marked), datetime.fromisoformat(shown).replace(tzinfo=UTC)
    quarters = round((clock - moment) / timedelta(minutes=15))
    if abs(clock - moment - quarters * timedelta(minutes=15)) > timedelta(minutes=1) or abs(quarters) > _MAX_QUARTERS:
        return marked
    return moment.astimezone(timezone(quarters * timedelta(minutes=15))).isoformat() if quarters else marked


def _disagree(marked: str | None, shown: str | None) -> bool:
    """Whether both name a zone and yet another moment: then the attribute is wrong, since people read the words."""
    if not marked or not shown or not (_ZONED.search(marked) and _ZONED.search(shown)):
        return False
    return abs(datetime.fromisoformat(marked) - datetime.fromisoformat(shown)) > timedelta(minutes=1)


class _Reader:
    def __init__(self, page: Page, lang: str | None, now: datetime | None, near: date | None) -> None:
        self.page, self.lang, self.now, self.near = page, lang, now, near
        self.short = [at for at, line in enumerate(page.lines) if len(line) <= _MAX_LINE and _may_hold(line)]
        told = dates.is_day_first(page.lines[at] for at in self.short)
        self.day_first = True if told is None and (page.root.get("lang") or "").upper().endswith(_DAY_FIRST) else told
        self._seen: dict[str, Stamp | None] = {}
        self.told = [name for name in page.attributes_like(_TOLD) if name not in _MARKED]
        self.timely = [name for name in page.attributes_like(_TIMELY) if name not in _MARKED]

    def shown(self) -> list[Time]:
        page, found = self.page, []
        for at in self.short:
            stamp = self._find(page.lines[at])
            if stamp is None or "T" not in (stamp.written or ""):
                whole = [
                    time for time in self._of_pieces(at) if stamp is None or stamp.written is None or "T" in (time.stamp.written or "")
                ]
                found += whole
                if whole or stamp is None:
                    continue
            begin, end = piece_at(page, at, stamp.begin), piece_at(page, at, stamp.end - 1) + 1
            found.append(Time(page.node_of([begin, end - 1]), begin, end, stamp, at))
        short = set(self.short)
        long = [at for at, line in enumerate(page.lines) if len(line) > _MAX_LINE and at not in short]
        return found + [time for at in long for time in self._of_pieces(at)]

    def _of_pieces(self, line: int) -> list[Time]:
        """Times that an inline element of a line shows with little beside them: names and times often touch."""
        page, found = self.page, []
        high = page.line_first[line + 1] if line + 1 < len(page.line_first) else len(page.texts)
        for at in range(page.line_first[line], high):
            text = page.texts[at].strip()
            if len(text) > _MAX_PIECE or not _may_hold(text):
                continue
            stamp = self._find(text)
            if stamp is not None and not stamp.clock_only and stamp.end - stamp.begin > len(text) / 3:
                found.append(self._with_clock(Time(page.owner[at], at, at + 1, stamp, line), high))
        return found

    def _with_clock(self, time: Time, high: int) -> Time:
        """With the clock time of the next piece, if that shows nothing else: "May 5, 2020" and "4:14 pm" may touch."""
        if time.end >= high or not time.stamp.written or "T" in time.stamp.written:
            return time
        texts = [self.page.texts[at].strip() for at in (time.begin, time.end)]
        clock = self._find(texts[1])
        if clock is None or not clock.clock_only or clock.end - clock.begin < len(texts[1]):
            return time
        both = self._find(" ".join(texts))
        return time if both is None else Time(self.page.node_of([time.begin, time.end]), time.begin, time.end + 1, both, time.line)

    def _find(self, text: str) -> Stamp | None:
        if text not in self._seen:
            found = dates.find(text, lang=self.lang, now=self.now, day_first=self.day_first, near=self.near)
            self._seen[text] = found or dates.bare_day(text, lang=self.lang, near=self.near)
        return self._seen[text]

    def marked(self) -> list[Time]:
        page = self.page
        found, covered = [], 1
        names = (*_MARKED, *self.told, *self.timely)
        for node in sorted({node for name in names for node in page.having(f"[{name}") if _DIGIT.search(page.attributes[node][name])}):
            if node < covered or page.size(node) > _MAX_PIECE or self._is_record(node):
                continue
            stamp = self._of_attributes(node)
            if stamp is not None:
                begin, end = page.first[node], page.last[node]
                if end - begin > 1 and (at := self._piece(begin, end)) is not None:  # "Posted by Ana - 5 May", all in one marked element
                    begin, end = at, at + 1
                    stamp = replace(stamp, raw=page.texts[at].strip())
                line = page.line_of[begin] if begin < end else len(page.lines)
                found.append(Time(node, begin, end, stamp, line, marked=True))
                covered = page.end[node]
        return found

    def _is_record(self, node: int) -> bool:
        """Whether an element shows several lines: a short comment that says its time in an attribute of its own (`of_record`)."""
        first, last = self.page.first[node], self.page.last[node]
        return last - first > 1 and self.page.line_of[first] != self.page.line_of[last - 1] and "time" not in self.page.tags[node]

    def _piece(self, begin: int, end: int) -> int | None:
        """The one piece of several that shows a day."""
        found = [at for at in range(begin, end) if (stamp := self._find(self.page.texts[at].strip())) and not stamp.clock_only]
        return found[0] if len(found) == 1 else None

    def _of_attributes(self, node: int) -> Stamp | None:
        said, tag = self.page.attributes[node], self.page.tags[node]
        for name in (*_MARKED, *self.timely, *self.told):
            value = said.get(name)
            if not value or len(value) > _MAX_VALUE or not _DIGIT.search(value):
                continue
            title = name == "title" or name in self.told
            stamp = of_value(value) or (self._find(value) if title or name == "datetime" else None)
            if stamp is None or stamp.written is None or (title and not _is_about(stamp, value)):
                continue
            shown = self.page.text(node)
            if name not in _MARKED and tag != "time" and self._find(shown) is None:
                continue
            if name in ("title", "content", "data-date") and not shown and tag not in ("time", "abbr", "meta") and not _is_value(said):
                continue
            return replace(stamp, raw=shown or value)
        return None


def of_record(page: Page, node: int) -> str | None:
    """The time that a record's own element says for machines."""
    for name, value in page.attributes[node].items():
        if (
            (_TIMELY.fullmatch(name) or name in _MARKED)
            and len(value) <= _MAX_VALUE
            and (stamp := of_value(value))
            and "T" in (stamp.written or "")
        ):
            return stamp.written
    return None


def _is_value(said: Mapping[str, str]) -> bool:
    """Whether an element that shows nothing holds a time in its title: the value-title of microformats."""
    return "value-title" in (said.get("class") or "")


def _is_about(stamp: Stamp, title: str) -> bool:
    """Whether a title tells a time rather than mentions one: the time is half of it, or stands at its head with clock and zone."""
    zoned = stamp.written is not None and _ZONED.search(stamp.written) is not None
    return stamp.end - stamp.begin >= len(title) / 2 or (zoned and dates.is_connected(title[: stamp.begin]))


@lru_cache(maxsize=1 << 12)
def of_value(value: str) -> Stamp | None:
    """A machine-readable time: ISO 8601 or seconds or milliseconds since 1970."""
    if match := _EPOCH.fullmatch(value):
        moment = datetime.fromtimestamp(int(match[1]), UTC)
        return Stamp(0, len(value), value, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    stamp = dates.find(value.strip())
    if stamp is None or stamp.begin or not stamp.written or not value.strip()[:4].isdigit():
        return None
    return None if stamp.written.startswith(_ZERO) else stamp


@cache
def _near() -> frozenset[str]:
    return frozenset(dates.relative_words())


def _may_hold(line: str) -> bool:
    """Whether a line can hold a time: a digit, or a word such as "yesterday" or "ago" in a short line."""
    if _DIGIT.search(line):
        return True
    return len(line) <= _MAX_PIECE and not _near().isdisjoint(line.lower().split())
