"""Bulk by score: a range dragged over the histogram, what it holds, one decision on all of it, and all of it back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from serve.store.tables import comments
from tests.browser.desk import KIND, RUDE, Room

pytestmark = pytest.mark.browser

LOW, HIGH = 40, 100
"""Per cent: the tiny model puts what is rude above and what is kind below."""


def scores(room: Room) -> dict[str, float]:
    query = sa.select(comments.c.id, comments.c.toxicity_toxicity).where(comments.c.site == room.site)
    with room.desk.store.engine.connect() as connection:
        return {row.id: row.toxicity_toxicity for row in connection.execute(query)}


def drag(page: Page, low: int, high: int) -> None:
    """From the column that begins at `low` to the one that ends at `high`."""
    box = page.locator("#histogram").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * (low + 1) / 100, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (high - 1) / 100, y, steps=4)
    with page.expect_navigation():
        page.mouse.up()


@pytest.mark.parametrize("act", ["publish", "reject"])
def test_a_dragged_range_is_decided_at_once_and_undone_at_once(room: Room, act: str) -> None:
    room.fill((RUDE + KIND) * 3)
    before, found = room.states(), scores(room)
    inside = {name for name, score in found.items() if LOW / 100 <= score <= HIGH / 100}
    assert 0 < len(inside) < len(found), "the range must divide the comments"
    page = room.seat(room.person(), "/review/bulk")
    drag(page, LOW, HIGH)
    assert page.locator("[name=low]").input_value() == str(LOW)
    assert page.locator("[name=high]").input_value() == str(HIGH)
    expect(page.locator("#held")).to_have_attribute("data-held", str(len(inside)))
    expect(page.locator(".preview")).to_contain_text("Nobody has decided on any comment of this range yet")
    expect(page.locator(".sample li")).to_have_count(min(6, len(inside)))
    page.locator(f'button[name=act][value="{act}"]').click()
    expect(page.locator("#held")).to_have_attribute("data-held", "0")
    expect(page.locator("form.toast")).to_contain_text(f"{len(inside)} comments {'rejected' if act == 'reject' else 'approved'}.")

    after = room.states()
    assert {name for name, holds in after.items() if holds["state"] == "decided"} == inside
    assert {after[name]["action"] for name in inside} == {act}
    assert {name: after[name] for name in found.keys() - inside} == {name: before[name] for name in found.keys() - inside}
    assert len({one["batch"] for one in room.decisions()}) == 1

    page.locator("#undo-all").click()
    expect(page.locator("p.notice.good")).to_contain_text(f"Undone: {len(inside)} comments are as they were.")
    expect(page.locator("#held")).to_have_attribute("data-held", str(len(inside)))
    assert room.states() == before


def test_the_preview_says_how_many_would_be_wrong(room: Room) -> None:
    room.fill(RUDE * 4)
    page = room.seat(room.person(), "/review?sort=score")
    for keys in ("r1", "r1", "r1", "a"):
        left = page.locator("[data-open-count]").get_attribute("data-open-count")
        with page.expect_response(lambda response: response.url.endswith("/decide")):
            for key in keys:
                page.keyboard.press(key)
        expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", str(int(left or 0) - 1))
    page.goto("/review/bulk?low=0&high=100")
    expect(page.locator("#held")).to_have_attribute("data-held", "12")
    expect(page.locator(".preview")).to_contain_text("12 comments; at this precision about 3 would be wrong")
    expect(page.locator(".preview")).to_contain_text("12 comments; at this precision about 9 would be wrong")


def test_what_another_reads_is_left_open(room: Room) -> None:
    room.fill(RUDE)
    reader = room.seat(room.person())
    read = reader.locator(".card[aria-current=true]").get_attribute("data-comment-id")
    page = room.seat(room.person(), "/review/bulk?low=0&high=100")
    page.locator('button[value="reject"]').click()
    expect(page.locator("form.toast")).to_contain_text("3 comments rejected.")
    assert [name for name, holds in room.states().items() if holds["state"] == "open"] == [read]
