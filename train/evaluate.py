"""A release against the dev rows: figures per head, set and language, with the baseline beside them.

    run(config)  ->  metrics.json (figures only, no texts) in the run's folder and in the release; evaluation.html in the run's folder
    run(config, others=folders)  ->  with mean and range of the headline over runs that differ in their seed alone

Headline figures: toxicity = rows pooled per language, mean of ROC-AUC over languages with at least 30 of each class; softmax heads = mean
over sets of macro-F1 over the classes in the set's gold. Each with a bootstrap interval over rows.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labels import schema
from labels.errors import ConfigError
from train import baseline, calibrate, card, config_file, duplicates, metrics, probes, release, report, sources
from train.config import Config
from train.encode import Encoded, Window
from train.inference import Scorer
from train.normalise import Normaliser
from train.release import Manifest
from train.rows import Floats, Ints, Rows

_log = logging.getLogger(__name__)
Pieces = Sequence[tuple[Encoded, Window]]
_LEAST = 30
"""Rows of each class that a language must have to enter the headline."""
_RESAMPLES = 200
LAST = "last-metrics.json"
"""In the run's folder: the figures of the release that `train.export` replaced."""
_FLAGGED = {"*": 0.5}
"""Where the default policy sends a comment to review: what fairness is measured at."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Probabilities (rows, 17) for the dev rows, by whom."""

    name: str
    probabilities: Floats


def run(config: Config, model: Path | None = None, *, with_baseline: bool = True, others: Sequence[Path] = ()) -> dict[str, Any]:
    """All figures of a release (default: the one that the configuration writes); saved as metrics.json in the run and the release, whose
    card is written anew. A release of another configuration stays as it is: its figures, sets and card are those of that one.

    `others`: runs of the same configuration with other seeds, each exported to `release` in its folder. Raises ConfigError where they are
    something else.
    """
    folder = model or Path(config.release)
    scorer = Scorer.load(folder)
    own = scorer.manifest.config == config.fingerprint()
    _check_seeds(config, scorer.manifest, others)
    dev = dev_rows(config)
    logits = dev_logits(Path(config.run), scorer, dev)
    # Each half of the rows is calibrated on the other: a figure on the rows that it was fitted on would flatter it.
    ours = Answers(scorer.model, calibrate.cross_fitted(logits, dev.labels, dev.langs, config.seed))
    theirs = Answers("tf-idf + logistic regression", baseline_answers(config, dev)) if with_baseline else None
    found = figures(ours, theirs, dev, config.seed) | {
        "aims": aims(ours, dev, config.seed),
        "attacks": probes.attacks(scorer, dev, config.seed),
        "fairness": probes.fairness(scorer, _FLAGGED),
        "context": probes.context(scorer, dev),
        "spans": probes.spans(scorer, dev),
        "precision_loss": dict(scorer.manifest.loss),
        "seeds": seeds(ours, [_of_run(folder, dev, config) for folder in others], dev) if others else None,
    }
    _beside_the_last(found, Path(config.run) / LAST)
    report.write(Path(config.run) / "evaluation.html", found, ours.probabilities, theirs.probabilities if theirs else None, dev)
    for place in {Path(config.run), folder} if own else {Path(config.run)}:
        place.mkdir(parents=True, exist_ok=True)
        (place / "metrics.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if own:
        card.write(folder, config, scorer.manifest)
    else:
        made = f"made by configuration {scorer.manifest.config}, this one is {config.fingerprint()}"
        _log.warning("%s: %s; its card and metrics.json stay as they are, the figures are in %s", folder, made, config.run)
    return found


def dev_rows(config: Config) -> Rows:
    """All dev rows of the configured sets."""
    return sources.read(sources.declared(config.data), "dev")


def dev_logits(folder: Path, scorer: Scorer, dev: Rows) -> Floats:
    """Raw logits of the release for all dev rows; kept in the run's folder, so that they are computed once."""
    path = folder / f"dev-{scorer.model}.npy"
    if path.exists() and len(kept := np.load(path)) == len(dev):
        return np.asarray(kept, np.float32)
    logits = first_logits(scorer, dev)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(path, logits)
    return logits


def first_logits(scorer: Scorer, rows: Rows, size: int = 4096) -> Floats:
    """Raw logits of the first window of each row, a part at a time so that the evidence of all need not be held."""

    def voices(part: Rows, pieces: Pieces) -> Floats:
        return scorer.voices(pieces, scorer.seen([window for _, window in pieces]), part.langs.tolist())

    return _by_parts(scorer, rows, size, voices)


def first_features(scorer: Scorer, rows: Rows, size: int = 4096) -> Floats:
    """What heads of languages read of the first window of each row."""
    return _by_parts(scorer, rows, size, lambda _, pieces: scorer.features(pieces))


def _by_parts(scorer: Scorer, rows: Rows, size: int, of: Callable[[Rows, Pieces], Floats]) -> Floats:
    parts = []
    for begin in range(0, len(rows), size):
        part = rows.take(np.arange(begin, min(begin + size, len(rows))))
        encoded = scorer.encoder.encode(part.texts, part.contexts)
        parts.append(of(part, [(item, item.windows[0]) for item in encoded]))
        _log.info("scored %d of %d", begin + len(part), len(rows))
    return np.concatenate(parts)


def baseline_answers(config: Config, dev: Rows) -> Floats:
    """The baseline's probabilities, fitted on all rows that the run may draw from; kept in the run's folder."""
    key = hashlib.sha256(json.dumps(dataclasses.asdict(config.data), sort_keys=True).encode()).hexdigest()[:12]
    path = Path(config.run) / f"baseline-{key}.npy"
    if path.exists() and len(kept := np.load(path)) == len(dev):
        return np.asarray(kept, np.float32)
    everything = duplicates.apart_from(sources.read(sources.declared(config.data), "train"), dev.texts)
    found = baseline.predict(everything, dev, Normaliser(), config.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, found)
    return found


def figures(ours: Answers, theirs: Answers | None, dev: Rows, seed: int) -> dict[str, Any]:
    """Everything that is reported, as plain JSON."""
    return {
        "model": ours.name,
        "baseline": theirs.name if theirs else None,
        "dev_rows": len(dev),
        "headline": {head.name: _headline(head, ours, theirs, dev, seed) for head in schema.HEADS if dev.labels[head.name].judged.any()},
        "heads": {head.name: _head(head, ours, theirs, dev) for head in schema.HEADS if dev.labels[head.name].judged.any()},
    }


def aims(ours: Answers, dev: Rows, seed: int) -> list[dict[str, Any]]:
    """The sets of aims.toml that are here, each with our figure; a threshold of a half of the rows is chosen on the other half."""
    found = []
    for head in schema.HEADS:
        label, part = dev.labels[head.name], ours.probabilities[:, schema.SLICES[head.name]]
        for name, aim in card.AIMS.get(head.name, {}).items():
            rows = np.flatnonzero((dev.sets == name) & label.judged)
            if not len(rows):
                continue
            if head.activation is schema.Activation.SIGMOID:
                value = metrics.at_crossed_threshold(label.targets[rows, 0] >= 0.5, part[rows, 0], aim["figure"], seed)
            else:
                keys = dev.langs if aim["figure"] == "macro_f1_by_language" else dev.sets
                value = metrics.mean(metrics.macro_f1_by(keys[rows], label.targets[rows].argmax(axis=1), part[rows]))
            found.append({"head": head.name, "set": name, **aim, "value": round(value or 0.0, 4), "rows": len(rows)})
    return found


def seeds(ours: Answers, others: Sequence[Answers], dev: Rows) -> dict[str, Any]:
    """Headline figures of models that differ in their seed alone: `models` -> names, head -> {values, mean, low, high}."""
    everyone = (ours, *others)
    found: dict[str, Any] = {"models": [answers.name for answers in everyone]}
    for head in schema.HEADS:
        if not dev.labels[head.name].judged.any():
            continue
        measures = [headline_measure(head, answers.probabilities, dev) for answers in everyone]
        values = [value for measure in measures if (value := measure(np.arange(_headline_rows(head, dev)))) is not None]
        if values:
            found[head.name] = _rounded({"mean": float(np.mean(values)), "low": min(values), "high": max(values)}) | {
                "values": [round(value, 4) for value in values]
            }
    return found


def _check_seeds(config: Config, ours: Manifest, others: Sequence[Path]) -> None:
    """Raises ConfigError where a folder is no exported run of this configuration with a seed and a model of its own."""
    seeds, models = {config.seed}, {ours.model}
    if others and ours.config != config.fingerprint():
        raise ConfigError(f"--seed-run: {ours.model} was made by configuration {ours.config}, this one is {config.fingerprint()}")
    for folder in others:
        stored, manifest = config_file.of_run(folder), release.read(folder / "release")
        if dataclasses.replace(stored, seed=config.seed).fingerprint() != ours.config or stored.fingerprint() != manifest.config:
            raise ConfigError(f"--seed-run {folder}: a run or release of another configuration; it may differ in its seed alone")
        if stored.seed in seeds or manifest.model in models:
            raise ConfigError(f"--seed-run {folder}: seed {stored.seed}, {manifest.model}: already among the runs; each needs its own")
        seeds.add(stored.seed)
        models.add(manifest.model)


def _of_run(folder: Path, dev: Rows, config: Config) -> Answers:
    """The cross-fitted answers of a run's release."""
    scorer = Scorer.load(folder / "release")
    logits = dev_logits(folder, scorer, dev)
    return Answers(scorer.model, calibrate.cross_fitted(logits, dev.labels, dev.langs, config.seed))


def _beside_the_last(found: dict[str, Any], path: Path) -> None:
    """The headline of the release that the export replaced, where it was another one; and its seeds, where no others were trained since:
    they name the models they are of."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found["seeds"] = found["seeds"] or before.get("seeds")
    for head, figure in found["headline"].items():
        figure["last"] = before["headline"].get(head, {}).get("ours") if before.get("model") not in (None, found["model"]) else None


def summary(found: dict[str, Any]) -> str:
    """The headline figures as a table for a terminal."""
    lines = [f"{'head':14}{found['model']:>30}{found['baseline'] or '':>32}   figure"]
    for head, figure in found["headline"].items():
        shown = [_shown(figure.get(name)) for name in ("ours", "baseline")]
        lines.append(f"{head:14}{shown[0]:>30}{shown[1]:>32}   {figure['figure']}")
    if found["seeds"]:
        lines.append(f"\n{len(found['seeds']['models'])} seeds, mean and range")
        lines += [f"{head:14}{_spread(found['seeds'][head])}" for head in found["headline"] if head in found["seeds"]]
    return "\n".join(lines)


def _spread(figure: dict[str, float]) -> str:
    return f"{figure['mean']:.3f} ({figure['low']:.3f}..{figure['high']:.3f})"


def _shown(figure: dict[str, float] | None) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}..{figure['high']:.3f})" if figure else ""


def headline_measure(head: schema.Head, probabilities: Floats, dev: Rows) -> Callable[[Ints], float | None]:
    """A function of row numbers (among the rows that the head judged) that gives the head's headline figure."""
    label, part = dev.labels[head.name], probabilities[:, schema.SLICES[head.name]]
    if head.activation is schema.Activation.SIGMOID:
        rows = np.flatnonzero(label.mask[:, 0])
        gold, scores, langs = label.targets[rows, 0] >= 0.5, part[rows, 0], dev.langs[rows]
        return lambda at: metrics.mean(metrics.auc_by_language(gold[at], scores[at], langs[at], _LEAST))
    rows = np.flatnonzero(label.judged)
    classes, among, sets = label.targets[rows].argmax(axis=1), part[rows], dev.sets[rows]
    return lambda at: metrics.mean(metrics.macro_f1_by(sets[at], classes[at], among[at]))


def _headline_rows(head: schema.Head, dev: Rows) -> int:
    """How many rows the headline figure of a head rests on."""
    label = dev.labels[head.name]
    return int(label.mask[:, 0].sum() if head.activation is schema.Activation.SIGMOID else label.judged.sum())


def _headline(head: schema.Head, ours: Answers, theirs: Answers | None, dev: Rows, seed: int) -> dict[str, Any]:
    sigmoid, rows = head.activation is schema.Activation.SIGMOID, _headline_rows(head, dev)
    measure = headline_measure(head, ours.probabilities, dev)
    found: dict[str, Any] = {
        "figure": "mean over languages of ROC-AUC" if sigmoid else "mean over sets of macro-F1",
        "ours": _json(metrics.interval(measure, rows, np.random.default_rng(seed), _RESAMPLES)),
    }
    if theirs:
        other = headline_measure(head, theirs.probabilities, dev)
        found["baseline"] = _json(metrics.interval(other, rows, np.random.default_rng(seed), _RESAMPLES))
        found["difference"] = _json(metrics.difference(measure, other, rows, np.random.default_rng(seed), _RESAMPLES))
    return found


def _head(head: schema.Head, ours: Answers, theirs: Answers | None, dev: Rows) -> dict[str, Any]:
    each = _sigmoid if head.activation is schema.Activation.SIGMOID else _softmax
    return {answers.name: each(head, answers.probabilities, dev) for answers in (ours, theirs) if answers}


def _sigmoid(head: schema.Head, probabilities: Floats, dev: Rows) -> dict[str, Any]:
    """Each output pooled; `toxicity` also by language and by set."""
    label = dev.labels[head.name]
    found: dict[str, Any] = {"outputs": {}}
    for column, name in enumerate(head.names):
        scores = probabilities[:, schema.SLICES[head.name]][:, column]
        judged = np.flatnonzero(label.mask[:, column])
        found["outputs"][name] = _ranking(label.targets[judged, column], scores[judged])
        if column == 0:
            for kind, keys in (("by_language", dev.langs), ("by_set", dev.sets)):
                groups = {str(key): judged[keys[judged] == key] for key in np.unique(keys[judged])}
                found[kind] = {key: _ranking(label.targets[rows, 0], scores[rows]) for key, rows in groups.items()}
    return found


def _ranking(targets: Floats, scores: Floats) -> dict[str, Any]:
    gold = targets >= 0.5
    return _rounded(
        {
            "rows": len(gold),
            "positives": int(gold.sum()),
            "roc_auc": metrics.roc_auc(gold, scores),
            "average_precision": metrics.average_precision(gold, scores),
            "macro_f1": metrics.macro_f1(gold.astype(int), (scores >= 0.5).astype(int)),
            "macro_f1_best_threshold": _best(gold, scores),
            "calibration_error": metrics.calibration_error(targets, scores),
        }
    )


def _best(gold: np.ndarray, scores: Floats) -> float | None:
    threshold = metrics.best_threshold(gold, scores)
    return None if threshold is None else metrics.macro_f1(gold.astype(int), (scores >= threshold).astype(int))


def _softmax(head: schema.Head, probabilities: Floats, dev: Rows) -> dict[str, Any]:
    label = dev.labels[head.name]
    judged = np.flatnonzero(label.judged)
    part = probabilities[:, schema.SLICES[head.name]]
    groups = {"all": {"all": judged}} | {
        kind: {str(key): judged[keys[judged] == key] for key in np.unique(keys[judged])}
        for kind, keys in (("by_language", dev.langs), ("by_set", dev.sets))
    }
    found = {
        kind: {key: _classes(label.targets[rows], label.mask[rows], part[rows]) for key, rows in places.items()}
        for kind, places in groups.items()
    }
    return {"pooled": found.pop("all")["all"], **found}


def _classes(targets: Floats, known: np.ndarray, probabilities: Floats) -> dict[str, Any]:
    """`known` (rows, classes): what a row's set could have said; the answer and its confidence are among those."""
    gold = targets.argmax(axis=1)
    among = np.where(known, probabilities, 0)
    among = among / np.maximum(among.sum(axis=1, keepdims=True), 1e-9)
    predicted = among.argmax(axis=1)
    return _rounded(
        {
            "rows": len(gold),
            "classes": len(np.unique(gold)),
            "macro_f1": metrics.macro_f1(gold, predicted),
            "accuracy": metrics.accuracy(gold, predicted),
            "calibration_error": metrics.top_calibration_error(gold, among),
        }
    )


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}


def _json(figure: metrics.Figure | None) -> dict[str, float | int] | None:
    return figure.to_json() if figure else None
