"""A release on disk: its manifest, its hashes, its name, and a clear word where something is wrong with it."""

from __future__ import annotations

import json
import lzma
import shutil
from pathlib import Path
from typing import Any

import pytest

from labels.errors import ModelError
from train import release
from train.inference import Scorer


@pytest.fixture
def copy(tiny_release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_release, tmp_path / "release"))


def change(folder: Path, **members: Any) -> None:
    path = folder / release.MANIFEST
    value = json.loads(path.read_text(encoding="utf-8")) | members
    path.write_text(json.dumps({name: each for name, each in value.items() if each is not ...}), encoding="utf-8")


def test_a_release_holds_all_that_it_should(tiny_release: Path) -> None:
    assert {path.name for path in tiny_release.iterdir()} == {
        *release.NAMED,
        release.MANIFEST,
        "CARD.md",
        "LICENSE",
        "NOTICE",
        "metrics.json",
    }


def test_its_name_holds_the_hash_of_what_decides_a_score(copy: Path) -> None:
    before = release.read(copy).model
    assert before.startswith("tiny@")
    assert len(before) == len("tiny@") + 12
    change(copy, notice="other words", created="2000-01-01")
    assert release.read(copy).model == before
    (copy / release.CALIBRATION).write_text("{}", encoding="utf-8")
    change(
        copy,
        files={
            **json.loads((copy / release.MANIFEST).read_text(encoding="utf-8"))["files"],
            release.CALIBRATION: release.sha256(copy / release.CALIBRATION),
        },
    )
    assert release.read(copy).model != before


def test_a_manifest_comes_back_the_same(tiny_release: Path, tmp_path: Path) -> None:
    manifest = release.read(tiny_release)
    written = json.loads(json.dumps(manifest.to_json()))
    assert written == json.loads((tiny_release / release.MANIFEST).read_text(encoding="utf-8"))
    assert written["model"] == manifest.model


@pytest.mark.parametrize("name", release.HASHED)
def test_a_damaged_or_missing_file_is_named(name: str, copy: Path) -> None:
    with (copy / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelError, match=f"{name} is damaged: its SHA-256 is not the manifest's"):
        release.read(copy)
    (copy / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        release.read(copy)


@pytest.mark.parametrize(
    ("name", "held", "said"),
    [
        pytest.param(release.WORDS, b"no archive", "no list of known words", id="words-no-archive"),
        pytest.param(release.WORDS, lzma.compress(b"[}"), "no list of known words", id="words-no-json"),
        pytest.param(release.HEADS, b"no archive", "no heads of languages", id="heads"),
        pytest.param(release.CALIBRATION, b"{", "no calibration", id="calibration-no-json"),
        pytest.param(
            release.CALIBRATION, b'{"stance": {"*": {"scale": [1, 1, 1], "shift": [0, 0, 0]}}}', "export it again", id="calibration-old"
        ),
    ],
)
def test_a_file_of_another_kind_is_named(name: str, held: bytes, said: str, copy: Path) -> None:
    """Its hash is right: what made the release was of another kind."""
    (copy / name).write_bytes(held)
    files = json.loads((copy / release.MANIFEST).read_text(encoding="utf-8"))["files"]
    change(copy, files=files | {name: release.sha256(copy / name)})
    with pytest.raises(ModelError, match=said):
        Scorer.load(copy)


@pytest.mark.parametrize(
    ("notice", "use"), [(release.NOTICES["all"], "research"), (release.NOTICES["permissive"], "any"), ("", "research")]
)
def test_a_release_from_before_its_sets_were_listed_says_their_use_in_its_notice(notice: str, use: str, copy: Path) -> None:
    assert set(release.read(copy).behind()) == {"invented"}
    change(copy, sets=..., ran=..., notice=notice)
    manifest = release.read(copy)
    assert (manifest.ran, {name: about["use"] for name, about in manifest.behind().items()}) == ({}, {manifest.model: use})


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"schema": 2}, "made for label schema 2, this program has 1"),
        ({"schema": ...}, "made for label schema None"),
        ({"weak": ...}, "'weak'"),
        ({"files": {}}, "'model.xml'"),
        ({"files": None}, "of another kind"),
        ({"surplus": 1}, "surplus"),
        ({"max_tokens": ...}, "max_tokens"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(members: dict[str, Any], said: str, copy: Path) -> None:
    change(copy, **members)
    with pytest.raises(ModelError, match=said):
        release.read(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3"])
def test_a_manifest_that_is_no_object_is_refused(text: str, copy: Path) -> None:
    (copy / release.MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(ModelError):
        release.read(copy)


def test_a_folder_without_a_manifest_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json"):
        release.read(tmp_path)


def test_only_the_releases_that_come_with_the_package_have_a_name() -> None:
    with pytest.raises(ModelError, match='"other" is neither a folder nor a release that comes with Threadwise: main, open'):
        release.packaged("other")


def test_confidence_is_low_without_rows_of_the_language_and_for_weak_outputs(tiny_release: Path) -> None:
    manifest = release.read(tiny_release)
    assert set(manifest.languages) == {"bg", "en", "vi"}
    assert set(manifest.low_confidence("xx")) == set(manifest.low_confidence(None)) == set(release.NAMES)
    assert set(manifest.low_confidence("bg")) == set(manifest.weak)
    assert "toxicity.threat" in manifest.weak  # the invented rows hold none
    assert "toxicity.toxicity" not in manifest.weak
