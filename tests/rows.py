"""Labelled rows made by hand, for tests of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from labels import schema
from labels.scores import Context
from train.rows import Labels, Rows


def made(*given: dict[str, Any]) -> Rows:
    """Rows of plain mappings: text, lang, set, context members, labels by name; a class head knows all its classes."""
    return Rows(
        sets=np.array([row.get("set", "set") for row in given]),
        ids=np.array([str(at) for at in range(len(given))]),
        langs=np.array([row.get("lang", "en") for row in given]),
        texts=[row.get("text", f"text {at}") for at, row in enumerate(given)],
        contexts=[Context(**{name: row.get(name) for name in ("title", "target", "parent", "root")}) for row in given],
        labels={head.name: _labels(head, given) for head in schema.HEADS},
        spans=[row.get("spans") for row in given],
    )


def _labels(head: schema.Head, given: tuple[dict[str, Any], ...]) -> Labels:
    if head.activation is schema.Activation.SIGMOID:
        targets = np.array([[row.get(name, 0.0) for name in head.names] for row in given], np.float32)
        mask = np.array([[name in row for name in head.names] for row in given])
        return Labels(targets.reshape(len(given), -1), mask.reshape(len(given), -1))
    targets = np.array([[row.get(head.name) == name for name in head.names] for row in given], np.float32).reshape(len(given), -1)
    return Labels(targets, np.repeat(targets.any(axis=1, keepdims=True), len(head.names), axis=1))
