"""Relative times: "2 hours ago", "преди 3 часа и 5 минути", "3 h", "just now", "yesterday, 21:25", "Thursday at 3:15 PM"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby, product
from operator import itemgetter

from seeds.dates import clocks
from seeds.dates.stamp import DIGIT, MAX_ALONE, RULES, WORD, Stamp, is_connected, weekdays

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
_MAX_MORE = 40
"""Characters of a second number and unit."""
_MAX_NAMED = 40
"""Characters of a line in which a name stands beside such a word, and of the words before or behind a time with a name in them."""
_SIGNS = "|·•–—-()[]/"
"""What parts a time from the rest of its line; a comma does before it only: "Two years ago, we ..."."""
_UNSPACED = r"\u0e00-\u0e7f\u3000-\u9fff\uac00-\ud7af"
"""Letters of scripts that put no space between words."""


def find(line: str, lang: str | None, now: datetime | None) -> Stamp | None:
    """The first time of a line that is told from `now`; its value is None where that is None."""
    low = line.lower()
    for match in _relative_pattern().finditer(line) if any(map(low.__contains__, _past_words(low.isascii()))) else ():
        if not _is_past(match, lang):
            continue
        unit = _units(lang).get(match["unit"].lower())
        if unit is None or (_is_told_in_words(match) and not _is_apart(line, match.start(), match.end())):
            continue
        (begin, end), parts = match.span(), [(_count(match), unit)]
        other = (
            _more_patterns()[0].search(line[max(begin - _MAX_MORE, 0) : begin]) if match["after"] else _more_patterns()[1].match(line, end)
        )
        if other and (also := _units(lang).get(other["unit"].lower())) and (_SECONDS[also] > _SECONDS[unit]) is bool(match["after"]):
            parts.append((int(other["number"]), also))
            begin, end = (begin - len(other[0]), end) if match["after"] else (begin, other.end())
        return Stamp(begin, end, line[begin:end], _before(now, parts), relative=True)
    if not DIGIT.search(line):
        return _word_alone(line, low, lang, now)
    return _alone(line, lang, now) or _near_day(line, lang, now)


def _before(now: datetime | None, parts: Iterable[tuple[int, str]]) -> str | None:
    """The time so many units before `now`, as exact as the smallest of them."""
    if now is None:
        return None
    smallest = min((unit for _, unit in parts), key=_SECONDS.__getitem__)
    moment = now - timedelta(seconds=sum(number * _SECONDS[unit] for number, unit in parts))
    return moment.strftime("%Y-%m-%dT%H:%M:%S" if _SECONDS[smallest] < _SECONDS["day"] else "%Y-%m-%d")


def _alone(line: str, lang: str | None, now: datetime | None) -> Stamp | None:
    """ "3 h": a number and a short unit that are the whole line, the number no larger than pages let it grow."""
    match = _alone_pattern().fullmatch(line.strip()) if len(line) <= MAX_ALONE and line.lstrip()[:1].isdigit() else None
    if match is None:
        return None
    tables, word, number = RULES["relative"]["alone"], match["unit"].lower(), int(match["number"])
    unit = tables.get(lang or "", {}).get(word) or tables["any"].get(word)
    if unit is None or number > RULES["relative"]["most"][unit]:
        return None
    begin = line.index(match[0])
    return Stamp(begin, begin + len(match[0]), match[0], _before(now, [(number, unit)]), relative=True)


def _word_alone(line: str, low: str, lang: str | None, now: datetime | None) -> Stamp | None:
    """ "Just now", "yesterday": alone on its line, or beside a name, since these are words of any text."""
    if len(line) > _MAX_NAMED or _telling_words().isdisjoint(WORD.findall(low)):
        return None
    match = _alone_words().search(line)
    if match is None or not _is_word_of(match[0].lower(), lang):
        return None
    alone = len(line) <= MAX_ALONE and is_connected(line.replace(match[0], "", 1))
    if not alone and not (" " in match[0] and _is_apart(line, match.start(), match.end())):
        return None
    is_now = match[0].lower() in _now_words()
    return Stamp(match.start(), match.end(), match[0], _before(now, [(0, "second")]) if is_now else _day(now, match[0]), relative=True)


def _near_day(line: str, lang: str | None, now: datetime | None) -> Stamp | None:
    """ "yesterday, 21:25", "Thursday at 3:15 PM": only with a clock time beside it, since "today" is a word of any text.

    A weekday, and any day beside a clock time with a dot, stands apart: "we open on Monday at 9:00", "shares fell today 5.30".
    """
    times = clocks.beside_a_word(line)
    dotted = [] if times or len(line) > MAX_ALONE else clocks.beside_a_day(line)
    for match in _near_words().finditer(line) if times or dotted else ():
        weekday = weekdays().get(match[0].lower())
        for clock in times or dotted:
            gap = line[match.end() : clock.begin] if clock.begin >= match.end() else line[clock.end : match.start()]
            begin, end = min(match.start(), clock.begin), max(match.end(), clock.end)
            if clock.clock is None or not is_connected(gap) or not _is_word_of(match[0].lower(), lang):
                continue
            if (weekday is not None and len(times) > 1) or ((dotted or weekday is not None) and not _is_apart(line, begin, end)):
                continue
            day = _day(now, match[0]) if weekday is None else _last(now, weekday)
            written = day + clocks.written(clock.clock) if day else None
            return Stamp(begin, end, line[begin:end], written, relative=True)
    return None


def _day(now: datetime | None, word: str) -> str | None:
    """The day that "today" or "yesterday" means; a letter that is none in lower case ("yeſterday") makes it today."""
    return (now - timedelta(days=_days_back().get(word.lower(), 0))).date().isoformat() if now else None


def _last(now: datetime | None, weekday: int) -> str | None:
    """The last such day before that of `now`, which pages call today."""
    return (now - timedelta(days=(now.weekday() - weekday - 1) % 7 + 1)).date().isoformat() if now else None


def _is_past(match: re.Match[str], lang: str | None) -> bool:
    unit, ago = match["unit"].lower(), RULES["relative"]["ago"]
    counted = match["number"] or match["word"] or RULES["relative"]["past"].get(unit) == "half_hour"
    if len(unit) == 1 and not (match["number"] or match["word"]):
        return False
    if match["after"] or (counted and unit in RULES["relative"]["past"]):
        return True
    before = (match["before"] or "").strip().lower()
    return bool(before) and before not in ago["weak"] and _is_word_of(before, lang)


def _is_word_of(word: str, lang: str | None) -> bool:
    """Whether a word tells a time in that language: in another it may be a common one."""
    return bool(RULES["relative"]["only"].get(word, lang) == lang)


def _count(match: re.Match[str]) -> int:
    if match["number"]:
        return int(match["number"])
    return _numbers().get(match["word"].lower(), 1) if match["word"] else 1 + (match["unit"].lower() in RULES["relative"]["dual"])


def _is_told_in_words(match: re.Match[str]) -> bool:
    """Whether it tells more than one without a digit, as people do in their sentences: "two years ago"."""
    return not match["number"] and _count(match) > 1


def _is_apart(line: str, begin: int, end: int) -> bool:
    """Whether a sign, words of times or words about a writer stand on both sides of `line[begin:end]`, or nothing."""
    head, tail = line[:begin].rstrip(), line[end:].lstrip()
    led = head.lower().endswith(_led()) and len(head) <= _MAX_NAMED
    by = len(tail) <= _MAX_NAMED and tail.lower().split(maxsplit=1)[:1] in _by()
    return (led or head[-1:] in f"{_SIGNS}," or is_connected(head)) and (by or tail[:1] in _SIGNS or is_connected(tail))


@cache
def _led() -> tuple[str, ...]:
    return tuple(RULES["relative"]["ago"]["led"])


@cache
def _by() -> tuple[list[str], ...]:
    return tuple([word] for word in RULES["relative"]["ago"]["by"])


@cache
def relative_words() -> frozenset[str]:
    """Single words, lower case, one of which stands in every relative time that is written without a digit."""
    glued = map("".join, product(["", *_unspaced(_numbers())], _unspaced(_units(None)), _unspaced(RULES["relative"]["ago"]["after"])))
    return frozenset(max(phrase.split(), key=len) for phrase in [*_telling(), *_now_words(), *_days_back(), *glued])


@cache
def _past_words(ascii_only: bool) -> tuple[str, ...]:
    """One of them is in every relative time that `_relative_pattern` finds: looking for them takes a tenth of its time."""
    found = (word for word in _telling() if not any(part in word for part in _telling() - {word}))
    return tuple(word for word in found if word.isascii() or not ascii_only)


def _telling() -> set[str]:
    """What tells, before or behind a unit or in it, that it is past."""
    ago = RULES["relative"]["ago"]
    return {word.lower() for word in (*ago["after"], *ago["before"], *RULES["relative"]["past"])} - set(ago["weak"])


@cache
def _relative_pattern() -> re.Pattern[str]:
    """Without a number, no year follows: "منذ عام 2011" is "since 2011"."""
    ago = RULES["relative"]["ago"]
    return re.compile(
        rf"(?<!\w)(?:(?P<before>(?:(?:{_any_of(ago['before'])})\s+){{1,2}}?))??"
        rf"(?:(?P<number>\d{{1,3}})\s?(?:(?:{_any_of(ago['of'])})\s)?|(?P<word>{_any_of(_numbers())})(?:\s+|(?<=['{_UNSPACED}])))?"
        rf"(?P<unit>{_any_of(_unit_words())})\.?(?:\s?(?P<after>{_any_of(ago['after'])}))?(?!\w)(?(number)|(?!\s(?:19|20)\d\d))",
        re.IGNORECASE,
    )


@cache
def _more_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A larger unit before "3 hours ago", a smaller one behind "преди 3 часа": "2 days, 3 hours ago", "преди 3 часа и 5 минути"."""
    ago = RULES["relative"]["ago"]
    part = rf"(?P<number>\d{{1,3}})\s?(?:(?:{_any_of(ago['of'])})\s)?(?P<unit>{_any_of(_unit_words())})\.?"
    link = rf"(?:\s?,\s?|\s)(?:(?:{_any_of(ago['and'])})\s)?"
    return re.compile(rf"(?<!\w){part}{link}$", re.IGNORECASE), re.compile(rf"{link}{part}(?!\w)", re.IGNORECASE)


@cache
def _alone_pattern() -> re.Pattern[str]:
    words = [word for table in RULES["relative"]["alone"].values() for word in table]
    return re.compile(rf"(?P<number>[1-9]\d?)\s?(?P<unit>{_any_of(words)})\.?", re.IGNORECASE)


@cache
def _now_words() -> frozenset[str]:
    return frozenset(RULES["relative"]["now"]["words"])


@cache
def _telling_words() -> frozenset[str]:
    """One of them is in every line that `_alone_words` finds something in: looking for them takes a tenth of its time."""
    return frozenset(max(WORD.findall(phrase), key=len) for phrase in (*_now_words(), *_days_back()))


@cache
def _alone_words() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_any_of([*_now_words(), *_days_back()])})(?!\w)", re.IGNORECASE)


@cache
def _near_words() -> re.Pattern[str]:
    words = _any_of([*_days_back(), *weekdays()])
    return re.compile(rf"(?<!\w)(?:{words})(?:(?![^\W\d_])|(?<=[{_UNSPACED}]))", re.IGNORECASE)


@cache
def _days_back() -> dict[str, int]:
    days = [RULES["relative"][name] for name in ("today", "yesterday", "day_before_yesterday")]
    return {word.lower(): day["days"] for day in days for word in day["words"]}


@cache
def _numbers() -> dict[str, int]:
    """Number words; "a few" are three."""
    ago = RULES["relative"]["ago"]
    return dict.fromkeys(ago["one"], 1) | {word: int(number) for number, words in ago["words"].items() for word in words}


@cache
def _units(lang: str | None) -> dict[str, str]:
    rules = RULES["relative"]
    words: dict[str, str] = {word.strip(): unit for unit, names in rules["units"].items() for word in reversed(names)}
    special: dict[str, str] = rules["dual"] | rules["past"] | rules["by_language"].get(lang or "", {})
    return words | special


@cache
def _unit_words() -> frozenset[str]:
    """The units of all languages; what one means, `_units` of the language tells."""
    return frozenset([*_units(None), *(word for words in RULES["relative"]["by_language"].values() for word in words)])


def _unspaced(words: Iterable[str]) -> list[str]:
    """The words of scripts that put no space between words."""
    return [word for word in words if re.fullmatch(f"[{_UNSPACED}]+", word)]


def _any_of(words: Iterable[str]) -> str:
    """A pattern of the words, the longest first; those of one first letter stand together, so that most of them are not tried."""
    first = groupby(sorted(set(words)), key=itemgetter(0))
    rests = {letter: sorted((word[1:] for word in same), key=len, reverse=True) for letter, same in first}
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(map(re.escape, words))})" for letter, words in rests.items())
