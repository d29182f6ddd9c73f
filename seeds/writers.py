"""The names of those who write, told from what stands beside them: ranks, towns, buttons, whom they answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from statistics import median_low as median

from seeds import answers, frame, marks, numbers
from seeds.anchors import Anchor
from seeds.layout import MOST, Record
from seeds.marks import Mark

_HALF = 0.5
_LEAST_NAMES, _LONGEST = 4, 160
_TOWN = re.compile(r"(\S.*?)\s*[(\[][^()\[\]]{2,40}[)\]]")
"""A name with a town, a rank or the like in brackets behind it."""
_RANK = re.compile(r"\s+[·•|]\s+")
"""Parts a name from the rank behind it."""


def beside_times(anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    """The anchors with one part beside the time where most have several: the name rather than a rank or a place, which repeat more.

    Numbers and reply marks stay.
    """
    told = [[part for part in anchor.parts if _may_be_name(part)] for anchor in anchors]
    width = median([len(parts) for parts in told])
    if width < 2 or sum(len(parts) == width for parts in told) < MOST * len(anchors):
        return tuple(anchors)
    columns = [{frame.masked(parts[column]) for parts in told if len(parts) == width} for column in range(width)]
    name = max(range(width), key=lambda column: len(columns[column]))
    gone = [{part for place, part in enumerate(parts) if place != min(name, len(parts) - 1)} for parts in told]
    return tuple(
        replace(anchor, parts=tuple(part for part in anchor.parts if part not in other), number=numbers.beside(anchor))
        for anchor, other in zip(anchors, gone, strict=True)
    )


def _may_be_name(part: str) -> bool:
    return any(map(str.isalpha, part)) and marks.reply(part) is None


def answering(records: Sequence[Record]) -> list[Record]:
    """ "Ana to Ion" as a name is Ana's who answers Ion, where Ion writes here."""
    names = {record.author for record in records if record.author}

    def told(record: Record) -> Record:
        match = _short_lead().search(record.author) if record.author and record.mark is None else None
        other = record.author[match.end() :] if match and record.author else ""
        if match is None or record.author is None or other not in names:
            return record
        return replace(record, author=record.author[: match.start()], mark=Mark(author=other))

    return list(map(told, records))


def without_common(records: list[Record]) -> list[Record]:
    """Without the words that stand before the name of each: "Mute Ana", "Mute Ion"; "Profile of Ana"."""
    names = [record.author.split() for record in records if record.author]
    if len(names) < _LEAST_NAMES:
        return records
    size = next((at for at, words in enumerate(zip(*names, strict=False)) if len(set(words)) > 1), 0)
    size = min(size, min(map(len, names)) - 1)
    if not size:
        return records
    return [replace(record, author=" ".join(record.author.split()[size:])) if record.author else record for record in records]


@cache
def _short_lead() -> re.Pattern[str]:
    return re.compile(rf"\s+{answers.any_of(answers.short())}\s+")


def without_towns(records: list[Record]) -> list[Record]:
    """Without the brackets behind the names where most have some."""
    names = [_townless(record.author or "") for record in records]
    if sum(name is not None for name in names) < _HALF * len(records):
        return records
    return [record if name is None else replace(record, author=name) for record, name in zip(records, names, strict=True)]


def without_ranks(records: list[Record]) -> list[Record]:
    """Without what a sign parts from the names of most, where it repeats more than they do: "Mihai P. · Avansat"."""
    told = [_RANK.split(record.author, maxsplit=1) if record.author and len(record.author) <= _LONGEST else [] for record in records]
    both = [parts for parts in told if len(parts) == 2]
    names, ranks = ({parts[column] for parts in both} for column in (0, 1))
    if len(both) < MOST * len(records) or len(ranks) >= len(names):
        return records
    return [replace(record, author=parts[0]) if len(parts) == 2 else record for record, parts in zip(records, told, strict=True)]


def _townless(author: str) -> str | None:
    """The name before the brackets; None for one that has none, or for a line that is no name: it may be as long as a trap."""
    match = _TOWN.fullmatch(author) if len(author) <= _LONGEST else None
    return match[1] if match else None
