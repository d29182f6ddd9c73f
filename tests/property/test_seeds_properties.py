"""Whatever goes in, a valid Article or a DocumentError comes out, and the same one each time."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import seeds
from labels.errors import DocumentError
from labels.thread import Article
from seeds import dates, marks, replies
from tests.property import fuzz_seeds

NAMES = st.sampled_from(["Ана", "Bo", "Nguyễn Văn A", "x_99", "😀", "Reply", "comments", "1", "a" * 70, "O'Neill", "#4"])
TIMES = st.sampled_from(
    [
        "10:00 05.02.2026",
        "2026-02-31",
        "5 March 2026 at 10:31",
        "преди 2 часа",
        "vor 3 Tagen",
        "2 tuần trước",
        "12:30",
        "18/03/2026",
        "Mar 5 '26",
    ]
)
MARKS = st.sampled_from(
    [
        'До коментар #1 от "Ана":',
        "@Bo no",
        "#2: yes",
        "↳ Ана",
        "в ответ на Bo",
        "Bo wrote:",
        ">>3",
        "Коментиран от #2, #3",
        "2 numaralı yoruma cevap",
    ]
)
FRAMES = st.sampled_from(
    ["Comments (3)", "КОМЕНТАРИ", "Reply", "Отговори | Докладвай", "Leave a reply", "Read also", "", "1", "+5", "Page 1 of 2"]
)
LINES = st.one_of(NAMES, TIMES, MARKS, FRAMES, st.text(max_size=60), st.tuples(NAMES, TIMES).map(" | ".join), st.integers(0, 99).map(str))
TEXTS = st.lists(LINES, max_size=60).map("\n".join)
TAGS = st.sampled_from(
    [
        "<div>", "</div>", "<p>", "</p>", "<ul>", "<li class=comment>", "</li>", "</ul>", "<article>",
        "<blockquote>", "<time datetime='2026-02-31'>",
        "<span itemprop=text>", "<div itemscope itemtype='https://schema.org/Comment'>",
        '<script type="application/ld+json">{"@type":"Comment","text":"x"}</script>',
        "<table><tr><td>", "<br>", "<!--", "-->", "<a href='#c1'>", "<html lang=bg>", "<script>", "</script>", "&nbsp;", "&#0;", "&#xD800;",
    ]
)  # fmt: skip
PAGES = st.lists(st.one_of(TAGS, LINES), max_size=80).map(lambda parts: "<html><body>" + "".join(parts))
DOCUMENTS = st.one_of(TEXTS, PAGES, st.text(), st.binary(max_size=400), TEXTS.map(lambda text: text.encode("utf-16")))
QUICK = settings(max_examples=300, deadline=5000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def parsed(document: bytes | str) -> Article | None:
    try:
        return seeds.parse(document, now=datetime(2026, 2, 5, 12))
    except DocumentError:
        return None


@QUICK
@given(DOCUMENTS)
def test_a_document_gives_a_valid_article_or_an_error(document: bytes | str) -> None:
    article = parsed(document)
    assert article is None or fuzz_seeds.problems(article) == []


@QUICK
@given(DOCUMENTS)
def test_the_same_document_gives_the_same_article(document: bytes | str) -> None:
    assert parsed(document) == parsed(document)


@QUICK
@given(TEXTS)
def test_bytes_and_their_text_give_the_same_article(text: str) -> None:
    assert parsed(text) == parsed(text.encode("utf-8", "replace")) or "\ufffd" in text or not text.isprintable()


RAWS = st.lists(
    st.builds(
        replies.RawComment,
        text=st.text(max_size=10),
        id=st.none() | st.sampled_from("abc"),
        number=st.none() | st.integers(0, 9),
        author=st.none() | st.sampled_from(["", "Ana", "Bo", "ana ", "Ana Bo"]),
        reply_number=st.none() | st.integers(0, 12),
        reply_author=st.none() | st.sampled_from(["Ana", "Bo", "Zoe", "Ana Bo no"]),
        reply_id=st.none() | st.sampled_from("abz"),
        typed=st.booleans(),
        quoted=st.none() | st.text(max_size=3),
    ),
    max_size=12,
)


@QUICK
@given(RAWS, st.booleans())
def test_linked_comments_are_a_forest_with_ids_of_their_own(raws: list[replies.RawComment], newest_first: bool) -> None:
    comments, notices = replies.link(raws, newest_first=newest_first)
    assert fuzz_seeds.problems(Article("p", "", comments, warnings=notices)) == []
    assert [comment.text for comment in comments] == [raw.text for raw in raws]


@QUICK
@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2069, 12, 31)),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%d.%m.%Y, %H:%M:%S", "%d %B %Y at %H:%M:%S"]),
)
def test_a_written_time_is_read_back(moment: datetime, form: str) -> None:
    stamp = dates.find(moment.strftime(form), lang="en", day_first=True)
    assert stamp is not None
    assert stamp.written == moment.strftime("%Y-%m-%dT%H:%M:%S")


@QUICK
@given(st.text())
def test_a_time_is_where_it_says(line: str) -> None:
    stamp = dates.find(line, now=datetime(2026, 2, 5, 12))
    assert stamp is None or (stamp.raw == line[stamp.begin : stamp.end] and (stamp.written is None or fuzz_seeds.is_time(stamp.written)))


@QUICK
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_marks_never_fail_on_a_line(line: str) -> None:
    mark = marks.reply(line)
    assert mark is None or mark.number or mark.author
    assert marks.heading_count(line) is None or isinstance(marks.heading_count(line), int)
    marks.author_of(line)


@pytest.mark.parametrize("number", range(60))
def test_a_few_mutants_are_valid(number: int) -> None:
    """The whole run is `make fuzz`."""
    data, made = fuzz_seeds.mutant(20, number)
    article = parsed(data)
    assert article is None or fuzz_seeds.problems(article) == [], made


def test_the_check_sees_what_is_wrong() -> None:
    from labels.thread import Comment

    bad = Article(
        "p",
        "",
        (
            Comment("a", "", reply_to="b"),
            Comment("b", "", reply_to="a"),
            Comment("c", "\ud800", author=" ", created_at="2026-02-31"),
            Comment("c", "", reply_to="z"),
        ),
    )
    found = " | ".join(fuzz_seeds.problems(bad))
    for what in ("ids repeat", "c answers z", "circle", "author is empty", "no ISO time", "cannot be written"):
        assert what in found


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "text", "comments", "warnings"]), inner, max_size=4)
        ),
    )
)
def test_foreign_json_is_an_article_or_an_error(value: object) -> None:
    from labels.errors import RowError

    if isinstance(value, dict):
        try:
            article = Article.from_json(value)
        except RowError:
            return
        assert Article.from_json(json.loads(json.dumps(article.to_json()))) == article
