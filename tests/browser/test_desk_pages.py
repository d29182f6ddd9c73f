"""Every page of the desk: without a violation of axe, in two languages, light and dark, wide and on a phone. Each leaves a screenshot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from importlib.resources import files
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import seeds
from labels.thread import Article
from tests.browser.desk import AXE_RULES, KIND, RUDE, SQLITE_ONLY, Desk, Room

pytestmark = pytest.mark.browser

WIDE = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PAGES = ("queue", "comment", "decided", "help", "bulk", "policy", "insight", "labels", "people", "audit", "preferences", "login", "join")
PAGES += ("refusal",)
"""What there is; `navigation` is held to be part of it."""


class Lived:
    """A room in which people have been at work, so that no page is empty."""

    def __init__(self, room: Room) -> None:
        self.room = room
        room.put(library())
        room.fill((RUDE + KIND) * 6, replies=True)
        self.admin = room.person("admin")
        room.seat(room.person())  # somebody else reads a comment all the while
        page = room.seat(self.admin)
        for keys in ("r1", "a", "a", "r2", "h", "e"):
            with page.expect_response(lambda response: response.url.endswith("/decide")):
                for key in keys:
                    page.keyboard.press(key)
        page.locator(".card[aria-current=true] .note > summary").click()
        page.locator(".card[aria-current=true] textarea").fill("Seen before, and answered.")
        page.locator(".card[aria-current=true] [value=note]").click()
        page.locator(".past li").first.wait_for()
        number = page.locator(".card[aria-current=true]").get_attribute("data-number")
        page.goto("/people")
        page.locator("[name=name]").last.fill(f"Olena-{room.site}")
        page.locator("[name=sites]").fill(room.site)
        page.locator(".stack button").click()
        link = page.locator("input.copy").input_value()
        self.paths = {
            "queue": "/review",
            "comment": f"/review/comments/{number}",
            "decided": "/review?state=decided&sort=newest",
            "help": "/review/help",
            "bulk": "/review/bulk?low=0&high=100",
            "policy": "/review/policy?at.1=90",
            "insight": "/insight?tables=1",
            "labels": "/labels",
            "people": "/people",
            "audit": "/audit",
            "preferences": "/preferences",
            "login": "/login",
            "join": "/join/" + link.rpartition("/")[2],
            "refusal": "/review/comments/999999999",
        }
        page.context.close()

    def open(self, name: str, **options: object) -> Page:
        if name in ("login", "join"):
            return self.room.visitor(self.paths[name], **options)
        page = self.room.seat(self.admin, self.paths[name], **options)
        if name == "refusal":
            self.room.expected("404")
        return page


def library() -> Article:
    """A sample with a deep thread."""
    return seeds.parse(Path(str(files("seeds.samples"))).joinpath("en-library-deep", "source.txt").read_bytes(), id="library")


@pytest.fixture(scope="module")
def lived(desks: Callable[[str], Desk], chromium: Browser, pictures: object) -> Iterator[Lived]:
    room = Room(desks("sqlite"), chromium, pictures)  # type: ignore[arg-type]
    yield Lived(room)
    room.close()
    assert room.troubles == []


def test_no_page_is_forgotten(lived: Lived) -> None:
    page = lived.open("queue")
    there = {link.get_attribute("href") for link in page.locator("nav.places a").all()}
    assert there == {path.partition("?")[0] for path in lived.paths.values()} & there


@pytest.mark.parametrize("width", [320, 390, 820])
def test_every_entry_of_the_menu_is_in_sight(lived: Lived, width: int) -> None:
    page = lived.open("audit", viewport={"width": width, "height": 740}, locale="de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("nav.places [aria-current]")).to_be_visible()
    for link in page.locator("nav.places a").all():
        box = link.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        top = page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.textContent", [box["x"] + 9, box["y"] + 9])
        assert top == link.text_content(), "nothing lies over it"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("look", "scheme"), [("wide", "light"), ("phone", "dark")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(lived: Lived, name: str, look: str, scheme: str) -> None:
    page = lived.open(name, **(WIDE if look == "wide" else PHONE), color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    page.evaluate("document.querySelectorAll('main details:not(.reject)').forEach(details => details.open = true)")
    lived.room.picture(page, f"{name}-{look}-{scheme}")
    found = Axe().run(page, options={"runOnly": AXE_RULES})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


BUSY = {
    "reasons": ("r",),
    "keys": ("?",),
    "corrections and note": ("c", "n"),
    "toast": ("a",),
    "selection": ("x", "j", "x"),
    "back again": ("a", "z"),
}


@pytest.mark.parametrize("keys", BUSY.values(), ids=BUSY)
def test_axe_finds_nothing_in_the_middle_of_work(lived: Lived, keys: tuple[str, ...]) -> None:
    page = lived.open("queue", **PHONE, bypass_csp=True, reduced_motion="reduce")
    for key in keys:
        with page.expect_response(lambda response: response.request.method == "POST") if key in "az" else nullcontext():
            page.keyboard.press(key)
    lived.room.picture(page, f"queue-{'-'.join(keys)}-phone".replace("?", "help"))
    found = Axe().run(page, options={"runOnly": AXE_RULES})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if keys == ("a",):
        with page.expect_response(lambda response: response.url.endswith("/undo")):
            page.keyboard.press("z")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_speaks_two_languages(lived: Lived, name: str) -> None:
    english, bulgarian = (lived.open(name, locale=code, reduced_motion="reduce") for code in ("en", "bg"))
    assert english.locator("html").get_attribute("lang") == "en"
    assert bulgarian.locator("html").get_attribute("lang") == "bg"
    assert bulgarian.locator("h1").inner_text() != english.locator("h1").inner_text() or name == "login"
    told = {page: set(_words(page)) for page in (english, bulgarian)}
    left = told[english] & told[bulgarian]
    assert not left, f"English on the Bulgarian page: {left}"


def _words(page: Page) -> list[str]:
    """What the page itself says: sentences of at least two English words, without comments, names and texts of policies."""
    texts: list[str] = page.evaluate(
        """() => {
            const others = 'bdi, .text, blockquote, .figure-axis, pre, code, script, kbd, option[lang], svg text, .sample, .why';
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const found = [];
            for (let node = walker.nextNode(); node; node = walker.nextNode())
                if (!node.parentElement.closest(others)) found.push(node.data.trim());
            for (const one of document.querySelectorAll('[aria-label]:not([data-comment-id]), [placeholder]'))
                if (!one.closest(others)) found.push(one.getAttribute('aria-label') ?? one.placeholder);
            return found;
        }"""
    )
    return [text for text in texts if re.search(r"[A-Za-z]{3,} [a-z]{2,}", text)]


@SQLITE_ONLY
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_light_goes_before_the_device(room: Room, theme: str) -> None:
    page = room.seat(room.person(), "/preferences", color_scheme="dark" if theme == "light" else "light")
    page.locator(f'[name=theme][value="{theme}"]').check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/preferences?done=saved")
    shade = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)"
    )
    assert (shade > 3 * 128) == (theme == "light")


@SQLITE_ONLY
def test_the_charts_print_dark_on_white_with_their_tables(room: Room) -> None:
    room.fill(RUDE + KIND)
    name = room.person()
    room.desk.store.desk.saved.prefer(name, theme="dark")
    page = room.seat(name, "/insight?tables=1")
    page.emulate_media(media="print")
    ink, paper = (
        page.evaluate(f"getComputedStyle(document.body).{of}.match(/[\\d.]+/g).slice(0, 3).map(Number)")
        for of in ("color", "backgroundColor")
    )
    assert max(ink) < 80
    assert min(paper) == 255
    expect(page.locator(".asked")).to_be_hidden()
    expect(page.locator("header.bar")).to_be_hidden()
    for figure in page.locator("figure").all():
        expect(figure.locator("svg.chart")).to_be_visible()
        expect(figure.locator("table")).to_be_visible()
