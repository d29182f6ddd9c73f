"""Whom a line says that its comment answers, in the words that pages use for it: walks `rules/answers.toml`.

>>> find("în răspuns la comentariul lui Ana"), find("Antwort auf Beitrag Nr. 3: nein"), find("Ana adlı kullanıcıya yanıt")
(Answer(number=None, author='Ana', end=33), Answer(number=3, author=None, end=25), Answer(number=None, author='Ana', end=26))
>>> find("An answer to life") is None
True
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

AUTHOR = r"(?P<author>[^\s:,][^:\n]{0,59}?)"
_QUOTES = " \"“”„«»'‘’[]"
_SHUT = r"(?:\s*:|\s*$)"


@dataclass(frozen=True, slots=True)
class Answer:
    number: int | None
    author: str | None
    end: int
    """Character of the line behind the mark."""


def plain(text: str) -> str:
    """In lower case and without accents, which many do not type; each character stays one, so that places in it are places in the text."""
    return text.lower() if text.isascii() else "".join(map(_plain_sign, text))


@lru_cache(maxsize=1 << 12)
def _plain_sign(sign: str) -> str:
    low = unicodedata.normalize("NFD", sign.lower())[:1]
    return "i" if low == "ı" else low or sign


def any_of(words: Iterable[str]) -> str:
    """A group that matches each of the words, the longest first."""
    return rf"(?:{'|'.join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))})"


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(files("seeds").joinpath("rules/answers.toml").read_text(encoding="utf-8"))


def things() -> tuple[str, ...]:
    """Words for a comment."""
    return tuple(_rules()["things"]["words"])


def signs() -> tuple[str, ...]:
    """What stands before a number: "#", "nr."."""
    return tuple(_rules()["signs"])


@cache
def of() -> frozenset[str]:
    """Words between what is answered and its author, in small letters: "von", "by"."""
    return frozenset(_rules()["things"]["of"])


def short() -> tuple[str, ...]:
    """Words for "to"."""
    return tuple(_rules()["short"]["words"])


@cache
def _plain_rules() -> dict[str, Any]:
    def told(value: Any) -> Any:
        if isinstance(value, str):
            return plain(value)
        return {name: told(part) for name, part in value.items()} if isinstance(value, dict) else list(map(told, value))

    return {name: told(value) for name, value in _rules().items()}


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """The ways to write a mark; the first that fits a line decides."""
    rules = _plain_rules()
    leads, short = any_of(lead for found in rules["leads"].values() for lead in found), any_of(rules["short"]["words"])
    thing, of, role = any_of(rules["things"]["words"]), any_of(rules["things"]["of"]), any_of(rules["roles"]["words"])
    sign, called, answer = any_of(rules["signs"]), any_of(rules["called"]), any_of(rules["answers"])
    sign = rf"[\[(]?{sign}"
    number = r"(?P<number>\d{1,6})(?P<below>(?:\.\d{1,4})+)?(?!\d)[\])]?"
    told = rf"(?:{thing}\s*(?:{sign}\s?)?|{sign}\s?)"
    writer = rf"(?:\s+{of}\s+{AUTHOR}(?=\s*:|\s*$))?"
    return tuple(
        re.compile(source, re.IGNORECASE)
        for source in (
            rf"(?:{leads}\s*:?\s*{told}|{short}\s+{thing}\s*(?:{sign}\s?)?){number}{writer}",
            rf"(?:{leads}\s*:?\s*|{short}\s+{sign}\s?){number}(?=\s*:?\s*$)",
            rf"(?:{sign}\s?)?{number}\.?\s*{any_of(rules['numbered'])}?\s*{any_of(rules['numbered_things'])}?\s*{answer}(?!\w)",
            rf"{leads}\s*:?\s+(?:re:\s+)*(?:{thing}(?:\s*:)?\s+(?:{of}\s+)?)?(?:{role}\s+)?{AUTHOR}{any_of(rules['ends'])}?{_SHUT}",
            rf"{AUTHOR}(?:\s+{called})?\s+{any_of(rules['persons'])}\s+{answer}{_SHUT}",
        )
    )


def find(line: str) -> Answer | None:
    """The mark at the begin of a line; None where there is none."""
    bare = plain(line)
    for pattern in _patterns():
        if match := pattern.match(bare):
            groups = match.groupdict()
            number, author = groups.get("number"), groups.get("author")
            author = line[slice(*match.span("author"))].strip(_QUOTES) or None if author else None
            if groups.get("below"):  # "#1.2", the second answer to the first comment: no comment's own number
                number = None
            if number or author:
                return Answer(int(number) if number else None, author, match.end())
    return None
