"""The training loop, one sitting: data, model, schedule, steps, checkpoints, early stopping.

    run(config)  ->  runs/NAME/{config.json, tokenizer.json, table.json, model.safetensors, best.json, log.jsonl}

The same config and seed give the same rows, batches and steps. A run that was ended continues from its last checkpoint and does what it
would have done.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from labels import schema
from labels.errors import ConfigError
from train import attacks, backbone, batches, duplicates, loss, mix, model, sources, tokens, wordlists
from train.config import Config
from train.encode import Encoded, Encoder, Window
from train.normalise import Normaliser
from train.rows import Ints, Rows

_log = logging.getLogger(__name__)

Marks = NDArray[np.int8]
_TOXICITY = schema.SLICES["toxicity"].start
"""Column of the output `toxicity` among the logits."""
Progress = Callable[[int, int, dict[str, float]], None]
"""Called with (step, steps, figures) from time to time."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is fixed before the first step."""

    encoder: Encoder
    model: model.Model
    train: Rows
    dev: Rows
    train_windows: list[Window]
    dev_windows: list[Window]
    train_marks: list[Marks | None]
    """For each train row: (tokens of the comment in the window,), 1 where people marked what carries its toxicity; None: nobody did."""


def run(config: Config, *, resume: bool = True, progress: Progress | None = None) -> Path:
    """Train as the configuration says; returns the run's folder with the best model in it.

    Raises ConfigError where the folder holds a run of another configuration.
    """
    folder = Path(config.run)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, config, resume)
    torch.set_num_threads(config.fit.threads)
    torch.manual_seed(config.seed)
    ready = prepare(config, folder)
    _Loop(config, folder, ready, progress).go()
    return folder


def _claim(folder: Path, config: Config, resume: bool) -> None:
    """Store the resolved configuration; a folder belongs to one configuration."""
    path = folder / "config.json"
    if path.exists() and json.loads(path.read_text(encoding="utf-8"))["fingerprint"] != config.fingerprint():
        raise ConfigError(f"{folder} holds a run of another configuration; choose another folder (run = ...) or delete it")
    if not resume:
        (folder / "checkpoint.pt").unlink(missing_ok=True)
    _write(path, json.dumps({"fingerprint": config.fingerprint(), "config": config.to_json()}, indent=1))


def prepare(config: Config, folder: Path) -> Prepared:
    """Rows drawn, vocabulary trimmed, texts encoded, model built."""
    train_all, dev_all = rows(config)
    train = attacks.augmented(train_all.take(mix.draw(train_all, config.mix, config.seed)), config.mix.attacks, config.seed)
    dev = dev_all.take(np.unique(mix.draw(dev_all, _dev_mix(config), config.seed)))
    base = backbone.load(config.backbone.source)
    normaliser = Normaliser(base.table)
    tokenizer, kept = _trim(base, normaliser, train_all, config)
    _write(folder / "tokenizer.json", tokenizer.to_str())
    _write(folder / "table.json", json.dumps({"backbone": base.name, "specials": asdict(base.specials), "code_points": base.table}))
    encoder = Encoder(tokenizer, normaliser, base.specials, config.encode.max_tokens, config.encode.min_context_tokens)
    built = model.build(base.encoder, kept, config.backbone.layers)
    _log.info("%d train rows, %d dev rows, %d pieces", len(train), len(dev), built.encoder.config.vocab_size)
    windows, marks = _examples(encoder, train)
    return Prepared(encoder, built, train, dev, windows, first_windows(encoder, dev), marks)


def rows(config: Config) -> tuple[Rows, Rows]:
    """All train rows that share no text with a dev part, and all dev rows, of the configured sets."""
    chosen = sources.declared(config.data)
    dev = sources.read(chosen, "dev")
    return duplicates.apart_from(sources.read(chosen, "train"), dev.texts), dev


def first_windows(encoder: Encoder, given: Rows, size: int = 8192) -> list[Window]:
    """The first window of each row: what training sees of a long comment."""
    return [item.windows[0] for item in _encoded(encoder, given, size)]


def _examples(encoder: Encoder, given: Rows, size: int = 8192) -> tuple[list[Window], list[Marks | None]]:
    """The first window of each row, and what people marked in it."""
    windows: list[Window] = []
    marks: list[Marks | None] = []
    for item, spans in zip(_encoded(encoder, given, size), given.spans, strict=True):
        windows.append(item.windows[0])
        marks.append(None if spans is None else _marks(item, spans))
    return windows, marks


def _encoded(encoder: Encoder, given: Rows, size: int) -> Iterator[Encoded]:
    for begin in range(0, len(given), size):
        yield from encoder.encode(given.texts[begin : begin + size], given.contexts[begin : begin + size])


def _marks(item: Encoded, spans: Sequence[tuple[int, int]]) -> Marks:
    """1 for each token of the first window that shares a character with a span."""
    places = [item.normalised.original(*offsets) for offsets in item.offsets[: item.windows[0].comment]]
    return np.array([any(begin < end_ and start < end for start, end_ in spans) for begin, end in places], np.int8)


def _dev_mix(config: Config) -> Any:
    return type(config.mix)(rows=config.fit.dev_rows, temperature=config.mix.temperature, max_repeat=1, shares=config.mix.shares)


def _trim(base: backbone.Backbone, normaliser: Normaliser, given: Rows, config: Config) -> tuple[Tokenizer, Tensor | None]:
    """The tokenizer cut to the pieces that the rows and the word lists use most, and their old ids; None where nothing is cut."""
    size = config.backbone.vocabulary
    if not 0 < size < base.tokenizer.get_vocab_size():
        return base.tokenizer, None
    pieces, _ = tokens.vocabulary(base.tokenizer)
    weight = wordlists.weights(base.tokenizer, normaliser, given, len(pieces))
    kept = tokens.keep(pieces, weight, size, base.specials)
    return tokens.trimmed(base.tokenizer, kept), torch.from_numpy(kept)


class _Loop:
    """Masters are fp32; with bf16 the model's own weights are a copy of them, made after each step."""

    def __init__(self, config: Config, folder: Path, ready: Prepared, progress: Progress | None) -> None:
        self.config, self.fit, self.folder, self.ready, self.progress = config, config.fit, folder, ready, progress
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.low = torch.bfloat16 if config.fit.precision == "bf16" else torch.float32
        self.model = ready.model.to(self.device)
        self.model.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        self.masters = {name: value.detach().float().clone() for name, value in self.model.named_parameters() if value.requires_grad}
        self.optimizer = torch.optim.AdamW(self._groups(), lr=config.fit.learning_rate, fused=True)
        self.model.to(self.low)
        self.loss = loss.of_rows(ready.train, config.fit)
        self.targets, self.dev_targets = loss.targets(ready.train), loss.targets(ready.dev)
        self.schedule = [batch for epoch in range(config.fit.epochs) for batch in self._epoch(epoch)]
        self.step, self.best, self.waited, self.saved_at = 0, math.inf, 0, time.monotonic()

    def go(self) -> None:
        self._restore()
        steps, started, seen, recent = len(self.schedule), time.monotonic(), 0, []
        while self.step < steps and self.waited < self.fit.patience:
            rows = self.schedule[self.step]
            recent.append(self._train(rows))
            seen += len(rows)
            self.step += 1
            if self.step % 20 == 0:
                self._say(_mean(recent) | {"rows_per_second": seen / (time.monotonic() - started)})
                recent = []
            if self.step % self.fit.evaluate_every == 0 or self.step == steps:
                self._look()
            if time.monotonic() - self.saved_at > self.fit.checkpoint_minutes * 60:
                self._save()
        self._save()

    def _epoch(self, epoch: int) -> list[Ints]:
        lengths = [len(window) for window in self.ready.train_windows]
        return batches.shuffled(lengths, self.fit.tokens_per_batch, np.random.default_rng([self.config.seed, epoch]))

    def _groups(self) -> list[dict[str, Any]]:
        """One group a parameter: its rate falls with its depth, and only matrices decay."""
        depth = self.config.backbone.layers
        groups = []
        for name, value in self.masters.items():
            level = depth + 1 if not name.startswith("encoder.") else 0
            if ".layer." in name:
                level = int(name.split(".layer.")[1].split(".")[0]) + 1
            scale = self.fit.layer_decay ** max(depth - level, 0)
            decay = self.fit.weight_decay if value.ndim > 1 and "embeddings" not in name else 0.0
            groups.append({"params": [value], "scale": scale, "weight_decay": decay})
        return groups

    def _rate(self) -> float:
        warm = max(int(self.fit.warmup * len(self.schedule)), 1)
        left = (len(self.schedule) - self.step) / max(len(self.schedule) - warm, 1)
        return self.fit.learning_rate * min((self.step + 1) / warm, left)

    def _train(self, rows: Ints) -> dict[str, float]:
        """One step; returns the loss of each head."""
        self.model.train()
        windows = [self.ready.train_windows[row] for row in rows]
        logits, evidence = self._forward(windows)
        labels = _of(self.targets, rows)
        parts = self.loss(logits, labels)
        own, marks = _token_labels(windows, [self.ready.train_marks[row] for row in rows], evidence.shape[1])
        toxicity = torch.where(labels.mask[:, _TOXICITY], labels.values[:, _TOXICITY], -1.0)
        parts["evidence"] = self.fit.evidence_weight * loss.evidence(evidence, own, marks, toxicity)
        torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
        for name, value in self.model.named_parameters():
            if name in self.masters:
                self.masters[name].grad = None if value.grad is None else value.grad.float()
                value.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters.values(), self.fit.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate() * group["scale"]
        self.optimizer.step()
        self._copy()
        return {head: value.item() for head, value in parts.items()}

    def _forward(self, windows: Sequence[Window]) -> tuple[Tensor, Tensor]:
        arrays = batches.padded(windows, self.ready.encoder.specials.pad)
        logits, evidence = self.model(*(torch.from_numpy(part).to(self.device) for part in (arrays.ids, arrays.segments, arrays.mask)))
        return logits.cpu(), evidence.cpu()

    def _copy(self) -> None:
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                if name in self.masters:
                    value.copy_(self.masters[name])

    def _look(self) -> None:
        """The loss on the dev rows; the best model is kept."""
        self.model.eval()
        lengths = [len(window) for window in self.ready.dev_windows]
        order = np.argsort(lengths, kind="stable")
        parts: list[dict[str, float]] = []
        with torch.no_grad():
            for rows in batches.by_tokens(lengths, order, 2 * self.fit.tokens_per_batch):
                logits, _ = self._forward([self.ready.dev_windows[row] for row in rows])
                found = self.loss(logits, _of(self.dev_targets, rows))
                parts.append({head: value.item() * len(rows) for head, value in found.items()})
        figures = {f"dev_{head}": sum(part[head] for part in parts) / len(lengths) for head in parts[0]}
        total = sum(figures.values())
        self._say(figures | {"dev_loss": total})
        self.waited = 0 if total < self.best else self.waited + 1
        if total < self.best:
            self.best = total
            save(self.model, self.masters, self.folder / "model.safetensors")
            _write(self.folder / "best.json", json.dumps({"step": self.step, "dev_loss": total} | figures))

    def _say(self, figures: dict[str, float]) -> None:
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": self.step, "steps": len(self.schedule), "lr": self._rate()} | figures) + "\n")
        if self.progress:
            self.progress(self.step, len(self.schedule), figures)

    def _save(self) -> None:
        state = {
            "step": self.step,
            "best": self.best,
            "waited": self.waited,
            "masters": self.masters,
            "optimizer": self.optimizer.state_dict(),
        }
        partial = self.folder / "checkpoint.tmp"
        torch.save(state, partial)
        partial.replace(self.folder / "checkpoint.pt")
        self.saved_at = time.monotonic()

    def _restore(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True, map_location="cpu")
        self.step, self.best, self.waited = state["step"], state["best"], state["waited"]
        with torch.no_grad():
            for name, value in self.masters.items():
                value.copy_(state["masters"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self._copy()
        _log.info("continuing at step %d of %d", self.step, len(self.schedule))


def save(trained: model.Model, masters: dict[str, Tensor], path: Path) -> None:
    """All weights in fp32 (the masters where there are any), written whole or not at all."""
    weights = {name: masters.get(name, value).detach().float().contiguous() for name, value in trained.named_parameters()}
    partial = path.with_suffix(".tmp")
    save_file(weights, partial)
    partial.replace(path)


def restore(folder: Path) -> tuple[model.Model, Encoder, Config]:
    """The best model of a run in fp32, with its encoder and configuration. Raises ConfigError where the folder holds none."""
    from train import config as configs

    if not (folder / "model.safetensors").is_file():
        raise ConfigError(f"{folder} holds no trained model; run: threadwise train CONFIG")
    config = configs.from_json(json.loads((folder / "config.json").read_text(encoding="utf-8"))["config"], str(folder))
    stored = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    weights = load_file(folder / "model.safetensors")
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


def _of(labels: loss.Targets, rows: Ints) -> loss.Targets:
    at = torch.from_numpy(np.ascontiguousarray(rows))
    return loss.Targets(labels.values[at], labels.mask[at])


def _token_labels(windows: Sequence[Window], marks: Sequence[Marks | None], width: int) -> tuple[Tensor, Tensor]:
    """(batch, tokens): which tokens are the comment's own, and their marks (-1: nobody was asked)."""
    own = torch.zeros(len(windows), width, dtype=torch.bool)
    labels = torch.full((len(windows), width), -1, dtype=torch.int8)
    for row, (window, given) in enumerate(zip(windows, marks, strict=True)):
        at = slice(1, 1 + window.comment)  # after <s>
        own[row, at] = True
        if given is not None:
            labels[row, at] = torch.from_numpy(given)
    return own, labels


def _mean(figures: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([each[name] for each in figures])) for name in figures[0]}


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(path.suffix + ".tmp")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def read_log(folder: Path) -> Iterator[dict[str, float]]:
    """The figures that a run has logged, in order."""
    with (folder / "log.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)
