"""The audit log's page: everything that happens is on it, refusals too, and each admin sees what belongs to their sites."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.api import problems
from serve.review.audit import PAGE, WHATS, WHYS
from tests.contract.review import HOME, Desk, Seat, opened

WHOLE = {"act": "reject", "newest": str(2**40), "view": "output=toxicity.toxicity&low=0&high=100"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    database = f"sqlite:///{tmp_path_factory.mktemp('audit') / 'desk.db'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_server").database("review_audit")
    with opened(database, tiny_release) as made:
        yield made


def lines(seat: Seat, query: str = "") -> list[str]:
    """The lines of the page as one reads them, the newest first."""
    page = seat.get(f"/audit?{query}")
    assert page.status_code == 200
    found = re.findall(r"<li[^>]*>\s*<time.*?</li>", page.text, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found]


def test_what_was_done_and_what_was_refused_stands_there(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.8, 0.9)
    admin, moderator, viewer = desk.seat("admin"), desk.seat("moderator", site), desk.seat("viewer", site)
    moderator.decide(numbers[0], "reject:insult")
    moderator.post("/review/undo")
    moderator.post("/review/bulk/decide", WHOLE)
    assert viewer.post("/review/bulk/decide", WHOLE).status_code == 403
    assert viewer.post("/review/bulk/undo", {"batch": "0" * 16}, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert moderator.get("/review/comments/4000000000").status_code == 404
    done = lines(admin, f"by={moderator.name}")
    assert [next(what for what in WHATS.values() if f"{moderator.name} {what}" in one) for one in done] == [
        *("refused", "bulk action", "undone", "decision")
    ]
    assert "what was asked for is not there, or is not theirs GET /review/comments/…" in done[0]
    assert "rejected · 2 comments · toxic · 0% – 100%" in done[1]
    card = desk.store.desk.queue.card(numbers[0], None)
    assert card is not None
    first = card.past[0].number
    assert done[-1].endswith(f"decision rejected · #{first} {card.id} {site}"), "what goes without saying is left out"
    assert f"undone rejected · #{first} {card.id}" in done[-2]
    refused = lines(admin, f"by={viewer.name}&what=refused")
    assert [one.partition(" refused ")[2] for one in refused] == [
        "it came from another site’s page POST /review/bulk/undo",
        "the role does not allow it POST /review/bulk/decide",
    ]


def test_a_bulk_action_and_its_undo_are_one_line_each_and_each_comment_has_its_own(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.8, 0.9, 0.95)
    ids = [card.id for number in numbers if (card := desk.store.desk.queue.card(number, None)) is not None]
    admin, moderator = desk.seat("admin", site), desk.seat("moderator", site)
    moderator.post("/review/bulk/decide", WHOLE)
    assert moderator.post("/review/undo").status_code == 200
    undone, done = lines(admin, f"by={moderator.name}")
    assert f"{moderator.name} undone rejected · 3 comments {site} batch " in undone
    assert f"{moderator.name} bulk action rejected · 3 comments" in done
    assert undone.rpartition(" ")[2] == done.rpartition(" ")[2], "the same batch"
    assert lines(admin, f"by={moderator.name}&what=undo") == [undone]
    for name in ids:
        one = lines(admin, f"comment={name}")
        assert [next(what for what in ("undone", "decision") if f" {what} " in line) for line in one] == ["undone", "decision"]
        assert lines(admin, f"comment={name}&what=undo") == one[:1]


def test_a_wrong_password_is_refused_and_stands_there(desk: Desk) -> None:
    moderator = desk.seat()
    form = {"username": moderator.name, "password": "not it"}
    assert desk.client.post("/login", data=form, headers=HOME).status_code == 401
    admin = desk.seat("admin")
    assert "wrong name or password POST /login" in lines(admin, f"by={moderator.name}")[0]
    assert desk.client.get("/join/forged", headers=HOME).status_code == 404
    assert "nobody refused" in lines(admin, "by=nobody")[0]
    desk.store.desk.saved.prefer(admin.name, language="de")
    assert "niemand verweigert" in lines(admin, "by=nobody")[0]


def test_filters_by_comment_site_and_day(desk: Desk) -> None:
    site, other = desk.site(), desk.site()
    [number], [elsewhere] = desk.put(site), desk.put(other)
    admin = desk.seat("admin")
    for one in (number, elsewhere):
        admin.decide(one)
    card = desk.store.desk.queue.card(number, None)
    assert card is not None
    assert len(lines(admin, f"comment={card.id}")) == 1
    assert [card.id in one for one in lines(admin, f"site={site}")] == [True]
    today = re.findall(r'datetime="(\d{4}-\d\d-\d\d)', admin.get(f"/audit?site={site}").text)[0]
    assert len(lines(admin, f"site={site}&first={today}&last={today}")) == 1
    assert lines(admin, f"site={site}&last=2020-01-01") == lines(admin, f"site={site}&first=2199-01-01") == []
    assert len(lines(admin, f"site={site}&first=yesterday&last=&before=x")) == 1, "what cannot be read is passed over"
    assert f'href="/review/comments/{number}"' in admin.get(f"/audit?site={site}").text


def test_pages_hold_every_line_once(desk: Desk) -> None:
    admin, name = desk.seat("admin"), desk.site()
    for at in range(2 * PAGE + 7):
        desk.store.desk.log(name, "preferences", desk.service.now, changed=[f"n{at}"])
    path, found = f"by={name}", list[str]()
    sizes = []
    while path:
        part = lines(admin, path)
        sizes.append(len(part))
        found += part
        older = re.search(r'href="/audit\?([^"]*before=\d+)"', admin.get(f"/audit?{path}").text)
        path = html.unescape(older[1]) if older else ""
    assert sizes == [PAGE, PAGE, 7]
    assert [one.rpartition(" n")[2] for one in found] == [str(at) for at in reversed(range(2 * PAGE + 7))]


def test_an_admin_of_one_site_sees_no_other(desk: Desk) -> None:
    mine, theirs = desk.site(), desk.site()
    [number], [foreign] = desk.put(mine), desk.put(theirs)
    whole, local, worker = desk.seat("admin"), desk.seat("admin", mine), desk.seat("moderator", mine)
    whole.decide(number)
    whole.decide(foreign)
    whole.post("/preferences", {"theme": "dark"}, HOME)
    worker.post("/people/role", {"name": "x", "role": "admin"})
    seen = lines(local)
    assert sum(whole.name in one for one in seen) == 1, "the decision on the own site, nothing else of a stranger"
    assert any(f"{worker.name} refused the role does not allow it" in one for one in seen)
    assert lines(local, f"site={theirs}") == lines(local, f"by={whole.name}&what=preferences") == []
    assert len(lines(whole, f"by={whole.name}")) == 3


def test_hostile_words_in_the_log_are_words(desk: Desk) -> None:
    admin = desk.seat("admin")
    desk.store.desk.log("<script>alert(1)</script>", "policy_draft", desk.service.now, name='"><img src=x>', draft=7)
    text = admin.get("/audit?what=policy_draft").text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_every_refusal_of_the_borders_has_its_words() -> None:
    assert set(WHYS) >= problems.REFUSALS
