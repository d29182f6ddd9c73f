"""An evaluation beside runs with other seeds."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labels import schema
from labels.errors import ConfigError
from tests import rows as hand
from train import card, charts, evaluate, release, report
from train.config import Config, Mix


@pytest.fixture
def copied(tiny_run: Config, tmp_path: Path) -> Config:
    folder = shutil.copytree(tiny_run.release, tmp_path / "release")
    return replace(tiny_run, release=str(folder), run=str(tmp_path / "run"))


def seed_run(config: Config, folder: Path, **changes: Any) -> Path:
    """A run whose release answers as that of `config`, under another name."""
    made = replace(config, **changes)
    (folder / "config.json").write_text(json.dumps({"config": made.to_json()}), encoding="utf-8")
    place = Path(shutil.copytree(config.release, folder / "release"))
    (place / release.CALIBRATION).write_text((place / release.CALIBRATION).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    manifest = release.read(Path(config.release))
    files = {**manifest.files, release.CALIBRATION: release.sha256(place / release.CALIBRATION)}
    value = replace(manifest, config=made.fingerprint(), files=files).to_json()
    (place / release.MANIFEST).write_text(json.dumps(value), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 1}, "each needs its own"),
        ({"seed": 2, "name": "other"}, "it may differ in its seed alone"),
        ({"seed": 2, "mix": Mix(rows=7)}, "it may differ in its seed alone"),
    ],
)
def test_a_run_that_differs_in_more_or_less_than_its_seed_is_refused(
    changes: dict[str, Any], said: str, copied: Config, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(ConfigError, match=said):
        evaluate.run(copied, with_baseline=False, others=[seed_run(copied, tmp_path / "other", **changes)])


def test_a_seed_run_twice_one_without_its_own_release_and_no_run_are_refused(copied: Config, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = seed_run(copied, tmp_path / "other", seed=2)
    with pytest.raises(ConfigError, match="each needs its own"):
        evaluate.run(copied, with_baseline=False, others=[other, other])
    shutil.copytree(copied.release, other / "release", dirs_exist_ok=True)
    with pytest.raises(ConfigError, match="a run or release of another configuration"):
        evaluate.run(copied, with_baseline=False, others=[other])
    with pytest.raises(ConfigError, match="no configuration of a run"):
        evaluate.run(copied, with_baseline=False, others=[tmp_path])


def test_a_release_of_another_configuration_keeps_its_card_notice_and_figures(
    copied: Config, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    folder = Path(copied.release)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = replace(copied, data=replace(copied.data, licences="permissive"), release=str(tmp_path / "none"))
    found = evaluate.run(other, folder, with_baseline=False)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert json.loads((Path(copied.run) / "metrics.json").read_text(encoding="utf-8")) == found
    assert (Path(copied.run) / "evaluation.html").is_file()
    assert "its card and metrics.json stay as they are" in caplog.text


def test_seeds_are_told_with_mean_and_range(copied: Config, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    found = evaluate.run(copied, with_baseline=False, others=[seed_run(copied, tmp_path / "other", seed=2)])
    seeds = found["seeds"]
    assert len(seeds["models"]) == 2
    for head, figure in found["headline"].items():
        assert seeds[head]["values"] == [round(figure["ours"]["value"], 4)] * 2  # the answers are the same
        assert seeds[head]["low"] <= seeds[head]["mean"] <= seeds[head]["high"]
    assert json.loads((Path(copied.release) / "metrics.json").read_text(encoding="utf-8"))["seeds"] == seeds
    assert "differ in their seed alone" in (Path(copied.release) / "CARD.md").read_text(encoding="utf-8")
    assert "2 seeds" in (Path(copied.run) / "evaluation.html").read_text(encoding="utf-8")
    assert "2 seeds, mean and range" in evaluate.summary(found)

    shutil.copyfile(Path(copied.release) / "metrics.json", Path(copied.run) / evaluate.LAST)  # as the next export does
    assert evaluate.run(copied, with_baseline=False)["seeds"] == seeds, "they stay until others are trained, and name their models"


def test_the_range_is_that_of_the_values(tiny_run: Config) -> None:
    dev = evaluate.dev_rows(tiny_run)
    rng = np.random.default_rng(1)
    answers = [evaluate.Answers(str(n), rng.random((len(dev), 17)).astype(np.float32)) for n in range(3)]
    found = evaluate.seeds(answers[0], answers[1:], dev)
    for head in ("toxicity", "sentiment"):
        values = found[head]["values"]
        assert len(set(values)) == 3
        assert (found[head]["low"], found[head]["high"]) == (min(values), max(values))
        assert found[head]["mean"] == pytest.approx(sum(values) / 3, abs=1e-4)


def test_an_aim_by_language_is_the_mean_over_the_languages_of_its_set() -> None:
    """English rows are told apart; of the French ones all are called positive (F1 .667 and 0)."""
    names = schema.SENTIMENT.names
    told = [("en", "positive")] * 6 + [("en", "negative")] * 6 + [("fr", "positive")] * 4 + [("fr", "negative")] * 4
    dev = hand.made(*({"set": name, "lang": lang, "sentiment": gold} for name in ("umsab", "laroseda") for lang, gold in told))
    said = [names.index(gold if lang == "en" else "positive") for lang, gold in told * 2]
    probabilities = np.zeros((len(dev), 17), np.float32)
    probabilities[:, schema.SLICES["sentiment"]] = np.eye(3)[said]
    found = {each["set"]: (each["figure"], each["value"]) for each in evaluate.aims(evaluate.Answers("a", probabilities), dev, 0)}
    assert found["umsab"] == ("macro_f1_by_language", pytest.approx((1 + 1 / 3) / 2, abs=1e-4))
    assert found["laroseda"] == ("macro_f1", pytest.approx((20 / 24 + 12 / 16) / 2, abs=1e-4))


def test_every_aim_has_a_figure_that_its_head_can_give() -> None:
    classes = {"macro_f1", "macro_f1_by_language"}
    for head, sets in card.AIMS.items():
        assert {aim["figure"] for aim in sets.values()} <= ({"macro_f1", "f1", "roc_auc"} if head == "toxicity" else classes)


@pytest.fixture
def figures(tiny_run: Config) -> dict[str, Any]:
    """As `evaluate.run` left them."""
    found: dict[str, Any] = json.loads((Path(tiny_run.run) / "metrics.json").read_text(encoding="utf-8"))
    return found


def page(config: Config, figures: dict[str, Any], path: Path) -> str:
    dev = evaluate.dev_rows(config)
    report.write(path, figures, np.full((len(dev), 17), 0.25, np.float32), None, dev)
    return path.read_text(encoding="utf-8")


def test_every_head_has_bars_by_language_and_by_set(tiny_run: Config, figures: dict[str, Any], tmp_path: Path) -> None:
    text = page(tiny_run, figures, tmp_path / "page.html")
    for head in schema.HEADS:
        measure = "ROC-AUC" if head.name == "toxicity" else "macro-F1"
        for kind in ("language", "set"):
            assert f"<title>{head.name}: {measure} by {kind} (rows)</title>" in text
        for lang, each in figures["heads"][head.name][figures["model"]]["by_language"].items():
            assert f">{lang} ({each['rows']:,})</text>" in text


def test_the_value_of_a_bar_stands_right_of_the_tick_of_a_better_baseline() -> None:
    drawn = charts.bars([("bg", 0.5, 0.9)], "title")
    tick, value = (float(x) for x in re.findall(r'class="(?:other|value)" x1?="([\d.]+)"', drawn)[::-1])
    assert value > tick


def test_what_the_precision_costs_is_a_table(tiny_run: Config, figures: dict[str, Any], tmp_path: Path) -> None:
    lost = {"heads": {"toxicity": 0.0123, "stance": -0.004}, "worst_languages": {"toxicity/bg": 0.02}}
    figures["precision_loss"] = {"backends": ["int8", "bf16"], "languages": 61, "refused": ["fp8"], **lost}
    text = page(tiny_run, figures, tmp_path / "page.html")
    for name, told in (("toxicity", "+0.0123"), ("stance", "-0.0040"), ("toxicity/bg", "+0.0200")):
        assert f'<th scope="row">{name}</th><td>{told}</td>' in text
    assert "refused: fp8" in text


def test_a_release_stands_beside_the_last_with_the_difference(tiny_run: Config, figures: dict[str, Any], tmp_path: Path) -> None:
    assert "replaced no other release" in page(tiny_run, figures, tmp_path / "page.html")
    figures["headline"]["stance"] |= {
        "ours": {"value": 0.61, "low": 0.5, "high": 0.7, "rows": 90},
        "last": {"value": 0.652, "low": 0.6, "high": 0.7, "rows": 80},
    }
    text = page(tiny_run, figures, tmp_path / "page.html")
    assert "replaced no other release" not in text
    assert "<td>0.652 <small>0.600 to 0.700</small></td><td>80</td><td>-0.042</td>" in text
