"""Charts as inline SVG. Colours are classes of report.css, so that light, dark and print need no second drawing.

Sizes are in units of the view box, about one pixel each on a screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from babel.dates import format_datetime
from markupsafe import Markup

from serve.report.view import CommentView
from serve.report.words import LIKELY, POSSIBLY, TABLE, Bar

_WIDTH, _HEIGHT = 320, 132
_BINS = 10
_FEWEST_TIMES = 4
"""A line through fewer points says nothing."""
_WINDOW = 5
"""Comments of the moving mean of the tone."""

_ORDER = ("against", "deny", "negative", "neutral", "comment", "query", "favor", "support", "positive")
"""From left to right in a bar of several outputs: the objecting ones first."""
_SVG = Markup('<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{id}-t"><title id="{id}-t">{title}</title>{body}</svg>')


def toxicity(comments: Sequence[CommentView], anchor: str) -> Markup:
    """A histogram of the probability of toxicity in ten steps; empty where nothing was scored."""
    found = [one.toxicity for one in comments if one.toxicity is not None]
    if not found:
        return Markup()
    counts = Counter(min(int(score * _BINS), _BINS - 1) for score in found)
    body = Markup().join(_column(step, counts[step], max(counts.values())) for step in range(_BINS))
    for x, text, anchor_at in ((0, "0 %", "start"), (_WIDTH / 2, "50 %", "middle"), (_WIDTH, "100 %", "end")):
        body += label(x, _HEIGHT - 2, text, anchor_at)
    steps = ", ".join(f"{10 * step}–{10 * step + 10} %: {counts[step]}" for step in range(_BINS) if counts[step])
    return drawing(f"{anchor}-toxicity", f"Comments by likelihood of toxicity. {steps}", body)


def balance(comments: Sequence[CommentView], head: str, anchor: str) -> Markup:
    """One bar split by the likeliest output of a head, with the counts under it; empty where the head never applies."""
    order = sorted(TABLE["names"][head], key=_ORDER.index)
    asked = [one for one in comments if any(view.name == head for view in one.heads)]
    if not asked:
        return Markup()
    counts = Counter(one.answer(head) or "undecided" for one in asked)
    names = {**TABLE["names"][head], "undecided": "undecided"}
    body, x = Markup(), 0.0
    for name in (*order, "undecided"):
        width = _WIDTH * counts[name] / len(asked)
        shape = Markup('<rect class="f-{}" x="{:.1f}" y="8" width="{:.1f}" height="30"/>')
        body += shape.format(f"{head}-{name}", x, max(0.0, width - 1.5))
        x += width
    for row, name in enumerate((*order, "undecided")):
        x, y = (row % 2) * _WIDTH / 2, 66 + (row // 2) * 26
        body += Markup('<rect class="f-{}" x="{}" y="{}" width="11" height="11" rx="3"/>').format(f"{head}-{name}", x, y - 10)
        body += label(x + 18, y, f"{names[name]} {counts[name]}", "start", "legend")
    said = ", ".join(f"{names[name]}: {counts[name]}" for name in (*order, "undecided"))
    return drawing(f"{anchor}-{head}", f"Likeliest answer per comment. {said}", body, height=100)


def tone(comments: Sequence[CommentView], anchor: str) -> Markup:
    """The tone of each comment over time, positive above the line, with a moving mean; empty where too few times are known."""
    points = sorted((one.written.moment, lean) for one in comments if one.written and (lean := _lean(one)) is not None)
    if len(points) < _FEWEST_TIMES or points[0][0] == points[-1][0]:
        return Markup()
    placed = [(_across(moment, points[0][0], points[-1][0]), 56 - 46 * lean) for moment, lean in points]
    body = Markup('<line class="axis" x1="0" x2="{}" y1="56" y2="56"/>').format(_WIDTH)
    for x, y in placed:
        kind = "positive" if y < 56 else "negative"
        body += Markup('<circle class="f-sentiment-{}" cx="{:.1f}" cy="{:.1f}" r="3.6"/>').format(kind, x, y)
    body += Markup('<polyline class="mean" points="{}"/>').format(" ".join(f"{x:.1f},{y:.1f}" for x, y in _smooth(placed)))
    body += label(0, 10, "positive", "start") + label(0, 112, "negative", "start")
    body += label(0, _HEIGHT - 2, _moment(points[0][0]), "start") + label(_WIDTH, _HEIGHT - 2, _moment(points[-1][0]), "end")
    return drawing(
        f"{anchor}-tone",
        f"Tone of {len(points)} comments and its moving mean, from {_moment(points[0][0])} to {_moment(points[-1][0])}",
        body,
    )


def bar(score: float, kind: str) -> Markup:
    """A probability as a bar; the number stands beside it in the page, so readers aloud skip the drawing."""
    return Markup(
        '<svg class="bar" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="3"/>'
        '<rect class="f-{}" width="{:.1f}%" height="100%" rx="3"/></svg>'
    ).format(kind, 100 * score)


def split(bars: Sequence[Bar], head: str) -> Markup:
    """Outputs that exclude each other as one bar; against and negative stand left."""
    body, x = Markup(), 0.0
    for one in sorted(bars, key=lambda one: _ORDER.index(one.output)):
        body += Markup('<rect class="f-{}" x="{:.1f}%" width="{:.1f}%" height="100%"/>').format(f"{head}-{one.output}", x, 100 * one.score)
        x += 100 * one.score
    return Markup('<svg class="bar" aria-hidden="true">{}</svg>').format(body)


def heat(score: float) -> str:
    """The colour class of a likelihood of toxicity: calm, warm from `possibly` on, hot from `likely` on."""
    return "heat-2" if score >= LIKELY else "heat-1" if score >= POSSIBLY else "heat-0"


def _column(step: int, count: int, most: int) -> Markup:
    width, tall = _WIDTH / _BINS, 92 * count / most
    shape = Markup('<rect class="f-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>').format(
        heat((step + 0.5) / _BINS), step * width + 2, 112 - max(tall, 1.5), width - 4, max(tall, 1.5)
    )
    return shape + (label(step * width + width / 2, 107 - tall, str(count), "middle") if count else Markup())


def _lean(one: CommentView) -> float | None:
    """Positive minus negative, -1..1."""
    good, bad = one.score("sentiment", "positive"), one.score("sentiment", "negative")
    return good - bad if good is not None and bad is not None else None


def _smooth(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The mean of the neighbours, fewer at both ends."""
    found = []
    for at, (x, _) in enumerate(points):
        near = [y for _, y in points[max(0, at - _WINDOW // 2) : at + _WINDOW // 2 + 1]]
        found.append((x, sum(near) / len(near)))
    return found


def _across(moment: datetime, first: datetime, last: datetime) -> float:
    part: float = (moment - first) / (last - first)
    return 5 + (_WIDTH - 10) * part


def _moment(moment: datetime) -> str:
    return str(format_datetime(moment, "d MMM, HH:mm", locale="en"))


def label(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> Markup:
    """Words in a drawing. `anchor`: start, middle or end of them stands at x."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, text)


def drawing(anchor: str, title: str, body: Markup, height: int = _HEIGHT, width: int = _WIDTH) -> Markup:
    """The SVG around a chart. `title` is what readers aloud say; `anchor` makes its id unique on the page."""
    return _SVG.format(w=width, h=height, id=anchor, title=title, body=body)
