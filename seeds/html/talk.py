"""Talk pages of a wiki: a comment ends with a signature, links to its writer and a time with its zone, and is indented as an answer.

    find(page, lang)  ->  Talk  or None

    <p>I agree. <a href="/wiki/User:Ana">Ana</a> (<a href="/wiki/User_talk:Ana">talk</a>) 17:58, 11 February 2018 (UTC)</p>
    <dl><dd>So do I. …</dd></dl>

A comment reaches back to the signature or the heading before it. It answers the last comment before it that is indented less, up to the
heading (`rules/wiki.toml` holds the names of the name spaces). The rules are those of MediaWiki's own DiscussionTools.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from urllib.parse import unquote

from seeds import dates
from seeds.dates import Stamp
from seeds.html.tree import Page
from seeds.replies import RawComment

_ZONE = re.compile(r"\d[^\d()]{0,12}\((?:[^\W\d_][^()\d]{0,11}|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?)\)")
_HEAD = 70
"""Characters before the zone in which the time stands."""
_REACH = 100
"""Characters before the time in which the links of a signature stand."""
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_INDENTS = frozenset(["dd", "li"])
_PARAGRAPHS = frozenset(["dd", "li", "p"])
_FRAME = frozenset(["mw-editsection", "toc", "mw-indicators", "catlinks", "printfooter"])
_LEAST = 2
"""Signatures that make a talk page."""
_TITLE = re.compile(r"(?:/wiki/|[?&]title=|/)([^/?&#:]+):([^?&#]+)")


@dataclass(frozen=True, slots=True)
class Talk:
    comments: tuple[RawComment, ...]
    nodes: tuple[int, ...]
    """The element that each comment begins in."""


@dataclass(slots=True)
class _Signed:
    first: int
    """Piece with which the signature begins; the comment's words stand before it."""
    piece: int
    """Piece that holds the time."""
    end: int
    """Character of that piece behind the time."""
    user: str
    stamp: Stamp


def find(page: Page, lang: str | None) -> Talk | None:
    """The signed comments of a talk page; None where fewer than two signatures stand on the page."""
    signed = list(_signatures(page, lang))
    if len(signed) < _LEAST:
        return None
    return _talk(page, signed)


def _signatures(page: Page, lang: str | None) -> Iterator[_Signed]:
    times = [(at, stamp) for at, text in enumerate(page.texts) if ")" in text for stamp in _stamps(text, lang)]
    if len(times) < _LEAST:
        return
    links = _user_links(page)
    places = [page.first[node] for node, _ in links]
    for at, stamp in times:
        reach, low = _REACH - stamp.begin, at
        while low > 0 and reach > 0 and page.line_of[low - 1] == page.line_of[at]:
            low -= 1
            reach -= len(page.texts[low])
        near = links[bisect_left(places, low) : bisect_right(places, at)]
        if near:
            user = near[-1][1]
            first = min(page.first[node] for node, name in near if name == user)
            yield _Signed(min(first, at), at, stamp.end, user, stamp)


def _stamps(text: str, lang: str | None) -> Iterator[Stamp]:
    """The times of a piece that end with a zone in brackets."""
    done = 0
    for zone in _ZONE.finditer(text):
        low = max(zone.end() - _HEAD, done)
        while low < zone.start():
            found = dates.find(text[low : zone.end()], lang=lang)
            if found is None:
                break
            begin, end = low + found.begin, low + found.end
            if end > zone.start() and found.written and "T" in found.written:
                yield Stamp(begin, zone.end(), text[begin : zone.end()], found.written)
                done = zone.end()
                break
            low = end


# --- users


@cache
def _spaces() -> tuple[frozenset[str], frozenset[str]]:
    rules = tomllib.loads(files("seeds").joinpath("rules/wiki.toml").read_text(encoding="utf-8"))
    return frozenset(rules["user"]), frozenset(rules["contributions"])


def _user_links(page: Page) -> list[tuple[int, str]]:
    """Links to a user's page, talk page or contributions, with the user's name."""
    found = []
    for node, tag in enumerate(page.tags):
        if tag == "a" and (user := _user(page.attributes[node].get("href") or "")):
            found.append((node, user))
    return found


def _user(href: str) -> str | None:
    """The user that a link leads to.

    >>> _user("/w/index.php?title=Benutzer_Diskussion:Ana_Pop&action=edit"), _user("//en.wikipedia.org/wiki/Trams")
    ('Ana Pop', None)
    """
    if ":" not in href and "%3A" not in href:
        return None
    match = _TITLE.search(unquote(href).replace("_", " "))
    if match is None:
        return None
    space, (head, _, tail) = match[1].strip().lower(), match[2].partition("/")
    users, contributions = _spaces()
    if space in users and not tail:  # a page below the user's own signs nothing
        name = head.strip()
    elif head.strip().lower() in contributions:
        name = tail.strip()
    else:
        return None
    return name[:1].upper() + name[1:] or None


# --- comments


class _Threads:
    """Builds comments in page order; `open_` are those that the next one may answer."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.levels = _levels(page)
        self.raws: list[RawComment] = []
        self.nodes: list[int] = []
        self.open_: list[tuple[int, int]] = []

    def add(self, text: str, sign: _Signed, start: int) -> None:
        level = min(self.levels[start], self.levels[self.page.owner[sign.piece]])
        while self.open_ and self.open_[-1][0] >= level:
            self.open_.pop()
        parent = self.open_[-1][1] if self.open_ else None
        self.open_.append((level, len(self.raws)))
        self.nodes.append(start)
        stamp = sign.stamp
        self.raws.append(RawComment(text, author=sign.user, created_at=stamp.written, created_at_raw=stamp.raw, reply_index=parent))

    def lengthen(self, text: str) -> None:
        self.raws[-1] = replace(self.raws[-1], text=f"{self.raws[-1].text}\n{text}".strip())


def _talk(page: Page, signed: Sequence[_Signed]) -> Talk:
    threads, frame, headings = _Threads(page), _frame(page), _headings(page)
    begins = [begin for begin, _ in headings]
    last, paragraph, behind = -1, -1, ""
    for sign in signed:
        begin = last + 1
        heading = bisect_left(begins, sign.first) - 1
        parted = heading >= 0 and begins[heading] >= begin
        if parted:
            begin, threads.open_ = headings[heading][1], []
        own = [piece for piece in range(begin, sign.first) if piece not in frame]
        here = _paragraph(page, sign.piece)
        if here == paragraph and not parted:  # a later remark in the same paragraph
            threads.lengthen(behind + page.join(own))
        else:
            threads.add(page.join(own), sign, page.owner[own[0] if own else sign.first])
        last, paragraph, behind = sign.piece, here, page.texts[sign.piece][sign.end :].lstrip()
    return Talk(tuple(threads.raws), tuple(threads.nodes))


def _headings(page: Page) -> list[tuple[int, int]]:
    """Ranges of pieces."""
    return [
        (page.first[node], page.last[node]) for node, tag in enumerate(page.tags) if tag in _HEADINGS and page.first[node] < page.last[node]
    ]


def _frame(page: Page) -> set[int]:
    """Pieces that the wiki puts between the words: edit links, the table of contents."""
    found: set[int] = set()
    for node, said in enumerate(page.attributes):
        if said.get("id") == "toc" or not _FRAME.isdisjoint(said.get("class", "").split()):
            found.update(range(page.first[node], page.last[node]))
    return found


def _levels(page: Page) -> list[int]:
    """How many list items lie around each element, itself included."""
    levels: list[int] = []
    for node, tag in enumerate(page.tags):
        levels.append((levels[page.parent[node]] if node else 0) + (tag in _INDENTS))
    return levels


def _paragraph(page: Page, piece: int) -> int:
    """The element that holds the paragraph of a piece; 0 where none does."""
    node = page.owner[piece]
    return next((at for at in (node, *page.ancestors(node)) if page.tags[at] in _PARAGRAPHS), 0)
