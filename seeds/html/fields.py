"""Reads author, time and text out of records that a page repeats: what stands at the same place in most of them is the field.

    read(page, records, rule)  ->  list[Fields]

A rule may name the places; without one they are learnt from the records together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from seeds import marks
from seeds.html.authors import Named, given, learnt
from seeds.html.bodies import Places, texts
from seeds.html.records import Record, look
from seeds.html.times import Time, of_record
from seeds.html.tree import Page, mean


@dataclass(slots=True)
class Fields:
    record: Record
    author: str | None
    text: str
    author_node: int | None = None
    header: str = ""
    """The record's words without author, time and body: where "in reply to X" stands."""
    said: bool = False


def read(
    page: Page,
    records: Sequence[Record],
    times: Sequence[Time],
    *,
    authors: Places | None = None,
    bodies: Places | None = None,
    timed: Sequence[Sequence[Time]] | None = None,
) -> list[Fields]:
    """The fields of each record, in its order. What a rule does not give is learnt; `times` are all times of the page."""
    names = named(page, records, times, authors=authors, timed=timed)
    return filled(page, records, names, bodies)


def named(
    page: Page,
    records: Sequence[Record],
    times: Sequence[Time],
    *,
    authors: Places | None = None,
    timed: Sequence[Sequence[Time]] | None = None,
) -> list[Named]:
    """The first half of `read`: each record is given its time, and its author is told."""
    _learn_times(page, records, times)
    for record, own in zip(records, timed or (), strict=False):
        record.time = next((time for time in own if _is_likely(page, time)), own[0]) if own else record.time
    names = learnt(page, records)
    if authors is not None:
        names = [given(page, record, nodes) or name for record, nodes, name in zip(records, authors, names, strict=True)]
    return names


def filled(page: Page, records: Sequence[Record], names: Sequence[Named], bodies: Places | None = None) -> list[Fields]:
    """The second half of `read`: the text of each record, and its fields together."""
    return [
        Fields(record, name, text, node, header, said)
        for record, (node, name, said), (text, header) in zip(records, names, texts(page, records, names, bodies), strict=True)
    ]


def _learn_times(page: Page, records: Sequence[Record], times: Sequence[Time]) -> None:
    """Gives each record the time of the slot that plays the part best; where the record lacks it, of the next best; else what it has."""
    slots: dict[str, dict[int, Time]] = defaultdict(dict)
    for at, inside in enumerate(within(records, [time.node for time in times])):
        for place in inside:
            slots[look(page, times[place])].setdefault(at, times[place])
    ranked = sorted(slots.values(), key=lambda found: _time_value(page, found, len(records)), reverse=True)
    for at, record in enumerate(records):
        record.time = next((found[at] for found in ranked[:3] if at in found and _is_likely(page, found[at])), record.time)
        time = record.time
        if time is not None and time.stamp.relative and time.stamp.written is None and (written := of_record(page, record.begin)):
            record.time = replace(time, stamp=replace(time.stamp, written=written))


def within(records: Sequence[Record], nodes: Sequence[int]) -> list[list[int]]:
    """For each record the positions of the nodes (in page order) that it holds itself."""
    found: list[list[int]] = [[] for _ in records]
    open_: list[int] = []
    at = 0
    for place, node in enumerate(nodes):
        while at < len(records) and records[at].begin <= node:
            open_.append(at)
            at += 1
        while open_ and records[open_[-1]].end <= node:
            open_.pop()
        if open_ and not any(low <= node < high for low, high in records[open_[-1]].inner):
            found[open_[-1]].append(place)
    return found


def _is_likely(page: Page, time: Time) -> bool:
    """Whether a time may be the record's own: not a fact about a member ("Joined 2 May 2010", or its label on the line before)."""
    if time.line >= len(page.lines):
        return True
    return not marks.is_profile(page.lines[time.line]) and not (time.line and marks.is_profile_label(page.lines[time.line - 1]))


def _time_value(page: Page, found: dict[int, Time], size: int) -> float:
    """How well a slot plays the time of a record: in all records, with a clock time, each time another, running up or down."""
    stamps = [time.stamp for time in found.values()]
    written = [stamp.written for stamp in stamps if stamp.written]
    steps = [(after > before) - (after < before) for before, after in pairwise(written)]
    running = max(steps.count(1) + steps.count(0), steps.count(-1) + steps.count(0)) / len(steps) if steps else 0.5
    clock = mean("T" in (stamp.written or "") or stamp.relative for stamp in stamps)
    likely = mean(_is_likely(page, time) for time in found.values())
    bare = mean(_is_bare(page, time) for time in found.values())
    marked = mean(time.marked for time in found.values())
    return 2 * len(found) / size + 2 * running + 0.6 * clock + 2 * likely + 0.5 * bare + 0.2 * marked + 0.5 * len(set(written)) / len(found)


def _is_bare(page: Page, time: Time) -> bool:
    """Whether the time stands on a short line, not in running text."""
    return time.line < len(page.lines) and len(page.lines[time.line]) <= 100
