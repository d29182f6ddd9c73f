"""Two browsers: who reads what is seen by the other as it happens, and nobody decides over another's head."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk import KIND, QUIET_MS, RUDE, Room, answered, current, queued

pytestmark = pytest.mark.browser


def card(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator(f'.card[data-comment-id="{name}"]')


def test_a_claim_is_seen_by_others_as_it_happens(room: Room) -> None:
    room.fill(RUDE + KIND)
    ana, boris = room.person(), room.person()
    first = room.seat(ana)
    taken = current(first)
    second = room.seat(boris)
    expect(card(second, taken).locator(".holder")).to_have_text(f"{ana} is reading this")
    read = current(second)
    assert read not in ("", taken), "what somebody reads is not offered"
    expect(card(first, read).locator(".holder")).to_have_text(f"{boris} is reading this")

    first.keyboard.press("j")
    moved = current(first)
    assert moved not in (taken, read), "the next card is one that nobody reads"
    expect(card(second, moved).locator(".holder")).to_have_text(f"{ana} is reading this")
    expect(card(second, taken).locator(".holder")).to_be_hidden()

    first.keyboard.press("a")
    expect(card(second, moved)).to_have_count(0)
    expect(second.locator("[data-open-count]")).to_have_attribute("data-open-count", "7")


def test_what_another_reads_cannot_be_decided(room: Room) -> None:
    room.fill(RUDE)
    ana, boris = room.person(), room.person()
    first = room.seat(ana)
    taken = current(first)
    second = room.seat(boris)
    card(second, taken).locator(".names").click(position={"x": 2, "y": 2})
    expect(card(second, taken)).to_have_attribute("aria-current", "true")
    with second.expect_response(answered(second, "/decide")) as answer:
        second.keyboard.press("a")
    assert answer.value.status == 409
    expect(second.locator("#says")).to_have_text(f"{ana} is reading this comment right now, so nothing was changed.")
    assert taken in queued(second), "the card comes back"
    assert room.decisions() == []
    room.expected("409")


def test_a_stale_tab_is_told_who_was_faster(room: Room) -> None:
    room.fill(RUDE)
    ana, boris = room.person(), room.person()
    first = room.visitor()
    first.route("**/review/events*", lambda route: route.fulfill(status=204))  # a tab that hears no news, as after a sleep
    first.locator("[name=username]").fill(ana)
    first.locator("[name=password]").fill("correct horse")
    first.locator("button.main").click()
    first.wait_for_url("**/review")
    first.wait_for_load_state()
    seen = current(first)
    room.end_claims()

    second = room.seat(boris)
    assert current(second) == seen, "a claim that has expired frees the comment"
    with second.expect_response(answered(second, "/decide")):
        second.keyboard.press("r")
        second.keyboard.press("1")
    with first.expect_response(answered(first, "/decide")) as answer:
        first.keyboard.press("a")
    assert answer.value.status == 409
    expect(first.locator("#says")).to_have_text(f"{boris} has decided on this comment since you opened it, so nothing was changed.")
    assert [(one["by"], one["kind"]) for one in room.decisions()] == [(boris, "reject")]
    expect(card(first, seen).locator(".past")).to_contain_text(f"{boris} rejected")
    expect(first.locator("[data-open-count]")).to_have_attribute("data-open-count", "3")
    first.wait_for_timeout(QUIET_MS)
    with first.expect_response(answered(first, "/decide")) as answer:
        first.keyboard.press("a")
    assert answer.value.status == 200, "who has read what the other did may decide otherwise"
    assert [(one["by"], one["kind"]) for one in room.decisions()] == [(boris, "reject"), (ana, "publish")]
    room.expected("409")


def test_an_edited_comment_is_read_again_first(room: Room) -> None:
    name = "live1"
    put = {"text": RUDE[0], "site": room.site, "language": "en"}
    assert room.desk.client.put(f"/v1/comments/{name}", json=put).status_code == 201
    page = room.seat(room.person())
    assert room.desk.client.put(f"/v1/comments/{name}", json=put | {"text": KIND[0]}).status_code == 200
    with page.expect_response(answered(page, "/decide")) as answer:
        page.keyboard.press("a")
    assert answer.value.status == 409
    expect(page.locator("#says")).to_contain_text("The comment was edited since you opened it, so nothing was changed.")
    assert room.decisions() == []
    expect(card(page, name).locator(".text")).to_have_text(KIND[0])
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "1")
    page.wait_for_timeout(QUIET_MS)
    with page.expect_response(answered(page, "/decide")) as answer:
        page.keyboard.press("a")
    assert answer.value.status == 200
    room.expected("409")


def test_new_comments_are_counted_on_the_open_page(room: Room) -> None:
    room.fill(RUDE + KIND)  # so many that the page asks for no further ones when it opens
    page = room.seat(room.person())
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "8")
    expect(page.locator("#news")).to_be_hidden()
    room.fill(KIND)
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "12")
    expect(page).to_have_title("(12) Queue · Threadwise")
    page.get_by_role("link", name="New comments: show them").click()
    expect(page.locator(".card")).to_have_count(12)
    expect(page.locator("#news")).to_be_hidden()


def test_what_comes_while_the_stream_opens_is_news_too(room: Room) -> None:
    room.fill(RUDE + KIND)
    ana, boris = room.person(), room.person()
    page, other = room.visitor(), room.seat(boris)
    taken = current(other)
    opened = []

    def late(route: Route) -> None:
        if not opened:
            room.fill(KIND)
            with other.expect_response(answered(other, "/decide")):
                other.keyboard.press("a")
        opened.append(route.request.url)
        route.continue_()

    page.route("**/review/events*", late)
    page.locator("[name=username]").fill(ana)
    page.locator("[name=password]").fill("correct horse")
    page.locator("button.main").click()
    expect(page.locator("#news")).to_be_visible()
    expect(card(page, taken)).to_have_count(0)
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "11")


def test_an_empty_queue_shows_what_comes(room: Room) -> None:
    page = room.seat(room.person())
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    room.fill(KIND)
    expect(page.locator(".card")).to_have_count(4)


def test_an_empty_view_keeps_what_is_typed_when_comments_come(room: Room) -> None:
    page = room.seat(room.person(), "/review?q=nowhere")
    page.locator("#q").fill("somewhere else")
    room.fill(KIND)
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "4")
    expect(page.get_by_role("heading", name="Nothing fits here")).to_be_visible()
    expect(page.locator("#news")).to_be_hidden()
    expect(page.locator("#q")).to_have_value("somewhere else")
