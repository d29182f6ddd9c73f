"""Erasure and retention: what is erased is gone from every table, and from the pages of the database's files.

Backups and models that were trained on exported labels are out of reach; docs/service.md says so.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, TypeVar
from urllib.parse import parse_qs

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from serve.store.database import compact, transaction
from serve.store.tables import articles, audit, comments, decisions, outbox, suggestions, versions, views

_BATCH = 500
T = TypeVar("T")


class Eraser:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def author(self, name: str, site: str | None, by: str, now: int) -> int:
        """All comments of an author, texts and name in articles, and the name in saved views. Returns how many comments."""
        return self._erase(comments.c.author == name, site, by, now, name)

    def comment(self, id: str, site: str | None, by: str, now: int) -> int:
        """One comment (of each site that has this id, where none is named) with versions, scores, decisions, events and log.

        Returns how many comments.
        """
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
            said = sa.and_(articles.c.at < before, sa.or_(articles.c.text != "", articles.c.author.is_not(None)))
            beside = (
                suggestions.delete().where(suggestions.c.at < before),
                outbox.delete().where(outbox.c.created < before),
                articles.update().where(said).values(text="", author=None),
            )
            gone = count + sum(connection.execute(statement).rowcount for statement in beside)
            if count:
                connection.execute(audit.insert().values(at=now, by="retention", what="expired", detail={"versions": count}))
        if gone:
            compact(self._engine)
        return count

    def _erase(self, which: sa.ColumnElement[bool], site: str | None, by: str, now: int, author: str | None = None) -> int:
        if site is not None:
            which = sa.and_(which, comments.c.site == site)
        with transaction(self._engine, writes=True) as connection:
            rows = connection.execute(sa.select(comments.c.number, comments.c.site, comments.c.id).where(which)).all()
            texts = {text for part in _parts([row.number for row in rows]) for text in _remove(connection, part)}
            for row in rows:
                tokens = (row.id, f"comment:{row.id}")
                connection.execute(suggestions.delete().where(suggestions.c.token.in_(tokens), _suggested_to(row.site)))
                connection.execute(audit.delete().where(audit.c.site == row.site, audit.c.comment == row.id))
            if author is not None:
                texts |= _forget_articles(connection, author, site)
                _forget_views(connection, author)
            _forget_suggestions(connection, texts, site)
            connection.execute(audit.insert().values(at=now, by=by, what="erased", site=site, detail={"comments": len(rows)}))
        compact(self._engine)
        return len(rows)


def _forget_views(connection: Connection, author: str) -> None:
    """Drops saved views that ask for an author's comments: the name stands in their query."""
    rows = connection.execute(sa.select(views.c.number, views.c.query)).all()
    asking = [row.number for row in rows if author in parse_qs(row.query).get("author", ())]
    for part in _parts(asking):
        connection.execute(views.delete().where(views.c.number.in_(part)))


def _forget_articles(connection: Connection, author: str, site: str | None) -> set[str]:
    """Empties an author's articles, such as the posts that open a forum's threads. Returns what they said."""
    named = sa.and_(articles.c.author == author, articles.c.site == site if site is not None else sa.true())
    texts = set(connection.execute(sa.select(articles.c.text).where(named, articles.c.text != "")).scalars())
    connection.execute(articles.update().where(named).values(text="", author=None))
    return texts


def _forget_suggestions(connection: Connection, texts: Set[str], site: str | None) -> None:
    """Drops suggestions on the texts, and takes the texts out of what others say of the page around their comment."""
    theirs = _suggested_to(site) if site is not None else sa.true()
    for part in _parts(list(texts)):
        connection.execute(suggestions.delete().where(suggestions.c.text.in_(part), theirs))
    folded = {_folded(text) for text in texts}
    for number, context in connection.execute(sa.select(suggestions.c.number, suggestions.c.context).where(theirs)).all():
        left = _without(context, folded)
        if left != context:
            connection.execute(suggestions.update().where(suggestions.c.number == number).values(context=left))


def _suggested_to(site: str) -> sa.ColumnElement[bool]:
    """The suggestions of a site; a key of all sites names none."""
    return sa.or_(suggestions.c.site == site, suggestions.c.site.is_(None))


def _without(value: Any, texts: Set[str]) -> Any:
    """A JSON value whose strings are emptied where they are one of the folded texts."""
    if isinstance(value, dict):
        return {name: _without(member, texts) for name, member in value.items()}
    if isinstance(value, list):
        return [_without(member, texts) for member in value]
    return "" if isinstance(value, str) and _folded(value) in texts else value


def _folded(text: str) -> str:
    """White space as a client may have trimmed or wrapped it."""
    return " ".join(text.split())


def _remove(connection: Connection, numbers: Sequence[int]) -> Sequence[str]:
    """Removes comments with what hangs on them. Returns what all their versions said."""
    texts = connection.execute(sa.select(versions.c.text).where(versions.c.comment.in_(numbers), versions.c.text != "")).scalars().all()
    connection.execute(outbox.delete().where(outbox.c.comment.in_(numbers)))
    connection.execute(decisions.delete().where(decisions.c.comment.in_(numbers)))
    connection.execute(versions.delete().where(versions.c.comment.in_(numbers)))
    connection.execute(comments.delete().where(comments.c.number.in_(numbers)))
    return texts


def _parts(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[begin : begin + _BATCH] for begin in range(0, len(values), _BATCH)]
