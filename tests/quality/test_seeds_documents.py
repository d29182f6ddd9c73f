"""The five seed documents of the project. What is held: counts, numbers, edges, times and hashes; never the words."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import seeds
from labels.thread import Article

pytestmark = pytest.mark.quality

EDGES = {4: 1, 9: 1, 11: 10, 17: 9, 20: 6, 22: 6, 35: 29, 37: 34, 38: 37}
REPLIES = {1: ("4", "9"), 6: ("20", "22"), 9: ("17",), 10: ("11",), 29: ("35",), 34: ("37",), 37: ("38",)}


def digest(*parts: str | None) -> str:
    return hashlib.sha256("\x1f".join(part or "" for part in parts).encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def articles(shared: Path) -> dict[str, Article]:
    return {path.stem[:3]: seeds.parse(path.read_bytes(), id=path.stem) for path in (shared / "seeds").glob("*.txt")}


def test_all_41_comments_come_out_exactly(articles: dict[str, Article]) -> None:
    comments = articles["000"].comments
    assert [comment.number for comment in comments] == [*range(1, 41), 44]
    assert [comment.id for comment in comments] == [str(comment.number) for comment in comments]
    assert {comment.number: int(comment.reply_to) for comment in comments if comment.reply_to} == EDGES
    assert {comment.number: comment.replies for comment in comments if comment.replies} == REPLIES
    assert sum(not comment.text for comment in comments) == 20
    assert (comments[0].created_at, comments[-1].created_at) == ("2026-02-05T21:25:00", "2026-02-06T10:31:00")
    assert digest(*(comment.author for comment in comments)) == "6ab736cd36fb9795"
    assert digest(*(comment.text for comment in comments)) == "13f1cef7a5118f72"
    assert digest(*(comment.created_at for comment in comments)) == "3c4c015763bc5b4f"


def test_the_missing_numbers_are_one_warning(articles: dict[str, Article]) -> None:
    assert [notice.to_json() for notice in articles["000"].warnings] == [{"where": "comments", "what": "numbers missing: 41, 42, 43"}]


def test_the_crawls_day_is_the_articles(articles: dict[str, Article]) -> None:
    article = articles["000"]
    assert (article.published_at, article.title, article.lang) == ("2026-02-05", None, "bg")
    assert not article.text.startswith("date")


@pytest.mark.parametrize(
    ("name", "lang", "title"),
    [
        ("001", "vi", "65e325f779d7ef70"),
        ("002", "uk", "fe67e87ad1ec7eb3"),
        ("003", "bg", "0f5d3f6171f27312"),
        ("004", "ro", "9e88e448a2418b4f"),
    ],
)
def test_teasers_with_clock_times_are_no_comments(articles: dict[str, Article], name: str, lang: str, title: str) -> None:
    article = articles[name]
    assert article.comments == ()
    assert article.lang == lang
    assert digest(article.title) == title
    assert article.text
