"""Logits become probabilities that mean what they say; a language with few rows leans on all the others."""

from __future__ import annotations

import json

import numpy as np
import pytest

from labels import schema
from labels.scores import Scored
from serve import policy
from tests import rows as hand
from train import calibrate, metrics
from train.calibration import ALL, Calibration, Map, activate, identity
from train.rows import Rows

TOXICITY, SENTIMENT = schema.SLICES["toxicity"], schema.SLICES["sentiment"]
RNG = np.random.default_rng(0)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def test_without_a_fit_a_sigmoid_and_a_softmax_remain() -> None:
    logits = RNG.normal(size=(5, 17)).astype(np.float32)
    found = identity().apply(logits, [None, "bg", "en", "xx", ""])
    assert found[:, TOXICITY] == pytest.approx(sigmoid(logits[:, TOXICITY]), abs=1e-6)
    for head in schema.HEADS[1:]:
        assert found[:, schema.SLICES[head.name]].sum(axis=1) == pytest.approx(1)
        assert (found[:, schema.SLICES[head.name]].argmax(1) == logits[:, schema.SLICES[head.name]].argmax(1)).all()


def test_no_rows_give_no_probabilities() -> None:
    assert identity().apply(np.empty((0, 17), np.float32), []).shape == (0, 17)


@pytest.mark.parametrize("value", [-1e4, -50.0, 0.0, 50.0, 1e4])
def test_no_logit_is_too_large(value: float) -> None:
    for head in schema.HEADS:
        found = activate(head, np.full((1, len(head.outputs)), value))
        assert np.isfinite(found).all()
        assert ((found >= 0) & (found <= 1)).all()


def test_a_language_has_its_own_map_and_the_others_the_common_one() -> None:
    maps = dict(identity().maps)
    maps["toxicity"] = {**maps["toxicity"], "bg": Map(((2.0,) * 7,), (1.0,) * 7)}
    found = Calibration(maps).apply(np.ones((3, 17), np.float32), ["bg", "en", None])
    assert found[:, 0] == pytest.approx([sigmoid(np.array(3.0)), sigmoid(np.array(1.0)), sigmoid(np.array(1.0))])


def test_a_calibration_comes_back_the_same_from_json() -> None:
    given = Calibration({**identity().maps, "stance": {ALL: Map(((1.5,) * 3,), (0.1, 0.2, -0.3)), "bg": Map(((1.0,) * 3,), (0.0,) * 3)}})
    assert Calibration.from_json(json.loads(json.dumps(given.to_json()))) == given


def overconfident(count: int, lang: str = "en") -> tuple[np.ndarray, list[dict[str, object]]]:
    """Rows whose labels follow a sigmoid of z while the logit says 3 z + 1."""
    z = RNG.normal(size=count)
    logits = np.zeros((count, 17), np.float32)
    logits[:, 0] = 3 * z + 1
    return logits, [{"toxicity": float(RNG.random() < sigmoid(value)), "lang": lang} for value in z]


def test_overconfidence_is_taken_back() -> None:
    logits, given = overconfident(6000)
    rows = hand.made(*given)
    fitted = calibrate.fit(logits, rows.labels, rows.langs)
    found = fitted.maps["toxicity"][ALL]
    assert (found.weights[0][0], found.shift[0]) == (pytest.approx(1 / 3, abs=0.04), pytest.approx(-1 / 3, abs=0.1))
    gold = rows.labels["toxicity"].targets[:, 0]
    before = metrics.calibration_error(gold, identity().apply(logits, ["en"] * 6000)[:, 0])
    after = metrics.calibration_error(gold, fitted.apply(logits, ["en"] * 6000)[:, 0])
    assert before is not None
    assert after is not None
    assert before > 0.1
    assert after < 0.03


def test_an_output_that_was_never_judged_stays_as_it_is() -> None:
    logits, given = overconfident(500)
    rows = hand.made(*given)
    found = calibrate.fit(logits, rows.labels, rows.langs).maps["toxicity"][ALL]
    assert (found.weights[0][1:], found.shift[1:]) == ((1.0,) * 6, (0.0,) * 6)


def test_a_language_needs_rows_of_two_classes_for_a_fit_of_its_own() -> None:
    logits, given = zip(overconfident(1000, "en"), overconfident(150, "bg"), strict=True)
    only_rude = np.zeros((300, 17), np.float32)
    rows = hand.made(*given[0], *given[1], *({"toxicity": 1.0, "lang": "ro"} for _ in range(300)))
    found = calibrate.fit(np.concatenate([*logits, only_rude]), rows.labels, rows.langs)
    assert set(found.maps["toxicity"]) == {ALL, "en"}


def test_a_class_that_is_said_too_often_is_shifted_down() -> None:
    count = 3000
    gold = RNG.permutation(np.repeat([0, 1, 2], [600, 1800, 600]))
    rows = hand.made(*({"sentiment": schema.SENTIMENT.names[at]} for at in gold))
    logits = np.zeros((count, 17), np.float32)
    logits[:, SENTIMENT] = RNG.normal(size=(count, 3)) + np.eye(3)[gold]
    logits[:, SENTIMENT.start] += 2
    fitted = calibrate.fit(logits, rows.labels, rows.langs)
    shift = fitted.maps["sentiment"][ALL].shift
    assert shift[0] < shift[1] - 1.5
    said = fitted.apply(logits, rows.langs.tolist())[:, SENTIMENT]
    assert said.mean(axis=0) == pytest.approx([0.22, 0.56, 0.22], abs=0.02)  # a little more even than the rows
    assert (metrics.top_calibration_error(gold, said) or 0.0) < 0.03


def test_a_rare_class_is_found_more_often_than_its_share_alone_would_say(monkeypatch: pytest.MonkeyPatch) -> None:
    gold = RNG.permutation(np.repeat([0, 1, 2, 3], [1800, 100, 60, 40]))
    rows = hand.made(*({"reply_stance": schema.REPLY_STANCE.names[at]} for at in gold))
    at = schema.SLICES["reply_stance"]
    logits = np.zeros((len(gold), 17), np.float32)
    logits[:, at] = RNG.normal(size=(len(gold), 4)) + 2 * np.eye(4)[gold]
    found = {}
    for even in (0.0, calibrate._EVEN):
        monkeypatch.setattr(calibrate, "_EVEN", even)
        said = calibrate.fit(logits, rows.labels, rows.langs).apply(logits, rows.langs.tolist())[:, at]
        assert (metrics.top_calibration_error(gold, said) or 0.0) < 0.03
        found[even] = metrics.macro_f1(gold, said.argmax(axis=1)) or 0.0
    assert found[calibrate._EVEN] > found[0.0] + 0.02


def test_cross_fitting_uses_no_label_of_the_row_itself() -> None:
    logits, given = overconfident(800)
    rows = hand.made(*given)
    found = calibrate.cross_fitted(logits, rows.labels, rows.langs, seed=1)
    half = np.random.default_rng(1).permutation(800) % 2
    rows.labels["toxicity"].targets[half == 0] = 1 - rows.labels["toxicity"].targets[half == 0]
    other = calibrate.cross_fitted(logits, rows.labels, rows.langs, seed=1)
    assert np.array_equal(found[half == 0], other[half == 0])
    assert not np.array_equal(found[half == 1], other[half == 1])


def test_thresholds_are_given_where_there_are_positives_enough() -> None:
    scores = np.zeros((400, 17), np.float32)
    scores[:, 0] = np.linspace(0, 1, 400)
    rows = hand.made(*({"toxicity": float(at >= 200), "lang": "bg" if at >= 390 else "en"} for at in range(400)))
    found = calibrate.thresholds(scores, rows.labels, rows.langs)
    assert set(found["toxicity.toxicity"]) == {ALL, "en"}
    assert found["toxicity.toxicity"][ALL]["precision_90"] == pytest.approx(scores[178, 0], abs=0.01)
    assert found["toxicity.threat"] == {ALL: {"precision_90": None, "precision_95": None}}


def opposed() -> tuple[np.ndarray, Rows]:
    """Rows of which the surer half are against; the 30 surest are of a set that knows no "against", 9 of the others are Bulgarian."""
    against = schema.STANCE.names.index("against")
    scores = np.zeros((600, 17), np.float32)
    scores[:, schema.SLICES["stance"].start + against] = np.linspace(0, 1, 600)
    stances = ["favor" if at < 300 or at >= 570 else "against" for at in range(600)]
    rows = hand.made(*({"stance": stance, "lang": "bg" if at % 30 == 0 else "en"} for at, stance in enumerate(stances)))
    rows.labels["stance"].mask[570:, against] = False
    return scores, rows


def test_a_class_is_held_against_all_others_where_its_set_knows_it() -> None:
    scores, rows = opposed()
    found = calibrate.thresholds(scores, rows.labels, rows.langs)
    assert set(found) == {f"{head.name}.{name}" for head in schema.HEADS for name in head.names}
    assert set(found["stance.against"]) == {ALL, "en"}
    edge = scores[270, schema.SLICES["stance"]].max()  # 270 rows against, and the 30 of the others that are next to them
    assert found["stance.against"][ALL]["precision_90"] == pytest.approx(edge)
    assert found["stance.neutral"] == {ALL: {"precision_90": None, "precision_95": None}}


def test_a_band_of_the_policy_may_name_a_class() -> None:
    scores, rows = opposed()
    band = 'name = "opposed"\nkind = "band"\noutput = "stance.against"\nat_least = "precision_90"\naction = "review"\n'
    text = f'version = "1"\n[[rule]]\n{band}[[rule]]\nname = "rest"\nkind = "always"\naction = "publish"\n'
    made = policy.parse(text, calibrate.thresholds(scores, rows.labels, rows.langs), ("bg", "en"))
    for probability, action in ((0.6, "review"), (0.4, "publish")):
        scored = Scored("1", "en", {"stance": {"favor": 0.0, "against": probability, "neutral": 0.0}}, "tiny@0")
        assert made.act(policy.Case("text", "site", None, scored)).action == action
