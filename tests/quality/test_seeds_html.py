"""The parser on the HTML of real pages: no figure falls below its floor. `pytest -s tests/quality/test_seeds_html.py` prints all of them.

Floors are set just below what was measured; the measured value stands beside. All pages of a corpus are read in each run.
"""

from __future__ import annotations

import pytest

from tests.quality import corpora

pytestmark = [pytest.mark.quality, pytest.mark.usefixtures("shared")]

FLOORS = [
    # corpus, figure, floor, measured
    ("platform_pages", "exact", 0.897, 0.8999),
    ("platform_pages", "find", 0.955, 0.9581),
    ("wordpress_pages", "exact", 0.900, 0.9038),
    ("wordpress_pages", "find", 0.997, 1.0),
    ("webforum52", "exact", 0.697, 0.7007),
    ("webforum52", "find", 0.937, 0.9398),
    ("mediawiki_discussiontools", "exact", 0.909, 0.9121),
    ("mediawiki_discussiontools", "find", 0.917, 0.9201),
    ("negatives", "clean", 0.935, 0.9398),
    ("trafilatura_snippets", "snippets", 0.920, 0.9224),
]
CEILINGS = [
    # share of the words of comments in the article's text: corpus, ceiling, measured
    ("platform_pages", 0.0085, 0.0080),
    ("wordpress_pages", 0.001, 0.0),
    ("webforum52", 0.028, 0.0273),
    ("mediawiki_discussiontools", 0.001, 0.0),
]


@pytest.mark.parametrize(("corpus", "figure", "floor", "measured"), FLOORS)
def test_no_figure_falls(corpus: str, figure: str, floor: float, measured: float) -> None:
    assert floor <= measured
    assert corpora.measured(corpus, "html")[figure] >= floor, corpora.table("html", [corpus])


@pytest.mark.parametrize(("corpus", "ceiling", "measured"), CEILINGS)
def test_comments_do_not_leak_into_the_article(corpus: str, ceiling: float, measured: float) -> None:
    assert ceiling >= measured
    assert corpora.measured(corpus, "html")["leak"] <= ceiling, corpora.table("html", [corpus])


def test_all_figures_are_printed() -> None:
    said = corpora.table("html", list(dict.fromkeys(corpus for corpus, *_ in FLOORS)))
    print(f"\n{said}")
    assert "exact" in said
