"""Who may do what: keys, scopes, sites, rates, sessions, requests from other sites, limits."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.contract.test_native import ok, problem
from tests.server import Server, last_line, running, threadwise

PASSWORD = "correct horse battery"
ONE = {"comments": [{"id": "1", "text": "x"}]}


class TestKeys:
    def test_none_and_a_wrong_one(self, server: Server) -> None:
        found = httpx2.post(f"{server.url}/v1/score", json=ONE)
        problem(found, 401, "no_key")
        assert found.headers["WWW-Authenticate"] == "Bearer"
        problem(httpx2.post(f"{server.url}/v1/score", json=ONE, headers={"X-API-Key": "wrong"}), 401, "bad_key")

    def test_all_four_places(self, server: Server, key: str) -> None:
        for options in (
            {"headers": {"Authorization": f"Bearer {key}"}},
            {"headers": {"X-API-Key": key}},
            {"headers": {"X-Goog-Api-Key": key}},
            {"params": {"key": key}},
        ):
            assert httpx2.get(f"{server.url}/v1/whoami", **options).status_code == 200  # type: ignore[arg-type]

    def test_scopes_narrow(self, server: Server) -> None:
        with server.client(server.key("only-score", "--scope", "score")) as client:
            assert ok(client.get("/v1/whoami"))["scopes"] == ["score"]
            ok(client.post("/v1/score", json=ONE))
            for method, path in (("GET", "/v1/comments"), ("PUT", "/v1/comments/1"), ("POST", "/v1/parse"), ("POST", "/v1/articles")):
                problem(client.request(method, path, json={"text": "x"}), 403, "scope")

    def test_a_site_sees_its_own_only(self, server: Server, client: httpx2.Client) -> None:
        ok(client.put("/v1/comments/1", json={"text": "x", "site": "theirs"}), 201)
        with server.client(server.key("of-ours", "--site", "ours")) as ours:
            stored = ok(ours.put("/v1/comments/1", json={"text": "x"}), 201)
            assert stored["site"] == "ours", "the key's site is the default"
            assert [one["site"] for one in ok(ours.get("/v1/comments"))["items"]] == ["ours"]
            problem(ours.get("/v1/comments", params={"site": "theirs"}), 403, "site")
            problem(ours.get("/v1/comments/1", params={"site": "theirs"}), 403, "site")
            problem(ours.put("/v1/comments/2", json={"text": "x", "site": "theirs"}), 403, "site")
            problem(ours.post("/v1/articles", content="Title\n\ntext", params={"site": "theirs"}), 403, "site")

    def test_revoked_at_once(self, server: Server) -> None:
        with server.client(server.key("brief")) as client:
            ok(client.get("/v1/whoami"))
            threadwise("keys", "revoke", "brief", "--database", server.database)
            problem(client.get("/v1/whoami"), 401, "bad_key")
        assert "brief" in threadwise("keys", "list", "--database", server.database)

    def test_an_imported_key_works_as_it_is(self, server: Server) -> None:
        theirs = "AIzaSyExampleExampleExampleExample12345"
        made = threadwise("keys", "import", "from-google", "--database", server.database, stdin=theirs + "\n")
        assert last_line(made) == "from-google"
        assert theirs not in made
        request = {"comment": {"text": "Hello there"}, "requestedAttributes": {"TOXICITY": {}}}
        assert httpx2.post(f"{server.url}/v1alpha1/comments:analyze?key={theirs}", json=request).status_code == 200

    def test_the_rate_is_counted_and_told(self, server: Server) -> None:
        with server.client(server.key("limited", "--per-minute", "3")) as client:
            left = [ok(client.get("/v1/whoami"))["left"] for _ in range(3)]
            assert left == [2, 1, 0]
            found = client.get("/v1/whoami")
            problem(found, 429, "rate_limit_exceeded")
            assert 1 <= int(found.headers["Retry-After"]) <= 20


@pytest.fixture(scope="module")
def person(server: Server) -> str:
    made = threadwise(
        "users", "create", "ben", "--role", "moderator", "--site", "desk", "--database", server.database, stdin=f"{PASSWORD}\n"
    )
    return last_line(made)


def log_in(client: httpx2.Client, name: str, password: str = PASSWORD) -> httpx2.Response:
    return client.post("/v1/session", json={"name": name, "password": password})


class TestSessions:
    def test_log_in_and_out(self, server: Server, person: str) -> None:
        with server.client() as client:
            found = log_in(client, person)
            assert found.status_code == 204
            cookie = found.headers["Set-Cookie"]
            assert cookie.startswith("threadwise_session=")
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
            assert ok(client.get("/v1/whoami"))["role"] == "moderator"
            assert ok(client.get("/v1/whoami"))["sites"] == ["desk"]
            problem(client.get("/v1/comments", params={"site": "other"}), 403, "site")
            problem(client.put("/v1/comments/1", json={"text": "x"}, headers={"Sec-Fetch-Site": "same-origin"}), 403, "scope")
            assert client.delete("/v1/session", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204
            problem(client.get("/v1/whoami"), 401, "no_key")

    @pytest.mark.parametrize(
        ("headers", "passes"),
        [
            ({"Sec-Fetch-Site": "same-origin"}, True),
            ({"Sec-Fetch-Site": "none"}, True),
            ({"Sec-Fetch-Site": "cross-site"}, False),
            ({"Sec-Fetch-Site": "same-site"}, False),
            ({"Origin": "{url}"}, True),
            ({"Origin": "https://evil.example"}, False),
            ({"Origin": "null"}, False),
            ({}, False),
        ],
    )
    def test_another_sites_page_changes_nothing(self, server: Server, person: str, headers: dict[str, str], passes: bool) -> None:
        with server.client() as client:
            log_in(client, person)
            sent = {name: value.format(url=server.url) for name, value in headers.items()}
            found = client.post("/v1/score", json=ONE, headers=sent)
            if passes:
                ok(found)
            else:
                problem(found, 403, "cross_site")
            ok(client.get("/v1/whoami", headers={"Sec-Fetch-Site": "cross-site"}))

    def test_a_key_needs_no_such_header(self, client: httpx2.Client) -> None:
        ok(client.post("/v1/score", json=ONE, headers={"Origin": "https://any.example"}))

    def test_a_wrong_password_says_no_more_than_an_unknown_name(self, server: Server, person: str) -> None:
        with server.client() as client:
            one, other = log_in(client, person, "wrong horse"), log_in(client, "nobody-here", "wrong horse")
        assert problem(one, 401, "bad_login")["detail"] == problem(other, 401, "bad_login")["detail"]

    def test_guessing_is_slowed_down(self, server: Server) -> None:
        with server.client() as client:
            codes = [log_in(client, "guessed", f"guess {number}").status_code for number in range(6)]
        assert codes == [401] * 5 + [429]

    def test_a_stale_cookie(self, server: Server) -> None:
        problem(httpx2.get(f"{server.url}/v1/whoami", cookies={"threadwise_session": "x"}), 401, "session_ended")


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("users", "create", "x", "--role", "king"), PASSWORD, "role king"),
        (("users", "create", "x", "--role", "viewer"), "short", "8 to"),
        (("keys", "create", "x", "--scope", "all"), "", "scope all"),
        (("keys", "revoke", "nobody"), "", "nobody"),
        (("keys", "import", "x"), "short", "20 characters"),
        (("db", "erase"), "", "--author or --comment"),
        (("webhooks", "create", "http://127.0.0.1/x"), "", "private"),
    ],
)
def test_wrong_commands_say_why(tmp_path: Path, arguments: tuple[str, ...], stdin: str, words: str) -> None:
    with pytest.raises(AssertionError, match=words) as caught:
        threadwise(*arguments, "--database", f"sqlite:///{tmp_path / 'x.db'}", stdin=stdin)
    assert "Traceback" not in str(caught.value)


class TestLimits:
    def test_a_large_body(self, tiny_release: Path, tmp_path: Path) -> None:
        options = ("--set", "limits.body_bytes=2000", "--set", "limits.request_s=2", "--set", 'cors.origins=["https://news.example"]')
        with running(tmp_path, tiny_release, *options) as server, server.client(server.key()) as client:
            large: dict[str, Any] = {"comments": [{"id": "1", "text": "x" * 3_000}]}
            problem(client.post("/v1/score", json=large), 413, "too_large")
            problem(
                client.post("/v1/score", content=iter([b"x" * 1_500] * 2), headers={"content-type": "application/json"}), 413, "too_large"
            )
            found = client.post("/v1alpha1/comments:analyze", json=large)
            assert (found.status_code, found.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
            assert self._slow_body(server) == b"HTTP/1.1 408"
            ok(client.get("/v1/whoami"))
            self._cors(client)

    @staticmethod
    def _slow_body(server: Server) -> bytes:
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(b"POST /v1alpha1/comments:analyze?key=x HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n")
            begun = time.monotonic()
            slow.settimeout(20)
            slow.sendall(b"{")
            found = slow.recv(12)
            assert time.monotonic() - begun < 15
            return found

    @staticmethod
    def _cors(client: httpx2.Client) -> None:
        asked = {
            "Origin": "https://news.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }
        found = client.options("/v1alpha1/comments:analyze", headers=asked)
        assert found.headers["Access-Control-Allow-Origin"] == "https://news.example"
        found = client.options("/v1alpha1/comments:analyze", headers=asked | {"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in found.headers

    def test_no_cors_by_default(self, client: httpx2.Client) -> None:
        found = client.post("/v1/score", json=ONE, headers={"Origin": "https://news.example"})
        assert not [name for name in found.headers if name.lower().startswith("access-control")]
