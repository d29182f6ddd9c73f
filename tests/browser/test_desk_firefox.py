"""The desk in Firefox. Skipped where there is none: CI installs Chromium only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import firefox
from tests.browser.desk import KIND, PASSWORD, RUDE, SQLITE_ONLY, Room, until
from tests.browser.firefox import Firefox

pytestmark = [pytest.mark.browser, SQLITE_ONLY]
COUNT = "Number(document.querySelector('[data-open-count]').dataset.openCount)"
CURRENT = "document.querySelector('.card[aria-current=true]')?.dataset.commentId"
PAGES = ("/review", "/review?state=decided", "/review/bulk?low=0", "/review/policy?at.1=90", "/insight?tables=1", "/labels", "/preferences")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Firefox]:
    path = firefox.binary()
    if path is None:
        pytest.skip("Firefox is not installed (apt-get install firefox-esr)")
    with firefox.running(path, tmp_path) as started:
        yield started


def test_a_shift_in_firefox(room: Room, browser: Firefox) -> None:
    ids = room.fill((RUDE + KIND) * 2, replies=True)
    before = room.states()
    browser.goto(f"{room.desk.server.url}/review")
    browser.press(*room.person(), "Tab", *PASSWORD, "Enter")
    browser.until("document.readyState + location.pathname", "complete/review")
    browser.until(COUNT, 16)
    browser.until("document.activeElement?.dataset.commentId", browser.evaluate(CURRENT))

    for left, keys in enumerate((("a",), ("r", "1"), ("h",), ("r", "Enter"), ("e",), ("n", *"seen", "Escape", "a")), start=1):
        at = browser.evaluate(CURRENT)
        browser.press(*keys)
        browser.until(f"{CURRENT} !== {at!r} && {COUNT}", 16 - left)
    until(lambda: len(room.decisions()) == 6)
    made = [(one["kind"], one["labels"], one["note"]) for one in room.decisions()]
    assert made[:3] == [("publish", [], None), ("reject", ["insult"], None), ("highlight", [], None)]
    assert made[3:] == [("reject", ["other"], None), ("escalate", [], None), ("publish", [], "seen")]
    for back in range(1, 7):
        browser.press("z")
        browser.until(COUNT, 10 + back)
    assert room.states() == before

    read = browser.evaluate(CURRENT)
    browser.press("j", "x")
    browser.until("document.querySelectorAll('.card.selected').length", 1)
    assert browser.evaluate(CURRENT) in set(ids) - {read}
    another = room.seat(room.person())
    held = another.locator(".card[aria-current=true]").get_attribute("data-comment-id")
    browser.until(f"document.querySelector('.card[data-comment-id=\"{held}\"] .holder').hidden", False)
    browser.picture(room.pictures / "queue-firefox.png")

    for path in PAGES:
        browser.goto(room.desk.server.url + path)
        assert browser.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        browser.picture(room.pictures / f"{path.strip('/').replace('/', '-').partition('?')[0]}-firefox.png")
    assert browser.troubles == []
