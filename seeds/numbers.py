"""The numbers that a page prints at its comments: beside the time, on a line of their own, before a name; "#4", "4.", "Comment 4"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise

from seeds import answers, marks
from seeds.anchors import Anchor
from seeds.layout import MOST, Record

_HALF = 0.5
_NUMBERED = re.compile(r"(?:#|№\s?|nr\.?\s?|no\.\s?)?(?P<number>\d{1,5})(?:[.)\]:](?=\s|$)|(?=\s|$))\s*(?P<rest>.*)", re.IGNORECASE)
_NUMBER_LAST = re.compile(r"(?P<rest>.*?)(?:^|\s)[(\[]?(?:#|№)(?P<number>\d{1,5})[)\]]?")


def in_text(records: list[Record]) -> list[Record]:
    """Records with their printed numbers, if most of them carry one and they run up or down."""
    for split in (_of_author, _of_first_line):
        parts = [split(record) for record in records]
        if is_numbered([number for number, _ in parts]):
            return _without_by([replace(rest, number=number) for number, rest in parts])
    return records


def _without_by(records: list[Record]) -> list[Record]:
    """Without the words between number and name, where most have some: "#1 by Ana"."""
    told = [marks.author_of(record.author or "") for record in records]
    if sum(said for _, said in told) < _HALF * len(records):
        return records
    return [replace(record, author=name or None) for record, (name, _) in zip(records, told, strict=True)]


def is_numbered(numbers: Sequence[int | None]) -> bool:
    """Whether most have a number and these run up or down."""
    given = [number for number in numbers if number is not None]
    return len(given) >= MOST * len(numbers) and _is_run(given)


def _is_run(numbers: Sequence[int]) -> bool:
    if len(numbers) < 2:
        return bool(numbers) and numbers[0] == 1
    steps = [after - before for before, after in pairwise(numbers)]
    near = [step for step in steps if abs(step) <= 5]
    if len(near) < MOST * len(steps) or len(set(numbers)) < MOST * len(numbers):
        return False
    return max(sum(step >= 0 for step in steps), sum(step <= 0 for step in steps)) >= 0.8 * len(steps)


def _of_author(record: Record) -> tuple[int | None, Record]:
    number, rest = split(record.author or "")
    return (None, record) if number is None else (number, replace(record, author=rest or None))


def _of_first_line(record: Record) -> tuple[int | None, Record]:
    if not record.body:
        return None, record
    number, rest = split(record.body[0])
    return (None, record) if number is None or rest else (number, replace(record, body=record.body[1:]))


@cache
def _of_thing() -> re.Pattern[str]:
    return re.compile(
        rf"{answers.any_of(answers.things())}\s*(?:{answers.any_of(answers.signs())})?\s?(?P<number>\d{{1,5}})[:.]?(?P<rest>)",
        re.IGNORECASE,
    )


@cache
def _and_thing() -> re.Pattern[str]:
    return re.compile(rf"#?(?P<number>\d{{1,5}})[.)]?\s*{answers.any_of(answers.things())}(?P<rest>)", re.IGNORECASE)


@lru_cache(maxsize=1 << 14)
def split(text: str) -> tuple[int | None, str]:
    """The number before or behind a text, and the rest of it.

    >>> split("4. Ana"), split("Ana #4"), split("Ana")
    ((4, 'Ana'), (4, 'Ana'), (None, 'Ana'))
    """
    for pattern in (_and_thing(), _NUMBERED, _NUMBER_LAST, _of_thing()):
        if match := pattern.fullmatch(text):
            return int(match["number"]), match["rest"].strip(" ,|•·-–—:")
    return None, text


def beside(anchor: Anchor) -> int | None:
    """The number on the line of the time: alone, or behind a word for a comment ("Comment 3 | Ana | …")."""
    return anchor.number or next((number for part in anchor.parts if (number := alone(part)) is not None), None)


def place(lines: Sequence[str], *, last: bool) -> int | None:
    """The line that is a number alone: of those with a sign ("#4") the last or the first, else the first."""
    places = [at for at, line in enumerate(lines) if alone(line) is not None]
    signed = [at for at in places if lines[at].startswith(("#", "№"))]
    return (signed[-1] if last else signed[0]) if signed else next(iter(places), None)


def alone(text: str) -> int | None:
    """The number that is all a text says."""
    number, rest = split(text)
    return None if rest else number


def without(text: str) -> str:
    """A text without its number."""
    return split(text)[1]
