"""Crawl text of news sites in 17 languages, drawn by lot (`tests.crawl`). Odd seeds were never looked at while the parser was written."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest

import seeds
from tests import crawl

SEEDS = range(6)
FLOOR, FLOOR_OF_ONE = 0.9, 0.75


def rows(comments: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """Comments as what is judged: author, time, words, and author and words of the parent."""
    words = {comment["id"]: (comment["author"], *comment["text"].split()) for comment in comments}
    return Counter((comment["created_at"], words[comment["id"]], words.get(comment["reply_to"])) for comment in comments)


@cache
def counts(lang: str, seed: int) -> tuple[int, int, int]:
    """Comments with every field right, comments of the page, comments found."""
    page = crawl.draw(lang, seed)
    gold, found = list(page.comments), [comment.to_json() for comment in seeds.parse(page.text, id=page.name).comments]
    return (rows(gold) & rows(found)).total(), len(gold), len(found)


def f1(parts: list[tuple[int, int, int]]) -> float:
    right, gold, found = (sum(column) for column in zip(*parts, strict=True))
    return 2 * right / (gold + found)


@pytest.mark.parametrize("lang", crawl.LANGUAGES)
def test_a_language_is_read_exactly_in_most_layouts(lang: str) -> None:
    assert f1([counts(lang, seed) for seed in SEEDS]) >= FLOOR_OF_ONE


@pytest.mark.parametrize("part", [0, 1], ids=["seen", "unseen"])
def test_layouts_are_read_exactly(part: int) -> None:
    assert f1([counts(lang, seed) for lang in crawl.LANGUAGES for seed in SEEDS if seed % 2 == part]) >= FLOOR


def test_there_are_enough_layouts() -> None:
    drawn = {crawl.draw(lang, seed).layout for lang in crawl.LANGUAGES for seed in SEEDS}
    assert len(drawn) >= 40
    assert len({layout.shape for layout in drawn}) >= 20
    assert len(crawl.LANGUAGES) >= 12


@pytest.mark.parametrize("lang", crawl.LANGUAGES)
def test_teasers_with_times_and_an_empty_section_are_no_comments(lang: str) -> None:
    for seed in SEEDS:
        assert seeds.parse(crawl.draw(lang, seed, silent=True).text).comments == ()
