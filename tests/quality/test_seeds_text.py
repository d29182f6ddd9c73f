"""The parser on the plain text of real pages: no figure falls below its floor. `pytest -s tests/quality/test_seeds_text.py` prints all.

Floors are set just below what was measured; the measured value stands beside. All pages of a corpus are read in each run.
"""

from __future__ import annotations

import pytest

from tests.quality import corpora

pytestmark = [pytest.mark.quality, pytest.mark.usefixtures("shared")]

FLOORS = [
    # corpus, figure, floor, measured
    ("platform_pages", "find", 0.846, 0.8493),
    ("platform_pages", "exact", 0.313, 0.3160),
    ("wordpress_pages", "find", 0.955, 0.9580),
    ("wordpress_pages", "exact", 0.595, 0.5976),
    ("webforum52", "find", 0.773, 0.7758),
    ("webforum52", "exact", 0.350, 0.3529),
    ("mediawiki_discussiontools", "find", 0.865, 0.8683),
    ("mediawiki_discussiontools", "exact", 0.151, 0.1538),
    ("negatives", "clean", 0.988, 1.0000),
    ("dragnet", "has comments", 0.896, 0.8993),
    ("dragnet", "inside", 0.980, 0.9831),
    ("dragnet", "covered", 0.840, 0.8434),
]


@pytest.mark.parametrize(("corpus", "figure", "floor", "measured"), FLOORS)
def test_no_figure_falls(corpus: str, figure: str, floor: float, measured: float) -> None:
    assert floor <= measured
    assert corpora.measured(corpus, "text")[figure] >= floor, corpora.table("text", [corpus])


def test_all_figures_are_printed() -> None:
    said = corpora.table("text", list(dict.fromkeys(corpus for corpus, *_ in FLOORS)))
    print(f"\n{said}")
    assert "dragnet" in said
