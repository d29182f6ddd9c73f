"""Language codes: one reading of what rows, callers and pages write, by the tables of CLDR."""

from collections.abc import Mapping

from babel import Locale
from babel.core import get_global

_ALIASES: Mapping[str, str] = {**get_global("language_aliases"), "tgl": "tl", "twi": "tw"}
"""CLDR: of three letters that have a code of two, that code; our rows know Tagalog and Twi by their own."""
_TWO_LETTERS = frozenset(code for code in Locale("en").languages if len(code) == 2)


def language(code: str) -> str | None:
    """ISO 639-1 where a language has such a code, else the three letters of ISO 639; None for what is neither.

    >>> language("EN"), language("zh_TW"), language("deu"), language("pcm"), language("english"), language("xx")
    ('en', 'zh', 'de', 'pcm', None, None)
    """
    base = code.strip().lower().replace("_", "-").partition("-")[0]
    if len(base) == 3 and base.isascii() and base.isalpha():
        return _ALIASES.get(base, base)
    return base if base in _TWO_LETTERS else None
