"""The charts of the insight page as inline SVG, with the report's pen. Colours are classes of insight.css; none says anything alone.

Sizes are in units of the view box, about one pixel each on a screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from serve.report.charts import drawing, label
from serve.review.i18n import Language

_WIDTH, _HEIGHT = 640, 210
_LEFT, _TOP, _BOTTOM = 44, 12, 26
"""Room for the numbers of the axis, and for the days under it."""
_TICKS = 6
"""Days that are written under a chart, at most."""
_STRIP_WIDTH, _STRIP_HEIGHT = 240, 44


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart: `kind` is its class, `values` one a column or point; None: nothing known there."""

    name: str
    kind: str
    values: Sequence[float | None]


def stacked(anchor: str, title: str, series: Sequence[Series], under: Sequence[str], language: Language) -> Markup:
    """Columns of counts, the first series at the bottom."""
    totals = [sum(one.values[at] or 0 for one in series) for at in range(len(under))]
    top = _top(max(totals, default=0))
    body = _grid(top, [language.number(top * part / 4) for part in range(5)]) + _under(under)
    step = (_WIDTH - _LEFT) / max(1, len(under))
    for at in range(len(under)):
        floor = 0.0
        for one in series:
            value = one.values[at] or 0
            tall = _tall(value, top)
            shape = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
            if value:
                body += shape.format(one.kind, _LEFT + at * step + step * 0.12, _base() - floor - tall, step * 0.76, tall)
            floor += tall
    return drawing(anchor, title, body, _HEIGHT, _WIDTH)


def lines(anchor: str, title: str, series: Sequence[Series], under: Sequence[str], language: Language) -> Markup:
    """Shares 0..1 as lines, each with its own dashes; gaps stay gaps."""
    known = [value for one in series for value in one.values if value is not None]
    top = _top(100 * max(known, default=0)) / 100
    body = _grid(top, [language.percent(top * part / 4) for part in range(5)]) + _under(under)
    step = (_WIDTH - _LEFT) / max(1, len(under))
    for one in series:
        for run in _runs(one.values):
            points = [(_LEFT + (at + 0.5) * step, _base() - _tall(value, top)) for at, value in run]
            body += _line(points, one.kind)
    return drawing(anchor, title, body, _HEIGHT, _WIDTH)


def columns(anchor: str, title: str, series: Sequence[Series], under: Sequence[str], language: Language) -> Markup:
    """Columns side by side, one of each series a place."""
    known = [value or 0 for one in series for value in one.values]
    top = _top(max(known, default=0), 1 if all(float(value).is_integer() for value in known) else 0.1)  # nobody waits by halves
    body = _grid(top, [language.number(top * part / 4, 0 if top % 4 == 0 else 1) for part in range(5)]) + _under(under, every=True)
    step = (_WIDTH - _LEFT) / max(1, len(under))
    wide = step * 0.8 / max(1, len(series))
    shape = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    for place, one in enumerate(series):
        for at, value in enumerate(one.values):
            if value:
                tall = max(1.5, _tall(value, top))
                body += shape.format(one.kind, _LEFT + at * step + step * 0.1 + place * wide, _base() - tall, wide * 0.92, tall)
    return drawing(anchor, title, body, _HEIGHT, _WIDTH)


def strip(anchor: str, title: str, steps: Sequence[tuple[int, int, int]]) -> Markup:
    """The stance over the life of an article: against below the line, in favour above; a step's height is its number of comments."""
    most = max((max(against, favor) for against, _, favor in steps), default=0) or 1
    middle, wide = _STRIP_HEIGHT / 2, _STRIP_WIDTH / len(steps)
    body = Markup('<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>').format(_STRIP_WIDTH, middle, middle)
    shape = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    for at, (against, _, favor) in enumerate(steps):
        up, down = (middle - 2) * favor / most, (middle - 2) * against / most
        if favor:
            body += shape.format("f-stance-favor", at * wide + 1, middle - up, wide - 2, up)
        if against:
            body += shape.format("f-stance-against", at * wide + 1, middle, wide - 2, down)
    return drawing(anchor, title, body, _STRIP_HEIGHT, _STRIP_WIDTH)


def _grid(top: float, names: Sequence[str]) -> Markup:
    body = Markup()
    for part, name in enumerate(names):
        y = _base() - _tall(top * part / 4, top)
        body += Markup('<line class="axis" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(_LEFT, _WIDTH, y, y)
        body += label(_LEFT - 6, y + 4, name, "end")
    return body


def _under(names: Sequence[str], *, every: bool = False) -> Markup:
    step = (_WIDTH - _LEFT) / max(1, len(names))
    gap = 1 if every and len(names) <= 12 else math.ceil(len(names) / _TICKS)
    # Counted from the end: the newest day is always named.
    shown = [at for at in range(len(names)) if (len(names) - 1 - at) % gap == 0]
    body = Markup()
    for at in shown:
        x = _LEFT + (at + 0.5) * step
        anchor = "end" if x > _WIDTH - 24 else "middle"
        body += label(min(x, _WIDTH) if anchor == "middle" else _WIDTH, _HEIGHT - 6, names[at], anchor)
    return body


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The stretches without a gap, as (place, value)."""
    runs: list[list[tuple[int, float]]] = []
    for at, value in enumerate(values):
        if value is None:
            continue
        if not runs or runs[-1][-1][0] != at - 1:
            runs.append([])
        runs[-1].append((at, value))
    return runs


def _line(points: Sequence[tuple[float, float]], kind: str) -> Markup:
    if len(points) == 1:
        return Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(kind, *points[0])
    return Markup('<polyline class="line {}" points="{}"/>').format(kind, " ".join(f"{x:.1f},{y:.1f}" for x, y in points))


def _base() -> float:
    return _HEIGHT - _BOTTOM


def _tall(value: float, top: float) -> float:
    return (_HEIGHT - _TOP - _BOTTOM) * value / top


def _top(value: float, least: float = 1) -> float:
    """The next number at which an axis may end: its quarters read well, and are multiples of `least`."""
    quarter = max(value / 4, least)
    scale = 10.0 ** math.floor(math.log10(quarter))
    steps = (step * scale for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10))
    return 4 * next(step for step in steps if step >= quarter - 1e-9 and round(step / least, 6).is_integer())
