"""The article of a page: title, text, author, day. The comments are cut out before the text is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, compress, islice
from typing import Any

from lxml import etree

from seeds import dates, prose
from seeds.html import embedded, records, times
from seeds.html.fields import Fields
from seeds.html.select import fits, select, selector
from seeds.html.tree import Element, Page

_MAX_NODES = 60_000
"""Larger or deeper trees are read by lines: trafilatura takes more than linear time."""
_MAX_TITLE = 300
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
_URL = (("link[rel=canonical][href^=http]", "href"), ("meta[property=og:url]", "content"))
"""Selectors, tried in order, with the attribute that says it; "" = the element's text."""


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


def head(page: Page) -> Head:
    """Title, author and day by the page's own statements: meta elements, JSON-LD, headings."""
    said = _Said(page)
    data = _linked(page.root)
    return Head(
        title=_title(page.root, said, data),
        author=said.first(_AUTHOR, unlike="http") or _name(data.get("author")),
        published_at=_day(said, data),
        url=said.first(_URL),
    )


class _Said:
    """What elements say, be they in the page's head or visible."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.heads = list(page.root.iter("meta", "link"))
        self.hidden = [element for outer in page.root.iter("noscript") for element in outer.iter()]

    def first(self, rules: Rules, unlike: str = "\n") -> str | None:
        """The first rule's value that is not too long."""
        return next((text for value in self.values(rules, unlike) if (text := _flat(value)) and len(text) <= _MAX_TITLE), None)

    def values(self, rules: Rules, unlike: str = "\n") -> Iterator[str]:
        """For each rule the first value that does not begin with `unlike`."""
        for css, attribute in rules:
            chosen = _selector(css)
            shown, beside = ((), self.heads) if chosen[0][-1].tag in ("meta", "link") else (select(self.page, chosen), self.hidden)
            found = chain(
                self.page.elements(shown),
                (element for element in beside if any(fits(element, steps) for steps in chosen)),
            )
            texts = ((element.get(attribute) if attribute else "".join(element.itertext())) for element in found)
            yield from islice((text for text in texts if text is not None and not text.startswith(unlike)), 1)


_selector = cache(selector)


def _linked(root: Element) -> dict[str, Any]:
    """The article's object in JSON-LD."""
    for script in root.iter("script"):
        value = embedded.loaded(script.text or "") if script.get("type") == "application/ld+json" else None
        values = value if isinstance(value, list) else [value]
        for item in values:
            inner = item.get("@graph") if isinstance(item, dict) else None
            for found in [item, *(inner if isinstance(inner, list) else ())]:
                if isinstance(found, dict) and str(found.get("@type")).endswith(("Article", "Posting", "Question", "Report", "Recipe")):
                    return found
    return {}


def _title(root: Element, said: _Said, data: dict[str, Any]) -> str | None:
    shown = [text for node in islice(root.iter("h1"), 20) if (text := _flat("".join(node.itertext())))]
    named = said.first(_NAME) or _flat(str(data.get("headline") or ""))
    whole = _flat(root.findtext(".//title") or "")
    for text in shown:  # the heading that the page's name repeats is the article's, not the site's
        if text in (named or "") or text in whole:
            return text[:_MAX_TITLE]
    best = named or _SITE.sub("", whole) or (shown[0] if shown else "")
    return best[:_MAX_TITLE] or None


def _day(said: _Said, data: dict[str, Any]) -> str | None:
    stated = str(data.get("datePublished") or data.get("dateCreated") or "")
    for value in chain([stated], said.values(_PUBLISHED)):
        stamp = times.of_value(value) or dates.find(value)
        if stamp is not None and stamp.written:
            return stamp.written
    return None


def _name(value: Any) -> str | None:
    value = value[0] if isinstance(value, list) and value else value
    name = value.get("name") if isinstance(value, dict) else value
    return _flat(name) or None if isinstance(name, str) and "://" not in name else None


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
        if script.get("type") != "application/ld+json":
            _remove(script)
    etree.strip_elements(page.root, *_WORDLESS, with_tail=False)
    from trafilatura import extract  # loads many modules: only where a page is read

    return extract(page.root, options=_options()) or ""


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
