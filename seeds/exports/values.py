"""Single values of exports: texts that are HTML or Markdown, times.

>>> text_of("One.<br>Two &amp; <b>three</b>.<p>Four.</p>")
'One.\\nTwo & three.\\n\\nFour.'
>>> markdown_of("I <3 `List<int>` &amp; <b>tea</b>")
'I <3 `List<int>` & tea'
>>> time_of("2010-11-29T12:35:44.027-08:00")
'2010-11-29T12:35:44-08:00'
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape, unescape

from lxml import etree, html
from lxml.html import defs

from seeds import dates, detect

_BLOCKS = ("p", "div", "li", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "figure")
_TYPED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}+|~{3,}+)[^\n`]*\n.*?(?:^ {0,3}(?P=fence)|\Z)"
    r"|(?:\A|(?<=\n\n))(?:(?: {4}|\t)[^\n]*(?:\n|\Z))+"
    r"|(?<!`)(?P<ticks>`++)(?:(?!\n\n).){1,2000}?(?<!`)(?P=ticks)(?!`)"
    rf"|(?P<markup></?(?:{'|'.join(defs.tags)})(?:[\s/][^<>]*)?>|&#?\w{{1,32}};)|[<&]",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
"""Markup in Markdown, and what HTML would take for it: code (between fences, behind four spaces, between backquotes), other signs."""
_TAG = re.compile(r"<[^<>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def text_of(markup: str | None) -> str:
    """The visible text of a piece of HTML. Line ends in it stay, since WordPress writes paragraphs with them."""
    source = detect.lines(markup or "")
    if "<" in source or "&" in source:
        source = _rendered(_CONTROL.sub(" ", source))
    lines = (" ".join(line.split()) for line in source.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def markdown_of(source: str | None) -> str:
    """The words of Markdown as they were typed, its signs too; of HTML in it the visible text: "<3" is no tag, and none stands in code."""
    return text_of(_TYPED.sub(lambda part: part["markup"] or escape(part[0]), detect.lines(source or "")))


def _rendered(source: str) -> str:
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(f"<div>{source}</div>".encode(), parser=parser)
    except etree.ParserError:
        return ""
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):  # too deep for a tree, which ends there
        return unescape(_TAG.sub(" ", source))
    for node in tree.iter("script", "style"):
        node.text = None
    for node in tree.iter("br"):
        node.tail = "\n" + (node.tail or "").removeprefix("\n")
    for node in tree.iter(*_BLOCKS):
        node.text = "\n\n" + (node.text or "")
        node.tail = "\n\n" + (node.tail or "")
    return str(tree.text_content())


def time_of(value: str | float | None, *, day_first: bool | None = None) -> str | None:
    """A written time, or seconds since 1970 in UTC, as `created_at`; None for what is none ("0000-00-00 00:00:00")."""
    if isinstance(value, int | float):
        try:
            return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%S}Z"
        except (OverflowError, OSError, ValueError):
            return None
    stamp = dates.find(value, day_first=day_first) if value else None
    return stamp.written if stamp else None
