"""Stored articles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from labels.thread import Article
from serve.store.database import transaction
from serve.store.tables import articles, comments

_MEMBERS = ("id", "url", "title", "lang", "author", "published_at", "text", "read_by")


class Articles:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, site: str, article: Article, now: int) -> bool:
        """Stores an article, or replaces what is known of it; True where it is new. Its comments are stored one by one elsewhere."""
        values: dict[str, Any] = {name: getattr(article, name) for name in _MEMBERS}
        values["warnings"] = [warning.to_json() for warning in article.warnings]
        same = sa.and_(articles.c.site == site, articles.c.id == article.id)
        try:
            with transaction(self._engine, writes=True) as connection:
                if connection.execute(articles.update().where(same).values(values)).rowcount:
                    return False
                connection.execute(articles.insert().values(site=site, at=now, **values))
                return True
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
