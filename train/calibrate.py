"""Fits `train.calibration` on dev rows, and the thresholds that reach a precision there.

The fit of a language is pulled toward the fit over all languages, the more so the fewer rows it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize

from labels import schema
from train import calibration, metrics
from train.calibration import ALL, OUTPUTS, Calibration, Map, activate
from train.rows import Bools, Floats, Labels

_MIN_ROWS = 200
"""Rows of a language with at least two classes before it gets a fit of its own."""
_MIN_CLASS = 30
_PULL = 20.0
"""Strength of the pull toward the pooled fit, in rows' worth of squared distance."""
_EVEN = 0.25
"""How far the classes of a head are taken as evenly common, 0 to 1: at 0 one that is rare among the rows, such as "deny", is hardly
ever the likeliest, at 1 it is found at the cost of the common ones."""
_SEEN = 5
"""Rows that each class is counted as having beside its own."""
_SCALES = (0.3, 3.0)
_MIN_POSITIVES = 50
PRECISIONS = (0.90, 0.95)


def fit(logits: Floats, labels: dict[str, Labels], langs: NDArray[np.str_]) -> Calibration:
    """The calibration of (rows, 17 a voice) logits on their labels."""
    voices = logits.reshape(len(logits), -1, OUTPUTS)
    return Calibration(
        {head.name: _fit_head(head, voices[:, :, schema.SLICES[head.name]], labels[head.name], langs) for head in schema.HEADS}
    )


def cross_fitted(logits: Floats, labels: dict[str, Labels], langs: NDArray[np.str_], seed: int = 0) -> Floats:
    """(rows, 17) probabilities, each half of the rows calibrated on the other: what calibration is worth on rows it has not seen."""
    half = np.random.default_rng(seed).permutation(len(logits)) % 2
    found = np.empty((len(logits), OUTPUTS), np.float32)
    for part in (0, 1):
        other = np.flatnonzero(half != part)
        here = np.flatnonzero(half == part)
        made = fit(logits[other], {name: label.take(other) for name, label in labels.items()}, langs[other])
        found[here] = made.apply(logits[here], langs[here].tolist())
    return found


def thresholds(probabilities: Floats, labels: dict[str, Labels], langs: NDArray[np.str_]) -> dict[str, dict[str, dict[str, float | None]]]:
    """`HEAD.OUTPUT` -> language or "*" -> {"precision_90": p or None, ...}, for languages with at least 50 positives.

    A class is held against all others, among the rows whose set knows it.
    """
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for head in schema.HEADS:
        label, part = labels[head.name], probabilities[:, schema.SLICES[head.name]]
        for column, name in enumerate(head.names):
            judged, gold, scores = label.mask[:, column], label.targets[:, column] >= 0.5, part[:, column]
            places = {ALL: judged} | {str(lang): judged & (langs == lang) for lang in np.unique(langs)}
            found[f"{head.name}.{name}"] = {
                lang: {f"precision_{round(100 * goal)}": metrics.threshold_for_precision(gold[at], scores[at], goal) for goal in PRECISIONS}
                for lang, at in places.items()
                if lang == ALL or gold[at].sum() >= _MIN_POSITIVES
            }
    return found


def _fit_head(head: schema.Head, logits: np.ndarray, labels: Labels, langs: NDArray[np.str_]) -> dict[str, Map]:
    if head.activation is schema.Activation.SOFTMAX:
        maps = _by_language(
            lambda rows, start: _softmax(head, logits[rows], labels.take(rows), start), labels.judged, labels.targets, langs
        )
        return _evened(head, maps, logits, labels, langs)
    columns = [
        _by_language(
            lambda rows, start, column=column: _platt(logits[rows, :, column], labels.targets[rows, column], start),  # type: ignore[misc]
            labels.mask[:, column],
            np.stack([labels.targets[:, column] >= 0.5, labels.targets[:, column] < 0.5], axis=1),
            langs,
        )
        for column in range(len(head.outputs))
    ]
    places = sorted({lang for column in columns for lang in column})
    chosen = {lang: [column.get(lang, column[ALL]) for column in columns] for lang in places}
    return {lang: _side_by_side(maps) for lang, maps in chosen.items()}


def _evened(head: schema.Head, maps: Mapping[str, Map], logits: np.ndarray, labels: Labels, langs: NDArray[np.str_]) -> dict[str, Map]:
    """The maps with rare classes likelier (_EVEN), then one scale for all, so that the likeliest class is right as often as its probability
    says."""
    judged = labels.judged
    places = {lang: judged if lang == ALL else judged & (langs == lang) for lang in maps}
    counts = {lang: labels.targets[at].sum(axis=0) + _SEEN for lang, at in places.items()}
    shifts = {lang: -_EVEN * np.log(count / count.sum()) for lang, count in counts.items()}
    shifted = {lang: replace(each, shift=tuple((each.shift + shifts[lang]).tolist())) for lang, each in maps.items()}
    rows = np.flatnonzero(judged)
    if not len(rows):
        return shifted
    given = calibration.mapped(shifted, logits[rows], langs[rows].tolist())
    known, gold = labels.mask[rows], labels.targets[rows].argmax(axis=1)

    def too_sure(scale: float) -> float:
        found = activate(head, np.where(known, scale * given, -1e9))
        return float(found.max(axis=1).mean() - (found.argmax(axis=1) == gold).mean())

    least, most = _SCALES
    scale = brentq(too_sure, least, most) if too_sure(least) < 0 < too_sure(most) else 1.0
    return {lang: _scaled(each, scale) for lang, each in shifted.items()}


def _scaled(each: Map, scale: float) -> Map:
    return Map(tuple(tuple(scale * value for value in voice) for voice in each.weights), tuple(scale * value for value in each.shift))


def _side_by_side(maps: Sequence[Map]) -> Map:
    """Maps of one column each as one."""
    weights = tuple(tuple(value for part in voice for value in part) for voice in zip(*(each.weights for each in maps), strict=True))
    return Map(weights, tuple(value for each in maps for value in each.shift))


Fitter = Callable[[NDArray[np.int64], Map | None], Map]


def _by_language(fitter: Fitter, judged: Bools, classes: np.ndarray, langs: NDArray[np.str_]) -> dict[str, Map]:
    """The pooled fit and one for each language that has rows enough; `classes` (rows, k) marks the class of a row."""
    pooled = fitter(np.flatnonzero(judged), None)
    found = {ALL: pooled}
    for lang in np.unique(langs[judged]):
        rows = np.flatnonzero(judged & (langs == lang))
        if len(rows) >= _MIN_ROWS and (classes[rows].sum(axis=0) >= _MIN_CLASS).sum() >= 2:
            found[str(lang)] = fitter(rows, pooled)
    return found


def _platt(logits: np.ndarray, targets: Floats, start: Map | None) -> Map:
    """p = sigmoid(a z + b) by maximum likelihood over (rows, voices) logits; without both classes it stays what it was."""
    positives = (targets >= 0.5).sum()
    if start is None and min(positives, len(targets) - positives) < 2:
        return Map(((1.0,),) * logits.shape[1], (0.0,))
    z, y = logits.astype(np.float64), targets.astype(np.float64)
    prior = np.r_[np.ones(z.shape[1]), 0.0] if start is None else np.r_[np.ravel(start.weights), start.shift]

    def cost(values: np.ndarray) -> tuple[float, np.ndarray]:
        given = z @ values[:-1] + values[-1]
        gap = 0.5 * (1 + np.tanh(0.5 * given)) - y
        away = values - prior
        loss = np.logaddexp(0, given).sum() - (y * given).sum()
        return loss + _PULL * (away**2).sum(), np.r_[gap @ z, gap.sum()] + 2 * _PULL * away

    *scales, shift = minimize(cost, prior, jac=True, method="L-BFGS-B", bounds=[(0.05, 20)] * z.shape[1] + [(-20, 20)]).x.tolist()
    return Map(tuple((scale,) for scale in scales), (shift,))


def _softmax(head: schema.Head, logits: np.ndarray, labels: Labels, start: Map | None) -> Map:
    """One scale a voice and one shift a class over (rows, voices, classes) logits; classes that a row's set does not know take no part in
    its likelihood."""
    voices, count = logits.shape[1:]
    if not len(logits):
        return Map(((1.0,) * count,) * voices, (0.0,) * count)
    z, y, known = logits.astype(np.float64), labels.targets.astype(np.float64), labels.mask
    prior = np.r_[np.ones(voices), np.zeros(count)] if start is None else np.r_[[voice[0] for voice in start.weights], start.shift]

    def cost(values: np.ndarray) -> tuple[float, np.ndarray]:
        given = np.where(known, np.einsum("v,rvc->rc", values[:voices], z) + values[voices:], -1e9)
        found = activate(head, given)
        gap = np.where(known, found - y, 0)
        away = values - prior
        loss = -np.log(np.maximum((found * y).sum(axis=1), 1e-12)).sum()
        return loss + _PULL * (away**2).sum(), np.r_[np.einsum("rc,rvc->v", gap, z), gap.sum(axis=0)] + 2 * _PULL * away

    best = minimize(cost, prior, jac=True, method="L-BFGS-B", bounds=[(0.05, 20)] * voices + [(-5, 5)] * count).x.tolist()
    return Map(tuple((scale,) * count for scale in best[:voices]), tuple(best[voices:]))
