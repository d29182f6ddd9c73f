"""kill -9 in the middle of decisions: none that was acknowledged is lost, claims end by themselves, undo goes on."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx2
import sqlalchemy as sa

from labels.scores import Scored
from serve import security
from serve.policy import Action, Reason, Verdict
from serve.store import Store
from serve.store.comments import Incoming
from serve.store.tables import claims, comments, decisions
from tests.server import Server, running

COUNT, PEOPLE = 240, 4
PASSWORD = "correct horse"
BEFORE_KILL = 30
"""Decisions that are acknowledged before the server dies."""


def test_no_acknowledged_decision_is_lost(database: str, tiny_release: Path, tmp_path: Path) -> None:
    store = Store(database)
    now = int(time.time() * 1000)
    verdict = Verdict(Action.REVIEW, (Reason("toxic", "toxicity", "toxicity", 0.9, 0.5),), "1")
    items = [
        (Incoming(f"c{at}", "site", "You are an idiot."), Scored(f"c{at}", "en", {"toxicity": {"toxicity": 0.9}}, "tiny@0"), verdict)
        for at in range(COUNT)
    ]
    numbers = [stored.number for stored, _ in store.comments.put_all(items, now)]
    names = [f"moderator{at}" for at in range(PEOPLE)]
    for name in names:
        store.accounts.add_user(security.new_user(name, PASSWORD, "moderator", now))
    acknowledged: list[int] = []
    with running(tmp_path, tiny_release, database=database) as server:
        sessions = {name: security.sign_in(store.accounts, name, PASSWORD, now) or "" for name in names}
        threads = [
            threading.Thread(target=_decide, args=(server, sessions[name], numbers[at::PEOPLE], acknowledged))
            for at, name in enumerate(names)
        ]
        for thread in threads:
            thread.start()
        while len(acknowledged) < BEFORE_KILL:
            time.sleep(0.005)
        server.kill()
        for thread in threads:
            thread.join(60)
        assert BEFORE_KILL <= len(acknowledged) < COUNT, "it died in the middle"
        kept = _rows(store)
        assert set(acknowledged) <= {row.number for row in kept}
        assert {row.comment for row in kept} == _decided(store), "a decision and what it changes are one"

        server.start()
        with _client(server, sessions[names[0]]) as client:
            mine = [row for row in kept if row.by == names[0]]
            for row in reversed(mine):
                told = client.post("/review/undo").json()
                assert told["number"] == row.comment
            assert client.post("/review/undo").status_code == 404
        assert _decided(store) == {row.comment for row in kept if row.by != names[0]}
        held = store.desk.claims.held(int(time.time() * 1000), None)
        assert set(held.values()) <= set(names)
        assert store.desk.claims.held(int(time.time() * 1000) + 200_000, None) == {}, "claims of the dead end by themselves"
    with store.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(claims)).scalar_one() <= PEOPLE
    store.close()


def _decide(server: Server, token: str, numbers: list[int], acknowledged: list[int]) -> None:
    """Claims and decides as a page does, until the server is gone."""
    with _client(server, token) as client:
        for number in numbers:
            try:
                client.post(f"/review/comments/{number}/claim")
                answer = client.post(f"/review/comments/{number}/decide", data={"act": "reject:insult", "version": 1, "decision": ""})
            except httpx2.HTTPError:
                return
            assert answer.status_code == 200, answer.text
            acknowledged.append(answer.json()["decision"])


def _client(server: Server, token: str) -> httpx2.Client:
    headers = {"Cookie": f"threadwise_session={token}", "Sec-Fetch-Site": "same-origin", "Accept": "application/json"}
    return httpx2.Client(base_url=server.url, headers=headers, timeout=30)


def _rows(store: Store) -> list[sa.Row[tuple[int, int, str]]]:
    with store.engine.connect() as connection:
        query = sa.select(decisions.c.number, decisions.c.comment, decisions.c.by).order_by(decisions.c.number)
        return list(connection.execute(query))


def _decided(store: Store) -> set[int]:
    with store.engine.connect() as connection:
        return set(connection.execute(sa.select(comments.c.number).where(comments.c.state == "decided")).scalars())
