"""Charts of an evaluation as inline SVG: a few KB each, no script, readable aloud by their title; colours are classes of the page's style.

Sizes are in units of the view box, about one pixel each on a screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from train.metrics import Bools, Values

_SIDE = 220
_ROW = 18
_WIDTH = 440
_LABEL = 160
_SVG = Markup('<svg class="chart" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img"><title>{title}</title>{body}</svg>')


def reliability(gold: Values, probabilities: Values, title: str, bins: int = 10) -> Markup:
    """What was said against what came true, in bins of equal mass; on the diagonal is honest."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    points = [(float(probabilities[part].mean()), float(gold[part].mean())) for part in parts]
    return _square([points], title, diagonal=True, dots=True)


def precision_recall(groups: Mapping[str, tuple[Bools, Values]], title: str) -> Markup:
    """Precision over recall, one line a group (ours first)."""
    return _square([_steps(gold, scores) for gold, scores in groups.values()], f"{title}: {', '.join(groups)}")


def _steps(gold: Bools, scores: Values, points: int = 60) -> list[tuple[float, float]]:
    if not gold.any():
        return []
    hits = np.cumsum(gold[np.argsort(-scores, kind="stable")])
    at = np.unique(np.linspace(max(len(gold) // 200, 1), len(gold), points).astype(int)) - 1
    return [(float(hits[row] / hits[-1]), float(hits[row] / (row + 1))) for row in at.tolist()]


def bars(values: Sequence[tuple[str, float, float | None]], title: str) -> Markup:
    """A bar a row from 0 to 1: (name, ours, other or None); the other is a tick, and the value stands right of both."""
    body = Markup()
    room = _WIDTH - _LABEL - 44
    for row, (name, ours, other) in enumerate(values):
        y = row * _ROW
        length, tick = room * ours, room * (ours if other is None else other)
        body += Markup('<text class="name" x="{}" y="{}" text-anchor="end">{}</text>').format(_LABEL - 6, y + 13, name)
        body += Markup('<rect class="ours" x="{}" y="{}" width="{:.1f}" height="12" rx="2"/>').format(_LABEL, y + 3, length)
        body += Markup('<text class="value" x="{:.1f}" y="{}">{:.3f}</text>').format(_LABEL + max(length, tick) + 4, y + 13, ours)
        if other is not None:
            body += Markup('<line class="other" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>').format(_LABEL + tick, y + 1, y + 17)
    return _SVG.format(w=_WIDTH, h=max(len(values), 1) * _ROW, title=title, body=body)


def _square(lines: Sequence[Sequence[tuple[float, float]]], title: str, *, diagonal: bool = False, dots: bool = False) -> Markup:
    """Lines in the unit square, the first drawn as ours."""
    body = Markup('<rect class="frame" x="0.5" y="0.5" width="{0}" height="{0}"/>').format(_SIDE - 1)
    if diagonal:
        body += Markup('<line class="axis" x1="0" y1="{0}" x2="{0}" y2="0"/>').format(_SIDE)
    for number, line in enumerate(lines):
        placed = [(x * _SIDE, (1 - y) * _SIDE) for x, y in line]
        kind = "ours" if number == 0 else "other"
        body += Markup('<polyline class="{}" points="{}"/>').format(kind, " ".join(f"{x:.1f},{y:.1f}" for x, y in placed))
        if dots:
            body += Markup().join(Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(kind, x, y) for x, y in placed)
    return _SVG.format(w=_SIDE, h=_SIDE, title=title, body=body)
