"""Every policy that was ever in force, appended."""

from __future__ import annotations

import tomllib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from serve.store.database import transaction
from serve.store.tables import policies


def _said(text: str) -> object:
    """What a policy says; the text itself where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return text


class Policies:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, text: str, by: str, now: int) -> bool:
        """Appends a policy where it says something else than the last one that came from there; whether it did.

        So a restart with the same file leaves in force what an admin has applied since, and a changed file is the newest word; one that
        differs in its comments alone, as after an upgrade, is the same.
        """
        last = sa.select(policies.c.text).where(policies.c.by == by).order_by(policies.c.number.desc()).limit(1)
        with transaction(self._engine, writes=True) as connection:
            before = connection.execute(last).scalar()
            if before is not None and _said(before) == _said(text):
                return False
            connection.execute(policies.insert().values(text=text, by=by, at=now))
            return True

    def newest(self, after: int = 0) -> tuple[int, str] | None:
        """Number and text of the policy in force; None: it is not newer than policy `after`."""
        query = sa.select(policies.c.number, policies.c.text).where(policies.c.number > after).order_by(policies.c.number.desc()).limit(1)
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(query).first()
        return (row.number, row.text) if row else None

    def page(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest first: number, text, by, at."""
        with transaction(self._engine, writes=False) as connection:
            return [dict(row) for row in connection.execute(policies.select().order_by(policies.c.number.desc()).limit(limit)).mappings()]
