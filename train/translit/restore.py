"""Words typed in Latin letters read back as Cyrillic: the reading that is likeliest as a word and as a way of typing it.

A word is likely as it is frequent in its language (`words.txt.gz`), or else as its letters follow each other in frequent words. A beam
search goes through the ways in which the letters may have been typed (`spellings.toml`).
"""

from __future__ import annotations

import gzip
import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

SPELLINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    lang: {letter: tuple("" if way == "-" else way for way in ways.split()) for letter, ways in table.items()}
    for lang, table in tomllib.loads(files("train.translit").joinpath("spellings.toml").read_text(encoding="utf-8")).items()
}
"""Language -> Cyrillic letter -> the ways of typing it, the commonest first."""
LANGUAGES = tuple(SPELLINGS)

FIRST_TIER = 125
"""Words of the first line of a language's list; each further line doubles the number of words so far."""
_ORDER = 4
_BEAM = 4
_COMMONEST, _UNCOMMON = math.log(0.7), math.log(0.05)
"""Log-likelihood of the first way of typing a letter, where there are several, and of each other one."""
_NEW = math.log(0.03)
"""Log-likelihood that a word is not in the list."""
_UNREAD = -4.0
"""Log-likelihood of each letter of a word that cannot be read."""
_LONGEST = 40
_DOUBT = 8
"""Letters that a short text falls short of one that can be judged."""
_VOWELS = frozenset("аеёиоуыэюяєії")


@dataclass(frozen=True, slots=True)
class Read:
    """A text read as one language."""

    lang: str
    likelihood: float
    known: float
    """Share of the letters that belong to frequent words of three letters or more, as if some letters more were unknown."""


def read(words: Sequence[str], lang: str) -> Read:
    """How well lower-case Latin words read as words of the language."""
    readings = [_likeliest(word, lang) for word in words]
    frequent = _language(lang).words
    known = sum(len(typed) for typed, (new, _) in zip(words, readings, strict=True) if new in frequent and len(typed) > 2)
    return Read(lang, sum(score for _, score in readings), known / (sum(map(len, words)) + _DOUBT))


def word(typed: str, lang: str) -> str | None:
    """The likeliest Cyrillic word for a lower-case Latin one; None where it cannot be so typed."""
    return _likeliest(typed, lang)[0]


@dataclass(frozen=True, slots=True)
class _Language:
    words: Mapping[str, float]
    """Frequent word -> log-likelihood."""
    typed: Mapping[str, list[tuple[str, float]]]
    """What is typed -> the letters that it may stand for, with the log-likelihood of that way."""
    seen: Mapping[str, Counter[str]]
    """Up to three letters -> how often each letter follows."""
    odds: dict[tuple[str, str], float] = field(default_factory=dict)

    def follows(self, before: str, letter: str) -> float:
        """Log-likelihood that the letter comes next, by the last letters; Witten-Bell smoothing over shorter contexts."""
        before = before[1 - _ORDER :]
        if (found := self.odds.get((before, letter))) is None:
            share = 1 / 40
            for begin in range(len(before), -1, -1):
                if not (counts := self.seen.get(before[begin:])):
                    break
                kinds = len(counts)
                share = (counts[letter] + kinds * share) / (counts.total() + kinds)
            found = self.odds[before, letter] = math.log(share)
        return found


@cache
def _language(lang: str) -> _Language:
    words: dict[str, float] = {}
    rank = 0
    for line in _lists()[lang]:
        tier = line.split()
        rank += len(tier)
        words |= dict.fromkeys(tier, -math.log(10 * rank))
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for word in words:
        marked = f"^{word}$"
        for at in range(1, len(marked)):
            for size in range(min(_ORDER, at + 1)):
                seen[marked[at - size : at]][marked[at]] += 1
    return _Language(words, _typed(SPELLINGS[lang]), dict(seen))


def _typed(spellings: Mapping[str, tuple[str, ...]]) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for letter, ways in spellings.items():
        for at, way in enumerate(ways):
            found[way].append((letter, _UNCOMMON if at else _COMMONEST if len(ways) > 1 else 0.0))
    silent = found.pop("", [])
    for letters in found.values():
        letters += [(one + sign, cost + more) for one, cost in letters for sign, more in silent if one not in _VOWELS and one != sign]
    return dict(found)


@cache
def _lists() -> dict[str, list[str]]:
    """Language -> lines of its list, the most frequent words first."""
    text = gzip.decompress(files("train.translit").joinpath("words.txt.gz").read_bytes()).decode()
    parts = (part.split("\n", 1) for part in text.split("#") if part)
    return {lang: lines.splitlines() for lang, lines in parts}


@lru_cache(1 << 15)
def _likeliest(typed: str, lang: str) -> tuple[str | None, float]:
    """The likeliest Cyrillic word, with its log-likelihood."""
    readings = _readings(typed, _language(lang)) if len(typed) <= _LONGEST else ()
    return max(readings, key=lambda one: one[1], default=(None, _UNREAD * len(typed)))


def _readings(typed: str, language: _Language) -> Iterator[tuple[str, float]]:
    """The likeliest readings by letters, with their log-likelihood as words."""
    begun: list[list[_Begun]] = [[_Begun(0.0, 0.0, "^")], *([] for _ in typed)]
    longest = max(map(len, language.typed))
    for at in range(len(typed)):
        best = sorted(begun[at], reverse=True)[:_BEAM]
        for end in range(at + 1, min(at + longest, len(typed)) + 1):
            for letters, cost in language.typed.get(typed[at:end], ()):
                begun[end] += [_longer(language, one, letters, cost) for one in best]
    for one in sorted(begun[-1], reverse=True)[:_BEAM]:
        new = one.letters[1:]
        as_letters = one.likelihood + language.follows(one.letters, "$") + _NEW
        yield new, max(as_letters, language.words.get(new, -math.inf) + one.typing)


class _Begun(NamedTuple):
    """What the first part of a word may be."""

    likelihood: float
    typing: float
    """The share of the ways of typing in it."""
    letters: str


def _longer(language: _Language, begun: _Begun, more: str, cost: float) -> _Begun:
    likelihood, typing, letters = begun
    for letter in more:
        likelihood += language.follows(letters, letter)
        letters += letter
    return _Begun(likelihood + cost, typing + cost, letters)
