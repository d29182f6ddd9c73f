"""Every policy that was ever in force, appended."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from serve.store.database import transaction
from serve.store.tables import policies


class Policies:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, text: str, by: str, now: int) -> bool:
        """Appends a policy where it differs from the newest; whether it did."""
        with transaction(self._engine, writes=True) as connection:
            newest = connection.execute(sa.select(policies.c.text).order_by(policies.c.number.desc()).limit(1)).scalar()
            if newest == text:
                return False
            connection.execute(policies.insert().values(text=text, by=by, at=now))
            return True

    def page(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest first: number, text, by, at."""
        with transaction(self._engine, writes=False) as connection:
            return [dict(row) for row in connection.execute(policies.select().order_by(policies.c.number.desc()).limit(limit)).mappings()]
