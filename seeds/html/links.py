"""Whom a record answers by what the page marks up inside it: links to other records and quotes of them.

linked(page, records)   ->  for each record the one that a link in its head leads to
sources(page, records)  ->  for each record the one that it quotes, or names at its begin
quotes(page, record)    ->  its outermost quotes
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from seeds import marks
from seeds.html import parents
from seeds.html.fields import Fields
from seeds.html.tree import Page

_QUOTE = re.compile(
    r"(?:^|[\s_-])(?:bb|ips|my)?(?:code_?)?(?:quote|quotebox|quotehead(?:er)?|quotetitle|quotemain|blockquote|citation|zitat)(?:$|[\s_-])"
)
_SOURCES = ("data-source", "data-post-id", "data-ipsquote-contentcommentid", "data-cid", "data-pid", "data-quoteid", "data-quote-id")
"""Attributes of a quote, or of what stands in it, that hold the number of the quoted record."""
_MENTIONS = ("data-id", "data-post-id", "data-comment-id")
"""Attributes of a link that hold the number of the record whose author it names."""
_MAX_MARK = 100
"""Characters of a line that says whom a comment answers."""
_MAX_COUNT = 2
"""Digits of a number that may be a counter."""
_POST = re.compile(r"[?&](?:pid|p|post|msg|comment)=(\d+)(?=&|$)")
"""The number of a post in an address without an anchor."""
_MAX_LINK = 80
"""Characters of a link that names the answered record."""


def sources(page: Page, read: Sequence[Fields]) -> list[int | None]:
    """For each record the one that it quotes, or names at its begin, as the markup says; None where it says nothing."""
    owners = _numbered(page, read)
    return [
        next((owner for name in _sources(page, item) if (owner := owners.get(name)) is not None and owner != at), None)
        for at, item in enumerate(read)
    ]


def linked(page: Page, read: Sequence[Fields]) -> list[tuple[int, str] | None]:
    """For each record the one that a link in its head, or on the first line of its text, leads to where that line shows that one's author;
    and the line if the page wrote it: it is more than a name, and no head of a quote."""
    owners = _numbered(page, read)
    return [_link(page, read, owners, at) for at in range(len(read))]


def _link(page: Page, read: Sequence[Fields], owners: Mapping[str, int], at: int) -> tuple[int, str] | None:
    item = read[at]
    first = item.text.partition("\n")[0]
    for node in item.record.among(page.having("[href")):
        if 0 < page.size(node) <= _MAX_LINK and "#" in (href := page.attributes[node]["href"]):
            other = next((owners[name] for name in _targets(href) if name in owners), at)
            author, line = read[other].author, page.lines[page.line_of[page.first[node]]]
            if other == at or not author or author not in line:
                continue
            if (author in page.text(node) and line in item.header) or (line == first != item.text and len(line) <= _MAX_MARK):
                quoted = any(quote <= node < page.end[quote] for quote in quotes(page, item))
                return other, "" if quoted or not any(map(str.isalnum, line.replace(author, "", 1))) else line
    return None


def _numbered(page: Page, read: Sequence[Fields]) -> dict[str, int]:
    """As `_owners`; "post-501" is known as 501 as well, if no other record has an id with that number."""
    owners = parents.owners(page, read)
    numbers = [parents.last_number(parents.own_id(page, item) or "") for item in read]
    if len(set(numbers)) == len(numbers):
        return owners | {number: at for at, number in enumerate(numbers) if number}
    holders: dict[str, set[int]] = defaultdict(set)
    for name, at in owners.items():
        holders[parents.last_number(name)].add(at)
    return owners | {number: min(held) for number, held in holders.items() if len(held) == 1 and len(number) > _MAX_COUNT}


def _sources(page: Page, item: Fields) -> Iterator[str]:
    for quote in quotes(page, item):
        for node in range(quote, page.end[quote]):
            said = page.attributes[node]
            yield from (number for name in _SOURCES if (number := parents.last_number(said.get(name) or "")))
            yield from _targets(said.get("cite") or said.get("href") or "")
    for node in item.record.among(page.having("[href")):
        said = page.attributes[node]
        if page.size(node) <= _MAX_LINK and ("#" in said["href"] or any(name in said for name in _MENTIONS)) and _begins(page, item, node):
            yield from (number for name in _MENTIONS if (number := parents.last_number(said.get(name) or "")))
            yield from _targets(said["href"])


def quotes(page: Page, item: Fields) -> Iterator[int]:
    """The outermost quotes of a record; an element that holds all its words is none."""
    size, end = 0.9 * sum(len(page.texts[at]) for at in item.record.own), -1
    for node in item.record.among(page.choice("quotes", _is_quote)):
        if node >= end and page.size(node) < size and not item.text.endswith(page.lines[page.line_of[page.last[node] - 1]]):
            end = page.end[node]
            yield node


def _is_quote(page: Page, node: int) -> bool:
    return page.tags[node] == "blockquote" or _QUOTE.search(page.words(node)) is not None


def _targets(href: str) -> Iterator[str]:
    address, _, name = href.partition("#")
    if name:
        yield name
        yield parents.last_number(name)
    elif match := _POST.search(address):
        yield match[1]


def _begins(page: Page, item: Fields, node: int) -> bool:
    """Whether a link belongs to the words that say whom the record answers: ">>501" before its text, "Ana wrote:", "in reply to Ana"."""
    shown = page.text(node)
    if shown and item.text.startswith(shown):
        numbered = any(name in page.attributes[node] for name in _MENTIONS)
        return numbered or marks.reply(item.text.partition("\n")[0]) is not None
    at = page.line_of[max(page.first[node] - (not shown), 0)]  # a picture stands behind the words
    line, mark = page.lines[at], marks.reply(page.lines[at])
    if line == shown and page.lines[at + 1 : at + 2] == [item.text.partition("\n")[0]]:  # ">>501" on a line of its own
        return mark is not None
    return mark is not None and line != shown and (mark.quote or (not mark.typed and line in item.header))
