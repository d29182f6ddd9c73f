"""The desk inside this process, on a database of either kind: people who are logged in, and comments whose scores a test chooses."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from labels import schema
from labels.scores import Scored, Span
from labels.thread import Article
from serve import security, settings
from serve.app import create_app
from serve.policy import Action, Reason, Verdict
from serve.service import Service
from serve.store import Store
from serve.store.comments import Incoming
from serve.store.database import transaction
from serve.store.tables import audit, comments, decisions
from train.inference import Scorer

HOME = {"Sec-Fetch-Site": "same-origin"}
SCRIPT = HOME | {"Accept": "application/json"}
PASSWORD = "correct horse"
DAY_MS = 86_400_000
_STATE = ("state", "action", "escalated", "highlighted", "decision")
_numbers = itertools.count(1)


@dataclass
class Seat:
    """A person who is logged in."""

    name: str
    client: TestClient
    cookie: str

    def get(self, path: str, **headers: str) -> httpx2.Response:
        found: httpx2.Response = self.client.get(path, headers={"Cookie": self.cookie, **headers})
        return found

    def post(self, path: str, data: dict[str, Any] | None = None, headers: dict[str, str] = SCRIPT) -> httpx2.Response:
        found: httpx2.Response = self.client.post(path, data=data or {}, headers={"Cookie": self.cookie, **headers})
        return found

    def decide(self, number: int, act: str = "publish", decision: Any = "", version: Any = 1, **more: Any) -> httpx2.Response:
        """What the form of a card sends; `decision`: the one that stood on the card."""
        return self.post(f"/review/comments/{number}/decide", {"act": act, "version": version, "decision": decision, **more})


@dataclass
class Desk:
    app: FastAPI
    client: TestClient

    @property
    def service(self) -> Service:
        found: Service = self.app.state.service
        return found

    @property
    def store(self) -> Store:
        return self.service.store

    def seat(self, role: str = "moderator", *sites: str) -> Seat:
        name = f"{role}{next(_numbers)}"
        self.store.accounts.add_user(security.new_user(name, PASSWORD, role, self.service.now, sites))
        token = security.sign_in(self.store.accounts, name, PASSWORD, self.service.now)
        return Seat(name, self.client, f"threadwise_session={token}")

    def site(self) -> str:
        """The name of a site that no other test uses."""
        return f"site{next(_numbers)}"

    def put(
        self,
        site: str,
        *scores: float,
        text: str = "You are an idiot.",
        action: Action = Action.REVIEW,
        span: tuple[int, int] | None = None,
        rule: str = "toxic",
        threat: float = 0.0,
        stance: str | None = None,
        lang: str = "en",
        days_ago: float = 0,
        **more: Any,
    ) -> list[int]:
        """Numbers of new comments, one for each score of toxicity; `span`: what carries it, as the model says; `rule`: its name."""
        spans = (Span(*span, "toxicity", 0.9),) if span else ()
        verdict = Verdict(action, (Reason(rule, "toxicity", "toxicity", 0.9, 0.5),), "1")
        items = []
        for score in scores or (0.9,):
            incoming = Incoming(**{"id": f"c{next(_numbers)}", "site": site, "text": text, "author": "Ana", **more})
            said = {"toxicity": {"toxicity": score, "insult": score, "threat": threat}}
            said["sentiment"] = {"negative": 0.7, "neutral": 0.2, "positive": 0.1}
            said |= {"stance": {name: 0.8 if name == stance else 0.1 for name in schema.STANCE.names}} if stance else {}
            items.append((incoming, Scored(incoming.id, lang, said, "tiny@0", spans=spans), verdict))
        return [stored.number for stored, _ in self.store.comments.put_all(items, self.service.now - int(days_ago * DAY_MS))]

    def article(self, site: str, title: str) -> str:
        name = f"article{next(_numbers)}"
        self.store.articles.put(site, Article(name, "", (), title=title, lang="en"), self.service.now)
        return name

    def holds(self, numbers: list[int]) -> dict[int, dict[str, Any]]:
        """What holds of comments now."""
        columns = [comments.c.number, *(comments.c[name] for name in _STATE)]
        with transaction(self.store.engine, writes=False) as connection:
            rows = connection.execute(sa.select(*columns).where(comments.c.number.in_(numbers))).mappings()
            return {row["number"]: {name: row[name] for name in _STATE} for row in rows}

    def decided(self, numbers: list[int]) -> list[dict[str, Any]]:
        """Every row of decisions on them, in order."""
        with transaction(self.store.engine, writes=False) as connection:
            query = decisions.select().where(decisions.c.comment.in_(numbers)).order_by(decisions.c.number)
            return [dict(row) for row in connection.execute(query).mappings()]

    def logged(self, by: str) -> list[dict[str, Any]]:
        """A person's lines of the audit log."""
        with transaction(self.store.engine, writes=False) as connection:
            rows = connection.execute(audit.select().where(audit.c.by == by).order_by(audit.c.number)).mappings()
            return [{"what": row["what"], **row["detail"]} for row in rows]


@contextmanager
def opened(database: str, release: Path, **flags: Any) -> Iterator[Desk]:
    app = create_app(settings.load(flags={"database": database, **flags}), Scorer.load(release, threads=1), Store(database))
    with TestClient(app, follow_redirects=False) as client:
        yield Desk(app, client)


def shown(page: httpx2.Response) -> list[int]:
    """Numbers of the cards of a page, in order."""
    assert page.status_code == 200, page.text[:500]
    return [int(number) for number in re.findall(r'data-number="(\d+)"', page.text)]
