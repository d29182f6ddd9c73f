"""The text of each record: the element that holds most of it in all records, without the page's frame around it."""

from __future__ import annotations

import re
import tomllib
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate

from seeds import marks
from seeds.html.authors import Named
from seeds.html.records import Record
from seeds.html.tree import Page, mean

Places = Sequence[Sequence[int]]
"""For each record the elements that a rule names in it."""

_MAX_NOISE = 120
_DIGITS = re.compile(r"\d+")
_RULES = tomllib.loads(files("seeds").joinpath("rules/classes.toml").read_text(encoding="utf-8"))["body"]
_INLINE, _FORMS = frozenset(_RULES["inline"]), frozenset(_RULES["forms"])
_BODY = re.compile(rf"(?:^|[\s_-])(?:{'|'.join(_RULES['classes'])})(?:$|[\s_-])")
_FRAME = re.compile(rf"\w*signature?(?:$|[\s_-])|(?:^|[\s_-])(?:{'|'.join(_RULES['frame'])})(?:$|[\s_-])")


def texts(page: Page, records: Sequence[Record], names: Sequence[Named], given: Places | None) -> list[tuple[str, str]]:
    """Text and header of each record."""
    rest = _rest(page, records, names)
    chosen = given if given is not None else _slot_nodes(page, records, names, rest)
    noise = _noise(page, rest, [name for _, name, _ in names])
    found = []
    for record, pieces, nodes, (name_node, name, _) in zip(records, rest, chosen, names, strict=True):
        body = _inside(page, record, pieces, nodes, name_node) if nodes or given is not None else pieces
        text = tidy(page, body, noise, name)
        inside = set(body)
        header = page.join(at for at in record.own if at not in inside)
        found.append((text, header))
    return found


def _inside(page: Page, record: Record, pieces: Sequence[int], nodes: Sequence[int], name_node: int | None) -> list[int]:
    """The pieces in some elements of a record: all of them where name and time stand apart, though it may be on the same line."""
    found: set[int] = set()
    own = set(_without_frame(page, record, record.own))
    for node in nodes:
        apart = not any(page.holds(node, other) for other in (name_node, record.time.node if record.time else None) if other is not None)
        found |= (own if apart else set(pieces)) & set(range(page.first[node], page.last[node]))
    return sorted(found)


def _rest(page: Page, records: Sequence[Record], names: Sequence[Named]) -> list[array[int]]:
    """Pieces of each record without author and time and the lines around them."""
    found = []
    for record, (node, name, _) in zip(records, names, strict=True):
        gone: set[int] = set()
        time = record.time
        if time is not None and time.line < len(page.lines):
            gone |= _of_line(page, time.line) if len(page.lines[time.line]) <= 120 else set(range(time.begin, time.end))
        if node is not None and name:
            line = page.line_of[page.first[node]]
            gone |= _of_line(page, line) if len(page.lines[line]) <= len(name) + 40 else set(range(page.first[node], page.last[node]))
        found.append(_without_frame(page, record, array("i", (at for at in record.own if at not in gone))))
    return found


def _without_frame(page: Page, record: Record, pieces: array[int]) -> array[int]:
    """Without the elements whose class says that they are no words of the comment, unless they hold most of it."""
    gone: set[int] = set()
    lengths = _lengths(page, pieces)
    for node in record.among(page.choice("frames", _is_frame_element)):
        if node != record.begin and (page.tags[node] in _FORMS or 2 * _held(page, node, pieces, lengths) < lengths[-1]):
            gone.update(range(page.first[node], page.last[node]))
    return array("i", (at for at in pieces if at not in gone)) if gone else pieces


def _is_frame_element(page: Page, node: int) -> bool:
    return page.first[node] < page.last[node] and (page.tags[node] in _FORMS or _is_frame_name(page.words(node)))


@lru_cache(maxsize=1 << 9)
def _is_frame_name(words: str) -> bool:
    return _FRAME.search(words) is not None


def _may_hold_text(page: Page, node: int) -> bool:
    """Whether an element shows words and is more than an inline one without a look of its own."""
    return page.first[node] < page.last[node] and (page.tags[node] not in _INLINE or page.style(node) != page.tags[node])


def _of_line(page: Page, line: int) -> set[int]:
    high = page.line_first[line + 1] if line + 1 < len(page.line_first) else len(page.texts)
    return set(range(page.line_first[line], high))


def _slot_nodes(page: Page, records: Sequence[Record], names: Sequence[Named], rest: Sequence[Sequence[int]]) -> list[list[int]]:
    """The element that holds the text in each record, if one look holds most of it; else none for all."""
    held: dict[str, tuple[array[int], array[int]]] = defaultdict(lambda: (array("i"), array("i")))
    """For each look the records that have it and its first element in each: arrays, since large pages have very many."""
    sizes: Counter[str] = Counter()
    shown = page.choice("shown", _may_hold_text)
    total = 0
    for at, (record, (name_node, _, _), pieces) in enumerate(zip(records, names, rest, strict=True)):
        lengths = _lengths(page, pieces)
        total += lengths[-1]
        time = record.time
        for node in record.among(shown):
            if time is not None and name_node is not None and page.holds(node, time.node) and page.holds(node, name_node):
                continue
            look = page.slot(node)
            having, nodes = held[look]
            if not having or having[-1] != at:
                having.append(at)
                nodes.append(node)
                sizes[look] += _held(page, node, pieces, lengths)
    known = {look: size for look, size in sizes.items() if len(held[look][0]) >= 0.75 * len(records)}
    best = _best_body(page, {look: held[look][1] for look in known}, known, total)
    found: list[list[int]] = [[] for _ in records]
    for at, node in zip(*held[best], strict=True) if best else ():
        found[at].append(node)
    return found


def _lengths(page: Page, pieces: Sequence[int]) -> list[int]:
    """Characters of the first 0, 1, 2 … pieces."""
    return list(accumulate((len(page.texts[at]) for at in pieces), initial=0))


def _held(page: Page, node: int, pieces: Sequence[int], lengths: Sequence[int]) -> int:
    """Characters of the pieces that stand in an element."""
    return lengths[bisect_left(pieces, page.last[node])] - lengths[bisect_left(pieces, page.first[node])]


def _best_body(page: Page, held: Mapping[str, Sequence[int]], sizes: Mapping[str, int], total: int) -> str | None:
    """The look that holds most text, the innermost of equals; one whose class says "body" may hold less."""
    if not sizes or not total:
        return None
    most = max(sizes.values())

    def depth(look: str) -> float:
        return mean(page.depth[node] for node in held[look])

    said = [look for look, size in sizes.items() if size >= 0.35 * total and _says_body(page, held[look][0])]
    if said:
        largest = max(sizes[look] for look in said)
        return max((look for look in said if sizes[look] >= 0.9 * largest), key=depth)
    if most < 0.6 * total:
        return None
    return max((look for look, size in sizes.items() if size >= 0.97 * most), key=depth)


def _says_body(page: Page, node: int) -> bool:
    return _BODY.search(page.words(node)) is not None


def _noise(page: Page, rest: Sequence[Sequence[int]], names: Sequence[str | None]) -> frozenset[str]:
    """Short lines, digits and the author's name masked, that stand in most records."""
    if len(rest) < 3:
        return frozenset()
    seen: Counter[str] = Counter()
    for pieces, name in zip(rest, names, strict=True):
        lines = {page.line_of[at] for at in pieces}
        seen.update({_masked(page.lines[line], name) for line in lines if len(page.lines[line]) <= _MAX_NOISE})
    return frozenset(line for line, times in seen.items() if times >= max(0.5 * len(rest), 3))


def _masked(line: str, name: str | None) -> str:
    return _DIGITS.sub("0", line.replace(name, "@") if name else line)


def tidy(page: Page, pieces: Sequence[int], noise: frozenset[str] = frozenset(), name: str | None = None) -> str:
    """Pieces as text: without the lines of the page's frame, without buttons at the end and labels at the begin."""
    lines = [line for line in page.join(pieces).split("\n") if line and _masked(line, name) not in noise]
    while lines and _is_frame(lines[-1]):
        lines.pop()
    while lines and _is_frame(lines[0]):
        lines.pop(0)
    return "\n".join(lines)


def _is_frame(line: str) -> bool:
    return marks.is_button(line) and marks.has_button_word(line)
