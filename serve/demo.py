"""A first look: the sample articles scored and stored, some invented decisions on them, and a login and a key that are new each time."""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import dataclass
from typing import Any

import seeds
from seeds.samples import folders, sources
from serve import security, settings
from serve.service import Service, incoming_of
from serve.store.comments import Stored
from serve.store.desk_decisions import Act, Seen
from train import inference

SITE = "demo"
_APART_MS = 4 * 3_600_000
"""The samples come in one after the other, so that a visitor sees what waiting does to the queue, and days on the insight page."""
_READ_MS = 20 * 60_000
_EACH_MS = 60_000
"""After so long somebody reads an article's comments, a decision each minute."""


@dataclass(frozen=True, slots=True)
class Access:
    login: str
    password: str
    key: str


def load(service: Service) -> Access:
    """Stores the samples under the site `demo` with a history, and gives access to all of it."""
    _decide(service, _store(service))
    # A name of its own each time: an account of the operator is never taken over.
    access = Access(f"demo-{secrets.token_hex(3)}", secrets.token_urlsafe(12), "")
    service.store.accounts.add_user(security.new_user(access.login, access.password, security.Role.ADMIN, service.now))
    key, stored = security.new_key(access.login, service.now)
    service.store.accounts.add_key(stored)
    return Access(access.login, access.password, key)


def _store(service: Service) -> dict[str, Stored]:
    """Scores and stores the samples as live comments; what is held of each comment, by its id. Those in English have waited longest and
    so stand on top: the pages speak English to most who look for the first time."""
    pages = [seeds.parse(source.read_bytes(), id=folder.name) for folder, source in zip(folders(), sources(), strict=True)]
    pages.sort(key=lambda page: page.lang != "en")
    now, held = service.now, dict[str, Stored]()
    for place, article in enumerate(pages):
        at = now - (len(pages) - place) * _APART_MS
        scored = service.queue.scorer.score(inference.of_article(article), explain=True)
        items = [(one, answer, service.act(one, answer)) for one, answer in zip(incoming_of(article, SITE), scored, strict=True)]
        held |= {stored.id: stored for stored, _ in service.store.comments.put_all(items, at, [(SITE, article)])}
    return held


def history() -> list[dict[str, Any]]:
    """The invented decisions: comment, act, by, spent_s; label and note where there are any."""
    found: list[dict[str, Any]] = tomllib.loads(settings.default("demo.toml"))["decision"]
    return found


def _decide(service: Service, held: dict[str, Stored]) -> None:
    """Decides as `history` says, a while after each article came in."""
    at = 0
    for row in history():
        stored = held[row["comment"]]
        at = max(at + _EACH_MS, stored.received + _READ_MS)
        labels = (row["label"],) if "label" in row else ()
        act = Act(row["act"], row["by"], labels, row.get("note"), 1_000 * row["spent_s"])
        if stored.decision is None:  # not where a demo has run on this database before
            service.store.desk.decisions.decide(stored.number, None, act, Seen(stored.version, None), at)
