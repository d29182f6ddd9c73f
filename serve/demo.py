"""A first look: the sample articles scored and stored, with a login and a key that are new each time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import seeds
from seeds.samples import folders, sources
from serve import security
from serve.service import Service, incoming_of
from train import inference

_APART_MS = 2 * 3_600_000
"""The samples come in one after the other, so that a visitor sees what waiting does to the queue, and days on the insight page."""


@dataclass(frozen=True, slots=True)
class Access:
    login: str
    password: str
    key: str


def load(service: Service) -> Access:
    """Stores the samples under the site `demo`, and gives access to all of it."""
    now, site = service.now, "demo"
    for place, (folder, source) in enumerate(zip(folders(), sources(), strict=True)):
        at = now - (len(folders()) - place) * _APART_MS
        article = seeds.parse(source.read_bytes(), id=folder.name)
        scored = service.queue.scorer.score(inference.of_article(article), explain=True)
        items = [(one, answer, service.act(one, answer)) for one, answer in zip(incoming_of(article, site), scored, strict=True)]
        service.store.articles.put(site, article, at)
        service.store.comments.put_all(items, at)
    # A name of its own each time: an account of the operator is never taken over.
    access = Access(f"demo-{secrets.token_hex(3)}", secrets.token_urlsafe(12), "")
    service.store.accounts.add_user(security.new_user(access.login, access.password, security.Role.ADMIN, now))
    key, stored = security.new_key(access.login, now)
    service.store.accounts.add_key(stored)
    return Access(access.login, access.password, key)
