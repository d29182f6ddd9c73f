"""Which rows, how often: balanced over heads, then languages, then sets by temperature; the same seed gives the same rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labels import schema
from train.config import Mix
from train.rows import Ints, Rows

# A row with several heads counts for the first of these: the scarcest label decides.
_SCARCEST_FIRST = ("reply_stance", "stance", "sentiment", "toxicity")


def draw(rows: Rows, mix: Mix, seed: int) -> Ints:
    """Row numbers of one pass, shuffled: at most `mix.rows` of them, none more often than `mix.max_repeat`."""
    rng = np.random.default_rng(seed)
    head_of = _head_of(rows)
    drawn = []
    for head, share in _normal(mix, head_of).items():
        languages = _groups(rows.langs, np.flatnonzero(head_of == head))
        for language, quota in zip(languages, _quotas(languages, share * mix.rows, mix), strict=True):
            sets = _groups(rows.sets, language)
            drawn += [_repeat(group, count, rng) for group, count in zip(sets, _quotas(sets, quota, mix), strict=True)]
    chosen = np.concatenate(drawn) if drawn else np.empty(0, np.int64)
    rng.shuffle(chosen)
    return chosen


def _head_of(rows: Rows) -> NDArray[np.str_]:
    """(rows,): the head for which a row is drawn; "" for a row without any label."""
    head_of = np.full(len(rows), "", dtype="<U16")
    for head in reversed(_SCARCEST_FIRST):
        head_of[rows.labels[head].judged] = head
    return head_of


def _normal(mix: Mix, head_of: NDArray[np.str_]) -> dict[str, float]:
    """The shares of the heads that have rows, summing to 1."""
    present = {head.name: mix.shares.get(head.name, 0.0) for head in schema.HEADS if (head_of == head.name).any()}
    total = sum(present.values())
    return {head: share / total for head, share in present.items() if share > 0}


def _groups(keys: NDArray[np.str_], numbers: Ints) -> list[Ints]:
    """The row numbers by their key, in the order of the keys."""
    return [numbers[keys[numbers] == key] for key in np.unique(keys[numbers])]


def _quotas(groups: list[Ints], total: float, mix: Mix) -> list[int]:
    """How many rows of each group: size ** temperature, capped; what a cap leaves over goes to the others."""
    size = np.array([len(group) for group in groups], float)
    cap = size * mix.max_repeat
    quota = np.zeros(len(size))
    open_ = np.ones(len(size), bool)
    while open_.any() and total - quota.sum() > 1:
        weight = np.where(open_, size**mix.temperature, 0)
        quota = np.where(open_, quota + (total - quota.sum()) * weight / weight.sum(), quota)
        over = open_ & (quota >= cap)
        quota = np.minimum(quota, cap)
        if not over.any():
            break
        open_ &= ~over
    return [round(value) for value in quota]


def _repeat(group: Ints, quota: int, rng: np.random.Generator) -> Ints:
    """`quota` row numbers of the group: every one as often as the others, give or take one."""
    whole, rest = divmod(quota, len(group))
    return np.concatenate([np.repeat(group, whole), rng.permutation(group)[:rest]]).astype(np.int64)
