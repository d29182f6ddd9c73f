"""An HTML page flattened: its elements in document order as numbers, its visible text as pieces and lines.

Everything that reads a page works on these arrays, so nothing recurses and no part of a page is walked twice:
a subtree is a range of elements (`node .. end`) and a range of pieces (`first .. last`).

>>> page = flatten(parse("<h1>A</h1><p>b <i>c</i><br>d"))
>>> page.lines
['A', 'b c', 'd']
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import lru_cache
from sys import intern
from typing import Any

from lxml import etree, html

Element = Any
"""An lxml element; lxml carries no types."""

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "noscript",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
HIDDEN = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "iframe",
        "svg",
        "canvas",
        "object",
        "select",
        "textarea",
        "option",
        "math",
        "noframes",
        "audio",
        "video",
    ]
)
MAX_DEPTH = 256
"""Deeper elements are read as if they stood at this depth; no page that a person wrote is deeper."""
_SHORT = 32
"""Characters of a piece of text that is likely to stand on the page more than once."""
_ROW, _PARTS = 2, 2
"""So many of the page's own elements, each with so many elements inside, that stand beside each other are records rather than words."""
_ONE_CLASS = etree.ElementDefaultClassLookup(element=html.HtmlElement)
"""lxml's own table of classes is asked in Python for each element; forms and their fields need no class here."""
_VARIANTS = frozenset(
    ["odd", "even", "alt", "thread-odd", "thread-even", "thread-alt", "first", "last", "active", "clearfix", "clear", "hidden"]
)
_SPEAKING = ("class", "id", "itemprop", "rel", "data-testid", "data-test")
_NOTHING: Mapping[str, str] = {}
_NUMBERS = re.compile(r"[0-9a-f]*\d[0-9a-f]{7,}|\d+")


def encoded(markup: str) -> bytes:
    """What lxml reads: UTF-8 without null characters, at which it would stop."""
    return markup.replace("\x00", "").encode("utf-8", "replace")


def parse(markup: str | bytes) -> Element | None:
    """The root element of a page or of its `encoded` text; None where it holds none. As broken as the web's markup may be."""
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, collect_ids=False)
    parser.set_element_class_lookup(_ONE_CLASS)
    data = encoded(markup) if isinstance(markup, str) else markup
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, ValueError):
        return None
    if b"shadowroot" in data or b"srcdoc" in data:
        _unwrap(root, parser)
    return root


def _unwrap(root: Element, parser: html.HTMLParser) -> None:
    """Makes visible what a saved page holds of its components and frames: shadow trees in templates, frames' documents in attributes."""
    for shadow in [*root.iter("template")]:
        if shadow.get("shadowrootmode") or shadow.get("shadowroot"):
            shadow.tag = "div"
    for frame in [*root.iter("iframe")]:
        if written := frame.attrib.pop("srcdoc", ""):
            with suppress(etree.ParserError, ValueError):
                body = html.document_fromstring(encoded(written), parser=parser).find("body")
                if body is not None:
                    body.tag, body.tail = "div", frame.tail
                    frame.getparent().replace(frame, body)


def _numbers() -> array[int]:
    """An empty array: a list of so many numbers takes ten times the memory."""
    return array("i")


@dataclass(slots=True)
class Page:
    """Elements by number in document order. `parent[0]` is -1."""

    root: Element
    hidden: frozenset[str] = HIDDEN
    tags: list[str] = field(default_factory=list)
    attributes: list[Mapping[str, str]] = field(default_factory=list)
    """Elements that say the same share one mapping. No lxml element is kept: each would take more than all its entries here."""
    kind: array[int] = field(default_factory=_numbers)
    """One number for elements of the same tag that say the same."""
    kind_says: list[Mapping[str, str]] = field(default_factory=list)
    parent: array[int] = field(default_factory=_numbers)
    depth: array[int] = field(default_factory=_numbers)
    end: array[int] = field(default_factory=_numbers)
    """The element behind the subtree: descendants of i are i + 1 .. end[i] - 1."""
    first: array[int] = field(default_factory=_numbers)
    last: array[int] = field(default_factory=_numbers)
    """Pieces of the subtree: first[i] .. last[i] - 1."""
    texts: list[str] = field(default_factory=list)
    """Pieces of text with single spaces; a space at an end is kept."""
    owner: array[int] = field(default_factory=_numbers)
    """Element that each piece stands in directly."""
    line_of: array[int] = field(default_factory=_numbers)
    lines: list[str] = field(default_factory=list)
    line_first: array[int] = field(default_factory=_numbers)
    """First piece of each line."""
    too_deep: bool = False
    _keys: list[tuple[str, ...] | None] = field(default_factory=list)
    _words: list[str | None] = field(default_factory=list)
    _slots: array[int] = field(default_factory=_numbers)
    """For each element the number of its slot; -1: nobody has asked yet."""
    _slot_names: list[str] = field(default_factory=list)
    _slot_numbers: dict[str, int] = field(default_factory=dict)
    _index: dict[str, array[int]] = field(default_factory=dict)
    _choices: dict[str, array[int]] = field(default_factory=dict)
    _named: list[str] = field(default_factory=list)
    """Names of attributes."""
    _short: dict[str, str] = field(default_factory=dict)
    """Short pieces, while the page is flattened: names, buttons and dates repeat."""
    _look: str = ""
    _lengths: array[int] = field(default_factory=_numbers)

    def classes(self, node: int) -> tuple[str, ...]:
        """Class names in lower case, numbers as "0", without those that only count ("odd", "first")."""
        return _classes(self.attributes[node].get("class", "")[:400])

    def keys(self, node: int) -> tuple[str, ...]:
        """What the element can be recognised by in another record: tag with each class, the pattern of its id, its item property."""
        kind = self.kind[node]
        found = self._keys[kind]
        if found is None:
            said = self.attributes[node]
            name = _NUMBERS.sub("0", name[:100].lower()) if (name := said.get("id", "")) and any(map(str.isdigit, name)) else ""
            found = self._keys[kind] = _keys(self.tags[node], self.classes(node), name, said.get("itemprop", "")[:60].lower())
        return found

    def style(self, node: int) -> str:
        """All that the element's look hangs on, as one string; the tag alone where it has no class."""
        return _joined(self.keys(node))

    def slot(self, node: int) -> str:
        """The element's style and its parent's."""
        number = self._slots[node]
        if number < 0:
            parent = self.parent[node]
            name = f"{self.style(node)}<{self.style(parent) if parent >= 0 else ''}"
            number = self._slots[node] = self._slot_numbers.setdefault(name, len(self._slot_names))
            if number == len(self._slot_names):
                self._slot_names.append(name)
        return self._slot_names[number]

    def words(self, node: int) -> str:
        """Class, id, item property and rel as one lower-case string: where authors of pages say what an element is."""
        kind = self.kind[node]
        found = self._words[kind]
        if found is None:
            said = self.attributes[node]
            found = self._words[kind] = " ".join(filter(None, map(said.get, _SPEAKING))).lower()[:400] if said else ""
        return found

    def having(self, key: str) -> Sequence[int]:
        """Elements by tag ("a"), class (".a") or attribute ("[a"), in page order."""
        if not self._index:
            index = self._index = defaultdict(_numbers, self._index)
            named: dict[str, array[int]] = defaultdict(_numbers)
            classed: dict[str, list[array[int]]] = {}
            for node, (tag, said) in enumerate(zip(self.tags, self.attributes, strict=True)):
                index[tag].append(node)
                for name in said:
                    named[name].append(node)
                if value := said.get("class"):
                    if value not in classed:
                        classed[value] = [index[f".{name}"] for name in set(value.split())]
                    for nodes in classed[value]:
                        nodes.append(node)
            index.update((f"[{name}", nodes) for name, nodes in named.items())
        return self._index.get(key, ())

    def attributes_like(self, pattern: re.Pattern[str]) -> list[str]:
        """The names of attributes on the page that match a pattern as a whole."""
        if not self._named:
            self.having("")
            self._named = [key[1:] for key in self._index if key[0] == "["]
        return [name for name in self._named if pattern.fullmatch(name)]

    def choice(self, name: str, test: Callable[[Page, int], bool], *, shown: bool = True) -> Sequence[int]:
        """The elements (`shown`: those that show words) that pass a test of tag and attributes, in page order; asked once for each name."""
        if name not in self._choices:
            passes: list[bool | None] = [None] * len(self.kind_says)
            found = self._choices[name] = array("i")
            for node, kind in enumerate(self.kind):
                if shown and self.first[node] == self.last[node]:
                    continue
                if passes[kind] is None:
                    passes[kind] = test(self, node)
                if passes[kind]:
                    found.append(node)
        return self._choices[name]

    @property
    def look(self) -> str:
        """All classes and ids of the page as one string, to tell in no time what cannot be on it."""
        if not self._look:
            self._look = "\n".join({said[name] for said in self.kind_says for name in ("class", "id") if name in said})
        return self._look

    def ancestors(self, node: int) -> Iterable[int]:
        """From the parent up to the root."""
        node = self.parent[node]
        while node >= 0:
            yield node
            node = self.parent[node]

    def children(self, node: int) -> list[int]:
        found, at = [], node + 1
        while at < self.end[node]:
            found.append(at)
            at = self.end[at]
        return found

    def holds(self, outer: int, inner: int) -> bool:
        return outer <= inner < self.end[outer]

    def text(self, node: int) -> str:
        """The visible text of a subtree in one line."""
        first, last = self.first[node], self.last[node]
        return self.texts[first].strip() if last - first == 1 else self.join(range(first, last)).replace("\n", " ")

    def join(self, pieces: Iterable[int]) -> str:
        """Pieces as text, one line per line of the page."""
        texts, line_of = self.texts, self.line_of
        lines: list[str] = []
        line = -1
        for at in pieces:
            if line_of[at] == line:
                lines[-1] += texts[at]
            else:
                lines.append(texts[at])
                line = line_of[at]
        return "\n".join(kept for text in lines if (kept := " ".join(text.split())))

    def size(self, node: int) -> int:
        """Characters of text in a subtree."""
        if not self._lengths:
            total = 0
            self._lengths.append(0)
            for text in self.texts:
                total += len(text)
                self._lengths.append(total)
        return self._lengths[self.last[node]] - self._lengths[self.first[node]]

    def elements(self, nodes: Collection[int]) -> Iterator[Element]:
        """The elements of the tree in page order; nothing may have been taken out of it before."""
        wanted = frozenset(nodes)
        visible = zip(range(max(wanted, default=-1) + 1), _visible(self.root, self.hidden), strict=False)
        return (element for number, element in visible if number in wanted)

    def clear(self) -> None:
        """Give back all memory but the tree's."""
        empty = Page(self.root, self.hidden)
        for each in fields(self):
            setattr(self, each.name, getattr(empty, each.name))

    def paths(self, nodes: Sequence[int]) -> list[str]:
        """The XPath of each element."""
        path = self.root.getroottree().getpath
        found = dict(zip(sorted(set(nodes)), map(path, self.elements(nodes)), strict=True))
        return [found[node] for node in nodes]

    def node_of(self, pieces: Sequence[int]) -> int:
        """The deepest element that holds all pieces."""
        node = self.owner[pieces[0]]
        while self.last[node] <= pieces[-1] or self.first[node] > pieces[0]:
            node = self.parent[node]
        return node

    def before(self, node: int, most: int) -> list[int]:
        """The last filled lines before an element, nearest first."""
        line = self.line_of[self.first[node]] if self.first[node] < len(self.texts) else len(self.lines)
        return list(range(line - 1, max(line - 1 - most, -1), -1))


def mean(values: Iterable[float]) -> float:
    """The arithmetic mean; that of `statistics` adds exact fractions and costs a tenth of a page's time."""
    given = list(values)
    return sum(given) / len(given)


@lru_cache(maxsize=1 << 12)
def _classes(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shape(name) for name in value.lower().split() if name not in _VARIANTS))


@lru_cache(maxsize=1 << 12)
def _keys(tag: str, classes: Sequence[str], name: str, item: str) -> tuple[str, ...]:
    """One object for all elements that look alike: large pages have few looks."""
    found = [f"{tag}.{each}" for each in classes]
    if name:
        found.append(f"{tag}#{name}")
    if item:
        found.append(f"{tag}[{item}]")
    return tuple(found) or (tag,)


@lru_cache(maxsize=1 << 12)
def _joined(keys: tuple[str, ...]) -> str:
    return " ".join(keys)


@lru_cache(maxsize=1 << 12)
def shape(name: str) -> str:
    """A name with its numbers masked: "comment-4711" and "comment-12" are one."""
    return _NUMBERS.sub("0", name)


class _Kinds:
    """Numbers the elements of a page by tag and attributes."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.said: list[Mapping[str, str]] = []
        """The attributes of each kind."""
        self.numbers: dict[tuple[Any, ...], int] = {}
        """(tag, attribute and value, ...) -> its kind."""
        self._values: dict[str, str] = {}

    def add(self, key: tuple[Any, ...]) -> int:
        """A new kind; attributes with an id are of no further element, so that their key is not kept."""
        tag, *items = key
        kind, share = len(self.said), self._values.setdefault
        said = {intern(name): share(value, value) for name, value in items} if items else _NOTHING
        self.tags.append(intern(tag))
        self.said.append(said)
        if "id" not in said:
            self.numbers[key] = kind
        return kind


def flatten(root: Element, *, hidden: frozenset[str] = HIDDEN) -> Page:
    """The arrays of a page. Text that no reader sees (scripts, styles, form fields) is left out."""
    page = _flattened(root, hidden, BLOCKS)
    own = _own_blocks(page)
    return _flattened(root, hidden, BLOCKS | own) if own else page


def _own_blocks(page: Page) -> set[str]:
    """The page's own elements (a "-" in the tag) that are blocks: those that hold a block, and those that stand in a row as records do."""
    if not any("-" in tag for tag in set(page.tags)):
        return set()
    own = [node for node, tag in enumerate(page.tags) if "-" in tag]
    blocks = [node for node, tag in enumerate(page.tags) if tag in BLOCKS]
    found = {page.tags[node] for node in own if bisect_left(blocks, node) < bisect_left(blocks, page.end[node])}
    rows = Counter((page.parent[node], page.tags[node]) for node in own if page.end[node] - node > _PARTS)
    return found | {tag for (_, tag), size in rows.items() if size >= _ROW}


def _flattened(root: Element, hidden: frozenset[str], blocks: Collection[str]) -> Page:
    """As `flatten`, with these tags as blocks."""
    page, kinds = Page(root, hidden), _Kinds()
    known, texts, end, last = kinds.numbers.get, page.texts, page.end, page.last
    path = [-1]
    skipped, breaks = False, True
    add_kind, add_parent, add_depth, add_first = page.kind.append, page.parent.append, page.depth.append, page.first.append
    add_end, add_last = end.append, last.append  # bound once: this loop is a tenth of a page's time
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            tag = element.tag
            if tag in hidden or not isinstance(tag, str):
                walk.skip_subtree()
                skipped = True  # its end comes next
                continue
            key = (tag, *element.items())
            kind = known(key)
            add_kind(kinds.add(key) if kind is None else kind)
            number = len(end)
            add_parent(path[-1])
            add_depth(len(path) - 1)
            add_first(len(texts))
            add_end(number + 1)
            add_last(len(texts))
            path.append(number)
            text = element.text
            if tag in blocks:
                breaks = True
        else:
            if skipped:
                skipped = False
            else:
                number = path.pop()
                end[number] = len(end)
                last[number] = len(texts)
                if element.tag in blocks:
                    breaks = True
            number, text = path[-1], element.tail
        if text and number >= 0 and not (breaks and text.isspace()):
            breaks = _add(page, text, number, breaks=breaks)
    page.kind_says = kinds.said
    page.tags, page.attributes = [kinds.tags[kind] for kind in page.kind], [kinds.said[kind] for kind in page.kind]
    page._keys, page._words = [None] * len(kinds.said), [None] * len(kinds.said)
    page._slots = array("i", [-1]) * len(end)
    page.too_deep = max(page.depth, default=0) > MAX_DEPTH
    page.lines = _lines(page)
    page._short.clear()
    return page


def _visible(root: Element, hidden: frozenset[str]) -> Iterator[Element]:
    """The elements that a page of these hidden tags numbers."""
    walk = etree.iterwalk(root, events=("start",))
    for _, element in walk:
        if not isinstance(element.tag, str) or element.tag in hidden:
            walk.skip_subtree()
        else:
            yield element


def _add(page: Page, text: str, owner: int, *, breaks: bool) -> bool:
    """Store a piece; whether a line break is still due."""
    bare = " ".join(text.split())
    if not bare:
        if not breaks and page.texts and not page.texts[-1].endswith(" "):
            page.texts[-1] += " "
        return breaks
    line = page.line_of[-1] if page.line_of else -1
    if breaks or line < 0:
        line += 1
        page.line_first.append(len(page.texts))
    piece = f"{' ' if text[0].isspace() else ''}{bare}{' ' if text[-1].isspace() else ''}"
    page.texts.append(page._short.setdefault(piece, piece) if len(piece) <= _SHORT else piece)
    page.owner.append(owner)
    page.line_of.append(line)
    return False


def _lines(page: Page) -> list[str]:
    texts, ends = page.texts, [*page.line_first[1:], len(page.texts)]
    return [
        texts[low].strip() if high - low == 1 else " ".join("".join(texts[low:high]).split())
        for low, high in zip(page.line_first, ends, strict=False)
    ]


def piece_at(page: Page, line: int, offset: int) -> int:
    """The piece that holds the character `offset` of a line."""
    low = page.line_first[line]
    high = page.line_first[line + 1] if line + 1 < len(page.line_first) else len(page.texts)
    seen, blank, starts = 0, True, []
    for at in range(low, high):  # spaces are squeezed across pieces, as in the line
        starts.append(seen)
        for char in page.texts[at]:
            if char != " " or not blank:
                seen += 1
            blank = char == " "
    return low + max(bisect_left(starts, offset + 1) - 1, 0)
