"""A desk with a long queue, written straight into the tables: threads under articles, authors who come again, and decisions of the past."""

from __future__ import annotations

import hashlib
import itertools
import random
import time
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from labels import schema
from labels.thread import Article
from serve.store import Store
from serve.store.database import transaction
from serve.store.desk_urgency import measures
from serve.store.tables import articles, comments, decisions, versions

SITES = ("north", "south", "east")
SHARE_DECIDED = 0.2
"""Comments beside the open ones that somebody has decided on already."""
_PER_ARTICLE, _AUTHORS = 120, 4_000
_DAYS = 60
_DAY_MS = 86_400_000
_CHUNK = 2_000
_WORDS = (
    *("the", "council", "bus", "mayor", "bridge", "park", "school", "film", "new", "old", "stupid", "idiot", "lovely", "late", "money"),
    *("road", "again", "never", "who", "says", "that", "this"),
)


def fill(store: Store, open_comments: int, seed: int = 7) -> None:
    """Writes so many open comments, and a fifth of that decided ones."""
    rng, now = random.Random(seed), int(time.time() * 1000)
    decided = int(open_comments * SHARE_DECIDED)
    kinds = ["open"] * open_comments + ["decided"] * decided
    rng.shuffle(kinds)
    for number in range(len(kinds) // _PER_ARTICLE + 1):
        store.articles.put(SITES[number % 3], Article(f"article{number}", "", (), title=f"What happens {number}", lang="en"), now)
    begun = itertools.count(1)
    for part in _chunks(kinds):
        rows = [_rows(rng, next(begun), kind, now) for kind in part]
        with transaction(store.engine, writes=True) as connection:
            connection.execute(comments.insert(), [row for row, _, _ in rows])
            connection.execute(versions.insert(), [row for _, row, _ in rows])
            if past := [row for _, _, row in rows if row]:
                connection.execute(decisions.insert(), past)
    _settle(store)


def _settle(store: Store) -> None:
    """What a database does by itself in the course of time: numbers go on after ours, and it knows its tables."""
    with transaction(store.engine, writes=True) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(sa.text("ANALYZE"))
            return
        for table in (comments, decisions, articles):
            sequence = sa.func.pg_get_serial_sequence(table.name, "number")
            connection.execute(sa.select(sa.func.setval(sequence, sa.select(sa.func.max(table.c.number)).scalar_subquery())))
        for table in (comments, decisions, versions):
            connection.execute(sa.text(f"ANALYZE {table.name}"))


def _rows(rng: random.Random, number: int, kind: str, now: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """Of comments, versions and decisions."""
    article = number // _PER_ARTICLE
    site, place = SITES[article % 3], number % _PER_ARTICLE
    scores = {head.name: _chances(rng, head) for head in schema.HEADS}
    received = now - rng.randrange(_DAYS * _DAY_MS)
    judged = {"scores": scores, "lang": rng.choice(("en", "bg", "de", "vi")), "reason": None}
    decided = kind == "decided"
    action = ("reject" if rng.random() < scores["toxicity"]["toxicity"] else "publish") if decided else "review"
    text = " ".join(rng.choices(_WORDS, k=rng.randint(4, 60)))
    row = measures(judged, text, received) | {
        "number": number,
        "site": site,
        "id": f"c{number}",
        "article": f"article{article}",
        "reply_to": f"c{number - rng.randint(1, place)}" if place and rng.random() < 0.6 else None,
        "author": f"author {int(_AUTHORS * rng.random() ** 2)}",
        "created_at": None,
        "received": received,
        "version": 1,
        "state": kind,
        "action": action,
        "decision": number if decided else None,
    }
    reasons = [{"rule": "toxic", "head": "toxicity", "output": "toxicity", "score": scores["toxicity"]["toxicity"], "threshold": 0.5}]
    version = judged | {
        "comment": number,
        "version": 1,
        "text": text,
        "digest": hashlib.sha256(str(number).encode()).hexdigest(),
        "low_confidence": [],
        "model": "bench@0",
        "action": "review",
        "reasons": reasons,
        "policy": "1",
        "at": received,
        "spans": [{"begin": 0, "end": 4, "output": "toxicity", "score": 0.3}],
    }
    if not decided:
        return row, version, None
    past = {"number": number, "comment": number, "version": 1, "action": action, "kind": action, "labels": [], "by": f"m{number % 7}"}
    past |= {"at": received + 60_000, "model": "bench@0", "scores": scores, "spent_ms": rng.randint(2_000, 40_000)}
    return (
        row,
        version,
        past | {"before": {"state": "open", "action": "review", "escalated": False, "highlighted": False, "decision": None}},
    )


def _chances(rng: random.Random, head: schema.Head) -> dict[str, float]:
    if head.activation is schema.Activation.SIGMOID:
        return {name: round(rng.random(), 4) for name in head.names}
    weights = [rng.random() for _ in head.names]
    return {name: round(weight / sum(weights), 4) for name, weight in zip(head.names, weights, strict=True)}


def _chunks(kinds: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(kinds), _CHUNK):
        yield kinds[begin : begin + _CHUNK]
