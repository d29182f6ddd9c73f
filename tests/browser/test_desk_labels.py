"""What was decided in the browser comes out of `threadwise labels export`; the reading room adds readings that know no decision."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.desk import AXE_RULES, RUDE, Room, answered, current
from tests.server import threadwise

pytestmark = pytest.mark.browser


def exported(room: Room) -> dict[str, dict[str, object]]:
    lines = threadwise("labels", "export", "--database", room.desk.server.database, "--site", room.site).splitlines()
    return {row["id"].removeprefix(f"{room.site}:"): row for row in map(json.loads, lines)}


def decide(page: Page, *keys: str) -> str:
    name = current(page)
    with page.expect_response(answered(page, "/decide")) as answer:
        for key in keys:
            page.keyboard.press(key)
    assert answer.value.status == 200
    return name


def test_every_decision_that_stands_becomes_a_row(room: Room) -> None:
    room.fill(RUDE * 2)
    name = room.person()
    page = room.seat(name)
    insult = decide(page, "r", "1")
    fine = decide(page, "a")
    corrected = current(page)
    page.keyboard.press("c")
    page.locator(f'.card[data-comment-id="{corrected}"] [name="fix:sentiment"]').select_option("negative")
    page.locator(f'.card[data-comment-id="{corrected}"] [name="fix:toxicity.threat"]').select_option("1")
    page.keyboard.press("Escape")
    decide(page, "r", "3")
    decide(page, "r", "2")
    page.keyboard.press("z")
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "5")

    rows = exported(room)
    assert set(rows) == {insult, fine, corrected}, "what was undone is no label"
    assert all(row["by"] == name and row["model"] and row["why"] == "decision" for row in rows.values())
    assert (rows[insult]["action"], rows[insult]["insult"], rows[insult]["threat"]) == ("reject", 1, None)
    assert rows[fine]["action"] == "publish"
    assert rows[fine]["insult"] != 1
    assert (rows[corrected]["threat"], rows[corrected]["sentiment"]) == (1, "negative")


def test_a_marked_span_goes_with_the_correction(room: Room) -> None:
    room.fill([RUDE[0]])
    page = room.seat(room.person())
    name = current(page)
    page.locator(".veil input").uncheck() if page.locator(".veil input:checked").count() else None
    page.keyboard.press("c")
    begin = RUDE[0].index("stupid")
    page.evaluate(
        """([begin, end]) => {
            const walker = document.createTreeWalker(document.querySelector('.card .text'), NodeFilter.SHOW_TEXT);
            const range = document.createRange();
            for (let at = 0, node = walker.nextNode(); node; at += node.length, node = walker.nextNode()) {
                if (begin >= at && begin < at + node.length) range.setStart(node, begin - at);
                if (end > at && end <= at + node.length) range.setEnd(node, end - at);
            }
            getSelection().removeAllRanges();
            getSelection().addRange(range);
        }""",
        [begin, begin + len("stupid")],
    )
    expect(page.locator(".marked")).to_have_text("Marked: stupid")
    page.locator(".fix > summary").click()
    decide(page, "r", "1")
    row = exported(room)[name]
    assert str(row["text"])[slice(*row["spans"][0])] == "stupid"  # type: ignore[index]


def test_the_reading_room_hides_the_decision_and_keeps_the_reading(room: Room) -> None:
    room.fill(RUDE * 60)  # a twentieth of them is read twice
    page = room.seat(room.person(), "/review/bulk?low=0&high=100")
    page.locator('button[value="reject"]').click()
    expect(page.locator("form.toast")).to_contain_text("240 comments rejected.")
    reader = room.person()
    page = room.seat(reader, "/labels", bypass_csp=True)
    expect(page.locator("form.reading")).to_be_visible()
    assert "rejected" not in page.locator("form.reading").inner_text()
    found = Axe().run(page, options={"runOnly": AXE_RULES})
    assert found.violations_count == 0, found.generate_report()
    page.get_by_label("Insult").check()
    page.get_by_role("radiogroup", name="Tone").or_(page.get_by_role("group", name="Tone")).get_by_label("negative").check()
    page.get_by_role("button", name="I would reject it").click()
    expect(page.locator("p.notice.good")).to_have_text("Thank you. Here is the next one.")
    lines = threadwise("labels", "export", "--database", room.desk.server.database, "--site", room.site).splitlines()
    mine = [row for row in map(json.loads, lines) if row["by"] == reader]
    assert [(row["insult"], row["sentiment"], row["action"]) for row in mine] == [(1, "negative", "reject")]
    assert mine[0]["why"] != "decision"
