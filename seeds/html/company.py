"""Threads whose records have two looks: comments and answers of another class, answers to a question and the remarks below each.

    joined(page, lists, times)           ->  lists of fields, each of two lists that make one thread
    with_responses(page, records, times) ->  the records, and what a firm answers inside or behind them ("Response from Ana, owner")

The records of the second stand beside those of the first or inside them. Quotes are no records: the author and the time of a quote
are those of another comment.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, takewhile

from seeds import dates, marks
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
    inside: list[tuple[bool, bool]] = []
    for item in other:
        outer = _outer(main, begins, item.record)
        if outer is None:
            if _swallows(begins, item.record):
                return False
        elif item.record.end > main[outer].record.end or _is_quote(page, main[outer].record, item.record):
            return False
        else:
            inside.append((_is_apart(main[outer], item.record), not _is_older(item.record, main[outer].record)))
    if inside and min(map(mean, zip(*inside, strict=True))) < _KNOWN:
        return False
    return len(inside) >= _INSIDE * len(other) or _mix(begins, [item.record.begin for item in other])


def _is_older(inner: Record, outer: Record) -> bool:
    """Whether a record was written before the one that holds it, as no answer is; days are compared where a clock time is missing."""
    one, two = (record.time.stamp.written or "" if record.time else "" for record in (inner, outer))
    return dates.is_earlier(one, two)


def _outer(main: Sequence[Fields], begins: Sequence[int], record: Record) -> int | None:
    """The main record that holds the other one, if one does."""
    at = bisect_right(begins, record.begin) - 1
    while at >= 0 and main[at].record.end <= record.begin:
        at -= 1
        if at < 0 or begins[at] < record.begin - _FAR:
            return None
    return at if at >= 0 else None


_MAX_HEAD, _MAX_TIME = 80, 20
"""Characters of the head of an answer, and of the time beside it."""
_FAR = 20_000


def _swallows(begins: Sequence[int], record: Record) -> bool:
    """Whether a record of the other list holds one of the main list."""
    at = bisect_right(begins, record.begin)
    return at < len(begins) and begins[at] < record.end


def _is_apart(outer: Fields, record: Record) -> bool:
    """Whether the inner record holds none of the outer one's own name and time, as they were read."""
    own = [node for node in (outer.author_node, outer.record.time.node if outer.record.time else None) if node is not None]
    return outer.record.begin < record.begin and not any(record.begin <= node < record.end for node in own)


def _is_quote(page: Page, outer: Record, record: Record) -> bool:
    """Whether the inner record is a quote, or part of one."""
    between = takewhile(lambda node: node > outer.begin, (record.begin, *page.ancestors(record.begin)))
    return any(page.tags[node] == "blockquote" or _QUOTE.search(page.words(node)) for node in between)


def _mix(one: Sequence[int], two: Sequence[int]) -> bool:
    """Whether both lists take turns, so that neither stands whole before the other."""
    return two[0] < one[-1] and one[0] < two[-1]


def _read(page: Page, one: Sequence[Record], two: Sequence[Record], times: Sequence[Time]) -> list[Fields]:
    fresh = [[replace(record, own=array("i"), inner=[]) for record in part] for part in (one, two)]
    records.finish(page, sorted(fresh[0] + fresh[1], key=lambda record: record.begin))
    read = [*fields.read(page, fresh[0], times), *fields.read(page, fresh[1], times)]
    return sorted(read, key=lambda item: item.record.begin)


def with_responses(page: Page, main: Sequence[Fields], times: Sequence[Time]) -> list[Fields]:
    """The records with the answers below them whose head says so; alone, a firm's few and like answers are not taken for comments."""
    nodes = [time.node for time in times]
    held = sorted(
        node for item in main for node in (item.record.begin, item.author_node, item.record.time and item.record.time.node) if node
    )
    found: dict[int, Record] = {}
    for at, line in enumerate(page.lines):
        if len(line) > _MAX_HEAD or not marks.is_answering(line):
            continue
        node = _response(page, page.owner[page.line_first[at]], line, held)
        if node is None or node < main[0].record.begin:
            continue
        if bisect_left(nodes, page.end[node]) - bisect_left(nodes, node) == 1:
            found[node] = Record(node, page.end[node], page.first[node], page.last[node])
    if not found:
        return list(main)
    return _read(page, [item.record for item in main], list(found.values()), times)


def _response(page: Page, node: int, head: str, held: Sequence[int]) -> int | None:
    """The smallest element around a head that holds more words than it and a time, and nothing that belongs to a record."""
    for around in (node, *page.ancestors(node)):
        if bisect_left(held, around) < bisect_left(held, page.end[around]):
            return None
        if page.size(around) > len(head) + _MAX_TIME:
            return around
    return None
