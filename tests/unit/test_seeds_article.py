"""The article of a page: what comments say of themselves is not said of it."""

from __future__ import annotations

import pytest

import seeds
from seeds.html import article, tree
from seeds.html.article import Head
from seeds.html.select import select, selector

STORY = "<h1>A bench</h1><p>The town puts a bench at the quay. It will stand there from May on, the council said on Monday.</p>"
AUTHOR = '<span itemprop="author" itemscope itemtype="https://schema.org/Person"><b itemprop="name">Bo</b></span>'
DAY = '<time itemprop="datePublished" datetime="2026-03-14T10:00:00Z">14 March</time>'
META = '<meta itemprop="datePublished" content="2026-03-14T10:00:00Z">'


def page_of(body: str, head: str = "") -> str:
    return f'<html lang="en"><head><title>A bench</title>{head}</head><body>{body}</body></html>'


def head_of(page: str, cut: str = "") -> Head:
    """The head of a page whose comments have a class."""
    flat = tree.flatten(tree.parse(page))
    return article.head(flat, select(flat, selector(cut)) if cut else ())


@pytest.mark.parametrize("kind", ["Comment", "UserComments", "Review"])
@pytest.mark.parametrize("day", [DAY, META])
def test_an_author_and_a_day_of_a_marked_up_comment_are_not_the_articles(kind: str, day: str) -> None:
    remark = f'<div itemscope itemtype="https://schema.org/{kind}">{AUTHOR}{day}<p itemprop="text">At last, a place to sit.</p></div>'
    found = seeds.parse(page_of(f"<article>{STORY}</article>{remark}"))
    assert (found.author, found.published_at) == (None, None)


@pytest.mark.parametrize(
    "said", [f"{AUTHOR}{DAY}", META, '<a rel="author" href="/u/2">Bo</a>', '<time pubdate datetime="2026-03-14T10:00:00Z">14 March</time>']
)
def test_an_author_and_a_day_in_a_record_of_the_thread_are_not_the_articles(said: str) -> None:
    page = page_of(f'{STORY}<ol><li class="remark"><div>{said}</div><p>At last, a place to sit.</p></li></ol>')
    assert head_of(page, ".remark") == Head("A bench", None, None, None)
    assert head_of(page) != Head("A bench", None, None, None)


def test_what_stands_beside_the_comments_is_still_the_articles() -> None:
    remark = f'<div itemscope itemtype="https://schema.org/Comment">{AUTHOR}{DAY}<p itemprop="text">At last, a place to sit.</p></div>'
    own = AUTHOR.replace("Bo", "Dora") + DAY.replace("14T", "13T")
    found = head_of(page_of(f"{remark}{STORY}{own}"))
    assert (found.author, found.published_at) == ("Dora", "2026-03-13T10:00:00Z")
    stated = '<meta name="author" content="Dora"><meta itemprop="datePublished" content="2026-03-13">'
    found = head_of(page_of(f"{STORY}{remark}", stated))
    assert (found.author, found.published_at) == ("Dora", "2026-03-13")


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="og:site_name" content="The Quay">',
        '<meta name="application-name" content="The quay"><meta property="og:title" content="The Quay">',
        '<meta property="og:title" content="A bench"><meta property="og:site_name" content="The Quay">',
        '<link rel="canonical" href="https://www.the-quay.example/a-bench">',
        "",
    ],
)
def test_a_title_that_is_the_sites_name_is_none_of_an_article(head: str) -> None:
    logo = '<h1><a href="https://quay.example/" rel="home">The Quay</a></h1>' if not head else "<h1>The Quay</h1>"
    for shown in (logo + STORY, STORY):
        page = page_of(shown if head else logo + STORY, head).replace("<title>A bench</title>", "<title>The Quay</title>")
        assert head_of(page).title == "A bench"
    first = page_of("<p>Welcome.</p>", head).replace("<title>A bench</title>", "<title>The Quay</title>")
    assert head_of(first).title == ("A bench" if "A bench" in head else "The Quay")


def test_a_review_that_is_the_article_names_its_author() -> None:
    found = head_of(page_of(f'<article itemscope itemtype="https://schema.org/Review">{STORY}{AUTHOR}{DAY}</article>'))
    assert (found.author, found.published_at) == ("Bo", "2026-03-14T10:00:00Z")
