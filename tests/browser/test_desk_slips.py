"""No decision that nobody meant, and no work that is lost unseen: slow and failed answers, double clicks, sessions that end."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk import DOUBLE_MS, KIND, QUIET_MS, RUDE, SQLITE_ONLY, Room, answered, current, queued

pytestmark = [pytest.mark.browser, SQLITE_ONLY]


def card(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator(f'.card[data-comment-id="{name}"]')


def held_back(page: Page, pattern: str) -> list[Route]:
    """The next request to such an address waits until the test answers it."""
    waiting: list[Route] = []
    page.route(pattern, lambda route: waiting.append(route), times=1)  # noqa: PLW0108 - Playwright marks what it is given
    return waiting


def until_waiting(page: Page, waiting: list[Route]) -> None:
    end = time.monotonic() + 20
    while not waiting:
        assert time.monotonic() < end, "nothing was asked for"
        page.wait_for_timeout(20)


def test_what_is_typed_when_a_decision_comes_back_decides_nothing(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = room.seat(room.person())
    first = current(page)
    page.wait_for_timeout(QUIET_MS)
    waiting = held_back(page, "**/decide")
    page.keyboard.press("a")
    expect(card(page, first)).to_have_count(0)
    until_waiting(page, waiting)
    written = current(page)
    page.keyboard.press("n")
    page.keyboard.type("I think ")
    waiting[0].fulfill(status=502, body="")
    expect(card(page, first)).to_be_visible()
    page.keyboard.type("he has a point")
    assert card(page, written).locator("textarea").input_value() == "I think he has a point"
    assert current(page) == written, "the card that somebody writes on stays current"
    assert room.decisions() == []
    room.expected("502")


def test_no_key_decides_on_a_card_that_has_just_come_back(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = room.seat(room.person())
    first = current(page)
    page.wait_for_timeout(QUIET_MS)
    waiting = held_back(page, "**/decide")
    page.keyboard.press("r")
    page.keyboard.press("1")
    expect(card(page, first)).to_have_count(0)
    until_waiting(page, waiting)
    waiting[0].fulfill(status=502, body="")
    expect(card(page, first)).to_have_attribute("aria-current", "true")
    page.keyboard.press("a")  # meant for the card that was current until now
    assert room.decisions() == []
    page.wait_for_timeout(QUIET_MS)
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("a")
    assert [one["id"] for one in room.decisions()] == [first]
    room.expected("502")


def test_a_card_that_somebody_writes_on_stays_when_another_decides(room: Room) -> None:
    room.fill(RUDE + KIND)
    ana, boris = room.person(), room.person()
    first = room.seat(ana)
    taken = current(first)
    first.keyboard.press("n")
    first.keyboard.type("he has ")
    room.end_claims()
    second = room.seat(boris)
    assert current(second) == taken
    with second.expect_response(answered(second, "/decide")):
        second.keyboard.press("a")
    expect(first.locator("#says")).to_contain_text(f"{boris} has decided on this comment")
    first.keyboard.type("a point")
    assert card(first, taken).locator("textarea").input_value() == "he has a point"
    assert len(room.decisions()) == 1


def test_an_undo_that_comes_late_takes_no_focus_from_who_writes(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = room.seat(room.person())
    first = current(page)
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("a")
    waiting = held_back(page, "**/undo")
    page.keyboard.press("z")
    until_waiting(page, waiting)
    written = current(page)
    page.keyboard.press("n")
    page.keyboard.type("so ")
    waiting[0].continue_()
    expect(card(page, first)).to_be_visible()
    page.keyboard.type("he heard")
    assert card(page, written).locator("textarea").input_value() == "so he heard"
    assert [one["kind"] for one in room.decisions()] == ["publish", "undo"]


def test_a_double_click_decides_one_comment(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = room.seat(room.person())
    with page.expect_response(answered(page, "/decide")):
        page.locator(".card[aria-current=true] [value=publish]").dblclick()
    page.wait_for_timeout(DOUBLE_MS)
    assert len(room.decisions()) == 1
    with page.expect_response(answered(page, "/decide")):
        page.locator(".card[aria-current=true] [value=publish]").click()
    assert len(room.decisions()) == 2


def test_what_is_typed_into_the_search_of_an_empty_queue_stays(room: Room) -> None:
    page = room.seat(room.person())
    page.locator("#q").type("ea")
    room.fill(KIND)
    expect(page.locator(".card")).to_have_count(4)
    page.keyboard.type("h")
    expect(page.locator("#q")).to_have_value("eah")
    assert room.decisions() == []


def test_a_note_comes_back_with_a_refused_decision(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    first = current(page)
    page.keyboard.press("n")
    page.keyboard.type("seen before")
    page.keyboard.press("Escape")
    page.route("**/decide", lambda route: route.fulfill(status=502, body=""))
    page.keyboard.press("a")
    expect(card(page, first)).to_have_attribute("aria-current", "true")
    expect(card(page, first).locator("textarea")).to_have_value("seen before")
    expect(card(page, first).locator("textarea")).to_be_visible()
    room.expected("502")


def test_what_an_ended_session_did_not_let_through_is_said_after_the_log_in(room: Room) -> None:
    room.fill(RUDE)
    ana = room.person()
    page = room.seat(ana)
    first = current(page)
    page.keyboard.press("n")
    page.keyboard.type("seen before")
    page.keyboard.press("Escape")
    page.context.clear_cookies()
    page.keyboard.press("a")
    page.wait_for_url("**/login**")
    page.locator("[name=username]").fill(ana)
    page.locator("[name=password]").fill("correct horse")
    page.locator("button.main").click()
    page.wait_for_url("**/review")
    expect(page.locator("#says")).to_contain_text("decisions were not kept: 1")
    expect(card(page, first).locator("textarea")).to_have_value("seen before")
    assert room.decisions() == []
    room.expected("401")


def test_an_erased_comment_does_not_come_back(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    first = current(page)
    assert room.desk.store.erase.comment(first, room.site, "test", int(time.time() * 1000)) == 1
    with page.expect_response(answered(page, "/decide")) as answer:
        page.keyboard.press("a")
    assert answer.value.status == 404
    expect(page.locator("#says")).to_contain_text("The comment was erased.")
    expect(card(page, first)).to_have_count(0)
    room.expected("404")


def test_what_went_wrong_stands_until_it_is_closed(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    waiting = held_back(page, "**/decide")
    page.keyboard.press("a")
    until_waiting(page, waiting)
    waiting[0].fulfill(status=502, body="")
    bad = page.locator("#says .bad")
    expect(bad).to_contain_text("could not be reached")
    page.wait_for_timeout(QUIET_MS)
    page.keyboard.press("j")
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("a")
    expect(page.locator("#says .good")).to_contain_text("Approved.")
    expect(bad).to_be_visible()
    bad.get_by_role("button", name="Close").click()
    expect(bad).to_have_count(0)
    room.expected("502")


def test_it_never_says_that_nothing_waits_where_something_does(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    for _ in RUDE:
        page.keyboard.press("s")
    expect(page.get_by_role("heading", name="That was the last one")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_hidden()
    page.get_by_role("link", name="Back to the top: skipped comments wait there").click()
    expect(page.locator(".card")).to_have_count(4)


def test_further_cards_come_when_others_have_decided_on_those_that_were_here(room: Room) -> None:
    for _ in range(4):
        room.fill(RUDE + KIND)
    ana, boris = room.person(), room.person()
    page = room.seat(ana)
    waiting = held_back(page, "**/review/cards*")
    here = page.locator(".card").count()
    room.decide([name for name in queued(page) if name != current(page)], boris)
    expect(page.locator(".card")).to_have_count(1)
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("a")
    until_waiting(page, waiting)
    waiting[0].fulfill(status=502, body="")
    expect(page.locator(".card").first).to_be_visible(timeout=15_000)
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", str(32 - here))
    room.expected("502")


def test_a_stream_that_was_refused_is_opened_again(room: Room) -> None:
    room.fill(RUDE + KIND)  # so many that the page asks for no further ones when it opens
    page = room.visitor()
    tries: list[Route] = []

    def refuse(route: Route) -> None:
        tries.append(route)
        if len(tries) == 1:
            route.fulfill(status=502, body="")
        else:
            route.continue_()

    page.route("**/review/events*", refuse)
    page.locator("[name=username]").fill(room.person())
    page.locator("[name=password]").fill("correct horse")
    page.locator("button.main").click()
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "8")
    room.fill(KIND)
    expect(page.locator("#news")).to_be_visible(timeout=15_000)
    room.expected("502")


def test_ones_own_decisions_elsewhere_are_news_and_ones_own_undo_is_none(room: Room) -> None:
    room.fill(RUDE)
    ana = room.person()
    page = room.seat(ana)
    other = page.context.new_page()
    other.goto("/review")
    with other.expect_response(answered(other, "/decide")):
        other.keyboard.press("a")
    expect(page.locator(".card")).to_have_count(3)
    with other.expect_response(answered(other, "/undo")):
        other.keyboard.press("z")
    expect(other.locator(".card")).to_have_count(4)
    other.wait_for_timeout(1_500)
    expect(other.locator(".card")).to_have_count(4)
    expect(other.locator("#news")).to_be_hidden()


def test_the_undo_of_several_takes_all_of_them_back(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    for box in page.locator(".card .select").all()[:3]:
        box.check()
    page.keyboard.press("a")
    expect(page.locator("#says")).to_contain_text("Decided: 3.")
    page.locator("#says button").click()
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "4")
    expect(page.locator(".card")).to_have_count(4)


def test_a_comments_own_page_claims_it_and_hears_of_decisions(room: Room) -> None:
    room.fill(RUDE)
    ana, boris = room.person(), room.person()
    number = min(room.numbers().values())
    page = room.seat(ana, f"/review/comments/{number}")
    expect(page.locator(".card")).to_be_visible()
    page.wait_for_timeout(500)
    other = room.seat(boris)
    expect(other.locator(f'.card[data-number="{number}"] .holder')).to_have_text(f"{ana} is reading this")


def test_keys_work_where_the_layout_writes_other_letters(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    with page.expect_response(answered(page, "/decide")):
        page.evaluate(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ф', code: 'KeyA', bubbles: true, cancelable: true}))"
        )
    assert [one["kind"] for one in room.decisions()] == ["publish"]
