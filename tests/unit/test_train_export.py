"""What an export makes anew while the weights stay, and which back ends may run what it made."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from labels.errors import ModelError
from train import backends, export, release
from train.config import Config, Export
from train.inference import Scorer
from train.words import Words


@pytest.fixture
def copied(tiny_run: Config, tmp_path: Path) -> Config:
    folder = shutil.copytree(tiny_run.release, tmp_path / "release")
    return replace(tiny_run, release=str(folder), run=str(tmp_path / "run"))


def test_a_renewed_release_is_the_same_where_its_rows_are(copied: Config, tiny_release: Path) -> None:
    assert release.read(export.renewed(copied)).model == release.read(tiny_release).model


def test_it_gets_its_words_back(copied: Config, tiny_release: Path) -> None:
    path = Path(copied.release) / release.WORDS
    before = path.read_bytes()
    Words([], {}).write(path)
    manifest = release.read(tiny_release)
    files = manifest.files | {release.WORDS: release.sha256(path)}  # type: ignore[operator]
    export._write(path.parent / release.MANIFEST, replace(manifest, files=files).to_json())
    export.renewed(copied)
    assert path.read_bytes() == before


def test_another_configuration_is_refused(copied: Config) -> None:
    with pytest.raises(ModelError, match="made by configuration"):
        export.renewed(replace(copied, seed=copied.seed + 1))


GOOD, BAD = export.Loss({"toxicity": 0.001}, {"stance/zh": 0.009}), export.Loss({"toxicity": 0.0}, {"stance/zh": 0.011})


def test_a_back_end_that_loses_too_much_is_refused(tiny_run: Config, tmp_path: Path) -> None:
    assert export.gated({"int8": GOOD, "bf16": BAD}, replace(tiny_run, export=Export()), tmp_path) == {
        "backends": ["int8"],
        "heads": {"toxicity": 0.001},
        "languages": 1,
        "worst_languages": {"stance/zh": 0.009},
        "refused": ["bf16"],
    }


def test_no_release_is_made_where_each_loses_too_much(tiny_run: Config, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="more than the gate allows"):
        export.gated({"int8": BAD, "bf16": BAD}, replace(tiny_run, export=Export()), tmp_path)


def test_a_refused_back_end_runs_nothing(copied: Config) -> None:
    folder = Path(copied.release)
    manifest = release.read(folder)
    names = [backend.name for backend in backends.available() if backend.name != "fp32"]
    export._write(folder / release.MANIFEST, replace(manifest, loss={**manifest.loss, "refused": names}).to_json())
    assert Scorer.load(folder).backend.endswith("fp32 products")
    for name in names:
        with pytest.raises(ModelError, match=f'no back end "{name}" for this release'):
            Scorer.load(folder, backend=name)
