"""Every door of the desk with the wrong role, from a foreign page and with a forged id: refused, logged, and nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from tests.contract.review import HOME, PASSWORD, Desk, opened

FORGED = 4_000_000_000
DOORS: dict[tuple[str, str], tuple[str, dict[str, str]]] = {
    ("GET", "/review"): ("viewer", {}),
    ("GET", "/review/cards"): ("viewer", {}),
    ("GET", "/review/comments/{number}"): ("viewer", {}),
    ("GET", "/review/comments/{number}/card"): ("viewer", {}),
    ("GET", "/review/help"): ("viewer", {}),
    ("GET", "/review/events"): ("viewer", {}),
    ("GET", "/review/policy"): ("viewer", {}),
    ("GET", "/review/bulk"): ("moderator", {}),
    ("POST", "/review/views"): ("viewer", {"name": "mine", "view": "sort=newest"}),
    ("POST", "/review/views/{number}/drop"): ("viewer", {}),
    ("POST", "/review/comments/{number}/decide"): ("moderator", {"act": "publish", "version": "1", "decision": ""}),
    ("POST", "/review/comments/{number}/claim"): ("moderator", {}),
    ("POST", "/review/undo"): ("moderator", {}),
    ("POST", "/review/bulk/decide"): ("moderator", {"act": "reject", "newest": "1", "view": "output=toxicity.toxicity&low=0&high=100"}),
    ("POST", "/review/bulk/undo"): ("moderator", {"batch": "0" * 16}),
    ("POST", "/review/policy/drafts"): ("moderator", {"name": "draft", "view": "at.1=20"}),
    ("POST", "/review/policy/drafts/{number}/apply"): ("admin", {"seen": "1"}),
    ("GET", "/insight"): ("viewer", {}),
    ("GET", "/labels"): ("moderator", {}),
    ("POST", "/labels/{number}"): ("moderator", {"act": "publish", "version": "1"}),
    ("GET", "/labels/export.jsonl"): ("admin", {}),
    ("GET", "/people"): ("admin", {}),
    ("POST", "/people/invite"): ("admin", {"name": "somebody new", "role": "viewer"}),
    ("POST", "/people/withdraw"): ("admin", {"number": "1"}),
    ("POST", "/people/role"): ("admin", {"name": "nobody", "role": "admin"}),
    ("POST", "/people/disable"): ("admin", {"name": "nobody"}),
    ("POST", "/people/enable"): ("admin", {"name": "nobody"}),
    ("POST", "/people/sessions"): ("admin", {"name": "nobody"}),
    ("GET", "/audit"): ("admin", {}),
    ("GET", "/preferences"): ("viewer", {}),
    ("POST", "/preferences"): ("viewer", {"language": "bg"}),
    ("POST", "/preferences/keys"): ("viewer", {"approve": "y"}),
    ("POST", "/preferences/password"): ("viewer", {"current": PASSWORD, "password": "another one", "again": "another one"}),
    ("POST", "/preferences/sessions"): ("viewer", {}),
}
"""Route -> the lowest role that it is open to, and a form that is right."""
BELOW = {"moderator": "viewer", "admin": "moderator"}
PLACES = ("/review", "/insight", "/labels", "/people", "/audit", "/preferences")
CHANGES = [route for route in DOORS if route[0] == "POST"]
FORGEABLE = [
    ("GET", "/review/comments/{number}", {}),
    ("GET", "/review/comments/{number}/card", {}),
    ("POST", "/review/comments/{number}/decide", {"act": "publish", "version": "1", "decision": ""}),
    ("POST", "/review/comments/{number}/decide", {"act": "note", "note": "hello", "version": "1", "decision": ""}),
    ("POST", "/review/views/{number}/drop", {}),
    ("POST", "/review/undo", {"decision": str(FORGED)}),
    ("POST", "/review/bulk/undo", {"batch": "0123456789abcdef"}),
    ("POST", "/review/policy/drafts/{number}/apply", {"seen": "1"}),
    ("POST", "/review/policy/drafts", {"name": "x", "view": f"draft={FORGED}"}),
    ("GET", f"/review/policy?draft={FORGED}", {}),
    ("POST", "/labels/{number}", {"act": "publish", "version": "1"}),
    ("POST", "/people/withdraw", {"number": str(FORGED)}),
    ("POST", "/people/role", {"name": "nobody", "role": "admin"}),
    ("POST", "/people/disable", {"name": "nobody"}),
    ("POST", "/people/enable", {"name": "nobody"}),
    ("POST", "/people/sessions", {"name": "nobody"}),
]
BROKEN = [
    ("/review/bulk/undo", {"batch": "no batch"}),
    ("/review/undo", {"decision": "-1"}),
    ("/review/bulk/decide", {"act": "burn", "newest": "1"}),
    ("/people/withdraw", {"number": "x"}),
    ("/review/policy/drafts/1/apply", {}),
]
"""Forms that no page of ours makes."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    database = f"sqlite:///{tmp_path_factory.mktemp('doors') / 'desk.db'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_server").database("review_doors")
    with opened(database, tiny_release, **{"limits.refusals_per_minute": 1_000_000}) as made:
        yield made


def test_no_door_is_forgotten(desk: Desk) -> None:
    found = set()
    for outer in desk.app.routes:
        for route in getattr(getattr(outer, "original_router", None), "routes", [outer]):
            if isinstance(route, APIRoute) and route.path.startswith(PLACES):
                found |= {(method, route.path) for method in route.methods or ()}
    assert found == set(DOORS)


@pytest.mark.parametrize("route", [route for route, (role, _) in DOORS.items() if role != "viewer"], ids="".join)
def test_with_the_role_below(desk: Desk, route: tuple[str, str]) -> None:
    (method, path), (role, form) = route, DOORS[route]
    site = desk.site()
    numbers = desk.put(site)
    seat = desk.seat(BELOW[role], site)
    whole = path.replace("{number}", str(numbers[0]))
    before = desk.holds(numbers)
    found = seat.get(whole) if method == "GET" else seat.post(whole, form)
    assert found.status_code == 403
    assert desk.logged(seat.name) == [{"what": "refused", "why": "role", "method": method, "path": path}]
    assert desk.holds(numbers) == before


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=["none", "cross", "origin"]
)
@pytest.mark.parametrize("route", CHANGES, ids="".join)
def test_from_a_foreign_page(desk: Desk, route: tuple[str, str], headers: dict[str, str]) -> None:
    path, form = route[1], DOORS[route][1]
    site = desk.site()
    numbers = desk.put(site)
    seat = desk.seat("admin")
    before = desk.holds(numbers)
    found = seat.post(path.replace("{number}", str(numbers[0])), form, headers)
    assert found.status_code == 403
    assert desk.logged(seat.name)[-1]["why"] == "cross_site"
    assert len(desk.logged(seat.name)) == 1
    assert desk.holds(numbers) == before


@pytest.mark.parametrize("door", FORGEABLE, ids=lambda door: door[0] + door[1])
def test_with_a_forged_id(desk: Desk, door: tuple[str, str, dict[str, str]]) -> None:
    method, path, form = door
    seat = desk.seat("admin")
    whole = path.replace("{number}", str(FORGED))
    found = seat.get(whole) if method == "GET" else seat.post(whole, form)
    assert found.status_code == 404
    assert desk.logged(seat.name)[-1]["what"] == "refused"
    assert desk.logged(seat.name)[-1]["why"].startswith("no_")


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "x", "99999999999999999999999999", "1%00", "1'--"])
def test_what_is_no_number_at_all(desk: Desk, number: str) -> None:
    seat = desk.seat("admin")
    for method, path in DOORS:
        if "{number}" in path:
            whole = path.replace("{number}", number)
            found = seat.get(whole) if method == "GET" else seat.post(whole, DOORS[method, path][1])
            assert 400 <= found.status_code < 500, (method, whole)
            if "'" not in number:  # whose path is one that nothing answers to
                assert desk.logged(seat.name)[-1] == {"what": "refused", "why": "malformed", "method": method, "path": path}


@pytest.mark.parametrize(("path", "form"), BROKEN, ids=[path for path, _ in BROKEN])
def test_a_form_that_no_page_makes(desk: Desk, path: str, form: dict[str, str]) -> None:
    seat = desk.seat("admin")
    found = seat.post(path, form, HOME)
    assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (422, "text/html")
    assert "no page of the desk" in found.text.lower()
    assert [line["why"] for line in desk.logged(seat.name)] == ["malformed"]


def test_a_link_that_was_never_sent(desk: Desk) -> None:
    before = len(desk.logged("nobody"))
    assert desk.client.get("/join/forged").status_code == 404
    assert desk.client.post("/join/forged", data={"password": PASSWORD, "again": PASSWORD}, headers=HOME).status_code == 404
    assert [line["why"] for line in desk.logged("nobody")[before:]] == ["no_invitation"] * 2


def test_a_comment_of_another_site_is_as_good_as_none(desk: Desk) -> None:
    mine, theirs = desk.site(), desk.site()
    [foreign] = desk.put(theirs, text="a foreign secret", article=desk.article(theirs, "Their title"))
    desk.put(mine)
    seat = desk.seat("moderator", mine)
    before = desk.holds([foreign])
    assert seat.get(f"/review/comments/{foreign}").status_code == 404
    assert seat.get(f"/review/comments/{foreign}/card").status_code == 404
    assert seat.decide(foreign).status_code == 404
    assert seat.post(f"/review/comments/{foreign}/claim").status_code == 404
    for path in (
        "/review",
        "/review?state=all",
        f"/review?site={theirs}&state=all",
        "/review?q=secret&state=all",
        "/review/cards?state=all",
    ):
        assert "a foreign secret" not in seat.get(path).text
    assert f"<b><bdi>{theirs}" not in seat.get("/review/bulk?low=0").text
    assert "a foreign secret" not in seat.get(f"/review/bulk?low=0&site={theirs}").text
    assert 'data-comments="1"' in seat.get(f"/review/policy?site={theirs}").text, "a foreign site falls back to one's own"
    whole = {"act": "reject", "newest": str(2**40), "view": f"output=toxicity.toxicity&low=0&high=100&site={theirs}"}
    assert seat.post("/review/bulk/decide", whole).status_code == 303
    assert desk.holds([foreign]) == before
    assert [line["why"] for line in desk.logged(seat.name) if line["what"] == "refused"] == ["no_comment"] * 4


def test_what_another_person_did_cannot_be_undone(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.8, 0.9)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    single = ana.decide(numbers[0]).json()["decision"]
    view = "output=toxicity.toxicity&low=0&high=100"
    ana.post("/review/bulk/decide", {"act": "reject", "newest": str(max(numbers)), "view": view})
    batch = desk.decided(numbers)[-1]["batch"]
    before = desk.holds(numbers)
    assert ben.post("/review/undo", {"decision": single}).status_code == 404
    assert ben.post("/review/undo").status_code == 404
    assert ben.post("/review/bulk/undo", {"batch": batch}).status_code == 404
    assert desk.holds(numbers) == before


def test_a_view_belongs_to_who_kept_it(desk: Desk) -> None:
    ana, ben = desk.seat("viewer"), desk.seat("admin")
    assert ana.post("/review/views", {"name": "young", "view": "hours=6&sort=newest&evil=1"}).status_code == 303
    [view] = desk.store.desk.saved.views(ana.name)
    assert view.query == "?hours=6&sort=newest"
    assert ben.post(f"/review/views/{view.number}/drop").status_code == 404
    assert "young" in ana.get("/review").text
    assert "young" not in ben.get("/review").text
    assert ana.post(f"/review/views/{view.number}/drop").status_code == 303
    assert desk.store.desk.saved.views(ana.name) == []


@pytest.mark.parametrize("role", ["viewer", "moderator", "admin"])
def test_each_role_finds_its_doors_open(desk: Desk, role: str) -> None:
    seat = desk.seat(role)
    ranks = ["viewer", "moderator", "admin"]
    for (method, path), (least, _) in DOORS.items():
        if method == "GET" and "{" not in path and path != "/review/events":
            expected = 200 if ranks.index(role) >= ranks.index(least) else 403
            assert seat.get(path, **HOME).status_code == expected, path
