"""Articles and comments as JSON: the members of the contract, round trips, and errors that name the member."""

from __future__ import annotations

import dataclasses
import json

import pytest

from labels.errors import RowError
from labels.thread import Article, Comment, Notice

COMMENT = Comment(
    id="2-2",
    number=2,
    author='Ана "Б" 🙂',
    reply_to="1",
    replies=("3", "4"),
    created_at="2026-02-05T21:25:00+02:00",
    created_at_raw="21:25 05.02.2026",
    text="Ред едно\nред две",
)
ARTICLE = Article(
    id="page",
    text="Text.",
    comments=(Comment(id="1", text=""), COMMENT),
    url="https://example.org/a?b=c",
    title="Заглавие",
    lang="bg",
    author="Someone",
    published_at="2026-02-05",
    read_by="crawl_text/numbered",
    warnings=(Notice("comments", "numbers missing: 41, 42"),),
)


def through_json(value: object) -> object:
    return json.loads(json.dumps(value, ensure_ascii=False))


def test_a_comment_has_the_members_of_the_contract_in_their_order() -> None:
    assert list(COMMENT.to_json()) == ["id", "number", "author", "reply_to", "replies", "created_at", "created_at_raw", "text"]


def test_an_article_has_the_members_of_the_contract() -> None:
    assert {"id", "url", "title", "lang", "text", "comments", "warnings"} <= set(ARTICLE.to_json())


def test_what_is_not_known_is_null_and_not_left_out() -> None:
    bare = Article(id="a", text="").to_json()
    assert [name for name, value in bare.items() if value is None] == ["url", "title", "lang", "author", "published_at", "read_by"]
    assert [name for name, value in Comment(id="1", text="").to_json().items() if value is None] == [
        "number",
        "author",
        "reply_to",
        "created_at",
        "created_at_raw",
    ]


@pytest.mark.parametrize("article", [ARTICLE, Article(id="a", text="")], ids=["full", "bare"])
def test_an_article_comes_back_the_same(article: Article) -> None:
    assert Article.from_json(through_json(article.to_json())) == article  # type: ignore[arg-type]


def test_members_may_be_missing_where_they_have_a_default() -> None:
    assert Comment.from_json({"id": "1", "text": "x"}) == Comment(id="1", text="x")
    assert Article.from_json({"id": "a"}) == Article(id="a", text="")


def test_members_that_are_not_known_are_passed_over() -> None:
    assert Comment.from_json({"id": "1", "text": "x", "likes": 5}) == Comment(id="1", text="x")


def test_an_empty_author_is_no_author() -> None:
    assert Comment.from_json({"id": "1", "text": "", "author": ""}).author is None


def test_replies_are_strings() -> None:
    assert Comment.from_json({"id": "1", "text": "", "replies": [2, "3"]}).replies == ("2", "3")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": None}, '"id" is missing'),
        ({"id": 5}, '"id" must be str or null, got int'),
        ({"text": None}, '"text" is missing'),
        ({"number": "3"}, '"number" must be int or null, got str'),
        ({"number": True}, '"number" must be int or null, got bool'),
        ({"replies": "3"}, '"replies" must be list or null, got str'),
        ({"created_at": 2026}, '"created_at" must be str or null, got int'),
    ],
)
def test_a_wrong_member_of_a_comment_is_named(change: dict[str, object], said: str) -> None:
    with pytest.raises(RowError) as caught:
        Comment.from_json(COMMENT.to_json() | change)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": None}, '"id" is missing'),
        ({"comments": {}}, '"comments" must be list or null, got dict'),
        ({"comments": ["text"]}, "comments: expected an object, got str"),
        ({"warnings": [{"where": "comments"}]}, '"what" is missing'),
        ({"warnings": [3]}, "warnings: expected an object, got int"),
        ({"title": ["a"]}, '"title" must be str or null, got list'),
    ],
)
def test_a_wrong_member_of_an_article_is_named(change: dict[str, object], said: str) -> None:
    with pytest.raises(RowError) as caught:
        Article.from_json(ARTICLE.to_json() | change)
    assert str(caught.value) == said


def test_values_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        COMMENT.text = "other"  # type: ignore[misc]
