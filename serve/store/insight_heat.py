"""Where it is hot: articles and threads with many likely toxic comments, and how their stance went."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labels import schema
from serve.store.labels import of_sites
from serve.store.tables import SCORES, articles, comments, versions

LIKELY = 0.5
"""Probability of toxicity from which a comment counts as likely toxic."""
_ARTICLES = 200
"""Of the articles with the most likely toxic comments, the hottest are shown."""
_FEWEST = 5
"""Comments from which an article or thread is called heated."""
_STEPS = 12
"""Parts of the life of an article over which its stance is followed."""


@dataclass(slots=True)
class Heated:
    """An article or a thread with its likely toxic comments; `stance`: per step of its life, comments against, without side, in favour."""

    site: str
    article: str
    title: str | None
    comments: int
    toxic: int
    root: int | None = None
    """Number of the comment that begins the thread; None: an article."""
    begins: str = ""
    """The first words of that comment, and what the model says of it: output -> probability."""
    toxicity: Mapping[str, float] = field(default_factory=dict)
    stance: list[tuple[int, int, int]] = field(default_factory=list)
    first: int = 0
    last: int = 0

    @property
    def share(self) -> float:
        return self.toxic / self.comments


def hottest(connection: Connection, sites: Sequence[str] | None, since: int, count: int) -> tuple[list[Heated], list[Heated]]:
    """The most heated articles, and the most heated threads in the articles with the most likely toxic comments."""
    toxic = sa.func.sum(sa.case((comments.c.toxicity_toxicity >= LIKELY, 1), else_=0)).label("toxic")
    group = (comments.c.site, comments.c.article)
    query = sa.select(*group, sa.func.count().label("size"), toxic).where(comments.c.article.is_not(None), comments.c.received >= since)
    query = of_sites(query, sites).group_by(*group).having(sa.func.count() >= _FEWEST).order_by(sa.desc("toxic")).limit(_ARTICLES)
    rows = [row for row in connection.execute(query) if row.toxic]
    best = sorted(rows, key=lambda row: -wilson(row.toxic, row.size))
    found = [_heated(connection, row.site, row.article) for row in best[:count]]
    loud = {(row.site, row.article): members for row, (_, members) in zip(best, found, strict=False)}
    for row in rows[:count]:
        if (row.site, row.article) not in loud:
            loud[row.site, row.article] = _heated(connection, row.site, row.article)[1]
    threads = sorted(_threads(loud), key=lambda one: -wilson(one.toxic, one.comments))[:count]
    _begin(connection, threads)
    return [article for article, _ in found], threads


def wilson(part: int, whole: int, z: float = 1.96) -> float:
    """The lower end of the interval in which the share lies: few comments do not make a fire."""
    if not whole:
        return 0.0
    share = part / whole
    spread = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return (share + z * z / (2 * whole) - spread) / (1 + z * z / whole)


def _heated(connection: Connection, site: str, article: str) -> tuple[Heated, list[Any]]:
    """An article with its stance over time, and its comments."""
    names = (
        "number",
        "id",
        "reply_to",
        "received",
        "created_at",
        "toxicity_toxicity",
        *(SCORES[f"stance.{name}"] for name in schema.STANCE.names),
    )
    query = sa.select(*(comments.c[name] for name in names)).where(comments.c.site == site, comments.c.article == article)
    members = list(connection.execute(query.order_by(comments.c.number)).all())
    title = connection.execute(sa.select(articles.c.title).where(articles.c.site == site, articles.c.id == article)).scalar()
    toxic = sum((row.toxicity_toxicity or 0) >= LIKELY for row in members)
    found = Heated(site, article, title, len(members), toxic)
    _follow(found, members)
    return found, members


def _follow(heated: Heated, members: Sequence[Any]) -> None:
    """Fills in the stance over the life of an article or thread, by the comments' own times where all have one."""
    times = [_written(row) for row in members]
    if any(time is None for time in times):
        times = [row.received for row in members]
    known = [time for time in times if time is not None]
    heated.first, heated.last = min(known), max(known)
    steps = [[0, 0, 0] for _ in range(_STEPS)]
    width = max(1, heated.last - heated.first)
    for row, time in zip(members, known, strict=True):
        scores = [getattr(row, SCORES[f"stance.{name}"]) for name in ("against", "neutral", "favor")]
        if None not in scores:
            steps[min(_STEPS - 1, (time - heated.first) * _STEPS // width)][scores.index(max(scores))] += 1
    heated.stance = [(step[0], step[1], step[2]) for step in steps]


def _written(row: Any) -> int | None:
    """When a comment was written, as its page says; a time without a zone counts as UTC."""
    try:
        moment = datetime.fromisoformat(row.created_at or "")
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _threads(loud: Mapping[tuple[str, str], Sequence[Any]]) -> list[Heated]:
    """The threads of these articles that are long enough and hold something likely toxic."""
    found = []
    for (site, article), members in loud.items():
        threads: dict[int, list[Any]] = defaultdict(list)
        for row, root in zip(members, _roots(members), strict=True):
            threads[root].append(row)
        for root, rows in threads.items():
            toxic = sum((row.toxicity_toxicity or 0) >= LIKELY for row in rows)
            if len(rows) >= _FEWEST and toxic:
                thread = Heated(site, article, None, len(rows), toxic, root)
                _follow(thread, rows)
                found.append(thread)
    return found


def _roots(members: Sequence[Any]) -> list[int]:
    """For each comment the number of the one that begins its thread; a circle is its own thread."""
    by_id = {row.id: row for row in members}
    roots: dict[str, int] = {}
    for row in members:
        path, at = [], row
        while at.id not in roots and at.reply_to in by_id and at.id not in path:
            path.append(at.id)
            at = by_id[at.reply_to]
        root = roots.setdefault(at.id, at.number)
        roots.update(dict.fromkeys(path, root))
    return [roots[row.id] for row in members]


def _begin(connection: Connection, threads: Sequence[Heated]) -> None:
    """Fills in titles and the words with which the threads begin."""
    newest = sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version)
    query = sa.select(comments.c.number, versions.c.text, versions.c.scores, articles.c.title).join_from(comments, versions, newest)
    query = query.outerjoin(articles, sa.and_(articles.c.site == comments.c.site, articles.c.id == comments.c.article))
    rows = {row.number: row for row in connection.execute(query.where(comments.c.number.in_([one.root for one in threads])))}
    for one in threads:
        row = rows[one.root]
        one.title, one.begins = row.title, " ".join(row.text[:400].split())[:120]
        one.toxicity = row.scores.get(schema.TOXICITY.name, {})
