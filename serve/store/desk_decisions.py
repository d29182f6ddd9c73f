"""Decisions: appended, never overwritten. A correction is a new row, an undo too; the comment points at the decision that holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, RowMapping

from labels.errors import ThreadwiseError
from serve.store import events
from serve.store.database import lock_rows, transaction
from serve.store.tables import audit, claims, comments, decisions, versions

ACTIONS = {"publish": "publish", "highlight": "publish", "reject": "reject", "escalate": "review"}
"""Kind of a decision -> what holds after it. A note changes nothing, an undo restores what was."""
CHUNK = 250
"""Comments of one transaction of a bulk action: other moderators' decisions pass in between."""
IN_BULK = " in bulk"
"""Ends what a line of the audit log tells of, where it is one comment of a bulk action: that has a line of its own."""
_STATE = ("state", "action", "escalated", "highlighted", "decision")


class ConflictError(ThreadwiseError):
    """Somebody was faster. `why`: claimed (somebody reads it now), decided, edited, applied (a policy); `by`: who, where it is known."""

    def __init__(self, why: str, by: str | None = None) -> None:
        super().__init__(f"{why} by {by}" if by else why)
        self.why, self.by = why, by


@dataclass(frozen=True, slots=True)
class Act:
    """What a person does to a comment."""

    kind: str
    by: str
    labels: tuple[str, ...] = ()
    """Outputs that are the reason, or `other`."""
    note: str | None = None
    spent_ms: int | None = None
    """From seeing the card to deciding."""
    corrections: Mapping[str, int] | None = None
    """`head.output` -> 0 or 1."""
    span: tuple[int, int] | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the person had before the eyes: a decision on anything else is a conflict."""

    version: int
    decision: int | None


@dataclass(frozen=True, slots=True)
class Done:
    """A decision as it was written."""

    number: int
    comment: int
    id: str
    site: str
    kind: str
    action: str
    batch: str | None = None
    count: int = 1


def append(connection: Connection, number: int, act: Act, now: int) -> Done:
    """Writes a decision on a comment, what it changes, its line of the log and its events, within the caller's transaction."""
    held = _held(connection, number)
    decided = act.kind != "note"
    action = ACTIONS[act.kind] if decided else held["action"]
    row = _row(held, act, now) | {"kind": act.kind, "action": action, "labels": list(act.labels), "note": act.note}
    row |= {
        "spent_ms": act.spent_ms,
        "corrections": dict(act.corrections) if act.corrections else None,
        "span": list(act.span) if act.span else None,
    }
    new = int(connection.execute(decisions.insert().values(row).returning(decisions.c.number)).scalar_one())
    if decided:
        escalates = act.kind == "escalate"
        after = {"state": "open" if escalates else "decided", "action": action, "escalated": escalates}
        _change(connection, held, after | {"highlighted": act.kind == "highlight", "decision": new})
        _announce(connection, held, row, now)
    _log(connection, held, "decision" if decided else "note", row, {"kind": act.kind, "action": action, "decision": new})
    return Done(new, number, held["id"], held["site"], act.kind, action, act.batch)


class Decisions:
    """`sites` None: all; a comment of another site is as good as none."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def decide(self, number: int, sites: Sequence[str] | None, act: Act, seen: Seen, now: int) -> Done | None:
        """Appends a decision. None: there is no such comment here. Raises ConflictError."""
        with transaction(self._engine, writes=True) as connection:
            held = _held(connection, number, sites)
            if not held:
                return None
            if act.kind != "note":
                _check_claim(connection, number, act.by, now)
                _check_seen(connection, held, seen)
                connection.execute(claims.delete().where(claims.c.comment == number))
            return append(connection, number, act, now)

    def undo_last(self, by: str, sites: Sequence[str] | None, now: int) -> Done | None:
        """Takes back the newest thing that a person did and that can be taken back; a bulk action as a whole. None: nothing is left.

        What somebody has decided on since, or whose comment was edited, is passed over, or nothing before it could ever be taken back.
        """
        with transaction(self._engine, writes=True) as connection:
            last = connection.execute(_standing(by, sites).order_by(decisions.c.number.desc()).limit(1)).mappings().first()
            if last is None:
                return None
            if not last["batch"]:
                return _undo(connection, last, by, now)
        return self.undo_batch(last["batch"], by, sites, now, whose=by)

    def undo(self, decision: int, by: str, sites: Sequence[str] | None, now: int) -> Done | None:
        """Takes back one decision of a person's own. None: there is no such one left to take back. Raises ConflictError."""
        with transaction(self._engine, writes=True) as connection:
            found = connection.execute(_undoable(by, sites).where(decisions.c.number == decision)).mappings().first()
            return _undo(connection, found, by, now) if found else None

    def undo_batch(self, batch: str, by: str, sites: Sequence[str] | None, now: int, *, whose: str | None) -> Done | None:
        """Takes back a bulk action, all but what was decided or edited since, with one line of the log for each part that was written.
        None: nothing of it is left.

        `whose`: the person who must have done it; None: anybody, as an admin takes it back for them.
        """
        query = _undoable(whose, sites).where(decisions.c.batch == batch)
        with transaction(self._engine, writes=False) as connection:
            numbers = connection.execute(query.with_only_columns(decisions.c.number).order_by(decisions.c.number)).scalars().all()
        done = list[Done]()
        for begin in range(0, len(numbers), CHUNK):
            with transaction(self._engine, writes=True) as connection:
                part = list[Done]()
                for taken in connection.execute(query.where(decisions.c.number.in_(numbers[begin : begin + CHUNK]))).mappings().all():
                    held = _held(connection, taken["comment"])
                    if held["decision"] == taken["number"] and held["version"] == taken["version"]:
                        part.append(_restore(connection, held, taken, by, now))
                if part:
                    touched = {one.site for one in part}
                    said = {"batch": batch, "kind": part[0].kind, "count": len(part)}
                    site = touched.pop() if len(touched) == 1 else None
                    connection.execute(audit.insert().values(at=now, by=by, what="undo", site=site, detail=said))
                done += part
        return replace(done[-1], count=len(done)) if done else None

    def last(self, by: str, sites: Sequence[str] | None) -> RowMapping | None:
        """What `undo_last` would take back: number, comment, kind, action, batch."""
        with transaction(self._engine, writes=False) as connection:
            return connection.execute(_standing(by, sites).order_by(decisions.c.number.desc()).limit(1)).mappings().first()

    def newest(self) -> int:
        """Number of the newest decision of all; 0 where there is none."""
        with transaction(self._engine, writes=False) as connection:
            return int(connection.execute(sa.select(sa.func.max(decisions.c.number))).scalar() or 0)

    def since(self, number: int, sites: Sequence[str] | None, limit: int = 500) -> list[dict[str, Any]]:
        """What was decided after decision `number`: decision, comment, kind, by; the newest `limit` of them."""
        query = sa.select(decisions.c.number.label("decision"), decisions.c.comment, decisions.c.kind, decisions.c.by).where(
            decisions.c.number > number
        )
        query = query.where(decisions.c.kind.not_in(("note", "undo"))).order_by(decisions.c.number.desc()).limit(limit)
        if sites is not None:
            query = query.join(comments, comments.c.number == decisions.c.comment).where(comments.c.site.in_(sites))
        with transaction(self._engine, writes=False) as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _held(connection: Connection, number: int, sites: Sequence[str] | None = None) -> RowMapping:
    """A comment, locked, with what its newest version says; empty where there is none of these sites."""
    names = ("number", "id", "site", "article", "version", *_STATE)
    query = sa.select(*(comments.c[name] for name in names), versions.c.model, versions.c.scores)
    query = query.join(versions, sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version))
    query = query.where(comments.c.number == number)
    lock_rows(connection, comments.c.number == number)
    if sites is not None:
        query = query.where(comments.c.site.in_(sites))
    return connection.execute(query).mappings().first() or {}  # type: ignore[return-value]


def _row(held: RowMapping, act: Act, now: int) -> dict[str, Any]:
    """What every decision carries: of what, by whom, when, and what the model had said."""
    before = {name: held[name] for name in _STATE}
    values = {"comment": held["number"], "version": held["version"], "by": act.by, "at": now, "batch": act.batch}
    return values | {"model": held["model"], "scores": held["scores"], "before": before}


def _check_claim(connection: Connection, number: int, by: str, now: int) -> None:
    other = sa.select(claims.c.by).where(claims.c.comment == number, claims.c.by != by, claims.c.until > now)
    if (holder := connection.execute(other).scalar()) is not None:
        raise ConflictError("claimed", holder)


def _check_seen(connection: Connection, held: RowMapping, seen: Seen) -> None:
    if held["version"] != seen.version:
        raise ConflictError("edited")
    if held["decision"] != seen.decision:
        by = connection.execute(sa.select(decisions.c.by).where(decisions.c.number == held["decision"])).scalar()
        raise ConflictError("decided", by)


def _undoable(by: str | None, sites: Sequence[str] | None) -> sa.Select[Any]:
    """Decisions of a person (None: of anybody) that nothing has taken back."""
    later = decisions.alias()
    names = ("number", "comment", "version", "kind", "action", "batch", "before", "labels")
    query = sa.select(*(decisions.c[name] for name in names)).where(decisions.c.kind != "undo")
    query = query.where(decisions.c.by == by) if by is not None else query
    query = query.where(decisions.c.before.is_not(None), ~sa.exists().where(later.c.undoes == decisions.c.number))
    query = query.join(comments, comments.c.number == decisions.c.comment)
    return query if sites is None else query.where(comments.c.site.in_(sites))


def _standing(by: str, sites: Sequence[str] | None) -> sa.Select[Any]:
    """Those of `_undoable` that are the last word on their comment, and notes."""
    newest = sa.and_(comments.c.decision == decisions.c.number, comments.c.version == decisions.c.version)
    return _undoable(by, sites).where(sa.or_(decisions.c.kind == "note", newest))


def _undo(connection: Connection, taken: RowMapping, by: str, now: int) -> Done:
    held = _held(connection, taken["comment"])
    if taken["kind"] != "note":
        if held["version"] != taken["version"]:
            raise ConflictError("edited")
        if held["decision"] != taken["number"]:
            newer = connection.execute(sa.select(decisions.c.by).where(decisions.c.number == held["decision"])).scalar()
            raise ConflictError("decided", newer)
    return _restore(connection, held, taken, by, now)


def _restore(connection: Connection, held: RowMapping, taken: RowMapping, by: str, now: int) -> Done:
    before = taken["before"] if taken["kind"] != "note" else {name: held[name] for name in _STATE}
    row = _row(held, Act("undo", by, batch=taken["batch"]), now) | {"kind": "undo", "undoes": taken["number"], "labels": []}
    row["action"] = before["action"]
    new = int(connection.execute(decisions.insert().values(row).returning(decisions.c.number)).scalar_one())
    if taken["kind"] != "note":
        _change(connection, held, before)
        _announce(connection, held, row, now)
    _log(connection, held, "undo", row, {"decision": taken["number"], "kind": taken["kind"]})
    return Done(new, held["number"], held["id"], held["site"], taken["kind"], before["action"], taken["batch"])


def _change(connection: Connection, held: RowMapping, values: Mapping[str, Any]) -> None:
    connection.execute(comments.update().where(comments.c.number == held["number"]).values(values))


def _announce(connection: Connection, held: RowMapping, row: Mapping[str, Any], now: int) -> None:
    """What a webhook says of a decision: ids and labels, no text of the comment."""
    told = {name: held[name] for name in ("id", "site", "article", "version")}
    told |= {"action": row["action"], "labels": row["labels"], "model": held["model"]}
    events.announce(connection, held["number"], held["site"], told, now)


def _log(connection: Connection, held: RowMapping, what: str, row: Mapping[str, Any], detail: dict[str, Any]) -> None:
    what += IN_BULK if row["batch"] else ""
    values = {"at": row["at"], "by": row["by"], "what": what, "site": held["site"], "comment": held["id"]}
    connection.execute(audit.insert().values(**values, detail=detail | {"version": held["version"]}))
