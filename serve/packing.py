"""Which of the comments that wait go through the model together: those of like length, since short ones are padded to the longest.

A pass costs time by itself, beside what its tokens cost. So a comment joins another one where padding is cheaper than a pass of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from train.encode import Window
from train.inference import Lane

PASS_TOKENS = 96
"""Padded tokens of a pass at most: who comes while it runs must wait for it, and several lanes run at the same time."""
ALONE_TOKENS = 192
"""The same where one request alone waits: nobody else is kept, and it is over a tenth earlier."""
_COSTS = (4.0, 64.0)
"""What a pass may cost by itself, in tokens, whatever a busy machine makes of the measurement: 6 with AVX2, 14 with VNNI, 64 with AMX."""
_ROUNDS, _MERGED, _WIDTH = 5, 4, 16


def measured(lane: Lane) -> float:
    """What a pass costs by itself here, in tokens: by a pass of several short windows beside one of a single one. Takes .1 to .3 s."""
    window = Window((1,) * _WIDTH, (0,) * _WIDTH, _WIDTH - 2, 0)
    single, merged = (min(_seconds(lane, [window] * count) for _ in range(_ROUNDS)) for count in (1, _MERGED))
    token = (merged - single) / (_MERGED - 1) / _WIDTH
    least, most = _COSTS
    return min(max((single / token if token > 0 else most) - _WIDTH, least), most)


def _seconds(lane: Lane, windows: Sequence[Window]) -> float:
    begun = time.perf_counter()
    lane.begin(windows)
    lane.end()
    return time.perf_counter() - begun


def first(widths: Sequence[int], pass_cost: float, tokens: int = PASS_TOKENS) -> list[int]:
    """Places of those that go first, in order: with place 0, who has waited longest, those that the cheapest split of all puts beside it.

    `widths`: tokens of each as they are padded alone. `pass_cost`: what a pass costs by itself, in tokens. `tokens`: of a pass at most.
    """
    order = sorted(range(len(widths)), key=widths.__getitem__)
    costs, begins = [0.0], [0]  # of the cheapest split of the first n of them, and where its last pass begins
    for end, place in enumerate(order, start=1):
        width = widths[place]
        fewest = max(end - tokens // max(width, 1), 0)
        # Of equal ones the last pass is the smallest: those before it are full.
        cost, begin = min((costs[begin] + pass_cost + (end - begin) * width, -begin) for begin in range(min(fewest, end - 1), end))
        costs.append(cost)
        begins.append(-begin)
    end = len(order)
    while 0 not in (chosen := order[begins[end] : end]):
        end = begins[end]
    return sorted(chosen)
