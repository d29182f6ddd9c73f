"""What people have judged: decisions that stand, and readings. What each of them says about which label is decided here, and nowhere else.

A decision that was taken back says nothing, and one of a bulk action neither: nobody has read those comments, and a model that learns from
them learns its own scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labels import schema
from serve.store.tables import decisions, readings

DECISION = "decision"
"""`Judgement.why` of a decision of the queue; the others are of `readings.why`."""
_ALL_TOXIC = tuple(f"{schema.TOXICITY.name}.{name}" for name in schema.TOXICITY.names)
_KNOWN = {f"{head.name}.{name}" for head in schema.HEADS for name in head.names}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one person holds of one version of one comment."""

    comment: int
    version: int
    by: str
    at: int
    why: str
    action: str | None
    """publish | reject; None: only single labels were corrected, or a part marked."""
    labels: tuple[str, ...] = ()
    """Outputs that the person named as the reason."""
    corrections: Mapping[str, int] = field(default_factory=dict)
    """`head.output` -> 0 or 1."""
    span: tuple[int, int] | None = None

    @property
    def says_toxic(self) -> bool:
        """Whether an output of toxicity is among the reasons."""
        return any(_full(label) is not None for label in self.labels)

    def says(self, caused: Iterable[str]) -> dict[str, int]:
        """`head.output` -> 0 or 1, only of what the person was asked and has answered.

        A reject says 1 of the outputs that its reason names, and nothing of the others. An approval says 0 of the outputs that had
        `caused` the review. The form of a reading lists all outputs of toxicity, so there what is not named is 0.
        """
        named = [name for label in self.labels if (name := _full(label)) is not None]
        said: dict[str, int] = {}
        if self.why != DECISION:
            said = {name: int(name in named) for name in _ALL_TOXIC}
        elif self.action == "reject":
            said = dict.fromkeys(named, 1)
        elif self.action == "publish":
            said = {name: 0 for name in caused if name in _ALL_TOXIC}
        return said | {name: int(value) for name, value in self.corrections.items() if name in _KNOWN}


def caused(reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """The `head.output` names that sent a version to review; `reasons` as `versions.reasons` holds them."""
    return [f"{reason['head']}.{reason['output']}" for reason in reasons if reason.get("head")]


def columns() -> sa.CompoundSelect[Any]:
    """All that was judged and stands, one row each: comment, version, why, action, labels, corrections, span, by, at, number."""
    taken_back = sa.select(decisions.c.undoes).where(decisions.c.undoes.is_not(None))
    decides = decisions.c.kind.in_(("publish", "highlight", "reject"))
    says = sa.or_(decides, decisions.c.corrections.is_not(None), decisions.c.span.is_not(None))
    stands = sa.and_(says, decisions.c.batch.is_(None), decisions.c.kind != "undo", decisions.c.number.not_in(taken_back))
    action = sa.case((decides, decisions.c.action))
    shared = ("labels", "corrections", "span", "by", "at", "number")
    decided = sa.select(
        decisions.c.comment,
        decisions.c.version,
        sa.literal(DECISION).label("why"),
        action.label("action"),
        *(decisions.c[name] for name in shared),
    ).where(stands)
    read = sa.select(*(readings.c[name] for name in ("comment", "version", "why", "action", *shared)))
    return sa.union_all(decided, read)


def of(connection: Connection, numbers: Sequence[int]) -> list[Judgement]:
    """All judgements of these comments, by comment, version and person."""
    found = columns().subquery()
    query = sa.select(found).where(found.c.comment.in_(numbers)).order_by(found.c.comment, found.c.version, found.c.by, found.c.at)
    return merged(connection.execute(query).mappings().all())


def merged(rows: Iterable[Mapping[Any, Any]]) -> list[Judgement]:
    """One judgement a person and version, of rows of `columns()` in the order of time: what was said last holds."""
    kept: dict[tuple[int, int, str], Judgement] = {}
    for row in rows:
        key = (row["comment"], row["version"], row["by"])
        before = kept.get(key)
        corrections = {**(before.corrections if before else {}), **(row["corrections"] or {})}
        span = tuple(row["span"]) if row["span"] else before.span if before else None
        if before is not None and row["action"] is None:
            action, labels, why = before.action, before.labels, before.why
        else:
            action, labels, why = row["action"], tuple(row["labels"] or ()), row["why"]
        kept[key] = Judgement(*key, row["at"], why, action, labels, corrections, span)
    return list(kept.values())


def _full(label: str) -> str | None:
    """`insult` and `toxicity.insult` alike; None for a reason that is no output, such as `spam`."""
    for name in (label, f"{schema.TOXICITY.name}.{label}"):
        if name in _ALL_TOXIC:
            return name
    return None
