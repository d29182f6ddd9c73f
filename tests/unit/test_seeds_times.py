"""The times of an HTML page: what attributes and words tell together, and what the page tells of its own moment."""

from __future__ import annotations

from datetime import datetime

import pytest

import seeds
from seeds.html import times, tree

SAID = [("Ana", "At last, a place to sit at the quay."), ("Boris", "Oak rots by the water."), ("Cyril", "Paint it."), ("Dora", "Who pays?")]


def page(stamps: list[str], head: str = "", foot: str = "") -> str:
    """Comments at these times."""
    comments = "".join(
        f'<div class="comment"><span class="who">{who}</span> <span class="when">{stamp}</span><p>{words}</p></div>'
        for stamp, (who, words) in zip(stamps, SAID, strict=True)
    )
    return f"<title>A bench</title>{head}<h1>A bench</h1><p>The town puts a bench on the quay.</p>{comments}<p>{foot}</p>"


def written(markup: str, now: datetime | None = None) -> list[str | None]:
    return [comment.created_at for comment in seeds.parse(markup, now=now).comments]


AGO = ["5 minutes ago", "2 hours ago", "just now", "half an hour ago"]


@pytest.mark.parametrize("foot", ["It is currently Thu Feb 05, 2026 12:00 pm", "Page generated: 2026-02-05 12:00:00 (0.05 seconds)"])
def test_a_page_that_tells_its_own_moment_gives_relative_times_a_value(foot: str) -> None:
    assert written(page(AGO, foot=foot)) == ["2026-02-05T11:55:00", "2026-02-05T10:00:00", "2026-02-05T12:00:00", "2026-02-05T11:30:00"]


@pytest.mark.parametrize(
    "foot",
    [
        "Page generated in 0.05 seconds",
        "It is currently 5 February 2026",
        "Last modified: 2026-02-05 12:00",
        "The bridge: 2026-02-05 12:00",
    ],
)
def test_other_times_are_no_reference(foot: str) -> None:
    head = '<meta property="article:modified_time" content="2026-02-05T12:00:00Z">'
    article = seeds.parse(page(AGO, head, foot))
    assert [comment.created_at for comment in article.comments] == [None] * 4
    assert "(--now)" in article.warnings[-1].what


def test_a_named_reference_comes_before_that_of_the_page() -> None:
    markup = page(AGO, foot="It is currently Thu Feb 05, 2026 12:00 pm")
    assert written(markup, datetime(2025, 1, 1, 12))[1] == "2025-01-01T10:00:00"


@pytest.mark.parametrize(
    ("stamps", "values"),
    [
        (["刚刚", "半小时前", "两天前", "前天"], ["2026-02-05T12:00:00", "2026-02-05T11:30:00", "2026-02-03", "2026-02-03"]),
        (
            ["az imént", "fél órája", "egy órája", "tegnapelőtt"],
            ["2026-02-05T12:00:00", "2026-02-05T11:30:00", "2026-02-05T11:00:00", "2026-02-03"],
        ),
        (
            ["الآن", "منذ نصف ساعة", "منذ ساعتين", "منذ يومين"],
            ["2026-02-05T12:00:00", "2026-02-05T11:30:00", "2026-02-05T10:00:00", "2026-02-03"],
        ),
    ],
    ids=["zh", "hu", "ar"],
)
def test_times_that_hold_no_digit_are_found_on_a_page(stamps: list[str], values: list[str]) -> None:
    assert written(page(stamps), datetime(2026, 2, 5, 12)) == values


def test_a_day_without_a_year_is_the_one_nearest_to_the_article() -> None:
    head = '<meta property="article:published_time" content="2025-12-30T08:00:00Z">'
    stamps = ["30 December, 10:00", "31 December, 21:25", "1 January, 09:10", "2 January, 10:00"]
    assert written(page(stamps, head)) == ["2025-12-30T10:00:00", "2025-12-31T21:25:00", "2026-01-01T09:10:00", "2026-01-02T10:00:00"]
    assert written(page(stamps)) == [None] * 4
    assert written(page(stamps), datetime(2024, 1, 5))[0] == "2023-12-30T10:00:00"


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("Sun Feb 01 2026 11:05:00 GMT+0000 (Coordinated Universal Time)", "2026-02-01T11:05:00+00:00"),
        ("2026-01-31 10:00:00Z, License: CC BY-SA 4.0", "2026-01-31T10:00:00Z"),
        ("31 January 2026", "2026-01-31"),
        ("The bridge was opened on 2026-01-31 10:00:00Z", None),
        ("2026-01-31: the bridge opens at last", None),
    ],
)
def test_a_title_that_tells_a_time_is_read_and_one_that_mentions_it_is_not(title: str, value: str | None) -> None:
    root = tree.flatten(tree.parse(f'<p><span title="{title}">2 hours ago</span></p>'))
    assert [time.stamp.written for time in times.find(root, "en", None)] == [value]
