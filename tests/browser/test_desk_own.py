"""What a person sets and how else they work: own keys, touch and mouse, blurred texts, selection, a break in time, a viewer's view."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import DOUBLE_MS, KIND, RUDE, SQLITE_ONLY, Room, answered, current, until

pytestmark = [pytest.mark.browser, SQLITE_ONLY]


def test_keys_can_be_changed(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person(), "/preferences")
    page.locator("[name=approve]").fill("q")
    page.get_by_role("button", name="Save the keys").click()
    page.goto("/review")
    page.keyboard.press("a")
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("q")
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "3")
    assert [one["kind"] for one in room.decisions()] == ["publish"]
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text(re.compile(r"q\s*Approve"))
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_a_phone_decides_by_touch(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = room.seat(room.person(), viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    for act in ("publish", "highlight", "escalate"):
        with page.expect_response(answered(page, "/decide")):
            page.locator(f".card[aria-current=true] [value={act}]").tap()
        page.wait_for_timeout(DOUBLE_MS)
    with page.expect_response(answered(page, "/decide")):
        page.locator(".card[aria-current=true] .reject > summary").tap()
        page.locator(".card[aria-current=true] [value='reject:insult']").tap()
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "4")
    assert [one["kind"] for one in room.decisions()] == ["publish", "highlight", "escalate", "reject"]
    with page.expect_response(answered(page, "/undo")):
        page.locator("#says button").tap()
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "5")
    page.wait_for_timeout(DOUBLE_MS)
    for left in (6, 7, 8):
        page.locator("#undo button").tap()
        expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", str(left))
        page.wait_for_timeout(DOUBLE_MS)
    small = page.evaluate(
        "[...document.querySelectorAll('.card[aria-current=true] :is(button, summary)')].filter(one => one.checkVisibility())"
        ".map(one => one.getBoundingClientRect()).filter(box => box.width < 24 || box.height < 24).length"
    )
    assert small == 0, "smaller than a finger may be asked to hit (WCAG 2.5.8)"


def test_filters_wait_for_their_button_and_the_order_does_not(room: Room) -> None:
    ids = room.fill(RUDE + KIND)
    page = room.seat(room.person())
    page.locator(".more > summary").click()
    page.locator("[name=author]").fill("Author 2")
    page.locator("[name=sentiment]").select_option("")
    page.locator("[name=hours]").select_option("24")
    expect(page.locator(".card")).to_have_count(len(ids))
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".card")).to_have_count(1)
    assert "hours=24" in page.url
    page.get_by_role("link", name="Clear").click()
    expect(page.locator(".card")).to_have_count(len(ids))
    page.locator("[name=sort]").select_option("oldest")
    page.wait_for_url("**sort=oldest**")
    assert current(page) == ids[0]


def test_the_most_severe_texts_are_blurred_until_asked_for(room: Room) -> None:
    room.fill([RUDE[0], KIND[0]])
    page = room.seat(room.person(), "/review?sort=score")
    blurred = "text => getComputedStyle(text).filter.includes('blur')"
    severe, mild = page.locator(".card").nth(0), page.locator(".card").nth(1)
    assert severe.locator(".text").evaluate(blurred), "the tiny model finds this severe"
    assert not mild.locator(".text").evaluate(blurred)
    if current(page) != severe.get_attribute("data-comment-id"):
        page.keyboard.press("k")
    page.keyboard.press("b")
    until(lambda: not severe.locator(".text").evaluate(blurred))


def test_selected_comments_are_decided_together_each_with_its_row(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = room.seat(room.person())
    for _ in range(3):
        page.keyboard.press("x")
        page.keyboard.press("j")
    expect(page.locator("#says")).to_contain_text("3 selected")
    page.keyboard.press("r")
    page.keyboard.press("8")
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "5")
    until(lambda: [(one["kind"], one["labels"]) for one in room.decisions()] == [("reject", ["spam"])] * 3)


@pytest.mark.parametrize("way", ["key", "button"])
def test_the_last_decision_is_taken_back_from_an_empty_queue(room: Room, way: str) -> None:
    [name] = room.fill(RUDE[:1])
    page = room.seat(room.person())
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("a")
    page.reload()
    expect(page.locator("#empty")).to_be_visible()
    page.keyboard.press("z") if way == "key" else page.locator("#undo button").click()
    expect(page.locator(".card[aria-current=true]")).to_have_attribute("data-comment-id", name)


def test_a_break_is_suggested_in_time(room: Room) -> None:
    page = room.visitor()
    page.clock.install()
    page.locator("[name=username]").fill(room.person())
    page.locator("[name=password]").fill("correct horse")
    page.locator("button.main").click()
    page.wait_for_url("**/review")
    for _ in range(9):
        page.clock.fast_forward("06:00")
        page.keyboard.press("j")
    page.clock.run_for(20_000)
    expect(page.locator("#break")).to_be_visible()
    page.get_by_role("button", name="I am back from a break").click()
    expect(page.locator("#break")).to_be_hidden()


def test_a_viewer_sees_and_decides_nothing(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person("viewer"))
    expect(page.locator(".card")).to_have_count(4)
    expect(page.locator(".acts")).to_have_count(0)
    first = current(page)
    page.keyboard.press("j")
    assert current(page) not in ("", first), "looking is for everybody"
    page.locator("#keys-help").click()
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    status = page.evaluate(
        "fetch(`/review/comments/${document.querySelector('.card').dataset.number}/decide`, {method: 'POST'}).then(r => r.status)"
    )
    assert status == 403
    assert room.decisions() == []
    room.expected("403")


def test_a_comment_by_itself_stays_and_shows_what_was_decided(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    page.locator(".card[aria-current=true] .when").click()
    page.wait_for_url("**/review/comments/*")
    for key, badge in (("a", "approved"), ("h", "highlighted"), ("e", "escalated")):
        with page.expect_response(answered(page, "/decide")) as answer:
            page.keyboard.press(key)
        assert answer.value.status == 200
        expect(page.locator(".card header .badge").first).to_have_text(badge)
    with page.expect_response(answered(page, "/undo")):
        page.keyboard.press("z")
    expect(page.locator(".card header .badge").first).to_have_text("highlighted")
    page.keyboard.press("s")
    page.wait_for_url("**/review")
