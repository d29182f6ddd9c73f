"""Toxic comments put in a frame: reported, condemned or denied they are harmless; applauded or repeated they stay what they are.

A share of the training rows is wrapped (`framed`) so that the model learns from real comments, not from our own cores alone, that who
speaks decides. The frames are those of `labels.functional.composed` that take a whole sentence.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from labels import schema
from labels.functional import composed
from train import sources
from train.rows import Bools, Labels, Rows

LONGEST = 200
"""Characters of a comment that a frame still holds together."""
_HARMLESS = 0.75
"""Share of the wrapped comments that a harmless frame gets."""
_PROFANITY = schema.TOXICITY.names.index("profanity")


def framed(rows: Rows, share: float, seed: int) -> Rows:
    """The rows with `share` of the short toxic one-line texts wrapped, in languages that have frames.

    In a harmless frame what was judged of toxicity becomes 0, but whether a quoted swear word is profanity stays open, and so do the
    other heads; an endorsing frame keeps all labels. Either way the marked spans are given up.
    """
    rng = np.random.default_rng([seed, 11])
    texts, spans = list(rows.texts), list(rows.spans)
    calmed = np.zeros(len(rows), np.bool_)
    for row in np.flatnonzero(_fitting(rows) & (rng.random(len(rows)) < share)).tolist():
        calmed[row] = rng.random() < _HARMLESS
        frames = [frame for frame in composed.frames(str(rows.langs[row])) if frame.harmless == calmed[row]]
        texts[row] = frames[rng.integers(len(frames))].around(texts[row].strip())
        spans[row] = None
    labels = {head: _calmed(head, given, calmed) for head, given in rows.labels.items()}
    return replace(rows, texts=texts, spans=spans, labels=labels)


def _fitting(rows: Rows) -> Bools:
    toxicity = rows.labels["toxicity"]
    short = np.array([len(text) <= LONGEST and "\n" not in text.strip() for text in rows.texts], np.bool_)
    known = np.isin(rows.langs, composed.languages()) & (rows.sets != sources.FUNCTIONAL.name)
    return np.asarray(toxicity.mask[:, 0] & (toxicity.targets[:, 0] >= 0.5) & short & known)


def _calmed(head: str, labels: Labels, rows: Bools) -> Labels:
    targets, mask = labels.targets.copy(), labels.mask.copy()
    if head == "toxicity":
        targets[rows] = 0
        mask[rows, _PROFANITY] = False
    else:
        mask[rows] = False
    return Labels(targets, mask)
