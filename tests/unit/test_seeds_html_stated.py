"""Whom a comment answers by its words, on HTML pages whose structure shows no nesting."""

from __future__ import annotations

import pytest

import seeds
from labels.thread import Article

ANA, BO, CY = "The bench at the quay is too far away.", "Larch lasts longer than oak by the water.", "Then take larch, I say, and paint it."


def page(*records: tuple[str, str, str]) -> str:
    """A flat thread: what stands behind the name in the head of each record, and the markup of its text."""
    items = "".join(
        f'<div class="comment" id="c{at}"><p class="head"><b class="author">{name}</b> {head} '
        f'<time datetime="2026-03-14T1{at}:00:00">1{at}:00</time></p><div class="text">{text}</div><a href="#">Reply</a></div>'
        for at, (name, head, text) in enumerate(records)
    )
    return f'<html lang="en"><body><h1>A bench</h1><p>The town puts a bench at the quay.</p><div id="comments">{items}</div></body></html>'


def answers(article: Article) -> list[str | None]:
    names = {comment.id: comment.author for comment in article.comments}
    return [comment.reply_to and names[comment.reply_to] for comment in article.comments]


@pytest.mark.parametrize(
    "head_or_text",
    [
        ("in reply to Bo", f"<p>{CY}</p>"),
        ("в отговор на Bo", f"<p>{CY}</p>"),
        ("↳ Bo", f"<p>{CY}</p>"),
        ("", f"<p>@Bo {CY}</p>"),
        ("", f"<p>@Bo: {CY}</p>"),
        ("", f"<p>In reply to Bo</p><p>{CY}</p>"),
        ("", f"<blockquote><p>Bo wrote:</p><p>{BO}</p></blockquote><p>{CY}</p>"),
        ("", f"<blockquote>{BO}</blockquote><p>{CY}</p>"),
    ],
)
def test_words_tell_whom_a_comment_answers(head_or_text: tuple[str, str]) -> None:
    head, text = head_or_text
    article = seeds.parse(page(("Ana", "", f"<p>{ANA}</p>"), ("Bo", "", f"<p>{BO}</p>"), ("Cy", head, text)))
    assert [comment.author for comment in article.comments] == ["Ana", "Bo", "Cy"]
    assert answers(article) == [None, None, "Bo"]
    assert article.comments[2].text.endswith(CY)
    assert "reply to" not in article.comments[2].text


def test_a_number_names_the_comment_that_shows_it() -> None:
    texts = (ANA, BO, f"#1 {CY}", f"@2 {ANA}")
    article = seeds.parse(page(*((name, f"#{at}", f"<p>{text}</p>") for at, (name, text) in enumerate(zip("ABCD", texts, strict=True), 1))))
    assert [comment.number for comment in article.comments] == [1, 2, 3, 4]
    assert answers(article)[:3] == [None, None, "A"]


def test_names_that_are_not_on_the_page_are_no_parents() -> None:
    article = seeds.parse(page(("Ana", "", f"<p>{ANA}</p>"), ("Bo", "", f"<p>@everybody {BO}</p>")))
    assert answers(article) == [None, None]
    assert article.warnings == ()


def test_a_page_that_tells_its_levels_is_believed_over_words() -> None:
    flat = page(("Ana", "", f"<p>{ANA}</p>"), ("Bo", "", f"<p>@Ana {BO}</p>"))
    assert answers(seeds.parse(flat)) == [None, "Ana"]
    assert answers(seeds.parse(flat.replace('class="comment"', 'class="comment depth-1"'))) == [None, None]
