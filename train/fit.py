"""The training loop, one sitting: data, model, schedule, steps, checkpoints, early stopping.

    run(config)  ->  runs/NAME/{config.json, tokenizer.json, table.json, model.safetensors, best.json, log.jsonl}

The same config and seed give the same rows, batches and steps. A run that was ended continues from its last checkpoint and does what it
would have done. The rate rises, stays, and falls at the end; until it falls, the number of passes may still be changed, and the run is the
same as one that had that number from its start.
"""

from __future__ import annotations

import json
import logging
import math
import re
import shutil
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
from train import attacks, backbone, batches, duplicates, fit_ngrams, framed, ir, loss, mix, model, release, sources, tokens, wordlists
from train import config as configs
from train.config import Config, Fit
from train.encode import Encoded, Encoder, Window
from train.inference import Scorer
from train.normalise import Normaliser
from train.rows import Bools, Floats, Ints, Rows

_log = logging.getLogger(__name__)

Marks = NDArray[np.int8]
_WORDS = "encoder.embeddings.word_embeddings.weight"
_LAYER = re.compile(r"\.layer\.(\d+)\.")
_TOXICITY = schema.SLICES["toxicity"].start
"""Column of the output `toxicity` among the logits."""
Progress = Callable[[int, int, dict[str, float]], None]
"""Called with (step, steps, figures) from time to time."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The rows of one pass as the model sees them."""

    targets: loss.Targets
    windows: list[Window]
    marks: list[Marks | None]
    """For each row: (tokens of the comment in the window,), 1 where people marked what carries its toxicity; None: nobody did."""
    batches: list[Ints]
    taught: Floats | None
    """(rows, 17): the teacher's logits; None: there is no teacher."""
    applies: Bools
    """(rows, heads): whether a row has what the head is asked of."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is fixed before the first step."""

    config: Config
    encoder: Encoder
    model: model.Model
    train: Rows
    """All rows that a pass may draw from."""
    dev: Rows
    dev_windows: list[Window]
    teacher: Scorer | None

    def drawn(self, number: int) -> Rows:
        """The rows of pass `number` (from 0), some of them quoted by somebody else, some written past a filter."""
        config, seed = self.config, self.config.seed + 1000 * number
        rows = self.train.take(mix.draw(self.train, config.mix, seed))
        return attacks.augmented(framed.framed(rows, config.mix.framed, seed), config.mix.attacks, seed)

    def encoded(self, number: int) -> Pass:
        rows = self.drawn(number)
        windows, marks = _examples(self.encoder, rows)
        order = np.random.default_rng([self.config.seed, number])
        shuffled = batches.shuffled(list(map(len, windows)), self.config.fit.tokens_per_batch, order)
        taught = self.teacher.logits(windows)[0] if self.teacher else None
        return Pass(loss.targets(rows), windows, marks, shuffled, taught, _applies(rows))


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
    table, given = folder / release.NGRAMS, Path(config.backbone.start) / release.NGRAMS
    if config.ngrams.passes and not table.exists():
        fit_ngrams.run(config, folder, ready.train, ready.encoder.normaliser)
    elif config.backbone.start and not config.ngrams.passes and given.is_file():
        shutil.copyfile(given, table)
    return folder


def _claim(folder: Path, config: Config, resume: bool) -> None:
    """Store the resolved configuration; a folder belongs to one configuration."""
    path = folder / "config.json"
    stored = configs.from_json(json.loads(path.read_text(encoding="utf-8"))["config"], str(path)) if path.exists() else config
    if stored.fingerprint(but=("passes",)) != config.fingerprint(but=("passes",)):
        raise ConfigError(f"{folder} holds a run of another configuration; choose another folder (run = ...) or delete it")
    if not resume:
        for name in ("checkpoint.pt", release.NGRAMS):
            (folder / name).unlink(missing_ok=True)
    _write(path, json.dumps({"fingerprint": config.fingerprint(), "config": config.to_json()}, indent=1))


def prepare(config: Config, folder: Path) -> Prepared:
    """Rows drawn, vocabulary trimmed, texts encoded, model built."""
    train_all, dev_all = rows(config)
    dev = dev_all.take(np.unique(mix.draw(dev_all, _dev_mix(config), config.seed)))
    base = backbone.load(config.backbone.source)
    normaliser = Normaliser(base.table)
    start = Path(config.backbone.start) if config.backbone.start else None
    tokenizer, kept = _continued(start, base) if start else _trim(base, normaliser, train_all, config)
    _write(folder / "tokenizer.json", tokenizer.to_str())
    _write(folder / "table.json", json.dumps({"backbone": base.name, "specials": asdict(base.specials), "code_points": base.table}))
    encoder = Encoder(tokenizer, normaliser, base.specials, config.encode.max_tokens, config.encode.min_context_tokens)
    built = model.build(base.encoder, kept, config.backbone.layers)
    if start:
        _take(built, start / release.MODEL, config.backbone.layers)
    teacher = Scorer.load(Path(config.fit.teacher), threads=config.fit.threads) if config.fit.teacher else None
    if teacher and teacher.encoder.tokenizer.to_str() != tokenizer.to_str():
        raise ConfigError(f"fit.teacher: {config.fit.teacher} has other pieces; backbone.start must be it or be of its pieces")
    _log.info("%d train rows, %d dev rows, %d pieces", len(train_all), len(dev), built.encoder.config.vocab_size)
    return Prepared(config, encoder, built, train_all, dev, first_windows(encoder, dev), teacher)


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


def _applies(given: Rows) -> Bools:
    """(rows, heads): whether the context has what the head needs."""
    held = [[not head.needs or any(getattr(context, name) for name in head.needs) for head in schema.HEADS] for context in given.contexts]
    return np.array(held, np.bool_).reshape(len(given), len(schema.HEADS))


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


def _continued(start: Path, base: backbone.Backbone) -> tuple[Tokenizer, Tensor]:
    """The tokenizer of a release and a place for each of its pieces. Raises ModelError, ConfigError."""
    release.read(start)
    tokenizer = Tokenizer.from_file(str(start / release.TOKENIZER))
    made_of = json.loads((start / release.TABLE).read_text(encoding="utf-8"))["backbone"]
    if made_of != base.name:
        raise ConfigError(f"backbone.start: {start} was made of {made_of}, backbone.source is {base.name}")
    return tokenizer, torch.arange(tokenizer.get_vocab_size())


def _take(built: model.Model, path: Path, layers: int) -> None:
    """The weights of a release; of a deeper encoder, layers that are evenly spread from its lowest to its highest. Raises ConfigError."""
    held = ir.layers(path)
    if layers > held:
        raise ConfigError(f"backbone.start: {path} has {held} layers, backbone.layers asks for {layers}")
    spread = np.linspace(0, held - 1, layers).round().astype(int)
    theirs = {name: _LAYER.sub(lambda found: f".layer.{spread[int(found[1])]}.", name) for name, _ in built.named_parameters()}
    found = ir.weights(path, {theirs[name]: value.shape for name, value in built.named_parameters()})
    built.load_state_dict({name: torch.from_numpy(found[theirs[name]]) for name in theirs}, strict=False)


class _Loop:
    """Masters are fp32; with bf16 the model's own weights are a copy of them, made after each step."""

    def __init__(self, config: Config, folder: Path, ready: Prepared, progress: Progress | None) -> None:
        self.config, self.fit, self.folder, self.ready, self.progress = config, config.fit, folder, ready, progress
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = ready.model.to(self.device)
        if self.device.type == "cpu":  # the fused attention's way back takes four times that of plain products here (docs/log.md)
            self.model.encoder.set_attn_implementation("eager")
        self.words = self.model.encoder.embeddings.word_embeddings
        self.words.sparse = True
        self.words.weight.requires_grad_(config.fit.words_rate > 0)
        self._freeze()
        self.masters = {name: value.detach().float().clone() for name, value in self.model.named_parameters() if value.requires_grad}
        self.optimizers = self._optimizers()
        self.model.to(precision(config.fit, self.device))
        self.loss = loss.of_rows(ready.drawn(0), config.fit)
        self.dev_targets = loss.targets(ready.dev)
        self.number, self.at, self.step, self.best, self.waited, self.saved_at = 0, 0, 0, math.inf, 0, time.monotonic()

    def go(self) -> None:
        self._restore()
        started, seen, recent = time.monotonic(), 0, []
        while self.number < self.fit.passes and self.waited < self.fit.patience:
            drawn = self.ready.encoded(self.number)
            while self.at < len(drawn.batches) and self.waited < self.fit.patience:
                recent.append(self._train(drawn, drawn.batches[self.at], self._rate(len(drawn.batches))))
                seen += len(drawn.batches[self.at])
                self.at, self.step = self.at + 1, self.step + 1
                last = self.number + 1 == self.fit.passes and self.at == len(drawn.batches)
                if self.step % 20 == 0:
                    self._say(_mean(recent) | {"rows_per_second": seen / (time.monotonic() - started)}, len(drawn.batches))
                    recent = []
                if self.step % self.fit.evaluate_every == 0 or last:
                    self._look(len(drawn.batches))
                if time.monotonic() - self.saved_at > self.fit.checkpoint_minutes * 60:
                    self._save()
            self.number, self.at = self.number + 1, 0
        self._save()

    def _freeze(self) -> None:
        if self.fit.frozen_layers:
            for part in (self.model.encoder.embeddings, *self.model.encoder.encoder.layer[: self.fit.frozen_layers]):
                part.requires_grad_(False)

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """AdamW for all that every batch touches; for the word embeddings an Adam that keeps to the rows of a batch."""
        found: dict[str, torch.optim.Optimizer] = {"all": torch.optim.AdamW(self._groups(), lr=self.fit.learning_rate, fused=True)}
        if _WORDS in self.masters:
            group = {"params": [self.masters[_WORDS]], "peak": self.fit.words_rate}
            found["words"] = torch.optim.SparseAdam([group], lr=self.fit.words_rate)
        return found

    def _groups(self) -> list[dict[str, Any]]:
        """One group a parameter: its rate falls with its depth, and only matrices decay."""
        depth = self.config.backbone.layers
        groups = []
        for name, value in self.masters.items():
            if name == _WORDS:
                continue
            level = depth + 1 if not name.startswith("encoder.") else 0
            if ".layer." in name:
                level = int(name.split(".layer.")[1].split(".")[0]) + 1
            peak = self.fit.learning_rate * self.fit.layer_decay ** max(depth - level, 0)
            decay = self.fit.weight_decay if value.ndim > 1 and "embeddings" not in name else 0.0
            groups.append({"params": [value], "peak": peak, "weight_decay": decay})
        return groups

    def _rate(self, steps: int) -> float:
        """Share of the peak rate at this step of a pass that has `steps`."""
        left = 1 - (self.number + self.at / steps) / self.fit.passes
        return min((self.step + 1) / max(self.fit.warmup, 1), left / self.fit.cooldown if self.fit.cooldown else 1.0, 1.0)

    def _train(self, drawn: Pass, rows: Ints, rate: float) -> dict[str, float]:
        """One step; returns the loss of each head."""
        self.model.train()
        windows = [drawn.windows[row] for row in rows]
        logits, evidence = self._forward(windows)
        labels = _of(drawn.targets, rows)
        parts = self.loss(logits, labels)
        own, marks = _token_labels(windows, [drawn.marks[row] for row in rows], evidence.shape[1])
        toxicity = torch.where(labels.mask[:, _TOXICITY], labels.values[:, _TOXICITY], -1.0)
        parts["evidence"] = self.fit.evidence_weight * loss.evidence(evidence, own, marks, toxicity)
        if drawn.taught is not None:
            applies = torch.from_numpy(drawn.applies[rows])
            parts["teacher"] = self.fit.teacher_weight * loss.taught(logits, torch.from_numpy(drawn.taught[rows]), applies)
        torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
        for name, value in self.model.named_parameters():
            if name in self.masters:
                self.masters[name].grad = None if value.grad is None else value.grad.float()
                value.grad = None
        torch.nn.utils.clip_grad_norm_([value for name, value in self.masters.items() if name != _WORDS], self.fit.clip)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate * group["peak"]
            optimizer.step()
        self._copy(torch.unique(torch.tensor([token for window in windows for token in window.ids])))
        return {head: value.item() for head, value in parts.items()}

    def _forward(self, windows: Sequence[Window]) -> tuple[Tensor, Tensor]:
        arrays = batches.padded(windows, self.ready.encoder.specials.pad)
        logits, evidence = self.model(*(torch.from_numpy(part).to(self.device) for part in (arrays.ids, arrays.segments, arrays.mask)))
        return logits.cpu(), evidence.cpu()

    def _copy(self, words: Tensor | None = None) -> None:
        """Masters into the model; of the word embeddings the rows `words` alone, where they are given."""
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                if name == _WORDS and name in self.masters and words is not None:
                    value[words] = self.masters[name][words].to(value.dtype)
                elif name in self.masters:
                    value.copy_(self.masters[name])

    def _look(self, steps: int) -> None:
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
        self._say(figures | {"dev_loss": total}, steps)
        self.waited = 0 if total < self.best else self.waited + 1
        if total < self.best:
            self.best = total
            save(self.model, self.masters, self.folder / "model.safetensors")
            _write(self.folder / "best.json", json.dumps({"step": self.step, "dev_loss": total} | figures))

    def _say(self, figures: dict[str, float], steps: int) -> None:
        """`steps`: of this pass, from which those of all are told to within a few."""
        total = self.step - self.at + steps * (self.fit.passes - self.number)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": self.step, "steps": total, "pass": self.number, "rate": self._rate(steps)} | figures) + "\n")
        if self.progress:
            self.progress(self.step, total, figures)

    def _save(self) -> None:
        state = {
            "position": [self.number, self.at, self.step, self.waited],
            "passes": self.fit.passes,
            "best": self.best,
            "masters": self.masters,
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
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
        (self.number, self.at, self.step, self.waited), self.best = state["position"], state["best"]
        if state["passes"] != self.fit.passes and self.number >= (1 - self.fit.cooldown) * min(state["passes"], self.fit.passes):
            raise ConfigError(f"{path}: the rate falls already, so fit.passes = {state['passes']} cannot become {self.fit.passes}")
        with torch.no_grad():
            for name, value in self.masters.items():
                value.copy_(state["masters"][name])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self._copy()
        _log.info("continuing at step %d, pass %d of %d", self.step, self.number + 1, self.fit.passes)


def precision(fit: Fit, device: torch.device) -> torch.dtype:
    """In which a step multiplies. Raises ConfigError for an unknown name."""
    known = {"bf16": torch.bfloat16, "fp32": torch.float32}
    # The processor's own word: torch.ops.mkldnn says yes to AVX-512 without bf16 too, where a step then takes four times that of fp32.
    multiplies = device.type == "cuda" or torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    known["auto"] = known["bf16" if multiplies else "fp32"]
    if fit.precision not in known:
        raise ConfigError(f'fit.precision: "{fit.precision}" is none of {", ".join(known)}')
    return known[fit.precision]


def save(trained: model.Model, masters: dict[str, Tensor], path: Path) -> None:
    """All weights in fp32 (the masters where there are any), written whole or not at all."""
    weights = {name: masters.get(name, value).detach().float().contiguous() for name, value in trained.named_parameters()}
    partial = path.with_suffix(".tmp")
    save_file(weights, partial)
    partial.replace(path)


def restore(folder: Path) -> tuple[model.Model, Encoder, Config]:
    """The best model of a run in fp32, with its encoder and configuration. Raises ConfigError where the folder holds none."""
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
