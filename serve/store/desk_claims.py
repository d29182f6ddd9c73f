"""Claims: who is reading which comment. A claim ends by itself, so that nobody who has gone home keeps a comment."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from serve.store.database import transaction
from serve.store.tables import claims, comments

LEASE_MS = 120_000
"""A page that is open renews its claim well within this."""


class Claims:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, number: int, by: str, sites: Sequence[str] | None, now: int) -> str | None:
        """Claims a comment and gives up the person's others; returns who holds it now. None: there is no such open comment here."""
        is_open = sa.select(comments.c.number).where(comments.c.number == number, comments.c.state == "open")
        if sites is not None:
            is_open = is_open.where(comments.c.site.in_(sites))
        ended = sa.or_(claims.c.until <= now, sa.and_(claims.c.by == by, claims.c.comment != number))
        try:
            with transaction(self._engine, writes=True) as connection:
                if connection.execute(is_open).first() is None:
                    return None
                connection.execute(claims.delete().where(ended))
                mine = claims.update().where(claims.c.comment == number, claims.c.by == by).values(until=now + LEASE_MS)
                if connection.execute(mine).rowcount:
                    return by
                held = connection.execute(sa.select(claims.c.by).where(claims.c.comment == number)).scalar()
                if held is None:
                    connection.execute(claims.insert().values(comment=number, by=by, until=now + LEASE_MS))
                return held or by
        except sa.exc.IntegrityError:
            return self.take(number, by, sites, now)  # another process was first, or the comment has gone: now it shows

    def release(self, number: int, by: str) -> None:
        with transaction(self._engine, writes=True) as connection:
            connection.execute(claims.delete().where(claims.c.comment == number, claims.c.by == by))

    def held(self, now: int, sites: Sequence[str] | None) -> dict[int, str]:
        """Comment -> who reads it, of the claims that run."""
        query = sa.select(claims.c.comment, claims.c.by).where(claims.c.until > now)
        if sites is not None:
            query = query.join(comments, comments.c.number == claims.c.comment).where(comments.c.site.in_(sites))
        with transaction(self._engine, writes=False) as connection:
            return {row.comment: row.by for row in connection.execute(query)}
