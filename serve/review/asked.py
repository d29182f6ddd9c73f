"""Which comments a person asks for: the query string of the queue, read and written. What cannot be read is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from labels import schema
from serve.review.access import Person
from serve.store.articles import kept_as
from serve.store.desk_queue import SORTS, Wanted
from serve.store.tables import SCORES

NAMES: tuple[str, ...] = ("q", "site", "article", "author", "lang", "output", "low", "high", "stance", "reply_stance", "sentiment")
NAMES += ("hours", "older", "state", "disagree", "sort")
"""Members of the query string; `low` and `high` are per cent."""
STATES = ("open", "escalated", "decided", "all")


def wanted(query: Mapping[str, str], person: Person) -> Wanted:
    """The view of the queue; never more than the person's own sites."""
    cleaned = {name: _cleaned(name, query.get(name, "")) for name in NAMES}
    given = {name: value for name, value in cleaned.items() if value}
    heads = {name: given[name] for name in ("stance", "reply_stance", "sentiment") if given.get(name) in schema.BY_NAME[name].names}
    texts = {name: given[name] for name in ("site", "article", "author", "lang") if name in given}
    return Wanted(
        person.sites,
        **texts,
        **heads,
        output=given.get("output") if given.get("output") in SCORES else None,
        low=_share(given.get("low")),
        high=_share(given.get("high")),
        hours=_number(given.get("hours")),
        older=_number(given.get("older")),
        state=given["state"] if given.get("state") in STATES else "open",
        disagree="disagree" in given,
        text=given.get("q"),
        sort=given["sort"] if given.get("sort") in SORTS else "urgency",
    )


def _cleaned(name: str, value: str) -> str:
    """What is asked for, as it is kept: an article may be given by a long address."""
    value = value.replace("\x00", "").strip()
    return kept_as(value) if name == "article" else value[:200]


def parsed(text: str) -> dict[str, str]:
    """Of a query string."""
    return dict(parse_qsl(text.removeprefix("?")))


def query(given: Mapping[str, str], **changes: Any) -> str:
    """The query string with some members changed (None: without), without the cursor; empty or `?...`."""
    kept = {name: given[name] for name in NAMES if given.get(name)}
    merged = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "")}
    return f"?{urlencode(merged)}" if merged else ""


def narrowed(given: Mapping[str, str]) -> int:
    """How many filters are set: what sorts or chooses the state is none."""
    return sum(1 for name in NAMES if name not in ("state", "sort", "output") and given.get(name, "").strip())


def _share(text: str | None) -> float | None:
    value = _number(text)
    return None if value is None else min(max(value / 100, 0.0), 1.0)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < 1e6 else None
