"""Every route without a key, with a wrong one, with one for something else, with another role, from another site's page: refused, and
written down. The routes are asked of the application, so that a new one without a line here fails."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from serve import security, settings
from serve.app import create_app
from serve.security import Scope
from serve.service import Service
from serve.store import Store
from serve.store.database import transaction
from serve.store.tables import audit
from train.inference import Scorer

PASSWORD = "correct horse"
HOME = {"Sec-Fetch-Site": "same-origin"}
NOW = 1_767_000_000_000
BODY_BYTES = 50_000
LOGINS = 5
_numbers = itertools.count(1)

PUBLIC = {
    ("GET", "/openapi.json"),
    ("GET", "/"),  # leads to the desk
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/$discovery/rest"),
    ("GET", "/discovery/v1/apis/commentanalyzer/v1alpha1/rest"),
    ("POST", "/v1/session"),
    ("POST", "/batch"),  # each part brings its own key
    ("POST", "/batch/commentanalyzer/v1alpha1"),
    ("POST", "/integrations/coral"),  # signed instead
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/join/{token}"),  # the token is the key
    ("POST", "/join/{token}"),
}
ANALYZE = {"comment": {"text": "Hello you."}, "requestedAttributes": {"TOXICITY": {}}}
SUGGEST = {"comment": {"text": "Hello you."}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
PAGE = {"id": "a1", "title": "T", "comments": [{"id": "1", "text": "Hello."}]}
NEEDS: dict[tuple[str, str], tuple[Scope | None, Any]] = {
    ("POST", "/v1/score"): (Scope.SCORE, {"comments": [{"id": "1", "text": "Hello you."}]}),
    ("POST", "/v1/moderations"): (Scope.SCORE, {"input": "Hello you."}),
    ("POST", "/v1alpha1/comments:analyze"): (Scope.SCORE, ANALYZE),
    ("POST", "/comments:analyze"): (Scope.SCORE, ANALYZE),
    ("POST", "/v1alpha1/comments:suggestscore"): (Scope.SCORE, SUGGEST),
    ("POST", "/comments:suggestscore"): (Scope.SCORE, SUGGEST),
    ("POST", "/v1/parse"): (Scope.PARSE, PAGE),
    ("POST", "/v1/articles"): (Scope.INGEST, PAGE),
    ("PUT", "/v1/comments/{id}"): (Scope.INGEST, {"text": "Hello you."}),
    ("GET", "/v1/articles"): (Scope.READ, None),
    ("GET", "/v1/comments"): (Scope.READ, None),
    ("GET", "/v1/comments/{id}"): (Scope.READ, None),
    ("POST", "/v1/comments/{id}/decisions"): (Scope.DECIDE, {"action": "publish"}),
    ("GET", "/v1/model"): (None, None),
    ("GET", "/v1/whoami"): (None, None),
    ("DELETE", "/v1/session"): (None, None),
}
"""Route -> the scope that it asks for (None: any caller), and a body that is right."""
CHANGES = [route for route in NEEDS if route[0] != "GET"]
GOOGLE = ("/v1alpha1", "/comments:")


@dataclass
class Running:
    app: FastAPI
    client: TestClient
    store: Store
    sessions: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)

    def key(self, *scopes: Scope, site: str | None = None, per_minute: int | None = None) -> tuple[str, str]:
        """Token and name of a new key; without scopes it has all."""
        name = f"key{next(_numbers)}"
        token, key = security.new_key(name, NOW, scopes=scopes or tuple(Scope), site=site, per_minute=per_minute)
        self.store.accounts.add_key(key)
        return token, name

    def person(self, role: str, *sites: str) -> tuple[dict[str, str], str]:
        """The cookie of a session of a new person, and the name."""
        name = f"{role}{next(_numbers)}"
        self.store.accounts.add_user(security.new_user(name, PASSWORD, role, NOW, sites))
        found = self.client.post("/v1/session", json={"name": name, "password": PASSWORD})
        assert found.status_code == 204, found.text
        cookie = f"threadwise_session={found.cookies['threadwise_session']}"
        self.client.cookies.clear()
        return {"Cookie": cookie}, name

    def session(self, role: str) -> tuple[dict[str, str], str]:
        """As `person`, one for each role: for tests that leave it as it is."""
        if role not in self.sessions:
            self.sessions[role] = self.person(role)
        return self.sessions[role]

    def ask(self, route: tuple[str, str], headers: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
        """The route's right request, its id filled in."""
        method, path = route
        if NEEDS[route][1] is not None:
            options.setdefault("json", NEEDS[route][1])
        answer: httpx2.Response = self.client.request(method, path.replace("{id}", "c1"), headers=headers or {}, **options)
        return answer

    def refusals(self) -> list[dict[str, Any]]:
        with transaction(self.store.engine, writes=False) as connection:
            rows = connection.execute(audit.select().where(audit.c.what == "refused").order_by(audit.c.number)).mappings()
            return [{"by": row["by"], **row["detail"]} for row in rows]


def made(folder: Path, release: Path, **flags: Any) -> FastAPI:
    database = f"sqlite:///{folder / 'auth.db'}"
    chosen = settings.load(flags={"database": database, **flags})
    return create_app(chosen, Scorer.load(release, threads=1), Store(database))


@pytest.fixture(scope="module")
def running(tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = {"limits.body_bytes": BODY_BYTES, "limits.login_per_minute": LOGINS}
    limits |= {"limits.login_per_minute_of_address": 1_000_000, "limits.refusals_per_minute": 1_000_000}
    app = made(tmp_path_factory.mktemp("auth"), tiny_release, **limits)
    service: Service = app.state.service
    with TestClient(app, follow_redirects=False) as client:
        yield Running(app, client, service.store)


def routes(app: FastAPI) -> dict[tuple[str, str], str]:
    """Method and path -> the module that answers."""
    found = {}
    for outer in app.routes:
        for route in getattr(getattr(outer, "original_router", None), "routes", [outer]):
            for method in getattr(route, "methods", None) or ():
                if method != "HEAD":
                    found[method, route.path] = route.endpoint.__module__
    return found


def desk(app: FastAPI) -> list[tuple[str, str]]:
    """Routes of the desk that need somebody to be logged in."""
    return sorted(route for route, module in routes(app).items() if module.startswith("serve.review") and route not in PUBLIC)


def test_every_route_is_held_here(running: Running) -> None:
    assert set(routes(running.app)) == PUBLIC | set(NEEDS) | set(desk(running.app))
    assert len(desk(running.app)) > 20


def refused(found: httpx2.Response, path: str, status: int, google: int, code: str) -> None:
    """In the dialect of the path."""
    if path.startswith(GOOGLE):
        assert (found.status_code, found.json()["error"]["code"]) == (google, google), found.text
        return
    assert found.status_code == status, found.text
    value = found.json()
    assert (value["error"]["code"] if path == "/v1/moderations" else value["code"]) == code


@pytest.mark.parametrize("route", NEEDS, ids="".join)
def test_without_a_key(running: Running, route: tuple[str, str]) -> None:
    refused(running.ask(route), route[1], 401, 403, "no_key")
    assert running.refusals()[-1] == {"by": "nobody", "why": "no_key", "method": route[0], "path": route[1]}


@pytest.mark.parametrize("route", NEEDS, ids="".join)
@pytest.mark.parametrize("forge", ["unknown", "hash", "revoked"])
def test_with_a_wrong_key(running: Running, route: tuple[str, str], forge: str) -> None:
    token, name = running.key()
    if forge == "revoked":
        running.store.accounts.revoke_key(name, NOW)
    wrong = {"unknown": "tw_" + "x" * 43, "hash": security.digest(token), "revoked": token}[forge]
    code = "invalid_api_key" if route[1] == "/v1/moderations" else "bad_key"
    refused(running.ask(route, {"X-API-Key": wrong}), route[1], 401, 400, code)
    assert running.refusals()[-1] == {"by": "nobody", "why": code, "method": route[0], "path": route[1]}


@pytest.mark.parametrize("route", [route for route, (scope, _) in NEEDS.items() if scope], ids="".join)
def test_with_a_key_for_everything_else(running: Running, route: tuple[str, str]) -> None:
    token, name = running.key(*(scope for scope in Scope if scope is not NEEDS[route][0]))
    refused(running.ask(route, {"X-API-Key": token}), route[1], 403, 403, "scope")
    assert running.refusals()[-1] == {"by": name, "why": "scope", "method": route[0], "path": route[1]}


@pytest.mark.parametrize("route", NEEDS, ids="".join)
def test_with_the_right_key_it_is_let_in(running: Running, route: tuple[str, str]) -> None:
    """So that the refusals above say something."""
    scope = NEEDS[route][0]
    token, _ = running.key(*([scope] if scope else []))
    whole, _ = running.key()
    running.ask(("PUT", "/v1/comments/{id}"), {"X-API-Key": whole})
    assert running.ask(route, {"X-API-Key": token}).is_success


SITED = [
    (("PUT", "/v1/comments/{id}"), {"json": {"text": "x", "site": "sport"}}),
    (("GET", "/v1/comments/{id}"), {"params": {"site": "sport"}}),
    (("POST", "/v1/comments/{id}/decisions"), {"params": {"site": "sport"}}),
    (("POST", "/v1/articles"), {"params": {"site": "sport"}}),
    (("GET", "/v1/articles"), {"params": {"site": "sport"}}),
    (("GET", "/v1/comments"), {"params": {"site": "sport"}}),
]


@pytest.mark.parametrize(("route", "options"), SITED, ids=[f"{route[0]}{route[1]}" for route, _ in SITED])
def test_a_key_of_another_site(running: Running, route: tuple[str, str], options: dict[str, Any]) -> None:
    token, name = running.key(site="news")
    refused(running.ask(route, {"X-API-Key": token}, **options), route[1], 403, 403, "site")
    assert running.refusals()[-1] == {"by": name, "why": "site", "method": route[0], "path": route[1]}


def test_nothing_of_another_site_is_seen(running: Running) -> None:
    news, sport = ({"X-API-Key": running.key(site=site)[0]} for site in ("news", "sport"))
    assert running.client.put("/v1/comments/seen", json={"text": "x"}, headers=news).status_code == 201
    assert running.client.post("/v1/articles", json=PAGE, headers=news).status_code == 201
    assert running.client.get("/v1/comments/seen", headers=news).status_code == 200
    assert running.client.get("/v1/comments/seen", headers=sport).status_code == 404
    assert running.client.post("/v1/comments/seen/decisions", json={"action": "publish"}, headers=sport).status_code == 404
    for path in ("/v1/comments", "/v1/articles"):
        assert running.client.get(path, headers=news).json()["items"]
        assert running.client.get(path, headers=sport).json()["items"] == []
        assert running.client.get(f"{path}?cursor=0&limit=200", headers=sport).json()["items"] == [], "a cursor opens nothing"


ROLES = {"viewer": {Scope.READ}, "moderator": {Scope.READ, Scope.SCORE, Scope.PARSE, Scope.DECIDE}, "admin": set(Scope)}


@pytest.mark.parametrize("route", NEEDS, ids="".join)
@pytest.mark.parametrize("role", ROLES)
def test_a_person_may_do_what_the_role_allows(running: Running, role: str, route: tuple[str, str]) -> None:
    # Logging out ends the session: that one is its own.
    session, name = running.person(role) if route[0] == "DELETE" else running.session(role)
    whole, _ = running.key()
    running.ask(("PUT", "/v1/comments/{id}"), {"X-API-Key": whole})
    found, scope = running.ask(route, session | HOME), NEEDS[route][0]
    if scope is None or scope in ROLES[role]:
        assert found.is_success, found.text
    else:
        refused(found, route[1], 403, 403, "scope")
        assert running.refusals()[-1] == {"by": name, "why": "scope", "method": route[0], "path": route[1]}


FOREIGN = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("route", CHANGES, ids="".join)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_changes_nothing(running: Running, route: tuple[str, str], headers: dict[str, str]) -> None:
    session, name = running.session("admin")
    refused(running.ask(route, session | headers), route[1], 403, 403, "cross_site")
    assert running.refusals()[-1] == {"by": name, "why": "cross_site", "method": route[0], "path": route[1]}
    assert running.client.get("/v1/whoami", headers=session).status_code == 200, "the session still stands"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://testserver"}], ids=str
)
def test_our_own_page_is_let_in(running: Running, headers: dict[str, str]) -> None:
    session, _ = running.person("admin")
    for route in CHANGES:
        assert running.ask(route, session | headers).is_success, route


def test_the_public_address_is_our_own_too(tiny_release: Path, tmp_path: Path) -> None:
    """Behind a proxy that rewrites Host; the cookie is then bound to https."""
    app = made(tmp_path, tiny_release, public_url="https://comments.example.org/")
    service: Service = app.state.service
    service.store.accounts.add_user(security.new_user("ana", PASSWORD, "admin", NOW))
    with TestClient(app, base_url="https://inner") as client:
        begun = client.post("/v1/session", json={"name": "ana", "password": PASSWORD})
        cookie = begun.headers["set-cookie"]
        assert cookie.startswith("__Host-threadwise_session=")
        assert all(word in cookie.lower() for word in ("secure", "httponly", "samesite=lax", "path=/"))
        for origin, status in (("https://comments.example.org", 200), ("https://evil.example", 403), ("http://comments.example.org", 403)):
            assert client.post("/v1/parse", json=PAGE, headers={"Origin": origin}).status_code == status
        ended = client.delete("/v1/session", headers={"Origin": "https://comments.example.org"}).headers["set-cookie"]
        assert ended.startswith('__Host-threadwise_session="";')
        assert all(word in ended.lower() for word in ("max-age=0", "secure", "httponly", "samesite=lax", "path=/"))


def test_forged_and_ended_sessions(running: Running) -> None:
    session, name = running.person("admin")
    token = session["Cookie"].partition("=")[2]
    for forged in ("x" * 43, security.digest(token), "", "é"):
        found = running.client.get("/v1/whoami", headers={"Cookie": f"threadwise_session={forged}".encode()})
        assert found.status_code == 401
    assert running.refusals()[-1]["why"] == "session_ended"
    assert running.client.delete("/v1/session", headers=session | HOME).status_code == 204
    assert running.client.get("/v1/whoami", headers=session).status_code == 401
    other, _ = running.person("viewer")
    running.store.accounts.disable_user(other_name := running.client.get("/v1/whoami", headers=other).json()["name"])
    assert running.client.get("/v1/whoami", headers=other).status_code == 401
    assert running.client.post("/v1/session", json={"name": other_name, "password": PASSWORD}).status_code == 401
    assert name != other_name


def test_a_wrong_key_is_not_helped_by_a_session(running: Running) -> None:
    session, _ = running.person("admin")
    assert running.client.get("/v1/whoami", headers=session | {"X-API-Key": "wrong" * 8}).status_code == 401


def test_a_refused_signature_and_a_refused_part_of_a_batch(running: Running) -> None:
    assert running.client.post("/integrations/coral", json={}).json()["code"] == "bad_signature"
    assert running.refusals()[-1]["path"] == "/integrations/coral"
    part = (
        b"--b\r\nContent-Type: application/http\r\nContent-ID: <1>\r\n\r\nPOST /v1alpha1/comments:analyze HTTP/1.1\r\n\r\n{}\r\n--b--\r\n"
    )
    found = running.client.post("/batch", content=part, headers={"Content-Type": "multipart/mixed; boundary=b"})
    assert found.status_code == 200
    assert b"HTTP/1.1 403" in found.content
    assert running.refusals()[-1] == {"by": "nobody", "why": "no_key", "method": "POST", "path": "/v1alpha1/comments:analyze"}


def test_a_key_has_its_rate(running: Running) -> None:
    token, _ = running.key(per_minute=2)
    other, _ = running.key(per_minute=2)
    ask = {"X-API-Key": token}
    assert [running.client.get("/v1/whoami", headers=ask).json()["left"] for _ in range(2)] == [1, 0]
    for route in NEEDS:
        found = running.ask(route, ask)
        assert found.status_code == 429, route
        assert 0 < int(found.headers["Retry-After"]) <= 30
    assert running.client.get("/v1/whoami", headers={"X-API-Key": other}).status_code == 200, "each key has its own"


def test_guessing_a_password_is_slowed_down(running: Running) -> None:
    name = f"guessed{next(_numbers)}"
    running.store.accounts.add_user(security.new_user(name, PASSWORD, "admin", NOW))
    tries = [running.client.post("/v1/session", json={"name": name, "password": f"wrong{number}"}) for number in range(LOGINS)]
    assert [found.status_code for found in tries] == [401] * LOGINS
    assert running.refusals()[-1] == {"by": name, "why": "bad_login", "method": "POST", "path": "/v1/session"}
    found = running.client.post("/v1/session", json={"name": name, "password": PASSWORD})
    assert (found.status_code, found.json()["code"]) == (429, "too_many_logins"), "not even the right one"
    assert 0 < int(found.headers["Retry-After"]) <= 60 / LOGINS
    assert running.refusals()[-1]["why"] == "too_many_logins"
    running.person("viewer")  # another name is let in


def test_guessing_at_the_desk_is_slowed_down_too(running: Running) -> None:
    name = f"guessed{next(_numbers)}"
    tries = [running.client.post("/login", data={"username": name, "password": "wrong"}).status_code for _ in range(LOGINS + 1)]
    assert tries == [401] * LOGINS + [429]
    assert [line["why"] for line in running.refusals() if line["by"] == name] == ["bad_login"] * LOGINS + ["too_many_logins"]


def test_guessing_under_many_names_is_slowed_down_too(tiny_release: Path, tmp_path: Path) -> None:
    with TestClient(made(tmp_path, tiny_release, **{"limits.login_per_minute_of_address": 3}), follow_redirects=False) as client:
        tries = [client.post("/v1/session", json={"name": f"name{number}", "password": "wrong"}) for number in range(4)]
        assert [found.status_code for found in tries] == [401] * 3 + [429]
        assert 0 < int(tries[3].headers["Retry-After"]) <= 20
        assert client.post("/login", data={"username": "name4", "password": "wrong"}).status_code == 429


def test_a_storm_of_passwords_is_turned_away_before_it_is_hashed(running: Running) -> None:
    """Each hash takes 64 MB and every core; and who does not log in must not wait for those who do."""
    token, _ = running.key()

    def ask(number: int) -> int:
        if number % 4 == 0:
            return running.client.get("/v1/whoami", headers={"X-API-Key": token}).status_code
        return running.client.post("/v1/session", json={"name": f"storm{number}", "password": "wrong"}).status_code

    with ThreadPoolExecutor(40) as pool:
        found = Counter(pool.map(ask, range(80)))
    assert found[200] == 20
    assert found[401] >= 9, "one is hashed, eight wait"
    assert found[503] > 0
    assert found[401] + found[503] == 60
    running.person("viewer")  # the storm is over


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/score", 413),
        ("PUT", "/v1/comments/big", 413),
        ("POST", "/v1/parse", 413),
        ("POST", "/v1/session", 413),
        ("POST", "/login", 413),
        ("POST", "/integrations/coral", 413),
        ("POST", "/v1alpha1/comments:analyze", 400),  # Google's clients know no 413
        ("POST", "/v1/moderations", 400),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large(running: Running, method: str, path: str, status: int, announced: bool) -> None:
    kind = "application/x-www-form-urlencoded" if path == "/login" else "application/json"
    body = b'"' + b"x" * BODY_BYTES + b'"'
    content = body if announced else (body[at : at + 10_000] for at in range(0, len(body), 10_000))
    found = running.client.request(method, path, content=content, headers={"X-API-Key": running.key()[0], "Content-Type": kind})
    assert found.status_code == status
    assert f"{BODY_BYTES:,}" in found.text


def test_the_application_may_be_started_again(tiny_release: Path, tmp_path: Path) -> None:
    app = made(tmp_path, tiny_release)
    service: Service = app.state.service
    token, key = security.new_key("again", NOW)
    service.store.accounts.add_key(key)
    for number in range(2):
        with TestClient(app, headers={"X-API-Key": token}) as client:
            assert client.get("/readyz").status_code == 200
            assert client.put(f"/v1/comments/{number}", json={"text": "x"}).status_code == 201
        assert not service.queue.alive


def test_a_storm_of_refusals_does_not_fill_the_log(tiny_release: Path, tmp_path: Path) -> None:
    app = made(tmp_path, tiny_release, **{"limits.refusals_per_minute": 3})
    service: Service = app.state.service
    with TestClient(app) as client:
        held = Running(app, client, service.store)
        for _ in range(20):
            assert client.get("/v1/whoami").status_code == 401
        assert len(held.refusals()) == 3
        assert 'threadwise_refusals_total{why="no_key"} 20.0' in client.get("/metrics").text


def test_the_desk_leads_whoever_is_logged_out_to_the_log_in(running: Running) -> None:
    for method, path in desk(running.app):
        found = running.client.request(method, path.replace("{", "").replace("}", ""))
        assert found.status_code in (303, 422), (method, path)
        if found.status_code == 303:
            assert found.headers["location"].startswith("/login")
    token, _ = running.key()
    for method, path in desk(running.app):
        found = running.client.request(method, path.replace("{", "").replace("}", ""), headers={"X-API-Key": token})
        assert found.status_code in (303, 422), "a key is no person"


def test_a_foreign_page_changes_nothing_at_the_desk(running: Running) -> None:
    session, name = running.person("admin")
    for method, path in desk(running.app):
        if method != "GET":
            for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                found = running.client.request(method, path.replace("{", "").replace("}", ""), headers=session | headers)
                assert found.status_code == 403, (method, path)
                assert running.refusals()[-1]["by"] == name
                assert running.refusals()[-1]["why"] == "cross_site"
