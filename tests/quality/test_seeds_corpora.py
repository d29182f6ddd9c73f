"""The parser on real pages, as HTML and as plain text: no figure falls below its floor.

`pytest -s tests/quality/test_seeds_corpora.py` prints all figures. A floor stands .003 below what was measured (the
issue's aim is beside it where it is missed); a leak's bound as much above. All pages of a corpus are read in each run.
"""

from __future__ import annotations

import pytest

from tests.quality import corpora

pytestmark = [pytest.mark.quality, pytest.mark.usefixtures("shared")]

_MARGIN = 0.003
MEASURED = [
    ("html", "platform_pages", "exact", 0.9428),  # aim .95, but .947 at most: see below
    ("html", "platform_pages", "find", 0.9661),  # aim .98, but .966 at most: the gold of three pages joins answers or leaves them out
    (
        "html",
        "wordpress_pages",
        "exact",
        0.9184,
    ),  # aim .95; .921 at most: on four pages the gold calls 27 of ul.children top level
    ("html", "wordpress_pages", "find", 1.0000),
    ("html", "webforum52", "exact", 0.9177),
    ("html", "webforum52", "find", 0.9955),
    ("html", "mediawiki_discussiontools", "exact", 0.9121),
    ("html", "mediawiki_discussiontools", "find", 0.9201),
    ("html", "negatives", "clean", 1.0000),
    ("html", "trafilatura_snippets", "snippets", 0.9655),
    ("no rules", "platform_pages", "exact", 0.8861),
    ("no rules", "platform_pages", "find", 0.9613),
    ("no rules", "wordpress_pages", "exact", 0.9064),
    ("no rules", "wordpress_pages", "find", 0.9971),
    ("no rules", "webforum52", "exact", 0.8990),
    ("no rules", "webforum52", "find", 0.9888),
    ("no rules", "negatives", "clean", 1.0000),
    ("left out", "platform_pages", "exact", 0.8861),
    ("left out", "platform_pages", "find", 0.9613),
    ("left out", "wordpress_pages", "exact", 0.9064),
    ("left out", "wordpress_pages", "find", 0.9971),
    ("left out", "webforum52", "exact", 0.8990),
    ("left out", "webforum52", "find", 0.9888),
    ("text", "platform_pages", "exact", 0.3599),
    ("text", "platform_pages", "find", 0.8567),
    ("text", "wordpress_pages", "exact", 0.6015),
    ("text", "wordpress_pages", "find", 0.9564),
    ("text", "webforum52", "exact", 0.4220),
    ("text", "webforum52", "find", 0.7798),
    ("text", "mediawiki_discussiontools", "exact", 0.1585),
    ("text", "mediawiki_discussiontools", "find", 0.8683),
    ("text", "negatives", "clean", 1.0000),
    ("text", "dragnet", "has comments", 0.9032),
    ("text", "dragnet", "inside", 0.9865),
    ("text", "dragnet", "covered", 0.8456),
]
LEAKS = [("platform_pages", 0.0001), ("wordpress_pages", 0.0), ("webforum52", 0.0058), ("mediawiki_discussiontools", 0.0)]  # aim below .01


@pytest.mark.parametrize(("kind", "corpus", "figure", "measured"), MEASURED)
def test_no_figure_falls(kind: str, corpus: str, figure: str, measured: float) -> None:
    assert corpora.measured(corpus, kind)[figure] >= measured - _MARGIN, corpora.table(kind, [corpus])


@pytest.mark.parametrize(("corpus", "measured"), LEAKS)
def test_comments_do_not_leak_into_the_article(corpus: str, measured: float) -> None:
    assert corpora.measured(corpus, "html")["leak"] <= measured + _MARGIN, corpora.table("html", [corpus])


@pytest.mark.parametrize("kind", ["html", corpora.NO_RULES, corpora.LEFT_OUT, "text"])
def test_all_figures_are_printed(kind: str) -> None:
    said = corpora.table(kind, list(dict.fromkeys(corpus for each, corpus, *_ in MEASURED if each == kind)))
    print(f"\n{said}")
    assert said.count("pages ") >= len({corpus for each, corpus, *_ in MEASURED if each == kind})
