"""`threadwise report`: pages in, one file out, its path last; bad pages are named and the rest is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

import threadwise
from seeds.samples import folders, sources


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
