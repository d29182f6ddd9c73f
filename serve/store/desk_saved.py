"""What a person has set for the desk: saved views and preferences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from labels.errors import ConfigError
from serve.store.database import transaction
from serve.store.tables import preferences, views

_MOST = 50
"""Views that one person may keep."""


@dataclass(frozen=True, slots=True)
class View:
    number: int
    name: str
    query: str


class Saved:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def views(self, user: str) -> list[View]:
        query = sa.select(views.c.number, views.c.name, views.c.query).where(views.c.user == user).order_by(views.c.name)
        with transaction(self._engine, writes=False) as connection:
            return [View(*row) for row in connection.execute(query)]

    def keep_view(self, user: str, name: str, query: str, now: int) -> None:
        """A view of this name is replaced. Raises ConfigError for one too many."""
        mine = views.c.user == user
        with transaction(self._engine, writes=True) as connection:
            connection.execute(views.delete().where(mine, views.c.name == name))
            if connection.execute(sa.select(sa.func.count()).select_from(views).where(mine)).scalar_one() >= _MOST:
                raise ConfigError(f"{_MOST} views are kept; delete one first")
            connection.execute(views.insert().values(user=user, name=name, query=query, at=now))

    def drop_view(self, user: str, number: int) -> bool:
        with transaction(self._engine, writes=True) as connection:
            return connection.execute(views.delete().where(views.c.user == user, views.c.number == number)).rowcount > 0

    def preferences(self, user: str) -> dict[str, Any]:
        with transaction(self._engine, writes=False) as connection:
            return dict(connection.execute(sa.select(preferences.c["values"]).where(preferences.c.user == user)).scalar() or {})

    def prefer(self, user: str, **values: Any) -> None:
        """Sets some preferences and leaves the others."""
        with transaction(self._engine, writes=True) as connection:
            held = connection.execute(sa.select(preferences.c["values"]).where(preferences.c.user == user)).scalar()
            if held is None:
                connection.execute(preferences.insert().values({"user": user, "values": values}))
            else:
                connection.execute(preferences.update().where(preferences.c.user == user).values({"values": {**held, **values}}))
