"""Which parts of a comment carry its toxicity: the model's evidence, token by token, as spans of the original text.

The encoder's second output is the logit of each token's carrying the toxicity (`train.loss.evidence`), so this costs no second pass; what
a word adds to the n-grams' toxicity is added to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from labels import schema
from labels.scores import Span
from train.encode import Encoded
from train.ngrams import Table
from train.rows import Floats

_OUTPUT = "toxicity"
_COLUMN = schema.SLICES["toxicity"].start + schema.TOXICITY.names.index(_OUTPUT)
NGRAMS = 1.0
"""What a word's share of the n-grams' toxicity weighs beside its evidence."""
ENOUGH = 0.4
"""Evidence from which a word is marked. Not tuned: the first release gives all words of a comment much the same (docs/log.md)."""
_TOXIC = 0.5
"""A comment that is at least this toxic has its strongest word marked, even where no word reaches ENOUGH."""


def spans(
    encoded: Encoded, evidence: Sequence[Floats], probability: float, ngrams: Table | None = None, enough: float = ENOUGH
) -> tuple[Span, ...]:
    """Spans of the original (code points, half-open) in order; a span's score is its strongest word's evidence, 0..1.

    `evidence`: for each window its tokens' logits; `probability`: the comment's toxicity.
    """
    words = _words(encoded, _by_token(encoded, evidence))
    if ngrams:
        words = _with_ngrams(words, encoded.normalised.text, ngrams)
    strongest = max((value for _, _, value in words), default=0.0)
    least = min(enough, strongest) if probability >= _TOXIC else enough
    found: list[Span] = []
    joins = False  # whether the word before was marked too: neighbours are one span, with what stands between them
    for begin, end, value in words:
        if value < least:
            joins = False
            continue
        first, last = encoded.normalised.original(begin, end)
        before = found.pop() if joins else Span(first, last, _OUTPUT, 0.0)
        found.append(Span(before.begin, max(before.end, last), _OUTPUT, round(max(before.score, value), 6)))
        joins = True
    return tuple(found)


def _with_ngrams(words: list[tuple[int, int, float]], text: str, ngrams: Table) -> list[tuple[int, int, float]]:
    places, added = ngrams.by_word(text, _COLUMN)
    of_word = {begin: value for (begin, _), value in zip(places, added.tolist(), strict=True)}
    return [(begin, end, _probability(_logit(value) + NGRAMS * of_word.get(begin, 0.0))) for begin, end, value in words]


def _logit(probability: float) -> float:
    kept = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))


def _probability(logit: float) -> float:
    return 0.5 * (1 + math.tanh(0.5 * logit))


def _by_token(encoded: Encoded, evidence: Sequence[Floats]) -> Floats:
    """(tokens of the comment,): probabilities; where windows overlap, the larger one."""
    values = np.zeros(len(encoded.offsets), np.float32)
    for window, found in zip(encoded.windows, evidence, strict=True):
        own = found[1 : 1 + window.comment]  # after <s>
        at = slice(window.first, window.first + window.comment)
        values[at] = np.maximum(values[at], 0.5 * (1 + np.tanh(0.5 * own)))
    return values


def _words(encoded: Encoded, values: Floats) -> list[tuple[int, int, float]]:
    """(begin, end, evidence) of each word of the normalised text: of the pieces up to the next white space the strongest counts."""
    text = encoded.normalised.text
    words: list[tuple[int, int, float]] = []
    for (start, end), value in zip(encoded.offsets, values.tolist(), strict=True):
        begin = next((at for at in range(start, end) if not text[at].isspace()), end)
        if begin == end:
            continue
        if words and words[-1][1] == begin:
            words[-1] = (words[-1][0], end, max(words[-1][2], value))
        else:
            words.append((begin, end, value))
    return words
