"""The threshold preview: a band is moved and tried on what people decided, kept as a draft, and put in force by an admin of all sites."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from serve.store.tables import audit
from tests.browser.desk import KIND, RUDE, Room, answered
from tests.browser.test_desk_bulk import scores

pytestmark = pytest.mark.browser

TOXIC = 1
"""Place of the band in tests/browser/policy.toml."""


def would(page: Page, action: str, count: int) -> None:
    expect(page.locator(f'[data-would="{action}"]')).to_have_text(str(count))


def logged(room: Room, by: str) -> list[str]:
    with room.desk.store.engine.connect() as connection:
        return list(connection.execute(sa.select(audit.c.what).where(audit.c.by == by).order_by(audit.c.number)).scalars())


def test_a_moved_band_is_tried_on_history_kept_and_put_in_force(own_room: Room) -> None:
    room = own_room
    room.fill((RUDE + KIND) * 2)
    toxic = sum(score >= 0.5 for score in scores(room).values())
    assert 0 < toxic < 16
    moderator, admin = room.person(), room.person("admin", everywhere=True)
    page = room.seat(moderator, "/review?sort=score")
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("r")
        page.keyboard.press("1")
    with page.expect_response(answered(page, "/decide")):
        page.keyboard.press("a")

    page.goto("/review/policy")
    would(page, "review", 16)
    page.locator(f'[name="do.{TOXIC}"]').select_option("reject")  # the script asks anew by itself
    would(page, "reject", toxic)
    would(page, "review", 16 - toxic)
    row = page.locator(".table tr", has=page.get_by_role("rowheader", name="rejected", exact=True))
    expect(row.locator("td")).to_have_text([str(toxic), "1", "1", str(toxic - 2)])  # one approved, one rejected, the others open
    page.locator(f'.slide[data-for="at.{TOXIC}"]').fill("100")
    would(page, "reject", 0)
    page.locator(f'.slide[data-for="at.{TOXIC}"]').fill("50")
    would(page, "reject", toxic)
    room.picture(page, f"policy-{room.desk.store.engine.dialect.name}")
    page.locator(".keep [name=name]").fill("stricter")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("h1")).to_have_text("Draft “stricter”")
    expect(page.locator(".apply")).to_have_count(0)
    assert "policy_draft" in logged(room, moderator)

    page = room.seat(admin, "/review/policy")
    page.get_by_role("link", name="stricter").click()
    page.get_by_role("button", name="Put this draft in force").click()
    expect(page.locator("h1")).to_have_text("Policy in force")
    assert any("policy" in what for what in logged(room, admin))
    new = [{"text": RUDE[0], "site": room.site, "language": "en"}, {"text": KIND[0], "site": room.site, "language": "en"}]
    actions = [room.desk.client.put(f"/v1/comments/new{at}", json=one).json()["action"] for at, one in enumerate(new)]
    assert actions == ["reject", "review"], "what comes in now goes by the policy that was put in force"
