"""Small things that cost a moderator time: a page that moves under the finger, a panel in the way, a broken word, a click too quick."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from serve.review.i18n import CODES
from tests.browser.desk import KIND, RUDE, SQLITE_ONLY, Room, answered

pytestmark = [pytest.mark.browser, SQLITE_ONLY]

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
BAND = '[name="at.1"]'
"""The band of tests/browser/policy.toml."""


def test_the_policy_page_leads_to_the_log_in_when_the_session_has_ended(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person(), "/review/policy")
    page.context.clear_cookies()
    page.locator(BAND).fill("60")
    page.wait_for_url("**/login?next=**")


def test_a_threshold_beyond_a_hundred_per_cent_is_not_tried(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person(), "/review/policy")
    page.locator(BAND).fill("150")
    page.wait_for_timeout(700)
    assert "at.1" not in page.url
    assert page.locator(BAND).evaluate("field => field === document.activeElement && !field.validity.valid")
    page.locator(BAND).fill("60")
    page.wait_for_url("**at.1=60**")


def test_a_finger_scrolls_over_the_histogram(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = room.seat(room.person(), "/review/bulk", **PHONE)
    before, box = page.url, page.locator("#histogram").bounding_box()
    assert box is not None
    finger = page.context.new_cdp_session(page)
    x, y = box["x"] + 100, box["y"] + 150
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 20 * step}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("scrollY > 50")
    page.wait_for_timeout(300)
    assert page.url == before, "no range was sent"


def test_no_break_is_suggested_in_the_middle_of_a_sentence(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    page.evaluate("localStorage.setItem('threadwise-since', Date.now() - 51 * 60_000), localStorage.setItem('threadwise-last', Date.now())")
    page.clock.install()
    page.reload()
    page.keyboard.press("n")
    page.keyboard.type("a long")
    page.clock.run_for(60_000)
    expect(page.locator("#break")).to_be_hidden()
    page.keyboard.press("Escape")
    page.clock.run_for(60_000)
    expect(page.locator("#break")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.locator("#break")).to_be_visible()
    assert room.decisions() == []


def test_the_order_is_named_as_it_is_after_going_back(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    page.locator("[name=sort]").select_option("newest")
    page.wait_for_url("**sort=newest**")
    page.go_back()
    expect(page.locator("#filters [name=sort]")).to_have_value("")


def test_a_note_that_was_taken_back_says_so(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    page.keyboard.press("n")
    page.keyboard.type("a slip")
    with page.expect_response(answered(page, "/decide")):
        page.locator(".card[aria-current=true] [value=note]").click()
    page.locator(".past").wait_for()
    with page.expect_response(answered(page, "/undo")):
        page.locator("#undo button").click()
    expect(page.locator(".past .undone")).to_contain_text("a slip (undone)")


def test_a_printed_queue_shows_the_scores_and_no_buttons(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person())
    page.emulate_media(media="print")
    expect(page.locator(".card[aria-current=true] svg.bar").first).to_be_visible()
    for gone in ("header.bar", ".tools", ".search", ".card[aria-current=true] .acts"):
        expect(page.locator(gone)).to_be_hidden()


def tops_of(page: Page, *selectors: str) -> list[float]:
    return [page.locator(one).first.evaluate("one => one.getBoundingClientRect().top") for one in selectors]


def test_set_filters_are_named_above_the_comments_and_taken_away_one_by_one(room: Room) -> None:
    room.fill(RUDE + KIND)
    path = "/review?author=Author+1&low=1&high=100&sentiment=negative&hours=24&sort=newest"
    for look, most in ((PHONE, 500), ({"viewport": {"width": 1280, "height": 900}}, 300)):
        page = room.seat(room.person(), path.replace("&sentiment=negative", ""), **look)
        assert tops_of(page, ".card")[0] < most, "the panel is closed"
    chips = ["Author: Author 1", "toxic: 1% – 100%", "Came within: 24 hours"]
    expect(page.locator(".chosen a.chip")).to_have_text([f"{says} ×Remove" for says in chips])
    expect(page.locator(".chosen")).to_contain_text("1 comment fits")
    assert max(tops := tops_of(page, ".more", "#keys-help", ".saved")) - min(tops) < 20, "one row of tools, whatever is set"
    room.picture(page, "queue-filtered")
    page.goto(path)
    expect(page.locator(".chosen")).to_contain_text("Tone: negative")
    page.locator(".chosen a.chip", has_text="Tone").click()
    page.locator(".chosen a.chip", has_text="Author").click()
    page.locator(".chosen a.chip", has_text="toxic").click()
    expect(page.locator(".chosen a.chip")).to_have_count(1)
    assert page.url.partition("?")[2] == "hours=24&sort=newest"
    page.locator(".more > summary").click()
    labels = tops_of(page, ".fields .range legend", ".field:has(> [name=author])")
    assert abs(labels[0] - labels[1]) < 2, "the labels of one row stand on one line"


@pytest.mark.parametrize("width", [360, 390])
def test_no_word_on_a_button_is_broken_on_a_phone(room: Room, width: int) -> None:
    room.fill(RUDE)
    name = room.person()
    broken = """() => [...document.querySelectorAll('.card[aria-current=true] .mainly > *')].flatMap(button => {
        const walker = document.createTreeWalker(button.querySelector('summary') ?? button, NodeFilter.SHOW_TEXT);
        const found = [];
        for (let node = walker.nextNode(); node; node = walker.nextNode())
            for (const word of node.data.matchAll(/\\S+/g)) {
                const range = document.createRange();
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) found.push(word[0]);
            }
        return found;
    })"""
    page = room.seat(name, viewport={"width": width, "height": 844})
    found = {}
    for code in CODES:
        room.desk.store.desk.saved.prefer(name, language=code)
        page.reload()
        found[code] = page.evaluate(broken)
    assert {code: words for code, words in found.items() if words} == {}


def test_bulk_without_comments_draws_nothing(room: Room) -> None:
    page = room.seat(room.person(), "/review/bulk")
    expect(page.locator("#no-columns")).to_have_text("Nothing fits here")
    expect(page.locator("figure")).to_have_count(0)
    page.locator("[name=output]").select_option("toxicity.insult")
    page.wait_for_url("**toxicity.insult**")


def test_nobody_is_shut_out_by_one_click(room: Room) -> None:
    admin, other = room.person("admin"), room.person()
    page = room.seat(admin, "/people")
    row = page.locator(".persons li", has_text=other)
    row.locator(".sure > summary").click()
    expect(row.locator(".sure form")).to_contain_text(f"{other} is logged out at once and cannot log in again.")
    room.picture(page, "people-sure")
    assert [one.disabled for one in room.desk.store.people.all(0) if one.name == other] == [False]
    row.locator(".sure form button").click()
    page.wait_for_url("**done=disabled")
    assert [one.disabled for one in room.desk.store.people.all(0) if one.name == other] == [True]


def test_the_outcomes_table_fits_a_phone(room: Room) -> None:
    room.fill(RUDE)
    for code in ("en", "de"):
        page = room.seat(room.person(), "/review/policy", locale=code, **PHONE)
        room.picture(page, f"policy-{code}-phone")
        assert page.locator("#outcome .table").evaluate("table => table.scrollWidth - table.clientWidth") <= 0


def test_the_buttons_do_not_cover_the_words_on_a_low_screen(room: Room) -> None:
    room.fill(RUDE)
    page = room.seat(room.person(), viewport={"width": 640, "height": 450})
    boxes = [page.locator(f".card[aria-current=true] {part}").bounding_box() for part in (".text", ".acts")]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]
