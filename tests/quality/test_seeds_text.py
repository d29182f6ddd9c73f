"""The parser on the plain text of real pages: no figure falls below its floor. `pytest -s tests/quality/test_seeds_text.py` prints all.

Floors are set just below what was measured; the measured value stands beside. All pages of a corpus are read in each run.
"""

from __future__ import annotations

import pytest

from tests.quality import corpora

pytestmark = [pytest.mark.quality, pytest.mark.usefixtures("shared")]

FLOORS = [
    # corpus, figure, floor, measured
    ("platform_pages", "find", 0.780, 0.7836),
    ("platform_pages", "exact", 0.300, 0.3047),
    ("wordpress_pages", "find", 0.879, 0.8827),
    ("wordpress_pages", "exact", 0.429, 0.4321),
    ("webforum52", "find", 0.752, 0.7553),
    ("webforum52", "exact", 0.226, 0.2296),
    ("mediawiki_discussiontools", "find", 0.667, 0.6704),
    ("negatives", "clean", 0.960, 0.9639),
    ("dragnet", "has comments", 0.810, 0.8140),
    ("dragnet", "inside", 0.970, 0.9741),
    ("dragnet", "covered", 0.705, 0.7086),
]


@pytest.mark.parametrize(("corpus", "figure", "floor", "measured"), FLOORS)
def test_no_figure_falls(corpus: str, figure: str, floor: float, measured: float) -> None:
    assert floor <= measured
    assert corpora.measured(corpus, "text")[figure] >= floor, corpora.table("text", [corpus])


def test_all_figures_are_printed() -> None:
    said = corpora.table("text", list(dict.fromkeys(corpus for corpus, *_ in FLOORS)))
    print(f"\n{said}")
    assert "dragnet" in said
