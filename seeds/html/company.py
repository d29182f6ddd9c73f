"""Threads whose records have two looks: comments and answers of another class, answers to a question and the remarks below each.

    joined(page, lists, times)  ->  lists of fields, each of two lists that make one thread

The records of the second stand beside those of the first or inside them. Quotes are no records: the author and the time of a quote
are those of another comment.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

from seeds.html import fields, records
from seeds.html.fields import Fields
from seeds.html.records import Record
from seeds.html.times import Time
from seeds.html.tree import Page, mean

_QUOTE = re.compile(r"quot|cit(?:e|at)|zitat|parent|embed|signature")
_KNOWN = 0.7
"""Share of the second list that must have a name, and a time."""
_INSIDE = 0.3
"""Share of the second list that lies in records of the first, where the two do not take turns."""


def joined(page: Page, lists: Sequence[Sequence[Fields]], times: Sequence[Time]) -> Iterator[list[Fields]]:
    """Two lists as one, each read for itself; in page order."""
    for main, other in permutations(lists, 2):
        if _is_known(other) and _fit(page, main, other):
            yield _read(page, [item.record for item in main], [item.record for item in other], times)


def _is_known(read: Sequence[Fields]) -> bool:
    return len(read) > 1 and mean(bool(item.author) for item in read) >= _KNOWN and mean(bool(item.record.time) for item in read) >= _KNOWN


def _fit(page: Page, main: Sequence[Fields], other: Sequence[Fields]) -> bool:
    """Whether each record of the other list stands between those of the main one, or inside one that has its name and time elsewhere."""
    begins = [item.record.begin for item in main]
    texts = {item.text for item in main}
    if mean(item.text in texts for item in other) > 1 - _KNOWN:
        return False
    inside = 0
    for item in other:
        outer = _outer(main, begins, item.record)
        if outer is None:
            if _swallows(begins, item.record):
                return False
        elif not _is_apart(page, main[outer], item.record):
            return False
        else:
            inside += 1
    return inside >= _INSIDE * len(other) or _mix(begins, [item.record.begin for item in other])


def _outer(main: Sequence[Fields], begins: Sequence[int], record: Record) -> int | None:
    """The main record that holds the other one, if one does."""
    at = bisect_right(begins, record.begin) - 1
    while at >= 0 and main[at].record.end <= record.begin:
        at -= 1
        if at < 0 or begins[at] < record.begin - _FAR:
            return None
    return at if at >= 0 else None


_FAR = 20_000


def _swallows(begins: Sequence[int], record: Record) -> bool:
    """Whether a record of the other list holds one of the main list."""
    at = bisect_right(begins, record.begin)
    return at < len(begins) and begins[at] < record.end


def _is_apart(page: Page, outer: Fields, record: Record) -> bool:
    """Whether the inner record is no quote and none of the outer one's own name, time and first words."""
    if _swallows([outer.record.begin], record) or record.begin <= outer.record.begin or record.end > outer.record.end:
        return False
    own = [node for node in (outer.author_node, outer.record.time.node if outer.record.time else None) if node is not None]
    if any(record.begin <= node < record.end for node in own):
        return False
    between = [record.begin]
    for node in page.ancestors(record.begin):
        if node <= outer.record.begin:
            break
        between.append(node)
    return not any(page.tags[node] == "blockquote" or _QUOTE.search(page.words(node)) for node in between)


def _mix(one: Sequence[int], two: Sequence[int]) -> bool:
    """Whether both lists take turns, so that neither stands whole before the other."""
    return two[0] < one[-1] and one[0] < two[-1]


def _read(page: Page, one: Sequence[Record], two: Sequence[Record], times: Sequence[Time]) -> list[Fields]:
    fresh = [[replace(record, own=array("i"), inner=[]) for record in part] for part in (one, two)]
    records.finish(page, sorted(fresh[0] + fresh[1], key=lambda record: record.begin))
    read = [*fields.read(page, fresh[0], times), *fields.read(page, fresh[1], times)]
    return sorted(read, key=lambda item: item.record.begin)
