"""The ways of reading an HTML page, each on a small page of our own."""

from __future__ import annotations

import json

import pytest

import seeds
from labels.thread import Article


def test_a_talk_page_is_read_by_its_signatures_and_indentation() -> None:
    def signed(user: str, clock: str) -> str:
        return (
            f'<a href="/wiki/Benutzerin:{user}">{user}!</a> (<a href="/w/index.php?title=Benutzerin_Diskussion:{user}">Diskussion</a>) '
            f"{clock}, 5. Mai 2020 (CEST)"
        )

    page = f"""<html><body><div class="mw-parser-output"><h2>Brücken<span class="mw-editsection">[Bearbeiten]</span></h2>
    <p>Die alte Brücke fehlt in der Liste.</p><p>Wer trägt sie ein? {signed("Ana_Pop", "12:34")}</p>
    <dl><dd>Ich sehe nach, siehe <a href="/wiki/Benutzer:Bo/Liste">meine Liste</a>. {signed("Bo", "12:40")}
      <ul><li>Danke! --{signed("Ana_Pop", "12:41")} Nachtrag: sehr sogar. {signed("Ana_Pop", "12:42")}</li></ul></dd>
      <dd>Steht schon drin. {signed("Cy", "13:00")}</dd></dl>
    <h2>Bahnen</h2><dl><dd>Und die Bahnen? {signed("Bo", "14:00")}</dd></dl></div></body></html>"""
    article = seeds.parse(page)
    assert article.read_by == "html/talk"
    assert [comment.author for comment in article.comments] == ["Ana Pop", "Bo", "Ana Pop", "Cy", "Bo"]
    assert [comment.text for comment in article.comments] == [
        "Die alte Brücke fehlt in der Liste.\nWer trägt sie ein?",
        "Ich sehe nach, siehe meine Liste.",
        "Danke! --\nNachtrag: sehr sogar.",
        "Steht schon drin.",
        "Und die Bahnen?",
    ]
    names = {comment.id: comment.text[:5] for comment in article.comments}
    assert [comment.reply_to and names[comment.reply_to] for comment in article.comments] == [None, "Die a", "Ich s", "Die a", None]
    assert article.comments[0].created_at == "2020-05-05T12:34:00+02:00"


def answers(article: Article) -> list[tuple[str | None, str | None]]:
    names = {comment.id: comment.author for comment in article.comments}
    return [(comment.author, comment.reply_to and names[comment.reply_to]) for comment in article.comments]


WORDS = ("At last, a place to sit at the quay.", "Oak rots by the water, take larch.", "Then paint it twice a year, please.")


def microdata(at: int, author: str, more: str = "") -> str:
    return (
        f'<div itemprop="comment" itemscope itemtype="http://schema.org/Comment" id="k{at}"><b itemprop="author">{author}</b>'
        f'<meta itemprop="dateCreated" content="2026-03-14T1{at}:00:00Z"><div itemprop="text">{WORDS[at]}</div>{more}</div>'
    )


def cite(at: int, author: str, more: str = "") -> str:
    return (
        f'<li class="u-comment h-cite" id="k{at}"><a class="p-author h-card" href="https://{author}.example">{author}</a>{more}'
        f'<time class="dt-published" datetime="2026-03-14T1{at}:00:00Z">1{at}:00</time><p class="e-content">{WORDS[at]}</p></li>'
    )


@pytest.mark.parametrize(
    ("way", "records"),
    [
        ("microdata", microdata(0, "Ana") + microdata(1, "Bo", '<link itemprop="parentItem" href="#k0">') + microdata(2, "Cy")),
        ("microdata", microdata(0, "Ana", microdata(1, "Bo")) + microdata(2, "Cy")),
        ("microformats", cite(0, "Ana") + cite(1, "Bo", '<a class="u-in-reply-to" href="#k0">1</a>') + cite(2, "Cy")),
        (
            "microformats",
            cite(0, "Ana", f"<ul>{cite(1, 'Bo')}</ul>").replace("e-content", "p-name").replace("p-author", "u-author") + cite(2, "Cy"),
        ),
    ],
)
def test_marked_up_comments_are_read_with_their_parents(way: str, records: str) -> None:
    article = seeds.parse(f'<html lang="en"><body><h1>A bench</h1><p>The town puts a bench there.</p>{records}</body></html>')
    assert article.read_by == f"html/platform/{way}"
    assert answers(article) == [("Ana", None), ("Bo", "Ana"), ("Cy", None)]
    assert [comment.text for comment in article.comments] == list(WORDS)


def test_one_marked_up_comment_needs_no_repetition() -> None:
    article = seeds.parse(f'<html lang="en"><body><h1>A bench</h1><p>The town puts a bench there.</p>{microdata(0, "Ana")}</body></html>')
    assert [(comment.author, comment.created_at) for comment in article.comments] == [("Ana", "2026-03-14T10:00:00Z")]


def test_answers_inside_and_beside_are_found_in_the_data_that_scripts_start_from() -> None:
    def said(at: int, author: str, **more: object) -> dict[str, object]:
        return {"id": at + 1, "user": {"name": author}, "body": WORDS[at], "createdAt": f"2026-03-14T1{at}:00:00Z", **more}

    state = {"page": {"title": "A bench", "comments": [said(0, "Ana", replies=[said(1, "Bo")]), said(2, "Cy", parentId=2)]}}
    page = f'<html><body><div id="app"></div><script type="application/json">{json.dumps(state)}</script></body></html>'
    article = seeds.parse(page)
    assert article.read_by == "html/state"
    assert answers(article) == [("Ana", None), ("Bo", "Ana"), ("Cy", "Bo")]


def test_activities_name_their_actor_by_an_address() -> None:
    def note(at: int, **more: object) -> dict[str, object]:
        said = {"type": "Note", "id": f"n{at}", "published": f"2026-03-14T1{at}:00:00Z", "content": f"<p>{WORDS[at]}</p>", **more}
        return {"type": "Create", "object": said}

    items = [note(0, attributedTo="https://quay.example/@ana"), note(1, attributedTo={"name": "Bo"}, inReplyTo="n0")]
    page = f'<html><body><h1>A</h1><script type="application/activity+json">{json.dumps({"orderedItems": items})}</script></body></html>'
    article = seeds.parse(page)
    assert answers(article) == [("ana", None), ("Bo", "ana")]
    assert article.comments[0].text == WORDS[0]


def test_a_thread_of_two_looks_is_read_whole() -> None:
    def remark(kind: str, at: int, author: str, text: str, more: str = "") -> str:
        return (
            f'<div class="{kind}"><a class="user" href="/users/{at}">{author}</a> <span class="when">{at} May 2026, 10:0{at}</span>'
            f'<div class="words">{text} I think so, {author}.</div>{more}</div>'
        )

    below = remark("note", 2, "Bo", WORDS[1]) + remark("note", 3, "Cy", WORDS[2])
    answered = remark("answer", 1, "Ana", WORDS[0], f'<div class="notes">{below}</div>')
    page = f'<html lang="en"><body><h1>Why?</h1>{answered}{remark("answer", 4, "Di", "You want to sit there.")}</body></html>'
    assert answers(seeds.parse(page)) == [("Ana", None), ("Bo", "Ana"), ("Cy", "Ana"), ("Di", None)]


@pytest.mark.parametrize(
    "record",
    [
        "<b>{author}</b><x-time>14 March 2026, 1{at}:00</x-time><span>{text}</span>",
        "<x-author>{author}</x-author><x-time>14 March 2026, 1{at}:00</x-time><x-words>{text}</x-words><a href='#r'>Reply</a>",
    ],
    ids=["words", "own"],
)
def test_elements_that_are_the_pages_own_are_records(record: str) -> None:
    remarks = "".join(
        f"<x-remark id='r{at}'>{record.format(author=author, text=WORDS[at].replace('a', '<x-b>a</x-b>', 1), at=at)}</x-remark>"
        for at, author in enumerate(("Ana", "Bo", "Cy"))
    )
    article = seeds.parse(f'<html lang="en"><body><h1>A quay</h1><p>The town builds one.</p><h2>3 comments</h2>{remarks}</body></html>')
    assert [(comment.author, comment.text) for comment in article.comments] == list(zip(("Ana", "Bo", "Cy"), WORDS, strict=True))


def test_a_guest_has_a_name_without_a_link_and_a_number_may_be_a_name() -> None:
    def post(who: str, at: int) -> str:
        words = f"<p>{WORDS[at % 3]} I say so.</p>"
        return f'<div class="post" id="p{at}"><p>{who} · {at} May 2026, 10:0{at}</p>{words}<a href="#">Reply</a></div>'

    linked = [f'<a class="author" href="/user/{name}">{name}</a>' for name in ("Ana", "4711", "Bo")]
    posts = "".join(post(who, at) for at, who in enumerate((*linked, "Guest of Bo"), 1))
    article = seeds.parse(f'<html lang="en"><body>{posts}</body></html>')
    assert [comment.author for comment in article.comments] == ["Ana", "4711", "Bo", "Guest of Bo"]


def test_a_join_date_is_no_time_of_a_post_and_who_liked_it_not_its_author() -> None:
    def post(author: str, joined: str, at: int) -> str:
        return (
            f'<div class="post"><h4 class="user-name">{author}</h4><dl><dt>Registered</dt><dd>{joined}</dd></dl>'
            f"<i>{at} May 2026, 10:0{at}</i><p>{WORDS[at - 1]} I say so.</p>"
            f'<div class="likesBar"><a href="/user/9"><bdi class="name">Fan {at}</bdi></a></div></div>'
        )

    page = f'<html lang="en"><body>{post("Ana", "2 Mar 2012", 1)}{post("Bo", "4 Apr 2019", 2)}{post("Cy", "1 Jan 2010", 3)}</body></html>'
    article = seeds.parse(page)
    assert [comment.author for comment in article.comments] == ["Ana", "Bo", "Cy"]
    assert [comment.created_at for comment in article.comments] == [f"2026-05-0{at}T10:0{at}:00" for at in (1, 2, 3)]


def post(at: int, head: str, body: str, face: str = "") -> str:
    return (
        f'<div class="comment" id="c{at}"><div class="head">{face}{head} <small>1{at}:05 14.03.2026</small></div>'
        f'<p class="body">{body}</p></div>'
    )


def test_whom_a_comment_answers_is_not_its_author() -> None:
    head = '<span class="who">{}</span>'
    posts = [
        post(0, head.format('<a href="/u/1">Ana</a>'), WORDS[0]),
        post(1, head.format('Guest replied to <a href="#c0">Ana</a>'), WORDS[1]),
        post(2, head.format('<a href="/u/2">Bo</a>'), WORDS[2]),
    ]
    article = seeds.parse(f"<html><body><h1>A quay</h1>{''.join(posts)}</body></html>")
    assert answers(article) == [("Ana", None), ("Guest", "Ana"), ("Bo", None)]


def test_a_face_is_no_indent() -> None:
    face = '<img src="face.gif" width="{0}" height="{0}">'
    posts = [post(at, f"<b>{name}</b>", WORDS[at], face.format(16 * (at + 1))) for at, name in enumerate(("Ana", "Bo", "Cy"))]
    article = seeds.parse(f"<html><body><h1>A quay</h1>{''.join(posts)}</body></html>")
    assert answers(article) == [("Ana", None), ("Bo", None), ("Cy", None)]


def test_short_words_on_the_line_of_their_author_are_read() -> None:
    posts = [
        f'<li class="comment"><span class="comment-copy">{text}</span> – <a class="comment-user" href="/users/{at}">{name}</a> '
        f'<span class="comment-date"><span title="2026-03-14 1{at}:05:00Z">14 Mar</span></span></li>'
        for at, (name, text) in enumerate([("Ana", WORDS[0]), ("Bo", "Larch is best."), ("Cy", WORDS[2])])
    ]
    article = seeds.parse(f'<html><body><h1>A quay</h1><div id="question"><p>Why?</p></div><ul>{"".join(posts)}</ul></body></html>')
    assert [comment.text for comment in article.comments] == [WORDS[0], "Larch is best.", WORDS[2]]


def test_what_a_telephone_adds_is_no_word_of_the_comment() -> None:
    posts = [
        post(at, f"<b>{name}</b>", f'{WORDS[at]}<div class="phoneSignatur">Sent from a telephone</div>')
        for at, name in enumerate(("Ana", "Bo", "Cy"))
    ]
    article = seeds.parse(f"<html><body><h1>A quay</h1>{''.join(posts)}</body></html>")
    assert [comment.text for comment in article.comments] == list(WORDS)


def test_a_time_that_only_an_attribute_holds_parts_the_records() -> None:
    records = [
        f'<div class="rvw-rev"><span class="rvw-rev__author">{name}</span> <span class="rvw-rev__timestamp" '
        f'data-content="2026-03-14T1{at}:05:00Z"></span><div class="rvw-rev__body"><p>{WORDS[at]} I say so.</p></div></div>'
        for at, name in enumerate(("Ana", "Bo", "Cy"))
    ]
    article = seeds.parse(f'<html lang="en"><body><h1>A quay</h1><div class="reviews">{"".join(records)}</div></body></html>')
    assert [(comment.author, comment.created_at) for comment in article.comments] == [
        (name, f"2026-03-14T1{at}:05:00Z") for at, name in enumerate(("Ana", "Bo", "Cy"))
    ]


def said(*texts: str, kind: str = "words", more: str = "") -> list[str]:
    """What is read of a thread in which each text stands in an element of a class."""
    posts = "".join(
        f'<div class="remark" id="c{at}"><b class="author">{name}</b> <small>1{at}:05 14.03.2026</small>'
        f'<div class="{kind}"><p>{text}</p></div>{more}<a href="#">Reply</a></div>'
        for at, (name, text) in enumerate(zip(("Ana", "Bo", "Cy", "Di", "Eva", "Finn"), texts, strict=False))
    )
    page = f'<html lang="en"><body><h1>A quay</h1><p>The town builds one.</p><div class="comments">{posts}</div></body></html>'
    return [comment.text for comment in seeds.parse(page).comments]


NUMBERED = ("This is comment 1.", "This is comment 2.", "This is comment 3.")


@pytest.mark.parametrize("kind", ["words", "comment-text"])
@pytest.mark.parametrize("texts", [NUMBERED, (WORDS[0], *["Thanks!"] * 3), (*WORDS[:2], *["Thanks!"] * 2), (WORDS[0], *["+1"] * 3)])
def test_comments_that_say_the_same_are_read(texts: tuple[str, ...], kind: str) -> None:
    assert said(*texts, kind=kind, more="<p>Registered user</p>") == list(texts)


def test_lines_that_a_page_prints_are_no_words_of_a_comment() -> None:
    printed = "</p><p>Written with care at the quay.</p><p>"
    assert said(*(word + printed for word in WORDS), "<img src=a.png>" + printed) == list(WORDS)


def test_a_body_that_its_class_names_holds_what_the_commenter_typed() -> None:
    texts = (f"{WORDS[0]}</p><p>Report</p><p>Share", "Like", f"Quote</p><p>{WORDS[1]}", "Reply")
    assert said(*texts, kind="comment-text") == [text.replace("</p><p>", "\n") for text in texts]


def test_buttons_in_a_body_are_none_of_its_words() -> None:
    button = '<div><a href="#">Report</a> <a href="#">Share</a></div>'
    assert said(*(f"{word}</p>{button}<p>" for word in (*WORDS, "Share")), kind="comment-text") == [*WORDS, "Share"]


@pytest.mark.parametrize("button", ["Reply to This", "Reply to this comment", "Thumbs up 3"])
def test_a_button_that_names_nobody_is_neither_a_word_nor_a_mark(button: str) -> None:
    posts = "".join(
        f'<div class="remark" id="c{at}"><b class="author">{name}</b> <small>1{at}:05 14.03.2026</small>{button if at == 1 else ""}'
        f"<p>{WORDS[at]}</p>{button if at else ''}</div>"
        for at, name in enumerate(("Ana", "Bo", "Cy"))
    )
    article = seeds.parse(f'<html lang="en"><body><h1>A quay</h1><div class="comments">{posts}</div></body></html>')
    assert [(comment.author, comment.text, comment.reply_to) for comment in article.comments] == [
        (name, word, None) for name, word in zip(("Ana", "Bo", "Cy"), WORDS, strict=True)
    ]
    assert article.warnings == ()


def test_a_form_that_shows_the_comment_is_no_frame() -> None:
    texts = [f'<form action="#"><div>{word}</div></form>' for word in (*WORDS, "Yes.")]
    assert said(*texts) == [*WORDS, "Yes."]
    below = '<form action="#"><label>Your name</label> Your answer is read by the town before all others see it.</form>'
    assert said(*WORDS, "Yes.", more=below) == [*WORDS, "Yes."]
