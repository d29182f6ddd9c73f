"""Names of months in all languages: from CLDR, what it lacks from the rules."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError

from seeds.dates.stamp import RULES, WORD

_MIN_WORD = 3
"""Letters of a month's name that may stand in a text."""


@cache
def words(lang: str | None) -> dict[str, int]:
    """Month word -> number: the words of all languages, those of `lang` before the others, English next."""
    found: dict[str, int] = {}
    for locale in dict.fromkeys([lang or "en", "en", *RULES["locales"]]):
        for name, number in _names(locale):
            if _is_word(name):
                found.setdefault(name, number)
    return {**RULES["months"], **found}


@cache
def phrases() -> dict[str, int]:
    """Month names that are not one plain word: of two words, of two letters, or with vowel signs."""
    found = {name: number for code in RULES["phrased"]["locales"] for name, number in _names(code) if not _is_word(name)}
    return {**found, **RULES["phrased"]["months"]}


def _is_word(name: str) -> bool:
    return len(name) >= _MIN_WORD and WORD.fullmatch(name) is not None


def _names(locale: str) -> list[tuple[str, int]]:
    """All names that CLDR knows for the months, in lower case and without a dot at the end."""
    try:
        months = Locale.parse(locale).months
    except (UnknownLocaleError, ValueError):
        return []
    parts = [months[context][width] for context in ("format", "stand-alone") for width in ("wide", "abbreviated")]
    return [(word.lower().rstrip("."), number) for part in parts for number, word in part.items()]
