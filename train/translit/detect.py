"""Whether words look like Cyrillic typed in Latin letters: a linear model over their letter groups, fitted by `train.translit.make`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files

_SIZES = (2, 3, 4, 5)


def groups(word: str) -> Iterator[str]:
    """The groups of two to five letters of a word, its edges marked, and a longer word as a whole."""
    word = f"^{word}$"
    for size in _SIZES:
        for at in range(len(word) - size + 1):
            yield word[at : at + size]
    if len(word) > _SIZES[-1]:
        yield word


def log_odds(words: Sequence[str]) -> float:
    """How surely the lower-case words, as a text, are typed in Latin letters in place of Cyrillic ones: over 0 for yes."""
    return _model()[0] + sum(map(_weight, words))


@cache
def _model() -> tuple[float, dict[str, float]]:
    """(bias, letter group -> log-odds)."""
    table = tomllib.loads(files("train.translit").joinpath("signs.toml").read_text(encoding="utf-8"))
    return table["bias"], {group: float(weight) for weight, line in table["weights"].items() for group in line.split()}


@lru_cache(1 << 16)
def _weight(word: str) -> float:
    weights = _model()[1]
    return sum(weights.get(group, 0.0) for group in groups(word))
