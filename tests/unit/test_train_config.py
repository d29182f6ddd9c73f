"""The typed configuration: what a file may say, what it inherits, and errors that name the place."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from labels.errors import ConfigError
from tests.conftest import ROOT
from train import config, config_file
from train.config import Config


def load(folder: Path, text: str, overrides: dict[str, str] | None = None) -> Config:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return config_file.load(path, overrides)


@pytest.mark.parametrize("name", ["release", "tiny"])
def test_the_files_that_come_with_the_project_are_read(name: str) -> None:
    found = config_file.load(ROOT / "configs" / f"{name}.toml")
    assert sum(found.mix.shares.values()) == pytest.approx(1)
    assert set(found.mix.shares) == set(found.fit.head_weights)


def test_a_file_inherits_from_its_base_and_overrides_it(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('name = "base"\nseed = 5\n[fit]\nthreads = 3\npasses = 4\n', encoding="utf-8")
    found = load(tmp_path, 'base = "base.toml"\nname = "mine"\n[fit]\nthreads = 1\n')
    assert (found.name, found.seed, found.fit.threads, found.fit.passes) == ("mine", 5, 1, 4)


def test_what_a_file_does_not_say_has_its_default(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Config()


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("fit.threads", "7", 7),
        ("fit.learning_rate", "1", 1.0),
        ("name", "plain words", "plain words"),
        ("name", '"quoted"', "quoted"),
        ("data.sets", '["a", "b"]', ("a", "b")),
        ("mix.shares", "{toxicity = 1.0}", {"toxicity": 1.0}),
    ],
)
def test_a_value_can_be_overridden_by_its_dotted_name(name: str, text: str, read: object, tmp_path: Path) -> None:
    found: object = load(tmp_path, "[fit]\nthreads = 2\n", {name: text})
    for part in name.split("."):
        found = getattr(found, part)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nme = 1", 'unknown key "nme"; did you mean "name"?'),
        ("[fit]\nthread = 1", 'fit: unknown key "thread"; did you mean "threads"?'),
        ("[fit]\nthreads = 1.5", "fit: threads: expected int, got 1.5"),
        ("[fit]\nthreads = true", "fit: threads: expected int, got True"),
        ('[fit]\nlearning_rate = "high"', "fit: learning_rate: expected float, got 'high'"),
        ("fit = 5", "fit: expected a table, got int"),
        ('[data]\nsets = "all"', "data: sets: expected a list"),
        ("[mix]\nshares = 1", "mix: shares: expected a table"),
        ("[[data.extra]]\nname = 'x'", "data: extra: Extra.__init__() missing"),
        ("= broken", "run.toml: "),
        ('base = "none.toml"', "none.toml: No such file or directory"),
        ("base = 3", "run.toml: base: expected str, got 3"),
        ('base = "run.toml"', "which leads back to it"),
        ('base = "circle.toml"', "which leads back to it"),
        ('before = "run.toml"', "which leads back to it"),
        ('before = "after.toml"', "which leads back to it"),
        ("[mix.shares]\ntoxicty = 0.5", 'mix: shares: unknown key "toxicty"; did you mean "toxicity"?'),
        ("[fit.head_weights]\nstanse = 2", 'fit: head_weights: unknown key "stanse"; did you mean "stance"?'),
        (
            "[[data.extra]]\nname = 'x'\npath = 'x.csv'\ncolumns = {toxcity = 'is_toxic'}",
            'data: extra: columns: unknown key "toxcity"; did you mean "toxicity"?',
        ),
        ("[mix]\nrows = -5", "mix: rows: -5 is not 1 or more"),
        ("[mix.shares]\ntoxicity = -1", "mix: shares: -1.0 is not 0 or more"),
        ("[fit]\npasses = 0", "fit: passes: 0 is not 1 or more"),
        ("[fit]\ncooldown = 1.5", "fit: cooldown: 1.5 is not 0 to 1"),
        ("[fit]\nlearning_rate = nan", "fit: learning_rate: nan is not 0 or more"),
    ],
)
def test_an_error_names_the_place(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "circle.toml").write_text('base = "run.toml"', encoding="utf-8")
    (tmp_path / "after.toml").write_text('before = "run.toml"', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"), [("name.x", "name.x: name is no table"), ("fit.threads.x", "fit.threads.x: threads is no table")]
)
def test_an_override_of_what_is_no_table_is_named(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        load(tmp_path, 'name = "x"\n[fit]\nthreads = 1\n', {name: "1"})


def test_a_folder_without_a_run_has_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration of a run"):
        config_file.of_run(tmp_path)


def test_a_configuration_comes_back_the_same_from_its_plain_form() -> None:
    given = dataclasses.replace(Config(), data=config.Data(sets=("a",), extra=(config.Extra("x", "x.csv", {"text": "body"}),)))
    assert config_file.from_json(given.to_json()) == given


def test_the_fingerprint_tells_models_apart_and_not_machines() -> None:
    plain = Config()
    same = dataclasses.replace(plain, run="elsewhere", release="other", fit=dataclasses.replace(plain.fit, threads=9, checkpoint_minutes=1))
    other = dataclasses.replace(plain, seed=2)
    assert plain.fingerprint() == same.fingerprint() != other.fingerprint()
    assert dataclasses.replace(plain, encode=config.Encode(max_tokens=64)).fingerprint() != plain.fingerprint()


def test_the_fingerprint_of_a_run_that_keeps_its_best_model_is_that_from_before_there_was_a_choice() -> None:
    plain = config.Config()
    assert "keep_last" in plain.to_json()["fit"]
    assert plain.fingerprint() == plain.fingerprint(but=("keep_last",))
    assert dataclasses.replace(plain, fit=config.Fit(keep_last=True)).fingerprint() != plain.fingerprint()


def test_the_fingerprint_of_a_set_without_subset_is_that_from_before_there_were_any() -> None:
    one, other = (Config(data=config.Data(extra=(config.Extra("x", "hub:x", subset=subset),))) for subset in ("", "bg"))
    assert one.fingerprint() == "857794907d4a"
    assert other.fingerprint() != one.fingerprint()


def test_the_configuration_before_lies_beside_the_file(tmp_path: Path) -> None:
    """Its release is what is continued, unless the file or a flag names another one."""
    (tmp_path / "first.toml").write_text('release = "first/release"\n', encoding="utf-8")
    (tmp_path / "second.toml").write_text('before = "first.toml"\n', encoding="utf-8")
    found = config_file.load(tmp_path / "second.toml")
    assert found.before == str(tmp_path / "first.toml")
    assert found.backbone.start == "first/release"
    assert config_file.load(tmp_path / "second.toml", {"backbone.start": "other"}).backbone.start == "other"
