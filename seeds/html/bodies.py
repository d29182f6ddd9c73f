"""The text of each record: the element that holds most of it in all records, without the page's frame around it."""

from __future__ import annotations

import re
import tomllib
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate, chain, groupby, islice

from seeds import marks
from seeds.html.authors import MOST_INITIALS, Named, is_initials
from seeds.html.records import Record
from seeds.html.tree import Page, mean

Places = Sequence[Sequence[int]]
"""For each record the elements that a rule names in it."""


@dataclass(frozen=True, slots=True)
class _Noise:
    """Short lines, digits and the author's name masked, that stand in most records."""

    times: Mapping[str, int]
    """In how many records each stands."""
    printed: int
    """A line that stands in as many is the page's; one in fewer may be all that a comment says ("Thanks!")."""


_MIN_FIRST = 3
"""Characters of a first name that no other word is likely to hold."""
_MAX_NOISE = 120
_SHARED = 3
"""One name in so many on a line of text, and all stand on such."""
_HEAD = 4
"""Pieces of a record among which the letters of a person without a picture stand."""
_BESIDE = 40
"""Characters beside a name on its line that may be a rank and buttons."""
_SAID = 12
"""Characters beside name and time, on the mean, that are words rather than "5 min"."""
_DIGITS = re.compile(r"\d+")
_RULES = tomllib.loads(files("seeds").joinpath("rules/classes.toml").read_text(encoding="utf-8"))["body"]
_INLINE, _FORMS = frozenset(_RULES["inline"]), frozenset(_RULES["forms"])
_BODY = re.compile(rf"(?:^|[\s_-])(?:{'|'.join(_RULES['classes'])})(?:$|[\s_-])")
_FRAME = re.compile(rf"signature?(?:$|[\s_-])|(?:^|[\s_-])(?:{'|'.join(_RULES['frame'])})(?:$|[\s_-])")


def texts(page: Page, records: Sequence[Record], names: Sequence[Named], given: Places | None) -> list[tuple[str, str]]:
    """Text and header of each record."""
    bodies = given or [()] * len(records)
    shared = _SHARED * sum(_is_in_text(page, node, name) for node, name, _ in names) > len(names)
    apart = [_without_head(page, record, node, name, shared) for record, (node, name, _) in zip(records, names, strict=True)]
    if 2 * sum(not pieces for pieces in apart) > len(apart) and 2 * sum(node is not None for node, _, _ in names) > len(apart):
        beside = [_without_fields(page, record, node) for record, (node, _, _) in zip(records, names, strict=True)]
        if mean(len(page.join(pieces)) for pieces in beside) >= _SAID:  # all on one line
            apart = beside
    forms = _empty_forms(page, records, apart)
    rest = [_without_frame(page, *each, forms) for each in zip(records, apart, bodies, strict=True)]
    chosen, named = (given, True) if given is not None else _slot_nodes(page, records, names, rest)
    noise = _noise(page, rest, [name for _, name, _ in names])
    found = []
    for record, pieces, nodes, (name_node, name, _) in zip(records, rest, chosen, names, strict=True):
        alone = [node for node in nodes if _is_alone(page, record, node, name_node)]
        body: Sequence[int] = pieces
        if nodes or given is not None:
            own = _without_frame(page, record, record.own, nodes, forms)
            body = sorted({at for node in nodes for at in _inside(page, node, own if node in alone else pieces)})
        if not named or not alone or alone != nodes:
            text = _tidy(page, body, noise, name)
        else:
            text = page.join(body if given is not None else _without_links(page, body, noise, name))
        inside = set(body)
        header = page.join(at for at in record.own if at not in inside)
        found.append((text, header))
    return found


def _is_alone(page: Page, record: Record, node: int, name_node: int | None) -> bool:
    """Whether an element holds neither the record's name nor its time, though they may be on the same line."""
    return not any(page.holds(node, other) for other in (name_node, record.time.node if record.time else None) if other is not None)


def _inside(page: Page, node: int, pieces: array[int]) -> array[int]:
    return pieces[bisect_left(pieces, page.first[node]) : bisect_left(pieces, page.last[node])]


def _is_in_text(page: Page, node: int | None, name: str | None) -> bool:
    """Whether a name stands on a line that holds much more."""
    return node is not None and name is not None and len(page.lines[page.line_of[page.first[node]]]) > len(name) + _BESIDE


def _without_head(page: Page, record: Record, node: int | None, name: str | None, shared: bool) -> array[int]:
    """A record's pieces without author and time and the lines around them; `shared`: the page's names stand on lines of the text."""
    gone: set[int] = set()
    time = record.time
    if time is not None and time.line < len(page.lines):
        gone |= _of_line(page, time.line) if len(page.lines[time.line]) <= 120 else set(range(time.begin, time.end))
    gone.update(at for at in record.own[:_HEAD] if len(page.texts[at]) <= MOST_INITIALS and is_initials(page, at))
    if node is not None and name:
        whole = not shared and not _is_in_text(page, node, name)
        gone |= _of_line(page, page.line_of[page.first[node]]) if whole else set(range(page.first[node], page.last[node]))
    return array("i", (at for at in record.own if at not in gone))


def _without_fields(page: Page, record: Record, node: int | None) -> array[int]:
    """A record's pieces without author and time alone."""
    time = record.time
    gone = set(range(time.begin, time.end)) if time is not None and time.line < len(page.lines) else set()
    if node is not None:
        gone.update(range(page.first[node], page.last[node]))
    return array("i", (at for at in record.own if at not in gone))


def _empty_forms(page: Page, records: Sequence[Record], rest: Sequence[array[int]]) -> frozenset[str]:
    """The tags that hold no words of comments: not <form> where forms, each with words of its own, hold most of the records' words."""
    forms = page.having("form")
    held: dict[str, int] = {}
    total = 0
    for record, pieces in zip(records, rest, strict=True) if forms else ():
        lengths = _lengths(page, pieces)
        total += lengths[-1]
        held |= {page.text(node): _held(page, node, pieces, lengths) for node in record.among(forms)}
    return _FORMS if 2 * sum(held.values()) <= total else _FORMS - {"form"}


def _without_frame(page: Page, record: Record, pieces: array[int], bodies: Sequence[int], forms: Collection[str]) -> array[int]:
    """Without the elements whose tag or class says that they are no words of the comment, unless they hold its body or most of it."""
    gone: set[int] = set()
    lengths = _lengths(page, pieces)
    for node in record.among(page.choice("frames", _is_frame_element)):
        if node == record.begin or any(page.holds(node, body) for body in bodies):
            continue
        if page.tags[node] in forms or (_is_frame_name(page.words(node)) and 2 * _held(page, node, pieces, lengths) < lengths[-1]):
            gone.update(range(page.first[node], page.last[node]))
    return array("i", (at for at in pieces if at not in gone)) if gone else pieces


def _is_frame_element(page: Page, node: int) -> bool:
    return page.tags[node] in _FORMS or _is_frame_name(page.words(node))


@lru_cache(maxsize=1 << 9)
def _is_frame_name(words: str) -> bool:
    return _FRAME.search(words) is not None


def _may_hold_text(page: Page, node: int) -> bool:
    """Whether an element is more than an inline one without a look of its own."""
    return page.tags[node] not in _INLINE or page.style(node) != page.tags[node]


def _of_line(page: Page, line: int) -> set[int]:
    high = page.line_first[line + 1] if line + 1 < len(page.line_first) else len(page.texts)
    return set(range(page.line_first[line], high))


def _slot_nodes(
    page: Page, records: Sequence[Record], names: Sequence[Named], rest: Sequence[Sequence[int]]
) -> tuple[list[list[int]], bool]:
    """The element that holds the text in each record, if one look holds most of it, else none for all; whether its class says "body"."""
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
    return found, best is not None and _says_body(page, held[best][1][0])


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


def _noise(page: Page, rest: Sequence[Sequence[int]], names: Sequence[str | None]) -> _Noise:
    seen: Counter[str] = Counter()
    for pieces, name in zip(rest, names, strict=True):
        lines = {page.line_of[at] for at in pieces}
        seen.update({_masked(page.lines[line], name) for line in lines if len(page.lines[line]) <= _MAX_NOISE})
    found = {line: times for line, times in seen.items() if times >= max(0.5 * len(rest), 3)}
    if not found:
        return _Noise({}, 1)
    silent = sum(
        all(_masked(page.lines[page.line_of[at]], name) in found for at in pieces) for pieces, name in zip(rest, names, strict=True)
    )
    return _Noise(found, max(found.values()) + (2 * silent >= len(rest)))


def _masked(line: str, name: str | None) -> str:
    """A line without what differs in it from record to record: numbers, the author's name or its first word ("Follow Ana")."""
    first = name.split()[0] if name and not name.isspace() else ""
    for own in (name, first if len(first) >= _MIN_FIRST else None):
        line = line.replace(own, "@") if own else line
    return _DIGITS.sub("0", line)


def _tidy(page: Page, pieces: Sequence[int], noise: _Noise, name: str | None) -> str:
    """Pieces as text: without noise, or with the rarest of it where all is noise; without buttons at the end and labels at the begin."""
    lines = _without_buttons(page.join(pieces).split("\n"))
    times = [noise.times.get(_masked(line, name), 0) for line in lines]
    least = min(times, default=0)
    if least >= noise.printed:
        return ""
    return "\n".join(_without_buttons([line for line, seen in zip(lines, times, strict=True) if seen == least]))


def _without_links(page: Page, pieces: Sequence[int], noise: _Noise, name: str | None) -> Sequence[int]:
    """A body that a class names without the buttons and headings at its ends, if they are links or stand in most records: else the
    commenter wrote them.
    """
    lines = [list(line) for _, line in groupby(pieces, key=page.line_of.__getitem__)]

    def is_cut(line: Sequence[int]) -> bool:
        text = page.join(line)
        repeated = len(lines) > 1 and _masked(text, name) in noise.times
        if _is_frame(text):
            return repeated or _is_linked(page, line)
        return repeated and (_is_linked(page, line) or marks.is_heading(text))

    while lines and is_cut(lines[-1]):
        lines.pop()
    while lines and is_cut(lines[0]):
        lines.pop(0)
    return list(chain.from_iterable(lines))


def _is_linked(page: Page, pieces: Sequence[int]) -> bool:
    """Whether all pieces stand in links, at most a few elements deep."""
    return all(any(page.tags[node] == "a" for node in (page.owner[at], *islice(page.ancestors(page.owner[at]), 3))) for at in pieces)


def _without_buttons(lines: Sequence[str]) -> Sequence[str]:
    begin, end = 0, len(lines)
    while begin < end and _is_frame(lines[end - 1]):
        end -= 1
    while begin < end and _is_frame(lines[begin]):
        begin += 1
    return lines[begin:end]


def _is_frame(line: str) -> bool:
    return marks.is_button(line) and marks.has_button_word(line)
