"""Finds what a page repeats: a time, again and again, and around each the same element. No site is known here.

    candidates(page, times)  ->  lists of Records, one list for each way to cut the page

Times that look alike (same element, same parent) are one cluster. For a cluster the record is the largest element that every time has
around it and no other time of the cluster; where such an element holds no text beside the time, records are runs of its siblings.
Records may lie in each other, as answers do; what a record holds itself is its own pieces.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from seeds.html.times import Time
from seeds.html.tree import Page

_MAX_CLUSTERS, _MAX_UP = 14, 14
_PURE, _COVERED = 0.95, 0.8
_MAX_NAMED, _MIN_NAMED = 12, 10
_LETTER, _YEAR = re.compile(r"[^\W\d_]"), re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ONE_WAY = 0.6
"""Share of a cluster that is written in one way, so that the others may not belong to it."""
_MIN_OWN = 3
"""Characters beside the time, so that a record holds more than its time."""


@dataclass(slots=True)
class Record:
    """A comment as a range of elements and of pieces; `own` are the pieces that no inner record holds."""

    begin: int
    end: int
    first: int
    last: int
    time: Time | None = None
    own: array[int] = field(default_factory=partial(array, "i"))
    inner: list[tuple[int, int]] = field(default_factory=list)
    """Element ranges of the records inside."""

    def nodes(self) -> Iterable[int]:
        """The record's own elements in page order."""
        at = self.begin
        for low, high in self.inner:
            yield from range(at, low)
            at = max(at, high)
        yield from range(at, self.end)

    def among(self, nodes: Sequence[int]) -> Iterable[int]:
        """Those of some elements in page order that are the record's own: in less time than it takes to go through them all."""
        at = self.begin
        for low, high in (*self.inner, (self.end, self.end)):
            if at < low:
                yield from nodes[bisect_left(nodes, at) : bisect_left(nodes, low)]
            at = max(at, high)


def parts(page: Page, record: Record) -> list[int]:
    """The outermost elements of a record: one, or a run of siblings."""
    found, at = [], record.begin
    while at < record.end:
        found.append(at)
        at = page.end[at]
    return found


def of_nodes(page: Page, nodes: Iterable[int]) -> list[Record]:
    """Records that are whole elements; of two that begin with the same words, one is a wrapper of the other and the outer one counts."""
    apart: dict[int, int] = {}
    for node in sorted(set(nodes)):
        apart.setdefault(page.first[node], node)
    return finish(page, [Record(node, page.end[node], page.first[node], page.last[node]) for node in apart.values()])


def finish(page: Page, records: list[Record]) -> list[Record]:
    """Tells what each record holds itself; the records come in page order."""
    open_: list[Record] = []
    for record in records:
        while open_ and open_[-1].end <= record.begin:
            open_.pop()
        if open_:
            open_[-1].inner.append((record.begin, record.end))
        open_.append(record)
    for record in records:
        at = record.first
        for low, high in record.inner:
            record.own.extend(range(at, max(page.first[low], at)))
            at = max(at, page.last[high - 1] if high - 1 < len(page.last) else at, page.last[low])
        record.own.extend(range(at, record.last))
    return records


def named(page: Page, pattern: re.Pattern[str]) -> Iterator[list[Record]]:
    """Elements whose look says a word of the pattern, one list for each look; those that hold most text first."""
    groups: dict[str, list[int]] = defaultdict(list)
    says: dict[str, bool] = {"": False}
    for node in range(1, len(page.tags)):
        if page.size(node) <= _MIN_NAMED:
            continue
        words = page.words(node)
        if words not in says:
            says[words] = pattern.search(words) is not None
        if says[words]:
            for key in page.keys(node):
                if pattern.search(key):
                    groups[key].append(node)
    found: dict[tuple[int, ...], int] = {}
    for nodes in groups.values():
        found.setdefault(tuple(nodes), _outer_text(page, nodes))
    best = sorted(found, key=lambda nodes: (found[nodes], len(nodes)), reverse=True)[:_MAX_NAMED]
    groups.clear()
    yield from (of_nodes(page, nodes) for nodes in best)


def _outer_text(page: Page, nodes: Sequence[int]) -> int:
    total, end = 0, -1
    for node in nodes:
        if node >= end:
            total += page.size(node)
            end = page.end[node]
    return total


def candidates(page: Page, times: Sequence[Time]) -> Iterator[list[Record]]:
    """Ways to cut the page into records, those of the largest clusters first."""
    clusters: dict[str, list[Time]] = defaultdict(list)
    for time in times:
        clusters[look(page, time)].append(time)
    large = sorted((found for found in clusters.values() if len(found) > 1), key=len, reverse=True)[:_MAX_CLUSTERS]
    return (records for cluster in large for part in _parts(_apart(cluster)) for records in _cuts(page, part))


def _parts(cluster: list[Time]) -> Iterator[list[Time]]:
    """A cluster, and what lies between the first and the last of its times that are written in its commonest way: the article's own time
    stands before them, say, and has a year."""
    yield cluster
    ways: dict[tuple[bool, bool], list[Time]] = defaultdict(list)
    for time in cluster:
        ways[_YEAR.search(time.stamp.raw) is None, _LETTER.search(time.stamp.raw) is None].append(time)
    most = max(ways.values(), key=len)
    if len(most) < max(_ONE_WAY * len(cluster), 2) or any(time.stamp.relative for time in cluster):
        return
    part = [time for time in cluster if most[0].node <= time.node <= most[-1].node]
    if len(part) < len(cluster):
        yield part


def look(page: Page, time: Time) -> str:
    """What times that play the same part have in common. Not the tag: fresh times stand in <abbr>, old ones in <span>."""
    parent = page.parent[time.node]
    return f"{' '.join(page.classes(time.node))}<{page.style(parent) if parent >= 0 else ''}"


def _apart(cluster: Sequence[Time]) -> list[Time]:
    """One time for each element: the first."""
    return list({time.node: time for time in reversed(cluster)}.values())[::-1]


def _cuts(page: Page, cluster: Sequence[Time]) -> list[list[Record]]:
    best = _largest(page, cluster)
    if best is None:
        return []
    owners = sorted(best)
    whole = of_nodes(page, owners)
    for record in whole:
        record.time = best[record.begin]
    found = [whole] if _filled(page, whole) else []
    if not _nested(whole):
        found += _runs(page, whole) or _headed(page, whole)
    return found


def _filled(page: Page, records: Sequence[Record]) -> bool:
    """Whether most records hold text beside their time."""
    beside = 0
    for record in records:
        shown = range(record.time.begin, record.time.end) if record.time else range(0)
        beside += sum(len(page.texts[at]) for at in record.own if at not in shown) > _MIN_OWN
    return beside > 0.5 * len(records)


def _nested(records: Sequence[Record]) -> bool:
    return any(record.inner for record in records)


def _largest(page: Page, cluster: Sequence[Time]) -> dict[int, Time] | None:
    """Record elements with their time: of all elements around the times that are told apart by the times, those that hold most."""
    owners: dict[str, dict[int, Time]] = defaultdict(dict)
    """By look: the elements around the times, each with its first time."""
    covered: Counter[str] = Counter()
    for time in cluster:
        seen: set[str] = set()
        node = time.node
        for up in range(_MAX_UP):
            for key in (*page.keys(node), f"{up}^{page.tags[node]}"):
                if key not in seen:
                    seen.add(key)
                    owners[key].setdefault(node, time)
                    covered[key] += 1
            node = page.parent[node]
            if node <= 0:
                break
    best: tuple[float, dict[int, Time]] | None = None
    for key, held in owners.items():
        if covered[key] < _COVERED * len(cluster) or len(held) < max(_PURE * covered[key], 2):
            continue
        value = _own_size(page, sorted(held)) * len(held)
        if best is None or value > best[0]:
            best = (value, held)
    return best[1] if best else None


def _own_size(page: Page, nodes: Sequence[int]) -> float:
    """Elements of the subtrees together, an inner one counted once."""
    total, end = 0, -1
    for node in nodes:
        if node >= end:
            total += page.end[node] - node
            end = page.end[node]
    return total + 0.001


def _by_parent(page: Page, whole: Sequence[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = defaultdict(list)
    for record in whole:
        found[page.parent[record.begin]].append(record)
    return found


def _runs(page: Page, whole: Sequence[Record]) -> list[list[Record]]:
    """Records as runs of siblings: each begins some siblings before the one with the time, or ends with it."""
    by_parent = _by_parent(page, whole)
    parent, members = max(by_parent.items(), key=lambda item: len(item[1]))
    if parent < 0 or len(members) < max(_COVERED * len(whole), 2):
        return []
    children = page.children(parent)
    place = {node: at for at, node in enumerate(children)}
    places = [place[record.begin] for record in members]
    if min(after - before for before, after in pairwise(places)) < 1 or len(children) <= len(places) + 1:
        return []
    times = [record.time for record in members]
    usual = max(after - before for before, after in pairwise(places))
    spans = []
    for back in _backs(page, children, places):
        begins = [at - back for at in places]
        spans.append([*pairwise(begins), (begins[-1], min(begins[-1] + usual, len(children)))])
    spans.append([(max(places[0] + 1 - usual, 0), places[0] + 1), *((before + 1, after + 1) for before, after in pairwise(places))])
    return [_run(page, children, span, times, parent) for span in spans]


def _headed(page: Page, whole: Sequence[Record]) -> list[list[Record]]:
    """Records that begin with the element of the time and go on to the next such sibling, in lists at several places: <dt> and <dd>."""
    by_parent = _by_parent(page, whole)
    begins = {record.begin for record in whole}
    ends = [record.end for record in whole if record.end < page.end[page.parent[record.begin]] and record.end not in begins]
    looks = Counter(page.style(node) for node in ends).most_common(1)
    if not looks or looks[0][1] < _COVERED * len(whole):
        return []
    found: list[Record] = []
    for parent, members in by_parent.items():
        if parent < 0:
            return []
        children = page.children(parent)
        place = {node: at for at, node in enumerate(children)}
        places = [*(place[record.begin] for record in members), len(children)]
        found += _run(page, children, list(pairwise(places)), [record.time for record in members], parent)
    for record in found:
        record.own, record.inner = array("i"), []
    return [finish(page, sorted(found, key=lambda record: record.begin))]


def _backs(page: Page, children: Sequence[int], places: Sequence[int]) -> list[int]:
    """How many siblings before the time's a record may begin: as far as the siblings there look alike in all records."""
    found = [0]
    gap = min([places[0] + 1, *(after - before for before, after in pairwise(places))])
    for back in range(1, min(gap, 12)):
        looks = Counter(page.style(children[at - back]) for at in places)
        if looks.most_common(1)[0][1] >= _COVERED * len(places):
            found.append(back)
    return found


def _run(page: Page, children: Sequence[int], spans: Iterable[tuple[int, int]], times: Sequence[Time | None], parent: int) -> list[Record]:
    """Records of the siblings low .. high - 1 of each span; text that stands directly between siblings goes with the one before it."""
    records = []
    for (low, high), time in zip(spans, times, strict=True):
        begin, end = children[low], page.end[children[high - 1]]
        last = page.first[children[high]] if high < len(children) else page.last[parent]
        records.append(Record(begin, end, page.first[begin], last, time))
    return finish(page, records)
