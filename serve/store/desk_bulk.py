"""Bulk by score: a histogram over the queue, what a range of it holds, one decision on all of it, and how right that was so far."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from serve.store import desk_decisions, desk_queue
from serve.store.database import transaction
from serve.store.desk_decisions import CHUNK, Act
from serve.store.desk_queue import Card, Wanted
from serve.store.tables import SCORES, audit, claims, comments, decisions

BINS = 50
MOST = 10_000
"""Comments that one bulk action decides; the rest is there for the next one."""
_REJECTED = sa.func.sum(sa.case((comments.c.action == "reject", 1), else_=0))


@dataclass(frozen=True, slots=True)
class Bin:
    """A fiftieth of the range of a score."""

    low: float
    high: float
    open: int = 0
    decided: int = 0
    """By a person who read it: what was decided in bulk says nothing about how right that was."""
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Range:
    """What a range of scores holds."""

    count: int
    newest: int
    """The greatest number of a comment: what comes in later is not decided with it."""
    decided: int
    rejected: int
    sample: list[Card]

    def precision(self, kind: str) -> float | None:
        """Share of the decided comments of this range that people decided the same way, 0..1; None: nobody has decided on any."""
        if not self.decided:
            return None
        return (self.rejected if kind == "reject" else self.decided - self.rejected) / self.decided

    def wrong(self, kind: str) -> int | None:
        """How many would be decided otherwise by a person, as far as the past tells."""
        share = self.precision(kind)
        return None if share is None else round(self.count * (1 - share))


@dataclass(frozen=True, slots=True)
class Batch:
    """A bulk action as it was done."""

    batch: str
    by: str
    at: int
    kind: str
    count: int
    output: str | None
    low: float | None
    high: float | None
    holds: int
    """How many of its comments are still as it left them, so that undo brings them back."""


class Bulk:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def histogram(self, wanted: Wanted, now: int) -> list[Bin]:
        """Of `wanted.output` over the comments that fit, without regard to its range."""
        free = replace(wanted, low=None, high=None)
        score = _score(wanted)
        with transaction(self._engine, writes=False) as connection:
            place = _place(score, connection.dialect.name).label("place")
            waits = sa.select(place, sa.func.count()).select_from(comments).where(score.is_not(None)).group_by(place)
            judged = _read(sa.select(place, sa.func.count(), _REJECTED)).where(score.is_not(None)).group_by(place)
            dialect = connection.dialect.name
            many = dict(map(tuple, connection.execute(desk_queue.where(waits, free, now, dialect))))
            past = {at: counts for at, *counts in connection.execute(desk_queue.where(judged, _decided(free), now, dialect))}
        return [Bin(at / BINS, (at + 1) / BINS, many.get(at, 0), *past.get(at, (0, 0))) for at in range(BINS)]

    def range(self, wanted: Wanted, now: int, *, sample: int = 6) -> Range:
        """What the range of `wanted` holds, with some of its comments: always the same ones, scattered over it."""
        with transaction(self._engine, writes=False) as connection:
            dialect = connection.dialect.name
            waits = sa.select(sa.func.count(), sa.func.max(comments.c.number)).select_from(comments)
            count, newest = tuple(connection.execute(desk_queue.where(waits, wanted, now, dialect)).one())
            judged = _read(sa.select(sa.func.count(), _REJECTED))
            decided, refused = tuple(connection.execute(desk_queue.where(judged, _decided(wanted), now, dialect)).one())
            scattered = sa.select(comments.c.number).order_by(comments.c.number * 7919 % 10007, comments.c.number).limit(sample)
            numbers = connection.execute(desk_queue.where(scattered, wanted, now, dialect)).scalars().all()
            cards = desk_queue.cards(connection, numbers)
        return Range(count, newest or 0, decided, refused or 0, cards)

    def decide(self, wanted: Wanted, act: Act, newest: int, now: int) -> tuple[str, int]:
        """Decides on all that fits up to comment `newest`, but what others read now; returns the batch, for undo, and how many."""
        batch = secrets.token_hex(8)
        act = replace(act, batch=batch)
        detail = {"batch": batch, "kind": act.kind, "output": wanted.output, "low": wanted.low, "high": wanted.high}
        site = wanted.site or (wanted.sites[0] if wanted.sites and len(wanted.sites) == 1 else None)
        with transaction(self._engine, writes=False) as connection:
            dialect = connection.dialect.name
            query = desk_queue.where(sa.select(comments.c.number), wanted, now, dialect).where(comments.c.number <= newest)
            numbers = connection.execute(query.order_by(comments.c.number).limit(MOST)).scalars().all()
        count = 0
        for begin in range(0, len(numbers), CHUNK):
            with transaction(self._engine, writes=True) as connection:
                free = _free(connection, desk_queue.where(sa.select(comments.c.number), wanted, now, dialect), act.by, now)
                part = connection.execute(free.where(comments.c.number.in_(numbers[begin : begin + CHUNK]))).scalars().all()
                for number in part:
                    desk_decisions.append(connection, number, act, now)
                if part:  # a line with each part: what a killed server had done is in the list and can be undone
                    said = detail | {"count": len(part)}
                    connection.execute(audit.insert().values(at=now, by=act.by, what="bulk", site=site, detail=said))
                count += len(part)
        return batch, count

    def batches(self, me: str, since: int, *, also: Sequence[str] | None = (), limit: int = 30) -> list[Batch]:
        """The newest bulk actions since then: one's own, and everybody's on the sites `also` (None: all)."""
        query = sa.select(audit.c.by, audit.c.at, audit.c.detail).where(audit.c.what == "bulk", audit.c.at >= since)
        if also is not None:
            query = query.where(sa.or_(audit.c.by == me, audit.c.site.in_(also)))
        held = sa.select(decisions.c.batch, sa.func.count().label("size")).join(comments, comments.c.number == decisions.c.comment)
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(query.order_by(audit.c.number.desc()).limit(limit * MOST // CHUNK)).all()
            whole = Counter[str]()
            for row in rows:
                whole[row.detail["batch"]] += row.detail["count"]
            held = held.where(decisions.c.batch.in_(list(whole)), comments.c.decision == decisions.c.number)
            holds = {row.batch: row.size for row in connection.execute(held.group_by(decisions.c.batch))}
        first = {row.detail["batch"]: row for row in reversed(rows)}
        names = ("batch", "kind", "output", "low", "high")
        made = [
            Batch(by=row.by, at=row.at, count=whole[batch], holds=holds.get(batch, 0), **{name: row.detail[name] for name in names})
            for batch, row in first.items()
        ]
        return made[::-1][:limit]


def _read(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """A query on comments, kept to those that somebody read and decided on one by one."""
    return query.select_from(comments).join(decisions, decisions.c.number == comments.c.decision).where(decisions.c.batch.is_(None))


def _decided(wanted: Wanted) -> Wanted:
    return replace(wanted, state="decided", hours=None, older=None)


def _score(wanted: Wanted) -> sa.ColumnElement[Any]:
    return comments.c[SCORES[wanted.output or "toxicity.toxicity"]]


def _place(score: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[int]:
    """The bin of a score; 1 belongs to the last one. SQLite cuts where it casts, PostgreSQL rounds."""
    scaled = score * (BINS - 1e-9)
    return sa.cast(scaled if dialect == "sqlite" else sa.func.floor(scaled), sa.Integer)


def _free(connection: Connection, query: sa.Select[Any], by: str, now: int) -> sa.Select[Any]:
    """Without what others read now; locked."""
    taken = sa.exists().where(claims.c.comment == comments.c.number, claims.c.by != by, claims.c.until > now)
    return query.where(~taken).with_for_update(of=comments)
