"""Which parts of a comment carry its toxicity, as spans of the original text; it costs no second pass.

Where the release has n-grams: what each word adds to their toxicity, which is exact. Elsewhere: the encoder's evidence, token by token
(`train.loss.evidence`).
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
_ADDED = 3.0
"""What a word adds to the n-grams' logit times this is its strength, so that a plain insult comes to about 1."""
ENOUGH, SHARE = 0.3, 0.4
"""A word is marked whose strength is so large, and such a share of the strongest word's; chosen on 400 training rows of each set with marks
(docs/log.md)."""
_EVIDENCE_ENOUGH = -0.4
_HARMLESS = 0.1
"""Of a comment that is less toxic than this no word is marked: a word may add much, and the others take more away."""
_TOXIC = 0.5
"""A comment that is at least this toxic has its strongest word marked, even where no word reaches ENOUGH."""


def spans(encoded: Encoded, evidence: Sequence[Floats], probability: float, ngrams: Table | None = None) -> tuple[Span, ...]:
    """Spans of the original (code points, half-open) in order; a span's score is its strongest word's strength as a probability, times the
    comment's own. () of a comment that is not toxic.

    `evidence`: for each window its tokens' logits; `probability`: the comment's toxicity.
    """
    if probability < _HARMLESS:
        return ()
    words = _added(encoded.normalised.text, ngrams) if ngrams else _words(encoded, _by_token(encoded, evidence))
    strongest = max((value for _, _, value in words), default=0.0)
    enough = max(ENOUGH, SHARE * strongest) if ngrams else _EVIDENCE_ENOUGH
    least = min(enough, strongest) if probability >= _TOXIC else enough
    found: list[Span] = []
    joins = False  # whether the word before was marked too: neighbours are one span, with what stands between them
    for begin, end, value in words:
        if value < least:
            joins = False
            continue
        first, last = encoded.normalised.original(begin, end)
        before = found.pop() if joins else Span(first, last, _OUTPUT, 0.0)
        found.append(Span(before.begin, max(before.end, last), _OUTPUT, round(max(before.score, probability * _strength(value)), 6)))
        joins = True
    return tuple(found)


def _added(text: str, ngrams: Table) -> list[tuple[int, int, float]]:
    """(begin, end, strength) of each word of the normalised text."""
    places, added = ngrams.by_word(text, _COLUMN)
    return [(begin, end, _ADDED * value) for (begin, end), value in zip(places, added.tolist(), strict=True)]


def _strength(logit: float) -> float:
    return 0.5 * (1 + math.tanh(0.5 * logit))


def _by_token(encoded: Encoded, evidence: Sequence[Floats]) -> Floats:
    """(tokens of the comment,): logits; where windows overlap, the larger one."""
    values = np.full(len(encoded.offsets), -np.inf, np.float32)
    for window, found in zip(encoded.windows, evidence, strict=True):
        own = found[1 : 1 + window.comment]  # after <s>
        at = slice(window.first, window.first + window.comment)
        values[at] = np.maximum(values[at], own)
    return values


def _words(encoded: Encoded, values: Floats) -> list[tuple[int, int, float]]:
    """(begin, end, strength) of each word of the normalised text: of the pieces up to the next white space the strongest counts."""
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
