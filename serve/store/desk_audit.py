"""The audit log as it is read: who did what and when, who was refused, the newest first. It is appended to where things happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from serve.store.database import transaction
from serve.store.desk_decisions import IN_BULK
from serve.store.tables import audit, comments


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log; `number` counts up with time. `detail` says what `what` leaves open."""

    number: int
    at: int
    by: str
    what: str
    site: str | None
    comment: str | None
    """Its id on that site."""
    place: int | None
    """The comment's number, where it is still there."""
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines; None: all, but of a bulk action one line stands for those of its comments."""

    what: str | None = None
    by: str | None = None
    site: str | None = None
    comment: str | None = None
    """With it, the lines of this comment in bulk actions too."""
    since: int | None = None
    until: int | None = None
    """Milliseconds since 1970, not included."""


class Audit:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lines(
        self, sought: Sought, sites: Sequence[str] | None, people: Sequence[str], *, before: int | None = None, limit: int = 50
    ) -> list[Line]:
        """The newest `limit` lines that fit, older than line `before`. `sites` None: all; else what concerns these sites, and what
        concerns no site but was done by one of `people`."""
        found = sa.and_(comments.c.site == audit.c.site, comments.c.id == audit.c.comment)
        query = sa.select(audit, comments.c.number.label("place")).outerjoin(comments, found).where(*_fits(sought))
        if sites is not None:
            query = query.where(sa.or_(audit.c.site.in_(sites), sa.and_(audit.c.site.is_(None), audit.c.by.in_(people))))
        if before is not None:
            query = query.where(audit.c.number < before)
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(query.order_by(audit.c.number.desc()).limit(limit)).mappings()
            return [Line(**row) for row in rows]


def _fits(sought: Sought) -> list[sa.ColumnElement[bool]]:
    named = [(audit.c[name], getattr(sought, name)) for name in ("by", "site", "comment")]
    wanted = [column == value for column, value in named if value is not None]
    if sought.what is not None:
        wanted.append(audit.c.what.in_([sought.what, *([sought.what + IN_BULK] if sought.comment is not None else [])]))
    elif sought.comment is None:
        wanted.append(audit.c.what.not_in([what + IN_BULK for what in ("decision", "undo")]))
    wanted += [audit.c.at >= sought.since] if sought.since is not None else []
    return wanted + ([audit.c.at < sought.until] if sought.until is not None else [])
