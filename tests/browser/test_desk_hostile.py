"""Comments that attack the page, or run the other way: shown as they are, and harmless."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from labels.thread import Article, Comment
from tests.browser.desk import SQLITE_ONLY, Room

pytestmark = [pytest.mark.browser, SQLITE_ONLY]

OVERRIDE = "\u202eevil \u2066and isolated, never closed"
MARKS = "z" + "\u0301" * 10_000
UNBOUND = """() => {
    const bound = style => style.overflowY !== 'visible' || /paint|content|strict/.test(style.contain);
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!/\\u0301{20}/.test(node.data)) continue;
        let at = node.parentElement;
        while (at.tagName !== 'MAIN' && !bound(getComputedStyle(at))) at = at.parentElement;
        if (at.tagName === 'MAIN') found.push(node.parentElement.outerHTML.slice(0, 120));
    }
    return found;
}"""
"""Elements whose piled-up marks nothing cuts off."""
HOSTILE = {
    "script": "<script>document.title = 'owned'; alert(1)</script>",
    "image": "<img src=x onerror=\"document.title='owned'\"><svg onload=alert(1)>",
    "breaks out": '"></div></article></main><h1 id=owned>owned</h1><!-- \' --><iframe src="javascript:alert(1)">',
    "template": "{{ 7 * 7 }} {% raw %} ${alert(1)} &lt;b&gt; &amp;amp;",
    "marks": MARKS + "algo",
    "override": OVERRIDE,
    "long word": "w" * 5_000,
    "data": "</script><script>document.title = 'owned'</script>",
}


def test_hostile_comments_are_harmless_text(room: Room) -> None:
    made = tuple(Comment(str(at), text, author=f"{text[:150]}") for at, text in enumerate(HOSTILE.values()))
    ids = dict(
        zip(
            HOSTILE,
            room.put(Article("hostile", "", made, title="<script>document.title='owned'</script>" + OVERRIDE + MARKS[:500], lang="en")),
            strict=True,
        )
    )
    dialogs: list[str] = []
    name = room.person()
    page = room.seat(name)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in ("/review", "/review/bulk?low=0&high=100", "/review?state=all", "/insight", "/labels"):
        page.goto(path)
        assert page.title() != "owned"
        assert page.evaluate("document.querySelectorAll('#owned, main iframe, main img, .text script, .text svg').length") == 0
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate(UNBOUND) == [], f"{path}: marks paint over what stands around them"
    assert dialogs == []

    page.goto("/review")
    room.picture(page, "hostile")
    for kind, text in HOSTILE.items():
        card = page.locator(f'.card[data-comment-id="{ids[kind]}"]')
        assert card.locator(".text").evaluate("text => text.textContent") == text, kind
        box, around = card.locator(".text").bounding_box(), card.bounding_box()
        assert box is not None
        assert around is not None
        assert box["height"] < 900, f"{kind} pushes the buttons away"

    for one in (page, room.seat(room.person(), "/review", viewport={"width": 390, "height": 844})):
        expect(one.locator(".card").first).to_be_visible()
        assert one.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_an_override_ends_with_its_comment(room: Room) -> None:
    """What stands beside the text is still written from left to right."""
    room.put(Article("override", "", (Comment("1", OVERRIDE, author=OVERRIDE),), title=OVERRIDE, lang="en"))
    page = room.seat(room.person())
    order = page.evaluate(
        """() => {
            const letter = (node, at) => {
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                return range.getBoundingClientRect().left;
            };
            const words = element => {
                const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
                for (let node = walker.nextNode(); node; node = walker.nextNode()) if (/[a-z]{3}/i.test(node.data)) return node;
            };
            return ['.when', '.mainly button', '.facts h3', '.why li'].map(where => {
                const node = words(document.querySelector(`.card ${where}`));
                const at = node.data.search(/[a-z]{3}/i);
                return letter(node, at) < letter(node, at + 1);
            });
        }"""
    )
    assert order == [True] * 4
    when, author = page.locator(".card .when").bounding_box(), page.locator(".card .author").bounding_box()
    assert when is not None
    assert author is not None
    assert author["x"] < when["x"]


def test_a_comment_from_right_to_left_runs_so_and_the_page_does_not(room: Room) -> None:
    text = "شكرا جزيلا على هذا المقال (مفيد) 123"
    room.put(Article("arabic", "", (Comment("1", text, author="سارة"),), title="عنوان المقال", lang="ar"))
    page = room.seat(room.person())
    found = page.evaluate(
        """() => {
            const text = document.querySelector('.card .text');
            const range = document.createRange();
            range.setStart(text.firstChild.firstChild ?? text.firstChild, 0);
            range.setEnd(text.firstChild.firstChild ?? text.firstChild, 1);
            const box = text.getBoundingClientRect();
            return [getComputedStyle(text).direction, getComputedStyle(document.querySelector('.card')).direction,
                    range.getBoundingClientRect().left > box.left + box.width / 2];
        }"""
    )
    assert found == ["rtl", "ltr", True]
    assert page.locator(".card .text").get_attribute("lang") == "ar"
    room.picture(page, "right-to-left")
    page.keyboard.press("a")
    expect(page.locator("[data-open-count]")).to_have_attribute("data-open-count", "0")
