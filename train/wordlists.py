"""Public word-frequency lists (the package wordfreq), and how much each piece of a vocabulary is used in them and in the training rows.

The lists keep pieces of languages that have no rows: with rows alone 58 % of Finnish word mass stays at 120,000 pieces, with the lists 96
%.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from tokenizers import Tokenizer

from labels.errors import ModelError
from train import tokens
from train.normalise import Normaliser
from train.rows import Rows

_WORDS = 20_000
"""Most frequent words that are taken of each list."""
_MOST_ROWS = 8_000
"""Rows of a language that are counted, evenly spread over its sets."""
_LIST_WEIGHT = 0.35
"""Weight of a language's list beside its rows; rows are what the model is used on."""
# wordfreq splits these with segmenters that are packages of their own; their rows get more weight instead.
_UNSEGMENTED = {"zh", "ja", "ko", "th"}
_UNSEGMENTED_WEIGHT = 3.0
_CODES = {"nb": ("no",), "sh": ("bs", "hr", "sr"), "fil": ("tl",)}
"""Codes of the package -> ours, where they differ."""


def weights(tokenizer: Tokenizer, normaliser: Normaliser, rows: Rows, size: int) -> np.ndarray:
    """(size,): share of use of each piece, every language weighing by the square root of its tokens."""
    total = np.zeros(size)
    for lang in np.unique(rows.langs):
        here = np.flatnonzero(rows.langs == lang)
        texts = (normaliser(rows.texts[row]) for row in here[:: -(-len(here) // _MOST_ROWS)].tolist())
        count = tokens.counts(tokenizer, texts, size).astype(float)
        total += count / max(count.sum(), 1) ** 0.5 * (_UNSEGMENTED_WEIGHT if lang in _UNSEGMENTED else 1.0)
    scale = total.sum() * _LIST_WEIGHT / max(len(lists := _lists()), 1)
    for words in lists:
        total += _of_list(tokenizer, normaliser, words, size) * scale
    return total


def common(size: int) -> dict[str, list[str]]:
    """Language -> the `size` most frequent words of its list. Raises ModelError where the package is missing."""
    wordfreq = _package()
    return {lang: wordfreq.top_n_list(name, size, wordlist="small") for name in _names() for lang in _CODES.get(name, (name,))}


def _lists() -> list[dict[str, float]]:
    wordfreq = _package()
    return [{word: wordfreq.word_frequency(word, name) for word in wordfreq.top_n_list(name, _WORDS)} for name in _names()]


def _names() -> list[str]:
    return sorted(set(_package().available_languages("best")) - _UNSEGMENTED)


def _package() -> Any:
    try:
        import wordfreq
    except ImportError as error:
        raise ModelError('word lists need the package "wordfreq" (extra "train")') from error
    return wordfreq


def _of_list(tokenizer: Tokenizer, normaliser: Normaliser, words: dict[str, float], size: int) -> np.ndarray:
    """(size,), summing to 1: use of each piece, a word weighing by the square root of its frequency so that rare words count."""
    share = np.zeros(size)
    encodings = tokenizer.encode_batch_fast([normaliser(word) for word in words], add_special_tokens=False)
    for encoding, frequency in zip(encodings, words.values(), strict=True):
        share[encoding.ids] += frequency**0.5
    return np.asarray(share / max(share.sum(), 1e-12))
