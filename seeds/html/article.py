"""The article of a page: title, text, author, day. The comments are cut out before the text is read."""

from __future__ import annotations

import logging
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, compress, islice
from typing import Any

from lxml import etree

from seeds import bylines, dates, prose
from seeds.html import linked_data, records, scripts, times
from seeds.html.fields import Fields
from seeds.html.select import Step, fits, select, selector
from seeds.html.tree import Element, Page

_MAX_NODES = 60_000
"""Larger or deeper trees are read by lines: trafilatura takes more than linear time."""
_MAX_TITLE = 300
_PARAGRAPH = 60
"""Characters of a line that is the article's words rather than what stands above them."""
_SITE = re.compile(r"\s+[|•·–—»-]\s+[^|•·–—»]{2,60}$")
_NAMED = ("date", "Date", "DATE", "dc.date", "DC.date.issued", "dcterms.created", "pubdate", "publish-date", "parsely-pub-date")
_PUBLISHED = (
    ("meta[property=article:published_time]", "content"),
    ("meta[itemprop=datePublished]", "content"),
    (", ".join(f"meta[name={name}]" for name in (*_NAMED, "sailthru.date", "cXenseParse:recs:publishtime")), "content"),
    ("[itemprop=datePublished][datetime]", "datetime"),
    ("time[pubdate][datetime]", "datetime"),
    ("article time[class*=publish][datetime], article time[class*=entry-date][datetime]", "datetime"),
    (".published[title]", "title"),
)
_AUTHOR = (
    ("meta[name=author]", "content"),
    ("meta[property=article:author]", "content"),
    ("[itemprop=author] [itemprop=name]", ""),
    ("[rel=author]", ""),
    (".author.vcard .fn", ""),
    (".byline a", ""),
)
_NAME = (("meta[property=og:title]", "content"), ("meta[name=twitter:title]", "content"))
_SITE_NAME = (("meta[property=og:site_name]", "content"), ("meta[name=application-name]", "content"))
_URL = (("link[rel=canonical][href^=http]", "href"), ("meta[property=og:url]", "content"))
"""Selectors, tried in order, with the attribute that says it; "" = the element's text."""
_COMMENTS = selector("[itemtype$=/Comment], [itemtype$=/UserComments], [itemtype$=/Review]")


_WORDLESS = (
    "nav",
    "aside",
    "footer",
    "menu",
    "noscript",
    "style",
    "svg",
    "template",
    "iframe",
    "object",
    "canvas",
    "audio",
    "video",
    "input",
    "button",
    "select",
    "textarea",
    "link",
    "meta",
    "img",
)
"""Elements that trafilatura would copy several times before it drops them."""
Rules = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Head:
    """What the page says of its article beside the text."""

    title: str | None
    author: str | None
    published_at: str | None
    url: str | None


_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that lxml reads out of a page but does not let be written back."""


def head(page: Page, cut: Sequence[int] = ()) -> Head:
    """Title, author and day by the page's own statements: meta elements, JSON-LD, headings. What the elements `cut` say is of comments."""
    said = _Said(page, cut)
    data = linked_data.subject(page.root)
    return Head(
        title=_title(page, said, data),
        author=said.first(_AUTHOR, unlike="http") or _flat(linked_data.author(data) or "") or None,
        published_at=_day(said, data),
        url=said.first(_URL),
    )


def published_at(page: Page) -> str | None:
    """The article's day alone."""
    return _day(_Said(page, ()), linked_data.subject(page.root))


class _Said:
    """What elements say of the article, be they visible or not."""

    def __init__(self, page: Page, cut: Sequence[int]) -> None:
        self.page = page
        heads = (element for outer in page.root.iter("head") for element in outer.iter("meta", "link"))
        inside = (element for outer in page.root.iter("noscript") for element in outer.iter())
        self.hidden = [*heads, *inside]
        self.saying: dict[tuple[str, str], list[int]] = defaultdict(list)
        """(Attribute, value) -> the places of the hidden elements that say so."""
        for at, element in enumerate(self.hidden):
            for pair in element.items():
                self.saying[pair].append(at)
        self.begins, self.ends = _of_others(page, cut)

    def first(self, rules: Rules, unlike: str = "\n") -> str | None:
        """The first rule's value that is not too long."""
        return next((text for value in self.values(rules, unlike) if (text := _flat(value)) and len(text) <= _MAX_TITLE), None)

    def values(self, rules: Rules, unlike: str = "\n") -> Iterator[str]:
        """For each rule the first value that does not begin with `unlike`."""
        for css, attribute in rules:
            chosen = _selector(css)
            shown = self.page.elements([node for node in select(self.page, chosen) if self._is_own(node)])
            hidden = (self.hidden[at] for at in sorted({at for steps in chosen for at in self._hidden(steps)}))
            found = chain(hidden, shown) if chosen[0][-1].tag in ("meta", "link") else chain(shown, hidden)
            texts = ((element.get(attribute) if attribute else "".join(element.itertext())) for element in found)
            yield from islice((text for text in texts if text is not None and not text.startswith(unlike)), 1)

    def _hidden(self, steps: Sequence[Step]) -> Iterator[int]:
        """Places of the hidden elements that fit one alternative of a selector."""
        said = next(((name, value) for name, sign, value in steps[-1].tests if sign == "="), None)
        places = self.saying.get(said, ()) if said else range(len(self.hidden))
        return (at for at in places if fits(self.hidden[at], steps))

    def _is_own(self, node: int) -> bool:
        at = bisect_right(self.begins, node) - 1
        return at < 0 or node >= self.ends[at]


_selector = cache(selector)


def _of_others(page: Page, cut: Sequence[int]) -> tuple[list[int], list[int]]:
    """Where the ranges of elements that speak of comments begin and end. A review with the page's heading in it is the article."""
    headings = page.having("h1")
    marked = [node for node in select(page, _COMMENTS) if bisect_left(headings, node) == bisect_left(headings, page.end[node])]
    begins: list[int] = []
    for node in sorted({*cut, *marked}):
        if not begins or node >= page.end[begins[-1]]:
            begins.append(node)
    return begins, [page.end[node] for node in begins]


def _title(page: Page, said: _Said, data: Mapping[str, Any]) -> str | None:
    sites = _sites(page, said)
    headings = (_flat("".join(node.itertext())) for node in islice(page.root.iter("h1"), 20))
    shown = [text for text in headings if text and text.casefold() not in sites]
    named = said.first(_NAME) or _flat(str(data.get("headline") or data.get("name") or ""))
    title = _flat(page.root.findtext(".//title") or "")
    named, whole = ("" if text.casefold() in sites else text for text in (named, title))
    for text in shown:  # the heading that the page's name repeats is the article's, not the site's
        if text in (named or "") or text in whole:
            return text[:_MAX_TITLE]
    best = named or _SITE.sub("", whole) or (shown[0] if shown else title)
    return best[:_MAX_TITLE] or None


def _sites(page: Page, said: _Said) -> set[str]:
    """What the page calls its site, in small letters: it says so, a link to the first page shows it, or the site's address repeats it."""
    links = (page.text(node) for node in page.having("[href") if _leads_home(page.attributes[node]))
    title = _flat(page.root.findtext(".//title") or "")
    _, _, address = (said.first(_URL) or "").partition("://")
    host = address.partition("/")[0].replace("-", "").casefold()
    spelled = "".join(filter(str.isalnum, title)).casefold()
    return {_flat(name).casefold() for name in (*said.values(_SITE_NAME), *links, *([title] if spelled and spelled in host else []))} - {""}


def _leads_home(said: Mapping[str, str]) -> bool:
    return said["href"] == "/" or said.get("rel") == "home"


def _day(said: _Said, data: Mapping[str, Any]) -> str | None:
    stated = str(data.get("datePublished") or data.get("dateCreated") or data.get("published") or "")
    for value in chain([stated], said.values(_PUBLISHED)):
        stamp = times.of_value(value) or dates.find(value)
        if stamp is not None and stamp.written:
            return stamp.written
    return None


def stated(lines: Sequence[str], title: str | None, text: str, lang: str | None) -> tuple[str | None, str | None]:
    """Who wrote the article, and when, by the lines between its title and its first paragraph; None: they say nothing."""
    begin = next((at for at, line in enumerate(lines) if title and line.startswith(title)), 0)
    lead = next((line for line in lines[begin + 1 :] if len(line) >= _PARAGRAPH and line in text), "")
    return bylines.find(lines, title, lead, range(len(lines)), lang=lang, day_first=dates.is_day_first(lines))


def _flat(text: str) -> str:
    return " ".join(text.split())


def regions(page: Page, read: Sequence[Fields]) -> list[int]:
    """The elements that hold the comments: each outer record; what is empty without them goes, too."""
    found: list[int] = []
    end = -1
    for item in read:
        if item.record.begin >= end:
            found += records.parts(page, item.record)
            end = item.record.end
    return found


def text(page: Page, cut: Sequence[int]) -> str:
    """The article's words. Takes the elements `cut` out of the tree and empties the page, which cannot be read again afterwards."""
    if len(page.tags) > _MAX_NODES or page.too_deep:
        kept = bytearray(b"\1") * len(page.lines)
        for at in (at for node in cut for at in range(page.first[node], page.last[node])):
            kept[page.line_of[at]] = 0
        return prose.split(list(compress(page.lines, kept)), {})[1]
    outer = list(page.elements(cut))
    page.clear()  # trafilatura copies the tree
    while outer:
        _remove(outer.pop())  # what nothing names any more is freed
    for script in list(page.root.iter("script")):
        if scripts.kind(script) not in scripts.LINKED:
            _remove(script)
    etree.strip_elements(page.root, *_WORDLESS, with_tail=False)
    from trafilatura import extract  # loads many modules: only where a page is read

    logging.getLogger("trafilatura").setLevel(logging.ERROR)  # it warns of pages without an article
    return extract(page.root, options=_options()) or linked_data.body(linked_data.subject(page.root))


@cache
def _options() -> Any:
    """Read from its settings once. Comments are gone already; reading for recall at once is faster than again where little is found."""
    from trafilatura.settings import Extractor

    return Extractor(output_format="txt", fast=True, comments=False, recall=True)


def _remove(element: Element) -> None:
    """Take an element out; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    tail, before = element.tail or "", element.getprevious()
    if before is not None:
        before.tail = _UNWRITABLE.sub("", (before.tail or "") + tail)
    else:
        parent.text = _UNWRITABLE.sub("", (parent.text or "") + tail)
    parent.remove(element)
