"""The server is killed in the middle of decisions: what was acknowledged is kept, the rest comes back, undo and claims go on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Request, expect

from tests.browser.desk import KIND, QUIET_MS, Room, current

pytestmark = pytest.mark.browser

COUNT = 10
RECORD = """() => {
    window.told = [];
    const says = document.getElementById('says');
    new MutationObserver(() => told.push(says.textContent.trim())).observe(says, {childList: true});
}"""
"""Keeps everything that the page tells."""


def test_kill_9_in_the_middle_of_decisions(own_room: Room) -> None:
    room, server = own_room, own_room.desk.server
    room.fill(KIND * 3)
    before, name = room.states(), room.person()
    page = room.seat(name, bypass_csp=True)  # the recorder is no script of the page
    acknowledged: list[int] = []

    def note(request: Request) -> None:
        answer = request.response()
        if request.url.endswith("/decide") and answer is not None and answer.status == 200:
            acknowledged.append(answer.json()["decision"])

    page.on("requestfinished", note)
    page.evaluate(RECORD)
    for at in range(COUNT):
        page.keyboard.press("a")
        if at == COUNT // 2:
            page.wait_for_function("told.filter(text => text.startsWith('Approved')).length >= 2")
            server.kill()
        if at > COUNT // 2:
            page.wait_for_timeout(QUIET_MS)  # a card that comes back is not decided by a key that was meant for another
    page.wait_for_function("told.filter(text => text.startsWith('The server could not be reached')).length >= 3")
    server.start()

    kept = room.decisions()
    assert acknowledged
    assert set(acknowledged) <= {one["number"] for one in kept}, "an acknowledged decision was lost"
    assert {name for name, holds in room.states().items() if holds["state"] == "decided"} == {one["id"] for one in kept}

    page.reload()
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", str(12 - len(kept)))
    for back in range(1, len(kept) + 1):
        page.keyboard.press("z")
        expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", str(12 - len(kept) + back))
    assert room.states() == before

    read = current(page)
    page.close()
    holder = f".card[data-comment-id='{read}'] .holder"
    first = room.seat(room.person())
    expect(first.locator(holder)).to_be_visible()  # a claim outlives the server
    assert current(first) != read
    first.close()  # an open page keeps its own claim alive
    room.end_claims()
    expect(room.seat(room.person()).locator(holder)).to_be_hidden()  # and ends by itself
    room.expected("ERR_")
