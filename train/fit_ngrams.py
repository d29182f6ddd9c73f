"""Fits the linear model over n-grams (`train.ngrams`) on all training rows; minutes on one core.

run(config, folder)  ->  ngrams.npz in the run's folder
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labels import schema
from labels.scores import Context
from train import attacks, framed, loss, ngrams, release
from train.config import Config
from train.ngrams import Features, Table
from train.normalise import Normaliser
from train.rows import Floats, Ints, Rows, concatenate

_log = logging.getLogger(__name__)
_PART = 8192
_LEAST_ROWS = 5
"""Rows of a language in which an n-gram must stand to count for it."""


def run(config: Config, folder: Path, train: Rows, normaliser: Normaliser) -> Table:
    """The table of the rows and of copies of them that were quoted or written past a filter."""
    torch.manual_seed(config.seed)
    train = _with_copies(config, train)
    normal = _normal(train, normaliser)
    targets = ngrams.known_targets(normal.contexts, config.ngrams.known_target)
    everything = features(normal, targets)
    keys = most_used(everything, normal.langs, config.ngrams.size)
    given = everything.known(keys)
    _log.info("n-grams: %d rows, %d known features a row, %d known targets", len(train), len(given.keys) // len(train), len(targets))
    table = Table.of(keys, _fitted(config, train, given, len(keys)), targets)
    table.write(folder / release.NGRAMS)
    return table


def features(rows: Rows, targets: ngrams.Hashes) -> Features:
    """Of normalised rows, hashed a part at a time."""
    found = [
        ngrams.features(rows.texts[begin : begin + _PART], rows.contexts[begin : begin + _PART], targets)
        for begin in range(0, len(rows), _PART)
    ]
    starts = np.concatenate([[0], np.cumsum([len(part.keys) for part in found])])
    begins = [part.begins[:-1] + start for part, start in zip(found, starts[:-1], strict=True)]
    return Features(
        np.concatenate([part.keys for part in found]),
        np.concatenate([part.weights for part in found]),
        np.concatenate([*begins, starts[-1:]]).astype(np.int64),
    )


def most_used(given: Features, langs: NDArray[np.str_], size: int) -> ngrams.Keys:
    """The `size` keys that stand in the most rows, sorted; every language weighs by the square root of its rows."""
    keys, weights = [], []
    for lang in np.unique(langs):
        rows = np.flatnonzero(langs == lang)
        stacked = np.concatenate([given.keys[given.begins[row] : given.begins[row + 1]] for row in rows])
        different, count = np.unique(stacked, return_counts=True)
        keys.append(different[count >= _LEAST_ROWS])
        weights.append(count[count >= _LEAST_ROWS] / len(rows) ** 0.5)
    different, which = np.unique(np.concatenate(keys), return_inverse=True)
    weight = np.bincount(which, np.concatenate(weights))
    return np.sort(different[np.argsort(-weight, kind="stable")[:size]])


def _with_copies(config: Config, rows: Rows) -> Rows:
    rng = np.random.default_rng([config.seed, 11])
    copied = rows.take(np.flatnonzero(rng.random(len(rows)) < config.ngrams.copies))
    quoted = framed.framed(rows, config.mix.framed, config.seed)
    changed = np.array([text != before for text, before in zip(quoted.texts, rows.texts, strict=True)])
    return concatenate([rows, attacks.augmented(copied, 1.0, config.seed), quoted.take(np.flatnonzero(changed))])


def _normal(rows: Rows, normaliser: Normaliser) -> Rows:
    known: dict[str, str] = {}

    def plain(text: str | None) -> str | None:
        if text and text not in known:
            known[text] = normaliser(text)
        return known[text] if text else None

    contexts = [Context(plain(each.title), plain(each.target), plain(each.parent), None) for each in rows.contexts]
    return replace(rows, texts=[normaliser(text) for text in rows.texts], contexts=contexts)


def _fitted(config: Config, rows: Rows, given: Features, size: int) -> Floats:
    """(size, 17): Adam on the masked losses of all heads; `given` holds places of the table."""
    chosen, rng = config.ngrams, np.random.default_rng([config.seed, 13])
    weights = torch.zeros(size, sum(len(head.outputs) for head in schema.HEADS), requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=chosen.learning_rate, fused=True)
    targets = loss.targets(rows)
    cost = loss.of_rows(rows, replace(config.fit, class_balance=chosen.class_balance, minor_output_weight=1.0, label_smoothing=0.0))
    row_weights = torch.from_numpy(_row_weights(rows, chosen.balance))
    steps = chosen.passes * -(-len(rows) // chosen.rows_per_batch)
    step = 0
    for _ in range(chosen.passes):
        order = rng.permutation(len(rows))
        for begin in range(0, len(order), chosen.rows_per_batch):
            at = order[begin : begin + chosen.rows_per_batch]
            picked = torch.from_numpy(at)
            found = _sum(weights, given, at)
            parts = cost(found, loss.Targets(targets.values[picked], targets.mask[picked]), row_weights[picked])
            total = torch.stack(list(parts.values())).sum() + chosen.weight_decay * weights.square().sum()
            optimizer.zero_grad()
            total.backward()  # type: ignore[no-untyped-call]
            optimizer.param_groups[0]["lr"] = chosen.learning_rate * (1 - step / steps)
            optimizer.step()
            step += 1
            if step % 50 == 0:
                _log.info("n-grams: step %d of %d, loss %.4f", step, steps, total.item())
    learned: Floats = weights.detach().numpy()
    return learned


def _sum(weights: Tensor, given: Features, rows: Ints) -> Tensor:
    """(rows, 17): for each row the weighted sum of its features' rows of the table."""
    lengths = given.begins[rows + 1] - given.begins[rows]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths) + np.repeat(given.begins[rows], lengths)
    return torch.nn.functional.embedding_bag(
        torch.from_numpy(given.keys[at].astype(np.int64)),
        weights,
        torch.from_numpy(starts[:-1]),
        mode="sum",
        per_sample_weights=torch.from_numpy(given.weights[at]),
    )


def _row_weights(rows: Rows, balance: float) -> Floats:
    """(rows,): 1 on average; the larger a row's set and language, the less."""
    keys = np.char.add(np.char.add(rows.sets.astype(str), " "), rows.langs.astype(str))
    _, which, count = np.unique(keys, return_inverse=True, return_counts=True)
    each = count[which].astype(np.float64) ** -balance
    return np.asarray(each / each.mean(), np.float32)
