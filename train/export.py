"""A trained run -> a released model: OpenVINO IR with int8 weights, calibrated on dev, gated against fp32, with its manifest.

    run(config)      ->  the release folder of the configuration (`train.release` says what lies in it)
    renewed(config)  ->  the same with the weights that it held; known words, heads of languages, calibration and thresholds are made anew

Every back end that this machine can run the release with is held against fp32 (`export.gate_*`); one that loses more is not used for it,
and a release that no back end but fp32 may run is not made.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from labels import schema
from labels.errors import ConfigError, ModelError
from train import backends, calibrate, calibration, card, evaluate, fit_heads, ir, metrics, prepare, release, run_folder, sources, wordlists
from train.config import Config
from train.encode import Encoder
from train.inference import Scorer
from train.language_heads import LanguageHeads
from train.ngrams import Table
from train.rows import Floats, Ints, Rows
from train.words import Words

_log = logging.getLogger(__name__)
_LISTED = 6_000
"""Words of a public list that stand behind those of a language's rows."""
_GATE_ROWS = 500
"""Dev rows of each head and language on which precisions are compared, at most."""
_PRECISION = "int8-weights"
"""How the weights are stored."""
_REFERENCE = "fp32"
_GATE_LANGUAGE = 200
"""Rows of a language below which its difference says nothing."""
_WEAK = 50
_BARELY = 0.2
"""Of the rows that the median language gives to an output: a language with fewer was barely trained, unless its dev rows tell otherwise."""
_RANKS = 0.7
"""ROC-AUC of a language's dev rows below which nobody should rely on an output there, however many rows it was trained on."""
_TELLING = 20
"""Dev rows of either class that tell."""
_PRIOR_LEAST = 30
"""Rows of either class before a language's share of positives is told."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Macro-F1 that a smaller precision costs (positive = worse than fp32), on the same rows; of several back ends the worst each."""

    heads: Mapping[str, float]
    languages: Mapping[str, float]
    """`head/language`; languages with at least 200 of the rows."""
    backends: tuple[str, ...] = ()

    def passes(self, config: Config) -> bool:
        return (
            max(self.heads.values(), default=0) <= config.export.gate_head
            and max(self.languages.values(), default=0) <= config.export.gate_language
        )

    def to_json(self) -> dict[str, Any]:
        worst = sorted(self.languages.items(), key=lambda item: -item[1])[:5]
        return {
            "backends": list(self.backends),
            "heads": _rounded(self.heads),
            "languages": len(self.languages),
            "worst_languages": _rounded(dict(worst)),
        }


@dataclass(frozen=True, slots=True)
class _Trained:
    """What an export starts from."""

    config: Config
    made: Path
    """Folder of the weights as they are released."""
    texts: Path
    """Folder of the tokenizer and of the table of code points."""
    encoder: Encoder
    train: Rows
    """All rows that could be drawn, which the n-grams have read."""
    dev: Rows
    ngrams: Table | None
    start: str
    """The release that training continued; empty: none."""
    sets: Mapping[str, Mapping[str, str]]
    ran: Mapping[str, Any]
    """Both as in `release.Manifest`."""


def run(config: Config, *, unfinished: bool = False) -> Path:
    """Write the release. Raises ModelError where it does not pass the gate or is larger than `export.max_bytes`, ConfigError where the run
    is of another configuration, did not come to its end (unless `unfinished`), or the licences do not allow what it continues.
    """
    folder = Path(config.run)
    model, encoder, trained_by = run_folder.restore(folder)
    if trained_by.fingerprint() != config.fingerprint():
        raise ConfigError(f"{folder} holds a run of another configuration; run: threadwise train CONFIG")
    ran = run_folder.done(folder) or (run_folder.unfinished(folder) if unfinished else None)
    if ran is None:
        raise ConfigError(
            f"{folder}: its training has not ended; go on with threadwise train CONFIG, or export what is there: --unfinished"
        )
    sets = sources.behind(config)
    train, dev = prepare.rows(config)
    encoder.normaliser = replace(encoder.normaliser, words=_words(train))
    table = folder / release.NGRAMS
    ngrams = Table.read(table) if table.is_file() else None
    start = release.read(Path(config.backbone.start)).model if config.backbone.start else ""
    trained = _Trained(config, folder / _PRECISION, folder, encoder, train, dev, ngrams, start, sets, ran)
    sample = dev.take(_gate_rows(dev, config.seed))
    full = ir.traced(model)
    ir.write(full, folder / "fp32" / release.MODEL)
    reference = _logits(folder / _REFERENCE, trained, sample, _REFERENCE)
    ir.write(ir.weights_only(full), folder / _PRECISION / release.MODEL)
    names = [backend.name for backend in backends.available() if backend.name != _REFERENCE] or [_REFERENCE]
    given = {name: _logits(folder / _PRECISION, trained, sample, name) for name in names}
    # As people get them: under one calibration, that of the answers of a back end, as the release has one.
    fitted = calibrate.fit(given[names[0]], sample.labels, sample.langs)
    exact, *others = (fitted.apply(logits, sample.langs.tolist()) for logits in (reference, *given.values()))
    losses = {name: compare(exact, other, sample) for name, other in zip(names, others, strict=True)}
    return _release(trained, gated(losses, config, folder))


def gated(losses: Mapping[str, Loss], config: Config, folder: Path) -> dict[str, Any]:
    """What the manifest says of the back ends, by what each loses. Raises ModelError where all lose more than the gate allows."""
    passed = {name: loss for name, loss in losses.items() if loss.passes(config)}
    for name, loss in losses.items():
        _log.info("%s, %s products against fp32: %s", _PRECISION, name, Loss(loss.heads, loss.languages, (name,)).to_json())
    if not passed:
        lost = worst(losses).to_json()
        raise ModelError(f"{folder}: int8 weights cost more than the gate allows (export.gate_head, export.gate_language): {lost}")
    return {**worst(passed).to_json(), "refused": sorted(losses.keys() - passed.keys())}


def renewed(config: Config) -> Path:
    """The release with its weights and n-grams as they are, all else made anew. Raises ModelError where another configuration made it."""
    folder = Path(config.release)
    scorer = Scorer.load(folder)
    held = scorer.manifest
    if held.config != config.fingerprint():
        raise ModelError(f"{folder}: made by configuration {held.config}, this one is {config.fingerprint()}")
    train, dev = prepare.rows(config)
    encoder = scorer.encoder
    encoder.normaliser = replace(encoder.normaliser, words=_words(train))
    before = held.sets or ({held.start: held.unlisted} if held.start else {})
    sets = sources.joined(sources.described(sources.declared(config.data)), before)
    return _release(_Trained(config, folder, folder, encoder, train, dev, scorer.ngrams, held.start, sets, held.ran), held.loss)


def _words(train: Rows) -> Words:
    return Words.of(train.texts, train.langs.tolist(), wordlists.common(_LISTED))


def _gate_rows(dev: Rows, seed: int) -> Ints:
    """Of each head and language as many rows: a difference on a handful of rows would be chance."""
    rng = np.random.default_rng(seed)
    parts = []
    for head in schema.HEADS:
        judged = np.flatnonzero(dev.labels[head.name].judged)
        parts += [rng.permutation(judged[dev.langs[judged] == lang])[:_GATE_ROWS] for lang in np.unique(dev.langs[judged])]
    return np.unique(np.concatenate(parts)).astype(np.int64)


def _logits(folder: Path, trained: _Trained, rows: Rows, backend: str) -> Floats:
    """Raw logits of an IR that is not yet a release, with its n-grams."""
    return evaluate.first_logits(_scorer(folder, trained, backend), rows)


def _scorer(folder: Path, trained: _Trained, backend: str | None = None, heads: LanguageHeads | None = None) -> Scorer:
    """A Scorer of an IR that has no manifest yet."""
    encoder = trained.encoder
    draft = release.Manifest(
        "draft", "", "", "", encoder.max_tokens, encoder.min_context, "", {}, (), {}, dict.fromkeys(release.HASHED, "")
    )
    path = folder / release.MODEL
    compiled = backends.compiled(path, backends.chosen(path, backend))
    voices = 1 + sum(one is not None for one in (trained.ngrams, heads))
    return Scorer(draft, encoder, calibration.identity(voices), compiled, ngrams=trained.ngrams, heads=heads)


def _heads(trained: _Trained, folder: Path) -> LanguageHeads:
    """Fitted on what the released encoder makes of training rows; that is kept in the run's folder, since it takes long."""
    rows = trained.train.take(fit_heads.chosen(trained.train, trained.config.seed))
    files = [release.sha256(folder / name) for name in release.NAMED if (folder / name).is_file()]
    read = json.dumps([files, list(rows.texts), [asdict(context) for context in rows.contexts]])
    kept = Path(trained.config.run) / f"features-{hashlib.sha256(read.encode()).hexdigest()[:16]}.npy"
    if not kept.is_file():
        np.save(kept, evaluate.first_features(_scorer(folder, trained), rows))
    return fit_heads.fit(np.load(kept), rows.labels[schema.TOXICITY.name], rows.langs)


def compare(reference: Floats, other: Floats, rows: Rows) -> Loss:
    """What `other` loses against `reference`, per head and per head and language."""
    heads, languages = {}, {}
    for head in schema.HEADS:
        judged = np.flatnonzero(rows.labels[head.name].judged)
        if not len(judged):
            continue
        heads[head.name] = _f1(head, reference, rows, judged) - _f1(head, other, rows, judged)
        for lang in np.unique(rows.langs[judged]):
            at = judged[rows.langs[judged] == lang]
            if len(at) >= _GATE_LANGUAGE:
                languages[f"{head.name}/{lang}"] = _f1(head, reference, rows, at) - _f1(head, other, rows, at)
    return Loss(heads, languages)


def worst(losses: Mapping[str, Loss]) -> Loss:
    """Of several back ends the largest loss at each place."""
    each = losses.values()
    heads = {name: max(loss.heads[name] for loss in each) for name in next(iter(each)).heads}
    languages = {name: max(loss.languages[name] for loss in each) for name in next(iter(each)).languages}
    return Loss(heads, languages, tuple(losses))


def _f1(head: schema.Head, probabilities: Floats, rows: Rows, at: np.ndarray) -> float:
    label, part = rows.labels[head.name].take(at), probabilities[at][:, schema.SLICES[head.name]]
    if head.activation is schema.Activation.SIGMOID:
        known = label.mask[:, 0]
        gold, predicted = (label.targets[known, 0] >= 0.5).astype(int), (part[known, 0] >= 0.5).astype(int)
    else:
        gold, predicted = label.targets.argmax(axis=1), np.where(label.mask, part, 0).argmax(axis=1)
    return metrics.macro_f1(gold, predicted) or 0.0


def _release(trained: _Trained, loss: Mapping[str, Any]) -> Path:
    """Calibrate on all dev rows, write every file, then the manifest that names them; the release changes at one stroke."""
    config, dev, run = trained.config, trained.dev, Path(trained.config.run)
    target, partial = Path(config.release), run / "release.tmp"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for place, names in ((trained.made, (release.MODEL, release.WEIGHTS)), (trained.texts, (release.TOKENIZER, release.TABLE))):
        for name in names:
            shutil.copyfile(place / name, partial / name)
    if trained.ngrams:
        trained.ngrams.write(partial / release.NGRAMS)
    if words := trained.encoder.normaliser.words:
        words.write(partial / release.WORDS)
    heads = _heads(trained, partial)
    heads.write(partial / release.HEADS)
    logits = evaluate.first_logits(_scorer(partial, trained, heads=heads), dev)
    fitted = calibrate.fit(logits, dev.labels, dev.langs)
    _write(partial / release.CALIBRATION, fitted.to_json())
    manifest = _manifest(trained, loss, partial, fitted.apply(logits, dev.langs.tolist()))
    _write(partial / release.MANIFEST, manifest.to_json())
    shutil.copyfile(str(files("train").joinpath("RELEASE_LICENSE")), partial / "LICENSE")
    card.write(partial, config, manifest)
    size = sum(path.stat().st_size for path in partial.iterdir())
    if size > config.export.max_bytes:
        raise ModelError(f"the release has {size:,} bytes, more than export.max_bytes = {config.export.max_bytes:,}")
    np.save(run / f"dev-{manifest.model}.npy", logits)
    if (target / "metrics.json").is_file():
        shutil.copyfile(target / "metrics.json", run / evaluate.LAST)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(partial, target)
    _log.info("%s: %s, %.1f MB", target, manifest.model, size / 1e6)
    return target


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _manifest(trained: _Trained, loss: Mapping[str, Any], folder: Path, probabilities: Floats) -> release.Manifest:
    """`folder` holds the release's files; `probabilities` (dev rows, 17) are its calibrated answers."""
    config, encoder, dev = trained.config, trained.encoder, trained.dev
    counts = _counts(trained.train)
    return release.Manifest(
        name=config.name,
        notice=release.NOTICES[config.data.licences],
        created=datetime.now(UTC).date().isoformat(),
        config=config.fingerprint(),
        max_tokens=encoder.max_tokens,
        min_context_tokens=encoder.min_context,
        precision=_PRECISION,
        rows=counts,
        weak=tuple(name for name, count in _positives(dev).items() if count < _WEAK),
        thresholds=calibrate.thresholds(probabilities, dev.labels, dev.langs),
        files={name: release.sha256(folder / name) for name in release.NAMED if (folder / name).is_file()},
        loss=loss,
        start=trained.start,
        priors=_priors(dev),
        unsure=unsure(counts, _ranking(dev, probabilities)),
        sets=trained.sets,
        ran=trained.ran,
    )


def unsure(counts: Mapping[str, Mapping[str, int]], ranking: Mapping[str, Mapping[str, float]]) -> dict[str, list[str]]:
    """As `release.Manifest.unsure`. `counts`: name -> language -> training rows; `ranking`: the same -> ROC-AUC of dev rows that tell."""
    found = {}
    for name, rows in counts.items():
        least = _BARELY * float(np.median(list(rows.values()))) if rows else 0.0
        told = ranking.get(name, {})
        found[name] = sorted(lang for lang, count in rows.items() if (told[lang] < _RANKS if lang in told else count < least))
    return found


def _ranking(dev: Rows, probabilities: Floats) -> dict[str, dict[str, float]]:
    """For each sigmoid output the ROC-AUC of the languages with enough dev rows of either class."""
    label, part = dev.labels[schema.TOXICITY.name], probabilities[:, schema.SLICES[schema.TOXICITY.name]]
    return {
        f"{schema.TOXICITY.name}.{name}": metrics.auc_by_language(
            label.targets[judged, column] >= 0.5, part[judged, column], dev.langs[judged], _TELLING
        )
        for column, name in enumerate(schema.TOXICITY.names)
        for judged in [label.mask[:, column]]
    }


def _priors(dev: Rows) -> dict[str, dict[str, float]]:
    """For each sigmoid output the share of positives, over all languages and in those that calibration tells apart."""
    label, found = dev.labels[schema.TOXICITY.name], {}
    for column, name in enumerate(schema.TOXICITY.names):
        judged = label.mask[:, column]
        gold = label.targets[:, column] >= 0.5
        places = {calibration.ALL: judged} | {str(lang): judged & (dev.langs == lang) for lang in np.unique(dev.langs[judged])}
        found[f"{schema.TOXICITY.name}.{name}"] = {
            lang: round(float(gold[at].mean()), 4) for lang, at in places.items() if min(gold[at].sum(), (~gold[at]).sum()) >= _PRIOR_LEAST
        }
    return found


def _counts(rows: Rows) -> dict[str, dict[str, int]]:
    """Labelled rows per name of `release.NAMES` and language; our own functional cases are templates, and make no language known."""
    found: dict[str, dict[str, int]] = {}
    comments = rows.sets != sources.FUNCTIONAL.name
    for name, judged in _judged(rows).items():
        langs, counts = np.unique(rows.langs[judged & comments], return_counts=True)
        found[name] = dict(zip(langs.tolist(), counts.tolist(), strict=True))
    return found


def _positives(rows: Rows) -> dict[str, int]:
    """Positive rows of each sigmoid output; for a softmax head the rows of its rarest class."""
    found: dict[str, int] = {}
    for head in schema.HEADS:
        label = rows.labels[head.name]
        counts = ((label.targets >= 0.5) & label.mask).sum(axis=0)
        if head.activation is schema.Activation.SIGMOID:
            found |= {f"{head.name}.{name}": int(count) for name, count in zip(head.names, counts, strict=True)}
        else:
            found[head.name] = int(counts.min())
    return found


def _judged(rows: Rows) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for head in schema.HEADS:
        label = rows.labels[head.name]
        if head.activation is schema.Activation.SIGMOID:
            found |= {f"{head.name}.{name}": label.mask[:, column] for column, name in enumerate(head.names)}
        else:
            found[head.name] = label.judged
    return found


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}
