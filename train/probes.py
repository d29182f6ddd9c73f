"""Questions asked of a release beside its dev figures: does it stand evasion, is it fair, does context help, do its spans hit.

Each probe gives plain figures as JSON, no texts. They need the released model alone, and run in minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labels import functional
from labels.scores import Context, ScoreInput
from train import metrics
from train.attacks import ATTACKS
from train.inference import Scorer
from train.rows import Bools, Floats, Ints, Rows

_ATTACK_ROWS = 120
"""Dev rows of a language, half of them toxic, on which attacks are tried."""
_ATTACK_LEAST = 40
"""Rows of either class that a language must have for that."""
_ATTACK_TOUCHED = 0.25
"""Share of a language's rows that an attack must change; below it does not speak of the language."""
_HALVES = 0
"""Seed of the halves of a set whose thresholds are chosen on each other: the same with context and without."""
CONTEXT_SETS = ("context_toxicity", "ro_news_offense", "detoxis2021", "victsd", "fox_news_comments", "korean_beep")
SPAN_SETS = ("civil_toxic_spans", "vihsd", "hatebr")


def attacks(scorer: Scorer, dev: Rows, seed: int) -> dict[str, Any]:
    """For each attack: its meaning, and per language the rows, the share touched, toxicity macro-F1 before and after, and the loss.

    An attack is tried on every row of a language and all of them count, also those in which it finds no letter to change; languages of
    which it touches less than a quarter are left out. The threshold is the one with the best macro-F1 on the unharmed rows of the language,
    the same for both.
    """
    rng = np.random.default_rng(seed)
    picked = dev.take(_balanced(dev, rng))
    gold = picked.labels["toxicity"].targets[:, 0] >= 0.5
    clean = toxicity(scorer, picked)
    found: dict[str, Any] = {}
    for name, attack in ATTACKS.items():
        texts = [attack.apply(text, str(lang), rng) for text, lang in zip(picked.texts, picked.langs, strict=True)]
        touched = np.array([text != other for text, other in zip(texts, picked.texts, strict=True)])
        rows = np.flatnonzero(touched)
        if not len(rows):
            continue
        after = clean.copy()
        after[rows] = toxicity(scorer, replace(picked, texts=texts).take(rows))
        found[name] = {"meaning": attack.meaning, "languages": _losses(picked.langs, gold, touched, clean, after)}
    return found


def _balanced(dev: Rows, rng: np.random.Generator) -> Ints:
    label = dev.labels["toxicity"]
    chosen = []
    for lang in np.unique(dev.langs):
        here = label.mask[:, 0] & (dev.langs == lang)
        parts = [np.flatnonzero(here & (label.targets[:, 0] >= 0.5)), np.flatnonzero(here & (label.targets[:, 0] < 0.5))]
        if min(map(len, parts)) >= _ATTACK_LEAST:
            chosen += [rng.permutation(part)[: _ATTACK_ROWS // 2] for part in parts]
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)


def _losses(langs: np.ndarray, gold: Bools, touched: Bools, clean: Floats, after: Floats) -> dict[str, Any]:
    found = {}
    for lang in np.unique(langs):
        here = langs == lang
        share = float(touched[here].mean())
        if share < _ATTACK_TOUCHED:
            continue
        threshold = metrics.best_threshold(gold[here], clean[here])
        if threshold is None:
            continue
        before, then = (metrics.macro_f1(gold[here].astype(int), (part[here] >= threshold).astype(int)) or 0.0 for part in (clean, after))
        figures = {"touched": share, "before": before, "after": then, "loss": before - then}
        found[str(lang)] = {"rows": int(here.sum())} | {name: round(value, 4) for name, value in figures.items()}
    return found


def fairness(scorer: Scorer, threshold: Mapping[str, float]) -> dict[str, Any]:
    """`error_rates` of a release on the measuring half of our functional cases."""
    cases = list(functional.cases("measure"))
    scored = scorer.score([ScoreInput(case.id, case.text, case.lang) for case in cases])
    return error_rates(cases, np.array([one.scores["toxicity"]["toxicity"] for one in scored]), threshold)


def error_rates(cases: Sequence[functional.Case], probability: Floats, threshold: Mapping[str, float]) -> dict[str, Any]:
    """False-positive and false-negative rates per category, language, both, and group; whether a group is flagged wrongly far more often.

    `threshold`: language -> probability from which a comment counts as flagged; "*" for the others.
    """
    gold = np.array([case.labels["toxicity"] >= 0.5 for case in cases])
    flagged = probability >= np.array([threshold.get(case.lang, threshold["*"]) for case in cases])

    def by(keys: Sequence[str | None], among: Bools) -> dict[str, Any]:
        places = {key: among & np.array([other == key for other in keys]) for key in sorted(set(filter(None, keys)))}
        return {key: _rates(gold[at], flagged[at]) for key, at in places.items() if at.any()}

    everywhere = np.ones(len(cases), np.bool_)
    langs, categories = [case.lang for case in cases], [case.category for case in cases]
    groups = by([case.group for case in cases], everywhere)
    rates = [each["false_positive_rate"] for each in groups.values() if each["harmless"]]
    mean = float(np.mean(rates)) if rates else 0.0
    return {
        "cases": len(cases),
        "all": _rates(gold, flagged),
        "roc_auc": _round(metrics.roc_auc(gold, probability)),
        "by_category": by(categories, everywhere),
        "by_language": by(langs, everywhere),
        "by_language_and_category": {lang: by(categories, np.array(langs) == lang) for lang in sorted(set(langs))},
        "by_group": groups,
        "worst_group_over_mean": round(max(rates) / mean, 3) if mean else None,
        "no_group_above_twice_the_mean": max(rates, default=0.0) <= 2 * mean,
    }


def _rates(gold: Bools, flagged: Bools) -> dict[str, Any]:
    return {
        "harmless": int((~gold).sum()),
        "false_positive_rate": _round(float(flagged[~gold].mean()) if (~gold).any() else None),
        "toxic": int(gold.sum()),
        "false_negative_rate": _round(float((~flagged[gold]).mean()) if gold.any() else None),
    }


def context(scorer: Scorer, dev: Rows) -> dict[str, Any]:
    """Toxicity of sets that have a title or a parent, scored with it and without: ROC-AUC, and macro-F1 with each half of a set
    flagged from the best threshold of the other half on; None for a set of one class."""
    found = {}
    for name in CONTEXT_SETS:
        rows = dev.take(np.flatnonzero((dev.sets == name) & dev.labels["toxicity"].mask[:, 0]))
        if not len(rows):
            continue
        gold = rows.labels["toxicity"].targets[:, 0] >= 0.5
        both = {"with": toxicity(scorer, rows), "without": toxicity(scorer, replace(rows, contexts=[Context()] * len(rows)))}
        found[name] = {"rows": len(rows)} | {
            which: {kind: _round(metrics.at_crossed_threshold(gold, scores, kind, _HALVES)) for kind in ("roc_auc", "macro_f1")}
            for which, scores in both.items()
        }
    return found


def spans(scorer: Scorer, rows: Rows) -> dict[str, Any]:
    """Mean character-F1 of the model's spans against people's, per set (SemEval 2021 task 5: both empty is 1, one empty is 0)."""
    found = {}
    for name in SPAN_SETS:
        at = [row for row in np.flatnonzero(rows.sets == name).tolist() if rows.spans[row] is not None]
        if not at:
            continue
        part = rows.take(np.array(at, np.int64))
        items = scorer.score(_inputs(part), explain=True)
        each = [
            character_f1([(span.begin, span.end) for span in one.spans or ()], marks or ())
            for one, marks in zip(items, part.spans, strict=True)
        ]
        found[name] = {"rows": len(at), "character_f1": round(float(np.mean(each)), 4)}
    return found


def character_f1(predicted: Sequence[tuple[int, int]], gold: Sequence[tuple[int, int]]) -> float:
    """F1 over the characters that two lists of half-open ranges cover."""
    ours, theirs = ({at for begin, end in ranges for at in range(begin, end)} for ranges in (predicted, gold))
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


def toxicity(scorer: Scorer, rows: Rows) -> Floats:
    """(rows,): calibrated toxicity, as the release answers."""
    items = scorer.score(_inputs(rows))
    return np.array([one.scores["toxicity"]["toxicity"] if one.scored else 0.0 for one in items], np.float32)


def _inputs(rows: Rows) -> list[ScoreInput]:
    return [
        ScoreInput(number, text, str(lang), context)
        for number, (text, lang, context) in enumerate(zip(rows.texts, rows.langs, rows.contexts, strict=True))
    ]


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
