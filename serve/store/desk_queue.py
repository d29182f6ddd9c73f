"""The queue: which comments, in which order, page by page; and what stands around each of them."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, RowMapping

from labels import schema
from serve.store.database import transaction
from serve.store.tables import INDEXED_CHARS, SCORES, articles, comments, decisions, versions

LIKELY = 0.5
"""Probability of toxicity from which the model and a person who publishes disagree, and below which it disagrees with one who rejects."""
_KIN = 6
"""Siblings and answers that are shown with a card; the comment's own page shows more."""
_ANCESTORS = 3
_HOUR_MS = 3_600_000
_UNDIVIDED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Letters of Thai, Lao, Burmese, Khmer, Japanese and Chinese, which are written without spaces."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A view of the queue. `sites` None: all; there is no query that forgets to say which sites."""

    sites: Sequence[str] | None
    site: str | None = None
    article: str | None = None
    author: str | None = None
    lang: str | None = None
    output: str | None = None
    """`head.output`, for `low`, `high` and the sort by score."""
    low: float | None = None
    high: float | None = None
    """The range is half-open, but for 1."""
    stance: str | None = None
    reply_stance: str | None = None
    sentiment: str | None = None
    hours: float | None = None
    """Came within the last so many hours."""
    older: float | None = None
    """Came longer than so many hours ago."""
    state: str = "open"
    """open, escalated, decided, all."""
    disagree: bool = False
    text: str | None = None
    sort: str = "urgency"
    """One of SORTS."""


@dataclass(frozen=True, slots=True)
class Kin:
    """A comment that stands near another one."""

    number: int
    id: str
    author: str | None
    text: str
    lang: str | None
    action: str
    state: str
    toxicity: Mapping[str, float]
    """Output -> probability, of those that were scored."""


@dataclass(frozen=True, slots=True)
class Past:
    """One thing that a moderator did to a comment."""

    number: int
    kind: str
    action: str
    labels: tuple[str, ...]
    note: str | None
    by: str
    at: int
    batch: str | None
    undone: bool


@dataclass(frozen=True, slots=True)
class Record:
    """What an author's other comments came to, on the same site."""

    comments: int = 0
    published: int = 0
    """By a moderator's decision, as are the next ones."""
    rejected: int = 0
    open: int = 0


@dataclass(slots=True)
class Card:
    """A comment with all that a person needs to decide on it."""

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
    escalated: bool
    highlighted: bool
    decision: int | None
    urgency: float
    text: str
    lang: str | None
    reason: str | None
    scores: dict[str, dict[str, float]]
    low_confidence: list[str]
    model: str
    reasons: list[dict[str, Any]]
    policy: str
    spans: list[dict[str, Any]] | None
    place: str = ""
    """Cursor of the page that begins after it."""
    title: str | None = None
    url: str | None = None
    ancestors: list[Kin] = field(default_factory=list)
    """From the nearest up."""
    siblings: list[Kin] = field(default_factory=list)
    siblings_count: int = 0
    answers: list[Kin] = field(default_factory=list)
    answers_count: int = 0
    record: Record = field(default_factory=Record)
    past: list[Past] = field(default_factory=list)


_OWN: tuple[str, ...] = ("number", "id", "site", "article", "reply_to", "author", "created_at", "received", "version")
_OWN += ("state", "action", "escalated", "highlighted", "decision", "urgency")
_SAID = ("text", "lang", "reason", "scores", "low_confidence", "model", "reasons", "policy", "spans")
_VERSION = sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version)
_CARDS = sa.select(*(comments.c[name] for name in _OWN), *(versions.c[name] for name in _SAID)).join(versions, _VERSION)
_TOXICITY = {name: SCORES[f"{schema.TOXICITY.name}.{name}"] for name in schema.TOXICITY.names}
_KINS = sa.select(
    *(comments.c[name] for name in ("number", "id", "site", "author", "reply_to", "action", "state", *_TOXICITY.values())),
    versions.c.text,
    versions.c.lang,
).join(versions, _VERSION)


def _score(wanted: Wanted) -> sa.ColumnElement[Any]:
    return comments.c[SCORES[wanted.output or "toxicity.toxicity"]]


SORTS: Mapping[str, tuple[Callable[[Wanted], sa.ColumnElement[Any]], bool]] = {
    "urgency": (lambda wanted: comments.c.urgency, True),
    "score": (_score, True),
    "unsure": (lambda wanted: sa.func.abs(_score(wanted) - LIKELY), False),
    "newest": (lambda wanted: comments.c.number, True),
    "oldest": (lambda wanted: comments.c.number, False),
}
"""Name -> what is sorted by, and whether the greatest is first."""


class Queue:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, wanted: Wanted, now: int, *, after: str | None = None, limit: int = 20) -> list[Card]:
        """Cards that fit, in the order wanted, after a cursor (`Card.place`)."""
        with transaction(self._engine, writes=False) as connection:
            # First which ones, of the narrow table alone; texts and scores are read of a page, not of the whole queue.
            places: dict[int, float | None] = {}
            for query in _in_order(wanted, now, _cursor(after), connection.dialect.name):
                if len(places) < limit:
                    places |= {row.number: row.by for row in connection.execute(query.limit(limit - len(places)))}
            found = cards(connection, list(places))
        for card in found:
            card.place = _place(places[card.number], card.number)
        return found

    def count(self, wanted: Wanted, now: int) -> int:
        """How many comments fit."""
        return self.size(wanted, now)[0]

    def size(self, wanted: Wanted, now: int) -> tuple[int, int]:
        """How many comments fit, and the number of the newest of them; 0 where there is none."""
        with transaction(self._engine, writes=False) as connection:
            counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(comments.c.number), 0)).select_from(comments)
            count, newest = connection.execute(where(counted, wanted, now, connection.dialect.name)).one()
            return int(count), int(newest)

    def card(self, number: int, sites: Sequence[str] | None) -> Card | None:
        """One comment, whatever its state. None: there is none here."""
        with transaction(self._engine, writes=False) as connection:
            return next(iter(cards(connection, [number], sites, kin=100)), None)

    def sites(self, sites: Sequence[str] | None) -> list[str]:
        """Names of the sites that have comments, at most 50."""
        if sites is not None:
            return sorted(sites)
        found: list[str] = []
        with transaction(self._engine, writes=False) as connection:
            # Site by site through the index: DISTINCT would read every comment.
            query = sa.select(sa.func.min(comments.c.site)).where(comments.c.site > sa.bindparam("last"))
            while len(found) < 50 and (name := connection.execute(query, {"last": found[-1] if found else ""}).scalar()) is not None:
                found.append(name)
        return found


def cards(connection: Connection, numbers: Sequence[int], sites: Sequence[str] | None = None, *, kin: int = _KIN) -> list[Card]:
    """Cards of comments in the order of the numbers, with titles, threads, records and earlier decisions: one query for each, not for each
    card. `sites` None: of all sites.
    """
    query = _CARDS.where(comments.c.number.in_(numbers))
    if sites is not None:
        query = query.where(comments.c.site.in_(sites))
    known = {row["number"]: row for row in connection.execute(query).mappings()}
    found = [Card(**{name: known[number][name] for name in (*_OWN, *_SAID)}) for number in numbers if number in known]
    if found:
        _add_titles(connection, found)
        _add_ancestors(connection, found)
        _add_kin(connection, found, kin)
        _add_records(connection, found)
        _add_past(connection, found)
    return found


def where(query: sa.Select[*tuple[Any, ...]], wanted: Wanted, now: int, dialect: str) -> sa.Select[*tuple[Any, ...]]:
    """A query on `comments`, narrowed to what is wanted."""
    same = [comments.c[name] == value for name in ("site", "article", "author", "lang") if (value := getattr(wanted, name)) is not None]
    leads = [_leads(head, output) for head in ("stance", "reply_stance", "sentiment") if (output := getattr(wanted, head)) is not None]
    query = query.where(*same, *leads, *_state(wanted), *_range(wanted))
    if wanted.sites is not None:
        query = query.where(comments.c.site.in_(wanted.sites))
    if wanted.hours is not None:
        query = query.where(comments.c.received >= now - int(wanted.hours * _HOUR_MS))
    if wanted.older is not None:
        query = query.where(comments.c.received < now - int(wanted.older * _HOUR_MS))
    if wanted.disagree:
        published = sa.and_(comments.c.action == "publish", comments.c.toxicity_toxicity >= LIKELY)
        rejected = sa.and_(comments.c.action == "reject", comments.c.toxicity_toxicity < LIKELY)
        query = query.where(comments.c.decision.is_not(None), sa.or_(published, rejected))
    if wanted.text is not None:
        query = query.where(*_says(re.findall(r"\w+", wanted.text), dialect))
    return query


def _in_order(wanted: Wanted, now: int, cursor: tuple[float | None, int] | None, dialect: str) -> list[sa.Select[Any]]:
    """What follows a cursor, in two queries that each go along an index: what has a value to be sorted by, then what was not scored."""
    chosen, falls = SORTS[wanted.sort]
    by, (value, number) = chosen(wanted), cursor or (None, 0)
    query = where(sa.select(comments.c.number, by.label("by")), wanted, now, dialect)
    valued = query.order_by(by.desc() if falls else by.asc(), comments.c.number)
    if value is not None:
        valued = valued.where(_beyond(by, value, number, falls=falls))
    if wanted.sort not in ("score", "unsure"):
        return [valued]
    scored = _score(wanted).is_not(None)
    rest = query.where(~scored, comments.c.number > (number if value is None else 0)).order_by(comments.c.number)
    return [rest] if cursor is not None and value is None else [valued.where(scored), rest]


def _state(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    states: dict[str, list[sa.ColumnElement[bool]]] = {
        "open": [comments.c.state == "open", comments.c.escalated.is_(False)],
        "escalated": [comments.c.state == "open", comments.c.escalated.is_(True)],
        "decided": [comments.c.state == "decided", comments.c.decision.is_not(None)],
        "all": [],
    }
    return states[wanted.state]


def _range(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found = []
    if wanted.low is not None:
        found.append(_score(wanted) >= wanted.low)
    if wanted.high is not None:
        found.append(_score(wanted) <= 1 if wanted.high >= 1 else _score(wanted) < wanted.high)
    return found


def _leads(head: str, output: str) -> sa.ColumnElement[bool]:
    """The output is the likeliest of its head."""
    mine = comments.c[SCORES[f"{head}.{output}"]]
    return sa.and_(*(mine >= comments.c[SCORES[f"{head}.{other}"]] for other in schema.BY_NAME[head].names if other != output))


def _says(words: Sequence[str], dialect: str) -> list[sa.ColumnElement[bool]]:
    """All words stand in the text; each may go on. Signs alone ask for nothing that can be found, which is no wish for everything."""
    # Where nothing divides words, an index by words holds whole sentences: these texts are read.
    inside = [word for word in words if _UNDIVIDED.search(word)]
    apart = [word for word in words if word not in inside]
    newest = sa.select(versions.c.comment).where(_VERSION).correlate(comments)
    found: list[sa.ColumnElement[bool]] = [newest.where(versions.c.text.icontains(word, autoescape=True)).exists() for word in inside]
    return found + ([_indexed(apart, dialect)] if apart else []) or [sa.false()]


def _indexed(words: Sequence[str], dialect: str) -> sa.ColumnElement[bool]:
    """By the index of words. On PostgreSQL an older version counts too, and the beginning of a very long text."""
    if dialect == "sqlite":
        match = " ".join(f'"{word}"*' for word in words)
        found = sa.text("SELECT rowid FROM texts WHERE texts MATCH :match").bindparams(match=match)
        return comments.c.number.in_(found.columns(sa.column("rowid", sa.Integer)))
    match = " & ".join(f"'{word}':*" for word in words)
    # As the index has them: parameters would not be seen to be the same.
    simple: sa.ColumnElement[str] = sa.literal_column("'simple'")
    begin: sa.ColumnElement[int] = sa.literal_column(str(INDEXED_CHARS))
    vector = sa.func.to_tsvector(simple, sa.func.left(versions.c.text, begin))
    said = sa.select(versions.c.comment).where(vector.op("@@")(sa.func.to_tsquery(simple, match)))
    return comments.c.number.in_(said.correlate(None))


def _cursor(place: str | None) -> tuple[float | None, int] | None:
    """Of `Card.place`, the value None among what was not scored; None for what is no cursor, which begins at the top."""
    if not place:
        return None
    try:
        value, number = json.loads(base64.urlsafe_b64decode(place))
        return None if value is None else float(value), int(number)
    except (ValueError, TypeError):
        return None


def _beyond(by: sa.ColumnElement[Any], value: float, number: int, *, falls: bool) -> sa.ColumnElement[bool]:
    return sa.or_(by < value if falls else by > value, sa.and_(by == value, comments.c.number > number))


def _place(value: Any, number: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, number]).encode()).decode()


def _among(site: sa.ColumnElement[str], name: sa.ColumnElement[Any], pairs: Collection[tuple[str, str]]) -> sa.ColumnElement[bool]:
    """Site and name are one of these pairs, site by site: for pairs as such SQLite reads a whole index."""
    names = defaultdict(list)
    for of_site, one in sorted(pairs):
        names[of_site].append(one)
    return sa.or_(sa.false(), *(sa.and_(site == of_site, name.in_(some)) for of_site, some in names.items()))


def _add_titles(connection: Connection, cards: Sequence[Card]) -> None:
    meant = _among(articles.c.site, articles.c.id, {(card.site, card.article) for card in cards if card.article})
    query = sa.select(*(articles.c[name] for name in ("site", "id", "title", "url"))).where(meant)
    known = {(row.site, row.id): row for row in connection.execute(query)}
    for card in cards:
        if found := known.get((card.site, card.article or "")):
            card.title, card.url = found.title, found.url


def _add_ancestors(connection: Connection, cards: Sequence[Card]) -> None:
    """Level by level, so that twenty cards cost no more queries than one."""
    above: dict[int, str | None] = {card.number: card.reply_to for card in cards}
    for _ in range(_ANCESTORS):
        wanted = {(card.site, name) for card in cards if (name := above[card.number])}
        if not wanted:
            return
        found = {
            (row["site"], row["id"]): row
            for row in connection.execute(_KINS.where(_among(comments.c.site, comments.c.id, wanted))).mappings()
        }
        for card in cards:
            row = found.get((card.site, above[card.number] or ""))
            if row is not None:
                card.ancestors.append(_kin(row))
            above[card.number] = row["reply_to"] if row is not None else None


def _add_kin(connection: Connection, cards: Sequence[Card], most: int) -> None:
    """Siblings under the same comment, and answers."""
    under = _among(comments.c.site, comments.c.reply_to, {(card.site, name) for card in cards for name in (card.id, card.reply_to) if name})
    place = sa.func.row_number().over(partition_by=(comments.c.site, comments.c.reply_to), order_by=comments.c.number).label("place")
    count = sa.func.count().over(partition_by=(comments.c.site, comments.c.reply_to)).label("count")
    ranked = sa.select(comments.c.number, place, count).where(under).subquery()
    query = _KINS.join(ranked, ranked.c.number == comments.c.number).add_columns(ranked.c.count).where(ranked.c.place <= most + 1)
    children = defaultdict(list)
    for row in connection.execute(query.order_by(comments.c.number)).mappings():
        children[row["site"], row["reply_to"]].append(row)
    for card in cards:
        answers = children[card.site, card.id]
        card.answers, card.answers_count = [_kin(row) for row in answers[:most]], answers[0]["count"] if answers else 0
        siblings = children[card.site, card.reply_to] if card.reply_to else []
        card.siblings = [_kin(row) for row in siblings if row["number"] != card.number][:most]
        card.siblings_count = siblings[0]["count"] - 1 if siblings else 0


def _kin(row: RowMapping) -> Kin:
    toxicity = {name: row[column] for name, column in _TOXICITY.items() if row[column] is not None}
    return Kin(**{name: row[name] for name in ("number", "id", "author", "text", "lang", "action", "state")}, toxicity=toxicity)


def _add_records(connection: Connection, cards: Sequence[Card]) -> None:
    wrote = _among(comments.c.site, comments.c.author, {(card.site, card.author) for card in cards if card.author})
    decided = comments.c.decision.is_not(None)

    def counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    query = sa.select(
        comments.c.site,
        comments.c.author,
        sa.func.count().label("comments"),
        counted(sa.and_(decided, comments.c.action == "publish")).label("published"),
        counted(sa.and_(decided, comments.c.action == "reject")).label("rejected"),
        counted(comments.c.state == "open").label("open"),
    )
    rows = connection.execute(query.where(wrote).group_by(comments.c.site, comments.c.author)).all()
    known = {(row.site, row.author): Record(row.comments, row.published, row.rejected, row.open) for row in rows}
    for card in cards:
        card.record = known.get((card.site, card.author), Record())


def _add_past(connection: Connection, cards: Sequence[Card]) -> None:
    later = decisions.alias()
    names = ("number", "comment", "kind", "action", "labels", "note", "by", "at", "batch")
    undone = sa.exists().where(later.c.undoes == decisions.c.number)
    query = sa.select(*(decisions.c[name] for name in names), undone.label("undone"))
    query = query.where(decisions.c.comment.in_([card.number for card in cards]), decisions.c.kind != "undo")
    past = defaultdict(list)
    for row in connection.execute(query.order_by(decisions.c.number)).mappings():
        values = {name: row[name] for name in (*names, "undone") if name not in ("comment", "labels")}
        past[row["comment"]].append(Past(**values, labels=tuple(row["labels"])))
    for card in cards:
        card.past = past[card.number]
