"""What an export makes anew while the weights stay."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from labels.errors import ModelError
from train import export, release
from train.config import Config
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
