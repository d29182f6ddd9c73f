"""Writes the tables of `train.translit` from public word-frequency lists (the package wordfreq): python -m train.translit.make

`words.txt.gz`: the most frequent words of each language. `signs.toml`: log-odds of letter groups, fitted to tell texts typed in Latin
letters from texts of languages that are written in Latin, often without their accents; both are drawn word by word from the lists.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import wordfreq
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from train.translit import detect
from train.translit.restore import FIRST_TIER, SPELLINGS

_FOLDER = Path(__file__).parent
_WORDS = 4_000
_DRAWN_FROM = 50_000
_TYPED_TEXTS, _LATIN_TEXTS = 30_000, 3_500
_KIN = ("sh", "sl", "cs", "sk", "pl")
_KIN_TEXTS = 10_000
_LATIN = (
    "ca",
    "da",
    "de",
    "en",
    "es",
    "fi",
    "fil",
    "fr",
    "hu",
    "id",
    "is",
    "it",
    "lt",
    "lv",
    "ms",
    "nb",
    "nl",
    "pt",
    "ro",
    "sv",
    "tr",
    "vi",
)
_ASCII = re.compile("[a-z']+")
_STROKES = str.maketrans({"đ": "dj", "ł": "l", "ı": "i", "ø": "o", "ß": "ss", "æ": "ae"})
_RARE = 25
"""A letter group of fewer texts is not looked at."""
_PENALTY = 0.25
_LEAST_WEIGHT = 0.05

Words = Sequence[str]


def main() -> None:
    chance = np.random.default_rng(1)
    lists = {lang: [word for word in wordfreq.top_n_list(lang, 200_000) if set(word) <= SPELLINGS[lang].keys()] for lang in SPELLINGS}
    _write_words({lang: words[:_WORDS] for lang, words in lists.items()})
    typed = [
        text for lang, words in lists.items() for text in _texts(words[:_DRAWN_FROM], lang, _TYPED_TEXTS, _typing(lang, chance), chance)
    ]
    latin = []
    for lang in (*_KIN, *_LATIN):
        words = [word for word in wordfreq.top_n_list(lang, _DRAWN_FROM) if _ASCII.fullmatch(_bare(word))]
        latin += _texts(words, lang, _KIN_TEXTS if lang in _KIN else _LATIN_TEXTS, lambda drawn: list(map(_bare, drawn)), chance)
    _write_signs(typed, latin)


def _write_words(lists: dict[str, list[str]]) -> None:
    """Tiers of doubling size, each in the order of the alphabet, which packs well."""
    lines = []
    for lang, words in lists.items():
        lines.append(f"#{lang}")
        begin, end = 0, FIRST_TIER
        while begin < len(words):
            lines.append(" ".join(sorted(words[begin:end])))
            begin, end = end, end * 2
    _FOLDER.joinpath("words.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))


def _write_signs(typed: list[str], latin: list[str]) -> None:
    counter = CountVectorizer(analyzer=lambda text: [group for word in text.split() for group in detect.groups(word)], min_df=_RARE)
    counts = counter.fit_transform(typed + latin)
    model = LogisticRegression(penalty="l1", solver="liblinear", C=_PENALTY, tol=1e-3, random_state=1)
    model.fit(counts, [1] * len(typed) + [0] * len(latin))
    by_weight: dict[float, list[str]] = defaultdict(list)
    for group, weight in zip(counter.get_feature_names_out(), model.coef_[0].tolist(), strict=True):
        if abs(weight) > _LEAST_WEIGHT:
            by_weight[round(weight, 1)].append(group)
    lines = [
        "# Made by train.translit.make: log-odds = letter groups; ^ and $ are the edges of a word.",
        f"bias = {model.intercept_[0]:.2f}",
    ]
    lines += ["", "[weights]", *(f'"{weight:.1f}" = "{" ".join(groups)}"' for weight, groups in sorted(by_weight.items()) if weight)]
    _FOLDER.joinpath("signs.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _texts(words: Words, lang: str, count: int, write: Callable[[Words], Words], chance: np.random.Generator) -> list[str]:
    """Texts of two to fifteen words, drawn by frequency, the frequent ones a little less often than they are."""
    reach: NDArray[np.float64] = np.cumsum([wordfreq.word_frequency(word, lang) ** 0.85 for word in words])
    drawn = (np.searchsorted(reach, chance.random(chance.integers(2, 16)) * reach[-1]) for _ in range(count))
    return [" ".join(write([words[at] for at in places])) for places in drawn]


def _typing(lang: str, chance: np.random.Generator) -> Callable[[Words], Words]:
    """A typist: for each letter one way in a text, the commonest more often than not."""

    def write(words: Words) -> Words:
        ways = {letter: ways[0] if chance.random() < 0.55 else ways[chance.integers(len(ways))] for letter, ways in SPELLINGS[lang].items()}
        return ["".join(ways[letter] for letter in word) for word in words]

    return write


def _bare(word: str) -> str:
    """Without accents, as many type."""
    return "".join(char for char in unicodedata.normalize("NFD", word.translate(_STROKES)) if not unicodedata.combining(char))


if __name__ == "__main__":
    main()
