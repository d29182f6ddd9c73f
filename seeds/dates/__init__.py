"""Written times in any language: found in a line, read, with what is not said left out.

Numeric and ISO forms are read strictly here; month names come from CLDR, words of relative times from `rules/dates.toml`.
A relative time needs a reference (`now`; a page may tell it: `moment`), else it is found but has no value. A day without a year needs
another day of the page (`near`).

>>> find("Иван 21:25 05.02.2026").written
'2026-02-05T21:25:00'
>>> find("преди 2 часа", lang="bg", now=datetime(2026, 2, 5, 12)).written
'2026-02-05T10:00:00'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime

from seeds.dates import clocks, days, relative
from seeds.dates.days import is_day_first
from seeds.dates.relative import relative_words
from seeds.dates.stamp import DIGIT, MAX_ALONE, RULES, Part, Stamp, fillers, is_connected, is_earlier

__all__ = ["Stamp", "bare_day", "fillers", "find", "is_connected", "is_day_first", "is_earlier", "moment", "relative_words"]

_DIGITS = str.maketrans(
    {digit: str(unicodedata.digit(digit)) for first in "٠۰०০๐" for digit in map(chr, range(ord(first), ord(first) + 10))} | {"’": "'"}
)
"""Arabic, Indian and Thai digits, and the curved apostrophe, to what the patterns know, one for one."""
_CHEAP = re.compile(r"\d|[^\W\d_]{3}|[^\x00-\x7f]\s?[^\x00-\x7f]")
_MAX_MOMENT = 160
"""Characters of lines that tell the page's own moment."""


def find(
    line: str, *, lang: str | None = None, now: datetime | None = None, day_first: bool | None = None, near: date | None = None
) -> Stamp | None:
    """The first complete time in a line; a day with its clock time counts as one. None where there is none.

    `day_first` settles 05/02/2026 for the whole page (`day_first`); None: by language. A day without a year is the one nearest to `near`.
    """
    if not _CHEAP.search(line) or len(line) > 2000:
        return None
    if not line.isascii() and line != (plain := line.translate(_DIGITS)):
        stamp = find(plain, lang=lang, now=now, day_first=day_first, near=near)
        return replace(stamp, raw=line[stamp.begin : stamp.end]) if stamp else None
    counted = DIGIT.search(line) is not None
    if counted and (day := next(days.find(line, lang, day_first), None)) is not None:
        return _joined(line, day, clocks.beside_a_day(line), near)
    if (found := relative.find(line, lang, now)) is not None:
        return found
    clock = next(clocks.find(line), None) if counted else None
    return None if clock is None else Stamp(clock.begin, clock.end, line[clock.begin : clock.end], None, clock_only=True)


def bare_day(text: str, *, lang: str | None = None, near: date | None = None) -> Stamp | None:
    """ "May 12": a day without its year that is all of a text; for what an element of a page shows, since lines of text may be anything."""
    day = days.alone(text, lang) if len(text) <= MAX_ALONE else None
    return _joined(text, day, [], near) if day else None


def moment(lines: Sequence[str], lang: str | None = None) -> datetime | None:
    """When a page says that it was itself made or saved ("It is currently ..."), with a clock time; None where it does not."""
    short = (line.lower() for line in lines if len(line) <= _MAX_MOMENT and DIGIT.search(line))
    rests = (low.partition(lead)[2] for low in short for lead in RULES["page"]["now"] if lead in low)
    for rest in rests:
        if _moment(rest, lang, None):
            return _moment(rest, lang, is_day_first(lines))
    return None


def _moment(rest: str, lang: str | None, day_first: bool | None) -> datetime | None:
    stamp = find(rest, lang=lang, day_first=day_first)
    if stamp is None or not stamp.written or "T" not in stamp.written or not is_connected(rest[: stamp.begin]):
        return None
    return datetime.fromisoformat(stamp.written)


def _joined(line: str, day: Part, times: Sequence[Part], near: date | None) -> Stamp:
    """The day with the clock time that stands beside it, if only connecting words and signs are between."""
    apart = (clock for clock in times if clock.end <= day.begin or day.end <= clock.begin)
    clock = None if day.clock else next((clock for clock in apart if is_connected(_between(line, day, clock))), None)
    begin, end = (min(day.begin, clock.begin), max(day.end, clock.end)) if clock else (day.begin, day.end)
    told = clock or day
    zone, end = clocks.zone_behind(line, end) if told.clock and not told.zone else (told.zone, end)
    raw = line[begin:end]
    year, month, number = day.day or (0, 0, 0)
    year = year or _year(month, number, near)
    if not year:
        return Stamp(begin, end, raw, None)
    try:
        written = date(year, month, number).isoformat()
    except ValueError:
        return Stamp(begin, end, raw, None, impossible=True)
    if told.clock:
        written += f"{clocks.written(told.clock)}{zone}"
    return Stamp(begin, end, raw, written)


def _between(line: str, day: Part, clock: Part) -> str:
    return line[day.end : clock.begin] if clock.begin >= day.end else line[clock.end : day.begin]


def _year(month: int, number: int, near: date | None) -> int:
    """The year in which that day lies nearest to another one; 0 where there is no such day, or no other."""
    found = []
    for year in range(near.year - 1, near.year + 2) if near else ():
        with suppress(ValueError):
            found.append(date(year, month, number))
    return min(found, key=lambda day: abs(day - near)).year if near and found else 0
