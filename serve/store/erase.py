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
_LOCK = 0x7265746169
"""Advisory lock of PostgreSQL under which retention empties texts."""
_WARNED = sa.cast(articles.c.warnings, sa.String) != "[]"
T = TypeVar("T")


class Eraser:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def author(self, name: str, site: str | None, by: str, now: int) -> int:
        """All comments of an author, texts and name in articles, and the name in saved views. Returns how many comments."""
        return self._erase(comments.c.author == name, site, by, now, author=name)

    def comment(self, id: str, site: str | None, by: str, now: int) -> int:
        """One comment (of each site that has this id, where none is named) with versions, scores, decisions, events and log.

        Scores that were suggested of it go too, also where the comment itself was never stored. Returns how many comments.
        """
        return self._erase(comments.c.id == id, site, by, now, id=id)

    def expire(self, before: int, now: int) -> int:
        """As `empty`, and rewrites the database's files, which locks the tables meanwhile: not for a server at work."""
        count = self.empty(before, now)
        compact(self._engine)
        return count

    def empty(self, before: int, now: int) -> int:
        """Empties texts, names and notes that are older than `before`; scores and decisions stay, but suggested ones go with their text.

        What that frees in the database's files is left to the database. Returns how many versions of comments were emptied.
        """
        old = sa.and_(versions.c.at < before, versions.c.text != "")
        newer = sa.exists().where(versions.c.comment == comments.c.number, versions.c.at >= before)
        named = sa.and_(comments.c.received < before, comments.c.author.is_not(None), ~newer)
        noted = sa.and_(decisions.c.at < before, decisions.c.note.is_not(None))
        said = sa.and_(articles.c.at < before, sa.or_(articles.c.text != "", articles.c.author.is_not(None), _WARNED))
        with transaction(self._engine, writes=True) as connection:
            if connection.dialect.name == "postgresql":
                # Two servers that emptied the same rows, each in an order of its own, could wait for each other.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            count = connection.execute(versions.update().where(old).values(text="")).rowcount
            connection.execute(comments.update().where(named).values(author=None))
            connection.execute(decisions.update().where(noted).values(note=None))
            connection.execute(articles.update().where(said).values(text="", author=None, warnings=[]))
            connection.execute(suggestions.delete().where(suggestions.c.at < before))
            if count:
                connection.execute(audit.insert().values(at=now, by="retention", what="expired", detail={"versions": count}))
        return count

    def forget_events(self, before: int) -> int:
        """Deletes events that a target had taken before then, or that were given up; those that wait stay. Returns how many."""
        over = sa.or_(outbox.c.delivered < before, outbox.c.dead < before)
        with transaction(self._engine, writes=True) as connection:
            return connection.execute(outbox.delete().where(over)).rowcount

    def _erase(
        self, which: sa.ColumnElement[bool], site: str | None, by: str, now: int, *, author: str | None = None, id: str | None = None
    ) -> int:
        if site is not None:
            which = sa.and_(which, comments.c.site == site)
        with transaction(self._engine, writes=True) as connection:
            rows = connection.execute(sa.select(comments.c.number, comments.c.site, comments.c.id).where(which)).all()
            texts = {text for part in _parts([row.number for row in rows]) for text in _remove(connection, part)}
            suggested = [one for row in rows for one in _forget_named(connection, row.id, row.site)]
            for row in rows:
                connection.execute(audit.delete().where(audit.c.site == row.site, audit.c.comment == row.id))
            if id is not None:
                suggested += _forget_named(connection, id, site)
            if author is not None:
                texts |= _forget_articles(connection, author, site)
                _forget_views(connection, author)
            _forget_suggestions(connection, texts | {one.text for one in suggested}, site)
            # Where none is stored, the comment is one of each site that suggested scores of it.
            count = len(rows) or len({one.site for one in suggested})
            connection.execute(audit.insert().values(at=now, by=by, what="erased", site=site, detail={"comments": count}))
        compact(self._engine)
        return count


def _forget_named(connection: Connection, id: str, site: str | None) -> Sequence[Any]:
    """Drops suggestions on a comment that name it, as clients do. Returns their sites and texts."""
    named = suggestions.c.token.in_((id, f"comment:{id}"))
    gone = suggestions.delete().where(named, _suggested_to(site)).returning(suggestions.c.site, suggestions.c.text)
    return connection.execute(gone).all()


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
    _forget_warnings(connection, author, site)
    return texts


def _forget_warnings(connection: Connection, author: str, site: str | None) -> None:
    """Drops what the parser remarked on pages and names an author, such as an answer to one who is not there."""
    there = sa.and_(_WARNED, articles.c.site == site if site is not None else sa.true())
    for row in connection.execute(sa.select(articles.c.site, articles.c.id, articles.c.warnings).where(there)).all():
        left = [warning for warning in row.warnings if author not in warning["what"]]
        if len(left) < len(row.warnings):
            connection.execute(articles.update().where(articles.c.site == row.site, articles.c.id == row.id).values(warnings=left))


def _forget_suggestions(connection: Connection, texts: Set[str], site: str | None) -> None:
    """Drops suggestions on the texts, and takes the texts out of what others say of the page around their comment."""
    theirs = _suggested_to(site)
    for part in _parts(list(texts)):
        connection.execute(suggestions.delete().where(suggestions.c.text.in_(part), theirs))
    folded = {_folded(text) for text in texts}
    for number, context in connection.execute(sa.select(suggestions.c.number, suggestions.c.context).where(theirs)).all():
        left = _without(context, folded)
        if left != context:
            connection.execute(suggestions.update().where(suggestions.c.number == number).values(context=left))


def _suggested_to(site: str | None) -> sa.ColumnElement[bool]:
    """The suggestions of a site, and those of keys of all sites, which name none. None: all."""
    return sa.true() if site is None else sa.or_(suggestions.c.site == site, suggestions.c.site.is_(None))


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
