"""The card says of a release what its manifest holds."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests import tiny
from train import card, release
from train.config import Config


@pytest.mark.parametrize(("lost", "said"), [(0.2, True), (0.01, False)], ids=["beyond-the-gate", "within"])
def test_a_release_that_lost_too_much_says_so(tmp_path: Path, lost: float, said: bool) -> None:
    config = tiny.made(tmp_path)  # its gate allows a head .1
    manifest = replace(release.read(Path(config.release)), loss={"heads": {"stance": lost}, "worst_languages": {}})
    card.write(Path(config.release), config, manifest)
    text = (Path(config.release) / "CARD.md").read_text(encoding="utf-8")
    assert ("not passed: the gate of the export allows 0.1 for stance" in text) is said


def test_it_tells_the_thresholds_of_every_output(tiny_release: Path) -> None:
    text = (tiny_release / "CARD.md").read_text(encoding="utf-8")
    for output, table in release.read(tiny_release).thresholds.items():
        told = ["" if value is None else f"{value:.3f}" for value in table["*"].values()]
        assert f"| {output} | {' | '.join(told)} | {len(table) - 1} |" in text
    assert "| stance.against |" in text


@pytest.mark.parametrize(
    ("ran", "said"),
    [
        ({}, "8 passes of 300, each drawn anew (temperature 0.5, at most 3 times each in a pass)\n"),
        ({"ended": "as planned"}, "in a pass): 2,400 in 88 steps, the weights of step 70 are released\n"),
        ({"ended": "early"}, "2,400 in 88 steps, the weights of step 70 are released; dev rows gained no more, so it ended before the"),
        ({"ended": "unfinished"}, "**training did not end: these are the weights of step 70**; planned were 8 passes of 300"),
    ],
)
def test_it_tells_what_ran(ran: dict[str, str], said: str, tiny_run: Config, tmp_path: Path) -> None:
    manifest = release.read(Path(tiny_run.release))
    given = {"steps": 88, "rows": 2400, "best_step": 70} | ran if ran else {}
    card.write(tmp_path, tiny_run, replace(manifest, ran=given))
    assert said in (tmp_path / "CARD.md").read_text(encoding="utf-8")


def test_figures_are_said_to_be_of_the_first_window(tiny_release: Path) -> None:
    text = (tiny_release / "CARD.md").read_text(encoding="utf-8")
    assert "These figures are of a row's first window (32 tokens, its context among them)" in text


def test_an_attack_tells_the_mean_share_of_rows_that_it_touches(tiny_run: Config, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_run.release, tmp_path / "release"))
    figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    shares = {"en": 0.5, "fr": 1.0}
    places = {lang: {"rows": 80, "touched": share, "before": 0.9, "after": 0.8, "loss": 0.1} for lang, share in shares.items()}
    figures["attacks"] = {"leet": {"meaning": "digits", "languages": places}}
    (folder / "metrics.json").write_text(json.dumps(figures), encoding="utf-8")
    card.write(folder, tiny_run, release.read(folder))
    text = (folder / "CARD.md").read_text(encoding="utf-8")
    assert "| attack | meaning | languages | mean share touched | mean loss |" in text
    assert "| leet | digits | 2 | 0.750 | 0.100 | 2: en 0.100, fr 0.100 |" in text
