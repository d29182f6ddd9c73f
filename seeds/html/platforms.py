"""Comment systems by their own markup: walks `rules/platforms.toml`, which says for each one what its records look like.

A rule names records and, where the general reading of them would go wrong, the place of author, time, text or parent. What it does not name
is learnt from the page, as for pages without a rule.
"""

from __future__ import annotations

import tomllib
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files

from seeds.dates import Stamp
from seeds.html import fields, records
from seeds.html.fields import Fields
from seeds.html.records import Record
from seeds.html.select import Selector, exists, select, selector
from seeds.html.times import Time, of_record
from seeds.html.tree import Page

_FILLED = 0.5
"""Share of the records that must hold text, or the markup is of another system."""


@dataclass(frozen=True, slots=True)
class Platform:
    """One comment system. Selectors are CSS: tag, .class, #id, [attribute], [attribute^=value] and descendants."""

    name: str
    record: Selector
    needs: Selector | None = None
    """Must be somewhere on the page."""
    author: tuple[Selector, ...] = ()
    """Tried in order; the first that the record holds."""
    author_attribute: str | None = None
    """Attribute of the record that holds the name; it counts before `author`."""
    time: tuple[Selector, ...] = ()
    body: tuple[Selector, ...] = ()
    drop: Selector | None = None
    """Parts of the body that are not the comment's words."""
    answered: tuple[Selector, ...] = ()
    """What shows the name of whom a record answers."""
    holds: Selector | None = None
    """Must be in each record."""
    signature: str | None = None
    """The line of a body under which the writer's signature stands."""
    opens: bool = False
    """The first record of the page's first part is the article."""


@cache
def platforms() -> tuple[Platform, ...]:
    rules = tomllib.loads(files("seeds").joinpath("rules/platforms.toml").read_text(encoding="utf-8"))["platform"]
    return tuple(_platform(rule) for rule in rules)


def _platform(rule: dict[str, object]) -> Platform:
    made: dict[str, object] = {}
    for name, value in rule.items():
        if name in ("record", "needs", "drop", "holds"):
            made[name] = selector(str(value))
        elif name in ("author", "time", "body", "answered"):
            made[name] = tuple(map(selector, value))  # type: ignore[call-overload]
        else:
            made[name] = value
    return Platform(**made)  # type: ignore[arg-type]


def find(page: Page, times: Sequence[Time], rules: Sequence[Platform]) -> tuple[Platform, list[Fields]] | None:
    """The first rule whose records are on the page, and what they hold."""
    for platform in rules:
        nodes = select(page, platform.record)
        if not nodes or (platform.needs and not exists(page, platform.needs)):
            continue
        held = select(page, platform.holds) if platform.holds else nodes
        nodes = [node for node in nodes if page.size(node) and bisect_left(held, node) < bisect_left(held, page.end[node])]
        found = read(page, platform, records.of_nodes(page, nodes), times) if nodes else []
        if sum(bool(item.text) for item in found) > _FILLED * len(found):
            return platform, found
    return None


def read(page: Page, platform: Platform, found: list[Record], times: Sequence[Time]) -> list[Fields]:
    """The fields of a platform's records."""
    places = partial(_places, page, found)
    if platform.drop is not None:
        _drop(page, found, select(page, platform.drop))
    timed = None
    if platform.time:
        timed = [
            [time for time in times if any(page.holds(node, time.node) for node in nodes)] or _told(page, nodes)
            for nodes in places(platform.time)
        ]
    read = fields.read(
        page,
        found,
        times,
        authors=places(platform.author) if platform.author else None,
        bodies=places(platform.body) if platform.body else None,
        timed=timed,
    )
    if platform.author_attribute:
        for item in read:
            item.author = (page.attributes[item.record.begin].get(platform.author_attribute) or "").strip() or item.author
    if platform.signature:
        for item in read:
            item.text = f"\n{item.text}".partition(f"\n{platform.signature}\n")[0].strip()
    return read


def _told(page: Page, nodes: Sequence[int]) -> list[Time]:
    """What elements that show no time say for machines: a script writes the time into them."""
    said = ((node, written) for node in nodes if not page.size(node) and (written := of_record(page, node)))
    return [
        Time(node, page.first[node], page.first[node], Stamp(0, len(written), written, written), len(page.lines), marked=True)
        for node, written in said
    ]


def answered(page: Page, platform: Platform, read: Sequence[Fields]) -> list[str | None]:
    """For each record the name of whom it answers, where the rule says what shows it."""
    nodes = _places(page, [item.record for item in read], platform.answered)
    return [page.text(inside[0]) or None if inside else None for inside in nodes]


def _places(page: Page, found: Sequence[Record], paths: Sequence[Selector]) -> list[list[int]]:
    """For each record the elements that the first fitting path names in it."""
    given: list[list[int]] = [[] for _ in found]
    for path in paths:
        nodes = select(page, path)
        for at, inside in enumerate(fields.within(found, nodes)):
            given[at] = given[at] or [nodes[place] for place in inside]
    return given


def _drop(page: Page, found: Sequence[Record], nodes: Sequence[int]) -> None:
    for record, inside in zip(found, fields.within(found, nodes), strict=True):
        gone = {at for place in inside for at in range(page.first[nodes[place]], page.last[nodes[place]])}
        if gone:
            record.own = array("i", (at for at in record.own if at not in gone))
