"""Fits `train.language_heads` on training rows: logistic regression per output, over all languages and then for each.

The fit of a language is pulled toward the one over all: a language with few rows hardly leaves it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from labels import schema
from train.calibration import ALL
from train.language_heads import LanguageHeads
from train.rows import Floats, Ints, Labels, Rows

ROWS = 4_000
"""Of a language, at most: the head over all languages is to be of all of them."""
_MIN_ROWS = 300
_MIN_CLASS = 30
"""Rows of a language, and of either class, before it gets a head of its own."""
_PULL = 20.0
"""Strength of the pull toward the head over all languages, and of that one toward 0, in rows' worth of squared distance."""


def chosen(rows: Rows, seed: int) -> Ints:
    """The row numbers on which the heads are fitted."""
    rng = np.random.default_rng(seed)
    judged = rows.labels[schema.TOXICITY.name].judged
    parts = [rng.permutation(np.flatnonzero(judged & (rows.langs == lang)))[:ROWS] for lang in np.unique(rows.langs[judged])]
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def fit(features: Floats, labels: Labels, langs: NDArray[np.str_]) -> LanguageHeads:
    """Of (rows, features) and the toxicity labels and languages (rows,) of the same rows."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    given = np.c_[(features - mean) / spread, np.ones(len(features))].astype(np.float64)
    outputs = [
        _by_language(given, labels.targets[:, column], labels.mask[:, column], langs) for column in range(len(schema.TOXICITY.names))
    ]
    languages = (ALL, *sorted({lang for output in outputs for lang in output} - {ALL}))
    values = np.stack([np.stack([output.get(lang, output[ALL]) for output in outputs], axis=1) for lang in languages])
    return LanguageHeads(languages, values.astype(np.float16), mean.astype(np.float32), spread.astype(np.float32))


def _by_language(given: np.ndarray, targets: Floats, judged: np.ndarray, langs: NDArray[np.str_]) -> dict[str, np.ndarray]:
    """The head over all languages, and one for each that has rows enough; it says nothing (0) where all have too few."""
    nothing = np.zeros(given.shape[1])
    everyone = _regression(given[judged], targets[judged], nothing) if _enough(targets[judged]) else nothing
    places = {str(lang): np.flatnonzero(judged & (langs == lang)) for lang in np.unique(langs[judged])}
    found = {lang: _regression(given[rows], targets[rows], everyone) for lang, rows in places.items() if _enough(targets[rows])}
    return {ALL: everyone, **found}


def _enough(targets: Floats) -> bool:
    positives = int((targets >= 0.5).sum())
    return len(targets) >= _MIN_ROWS and min(positives, len(targets) - positives) >= _MIN_CLASS


def _regression(given: np.ndarray, targets: Floats, prior: np.ndarray) -> np.ndarray:
    """Maximum likelihood of (rows, features) given soft targets, all but the last weight (the bias) pulled toward `prior`."""
    pull = np.r_[np.full(len(prior) - 1, _PULL), 0.0]

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logits = given @ weights
        gap = 0.5 * (1 + np.tanh(0.5 * logits)) - targets
        away = weights - prior
        return np.logaddexp(0, logits).sum() - targets @ logits + pull @ away**2, gap @ given + 2 * pull * away

    return np.asarray(minimize(cost, prior, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x)
