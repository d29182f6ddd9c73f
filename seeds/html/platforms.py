"""Comment systems by their own markup: walks `rules/platforms.toml`, which says for each one what its records look like.

A rule names records and, where the general reading of them would go wrong, the place of author, time, text or parent. What it does not name
is learnt from the page, as for pages without a rule.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lxml import etree

from seeds.html import fields, records
from seeds.html.fields import Fields
from seeds.html.records import Record
from seeds.html.times import Time
from seeds.html.tree import Page

_COMPOUND = re.compile(r"(?P<tag>[a-z][\w-]*|\*)?(?P<rest>(?:[.#][\w-]+|\[[^\]]+\])*)")
_PART = re.compile(r"\.(?P<cls>[\w-]+)|#(?P<id>[\w-]+)|\[(?P<name>[\w:-]+)(?:(?P<sign>[~^$*|]?=)\"?(?P<value>[^\"\]]*)\"?)?\]")


_FILLED = 0.5
"""Share of the records that must hold text, or the markup is of another system."""


@dataclass(frozen=True, slots=True)
class Platform:
    """One comment system. Selectors are CSS: tag, .class, #id, [attribute], [attribute^=value] and descendants."""

    name: str
    record: etree.XPath
    looks: tuple[tuple[str, ...], ...]
    """For each alternative of `record` the words that must be in a class or id of the page."""
    needs: etree.XPath | None = None
    """Must be somewhere on the page."""
    author: tuple[etree.XPath, ...] = ()
    """Tried in order; the first that the record holds."""
    author_attribute: str | None = None
    """Attribute of the record that holds the name; it counts before `author`."""
    time: tuple[etree.XPath, ...] = ()
    body: tuple[etree.XPath, ...] = ()
    drop: etree.XPath | None = None
    """Parts of the body that are not the comment's words."""
    opens: bool = False
    """The first record of the page's first part is the article."""


def xpath(selector: str) -> etree.XPath:
    """CSS -> XPath, as far as `Platform` says; commas separate alternatives.

    >>> xpath("ul.a li[id^=c-]").path
    "descendant-or-self::ul[contains(concat(' ',normalize-space(@class),' '),' a ')]//li[starts-with(@id,'c-')]"
    """
    return etree.XPath(" | ".join(_one(part.strip()) for part in selector.split(",")))


def _one(selector: str) -> str:
    steps = []
    for compound in selector.split():
        match = _COMPOUND.fullmatch(compound)
        if match is None:
            raise ValueError(f"selector not understood: {compound}")
        steps.append((match["tag"] or "*") + "".join(map(_condition, _PART.finditer(match["rest"]))))
    return "descendant-or-self::" + "//".join(steps)


def _condition(part: re.Match[str]) -> str:  # noqa: PLR0911
    if part["cls"]:
        return f"[contains(concat(' ',normalize-space(@class),' '),' {part['cls']} ')]"
    if part["id"]:
        return f"[@id='{part['id']}']"
    name, value = part["name"], part["value"]
    match part["sign"]:
        case None:
            return f"[@{name}]"
        case "=":
            return f"[@{name}='{value}']"
        case "^=":
            return f"[starts-with(@{name},'{value}')]"
        case "$=":
            return f"[substring(@{name},string-length(@{name})-{len(value) - 1})='{value}']"
        case "~=":
            return f"[contains(concat(' ',normalize-space(@{name}),' '),' {value} ')]"
        case _:
            return f"[contains(@{name},'{value}')]"


@cache
def platforms() -> tuple[Platform, ...]:
    rules = tomllib.loads(files("seeds").joinpath("rules/platforms.toml").read_text(encoding="utf-8"))["platform"]
    return tuple(_platform(rule) for rule in rules)


def _looks(selector: str) -> tuple[tuple[str, ...], ...]:
    """The class names and the parts of classes and ids in each alternative of a selector."""
    return tuple(
        tuple(
            word
            for part in _PART.finditer(one)
            if part["name"] in (None, "class", "id") and (word := part["cls"] or part["id"] or part["value"])
        )
        for one in selector.split(",")
    )


def _platform(rule: dict[str, object]) -> Platform:
    made: dict[str, object] = {"looks": _looks(str(rule["record"]))}
    for name, value in rule.items():
        if name in ("record", "needs", "drop"):
            made[name] = xpath(str(value))
        elif name in ("author", "time", "body"):
            made[name] = tuple(map(xpath, value))  # type: ignore[call-overload]
        else:
            made[name] = value
    return Platform(**made)  # type: ignore[arg-type]


def find(page: Page, times: Sequence[Time]) -> tuple[Platform, list[Fields]] | None:
    """The first rule whose records are on the page, and what they hold."""
    numbers: dict[object, int] = {}
    for platform in platforms():
        if not any(all(word in page.look for word in words) for words in platform.looks):
            continue
        if platform.needs is not None and not platform.needs(page.root):
            continue
        elements = platform.record(page.root)
        if not elements:
            continue
        numbers = numbers or {element: at for at, element in enumerate(page.nodes)}
        nodes = [numbers[element] for element in elements if element in numbers]
        nodes = [node for node in nodes if page.size(node)]
        found = read(page, platform, records.of_nodes(page, nodes), times, numbers) if nodes else []
        if sum(bool(item.text) for item in found) > _FILLED * len(found):
            return platform, found
    return None


def read(page: Page, platform: Platform, found: list[Record], times: Sequence[Time], numbers: dict[object, int]) -> list[Fields]:
    """The fields of a platform's records."""

    def places(paths: Sequence[etree.XPath]) -> list[list[int]]:
        """For each record the elements that the first fitting path names in it."""
        chosen: list[list[int]] = [[] for _ in found]
        for path in paths:
            nodes = sorted(numbers[element] for element in path(page.root) if element in numbers)
            for at, inside in enumerate(fields.within(found, nodes)):
                chosen[at] = chosen[at] or [nodes[place] for place in inside]
        return chosen

    if platform.drop is not None:
        _drop(page, found, [numbers[element] for element in platform.drop(page.root) if element in numbers])
    timed = None
    if platform.time:
        timed = [[time for time in times if any(page.holds(node, time.node) for node in nodes)] for nodes in places(platform.time)]
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
            item.author = (page.nodes[item.record.begin].get(platform.author_attribute) or "").strip() or item.author
    return read


def _drop(page: Page, found: Sequence[Record], nodes: Sequence[int]) -> None:
    nodes = sorted(nodes)
    for record, inside in zip(found, fields.within(found, nodes), strict=True):
        gone = {at for place in inside for at in range(page.first[nodes[place]], page.last[nodes[place]])}
        if gone:
            record.own = [at for at in record.own if at not in gone]
