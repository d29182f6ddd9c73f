"""The thread report: pages with their scores in, one self-contained HTML page out that a person reads.

Nothing is fetched: style and script stand inside the page and a content security policy forbids the rest. Without JavaScript only the
filters are missing. A score is shown as a likelihood in words and per cent, never as a verdict.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from labels.scores import Scored
from labels.thread import Article
from serve.report import charts, summary, view, words

__all__ = ["page"]


def page(pages: Sequence[tuple[Article, Sequence[Scored]]], *, model: str, notice: str) -> str:
    """The report as one HTML document.

    A score belongs to the comment of the same id; a comment without one is shown as not scored. `model` is `NAME@HASH`, `notice` what
    the model may be used for; both stand in the footer. Raises ValueError where there is no page.
    """
    if not pages:
        raise ValueError("a report needs at least one page")
    views = [view.article(number, article, scored) for number, (article, scored) in enumerate(pages, start=1)]
    style, script = _static("report.css"), _static("report.js")
    template = _environment().get_template("report.html.j2")
    html = template.render(
        pages=views,
        figures=summary.figures([comment for one in views for comment in one.comments]),
        model=model,
        notice=notice,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'",
    )
    return html.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair could not be written to a file


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("serve.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.globals.update(charts=charts, percent=words.percent, figures_of=summary.figures, first_looks=summary.first_looks)
    return found


@cache
def _static(name: str) -> Markup:
    return Markup(files("serve.report").joinpath("static", name).read_text(encoding="utf-8"))  # noqa: S704  # our own file


def _digest(text: str) -> str:
    """The source expression that allows exactly this inline text (CSP level 2)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
