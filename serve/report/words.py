"""Probabilities in words; the table is words.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from labels import schema
from labels.scores import Scored

TABLE: Mapping[str, Any] = tomllib.loads(files("serve.report").joinpath("words.toml").read_text(encoding="utf-8"))
POSSIBLY, LIKELY = (next(row["from"] for row in TABLE["likely"] if row["word"] == word) for word in ("possibly", "likely"))
"""Likelihoods of toxicity, 0..1: from the first a comment is coloured, from the second it counts as likely toxic in the figures."""
_CHIPS = 3
"""Outputs of toxicity that are said in words; the bars show them all."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One output's probability, 0..1."""

    output: str
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class HeadView:
    """One head of one comment, its outputs in the schema's order."""

    name: str
    title: str
    exclusive: bool
    """Whether the outputs exclude each other and sum to 1."""
    bars: tuple[Bar, ...]
    low: bool
    """Whether the scores rest on few or no labelled rows of this language."""

    @property
    def top(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.score)


@dataclass(frozen=True, slots=True)
class Reason:
    """What a score says, as a likelihood: `likely toxic`, 0.87."""

    head: str
    output: str
    """Empty where the head is undecided."""
    text: str
    score: float
    low: bool


def heads(scored: Scored) -> tuple[HeadView, ...]:
    """The heads that were answered, in the schema's order."""
    found = []
    for head in schema.HEADS:
        given = scored.scores.get(head.name, {})
        bars = tuple(Bar(name, TABLE["names"][head.name][name], given[name]) for name in head.names if name in given)
        if bars:
            exclusive = head.activation is schema.Activation.SOFTMAX
            found.append(HeadView(head.name, TABLE["heads"][head.name], exclusive, bars, _is_low(scored, head.name)))
    return tuple(found)


def reasons(scored: Scored) -> tuple[Reason, ...]:
    """Toxicity first, its strongest output leading, then what the other heads say, the surest first."""
    toxic, others = [], []
    for head in heads(scored):
        if head.exclusive:
            others.append(_leaning(head, scored))
        else:
            toxic = [_likely(head.name, bar, scored) for bar in head.bars if _word("likely", bar.score)]
    strongest = sorted(toxic, key=lambda reason: -reason.score)[:_CHIPS]
    return (*strongest, *sorted(others, key=lambda reason: -reason.score))


def unscored(scored: Scored | None) -> str | None:
    """Why there are no scores, in words; None where there are."""
    if scored is not None and scored.scores:
        return None
    return str(TABLE["unscored"][scored.reason if scored is not None and scored.reason else "missing"])


def percent(score: float) -> str:
    """`87 %` with a space that does not break; the ends are kept for what is certain, which no model is."""
    return f"{min(99, max(1, round(100 * score)))}\N{NO-BREAK SPACE}%"


def _likely(head: str, bar: Bar, scored: Scored) -> Reason:
    text = f"{_word('likely', bar.score)} {TABLE['phrases'][head][bar.output]}"
    return Reason(head, bar.output, text, bar.score, _is_low(scored, head, bar.output))


def _leaning(head: HeadView, scored: Scored) -> Reason:
    top = head.top
    word = _word("leaning", top.score)
    text = f"{word} {TABLE['phrases'][head.name][top.output]}" if word else TABLE["undecided"][head.name]
    return Reason(head.name, top.output if word else "", text, top.score, _is_low(scored, head.name, top.output))


def _word(table: str, score: float) -> str | None:
    return next((row["word"] for row in TABLE[table] if score >= row["from"]), None)


def _is_low(scored: Scored, head: str, output: str | None = None) -> bool:
    return head in scored.low_confidence or f"{head}.{output}" in scored.low_confidence
