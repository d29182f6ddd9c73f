"""Labels out: every judgement that stands, and every suggested score, as a row for training in the columns of `train.rows.COLUMNS`.

Texts are masked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from labels import schema
from serve.store import judgements, suggested
from serve.store.database import transaction
from serve.store.judgements import Judgement
from serve.store.tables import articles, comments, suggestions, versions
from train import mask

DEV_SHARE = 0.1
"""Of the threads, how many are kept for measuring."""
_SPAN = 1_000
"""Comment numbers that are read at once."""
_PART = 400
"""Ids in one statement."""
_TOXIC = tuple(f"{schema.TOXICITY.name}.{name}" for name in schema.TOXICITY.names)
_LEVELS = 50
"""How far up a branch is walked to the comment that began it."""


class Labels:
    """`sites` None: all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, sites: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Every judgement that stands as a row, by comment, then what clients suggested; erased texts are left out."""
        for begin in self._spans(comments.c.number):
            with transaction(self._engine, writes=False) as connection:
                yield from _rows(connection, begin, sites)
        for begin in self._spans(suggestions.c.number):
            with transaction(self._engine, writes=False) as connection:
                for row in suggested.rows(connection, begin, begin + _SPAN, sites):
                    # Its thread is not known but by the article's text, where that came along.
                    yield row | {"split": _split(row["title"] or row["text"])}

    def _spans(self, number: sa.Column[int]) -> range:
        with transaction(self._engine, writes=False) as connection:
            return range(0, connection.execute(sa.select(sa.func.max(number))).scalar() or 0, _SPAN)


def _rows(connection: Connection, begin: int, sites: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    found = judgements.columns().subquery()
    inside = sa.and_(found.c.comment > begin, found.c.comment <= begin + _SPAN)
    query = sa.select(found).where(inside).order_by(found.c.comment, found.c.version, found.c.by, found.c.at)
    judged = judgements.merged(connection.execute(query).mappings())
    known: dict[tuple[int, int], sa.RowMapping] = {}
    for part in _parts(sorted({one.comment for one in judged})):
        for row in connection.execute(of_sites(JUDGED.where(comments.c.number.in_(part)), sites)).mappings():
            known[row["number"], row["version"]] = row
    above = ancestors(connection, known.values())
    for one in judged:
        version = known.get((one.comment, one.version))
        if version is not None and version["text"]:
            yield _row(one, version, above)


JUDGED = (
    sa.select(
        *(comments.c[name] for name in ("number", "site", "id", "article", "reply_to")),
        *(versions.c[name] for name in ("version", "text", "lang", "reasons", "model")),
        articles.c.title,
    )
    .join_from(comments, versions, versions.c.comment == comments.c.number)
    .outerjoin(articles, sa.and_(articles.c.site == comments.c.site, articles.c.id == comments.c.article))
)


def _row(one: Judgement, version: Mapping[Any, Any], above: Mapping[tuple[str, str], tuple[str | None, str]]) -> dict[str, Any]:
    said = one.says(judgements.caused(version["reasons"]))
    parent, root = _context(version, above)
    text, span = masked(version["text"], one.span)
    chosen = {head.name: _class(head, said) for head in schema.HEADS if head.activation is schema.Activation.SOFTMAX}
    return {
        "id": f"{version['site']}:{version['id']}",
        "split": _split(version["site"], version["article"] or version["id"]),
        "lang": version["lang"],
        "text": text,
        "title": mask.mask(version["title"]) if version["title"] else None,
        "target": None,
        "parent": parent,
        "root": root,
        **{name: said.get(full) for name, full in zip(schema.TOXICITY.names, _TOXIC, strict=True)},
        **chosen,
        # Marks teach where toxicity lies: on a comment that is fine they would teach the contrary.
        "spans": [list(span)] if span and (one.action == "reject" or any(map(said.get, _TOXIC))) else None,
        "by": one.by,
        "at": one.at,
        "model": version["model"],
        "reason": ",".join(one.labels) or None,
        "action": one.action,
        "why": one.why,
    }


def _class(head: schema.Head, said: Mapping[str, int]) -> str | None:
    """The one class that was named; None where none was, for "not this one" alone says too little."""
    return next((name for name in head.names if said.get(f"{head.name}.{name}") == 1), None)


def masked(text: str, span: tuple[int, int] | None) -> tuple[str, tuple[int, int] | None]:
    """The text without private parts, and the span in it: half-open, code points. A border inside such a part moves to its edge."""
    if span is None or not 0 <= span[0] < span[1] <= len(text):  # a form can claim anything
        return mask.mask(text), None
    begin, end = span
    shift_begin = shift_end = 0
    for at, until, instead in mask.spans(text):
        grown = len(instead) - (until - at)
        shift_begin += grown if until <= begin else at - begin if at < begin else 0
        shift_end += grown if until <= end else at + len(instead) - end if at < end else 0
    return mask.mask(text), (begin + shift_begin, end + shift_end)


def _split(*thread: str) -> str:
    """dev or train, the same for the same thread for ever."""
    chance = int(hashlib.sha256("\0".join(thread).encode("utf-8", "replace")).hexdigest()[:8], 16) / 2**32
    return "dev" if chance < DEV_SHARE else "train"


def _context(version: Mapping[Any, Any], above: Mapping[tuple[str, str], tuple[str | None, str]]) -> tuple[str | None, str | None]:
    """Texts of the comment that is answered and of the one that began the branch, masked; None where not stored."""
    chain_, at, seen = [], version["reply_to"], set()
    while at is not None and at not in seen and (found := above.get((version["site"], at))) is not None:
        seen.add(at)
        at = found[0]
        chain_.append(found[1])
    parent = mask.mask(chain_[0]) if chain_ else None
    return parent, mask.mask(chain_[-1]) if len(chain_) > 1 else None


def ancestors(connection: Connection, rows: Iterable[Mapping[Any, Any]]) -> dict[tuple[str, str], tuple[str | None, str]]:
    """(site, id) -> (reply_to, newest text) of all comments above these, level by level."""
    found: dict[tuple[str, str], tuple[str | None, str]] = {}
    wanted = {(row["site"], row["reply_to"]) for row in rows if row["reply_to"] is not None}
    newest = sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version)
    query = sa.select(comments.c.site, comments.c.id, comments.c.reply_to, versions.c.text).join_from(comments, versions, newest)
    for _ in range(_LEVELS):
        level: list[Any] = []
        for site in {site for site, _ in wanted}:
            for part in _parts(sorted(name for of_site, name in wanted if of_site == site)):
                level += connection.execute(query.where(comments.c.site == site, comments.c.id.in_(part))).all()
        found |= {(row.site, row.id): (row.reply_to, row.text) for row in level}
        wanted = {(row.site, row.reply_to) for row in level if row.reply_to is not None} - found.keys()
        if not wanted:
            break
    return found


def of_sites(query: sa.Select[Any], sites: Sequence[str] | None) -> sa.Select[Any]:
    """The query, kept to these sites; None: all."""
    return query if sites is None else query.where(comments.c.site.in_(sites))


def _parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[begin : begin + _PART] for begin in range(0, len(values), _PART)]
