"""Scores that clients suggested by `comments:suggestscore`, as rows for training: what a site's moderators decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labels import schema
from seeds import detect
from serve.attributes import output_of
from serve.store.tables import suggestions
from train import mask

WHY = "suggestscore"
"""`why` of such a row; `by` is the name of the key that sent it, `reason` its community."""
_TITLE_CHARS = 2_000


def rows(connection: Connection, begin: int, end: int, sites: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    """Rows of the suggestions `begin` < number <= `end`, of these sites (None: all, and those of no site); the columns of `Labels.rows`
    but `split`. What a key said again of the same comment replaces what it said before. One that names no output of ours is left out."""
    newer = suggestions.alias()
    again = sa.select(newer.c.number).where(
        newer.c.number > suggestions.c.number,
        newer.c.key == suggestions.c.key,
        newer.c.text == suggestions.c.text,
        newer.c.token.is_not_distinct_from(suggestions.c.token),
    )
    query = sa.select(suggestions).where(suggestions.c.number > begin, suggestions.c.number <= end, ~again.exists())
    if sites is not None:
        query = query.where(suggestions.c.site.in_(sites))
    for given in connection.execute(query.order_by(suggestions.c.number)).mappings():
        if (row := _row(given)) is not None:
            yield row


def _row(given: Mapping[Any, Any]) -> dict[str, Any] | None:
    said = {output: float(value) for name, value in given["scores"].items() if (output := output_of(name)) is not None}
    toxicity = {name: said.get(f"{schema.TOXICITY.name}.{name}") for name in schema.TOXICITY.names}
    chosen = {head.name: _class(head, said) for head in schema.HEADS if head.activation is schema.Activation.SOFTMAX}
    if all(value is None for value in (*toxicity.values(), *chosen.values())):
        return None
    pair = given["context"].get("articleAndParentComment") or {}
    title, parent = (((pair.get(name) or {}).get("text") or "").strip() for name in ("article", "parentComment"))
    languages = given["languages"]
    return {
        "id": f"{given['site'] or given['key']}:suggested-{given['number']}",
        "lang": detect.language(given["text"], languages[0] if languages else None),
        "text": mask.mask(given["text"]),
        "title": mask.mask(title[:_TITLE_CHARS]) or None,
        "target": None,
        "parent": mask.mask(parent) or None,
        "root": None,
        **toxicity,
        **chosen,
        "spans": None,
        "by": given["key"],
        "at": given["at"],
        "model": None,
        "reason": given["community"],
        "action": None,
        "why": WHY,
    }


def _class(head: schema.Head, said: Mapping[str, float]) -> str | None:
    """The class that was named as more likely than not; None: none was."""
    likely = {name: said.get(f"{head.name}.{name}", 0.0) for name in head.names}
    best = max(likely, key=likely.__getitem__)
    return best if likely[best] > 0.5 else None
