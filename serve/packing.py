"""Which of the comments that wait go through the model together: those of like length, since short ones are padded to the longest.

A pass costs time by itself, beside what its tokens cost. So a comment joins another one where padding is cheaper than a pass of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

PASS_TOKENS = 128
"""Padded tokens of a pass at most: who comes while it runs must wait for it, and several lanes run at the same time."""
PASS_COST = 64
"""What a pass costs by itself, in tokens: measured with AMX in passes of 512 tokens, 6 ms where a token takes .09."""


def first(widths: Sequence[int]) -> list[int]:
    """Places of those that go first, in order: with place 0, who has waited longest, those that the cheapest split of all puts beside it.

    `widths`: tokens of each as they are padded alone.
    """
    order = sorted(range(len(widths)), key=widths.__getitem__)
    costs, begins = [0], [0]  # of the cheapest split of the first n of them, and where its last pass begins
    for end, place in enumerate(order, start=1):
        width = widths[place]
        fewest = max(end - PASS_TOKENS // max(width, 1), 0)
        # Of equal ones the last pass is the smallest: those before it are full.
        cost, begin = min((costs[begin] + PASS_COST + (end - begin) * width, -begin) for begin in range(min(fewest, end - 1), end))
        costs.append(cost)
        begins.append(-begin)
    end = len(order)
    while 0 not in (chosen := order[begins[end] : end]):
        end = begins[end]
    return sorted(chosen)
