"""Whom a comment answers by its words, where the page's structure shows no nesting: "in reply to Ana" in its head, "@Ana", "#12", a quote.

of(page, records, raws)  ->  the raw comments with what they state
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from seeds import marks
from seeds.html.fields import Fields
from seeds.html.tree import Page
from seeds.marks import Mark
from seeds.replies import RawComment

_NUMBER = re.compile(r"#\s?(\d{1,5})(?!\w)|(?:^|\s)(\d{1,4})\.?$")
_NUMBERED = 0.8
"""Share of the records that must show a number, growing or falling, so that the numbers are theirs."""
_QUOTED = 20
"""Characters of a quote that tell whose words they are."""


def of(page: Page, read: Sequence[Fields], raws: Sequence[RawComment]) -> list[RawComment]:
    """In the same order. Words that the page wrote go out of the text; what the commenter typed stays."""
    numbers = _numbers(read)
    return [
        replace(_stated(raw, item, number, _quote(page, item)), number=number)
        for raw, item, number in zip(raws, read, numbers, strict=True)
    ]


def _numbers(read: Sequence[Fields]) -> Sequence[int | None]:
    """The printed numbers of the records."""
    found = [next(_printed(item.header), None) for item in read]
    known = [number for number in found if number is not None]
    steps = {(after > before) for before, after in pairwise(known)}
    if len(known) < max(_NUMBERED * len(read), 2) or len(set(known)) < len(known) or len(steps) > 1:
        return [None] * len(read)
    return found


def _printed(header: str) -> Iterator[int]:
    for line in header.split("\n"):
        if (match := _NUMBER.search(line)) and marks.reply(line) is None:
            yield int(match[1] or match[2])


def _stated(raw: RawComment, item: Fields, number: int | None, quote: str | None) -> RawComment:
    mark, text = _mark(item, raw.text, number)
    author, behind = marks.without_reply(raw.author) if raw.author else (raw.author, None)
    mark = behind or mark
    if mark is None and quote is None:
        return raw
    return replace(
        raw,
        text=text,
        author=author,
        reply_number=mark.number if mark else None,
        reply_author=mark.author if mark else None,
        typed=mark.typed or mark.quote if mark else False,
        quoted=quote,
    )


def _mark(item: Fields, text: str, number: int | None) -> tuple[Mark | None, str]:
    """The mark in the head of the record, or at the begin of its text; and the text without a mark that the page wrote."""
    head = next((mark for mark in map(marks.reply, _head(item)) if mark and (mark.author or mark.number != number)), None)
    first, _, rest = text.partition("\n")
    found = marks.reply(first)
    if found is not None and not found.typed and not found.quote and (found.rest or rest):
        text = "\n".join(filter(None, (found.rest, rest)))
    return head or found, text


def _head(item: Fields) -> Iterator[str]:
    """The lines of the record's head without its author and its time."""
    raw = item.record.time.stamp.raw if item.record.time else ""
    for line in item.header.split("\n"):
        yield line.replace(raw, " ").strip().removeprefix(item.author or "").strip(" ,|•·–—-")


def _quote(page: Page, item: Fields) -> str | None:
    """The words that the record quotes before its own: the last line of a quote that its text begins with."""
    for node in item.record.nodes():
        if page.tags[node] == "blockquote" and page.first[node] < page.last[node]:
            lines = page.join(range(page.first[node], page.last[node])).split("\n")
            own = [line for line in lines if len(line) >= _QUOTED and marks.reply(line) is None]
            whole = page.size(node) >= sum(len(page.texts[at]) for at in item.record.own) * 0.9
            return own[-1] if own and not whole and item.text.startswith(lines[0]) else None
    return None
