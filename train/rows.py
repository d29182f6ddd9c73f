"""Labelled rows as columns: texts as lists, labels as arrays with a mask of their own.

A row that a set does not judge for an output is masked there; a class that a set cannot give is masked in all its rows,
so that a set without "neutral" does not teach that neutral does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labels import schema
from labels.scores import Context

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

CONTEXT = ("title", "target", "parent", "root")
COLUMNS = ("id", "split", "lang", "text", *CONTEXT, *schema.TOXICITY.names, "stance", "reply_stance", "sentiment", "spans")
Marks = tuple[tuple[int, int], ...]
"""Half-open ranges of characters of a text that people marked as what carries its toxicity; empty: they agreed on none."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What one head was told: `targets` (rows, outputs) 0..1, `mask` (rows, outputs).

    Sigmoid heads: mask = this output was judged. Softmax heads: targets one-hot, mask = the classes that the set knows; all False =
    not judged.
    """

    targets: Floats
    mask: Bools

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: Ints) -> Labels:
        return Labels(self.targets[rows], self.mask[rows])

    @property
    def judged(self) -> Bools:
        """(rows,): whether the head was asked at all."""
        return np.asarray(self.mask.any(axis=1))


@dataclass(frozen=True, slots=True)
class Rows:
    sets: NDArray[np.str_]
    ids: NDArray[np.str_]
    langs: NDArray[np.str_]
    texts: Sequence[str]
    contexts: Sequence[Context]
    labels: dict[str, Labels]
    """Head name -> its labels."""
    spans: Sequence[Marks | None]
    """None where nobody was asked to mark."""

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Ints) -> Rows:
        return Rows(
            self.sets[rows],
            self.ids[rows],
            self.langs[rows],
            [self.texts[row] for row in rows],
            [self.contexts[row] for row in rows],
            {head: labels.take(rows) for head, labels in self.labels.items()},
            [self.spans[row] for row in rows],
        )


def concatenate(parts: Sequence[Rows]) -> Rows:
    """All rows of the parts, in order. Raises ValueError for no parts."""
    return Rows(
        np.concatenate([part.sets for part in parts]),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.langs for part in parts]),
        [text for part in parts for text in part.texts],
        [context for part in parts for context in part.contexts],
        {
            head.name: Labels(
                np.concatenate([part.labels[head.name].targets for part in parts]),
                np.concatenate([part.labels[head.name].mask for part in parts]),
            )
            for head in schema.HEADS
        },
        [marks for part in parts for marks in part.spans],
    )
