"""The core actions without JavaScript: plain forms and links do them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import KIND, PASSWORD, RUDE, SQLITE_ONLY, Room, queued

pytestmark = [pytest.mark.browser, SQLITE_ONLY]


def opened(room: Room) -> Page:
    """A page without scripts, logged in through the form."""
    page = room.visitor("/review", java_script_enabled=False)
    page.locator("[name=username]").fill(room.person())
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button.main").click()
    page.wait_for_url("**/review")
    return page


def follow(page: Page, link: Locator) -> None:
    """Clicks, and waits until the next page is there as a whole."""
    with page.expect_navigation():
        link.click()


def number(page: Page) -> str:
    return page.locator("[data-open-count]").get_attribute("data-open-count") or ""


def test_deciding_noting_and_undoing(room: Room) -> None:
    room.fill(RUDE + KIND)
    before = room.states()
    page = opened(room)
    card = page.locator(".card[aria-current=true]")
    assert number(page) == "8"

    card.locator("[name=act][value=publish]").click()
    assert number(page) == "7"
    expect(page.locator("#says")).to_contain_text("Approved.")
    card.locator(".reject > summary").click()
    card.locator("[value='reject:threat']").click()
    expect(page.locator("#says")).to_contain_text("Rejected.")
    card.locator(".note > summary").click()
    card.locator("textarea").fill("please look")
    card.locator("[value=escalate]").click()
    expect(page.locator("#says")).to_contain_text("Escalated.")
    card.locator("[value=highlight]").click()
    assert number(page) == "4"
    assert [(one["kind"], one["labels"], one["note"]) for one in room.decisions()] == [
        ("publish", [], None),
        ("reject", ["threat"], None),
        ("escalate", [], "please look"),
        ("highlight", [], None),
    ]
    page.locator("#says button").click()
    assert number(page) == "5"
    page.locator(".tabs a", has_text="Escalated").click()
    expect(page.locator(".past")).to_contain_text("please look")
    assert sum(holds != before[name] for name, holds in room.states().items()) == 3


def test_skipping_and_turning_pages(room: Room) -> None:
    ids = room.fill((RUDE + KIND) * 2)
    page = opened(room)
    first = page.locator(".card[aria-current=true]").get_attribute("data-comment-id")
    follow(page, page.locator(".card[aria-current=true] [value=skip]"))
    assert page.locator(".card[aria-current=true]").get_attribute("data-comment-id") != first
    page.goto("/review")
    seen = set(shown(page))
    follow(page, page.locator("#further"))
    assert seen | set(shown(page)) == set(ids)


def shown(page: Page) -> list[str]:
    return [card.get_attribute("data-comment-id") or "" for card in page.locator(".card").all()]


def test_filters_search_and_views(room: Room) -> None:
    room.fill(RUDE + KIND)
    page = opened(room)
    page.locator("#q").fill("bus trash")
    follow(page, page.locator("form.search button"))
    assert len(shown(page)) == 1
    page.locator(".saved > summary").click()
    page.locator(".keep [name=name]").fill("trash")
    follow(page, page.locator(".keep button"))
    page.goto("/review")
    page.locator(".saved > summary").click()
    follow(page, page.get_by_role("link", name="trash"))
    assert len(shown(page)) == 1
    page.goto("/review")
    page.locator(".more > summary").click()
    page.locator("[name=author]").fill("Author 3")
    follow(page, page.locator("button.show"))
    expect(page.locator(".card .author")).to_have_text(["Author 3"])


def test_bulk_with_undo(room: Room) -> None:
    room.fill(RUDE + KIND)
    before = room.states()
    page = opened(room)
    page.locator("nav.places a[href='/review/bulk']").click()
    page.locator("[name=low]").fill("0")
    page.locator("[name=high]").fill("100")
    page.locator(".show-range").click()
    page.locator("button[value=reject]").click()
    expect(page.locator("form.toast")).to_contain_text("8 comments rejected.")
    page.locator("#undo-all").click()
    expect(page.locator("p.notice.good")).to_contain_text("Undone: 8 comments are as they were.")
    assert room.states() == before


def test_a_stale_form_is_refused_with_a_reason(room: Room) -> None:
    room.fill(RUDE)
    page = opened(room)
    room.end_claims()
    faster = room.seat(room.person())
    assert queued(faster)[0] == page.locator(".card").first.get_attribute("data-comment-id")
    with faster.expect_response(lambda response: response.url.endswith("/decide")):
        faster.keyboard.press("a")
    page.locator(".card").first.locator("[value=highlight]").click()
    expect(page.locator("main")).to_contain_text("has decided on this comment since you opened it, so nothing was changed.")
    assert len(room.decisions()) == 1
    room.expected("409")
