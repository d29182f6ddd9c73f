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
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.core import UnknownLocaleError

_RULES = tomllib.loads(files("seeds").joinpath("rules/dates.toml").read_text(encoding="utf-8"))
_SECONDS = {
    "second": 1,
    "minute": 60,
    "half_hour": 1800,
    "hour": 3600,
    "day": 86400,
    "week": 7 * 86400,
    "month": 30 * 86400,
    "year": 365 * 86400,
}

_DAY, _YEAR = r"[0-3]?\d", r"(?:19|20)\d\d"
_ISO = re.compile(
    rf"(?<![\d-])({_YEAR})-([01]\d)-([0-3]\d)"
    r"(?:[T ]([012]\d):([0-5]\d)(?::([0-5]\d)(?:[.,]\d+)?)?(?:\s?(Z|[+-][01]\d:?[0-5]\d))?)?(?![\d-])"
)
_NUMERIC = re.compile(
    r"(?<![\d.,/-])(\d{1,4})(\s?[./-]\s?)(\d{1,2})(\s?[./-]\s?|,\s)(\d{4}|\d{1,2})(?![\d/]|-(?![012]?\d:[0-5]\d)|[.,:]\d)"
)
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_THANG = re.compile(rf"(?<!\d)({_DAY})\s+[Tt]háng\s+([01]?\d),?\s+(?:năm\s+)?({_YEAR})(?!\d)")
_DAY_MONTH = re.compile(
    rf"(?<![\d:./-])({_DAY})(?:st|nd|rd|th|er|º|ª)?(?:\.?[\s-]+|\.(?=[^\W\d_]{{3,14}}\.\d)|/(?=[^\W\d_]{{3,14}}\.?/\d))(?:de\s+|of\s+|d['’])?([^\W\d_]{{3,14}})\.?,?(?:(?:[\s-]+|/|(?<=\.))(?:de\s+|del\s+)?({_YEAR}|['’]\d\d|(?<=[/-])\d\d)(?![\d:]))?"
)
_MONTH_DAY = re.compile(
    rf"([^\W\d_]{{3,30}})\.?[\s-]+({_DAY})(?:st|nd|rd|th)?(?:(?:\s*,\s*|\s+)({_YEAR}|['’]\d\d)(?!\d)|(?=,?\s(?:at\s|@)?\s?[012]?\d:[0-5]\d))"
)
"""A day without a year counts beside its clock time only: "May 5 people" is none."""
_GLUED = re.compile(r"(?<=[^\W\d_])(?<![A-ZА-ЯΑ-Ω])[A-ZА-ЯΑ-Ω][^\W\d_A-ZА-ЯΑ-Ω]+$")
_CTIME = re.compile(rf"([^\W\d_]{{3,14}})\s+({_DAY})\s+([012]?\d):([0-5]\d):([0-5]\d)\s(?:(\w{{3,4}}|[+-][01]\d[0-5]\d)\s)?({_YEAR})(?!\d)")
"""As computers write it, the year last: "Thu Feb  5 11:32:00 2026"."""
_YEAR_MONTH = re.compile(rf"(?<!\d)({_YEAR})\.?\s+([^\W\d_]{{3,14}})\.?\s+({_DAY})\.?(?!\d)")
_CLOCK = re.compile(
    r"(?:(?<![\d:.,/-])|(?<=/\d\d-)|(?<=\d\d\d\d-))([012]?\d)[:h]([0-5]\d)(?::([0-5]\d))?(?!:?\d)"
    r"(?:\s?([AaPp]\.?[Mm]\.?|π\.?μ\.?|μ\.?μ\.?|SA|CH)(?![^\W\d_]))?"
)
"""A number may touch the half of the day (a page draws "01:30PM" and the post's "4" side by side); a letter may not."""
_HALF = re.compile(r"\s?[ap]\.?m(?!\w)", re.IGNORECASE)
_HALF_FIRST = re.compile(rf"({'|'.join(_RULES['am_first'] + _RULES['pm_first'])})\s?$")
_ZONE = re.compile(
    rf"\s?(?:(?P<offset>Z|[+-][01]\d:?[0-5]\d)|[(\[]?(?:(?:(?:UTC|GMT)\s?|(?<=[(\[]))(?P<hours>[+-][01]?\d)(?::?(?P<minutes>[0-5]\d))?"
    rf"|(?P<name>{'|'.join(map(re.escape, _RULES['zones']))}))[)\]]?)(?!\w)",
    re.IGNORECASE,
)
_BEFORE_ZONE = re.compile(rf"(?:\s?(?:{'|'.join(_RULES['clock'])})(?!\w))?[.,]{{0,2}}", re.IGNORECASE)
"""What may part a clock time from its zone: "10:41 Uhr (MEZ)", "08:38, 19 March 2026. UTC"."""
_WORD = re.compile(r"[^\W\d_]+")
_DOTTED = re.compile(r"(?<![\d:.,/-])([012]?\d)\.([0-5]\d)(?:\.([0-5]\d))?(?![\d.])")
"""A clock time with a dot, "kl. 12.34": only beside a day, where no clock time with a colon stands."""
_COLON = re.compile(r"\d:\d")
_YEARLESS = re.compile(
    r"(?<=[0-5]\d)(?:\s*[,|·•–-]\s*|\s+)(?P<one>\d{1,2})[/.](?P<two>\d{1,2})(?![\d/:]|[.]\d)|"
    r"(?<![\d./:-])(?P<first>\d{1,2})[/.](?P<second>\d{1,2})(?=(?:\s*[,|·•–-]\s*|\s+)[012]?\d:[0-5]\d)"
)
"""A day without its year, in numbers: only beside a clock time."""
_DIGITS = str.maketrans(
    {digit: str(unicodedata.digit(digit)) for first in "٠۰०০" for digit in map(chr, range(ord(first), ord(first) + 10))}
)
"""Arabic and Indian digits to those that the patterns know, one for one."""
_MAX_MORE, _MAX_ALONE, _MAX_HALF, _MAX_MOMENT = 40, 24, 4, 160
"""Characters of a second number and unit; of lines that are nothing but a relative time; of half a day before the clock time; of lines
that tell the page's own moment."""
_DIGIT = re.compile(r"\d")
_CHEAP = re.compile(r"\d|[^\W\d_]{3}|[^\x00-\x7f]{2}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time found in a line: `line[begin:end]`."""

    begin: int
    end: int
    raw: str
    written: str | None
    """`YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`, offset only where given; None where it cannot be told (no year, no reference, no such day)."""
    relative: bool = False
    impossible: bool = False
    """A day that does not exist, such as 31 February."""
    clock_only: bool = False

    @property
    def is_yearless(self) -> bool:
        """Whether it is a day that says no year."""
        return self.written is None and not (self.relative or self.impossible or self.clock_only)


@dataclass(frozen=True, slots=True)
class _Part:
    begin: int
    end: int
    day: tuple[int, int, int] | None = None
    """Year, month, day; year 0 = not given."""
    clock: tuple[int, int, int] | None = None
    zone: str = ""


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
    if (day := next(_days(line, lang, day_first), None)) is not None:
        return _joined(line, day, list(_clocks(line)) or list(_clocks(line, _DOTTED)), near)
    if (found := _relative(line, lang, now)) is not None:
        return found
    clock = next(_clocks(line), None)
    return None if clock is None else Stamp(clock.begin, clock.end, line[clock.begin : clock.end], None, clock_only=True)


def _year(month: int, number: int, near: date | None) -> int:
    """The year in which that day lies nearest to another one; 0 where there is no such day, or no other."""
    days = []
    for year in range(near.year - 1, near.year + 2) if near else ():
        with suppress(ValueError):
            days.append(date(year, month, number))
    return min(days, key=lambda day: abs(day - near)).year if near and days else 0


def moment(lines: Sequence[str], lang: str | None = None) -> datetime | None:
    """When a page says that it was itself made or saved ("It is currently ..."), with a clock time; None where it does not."""
    short = (line.lower() for line in lines if len(line) <= _MAX_MOMENT and _DIGIT.search(line))
    rests = (low.partition(lead)[2] for low in short for lead in _RULES["page"]["now"] if lead in low)
    for rest in rests:
        if _moment(rest, lang, None):
            return _moment(rest, lang, is_day_first(lines))
    return None


def _moment(rest: str, lang: str | None, day_first: bool | None) -> datetime | None:
    stamp = find(rest, lang=lang, day_first=day_first)
    if stamp is None or not stamp.written or "T" not in stamp.written or not is_connected(rest[: stamp.begin]):
        return None
    return datetime.fromisoformat(stamp.written)


def is_day_first(lines: Iterable[str]) -> bool | None:
    """Whether the page as a whole writes the day before the month; None where no date of it tells."""
    first = second = 0
    for line in lines:
        for match in _NUMERIC.finditer(line):
            one, two = int(match[1]), int(match[3])
            first += 12 < one <= 31 and two <= 12
            second += 12 < two <= 31 and one <= 12
    return None if first == second else first > second


def _joined(line: str, day: _Part, clocks: list[_Part], near: date | None) -> Stamp:
    """The day with the clock time that stands beside it, if only connecting words and signs are between."""
    clock = None if day.clock else next((clock for clock in clocks if is_connected(_between(line, day, clock))), None)
    begin, end = (min(day.begin, clock.begin), max(day.end, clock.end)) if clock else (day.begin, day.end)
    told = clock or day
    between = _BEFORE_ZONE.match(line, end) if told.clock and not told.zone else None
    behind = _ZONE.match(line, between.end()) if between else None
    end = behind.end() if behind else end
    raw = line[begin:end]
    year, month, number = day.day or (0, 0, 0)
    value = told.clock
    zone = _zone(behind) if behind else told.zone
    if not year:
        year = _year(month, number, near)
    if not year:
        return Stamp(begin, end, raw, None)
    try:
        written = date(year, month, number).isoformat()
    except ValueError:
        return Stamp(begin, end, raw, None, impossible=True)
    if value:
        written += f"T{value[0]:02}:{value[1]:02}:{value[2]:02}{zone}"
    return Stamp(begin, end, raw, written)


def _between(line: str, day: _Part, clock: _Part) -> str:
    return line[day.end : clock.begin] if clock.begin >= day.end else line[clock.end : day.begin]


def is_connected(between: str) -> bool:
    """Whether nothing but signs and words that belong to a time lie between its parts."""
    if len(between) > 24 or any(char.isdigit() for char in between):  # characters
        return False
    return all(word.lower() in fillers() for word in _WORD.findall(between))


@cache
def fillers() -> frozenset[str]:
    """Words around a written time that belong to it: "at", "um", "Uhr", the weekday's name in any language."""
    words = set(_RULES["connectors"])
    for name in _RULES["locales"]:
        for width in ("wide", "abbreviated"):
            words |= {word.lower().strip(".") for word in Locale.parse(name).days["format"][width].values()}
    return frozenset(words)


def _clocks(line: str, pattern: re.Pattern[str] = _CLOCK) -> Iterator[_Part]:
    for match in pattern.finditer(line):
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        first = _HALF_FIRST.search(line, max(match.start() - _MAX_HALF, 0), match.start())
        half = first[1] if first else (match[4] or "").lower() if pattern is _CLOCK else ""
        if half in (*_RULES["pm"], *_RULES["pm_first"]) and hour < 12:
            hour += 12
        elif half in (*_RULES["am"], *_RULES["am_first"]) and hour == 12:
            hour = 0
        if hour < 24:
            zone = _ZONE.match(line, match.end())
            end = zone.end() if zone else match.end()
            yield _Part((first or match).start(), end, clock=(hour, minute, second), zone=_zone(zone) if zone else "")


def _zone(match: re.Match[str]) -> str:
    if match["name"]:
        return str(_RULES["zones"][match["name"].lower()])
    if match["hours"]:
        return f"{match['hours'][0]}{int(match['hours'][1:]):02}:{match['minutes'] or '00'}"
    return _offset(match["offset"].upper())


def _offset(zone: str) -> str:
    return zone if zone == "Z" or ":" in zone else f"{zone[:3]}:{zone[3:]}"


def _days(line: str, lang: str | None, day_first: bool | None) -> Iterator[_Part]:
    """All days of a line, the surest form first."""
    for match in _ISO.finditer(line):
        clock = (int(match[4]), int(match[5]), int(match[6] or 0)) if match[4] and int(match[4]) < 24 else None
        if clock and _HALF.match(line, match.end()):  # "03:29:11 PM" is read with its half of the day
            yield _Part(match.start(), match.end(3), (int(match[1]), int(match[2]), int(match[3])))
            continue
        yield _Part(match.start(), match.end(), (int(match[1]), int(match[2]), int(match[3])), clock, _offset(match[7]) if match[7] else "")
    for match in _CJK.finditer(line):
        yield _Part(match.start(), match.end(), (int(match[1]), int(match[2]), int(match[3])))
    for match in _THANG.finditer(line):
        yield _Part(match.start(), match.end(), (int(match[3]), int(match[2]), int(match[1])))
    for match in _NUMERIC.finditer(line):
        if (found := _numeric(match, lang, day_first)) is not None:
            yield _Part(match.start(), match.end(), found)
    if _COLON.search(line):
        yield from _ctimes(line, lang)
    yield from _worded(line, lang)
    yield from _yearless(line)
    if not line.isascii():
        for match in _phrased().finditer(line):
            yield _Part(match.start(), match.end(), (int(match[3]), _phrases()[match[2]], int(match[1])))


def _ctimes(line: str, lang: str | None) -> Iterator[_Part]:
    for match in _CTIME.finditer(line):
        month = _months(lang).get(match[1].lower())
        if month and int(match[3]) < 24:
            zone = _ZONE.fullmatch(match[6] or "")
            clock = (int(match[3]), int(match[4]), int(match[5]))
            yield _Part(match.start(), match.end(), (int(match[7]), month, int(match[2])), clock, _zone(zone) if zone else "")


def _yearless(line: str) -> Iterator[_Part]:
    for match in _YEARLESS.finditer(line) if _COLON.search(line) else ():
        names = ("one", "two") if match["one"] else ("first", "second")
        day, month = (int(match[name]) for name in names)
        if 1 <= day <= 31 and 1 <= month <= 12:
            yield _Part(match.start(names[0]), match.end(), (0, month, day))


@cache
def _phrases() -> dict[str, int]:
    """Month names that are not one plain word: of two words, or with vowel signs."""
    found = {name: number for code in _RULES["phrased"]["locales"] for name, number in _names(code) if not _WORD.fullmatch(name)}
    return {**found, **_RULES["phrased"]["months"]}


@cache
def _phrased() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(_phrases(), key=len, reverse=True))
    return re.compile(rf"(?<!\d)({_DAY})\S?\s+[^\W\d_]?({names})\S?\s+({_YEAR})(?!\d)")


def _numeric(match: re.Match[str], lang: str | None, day_first: bool | None) -> tuple[int, int, int] | None:
    one, two, three = int(match[1]), int(match[3]), int(match[5])
    if match[2].strip() != match[4].strip(" ,") and match[4].strip(" ,"):
        return None
    if len(match[1]) == 4:
        return (one, two, three) if 1900 <= one < 2100 and len(match[5]) <= 2 else None
    if len(match[1]) > 2 or len(match[5]) == 1:
        return None
    year = three if len(match[5]) == 4 else 2000 + three if three < 70 else 1900 + three
    if not 1900 <= year < 2100:
        return None
    if one > 12 or two > 12:
        day, month = (one, two) if two <= 12 else (two, one)
    else:
        first = day_first if day_first is not None else not (lang == "en" and match[2].strip() == "/")
        day, month = (one, two) if first else (two, one)
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


def _worded(line: str, lang: str | None) -> Iterator[_Part]:
    months = _months(lang)
    for pattern, (day, month, year) in ((_DAY_MONTH, (1, 2, 3)), (_MONTH_DAY, (2, 1, 3)), (_YEAR_MONTH, (3, 2, 1))):
        for match in pattern.finditer(line):
            glued = _GLUED.search(match[month]) if pattern is _MONTH_DAY else None  # "Dave BeazleyOctober 27, 2011"
            begin = match.start() + (glued.start() if glued else 0)
            number = months.get((glued[0] if glued else match[month]).lower().rstrip("."))
            if number and 1 <= int(match[day]) <= 31:
                written = (match[year] or "0").strip("'’")
                value = int(written) + (2000 if len(written) == 2 else 0)
                end = match.end() if match[year] or pattern is not _DAY_MONTH else match.end(2)
                yield _Part(begin, end, (value, number, int(match[day])))


@cache
def _months(lang: str | None) -> dict[str, int]:
    """Month word -> number: the words of all languages, those of `lang` before the others, English next."""
    words: dict[str, int] = {}
    for name in dict.fromkeys([lang or "en", "en", *_RULES["locales"]]):
        for word, number in _cldr_months(name):
            words.setdefault(word, number)
    return words | {word: number for word, number in _RULES["months"].items() if word not in words}


def _cldr_months(name: str) -> list[tuple[str, int]]:
    return [(word, number) for word, number in _names(name) if len(word) >= 3 and _WORD.fullmatch(word)]


def _names(locale: str) -> list[tuple[str, int]]:
    """All names that CLDR knows for the months, in lower case and without a dot at the end."""
    try:
        months = Locale.parse(locale).months
    except (UnknownLocaleError, ValueError):
        return []
    parts = [months[context][width] for context in ("format", "stand-alone") for width in ("wide", "abbreviated")]
    return [(word.lower().rstrip("."), number) for part in parts for number, word in part.items()]


@cache
def _relative_pattern() -> re.Pattern[str]:
    ago = _RULES["relative"]["ago"]
    return re.compile(
        rf"(?<!\w)(?:(?P<before>(?:(?:{_any_of(ago['before'])})\s+){{1,2}}))?"
        rf"(?:(?P<number>\d{{1,3}})\s?(?:(?:{_any_of(ago['of'])})\s)?|(?:{_any_of(ago['one'])})\s+)?"
        rf"(?P<unit>{_any_of(_units(None))})\.?(?:\s?(?P<after>{_any_of(ago['after'])}))?(?!\w)",
        re.IGNORECASE,
    )


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


@cache
def _more_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A larger unit before "3 hours ago", a smaller one behind "преди 3 часа": "2 days, 3 hours ago", "преди 3 часа и 5 минути"."""
    ago = _RULES["relative"]["ago"]
    part = rf"(?P<number>\d{{1,3}})\s?(?:(?:{_any_of(ago['of'])})\s)?(?P<unit>{_any_of(_units(None))})\.?"
    link = rf"(?:\s?,\s?|\s)(?:(?:{_any_of(ago['and'])})\s)?"
    return re.compile(rf"(?<!\w){part}{link}$", re.IGNORECASE), re.compile(rf"{link}{part}(?!\w)", re.IGNORECASE)


@cache
def _alone_pattern() -> re.Pattern[str]:
    words = [word for table in _RULES["relative"]["alone"].values() for word in table]
    return re.compile(rf"(?P<number>[1-9]\d?)\s?(?P<unit>{_any_of(words)})\.?", re.IGNORECASE)


@cache
def _units(lang: str | None) -> dict[str, str]:
    words: dict[str, str] = {word.strip(): unit for unit, names in _RULES["relative"]["units"].items() for word in reversed(names)}
    special: dict[str, str] = _RULES["relative"]["past"] | _RULES["relative"]["by_language"].get(lang or "", {})
    return words | special


@cache
def relative_words() -> frozenset[str]:
    """Single words, lower case, one of which stands in every relative time that is written without a digit."""
    rules = _RULES["relative"]
    phrases = [
        *rules["ago"]["after"],
        *rules["ago"]["before"],
        *(word for name in ("now", "today", "yesterday") for word in rules[name]["words"]),
    ]
    return frozenset(max(phrase.split(), key=len) for phrase in phrases)


@cache
def _now_words() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_any_of(_RULES['relative']['now']['words'])})(?!\w)", re.IGNORECASE)


@cache
def _near_words() -> re.Pattern[str]:
    words = {word: part["days"] for part in (_RULES["relative"]["today"], _RULES["relative"]["yesterday"]) for word in part["words"]}
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})(?!\w)", re.IGNORECASE)


def _is_past(match: re.Match[str]) -> bool:
    if match["after"] or (match["number"] and match["unit"].lower() in _RULES["relative"]["past"]):
        return True
    return bool(match["before"]) and match["before"].strip().lower() not in _RULES["relative"]["ago"]["weak"]


@cache
def _past_words() -> tuple[str, ...]:
    """One of them is in every relative time that `_relative_pattern` finds: looking for them takes a tenth of its time."""
    rules = _RULES["relative"]
    return tuple(word.lower() for word in dict.fromkeys([*rules["ago"]["after"], *rules["ago"]["before"], *rules["past"]]))


def _relative(line: str, lang: str | None, now: datetime | None) -> Stamp | None:
    low = line.lower()
    for match in _relative_pattern().finditer(line) if any(word in low for word in _past_words()) else ():
        if not _is_past(match):
            continue
        unit = _units(lang).get(match["unit"].lower())
        if unit is None:
            continue
        (begin, end), parts = match.span(), [(int(match["number"] or 1), unit)]
        other = (
            _more_patterns()[0].search(line[max(begin - _MAX_MORE, 0) : begin]) if match["after"] else _more_patterns()[1].match(line, end)
        )
        if other and (also := _units(lang).get(other["unit"].lower())) and (_SECONDS[also] > _SECONDS[unit]) is bool(match["after"]):
            parts.append((int(other["number"]), also))
            begin, end = (begin - len(other[0]), end) if match["after"] else (begin, other.end())
        return Stamp(begin, end, line[begin:end], _before(now, parts), relative=True)
    return _alone(line, lang, now) or _just_now(line, now) or _near_day(line, now)


def _before(now: datetime | None, parts: Iterable[tuple[int, str]]) -> str | None:
    """The time so many units before `now`, as exact as the smallest of them."""
    if now is None:
        return None
    smallest = min((unit for _, unit in parts), key=_SECONDS.__getitem__)
    moment = now - timedelta(seconds=sum(number * _SECONDS[unit] for number, unit in parts))
    return moment.strftime("%Y-%m-%dT%H:%M:%S" if _SECONDS[smallest] < _SECONDS["day"] else "%Y-%m-%d")


def _alone(line: str, lang: str | None, now: datetime | None) -> Stamp | None:
    """ "3 h": a number and a short unit that are the whole line, the number no larger than pages let it grow."""
    match = _alone_pattern().fullmatch(line.strip()) if len(line) <= _MAX_ALONE and line.lstrip()[:1].isdigit() else None
    if match is None:
        return None
    tables, word, number = _RULES["relative"]["alone"], match["unit"].lower(), int(match["number"])
    unit = tables.get(lang or "", {}).get(word) or tables["any"].get(word)
    if unit is None or number > _RULES["relative"]["most"][unit]:
        return None
    begin = line.index(match[0])
    return Stamp(begin, begin + len(match[0]), match[0], _before(now, [(number, unit)]), relative=True)


def _just_now(line: str, now: datetime | None) -> Stamp | None:
    match = _now_words().search(line) if len(line) <= _MAX_ALONE and not _DIGIT.search(line) else None
    if match is None or not is_connected(line.replace(match[0], "", 1)):
        return None
    return Stamp(match.start(), match.end(), match[0], _before(now, [(0, "second")]), relative=True)


def _near_day(line: str, now: datetime | None) -> Stamp | None:
    """ "yesterday, 21:25": only with a clock time beside it or alone on its line, since "today" is a word of any text."""
    clocks = list(_clocks(line))
    if not clocks and len(line) <= _MAX_ALONE and not _DIGIT.search(line):
        match = _near_words().search(line)
        if match is None or not is_connected(line.replace(match[0], "", 1)):
            return None
        day = (now - timedelta(days=_days_back(match))).date().isoformat() if now else None
        return Stamp(match.start(), match.end(), match[0], day, relative=True)
    for match in _near_words().finditer(line) if clocks else ():
        for clock in clocks:
            gap = line[match.end() : clock.begin] if clock.begin >= match.end() else line[clock.end : match.start()]
            if not is_connected(gap) or clock.clock is None:
                continue
            begin, end = min(match.start(), clock.begin), max(match.end(), clock.end)
            stamp = Stamp(begin, end, line[begin:end], None, relative=True)
            if now is None:
                return stamp
            day = (now - timedelta(days=_days_back(match))).date().isoformat()
            return replace(stamp, written=f"{day}T{clock.clock[0]:02}:{clock.clock[1]:02}:{clock.clock[2]:02}")
    return None


def _days_back(match: re.Match[str]) -> int:
    return 1 if match[1].lower() in _RULES["relative"]["yesterday"]["words"] else 0
