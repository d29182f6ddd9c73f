"""What an operator does and sees: the demo, keys and accounts by the command line, metrics, logs, retention, erasure."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from labels.scores import Scored
from serve import security, settings
from serve.app import create_app
from serve.policy import Action, Reason, Verdict
from serve.service import Service
from serve.store import Store, tables
from serve.store.comments import Filter, Incoming
from tests.server import ROOT, Server, last_line, running, threadwise
from train.inference import Scorer

WORD = "zanzibarquagga"
DAY_MS = 86_400_000


def failed(*arguments: str, stdin: str = "") -> str:
    """Standard error of a verb that is used wrongly. `stdin` may hold bytes that are no text, as surrogateescape writes them."""
    command = [sys.executable, "-m", "threadwise", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, errors="surrogateescape", cwd=ROOT, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_demo_is_all_there_and_leaves_nothing(tiny_release: Path, tmp_path: Path) -> None:
    with running(tmp_path, tiny_release, "--demo", database="") as server:
        login = re.search(r"^login: (\S+) (\S+)$", server.output, re.MULTILINE)
        key = re.search(r"^key: (\S+)$", server.output, re.MULTILINE)
        assert login
        assert key
        with server.client(key[1]) as client:
            assert len(client.get("/v1/articles").json()["items"]) >= 5
            comments = client.get("/v1/comments", params={"limit": "200"}).json()["items"]
            assert {one["state"] for one in comments} <= {"open", "decided"}
        with server.client() as person:
            given = {"username": login[1], "password": login[2]}
            assert person.post("/login", data=given, headers={"Sec-Fetch-Site": "same-origin"}).headers["location"] == "/review"
            assert person.get("/review").status_code == 200
        line = next(json.loads(line) for line in server.log.splitlines() if '"settings"' in line)
        file = Path(line["database"].removeprefix("sqlite:///"))
        assert file.is_file()
        assert login[2] not in server.log
        assert key[1] not in server.log
        assert server.stop() == 0
    assert not file.parent.exists()


def test_the_demo_starts_again_on_its_own_database(tiny_release: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'demo.db'}"
    for _ in range(2):
        with running(tmp_path, tiny_release, "--demo", database=database) as server:
            assert re.search(r"^key: (\S+)$", server.output, re.MULTILINE)
            assert server.stop() == 0


def test_a_key_from_its_making_to_its_end(server: Server) -> None:
    token = last_line(threadwise("keys", "create", "life", "--database", server.database, "--scope", "score", "--site", "news"))
    with server.client(token) as client:
        who = client.get("/v1/whoami").json()
        assert (who["name"], who["role"], who["scopes"], who["sites"]) == ("life", None, ["score"], ["news"])
        listed = threadwise("keys", "list", "--database", server.database)
        assert token not in listed
        assert re.search(r"^life\ttw_\S+…\tscore\tnews\t[\d-]+\tin use$", listed, re.MULTILINE)
        assert "exists" in failed("keys", "create", "life", "--database", server.database)
        threadwise("keys", "revoke", "life", "--database", server.database)
        time.sleep(security.HELD_S)
        assert client.get("/v1/whoami").status_code == 401, "in the running server"
    assert re.search(r"^life\t.*\trevoked [\d-]+$", threadwise("keys", "list", "--database", server.database), re.MULTILINE)
    assert "no key named" in failed("keys", "revoke", "life", "--database", server.database)


def test_a_site_keeps_its_google_key(server: Server) -> None:
    google = "AIza" + "SyTest_" * 5
    assert last_line(threadwise("keys", "import", "old-site", "--database", server.database, stdin=f"{google}\n")) == "old-site"
    request = {"comment": {"text": "Hello you."}, "requestedAttributes": {"TOXICITY": {}}}
    answer = httpx2.post(f"{server.url}/v1alpha1/comments:analyze?key={google}", json=request, timeout=60)
    assert answer.status_code == 200
    assert "12 characters" in failed("keys", "import", "empty", "--database", server.database, stdin="\n")
    (line,) = failed("keys", "import", "broken", "--database", server.database, stdin="AIza\udcff" * 5).splitlines()
    assert "UTF-8" in line


def test_accounts_by_the_command_line(server: Server) -> None:
    create = ("users", "create", "cora", "--role", "moderator", "--database", server.database)
    assert last_line(threadwise(*create, stdin="correct horse\n")) == "cora"
    assert "exists" in failed(*create, stdin="correct horse\n")
    assert "role king" in failed("users", "create", "x", "--role", "king", "--database", server.database, stdin="correct horse\n")
    assert "8 to" in failed("users", "create", "x", "--role", "viewer", "--database", server.database, stdin="\n")
    for verb in (("create", "x", "--role", "viewer"), ("password", "cora")):
        (line,) = failed("users", *verb, "--database", server.database, stdin="correct h\udcffrse\n").splitlines()
        assert line == "threadwise: the line on standard input is not UTF-8"
    with server.client() as client:

        def status(password: str) -> int:
            return client.post("/v1/session", json={"name": "cora", "password": password}).status_code

        assert status("correct horse") == 204
        assert client.get("/v1/whoami").json()["role"] == "moderator"
        threadwise("users", "password", "cora", "--database", server.database, stdin="another horse\n")
        assert client.get("/v1/whoami").status_code == 401, "a new password ends sessions"
        assert (status("correct horse"), status("another horse")) == (401, 204)
        threadwise("users", "disable", "cora", "--database", server.database)
        assert client.get("/v1/whoami").status_code == 401
    assert re.search(r"^cora\tmoderator\tall sites\tdisabled$", threadwise("users", "list", "--database", server.database), re.MULTILINE)


@pytest.mark.parametrize("url", ["http://example.invalid:99999/x", "http://[::1/x", f"http://{'a' * 70}.example.org/"])
def test_a_wrong_webhook_is_refused_in_one_line(tmp_path: Path, url: str) -> None:
    (line,) = failed("webhooks", "create", url, "--database", f"sqlite:///{tmp_path / 'test.db'}").strip().splitlines()
    assert line.startswith(f"threadwise: {url}: a webhook is")


def test_all_wrong_settings_at_once_and_one_line_each_error() -> None:
    said = failed("serve", "--port", "70000", "--set", "limits.request_s=0", "--set", "limit.request_s=3")
    assert all(words in said for words in ("setting port", "setting limits.request_s", "limit"))
    assert "NAME=VALUE" in failed("serve", "--set", "nonsense")
    assert "not known" in failed("db", "upgrade", "--database", "mysql://host/name")


def samples(text: str) -> dict[str, float]:
    """Prometheus lines: name with labels -> value."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_an_address_that_is_taken_is_said_at_once(server: Server) -> None:
    begun = time.monotonic()
    words = failed("serve", "--demo", "--port", str(server.port))
    assert words.strip().splitlines() == [f"threadwise: cannot listen on 127.0.0.1:{server.port}: Address already in use"]
    assert time.monotonic() - begun < 60


def test_metrics_count_what_happens(server: Server, client: httpx2.Client) -> None:
    before = samples(httpx2.get(f"{server.url}/metrics").text)
    text = f"the mayor is a stupid idiot {time.time()}"
    for _ in range(2):
        asked = {"comments": [{"id": "1", "text": text, "language": "en"}, {"id": "2", "text": ""}]}
        assert client.post("/v1/score", json=asked).status_code == 200
    assert client.put("/v1/comments/metrics", json={"text": text, "site": "metrics"}).status_code == 201
    after = samples(httpx2.get(f"{server.url}/metrics").text)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown('threadwise_requests_total{method="POST",route="/v1/score",status="200"}') == 2
    assert grown('threadwise_request_seconds_count{route="/v1/comments/{id}"}') == 1
    assert grown('threadwise_comments_total{outcome="scored"}') == 3
    assert grown('threadwise_comments_total{outcome="empty"}') == 2
    assert grown('threadwise_score_count{lang="en",output="toxicity.toxicity"}') >= 2
    assert grown("threadwise_cache_hits_total") >= 1
    assert grown("threadwise_batch_comments_count") == 2, "no pass for what the cache held"
    assert grown("threadwise_tokens_total") > 0
    assert grown('threadwise_actions_total{action="publish",would=""}') == 1
    assert after["threadwise_queue_comments"] == 0
    assert not any("metrics/" in name or text in name for name in after), "labels are bounded"


def test_a_caller_without_a_key_adds_no_labels(server: Server) -> None:
    for method in ("FOO1", "foo2", "BREW"):
        assert httpx2.request(method, f"{server.url}/v1alpha1/comments:analyze").status_code == 405
    found = [name for name in samples(httpx2.get(f"{server.url}/metrics").text) if 'route="/v1alpha1/comments:analyze"' in name]
    methods = {method for name in found for method in re.findall(r'method="(\w+)"', name)}
    assert "OTHER" in methods
    assert methods <= {"GET", "POST", "OTHER"}


def test_the_sentences_of_a_comment_count_as_no_comments(server: Server, client: httpx2.Client) -> None:
    names = ('threadwise_comments_total{outcome="scored"}', 'threadwise_score_count{lang="en",output="toxicity.toxicity"}')

    def counted() -> list[float]:
        found = samples(httpx2.get(f"{server.url}/metrics").text)
        return [found.get(name, 0) for name in names]

    before = counted()
    text = "The mayor is an idiot. The council is lovely. The bus works well."
    request = {"comment": {"text": text}, "languages": ["en"], "spanAnnotations": True, "requestedAttributes": {"TOXICITY": {}}}
    found = client.post("/v1alpha1/comments:analyze", json=request).json()["attributeScores"]["TOXICITY"]
    assert len(found["spanScores"]) == 4
    assert [after - one for after, one in zip(counted(), before, strict=True)] == [1, 1]


def test_logs_are_json_with_request_ids_and_without_texts(server: Server, client: httpx2.Client) -> None:
    request = {"text": f"what a {WORD}", "author": f"Ana {WORD}", "site": "logs"}
    assert client.put("/v1/comments/1", json=request, headers={"X-Request-ID": "mine-4711"}).status_code == 201
    client.post("/v1/score", json={"comments": [{"id": WORD, "text": WORD, "colour": WORD}]})
    client.post("/v1/session", json={"name": WORD, "password": WORD})
    client.get(f"/v1/comments/{WORD}")
    assert WORD not in server.log
    lines = [json.loads(line) for line in server.log.splitlines() if "mine-4711" in line]
    assert [(line["route"], line["method"], line["status"]) for line in lines] == [("/v1/comments/{id}", "PUT", 201)]
    assert all(json.loads(line)["timestamp"] for line in server.log.splitlines())


def test_logs_hold_the_texts_that_were_scored_where_they_are_asked_for(tiny_release: Path, tmp_path: Path) -> None:
    with running(tmp_path, tiny_release, "--set", "log_texts=true") as server, server.client(server.key()) as client:
        texts = [f"what a {WORD}", "and a quiet word"]
        assert client.put("/v1/comments/1", json={"text": texts[0]}, headers={"X-Request-ID": "put"}).status_code == 201
        asked = {"comments": [{"id": str(number), "text": text} for number, text in enumerate(texts)]}
        assert client.post("/v1/score", json=asked, headers={"X-Request-ID": "score"}).status_code == 200
        client.post("/v1/session", json={"name": "ben", "password": "a secret horse"}, headers={"X-Request-ID": "session"})
        until(lambda: '"session"' in server.log)  # a line is written when its answer has gone
        lines = {line.get("request_id"): line for line in map(json.loads, server.log.splitlines())}
        assert (lines["put"]["text"], lines["score"]["text"]) == (texts[:1], texts)
        assert "text" not in lines["session"]
        assert "a secret horse" not in server.log


def test_erasure_by_the_command_line_while_the_server_runs(tiny_release: Path, tmp_path: Path) -> None:
    with running(tmp_path, tiny_release) as server, server.client(server.key()) as client:
        for number, author in enumerate(("Ana", "Ana", "Ben")):
            assert client.put(f"/v1/comments/{number}", json={"text": f"{WORD} {author}", "author": author}).status_code == 201
        opening = {"id": "thread", "title": "A thread", "author": "Ana", "text": f"I ask about the {WORD}", "comments": []}
        assert client.post("/v1/articles", json=opening).status_code == 201
        around = {"articleAndParentComment": {"article": {"text": "A thread"}, "parentComment": {"text": f"{WORD} Ana"}}}
        scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
        suggestion = {"comment": {"text": "no, you"}, "context": around, "attributeScores": scores}
        assert client.post("/v1alpha1/comments:suggestscore", json=suggestion).status_code == 200
        assert last_line(threadwise("db", "erase", "--author", "Ana", "--database", server.database)) == "2"
        assert last_line(threadwise("db", "erase", "--comment", "none", "--database", server.database)) == "0"
        assert [one["author"] for one in client.get("/v1/comments").json()["items"]] == ["Ben"]
        assert last_line(threadwise("db", "erase", "--comment", "2", "--site", "default", "--database", server.database)) == "1"
        assert client.get("/v1/comments/2").status_code == 404
        assert client.put("/v1/comments/2", json={"text": "x"}).status_code == 201, "and the server goes on"
        assert not [path.name for path in tmp_path.glob("test.db*") if WORD.encode() in path.read_bytes()]
        assert "either --author or --comment" in failed("db", "erase", "--database", server.database)


@pytest.fixture
def kept(tiny_release: Path, tmp_path: Path) -> Iterator[tuple[Service, TestClient]]:
    """A service that keeps texts for two days, with a comment of each of the last four."""
    database = f"sqlite:///{tmp_path / 'kept.db'}"
    store, now = Store(database), int(time.time() * 1000)
    for age in range(4):
        verdict = Verdict(Action.PUBLISH, (Reason("x"),), "1")
        incoming = Incoming(str(age), "news", f"text of day {age}", author="Ana")
        store.comments.put(incoming, Scored(str(age), "en", {"toxicity": {"toxicity": 0.2}}, "tiny@0"), verdict, now - age * DAY_MS - 1000)
    token, key = security.new_key("site", now)
    store.accounts.add_key(key)
    chosen = settings.load(flags={"database": database, "retention.days": 2, "cors.origins": '["https://news.example"]'})
    app = create_app(chosen, Scorer.load(tiny_release, threads=1), store)
    with TestClient(app, headers={"X-API-Key": token}) as client:
        yield app.state.service, client


def test_retention_deletes_old_texts_by_itself(kept: tuple[Service, TestClient]) -> None:
    _, client = kept
    end = time.monotonic() + 20
    while client.get("/v1/comments/3?site=news").json()["text"] and time.monotonic() < end:
        time.sleep(0.05)
    found = {one["id"]: one for one in client.get("/v1/comments").json()["items"]}
    assert [bool(found[str(age)]["text"]) for age in range(4)] == [True, True, False, False]
    assert (found["3"]["author"], found["3"]["scores"]) == (None, {"toxicity": {"toxicity": 0.2}}), "scores and decisions stay"


def test_retention_rewrites_no_table_beside_the_service(tiny_release: Path, database: str) -> None:
    """Whoever reads or writes would wait for it, every hour, once for each server."""
    store, now = Store(database), int(time.time() * 1000)
    for number in range(100):
        old = Incoming(str(number), "news", f"{WORD} " * 500)
        store.comments.put(old, Scored("1", "en", {}, "tiny@0"), Verdict(Action.PUBLISH, (Reason("x"),), "1"), now - 4 * DAY_MS)
    before = shape(store)
    app = create_app(settings.load(flags={"database": database, "retention.days": 2}), Scorer.load(tiny_release, threads=1), store)
    with TestClient(app):
        until(lambda: not any(one.text for one in store.comments.page(Filter(None), limit=100)))
    # What was begun is finished by now; the engine opens again by itself.
    assert shape(store) == before
    store.close()


def shape(store: Store) -> object:
    """What changes where a table is rewritten: PostgreSQL's file of it, and a number that SQLite raises."""
    ask = "PRAGMA schema_version" if store.engine.dialect.name == "sqlite" else "SELECT pg_relation_filenode('versions')"
    with store.engine.connect() as connection:
        return connection.execute(sa.text(ask)).scalar_one()


def test_events_that_are_over_go_without_retention_too(tiny_release: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'events.db'}"
    store, now = Store(database), int(time.time() * 1000)
    webhook = store.events.add_target("https://example.org/hook", "whsec_eA==", None, now)
    for age in (40, 20):
        at = now - age * DAY_MS
        event = {"id": str(age), "webhook": webhook, "body": "{}", "created": at, "due": at, "tries": 1, "delivered": at}
        with store.engine.begin() as connection:
            connection.execute(tables.outbox.insert().values(event))

    def left() -> list[str]:
        with store.engine.connect() as connection:
            return list(connection.execute(sa.select(tables.outbox.c.id)).scalars())

    with TestClient(create_app(settings.load(flags={"database": database}), Scorer.load(tiny_release, threads=1), store)):
        until(lambda: left() == ["20"])


def until(holds: Callable[[], bool]) -> None:
    """Waits for it; fails where it never comes."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_other_origins_are_let_in_only_where_they_are_named(kept: tuple[Service, TestClient], client: httpx2.Client) -> None:
    asks = {"Origin": "https://news.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    preflight = kept[1].options("/v1/score", headers=asks)
    assert preflight.headers["access-control-allow-origin"] == "https://news.example"
    assert preflight.headers["x-request-id"], "it is counted and guarded as any answer"
    answer = kept[1].get("/v1/whoami", headers={"Origin": "https://news.example"})
    assert {"Retry-After", "X-Threadwise-Model"} <= set(answer.headers["access-control-expose-headers"].split(", "))
    assert "access-control-allow-credentials" not in answer.headers, "a person's session stays at home"
    assert "access-control-allow-origin" not in kept[1].options("/v1/score", headers=asks | {"Origin": "https://evil.example"}).headers
    assert "access-control-allow-origin" not in client.options("/v1/score", headers=asks).headers, "off by default"


def test_the_address_itself_leads_to_the_desk_and_probes_may_ask_for_heads(server: Server) -> None:
    found = httpx2.get(server.url, follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, "/review")
    assert [httpx2.head(f"{server.url}/{path}").status_code for path in ("healthz", "readyz")] == [200, 200]


def test_a_stop_waits_for_a_statement_that_runs(tiny_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its connection would go back to a pool that is gone, and be left open."""
    monkeypatch.setattr("serve.in_force.EVERY_S", 0.01)
    database = f"sqlite:///{tmp_path / 'stop.db'}"
    app = create_app(settings.load(flags={"database": database}), Scorer.load(tiny_release, threads=1), Store(database))
    service: Service = app.state.service
    begun, order = threading.Event(), list[str]()

    def refresh() -> None:
        begun.set()
        time.sleep(0.3)
        order.append("statement")

    monkeypatch.setattr(service.in_force, "refresh", refresh)
    monkeypatch.setattr(service.store, "close", lambda: order.append("closed"))
    with TestClient(app):
        assert begun.wait(10)
    assert order[-1] == "closed"
    assert "statement" in order


def test_a_page_may_load_nothing_from_elsewhere(server: Server) -> None:
    headers = httpx2.get(f"{server.url}/login").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    for name, value in {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "same-origin"}.items():
        assert headers[name] == value
