"""What goes wrong under a running service: a kill, a full disk, a locked or restarted database, a model that fails, clients that dawdle.

Nothing that was acknowledged is lost, what cannot be done now is said at once, and the service comes back by itself.
"""

from __future__ import annotations

import contextlib
import itertools
import resource
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from labels.scores import Scored, ScoreInput
from serve import security, settings
from serve.app import create_app
from serve.service import Service
from serve.store import Store
from tests.postgres import Postgres
from tests.server import Server, running, threadwise
from train.inference import Prepared, Scorer

_WRITERS = 4
_ENOUGH = 60


@dataclass
class Storm:
    """Writers that put new comments until they are told to stop, and what was acknowledged to them."""

    clients: list[httpx2.Client]
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: list[httpx2.Response] = field(default_factory=list)
    broken: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def blowing(self) -> Iterator[Storm]:
        with ThreadPoolExecutor(_WRITERS) as pool:
            writers = [pool.submit(self._write, self.clients[place % len(self.clients)]) for place in range(_WRITERS)]
            try:
                yield self
            finally:
                self._ended.set()
            for writer in writers:
                writer.result()

    def wait(self, count: int) -> None:
        end = time.monotonic() + 60
        while len(self.acknowledged) < count:
            assert time.monotonic() < end, f"{len(self.acknowledged)} of {count} acknowledged"
            time.sleep(0.01)

    def _write(self, client: httpx2.Client) -> None:
        while not self._ended.is_set():
            number = next(self._numbers)
            text = f"the mayor works well {number}"
            try:
                answer = client.put(f"/v1/comments/{number}", json={"text": text})
            except httpx2.TransportError:
                self.broken += 1
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                self.acknowledged[str(number)] = text
            else:
                self.refused.append(answer)


def stored(client: httpx2.Client) -> list[dict[str, str]]:
    """All comments, over all pages."""
    found, cursor = list[dict[str, str]](), "0"
    while cursor is not None:
        page = client.get("/v1/comments", params={"limit": "200", "cursor": cursor}).json()
        found += page["items"]
        cursor = page["next"]
    return found


def unavailable(answer: httpx2.Response) -> bool:
    """503 as it is promised: a problem, and when to come back."""
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "busy"
    return int(answer.headers["Retry-After"]) > 0


def test_a_kill_loses_nothing_that_was_acknowledged(tiny_release: Path, tmp_path: Path, database: str) -> None:
    """On PostgreSQL a second server shares the store, and goes on while the first one dies."""
    second = Server(database, tiny_release, tmp_path)
    with running(tmp_path, tiny_release, database=database) as first, contextlib.ExitStack() as stack:
        key = first.key()
        servers = [first]
        if database.startswith("postgresql"):
            stack.callback(second.kill)
            servers.append(second.start())
        clients = [stack.enter_context(server.client(key)) for server in servers]
        storm = Storm(clients)
        with storm.blowing():
            storm.wait(_ENOUGH)
            first.kill()
            if len(servers) > 1:
                storm.wait(len(storm.acknowledged) + _ENOUGH)
        assert storm.broken, "the kill came in the middle"
        first.start()
        with first.client(key) as client:
            held = stored(client)
            assert len({one["id"] for one in held}) == len(held), "none twice"
            texts = {one["id"]: one["text"] for one in held}
            assert {name: texts.get(name) for name in storm.acknowledged} == storm.acknowledged, "none lost"
            for name, text in list(storm.acknowledged.items())[-_WRITERS * 2 :]:
                again = client.put(f"/v1/comments/{name}", json={"text": text})
                assert (again.status_code, again.json()["version"]) == (200, 1), "sent again by a client that saw no answer"
        assert first.stop() == 0


def test_a_stop_finishes_what_was_accepted(tiny_release: Path, tmp_path: Path) -> None:
    with running(tmp_path, tiny_release) as server:
        key = server.key()
        with server.client(key) as client:
            storm = Storm([client])
            with storm.blowing():
                storm.wait(_ENOUGH)
                assert server.stop() == 0
        assert all(unavailable(answer) for answer in storm.refused)
        server.start()
        with server.client(key) as client:
            assert storm.acknowledged.keys() <= {one["id"] for one in stored(client)}


def test_a_stop_waits_for_no_open_page(tiny_release: Path, tmp_path: Path) -> None:
    """The desk's news have no end of their own; a request that carries work is answered all the same."""
    with running(tmp_path, tiny_release) as server, server.client() as page, server.client(server.key()) as client:
        threadwise("users", "create", "ana", "--role", "viewer", "--database", server.database, stdin="correct horse\n")
        assert page.post("/v1/session", json={"name": "ana", "password": "correct horse"}).status_code == 204
        texts = [{"id": str(number), "text": f"the mayor works well {number} " * 20} for number in range(300)]
        with page.stream("GET", "/review/events") as news, ThreadPoolExecutor() as pool:
            lines = news.iter_lines()
            assert next(lines).startswith("retry:")
            work = pool.submit(client.post, "/v1/score", json={"comments": texts})
            assert server.process is not None
            while b"threadwise_queue_comments 0.0" in httpx2.get(f"{server.url}/metrics").content and not work.done():
                time.sleep(0.005)
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            list(lines)
            ended = time.monotonic() - begun
            assert work.result().status_code == 200
        assert server.process.wait(60) == 0
        assert (ended < 5, time.monotonic() - begun < 15) == (True, True)


def test_a_full_disk_is_said_and_got_over(tiny_release: Path, tmp_path: Path) -> None:
    """The process may write files up to a size, as on a disk that is full; then there is room again."""
    with running(tmp_path, tiny_release) as server, server.client(server.key()) as client:
        assert client.put("/v1/comments/before", json={"text": "x"}).status_code == 201
        assert server.process is not None
        pid = server.process.pid
        largest = max(path.stat().st_size for path in tmp_path.glob("test.db*"))
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + 200_000, before[1]))
        acknowledged = ["before"]
        for number in range(200):
            answer = client.put(f"/v1/comments/{number}", json={"text": f"{number} is a large number " * 400})
            if answer.status_code != 201:
                break
            acknowledged.append(str(number))
        assert unavailable(answer)
        assert client.get("/v1/comments/before").status_code == 200, "what is there can be read"
        assert client.post("/v1/score", json={"comments": [{"id": "1", "text": "x"}]}).status_code == 200
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        assert client.put("/v1/comments/after", json={"text": "x"}).status_code == 201
        assert {*acknowledged, "after"} == {one["id"] for one in stored(client)}
        assert "disk" in server.log, "the log says what is wrong"
    with sqlite3.connect(tmp_path / "test.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_locked_database_is_said_and_got_over(tiny_release: Path, tmp_path: Path) -> None:
    with running(tmp_path, tiny_release) as server, server.client(server.key()) as client:
        other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert unavailable(client.put("/v1/comments/1", json={"text": "x"}))
        assert time.monotonic() - begun < 15
        assert "locked" in server.log
        assert client.get("/v1/comments/1").status_code == 404, "readers do not wait"
        other.execute("COMMIT")
        other.close()
        assert client.put("/v1/comments/1", json={"text": "x"}).status_code == 201


def test_a_database_that_is_started_again(tiny_release: Path, tmp_path: Path, postgres_server: Postgres) -> None:
    with (
        running(tmp_path, tiny_release, database=postgres_server.database("restarted")) as server,
        server.client(server.key()) as client,
    ):
        assert client.put("/v1/comments/1", json={"text": "x"}).status_code == 201
        postgres_server.stop()
        try:
            for _ in range(3):
                assert unavailable(client.put("/v1/comments/2", json={"text": "x"}))
            assert client.get("/readyz").status_code == 503, "no traffic, please"
            assert client.get("/healthz").status_code == 200, "but a new start would not help"
            told = client.put("/v1/comments/2", json={"text": "x"}).text
            assert "127.0.0.1" not in told, "where the database lives is nobody's business"
        finally:
            postgres_server.start()
        assert client.put("/v1/comments/2", json={"text": "x"}).status_code == 201
        assert client.get("/readyz").status_code == 200
        assert [one["id"] for one in stored(client)] == ["1", "2"]


class Failing(Scorer):
    """Fails on what holds the word, as a model might on what it was never shown."""

    word = "quagga"

    def answers(self, prepared: list[Prepared], *given: Any, **options: Any) -> list[Scored]:  # type: ignore[override]
        if any(self.word in item.input.text for item in prepared):
            raise RuntimeError("shape mismatch")
        return super().answers(prepared, *given, **options)


@pytest.fixture
def failing(tiny_release: Path, tmp_path: Path) -> Iterator[tuple[Service, TestClient]]:
    database = f"sqlite:///{tmp_path / 'failing.db'}"
    app = create_app(settings.load(flags={"database": database}), Failing.load(tiny_release, threads=1), Store(database))
    service: Service = app.state.service
    token, key = security.new_key("site", 0)
    service.store.accounts.add_key(key)
    with TestClient(app, headers={"X-API-Key": token}) as client:
        yield service, client


def test_a_comment_on_which_the_model_fails_goes_to_review(failing: tuple[Service, TestClient]) -> None:
    _, client = failing
    found = client.put("/v1/comments/1", json={"text": "a quagga"})
    assert found.status_code == 201
    value = found.json()
    assert (value["action"], value["state"], value["scored"], value["reason"]) == ("review", "open", False, "failed")


def test_and_takes_no_other_with_it(failing: tuple[Service, TestClient]) -> None:
    _, client = failing
    comments = [{"id": str(number), "text": "a quagga" if number == 7 else f"number {number}"} for number in range(40)]
    found = client.post("/v1/score", json={"comments": comments}).json()["comments"]
    assert [one["id"] for one in found if not one["scored"]] == ["7"]
    with ThreadPoolExecutor(8) as pool:
        texts = ["a quagga", *(f"text {number}" for number in range(20))]
        answers = list(pool.map(lambda text: client.post("/v1/score", json={"comments": [{"id": "1", "text": text}]}), texts))
    assert [answer.json()["comments"][0]["reason"] for answer in answers] == ["failed", *[None] * 20]


def test_no_border_takes_a_failure_for_harmless(failing: tuple[Service, TestClient]) -> None:
    _, client = failing
    assert client.post("/v1/moderations", json={"input": ["fine", "a quagga"]}).status_code == 500
    asked = {"comment": {"text": "a quagga"}, "requestedAttributes": {"TOXICITY": {}}}
    assert client.post("/v1alpha1/comments:analyze", json=asked).json()["error"]["status"] == "INTERNAL"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it is what is tried here
def test_a_scoring_thread_that_ends_is_shown(failing: tuple[Service, TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    service, client = failing

    def end() -> None:
        raise SystemExit

    assert client.get("/healthz").status_code == 200
    monkeypatch.setattr(service.queue, "_turn", end)
    service.queue.submit([ScoreInput("1", "x")])
    end_at = time.monotonic() + 10
    while service.queue.alive and time.monotonic() < end_at:
        time.sleep(0.01)
    begun = time.monotonic()
    assert unavailable(client.put("/v1/comments/1", json={"text": "x"}))
    assert time.monotonic() - begun < 2, "at once, not at the time limit"
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, "scoring thread" in answer.text) == (503, True)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it is what is tried here
def test_a_webhooks_thread_that_ends_is_shown(failing: tuple[Service, TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    service, client = failing

    def end() -> None:
        raise SystemExit

    monkeypatch.setattr(service.sender, "send_due", end)
    service.sender.notify()
    end_at = time.monotonic() + 10
    while service.sender.alive and time.monotonic() < end_at:
        time.sleep(0.01)
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, "webhooks' thread" in answer.text) == (503, True)
    assert client.put("/v1/comments/1", json={"text": "x"}).status_code == 201, "the others do their work"


class Tired(Failing):
    """Takes a known time for each comment, and longer than the limit for one that holds the word."""

    each_s = 0.0

    def answers(self, prepared: list[Prepared], *given: Any, **options: Any) -> list[Scored]:  # type: ignore[override]
        time.sleep(sum(2 * _LIMIT_S if self.word in item.input.text else self.each_s for item in prepared))
        return Scorer.answers(self, prepared, *given, **options)


_LIMIT_S = 3.0


@pytest.fixture
def tired(tiny_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    flags = {"database": f"sqlite:///{tmp_path / 'tired.db'}", "limits.request_s": str(_LIMIT_S)}
    app = create_app(settings.load(flags=flags), Tired.load(tiny_release, threads=1), Store(flags["database"]))
    token, key = security.new_key("site", 0)
    app.state.service.store.accounts.add_key(key)
    with TestClient(app, headers={"X-API-Key": token}) as client:
        yield client


def thread(count: int, **more: Any) -> dict[str, Any]:
    return {
        "id": "page",
        "title": "A page",
        "comments": [{"id": str(number), "text": f"number {number}"} for number in range(count)],
    } | more


def test_a_live_comment_that_takes_too_long_goes_to_review(tired: TestClient) -> None:
    found = tired.put("/v1/comments/1", json={"text": "a quagga"})
    assert found.status_code == 201, found.text
    value = found.json()
    assert (value["action"], value["state"], value["scored"], value["reason"]) == ("review", "open", False, "failed")
    assert 'threadwise_comments_total{outcome="failed"} 1.0' in tired.get("/metrics").text


def test_the_limit_is_for_a_part_of_a_page(tired: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tired, "each_s", 0.005)
    begun = time.monotonic()
    found = tired.post("/v1/articles", json=thread(800))
    assert found.status_code == 201, found.text
    assert time.monotonic() - begun > _LIMIT_S, "all of it takes longer"
    assert len(stored(tired)) == 800


def test_a_page_that_was_ended_goes_on_when_it_comes_again(tired: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tired, "each_s", 0.03)
    answers = [tired.post("/v1/articles", json=thread(180))]
    assert unavailable(answers[0])
    assert tired.get("/v1/articles").json()["items"] == stored(tired) == [], "nothing was stored"
    while answers[-1].status_code == 503 and len(answers) < 8:
        time.sleep(int(answers[-1].headers["retry-after"]))  # a busy machine still has the first one's pass in hand
        answers.append(tired.post("/v1/articles", json=thread(180)))
    assert answers[-1].status_code == 201
    assert len(stored(tired)) == 180


def test_an_export_is_stored_whole_or_not_at_all(tired: TestClient) -> None:
    def post(number: int, of: int, text: str) -> str:
        return (
            f'<post dsq:id="{number}"><message>{text}</message><isDeleted>false</isDeleted><isSpam>false</isSpam>'
            f'<author><name>Ana</name></author><thread dsq:id="{of}"/></post>'
        )

    def export(last: str) -> bytes:
        threads = "".join(f'<thread dsq:id="{of}"><id/><link>https://a.example/{of}</link><title>T{of}</title></thread>' for of in (1, 2))
        posts = post(10, 1, "Hello.") + post(20, 2, "Welcome.") + post(21, 2, last)
        return f'<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">{threads}{posts}</disqus>'.encode()

    assert unavailable(tired.post("/v1/articles", content=export("A quagga.")))
    assert tired.get("/v1/articles").json()["items"] == stored(tired) == []
    assert tired.post("/v1/articles", content=export("A zebra.")).status_code == 201
    assert len(stored(tired)) == 3


def test_a_page_that_takes_too_long_to_read_is_given_up(tiny_release: Path, tmp_path: Path) -> None:
    """And takes nothing from the others: it was read in a process of its own, which is gone."""
    one = "<li class='comment' id='comment-{0}'><b class='comment-author'>Ana</b><div class='comment-content'><p>Number {0}.</p></div></li>"
    page = f"<html><body><h1>A page</h1><ol class='comment-list'>{''.join(map(one.format, range(30_000)))}</ol></body></html>"
    with running(tmp_path, tiny_release, "--set", "limits.request_s=3") as server, server.client(server.key()) as client:
        assert client.post("/v1/parse", content=b"A title\n\nSome words on it.").status_code == 200, "all is loaded"
        begun = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(lambda _: client.post("/v1/parse", content=page.encode(), headers={"Content-Type": "text/html"}), range(4))
            )
        assert all(unavailable(answer) for answer in answers)
        assert time.monotonic() - begun < 20
        assert client.post("/v1/parse", content=b"A title\n\nSome words on it.").status_code == 200


def head_of(key: str, length: int) -> str:
    lines = ("POST /v1/score HTTP/1.1", "Host: x", f"X-API-Key: {key}", "Content-Type: application/json", f"Content-Length: {length}")
    return "\r\n".join((*lines, "", ""))


def sent(server: Server, head: str, *parts: bytes, pause_s: float) -> tuple[str, float]:
    """What comes back on a raw connection, and after how long; each part is sent after a pause."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        answer = b""
        connection.settimeout(pause_s)
        for part in parts:
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(65_536)
                break
            connection.sendall(part)
        connection.settimeout(30)
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65_536):
                answer += part
    return answer.decode(), time.monotonic() - begun


def test_clients_that_dawdle_are_let_go(tiny_release: Path, tmp_path: Path) -> None:
    with running(tmp_path, tiny_release, "--set", "limits.request_s=2") as server:
        key = server.key()
        head = head_of(key, 5_000)
        with ThreadPoolExecutor(2) as pool:
            silent = pool.submit(sent, server, head, pause_s=1)
            trickling = pool.submit(sent, server, head, *[b" "] * 100, pause_s=0.2)
            with server.client(key) as client:
                assert client.post("/v1/score", json={"comments": [{"id": "1", "text": "x"}]}).status_code == 200, "others are served"
            for answer, seconds in (silent.result(), trickling.result()):
                assert answer.startswith("HTTP/1.1 408 ")
                assert "slow_body" in answer
                assert 1.5 < seconds < 10
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head.encode() + b"{")  # and hangs up in the middle
        with server.client(key) as client:
            assert client.get("/readyz").status_code == 200
        assert "Traceback" not in server.log
        assert server.stop() == 0


def test_a_body_that_is_too_large_gets_its_answer(tiny_release: Path, tmp_path: Path) -> None:
    """Over a real connection: the server reads no further, and the client still sees why."""
    with running(tmp_path, tiny_release, "--set", "limits.body_bytes=100000") as server:
        answer, _ = sent(server, head_of(server.key(), 900_000), b"x" * 50_000, pause_s=0.5)
        assert answer.startswith("HTTP/1.1 413 ")
        assert "100,000" in answer
        assert "connection: close" in answer.lower()
