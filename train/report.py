"""The evaluation as one HTML page for people: charts, tables, and the hardest errors with their texts.

It shows comment texts, so it stays in the run's folder, which is not committed; `metrics.json` holds the figures alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from labels import schema
from train import charts
from train.rows import Floats, Ints, Rows

_HARDEST = 12
"""Errors shown for each head: those of which the model was surest."""
_TEXT = 300


@dataclass(frozen=True, slots=True)
class Error:
    """A dev row on which the model was sure and wrong."""

    set: str
    lang: str
    text: str
    gold: str
    said: str


def write(path: Path, figures: Mapping[str, Any], ours: Floats, theirs: Floats | None, dev: Rows) -> None:
    """`figures` as `train.evaluate` gives them; `ours`, `theirs` (rows, 17) probabilities for the dev rows."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("train"), autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["number"] = lambda value: "" if value is None else f"{value:.3f}" if isinstance(value, float) else f"{value:,}"
    path.parent.mkdir(parents=True, exist_ok=True)
    heads = [
        {
            "head": head,
            "bars": list(_bars(head, figures)),
            "charts": list(_charts(head, ours, theirs, dev)),
            "confusion": _confusion(head, ours, dev),
            "errors": list(_hardest(head, ours, dev)),
        }
        for head in schema.HEADS
        if dev.labels[head.name].judged.any()
    ]
    page = environment.get_template("evaluation.html.j2").render(figures=figures, heads=heads)
    path.write_text(page, encoding="utf-8")


def _bars(head: schema.Head, figures: Mapping[str, Any]) -> Iterator[tuple[str, Markup]]:
    """A bar for each language, then for each set, named with its rows; toxicity: ROC-AUC, others: macro-F1; the baseline as a tick."""
    measure, said = ("roc_auc", "ROC-AUC") if head.activation is schema.Activation.SIGMOID else ("macro_f1", "macro-F1")
    found = figures["heads"][head.name]
    ours, theirs = found[figures["model"]], found.get(figures["baseline"], {})
    for kind in ("language", "set"):
        others = theirs.get(f"by_{kind}", {})
        values = [
            (f"{key} ({each['rows']:,})", each[measure], others.get(key, {}).get(measure))
            for key, each in ours[f"by_{kind}"].items()
            if each[measure] is not None
        ]
        if values:
            caption = f"{said} by {kind} (rows)"
            yield caption, charts.bars(sorted(values, key=lambda item: -item[1]), f"{head.name}: {caption}")


def _charts(head: schema.Head, ours: Floats, theirs: Floats | None, dev: Rows) -> Iterator[tuple[str, Markup]]:
    label, at = dev.labels[head.name], schema.SLICES[head.name]
    for column, name in enumerate(head.names):
        rows = np.flatnonzero(label.mask[:, column])
        if not len(rows):
            continue
        gold, scores = label.targets[rows, column], ours[rows, at][:, column]
        yield f"{name}: said against true", charts.reliability(gold, scores, f"Reliability of {head.name}.{name}")
        groups = {"this model": (gold >= 0.5, scores)}
        if theirs is not None:
            groups["baseline"] = (gold >= 0.5, theirs[rows, at][:, column])
        yield f"{name}: precision over recall", charts.precision_recall(groups, f"Precision over recall of {head.name}.{name}")


def _confusion(head: schema.Head, ours: Floats, dev: Rows) -> list[tuple[str, list[int]]]:
    """Gold class -> how often each class was said; for toxicity: no / yes at .5."""
    label, part = dev.labels[head.name], ours[:, schema.SLICES[head.name]]
    if head.activation is schema.Activation.SIGMOID:
        rows = np.flatnonzero(label.mask[:, 0])
        gold, said = (label.targets[rows, 0] >= 0.5).astype(int), (part[rows, 0] >= 0.5).astype(int)
        names: tuple[str, ...] = ("not toxic", "toxic")
    else:
        rows = np.flatnonzero(label.judged)
        gold, said = label.targets[rows].argmax(axis=1), np.where(label.mask[rows], part[rows], 0).argmax(axis=1)
        names = head.names
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (gold, said), 1)
    return [(name, counts[row].tolist()) for row, name in enumerate(names)]


def _hardest(head: schema.Head, ours: Floats, dev: Rows) -> Iterator[Error]:
    label, part = dev.labels[head.name], ours[:, schema.SLICES[head.name]]
    if head.activation is schema.Activation.SIGMOID:
        rows = np.flatnonzero(label.mask[:, 0])
        wrong = np.abs(label.targets[rows, 0] - part[rows, 0])
        told = [(f"{label.targets[row, 0]:.2f}", f"{part[row, 0]:.2f}") for row in rows]
    else:
        rows = np.flatnonzero(label.judged)
        gold = label.targets[rows].argmax(axis=1)
        said = np.where(label.mask[rows], part[rows], 0).argmax(axis=1)
        wrong = np.where(gold != said, part[rows, said], 0)
        told = [(head.names[one], f"{head.names[other]} {part[row, other]:.2f}") for row, one, other in zip(rows, gold, said, strict=True)]
    order: Ints = np.argsort(-wrong, kind="stable")[:_HARDEST]
    for at in order.tolist():
        row = int(rows[at])
        yield Error(str(dev.sets[row]), str(dev.langs[row]), dev.texts[row][:_TEXT], *told[at])
