"""What goes into the scorer and what comes out of it, as frozen dataclasses with JSON in and out.

>>> Context(title="New park opens").to_json()
{'title': 'New park opens'}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from labels.errors import RowError

MAX_CHARS = 200_000
"""Longest comment that is scored, in characters (code points)."""

Scores = Mapping[str, Mapping[str, float]]
"""Head name -> output name -> calibrated probability 0..1. A head is absent where it does not apply."""


class Unscored(StrEnum):
    """Why a comment has no scores."""

    EMPTY = "empty"
    """Nothing but white space, control and format characters."""
    TOO_LONG = "too_long"
    """More than MAX_CHARS characters."""
    FAILED = "failed"
    """The service's model failed on it; the log says how. A person has to read it."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a comment stands under; each member is None where it is not known."""

    title: str | None = None
    target: str | None = None
    parent: str | None = None
    root: str | None = None

    def to_json(self) -> dict[str, str]:
        return {member.name: value for member in fields(self) if (value := getattr(self, member.name)) is not None}

    @classmethod
    def from_json(cls, value: object) -> Context:
        """Raises RowError for anything but an object of strings or nulls with known names; null is an empty context."""
        if value is None:
            return cls()
        if not isinstance(value, Mapping):
            raise RowError(f'"context" must be an object, got {type(value).__name__}')
        known = [member.name for member in fields(cls)]
        for name, text in value.items():
            if name not in known:
                raise RowError(f'"context" has the unknown member "{name}"; known: {", ".join(known)}')
            if text is not None and not isinstance(text, str):
                raise RowError(f'"context.{name}" must be a string or null, got {type(text).__name__}')
        return cls(**value)


@dataclass(frozen=True, slots=True)
class ScoreInput:
    """One comment to score. `id` comes back unchanged."""

    id: str | int
    text: str
    lang: str | None = None
    """A language code as the caller says; None, or what is no code (`language`): told from the text."""
    context: Context = field(default_factory=Context)

    @classmethod
    def from_json(cls, value: object) -> ScoreInput:
        """Raises RowError that names the member which is missing or of a wrong type."""
        if not isinstance(value, Mapping):
            raise RowError(f"expected a JSON object, got {type(value).__name__}")
        identity, text, lang = value.get("id"), value.get("text"), value.get("lang")
        if isinstance(identity, bool) or not isinstance(identity, str | int):
            raise RowError('"id" must be a string or an integer')
        if not isinstance(text, str):
            raise RowError('"text" must be a string')
        if lang is not None and not isinstance(lang, str):
            raise RowError('"lang" must be a string or null')
        return cls(identity, text, lang, Context.from_json(value.get("context")))


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the original text that carries a score: characters (code points), half-open."""

    begin: int
    end: int
    output: str
    score: float

    def to_json(self) -> dict[str, Any]:
        return {"begin": self.begin, "end": self.end, "output": self.output, "score": self.score}


@dataclass(frozen=True, slots=True)
class Scored:
    """The answer for one ScoreInput."""

    id: str | int
    lang: str | None
    scores: Scores
    model: str
    """`NAME@` + the first 12 hex digits of the release's SHA-256."""
    reason: Unscored | None = None
    """None where it was scored."""
    low_confidence: tuple[str, ...] = ()
    """`head` or `head.output` names whose scores rest on few or no labelled rows of this language."""
    spans: tuple[Span, ...] | None = None
    """Only where an explanation was asked for."""

    @property
    def scored(self) -> bool:
        return self.reason is None

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": self.id,
            "lang": self.lang,
            "scored": self.scored,
            "reason": self.reason,
            "scores": {head: dict(outputs) for head, outputs in self.scores.items()},
            "low_confidence": list(self.low_confidence),
            "model": self.model,
        }
        if self.spans is not None:
            row["spans"] = [span.to_json() for span in self.spans]
        return row
