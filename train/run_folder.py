"""A run's folder: what lies in it, whose it is, and how it stays whole when a run is ended.

    config.json                   the resolved configuration: a folder belongs to one
    tokenizer.json, table.json    the pieces, and what the backbone replaces before it cuts them
    model.safetensors, best.json  the best model so far in fp32; its step and its losses on the dev rows
    log.jsonl                     the figures of the run, a line from time to time
    checkpoint.pt                 what an ended run goes on from
    ngrams.npz                    the linear model beside the encoder (`train.fit_ngrams`)
    done.json                     what a run did that came to its end

What is written here is written whole or not at all; only the log grows, and what it has beyond the checkpoint is cut off. Export and
evaluation put files of their own beside these.
"""

from __future__ import annotations

import contextlib
import json
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from labels.errors import ConfigError
from train import backbone, config_file, model, release, tokens
from train.config import Config
from train.encode import Encoder
from train.normalise import Normaliser

CHECKPOINT = "checkpoint.pt"
_MODEL, _BEST, _LOG, _DONE = "model.safetensors", "best.json", "log.jsonl", "done.json"
_MADE = (_MODEL, _BEST, _LOG, _DONE, CHECKPOINT, release.NGRAMS)
"""What a run that begins anew takes away."""


def claim(folder: Path, config: Config, *, resume: bool) -> None:
    """Store the resolved configuration in the folder, made where it is missing, and take away what the run will write anew.

    Raises ConfigError where the folder holds a run of another configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.json"
    stored = config_file.of_run(folder) if path.exists() else config
    if stored.fingerprint(but=("passes",)) != config.fingerprint(but=("passes",)):
        raise ConfigError(f"{folder} holds a run of another configuration; choose another folder (run = ...) or delete it")
    for name in (_DONE,) if resume else _MADE:
        (folder / name).unlink(missing_ok=True)
    _write(path, json.dumps({"fingerprint": config.fingerprint(), "config": config.to_json()}, indent=1))


def finish(folder: Path, did: Mapping[str, Any]) -> None:
    """Say what the run did, now that it came to its end."""
    _write(folder / _DONE, json.dumps(did))


def done(folder: Path) -> dict[str, Any] | None:
    """What a run did that came to its end (`release.Manifest.ran`); None: it did not, or is from before this was written down."""
    path = folder / _DONE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def unfinished(folder: Path) -> dict[str, Any]:
    """The same of a run that did not: its best model alone is known."""
    return {"best_step": best_step(folder), "ended": "unfinished"}


def best_step(folder: Path) -> int:
    """The step after which the model was best."""
    step: int = json.loads((folder / _BEST).read_text(encoding="utf-8"))["step"]
    return step


def save_pieces(folder: Path, tokenizer: Tokenizer, base: backbone.Backbone) -> None:
    """What `restore` makes the encoder's input with."""
    _write(folder / "tokenizer.json", tokenizer.to_str())
    _write(folder / "table.json", json.dumps({"backbone": base.name, "specials": asdict(base.specials), "code_points": base.table}))


def save(folder: Path, trained: model.Model, masters: Mapping[str, Tensor], figures: Mapping[str, float]) -> None:
    """The best model so far: all weights in fp32 (the masters where there are any), then its step and losses."""
    weights = {name: masters.get(name, value).detach().float().contiguous() for name, value in trained.named_parameters()}
    partial = (folder / _MODEL).with_suffix(".tmp")
    save_file(weights, partial)
    partial.replace(folder / _MODEL)
    _write(folder / _BEST, json.dumps(figures))


def restore(folder: Path) -> tuple[model.Model, Encoder, Config]:
    """The best model of a run in fp32, with its encoder and configuration. Raises ConfigError where the folder holds none."""
    if not (folder / _MODEL).is_file():
        raise ConfigError(f"{folder} holds no trained model; run: threadwise train CONFIG")
    config = config_file.of_run(folder)
    stored = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    weights = load_file(folder / _MODEL)
    base = backbone.load(config.backbone.source)
    kept = torch.arange(len(weights["encoder.embeddings.word_embeddings.weight"]))
    built = model.build(base.encoder, kept, config.backbone.layers)
    built.load_state_dict(weights, strict=False)
    normaliser = Normaliser({int(code): value for code, value in stored["code_points"].items()})
    encoder = Encoder(
        Tokenizer.from_file(str(folder / "tokenizer.json")),
        normaliser,
        tokens.Specials(**stored["specials"]),
        config.encode.max_tokens,
        config.encode.min_context_tokens,
    )
    return built.eval(), encoder, config


def save_checkpoint(folder: Path, state: Mapping[str, Any]) -> None:
    """What `checkpoint` gives back, written whole or not at all."""
    partial = folder / "checkpoint.tmp"
    torch.save(state, partial)
    partial.replace(folder / CHECKPOINT)


def checkpoint(folder: Path) -> dict[str, Any] | None:
    """The state that was saved last; None: none was. Raises ConfigError for one of an older version."""
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    if "rows" not in state:
        raise ConfigError(f"{path}: made by an older version of Threadwise; begin anew with --restart")
    return state


def log(folder: Path, figures: Mapping[str, float]) -> None:
    """Add a line to the log."""
    with (folder / _LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(figures) + "\n")


def read_log(folder: Path) -> Iterator[dict[str, float]]:
    """The figures that a run has logged, in order."""
    with (folder / _LOG).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def cut_log(folder: Path, step: int) -> None:
    """Take away what was logged after `step`, that of the checkpoint: it is done once more."""
    path = folder / _LOG
    if path.exists():
        with path.open(encoding="utf-8") as file:
            kept = [line for line in file if line.endswith("\n") and json.loads(line)["step"] <= step]
        _write(path, "".join(kept))


@contextlib.contextmanager
def held_signals() -> Iterator[Sequence[int]]:
    """What Ctrl-C and SIGTERM are kept in until a step is over; the second one ends the process at once. Only a main thread hears them."""
    came: list[int] = []
    before: dict[int, Any] = {}

    def give_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def keep(number: int, _: object) -> None:
        came.append(number)
        give_back()

    if threading.current_thread() is threading.main_thread():
        before |= {number: signal.signal(number, keep) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        give_back()


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(path.suffix + ".tmp")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
