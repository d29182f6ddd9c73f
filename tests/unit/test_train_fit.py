"""Training on the tiny rows: it learns, goes on where it was ended, and keeps runs of other configurations apart."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from labels.errors import ConfigError, ModelError
from labels.scores import Context
from train import backbone, batches, encode, fit, prepare, release, run_folder
from train import model as models
from train.config import Config, Ngrams
from train.inference import Scorer


def short(config: Config, folder: Path, **changes: object) -> Config:
    """The same run, two passes of it, in another folder."""
    given = {"passes": 2, "evaluate_every": 5, "checkpoint_minutes": 0.0, **changes}
    return dataclasses.replace(config, run=str(folder), fit=dataclasses.replace(config.fit, **given))  # type: ignore[arg-type]


def steps(folder: Path) -> Iterator[tuple[int, float]]:
    return ((int(each["step"]), each["dev_loss"]) for each in run_folder.read_log(folder) if "dev_loss" in each)


def test_a_run_keeps_what_it_takes_to_repeat_and_to_use_it(tiny_run: Config) -> None:
    folder = Path(tiny_run.run)
    names = {"config.json", "tokenizer.json", "table.json", "model.safetensors", "best.json", "log.jsonl", "done.json"}
    assert names <= {p.name for p in folder.iterdir()}
    stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert stored == {"fingerprint": tiny_run.fingerprint(), "config": json.loads(json.dumps(tiny_run.to_json()))}


def test_it_learns_and_keeps_the_best(tiny_run: Config) -> None:
    losses = [loss for _, loss in steps(Path(tiny_run.run))]
    assert min(losses) < 0.8 * losses[0]
    best = json.loads((Path(tiny_run.run) / "best.json").read_text(encoding="utf-8"))
    assert best["dev_loss"] == min(losses)
    did = run_folder.done(Path(tiny_run.run))
    last = max(int(step) for step, _ in steps(Path(tiny_run.run)))
    assert did is not None
    assert (did["steps"], did["best_step"], did["ended"]) == (last, best["step"], "as planned")
    assert did["rows"] == tiny_run.fit.passes * tiny_run.mix.rows


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
    same_model_and_log(tmp_path / "whole", tmp_path / "ended")


def same_model_and_log(*folders: Path) -> None:
    one, other = (load_file(folder / "model.safetensors") for folder in folders)
    assert all(torch.equal(one[name], other[name]) for name in one)
    first, second = (list(steps(folder)) for folder in folders)
    assert first == second
    assert len(list(run_folder.read_log(folders[0]))) == len(list(run_folder.read_log(folders[1])))
    assert run_folder.done(folders[0]) == run_folder.done(folders[1]) is not None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_after_its_step_which_is_saved(number: signal.Signals, tiny_run: Config, tmp_path: Path) -> None:
    """No checkpoint is due for minutes; the log was written for one step more when the machine went down the second time."""
    whole, ended = (short(tiny_run, tmp_path / name, checkpoint_minutes=10.0) for name in ("whole", "ended"))
    fit.run(whole)
    with pytest.raises(KeyboardInterrupt):
        fit.run(ended, progress=lambda *_: os.kill(os.getpid(), number))
    assert run_folder.done(tmp_path / "ended") is None
    with (tmp_path / "ended" / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 10, "dev_loss": 9}\n{"step": 11, "dev_')
    begun: list[int] = []
    fit.run(ended, progress=lambda step, *_: begun.append(step))
    assert begun[0] == 10
    same_model_and_log(tmp_path / "whole", tmp_path / "ended")


def test_a_checkpoint_of_an_older_version_is_refused(tiny_run: Config, tmp_path: Path) -> None:
    config = short(tiny_run, tmp_path / "run")
    fit.run(config)
    path = tmp_path / "run" / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    del state["rows"]
    torch.save(state, path)
    with pytest.raises(ConfigError, match="begin anew with --restart"):
        fit.run(config)


def test_a_finished_run_is_not_trained_again_unless_asked(tiny_run: Config, tmp_path: Path) -> None:
    config = short(tiny_run, tmp_path / "run")
    fit.run(config)
    seen: list[int] = []
    fit.run(config, progress=lambda step, *_: seen.append(step))
    assert seen == []
    (tmp_path / "run" / "model.safetensors").write_bytes(b"of the run before")

    def end(step: int, *_: object) -> None:
        seen.append(step)
        raise EndedError

    with pytest.raises(EndedError):
        fit.run(config, resume=False, progress=end)
    assert seen == [5]
    assert [step for step, _ in steps(tmp_path / "run")] == [5]
    assert not {"done.json", "model.safetensors", "best.json", "ngrams.npz"} & {path.name for path in (tmp_path / "run").iterdir()}


def test_a_folder_belongs_to_one_configuration(tiny_run: Config) -> None:
    other = dataclasses.replace(tiny_run, seed=99)
    with pytest.raises(ConfigError, match="holds a run of another configuration"):
        fit.run(other)


def test_training_stops_when_the_dev_rows_no_longer_gain(tiny_run: Config, tmp_path: Path) -> None:
    config = short(tiny_run, tmp_path / "run", patience=1, learning_rate=0.0, words_rate=0.0, passes=6)
    fit.run(config)
    assert [step for step, _ in steps(tmp_path / "run")] == [5, 10]
    did = run_folder.done(tmp_path / "run")
    assert did is not None
    assert (did["steps"], did["best_step"], did["ended"]) == (10, 5, "early")


@pytest.mark.parametrize(("passes", "kept"), [(2, "last"), (6, "best")])
def test_the_last_model_is_kept_where_asked_and_the_training_came_to_its_end(
    tiny_run: Config, tmp_path: Path, passes: int, kept: str
) -> None:
    patience = 99 if kept == "last" else 2
    config = short(tiny_run, tmp_path / "run", patience=patience, learning_rate=0.0, words_rate=0.0, passes=passes, keep_last=True)
    fit.run(config)
    did = run_folder.done(tmp_path / "run")
    assert did is not None
    assert did["ended"] == ("as planned" if kept == "last" else "early")
    assert did["best_step"] == (did["steps"] if kept == "last" else 5)


def test_the_best_model_comes_back_as_it_was_saved(tiny_run: Config) -> None:
    model, encoder, config = run_folder.restore(Path(tiny_run.run))
    saved = load_file(Path(tiny_run.run) / "model.safetensors")
    assert all(torch.equal(value, saved[name]) for name, value in model.named_parameters())
    assert config == tiny_run
    assert encoder.max_tokens == 32


def test_a_folder_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no trained model; run: threadwise train CONFIG"):
        run_folder.restore(tmp_path)


def test_the_context_and_the_padding_reach_the_model_as_what_they_are(tiny_run: Config) -> None:
    """Padding changes nothing; the same words as comment, target or parent are three different things."""
    _, encoder, _ = run_folder.restore(Path(tiny_run.run))
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
    frozen = len(run_folder.restore(Path(tiny_run.run))[0].encoder.encoder.layer) - 1
    config = dataclasses.replace(
        short(tiny_run, tmp_path / "run", words_rate=0.0, frozen_layers=frozen), backbone=start, ngrams=Ngrams(passes=0)
    )
    ready = prepare.prepare(config, tmp_path)
    released = Scorer.load(Path(tiny_run.release))
    windows = ready.dev_windows[:8]
    arrays = batches.padded(windows, ready.encoder.specials.pad)
    with torch.no_grad():
        logits, *_ = ready.model.eval()(*(torch.from_numpy(part) for part in (arrays.ids, arrays.segments, arrays.mask)))
    assert np.abs(logits.numpy() - np.array([one.logits for one in released.seen(windows)])).max() < 0.1
    trained = load_file(fit.run(config) / "model.safetensors")
    assert (tmp_path / "run" / release.NGRAMS).read_bytes() == (Path(tiny_run.release) / release.NGRAMS).read_bytes()
    for name, value in ready.model.named_parameters():
        still = "embeddings" in name or any(f".layer.{layer}." in name for layer in range(frozen))
        assert torch.equal(trained[name], value) is still, name


def test_a_run_cannot_continue_what_is_no_release(tiny_run: Config, tmp_path: Path) -> None:
    config = dataclasses.replace(tiny_run, backbone=dataclasses.replace(tiny_run.backbone, start=str(tmp_path / "none")))
    with pytest.raises(ModelError, match="none"):
        prepare.prepare(config, tmp_path)


def test_a_student_takes_layers_of_its_teacher_and_learns_its_answers(tiny_run: Config, tmp_path: Path) -> None:
    """From the lowest of its two layers, towards what it answers, also where nobody labelled a row."""
    config = dataclasses.replace(
        short(tiny_run, tmp_path / "run", teacher=tiny_run.release, teacher_weight=5.0, passes=3, words_rate=0.0),
        backbone=dataclasses.replace(tiny_run.backbone, start=tiny_run.release, layers=1),
        ngrams=Ngrams(passes=0),
    )
    ready = prepare.prepare(config, tmp_path)
    teacher = dict(run_folder.restore(Path(tiny_run.run))[0].named_parameters())
    for name, value in ready.model.named_parameters():
        assert (value - teacher[name]).abs().max() < 0.02, name  # its weights are int8
    wanted = np.array([one.logits for one in Scorer.load(Path(tiny_run.release)).seen(ready.dev_windows)])

    def distance(model: models.Model) -> float:
        arrays = batches.padded(ready.dev_windows, ready.encoder.specials.pad)
        with torch.no_grad():
            logits, *_ = model.eval()(*(torch.from_numpy(part) for part in (arrays.ids, arrays.segments, arrays.mask)))
        return float(np.abs(logits.numpy() - wanted).mean())

    alone = dataclasses.replace(config, run=str(tmp_path / "alone"), fit=dataclasses.replace(config.fit, teacher=""))
    taught, untaught = (distance(run_folder.restore(fit.run(each))[0]) for each in (config, alone))
    assert taught < distance(ready.model)
    assert taught < untaught


def test_a_teacher_has_the_pieces_of_its_student(tiny_run: Config, tmp_path: Path) -> None:
    config = short(tiny_run, tmp_path / "run", teacher=tiny_run.release)
    with pytest.raises(ConfigError, match="has other pieces"):
        prepare.prepare(dataclasses.replace(config, backbone=dataclasses.replace(config.backbone, vocabulary=100)), tmp_path)


def test_a_student_is_not_deeper_than_what_it_starts_from(tiny_run: Config, tmp_path: Path) -> None:
    student = dataclasses.replace(tiny_run.backbone, start=tiny_run.release, layers=1)
    shallow = dataclasses.replace(short(tiny_run, tmp_path / "run"), backbone=student, ngrams=Ngrams(passes=0))
    with pytest.raises(ConfigError, match="2 layers"):
        prepare.take_weights(prepare.prepare(shallow, tmp_path).model, Path(tiny_run.release) / release.MODEL, 3)
