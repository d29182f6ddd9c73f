"""Clock times of a line, with the half of the day and the zone that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seeds.dates.stamp import RULES, Part

_CLOCK = re.compile(
    r"(?:(?<![\d:.,/-])|(?<=/\d\d-)|(?<=\d\d\d\d-)|(?<=\bב-))([012]?\d)[:h]([0-5]\d)(?::([0-5]\d)(?:[.,]\d{1,3})?)?(?!:?\d)"
    r"(?:\s?([AaPp]\.?[Mm]\.?|π\.?μ\.?|μ\.?μ\.?|SA|CH|صباحاً?|مساءً?|ص|م|ق\.ظ|ب\.ظ)(?![^\W\d_]))?"
)
"""A number may touch the half of the day (a page draws "01:30PM" and the post's "4" side by side); a letter may not."""
_DOTTED = re.compile(r"(?<![\d:.,/-])([012]?\d)\.([0-5]\d)(?:\.([0-5]\d))?(?![\d.])")
"""A clock time with a dot, "kl. 12.34": only beside a day, where no clock time with a colon stands."""
_CJK_CLOCK = re.compile(r"(?<!\d)([012]?\d)\s?[時时点點시]\s?([0-5]\d)\s?[分분](?:\s?([0-5]\d)\s?[秒초])?")
_SPACED = re.compile(r"(?<![\d:.,/-])([012]?\d)\sh\s([0-5]\d)(?:\smin)?(?!\d)()")
"""A clock time as a span: "le 20 avril à 22 h 02 min"; only beside a day."""
_HOUR = re.compile(r"(?<![\w:.,/-])([01]?\d)()()\s?([Pp]\.?[Mm]\.?|[Aa]\.?[Mm]\.?(?!\s(?:\d|\w+tag|Mittwoch)))(?!\w)")
"""A whole hour, "3pm": only beside a day; before a number or a German weekday "am" is German for "on the"."""
_ANY = re.compile(r"\d(?:[:h][0-5]\d|\s?[時时点點시]|\sh\s|\s?[AaPp]\.?[Mm])")
"""In every line that holds one of the above beside a word."""
_HALF = re.compile(r"\s?[ap]\.?m(?!\w)", re.IGNORECASE)
_HALF_FIRST = re.compile(rf"({'|'.join(RULES['am_first'] + RULES['pm_first'])})\s?$")
_ZONE = re.compile(
    rf"\s?(?:(?P<offset>Z|[+-][01]\d:?[0-5]\d)|[(\[]?(?:(?:(?:UTC|GMT)\s?|(?<=[(\[]))(?P<hours>[+-][01]?\d)(?::?(?P<minutes>[0-5]\d))?"
    rf"|(?P<name>{'|'.join(map(re.escape, RULES['zones']))}))[)\]]?)(?!\w)",
    re.IGNORECASE,
)
_BEFORE_ZONE = re.compile(rf"(?:\s?(?:{'|'.join(RULES['clock'])})(?!\w))?[.,]{{0,2}}", re.IGNORECASE)
"""What may part a clock time from its zone: "10:41 Uhr (MEZ)", "08:38, 19 March 2026. UTC"."""
_MAX_HALF = 4
"""Characters of half a day before the clock time."""


def find(line: str) -> Iterator[Part]:
    """The clock times of a line that need no day beside them, "21:25", "9:25 PM (CET)", in its order."""
    return _find(line, _CLOCK)


def beside_a_day(line: str) -> list[Part]:
    """The clock times of a line that holds a day: of the first way of writing them that it uses."""
    return beside_a_word(line) or list(_find(line, _DOTTED))


def beside_a_word(line: str) -> list[Part]:
    """The clock times of a line that holds a word such as "yesterday", whose numbers with dots may be anything."""
    if not _ANY.search(line):
        return []
    return next((parts for pattern in (_CLOCK, _CJK_CLOCK, _SPACED, _HOUR) if (parts := list(_find(line, pattern)))), [])


def zone_behind(line: str, at: int) -> tuple[str, int]:
    """The zone that a time which ends at `at` names in a few signs, and its end; "" where it names none."""
    between = _BEFORE_ZONE.match(line, at)
    match = _ZONE.match(line, between.end()) if between else None
    return (_zone(match), match.end()) if match else ("", at)


def zone(text: str) -> str:
    """`CET`, `+0200` as an offset of ISO 8601; "" for what is no zone."""
    match = _ZONE.fullmatch(text)
    return _zone(match) if match else ""


def offset(written: str) -> str:
    """`Z`, `+02:00` or `+0200` as ISO 8601 has it."""
    return written if written == "Z" or ":" in written else f"{written[:3]}:{written[3:]}"


def written(clock: tuple[int, int, int]) -> str:
    """Behind a day, `T21:25:00`."""
    hour, minute, second = clock
    return f"T{hour:02}:{minute:02}:{second:02}"


def is_halved(line: str, at: int) -> bool:
    """Whether "AM" or "PM" follows at once."""
    return _HALF.match(line, at) is not None


def _find(line: str, pattern: re.Pattern[str]) -> Iterator[Part]:
    for match in pattern.finditer(line):
        hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
        first = _HALF_FIRST.search(line, max(match.start() - _MAX_HALF, 0), match.start())
        half = first[1] if first else (match[4] or "").lower() if pattern in (_CLOCK, _HOUR) else ""
        if half in (*RULES["pm"], *RULES["pm_first"]) and hour < 12:
            hour += 12
        elif half in (*RULES["am"], *RULES["am_first"]) and hour == 12:
            hour = 0
        if hour < 24:
            zone = _ZONE.match(line, match.end())
            end = zone.end() if zone else match.end()
            yield Part((first or match).start(), end, clock=(hour, minute, second), zone=_zone(zone) if zone else "")


def _zone(match: re.Match[str]) -> str:
    if match["name"]:
        return str(RULES["zones"][match["name"].lower()])
    if match["hours"]:
        return f"{match['hours'][0]}{int(match['hours'][1:]):02}:{match['minutes'] or '00'}"
    return offset(match["offset"].upper())
