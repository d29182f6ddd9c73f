"""Windows into batches: rows of like length together, a bounded number of tokens each, little padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.encode import Window
from train.rows import Ints

_CHUNK = 64
"""Batches that are sorted by length together: more means less padding and less chance in which rows meet."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """A padded batch: integers (batch, tokens)."""

    ids: NDArray[np.int64]
    segments: NDArray[np.int64]
    mask: NDArray[np.int64]


def padded(windows: Sequence[Window], pad: int, multiple: int = 1) -> Arrays:
    """The windows side by side, as long as the longest, rounded up to a multiple of `multiple` tokens."""
    longest = max(map(len, windows))
    width = -(-longest // multiple) * multiple
    ids = np.full((len(windows), width), pad, np.int64)
    segments = np.zeros_like(ids)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window.ids
        segments[row, : len(window)] = window.segments
        mask[row, : len(window)] = 1
    return Arrays(ids, segments, mask)


def by_tokens(lengths: Sequence[int], order: Ints, budget: int) -> list[Ints]:
    """`order` cut into batches whose padded size (longest x rows) stays within `budget` tokens; a longer row stands alone."""
    batches: list[Ints] = []
    begin, longest = 0, 0
    for at, row in enumerate(order):
        longest = max(longest, lengths[row])
        if longest * (at + 1 - begin) > budget and at > begin:
            batches.append(order[begin:at])
            begin, longest = at, lengths[row]
    return [*batches, order[begin:]] if len(order) > begin else batches


def shuffled(lengths: Sequence[int], budget: int, rng: np.random.Generator) -> list[Ints]:
    """All rows once, in batches of like length and random order."""
    order = rng.permutation(len(lengths))
    chunk = max(_CHUNK * budget // max(int(np.mean(lengths)), 1), 1)
    batches: list[Ints] = []
    for begin in range(0, len(order), chunk):
        part = order[begin : begin + chunk]
        batches += by_tokens(lengths, part[np.argsort(np.array(lengths)[part], kind="stable")], budget)
    rng.shuffle(batches)
    return batches
