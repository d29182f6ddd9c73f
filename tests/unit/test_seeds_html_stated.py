"""Whom a comment answers by its words, on HTML pages whose structure shows no nesting."""

from __future__ import annotations

import time
from collections.abc import Callable

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


def numbered(*records: tuple[str, str, str]) -> str:
    """As `page`, each record with its own number in its head."""
    return page(*((name, f'<a href="#c{at}">#{at + 1}</a> {head}', text) for at, (name, head, text) in enumerate(records)))


QUOTES = {
    "cite on the line of the quote": f"<blockquote><cite>Bo wrote:</cite>{BO}</blockquote>",
    "time in the cite": f"<blockquote><cite><span>(14.03.2026, 11:00)</span>Bo Wrote: </cite>{BO}</blockquote>",
    "bare quote": f"<blockquote>{BO}</blockquote>",
    "label above the quote": f"<div>Quote:</div><div>Originally Posted by <b>Bo</b></div><div>{BO}</div>",
    "address of the quote": '<blockquote cite="./thread?p=1#c1">He who said it knows.</blockquote>',
    "number of the quoted post": '<blockquote><div><a data-post-id="1">↑</a></div>He who said it knows.</blockquote>',
    "source of the quote": '<blockquote data-source="post: 1">He who said it knows.</blockquote>',
    "link in the quote's head": '<div class="bbcode_quote"><p>Someone<a href="/thread#c1"><img></a></p><p>He knows.</p></div>',
    "link behind words of speech": '<div>Originally Posted by <b>a guest</b><a href="/thread#c1"><img></a></div><div>He knows.</div>',
    "link to the post": '<a href="#c1">&gt;&gt;1</a> ',
    "its number": "#2 ",
    "its author": "@Bo ",
    "mark": '<p>In reply to <a href="#c1">Bo</a></p>',
}


@pytest.mark.parametrize(
    ("form", "quote"), [(numbered, name) for name in QUOTES] + [(page, name) for name in QUOTES if name != "its number"]
)
def test_a_quote_is_linked_beside_a_number_of_the_comment_itself(form: Callable[..., str], quote: str) -> None:
    article = seeds.parse(form(("Ana", "", ANA), ("Bo", "", BO), ("Ana", "", ANA[::-1]), ("Cy", "", f"{QUOTES[quote]}{CY}")))
    assert answers(article) == [None, None, None, "Bo"]
    assert [comment.number for comment in article.comments] == ([None] * 4 if form is page else [1, 2, 3, 4])
    assert article.warnings == ()


def test_a_link_to_another_comment_in_running_text_is_no_answer() -> None:
    text = f'{CY} As <a href="#c1">others</a> said, and <a href="#c0">one</a> more.'
    assert answers(seeds.parse(numbered(("Ana", "", ANA), ("Bo", "", BO), ("Cy", "", text)))) == [None] * 3


def test_the_subject_of_a_post_names_nobody_and_leaves_its_quote_alone() -> None:
    titled = "<h3>Re: A bench at the quay</h3>"
    records = ("Ana", "", f"<p>{ANA}</p>"), ("Bo", titled, f"<p>{BO}</p>"), ("Cy", titled, f"<blockquote>{BO}</blockquote><p>{CY}</p>")
    article = seeds.parse(page(*records).replace("<body>", "<head><title>A bench at the quay - Forum</title></head><body>"))
    assert answers(article) == [None, None, "Bo"]
    assert article.warnings == ()


def test_a_name_of_the_page_is_believed_over_one_that_nobody_bears() -> None:
    article = seeds.parse(page(("Ana", "", ANA), ("Bo", "", BO), ("Cy", "<i>Re: the paint</i>", f"<p>@Bo {CY}</p>")))
    assert answers(article) == [None, None, "Bo"]


def test_an_answer_to_what_became_the_article_answers_no_comment() -> None:
    """Not the opener's next post, and nothing is missing."""
    quote = f"<blockquote><cite>Ana wrote:</cite>{ANA}</blockquote>"
    thread = [("Ana", ANA), ("Ana", "I forgot to say that it is made of oak."), ("Bo", f"{quote}{BO}"), ("Cy", f"#1 {CY}")]
    posts = "".join(
        f'<div class="post" id="p{at}"><div class="postbody"><p class="author"><strong>{name}</strong> '
        f'<time datetime="2026-03-14T1{at}:00:00">1{at}:00</time></p><i>#{at + 1}</i><div class="content">{text}</div></div></div>'
        for at, (name, text) in enumerate(thread)
    )
    article = seeds.parse(f'<html lang="en"><title>A bench</title><body id="phpbb"><h1>A bench</h1>{posts}</body></html>')
    assert (article.text, article.read_by) == (ANA, "html/platform/phpbb 3")
    assert [(each.number, each.reply_to) for each in article.comments] == [(2, None), (3, None), (4, None)]
    assert not any("answers" in notice.what for notice in article.warnings)


@pytest.mark.parametrize("shown", ["", "Feb {}", "edited Feb {}", "joined Jan 201{}", "<br>{likes}"])
def test_numbers_of_days_and_counters_are_no_numbers_of_comments(shown: str) -> None:
    records = "".join(
        f'<div class="comment"><b class="author">{name}</b> <time datetime="2026-02-0{day}T10:00:00Z">Feb {day}</time> '
        f"<i>{shown.format(day, likes=3 * day)}</i><p>{text}</p><a>Reply</a></div>"
        for day, (name, text) in enumerate((("Ana", ANA), ("Bo", BO), ("Cy", CY)), 1)
    )
    article = seeds.parse(f'<html lang="en"><body><h1>A bench</h1><div id="comments">{records}</div></body></html>')
    assert [(each.author, each.number) for each in article.comments] == [("Ana", None), ("Bo", None), ("Cy", None)]


def test_a_long_thread_of_quotes_is_linked_in_little_time() -> None:
    said = [f"{ANA} {' '.join(str(at * prime) for prime in (7, 11, 13))} {BO}" for at in range(1500)]
    records = [(f"User{at % 90}x", "", f"<blockquote>{said[at - 3]}</blockquote>{said[at]}" if at > 3 else said[at]) for at in range(1500)]
    begin = time.process_time()
    article = seeds.parse(numbered(*records))
    assert time.process_time() - begin < 5
    assert len(article.comments) == 1500


@pytest.mark.parametrize("shown", ["#{}", "№ {}", "Nr. {}", "<br>{}.<br>", "<br>{}<br>", "#{} Posted"])
def test_a_number_has_a_sign_or_stands_alone(shown: str) -> None:
    said = zip("ABC", (ANA, BO, CY), strict=True)
    article = seeds.parse(page(*((name, shown.format(at), text) for at, (name, text) in enumerate(said, 1))))
    assert [comment.number for comment in article.comments] == [1, 2, 3]
    assert article.warnings == ()
