"""A flat list of comments as a tree, laid out in the order of reading.

No recursion: a page may hold an answer to an answer ten thousand deep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from labels.thread import Comment

DEEPEST = 24
"""Levels that are nested in the page; deeper answers stand on the last one. Browsers stop nesting at about 500 elements."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one comment stands in the order of reading."""

    index: int
    """Position among the comments of the page."""
    depth: int
    """0 for an answer to the article, at most DEEPEST."""
    below: int
    """How many comments stand under it, at any depth."""
    opens: bool
    """Whether the next comment is nested under this one."""
    closes: int
    """How many nested lists end after this one."""


def places(comments: Sequence[Comment]) -> tuple[Place, ...]:
    """Every comment once, under the one that it answers. One that answers nothing on the page, or itself in a circle, begins a branch."""
    order = _preorder(comments)
    depths = [min(depth, DEEPEST) for _, depth in order] + [0]
    return tuple(
        Place(index, depths[at], below, depths[at + 1] > depths[at], max(0, depths[at] - depths[at + 1]))
        for at, ((index, _), below) in enumerate(zip(order, _below(order), strict=True))
    )


def _preorder(comments: Sequence[Comment]) -> list[tuple[int, int]]:
    """(position, depth) pairs, a comment before its answers, siblings in page order."""
    positions = {comment.id: index for index, comment in reversed(list(enumerate(comments)))}
    answers, roots = defaultdict[int, list[int]](list), list[int]()
    for index, comment in enumerate(comments):
        parent = positions.get(comment.reply_to) if comment.reply_to is not None else None
        (roots if parent is None or parent == index else answers[parent]).append(index)
    order, seen = list[tuple[int, int]](), set[int]()
    for root in (*roots, *range(len(comments))):  # the second part reaches only those in circles
        stack = [(root, 0)]
        while stack:
            index, depth = stack.pop()
            if index not in seen:
                seen.add(index)
                order.append((index, depth))
                stack.extend((answer, depth + 1) for answer in reversed(answers[index]))
    return order


def _below(order: Sequence[tuple[int, int]]) -> list[int]:
    """How many follow each one at a greater depth before one that is not deeper."""
    counts, waiting = [0] * len(order), list[int]()
    for at, (_, depth) in enumerate(order):
        while waiting and order[waiting[-1]][1] >= depth:
            done = waiting.pop()
            counts[done] = at - done - 1
        waiting.append(at)
    for at in waiting:
        counts[at] = len(order) - at - 1
    return counts
