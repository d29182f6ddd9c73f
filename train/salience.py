"""Which parts of a comment carry its toxicity: the model's evidence, token by token, as spans of the original text.

The encoder's second output is the logit of each token's carrying the toxicity (`train.loss.evidence`), so this costs no second pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labels.scores import Span
from train.encode import Encoded
from train.rows import Floats

_OUTPUT = "toxicity"
ENOUGH = 0.4
"""Evidence from which a word is marked. Not tuned: the first release gives all words of a comment much the same (docs/log.md)."""
_TOXIC = 0.5
"""A comment that is at least this toxic has its strongest word marked, even where no word reaches ENOUGH."""


def spans(encoded: Encoded, evidence: Sequence[Floats], probability: float, enough: float = ENOUGH) -> tuple[Span, ...]:
    """Spans of the original (code points, half-open) in order; a span's score is its strongest word's evidence, 0..1.

    `evidence`: for each window its tokens' logits; `probability`: the comment's toxicity.
    """
    words = _words(encoded, _by_token(encoded, evidence))
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
