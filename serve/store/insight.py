"""What happens at a desk over time, as figures: every statement here reads 100,000 comments in well under a second.

Days are days of UTC. Nothing here says how fast a single person works, but to that person: `pace` is asked for oneself only, and the
team's pace is given from three people on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from serve.store import insight_agreement, insight_heat
from serve.store.database import transaction
from serve.store.insight_agreement import Agreement, Fit
from serve.store.insight_heat import Heated
from serve.store.labels import of_sites
from serve.store.tables import WATCHED, comments, decisions, versions

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
AGES_H = (1, 4, 24, 168)
"""Borders of the ages of what waits, in hours."""
CROWD = 3
"""People among whom nobody's own pace can be read off the team's."""


@dataclass(frozen=True, slots=True)
class Day:
    """What came in on one day. `means`: `head.output` -> mean probability, absent where nothing was scored."""

    at: int
    published: int
    """By the policy."""
    rejected: int
    """By the policy."""
    people: int
    """For people to decide."""
    decided: int
    """By people on this day, whenever it had come in."""
    waiting: int
    """At the end of the day."""
    means: Mapping[str, float]

    @property
    def volume(self) -> int:
        return self.published + self.rejected + self.people


@dataclass(frozen=True, slots=True)
class Pace:
    """`hours`: of the day (UTC), the mean number of decisions of one person in an hour in which they decided anything."""

    decisions: int
    people: int
    per_hour: float | None
    median_ms: int | None
    hours: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Drift:
    """The spread of toxicity in tenths, the last week beside the time before it; `psi`: population stability index of the two."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    psi: float | None
    """None: too few scores. Below 0.1 nothing moved, above 0.25 something did (the usual reading)."""


class Insight:
    """`sites` None: all. `since`, `now`: milliseconds since 1970."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def days(self, sites: Sequence[str] | None, since: int, now: int) -> list[Day]:
        """Every day from `since` on, also those on which nothing happened."""
        first, last = since // DAY_MS, now // DAY_MS
        with transaction(self._engine, writes=False) as connection:
            came = _came(connection, sites, first * DAY_MS)
            decided = _decided(connection, sites, first * DAY_MS)
            waiting = int(connection.execute(of_sites(sa.select(sa.func.count()).where(comments.c.state == "open"), sites)).scalar_one())
        found = []
        for day in range(last, first - 1, -1):
            rows = came.get(day, {})
            counts = [sum(row.size for row in rows.values() if row.fate == fate) for fate in ("publish", "reject", "people")]
            found.append(Day(day * DAY_MS, counts[0], counts[1], counts[2], decided.get(day, 0), waiting, _means(rows.values())))
            # What waited at the end of the day before: what waits now, without what came, with what was decided.
            waiting = max(0, waiting - counts[2] + decided.get(day, 0))
        return found[::-1]

    def backlog(self, sites: Sequence[str] | None, now: int) -> tuple[list[int], int | None]:
        """How many comments wait, by age (AGES_H and older), and since when the oldest does."""
        age = now - comments.c.received
        place = sa.case(*((age < hours * HOUR_MS, at) for at, hours in enumerate(AGES_H)), else_=len(AGES_H)).label("place")
        query = sa.select(place, sa.func.count().label("size"), sa.func.min(comments.c.received).label("oldest"))
        query = query.where(comments.c.state == "open").group_by(place)
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(of_sites(query, sites)).all()
        counts = {row.place: row.size for row in rows}
        return [counts.get(at, 0) for at in range(len(AGES_H) + 1)], min((row.oldest for row in rows), default=None)

    def pace(self, sites: Sequence[str] | None, since: int, person: str | None = None) -> Pace:
        """The team's pace, or one person's own. The team's rates are None and empty where fewer than CROWD people decided."""
        hour = (decisions.c.at // HOUR_MS).label("hour")
        base: tuple[sa.ColumnElement[bool], ...] = (
            decisions.c.at >= since,
            decisions.c.batch.is_(None),
            decisions.c.kind.in_(("publish", "highlight", "reject", "escalate")),
        )
        base += (decisions.c.by == person,) if person is not None else ()
        query = sa.select(hour, decisions.c.by, sa.func.count().label("size")).where(*base).group_by(hour, decisions.c.by)
        spent = sa.select(decisions.c.spent_ms).where(*base, decisions.c.spent_ms.is_not(None)).order_by(decisions.c.spent_ms)
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(_with_site(query, sites)).all()
            timed = [row.spent_ms for row in connection.execute(_with_site(spent, sites))]
        total, people = sum(row.size for row in rows), len({row.by for row in rows})
        if not rows or (person is None and people < CROWD):
            return Pace(total, people, None, None, {})
        by_hour: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            by_hour[row.hour % 24].append(row.size)
        means = {at: sum(sizes) / len(sizes) for at, sizes in sorted(by_hour.items())}
        return Pace(total, people, total / len(rows), timed[len(timed) // 2] if timed else None, means)

    def drift(self, sites: Sequence[str] | None, since: int, now: int) -> Drift:
        """The last seven days beside the time from `since` to then."""
        border = now - 7 * DAY_MS
        score = comments.c.toxicity_toxicity
        tenth = sa.case((score >= 1, 9), else_=sa.cast(sa.func.floor(score * 10), sa.Integer)).label("tenth")
        late = sa.case((comments.c.received >= border, 1), else_=0).label("late")
        query = sa.select(late, tenth, sa.func.count().label("size")).where(score.is_not(None), comments.c.received >= since)
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(of_sites(query, sites).group_by(late, tenth)).all()
        counts = {(row.late, row.tenth): row.size for row in rows}
        before, after = (tuple(counts.get((side, at), 0) for at in range(10)) for side in (0, 1))
        return Drift(before, after, psi(before, after))

    def models(self, since: int) -> list[tuple[str, int]]:
        """Models that scored since then, on any site, each with when it first did, in order."""
        query = sa.select(versions.c.model, sa.func.min(versions.c.at).label("first")).where(versions.c.at >= since)
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(query.group_by(versions.c.model)).all()
        return sorted(((row.model, row.first) for row in rows), key=lambda pair: pair[1])

    def agreement(self, sites: Sequence[str] | None, since: int) -> list[Agreement]:
        with transaction(self._engine, writes=False) as connection:
            return insight_agreement.between_people(connection, sites, since)

    def fit(self, sites: Sequence[str] | None, since: int) -> list[Fit]:
        with transaction(self._engine, writes=False) as connection:
            return insight_agreement.with_model(connection, sites, since)

    def heated(self, sites: Sequence[str] | None, since: int, count: int = 6) -> tuple[list[Heated], list[Heated]]:
        with transaction(self._engine, writes=False) as connection:
            return insight_heat.hottest(connection, sites, since, count)


def psi(before: Sequence[int], after: Sequence[int]) -> float | None:
    """Population stability index of two histograms; None where one of them holds fewer than 100. Empty tenths count as half a comment."""
    if min(sum(before), sum(after)) < 100:
        return None
    old, new = (np.maximum(np.asarray(side, float), 0.5) / sum(side) for side in (before, after))
    return float(((new - old) * np.log(new / old)).sum())


def _came(connection: Connection, sites: Sequence[str] | None, since: int) -> dict[int, dict[str, Any]]:
    """Day -> fate (publish, reject, people) -> how many came, and sums of their scores."""
    day = (comments.c.received // DAY_MS).label("day")
    people = sa.or_(comments.c.state == "open", comments.c.decision.is_not(None))
    fate = sa.case((people, "people"), else_=comments.c.action).label("fate")
    sums = [
        part
        for name in WATCHED
        for part in (sa.func.sum(_column(name)).label(f"sum_{name}"), sa.func.count(_column(name)).label(f"n_{name}"))
    ]
    query = sa.select(day, fate, sa.func.count().label("size"), *sums).where(comments.c.received >= since).group_by(day, fate)
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in connection.execute(of_sites(query, sites)):
        found[row.day][row.fate] = row
    return found


def _means(rows: Iterable[Any]) -> dict[str, float]:
    found = {}
    kept = [row._mapping for row in rows]
    for name in WATCHED:
        if size := sum(row[f"n_{name}"] for row in kept):
            found[name] = sum(row[f"sum_{name}"] or 0.0 for row in kept) / size
    return found


def _decided(connection: Connection, sites: Sequence[str] | None, since: int) -> dict[int, int]:
    """Day -> comments whose decision that stands fell on it."""
    day = (decisions.c.at // DAY_MS).label("day")
    query = sa.select(day, sa.func.count().label("size")).join(comments, comments.c.number == decisions.c.comment)
    query = query.where(comments.c.decision == decisions.c.number, comments.c.state == "decided", decisions.c.at >= since).group_by(day)
    return {row.day: row.size for row in connection.execute(of_sites(query, sites))}


def _column(name: str) -> sa.ColumnElement[float]:
    return comments.c[WATCHED[name]]


def _with_site(query: sa.Select[Any], sites: Sequence[str] | None) -> sa.Select[Any]:
    return query if sites is None else of_sites(query.join(comments, comments.c.number == decisions.c.comment), sites)
