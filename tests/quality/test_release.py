"""The committed release: its figures are of itself, above floor and baseline, and come out again on a sample of the dev rows."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from labels import schema
from labels.scores import ScoreInput
from train import config_file, evaluate, metrics, probes, release
from train.attacks import ATTACKS
from train.config import Config
from train.inference import Scorer
from train.normalise import READ
from train.rows import Rows

pytestmark = pytest.mark.quality
ROOT = Path(__file__).resolve().parents[2]
FLOORS = {"toxicity": 0.83, "stance": 0.48, "reply_stance": 0.40, "sentiment": 0.66}
_SAMPLE = 1_500
_ATTACK_AIM, _CLEAN_AIM = 0.03, 0.005
_BACK_END = 0.03
"""What another back end may change in the loss of one attack in one language (120 rows, and the threshold is chosen anew). fp32 products
against the int8 ones that metrics.json is of: standard deviation .007 over 174 pairs, .027 the worst (docs/log.md)."""


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, dict[str, float]]]:
    found = json.loads((release.packaged() / "metrics.json").read_text(encoding="utf-8"))
    assert found["model"] == release.read(release.packaged()).model, "metrics.json is of another release: threadwise evaluate"
    headline: dict[str, dict[str, dict[str, float]]] = found["headline"]
    return headline


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load()


@pytest.mark.parametrize("head", [head.name for head in schema.HEADS])
def test_each_head_is_above_its_floor_and_the_baseline(head: str, figures: dict[str, dict[str, dict[str, float]]]) -> None:
    assert figures[head]["ours"]["value"] >= FLOORS[head]
    assert figures[head]["ours"]["value"] > figures[head]["baseline"]["value"]


@pytest.mark.parametrize(("name", "most"), [("main", 80e6), ("open", 40e6)])
def test_both_releases_are_small_and_better_than_the_baseline(name: str, most: float) -> None:
    folder = release.packaged(name)
    found = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert found["model"] == release.read(folder).model, "metrics.json is of another release: threadwise evaluate"
    assert sum(path.stat().st_size for path in folder.iterdir()) <= most
    for head, figure in found["headline"].items():
        assert figure["ours"]["value"] > figure["baseline"]["value"], head


@pytest.fixture(scope="module")
def settings() -> Config:
    if not (ROOT.parent / "shared" / "data").is_dir():
        assert not os.environ.get("THREADWISE_REQUIRE_ALL"), "../shared/data is not there"
        pytest.skip("../shared/data is not there")
    return config_file.load(ROOT / "configs" / "release.toml", {"data.folder": f'"{ROOT.parent / "shared" / "data"}"'})


@pytest.fixture(scope="module")
def dev(settings: Config) -> Rows:
    return evaluate.dev_rows(settings)


@pytest.fixture(scope="module")
def sample(dev: Rows) -> Rows:
    judged = np.flatnonzero(dev.labels["toxicity"].mask[:, 0])
    return dev.take(np.sort(np.random.default_rng(3).permutation(judged)[:_SAMPLE]))


def test_a_sample_of_the_dev_rows_is_told_apart(scorer: Scorer, sample: Rows) -> None:
    gold = sample.labels["toxicity"].targets[:, 0] >= 0.5
    auc = metrics.roc_auc(gold, probes.toxicity(scorer, sample))
    assert auc is not None
    assert auc >= 0.88


@pytest.fixture(scope="module")
def attacked(scorer: Scorer, dev: Rows, settings: Config) -> dict[str, dict[str, float]]:
    """Attack -> language -> loss of toxicity macro-F1, measured now."""
    found = probes.attacks(scorer, dev, settings.seed)
    return {name: {lang: figure["loss"] for lang, figure in each["languages"].items()} for name, each in found.items()}


@pytest.mark.parametrize("name", list(ATTACKS))
def test_no_attack_costs_more_than_it_may(name: str, attacked: dict[str, dict[str, float]]) -> None:
    """On the mean over languages no more than the aim; in a language no more than the aim, or than metrics.json owns up to."""
    stated = json.loads((release.packaged() / "metrics.json").read_text(encoding="utf-8"))["attacks"][name]["languages"]
    assert float(np.mean(list(attacked[name].values()))) <= _ATTACK_AIM
    for lang, loss in attacked[name].items():
        assert loss <= max(_ATTACK_AIM, stated[lang]["loss"]) + _BACK_END, lang


def test_clean_texts_keep_their_scores(scorer: Scorer, sample: Rows) -> None:
    """What undoes evasion leaves a text without any as it is: the mean change of toxicity, against the same model without it."""
    defended, encoder = probes.toxicity(scorer, sample), scorer.encoder
    whole = encoder.normaliser
    try:
        encoder.normaliser = replace(whole, steps=READ)
        bare = probes.toxicity(scorer, sample)
    finally:
        encoder.normaliser = whole
    print(f"changed {float(np.mean(np.abs(defended - bare) > 1e-6)):.3f}, mean change {float(np.mean(np.abs(defended - bare))):.4f}")
    assert float(np.mean(np.abs(defended - bare))) <= _CLEAN_AIM


@pytest.mark.parametrize(
    ("rude", "kind", "lang"),
    [
        ("You are an idiot and everyone knows it.", "You are right and everyone knows it.", "en"),
        ("Ти си пълен идиот!", "Ти си пълен с добри идеи!", "bg"),
        ("Ti si pulen idiot, mahai se ot tuk, prostako", "Mnogo hubava statiq, blagodarq vi za neq", "bg"),
        ("Заткнись, тупой урод", "Спасибо, очень полезная статья", "ru"),
        ("Halt die Fresse, du Vollidiot", "Danke, das war sehr hilfreich", "de"),
        ("Đồ ngu, im đi", "Bài viết rất hay, cảm ơn", "vi"),
        ("Ești un prost, taci din gură", "Ești foarte amabil, mulțumesc", "ro"),
    ],
)
def test_a_rude_comment_stands_well_above_a_kind_one(rude: str, kind: str, lang: str, scorer: Scorer) -> None:
    bad, good = (one.scores["toxicity"]["toxicity"] for one in scorer.score([ScoreInput("1", rude, lang), ScoreInput("2", kind, lang)]))
    assert bad >= 0.6
    assert bad - good >= 0.3
