"""An HTML page -> Article with its comments. Precise ways are tried first, the general one last:

state        data that the page's scripts start from, where the page itself shows no words
talk         the signatures of a wiki's talk page
platform     the markup of a comment system that is known (`rules/platforms.toml`)
linked_data  JSON-LD
general      what the page repeats
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import takewhile

from labels.thread import Article, Notice
from seeds import dates, detect, marks, replies
from seeds.document import Document, Reading
from seeds.html import article, authors, company, copies, general, linked_data, links, parents, platforms, state, stated, talk, times, tree
from seeds.html.fields import Fields
from seeds.html.objects import Item
from seeds.html.platforms import Platform
from seeds.html.times import Time
from seeds.html.tree import Element, Page
from seeds.replies import RawComment

WAYS = ("talk", "state", "platform", "linked_data", "general")
_LANGUAGE_CHARS = 1500
_SECONDS = re.compile(r"\d:\d\d:\d\d")
_HEAD_LINES = 20
"""Lines at a page's begin in which its clock may stand."""
_MANY = 1.3
"""So many times more comments must a later way find to be believed over JSON-LD, which pages often fill with the first few only."""


@dataclass(slots=True)
class _Thread:
    """Comments as one way found them."""

    way: str
    raws: list[RawComment]
    places: list[str]
    fields: Sequence[Fields] = ()
    opens: bool = False
    """The first record opens the discussion: it is the article."""


def read(document: Document, ways: Collection[str] = WAYS, rules: Sequence[Platform] | None = None) -> Reading:
    """The article and its comments. Never fails: a page in which no thread is found has no comments.

    `rules` are those of comment systems; None: all.
    """
    return read_tree(tree.parse(document.text), document, ways, rules)


def read_tree(root: Element | None, document: Document, ways: Collection[str] = WAYS, rules: Sequence[Platform] | None = None) -> Reading:
    """As `read`, without the document's text."""
    if root is None:
        return Reading(Article(document.id, "", url=document.url, read_by="html/no_comments", warnings=document.warnings), ())
    page = tree.flatten(root)
    if not page.lines:
        page = tree.flatten(root, hidden=tree.HIDDEN - {"noscript"})
    lang = detect.language("\n".join(page.lines)[:_LANGUAGE_CHARS], _declared(page))
    if "platform" not in ways:
        rules = ()
    thread = _of_talk(page, lang) if "talk" in ways else None
    if thread is None:
        stamps = _stamps(page, lang, document.now or dates.moment(page.lines, lang))
        thread = _thread(page, stamps, lang, ways, platforms.platforms() if rules is None else rules)
    return _reading(document, page, lang, thread)


def _stamps(page: Page, lang: str | None, now: datetime | None) -> list[Time]:
    """The page's times. Days without a year, which few pages have, take the one nearest to the article's day, else to `now`."""
    found = times.find(page, lang, now)
    if now is None and any(time.stamp.relative and time.stamp.written is None for time in found) and (now := _clock(page, found)):
        found = times.find(page, lang, now)
    if not any(time.stamp.is_yearless for time in found):
        return found
    day = article.published_at(page)
    near = date.fromisoformat(day[:10]) if day else now.date() if now else _day_before(found)
    return times.find(page, lang, now, near) if near else found


def _clock(page: Page, found: Sequence[Time]) -> datetime | None:
    """The clock that a forum shows in its head: the page's first time, to the second and alone on its line, and no time is later.

    An article's own time is none: relative times are told from the moment at which the page was made.
    """
    first = next(iter(found), None)
    if first is None or first.stamp.relative or not first.stamp.written or first.line >= min(len(page.lines), _HEAD_LINES):
        return None
    now = first.stamp.written
    alone = page.lines[first.line].strip(" ,.|") == first.stamp.raw.strip(" ,.|") and _SECONDS.search(first.stamp.raw) is not None
    later = any(time.stamp.written and dates.is_earlier(now, time.stamp.written) for time in found)
    return datetime.fromisoformat(now) if alone and not later and (article.published_at(page) or "")[:16] != now[:16] else None


def _day_before(found: Sequence[Time]) -> date | None:
    """The last day with its year before the first that lacks one, the article's or that of a thread's first post; else the first of all."""
    whole = [time.stamp.written for time in found if time.stamp.written]
    before = [time.stamp.written for time in takewhile(lambda time: not time.stamp.is_yearless, found) if time.stamp.written]
    return date.fromisoformat((before[-1:] or whole)[0][:10]) if whole else None


def _declared(page: Page) -> str | None:
    """The language that the page names; many name a wrong one, so it counts only where the text does not tell."""
    name = (page.root.get("lang") or "")[:2].lower()
    return name if name.isalpha() and len(name) == 2 else None


def _of_talk(page: Page, lang: str | None) -> _Thread | None:
    found = talk.find(page, lang)
    return _Thread("talk", list(found.comments), page.paths(found.nodes)) if found else None


def _thread(page: Page, stamps: Sequence[Time], lang: str | None, ways: Collection[str], rules: Sequence[Platform]) -> _Thread | None:
    if hit := platforms.find(page, stamps, rules):
        return _of_fields(page, hit[1], stamps, hit[0], opens=hit[0].opens)
    data = _of_items("linked_data", linked_data.comments(page.root)) if "linked_data" in ways else None
    found = general.find(page, stamps, lang) if "general" in ways else None
    if found is not None and (data is None or len(found.fields) > _MANY * len(data.raws) or _lacks_times(data)):
        return _of_fields(page, found.fields, stamps, opens=found.opens)
    if data is None and "state" in ways:
        data = _of_items("state", state.comments(page))
    return data


def _lacks_times(thread: _Thread) -> bool:
    return 2 * sum(raw.created_at is not None for raw in thread.raws) < len(thread.raws)


def _of_items(way: str, items: Sequence[Item]) -> _Thread | None:
    return _Thread(way, [item.raw for item in items], [item.where for item in items]) if items else None


def _of_fields(page: Page, read: Sequence[Fields], stamps: Sequence[Time], rule: Platform | None = None, *, opens: bool) -> _Thread:
    """`rule`: of the comment system that was known; None: the general way."""
    read = copies.without(page, _spoken(company.with_responses(page, read, stamps)))
    told = links.linked(page, read)
    read = [item if link is None else _without_line(item, link[1]) for item, link in zip(read, told, strict=True)]
    up = parents.of(page, read)
    if up is not None:
        up = parents.refined(up, told)
    raws = stated.numbered([_raw(page, item, up[at] if up else None) for at, item in enumerate(read)])
    if up is None:
        raws = [_linked(raw, link) for raw, link in zip(stated.of(page, read, raws), told, strict=True)]
    elif rule is None:
        raws = stated.mentioned(raws)
    if rule is not None and rule.answered:
        raws = _named(raws, platforms.answered(page, rule, read))
    way = f"platform/{rule.name}" if rule else "general"
    return _Thread(way, raws, page.paths([item.record.begin for item in read]), read, opens)


def _linked(raw: RawComment, link: tuple[int, str] | None) -> RawComment:
    """A link to the answered comment counts before what the words state."""
    return raw if link is None else replace(raw, reply_index=link[0], reply_number=None, reply_author=None, quoted=None)


def _named(raws: Sequence[RawComment], names: Sequence[str | None]) -> list[RawComment]:
    """What a comment system itself names as the answered one counts before quotes and words."""
    finder = replies.Finder(raws)
    told = [
        replace(raw, reply_index=None, reply_number=None, reply_author=name, typed=False, quoted=None) if name else raw
        for raw, name in zip(raws, names, strict=True)
    ]
    return [
        replace(raw, reply_index=finder.parent(at, raw)[0]) if name else raw for at, (raw, name) in enumerate(zip(told, names, strict=True))
    ]


def _without_line(item: Fields, line: str) -> Fields:
    """Without the line that says whom the comment answers, at the begin of its text; the head of a quote stays, as quotes do."""
    first, _, rest = item.text.partition("\n")
    mark = marks.reply(line)
    return replace(item, text=rest) if first == line and rest and not (mark and mark.quote) else item


def _spoken(read: Sequence[Fields]) -> list[Fields]:
    """Without records that hold no words and no other records: a picture alone, a place for an advertisement."""
    return [item for item in read if item.text or item.record.inner]


def _raw(page: Page, item: Fields, parent: int | None) -> RawComment:
    stamp = item.record.time.stamp if item.record.time else None
    return RawComment(
        text=item.text,
        id=parents.own_id(page, item),
        author=item.author,
        handle=authors.handle(page, item.author_node),
        created_at=stamp.written if stamp else None,
        created_at_raw=stamp.raw if stamp else None,
        reply_index=parent,
    )


def _reading(document: Document, page: Page, lang: str | None, thread: _Thread | None) -> Reading:
    cut = article.regions(page, thread.fields if thread else ())
    head, lines = article.head(page, cut), list(page.lines)  # the page is empty once its text is read
    opening = None
    raws, places = (list(thread.raws), list(thread.places)) if thread else ([], [])
    if thread and thread.opens and raws:
        opening, raws, places = raws[0], [_without_first(raw) for raw in raws[1:]], places[1:]
    comments, notices = replies.link(raws, opened=opening is not None)
    text = _text(page, thread, opening, cut)
    author, day = (None, None) if opening or (head.author and head.published_at) else article.stated(lines, head.title, text, lang)
    return Reading(
        Article(
            id=document.id,
            text=text,
            comments=comments,
            url=document.url or head.url,
            title=head.title,
            lang=lang,
            author=opening.author if opening else head.author or author,
            published_at=(opening.created_at if opening else None) or head.published_at or day,
            read_by=f"html/{thread.way if thread else 'no_comments'}",
            warnings=(*document.warnings, *notices, *_of_times(raws)),
        ),
        tuple(places),
    )


def _text(page: Page, thread: _Thread | None, opening: RawComment | None, cut: Sequence[int]) -> str:
    """The article's words; a talk page has none, being comments only."""
    if opening or (thread and thread.way == "talk"):
        return opening.text if opening else ""
    return article.text(page, cut)


def _without_first(raw: RawComment) -> RawComment:
    """The comment where the first one has become the article: an answer to that one answers the article."""
    if raw.reply_index is None:
        return raw
    return replace(raw, reply_index=raw.reply_index - 1 if raw.reply_index else None)


def _of_times(raws: Sequence[RawComment]) -> list[Notice]:
    """A warning where times stand without a value."""
    unread = sum(raw.created_at is None and raw.created_at_raw is not None for raw in raws)
    if not unread:
        return []
    return [Notice("comments", f"{unread} times have no value: relative ones need a reference time (--now), others lack the year")]
