"""Drafts of policies, and the history that a draft is tried on."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from serve.store.database import transaction
from serve.store.desk_decisions import ConflictError
from serve.store.tables import audit, comments, decisions, drafts, policies, versions

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Draft:
    number: int
    name: str
    text: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A comment of the past, with what a person decided on it."""

    number: int
    text: str
    site: str
    author: str | None
    lang: str | None
    reason: str | None
    """Why it has no scores."""
    scores: dict[str, dict[str, float]]
    low_confidence: tuple[str, ...]
    decided: str | None
    """publish or reject: the moderator's; None: nobody decided."""


class Drafts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, text: str, by: str, now: int) -> int:
        with transaction(self._engine, writes=True) as connection:
            new = drafts.insert().values(name=name, text=text, by=by, at=now).returning(drafts.c.number)
            number = int(connection.execute(new).scalar_one())
            connection.execute(audit.insert().values(at=now, by=by, what="policy_draft", detail={"draft": number, "name": name}))
            return number

    def list(self, limit: int = 20) -> list[Draft]:
        """The newest first."""
        with transaction(self._engine, writes=False) as connection:
            return [Draft(*row) for row in connection.execute(drafts.select().order_by(drafts.c.number.desc()).limit(limit))]

    def get(self, number: int) -> Draft | None:
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(drafts.select().where(drafts.c.number == number)).first()
        return Draft(*row) if row else None

    def apply(self, draft: Draft, seen: int, by: str, now: int) -> None:
        """Puts a draft in force. Raises ConflictError where the policy in force is not number `seen` any more."""
        newest = policies.select().order_by(policies.c.number.desc()).limit(1)
        with transaction(self._engine, writes=True) as connection:
            connection.execute(newest.with_for_update()).first()  # who waits here reads anew what was applied meanwhile
            held = connection.execute(newest).one()
            if held.number != seen:
                raise ConflictError("applied", held.by)
            new = policies.insert().values(text=draft.text, by=by, at=now).returning(policies.c.number)
            detail = {"draft": draft.number, "name": draft.name, "policy": connection.execute(new).scalar_one(), "before": seen}
            connection.execute(audit.insert().values(at=now, by=by, what="policy_applied", detail=detail))

    def history(self, sites: Sequence[str] | None, now: int, *, days: int, most: int) -> Iterator[Judged]:
        """The newest comments of the last days, newest first; `most` of them."""
        query = sa.select(
            comments.c.number,
            versions.c.text,
            comments.c.site,
            comments.c.author,
            *(versions.c[name] for name in ("lang", "reason", "scores", "low_confidence")),
            sa.case((comments.c.decision.is_not(None), comments.c.action)).label("decided"),
        ).join(versions, sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version))
        query = query.where(comments.c.received >= now - days * _DAY_MS).order_by(comments.c.number.desc()).limit(most)
        if sites is not None:
            query = query.where(comments.c.site.in_(sites))
        with transaction(self._engine, writes=False) as connection:
            for row in connection.execute(query.execution_options(yield_per=1_000)):
                number, text, site, author, lang, reason, scores, low, decided = tuple(row)
                yield Judged(number, text, site, author, lang, reason, scores, tuple(low), None if decided == "review" else decided)

    def seconds_each(self, crowd: int) -> float | None:
        """Median time that the last thousand timed decisions took, in seconds; None where fewer than `crowd` people took them."""
        query = sa.select(decisions.c.spent_ms, decisions.c.by)
        query = query.where(decisions.c.spent_ms > 0, decisions.c.kind.in_(("publish", "reject", "highlight")))
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(query.order_by(decisions.c.number.desc()).limit(1_000)).all()
        return statistics.median(row.spent_ms for row in rows) / 1000 if len({row.by for row in rows}) >= crowd else None
