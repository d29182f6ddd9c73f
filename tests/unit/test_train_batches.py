"""Batches: padded side by side, within their budget, the same for the same seed."""

from __future__ import annotations

import numpy as np

from train import batches
from train.encode import Window


def window(length: int) -> Window:
    return Window(tuple(range(10, 10 + length)), (0,) * (length - 1) + (3,), length - 2, 0)


def test_windows_stand_side_by_side_with_padding_that_the_mask_hides() -> None:
    found = batches.padded([window(3), window(5)], pad=1)
    assert found.ids.tolist() == [[10, 11, 12, 1, 1], [10, 11, 12, 13, 14]]
    assert found.segments.tolist() == [[0, 0, 3, 0, 0], [0, 0, 0, 0, 3]]
    assert found.mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]


def test_the_width_can_be_rounded_up() -> None:
    assert batches.padded([window(17)], pad=1, multiple=16).ids.shape == (1, 32)
    assert batches.padded([window(16)], pad=1, multiple=16).ids.shape == (1, 16)


def test_a_batch_stays_within_its_budget_and_a_longer_row_stands_alone() -> None:
    lengths = [2, 2, 3, 9, 1]
    assert [rows.tolist() for rows in batches.by_tokens(lengths, np.arange(5), 6)] == [[0, 1], [2], [3], [4]]
    assert [rows.tolist() for rows in batches.by_tokens(lengths, np.argsort(lengths), 6)] == [[4, 0, 1], [2], [3]]


def test_no_rows_are_no_batch() -> None:
    assert batches.by_tokens([], np.arange(0), 6) == []


def test_a_seed_decides_the_order_and_nothing_else_does() -> None:
    lengths = list(np.random.default_rng(0).integers(3, 40, 500))
    one, same, other = (batches.shuffled(lengths, 128, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert [rows.tolist() for rows in one] == [rows.tolist() for rows in same]
    assert [rows.tolist() for rows in one] != [rows.tolist() for rows in other]
    assert not np.array_equal(np.concatenate(one), np.sort(np.concatenate(one)))


def test_rows_of_like_length_meet_so_that_little_is_padded() -> None:
    lengths = np.random.default_rng(0).integers(3, 128, 2000)
    made = batches.shuffled(lengths.tolist(), 1024, np.random.default_rng(1))
    padded = sum(len(rows) * int(lengths[rows].max()) for rows in made)
    assert padded < 1.15 * lengths.sum()
