"""Each sample article of our own reads as its expected.json says. `--update-golden` rewrites the files; the diff is the review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import seeds
from labels.thread import Article
from seeds.samples import folders

FOLDERS = folders()
"""`expected.json`: title, lang, comments; their `reply_to` is a position on the page, from 0, since ids are made of the text."""


def read(folder: Path) -> Article:
    source = next(folder.glob("source.*"))
    return seeds.parse(source.read_bytes(), id=folder.name)


def as_expected(article: Article) -> dict[str, Any]:
    places = {comment.id: at for at, comment in enumerate(article.comments)}
    comments = []
    for comment in article.comments:
        members = comment.to_json()
        del members["id"]
        comments.append(members | {"reply_to": None if comment.reply_to is None else places[comment.reply_to]})
    return {"title": article.title, "lang": article.lang, "comments": comments}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_sample_reads_as_expected(folder: Path, request: pytest.FixtureRequest) -> None:
    golden, found = folder / "expected.json", as_expected(read(folder))
    if request.config.getoption("--update-golden"):
        golden.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    expected = json.loads(golden.read_text(encoding="utf-8"))
    assert found == expected


def test_there_are_enough_samples_in_enough_languages() -> None:
    expected = [json.loads((folder / "expected.json").read_text(encoding="utf-8")) for folder in FOLDERS]
    assert len(FOLDERS) >= 12
    assert {"bg", "uk", "ro", "vi", "en"} <= {page["lang"] for page in expected}
    assert len({page["lang"] for page in expected}) >= 8
    assert sum(not page["comments"] for page in expected) >= 2
    assert sum(_depth(page["comments"]) >= 4 for page in expected) >= 3


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_sample_has_its_origin_beside_it(folder: Path) -> None:
    assert "origin" in (folder / "about.toml").read_text(encoding="utf-8")


def _depth(comments: list[dict[str, Any]]) -> int:
    """Comments on the longest way from an answer up to the article."""
    depths: list[int] = []
    for comment in comments:
        parent = comment["reply_to"]
        depths.append(1 if parent is None or parent >= len(depths) else depths[parent] + 1)
    return max(depths, default=0)
