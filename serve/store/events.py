"""Webhook targets and the outbox: events are written in the transaction that they tell of, and leave it when a target has taken them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from serve.store.database import transaction
from serve.store.tables import outbox, webhooks


@dataclass(frozen=True, slots=True)
class Target:
    number: int
    url: str
    secret: str
    site: str | None
    created: int
    disabled: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """One event for one target, claimed for sending."""

    number: int
    id: str
    body: str
    tries: int
    url: str
    secret: str
    webhook: int


def announce(connection: Connection, comment: int, site: str, data: dict[str, Any], now: int) -> None:
    """Puts `comment.decided` into the outbox of every target of the site, within the caller's transaction."""
    stamp = datetime.fromtimestamp(now / 1000, UTC).isoformat().replace("+00:00", "Z")
    body = json.dumps({"type": "comment.decided", "timestamp": stamp, "data": data}, ensure_ascii=False)
    meant = sa.or_(webhooks.c.site.is_(None), webhooks.c.site == site)
    for number in connection.execute(sa.select(webhooks.c.number).where(meant, webhooks.c.disabled.is_(None))).scalars().all():
        event = {"id": f"msg_{secrets.token_hex(12)}", "webhook": number, "comment": comment, "body": body}
        connection.execute(outbox.insert().values(created=now, due=now, tries=0, **event))


class Events:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_target(self, url: str, secret: str, site: str | None, now: int) -> int:
        with transaction(self._engine, writes=True) as connection:
            new = webhooks.insert().values(url=url, secret=secret, site=site, created=now).returning(webhooks.c.number)
            return int(connection.execute(new).scalar_one())

    def targets(self) -> list[Target]:
        with transaction(self._engine, writes=False) as connection:
            return [Target(**row) for row in connection.execute(webhooks.select().order_by(webhooks.c.number)).mappings()]

    def disable_target(self, number: int, now: int) -> bool:
        with transaction(self._engine, writes=True) as connection:
            done = connection.execute(webhooks.update().where(webhooks.c.number == number).values(disabled=now))
            return done.rowcount > 0

    def enable_target(self, number: int) -> bool:
        with transaction(self._engine, writes=True) as connection:
            done = connection.execute(webhooks.update().where(webhooks.c.number == number).values(disabled=None))
            return done.rowcount > 0

    def rotate(self, number: int, secret: str) -> bool:
        """Signs with this secret from now on, and still with the one before it, so that the target can change over in its own time."""
        this = webhooks.c.number == number
        with transaction(self._engine, writes=True) as connection:
            held = connection.execute(sa.select(webhooks.c.secret).where(this).with_for_update()).scalar()
            if held is not None:
                connection.execute(webhooks.update().where(this).values(secret=f"{secret} {held.split()[0]}"))
            return held is not None

    def resend(self, number: int, now: int) -> int:
        """Takes the target's events that were given up back into the outbox, with all their tries before them; how many."""
        given_up = sa.and_(outbox.c.webhook == number, outbox.c.dead.is_not(None), outbox.c.delivered.is_(None))
        with transaction(self._engine, writes=True) as connection:
            return connection.execute(outbox.update().where(given_up).values(dead=None, due=now, tries=0)).rowcount

    def counts(self) -> dict[int, tuple[int, int]]:
        """Target -> events that wait, events given up."""
        waits = sa.func.sum(sa.case((sa.and_(outbox.c.delivered.is_(None), outbox.c.dead.is_(None)), 1), else_=0))
        dead = sa.func.sum(sa.case((outbox.c.dead.is_not(None), 1), else_=0))
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(sa.select(outbox.c.webhook, waits, dead).group_by(outbox.c.webhook))
            return {number: (int(waiting), int(given_up)) for number, waiting, given_up in rows}

    def claim(self, now: int, lease_ms: int, without: Collection[int] = ()) -> Event | None:
        """The event that is longest due, ours until the lease ends: a killed sender's events are due again by themselves.

        `without`: targets that are left alone.
        """
        columns = [outbox.c[name] for name in ("number", "id", "body", "tries", "due", "webhook")]
        waits = sa.select(*columns, webhooks.c.url, webhooks.c.secret).join(webhooks, webhooks.c.number == outbox.c.webhook)
        waits = waits.where(outbox.c.delivered.is_(None), outbox.c.dead.is_(None), outbox.c.due <= now, webhooks.c.disabled.is_(None))
        waits = waits.where(outbox.c.webhook.not_in(without))
        with transaction(self._engine, writes=True) as connection:
            for row in connection.execute(waits.order_by(outbox.c.due).limit(20)).mappings().all():
                mine = outbox.update().where(outbox.c.number == row["number"], outbox.c.due == row["due"], outbox.c.delivered.is_(None))
                if connection.execute(mine.values(due=now + lease_ms, tries=row["tries"] + 1)).rowcount:
                    values = {name: row[name] for name in ("number", "id", "body", "url", "secret", "webhook")}
                    return Event(tries=row["tries"] + 1, **values)
        return None

    def delivered(self, number: int, now: int) -> None:
        self._update(number, delivered=now, error=None)

    def failed(self, number: int, error: str, due: int | None, now: int) -> None:
        """Due again at `due`; None: given up, and shown as dead."""
        self._update(number, error=error[:500], **({"due": due} if due is not None else {"dead": now}))

    def next_due(self, without: Collection[int] = ()) -> int | None:
        """When the next event is due; None where none waits. `without`: as of `claim`."""
        waits = sa.select(sa.func.min(outbox.c.due)).join(webhooks, webhooks.c.number == outbox.c.webhook)
        waits = waits.where(outbox.c.delivered.is_(None), outbox.c.dead.is_(None), webhooks.c.disabled.is_(None))
        waits = waits.where(outbox.c.webhook.not_in(without))
        with transaction(self._engine, writes=False) as connection:
            return connection.execute(waits).scalar()

    def _update(self, number: int, **values: Any) -> None:
        with transaction(self._engine, writes=True) as connection:
            connection.execute(outbox.update().where(outbox.c.number == number).values(values))
