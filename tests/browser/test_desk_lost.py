"""What the page does by itself takes nothing from who works on it, and says nothing that is not so."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.desk import DOUBLE_MS, KIND, PASSWORD, RUDE, SQLITE_ONLY, Room, answered, current, queued, until

pytestmark = [pytest.mark.browser, SQLITE_ONLY]


def card(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator(f'.card[data-comment-id="{name}"]')


def is_open(page: Page, count: int) -> None:
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", str(count))


def hide(page: Page, *, hidden: bool) -> None:
    """As if another tab were in front."""
    page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')) }",
        hidden,
    )


def held_back(page: Page) -> list[Route]:
    """The next decisions wait until the test answers them."""
    waiting: list[Route] = []
    page.route("**/decide", lambda route: waiting.append(route) if not waiting else route.continue_())
    return waiting


def log_in(page: Page, name: str) -> None:
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button.main").click()
    page.wait_for_url("**/review")


def test_a_card_that_another_decided_stays_marked_until_it_is_left(room: Room) -> None:
    room.fill(RUDE)
    ana, boris = room.person(), room.person()
    page = room.seat(ana)
    taken = current(page)
    page.keyboard.press("n")
    page.keyboard.type("he has ")
    room.end_claims()
    room.decide([taken], boris)
    expect(card(page, taken).locator(".holder")).to_have_text(f"{boris} has decided on this comment.")
    page.keyboard.type("a point")
    expect(card(page, taken).locator("textarea")).to_have_value("he has a point")
    expect(card(page, taken).locator("textarea")).to_be_focused()
    page.locator("#says .close").click()
    for press in (lambda: card(page, taken).locator("[value=escalate]").click(), lambda: page.keyboard.press("a")):
        press()
        expect(page.locator("#says .bad")).to_contain_text(f"{boris} has decided on this comment.")
        page.locator("#says .close").click()
        card(page, taken).focus()
    assert current(page) == taken
    assert len(room.decisions()) == 1
    page.keyboard.press("j")
    expect(card(page, taken)).to_have_count(0)
    assert current(page) in queued(page)
    assert not [trouble for trouble in room.troubles if "409" in trouble], "what cannot be is not even asked for"


def test_a_reason_that_is_being_chosen_is_for_the_card_it_was_chosen_on(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    waiting = held_back(page)
    first = current(page)
    page.keyboard.press("a")
    while not waiting:
        page.wait_for_timeout(20)
    second = current(page)
    page.keyboard.press("r")
    waiting[0].fulfill(status=502, body="")
    expect(card(page, first)).to_have_count(1)
    assert current(page) == second
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("1")
    assert [(one["id"], one["labels"]) for one in room.decisions()] == [(second, ["insult"])]
    room.expected("502")


def test_a_double_tap_decides_one_comment(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person(), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    box = page.locator(".card[aria-current=true] [value=publish]").bounding_box()
    assert box
    for _ in range(2):
        page.touchscreen.tap(box["x"] + 40, box["y"] + 15)
        page.wait_for_timeout(100)
    is_open(page, 3)
    page.wait_for_timeout(DOUBLE_MS)
    assert len(room.decisions()) == 1


def test_a_double_click_on_undo_takes_one_decision_back(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    for _ in range(2):
        with page.expect_response(answered(page, "/decide")):
            page.keyboard.press("a")
    with page.expect_response(answered(page, "/undo")):
        page.locator("#undo button").dblclick()
    page.wait_for_timeout(DOUBLE_MS)
    is_open(page, 3)
    assert [one["kind"] for one in room.decisions()] == ["publish", "publish", "undo"]


def test_two_clicks_on_a_comments_own_page_are_one_decision(room: Room) -> None:
    [name, *_] = room.fill(RUDE)
    page = room.seat(room.person(), f"/review/comments/{room.numbers()[name]}")
    waiting = held_back(page)
    page.keyboard.press("a")
    page.keyboard.press("a")
    while not waiting:
        page.wait_for_timeout(20)
    page.wait_for_timeout(200)
    waiting[0].continue_()
    expect(page.locator("#says .good")).to_contain_text("Approved.")
    expect(page.locator("#says .bad")).to_have_count(0)
    assert len(room.decisions()) == 1


def test_a_bulk_action_is_taken_back_by_a_key_only_when_that_is_meant(room: Room) -> None:
    ids = room.fill(RUDE)
    ana = room.person()
    room.decide(ids, ana, "reject", batch="0123456789abcdef")
    page = room.seat(ana)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    with page.expect_response(answered(page, "/undo")):
        page.keyboard.press("z")
    until(lambda: page.evaluate("1") == 1 and len(asked) == 1)
    assert len(room.decisions()) == 4
    page.keyboard.press("z")
    expect(page.locator("#says")).to_contain_text("Undone: 4 comments are as they were.")
    is_open(page, 4)
    assert asked == ["That was a bulk action. Undo all of it?"] * 2


def test_nothing_fits_a_narrow_view_though_others_wait_and_what_was_skipped_is_said(room: Room) -> None:
    room.fill(RUDE)
    room.fill(KIND, lang="de")
    page = room.seat(room.person(), "/review?lang=de")
    fits, over = page.get_by_role("heading", name="Nothing fits here"), page.get_by_role("heading", name="That was the last one")
    count = page.locator(".card").count()
    for left in range(count, 0, -1):
        with page.expect_response(answered(page, "/decide")):
            page.keyboard.press("a" if left > 1 else "s")
    expect(over).to_be_visible()
    expect(fits).to_be_hidden()
    page.get_by_role("link", name="Back to the top: skipped comments wait there").click()
    expect(page.locator(".card")).to_have_count(1)
    assert "lang=de" in page.url
    page.keyboard.press("a")
    expect(fits).to_be_visible()
    expect(over).to_be_hidden()


def test_a_card_becomes_current_when_the_last_claim_of_others_ends(room: Room) -> None:
    room.fill(RUDE[:2])
    ana, boris, celia = room.person(), room.person(), room.person()
    for name in (boris, celia):
        room.seat(name)
    page = room.seat(ana)
    expect(page.locator(".card.held")).to_have_count(2)
    page.keyboard.press("Escape")
    room.fill(KIND[:1])
    expect(page.locator("#news")).to_be_visible()
    room.end_claims()
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_hidden()
    expect(page.locator(".card:not(.held)").first).to_be_visible()
    assert current(page)


def test_a_claim_that_hears_of_the_ended_session_keeps_what_is_being_written(room: Room) -> None:
    room.fill(RUDE)
    ana = room.person()
    page = room.seat(ana)
    first = current(page)
    page.keyboard.press("n")
    page.keyboard.type("not yet done")
    page.context.clear_cookies()
    hide(page, hidden=True)
    hide(page, hidden=False)  # who comes back renews the claim
    page.wait_for_url("**/login**")
    log_in(page, ana)
    expect(card(page, first).locator("textarea")).to_have_value("not yet done")
    expect(page.locator("#says .bad")).to_have_count(0)
    room.expected("401")
    room.troubles[:] = [one for one in room.troubles if "EventSource" not in one]


def test_what_was_written_is_not_shown_to_another_person(room: Room) -> None:
    room.fill(RUDE)
    ana, boris = room.person(), room.person()
    page = room.seat(ana)
    page.keyboard.press("n")
    page.keyboard.type("between us")
    page.keyboard.press("Escape")
    page.context.clear_cookies()
    page.keyboard.press("a")
    page.wait_for_url("**/login**")
    log_in(page, boris)
    expect(page.locator(".card")).to_have_count(4)
    assert not page.evaluate("[...document.querySelectorAll('textarea')].some(one => one.value)")
    expect(page.locator("#says .bad")).to_have_count(0)
    room.expected("401")


def test_a_form_without_a_script_learns_that_it_was_not_kept(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person(), java_script_enabled=False)
    page.context.clear_cookies()
    page.locator(".card[aria-current=true] [value=publish]").click()
    expect(page.get_by_role("alert")).to_have_text("The session has ended; what you did last was not kept.")
    assert room.decisions() == []


def test_a_card_that_was_erased_leaves_with_the_renewal_of_its_claim(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    first = current(page)
    assert room.desk.store.erase.comment(first, room.site, "test", int(time.time() * 1000)) == 1
    hide(page, hidden=True)
    hide(page, hidden=False)
    expect(page.locator("#says .bad")).to_contain_text("The comment was erased.")
    expect(card(page, first)).to_have_count(0)
    assert current(page)
    room.expected("404")


def test_a_hidden_page_holds_no_connection_and_hears_afterwards_what_it_missed(room: Room) -> None:
    room.fill(RUDE)
    ana, boris = room.person(), room.person()
    page = room.seat(ana)
    asked: list[str] = []
    closed: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/review/events" in request.url else None)
    page.on("requestfailed", lambda request: closed.append(request.url) if "/review/events" in request.url else None)
    is_open(page, 4)
    page.wait_for_timeout(500)
    hide(page, hidden=True)
    until(lambda: page.evaluate("1") == 1 and bool(closed))
    before = len(asked)
    [mine, other, *_] = queued(page)
    room.decide([other], boris)
    page.wait_for_timeout(1_500)
    assert len(asked) == before
    expect(card(page, other)).to_have_count(1)
    hide(page, hidden=False)
    expect(card(page, other)).to_have_count(0)
    assert current(page) == mine


def test_a_page_without_news_says_so(room: Room) -> None:
    room.fill(RUDE)
    page = room.visitor()
    page.route("**/review/events*", lambda route: route.fulfill(status=502, body=""))
    log_in(page, room.person())
    expect(page.get_by_text("No live news")).to_be_visible()
    page.unroute("**/review/events*")
    expect(page.get_by_text("No live news")).to_be_hidden()
    room.expected("502")


def test_what_others_take_back_is_announced_only_where_it_is_shown(room: Room) -> None:
    ids = room.fill(RUDE)
    ana, boris = room.person(), room.person()
    page, decided = room.seat(ana), room.seat(ana, "/review?state=decided")
    other = room.seat(boris)
    with other.expect_response(answered(other, "/decide")):
        other.keyboard.press("a")
    expect(page.locator(".card")).to_have_count(len(ids) - 1)
    is_open(page, 3)
    with other.expect_response(answered(other, "/undo")):
        other.keyboard.press("z")
    expect(page.locator("#news")).to_be_visible()
    is_open(decided, 4)
    decided.wait_for_timeout(500)
    expect(decided.locator("#news")).to_be_hidden()
    expect(other.locator("#news")).to_be_hidden()


def test_the_count_is_a_sentence_for_any_number(room: Room) -> None:
    room.fill(RUDE[:2])
    ana = room.person()
    for accept, sentences in (("en", ("1 open comment", "2 open comments")), ("pl", ("1 otwarty komentarz", "2 otwarte komentarze"))):
        page = room.seat(ana, locale=accept)
        with page.expect_response(answered(page, "/decide")):
            page.keyboard.press("a")
        expect(page.locator("h1")).to_have_text(sentences[0])
        with page.expect_response(answered(page, "/undo")):
            page.keyboard.press("z")
        expect(page.locator("h1")).to_have_text(sentences[1])


def test_unticking_the_last_one_takes_its_words_away(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    box = page.locator(".card .select").first
    box.check()
    expect(page.locator("#says")).to_contain_text("1 selected")
    box.uncheck()
    expect(page.locator("#says .toast")).to_have_count(0)
