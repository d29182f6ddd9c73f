"""A document on its way to an Article: its text, and what is known of it beside; and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from labels.thread import Article, Notice


@dataclass(frozen=True, slots=True)
class Document:
    text: str
    """Decoded; line ends are "\\n"."""
    id: str = ""
    url: str | None = None
    lang: str | None = None
    """ISO 639-1, told from the text; None without evidence."""
    now: datetime | None = None
    """Reference for relative times; None: the moment that an HTML page tells of itself, else they have no value."""
    warnings: tuple[Notice, ...] = ()
    """What was odd so far."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An Article, and for each of its comments where in the document it was found: an XPath, a path in JSON, a line."""

    article: Article
    places: tuple[str, ...]
