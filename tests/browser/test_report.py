"""The report as a reader has it: in a browser, with and without JavaScript, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from labels.scores import Scored, Unscored
from labels.thread import Article, Comment, Notice
from serve import report

pytestmark = pytest.mark.browser

LEVELS = 40
Open = Callable[..., Page]


def _scored(name: str, toxic: float, *, against: float = 0.1, negative: float = 0.1, reply: bool = False, lang: str = "en") -> Scored:
    scores = {
        "toxicity": {"toxicity": toxic, "insult": toxic * 0.9, "threat": 0.01},
        "stance": {"against": against, "favor": 0.9 - against, "neutral": 0.1},
        "sentiment": {"negative": negative, "neutral": 0.1, "positive": 0.9 - negative},
    }
    if reply:
        scores["reply_stance"] = {"support": 0.7, "deny": 0.1, "query": 0.1, "comment": 0.1}
    return Scored(name, lang, scores, "tiny@0123456789ab", low_confidence=("stance",) if lang == "ar" else ())


def _library() -> tuple[Article, list[Scored]]:
    comments = (
        Comment("1", "A fine idea, and overdue.", author="Ana", created_at="2026-02-05T10:00:00"),
        Comment("2", "Only a fool would pay for this.", author="Boris", reply_to="1", created_at="2026-02-05T10:05:00"),
        Comment("3", "Please stay polite.", author="Ana", reply_to="2", created_at="2026-02-05T10:09:00"),
        Comment("4", "شكرا على المقال", author="سارة", created_at="2026-02-05T11:00:00"),
        Comment("5", "", reply_to="4", created_at_raw="just now"),
    )
    scored = [
        _scored("1", 0.02),
        _scored("2", 0.87, against=0.85, negative=0.85, reply=True),
        _scored("3", 0.35, reply=True),
        _scored("4", 0.01, lang="ar"),
        Scored("5", None, {}, "tiny@0123456789ab", Unscored.EMPTY),
    ]
    notes = (Notice("comments", "numbers missing: 6"),)
    return Article("library", "The library lends tools.", comments, "https://example.org/a", "Tools to lend", "en", warnings=notes), scored


def _deep() -> tuple[Article, list[Scored]]:
    text = "An answer that is long enough to need more than one line on a telephone, and a_word_without_any_break_in_it" * 2
    comments = tuple(Comment(str(at), text, author=f"Author {at}", reply_to=str(at - 1) if at else None) for at in range(LEVELS))
    return Article("deep", "", comments, title="Forty deep", lang="en"), [
        _scored(one.id, 0.6, reply=bool(one.reply_to)) for one in comments
    ]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report.page([_library(), _deep()], model="tiny@0123456789ab", notice="For research."), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium: Browser, file: Path) -> Iterator[Open]:
    """Opens the report; anything that the console reports as an error, and any request, fails the test at its end."""
    contexts, troubles = [], list[str]()

    def open_(width: int = 1280, **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.append(request.url) if request.url != file.as_uri() else None)
        page.goto(file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


def _shown(page: Page) -> list[str]:
    """Ids of the comments of the first page whose text can be seen."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('#page-1 .comment')]"
        ".filter(comment => comment.querySelector('.text').checkVisibility()).map(comment => comment.id.split('-').pop())"
    )
    return found


def test_answers_are_nested_under_what_they_answer_and_can_be_folded(opened: Open) -> None:
    page = opened()
    answer = page.locator("#page-1 li.node:has(> #page-1-comment-1) li.node:has(> #page-1-comment-2) li.node > #page-1-comment-3")
    expect(answer).to_be_visible()
    page.locator("#page-1 summary", has_text="2 replies to Ana").click()
    expect(answer).to_be_hidden()


def test_without_script_all_is_there_but_the_filters(opened: Open) -> None:
    page = opened(java_script_enabled=False)
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.get_by_text("Only a fool would pay for this.").last).to_be_visible()
    expect(page.locator("#page-1-comment-2 .chip").first).to_have_text("likely toxic 87\u00a0%")
    page.locator("#page-1 summary", has_text="Article text").click()
    expect(page.get_by_text("The library lends tools.")).to_be_visible()


def test_the_toxicity_filter_keeps_what_reaches_it_and_shows_who_was_answered(opened: Open) -> None:
    page = opened()
    page.locator("input[name=toxicity]").fill("85")
    assert _shown(page) == ["2"]
    expect(page.locator("#found")).to_have_text(f"1 of {5 + LEVELS} comments")
    expect(page.locator("#page-1-comment-1 .author")).to_be_visible()  # who was answered, without the text
    expect(page.locator("#page-1-comment-4")).to_be_hidden()


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("select[name=stance]", "against", ["2"]),
        ("select[name=sentiment]", "negative", ["2"]),
        ("input[name=author]", "ANA", ["1", "3"]),
        ("input[name=text]", "polite", ["3"]),
    ],
)
def test_each_filter_keeps_what_fits(opened: Open, field: str, value: str, kept: list[str]) -> None:
    page = opened()
    control = page.locator(field)
    control.select_option(value) if field.startswith("select") else control.fill(value)
    assert _shown(page) == kept


def test_clearing_the_filters_brings_all_back(opened: Open) -> None:
    page = opened()
    page.locator("input[name=text]").fill("nobody wrote this")
    assert _shown(page) == []
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#found")).to_have_text(f"{5 + LEVELS} comments")
    assert _shown(page) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(opened: Open, scheme: str, width: int) -> None:
    page = opened(width, color_scheme=scheme, bypass_csp=True)  # axe is run from outside of the page's policy
    page.evaluate("document.querySelectorAll('#page-1 details').forEach(details => details.open = true)")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_scrolls_sideways_and_deep_answers_stay_readable(opened: Open, width: int) -> None:
    page = opened(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    deepest = page.locator(f"#page-2-comment-{LEVELS} .text").bounding_box()
    assert deepest is not None
    assert deepest["width"] >= 200  # about 25 letters a line
