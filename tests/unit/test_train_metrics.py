"""Figures of merit against cases worked by hand, against scikit-learn, and where rows do not allow them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from train import metrics

GOLD = np.array([False, False, True, True])


def test_ranking_by_hand() -> None:
    """Positives .4 and .9 against negatives .1 and .5: three of the four pairs stand right."""
    assert metrics.roc_auc(GOLD, np.array([0.1, 0.5, 0.4, 0.9])) == 0.75


def test_a_tie_counts_half() -> None:
    assert metrics.roc_auc(GOLD, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert metrics.roc_auc(GOLD, np.array([0.1, 0.5, 0.5, 0.9])) == 0.875


@pytest.mark.parametrize("gold", [np.zeros(3, bool), np.ones(3, bool), np.zeros(0, bool)])
def test_a_ranking_needs_both_classes(gold: np.ndarray) -> None:
    scores = np.linspace(0, 1, len(gold))
    assert metrics.roc_auc(gold, scores) is None
    assert metrics.average_precision(gold, scores) is None
    assert metrics.best_threshold(gold, scores) is None


def test_a_ranking_may_need_more_of_each_class() -> None:
    assert metrics.roc_auc(GOLD, np.arange(4.0), least=2) == 1.0
    assert metrics.roc_auc(GOLD, np.arange(4.0), least=3) is None


labelled = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])), min_size=2, max_size=40).filter(
    lambda rows: len({gold for gold, _ in rows}) == 2
)


@given(labelled)
def test_rankings_are_those_of_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    gold, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    assert metrics.roc_auc(gold, scores) == pytest.approx(roc_auc_score(gold, scores))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_macro_f1_is_that_of_scikit_learn_over_the_classes_in_gold(rows: list[tuple[int, int]]) -> None:
    gold, predicted = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    reference = f1_score(gold, predicted, labels=np.unique(gold), average="macro", zero_division=0)
    assert metrics.macro_f1(gold, predicted) == pytest.approx(reference)


def test_macro_f1_by_hand() -> None:
    """Class 0: precision 2/3, recall 1, F1 .8; class 1: precision 1, recall 1/2, F1 2/3; class 2 is not in gold."""
    gold, predicted = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    assert metrics.macro_f1(gold, predicted) == pytest.approx((0.8 + 2 / 3) / 2)
    assert metrics.accuracy(gold, predicted) == 0.75


def test_a_class_that_is_never_there_has_f1_zero() -> None:
    assert metrics.f1_of_class(np.array([0]), np.array([0]), 1) == 0.0


def test_no_rows_have_no_figure() -> None:
    empty = np.zeros(0, np.int64)
    assert metrics.macro_f1(empty, empty) is None
    assert metrics.accuracy(empty, empty) is None
    assert metrics.calibration_error(np.zeros(0), np.zeros(0)) is None
    assert metrics.top_calibration_error(empty, np.zeros((0, 3))) is None


def test_the_answer_is_among_the_classes_that_are_asked() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    assert metrics.argmax_among(probabilities, np.array([1, 2])).tolist() == [1, 2]


def test_calibration_error_by_hand() -> None:
    """Two bins of two rows: said .2 and .2, none came true; said .8 and .8, one of two did."""
    gold, said = np.array([0.0, 0.0, 1.0, 0.0]), np.array([0.2, 0.2, 0.8, 0.8])
    assert metrics.calibration_error(gold, said, bins=2) == pytest.approx((0.2 * 2 + 0.3 * 2) / 4)


def test_the_base_rate_is_calibrated_and_tells_nothing() -> None:
    gold = np.array([0.0, 1.0] * 20)
    assert metrics.calibration_error(gold, np.full(40, 0.5), bins=1) == pytest.approx(0)
    assert metrics.roc_auc(gold > 0, np.full(40, 0.5)) == 0.5


def test_the_calibration_of_an_answer_is_that_of_its_top_class() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    assert metrics.top_calibration_error(np.array([0, 1, 1, 1]), probabilities, bins=2) == pytest.approx((0.4 * 2 + 0.4 * 2) / 4)


def test_an_interval_holds_its_value_and_narrows_with_rows() -> None:
    def share(rows: np.ndarray) -> float:
        return float((rows % 4 == 0).mean())

    few = metrics.interval(share, 100, np.random.default_rng(0))
    many = metrics.interval(share, 10_000, np.random.default_rng(0))
    assert few is not None
    assert many is not None
    assert few.value == many.value == 0.25
    assert few.low < 0.25 < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    assert few == metrics.interval(share, 100, np.random.default_rng(0))
    assert few.to_json() == {"value": 0.25, "low": round(few.low, 4), "high": round(few.high, 4), "rows": 100}


def test_a_figure_that_does_not_exist_has_no_interval() -> None:
    assert metrics.interval(lambda _: None, 10, np.random.default_rng(0)) is None


def test_a_difference_is_resampled_in_pairs() -> None:
    """Two figures that vary together: each interval is wide, that of their difference has no width."""

    def ours(rows: np.ndarray) -> float:
        return float((rows % 2).mean())

    found = metrics.difference(ours, lambda rows: ours(rows) - 0.1, 200, np.random.default_rng(1))
    alone = metrics.interval(ours, 200, np.random.default_rng(1))
    assert found is not None
    assert alone is not None
    assert (found.low, found.high) == pytest.approx((0.1, 0.1))
    assert alone.high - alone.low > 0.05


def test_a_language_with_few_rows_of_a_class_is_left_out() -> None:
    langs = np.array(["bg"] * 4 + ["en"] * 4)
    gold = np.array([0, 0, 1, 1, 0, 0, 0, 1], bool)
    assert metrics.auc_by_language(gold, np.arange(8.0), langs, least=2) == {"bg": 1.0}


def test_a_set_is_measured_among_its_own_classes() -> None:
    """The set without class 2 answers the better of 0 and 1; the set of one class is left out."""
    sets = np.array(["a", "a", "b"])
    probabilities = np.array([[0.3, 0.2, 0.5], [0.1, 0.2, 0.7], [1, 0, 0]])
    assert metrics.macro_f1_by(sets, np.array([0, 1, 0]), probabilities) == {"a": 1.0}


def test_a_mean_weighs_every_language_the_same() -> None:
    assert metrics.mean({"bg": 0.5, "en": 1.0}) == 0.75
    assert metrics.mean({}) is None


@given(labelled)
def test_no_threshold_is_better_than_the_best(rows: list[tuple[bool, float]]) -> None:
    gold, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    best = metrics.best_threshold(gold, scores)

    def f1(threshold: float) -> float:
        return float(f1_score(gold, scores >= threshold, labels=[False, True], average="macro", zero_division=0))

    assert best is not None
    assert f1(best) == pytest.approx(max(f1(float(value)) for value in scores))


def test_a_threshold_reaches_its_precision_and_is_the_smallest_that_does() -> None:
    rng = np.random.default_rng(0)
    gold = np.arange(1000) % 3 == 0
    scores = np.round(rng.normal(gold * 1.5, 1.0), 2)
    threshold = metrics.threshold_for_precision(gold, scores, 0.8)
    assert threshold is not None
    assert gold[scores >= threshold].mean() >= 0.8
    assert all(gold[scores >= lower].mean() < 0.8 for lower in np.unique(scores[scores < threshold]))


def test_a_threshold_that_does_not_exist_is_none() -> None:
    gold = np.arange(300) % 3 == 0
    assert metrics.threshold_for_precision(gold, np.where(gold, 0.0, 1.0), 0.9) is None
    assert metrics.threshold_for_precision(gold, gold.astype(float), 0.9, least=101) is None
