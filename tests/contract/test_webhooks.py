"""Webhooks arrive: signed, retried, over a kill; a real receiver on this machine takes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from labels.errors import ConfigError
from labels.scores import Scored
from serve import outbox
from serve.outbox import UNREACHED_S, WAITS_S, Sender
from serve.policy import Action, Reason, Verdict
from serve.store import Store, tables
from serve.store.comments import Choice, Incoming
from serve.store.events import Event
from tests.conftest import missing
from tests.server import free_port, last_line, running, threadwise

START = 1_767_000_000.0


@dataclass
class Receiver:
    """Answers with `statuses` in turn, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    """The answer's body comes byte by byte and never ends."""
    dripping: bool = False
    """The answer's head comes line by line, for five seconds."""
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def wait(self, count: int, timeout_s: float = 30) -> None:
        end = time.monotonic() + timeout_s
        while len(self.taken) < count:
            assert time.monotonic() < end, f"{len(self.taken)} of {count} events came"
            time.sleep(0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@contextmanager
def receiving(port: int = 0, certificate: Path | None = None) -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.statuses[min(len(found.taken), len(found.statuses)) - 1])
            for name, value in found.headers.items():
                self.send_header(name, value)
            with suppress(OSError):  # until the sender hangs up
                for number in range(100 if found.dripping else 0):
                    self.send_header(f"X-{number}", "x")
                    self.flush_headers()
                    time.sleep(0.05)
                self.end_headers()
            with suppress(OSError):  # until the sender hangs up
                while found.endless:
                    self.wfile.write(b".")
                    time.sleep(0.02)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        yield found
        found.endless = False
        server.shutdown()
        thread.join()


def verified(secret: str, headers: dict[str, str], body: bytes, *, signatures: int = 1) -> dict[str, Any]:
    """The event, checked as Standard Webhooks tells a receiver to; written apart from the code under test."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    assert f"v1,{expected}" in given
    assert len(given) == signatures
    event: dict[str, Any] = json.loads(body)
    return event


@dataclass
class Desk:
    """A store with one decision to be told, and a sender whose clock stands still."""

    store: Store
    sender: Sender
    secret: str
    now: list[float]

    def decide(self, id: str = "1") -> None:
        stamp = int(self.now[0] * 1000)
        verdict = Verdict(Action.REVIEW, (Reason("x"),), "1")
        self.store.comments.put(Incoming(id, "site", "secret text", "tram", "Ana"), Scored("1", "en", {}, "tiny@0"), verdict, stamp)
        self.store.comments.decide("site", id, Choice("reject", "ben", ("insult",), "secret note"), stamp)


@pytest.fixture
def desk(store: Store, receiver: Receiver) -> Desk:
    now, secret = [START], outbox.new_secret()
    store.events.add_target(receiver.url, secret, None, int(START * 1000))
    return Desk(store, Sender(store.events, clock=lambda: now[0], timeout_s=5, allow_private=True), secret, now)


def test_a_decision_is_told_and_signed(desk: Desk, receiver: Receiver) -> None:
    desk.decide()
    assert desk.sender.send_due() == 1
    ((headers, body),) = receiver.taken
    event = verified(desk.secret, headers, body)
    assert event["type"] == "comment.decided"
    assert event["data"] == {
        "id": "1",
        "site": "site",
        "article": "tram",
        "version": 1,
        "action": "reject",
        "labels": ["insult"],
        "model": "tiny@0",
    }
    assert b"secret" not in body, "no text leaves the house"
    assert abs(int(headers["webhook-timestamp"]) - START) < 1
    assert desk.sender.send_due() == 0


def test_a_failure_is_tried_again_later_with_the_same_id(desk: Desk, receiver: Receiver) -> None:
    receiver.statuses = [500, 302, 200]
    desk.decide()
    for wait in WAITS_S[:2]:
        assert desk.sender.send_due() == 1
        desk.now[0] += wait - 1
        assert desk.sender.send_due() == 0, "not before its time"
        desk.now[0] += wait * 0.1 + 1
    assert desk.sender.send_due() == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    assert len({headers["webhook-signature"] for headers, _ in receiver.taken}) == 3, "each try is signed with its own time"
    assert desk.store.events.counts() == {1: (0, 0)}


def test_after_the_last_try_it_is_given_up_and_shown(desk: Desk, receiver: Receiver) -> None:
    receiver.statuses = [503]
    desk.decide()
    for wait in (*WAITS_S, 0):
        assert desk.sender.send_due() == 1
        desk.now[0] += wait * 1.2
    assert desk.sender.send_due() == 0
    assert len(receiver.taken) == len(WAITS_S) + 1
    assert desk.store.events.counts() == {1: (0, 1)}


def test_the_target_may_ask_for_a_longer_wait(desk: Desk, receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [429, 200], {"Retry-After": "600"}
    desk.decide()
    desk.sender.send_due()
    desk.now[0] += 599
    assert desk.sender.send_due() == 0
    desk.now[0] += 100
    assert desk.sender.send_due() == 1


@pytest.mark.parametrize("asked", ["²", "-1", "nan", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 400])
def test_a_wait_that_nobody_understands_is_a_failure_like_any_other(desk: Desk, receiver: Receiver, asked: str) -> None:
    receiver.statuses, receiver.headers = [503, 200], {"Retry-After": asked}
    desk.decide()
    assert desk.sender.send_due() == 1
    desk.now[0] += 86_400 * 1.1 + 1
    assert desk.sender.send_due() == 1
    assert desk.store.events.counts() == {1: (0, 0)}


def test_an_answer_without_end_is_not_read(desk: Desk, receiver: Receiver) -> None:
    receiver.endless = True
    desk.decide()
    begun = time.monotonic()
    assert desk.sender.send_due() == 1
    assert time.monotonic() - begun < 5
    assert desk.store.events.counts() == {1: (0, 0)}


def test_a_head_without_end_has_one_time_limit(desk: Desk, receiver: Receiver) -> None:
    receiver.dripping = True
    desk.decide()
    hasty = Sender(desk.store.events, clock=lambda: desk.now[0], timeout_s=0.5, allow_private=True)
    begun = time.monotonic()
    assert hasty.send_due() == 1
    assert time.monotonic() - begun < 2
    assert desk.store.events.counts() == {1: (1, 0)}, "it is tried again"


def test_a_target_that_is_gone_is_told_nothing_more(desk: Desk, receiver: Receiver) -> None:
    receiver.statuses = [410]
    desk.decide()
    desk.sender.send_due()
    desk.decide("2")
    desk.now[0] += 1_000
    assert desk.sender.send_due() == 0
    assert len(receiver.taken) == 1


def test_a_target_that_is_back_is_told_what_waited(desk: Desk, receiver: Receiver) -> None:
    receiver.statuses = [410, 200]
    desk.decide()
    desk.sender.send_due()
    desk.now[0] += 1_000
    assert desk.store.events.enable_target(1)
    assert desk.sender.send_due() == 1
    desk.decide("2")
    assert desk.sender.send_due() == 1
    assert desk.store.events.counts() == {1: (0, 0)}
    assert not desk.store.events.enable_target(2), "there is none"


def test_what_was_given_up_is_sent_once_more(desk: Desk, receiver: Receiver) -> None:
    receiver.statuses = [503]
    desk.decide()
    for wait in (*WAITS_S, 0):
        desk.sender.send_due()
        desk.now[0] += wait * 1.2
    desk.decide("2")
    desk.sender.send_due()
    assert desk.store.events.counts() == {1: (1, 1)}
    receiver.statuses = [503] * (len(receiver.taken) + 1) + [200]
    assert desk.store.events.resend(1, int(desk.now[0] * 1000)) == 1, "the other one is not given up"
    assert desk.sender.send_due() == 1
    desk.now[0] += WAITS_S[0] * 1.2
    assert desk.sender.send_due() == 2, "all its tries are before it"
    assert desk.store.events.counts() == {1: (0, 0)}
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 2
    assert desk.store.events.resend(1, int(desk.now[0] * 1000)) == 0


def test_a_new_secret_signs_beside_the_one_before(desk: Desk, receiver: Receiver) -> None:
    secrets = [desk.secret, outbox.new_secret(), outbox.new_secret()]
    for before, secret in pairwise(secrets):
        assert desk.store.events.rotate(1, secret)
        desk.decide(secret)
        assert desk.sender.send_due() == 1
        for each in (before, secret):
            verified(each, *receiver.taken[-1], signatures=2)
    assert not desk.store.events.rotate(2, secrets[0]), "there is none"


def test_a_target_that_is_not_reached_is_left_alone_for_a_minute(store: Store) -> None:
    now, secret = [START], outbox.new_secret()
    store.events.add_target(f"http://127.0.0.1:{free_port()}/hook", secret, None, int(START * 1000))
    desk = Desk(store, Sender(store.events, clock=lambda: now[0], timeout_s=5, allow_private=True), secret, now)
    desk.decide("1")
    assert desk.sender.send_due() == 1
    other = Sender(store.events, clock=lambda: now[0], timeout_s=5, allow_private=True)
    now[0] += WAITS_S[0] * 1.2
    assert desk.sender.send_due() == 0
    assert other.send_due() == 0, "nor does another server try the same event"
    desk.decide("2")
    assert desk.sender.send_due() == 0, "nor one that is new"
    assert store.events.counts() == {1: (2, 0)}
    now[0] += UNREACHED_S * 1.1
    assert desk.sender.send_due() == 1


def test_a_target_that_is_down_is_told_when_it_is_back(store: Store) -> None:
    now, secret, port = [START], outbox.new_secret(), free_port()
    store.events.add_target(f"http://127.0.0.1:{port}/hook", secret, None, int(START * 1000))
    desk = Desk(store, Sender(store.events, clock=lambda: now[0], timeout_s=5, allow_private=True), secret, now)
    for number in range(3):
        desk.decide(str(number))
    assert desk.sender.send_due() == 1, "the others are not tried meanwhile"
    now[0] += UNREACHED_S * 1.1
    assert desk.sender.send_due() == 1
    with receiving(port) as receiver:
        now[0] += WAITS_S[1] * 1.2
        assert desk.sender.send_due() == 3
        assert {verified(secret, *taken)["data"]["id"] for taken in receiver.taken} == {"0", "1", "2"}
    assert store.events.counts() == {1: (0, 0)}


def test_a_target_that_hangs_does_not_hold_up_the_others(store: Store, receiver: Receiver) -> None:
    now, secret = [START], outbox.new_secret()
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()  # connections are taken, and nobody ever answers
        store.events.add_target(f"http://127.0.0.1:{deaf.getsockname()[1]}/hook", secret, None, int(START * 1000))
        store.events.add_target(receiver.url, secret, None, int(START * 1000))
        desk = Desk(store, Sender(store.events, clock=lambda: now[0], timeout_s=0.5, allow_private=True), secret, now)
        for number in range(20):
            desk.decide(str(number))
        assert desk.sender.send_due() == 21, "one try has waited for the time limit, not twenty"
        assert len(receiver.taken) == 20
    assert store.events.counts()[1] == (20, 0)


def test_a_private_target_is_refused_unless_allowed(desk: Desk, receiver: Receiver) -> None:
    desk.decide()
    strict = Sender(desk.store.events, clock=lambda: desk.now[0], timeout_s=5, allow_private=False)
    strict.send_due()
    assert receiver.taken == []
    assert desk.store.events.counts() == {1: (1, 0)}, "kept, in case the setting is changed"


PRIVATE = (
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "::1",
    "ff0e::1",
    "fec0::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2001:0:808:808::1",
)
PUBLIC = ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8")


@pytest.mark.parametrize("address", PRIVATE)
def test_private_targets(address: str) -> None:
    url = f"http://[{address}]/x" if ":" in address else f"http://{address}/x"
    assert [ipaddress.ip_address(each) for each in outbox.checked(url, allow_private=True)] == [ipaddress.ip_address(address)]
    with pytest.raises(ConfigError, match="private"):
        outbox.checked(url, allow_private=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_targets(address: str) -> None:
    url = f"http://[{address}]/x" if ":" in address else f"http://{address}/x"
    assert [ipaddress.ip_address(each) for each in outbox.checked(url, allow_private=False)] == [ipaddress.ip_address(address)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Name -> what it resolves to, asked again and again. This machine is the internet here: no test reaches for the other one."""
    known: dict[str, list[list[str]]] = {}
    resolve = socket.getaddrinfo

    def resolved(host: str | bytes, port: int, *arguments: Any, **options: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        found = known[name].pop(0) if name in known else [name]
        return [item for address in found for item in resolve(address, port, *arguments, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(outbox, "is_public", lambda address: address.is_loopback)
    return known


def stranger(store: Store, url: str) -> Desk:
    """The desk of a target somewhere in the internet."""
    now, secret = [START], outbox.new_secret()
    store.events.add_target(url, secret, None, int(START * 1000))
    return Desk(store, Sender(store.events, clock=lambda: now[0], timeout_s=5, allow_private=False), secret, now)


def test_an_event_goes_to_the_address_that_was_checked(store: Store, receiver: Receiver, names: dict[str, list[list[str]]]) -> None:
    names["hooks.test"] = [["127.0.0.1"], ["10.0.0.1"]]
    desk = stranger(store, receiver.url.replace("127.0.0.1", "hooks.test"))
    desk.decide()
    assert desk.sender.send_due() == 1
    ((headers, _),) = receiver.taken
    assert headers["host"] == receiver.url.split("/")[2].replace("127.0.0.1", "hooks.test")
    assert names["hooks.test"] == [["10.0.0.1"]], "asked once"
    desk.decide("2")
    assert desk.sender.send_due() == 1
    assert len(receiver.taken) == 1, "it leads elsewhere now"
    assert store.events.counts() == {1: (1, 0)}


def test_the_next_address_is_tried_where_one_is_down(store: Store, receiver: Receiver, names: dict[str, list[list[str]]]) -> None:
    names["hooks.test"] = [["127.0.0.2", "127.0.0.1"], ["127.0.0.2"]]
    desk = stranger(store, receiver.url.replace("127.0.0.1", "hooks.test"))
    for number in range(2):
        desk.decide(str(number))
    assert desk.sender.send_due() == 2
    assert len(receiver.taken) == 1
    assert store.events.counts() == {1: (1, 0)}


def test_tls_holds_a_target_to_its_name(
    store: Store, tmp_path: Path, names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if (openssl := shutil.which("openssl")) is None:
        missing("openssl is not installed")
        raise AssertionError
    file = tmp_path / "hooks.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file, "-out", file]
    command += ["-subj", "/CN=hooks.test", "-addext", "subjectAltName=DNS:hooks.test"]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    names |= {"hooks.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]}
    with receiving(certificate=file) as receiver:
        port = receiver.url.split(":")[2]
        for name in names:
            desk = stranger(store, f"https://{name}:{port}")
        desk.decide()
        assert desk.sender.send_due() == 2
    ((headers, _),) = receiver.taken
    assert headers["host"].startswith("hooks.test:")
    assert store.events.counts() == {1: (0, 0), 2: (1, 0)}


WRONG = (
    "ftp://example.org",
    "http://",
    "nonsense",
    "http://[::1/x",
    "http://127.0.0.1:99999/x",
    "http://127.0.0.1:0/x",
    "http://127.0.0.1:x/",
    "http://a..b/",
    f"http://{'a' * 70}.example.org/",
    "http://example.org/\x00",
)


@pytest.mark.parametrize("url", WRONG)
@pytest.mark.parametrize("allow_private", [True, False])
def test_wrong_targets(url: str, allow_private: bool) -> None:
    with pytest.raises(ConfigError, match="webhook"):
        outbox.checked(url, allow_private=allow_private)


@pytest.mark.parametrize("url", WRONG[3:-1])
def test_a_wrong_target_that_is_stored_fails_alone(store: Store, receiver: Receiver, url: str) -> None:
    """As an older release took them in."""
    now, secret = [START], outbox.new_secret()
    for target in (url, receiver.url):
        store.events.add_target(target, secret, None, int(START * 1000))
    desk = Desk(store, Sender(store.events, clock=lambda: now[0], timeout_s=5, allow_private=True), secret, now)
    desk.decide()
    assert desk.sender.send_due() == 2
    assert len(receiver.taken) == 1
    assert store.events.counts() == {1: (1, 0), 2: (0, 0)}
    with store.engine.connect() as connection:
        assert "ConfigError" in str(connection.execute(sa.select(tables.outbox.c.error).where(tables.outbox.c.webhook == 1)).scalar_one())
    assert desk.sender.send_due() == 0, "not before its time"
    now[0] += UNREACHED_S * 1.1
    assert desk.sender.send_due() == 1


def test_nothing_ends_the_thread(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_IDLE_S", 0.01)
    failing, claim = threading.Event(), desk.store.events.claim

    def fail_once(now: int, lease_ms: int, without: Collection[int]) -> Event | None:
        if not failing.is_set():
            failing.set()
            raise RuntimeError("out of memory")
        return claim(now, lease_ms, without)

    monkeypatch.setattr(desk.store.events, "claim", fail_once)
    desk.decide()
    assert not desk.sender.alive
    desk.sender.start()
    receiver.wait(1)
    assert failing.is_set()
    assert desk.sender.alive
    desk.sender.stop()
    assert not desk.sender.alive


def test_an_event_survives_a_kill(tiny_release: Path, tmp_path: Path, receiver: Receiver) -> None:
    """kill -9 between decision and delivery: the next server delivers it, with the id of the first try."""
    receiver.statuses = [503, 200]
    options = ("--set", "webhooks.allow_private_targets=true", "--set", "webhooks.timeout_s=2")
    with running(tmp_path, tiny_release, *options) as server:
        allow = {"THREADWISE_WEBHOOKS__ALLOW_PRIVATE_TARGETS": "true"}
        secret = last_line(threadwise("webhooks", "create", receiver.url, "--database", server.database, environment=allow))
        with server.client(server.key("decider", "--scope", "decide", "--scope", "ingest")) as client:
            assert client.put("/v1/comments/1", json={"text": "x"}).status_code == 201
            assert client.post("/v1/comments/1/decisions", json={"action": "publish"}).status_code == 201
        receiver.wait(1)
        server.kill()
        server.start()
        receiver.wait(2)
        assert server.stop() == 0
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    for headers, body in receiver.taken:
        assert verified(secret, headers, body)["data"]["action"] == "publish"
    assert "1\t" in threadwise("webhooks", "list", "--database", server.database)


def test_the_command_line_names_the_settings_of_the_server(tmp_path: Path) -> None:
    file = tmp_path / "serve.toml"
    file.write_text(f'database = "sqlite:///{tmp_path / "named.db"}"\n[webhooks]\nallow_private_targets = true\n', encoding="utf-8")
    given = ("--config", str(file))
    secret = last_line(threadwise("webhooks", "create", "http://127.0.0.1:9/hook", *given))
    store = Store(f"sqlite:///{tmp_path / 'named.db'}")
    assert [(target.number, target.secret) for target in store.events.targets()] == [(1, secret)]
    assert last_line(threadwise("webhooks", "disable", "1", *given)) == "1"
    assert "disabled" in threadwise("webhooks", "list", *given)
    assert last_line(threadwise("webhooks", "enable", "1", *given)) == "1"
    assert "in use" in threadwise("webhooks", "list", *given)
    rotated = last_line(threadwise("webhooks", "rotate", "1", *given))
    assert [target.secret for target in store.events.targets()] == [f"{rotated} {secret}"]
    assert last_line(threadwise("webhooks", "resend", "1", *given)) == "0"
    token = last_line(threadwise("keys", "create", "site", *given))
    assert [token.startswith(key.hint) for key in store.accounts.list_keys()] == [True]
    store.close()
    with pytest.raises(AssertionError, match="there is no webhook 2"):
        threadwise("webhooks", "resend", "2", *given)
