"""`threadwise parse`: the contract of its rows, and a clear outcome for every bad page."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from lxml import html

import threadwise
from tests.unit import markup

PAGE = """Трамвай номер пет се връща на релсите

Градският съвет гласува вчера ремонтът на линията да започне през април и да свърши преди първия учебен ден.

Коментари (3)
1 Ана
Чудесна новина, чакам от пет години.
Коментиран от #2
18:40 11.03.2026
2 Бай Кольо
До коментар #1 от "Ана":Аз пък не вярвам, че ще стане.
18:47 11.03.2026
3 Гост
Всяка година едно и също.
18:58 11.03.2026
"""
MEMBERS = ["id", "number", "author", "reply_to", "replies", "created_at", "created_at_raw", "text"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, object]], str]:
    code = threadwise.main(["parse", *arguments])
    said = capsys.readouterr()
    return code, [json.loads(line) for line in said.out.splitlines()], said.err


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "news.2026.txt"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_one_object_a_page_with_the_members_of_the_contract(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (row,), err = run(capsys, str(page), "--url", "https://example.org/5")
    assert (code, err) == (0, "")
    assert {"id", "url", "title", "lang", "text", "comments", "warnings"} <= set(row)
    assert (row["id"], row["url"], row["lang"]) == ("news.2026", "https://example.org/5", "bg")
    comments = row["comments"]
    assert isinstance(comments, list)
    assert [list(comment) for comment in comments] == [MEMBERS] * 3
    assert comments[1] == {
        "id": "2",
        "number": 2,
        "author": "Бай Кольо",
        "reply_to": "1",
        "replies": [],
        "created_at": "2026-03-11T18:47:00",
        "created_at_raw": "18:47 11.03.2026",
        "text": "Аз пък не вярвам, че ще стане.",
    }
    assert comments[0]["replies"] == ["2"]


def test_text_is_written_in_its_own_script(page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "new" / "out.jsonl"
    code, rows, _ = run(capsys, str(page), "--output", str(made))
    assert (code, rows) == (0, [])
    assert "Бай Кольо" in made.read_text(encoding="utf-8")


def test_pages_come_in_the_order_of_their_names(page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "a.txt"
    other.write_text(PAGE, encoding="utf-8")
    assert [row["id"] for row in run(capsys, str(page), str(other), str(page))[1]] == ["news.2026", "a", "news.2026"]


def test_standard_input_is_a_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PAGE.encode())))
    code, (row,), _ = run(capsys, "-")
    assert (code, row["id"]) == (0, "stdin")


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"%PDF-1.7\n\x00\x01\x02" + b"\x00" * 200, "binary"),
        (b"a" * 50_000_000, "bytes, more than a page may have"),
    ],
    ids=["empty", "white", "binary", "pdf", "50MB"],
)
def test_a_page_that_cannot_be_read_is_named_and_the_others_are_done(
    data: bytes, said: str, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = write(tmp_path / "bad.txt", data)
    code, rows, err = run(capsys, bad, str(page))
    assert (code, [row["id"] for row in rows]) == (1, ["news.2026"])
    assert err.count("\n") == 1
    assert err.startswith(f"threadwise: {bad}: ")
    assert said in err


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_a_name_that_is_no_file_is_an_error_of_that_name(name: str, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, rows, err = run(capsys, str(tmp_path / name), str(page))
    assert (code, len(rows)) == (1, 1)
    assert str(tmp_path / name) in err


def warned(row: dict[str, object]) -> str:
    warnings = row["warnings"]
    assert isinstance(warnings, list)
    return " | ".join(f"{each['where']}: {each['what']}" for each in warnings)


@pytest.mark.parametrize("charset", ["cp1251", "utf-16", "koi8-r"])
def test_another_encoding_is_told_from_the_bytes(charset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (row,), _ = run(capsys, write(tmp_path / "page.txt", PAGE.encode(charset)))
    assert code == 0
    assert "Чудесна новина" in json.dumps(row, ensure_ascii=False)


def test_bytes_of_two_encodings_lose_only_themselves_and_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = PAGE.encode().replace("новина".encode(), b"\xff\xfe\xfa", 1)  # windows-1251 in the middle of UTF-8
    code, (row,), _ = run(capsys, write(tmp_path / "page.txt", data))
    assert code == 0
    assert len(row["comments"]) == 3  # type: ignore[arg-type]
    assert warned(row) == "document: bytes that are no utf-8 were replaced"


def test_a_page_cut_inside_a_character_stays_what_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (row,), _ = run(capsys, write(tmp_path / "page.txt", (PAGE + "край").encode()[:-1]))
    assert (code, len(row["comments"])) == (0, 3)  # type: ignore[arg-type]
    assert warned(row) == "document: bytes that are no utf-8 were replaced"


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        ("До коментар #1", "До коментар #9", "9"),
        ("3 Гост", "2 Гост", "2"),
        ("18:58 11.03.2026", "18:58 31.02.2026", "31.02.2026"),
        ("3 Гост", "4 Гост", "numbers missing: 3"),
    ],
    ids=["no-such-number", "twice-the-same", "31-february", "a-missing-number"],
)
def test_a_contradiction_on_the_page_is_a_warning_that_says_what(
    old: str, new: str, about: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, (row,), _ = run(capsys, write(tmp_path / "page.txt", PAGE.replace(old, new).encode()))
    assert code == 0
    comments = row["comments"]
    assert isinstance(comments, list)
    assert len({comment["id"] for comment in comments}) == len(comments) == 3
    assert all(comment["reply_to"] in {None, *(other["id"] for other in comments)} for comment in comments)
    assert about in warned(row)


def test_replies_in_a_circle_are_opened_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = PAGE.replace("Чудесна новина", 'До коментар #2 от "Бай Кольо":Чудесна новина')
    code, (row,), _ = run(capsys, write(tmp_path / "page.txt", text.encode()))
    assert code == 0
    comments = row["comments"]
    assert isinstance(comments, list)
    assert sum(comment["reply_to"] is None for comment in comments) >= 2
    assert "circle" in warned(row)


def test_a_date_that_does_not_exist_is_kept_as_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, (row,), _ = run(capsys, write(tmp_path / "page.txt", PAGE.replace("18:58 11.03", "18:58 31.02").encode()))
    last = row["comments"][2]  # type: ignore[index]
    assert (last["created_at"], last["created_at_raw"]) == (None, "18:58 31.02.2026")


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[dict[str, object]], list[str]]:
    """The comments of the only page, and the lines of the table."""
    code, (row,), err = run(capsys, "--explain", *arguments)
    assert code == 0
    comments = row["comments"]
    assert isinstance(comments, list)
    return comments, err.splitlines()


def test_explain_says_the_way_and_the_element_of_each_comment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = markup.page("wordpress")
    comments, table = explained(capsys, write(tmp_path / "page.html", given.encode()))
    assert [list(comment) for comment in comments] == [[*MEMBERS, "source"]] * 4
    assert {comment["source"]["way"] for comment in comments} == {"html/platform/wordpress"}  # type: ignore[index]
    root = html.document_fromstring(given)
    for comment, line in zip(comments, table[2:], strict=True):
        where = comment["source"]["where"]  # type: ignore[index]
        (element,) = root.xpath(where)
        assert element.get("id") == comment["id"]
        assert line.split() == [comment["id"], "html/platform/wordpress", where, comment["author"]]
    assert table[0] == "threadwise: page: 4 comments, read by html/platform/wordpress"
    assert table[1].split() == ["COMMENT", "WAY", "WHERE", "AUTHOR"]


def test_explain_names_the_line_of_a_text(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comments, _ = explained(capsys, str(page))
    lines = PAGE.split("\n")
    for comment in comments:
        place = comment["source"]["where"]  # type: ignore[index]
        assert str(comment["created_at_raw"]) in lines[int(place.removeprefix("line ")) - 1]


def test_explain_names_the_script_and_the_path_in_its_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = {"@type": "Comment", "author": "Ana", "dateCreated": "2026-03-14T10:00:00Z", "text": "At last, a place to sit."}
    second = {"@type": "Comment", "author": "Bo", "dateCreated": "2026-03-14T10:20:00Z", "text": "Oak rots by the water."}
    data = {"@context": "https://schema.org", "@type": "NewsArticle", "comment": [{**first, "comment": [second]}]}
    given = f'<html><head><script type="application/ld+json">{json.dumps(data)}</script></head><body><p>A bench.</p></body></html>'
    comments, _ = explained(capsys, write(tmp_path / "page.html", given.encode()))
    assert [comment["source"] for comment in comments] == [
        {"way": "html/linked_data", "where": "ld+json 1.comment[0]"},
        {"way": "html/linked_data", "where": "ld+json 1.comment[0].comment[0]"},
    ]


def test_explain_counts_threads_and_comments_of_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts = "".join(f'<post dsq:id="{at}"><message>words {at}</message><thread dsq:id="t{at // 2}"/></post>' for at in range(4))
    threads = "".join(f'<thread dsq:id="t{at}"><title>Page {at}</title></thread>' for at in range(2))
    given = f'<?xml version="1.0"?><disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/internals">{threads}{posts}</disqus>'
    code, rows, err = run(capsys, "--explain", write(tmp_path / "all.xml", given.encode()))
    assert code == 0
    found = [(row["id"], [comment["source"] for comment in row["comments"]]) for row in rows]  # type: ignore[attr-defined]
    assert found == [
        (f"all#{page}", [{"way": "exports/disqus", "where": f"thread {page}, comment {at}"} for at in (1, 2)]) for page in (1, 2)
    ]
    assert "thread 2, comment 1" in err


def test_explain_of_a_page_without_comments_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(capsys, write(tmp_path / "page.html", b"<html><body><p>Nothing but a page.</p>")) == (
        [],
        ["threadwise: page: 0 comments, read by html/no_comments"],
    )
