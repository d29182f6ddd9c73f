"""Erasure and retention: what is erased is gone from every table, and from the pages of the database's files.

Backups and models that were trained on exported labels are out of reach; docs/service.md says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from serve.store.database import compact, transaction
from serve.store.tables import articles, audit, comments, decisions, outbox, suggestions, versions, views

_BATCH = 500


class Eraser:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def author(self, name: str, site: str | None, by: str, now: int) -> int:
        """All comments of an author, and the name in articles and saved views. Returns how many comments."""
        return self._erase(comments.c.author == name, site, by, now, name)

    def comment(self, id: str, site: str | None, by: str, now: int) -> int:
        """One comment (of each site that has this id, where none is named) with versions, scores, decisions, events and log."""
        return self._erase(comments.c.id == id, site, by, now)

    def expire(self, before: int, now: int) -> int:
        """Empties the texts, names and notes of versions older than `before`; scores and decisions stay. Returns how many versions."""
        old = sa.and_(versions.c.at < before, versions.c.text != "")
        with transaction(self._engine, writes=True) as connection:
            numbers = connection.execute(sa.select(versions.c.comment).where(old).distinct()).scalars().all()
            count = connection.execute(versions.update().where(old).values(text="")).rowcount
            for part in _parts(numbers):
                kept = sa.exists().where(versions.c.comment == comments.c.number, versions.c.text != "")
                connection.execute(comments.update().where(comments.c.number.in_(part), ~kept).values(author=None))
                connection.execute(decisions.update().where(decisions.c.comment.in_(part), decisions.c.at < before).values(note=None))
            connection.execute(suggestions.delete().where(suggestions.c.at < before))
            connection.execute(outbox.delete().where(outbox.c.created < before))
            connection.execute(articles.update().where(articles.c.at < before).values(text="", author=None))
            if count:
                connection.execute(audit.insert().values(at=now, by="retention", what="expired", detail={"versions": count}))
        if count:
            compact(self._engine)
        return count

    def _erase(self, which: sa.ColumnElement[bool], site: str | None, by: str, now: int, author: str | None = None) -> int:
        if site is not None:
            which = sa.and_(which, comments.c.site == site)
        with transaction(self._engine, writes=True) as connection:
            rows = connection.execute(sa.select(comments.c.number, comments.c.site, comments.c.id).where(which)).all()
            for part in _parts([row.number for row in rows]):
                _remove(connection, part)
            for row in rows:
                tokens = (row.id, f"comment:{row.id}")
                connection.execute(suggestions.delete().where(suggestions.c.token.in_(tokens)))
                connection.execute(audit.delete().where(audit.c.site == row.site, audit.c.comment == row.id))
            if author is not None:
                named = articles.c.author == author if site is None else sa.and_(articles.c.author == author, articles.c.site == site)
                connection.execute(articles.update().where(named).values(author=None))
                _forget_views(connection, author)
            connection.execute(audit.insert().values(at=now, by=by, what="erased", site=site, detail={"comments": len(rows)}))
        compact(self._engine)
        return len(rows)


def _forget_views(connection: Connection, author: str) -> None:
    """Drops saved views that ask for an author's comments: the name stands in their query."""
    rows = connection.execute(sa.select(views.c.number, views.c.query)).all()
    asking = [row.number for row in rows if author in parse_qs(row.query).get("author", ())]
    for part in _parts(asking):
        connection.execute(views.delete().where(views.c.number.in_(part)))


def _remove(connection: Connection, numbers: Sequence[int]) -> None:
    texts = sa.select(versions.c.text).where(versions.c.comment.in_(numbers), versions.c.text != "")
    connection.execute(suggestions.delete().where(suggestions.c.text.in_(texts)))
    connection.execute(outbox.delete().where(outbox.c.comment.in_(numbers)))
    connection.execute(decisions.delete().where(decisions.c.comment.in_(numbers)))
    connection.execute(versions.delete().where(versions.c.comment.in_(numbers)))
    connection.execute(comments.delete().where(comments.c.number.in_(numbers)))


def _parts(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[begin : begin + _BATCH] for begin in range(0, len(numbers), _BATCH)]
