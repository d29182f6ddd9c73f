"""The training loop, one sitting: schedule, steps, looks at the dev rows, checkpoints, early stopping.

    run(config)  ->  the run's folder (`train.run_folder` says what lies in it)

The same config and seed give the same rows, batches and steps. A run that was ended continues from its last checkpoint and does what it
would have done; Ctrl-C and SIGTERM make one after the step at hand. The rate rises, stays, and falls at the end; until it falls, the number
of passes may still be changed, and the run is the same as one that had that number from its start.
"""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labels import schema
from labels.errors import ConfigError
from train import batches, fit_ngrams, loss, prepare, release, run_folder, sources
from train.config import Config, Fit
from train.encode import Window
from train.prepare import Marks, Pass, Prepared
from train.rows import Ints

_log = logging.getLogger(__name__)

_WORDS = "encoder.embeddings.word_embeddings.weight"
_TOXICITY = schema.SLICES["toxicity"].start
"""Column of the output `toxicity` among the logits."""
Progress = Callable[[int, int, dict[str, float]], None]
"""Called with (step, steps, figures) from time to time."""


def run(config: Config, *, resume: bool = True, progress: Progress | None = None) -> Path:
    """Train as the configuration says; returns the run's folder with the best model in it.

    Raises ConfigError where the folder holds a run of another configuration, or the licences do not allow what it continues (before any
    step), and KeyboardInterrupt once a signal ended it and its checkpoint is written.
    """
    sources.behind(config)
    folder = Path(config.run)
    run_folder.claim(folder, config, resume=resume)
    torch.set_num_threads(config.fit.threads)
    torch.manual_seed(config.seed)
    ready = prepare.prepare(config, folder)
    did = _Loop(config, folder, ready, progress).go()
    table, given = folder / release.NGRAMS, Path(config.backbone.start) / release.NGRAMS
    if config.ngrams.passes and not table.exists():
        fit_ngrams.run(config, folder, ready.train, ready.encoder.normaliser)
    elif config.backbone.start and not config.ngrams.passes and given.is_file():
        shutil.copyfile(given, table)
    run_folder.finish(folder, did)
    return folder


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
        self.seen = 0
        """Rows of all steps."""

    def go(self) -> dict[str, Any]:
        """Train to the end; what was done. Raises KeyboardInterrupt once a signal came and the state is saved."""
        self._restore()
        with run_folder.held_signals() as came:
            self._run(came)
            self._save()
        if came:
            raise KeyboardInterrupt
        ended = "as planned" if self.number == self.fit.passes else "early"
        return {"steps": self.step, "rows": self.seen, "best_step": run_folder.best_step(self.folder), "ended": ended}

    def _run(self, came: Sequence[int]) -> None:
        """Steps until all passes are done, the dev rows gain no more, or a signal is in `came`."""
        started, before, recent = time.monotonic(), self.seen, []
        while self.number < self.fit.passes and self.waited < self.fit.patience and not came:
            drawn = self.ready.encoded(self.number)
            while self.at < len(drawn.batches) and self.waited < self.fit.patience and not came:
                recent.append(self._train(drawn, drawn.batches[self.at], self._rate(len(drawn.batches))))
                self.seen += len(drawn.batches[self.at])
                self.at, self.step = self.at + 1, self.step + 1
                last = self.number + 1 == self.fit.passes and self.at == len(drawn.batches)
                if self.step % 20 == 0:
                    self._say(_mean(recent) | {"rows_per_second": (self.seen - before) / (time.monotonic() - started)}, len(drawn.batches))
                    recent = []
                if self.step % self.fit.evaluate_every == 0 or last:
                    self._look(len(drawn.batches), last=last)
                if time.monotonic() - self.saved_at > self.fit.checkpoint_minutes * 60:
                    self._save()
            if self.at < len(drawn.batches):
                return
            self.number, self.at = self.number + 1, 0

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
        logits, evidence, _ = self.model(*(torch.from_numpy(part).to(self.device) for part in (arrays.ids, arrays.segments, arrays.mask)))
        return logits.cpu(), evidence.cpu()

    def _copy(self, words: Tensor | None = None) -> None:
        """Masters into the model; of the word embeddings the rows `words` alone, where they are given."""
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                if name == _WORDS and name in self.masters and words is not None:
                    value[words] = self.masters[name][words].to(value.dtype)
                elif name in self.masters:
                    value.copy_(self.masters[name])

    def _look(self, steps: int, *, last: bool) -> None:
        """The loss on the dev rows; the best model is kept, or that of the last step."""
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
        better = total < self.best
        self.waited = 0 if better else self.waited + 1
        self.best = min(total, self.best)
        if better or (last and self.fit.keep_last):
            run_folder.save(self.folder, self.model, self.masters, {"step": self.step, "dev_loss": total} | figures)

    def _say(self, figures: dict[str, float], steps: int) -> None:
        """`steps`: of this pass, from which those of all are told to within a few."""
        total = self.step - self.at + steps * (self.fit.passes - self.number)
        run_folder.log(self.folder, {"step": self.step, "steps": total, "pass": self.number, "rate": self._rate(steps)} | figures)
        if self.progress:
            self.progress(self.step, total, figures)

    def _save(self) -> None:
        state = {
            "position": [self.number, self.at, self.step, self.waited],
            "rows": self.seen,
            "passes": self.fit.passes,
            "best": self.best,
            "masters": self.masters,
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
        }
        run_folder.save_checkpoint(self.folder, state)
        self.saved_at = time.monotonic()

    def _restore(self) -> None:
        state = run_folder.checkpoint(self.folder)
        if state:
            self._take_up(state)
        run_folder.cut_log(self.folder, self.step)

    def _take_up(self, state: Mapping[str, Any]) -> None:
        (self.number, self.at, self.step, self.waited), self.best, self.seen = state["position"], state["best"], state["rows"]
        if state["passes"] != self.fit.passes and self.number >= (1 - self.fit.cooldown) * min(state["passes"], self.fit.passes):
            path = self.folder / run_folder.CHECKPOINT
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
