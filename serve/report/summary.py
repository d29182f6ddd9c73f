"""Figures over the comments of a page or of all pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serve.report.view import CommentView
from serve.report.words import LIKELY

_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Figures:
    comments: int
    answers: int
    authors: int
    scored: int
    likely_toxic: int

    @property
    def share(self) -> float:
        """Likely toxic ones among those that were scored, 0..1."""
        return self.likely_toxic / self.scored if self.scored else 0.0


def figures(comments: Sequence[CommentView]) -> Figures:
    return Figures(
        comments=len(comments),
        answers=sum(one.comment.reply_to is not None for one in comments),
        authors=len({one.comment.author for one in comments} - {None}),
        scored=sum(one.unscored is None for one in comments),
        likely_toxic=sum((one.toxicity or 0.0) >= LIKELY for one in comments),
    )


def first_looks(comments: Sequence[CommentView]) -> list[CommentView]:
    """The comments that a moderator may want to read first: likely toxic, the likeliest leading."""
    likely = [one for one in comments if (one.toxicity or 0.0) >= LIKELY]
    return sorted(likely, key=lambda one: -(one.toxicity or 0.0))[:_LOOKS]
