"""What a card shows: one CardView per comment, ready to print. A score is a likelihood in per cent, never a verdict."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from labels.scores import Scored, Unscored
from serve.report import words
from serve.report.words import TABLE, HeadView
from serve.review import highlight
from serve.review.access import Person
from serve.review.highlight import Part
from serve.store.desk_queue import Card, Kin

_HUES = 6
_LONG_CHARS, _LONG_LINES = 900, 14
"""Beyond these a text gets its own scroll bar, so that the buttons stay in sight."""
_MOSTLY = 0.8
_SURE = 0.6
"""A head with outputs that exclude each other is named on the card from here on."""
SEVERE: Mapping[str, float] = {"severe_toxicity": 0.5, "threat": 0.6, "identity_attack": 0.8, "sexually_explicit": 0.6}
"""Outputs and the likelihood from which a text is blurred at first."""


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why the policy sent a comment to review: its rule, and the score or the word."""

    rule: str
    output: str | None
    """Its short English name, to be translated."""
    score: float | None
    threshold: float | None
    word: str | None


@dataclass(frozen=True, slots=True)
class Chip:
    """What an exclusive head says: `Topic: against 78 %`."""

    head: str
    output: str
    title: str
    name: str
    score: float
    low: bool


@dataclass(frozen=True, slots=True)
class Near:
    """A comment that stands near: above, beside or below."""

    kin: Kin
    veiled: bool


@dataclass(frozen=True, slots=True)
class CardView:
    card: Card
    ancestors: tuple[Near, ...]
    siblings: tuple[Near, ...]
    answers: tuple[Near, ...]
    initial: str
    hue: int
    parts: tuple[Part, ...]
    long: bool
    why: tuple[Why, ...]
    chips: tuple[Chip, ...]
    heads: tuple[HeadView, ...]
    unscored: str | None
    veiled: bool
    """Whether its text is blurred at first."""
    severe: str | None
    """Short English name of the output that makes it severe."""
    link: str | None
    """Of the article, where it is http(s)."""
    holder: str | None = None
    """Who else reads it now."""

    @property
    def covers(self) -> bool:
        """Whether anything on the card is blurred at first."""
        return self.veiled or any(near.veiled for near in (*self.ancestors, *self.siblings, *self.answers))

    @property
    def low(self) -> bool:
        """Whether some scores rest on few labelled rows of this language."""
        return bool(self.card.low_confidence)


def view(card: Card, holders: Mapping[int, str], me: str, *, blur: str = "severe") -> CardView:
    """The card as one person sees it; `blur`: severe, all or none. `holders`: comment -> who has claimed it."""
    scored = _scored(card)
    listed = [reason["word"] for reason in card.reasons if reason.get("word")]
    holder, worst = holders.get(card.number), severe(card.scores.get("toxicity", {}))
    return CardView(
        card=card,
        ancestors=_near(card.ancestors, blur),
        siblings=_near(card.siblings, blur),
        answers=_near(card.answers, blur),
        initial=next((letter.upper() for letter in card.author or "" if unicodedata.category(letter)[0] in "LN"), "·"),
        hue=crc32((card.author or "").encode("utf-8", "surrogatepass")) % _HUES,
        parts=tuple(highlight.parts(card.text, _telling(card), listed)),
        long=len(card.text) > _LONG_CHARS or card.text.count("\n") > _LONG_LINES,
        why=tuple(_why(reason) for reason in card.reasons),
        chips=tuple(_chips(words.heads(scored))),
        heads=words.heads(scored),
        unscored=words.unscored(scored),
        veiled=veils(worst, blur),
        severe=worst,
        link=_link(card.url),
        holder=holder if holder != me else None,
    )


def blurs(who: Person) -> str:
    """Which texts are blurred at first: severe, all or none."""
    return str(who.preferences.get("blur", "severe"))


def severe(toxicity: Mapping[str, float]) -> str | None:
    """Short English name of the output that makes a text severe; None: it is not. `toxicity`: output -> probability."""
    over = [(toxicity[name], name) for name, least in SEVERE.items() if toxicity.get(name, 0) >= least]
    return str(TABLE["names"]["toxicity"][max(over)[1]]) if over else None


def veils(worst: str | None, blur: str) -> bool:
    """Whether a text is blurred at first; `worst`: what `severe` says of it."""
    return blur == "all" or (blur == "severe" and worst is not None)


def _near(kin: Sequence[Kin], blur: str) -> tuple[Near, ...]:
    return tuple(Near(one, veils(severe(one.toxicity), blur)) for one in kin)


def _scored(card: Card) -> Scored:
    reason = Unscored(card.reason) if card.reason else None
    return Scored(card.id, card.lang, card.scores, card.model, reason, low_confidence=tuple(card.low_confidence))


def _why(reason: Mapping[str, Any]) -> Why:
    output = TABLE["names"].get(reason["head"], {}).get(reason["output"]) if reason["head"] else None
    return Why(reason["rule"], output, reason["score"], reason["threshold"], reason.get("word"))


def _chips(heads: Sequence[HeadView]) -> list[Chip]:
    sure = [head for head in heads if head.exclusive and head.top.score >= _SURE]
    return [Chip(head.name, head.top.output, head.title, head.top.name, head.top.score, head.low) for head in sure]


def _telling(card: Card) -> Sequence[Mapping[str, Any]]:
    """The model's spans; none where they are nearly the whole text, which points at nothing."""
    spans = card.spans or ()
    return spans if sum(span["end"] - span["begin"] for span in spans) <= _MOSTLY * len(card.text) else ()


def _link(url: str | None) -> str | None:
    return url if url and urlsplit(url).scheme in ("http", "https") else None
