"""An evaluation beside runs with other seeds."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from train import evaluate
from train.config import Config


@pytest.fixture
def copied(tiny_run: Config, tmp_path: Path) -> Config:
    folder = shutil.copytree(tiny_run.release, tmp_path / "release")
    return replace(tiny_run, release=str(folder), run=str(tmp_path / "run"))


def test_seeds_are_told_with_mean_and_range(copied: Config, tmp_path: Path) -> None:
    found = evaluate.run(copied, with_baseline=False, others=[tmp_path])
    seeds = found["seeds"]
    assert len(seeds["models"]) == 2
    for head, figure in found["headline"].items():
        assert seeds[head]["values"] == [round(figure["ours"]["value"], 4)] * 2  # the same release twice
        assert seeds[head]["low"] <= seeds[head]["mean"] <= seeds[head]["high"]
    assert json.loads((Path(copied.release) / "metrics.json").read_text(encoding="utf-8"))["seeds"] == seeds
    assert "differ in their seed alone" in (Path(copied.release) / "CARD.md").read_text(encoding="utf-8")
    assert "2 seeds" in (Path(copied.run) / "evaluation.html").read_text(encoding="utf-8")
    assert "2 seeds, mean and range" in evaluate.summary(found)


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
