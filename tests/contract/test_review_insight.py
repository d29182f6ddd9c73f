"""The figures of the insight page, each beside what was counted or calculated by hand, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.policy import Action
from serve.review import insight_charts as charts
from serve.review.i18n import language
from serve.store.insight import psi
from serve.store.insight_agreement import Fit, alpha
from serve.store.insight_heat import wilson
from tests.contract.review import DAY_MS, Desk, Seat, opened

OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
"""Krippendorff's own example (2011): four observers, twelve units; a dot: not judged."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    database = f"sqlite:///{tmp_path_factory.mktemp('insight') / 'desk.db'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_server").database("review_insight")
    with opened(database, tiny_release) as made:
        yield made


def read(seat: Seat, number: int, act: str, **said: str) -> None:
    assert seat.post(f"/labels/{number}", {"act": act, "version": "1", **said}).status_code == 303


def test_alpha_is_krippendorffs() -> None:
    units = [[value for value in unit if value != "."] for unit in zip(*OBSERVERS, strict=True)]
    assert alpha(units) == pytest.approx(0.743, abs=0.0005)
    assert alpha([["publish", "publish"], ["reject", "reject"]]) == 1
    assert alpha([["publish", "publish"]]) is None, "where all say the same, nothing was put to the test"
    assert alpha([["publish"], ["reject"]]) is None


def test_a_shift_of_scores_is_told_by_its_index() -> None:
    assert psi([50, 50], [50, 50]) == 0
    assert psi([500, 500], [600, 400]) == pytest.approx(0.0405, abs=0.0001)  # .1 ln 1.2 - .1 ln .8
    assert psi([99], [1000]) is None, "too few to say"


def test_few_comments_make_no_fire() -> None:
    assert wilson(8, 10) == pytest.approx(0.4902, abs=0.0001)
    assert wilson(5, 5) < wilson(80, 100) < wilson(800, 1000)
    assert wilson(0, 0) == 0


def test_what_came_what_waits_and_what_was_decided_by_day(desk: Desk) -> None:
    site, other = desk.site(), desk.site()
    old = desk.put(site, 0.9, 0.8, days_ago=3)
    [new] = desk.put(site, 0.7)
    desk.put(site, 0.1, 0.2, action=Action.PUBLISH)
    desk.put(site, 0.95, action=Action.REJECT)
    desk.put(other, 0.9)
    seat = desk.seat("moderator", site)
    seat.decide(old[0])
    seat.decide(new, "escalate")
    now = desk.service.now
    days = desk.store.insight.days([site], now - 6 * DAY_MS, now)
    assert [(day.people, day.published, day.rejected, day.decided, day.waiting) for day in days] == [
        *[(0, 0, 0, 0, 0)] * 3,
        (2, 0, 0, 0, 2),
        *[(0, 0, 0, 0, 2)] * 2,
        (1, 2, 1, 1, 2),
    ]
    assert days[-1].means["toxicity.toxicity"] == pytest.approx((0.7 + 0.1 + 0.2 + 0.95) / 4)
    assert days[-2].means == {}
    counts, oldest = desk.store.insight.backlog([site], now)
    assert (sum(counts), counts[0], counts[3]) == (2, 1, 1)
    assert oldest is not None
    assert abs(now - oldest - 3 * DAY_MS) < 60_000


def test_agreement_between_people_is_of_what_was_read_twice_in_the_language_it_was_read(desk: Desk) -> None:
    site = desk.site()
    english, german = desk.put(site, *[0.9] * 4), desk.put(site, *[0.9] * 2, lang="de")
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    for number in (*english, *german):
        ana.decide(number, "reject:insult")
    for number, act in zip((*english, *german), ("reject", "reject", "reject", "publish", "publish", "reject"), strict=True):
        read(ben, number, act)
    found = {one.lang: one for one in desk.store.insight.agreement([site], 0)}
    assert {lang: (one.units, one.same) for lang, one in found.items()} == {None: (6, 4 / 6), "en": (4, 3 / 4), "de": (2, 1 / 2)}
    # Of 12 judgements 10 reject: expected disagreement 2 * 10 * 2 / (12 * 11), observed 4 / 12.
    assert found[None].alpha == pytest.approx(1 - (4 / 12) / (2 * 10 * 2 / (12 * 11)))
    assert desk.store.insight.agreement([desk.site()], 0) == []


def test_agreement_with_the_model_by_head_output_and_language(desk: Desk) -> None:
    site = desk.site()
    right, wrong, spam, asked = desk.put(site, 0.9, 0.9, 0.9, 0.2)
    [german] = desk.put(site, 0.9, lang="de")
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    ana.decide(right, "reject:insult")
    ana.decide(wrong, "publish", **{"fix:sentiment": "positive"})
    ana.decide(spam, "reject:spam")
    ana.decide(german, "reject:threat")
    read(ben, asked, "publish", sentiment="negative", **{"tick:insult": "1"})
    found = {(one.head, one.output, one.lang): one for one in desk.store.insight.fit([site], 0)}
    assert found["toxicity", None, None] == Fit("toxicity", None, None, 4, 3), "spam says nothing of the text"
    assert found["toxicity", None, "de"] == Fit("toxicity", None, "de", 1, 1)
    assert found["toxicity", "insult", None] == Fit("toxicity", "insult", None, 1, 0), "only a reading asks for every output"
    assert found["sentiment", None, None] == Fit("sentiment", None, None, 1, 1), "a correction is made where the model is wrong"


def test_drift_sets_the_last_week_beside_the_time_before(desk: Desk) -> None:
    site = desk.site()
    desk.put(site, *[0.15] * 120, days_ago=20, action=Action.PUBLISH)
    desk.put(site, *[0.95] * 120, action=Action.PUBLISH)
    seat, now = desk.seat("viewer", site), desk.service.now
    drift = desk.store.insight.drift([site], now - 30 * DAY_MS, now)
    assert (drift.before[1], drift.after[9], sum(drift.before), sum(drift.after)) == (120, 120, 120, 120)
    assert drift.psi is not None
    assert drift.psi > 0.25
    assert "The scores have moved" in seat.get("/insight").text
    assert "Too few scores" in seat.get("/insight?days=7").text, "nothing lies before the last seven days"


def test_where_it_is_hot_and_how_the_stance_went(desk: Desk) -> None:
    site = desk.site()
    hot, calm, small = (desk.article(site, title) for title in ("Trams", "Parks", "Roads"))
    [first] = desk.put(site, 0.9, article=hot, stance="favor", created_at="2026-01-01T10:00:00Z", text="It began here.")
    card = desk.store.desk.queue.card(first, [site])
    assert card is not None
    for hour, stance in enumerate(("favor", "neutral", "against", "against"), start=11):
        desk.put(site, 0.9, article=hot, stance=stance, created_at=f"2026-01-01T{hour}:00:00Z", reply_to=card.id)
    desk.put(site, 0.9, *[0.1] * 5, article=calm)
    desk.put(site, *[0.9] * 4, article=small)
    articles, threads = desk.store.insight.heated([site], 0)
    assert [(one.title, one.toxic, one.comments) for one in articles] == [("Trams", 5, 5), ("Parks", 1, 6)], "four comments are no fire"
    assert [tuple(map(sum, zip(*articles[0].stance, strict=True)))] == [(2, 1, 2)]
    assert articles[0].stance[0] == (0, 0, 1)
    assert articles[0].stance[-1] == (1, 0, 0)
    assert [(one.root, one.begins, one.comments) for one in threads] == [(first, "It began here.", 5)]
    page = desk.seat("viewer", site).get("/insight").text
    assert "5 of 5 comments likely toxic" in page
    assert "2 against, 2 in favour, 1 take no side" in page


def test_nobodys_pace_is_told_to_others(desk: Desk) -> None:
    site = desk.site()
    people = [desk.seat("moderator", site) for _ in range(3)]
    for at, seat in enumerate(people):
        for number in desk.put(site, *[0.9] * (at + 1)):
            seat.decide(number, spent_ms=str(1_000 * (at + 1)))
        pace = desk.store.insight.pace([site], 0)
        assert (pace.per_hour is None) == (at < 2), "two people's pace is one's own with the other's taken off"
    assert pace.decisions == 6
    assert pace.median_ms == 3_000
    assert "Yours, which only you see" not in people[0].get("/insight").text
    desk.store.desk.saved.prefer(people[0].name, pace=True)
    assert "Yours, which only you see: 1 decision, 1.0 an hour." in people[0].get("/insight").text


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([1, 0], ["0", "1", "2", "3", "4"]),
        ([21, 3], ["0", "6", "12", "18", "24"]),
        ([130, 0], ["0", "40", "80", "120", "160"]),
        ([0.7, 0], ["0.0", "0.2", "0.4", "0.6", "0.8"]),
        ([5.2, 1], ["0.0", "1.5", "3.0", "4.5", "6.0"]),
    ],
)
def test_the_numbers_of_an_axis_are_those_of_its_lines(values: list[float], ticks: list[str]) -> None:
    drawn = charts.columns("a", "t", [charts.Series("n", "k", values)], ["x", "y"], language("en"))
    assert re.findall(r"<text[^>]*>([^<]+)</text>", drawn)[:5] == ticks
    stacked = charts.stacked("a", "t", [charts.Series("n", "k", [3, 1])], ["x", "y"], language("en"))
    assert re.findall(r"<text[^>]*>([^<]+)</text>", stacked)[:5] == ["0", "1", "2", "3", "4"]
    shares = charts.lines("a", "t", [charts.Series("n", "k", [0.5, 0.41])], ["x", "y"], language("en"))
    assert re.findall(r"<text[^>]*>([^<]+)</text>", shares)[:5] == ["0%", "15%", "30%", "45%", "60%"]


def test_where_nothing_happened_a_sentence_stands_and_no_grid(desk: Desk) -> None:
    page = desk.seat("viewer", desk.site()).get("/insight").text
    assert page.count("Nothing in this period.") == 3
    assert 'class="chart"' not in page


def test_every_chart_has_its_table(desk: Desk) -> None:
    site = desk.site()
    for number in desk.put(site, 0.9, 0.8, 0.7)[:2]:
        desk.seat("moderator", site).decide(number)
    page = desk.seat("viewer", site).get("/insight?tables=1").text
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) >= 5
    for figure in figures:
        assert "<svg" in figure
        assert "<table>" in figure
        assert "<details open>" in figure, "as for printing"
        assert re.search(r"<tbody><tr>", figure)
