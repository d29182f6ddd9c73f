"""Whom a comment answers by its words, where the page's structure shows no nesting: "in reply to Ana" in its head, "@Ana", "#12", a quote.

of(page, records, raws)  ->  the raw comments with what they state
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from seeds import answers, dates, marks, numbers
from seeds.html import links
from seeds.html.fields import Fields
from seeds.html.tree import Page
from seeds.marks import Mark
from seeds.replies import Finder, RawComment

_SIGNED = re.compile(rf"(?<!\w){answers.any_of(answers.signs())}\s?(\d{{1,5}})(?!\w)", re.IGNORECASE)
_BARE = re.compile(r"^(\d{1,4})\.?$")
_NUMBERED = 0.8
"""Share of the records that must show a number, growing or falling, so that the numbers are theirs."""
_COUNTED = 0.5
"""Share of the steps that must be 1 where no sign says that it is a number: counters grow by chance."""
_MAX_NUMBER = 20
"""Characters of a piece that is a number alone: "Comment #12345"."""
_LEAST = 3
"""Records whose names must carry a number, so that the numbers are no part of them."""
_FEW = 200
"""Comments of one author among which the answered one is looked for."""
_QUOTED = 20
"""Characters of a quote that tell whose words they are."""


def of(page: Page, read: Sequence[Fields], raws: Sequence[RawComment]) -> list[RawComment]:
    """In the same order. Words that the page wrote go out of the text; what the commenter typed stays."""
    named = [marks.without_reply(raw.author) if raw.author else (None, None) for raw in raws]
    printed = zip(raws, named, _numbers(read) or _numbers_before(page, read) or [None] * len(read), strict=True)
    plain = [
        replace(raw, author=name, number=raw.number or number, text=_without_number(raw.text, number)) for raw, (name, _), number in printed
    ]
    stated = _Stated(page, plain)
    found = []
    for at, (raw, item, (_, behind), source) in enumerate(zip(plain, read, named, links.sources(page, read), strict=True)):
        previewed = stated.previewed(at, item)
        if previewed is not None:
            found.append(previewed)
            continue
        told = stated.of(raw, item, behind)
        parent = source if source is not None else stated.finder.parent(at, told)[0]
        found.append(told if parent is None else replace(told, reply_index=parent, reply_number=None, reply_author=None, quoted=None))
    return found


def mentioned(raws: Sequence[RawComment]) -> list[RawComment]:
    """Answers that stand in one list below a comment: each is given to whom it names first ("@Ana no") if she wrote in that list before."""
    if any(raw.reply_index is not None and raws[raw.reply_index].reply_index is not None for raw in raws):
        return list(raws)  # the page nests them all
    finder = Finder(raws)
    found = []
    for at, raw in enumerate(raws):
        first, _, rest = raw.text.partition("\n")
        mark = marks.reply(first) if raw.reply_index is not None else None
        if mark is None or mark.author is None or mark.quote:
            found.append(raw)
            continue
        named = finder.parent(at, replace(raw, reply_index=None, reply_author=mark.author, typed=mark.typed))[0]
        within = named is not None and raws[named].reply_index == raw.reply_index
        own = "" if named is None or mark.typed else "\n".join(filter(None, (mark.rest, rest)))  # without the page's words
        found.append(replace(raw, text=own or raw.text, reply_index=named if within else raw.reply_index))
    return found


def numbered(raws: list[RawComment]) -> list[RawComment]:
    """With the numbers that stand before or behind most names, where they run: "4. Ana"."""
    parts = [numbers.split(raw.author or "") for raw in raws]
    if len(raws) < _LEAST or not numbers.is_numbered([number if any(map(str.isalpha, name)) else None for number, name in parts]):
        return raws
    return [replace(raw, author=name or None, number=number) for raw, (number, name) in zip(raws, parts, strict=True)]


def _numbers(read: Sequence[Fields]) -> Sequence[int | None]:
    """The printed numbers of the records; those with a sign count before others, such as a member's number of posts. [] for none."""
    for pattern in (_SIGNED, _BARE):
        found = [next(_printed(item, pattern), None) for item in read]
        if _is_run(found, _COUNTED if pattern is _BARE else 0.0):
            return found
    return []


def _numbers_before(page: Page, read: Sequence[Fields]) -> Sequence[int | None]:
    """The numbers that stand alone at the begin of the records or right before them: in a cell of their own. [] for none."""
    for behind in (0, 1) if len(read) >= _LEAST else ():
        places = [item.record.first - behind for item in read]
        texts = [page.texts[at].strip() if 0 <= at < len(page.texts) else "" for at in places]
        found = [numbers.alone(text) if len(text) <= _MAX_NUMBER else None for text in texts]
        if _is_run(found, _COUNTED):
            return found
    return []


def _without_number(text: str, number: int | None) -> str:
    """A text without the comment's own number before it: "#2 I do not think so"."""
    return text if number is None else re.sub(rf"^#\s?{number}(?:\s+|[.):]\s*|$)", "", text)


def _is_run(found: Sequence[int | None], counted: float) -> bool:
    """Whether most records have a number and these grow or fall, so large a share of the steps by one."""
    known = [number for number in found if number is not None]
    steps = [after - before for before, after in pairwise(known)]
    one_way = all(step > 0 for step in steps) or all(step < 0 for step in steps)
    return len(known) >= max(_NUMBERED * len(found), 2) and one_way and sum(abs(step) == 1 for step in steps) >= counted * len(steps)


def _printed(item: Fields, pattern: re.Pattern[str]) -> Iterator[int]:
    """The numbers in a record's head that belong to no time, to no member and to no mark of a reply."""
    for line in _head(item):
        match = pattern.search(line)
        if match is None or marks.is_profile(line) or (marks.reply(line) is not None and not _is_number(line)):
            continue
        stamp = dates.find(line)
        if stamp is None or stamp.end <= match.start() or match.end() <= stamp.begin:
            yield int(match[1])


def _is_number(line: str) -> bool:
    """Whether a line that could be a mark begins with what is rather the record's own number: "#4", "#4 Posted"."""
    match, mark = _SIGNED.match(line), marks.reply(line)
    return match is not None and (match.end() == len(line) or mark is None or mark.typed)


def _head(item: Fields) -> Iterator[str]:
    """The lines of the record's head without its author and its time."""
    raw = item.record.time.stamp.raw if item.record.time else None
    for line in item.header.split("\n"):
        bare = line.replace(raw, " ") if raw else line
        yield bare.strip().removeprefix(item.author or "").strip(" ,|•·–—-")


class _Stated:
    """Reads what the comments of one page state."""

    def __init__(self, page: Page, raws: Sequence[RawComment]) -> None:
        self.page, self.raws, self.finder = page, raws, Finder(raws)
        self.by: dict[str | None, list[int]] = defaultdict(list)
        for at, raw in enumerate(raws):
            if len(self.by[raw.author]) < _FEW:
                self.by[raw.author].append(at)
        self.title = page.root.findtext(".//title") or ""

    def of(self, raw: RawComment, item: Fields, behind: Mark | None) -> RawComment:
        """With the first mark that names a comment of the page: behind the name, in the head, at the begin of the text, of its quote."""
        first, _, rest = raw.text.partition("\n")
        begin = marks.reply(first)
        if begin is None and marks.is_button(first) and (label := marks.reply(rest.partition("\n")[0])) and label.quote:  # "Quote:"
            begin = label
        cited, quote = self._quote(item)
        own = [raw.handle] if raw.handle else []  # "@ana" beside a name is hers
        head = [marks.reply(line) for line in _head(item) if not _is_number(line)]
        tried = [mark for mark in (behind, *head, begin, cited) if mark and not self._is_subject(mark) and mark.author not in own]
        mark = next(filter(self.finder.knows, tried), tried[0] if tried else None)
        text = raw.text
        if begin and (begin is mark or begin not in tried) and not begin.typed and not begin.quote and (begin.rest or rest):
            text = "\n".join(filter(None, (begin.rest, rest)))
        if mark is None:
            return replace(raw, text=text, quoted=quote)
        return replace(raw, text=text, reply_number=mark.number, reply_author=mark.author, typed=mark.typed or mark.quote, quoted=quote)

    def previewed(self, at: int, item: Fields) -> RawComment | None:
        """The comment without the link above its words that shows the answered one, its author and how it begins; None: it has no such."""
        author, _, rest = self.raws[at].text.partition("\n")
        begin, _, own = rest.partition("\n")
        said = begin.rstrip(" .…")
        if not own or not said:
            return None
        parent = next((other for other in self.by.get(author, ()) if other != at and self.raws[other].text.startswith(said)), None)
        if parent is None or not any(self.page.text(node) == f"{author} {begin}" for node in item.record.among(self.page.having("a"))):
            return None
        return replace(self.raws[at], text=own, reply_index=parent)

    def _is_subject(self, mark: Mark) -> bool:
        """Whether a mark names the thread, as the subject of a post does: "Re: A bench"."""
        return mark.author is not None and mark.number is None and mark.author in self.title and not self.finder.knows(mark)

    def _quote(self, item: Fields) -> tuple[Mark | None, str | None]:
        """Whom the record quotes before its own words, as the quote's <cite> says, and the last line of the quote."""
        page = self.page
        quote = next(links.quotes(page, item), None)
        pieces = range(page.first[quote], page.last[quote]) if quote is not None else range(0)
        if quote is None or not item.text.startswith(page.join(pieces).split("\n")[0]):
            return None, None
        heads = [node for node in range(quote, page.end[quote]) if page.tags[node] == "cite"]
        cited = {at for node in heads for at in range(page.first[node], page.last[node])}
        lines = page.join(at for at in pieces if at not in cited).split("\n")
        own = [line for line in lines if len(line) >= _QUOTED and marks.reply(line) is None]
        names = (marks.author_of(text)[0] for text in (*map(page.text, heads), *(page.texts[at] for at in sorted(cited))))
        name = next(filter(self.finder.is_author, names), None)
        return Mark(author=name, quote=True) if name else None, own[-1] if own else None
