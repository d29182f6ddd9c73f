"""HTML pages: each way of reading on small pages of our own, and pages as broken as the web's."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest

import seeds
from labels.errors import DocumentError
from labels.thread import Article
from seeds import html
from seeds.document import Document
from tests.property import fuzz_seeds
from tests.unit import markup

SYSTEMS = markup.systems()
system = pytest.mark.parametrize("name", SYSTEMS)


def read(page: str) -> Article:
    """The article, proven valid on the way."""
    article = seeds.parse(page, id="page")
    assert fuzz_seeds.problems(article) == []
    return article


def rows(article: Article) -> list[tuple[str | None, str | None, str, str | None]]:
    """Author, time, text of each comment, and the text that it answers."""
    texts = {comment.id: comment.text for comment in article.comments}
    return [(each.author, each.created_at, each.text, texts[each.reply_to] if each.reply_to else None) for each in article.comments]


# --- comment systems


@system
def test_a_known_system_is_read_whole(name: str) -> None:
    given = SYSTEMS[name]
    article = read(given.html)
    assert rows(article) == given.expected
    assert article.read_by == given.way
    if given.ids:
        assert [comment.id for comment in article.comments] == given.ids


@system
def test_the_article_is_read_without_the_comments(name: str) -> None:
    given = SYSTEMS[name]
    article = read(given.html)
    assert [each.text for each in markup.TALK if each.text in article.text] == []
    assert not given.has_article or markup.ARTICLE in article.text
    assert not given.opens or (article.author, article.published_at) == ("Dora", f"{markup.OPENING.time:{given.time}}")


@pytest.mark.parametrize("name", ["wordpress", "hacker news", "old reddit", "disqus embed"])
@pytest.mark.parametrize("text", ["Thanks!", "+1", "Reply"])
def test_a_known_system_may_say_the_same_again_and_again(name: str, text: str) -> None:
    page = SYSTEMS[name].html
    for each in markup.TALK[1:]:
        page = page.replace(each.text, text)
    assert [comment.text for comment in read(page).comments] == [markup.TALK[0].text, *[text] * 3]


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name not in ("phpbb", "phpbb subsilver2", "blogger")])
def test_the_title_is_that_of_the_thread(name: str) -> None:
    assert read(SYSTEMS[name].html).title == SYSTEMS[name].title


# a talk page repeats nothing but signatures; only a rule knows a mere name as that of whom a post answers, and a time that nothing shows
@pytest.mark.parametrize("name", [name for name in SYSTEMS if name not in ("mediawiki", "discourse saved", "meneame", "discuz")])
def test_the_general_way_finds_the_thread_without_a_rule(name: str) -> None:
    given = SYSTEMS[name]
    article = html.read(Document(given.html), ways=("general",)).article
    assert article.read_by == "html/general"
    found = [row for row in rows(article) if row[2] != markup.ARTICLE]
    assert [(author, time, parent) for author, time, _, parent in found] == [(a, t, p) for a, t, _, p in given.expected]
    assert all(text.startswith(expected) for (_, _, text, _), (_, _, expected, _) in zip(found, given.expected, strict=True))


# --- data for machines


def of_data(value: object, kind: str = "application/ld+json", body: str = "<p>A bench for the quay.</p>") -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<html lang="en"><head><title>Bench</title></head><body>{body}<script type="{kind}">{text}</script></body></html>'


def comment(author: object, text: str, clock: str = "10:00", **more: object) -> dict[str, object]:
    return {"@type": "Comment", "author": author, "dateCreated": f"2026-03-14T{clock}:00Z", "text": text, **more}


def note(name: str, author: str, clock: str, content: str, **more: str) -> dict[str, object]:
    """A note of ActivityStreams."""
    own = {"type": "Note", "id": name, "attributedTo": {"name": author}, "published": f"2026-03-14T{clock}:00Z", "content": content}
    return {**own, **more}


ANA, BO = ("Ana", "2026-03-14T10:00:00Z", "A place to sit.", None), ("Bo", "2026-03-14T10:20:00Z", "Oak rots.", "A place to sit.")


@pytest.mark.parametrize(
    "value",
    [
        {"@type": "NewsArticle", "comment": [comment("Ana", "A place to sit.", comment=comment({"name": "Bo"}, "Oak rots.", "10:20"))]},
        {
            "@graph": [
                {"@type": "WebPage"},
                comment({"@type": "Person", "name": "Ana"}, "A place to sit.", **{"@id": "#1"}),
                comment([{"name": "Bo"}], "Oak rots.", "10:20", parentItem={"@id": "#1"}),
            ]
        },
        [
            {
                "@type": "UserComments",
                "@id": "1",
                "creator": "Ana",
                "commentTime": "2026-03-14T10:00:00Z",
                "commentText": "A place to sit.",
            },
            {
                "@type": ["Comment"],
                "author": "Bo",
                "datePublished": "2026-03-14T10:20:00Z",
                "text": "<p>Oak&nbsp;rots.</p>",
                "parentItem": "1",
            },
        ],
        {
            "@type": "DiscussionForumPosting",
            "headline": "Bench",
            "text": "A bench for the quay.",
            "author": {"name": "Dora"},
            "datePublished": "2026-03-14T09:00:00Z",
            "comment": [comment("Ana", "A place to sit.", comment=[comment("Bo", "Oak rots.", "10:20")])],
        },
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": "Collection",
            "items": [
                note("n1", "Ana", "10:00", "<p>A place to sit.</p>"),
                note("n2", "Bo", "10:20", "Oak rots.", inReplyTo="n1"),
            ],
        },
    ],
    ids=["nested", "graph", "usercomments", "forum", "activitystreams"],
)  # fmt: skip
def test_linked_data(value: object) -> None:
    article = read(of_data(value))
    assert rows(article) == [ANA, BO]
    assert article.read_by == "html/linked_data"


STATE = {
    "props": {
        "build": "2026-03-01",
        "thread": [
            {"id": 7, "body": "A place to sit.", "user": {"name": "Ana"}, "createdAt": "2026-03-14T10:00:00Z", "parentId": None},
            {"id": 8, "body": "<p>Oak rots.</p>", "user": {"name": "Bo"}, "createdAt": 1773483600000, "parentId": 7},
        ],
        "menu": [{"name": "Home", "text": "Home"}],
    },
    "padding": "x" * 200,
}


@pytest.mark.parametrize(
    "text", ['{"@type": "Comment", "text": ', "[[[[", "{}", "null", "not json", '{"@type":"Comment","text":"' + "x" * 50]
)
def test_broken_data_is_read_over(text: str) -> None:
    assert read(of_data(text)).comments == ()


def test_data_that_nests_without_end_is_read_over() -> None:
    assert read(of_data('{"@type":"Comment","comment":[' * 100_000)).comments == ()
    assert read(of_data("[" * 1_000_000, "application/json")).comments == ()


def test_words_on_the_page_win_over_data_that_shows_the_first_comment_only() -> None:
    page = SYSTEMS["general nested list"].html
    script = f'<script type="application/ld+json">{json.dumps(comment("AnaMaria", markup.TALK[0].text))}</script>'
    article = read(page.replace("</head>", f"{script}</head>"))
    assert article.read_by == "html/general"
    assert len(article.comments) == 4


# --- parents where nothing nests


NOTE = '<div {look}><b class="author">{who}</b> <span class="date">{stamp}</span><p>{words}</p><a>Reply</a></div>'


def framed(records: str, *, lang: str = "en", before: str = "<p>The town puts a bench at the quay.</p>") -> str:
    head = f'<html lang="{lang}"><head><title>Bench</title></head>'
    return f'{head}<body><h1>Bench</h1>{before}<div class="comments">{records}</div></body></html>'


@pytest.mark.parametrize(
    "look", ['class="note level-{level}"', 'class="note" data-depth="{level}"', 'class="note" style="padding-left: {level}em"']
)
def test_a_level_of_the_record_tells_its_parent(look: str) -> None:
    notes = zip((0, 1, 2, 0), markup.TALK, strict=True)
    page = framed(
        "".join(
            NOTE.format(look=look.format(level=level), who=one.author, stamp=f"{one.time:%H:%M %d.%m.%Y}", words=one.text)
            for level, one in notes
        )
    )
    assert rows(read(page)) == [
        (one.author, f"{one.time:%Y-%m-%dT%H:%M:%S}", one.text, row[3])
        for one, row in zip(markup.TALK, SYSTEMS["wordpress"].expected, strict=True)
    ]


# --- times


def stamped(*stamps: str) -> str:
    said = zip(("Ana", "Bo", "Cleo"), stamps, (each.text for each in markup.TALK[:3]), strict=True)
    return framed("".join(NOTE.format(look='class="comment"', who=who, stamp=stamp, words=words) for who, stamp, words in said))


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ('<time datetime="2026-03-14T10:00:00+02:00">{at} hours ago</time>', "2026-03-14T10:00:00+02:00"),
        ('<time datetime="2026-03-14T10:00:00.250Z">{at} hours ago</time>', "2026-03-14T10:00:00Z"),
        ('<abbr title="2026-03-14T10:00:00Z">{at} hours ago</abbr>', "2026-03-14T10:00:00Z"),
        ('<span data-timestamp="1773482400">{at} hours ago</span>', "2026-03-14T10:00:00Z"),
        ('<span data-utime="1773482400">{at} h</span>', "2026-03-14T10:00:00Z"),
        ("14 March 2026 at 10:00 am", "2026-03-14T10:00:00"),
        ("14.03.26, 10:00", "2026-03-14T10:00:00"),
        ("2026/03/14 10:00", "2026-03-14T10:00:00"),
        ("Sat Mar 14 2026 10:00:00 GMT+0200", "2026-03-14T10:00:00+02:00"),
    ],
)
def test_a_time_is_what_the_machine_reads_else_what_is_shown(shown: str, written: str) -> None:
    article = read(stamped(*(shown.format(at=at) for at in (2, 3, 4))))
    assert [each.created_at for each in article.comments] == [written] * 3
    assert all(each.created_at_raw for each in article.comments)


def test_the_page_as_a_whole_settles_day_and_month() -> None:
    assert [each.created_at for each in read(stamped("3/4/2026 10:00", "3/5/2026 10:00", "3/14/2026 10:00")).comments] == [
        "2026-03-04T10:00:00",
        "2026-03-05T10:00:00",
        "2026-03-14T10:00:00",
    ]
    assert [each.created_at for each in read(stamped("3/4/2026 10:00", "5/4/2026 10:00", "14/4/2026 10:00")).comments] == [
        "2026-04-03T10:00:00",
        "2026-04-05T10:00:00",
        "2026-04-14T10:00:00",
    ]


def test_relative_times_need_a_reference() -> None:
    page = stamped("2 hours ago", "3 hours ago", "5 hours ago")
    article = read(page)
    assert [(each.created_at, each.created_at_raw) for each in article.comments] == [
        (None, "2 hours ago"),
        (None, "3 hours ago"),
        (None, "5 hours ago"),
    ]
    assert any("relative" in notice.what for notice in article.warnings)
    dated = seeds.parse(page, now=datetime(2026, 3, 14, 12))
    assert [each.created_at for each in dated.comments] == ["2026-03-14T10:00:00", "2026-03-14T09:00:00", "2026-03-14T07:00:00"]


# --- encodings as browsers find them

WHO = ["Ана", "Борис", "Цвета"]
SAYING = ["Най-после пейка край кея.", "Дъбът гние край водата.", "Ще има ли облегалка?"]
BULGARIAN = framed(
    "".join(
        NOTE.format(look='class="comment"', who=who, stamp=f"1{at}:20 14.03.2026", words=words)
        for at, (who, words) in enumerate(zip(WHO, SAYING, strict=True))
    ),
    lang="bg",
    before="<p>Общината слага пейка на кея, от дъб, и тя ще стои там от май нататък, каза съветът в понеделник.</p>",
)


def declared(charset: str, how: str = '<meta charset="{}">') -> str:
    return BULGARIAN.replace("<head>", f"<head>{how.format(charset)}")


@pytest.mark.parametrize(
    ("data", "http"),
    [
        (declared("windows-1251").encode("cp1251"), None),
        (declared("koi8-r", '<meta http-equiv="Content-Type" content="text/html; charset={}">').encode("koi8-r"), None),
        (b"\xef\xbb\xbf" + declared("windows-1251").encode(), None),
        (BULGARIAN.encode("utf-16"), None),
        (declared("iso-8859-1").encode("cp1251"), "windows-1251"),
        (BULGARIAN.encode("cp1251"), None),
        (declared("utf-8").encode("cp1251"), None),
        (declared("no-such-charset").encode(), None),
        (('<?xml version="1.0" encoding="windows-1251"?>' + BULGARIAN).encode("cp1251"), None),
        (BULGARIAN.encode("ascii", "xmlcharrefreplace"), None),
    ],
    ids=["meta", "http-equiv", "bom wins", "utf-16", "http wins", "detected", "wrong meta", "unknown", "xml", "references"],
)
def test_an_encoding_is_found_as_browsers_find_it(data: bytes, http: str | None) -> None:
    article = seeds.parse(data, charset=http)
    assert [each.author for each in article.comments] == WHO
    assert [each.text for each in article.comments] == SAYING
    assert article.lang == "bg"


# --- as broken as the web's

LIST = SYSTEMS["general nested list"].html


@pytest.mark.parametrize(
    "page",
    [
        LIST.replace("</li>", "").replace("</p>", ""),
        LIST.replace("<html lang=\"en\"><head>", "").replace("</head><body>", "").replace("</body></html>", ""),
        LIST.replace("</body></html>", "</div></div></span></body></html></body>"),
        LIST.replace("<li>", "<li class=>").replace('class="nick"', "class=nick").replace('class="words"', "class='words' class=\"x\" =3"),
        LIST.replace("<ul", "<UL").replace("</ul>", "</UL>").replace("<li>", "<LI>").replace("</li>", "</Li>"),
        LIST.replace("<h2>", "<b><i><h2>").replace("</h2>", "</h2></b></i>"),
        LIST.replace("<li>", "<!-- a -- comment --><li>").replace("<h1>", "<![CDATA[ x ]]><h1>"),
        LIST.replace("AnaMaria", "Ana\x00Maria"),
        LIST.replace("<h1>", "<script>document.write('<li>x</li></ul>')</script><style>li { color: red }</style><h1>"),
        LIST.replace("\n", "\r\n").replace(" ", "\u00a0", 3),
        LIST.replace("</ul><p>Imprint", "</ul><p>Imprint<li"),
    ],
    ids=[
        "open tags",
        "no frame",
        "too many ends",
        "attributes",
        "capitals",
        "misnested",
        "comments",
        "nul",
        "scripts",
        "line ends",
        "cut tag",
    ],
)  # fmt: skip
def test_broken_markup_is_read_as_browsers_read_it(page: str) -> None:
    assert rows(read(page)) == SYSTEMS["general nested list"].expected


@pytest.mark.parametrize("tag", ["script", "style", "template", "textarea", "noscript", "svg"])
def test_what_no_reader_sees_is_no_comment(tag: str) -> None:
    records = LIST[LIST.index("<ul") : LIST.rindex("</ul>") + 5]
    article = read(LIST.replace(records, f"<{tag}>{records}</{tag}>"))
    assert article.comments == ()


def test_a_page_that_shows_nothing_without_scripts_is_read_from_its_noscript() -> None:
    inner = LIST[LIST.index("<h1") : LIST.index("</body>")]
    assert len(read(LIST.replace(inner, f"<noscript>{inner}</noscript>")).comments) == 4


@pytest.mark.parametrize(
    "document", ["<html></html>", "<p>", "<html><body><!-- -->", "<div></div>" * 50, "<html><frameset><frame src=a></frameset>"]
)
def test_a_page_without_words_is_an_article_without_comments(document: str) -> None:
    article = read(document)
    assert (article.text, article.comments, article.read_by) == ("", (), "html/no_comments")


# --- limits and bombs


def test_a_page_over_the_limit_says_how_large_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seeds.MAX_BYTES == 20_000_000
    monkeypatch.setattr(seeds, "MAX_BYTES", len(LIST.encode()))
    assert len(seeds.parse(LIST.encode()).comments) == 4
    with pytest.raises(DocumentError, match=r"bytes, more than a page may have \([\d,]+\)"):
        seeds.parse(LIST.encode() + b" ")


BOMBS = {
    "deep": "<div>" * 100_000,
    "deep inline": "<b><i>" * 50_000,
    "deep lists": "<ul><li>" * 50_000,
    "deep tables": "<table><tr><td>" * 20_000,
    "deep quotes": "<blockquote>" * 50_000,
    "ends": "</div>" * 200_000,
    "open comment": "<!--" * 100_000,
    "attributes": "<p " + " ".join(f"a{at}=b" for at in range(10_000)) + ">",
    "one class": '<p class="' + "comment " * 50_000 + '">',
    "references": "&amp;&#1;&#xffffff;&nosuch;" * 20_000,
    "times": "10:00 14.03.2026 " * 20_000,
    "times in elements": "<p>10:00 14.03.2026</p>" * 2_000,
    "marked times": '<time datetime="2026-03-14T10:00:00Z">a</time>' * 2_000,
    "spaces": " " * 1_000_000,
    "one line": "comment reply " * 50_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_time(name: str) -> None:
    begin = time.process_time()
    article = read(f"<html><body>{BOMBS[name]}{LIST}")
    assert time.process_time() - begin < 5
    assert article.read_by


def test_a_thread_as_deep_as_its_markup_nests() -> None:
    head = '<cite class="fn">Name{1}</cite> <time datetime="2026-03-14T10:00:00Z">x</time>'
    record = f'<li class="comment depth-2" id="comment-{{0}}">{head}<p>Words {{1}}.</p><ul>'
    spelt = ["".join("abcdefghij"[int(digit)] for digit in str(at)) for at in range(200)]  # what differs in digits alone is a counter
    article = read(framed("<ul>" + "".join(record.format(at, word) for at, word in enumerate(spelt))))
    assert [each.reply_to for each in article.comments] == [None, *(f"comment-{at}" for at in range(199))]


@pytest.mark.parametrize(
    "frame",
    [
        "{doctype}<html><body><p>&h;</p>{page}",
        '<?xml version="1.0"?>{doctype}<html xmlns="http://www.w3.org/1999/xhtml"><body><p>&h;</p>{page}',
    ],
)
def test_entities_of_a_page_are_not_expanded(frame: str) -> None:
    levels = "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(7))
    doctype = f'<!DOCTYPE html [<!ENTITY a "hahahahaha">{levels}<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    article = read(frame.format(doctype=doctype, page=LIST))
    assert len(article.comments) == 4
    assert "hahahahaha" * 2 not in article.text
    assert len(article.text) < 2000


# --- what is no thread


TEASER = (
    '<article><h2><a href="/{0}">Headline number {0} of the day</a></h2><time datetime="2026-03-{0}">{0} March 2026</time>{1}</article>'
)
TWO_SENTENCES = "<p>What happened at the quay, in two sentences. Read on.</p>"


@pytest.mark.parametrize(
    "repeated",
    [
        [TEASER.format(at, TWO_SENTENCES) for at in range(10, 22)],
        [f"<tr><td>{at}.03.2026</td><td>Town {at} - City</td><td>{at}:1</td></tr>" for at in range(10, 22)],
        [f"<li>{at}:15 The ferry leaves, pier {at}.</li>" for at in range(10, 22)],
        [f"<li><b>1.{at}</b> <span>2026-03-{at}</span><p>Fixes an error in the list of piers.</p></li>" for at in range(10, 22)],
    ],
    ids=["teasers", "results", "timetable", "changes"],
)
def test_what_repeats_with_times_is_not_always_a_thread(repeated: list[str]) -> None:
    tag = {"<t": "table", "<l": "ul"}.get(repeated[0][:2], "div")
    page = framed("").replace("</h1>", f"</h1><{tag}>{''.join(repeated)}</{tag}>")
    assert read(page).comments == ()


# --- the article


def test_title_author_day_and_address_are_the_pages_own() -> None:
    head = (
        f"<title>{markup.TITLE} | The Quay</title>"
        '<link rel="canonical" href="https://quay.example/bench"><meta name="author" content="Dora Dock">'
        '<meta property="article:published_time" content="2026-03-13T08:00:00+01:00">'
    )
    article = read(SYSTEMS["wordpress"].html.replace(f"<title>{markup.TITLE} – The Quay</title>", head))
    assert (article.author, article.published_at, article.url) == ("Dora Dock", "2026-03-13T08:00:00+01:00", "https://quay.example/bench")
    assert article.title == markup.TITLE


def test_an_address_that_is_given_wins() -> None:
    page = LIST.replace("<title>", '<link rel="canonical" href="https://quay.example/bench"><title>')
    assert seeds.parse(page, "https://quay.example/other").url == "https://quay.example/other"


def test_the_same_page_is_read_the_same_way_twice() -> None:
    assert [read(each.html) for each in SYSTEMS.values()] == [read(each.html) for each in SYSTEMS.values()]
