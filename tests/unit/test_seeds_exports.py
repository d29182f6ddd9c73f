"""Export files: each format from a small file of our own; what is hostile or broken; memory that does not grow."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import seeds
import threadwise
from labels.errors import DocumentError
from labels.thread import Article
from seeds import exports

Row = tuple[str, str | None, str | None, str | None, str]


def articles(data: bytes | str, id: str = "file") -> list[Article]:
    return list(exports.read(io.BytesIO(data.encode() if isinstance(data, str) else data), id))


def partly(data: bytes | str) -> tuple[list[Article], str]:
    """What is read of a damaged export, and what is said of the rest."""
    found: list[Article] = []
    with pytest.raises(DocumentError) as error:
        found.extend(exports.read(io.BytesIO(data.encode() if isinstance(data, str) else data), "file"))
    return found, str(error.value)


def rows(article: Article) -> list[Row]:
    return [(comment.id, comment.author, comment.reply_to, comment.created_at, comment.text) for comment in article.comments]


def left_out(article: Article) -> list[str]:
    return [notice.what for notice in article.warnings if "left out" in notice.what]


def wp(name: str, *, parent: str = "0", approved: str = "1", kind: str = "", text: str = "Text.", gmt: str = "2026-02-05 19:25:00") -> str:
    return (
        f"<wp:comment><wp:comment_id>{name}</wp:comment_id><wp:comment_author><![CDATA[Ana & Bo]]></wp:comment_author>"
        f"<wp:comment_date>2026-02-05 21:25:00</wp:comment_date><wp:comment_date_gmt>{gmt}</wp:comment_date_gmt>"
        f"<wp:comment_content><![CDATA[{text}]]></wp:comment_content><wp:comment_approved>{approved}</wp:comment_approved>"
        f"<wp:comment_type>{kind}</wp:comment_type><wp:comment_parent>{parent}</wp:comment_parent></wp:comment>"
    )


def wxr(*items: str, head: str = '<?xml version="1.0"?>') -> str:
    return (
        f'{head}<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Blog</title>{"".join(items)}</channel></rss>'
    )


def item(*comments: str, title: str = "Trams are back") -> str:
    return (
        f"<item><title>{title}</title><link>https://blog.example/trams</link><dc:creator>editor</dc:creator>"
        "<content:encoded><![CDATA[<p>The trams are back on the river line.</p>]]></content:encoded>"
        "<excerpt:encoded><![CDATA[short]]></excerpt:encoded><wp:post_date_gmt>2026-02-04 08:00:00</wp:post_date_gmt>"
        f"{''.join(comments)}</item>"
    )


def test_wxr() -> None:
    text = "Line one.\nLine <b>two</b> &amp; more.\n\nNext paragraph."
    given = wxr(
        item(), item(wp("3", parent="2"), wp("2", text=text), wp("4", gmt="0000-00-00 00:00:00")), item(wp("9", parent="8"), title="B")
    )
    first, second = articles(given)
    assert (first.id, second.id) == ("file#1", "file#2")
    assert (first.title, first.url, first.author, first.lang) == ("Trams are back", "https://blog.example/trams", "editor", "en")
    assert (first.text, first.published_at) == ("The trams are back on the river line.", "2026-02-04T08:00:00Z")
    assert rows(first) == [
        ("3", "Ana & Bo", "2", "2026-02-05T19:25:00Z", "Text."),
        ("2", "Ana & Bo", None, "2026-02-05T19:25:00Z", "Line one.\nLine two & more.\n\nNext paragraph."),
        ("4", "Ana & Bo", None, "2026-02-05T21:25:00", "Text."),  # the blog's own clock, without an offset
    ]
    assert first.comments[0].created_at_raw == "2026-02-05 21:25:00"
    assert [notice.what for notice in second.warnings] == ["answers comment 8, which is not on this page"]


def test_what_the_site_does_not_show_is_left_out_and_counted() -> None:
    hidden = (
        wp("2", approved="0"),
        wp("3", approved="spam"),
        wp("4", approved="spam"),
        wp("5", kind="pingback"),
        wp("6", approved="trash"),
    )
    one, none = articles(wxr(item(wp("1"), *hidden), item(wp("7", approved="spam"))))
    assert [comment.id for comment in one.comments] == ["1"]
    assert left_out(one) == ["not shown by the site and left out: deleted 1, pingback 1, spam 2, waiting for approval 1"]
    assert (none.id, none.comments) == ("file#2", ())
    assert left_out(none) == ["not shown by the site and left out: spam 1"]


def test_reviews_of_a_shop_are_comments() -> None:
    [product] = articles(wxr(item(wp("1", kind="review"), wp("2", kind="comment", parent="1"), wp("3", kind="trackback"))))
    assert [(comment.id, comment.reply_to) for comment in product.comments] == [("1", None), ("2", "1")]
    assert left_out(product) == ["not shown by the site and left out: trackback 1"]


DISQUS = """`<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<category dsq:id="1"><title>General</title></category>
<thread dsq:id="10"><id/><link>https://a.example/1</link><title>One</title><createdAt>2026-01-01T00:00:00Z</createdAt></thread>
<thread dsq:id="11"><id/><link>https://a.example/2</link><title>Two &amp; a half</title></thread>
<thread dsq:id="12"><id/><link>https://a.example/3</link><title>Nobody came</title></thread>
<post dsq:id="101"><id/><message><![CDATA[<p>First.</p><p>More.<br>Yet more.</p>]]></message><createdAt>2026-02-05T21:25:00Z</createdAt>
<isDeleted>false</isDeleted><isSpam>false</isSpam>
<author><name>Ana</name><isAnonymous>true</isAnonymous></author><thread dsq:id="11"/></post>
<post dsq:id="102">
<message><![CDATA[<p>Second.</p>]]></message><createdAt>2026-02-31T21:30:00Z</createdAt><isDeleted>false</isDeleted>
<isSpam>false</isSpam><author><name/><username>bo</username></author><thread dsq:id="11"/><parent dsq:id="101"/></post>
<post dsq:id="103">
<message>Spam</message><isDeleted>false</isDeleted><isSpam>true</isSpam><author><name>X</name></author><thread dsq:id="10"/></post>
<post dsq:id="104">
<message>Gone</message><isDeleted>true</isDeleted><isSpam>false</isSpam>
<author><name>X</name></author><thread dsq:id="10"/></post>
<post dsq:id="105">
<message>Left alone</message><isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Cy</name></author>
<thread dsq:id="10"/><parent dsq:id="104"/></post>
</disqus>"""


def test_disqus() -> None:
    first, second = articles(DISQUS)
    assert (first.title, first.url) == ("One", "https://a.example/1")
    assert rows(first) == [("105", "Cy", None, None, "Left alone")]
    assert [notice.what for notice in first.warnings] == [
        "answers comment 104, which is not on this page",
        "not shown by the site and left out: deleted 1, spam 1",
    ]
    assert (second.id, second.title) == ("file#2", "Two & a half")
    assert rows(second) == [
        ("101", "Ana", None, "2026-02-05T21:25:00Z", "First.\n\nMore.\nYet more."),
        ("102", "bo", "101", None, "Second."),
    ]
    assert [notice.what for notice in second.warnings] == ["no such time: 2026-02-31T21:30:00Z"]


def entry(name: str, kind: str, *more: str) -> str:
    return (
        f"<entry><id>tag:blogger.com,1999:blog-1.post-{name}</id><published>2026-02-05T21:25:00.123-08:00</published>"
        f'<category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger/2008/kind#{kind}"/>'
        f'<title>T{name}</title><content type="html">Body &lt;b&gt;{name}&lt;/b&gt;</content><author><name>Ana</name></author>'
        f"{''.join(more)}</entry>"
    )


def test_blogger() -> None:
    answers = '<thr:in-reply-to ref="tag:blogger.com,1999:blog-1.post-5" type="text/html"/>'
    related = '<link rel="related" href="https://www.blogger.com/feeds/1/5/comments/default/7"/>'
    feed = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
    entries = (entry("4", "settings"), entry("5", "post"), entry("7", "comment", answers), entry("8", "comment", answers, related))
    (article,) = articles(feed + "".join(entries) + "</feed>")
    assert (article.title, article.text, article.published_at) == ("T5", "Body 5", "2026-02-05T21:25:00-08:00")
    seven, eight = (f"tag:blogger.com,1999:blog-1.post-{name}" for name in "78")
    assert rows(article) == [
        (seven, "Ana", None, "2026-02-05T21:25:00-08:00", "Body 7"),
        (eight, "Ana", seven, "2026-02-05T21:25:00-08:00", "Body 8"),
    ]


ISSO = """
CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR UNIQUE, title VARCHAR);
CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT, modified FLOAT, mode INTEGER,
    remote_addr VARCHAR, text VARCHAR, author VARCHAR, email VARCHAR, website VARCHAR, likes INTEGER, dislikes INTEGER, voters BLOB);
INSERT INTO threads VALUES (1, '/one', 'One'), (2, '/two', 'Two');
INSERT INTO comments (tid, id, parent, created, mode, text, author) VALUES (2, 1, NULL, 1770326700.5, 1, 'First *one*.', 'Ana'),
    (2, 2, 1, 1770326800, 1, 'Second.', NULL), (2, 3, 1, 1770326900, 4, 'Gone', 'Bo'), (2, 4, NULL, 1770327000, 2, 'Waits', 'Cy');
"""


def isso_database(folder: Path, script: str = "") -> bytes:
    path = folder / "isso.db"
    base = sqlite3.connect(path)
    base.executescript(ISSO)
    base.executescript(script)
    base.commit()
    base.close()
    return path.read_bytes()


def test_isso_database(tmp_path: Path) -> None:
    (article,) = articles(isso_database(tmp_path))
    assert (article.title, article.url) == ("Two", "/two")
    assert rows(article) == [
        ("1", "Ana", None, "2026-02-05T21:25:00Z", "First *one*."),
        ("2", None, "1", "2026-02-05T21:26:40Z", "Second."),
    ]
    assert left_out(article) == ["not shown by the site and left out: deleted 1, waiting for approval 1"]


def test_bytes_in_a_column_of_isso_are_its_text(tmp_path: Path) -> None:
    changes = (
        "UPDATE comments SET author = CAST('Ana' AS BLOB), text = x'4869FF' WHERE id = 1; UPDATE comments SET created = x'00' WHERE id = 2;"
    )
    (article,) = articles(isso_database(tmp_path, changes))
    assert [(comment.author, comment.text, comment.created_at) for comment in article.comments] == [
        ("Ana", "Hi\ufffd", "2026-02-05T21:25:00Z"),
        (None, "Second.", None),
    ]


def test_a_database_that_is_not_issos_is_refused(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT x AS id, x AS uri, x AS title FROM r"
    hostile = f"DROP TABLE threads; CREATE VIEW threads AS {endless};"
    with pytest.raises(DocumentError, match="not isso's"):
        articles(isso_database(tmp_path, hostile))
    with pytest.raises(DocumentError, match="cannot be read as isso's"):
        articles(b"SQLite format 3\x00" + b"x" * 5000)


def test_isso_json() -> None:
    comments = [{"id": 1, "author": "Ana", "created": "2026-02-05 21:25:00", "text": "First."}, {"id": 2, "author": "", "text": "Second."}]
    one, two = articles(
        json.dumps([{"id": "/one", "title": "One", "comments": comments}, {"id": "/two", "title": "", "comments": comments[:1]}])
    )
    assert rows(one) == [("1", "Ana", None, "2026-02-05T21:25:00", "First."), ("2", None, None, None, "Second.")]
    assert (one.url, two.title, two.id) == ("/one", None, "file#2")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("I <3 *boats* & a < b", "I <3 *boats* & a < b"),
        ("See <https://quay.example/?a=1&copy=2>", "See <https://quay.example/?a=1&copy=2>"),
        ("A `List<int>` and ``a ` <b>``", "A `List<int>` and ``a ` <b>``"),
        ("So:\n\n```html\n<p>Oak &amp; larch</p>\n```\nIt <b>rots</b>.", "So:\n\n```html\n<p>Oak &amp; larch</p>\n```\nIt rots."),
        ("So:\n\n    <p>Oak</p>\n    <p>Larch</p>\n\nDone.", "So:\n\n<p>Oak</p>\n<p>Larch</p>\n\nDone."),
        ("<p>Brought from <i>elsewhere</i>.<br>Tea &amp; rum</p>", "Brought from elsewhere.\nTea & rum"),
        ("> He said so.\n\n- one\n- [two](https://quay.example)", "> He said so.\n\n- one\n- [two](https://quay.example)"),
        ("```\n<p>never ended", "```\n<p>never ended"),
    ],
)
def test_comments_of_isso_are_markdown(tmp_path: Path, typed: str, text: str) -> None:
    (one,) = articles(json.dumps([{"id": "/one", "title": "One", "comments": [{"id": 1, "text": typed}]}]))
    changes = "UPDATE comments SET mode = 2 WHERE id > 1; UPDATE comments SET text = x'TYPED';".replace("TYPED", typed.encode().hex())
    (other,) = articles(isso_database(tmp_path, changes))
    assert [comment.text for comment in (*one.comments, *other.comments)] == [text, text]


def test_the_members_of_a_thread_of_isso_may_stand_in_any_order() -> None:
    comments = [{"text": "Oak rots. " * 50, "created": "2026-02-05 21:25:00", "id": at, "author": "Ana"} for at in range(200)]
    for before in ({}, {"id": "/one"}):
        [one] = articles(json.dumps([before | {"comments": comments, "title": "One", "id": "/one"}]))
        assert (one.url, one.title, len(one.comments), one.read_by) == ("/one", "One", 200, "exports/isso_json")


def test_commento() -> None:
    def comment(name: str, path: str, **members: object) -> dict[str, object]:
        base = {"commentHex": name, "domain": "a.example", "url": path, "commenterHex": "k1", "markdown": f"M *{name}*", "html": ""}
        return (
            base | {"parentHex": "root", "state": "approved", "creationDate": "2026-02-05T21:25:00.123456789Z", "deleted": False} | members
        )

    given = {
        "version": 1,
        "comments": [
            comment("b", "/one", parentHex="a"),
            comment("c", "/two", html="<p>H &amp; c</p>", commenterHex="anonymous"),
            comment("a", "/one"),
            comment("d", "/one", deleted=True),
            comment("e", "/one", state="unapproved"),
        ],
        "commenters": [{"commenterHex": "k1", "name": "Ana", "email": "someone@example.org"}],
    }
    one, two = articles(json.dumps(given))
    assert one.url == "https://a.example/one"
    assert rows(one) == [("b", "Ana", "a", "2026-02-05T21:25:00Z", "M *b*"), ("a", "Ana", None, "2026-02-05T21:25:00Z", "M *a*")]
    assert left_out(one) == ["not shown by the site and left out: deleted 1, waiting for approval 1"]
    assert rows(two) == [("c", None, None, "2026-02-05T21:25:00Z", "H & c")]


def remark42(*comments: dict[str, object], version: int = 1) -> str:
    lines = [{"version": version, "users": [{"id": "u1"}], "posts": [{"url": "https://a.example/1", "read_only": True}]}, *comments]
    return "\n".join(map(json.dumps, lines)) + "\n"


def of_remark42(name: str, pid: str = "", **members: object) -> dict[str, object]:
    base = {
        "id": name,
        "pid": pid,
        "text": f"<p>Text {name}</p>",
        "user": {"name": "Ana", "id": "u1"},
        "time": "2026-02-05T21:25:00.5+02:00",
    }
    return base | {"locator": {"site": "s", "url": "https://a.example/1"}, "title": "One"} | members


def test_remark42_packed_as_its_backups_are() -> None:
    given = remark42(of_remark42("a"), of_remark42("b", "a"), of_remark42("c", delete=True), of_remark42("d", "c"))
    (article,) = articles(gzip.compress(given.encode()))
    assert (article.title, article.url) == ("One", "https://a.example/1")
    assert rows(article)[:2] == [
        ("a", "Ana", None, "2026-02-05T21:25:00+02:00", "Text a"),
        ("b", "Ana", "a", "2026-02-05T21:25:00+02:00", "Text b"),
    ]
    assert article.comments[2].reply_to is None
    assert "answers comment c, which is not on this page" in [notice.what for notice in article.warnings]


def test_an_unknown_version_of_remark42_is_refused() -> None:
    with pytest.raises(DocumentError, match="version 7"):
        articles(remark42(of_remark42("a"), version=7))


def test_activitystreams_1() -> None:
    given = {
        "objectType": "article",
        "displayName": "An article",
        "content": "<p>The trams are back.</p>",
        "url": "https://a.example/1",
        "replies": {
            "items": [
                {
                    "objectType": "comment",
                    "id": "tag:2",
                    "author": {"displayName": "Ana"},
                    "content": "I <i>concur</i>.",
                    "inReplyTo": [{"url": "https://a.example/1"}],
                },
                {
                    "objectType": "comment",
                    "id": "tag:3",
                    "content": "And I.",
                    "published": "2026-02-05T21:25:00Z",
                    "inReplyTo": [{"id": "tag:2"}],
                },
            ]
        },
    }
    (article,) = articles(json.dumps(given))
    assert (article.title, article.text, article.url) == ("An article", "The trams are back.", "https://a.example/1")
    assert rows(article) == [("tag:2", "Ana", None, None, "I concur."), ("tag:3", None, "tag:2", "2026-02-05T21:25:00Z", "And I.")]


def test_activitystreams_2() -> None:
    def note(name: str, parent: object, **members: object) -> dict[str, object]:
        base = {"type": "Note", "id": f"https://m.example/{name}", "attributedTo": "https://m.example/users/ana", "inReplyTo": parent}
        return base | {"content": f"<p>Text {name}</p>", "published": "2026-02-05T21:25:00Z"} | members

    root = note(
        "1",
        None,
        replies={
            "type": "Collection",
            "first": {"type": "CollectionPage", "items": [note("4", "https://m.example/1"), "https://m.example/9"]},
        },
    )
    given = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "OrderedCollection",
        "orderedItems": [
            {"type": "Create", "object": root},
            {"type": "Announce", "object": "https://m.example/7"},
            {"type": "Create", "object": note("3", {"id": "https://m.example/2"}, contentMap={"en": "x"}, content=None)},
            {"type": "Create", "object": note("2", ["https://m.example/1"])},
            {"type": "Create", "object": note("5", "https://else.example/0")},
            {"type": "Create", "object": {"type": "Tombstone", "id": "https://m.example/6", "inReplyTo": "https://m.example/1"}},
            {"type": "Create", "object": note("8", "https://m.example/8b")},
            {"type": "Create", "object": note("8b", "https://m.example/8")},
        ],
    }
    first, outside, circle = articles(json.dumps(given))
    names = lambda article: [(comment.id.rpartition("/")[2], (comment.reply_to or "").rpartition("/")[2]) for comment in article.comments]  # noqa: E731
    assert first.text == "Text 1"
    assert sorted(names(first)) == [("2", ""), ("3", "2"), ("4", "")]
    assert first.comments[0].author == "ana"
    assert left_out(first) == ["not shown by the site and left out: deleted 1"]
    assert (outside.url, names(outside)) == ("https://else.example/0", [("5", "")])
    assert sorted(name for name, _ in names(circle)) == ["8", "8b"]
    assert any("circle" in notice.what for notice in circle.warnings)


CORAL_HEADER = ["Kommentar-ID", "Zeitstempel der Veröffentlichung", "Artikel-URL", "Kommentar-URL", "Kommentartext", "Medien"]


def coral_csv(delimiter: str = ",") -> str:
    file = io.StringIO(newline="")
    name = "01234567-89ab-cdef-0123-456789abcdef"
    article = "https://news.example/a"
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerows(
        [
            CORAL_HEADER,
            [name, "2026-02-05T21:25:00Z", article, f"{article}?commentID={name}", '<div>One,<br>two &amp; "three"</div>', ""],
            [name.replace("0", "1"), "5.2.2026, 21:30", "https://news.example/b", f"https://news.example/b?commentID={name}", "Zwei", ""],
        ]
    )
    return file.getvalue()


def test_coral_csv_in_any_language_and_in_its_zip() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("my_comments.csv", coral_csv())
    for given in ("\ufeff" + coral_csv(), coral_csv(";"), packed.getvalue()):
        one, two = articles(given)
        assert (one.url, two.url) == ("https://news.example/a", "https://news.example/b")
        assert rows(one) == [("01234567-89ab-cdef-0123-456789abcdef", None, None, "2026-02-05T21:25:00Z", 'One,\ntwo & "three"')]
        assert two.comments[0].created_at == "2026-02-05T21:30:00"


@pytest.mark.parametrize(
    ("times", "first"),
    [
        (("02/05/2026, 03:15:20 PM UTC", "02/13/2026, 03:15:20 PM UTC"), "2026-02-05T15:15:20Z"),
        (("02/05/2026, 03:15:20 PM UTC", "02/06/2026, 03:15:20 PM UTC"), "2026-02-05T15:15:20Z"),
        (("02/05/2026, 15:15:20 UTC", "13/05/2026, 15:15:20 UTC"), "2026-05-02T15:15:20Z"),
    ],
)
def test_the_whole_column_tells_how_corals_site_writes_a_day(times: tuple[str, str], first: str) -> None:
    _, row, _ = csv.reader(io.StringIO(coral_csv()))
    file = io.StringIO(newline="")
    csv.writer(file).writerows([CORAL_HEADER, *([row[0], time, *row[2:]] for time in times)])
    [one] = articles(file.getvalue())
    assert one.comments[0].created_at == first


def test_the_first_line_of_remark42_may_be_longer_than_what_tells_its_kind() -> None:
    lines = remark42(of_remark42("a")).split("\n")
    posts = [{"url": f"https://a.example/{at}", "read_only": True} for at in range(3_000)]
    lines[0] = json.dumps({"version": 1, "users": [{"id": "u1"}], "posts": posts})
    [one] = articles("\n".join(lines))
    assert [comment.id for comment in one.comments] == ["a"]


# ---- what is hostile or broken

BOMB = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("head", [BOMB, OUTSIDE, '<?xml version="1.0"?><!-- x --><!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">'])
def test_a_doctype_is_refused(head: str) -> None:
    with pytest.raises(DocumentError, match="DOCTYPE"):
        articles(wxr(item(wp("1", text="]]>&b;&a;<![CDATA[")), head=head))


def test_undeclared_entities_stay_unread() -> None:
    (article,) = articles(wxr(item(wp("1", text="before ]]>&unknown;<![CDATA[ after"))))
    assert article.comments[0].text in {"before after", "before &unknown; after"}


def test_an_export_that_breaks_off_gives_what_stood_before_and_says_so() -> None:
    whole = wxr(item(wp("1")), item(wp("2")))
    found: list[str] = []
    with pytest.raises(DocumentError, match="breaks off at line"):
        found += (article.id for article in exports.read(io.BytesIO(whole[: whole.rindex("<item>") + 300].encode()), "f"))
    stream = exports.read(io.BytesIO(whole[: whole.rindex("<item>") + 300].encode()), "f")
    assert next(stream).id == "f#1"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no export"),
        (b"<!DOCTYPE html><p>a page", "no export"),
        (b"Plain text.", "no export"),
        (b'{"a": 1}', "no export"),
        (remark42(of_remark42("a")).encode() + b"{broken\n", "line 3: broken JSON"),
        (b'{"version":1,"comments":[{"commentHex":"a"', "broken JSON"),
        (gzip.compress(DISQUS.encode())[:-20], "breaks off"),
        (b"PK\x03\x04my_comments.csv", "zip file that cannot be read"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, what: str) -> None:
    with pytest.raises(DocumentError, match=what):
        articles(data)


def test_control_signs_and_undeclared_prefixes_are_read_over() -> None:
    given = wxr(item(wp("1", text="a\x08b & c"))).replace(' xmlns:wp="http://wordpress.org/export/1.2/"', "")
    (article,) = articles(given)
    assert article.comments[0].id == "1"
    assert article.comments[0].author == "Ana & Bo"
    assert article.comments[0].text == "a b & c"


SURROGATES = "a &#xD83D; b &#55357;&#56832; c &#0; &nbsp;&lt; d"


def test_references_to_surrogates_are_characters_or_replaced() -> None:
    disqus = DISQUS.replace("<![CDATA[<p>Second.</p>]]>", SURROGATES)
    for given in (wxr(item(wp("1", text=f"]]>{SURROGATES}<![CDATA["))), disqus):
        assert articles(given)[-1].comments[-1].text == "a \ufffd b 😀 c < d"


def test_no_text_of_json_holds_a_lone_surrogate() -> None:
    text = r"a \ud83d b \ud83d\ude00 c \\ud83d \udc00"
    note = {"type": "Note", "id": "https://m.example/1", "content": "TEXT", "inReplyTo": "https://m.example/0"}
    stream = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Collection", "items": [note]}
    commento = {"version": 1, "comments": [{"commentHex": "a", "url": "/", "markdown": "TEXT"}], "commenters": []}
    for given in (remark42(of_remark42("a", text="TEXT")), json.dumps(stream), json.dumps(commento)):
        (article,) = articles(given.replace("TEXT", text))
        assert article.comments[0].text == "a \ufffd b 😀 c \\ud83d \ufffd"


@pytest.mark.parametrize("text", ["I <3 you", "a < b & c", "a ]]> b"])
def test_stray_signs_stay_and_what_is_behind_them_is_read(text: str) -> None:
    one, two = articles(wxr(item(wp("1", text=f"x]]>{text}<![CDATA["), wp("2")), item(wp("3"))))
    assert [comment.text for comment in (*one.comments, *two.comments)] == [f"x{text}", "Text.", "Text."]


@pytest.mark.parametrize("broken", ["<p>One<br>two</p>", "<a>" * 3000 + "</a>" * 3000], ids=["unclosed", "deep"])
def test_what_is_broken_in_a_record_ends_with_it_and_is_said(broken: str) -> None:
    found, what = partly(wxr(item(wp("1")), item(wp("2"), broken), item(wp("3"))))
    assert [[comment.id for comment in article.comments] for article in found] == [["1"], ["2"], ["3"]]
    assert what.startswith("line 1: broken XML, read as far as it goes")


def test_tags_in_a_text_of_a_record_begin_no_other() -> None:
    (article,) = articles(wxr(item(wp("1", text="A feed has &lt;item&gt;<item></item> and <!-- in it."), wp("2"))))
    assert [comment.id for comment in article.comments] == ["1", "2"]


def test_utf_16_is_read() -> None:
    given = wxr(item(wp("1", text="Привет")), head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16")
    for data in (given, gzip.compress(given)):
        assert articles(data)[0].comments[0].text == "Привет"


def test_a_comment_too_deep_for_a_tree_keeps_its_words() -> None:
    (article,) = articles(wxr(item(wp("1", text="<div>" * 50_000 + "deep &amp; down"))))
    assert article.comments[0].text == "deep & down"


def coral_with_a_large_field() -> str:
    header, first, *rest = coral_csv().splitlines(keepends=True)
    return header + first.replace("One", "x" * 1_000_001) + "".join(rest) + "a,b\r\n"


BROKEN_LINES = "\n".join(["", "{broken", "5", json.dumps(of_remark42("b"))])


@pytest.mark.parametrize(
    ("data", "texts", "what"),
    [
        (
            DISQUS[: DISQUS.index("Left alone")],
            ["First.\n\nMore.\nYet more.", "Second."],
            "post 105 names no thread; the export breaks off",
        ),
        (DISQUS.removesuffix("</disqus>"), ["Left alone", "First.\n\nMore.\nYet more.", "Second."], "breaks off at line 21"),
        (remark42(of_remark42("a")) + BROKEN_LINES, ["Text a", "Text b"], "line 4: broken JSON.*line 5: expected an object"),
        ('{"comments":[{"commentHex":"a","url":"/","markdown":"One"},{"comm', ["One"], "broken JSON after 1 of comments.item"),
        (coral_with_a_large_field(), ["Zwei"], "line 2: broken CSV: field larger.*line 4: 2 columns"),
        (gzip.compress(remark42(of_remark42("a")).encode())[:-8], ["Text a"], "compressed export breaks off"),
    ],
    ids=["cut post", "cut end", "remark42", "commento", "coral", "gzip"],
)
def test_what_can_be_read_is_and_the_rest_is_said(data: bytes | str, texts: list[str], what: str) -> None:
    found, said = partly(data)
    assert [comment.text for article in found for comment in article.comments] == texts
    assert re.search(what, said)


class OnlyForward(io.RawIOBase):
    """A pipe: cannot be sought."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._file.readinto(buffer)


def test_a_pipe_is_read_as_a_file_is() -> None:
    (article,) = exports.read(OnlyForward(wxr(item(wp("1"))).encode()), "pipe")  # type: ignore[arg-type]
    assert article.id == "pipe#1"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (wxr(), "wxr"),
        ("<?xml version='1.0'?>\n<!-- This is a WordPress file -->\n<!-- two -->\n" + wxr(head=""), "wxr"),
        (DISQUS, "disqus"),
        ('<rss version="2.0"><channel><item/></channel></rss>', None),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><entry/></feed>", None),
        ('[{"id": 1, "text": "a row of our own"}]', None),
        ('{"id": "a", "text": "x", "comments": []}', None),
        ("id,text\n1,2\n", None),
    ],
)
def test_the_kind_is_told_by_content(data: str, kind: str | None) -> None:
    assert exports.kind(data.encode()) == kind


# ---- the front door


def test_the_command_writes_a_line_for_each_thread(tmp_path: Path) -> None:
    given, out = tmp_path / "blog.wordpress.xml", tmp_path / "out.jsonl"
    given.write_text(wxr(item(wp("1")), item(), item(wp("2"))), encoding="utf-8")
    assert threadwise.main(["parse", str(given), "--output", str(out)]) == 0
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()] == ["blog.wordpress#1", "blog.wordpress#2"]


def test_the_command_keeps_what_stood_before_the_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, out = tmp_path / "cut.xml", tmp_path / "out.jsonl"
    given.write_text(wxr(item(wp("1")), item(wp("2")))[:-100], encoding="utf-8")
    assert threadwise.main(["parse", str(given), "--output", str(out)]) == 1
    assert len(out.read_text(encoding="utf-8").splitlines()) >= 1
    assert f"{given}: the export breaks off at line 1" in capsys.readouterr().err


def test_the_parser_of_pages_says_that_an_export_is_none() -> None:
    for given in (DISQUS, DISQUS.encode(), gzip.compress(DISQUS.encode())):
        with pytest.raises(DocumentError, match="which holds many threads"):
            seeds.parse(given)


# ---- memory

MEASURE = """
import resource, sys
from seeds import exports
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    threads = comments = 0
    for article in exports.read(file):
        threads += 1
        comments += len(article.comments)
print(threads, comments, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base)
"""
MOST_GROWTH = 180_000
"""Kilobytes beyond the imports: the tables of language detection take 100 MB; the files have more than 50 MB."""


def large_wxr() -> Iterator[str]:
    start, end = wxr("\0").split("\0")
    one = item(*(wp(str(number), text="A comment that says little. " * 120) for number in range(20)))
    yield start
    yield from (one for _ in range(800))
    yield end


def large_disqus() -> Iterator[str]:
    start = DISQUS[: DISQUS.index("<category")]
    yield start
    yield from (f'<thread dsq:id="{number}"><link>https://a.example/{number}</link><title>T</title></thread>' for number in range(50))
    words = "A comment that says little. " * 120
    for number in range(16_000):  # the threads' posts stand apart from each other
        yield f'<post dsq:id="p{number}"><message>{words}</message><createdAt>2026-02-05T21:25:00Z</createdAt><isDeleted>false</isDeleted>'
        yield f'<isSpam>false</isSpam><author><name>Ana</name></author><thread dsq:id="{number % 50}"/></post>'
    yield "</disqus>"


def large_commento() -> Iterator[str]:
    words = "A comment that says little. " * 120
    yield '{"version":1,"comments":['
    for number in range(16_000):
        comment = {"commentHex": f"c{number}", "domain": "a.example", "url": f"/{number % 50}", "commenterHex": "k", "markdown": words}
        yield ("," if number else "") + json.dumps(
            comment | {"parentHex": "root", "state": "approved", "creationDate": "2026-02-05T21:25:00Z"}
        )
    yield '],"commenters":[{"commenterHex":"k","name":"Ana"}]}'


@pytest.mark.parametrize(
    ("parts", "comments"), [(large_wxr, 16_000), (large_disqus, 16_000), (large_commento, 16_000)], ids=["wxr", "disqus", "commento"]
)
def test_memory_does_not_grow_with_the_file(parts: object, comments: int, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(parts())  # type: ignore[operator]
    size = path.stat().st_size
    assert size > 50_000_000  # bytes
    ran = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True, timeout=300)
    _, read, growth = map(int, ran.stdout.split())
    assert read == comments
    assert growth < MOST_GROWTH
