"""The report as a document: what it says, how surely, and that nothing on a page can break out of it."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from labels import schema
from labels.scores import Scored, Scores, Unscored
from labels.thread import Article, Comment, Notice
from serve import report
from serve.report import charts, summary, view, words

MODEL = "tiny@0123456789ab"


def scored(name: str, toxic: float = 0.02, lang: str = "en", low: tuple[str, ...] = (), **heads: dict[str, float]) -> Scored:
    given: Scores = {"toxicity": {"toxicity": toxic, "insult": toxic / 2}, **heads}
    return Scored(name, lang, given, MODEL, low_confidence=low)


def page(*comments: Comment, scores: tuple[Scored, ...] = (), **members: object) -> str:
    article = Article(comments=comments, **{"id": "a", "text": "Body.", "title": "A title", "lang": "en", **members})  # type: ignore[arg-type]
    return report.page([(article, scores)], model=MODEL, notice="For research.")


def test_every_output_of_the_schema_has_its_words() -> None:
    for head in schema.HEADS:
        assert set(words.TABLE["names"][head.name]) == set(words.TABLE["phrases"][head.name]) == set(head.names)
    assert set(Unscored) <= set(words.TABLE["unscored"])


@pytest.mark.parametrize(
    ("score", "said"),
    [(0.95, "very likely toxic"), (0.9, "very likely toxic"), (0.5, "likely toxic"), (0.3, "possibly toxic"), (0.29, None)],
)
def test_a_likelihood_is_said_in_words_of_its_strength(score: float, said: str | None) -> None:
    reasons = words.reasons(Scored("1", "en", {"toxicity": {"toxicity": score}}, MODEL))
    assert (reasons[0].text if reasons else None) == said


def test_the_strongest_reason_comes_first() -> None:
    given = Scored("1", "en", {"toxicity": {"toxicity": 0.6, "insult": 0.8}, "sentiment": {"negative": 0.9, "positive": 0.1}}, MODEL)
    assert [reason.output for reason in words.reasons(given)] == ["insult", "toxicity", "negative"]


def test_a_flat_head_is_undecided_and_names_no_side() -> None:
    (reason,) = words.reasons(Scored("1", "en", {"stance": {"against": 0.36, "favor": 0.34, "neutral": 0.3}}, MODEL))
    assert (reason.text, reason.output) == ("stance undecided", "")


@pytest.mark.parametrize("name", ["stance", "stance.favor"])
def test_low_confidence_is_marked_whether_the_head_or_the_output_is_named(name: str) -> None:
    (reason,) = words.reasons(Scored("1", "fi", {"stance": {"favor": 0.9, "against": 0.1}}, MODEL, low_confidence=(name,)))
    assert reason.low


def test_no_score_is_shown_as_certain() -> None:
    assert (words.percent(1.0), words.percent(0.0)) == ("99\u00a0%", "1\u00a0%")


def test_texts_of_the_page_cannot_become_markup() -> None:
    bad = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    html = page(Comment("1", bad, author=bad, created_at_raw=bad), title=bad, author=bad, text=bad, warnings=(Notice(bad, bad),))
    assert html.count("<script>") == 1
    assert "<img" not in html


def test_half_a_surrogate_pair_does_not_stop_the_report() -> None:
    assert "before?after" in page(Comment("1", "before\ud800after")).encode("utf-8").decode("utf-8")


def test_only_web_addresses_become_links() -> None:
    assert "javascript:" not in page(url="javascript:alert(1)")
    assert 'href="https://example.org/a"' in page(url="https://example.org/a")


def test_the_policy_allows_this_style_and_this_script_and_nothing_else() -> None:
    html = page()
    style, script = re.search("<style>(.*?)</style>", html, re.DOTALL), re.search("<script>(.*?)</script>", html, re.DOTALL)
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert style is not None
    assert script is not None
    assert policy is not None
    rules = policy[1].replace("&#39;", "'").replace("&#43;", "+")
    assert rules.startswith("default-src 'none'; ")
    for part in (style[1], script[1]):
        assert base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() in rules


def test_nothing_is_fetched() -> None:
    assert not re.findall(r"""(?:src|srcset|action)\s*=|<link|@import|url\(""", page(Comment("1", "x"), scores=(scored("1"),)))


def test_a_comment_without_scores_says_why() -> None:
    lost, missing = Comment("1", ""), Comment("2", "hello")
    html = page(lost, missing, scores=(Scored("1", None, {}, MODEL, Unscored.EMPTY),))
    assert "not scored: no text" in html
    assert html.count("not scored</span>") == 1
    assert "The page holds no text for this comment." in html


def test_right_to_left_texts_carry_their_direction() -> None:
    html = page(Comment("1", "שלום"), scores=(scored("1", lang="he"),))
    assert '<div class="text" lang="he" dir="rtl">שלום</div>' in html


def test_a_language_nobody_knows_leaves_the_direction_to_the_text() -> None:
    assert '<div class="text" lang="" dir="auto">ok</div>' in page(Comment("1", "ok"))


@pytest.mark.parametrize(
    ("iso", "shown"),
    [
        ("2026-02-05", "5 Feb 2026"),
        ("2026-02-05T21:25:00", "5 Feb 2026, 21:25"),
        ("2026-02-05T21:25:00Z", "5 Feb 2026, 21:25 UTC"),
        ("2026-02-05T21:25:00-03:30", "5 Feb 2026, 21:25 -03:30"),
    ],
)
def test_a_time_is_shown_as_the_page_gives_it(iso: str, shown: str) -> None:
    found = view.written(iso)
    assert found is not None
    assert found.shown == shown


@pytest.mark.parametrize("iso", [None, "", "soon", "2026-02-31"])
def test_a_time_that_cannot_be_read_is_left_out(iso: str | None) -> None:
    assert view.written(iso) is None


def test_times_with_and_without_offset_share_one_chart() -> None:
    times = ["2026-02-05T21:25:00Z", "2026-02-05T22:25:00", "2026-02-06", "2026-02-07T01:00:00+02:00"]
    comments = tuple(Comment(str(at), "x", created_at=time) for at, time in enumerate(times))
    tone = {"negative": 0.7, "neutral": 0.2, "positive": 0.1}
    shown = view.article(1, Article("a", "", comments), [scored(one.id, sentiment=tone) for one in comments])
    assert charts.tone(shown.comments, "x").count("<circle") == 4
    assert not charts.tone(shown.comments[:3], "x")


def test_the_histogram_counts_every_scored_comment_once() -> None:
    comments = tuple(Comment(str(at), "x") for at in range(4))
    shown = view.article(1, Article("a", "", comments), [scored(str(at), toxic) for at, toxic in enumerate((0.0, 0.55, 1.0))])
    assert "0–10 %: 1, 50–60 %: 1, 90–100 %: 1" in charts.toxicity(shown.comments, "x")


def test_figures_count_what_was_scored_and_what_is_likely_toxic() -> None:
    comments = (Comment("1", "x", author="A"), Comment("2", "y", author="A", reply_to="1"), Comment("3", ""))
    shown = view.article(1, Article("a", "", comments), [scored("1", 0.5), scored("2", 0.49)])
    assert summary.figures(shown.comments) == summary.Figures(comments=3, answers=1, authors=1, scored=2, likely_toxic=1)


def test_the_first_looks_lead_with_the_likeliest() -> None:
    comments = tuple(Comment(str(at), "x") for at in range(3))
    shown = view.article(1, Article("a", "", comments), [scored("0", 0.6), scored("1", 0.9), scored("2", 0.1)])
    assert [one.comment.id for one in summary.first_looks(shown.comments)] == ["1", "0"]


def test_two_comments_of_one_id_are_both_shown() -> None:
    assert page(Comment("1", "first"), Comment("1", "second")).count('<article class="comment"') == 2


def test_a_page_without_comments_says_so() -> None:
    assert "No comments were found on this page." in page()


def test_model_and_notice_stand_in_the_footer() -> None:
    assert f"Scored by <code>{MODEL}</code>. For research." in page()


def test_a_report_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one page"):
        report.page([], model=MODEL, notice="")
