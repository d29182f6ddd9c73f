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
