"""Reviewing by keyboard alone, and taking all of it back: what is decided is what was meant, and undo restores exactly what was."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import KIND, PASSWORD, RUDE, Room, answered, current, queued, until

pytestmark = pytest.mark.browser

COUNT = 30
NOTE = "seen before"
ACTS = (
    (("a",), "publish", []),
    (("r", "1"), "reject", ["insult"]),
    (("h",), "highlight", []),
    (("r", "Enter"), "reject", ["other"]),
    (("e",), "escalate", []),
    (("r", "8"), "reject", ["spam"]),
    (("n", *NOTE, "Escape", "a"), "publish", []),
)
"""Keys, what they decide, and with which reason."""


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key if key != " " else "Space")


def is_open(page: Page, count: int) -> None:
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", str(count))


def test_thirty_comments_by_keyboard_alone_and_all_of_it_undone(room: Room) -> None:
    room.fill([text for text, _ in zip(itertools.cycle(RUDE + KIND), range(COUNT), strict=False)])
    before = room.states()
    name = room.person()
    page = room.visitor("/review")
    expect(page.locator("[name=username]")).to_be_focused()
    page.keyboard.type(name)
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        press(page, "Enter")
    is_open(page, COUNT)
    first = queued(page)

    expected = []
    for keys, kind, labels in itertools.islice(itertools.cycle(ACTS), COUNT):
        at = current(page)
        assert at
        with page.expect_response(answered(page, "/decide")) as answer:
            press(page, *keys)
        assert answer.value.status == 200
        assert current(page) != at, "the next card was not there at once"
        expected.append((at, kind, labels, NOTE if "n" in keys else None))
    is_open(page, 0)
    expect(page.locator("#empty")).to_be_visible()

    assert len({at for at, *_ in expected}) == COUNT
    made = room.decisions()
    assert [(one["id"], one["kind"], one["labels"], one["note"]) for one in made] == expected
    assert all(one["by"] == name and one["model"] and one["scores"]["toxicity"] and one["spent_ms"] > 0 for one in made)
    for at, kind, *_ in expected:
        holds = room.states()[at]
        assert holds["state"] == ("open" if kind == "escalate" else "decided")
        assert holds["action"] == {"publish": "publish", "highlight": "publish", "reject": "reject", "escalate": "review"}[kind]
        assert (holds["escalated"], holds["highlighted"]) == (kind == "escalate", kind == "highlight")

    for back in range(1, COUNT + 1):
        press(page, "z")
        # What was decided last comes back, and is current.
        expect(page.locator(".card[aria-current=true]")).to_have_attribute("data-comment-id", expected[-back][0])
        is_open(page, back)
    assert room.states() == before
    assert room.decisions()[:COUNT] == made, "an undo is a new row: what was decided stays as it was written"
    assert queued(page) == [at for at, *_ in expected]
    page.reload()
    assert queued(page) == first


def test_keys_pressed_faster_than_the_server_answers_lose_nothing(room: Room) -> None:
    ids = room.fill(RUDE + KIND + RUDE)
    before = room.states()
    page = room.seat(room.person())
    with page.expect_response(answered(page, "/decide")):
        press(page, *"a" * len(ids))
    is_open(page, 0)
    until(lambda: sorted(one["id"] for one in room.decisions()) == sorted(ids))
    press(page, *"z" * len(ids))
    is_open(page, len(ids))
    until(lambda: room.states() == before)
    expect(page.locator(".card")).to_have_count(len(ids))
    assert sorted(queued(page)) == sorted(ids)
    is_open(page, len(ids))


def test_a_reason_is_chosen_by_digit_arrow_or_tab_and_enter_takes_the_one_in_focus(room: Room) -> None:
    ids = room.fill(RUDE + KIND)
    page = room.seat(room.person())
    for keys in (
        ("r", "Enter"),
        ("r", "ArrowUp", "Enter"),
        ("r", "Shift+Tab", "Shift+Tab", "Enter"),
        ("r", "ArrowDown", "Space"),
        ("r", "3"),
    ):
        with page.expect_response(answered(page, "/decide")):
            press(page, *keys)
    assert [one["labels"] for one in room.decisions()] == [["other"], ["off_topic"], ["spam"], ["insult"], ["threat"]]
    is_open(page, len(ids) - 5)
    press(page, "r", "Escape", "j")
    expect(page.locator(".reject[open]")).to_have_count(0)


def test_the_count_tells_of_the_open_ones_whatever_list_is_worked_on(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = room.seat(room.person())
    page.route("**/review/events*", lambda route: route.fulfill(status=204))  # the page's own counting, not the server's news
    page.goto("/review")
    for key, left in (("e", 7), ("a", 6), ("z", 7)):
        press(page, key)
        is_open(page, left)
    for state, key in (("escalated", "a"), ("all", "e")):
        page.goto(f"/review?state={state}&sort=oldest")
        before = int(page.locator("[data-open-count]").get_attribute("data-open-count") or 0)
        waits = page.locator(".card[aria-current=true]").get_attribute("data-waits")
        with page.expect_response(answered(page, "/decide")):
            press(page, key)
        is_open(page, before - (waits == "queue"))
        page.reload()
        is_open(page, before - (waits == "queue"))


def test_reading_time_goes_to_the_comment_that_was_read(room: Room) -> None:
    room.fill(RUDE)
    page = room.visitor("/login")
    page.clock.install()
    page.locator("[name=username]").fill(room.person())
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button.main").click()
    page.wait_for_url("**/review")
    expect(page.locator(".card[aria-current=true]")).to_be_focused()
    shown = queued(page)
    for seconds in (3, 5):
        page.clock.run_for(seconds * 1000)
        press(page, "x", "j")
    page.clock.run_for(2_000)
    press(page, "k")
    page.locator(".card").nth(3).locator(".select").check()
    press(page, "r", "1")
    until(lambda: len(room.decisions()) == 3)
    spent = {one["id"]: one["spent_ms"] for one in room.decisions()}
    assert spent[shown[3]] is None, "it was ticked, not read"
    assert 3_000 <= spent[shown[0]] < 4_000
    assert 5_000 <= spent[shown[1]] < 6_000
