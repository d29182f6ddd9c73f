"""Which record answers which: as the page's structure says it. Each hint is a function of the same shape; the first that speaks decides.

of(page, records)  ->  for each record the position of its parent or None; None as a whole where the page shows no nesting
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, takewhile

from seeds.html.fields import Fields
from seeds.html.tree import Page

Parents = list[int | None]
_LEVEL = re.compile(
    r"(?:^|[\s_-]|tree)(?:depth|level|lvl|indent|nesting|nested|thread-?level|tier|generation|"
    r"niveau|ebene|stufe|livello|liv|nivel|n[ií]vel|poziom|uroven|seviye|szint|taso|niv[aå])[\s_-]?(\d{1,2})(?:$|[\s_-])",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"(?:^|[_-])(?:re|reply|replies|child|children|answer|nested|sub|response|antwort|odpowiedz|respuesta|risposta|reponse)(?:[_-]|$)"
)
_PARENT = re.compile(r"data-(?:\w+-)*?\w*(?:parent|repl(?:y|ies)-?to|answer-?to|antwort-?auf|risposta-?a)\w*(?:-\w+)*|parent-?id")
"""Attributes of a record that hold the id of the one it answers."""
_RESOLVED = 0.8
"""Share of what such an attribute names that must be records of the page."""
_IN_REPLY = re.compile(r"(?:^|\s)u-in-reply-to(?:$|\s)")
_LAST_NUMBER = re.compile(r"(\d+)\D*$")
_IDS = ("data-comment-id", "data-commentid", "data-post-id", "data-id", "id", "data-comment", "data-message-id", "thingid", "name")
"""Attributes that hold a record's id, surest first."""
_MAX_SPACER = 2
"""Pixels in height of a picture that is a spacer."""
_INDENT = re.compile(r"(?:margin|padding)-(?:left|inline-start)\s*:\s*(\d{1,4}(?:\.\d+)?)\s*(px|pt|em|ex|ch|rem|vw|%)", re.IGNORECASE)


def of(page: Page, read: Sequence[Fields]) -> Parents | None:
    """Positions of parents by the surest hint that the page gives."""
    for hint in _HINTS:
        if (found := hint(page, read)) is not None:
            return found
    return None


def by_containment(page: Page, read: Sequence[Fields]) -> Parents | None:
    """Records inside records."""
    parents: Parents = []
    open_: list[int] = []
    for at, item in enumerate(read):
        while open_ and read[open_[-1]].record.end <= item.record.begin:
            open_.pop()
        parents.append(open_[-1] if open_ else None)
        open_.append(at)
    return parents if any(parent is not None for parent in parents) else None


def by_reference(page: Page, read: Sequence[Fields]) -> Parents | None:
    """A link to the answered record, marked up as such: schema.org's parentItem, u-in-reply-to of microformats."""
    ids = owners(page, read)
    parents = [next((ids.get(target) for target in _references(page, item)), None) for item in read]
    return parents if any(parent is not None for parent in parents) else None


def by_attribute(page: Page, read: Sequence[Fields]) -> Parents | None:
    """The id of the answered record in an attribute of the record's element, or of one inside that shows whom it answers."""
    if not (names := page.attributes_like(_PARENT)):
        return None
    frames = [list(_frames(page, item)) for item in read]
    ids: dict[str, int] = {}
    for at, nodes in enumerate(frames):
        for node in nodes:
            for name, value in page.attributes[node].items():
                if (name in _IDS or name.endswith("id")) and not _PARENT.fullmatch(name) and any(map(str.isdigit, value)):
                    ids.setdefault(value, at)
                    ids.setdefault(last_number(value), at)
    for name in names:
        inside = page.having(f"[{name}")
        values = [next(_values(page, (*nodes, *item.record.among(inside)), name), "") for nodes, item in zip(frames, read, strict=True)]
        known = [ids.get(value, ids.get(last_number(value))) for value in values]
        parents = [None if parent == at else parent for at, parent in enumerate(known)]
        named = sum(value.strip(" 0") not in ("", "null", "none") for value in values)
        if any(parent is not None for parent in parents) and sum(parent is not None for parent in parents) >= _RESOLVED * named:
            return parents
    return None


def _values(page: Page, nodes: Iterable[int], name: str) -> Iterator[str]:
    return (page.attributes[node][name] for node in nodes if name in page.attributes[node])


def owners(page: Page, read: Sequence[Fields]) -> dict[str, int]:
    """The record that each element's id stands in."""
    found: dict[str, int] = {}
    for at, item in enumerate(read):
        for node in item.record.among(page.having("[id")):
            if name := page.attributes[node].get("id"):
                found.setdefault(name, at)
    return found


def _references(page: Page, item: Fields) -> Iterator[str]:
    for node in item.record.nodes():
        said = page.attributes[node]
        if said.get("itemprop") == "parentItem" or _IN_REPLY.search(said.get("class") or "") or said.get("rel") == "in-reply-to":
            _, _, name = (said.get("href") or said.get("itemid") or "").partition("#")
            if name:
                yield name


def refined(parents: Parents, links: Sequence[tuple[int, str] | None]) -> Parents:
    """Parents by nesting, where pages nest one level and name with a link which of a branch's answers an answer answers."""
    roots = [_root(parents, at) for at in range(len(parents))]
    return [
        parent if parent is None or link is None or roots[link[0]] != roots[at] else link[0]
        for at, (parent, link) in enumerate(zip(parents, links, strict=True))
    ]


def _root(parents: Parents, at: int) -> int:
    """The record at the top of a branch; attributes may name each other in a circle, which `seeds.replies` opens later."""
    seen = {at}
    while (above := parents[at]) is not None and above not in seen:
        seen.add(above)
        at = above
    return at


def last_number(text: str) -> str:
    """The digits that stand last in an id; "" where it has none."""
    match = _LAST_NUMBER.search(text)
    return match[1] if match else ""


def by_level(page: Page, read: Sequence[Fields]) -> Parents | None:
    """A number for the level in a class name or attribute of the record."""
    return _stacked([_level_of(page, item) for item in read])


def _frames(page: Page, item: Fields) -> Iterator[int]:
    """The record's element and those around it that hold nothing else."""
    record = item.record
    yield record.begin
    for node in page.ancestors(record.begin):
        if (page.first[node], page.last[node]) != (record.first, record.last):
            return
        yield node


def _level_of(page: Page, item: Fields) -> float | None:
    """What the nearest element says that the record is or begins."""
    begun = takewhile(lambda node: page.first[node] == item.record.first, page.ancestors(item.record.begin))
    return next((level for node in (item.record.begin, *begun) if (level := _level(page, node)) is not None), None)


def _level(page: Page, node: int) -> float | None:
    said = page.attributes[node]
    for name in ("data-depth", "data-level", "aria-level", "indent", "data-indent"):
        if (value := said.get(name)) and value.strip().isdigit():
            return float(value)
    match = _LEVEL.search(said.get("class") or "")
    return float(match[1]) if match else None


def by_class(page: Page, read: Sequence[Fields]) -> Parents | None:
    """One level of answers, which have a class more than comments: "comment" and "comment comment--reply"."""
    looks = [set(page.classes(item.record.begin)) for item in read]
    if not looks or not looks[0] or not all(looks[0] <= look for look in looks):
        return None
    answers = [any(map(_ANSWER.search, look - looks[0])) for look in looks]
    return _stacked([float(answer) for answer in answers]) if any(answers) else None


def by_indent(page: Page, read: Sequence[Fields]) -> Parents | None:
    """Margin, padding or the width of a spacer in front of the record; pages say none where it is nothing."""
    indents = [_indent(page, item) for item in read]
    given = [indent for indent in indents if indent is not None]
    return _stacked([indent or 0.0 for indent in indents]) if len(given) > 1 and (len(set(given)) > 1 or min(given) > 0) else None


def _indent(page: Page, item: Fields) -> float | None:
    for node in [*_frames(page, item), *_first_inside(page, item)]:
        said = page.attributes[node]
        if (match := _INDENT.search(said.get("style") or "")) is not None:
            return float(match[1])
        if page.tags[node] == "img" and page.first[node] == item.record.first and (width := _spacer(said)) is not None:
            return width
        if (value := said.get("indent")) and value.isdigit():
            return float(value)
    return None


def _spacer(image: Mapping[str, str]) -> float | None:
    """The width of a picture that only keeps a distance: as high as a line of dots, unlike a face."""
    width, height = image.get("width") or "", image.get("height") or "0"
    return float(width) if width.isdigit() and height.isdigit() and int(height) <= _MAX_SPACER else None


def _first_inside(page: Page, item: Fields) -> Sequence[int]:
    """Elements of the record before its first words."""
    found: list[int] = []
    for node in item.record.nodes():
        if page.first[node] > item.record.first or len(found) > 12:
            break
        found.append(node)
    return found[1:]


def by_depth(page: Page, read: Sequence[Fields]) -> Parents | None:
    """Depth in the tree: answers stand in a list inside or behind the answered record's sibling."""
    depths = [page.depth[item.record.begin] for item in read]
    steps = [after - before for before, after in pairwise(depths) if after > before]
    if not steps or depths[0] != min(depths) or len(set(steps)) > 1:
        return None
    return _stacked([float(depth) for depth in depths])


def by_one_level(page: Page, read: Sequence[Fields]) -> Parents | None:
    """All on one level, where each record tells its level: the page could nest them and does not."""
    known = [_level_of(page, item) is not None for item in read]
    return [None] * len(read) if known and all(known) else None


def _stacked(levels: Sequence[float | None]) -> Parents | None:
    """The parent is the last record before that stands less deep."""
    known = [level for level in levels if level is not None]
    if len(known) < 0.9 * len(levels) or len(set(known)) < 2 or (levels[0] or 0) > min(known):
        return None
    parents: Parents = []
    open_: list[tuple[float, int]] = []
    for at, level in enumerate(levels):
        value = min(known) if level is None else level
        while open_ and open_[-1][0] >= value:
            open_.pop()
        parents.append(open_[-1][1] if open_ else None)
        open_.append((value, at))
    return parents


def own_id(page: Page, item: Fields) -> str | None:
    """The page's own id of a record: of the element, of an attribute made for it, of an anchor in its header."""
    for frame in _frames(page, item):
        said = page.attributes[frame]
        for name in _IDS:
            if (value := said.get(name)) and any(map(str.isdigit, value)):
                return str(value)[:100]
    for node in _first_inside(page, item)[:6]:
        for name in ("id", "name"):
            if (value := page.attributes[node].get(name)) and any(map(str.isdigit, value)):
                return str(value)[:100]
    return None


_HINTS: tuple[Callable[[Page, Sequence[Fields]], Parents | None], ...] = (
    by_reference,
    by_attribute,
    by_level,
    by_containment,
    by_indent,
    by_depth,
    by_class,
    by_one_level,
)
