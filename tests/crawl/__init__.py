"""Pages of news sites as a crawl stores them, drawn by lot: 17 languages, each with our own article, readers and words of the trade.

    draw(lang, seed)  ->  Page(text, comments)        silent=True: the same page before anybody wrote a comment

A seed decides the layout (where number, author and time stand, what a reply looks like, buttons, order, teasers before and after) and the
thread. The same seed gives the same page. `comments` is the gold: what a reader of the page would say.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
_DAY = datetime(2026, 5, 14, 8, 3)
_SEPARATORS = (" ", ", ", " | ", " - ", " • ", " · ", " — ", " / ")


@dataclass(frozen=True, slots=True)
class Post:
    """A comment of the gold; `parent` is its parent's position in time, from 0."""

    author: str
    text: str
    time: datetime
    parent: int | None


@dataclass(frozen=True, slots=True)
class Layout:
    """How one site writes its comments. `head` and `foot` are the lines around the text: words of `Post` in braces, "/" parts lines."""

    shape: str
    """Lines of a record in their order, each of them some of: number, author, said, time, rank, initial, text, mark, listed, buttons."""
    time: str
    numbers: str | None
    mark: str | None
    """How a page or its readers name the parent; None: not at all."""
    mark_at: str
    """Where the page puts it: before the text, behind the author, on a line under the author."""
    buttons: str | None
    said: str
    rank: str
    heading: str | None
    sort: str | None
    end: str | None
    newest_first: bool
    blank: bool
    """A blank line between blocks."""
    relative: bool = False
    lost: bool = False
    """The crawl lost some texts."""
    teasers: frozenset[str] = field(default_factory=frozenset)
    """Where teasers with clock times stand: before the comments, after them."""


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    text: str
    layout: Layout
    comments: tuple[dict[str, Any], ...]


SHAPES = (
    "author/time/text/buttons",
    "time/author/text/buttons",
    "author+time/text/buttons",
    "time+author/text/buttons",
    "author/text/time/buttons",
    "author/text/buttons/time",
    "text/author/time",
    "text/author+time",
    "said/time/text/buttons",
    "said/text/time",
    "author/rank/time/text/buttons",
    "initial/author/time/text/buttons",
    "author+time/buttons/text",
    "said+time/text",
)
NUMBERED = (
    "number+author/text/listed/time",
    "number+author/time/text/buttons",
    "number+author+time/text/buttons",
    "number/author/time/text/buttons",
    "author/time+number/text/buttons",
    "author+time+number/text/buttons",
    "number+time/author/text/buttons",
    "author/number/time/text",
)


def words(lang: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf-8"))


def draw(lang: str, seed: int, *, silent: bool = False) -> Page:
    """The page of a seed; `silent`: without comments, their heading and form still there."""
    lot = random.Random(f"{lang}-{seed}")
    given = words(lang)
    layout = _layout(lot, given)
    posts = [] if silent else _thread(lot, given, layout)
    return Page(f"{lang}-{seed}", _page(lot, given, layout, posts), layout, _gold(posts, layout))


def _layout(lot: random.Random, given: dict[str, Any]) -> Layout:
    numbered = lot.random() < 0.35
    shape = lot.choice(NUMBERED if numbered else SHAPES)
    inline = "author+time" in shape or "time+author" in shape
    relative = lot.random() < 0.12 and not inline and "said+time" not in shape
    marks = ["@{who}, ", "@{who} ", "↳ {who}", *given["reply"], *given["quote"][:1]]
    if numbered:
        marks += ["#{number} ", "#{number}: ", *(mark for mark in given["reply"] if "{number}" in mark)]
    marks = [mark for mark in marks if numbered or "{number}" not in mark]
    return Layout(
        shape=shape,
        time=lot.choice(given["relative" if relative else "time"]),
        numbers=lot.choice(["{n}", "#{n}", "{n}."]) if numbered else None,
        mark=lot.choice(marks) if lot.random() < 0.85 else None,
        mark_at=lot.choice(["text", "text", "author", "under"]),
        buttons=lot.choice(given["buttons"]) if lot.random() < 0.75 else None,
        said=lot.choice(given["said"]),
        rank=lot.choice(given["rank"]),
        heading=lot.choice(given["heading"]) if lot.random() < 0.9 else None,
        sort=lot.choice(given["sort"]) if lot.random() < 0.25 else None,
        end=lot.choice(given["end"]) if lot.random() < 0.7 else None,
        newest_first=lot.random() < 0.35,
        blank=lot.random() < 0.4,
        relative=relative,
        lost=numbered and lot.random() < 0.2,
        teasers=frozenset(side for side in ("before", "after") if lot.random() < 0.5),
    )


def _thread(lot: random.Random, given: dict[str, Any], layout: Layout) -> list[Post]:
    """Comments in the order of time."""
    size = lot.randint(3, len(given["texts"]))
    texts = lot.sample(given["texts"], size)
    names = lot.sample(given["names"], min(size, len(given["names"])))
    posts: list[Post] = []
    time = _DAY
    for at in range(size):
        author = names[at] if at < 3 or (lot.random() < 0.7 and at < len(names)) else lot.choice(names[:3])
        parent = lot.randrange(at) if at and layout.mark and (at == 1 or lot.random() < 0.45) else None
        if parent is not None and "{number}" not in (layout.mark or ""):  # a name means the nearest comment of that author
            who = posts[parent].author
            parent = max(place for place in range(at) if posts[place].author == who)
            if who == author:
                parent = None
        time += timedelta(minutes=lot.randint(1, 400))
        text = "" if layout.lost and at and parent is None and lot.random() < 0.4 else texts[at]
        posts.append(Post(author, text, time, parent))
    return posts


def _gold(posts: list[Post], layout: Layout) -> tuple[dict[str, Any], ...]:
    found = [
        {
            "id": str(at),
            "author": post.author,
            "reply_to": None if post.parent is None else str(post.parent),
            "created_at": None if layout.relative else post.time.isoformat(),
            "text": "\n".join(_said(post, posts, layout, typed=True)),
        }
        for at, post in enumerate(posts)
    ]
    return tuple(reversed(found) if layout.newest_first else found)


def _said(post: Post, posts: list[Post], layout: Layout, *, typed: bool) -> list[str]:
    """The words of a comment; with what the page itself puts before them where not only what was `typed` is asked for."""
    text = post.text
    if post.parent is None or not layout.mark:
        return [text]
    parent = posts[post.parent]
    mark = layout.mark.format(who=parent.author, number=post.parent + 1)
    if layout.mark.startswith(("@", "#")):
        return [mark + text]
    if _is_quote(layout):
        return [mark, parent.text.split("\n")[0], text]
    if typed:
        return [text]
    return [mark + text] if mark.endswith(":") and not layout.blank else [mark, text]


def _is_quote(layout: Layout) -> bool:
    return layout.mark is not None and layout.mark.endswith(":") and layout.mark.startswith(("{who}", "Zitat"))


def _page(lot: random.Random, given: dict[str, Any], layout: Layout, posts: list[Post]) -> str:
    blocks: list[str] = []
    if lot.random() < 0.6:
        blocks += given["menu"] if lot.random() < 0.5 else [" ".join(given["menu"])]
    if lot.random() < 0.3:
        blocks.append(f"{given['menu'][0]} » {given['menu'][1]} » {given['title']}")
    blocks.append(given["title"])
    if lot.random() < 0.6:
        blocks.append(lot.choice([f"{_DAY:%d.%m.%Y}", f"{given['names'][0]} {_DAY:%d.%m.%Y, %H:%M}", f"{_DAY:%H:%M | %d.%m.%Y}"]))
    blocks += given["article"]
    if "before" in layout.teasers:
        blocks += [given["more"], *_teasers(lot, given)]
    if layout.heading:
        blocks.append(layout.heading.format(n=len(posts)))
        blocks += [layout.sort] if layout.sort else []
    order = list(enumerate(posts))
    for at, post in reversed(order) if layout.newest_first else order:
        blocks += _record(lot, at, post, posts, layout)
    if layout.end:
        blocks.append(layout.end)
    if "after" in layout.teasers:
        blocks += [given["more"], *_teasers(lot, given)]
    text = ("\n\n" if layout.blank else "\n").join(blocks)
    return f" date 2026-05-13 {text}\n" if lot.random() < 0.3 else f"{text}\n"


def _teasers(lot: random.Random, given: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    clock = lot.choice(["%H:%M", "%H:%M - %d.%m.%Y", "%d.%m.%Y"])
    first = lot.random() < 0.5
    for title in given["teasers"]:
        pair = [title, f"{_DAY + timedelta(minutes=lot.randint(5, 600)):{clock}}"]
        lines += reversed(pair) if first else pair
    return lines


def _record(lot: random.Random, at: int, post: Post, posts: list[Post], layout: Layout) -> list[str]:
    separator = _SEPARATORS[len(layout.shape + layout.time) % len(_SEPARATORS)]
    said = _said(post, posts, layout, typed=False)
    aside = ""
    if layout.mark_at != "text" and len(said) == 2 and "author" in layout.shape.split("/") and not _is_quote(layout):
        aside, said = said[0].rstrip(":"), said[1:]
    listed = [f"#{place + 1}" for place, other in enumerate(posts) if other.parent == at]
    parts = {
        "number": (layout.numbers or "").format(n=at + 1),
        "author": post.author,
        "said": layout.said.format(who=post.author),
        "time": layout.time.format(n=len(posts) + 1 - at) if layout.relative else _time(post.time, layout),
        "rank": layout.rank,
        "initial": post.author[0].upper(),
        "listed": f"Коментиран от {', '.join(listed)}" if listed and "До" in (layout.mark or "") else "",
        "buttons": (layout.buttons or "").format(up=lot.randint(0, 40), down=lot.randint(0, 9)),
    }
    lines: list[str] = []
    for line in layout.shape.split("/"):
        if line == "text":
            lines += said
            continue
        names = line.split("+")
        if "number" in names and names[0] == "number" and len(names) > 1:
            names = names[1:]
            lines.append(f"{parts['number']} {separator.join(parts[name] for name in names)}")
        else:
            lines.append(separator.join(parts[name] for name in names))
        if aside and line == "author":
            lines[-1:] = [f"{lines[-1]} {aside}"] if layout.mark_at == "author" else [lines[-1], aside]
    return [part for line in lines for part in line.split("\n") if part]


def _time(time: datetime, layout: Layout) -> str:
    return time.strftime(layout.time.replace("{day}", str(time.day)))
