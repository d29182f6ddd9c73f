"""Invitations, roles, preferences over HTTP: every step with the right role, the wrong one, a foreign page, a forged or spent link."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from serve import security
from serve.store import Store
from serve.store.database import transaction
from serve.store.people import Invitation, LastAdminError
from serve.store.tables import audit, invitations
from tests.server import Server

PASSWORD = "correct horse"
HOME = {"Sec-Fetch-Site": "same-origin"}
NOW = 1_764_000_000_000
_numbers = itertools.count(1)

People = Callable[..., httpx2.Client]


@pytest.fixture(scope="module")
def held(server: Server) -> Iterator[Store]:
    """The store of the running server."""
    opened = Store(server.database)
    yield opened
    opened.close()


@pytest.fixture
def people(server: Server, held: Store) -> Iterator[People]:
    """Logs a new person of a role in; `client.name` is who it is."""
    opened: list[httpx2.Client] = []

    def person(role: str, *sites: str) -> httpx2.Client:
        name = f"{role}{next(_numbers)}"
        held.accounts.add_user(security.new_user(name, PASSWORD, role, NOW, sites))
        client = log_in(server, name)
        opened.append(client)
        return client

    yield person
    for client in opened:
        client.close()


def log_in(server: Server, name: str, password: str = PASSWORD) -> httpx2.Client:
    client = httpx2.Client(base_url=server.url, headers=HOME, timeout=60)
    answer = client.post("/login", data={"username": name, "password": password})
    assert answer.status_code == 303, answer.text
    client.name = name  # type: ignore[attr-defined]
    return client


def invited(admin: httpx2.Client, name: str, role: str = "moderator", sites: str = "") -> str:
    """The path of a new invitation's link."""
    answer = admin.post("/people/invite", data={"name": name, "role": role, "sites": sites})
    assert answer.status_code == 200, answer.text
    found = re.search(r'value="http://127\.0\.0\.1:\d+(/join/[\w-]+)"', answer.text)
    assert found, answer.text
    return found[1]


def logged(held: Store, what: str) -> list[dict[str, Any]]:
    """Lines of the audit log, the newest last."""
    with transaction(held.engine, writes=False) as connection:
        rows = connection.execute(audit.select().where(audit.c.what == what).order_by(audit.c.number)).mappings().all()
    return [dict(row) for row in rows]


def stranger(server: Server) -> httpx2.Client:
    return httpx2.Client(base_url=server.url, headers=HOME, timeout=60)


def test_an_invited_person_sets_a_password_and_is_in(server: Server, held: Store, people: People) -> None:
    admin, name = people("admin"), f"new{next(_numbers)}"
    path = invited(admin, name, sites="news, sport")
    with stranger(server) as guest:
        page = guest.get(path)
        assert page.status_code == 200
        assert name in page.text
        assert "news, sport" in page.text
        answer = guest.post(path, data={"password": PASSWORD, "again": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/review")
        assert guest.get("/preferences").status_code == 200
        assert guest.get("/people").status_code == 403
    assert [line["detail"] for line in logged(held, "joined") if line["by"] == name] == [{"role": "moderator"}]
    assert [line["detail"]["sites"] for line in logged(held, "invited") if line["detail"]["name"] == name] == [["news", "sport"]]
    log_in(server, name).close()


def test_a_link_works_once(server: Server, people: People) -> None:
    path = invited(people("admin"), f"new{next(_numbers)}")
    with stranger(server) as guest, stranger(server) as second:
        assert guest.post(path, data={"password": PASSWORD, "again": PASSWORD}).status_code == 303
        assert second.get(path).status_code == 404
        assert second.post(path, data={"password": PASSWORD, "again": PASSWORD}).status_code == 404


@pytest.mark.parametrize("token", ["nonsense", "a" * 43, "%00", "é", "../people"])
def test_a_forged_link_leads_nowhere(server: Server, token: str) -> None:
    with stranger(server) as guest:
        assert guest.get(f"/join/{token}").status_code in (303, 404)  # ../people is a page of its own: to the log-in
        assert guest.post(f"/join/{token}", data={"password": PASSWORD, "again": PASSWORD}).status_code in (404, 405)


def test_the_hash_of_a_token_is_no_token(server: Server, held: Store, people: People) -> None:
    path = invited(people("admin"), f"new{next(_numbers)}")
    hashed = security.digest(path.removeprefix("/join/"))
    with transaction(held.engine, writes=False) as connection:
        assert connection.execute(sa.select(invitations.c.number).where(invitations.c.hash == hashed)).first() is not None
    with stranger(server) as guest:
        assert guest.get(f"/join/{hashed}").status_code == 404


def test_a_withdrawn_link_leads_nowhere(server: Server, people: People) -> None:
    admin, name = people("admin"), f"new{next(_numbers)}"
    path = invited(admin, name)
    number = re.search(rf"<bdi>{name}</bdi>.*?name=\"number\" value=\"(\d+)\"", admin.get("/people").text, re.DOTALL)
    assert number
    assert admin.post("/people/withdraw", data={"number": number[1]}).status_code == 303
    assert admin.post("/people/withdraw", data={"number": number[1]}).status_code == 404
    with stranger(server) as guest:
        assert guest.get(path).status_code == 404


@pytest.mark.parametrize(("password", "again"), [("1234567", "1234567"), ("12345678", "12345679"), ("", "")])
def test_a_password_that_is_short_or_mistyped_is_asked_again(server: Server, people: People, password: str, again: str) -> None:
    path = invited(people("admin"), f"new{next(_numbers)}")
    with stranger(server) as guest:
        assert guest.post(path, data={"password": password, "again": again}).status_code == 422
        assert guest.get(path).status_code == 200


def test_a_foreign_page_cannot_take_a_seat(server: Server, people: People) -> None:
    path = invited(people("admin"), f"new{next(_numbers)}")
    with stranger(server) as guest:
        answer = guest.post(path, data={"password": PASSWORD, "again": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


def test_a_name_is_taken_once(people: People) -> None:
    admin, other = people("admin"), people("viewer")
    assert admin.post("/people/invite", data={"name": other.name, "role": "admin"}).status_code == 409  # type: ignore[attr-defined]
    name = f"new{next(_numbers)}"
    invited(admin, name)
    assert admin.post("/people/invite", data={"name": name, "role": "admin"}).status_code == 409


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "\u202eabc", "x" * 201])
def test_a_name_that_could_deceive_is_refused(people: People, name: str) -> None:
    assert people("admin").post("/people/invite", data={"name": name, "role": "viewer"}).status_code == 422


def test_a_name_is_shown_as_text(people: People) -> None:
    admin, name = people("admin"), f"<script>alert({next(_numbers)})</script>"
    page = admin.post("/people/invite", data={"name": name, "role": "viewer"}).text
    assert name not in page
    assert html.escape(name) in page


STEPS = [
    ("GET", "/people", {}),
    ("POST", "/people/invite", {"name": "x", "role": "admin"}),
    ("POST", "/people/withdraw", {"number": "1"}),
    ("POST", "/people/role", {"name": "root", "role": "admin"}),
    ("POST", "/people/disable", {"name": "root"}),
    ("POST", "/people/enable", {"name": "root"}),
    ("POST", "/people/sessions", {"name": "root"}),
]
OWN_STEPS = [
    ("POST", "/preferences", {"language": "bg"}),
    ("POST", "/preferences/keys", {"next": "n"}),
    ("POST", "/preferences/password", {"current": PASSWORD, "password": "another one", "again": "another one"}),
    ("POST", "/preferences/sessions", {}),
]


@pytest.mark.parametrize(("method", "path", "data"), STEPS)
@pytest.mark.parametrize("role", ["viewer", "moderator"])
def test_only_an_admin_handles_people_and_a_try_is_logged(  # noqa: PLR0917
    server: Server, held: Store, people: People, role: str, method: str, path: str, data: dict[str, str]
) -> None:
    client = people(role)
    assert client.request(method, path, data=data or None).status_code == 403
    last = logged(held, "refused")[-1]
    assert (last["by"], last["detail"]) == (client.name, {"why": "role", "method": method, "path": path})  # type: ignore[attr-defined]


@pytest.mark.parametrize(("method", "path", "data"), [*(step for step in STEPS if step[0] == "POST"), *OWN_STEPS])
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": ""}]
)
def test_a_foreign_page_changes_nothing(  # noqa: PLR0917
    server: Server, held: Store, people: People, method: str, path: str, data: dict[str, str], headers: dict[str, str]
) -> None:
    client = people("admin")
    assert client.request(method, path, data=data, headers=headers).status_code == 403
    assert logged(held, "refused")[-1]["detail"]["why"] == "cross_site"


@pytest.mark.parametrize(("method", "path", "data"), [*STEPS, *OWN_STEPS, ("GET", "/preferences", {})])
def test_whoever_is_logged_out_is_led_to_the_log_in(server: Server, method: str, path: str, data: dict[str, str]) -> None:
    with stranger(server) as guest:
        answer = guest.request(method, path, data=data or None)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")


def test_a_role_changes_at_once_and_is_logged(server: Server, held: Store, people: People) -> None:
    admin, other = people("admin"), people("viewer")
    assert other.get("/people").status_code == 403
    assert admin.post("/people/role", data={"name": other.name, "role": "admin"}).status_code == 303  # type: ignore[attr-defined]
    assert other.get("/people").status_code == 200
    assert logged(held, "role")[-1]["detail"] == {"name": other.name, "before": "viewer", "after": "admin"}  # type: ignore[attr-defined]


def test_whoever_is_shut_out_is_out_at_once_and_may_be_let_in_again(server: Server, held: Store, people: People) -> None:
    admin, other = people("admin"), people("moderator")
    name = {"name": other.name}  # type: ignore[attr-defined]
    assert admin.post("/people/disable", data=name).status_code == 303
    assert other.get("/preferences").status_code == 303
    with stranger(server) as guest:
        assert guest.post("/login", data={"username": name["name"], "password": PASSWORD}).status_code == 401
    assert admin.post("/people/enable", data=name).status_code == 303
    log_in(server, name["name"]).close()
    assert [line["what"] for line in (logged(held, "deactivated")[-1], logged(held, "reactivated")[-1])] == [
        "deactivated",
        "reactivated",
    ]


def test_sessions_can_be_ended_by_an_admin(server: Server, held: Store, people: People) -> None:
    admin, other = people("admin"), people("moderator")
    assert admin.post("/people/sessions", data={"name": other.name}).status_code == 303  # type: ignore[attr-defined]
    assert other.get("/preferences").status_code == 303
    assert logged(held, "sessions ended")[-1]["detail"] == {"name": other.name, "sessions": 1}  # type: ignore[attr-defined]


def test_nobody_handles_themselves_or_somebody_unknown(people: People) -> None:
    admin = people("admin")
    for path, data in (("role", {"role": "viewer"}), ("disable", {}), ("sessions", {})):
        assert admin.post(f"/people/{path}", data={"name": admin.name, **data}).status_code == 409  # type: ignore[attr-defined]
        assert admin.post(f"/people/{path}", data={"name": "nobody at all", **data}).status_code == 404
    other = people("viewer")
    assert admin.post("/people/role", data={"name": other.name, "role": "owner"}).status_code == 422  # type: ignore[attr-defined]


def test_an_admin_of_some_sites_has_no_say_over_others(server: Server, held: Store, people: People) -> None:
    admin, everywhere, same = people("admin", "news"), people("viewer"), people("viewer", "news")
    page = admin.get("/people").text
    assert same.name in page  # type: ignore[attr-defined]
    assert everywhere.name not in page  # type: ignore[attr-defined]
    assert admin.post("/people/disable", data={"name": everywhere.name}).status_code == 403  # type: ignore[attr-defined]
    for sites in ("", "news, sport"):
        assert admin.post("/people/invite", data={"name": f"new{next(_numbers)}", "role": "admin", "sites": sites}).status_code == 403
    invited(admin, f"new{next(_numbers)}", sites="news")
    assert logged(held, "refused")[-1]["detail"]["why"] == "sites"


def test_preferences_hold_and_the_page_speaks_them(server: Server, held: Store, people: People) -> None:
    client = people("viewer")
    answer = client.post("/preferences", data={"language": "bg", "theme": "dark", "blur": "all", "minutes": "25", "pace": "1"})
    assert answer.status_code == 303
    page = client.get("/preferences").text
    assert '<html lang="bg" dir="ltr" data-theme="dark">' in page
    assert 'data-minutes="25"' in page
    assert logged(held, "preferences")[-1]["detail"] == {"changed": ["blur", "break_minutes", "language", "pace", "theme"]}
    client.post("/preferences", data={"language": "", "minutes": "0"})
    page = client.get("/preferences", headers={"Accept-Language": "vi"}).text
    assert '<html lang="vi"' in page
    assert "data-minutes" not in page


@pytest.mark.parametrize("wrong", [{"language": "xx"}, {"theme": "pink"}, {"blur": "half"}, {"minutes": "7"}, {"minutes": "x"}])
def test_a_preference_that_does_not_exist_is_refused(people: People, wrong: dict[str, str]) -> None:
    assert people("viewer").post("/preferences", data=wrong).status_code == 422


def test_keys_are_kept_and_no_key_is_used_twice(people: People) -> None:
    client = people("moderator")
    assert client.post("/preferences/keys", data={"next": "n", "note": "m"}).status_code == 303
    page = client.get("/preferences").text
    assert re.search(r'name="next" value="n"', page)
    for wrong in ({"next": "k"}, {"next": "1"}, {"next": "ab"}):
        assert client.post("/preferences/keys", data=wrong).status_code == 422


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(server: Server, held: Store, people: People) -> None:
    client = people("viewer")
    name = client.name  # type: ignore[attr-defined]
    wrong = {"current": "wrong", "password": "another one", "again": "another one"}
    assert client.post("/preferences/password", data=wrong).status_code == 422
    elsewhere = log_in(server, name)
    assert client.post("/preferences/password", data=wrong | {"current": PASSWORD}).status_code == 303
    assert elsewhere.get("/preferences").status_code == 303
    elsewhere.close()
    assert client.get("/preferences").status_code == 200
    log_in(server, name, "another one").close()
    assert logged(held, "password changed")[-1]["by"] == name


def test_other_sessions_end_and_this_one_stays(server: Server, people: People) -> None:
    client = people("viewer")
    elsewhere = log_in(server, client.name)  # type: ignore[attr-defined]
    assert client.post("/preferences/sessions").status_code == 303
    assert elsewhere.get("/preferences").status_code == 303
    elsewhere.close()
    assert client.get("/preferences").status_code == 200


def an_invitation(name: str = "ana", role: str = "admin") -> Invitation:
    return Invitation(0, name, role, ("news",), "root", NOW, NOW + 1000)


def test_an_invitation_expires(store: Store) -> None:
    store.people.invite("hash", an_invitation())
    assert store.people.invitation("hash", NOW + 999) is not None
    assert store.people.invitation("hash", NOW + 1000) is None
    assert store.people.accept("hash", "password", NOW + 1000) is None
    assert store.people.invitations(NOW + 1000) == []


def test_of_two_who_take_the_same_seat_one_wins(store: Store) -> None:
    store.people.invite("hash", an_invitation())
    taken = [store.people.accept("hash", "password", NOW + 1) for _ in range(2)]
    assert [user.name if user else None for user in taken] == ["ana", None]


def test_the_last_admin_stays(store: Store) -> None:
    for name in ("ana", "boris"):
        store.people.invite(name, an_invitation(name))
        store.people.accept(name, "password", NOW + 1)
    assert store.people.set_role("ana", "viewer", "boris", NOW + 2)
    with pytest.raises(LastAdminError):
        store.people.set_disabled("boris", True, "ana", NOW + 3)
    with pytest.raises(LastAdminError):
        store.people.set_role("boris", "viewer", "ana", NOW + 3)
    assert [(one.name, one.role, one.disabled) for one in store.people.all(NOW)] == [("ana", "viewer", False), ("boris", "admin", False)]


def test_a_withdrawal_needs_an_open_invitation(store: Store) -> None:
    number = store.people.invite("hash", an_invitation())
    assert store.people.withdraw(number, "root", NOW + 1)
    assert not store.people.withdraw(number, "root", NOW + 1)
    assert store.people.accept("hash", "password", NOW + 2) is None
