"""Bulgarian, Russian and Ukrainian typed in Latin letters are read as Cyrillic; a text that is Latin by right is left alone.

>>> [new for _, _, new in edits("Ne razbiram zashto kmetat mylchi")]
['Не', 'разбирам', 'защо', 'кметът', 'мълчи']
>>> edits("You are a very stupid person!")
[]

Two questions are asked. Do the letters look so typed (`detect`: weights of letter groups, cheap, asked of every text)? And if they do, how
many of the words, read back (`restore`), are frequent words of one language? `make` writes the tables of both from public word lists.
"""

from __future__ import annotations

import re

from train.translit import detect, restore

_FOREIGN = re.compile(r"[^\W\d_a-zA-Z]")
_WORD = re.compile(
    r"(?<![@\w])(?!(?:http|mail|phone)\b)(?=\d*[a-z])[a-z\d]+(?:'[a-z\d]+)*(?:(?<=[^aeiou\W\d])'(?!\w))?", re.IGNORECASE | re.ASCII
)
"""A word in ASCII, with the apostrophe that may stand for a soft sign; not what `train.mask` put there."""
_JUDGED = 50
"""So many different words, the first, tell the language of a text; a single one does not."""
_LEAST_KNOWN, _KNOWN_ODDS, _SURE = 0.1, 20.0, 10.0
"""One genuine text in ten thousand passes, in no language more than two in a thousand (tests/quality/test_translit.py)."""


def edits(text: str, lang: str | None = None) -> list[tuple[int, int, str]]:
    """(begin, end, Cyrillic) for each word of a text that is typed in Latin letters, in order; none where it is not, or not surely.

    `lang`: the language where it is known; there are edits for bg, ru and uk alone.
    """
    if _FOREIGN.search(text):
        return []
    found = list(_WORD.finditer(text))
    language = _language(list(dict.fromkeys(match.group().lower() for match in found)), restore.LANGUAGES if lang is None else (lang,))
    if language is None:
        return []
    read = ((match, restore.word(match.group().lower(), language)) for match in found)
    return [(match.start(), match.end(), _cased(match.group(), new)) for match, new in read if new is not None]


def _language(words: list[str], languages: tuple[str, ...]) -> str | None:
    words = words[:_JUDGED]
    odds = detect.log_odds(words) if len(words) > 1 else 0
    candidates = [restore.read(words, lang) for lang in languages if lang in restore.LANGUAGES] if odds > 0 else []
    best = max(candidates, key=lambda one: one.likelihood, default=None)
    return best.lang if best and best.known >= _LEAST_KNOWN and odds + _KNOWN_ODDS * best.known >= _SURE else None


def _cased(old: str, new: str) -> str:
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new
