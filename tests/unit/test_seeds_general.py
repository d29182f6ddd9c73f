"""A forum's opening post is the article, also where no rule names the forum."""

from __future__ import annotations

import pytest

import seeds
from labels.thread import Article

WORDS = (
    "Why does my chain jump on the small wheel? I would like to know.",
    "You have to oil it, I think.",
    "Mine did so too, I bought a new one.",
)
POST = '<div class="post" id="p{0}"><b class="author">{1}</b> <i>{0} May 2026, 10:0{0}</i><p>{2}</p><a href="#">Quote</a>{3}</div>'
STORY = "The town puts a bench at the quay. It is made of oak and will stand there from May on, the council said on Monday. " * 2


def posts(*days: int) -> list[str]:
    return [POST.format(day, name, words, "") for day, name, words in zip(days, ("Dora", "Ana", "Bo"), WORDS, strict=True)]


def read(records: str, *, title: str = "A chain - Bicycle forum", before: str = "", around: str = "posts") -> Article:
    head = f'<html lang="en"><head><title>{title}</title></head>'
    return seeds.parse(f'{head}<body><h1>A chain</h1>{before}<div class="{around}">{records}</div></body></html>')


def test_the_first_post_of_an_unknown_forum_is_the_article() -> None:
    article = read("".join(posts(1, 2, 3)))
    assert article.read_by == "html/general"
    assert (article.author, article.published_at, article.text) == ("Dora", "2026-05-01T10:01:00", WORDS[0])
    assert [(comment.author, comment.text, comment.reply_to) for comment in article.comments] == [
        ("Ana", WORDS[1], None),
        ("Bo", WORDS[2], None),
    ]


@pytest.mark.parametrize(
    ("records", "frame"),
    [
        ("".join(posts(1, 2, 3)), {"title": "A chain - News"}),
        ("".join(posts(3, 2, 1)), {}),
        ("".join(posts(1, 2, 3)), {"before": f"<p>{STORY}</p>"}),
        ("".join(posts(1, 2, 3)), {"around": "comments"}),
        (POST.format(1, "Dora", WORDS[0], "".join(posts(1, 2, 3)[1:])), {}),
    ],
    ids=["no forum", "newest first", "article", "comments", "nested"],
)
def test_where_it_is_not_plain_the_first_post_stays_a_comment(records: str, frame: dict[str, str]) -> None:
    article = read(records, **frame)
    assert [comment.author for comment in article.comments] == ["Dora", "Ana", "Bo"]
    assert article.author is None
