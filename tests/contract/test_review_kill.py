"""kill -9 in the middle of decisions, single and in bulk: what was acknowledged is not lost, claims end by themselves, undo goes on."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import sqlalchemy as sa

from labels.scores import Scored
from serve import security
from serve.policy import Action, Reason, Verdict
from serve.store import Store
from serve.store.comments import Incoming
from serve.store.desk_decisions import CHUNK
from serve.store.tables import audit, claims, comments, decisions
from tests.server import Server, running

COUNT, PEOPLE = 240, 4
PASSWORD = "correct horse"
BEFORE_KILL = 30
"""Decisions that are acknowledged before the server dies."""
MANY, DONE = 16 * CHUNK, 4 * CHUNK
"""Comments of the bulk action in which it dies, and of those how many are decided by then: as many as its undo dies in the middle of."""


def test_no_acknowledged_decision_is_lost(store: Store, database: str, tiny_release: Path, tmp_path: Path) -> None:
    now = int(time.time() * 1000)
    numbers = _put(store, COUNT, 0.9, now)
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


def test_a_bulk_action_that_dies_half_way_holds_in_whole_parts_and_is_undone(
    store: Store, database: str, tiny_release: Path, tmp_path: Path
) -> None:
    now = int(time.time() * 1000)
    few, many = set(_put(store, 20, 0.9, now)), set(_put(store, MANY, 0.6, now))
    store.accounts.add_user(security.new_user("ana", PASSWORD, "moderator", now))
    with running(tmp_path, tiny_release, database=database) as server:
        token = security.sign_in(store.accounts, "ana", PASSWORD, now) or ""
        answer = _bulk(server, token, "decide", act="reject", newest=2**40, view="output=toxicity.toxicity&low=80&high=100")
        assert (answer, _decided(store)) == (303, few)

        range_ = {"act": "reject", "newest": 2**40, "view": "output=toxicity.toxicity&low=50&high=80"}
        _die(server, lambda: _bulk(server, token, "decide", **range_), lambda: _count(store) >= len(few) + DONE)
        kept = _decided(store)
        assert few < kept < few | many, "what was acknowledged holds, and it died in the middle of the other"
        assert len(kept - few) % CHUNK == 0, "whole parts"
        assert {row.comment for row in _rows(store)} == kept, "a decision and what it changes are one"
        torn, whole = store.desk.bulk.batches("ana", 0)
        assert (torn.count, torn.holds, whole.count, whole.holds) == (len(kept - few), len(kept - few), 20, 20), (
            "the list tells what was done"
        )

        server.start()
        _die(server, lambda: _bulk(server, token, "undo", batch=torn.batch), lambda: _count(store) < len(kept))
        left = _decided(store)
        assert few <= left < kept
        assert (len(left) - len(few)) % CHUNK == 0
        assert store.desk.bulk.batches("ana", 0)[0].holds == len(left - few)

        server.start()
        if left > few:
            assert _bulk(server, token, "undo", batch=torn.batch) == 303
        assert _decided(store) == few
        assert _bulk(server, token, "undo", batch=whole.batch) == 303
        assert _decided(store) == set()
    with store.engine.connect() as connection:
        told = [row.detail["count"] for row in connection.execute(sa.select(audit.c.detail).where(audit.c.what == "undo"))]
    assert sum(told) == len(kept), "each comment that was taken back is counted once in the log"


def _put(store: Store, count: int, toxicity: float, now: int) -> list[int]:
    """Numbers of new comments that wait for a decision."""
    verdict = Verdict(Action.REVIEW, (Reason("toxic", "toxicity", "toxicity", toxicity, 0.5),), "1")
    said = {"toxicity": {"toxicity": toxicity}}
    names = [f"{toxicity}-{at}" for at in range(count)]
    items = [(Incoming(name, "site", "You are an idiot."), Scored(name, "en", said, "tiny@0"), verdict) for name in names]
    return [stored.number for stored, _ in store.comments.put_all(items, now)]


def _bulk(server: Server, token: str, what: str, **form: object) -> int:
    """Status of a form of the bulk page."""
    with _client(server, token) as client:
        return client.post(f"/review/bulk/{what}", data=form).status_code


def _die(server: Server, work: Callable[[], object], begun: Callable[[], bool]) -> None:
    """Kills the server while it does the work, once a first part of it is written."""

    def asked() -> None:
        with contextlib.suppress(httpx2.HTTPError):
            work()

    thread = threading.Thread(target=asked)
    thread.start()
    while not begun():
        assert thread.is_alive(), "it was over before anything was seen of it"
        time.sleep(0.002)
    server.kill()
    thread.join(60)


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


def _count(store: Store) -> int:
    with store.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).where(comments.c.state == "decided")).scalar_one()
