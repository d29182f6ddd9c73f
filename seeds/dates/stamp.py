"""What is found in a line, and what may stand between its parts."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from babel import Locale

RULES = tomllib.loads(files("seeds").joinpath("rules/dates.toml").read_text(encoding="utf-8"))
WORD = re.compile(r"[^\W\d_]+")
DIGIT = re.compile(r"\d")
MAX_ALONE = 24
_TO_MINUTES = len("2026-05-01T10:00")
"""Characters of a line that is nothing but a time, where less than a whole one counts."""
_MAX_BETWEEN = 24
"""Characters between the parts of a time."""


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
class Part:
    begin: int
    end: int
    day: tuple[int, int, int] | None = None
    """Year, month, day; year 0 = not given."""
    clock: tuple[int, int, int] | None = None
    zone: str = ""


def is_connected(between: str) -> bool:
    """Whether nothing but signs and words that belong to a time lie between its parts."""
    if len(between) > _MAX_BETWEEN or any(char.isdigit() for char in between):
        return False
    return all(word.lower() in fillers() for word in WORD.findall(between))


@cache
def fillers() -> frozenset[str]:
    """Words around a written time that belong to it: "at", "um", "Uhr", the weekday's name in any language."""
    words = set(RULES["connectors"])
    for name in RULES["locales"]:
        for width in ("wide", "abbreviated"):
            words |= {word.lower().strip(".") for word in Locale.parse(name).days["format"][width].values()}
    return frozenset(words)


@cache
def weekdays() -> dict[str, int]:
    """The names of the days of the week in all languages, lower case -> 0 (Monday) .. 6."""
    found: dict[str, int] = dict(RULES["weekdays"])
    for name in RULES["locales"]:
        for context in ("format", "stand-alone"):
            found |= {word.lower(): number for number, word in Locale.parse(name).days[context]["wide"].items()}
    return found


def is_earlier(one: str, other: str) -> bool:
    """Whether one written time is before another, as exact as the less exact of them and to minutes at most; zones are not looked at."""
    size = min(len(one), len(other), _TO_MINUTES)
    return one[:size] < other[:size]
