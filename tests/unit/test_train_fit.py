"""Training on the tiny rows: it learns, goes on where it was ended, and keeps runs of other configurations apart."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from labels.errors import ConfigError, ModelError
from labels.scores import Context
from train import backbone, batches, encode, fit, release
from train import model as models
from train.config import Config, Ngrams
from train.inference import Scorer


def short(config: Config, folder: Path, **changes: object) -> Config:
    """The same run, two passes of it, in another folder."""
    given = {"passes": 2, "evaluate_every": 5, "checkpoint_minutes": 0.0, **changes}
    return dataclasses.replace(config, run=str(folder), fit=dataclasses.replace(config.fit, **given))  # type: ignore[arg-type]


def steps(folder: Path) -> Iterator[tuple[int, float]]:
    return ((int(each["step"]), each["dev_loss"]) for each in fit.read_log(folder) if "dev_loss" in each)


def test_a_run_keeps_what_it_takes_to_repeat_and_to_use_it(tiny_run: Config) -> None:
    folder = Path(tiny_run.run)
    assert {"config.json", "tokenizer.json", "table.json", "model.safetensors", "best.json", "log.jsonl"} <= {
        p.name for p in folder.iterdir()
    }
    stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert stored == {"fingerprint": tiny_run.fingerprint(), "config": json.loads(json.dumps(tiny_run.to_json()))}


def test_it_learns_and_keeps_the_best(tiny_run: Config) -> None:
    losses = [loss for _, loss in steps(Path(tiny_run.run))]
    assert min(losses) < 0.8 * losses[0]
    best = json.loads((Path(tiny_run.run) / "best.json").read_text(encoding="utf-8"))
    assert best["dev_loss"] == min(losses)


def test_the_same_configuration_gives_the_same_weights(tiny_run: Config, tmp_path: Path) -> None:
    one, other = (load_file(fit.run(short(tiny_run, tmp_path / name)) / "model.safetensors") for name in "ab")
    assert all(torch.equal(one[name], other[name]) for name in one)


class EndedError(Exception):
    """Stands for a machine that goes down."""


def test_an_ended_run_goes_on_and_does_what_it_would_have_done(tiny_run: Config, tmp_path: Path) -> None:
    whole = short(tiny_run, tmp_path / "whole")
    fit.run(whole)
    ended = short(tiny_run, tmp_path / "ended")

    def end(step: int, _: int, __: object) -> None:
        if step >= 10:
            raise EndedError

    with pytest.raises(EndedError):
        fit.run(ended, progress=end)
    assert not (tmp_path / "ended" / "checkpoint.tmp").exists()
    begun: list[int] = []
    fit.run(ended, progress=lambda step, *_: begun.append(step))
    assert begun[0] > 5
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "ended"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_finished_run_is_not_trained_again_unless_asked(tiny_run: Config, tmp_path: Path) -> None:
    config = short(tiny_run, tmp_path / "run")
    fit.run(config)
    seen: list[int] = []
    fit.run(config, progress=lambda step, *_: seen.append(step))
    assert seen == []
    fit.run(config, resume=False, progress=lambda step, *_: seen.append(step))
    assert seen[0] == 5


def test_a_folder_belongs_to_one_configuration(tiny_run: Config) -> None:
    other = dataclasses.replace(tiny_run, seed=99)
    with pytest.raises(ConfigError, match="holds a run of another configuration"):
        fit.run(other)


def test_training_stops_when_the_dev_rows_no_longer_gain(tiny_run: Config, tmp_path: Path) -> None:
    config = short(tiny_run, tmp_path / "run", patience=1, learning_rate=0.0, words_rate=0.0, passes=6)
    fit.run(config)
    assert [step for step, _ in steps(tmp_path / "run")] == [5, 10]


def test_the_best_model_comes_back_as_it_was_saved(tiny_run: Config) -> None:
    model, encoder, config = fit.restore(Path(tiny_run.run))
    saved = load_file(Path(tiny_run.run) / "model.safetensors")
    assert all(torch.equal(value, saved[name]) for name, value in model.named_parameters())
    assert config == tiny_run
    assert encoder.max_tokens == 32


def test_a_folder_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no trained model; run: threadwise train CONFIG"):
        fit.restore(tmp_path)


def test_the_context_and_the_padding_reach_the_model_as_what_they_are(tiny_run: Config) -> None:
    """Padding changes nothing; the same words as comment, target or parent are three different things."""
    _, encoder, _ = fit.restore(Path(tiny_run.run))
    torch.manual_seed(0)
    fresh = models.build(backbone.load(tiny_run.backbone.source).encoder, None, 2).eval()
    with torch.no_grad():
        fresh.encoder.embeddings.token_type_embeddings.weight.normal_()
    (window,) = encoder.encode(["the mayor is lovely"], [Context(target="this bus")])[0].windows
    width = len(window)

    def logits(segments: tuple[int, ...], padding: int) -> np.ndarray:
        ids = torch.tensor([[*window.ids, *[1] * padding]])
        mask = torch.tensor([[1] * width + [0] * padding])
        with torch.no_grad():
            found: np.ndarray = fresh(ids, torch.tensor([[*segments, *[0] * padding]]), mask)[0].numpy()
        return found

    assert logits(window.segments, 0) == pytest.approx(logits(window.segments, 9), abs=1e-5)
    as_comment = (0,) * width
    as_parent = tuple(encode.SEGMENTS.index("parent") if each else 0 for each in window.segments)
    for other in (as_comment, as_parent):
        assert np.abs(logits(window.segments, 0) - logits(other, 0)).max() > 1e-3


def test_a_model_has_at_least_one_layer_and_no_more_than_its_encoder(tiny_run: Config) -> None:
    base = backbone.load(tiny_run.backbone.source)
    with pytest.raises(ValueError, match=r"layers must be 1\.\.2, got 3"):
        models.build(base.encoder, None, 3)


def test_a_run_can_continue_a_release(tiny_run: Config, tmp_path: Path) -> None:
    """From its pieces, encoder and heads, its n-grams as they are; what is frozen stays as the release has it."""
    start = dataclasses.replace(tiny_run.backbone, start=tiny_run.release)
    frozen = len(fit.restore(Path(tiny_run.run))[0].encoder.encoder.layer) - 1
    config = dataclasses.replace(
        short(tiny_run, tmp_path / "run", words_rate=0.0, frozen_layers=frozen), backbone=start, ngrams=Ngrams(passes=0)
    )
    ready = fit.prepare(config, tmp_path)
    released = Scorer.load(Path(tiny_run.release))
    windows = ready.dev_windows[:8]
    arrays = batches.padded(windows, ready.encoder.specials.pad)
    with torch.no_grad():
        logits, _ = ready.model.eval()(*(torch.from_numpy(part) for part in (arrays.ids, arrays.segments, arrays.mask)))
    assert np.abs(logits.numpy() - released.logits(windows)[0]).max() < 0.1
    trained = load_file(fit.run(config) / "model.safetensors")
    assert (tmp_path / "run" / release.NGRAMS).read_bytes() == (Path(tiny_run.release) / release.NGRAMS).read_bytes()
    for name, value in ready.model.named_parameters():
        still = "embeddings" in name or any(f".layer.{layer}." in name for layer in range(frozen))
        assert torch.equal(trained[name], value) is still, name


def test_a_run_cannot_continue_what_is_no_release(tiny_run: Config, tmp_path: Path) -> None:
    config = dataclasses.replace(tiny_run, backbone=dataclasses.replace(tiny_run.backbone, start=str(tmp_path / "none")))
    with pytest.raises(ModelError, match="none"):
        fit.prepare(config, tmp_path)


def test_a_student_takes_layers_of_its_teacher_and_learns_its_answers(tiny_run: Config, tmp_path: Path) -> None:
    """From the lowest of its two layers, towards what it answers, also where nobody labelled a row."""
    config = dataclasses.replace(
        short(tiny_run, tmp_path / "run", teacher=tiny_run.release, teacher_weight=5.0, passes=3, words_rate=0.0),
        backbone=dataclasses.replace(tiny_run.backbone, start=tiny_run.release, layers=1),
        ngrams=Ngrams(passes=0),
    )
    ready = fit.prepare(config, tmp_path)
    teacher = dict(fit.restore(Path(tiny_run.run))[0].named_parameters())
    for name, value in ready.model.named_parameters():
        assert (value - teacher[name]).abs().max() < 0.02, name  # its weights are int8
    wanted = Scorer.load(Path(tiny_run.release)).logits(ready.dev_windows)[0]

    def distance(model: models.Model) -> float:
        arrays = batches.padded(ready.dev_windows, ready.encoder.specials.pad)
        with torch.no_grad():
            logits, _ = model.eval()(*(torch.from_numpy(part) for part in (arrays.ids, arrays.segments, arrays.mask)))
        return float(np.abs(logits.numpy() - wanted).mean())

    alone = dataclasses.replace(config, run=str(tmp_path / "alone"), fit=dataclasses.replace(config.fit, teacher=""))
    taught, untaught = (distance(fit.restore(fit.run(each))[0]) for each in (config, alone))
    assert taught < distance(ready.model)
    assert taught < untaught


def test_a_teacher_has_the_pieces_of_its_student(tiny_run: Config, tmp_path: Path) -> None:
    config = short(tiny_run, tmp_path / "run", teacher=tiny_run.release)
    with pytest.raises(ConfigError, match="has other pieces"):
        fit.prepare(dataclasses.replace(config, backbone=dataclasses.replace(config.backbone, vocabulary=100)), tmp_path)


def test_a_student_is_not_deeper_than_what_it_starts_from(tiny_run: Config, tmp_path: Path) -> None:
    student = dataclasses.replace(tiny_run.backbone, start=tiny_run.release, layers=1)
    shallow = dataclasses.replace(short(tiny_run, tmp_path / "run"), backbone=student, ngrams=Ngrams(passes=0))
    with pytest.raises(ConfigError, match="2 layers"):
        fit._take(fit.prepare(shallow, tmp_path).model, Path(tiny_run.release) / release.MODEL, 3)
