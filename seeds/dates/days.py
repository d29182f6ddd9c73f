"""Days of a line, in numbers and in words, the surest form first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache

from seeds.dates import clocks, months
from seeds.dates.stamp import RULES, Part

_DAY, _YEAR = r"[0-3]?\d", r"(?:19|20)\d\d"
_JALALI_YEAR = r"1[34]\d\d"
_JALALI_ERA = 226894
"""The day before the first of the Persian calendar, as an ordinal."""
_BUDDHIST_YEAR = r"2[45]\d\d"
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
    rf"([^\W\d_]{{3,30}})\.?[\s-]+({_DAY})(?:st|nd|rd|th)?(?:(?:\s*,\s*|\s+)({_YEAR}|['’]\d\d)(?!\d)|(?=,?\s(?:at\s|@)?\s?(?:[012]?\d:[0-5]\d|[01]?\d\s?[AaPp]\.?[Mm]\.?$)))"
)
"""A day without a year counts beside its clock time only: "May 5 people" is none. A whole hour ends the line too: sentences hold such."""
_MONTH_FIRST = re.compile(rf"([^\W\d_]{{3,14}})\.? ({_DAY})")
_GLUED = re.compile(r"(?<=[^\W\d_])(?<![A-ZА-ЯΑ-Ω])[A-ZА-ЯΑ-Ω][^\W\d_A-ZА-ЯΑ-Ω]+$")
_CTIME = re.compile(rf"([^\W\d_]{{3,14}})\s+({_DAY})\s+([012]?\d):([0-5]\d):([0-5]\d)\s(?:(\w{{3,4}}|[+-][01]\d[0-5]\d)\s)?({_YEAR})(?!\d)")
"""As computers write it, the year last: "Thu Feb  5 11:32:00 2026"."""
_YEAR_MONTH = re.compile(rf"(?<!\d)({_YEAR})\.?\s+([^\W\d_]{{3,14}})\.?\s+({_DAY})\.?(?!\d)")
_COLON = re.compile(r"\d[:h]\d")
_YEARLESS = re.compile(
    r"(?<=[0-5]\d)(?:\s*[,|·•–-]\s*|\s+)(?P<one>\d{1,2})[/.](?P<two>\d{1,2})(?![\d/:]|[.]\d)|"
    r"(?<![\d./:-])(?P<first>\d{1,2})[/.](?P<second>\d{1,2})(?=\.?(?:\s*[,|·•–-]\s*|\s+)[012]?\d[:h][0-5]\d)"
)
"""A day without its year, in numbers: only beside a clock time."""
_CJK_YEARLESS = re.compile(
    r"(?<![\d年년])(?<![年년]\s)(1[0-2]|[1-9])\s?[月월]\s?([12]\d|3[01]|[1-9])\s?[日일](?=[\s,(]*(?:\w\)\s?)?[012]?\d:[0-5]\d)"
)
_MONTH_FIRST_LANGUAGES = ("zh", "ja", "ko")
_CLOCK_BEFORE = re.compile(r"\d:[0-5]\d(?::[0-5]\d)?,?\s{1,2}$")
_SHORT_YEAR = re.compile(r"\.?\s([0-3]\d)(?![\d:.,]\d)(?=(?P<clock>,?\s(?:\w{1,3}\s)?[012]?\d:[0-5]\d))?(?!\w)")


def find(line: str, lang: str | None, day_first: bool | None) -> Iterator[Part]:
    """All days of a line, the surest form first."""
    for match in _ISO.finditer(line):
        clock = (int(match[4]), int(match[5]), int(match[6] or 0)) if match[4] and int(match[4]) < 24 else None
        if clock and clocks.is_halved(line, match.end()):  # "03:29:11 PM" is read with its half of the day
            yield Part(match.start(), match.end(3), (int(match[1]), int(match[2]), int(match[3])))
            continue
        yield Part(
            match.start(), match.end(), (int(match[1]), int(match[2]), int(match[3])), clock, clocks.offset(match[7]) if match[7] else ""
        )
    for match in _CJK.finditer(line):
        yield Part(match.start(), match.end(), (int(match[1]), int(match[2]), int(match[3])))
    for match in _THANG.finditer(line):
        yield Part(match.start(), match.end(), (int(match[3]), int(match[2]), int(match[1])))
    for match in _NUMERIC.finditer(line):
        if (found := _numeric(match, lang, day_first)) is not None:
            yield Part(match.start(), match.end(), found)
    if _COLON.search(line):
        yield from _ctimes(line, lang)
    if not line.isascii():
        yield from _phrases(line)
    yield from _worded(line, lang)
    yield from _yearless(line, lang, day_first)


def alone(text: str, lang: str | None) -> Part | None:
    """ "May 12": a day without its year that is all of a text."""
    match = _MONTH_FIRST.fullmatch(text.strip())
    month = months.words(lang).get(match[1].lower()) if match else None
    if match is None or month is None or not 1 <= int(match[2]) <= 31:
        return None
    begin = text.index(match[0])
    return Part(begin, begin + len(match[0]), (0, month, int(match[2])))


def is_day_first(lines: Iterable[str]) -> bool | None:
    """Whether the page as a whole writes the day before the month; None where no date of it tells."""
    first = second = 0
    for line in lines:
        for match in _NUMERIC.finditer(line):
            one, two = int(match[1]), int(match[3])
            first += 12 < one <= 31 and two <= 12
            second += 12 < two <= 31 and one <= 12
    return None if first == second else first > second


def _numeric(match: re.Match[str], lang: str | None, day_first: bool | None) -> tuple[int, int, int] | None:
    one, two, three = int(match[1]), int(match[3]), int(match[5])
    if match[2].strip() != match[4].strip(" ,") and match[4].strip(" ,"):
        return None
    if len(match[1]) == 4:
        if lang == "fa" and 1300 <= one < 1500 and 1 <= two <= 12 and 1 <= three <= 31:
            return _of_jalali(one, two, three)
        return (one, two, three) if 1900 <= one < 2100 and len(match[5]) <= 2 else None
    if len(match[1]) > 2 or len(match[5]) == 1:
        return None
    year = _common_era(three) if len(match[5]) == 4 else 2000 + three if three < 70 else 1900 + three
    if not 1900 <= year < 2100:
        return None
    if one > 12 or two > 12:
        day, month = (one, two) if two <= 12 else (two, one)
    else:
        first = day_first if day_first is not None else not (lang == "en" and match[2].strip() == "/")
        day, month = (one, two) if first else (two, one)
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


def _common_era(year: int) -> int:
    """The year without the 543 that Buddhist ones are ahead, as Thai pages write them."""
    return year - 543 if 2400 <= year < 2600 else year


def _of_jalali(year: int, month: int, day: int) -> tuple[int, int, int]:
    """The Gregorian day of one in the Persian calendar; its years are leap eight times in 33, as they are from 1343 to 1472."""
    begun = 365 * (year - 1) + (8 * year + 21) // 33 + 31 * (month - 1) - max(month - 7, 0)
    found = date.fromordinal(_JALALI_ERA + begun + day)
    return found.year, found.month, found.day


def _ctimes(line: str, lang: str | None) -> Iterator[Part]:
    for match in _CTIME.finditer(line):
        month = months.words(lang).get(match[1].lower())
        if month and int(match[3]) < 24:
            clock = (int(match[3]), int(match[4]), int(match[5]))
            yield Part(match.start(), match.end(), (int(match[7]), month, int(match[2])), clock, clocks.zone(match[6] or ""))


def _worded(line: str, lang: str | None) -> Iterator[Part]:
    names = months.words(lang)
    for pattern, (day, month, year) in ((_DAY_MONTH, (1, 2, 3)), (_MONTH_DAY, (2, 1, 3)), (_YEAR_MONTH, (3, 2, 1))):
        for match in pattern.finditer(line):
            glued = _GLUED.search(match[month]) if pattern is _MONTH_DAY else None  # "Dave BeazleyOctober 27, 2011"
            begin = match.start() + (glued.start() if glued else 0)
            number = names.get((glued[0] if glued else match[month]).lower().rstrip("."))
            if number and 1 <= int(match[day]) <= 31:
                short = _short_year(line, begin, match.end(month)) if pattern is _DAY_MONTH and not match[year] else None
                written = (match[year] or (short[1] if short else "0")).strip("'’")
                value = int(written) + (2000 if len(written) == 2 else 0)
                end = short.end() if short else match.end() if match[year] or pattern is not _DAY_MONTH else match.end(month)
                yield Part(begin, end, (value, number, int(match[day])))


def _phrases(line: str) -> Iterator[Part]:
    """Days with their year whose months are not one plain word, or of another calendar."""
    for match in _phrased().finditer(line):
        yield Part(match.start(), match.end(), (_common_era(int(match[3])), months.phrases()[match[2]], int(match[1])))
    for match in _jalali().finditer(line):
        yield Part(match.start(), match.end(), _of_jalali(int(match[3]), RULES["jalali"]["months"][match[2]], int(match[1])))


def _short_year(line: str, begin: int, end: int) -> re.Match[str] | None:
    """The year of "08:03, 12 May 26": two digits behind the month where a clock time stands beside and nothing else could be meant."""
    before, after = _CLOCK_BEFORE.search(line, max(begin - 12, 0), begin), _SHORT_YEAR.match(line, end)
    return after if after and (before or after["clock"]) and (after["clock"] or after.end() == len(line.rstrip())) else None


def _yearless(line: str, lang: str | None, day_first: bool | None) -> Iterator[Part]:
    if not _COLON.search(line):
        return
    for match in _CJK_YEARLESS.finditer(line):
        yield Part(match.start(), match.end(), (0, int(match[1]), int(match[2])))
    for match in _YEARLESS.finditer(line):
        names = ("one", "two") if match["one"] else ("first", "second")
        day, month = (int(match[name]) for name in names)
        month_first = lang in _MONTH_FIRST_LANGUAGES or (lang == "en" and "/" in match[0]) if day_first is None else not day_first
        if (month_first and day <= 12) or month > 12:
            day, month = month, day
        if 1 <= day <= 31 and 1 <= month <= 12:
            yield Part(match.start(names[0]), match.end(), (0, month, day))


@cache
def _phrased() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(months.phrases(), key=len, reverse=True))
    return re.compile(rf"(?<!\d)({_DAY})\S?\s+[^\W\d_]?({names})\S?\s+(?:พ\.ศ\.\s?)?({_YEAR}|{_BUDDHIST_YEAR})(?!\d)")


@cache
def _jalali() -> re.Pattern[str]:
    names = "|".join(sorted(RULES["jalali"]["months"], key=len, reverse=True))
    return re.compile(rf"(?<!\d)([0-2]?\d|3[01])\s+({names})(?:\sماه)?\s+({_JALALI_YEAR})(?!\d)")
