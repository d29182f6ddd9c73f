"""What people should read beside the queue: a random sample twice, some of what nobody flagged, and what would teach the model most.

A reading changes nothing. It says how far two people agree, and it is a label row like a decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from serve.store import judgements
from serve.store.comments import StaleError
from serve.store.database import transaction
from serve.store.labels import JUDGED, ancestors, of_sites
from serve.store.tables import audit, comments, decisions, readings, versions

DOUBLE_SHARE = 0.05
"""Of the decided comments, how many are read by a second person: enough for an alpha a month, little enough to be done."""
CALM_SHARE = 0.01
"""Of the comments that the policy published, how many a person reads all the same: where nobody looks, a model is blind."""
FEW_LABELS = 50
"""A language with fewer judged comments is new to the model (the release calls fewer positives than this low confidence)."""

_NEWEST = 20_000
"""Comments among which new topics are looked for: what came long ago and was never judged is no news."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A comment that teaches more than most. `score`: the greater, the more, comparable within one `why` only."""

    number: int
    site: str
    id: str
    lang: str | None
    why: str
    """uncertain | disagreed | new language | new topic"""
    score: float


@dataclass(frozen=True, slots=True)
class Page:
    """A comment to read: all that a reader may know, and no score or decision that would lead the answer."""

    number: int
    version: int
    site: str
    id: str
    text: str
    lang: str | None
    title: str | None
    parent: str | None
    why: str


class Readings:
    """`sites` None: all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def suggest(self, sites: Sequence[str] | None, limit: int) -> list[Suggestion]:
        """What to label next, the kinds in turn."""
        with transaction(self._engine, writes=False) as connection:
            found = [kind(connection, sites, limit) for kind in (_uncertain, _disagreed, _new_languages, _new_topics)]
        seen: dict[int, Suggestion] = {}
        for one in chain.from_iterable(zip_longest(*found)):
            if one is not None:
                seen.setdefault(one.number, one)
        return list(seen.values())[:limit]

    def begins(self, suggestions: Sequence[Suggestion]) -> dict[int, str]:
        """Number -> the first words, for people who choose among suggestions."""
        newest = sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version)
        query = sa.select(comments.c.number, versions.c.text).join(versions, newest)
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(query.where(comments.c.number.in_([one.number for one in suggestions])))
            return {row.number: " ".join(row.text[:400].split())[:120] for row in rows}

    def next(self, reader: str, sites: Sequence[str] | None, wished: int | None = None) -> Page | None:
        """A comment that this reader should judge: the one wished for, where they may and have not yet; else of the kinds of reading the
        one they have done least of, where it has any left."""
        done = sa.select(readings.c.why, sa.func.count().label("size")).where(readings.c.by == reader).group_by(readings.c.why)
        mine = sa.select(comments.c.number).where(comments.c.number == wished, *_unread(reader))
        with transaction(self._engine, writes=False) as connection:
            if wished is not None and connection.execute(of_sites(mine, sites)).first():
                return _page(connection, wished)
            counts = {row.why: int(row.size) for row in connection.execute(done)}
            for why in sorted(("double", "calm", "asked"), key=lambda why: counts.get(why, 0)):
                number = _asked(connection, reader, sites) if why == "asked" else _sampled(connection, reader, sites, why)
                if number is not None:
                    return _page(connection, number)
        return None

    def read(
        self,
        number: int,
        version: int,
        reader: str,
        sites: Sequence[str] | None,
        now: int,
        *,
        action: str,
        labels: Sequence[str] = (),
        corrections: Mapping[str, int] | None = None,
        span: tuple[int, int] | None = None,
    ) -> bool:
        """Keeps a reading; it changes nothing but what we know. False: no such comment, or its decision is the reader's own.

        Raises StaleError where the comment was edited meanwhile, or this reader has read it already.
        """
        with transaction(self._engine, writes=True) as connection:
            page = _page(connection, number)
            if page is None or (sites is not None and page.site not in sites) or not _others(connection, number, reader):
                return False
            twice = sa.select(readings.c.number).where(_same(number, version, reader))
            if page.version != version or connection.execute(twice).first():
                raise StaleError("the comment has been edited, or you have read it already; here is the next one")
            values = {"labels": list(labels), "corrections": dict(corrections or {}), "span": list(span) if span else None}
            row = {"comment": number, "version": version, "why": page.why, "action": action, "by": reader, "at": now, **values}
            connection.execute(readings.insert().values(row))
            detail = {"why": page.why, "version": version}
            connection.execute(audit.insert().values(at=now, by=reader, what="read", site=page.site, comment=page.id, detail=detail))
        return True

    def counts(self, sites: Sequence[str] | None) -> dict[str, int]:
        """How many judgements there are of each kind (`Judgement.why`)."""
        found = judgements.columns().subquery()
        query = (
            sa.select(found.c.why, sa.func.count().label("size")).join(comments, comments.c.number == found.c.comment).group_by(found.c.why)
        )
        with transaction(self._engine, writes=False) as connection:
            return {row.why: int(row.size) for row in connection.execute(of_sites(query, sites))}

    def languages(self, sites: Sequence[str] | None) -> dict[str, int]:
        """Language -> judged comments; languages that have comments and no judgement have 0."""
        with transaction(self._engine, writes=False) as connection:
            return _languages(connection, sites)


def _page(connection: Connection, number: int) -> Page | None:
    newest = versions.c.version == comments.c.version
    query = JUDGED.add_columns(comments.c.decision, versions.c.digest).where(comments.c.number == number, newest)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    parent = ancestors(connection, [row]).get((row["site"], row["reply_to"]), (None, None))[1]
    why = "double" if row["decision"] is not None else "calm" if row["digest"] < _below(CALM_SHARE) else "asked"
    values = {name: row[name] for name in ("number", "version", "site", "id", "text", "lang", "title")}
    return Page(parent=parent, why=why, **values)


def _sampled(connection: Connection, reader: str, sites: Sequence[str] | None, why: str) -> int | None:
    """The newest comment of a random sample that this reader has neither decided nor read. The digest is the die: nobody can aim at it."""
    newest = sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version)
    query = sa.select(comments.c.number).join_from(comments, versions, newest).where(comments.c.state == "decided", versions.c.text != "")
    if why == "double":
        query = query.where(comments.c.decision.is_not(None), versions.c.digest < _below(DOUBLE_SHARE))
    else:
        query = query.where(comments.c.decision.is_(None), comments.c.action == "publish", versions.c.digest < _below(CALM_SHARE))
    query = query.where(*_unread(reader)).order_by(comments.c.number.desc()).limit(1)
    return connection.execute(of_sites(query, sites)).scalar()


def _asked(connection: Connection, reader: str, sites: Sequence[str] | None) -> int | None:
    numbers = [one.number for kind in (_uncertain, _disagreed, _new_languages, _new_topics) for one in kind(connection, sites, 10)]
    query = sa.select(comments.c.number).where(comments.c.number.in_(numbers), *_unread(reader))
    left = set(connection.execute(query).scalars())
    return next((number for number in numbers if number in left), None)


def _unread(reader: str) -> tuple[sa.ColumnElement[bool], ...]:
    mine = sa.exists().where(decisions.c.comment == comments.c.number, decisions.c.by == reader)
    read = sa.exists().where(readings.c.comment == comments.c.number, readings.c.version == comments.c.version, readings.c.by == reader)
    return ~mine, ~read


def _others(connection: Connection, number: int, reader: str) -> bool:
    """Whether the reader has not decided this comment: nobody is their own second reader."""
    query = sa.select(decisions.c.number).where(decisions.c.comment == number, decisions.c.by == reader).limit(1)
    return connection.execute(query).first() is None


def _same(number: int, version: int, reader: str) -> sa.ColumnElement[bool]:
    return sa.and_(readings.c.comment == number, readings.c.version == version, readings.c.by == reader)


def _uncertain(connection: Connection, sites: Sequence[str] | None, limit: int) -> list[Suggestion]:
    """Comments that nobody would see, of which the model is least sure."""
    score = comments.c.toxicity_toxicity
    query = of_sites(_SUGGESTED.add_columns(score.label("score")).where(*_UNSEEN), sites)
    # From the middle outwards, by the index: two short walks instead of a look at all.
    sides = [query.where(score >= 0.5).order_by(score), query.where(score < 0.5).order_by(score.desc())]
    found = [(1 - 2 * abs(row.score - 0.5), row) for side in sides for row in connection.execute(side.limit(limit))]
    return [_suggestion(row, "uncertain", unsure) for unsure, row in sorted(found, key=lambda pair: -pair[0])[:limit]]


def _disagreed(connection: Connection, sites: Sequence[str] | None, limit: int) -> list[Suggestion]:
    """Decided comments where the moderator went furthest from the model; a third opinion says who was right."""
    score = comments.c.toxicity_toxicity
    query = of_sites(_SUGGESTED.add_columns(score.label("score")).where(*_DECIDED, comments.c.decision.is_not(None), ~_READ), sites)
    high = query.where(comments.c.action != "reject", score > 0.5).order_by(score.desc()).limit(limit)
    low = query.where(comments.c.action == "reject", score < 0.5).order_by(score).limit(limit)
    found = [(row.score, row) for row in connection.execute(high)] + [(1 - row.score, row) for row in connection.execute(low)]
    return [_suggestion(row, "disagreed", apart) for apart, row in sorted(found, key=lambda pair: -pair[0])[:limit]]


def _new_languages(connection: Connection, sites: Sequence[str] | None, limit: int) -> list[Suggestion]:
    """The newest unseen comments of the languages with the fewest judgements."""
    scarce = sorted((count, lang) for lang, count in _languages(connection, sites).items() if count < FEW_LABELS)
    found: list[Suggestion] = []
    for count, lang in scarce:
        query = _SUGGESTED.where(comments.c.lang == lang, *_UNSEEN).order_by(comments.c.number.desc()).limit(limit)
        rows = connection.execute(of_sites(query, sites))
        found += [_suggestion(row, "new language", 1 - count / FEW_LABELS) for row in rows]
        if len(found) >= limit:
            break
    return found[:limit]


def _new_topics(connection: Connection, sites: Sequence[str] | None, limit: int) -> list[Suggestion]:
    """The first comment of the newest articles under which nobody has judged anything, among the newest comments."""
    newest = sa.select(sa.func.max(comments.c.number)).scalar_subquery()
    first = (
        sa.select(comments.c.site, comments.c.article, sa.func.min(comments.c.number).label("number"), sa.func.count().label("size"))
        .where(comments.c.article.is_not(None), comments.c.number > newest - _NEWEST)
        .group_by(comments.c.site, comments.c.article)
        .having(sa.func.count(comments.c.decision) == 0)
        .order_by(sa.desc("number"))
        .limit(limit)
    )
    topics = of_sites(first, sites).subquery()
    read = sa.exists().where(readings.c.comment == comments.c.number)
    query = _SUGGESTED.add_columns(topics.c.size).join(topics, topics.c.number == comments.c.number).where(*_UNSEEN, ~read)
    rows = connection.execute(query.order_by(topics.c.number.desc()))
    return [_suggestion(row, "new topic", row.size) for row in rows]


def _suggestion(row: sa.Row[Any], why: str, score: float) -> Suggestion:
    return Suggestion(row.number, row.site, row.id, row.lang, why, round(float(score), 4))


_SUGGESTED = sa.select(comments.c.number, comments.c.site, comments.c.id, comments.c.lang)
_DECIDED = (comments.c.state == "decided", comments.c.escalated.is_(False))
"""The second part is always so; with it the index of all decided comments by score can be walked."""
_READ = sa.exists().where(readings.c.comment == comments.c.number, readings.c.version == comments.c.version)
_UNSEEN = (comments.c.state == "decided", comments.c.decision.is_(None), ~_READ)
"""Published or rejected by the policy alone: an open comment will be read anyway."""


def _languages(connection: Connection, sites: Sequence[str] | None) -> dict[str, int]:
    decided = sa.select(comments.c.lang, sa.func.count(comments.c.decision)).where(comments.c.lang.is_not(None)).group_by(comments.c.lang)
    read = comments.c.number.in_(sa.select(readings.c.comment))
    alone = sa.select(comments.c.lang, sa.func.count()).where(read, comments.c.lang.is_not(None), comments.c.decision.is_(None))
    alone = alone.group_by(comments.c.lang)
    found = Counter({lang: int(count) for lang, count in connection.execute(of_sites(decided, sites))})
    found.update({lang: int(count) for lang, count in connection.execute(of_sites(alone, sites))})
    return dict(found)


def _below(share: float) -> str:
    """The digests (hexadecimal, evenly spread) that are smaller than this are `share` of them all."""
    return f"{int(share * 2**32):08x}"
