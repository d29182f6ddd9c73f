"""Relative times: "2 hours ago", "преди 3 часа и 5 минути", "3 h", "just now", "yesterday, 21:25"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from seeds.dates import clocks
from seeds.dates.stamp import DIGIT, MAX_ALONE, RULES, Stamp, is_connected

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


def find(line: str, lang: str | None, now: datetime | None) -> Stamp | None:
    """The first time of a line that is told from `now`; its value is None where that is None."""
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
    match = _alone_pattern().fullmatch(line.strip()) if len(line) <= MAX_ALONE and line.lstrip()[:1].isdigit() else None
    if match is None:
        return None
    tables, word, number = RULES["relative"]["alone"], match["unit"].lower(), int(match["number"])
    unit = tables.get(lang or "", {}).get(word) or tables["any"].get(word)
    if unit is None or number > RULES["relative"]["most"][unit]:
        return None
    begin = line.index(match[0])
    return Stamp(begin, begin + len(match[0]), match[0], _before(now, [(number, unit)]), relative=True)


def _just_now(line: str, now: datetime | None) -> Stamp | None:
    match = _now_words().search(line) if len(line) <= MAX_ALONE and not DIGIT.search(line) else None
    if match is None or not is_connected(line.replace(match[0], "", 1)):
        return None
    return Stamp(match.start(), match.end(), match[0], _before(now, [(0, "second")]), relative=True)


def _near_day(line: str, now: datetime | None) -> Stamp | None:
    """ "yesterday, 21:25": only with a clock time beside it or alone on its line, since "today" is a word of any text."""
    times = list(clocks.find(line))
    if not times and len(line) <= MAX_ALONE and not DIGIT.search(line):
        match = _near_words().search(line)
        if match is None or not is_connected(line.replace(match[0], "", 1)):
            return None
        return Stamp(match.start(), match.end(), match[0], _day(now, match[0]), relative=True)
    for match in _near_words().finditer(line) if times else ():
        for clock in times:
            gap = line[match.end() : clock.begin] if clock.begin >= match.end() else line[clock.end : match.start()]
            if clock.clock is None or not is_connected(gap):
                continue
            begin, end = min(match.start(), clock.begin), max(match.end(), clock.end)
            day = _day(now, match[0])
            written = day + clocks.written(clock.clock) if day else None
            return Stamp(begin, end, line[begin:end], written, relative=True)
    return None


def _day(now: datetime | None, word: str) -> str | None:
    """The day that "today" or "yesterday" means; a letter that is none in lower case ("yeſterday") makes it today."""
    return (now - timedelta(days=_days_back().get(word.lower(), 0))).date().isoformat() if now else None


def _is_past(match: re.Match[str]) -> bool:
    if match["after"] or (match["number"] and match["unit"].lower() in RULES["relative"]["past"]):
        return True
    return bool(match["before"]) and match["before"].strip().lower() not in RULES["relative"]["ago"]["weak"]


@cache
def relative_words() -> frozenset[str]:
    """Single words, lower case, one of which stands in every relative time that is written without a digit."""
    rules = RULES["relative"]
    phrases = [
        *rules["ago"]["after"],
        *rules["ago"]["before"],
        *(word for name in ("now", "today", "yesterday") for word in rules[name]["words"]),
    ]
    return frozenset(max(phrase.split(), key=len) for phrase in phrases)


@cache
def _past_words() -> tuple[str, ...]:
    """One of them is in every relative time that `_relative_pattern` finds: looking for them takes a tenth of its time."""
    rules = RULES["relative"]
    return tuple(word.lower() for word in dict.fromkeys([*rules["ago"]["after"], *rules["ago"]["before"], *rules["past"]]))


@cache
def _relative_pattern() -> re.Pattern[str]:
    ago = RULES["relative"]["ago"]
    return re.compile(
        rf"(?<!\w)(?:(?P<before>(?:(?:{_any_of(ago['before'])})\s+){{1,2}}))?"
        rf"(?:(?P<number>\d{{1,3}})\s?(?:(?:{_any_of(ago['of'])})\s)?|(?:{_any_of(ago['one'])})\s+)?"
        rf"(?P<unit>{_any_of(_units(None))})\.?(?:\s?(?P<after>{_any_of(ago['after'])}))?(?!\w)",
        re.IGNORECASE,
    )


@cache
def _more_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A larger unit before "3 hours ago", a smaller one behind "преди 3 часа": "2 days, 3 hours ago", "преди 3 часа и 5 минути"."""
    ago = RULES["relative"]["ago"]
    part = rf"(?P<number>\d{{1,3}})\s?(?:(?:{_any_of(ago['of'])})\s)?(?P<unit>{_any_of(_units(None))})\.?"
    link = rf"(?:\s?,\s?|\s)(?:(?:{_any_of(ago['and'])})\s)?"
    return re.compile(rf"(?<!\w){part}{link}$", re.IGNORECASE), re.compile(rf"{link}{part}(?!\w)", re.IGNORECASE)


@cache
def _alone_pattern() -> re.Pattern[str]:
    words = [word for table in RULES["relative"]["alone"].values() for word in table]
    return re.compile(rf"(?P<number>[1-9]\d?)\s?(?P<unit>{_any_of(words)})\.?", re.IGNORECASE)


@cache
def _now_words() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_any_of(RULES['relative']['now']['words'])})(?!\w)", re.IGNORECASE)


@cache
def _near_words() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_any_of(_days_back())})(?!\w)", re.IGNORECASE)


@cache
def _days_back() -> dict[str, int]:
    return {word.lower(): RULES["relative"][name]["days"] for name in ("today", "yesterday") for word in RULES["relative"][name]["words"]}


@cache
def _units(lang: str | None) -> dict[str, str]:
    words: dict[str, str] = {word.strip(): unit for unit, names in RULES["relative"]["units"].items() for word in reversed(names)}
    special: dict[str, str] = RULES["relative"]["past"] | RULES["relative"]["by_language"].get(lang or "", {})
    return words | special


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
