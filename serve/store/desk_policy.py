"""Drafts of policies, and the history that a draft is tried on."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from serve.store.database import transaction
from serve.store.tables import audit, comments, decisions, drafts, versions

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
    """A comment of the past, with what the policy of its day did and what a person decided since."""

    text: str
    site: str
    author: str | None
    lang: str | None
    reason: str | None
    scores: dict[str, dict[str, float]]
    low_confidence: tuple[str, ...]
    did: str
    """publish, review or reject: the policy's."""
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

    def history(self, sites: Sequence[str] | None, now: int, *, days: int, most: int) -> Iterator[Judged]:
        """The newest comments of the last days, newest first; `most` of them."""
        query = sa.select(
            versions.c.text,
            comments.c.site,
            comments.c.author,
            *(versions.c[name] for name in ("lang", "reason", "scores", "low_confidence", "action")),
            sa.case((comments.c.decision.is_not(None), comments.c.action)).label("decided"),
        ).join(versions, sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version))
        query = query.where(comments.c.received >= now - days * _DAY_MS).order_by(comments.c.number.desc()).limit(most)
        if sites is not None:
            query = query.where(comments.c.site.in_(sites))
        with transaction(self._engine, writes=False) as connection:
            for row in connection.execute(query.execution_options(yield_per=1_000)):
                text, site, author, lang, reason, scores, low, did, decided = tuple(row)
                yield Judged(text, site, author, lang, reason, scores, tuple(low), did, None if decided == "review" else decided)

    def seconds_each(self) -> tuple[float, int]:
        """Median time that the last thousand measured decisions took, in seconds, and how many were measured."""
        query = sa.select(decisions.c.spent_ms).where(decisions.c.spent_ms > 0, decisions.c.kind.in_(("publish", "reject", "highlight")))
        with transaction(self._engine, writes=False) as connection:
            spent: Sequence[Any] = connection.execute(query.order_by(decisions.c.number.desc()).limit(1_000)).scalars().all()
        return (statistics.median(spent) / 1000 if spent else 0.0), len(spent)
