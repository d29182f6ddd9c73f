"""What is learnt from a page of plain text: where a comment keeps its author and its words (`Layout`), the comments as lines (`Record`),
and the whole (`Thread`)."""

from __future__ import annotations

from dataclasses import dataclass

from seeds.dates import Stamp
from seeds.marks import Mark

MOST = 0.7
"""Share of the comments of a page that shows how it writes them."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where author and body of a record stand, seen from the line of its time."""

    name: str
    author: str
    """inline | before | top | after | first | last | none: on the line of the time; before it, so many lines (`back`) or first behind the
    buttons of the comment before; after it; first or last line of the side of the body."""
    body: str
    """before | after the time."""
    back: int = 1
    """Lines between author and time, the author's included (`before` only): a member's rank may stand there."""


INLINE = (Layout("inline_head", "inline", "after"), Layout("inline_foot", "inline", "before"))
LINES = (
    *(Layout(f"author_line_{back}", "before", "after", back) for back in (1, 2, 3)),
    Layout("author_top", "top", "after"),
    Layout("author_first", "first", "before"),
    Layout("author_below", "after", "before"),
    Layout("author_after", "after", "after"),
    Layout("signature", "last", "before"),
)
TITLED = Layout("author_after_title", "after", "after")
"""On the line of the time stands a title that the comment was given."""
NAMELESS = Layout("nameless", "none", "after")


@dataclass(frozen=True, slots=True)
class Record:
    """A comment as lines of the page."""

    stamp: Stamp | None
    author: str | None
    number: int | None
    body: tuple[str, ...]
    mark: Mark | None = None
    replied_by: tuple[str, ...] = ()
    said: bool = False
    """The author's line says so ("X says:")."""
    line: int = 0
    """Where it stands: the line of its time."""
    name: str | None = None
    """The author's line as it stands, should the words around the name be part of it."""


@dataclass(frozen=True, slots=True)
class Thread:
    begin: int
    """First line of the section (its heading, if it has one)."""
    end: int
    layout: Layout
    records: tuple[Record, ...]
    score: float = 0.0
