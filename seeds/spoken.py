"""Comments whose heads hold a name and a word of speech and no time: "Ana said,", "Иван каза:".

The page's own repetition is the sign here too: three and more such lines by at least two people, each with words behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean as mean

from seeds import evidence, marks
from seeds.layout import Layout, Record, Thread

_LEAST = 3
_MAX_HEAD = 60
_LIKE_NAMES = 0.8
_LAYOUT = Layout("spoken", "inline", "after")


def learn(lines: Sequence[str]) -> Thread | None:
    """The thread of a page's lines, or None where fewer than three lines are such heads."""
    heads = [at for at, line in enumerate(lines) if line and len(line) <= _MAX_HEAD and marks.says(line)]
    if len(heads) < _LEAST:
        return None
    end = next((at for at in range(heads[-1] + 1, len(lines)) if lines[at] and marks.is_end(lines[at])), len(lines))
    records = [_record(lines, at, following) for at, following in zip(heads, [*heads[1:], end], strict=True)]
    names = {(record.author or "").casefold() for record in records}
    likeness = mean(evidence.name_likeness(record.author) for record in records)
    if len(names) < 2 or likeness < _LIKE_NAMES or not all(record.body for record in records):
        return None
    return Thread(heads[0], end, _LAYOUT, tuple(records), score=1.0 * len(records))


def _record(lines: Sequence[str], at: int, following: int) -> Record:
    body = [line for line in lines[at + 1 : following] if line and not (marks.is_button(line) and marks.has_button_word(line))]
    mark = marks.reply(body[0]) if body else None
    return Record(None, marks.author_of(lines[at].rstrip(" ,"))[0] or None, None, tuple(body), mark, said=True, line=at)
