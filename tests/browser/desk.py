"""A running desk and one test's own part of it: a site, its comments, people who see nothing else, and their browsers."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, Response

from labels.thread import Article, Comment
from serve import security
from serve.store import Store
from serve.store.desk_decisions import Act, Seen
from serve.store.tables import claims, comments, decisions
from tests.server import Server, running

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PASSWORD = "correct horse"
POLICY = Path(__file__).with_name("policy.toml")
TITLE = "The council buys a second bus"
RUDE = ("the mayor is a stupid idiot", "this bus is trash, shut up", "our school is a stupid idiot", "that film is trash, shut up")
KIND = ("the new park is lovely", "my neighbour works well", "the old bridge was a pleasure", "the council is lovely")
SQLITE_ONLY = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what no database changes: how pages look and what a script does."""
DOUBLE_MS, QUIET_MS = 450, 650
"""Behind which a click is no double click, and a key is meant for a card that the page itself has made current."""
_numbers = itertools.count(1)
_STATE = ("state", "action", "escalated", "highlighted", "decision")


@dataclass
class Desk:
    """A server on one database, its store, and a key to bring comments in."""

    server: Server
    store: Store
    client: httpx2.Client


@contextmanager
def started(folder: Path, model: Path, database: str | None = None) -> Iterator[Desk]:
    """A desk on `database`; None: a SQLite file in `folder`."""
    options = ("--policy", str(POLICY), "--set", "limits.login_per_minute=100", "--set", "limits.login_per_minute_of_address=1000")
    with running(folder, model, *options, database=database) as server:
        store = Store(server.database)
        try:
            with server.client(server.key()) as client:
                yield Desk(server, store, client)
        finally:
            store.close()


@dataclass
class Room:
    """A site of its own on a desk that all tests share."""

    desk: Desk
    browser: Browser
    pictures: Path
    site: str = field(default_factory=lambda: f"site{next(_numbers)}")
    troubles: list[str] = field(default_factory=list)
    """Errors on the console, exceptions of scripts, requests to other hosts."""
    _contexts: list[BrowserContext] = field(default_factory=list)

    def fill(self, texts: Sequence[str], *, title: str = TITLE, lang: str = "en", replies: bool = False) -> list[str]:
        """Brings an article with these comments in, each by another author; returns their ids as they stand in the queue."""
        name = f"article{next(_numbers)}"
        made = tuple(
            Comment(str(at), text, author=f"Author {at}", reply_to=str((at - 1) // 2) if replies and at else None)
            for at, text in enumerate(texts)
        )
        return self.put(Article(name, "An article.", made, title=title, lang=lang))

    def put(self, article: Article) -> list[str]:
        answer = self.desk.client.post("/v1/articles", params={"site": self.site}, json=article.to_json())
        assert answer.status_code == 201, answer.text
        return [f"{article.id}:{one.id}" for one in article.comments]

    def person(self, role: str = "moderator", *, everywhere: bool = False) -> str:
        """A new person of this site, or of all; returns the name."""
        name = f"{role}{next(_numbers)}"
        self.desk.store.accounts.add_user(security.new_user(name, PASSWORD, role, _now(), () if everywhere else (self.site,)))
        return name

    def visitor(self, path: str = "/login", **options: Any) -> Page:
        """A page of a new browser profile where nobody is logged in. `options`: as of Browser.new_context."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "base_url": self.desk.server.url} | options)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.troubles.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda request: self.troubles.append(request.url) if not request.url.startswith(self.desk.server.url) else None)
        page.goto(path)
        return page

    def seat(self, name: str, path: str = "/review", **options: Any) -> Page:
        """A page of a new browser profile where this person is logged in."""
        token = security.sign_in(self.desk.store.accounts, name, PASSWORD, _now())
        state = {"cookies": [_cookie(token or "")], "origins": []}
        return self.visitor(path, storage_state=state, **options)

    def states(self) -> dict[str, dict[str, Any]]:
        """Comment -> what holds of it now."""
        columns = [comments.c.id, *(comments.c[name] for name in _STATE)]
        with self.desk.store.engine.connect() as connection:
            rows = connection.execute(sa.select(*columns).where(comments.c.site == self.site)).mappings()
            return {row["id"]: {name: row[name] for name in _STATE} for row in rows}

    def decisions(self) -> list[dict[str, Any]]:
        """Everything that was decided, noted and undone, in order; `id` is the comment's."""
        query = sa.select(comments.c.id, decisions).join(comments, comments.c.number == decisions.c.comment)
        with self.desk.store.engine.connect() as connection:
            rows = connection.execute(query.where(comments.c.site == self.site).order_by(decisions.c.number)).mappings()
            return [dict(row) for row in rows]

    def numbers(self) -> dict[str, int]:
        """Comment -> its number."""
        with self.desk.store.engine.connect() as connection:
            return dict(connection.execute(sa.select(comments.c.id, comments.c.number).where(comments.c.site == self.site)).all())

    def decide(self, names: Sequence[str], by: str, kind: str = "publish", batch: str | None = None) -> None:
        """Decides on comments that nobody has decided on or edited, as another page would."""
        numbers = self.numbers()
        for name in names:
            act = Act(kind, by, batch=batch)
            assert self.desk.store.desk.decisions.decide(numbers[name], None, act, Seen(1, None), _now()) is not None

    def end_claims(self) -> None:
        """As if everybody had been away for longer than a claim lasts."""
        with self.desk.store.engine.begin() as connection:
            connection.execute(claims.update().values(until=_now() - 1))

    def expected(self, *words: str) -> None:
        """Takes troubles out that belong to the test; fails where one of them did not come."""
        for word in words:
            assert any(word in trouble for trouble in self.troubles), (word, self.troubles)
        self.troubles[:] = [trouble for trouble in self.troubles if not any(word in trouble for word in words)]

    def picture(self, page: Page, name: str) -> None:
        """Keeps a screenshot as an artefact of the run."""
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def current(page: Page) -> str:
    """Id of the current comment; empty where there is none."""
    found: str = page.evaluate("document.querySelector('.card[aria-current=true]')?.dataset.commentId ?? ''")
    return found


def until(holds: Callable[[], bool]) -> None:
    """Waits for something that no page shows; fails after 20 seconds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.05)


def queued(page: Page) -> list[str]:
    """Ids of the cards on the page, from the top."""
    found: list[str] = page.evaluate("[...document.querySelectorAll('.card')].map(card => card.dataset.commentId)")
    return found


def answered(page: Page, path: str) -> Callable[[Response], bool]:
    """For `page.expect_response`: the answer to a POST of a path that ends so."""
    return lambda response: response.request.method == "POST" and response.url.partition("?")[0].endswith(path)


def _cookie(token: str) -> dict[str, Any]:
    kept = {"httpOnly": True, "secure": False, "sameSite": "Lax", "expires": -1}
    return {"name": security.cookie_name(""), "value": token, "domain": "127.0.0.1", "path": "/", **kept}


def _now() -> int:
    return int(time.time() * 1000)
