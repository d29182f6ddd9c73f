"""Which parts of a comment carry its toxicity score: the model's evidence, token by token, as spans of the original text.

The logit of `toxicity` is a sum over the comment's tokens (each head pools linear parts), so a token's share in it needs no second pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labels.scores import Span
from train.encode import Encoded
from train.rows import Floats

_OUTPUT = "toxicity"
_ENOUGH = 1.5
"""A word is marked when its evidence is this many times the mean of the comment's words."""


def spans(encoded: Encoded, evidence: Sequence[Floats], probability: float, length: int) -> tuple[Span, ...]:
    """Spans of the original (code points, half-open) in order; a span's score is its share of the positive evidence times `probability`."""
    values = _by_token(encoded, evidence)
    words = _words(encoded, values)
    positive = sum(max(value, 0.0) for _, _, value in words)
    if not positive:
        return ()
    mean = positive / len(words)
    found: list[Span] = []
    for begin, end, value in words:
        if value < _ENOUGH * mean and len(words) > 1:
            continue
        first, last = encoded.normalised.original(begin, end)
        share = round(probability * value / positive, 6)
        if found and first - found[-1].end <= 1:
            found[-1] = Span(found[-1].begin, last, _OUTPUT, round(found[-1].score + share, 6))
        else:
            found.append(Span(first, min(last, length), _OUTPUT, share))
    return tuple(found)


def _by_token(encoded: Encoded, evidence: Sequence[Floats]) -> Floats:
    """(tokens of the comment,): where windows overlap, the larger value."""
    values = np.full(len(encoded.offsets), -np.inf, np.float32)
    for window, found in zip(encoded.windows, evidence, strict=True):
        own = found[1 : 1 + window.comment]  # after <s>
        at = slice(window.first, window.first + window.comment)
        values[at] = np.maximum(values[at], own)
    return values


def _words(encoded: Encoded, values: Floats) -> list[tuple[int, int, float]]:
    """(begin, end, evidence) of each word of the normalised text: pieces up to the next white space belong together."""
    text = encoded.normalised.text
    words: list[tuple[int, int, float]] = []
    for (start, end), value in zip(encoded.offsets, values.tolist(), strict=True):
        begin = next((at for at in range(start, end) if not text[at].isspace()), end)
        if begin == end:
            continue
        if words and words[-1][1] == begin:
            words[-1] = (words[-1][0], end, words[-1][2] + value)
        else:
            words.append((begin, end, value))
    return words
