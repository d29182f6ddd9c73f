"""`threadwise report`: pages in, one file out, its path last; bad pages are named and the rest is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

import threadwise
from seeds.samples import folders, sources
from tests.unit import markup


def run(release: Path, *arguments: str) -> int:
    return threadwise.main(["report", *arguments, "--model", str(release)])


def test_the_samples_make_one_page_and_its_path_is_the_last_line(
    tiny_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "report.html"
    assert run(tiny_release, "--samples", "--output", str(made)) == 0
    assert capsys.readouterr().out.splitlines() == [str(made)]
    assert made.read_text(encoding="utf-8").count('<section class="page') == len(folders())


def test_a_page_that_cannot_be_read_is_named_and_the_others_are_shown(
    tiny_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, made = tmp_path / "bad.txt", tmp_path / "report.html"
    bad.write_bytes(b"")
    assert run(tiny_release, str(bad), str(sources()[0]), "--output", str(made)) == 1
    assert f"threadwise: {bad}: empty" in capsys.readouterr().err
    assert made.read_text(encoding="utf-8").count('<section class="page') == 1


def test_nothing_is_written_where_no_page_could_be_read(tiny_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "report.html"
    made.write_text("an earlier report", encoding="utf-8")
    assert run(tiny_release, str(tmp_path / "none.txt"), "--output", str(made)) == 1
    assert "no report is written" in capsys.readouterr().err
    assert made.read_text(encoding="utf-8") == "an earlier report"


def test_a_nested_forum_page_is_drawn_as_it_was(tiny_release: Path, tmp_path: Path) -> None:
    page, made = tmp_path / "forum.html", tmp_path / "report.html"
    page.write_text(markup.page("general nested list"), encoding="utf-8")
    assert run(tiny_release, str(page), "--output", str(made)) == 0
    root = html.parse(str(made)).getroot()
    drawn = []
    for node in root.xpath("//li[starts-with(@class, 'node ')]"):
        around = node.xpath("ancestor::li[starts-with(@class, 'node ')]")
        drawn.append((_said(node), _said(around[-1]) if around else None, len(around)))
    answers = [row[3] for row in markup.systems()["general nested list"].expected]
    assert drawn == [(one.text, answer, level) for one, answer, level in zip(markup.TALK, answers, (0, 1, 2, 0), strict=True)]


def _said(node: html.HtmlElement) -> str:
    """The comment's own words in a node of the drawn thread."""
    return str(node.xpath(".//div[@class='text']")[0].text_content()).strip()
