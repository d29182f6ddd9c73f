"""Comments: idempotent ingestion, versions, decisions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, RowMapping

from labels.errors import ThreadwiseError
from labels.scores import Context, Scored
from labels.thread import Article
from serve.policy import Verdict
from serve.store import articles, desk_decisions
from serve.store.database import lock_rows, transaction
from serve.store.desk_decisions import Act
from serve.store.desk_urgency import measures
from serve.store.tables import comments, suggestions, versions

T = TypeVar("T")
_TRIES = 5
_PART = 500
"""Ids in one statement."""
_ANCESTORS = 50
"""How far up a branch is walked to the comment that began it."""


class StaleError(ThreadwiseError):
    """A decision on a version of a comment that has been edited since."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One live comment as a site sends it."""

    id: str
    site: str
    text: str
    article: str | None = None
    author: str | None = None
    reply_to: str | None = None
    created_at: str | None = None
    language: str | None = None
    """As it is named, ISO 639-1; None: it is told from the text."""

    @property
    def digest(self) -> str:
        """Of all that was sent but the language, which the scores have."""
        parts = [self.text, self.article, self.author, self.reply_to, self.created_at]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def is_corrected(self, held: Stored) -> bool:
        """Whether another language is named than the one in which `held` was scored."""
        return self.language not in (None, held.lang)

    def is_same(self, held: Stored) -> bool:
        """Whether all that was sent is held: the same again changes nothing."""
        return self.digest == held.digest and not self.is_corrected(held)


@dataclass(frozen=True, slots=True)
class Stored:
    """A comment with its newest version."""

    number: int
    id: str
    site: str
    article: str | None
    reply_to: str | None
    author: str | None
    created_at: str | None
    received: int
    version: int
    state: str
    action: str
    decision: int | None
    """Number of the moderator's decision that holds."""
    text: str
    digest: str
    lang: str | None
    reason: str | None
    scores: dict[str, dict[str, float]]
    low_confidence: list[str]
    model: str
    reasons: list[dict[str, Any]]
    policy: str
    would: str | None
    """What the policy would have done, of a dry run."""

    @property
    def scored(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a moderator decides."""

    action: str
    by: str
    labels: tuple[str, ...] = ()
    note: str | None = None
    version: int | None = None
    """The version that was read; None: the newest."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`sites` None: all. There is no query that forgets to say which sites."""

    sites: Sequence[str] | None
    article: str | None = None
    author: str | None = None
    state: str | None = None
    action: str | None = None


class Comments:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, site: str, id: str) -> Stored | None:
        with transaction(self._engine, writes=False) as connection:
            return _get(connection, site, id)

    def digests(self, site: str, ids: Sequence[str]) -> dict[str, str]:
        """Id -> digest of the newest version, of those that are stored."""
        with transaction(self._engine, writes=False) as connection:
            return {one.id: one.digest for one in _held(connection, [(site, one) for one in ids]).values()}

    def context(self, site: str, reply_to: str | None, title: str | None) -> Context:
        """What a comment stands under, as far as it is stored."""
        with transaction(self._engine, writes=False) as connection:
            parent = _get(connection, site, reply_to) if reply_to else None
            root, seen = parent, 0
            while root and root.reply_to and seen < _ANCESTORS and (above := _get(connection, site, root.reply_to)):
                root, seen = above, seen + 1
        return Context(title=title, parent=parent.text if parent else None, root=root.text if root and root is not parent else None)

    def put(self, incoming: Incoming, scored: Scored, verdict: Verdict, now: int) -> tuple[Stored, bool]:
        """Stores a comment, or a new version of it where something changed; with whether the id is new. On disk when it returns."""
        return self.put_all([(incoming, scored, verdict)], now)[0]

    def put_all(
        self, items: Sequence[tuple[Incoming, Scored, Verdict]], now: int, pages: Sequence[tuple[str, Article]] = ()
    ) -> list[tuple[Stored, bool]]:
        """As `put`, all or none of them, and with them the articles of `pages` (site, article)."""
        for _ in range(_TRIES - 1):
            try:
                return self._put_all(items, now, pages)
            except sa.exc.IntegrityError:
                continue  # another process stored one of the ids first: now it is there
        return self._put_all(items, now, pages)

    def _put_all(
        self, items: Sequence[tuple[Incoming, Scored, Verdict]], now: int, pages: Sequence[tuple[str, Article]]
    ) -> list[tuple[Stored, bool]]:
        with transaction(self._engine, writes=True) as connection:
            found = _put(connection, [(one, _judged(scored, verdict)) for one, scored, verdict in items], now)
            for site, article in sorted(pages, key=lambda page: (page[0], page[1].id)):  # after comments, as where they are erased
                articles.put(connection, site, article, now)
        return found

    def page(self, where: Filter, *, after: int = 0, limit: int = 50) -> list[Stored]:
        """Comments that fit, oldest first, from the cursor `after` (a comment's number) on."""
        query = _SELECT.where(comments.c.number > after).order_by(comments.c.number).limit(limit)
        if where.sites is not None:
            query = query.where(comments.c.site.in_(where.sites))
        for name in ("article", "author", "state", "action"):
            if (value := getattr(where, name)) is not None:
                query = query.where(comments.c[name] == value)
        with transaction(self._engine, writes=False) as connection:
            return [_stored(row) for row in connection.execute(query).mappings()]

    def open_of(self, site: str, article: str) -> int:
        """How many comments of an article wait for a moderator."""
        query = sa.select(sa.func.count()).where(comments.c.site == site, comments.c.article == article, comments.c.state == "open")
        with transaction(self._engine, writes=False) as connection:
            return int(connection.execute(query).scalar_one())

    def decide(self, site: str, id: str, choice: Choice, now: int) -> Stored | None:
        """Appends a decision, tells the webhooks in the same transaction. None: no such comment. Raises StaleError."""
        with transaction(self._engine, writes=True) as connection:
            held = _get(connection, site, id, lock=True)
            if held is None:
                return None
            if choice.version not in (None, held.version):
                raise StaleError(f"version {choice.version} was judged, but the comment is at version {held.version} now; read it again")
            desk_decisions.append(connection, held.number, Act(choice.action, choice.by, choice.labels, choice.note), now)
            return _get(connection, site, id)

    def suggest(self, suggestion: dict[str, Any]) -> None:
        """Keeps a label that a client sent; members are the columns of `suggestions`."""
        with transaction(self._engine, writes=True) as connection:
            connection.execute(suggestions.insert().values(suggestion))


_SELECT = sa.select(
    *(comments.c[name] for name in ("number", "id", "site", "article", "reply_to", "author", "created_at", "received", "version")),
    *(comments.c[name] for name in ("state", "action", "decision")),
    *(versions.c[name] for name in ("text", "digest", "lang", "reason", "scores", "low_confidence", "model", "reasons", "policy", "would")),
).join(versions, sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version))


def _get(connection: Connection, site: str, id: str, *, lock: bool = False) -> Stored | None:
    if lock:
        lock_rows(connection, sa.and_(comments.c.site == site, comments.c.id == id))
    row = connection.execute(_SELECT.where(comments.c.site == site, comments.c.id == id)).mappings().first()
    return _stored(row) if row else None


def _stored(row: RowMapping) -> Stored:
    return Stored(**row)


def _judged(scored: Scored, verdict: Verdict) -> dict[str, Any]:
    """The columns of a version that say what model and policy made of it."""
    return {
        "lang": scored.lang,
        "reason": scored.reason,
        "scores": {head: dict(outputs) for head, outputs in scored.scores.items()},
        "low_confidence": list(scored.low_confidence),
        "model": scored.model,
        "action": str(verdict.action),
        "reasons": [reason.to_json() for reason in verdict.reasons],
        "policy": verdict.policy,
        "would": str(verdict.would) if verdict.would else None,
        # Only who reads the comment needs them.
        "spans": [span.to_json() for span in scored.spans or ()] if verdict.action == "review" else None,
    }


def _put(connection: Connection, items: Sequence[tuple[Incoming, dict[str, Any]]], now: int) -> list[tuple[Stored, bool]]:
    """Stores what is new or changed, each with whether its id is new. Of an id that stands there twice the last one is stored."""
    last = {_key(incoming): (incoming, judged) for incoming, judged in items}
    held = _held(connection, last, lock=True)
    # Always in the same order: two pages that share comments must not wait for each other.
    fresh = [last[key] for key in sorted(last.keys() - held.keys())]
    versioned = list[dict[str, Any]]()
    for key in sorted(held, key=lambda key: held[key].number):
        incoming, judged = last[key]
        if incoming.is_same(held[key]):
            continue
        if incoming.text == held[key].text and held[key].decision is not None:  # a person decided on these words
            corrected = incoming.is_corrected(held[key])
            _change(connection, held[key].number, **_about(incoming), **(measures(judged, incoming.text, now) if corrected else {}))
            same = sa.and_(versions.c.comment == held[key].number, versions.c.version == held[key].version)
            connection.execute(versions.update().where(same).values(digest=incoming.digest, **(judged if corrected else {})))
        else:
            version = held[key].version + 1
            _change(connection, held[key].number, **_columns(incoming, judged, version, now))
            versioned.append(_version(held[key].number, version, incoming, judged, now))
    if fresh:
        rows = [_columns(one, judged, 1, now) | {"site": one.site, "id": one.id, "received": now} for one, judged in fresh]
        numbers = connection.execute(comments.insert().returning(comments.c.number, sort_by_parameter_order=True), rows).scalars()
        versioned += [_version(number, 1, *item, now) for number, item in zip(numbers, fresh, strict=True)]
    if versioned:
        connection.execute(versions.insert(), versioned)
    found = _held(connection, last)
    return [(found[key], key not in held) for key in (_key(incoming) for incoming, _ in items)]


def _key(incoming: Incoming) -> tuple[str, str]:
    return incoming.site, incoming.id


def _held(connection: Connection, keys: Collection[tuple[str, str]], *, lock: bool = False) -> dict[tuple[str, str], Stored]:
    """Those that are stored. `lock`: nobody else changes them before the end of the transaction."""
    place = sa.tuple_(comments.c.site, comments.c.id)
    numbered = [sa.select(comments.c.number).where(place.in_(part)) for part in _parts(list(keys))]
    numbers = sorted(number for query in numbered for number in connection.execute(query).scalars())
    for part in _parts(numbers) if lock else ():
        lock_rows(connection, comments.c.number.in_(part))
    queries = [_SELECT.where(comments.c.number.in_(part)).order_by(comments.c.number) for part in _parts(numbers)]
    rows = [row for query in queries for row in connection.execute(query).mappings()]
    return {(row["site"], row["id"]): _stored(row) for row in rows}


def _parts(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[begin : begin + _PART] for begin in range(0, len(values), _PART)]


def _about(incoming: Incoming) -> dict[str, Any]:
    return {name: getattr(incoming, name) for name in ("article", "author", "reply_to", "created_at")}


def _columns(incoming: Incoming, judged: dict[str, Any], version: int, now: int) -> dict[str, Any]:
    """The columns of a comment that its newest version decides."""
    values = _about(incoming) | {
        "version": version,
        "state": "open" if judged["action"] == "review" else "decided",
        "action": judged["action"],
        # Nobody has decided on it.
        "escalated": False,
        "highlighted": False,
        "decision": None,
    }
    return values | measures(judged, incoming.text, now)


def _version(number: int, version: int, incoming: Incoming, judged: dict[str, Any], now: int) -> dict[str, Any]:
    return {"comment": number, "version": version, "text": incoming.text, "digest": incoming.digest, "at": now} | judged


def _change(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(comments.update().where(comments.c.number == number).values(values))
