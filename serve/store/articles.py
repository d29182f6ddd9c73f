"""Stored articles, and the ids by which they are kept and found."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from labels.thread import Article
from serve.store.database import transaction
from serve.store.tables import articles, comments

ID_CHARS = 200
"""Of an id in the tables: a row of an index of PostgreSQL ends at 2,704 bytes, so a long address does not fit."""
_HASH_CHARS = 32
_IN_ADDRESS_CHARS = 150
"""The rest of ID_CHARS is for what a page calls its comment."""
_MEMBERS = ("id", "url", "title", "lang", "author", "published_at", "text", "read_by")


def kept_as(id: str) -> str:
    """The id under which an article is stored and looked up: a longer one is its beginning, `~` and its hash, so that no two are one.

    >>> kept_as("https://example.org/a"), len(kept_as("a" * 2000))
    ('https://example.org/a', 200)
    """
    return id if len(id) <= ID_CHARS else _hashed(id, id, ID_CHARS)


def in_address(id: str) -> str:
    """What stands for an article in the ids of its comments, which are parts of addresses; no two articles have the same.

    >>> in_address("tram-line"), in_address("a/b")
    ('tram-line', 'a_b~c14cddc033f64b9dea80ea675cf280a0')
    """
    clean = re.sub(r"[\x00-\x1f\x7f/]", "_", id)
    return id if clean == id and len(id) <= _IN_ADDRESS_CHARS else _hashed(id, clean, _IN_ADDRESS_CHARS)


def _hashed(id: str, shown: str, chars: int) -> str:
    return f"{shown[: chars - _HASH_CHARS - 1]}~{hashlib.sha256(id.encode()).hexdigest()[:_HASH_CHARS]}"


def put(connection: Connection, site: str, article: Article, now: int) -> bool:
    """Stores an article, or replaces what is known of it; True where it is new. Raises IntegrityError where another was first."""
    values: dict[str, Any] = {name: getattr(article, name) for name in _MEMBERS}
    values["warnings"] = [warning.to_json() for warning in article.warnings]
    same = sa.and_(articles.c.site == site, articles.c.id == article.id)
    if connection.execute(articles.update().where(same).values(values)).rowcount:
        return False
    connection.execute(articles.insert().values(site=site, at=now, **values))
    return True


class Articles:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, site: str, article: Article, now: int) -> bool:
        """Stores an article without its comments (with them: `Comments.put_all`), or replaces what is known of it; True where it is new."""
        try:
            with transaction(self._engine, writes=True) as connection:
                return put(connection, site, article, now)
        except sa.exc.IntegrityError:
            return self.put(site, article, now)  # another process was first: now it is there

    def about(self, site: str, id: str | None) -> tuple[str | None, str | None]:
        """Title and language of an article, as far as it is stored."""
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(
                sa.select(articles.c.title, articles.c.lang).where(articles.c.site == site, articles.c.id == id)
            ).first()
        return (row.title, row.lang) if row else (None, None)

    def page(
        self, sites: Sequence[str] | None, *, url: str | None = None, lang: str | None = None, after: int = 0, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Articles with their number of comments, oldest first. None: all."""
        count = sa.select(sa.func.count()).where(comments.c.site == articles.c.site, comments.c.article == articles.c.id).scalar_subquery()
        query = sa.select(articles, count.label("comments")).where(articles.c.number > after).order_by(articles.c.number).limit(limit)
        if sites is not None:
            query = query.where(articles.c.site.in_(sites))
        for column, wanted in ((articles.c.url, url), (articles.c.lang, lang)):
            if wanted is not None:
                query = query.where(column == wanted)
        with transaction(self._engine, writes=False) as connection:
            return [dict(row._mapping) for row in connection.execute(query)]
