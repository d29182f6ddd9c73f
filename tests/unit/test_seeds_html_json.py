"""JSON in a page: how scripts write it down, and what of it is the article."""

from __future__ import annotations

import json
import time

import pytest

import seeds
from labels.thread import Article
from seeds.html import linked_data, objects, state, tree
from tests.property import fuzz_seeds


def read(scripts: str) -> Article:
    """The article of a page that scripts fill, proven valid on the way."""
    article = seeds.parse(f'<html lang="en"><head><title>Bench</title></head><body><div id="app"></div>{scripts}</body></html>', id="page")
    assert fuzz_seeds.problems(article) == []
    return article


def of_data(value: object, kind: str = "application/ld+json", frame: str = "{}") -> Article:
    return read(f"<script type='{kind}'>{frame.format(json.dumps(value))}</script>")


def said(article: Article) -> list[tuple[str | None, str, str | None]]:
    """Author and text of each comment, and whom it answers."""
    names = {comment.id: comment.author for comment in article.comments}
    return [(comment.author, comment.text, names[comment.reply_to] if comment.reply_to else None) for comment in article.comments]


def own(article: Article) -> tuple[str | None, str | None, str]:
    return article.author, article.published_at, article.text


def typed(kind: str, author: str, clock: str, text: str, **more: object) -> dict[str, object]:
    return {"@type": kind, "author": {"name": author}, "dateCreated": f"2026-03-14T{clock}:00Z", "text": text, **more}


ANA, BO = ("Ana", "A place to sit.", None), ("Bo", "Oak rots.", "Ana")
TALK = typed("Comment", "Ana", "10:00", "A place to sit.", comment=typed("Comment", "Bo", "10:20", "Oak rots."))
DORA = ("Dora", "2026-03-14T09:00:00Z", "Why does oak rot?")


# --- JSON-LD


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        ("application/ld+json; charset=utf-8", "{}"),
        ("Application/LD+JSON", "{}"),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', "{}"),
        ("application/ld+json", "\n//<![CDATA[\n{}\n//]]>\n"),
        ("application/ld+json", "/*<![CDATA[*/{}/*]]>*/"),
        ("application/ld+json", "<!--\n{}\n-->"),
        ("application/ld+json", "/* the thread */ {}"),
    ],
)
def test_linked_data_is_found_however_its_script_is_written(kind: str, frame: str) -> None:
    assert said(of_data({"@type": "NewsArticle", "comment": TALK}, kind, frame)) == [ANA, BO]


@pytest.mark.parametrize(
    "value",
    [
        typed("DiscussionForumPosting", "Dora", "09:00", DORA[2], comment=[TALK]),
        typed("DiscussionForumPosting", "Dora", "09:00", DORA[2], comment=TALK),
        [typed("SocialMediaPosting", "Dora", "09:00", DORA[2]), TALK],
        {"@type": "WebPage", "mainEntity": typed("DiscussionForumPosting", "Dora", "09:00", DORA[2], headline="Oak", comment=[TALK])},
        {"@type": "QAPage", "mainEntity": typed("Question", "Dora", "09:00", DORA[2], acceptedAnswer=TALK | {"@type": "Answer"})},
    ],
    ids=["posting", "one answer", "list", "main entity", "question"],
)
def test_the_post_that_opens_a_discussion_is_the_article(value: object) -> None:
    article = of_data(value)
    assert said(article) == [ANA, BO]
    assert own(article) == DORA


def test_comments_that_are_posts_do_not_open_the_discussion_of_an_article() -> None:
    posts = [typed("SocialMediaPosting", "Ana", "10:00", "A place to sit."), typed("SocialMediaPosting", "Cy", "10:20", "Oak rots.")]
    article = of_data([*posts, {"@type": "NewsArticle", "headline": "Bench", "author": "Dora", "datePublished": "2026-03-14T09:00:00Z"}])
    assert said(article) == [ANA, ("Cy", "Oak rots.", None)]
    assert own(article) == (*DORA[:2], "")


def test_a_note_with_its_replies_is_the_article() -> None:
    def note(at: int, author: str, **more: object) -> dict[str, object]:
        return {
            "type": "Note",
            "id": f"n{at}",
            "attributedTo": f"https://quay.example/@{author}",
            "published": f"2026-03-14T{at:02}:00:00Z",
            **more,
        }

    items = [
        note(10, "Ana", content="<p>A place to sit.</p>", inReplyTo="n9"),
        note(11, "Bo", contentMap={"en": "<p>Oak rots.</p>"}, inReplyTo="n10"),
    ]
    opening = note(9, "Dora", content=f"<p>{DORA[2]}</p>", replies={"type": "Collection", "first": {"items": items}})
    for value in (opening, {"type": "Create", "object": opening}):
        article = of_data(value, "application/activity+json")
        assert said(article) == [ANA, BO]
        assert own(article) == DORA
        assert article.warnings == ()


def test_answers_without_author_and_time_are_no_comments() -> None:
    asked = [
        {"@type": "Question", "name": f"{word}?", "acceptedAnswer": {"@type": "Answer", "text": f"{word}."}} for word in ("Oak", "Larch")
    ]
    assert of_data({"@type": "FAQPage", "mainEntity": asked}).comments == ()


# --- state

STATE = {
    "title": "A bench",
    "total": 0,
    "comments": {
        "items": [
            {"id": 1, "author": {"name": "Ana"}, "body": "A place to sit.", "createdAt": "2026-03-14T10:00:00Z"},
            {"id": 2, "author": {"name": "Bo"}, "body": "Oak rots.", "createdAt": "2026-03-14T10:20:00Z", "parentId": 1},
        ]
    },
}
JSON = json.dumps(STATE)
QUOTED = JSON.replace("A place", "A 'place'")


@pytest.mark.parametrize(
    ("script", "first"),
    [
        (f"window.__STATE__ = {JSON};", "A place to sit."),
        (f"window.__STATE__ = JSON.parse({json.dumps(JSON)});", "A place to sit."),
        (f"window.__STATE__ = JSON.parse('{QUOTED}');".replace("'place'", r"\x27place\'"), "A 'place' to sit."),
        (f'var a = 1, b = {{c: "d"}};\nwindow["__STATE__"] = {JSON}; (function () {{}})();', "A place to sit."),
        (f"/* state */ var state={JSON}", "A place to sit."),
        (f"var state = {JSON.replace('0', 'undefined', 1).replace('A place', 'An undefined place')}", "An undefined place to sit."),
    ],
    ids=["plain", "parsed", "single quotes", "second statement", "comment", "undefined"],
)
def test_a_state_is_found_however_its_script_assigns_it(script: str, first: str) -> None:
    article = read(f"<script>{script}</script>")
    assert said(article) == [("Ana", first, None), BO]
    assert article.read_by == "html/state"


def test_what_nuxt_writes_as_a_call_of_a_function_is_read() -> None:
    remark = "{{id:{},author:{{name:{}}},body:{},createdAt:{},hidden:!1,rank:.5,parentId:{}}}"
    items = ",".join((remark.format(1, "b", '"A place: to {sit}, c."', "c", "void 0"), remark.format(2, '"Bo"', "d", "c", 1)))
    call = f'(function(a,b,c,d){{return {{layout:"default",data:[{{comments:[{items}],total:a}}],fetch:{{}}}}}}'
    script = f'window.__NUXT__={call}(null,"Ana",new Date("2026-03-14T10:00:00Z"),"Oak rots."));'
    assert said(read(f"<script>{script}</script>")) == [("Ana", "A place: to {sit}, c.", None), BO]


def test_what_nuxt_writes_as_a_flat_list_is_read() -> None:
    head = [["ShallowReactive", 1], {"data": 2, "state": 3, "once": 3}, ["ShallowReactive", 4], ["Reactive", 5], {"thread": 6}, {}]
    thread = [{"comments": 7, "title": 8}, [9, 16], "A bench"]
    ana = [{"id": 10, "author": 11, "body": 13, "createdAt": 14, "thread": 6, "parentId": -1}, 1, {"name": 12, "self": 11}, "Ana"]
    bo = [{"id": 17, "author": 18, "body": 20, "createdAt": 14, "parentId": 10}, 2, {"name": 19}, "Bo", "Oak rots."]
    flat = [*head, *thread, *ana, "A place to sit.", ["Date", "2026-03-14T10:00:00.000Z"], "unused", *bo]
    article = read(f'<script type="application/json" id="__NUXT_DATA__" data-ssr="true">{json.dumps(flat)}</script>')
    assert said(article) == [ANA, BO]
    assert article.comments[0].created_at == "2026-03-14T10:00:00Z"


def test_what_next_streams_is_read_however_its_strings_are_cut() -> None:
    def remark(at: int, author: object, body: str, **more: object) -> dict[str, object]:
        return {"id": at, "author": author, "body": body, "createdAt": "$D2026-03-14T10:00:00.000Z", **more}

    long = "Oak – rots."
    comments = [
        remark(1, {"name": "Ana"}, "A place to sit."),
        remark(2, "$6", "$a", parentId=1),
        remark(3, "$5:3:comments:0:author", "$$5."),
    ]
    tree = ["$", "$L2", None, {"comments": comments, "article": "$5:3:comments"}]
    stream = (
        f'1:"$Sreact.fragment"\n2:I[7,["8","static/8.js"],"Talk"]\n:HL["/a.css","style"]\na:T{len(long.encode()):x},{long}'
        f'5:{json.dumps(tree)}\n6:{{"name":"Bo","friend":"$6"}}\n'
    )
    cut = [stream[at : at + 37] for at in range(0, len(stream), 37)]
    calls = "".join(f"<script>self.__next_f.push([1,{json.dumps(piece)}])</script>" for piece in cut)
    article = read(f"<script>(self.__next_f=self.__next_f||[]).push([0])</script>{calls}")
    assert said(article) == [ANA, ("Bo", long, "Ana"), ("Ana", "$5.", None)]
    assert article.comments[0].created_at == "2026-03-14T10:00:00Z"


def test_references_of_a_state_are_followed() -> None:
    def remark(name: str, text: str, user: str, parent: str | None) -> dict[str, object]:
        named = {"author": {"__ref": user}, "parent": parent and {"__ref": f"Comment:{parent}"}}
        return {"__typename": "Comment", "id": name, "body": text, "createdAt": "2026-03-14T10:00:00Z", **named}

    state = {
        "ROOT_QUERY": {"comments": [{"__ref": "Comment:ab"}, {"__ref": "Comment:xy"}]},
        "Comment:ab": remark("ab", "A place to sit.", "User:1", None),
        "Comment:xy": remark("xy", "Oak rots.", "User:2", "ab"),
        "User:1": {"__typename": "User", "name": "Ana", "author": {"__ref": "User:1"}},
        "User:2": {"__typename": "User", "name": "Bo"},
    }
    assert said(read(f"<script>window.__APOLLO_STATE__ = {json.dumps(state)}</script>")) == [ANA, BO]


def test_one_comment_of_a_state_must_be_called_so() -> None:
    one = STATE["comments"]["items"][:1]  # type: ignore[index]
    pad = "x" * 200
    assert said(of_data({"comments": one, "article": one[0], "pad": pad}, "application/json")) == [ANA]
    assert of_data({"stories": one, "pad": pad}, "application/json").comments == ()


def test_half_a_character_is_one_that_is_unknown() -> None:
    text = r"\ud83d sits \ud83d\ude00 \\ud83d \uDE00"
    value = json.dumps({"@type": "NewsArticle", "comment": TALK}).replace("A place to sit.", text).replace("Ana", r"Ana\udc00")
    assert said(read(f"<script type='application/ld+json'>{value}</script>"))[0] == (
        "Ana\ufffd",
        "\ufffd sits \U0001f600 \\ud83d \ufffd",
        None,
    )


@pytest.mark.parametrize(
    "script",
    [
        "/*" * 200_000,
        "//" * 200_000,
        "<!--" * 100_000,
        "a={" * 200_000,
        'a={"' * 100_000,
        "a=[" * 200_000 + "[",
        "a=JSON.parse(" + "'" * 300_000,
        "a=" + '{"a":' * 50_000 + "undefined",
        'a={"a":undefined,' + r"\"" * 300_000,
        "=" + " " * 500_000,
        "a={" + r'"\ud83d' * 100_000,
        "__NUXT__=(function(" + "a," * 200_000,
        "__NUXT__=(function(a){return {" + 'a:"' * 100_000,
        "__NUXT__=(function(a){return [" + "a," * 200_000 + "a]}(" + "(" * 100_000,
        "__NUXT__=(function(a){return " * 20_000,
        '__next_f.push([1,"' * 50_000,
        "__next_f.push([1," + json.dumps("1:[" * 100_000) + "])",
        "__next_f.push([1," + json.dumps("1:Tffffff,\n" * 50_000) + "])",
        "__next_f.push([1," + json.dumps('1:{"a":"$1","b":"$1:a:a:a"}\n' * 20_000) + "])",
    ],
)
def test_a_script_that_never_ends_costs_little_time(script: str) -> None:
    begin = time.process_time()
    assert read(f"<script>{script}</script><script type='application/ld+json'>{script}</script>").comments == ()
    assert time.process_time() - begin < 2


def test_each_way_reads_its_own_scripts() -> None:
    linked = f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'comment': TALK})}{' ' * 200}</script>"
    started = f"<script type='application/json'>{JSON}</script>"
    for script, places in ((linked, (2, 0)), (started, (0, 2))):
        root = tree.parse(f"<html><body>{script}</body></html>")
        assert root is not None
        assert (len(linked_data.comments(root)), len(state.comments(tree.flatten(root)))) == places


def test_comments_are_found_however_deep_they_stand() -> None:
    value: object = {"comments": [{"body": "Oak rots."}]}
    for _ in range(20_000):
        value = [value]
    found = objects.comments(value, "state", lambda each: "body" in each)
    assert [item.raw.text for item in found] == ["Oak rots."]
    assert found[0].where.endswith("[0].comments[0]")
