"""Figures of merit as pure functions, each with what it is good for; None where the rows do not allow it, never NaN.

A row counts only where its mask says so; a soft label of at least .5 is a positive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Values = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_MIN_CLASS = 8
"""A ranking figure needs at least this many rows of either class; below it says more of chance than of the model."""


def roc_auc(gold: Bools, scores: Values, least: int = 1) -> float | None:
    """Chance that a positive is ranked above a negative. Good for comparing rankings without a threshold; blind to calibration.

    None with fewer than `least` rows of either class. Ties count half (Mann-Whitney).
    """
    positives = int(gold.sum())
    negatives = len(gold) - positives
    if min(positives, negatives) < max(least, 1):
        return None
    ranks = rankdata(scores)
    return float((ranks[gold].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(gold: Bools, scores: Values) -> float | None:
    """Area under the precision-recall steps. Good for rare positives; depends on their share, so compare on the same rows only."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(gold, scores)) if 0 < gold.sum() < len(gold) else None


def f1_of_class(gold: Ints, predicted: Ints, which: int) -> float:
    """Harmonic mean of precision and recall of one class; 0 where the class is neither there nor predicted."""
    hits = int(((gold == which) & (predicted == which)).sum())
    total = int((gold == which).sum() + (predicted == which).sum())
    return 2 * hits / total if total else 0.0


def macro_f1(gold: Ints, predicted: Ints) -> float | None:
    """Mean of the F1 over the classes that occur in `gold`. Good where rare classes matter as much as frequent ones."""
    classes = np.unique(gold)
    return float(np.mean([f1_of_class(gold, predicted, int(which)) for which in classes])) if len(classes) else None


def accuracy(gold: Ints, predicted: Ints) -> float | None:
    """Share of right answers; high for whoever always gives the most frequent class, so read it beside macro_f1."""
    return float((gold == predicted).mean()) if len(gold) else None


def argmax_among(probabilities: Values, classes: Ints) -> Ints:
    """(rows,): the most probable of the given classes."""
    found: Ints = classes[np.argmax(probabilities[:, classes], axis=1)]
    return found


def calibration_error(gold: Values, probabilities: Values, bins: int = 15) -> float | None:
    """Expected calibration error over bins of equal mass: mean gap between what was said and what came true.

    `gold` may be soft. Good for asking whether .8 means 80 %; a constant that equals the base rate has none, so read it beside a ranking.
    """
    if not len(gold):
        return None
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, min(bins, len(order))) if len(part)]
    gaps = [abs(probabilities[part].mean() - gold[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(order))


def top_calibration_error(gold: Ints, probabilities: Values, bins: int = 15) -> float | None:
    """Calibration error of the answer given by a softmax head: confidence of the top class against how often it is right."""
    if not len(gold):
        return None
    top = probabilities.argmax(axis=1)
    return calibration_error((top == gold).astype(float), probabilities.max(axis=1), bins)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % bootstrap interval over rows; `rows` are those it was measured on."""

    value: float
    low: float
    high: float
    rows: int

    def to_json(self) -> dict[str, float | int]:
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4), "rows": self.rows}


def interval(measure: Callable[[Ints], float | None], rows: int, rng: np.random.Generator, resamples: int = 200) -> Figure | None:
    """`measure` takes row numbers and gives a figure; it is called on all rows and on resamples of them (percentile bootstrap)."""
    value = measure(np.arange(rows))
    if value is None:
        return None
    drawn = (measure(np.sort(rng.integers(0, rows, rows))) for _ in range(resamples))
    found = [sample for sample in drawn if sample is not None]
    low, high = np.quantile(found, [0.025, 0.975]) if found else (value, value)
    return Figure(value, float(low), float(high), rows)


def difference(
    ours: Callable[[Ints], float | None], theirs: Callable[[Ints], float | None], rows: int, rng: np.random.Generator, resamples: int = 200
) -> Figure | None:
    """Ours minus theirs on the same rows, resampled in pairs: the two are different only where the interval leaves out 0."""

    def gap(chosen: Ints) -> float | None:
        one, other = ours(chosen), theirs(chosen)
        return None if one is None or other is None else one - other

    return interval(gap, rows, rng, resamples)


def auc_by_language(gold: Bools, scores: Values, langs: NDArray[np.str_], least: int = 30) -> dict[str, float]:
    """Language -> ROC-AUC, for languages with at least `least` rows of each class."""
    found = {str(lang): roc_auc(gold[langs == lang], scores[langs == lang], least) for lang in np.unique(langs)}
    return {lang: value for lang, value in found.items() if value is not None}


def macro_f1_by(keys: NDArray[np.str_], gold: Ints, probabilities: Values) -> dict[str, float]:
    """Key (set, language) -> macro-F1 over the classes in its gold, the answer being the likeliest among them. Keys of one class are
    left out."""
    found = {}
    for name in np.unique(keys):
        at = keys == name
        classes = np.unique(gold[at])
        value = macro_f1(gold[at], argmax_among(probabilities[at], classes))
        if value is not None and len(classes) > 1:
            found[str(name)] = value
    return found


def mean(values: Mapping[str, float]) -> float | None:
    """The plain mean over languages or sets: each weighs the same, however many rows it has. The headline figures are such means."""
    return float(np.mean(list(values.values()))) if values else None


def best_threshold(gold: Bools, scores: Values) -> float | None:
    """The threshold with the best macro-F1 on these very rows: an upper bound there, to be used on other rows."""
    if not 0 < gold.sum() < len(gold):
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(gold[order])
    called = np.arange(1, len(gold) + 1)
    positives = hits[-1]
    negatives = len(gold) - positives
    right_negative = negatives - (called - hits)
    positive_f1 = 2 * hits / (called + positives)
    negative_f1 = 2 * right_negative / (len(gold) - called + negatives)
    last_of_value = np.append(np.diff(scores[order]) != 0, True)
    at = int(np.argmax(np.where(last_of_value, positive_f1 + negative_f1, -1)))
    return float(scores[order][at])


def at_crossed_threshold(gold: Bools, scores: Values, figure: str, seed: int) -> float | None:
    """`figure` (f1, macro_f1) of rows of which each half is flagged from the `best_threshold` of the other half on; roc_auc needs none.

    Good for what a threshold is worth on rows that did not choose it. None with rows of one class.
    """
    if figure == "roc_auc":
        return roc_auc(gold, scores)
    if not 0 < gold.sum() < len(gold):
        return None
    half = np.random.default_rng(seed).permutation(len(gold)) % 2
    said = np.zeros(len(gold), bool)
    for part in (0, 1):
        threshold = best_threshold(gold[half != part], scores[half != part])
        said[half == part] = scores[half == part] >= (0.5 if threshold is None else threshold)
    return f1_of_class(gold.astype(int), said.astype(int), 1) if figure == "f1" else macro_f1(gold.astype(int), said.astype(int))


def threshold_for_precision(gold: Bools, scores: Values, precision: float, least: int = 50) -> float | None:
    """The smallest threshold from which on at least this share of the flagged rows is positive; None below `least` positives or where none
    does."""
    if gold.sum() < least:
        return None
    order = np.argsort(-scores, kind="stable")
    reached = np.cumsum(gold[order]) / np.arange(1, len(gold) + 1) >= precision
    last_of_value = np.append(np.diff(scores[order]) != 0, True)
    fitting = np.flatnonzero(reached & last_of_value & (np.cumsum(gold[order]) >= _MIN_CLASS))
    return float(scores[order][fitting[-1]]) if len(fitting) else None
