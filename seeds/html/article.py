"""The article of a page: title, text, author, day. The comments are cut out before the text is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from seeds import dates, prose
from seeds.html import embedded, records, times
from seeds.html.fields import Fields
from seeds.html.tree import Element, Page

_MAX_NODES = 60_000
"""Larger or deeper trees are read by lines: trafilatura takes more than linear time."""
_MAX_TITLE = 300
_SITE = re.compile(r"\s+[|•·–—»-]\s+[^|•·–—»]{2,60}$")
_PUBLISHED = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//meta[translate(@name,'DATE','date')='date' or @name='dc.date' or @name='DC.date.issued' or @name='dcterms.created' or @name='pubdate' or @name='publish-date' or @name='parsely-pub-date' or @name='sailthru.date' or @name='cXenseParse:recs:publishtime']/@content",  # noqa: E501
    "//*[@itemprop='datePublished']/@datetime",
    "//time[@pubdate]/@datetime",
    "//article//time[contains(@class,'publish') or contains(@class,'entry-date')]/@datetime",
    "//*[contains(concat(' ',@class,' '),' published ')]/@title",
)
_AUTHOR = (
    "//meta[@name='author']/@content",
    "//meta[@property='article:author' and not(starts-with(@content,'http'))]/@content",
    "//*[@itemprop='author']//*[@itemprop='name']",
    "//*[@rel='author']",
    "//*[contains(concat(' ',@class,' '),' author ') and contains(concat(' ',@class,' '),' vcard ')]//*[contains(concat(' ',@class,' '),' fn ')]",  # noqa: E501
    "//*[contains(concat(' ',@class,' '),' byline ')]//a",
)


@dataclass(frozen=True, slots=True)
class Head:
    """What the page says of its article beside the text."""

    title: str | None
    author: str | None
    published_at: str | None
    url: str | None


_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that lxml reads out of a page but does not let be written back."""


def head(root: Element) -> Head:
    """Title, author and day by the page's own statements: meta elements, JSON-LD, headings."""
    data = _linked(root)
    return Head(
        title=_title(root, data),
        author=_first(root, _AUTHOR) or _name(data.get("author")),
        published_at=_day(root, data),
        url=_first(root, ("//link[@rel='canonical'][starts-with(@href,'http')]/@href", "//meta[@property='og:url']/@content")),
    )


def _linked(root: Element) -> dict[str, Any]:
    """The article's object in JSON-LD."""
    for script in root.xpath("//script[@type='application/ld+json']"):
        value = embedded.loaded(script.text or "")
        values = value if isinstance(value, list) else [value]
        for item in values:
            inner = item.get("@graph") if isinstance(item, dict) else None
            for found in [item, *(inner if isinstance(inner, list) else ())]:
                if isinstance(found, dict) and str(found.get("@type")).endswith(("Article", "Posting", "Question", "Report", "Recipe")):
                    return found
    return {}


def _title(root: Element, data: dict[str, Any]) -> str | None:
    shown = [text for node in root.xpath("//h1")[:20] if (text := _flat("".join(node.itertext())))]
    named = _first(root, ("//meta[@property='og:title']/@content", "//meta[@name='twitter:title']/@content")) or _flat(
        str(data.get("headline") or "")
    )
    whole = _flat(root.findtext(".//title") or "")
    for text in shown:  # the heading that the page's name repeats is the article's, not the site's
        if text in (named or "") or text in whole:
            return text[:_MAX_TITLE]
    best = named or _SITE.sub("", whole) or (shown[0] if shown else "")
    return best[:_MAX_TITLE] or None


def _day(root: Element, data: dict[str, Any]) -> str | None:
    stated = str(data.get("datePublished") or data.get("dateCreated") or "")
    for value in chain([stated], (str(value) for path in _PUBLISHED for value in root.xpath(path)[:1])):
        stamp = times.of_value(value) or dates.find(value)
        if stamp is not None and stamp.written:
            return stamp.written
    return None


def _first(root: Element, paths: Iterable[str]) -> str | None:
    for path in paths:
        for found in root.xpath(path)[:1]:
            text = _flat(found if isinstance(found, str) else "".join(found.itertext()))
            if text and len(text) <= _MAX_TITLE:
                return text
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
    """The article's words. Takes the elements `cut` out of the tree, so the page cannot be read again afterwards."""
    if len(page.nodes) > _MAX_NODES or page.too_deep:
        gone = {line for node in cut for line in page.line_of[page.first[node] : page.last[node]]}
        return prose.split([line for at, line in enumerate(page.lines) if at not in gone], {})[1]
    for node in cut:
        _remove(page.nodes[node])
    from trafilatura import extract  # loads many modules: only where a page is read

    return extract(page.root, fast=True, include_comments=False) or ""


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
