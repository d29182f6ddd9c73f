"""What the report's template shows: one ArticleView per page, one CommentView per comment, all ready to print."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit
from zlib import crc32

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime

from labels.scores import Scored
from labels.thread import Article, Comment
from serve.report import thread, words

_HUES = 6
"""Colours of the authors' initials, `.hue-0` and on in report.css."""


@dataclass(frozen=True, slots=True)
class CommentView:
    anchor: str
    comment: Comment
    parent: CommentView | None
    place: thread.Place
    initial: str
    hue: int
    written: Written | None
    lang: str | None
    dir: str
    heads: tuple[words.HeadView, ...]
    reasons: tuple[words.Reason, ...]
    unscored: str | None

    @property
    def name(self) -> str:
        return self.comment.author or "author not shown"

    def score(self, head: str, output: str) -> float | None:
        return next((bar.score for one in self.heads if one.name == head for bar in one.bars if bar.output == output), None)

    @property
    def toxicity(self) -> float | None:
        return self.score("toxicity", "toxicity")

    def answer(self, head: str) -> str:
        """The likeliest output of a head; "" where it is undecided or does not apply."""
        return next((reason.output for reason in self.reasons if reason.head == head), "")


@dataclass(frozen=True, slots=True)
class Written:
    """A time as the page's clock says."""

    iso: str
    shown: str
    moment: datetime
    """Without offset: what the page's clock showed."""


@dataclass(frozen=True, slots=True)
class ArticleView:
    anchor: str
    article: Article
    title: str
    language: str | None
    dir: str
    published: Written | None
    link: str | None
    """The address where it is http(s); anything else is no link."""
    host: str | None
    paragraphs: tuple[str, ...]
    comments: tuple[CommentView, ...]
    """In the order of reading."""


def article(number: int, source: Article, scored: Sequence[Scored]) -> ArticleView:
    """The view of the `number`-th page of a report."""
    parts = urlsplit(source.url) if source.url and source.url.startswith(("http://", "https://")) else None
    return ArticleView(
        anchor=f"page-{number}",
        article=source,
        title=source.title or source.id or f"Page {number}",
        language=_language(source.lang),
        dir=_direction(source.lang),
        published=written(source.published_at),
        link=source.url if parts else None,
        host=parts.hostname if parts else None,
        paragraphs=tuple(line for line in source.text.splitlines() if line.strip()),
        comments=_comments(number, source, {str(one.id): one for one in scored}),
    )


def written(iso: str | None) -> Written | None:
    """None where no time is known, or none that can be read."""
    try:
        moment = datetime.fromisoformat(iso) if iso else None
    except ValueError:
        return None
    if iso is None or moment is None:
        return None
    if len(iso) <= len("2026-11-24"):
        return Written(iso, format_date(moment, "d MMM y", locale="en"), moment)
    naive = moment.replace(tzinfo=None)
    return Written(iso, format_datetime(naive, "d MMM y, HH:mm", locale="en") + _zone(moment), naive)


def _zone(moment: datetime) -> str:
    offset = moment.strftime("%z")
    if not offset:
        return ""
    return " UTC" if offset == "+0000" else f" {offset[:3]}:{offset[3:5]}"


def _comments(number: int, source: Article, scores: dict[str, Scored]) -> tuple[CommentView, ...]:
    found, views = dict[str, CommentView](), list[CommentView]()
    for place in thread.places(source.comments):
        comment = source.comments[place.index]
        parent = found.get(comment.reply_to) if comment.reply_to is not None else None
        anchor = f"page-{number}-comment-{place.index + 1}"
        views.append(_comment(anchor, comment, parent, place, scores.get(comment.id)))
        found.setdefault(comment.id, views[-1])
    return tuple(views)


def _comment(anchor: str, comment: Comment, parent: CommentView | None, place: thread.Place, scored: Scored | None) -> CommentView:
    lang = scored.lang if scored else None
    return CommentView(
        anchor=anchor,
        comment=comment,
        parent=parent,
        place=place,
        initial=_initial(comment.author),
        hue=crc32((comment.author or "").encode("utf-8", "surrogatepass")) % _HUES,
        written=written(comment.created_at),
        lang=lang,
        dir=_direction(lang),
        heads=words.heads(scored) if scored else (),
        reasons=words.reasons(scored) if scored else (),
        unscored=words.unscored(scored),
    )


def _initial(author: str | None) -> str:
    """The first letter or digit of a name; a dot where it has none."""
    return next((letter.upper() for letter in author or "" if unicodedata.category(letter)[0] in "LN"), "·")


@cache
def _locale(lang: str) -> Locale | None:
    try:
        return Locale.parse(lang, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def _language(lang: str | None) -> str | None:
    """The English name of a language; its code where it has none."""
    locale = _locale(lang) if lang else None
    return (locale.english_name if locale else None) or lang


def _direction(lang: str | None) -> str:
    """`ltr` or `rtl` where the language is known, else `auto`: the text's own first letter decides."""
    locale = _locale(lang) if lang else None
    return locale.text_direction if locale else "auto"
