"""Raw comments -> comments with ids and parents. Shared by all ways of reading; one ordered pass, no recursion.

What a page says of a parent is a hint: a number, a name, a position. A hint that names nothing, or closes a circle, gives no parent and a
warning.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from labels import ids
from labels.thread import Comment, Notice
from seeds import answers, dates, marks
from seeds.marks import Mark


@dataclass(frozen=True, slots=True)
class RawComment:
    """A comment as it stands on the page, its parent not yet looked up."""

    text: str
    id: str | None = None
    """The page's own id, if it has one beside the number."""
    number: int | None = None
    author: str | None = None
    handle: str | None = None
    """What the address of the author's page calls the author, as mentions do."""
    created_at: str | None = None
    created_at_raw: str | None = None
    reply_number: int | None = None
    reply_author: str | None = None
    reply_index: int | None = None
    """Position of the parent among the raw comments."""
    reply_id: str | None = None
    typed: bool = False
    """The parent is named by the commenter's own words ("@Ana"), which may mean anybody: no warning where it is not found."""
    quoted: str | None = None
    """Words of the parent that the comment quotes."""
    replies: tuple[str, ...] = ()


def link(raws: Sequence[RawComment], *, newest_first: bool = False, opened: bool = False) -> tuple[tuple[Comment, ...], tuple[Notice, ...]]:
    """Comments in page order, and what was odd.

    `newest_first`: a comment answers one that stands after it. `opened`: the article was the first of the numbers.
    """
    names = ids.unique(_name(raw) for raw in raws)
    warnings = _of_numbers(raws, first=2 if opened else 1)
    parents: list[int | None] = []
    finder = Finder(raws, newest_first=newest_first)
    for at, raw in enumerate(raws):
        parent, missing = finder.parent(at, raw)
        if missing and not raw.typed:
            warnings.append(Notice(f"comment {names[at]}", f"answers {missing}, which is not on this page"))
        parents.append(parent)
    for at in _circles(parents):
        warnings.append(Notice(f"comment {names[at]}", "answers itself through others (a circle); read as answering the article"))
        parents[at] = None
    comments = tuple(
        Comment(
            id=names[at],
            text=raw.text,
            number=raw.number,
            author=raw.author or None,
            reply_to=None if (parent := parents[at]) is None else names[parent],
            replies=raw.replies,
            created_at=raw.created_at,
            created_at_raw=raw.created_at_raw,
        )
        for at, raw in enumerate(raws)
    )
    return comments, tuple(warnings)


def _name(raw: RawComment) -> str:
    if raw.id is not None:
        return raw.id
    return str(raw.number) if raw.number is not None else ids.stable_id(raw.author, _fixed_time(raw), raw.text)


def _fixed_time(raw: RawComment) -> str | None:
    """The time; None for one that another clock reads otherwise: "2 hours ago" is "3 hours ago" soon."""
    stamp = dates.find(raw.created_at_raw) if raw.created_at_raw else None
    return None if stamp and stamp.written is None else raw.created_at or raw.created_at_raw


def _of_numbers(raws: Sequence[RawComment], first: int) -> list[Notice]:
    """Warnings on printed numbers that repeat or are missing."""
    numbers = [raw.number for raw in raws if raw.number is not None]
    found: list[Notice] = []
    if repeated := sorted({number for number in numbers if numbers.count(number) > 1} if len(numbers) < 2000 else _repeated(numbers)):
        found.append(Notice("comments", f"numbers repeated: {_few(repeated)}"))
    if numbers and (missing := _missing(numbers, first)):
        found.append(Notice("comments", f"numbers missing: {_few(missing)}"))
    return found


def _repeated(numbers: list[int]) -> set[int]:
    seen: set[int] = set()
    return {number for number in numbers if number in seen or seen.add(number)}  # type: ignore[func-returns-value]


def _missing(numbers: list[int], first: int) -> list[int]:
    """Numbers between the smallest and the largest that no comment has; a list that begins shortly behind `first` lacks that as well.

    Where more are missing than there, the page shows a part of a thread, and nothing is said.
    """
    low, high = min(numbers), max(numbers)
    gaps = sorted(set(range(first if low <= 3 else low, high + 1)) - set(numbers)) if high - low < 4 * len(numbers) + 10 else []
    return gaps if len(gaps) <= len(numbers) else []


def _few(numbers: Sequence[int], most: int = 20) -> str:
    shown = ", ".join(map(str, numbers[:most]))
    return shown if len(numbers) <= most else f"{shown} and {len(numbers) - most} more"


class Finder:
    """Looks a parent up by index, id, number, quoted words or name: surest first, the first that the comment gives decides."""

    def __init__(self, raws: Sequence[RawComment], *, newest_first: bool = False) -> None:
        self.raws = raws
        self.newest_first = newest_first
        self.by_number: dict[int, int] = {}
        self.by_id: dict[str, int] = {}
        self.by_author: dict[str, list[int]] = defaultdict(list)
        for at, raw in enumerate(raws):
            if raw.number is not None:
                self.by_number.setdefault(raw.number, at)
            if raw.id is not None:
                self.by_id.setdefault(raw.id, at)
            for name in {_folded(name) for name in (raw.author, raw.handle) if name}:
                self.by_author[name].append(at)

    def is_author(self, name: str) -> bool:
        """Whether a comment is of somebody of that name."""
        return _folded(name) in self.by_author

    def knows(self, mark: Mark) -> bool:
        """Whether a comment has the number that a mark names, or the name with which its words begin."""
        if mark.number in self.by_number:
            return True
        parts = (mark.author or "").split()
        if not mark.typed:
            return bool(self._named(mark.author or ""))
        return any(self.is_author(" ".join(parts[:size])) for size in range(1, len(parts) + 1))

    def parent(self, at: int, raw: RawComment) -> tuple[int | None, str | None]:
        """Position of the parent; else what was named and not found, as words for a warning."""
        if raw.reply_index is not None:
            return raw.reply_index, None
        if raw.reply_id is not None:
            found = self.by_id.get(raw.reply_id)
            return found, None if found is not None else f"comment {raw.reply_id}"
        if raw.reply_number is not None:
            found = self.by_number.get(raw.reply_number)
            if not self.by_number and raw.reply_author is not None:  # where the page shows no numbers the writer may be known
                found = self._by_author(at, raw.reply_author)
            return (found, None) if found is not None and found != at else (None, f"number {raw.reply_number}")
        if raw.quoted and (found := self._by_quote(at, raw)) is not None:
            return found, None
        if raw.reply_author is not None:
            found = self._by_start(at, raw.reply_author) if raw.typed else self._by_author(at, raw.reply_author)
            return found, None if found is not None else f'"{raw.reply_author}"'
        return None, None

    def _by_author(self, at: int, author: str) -> int | None:
        """The nearest comment of that author before this one (in time); the page's order decides which side is before.

        Answers may stand under what they answer although the newest thread comes first: then the other side is looked at, too.
        """
        places = [place for place in self._named(author) if place != at]
        above, below = [place for place in places if place < at], [place for place in places if place > at]
        if not self.newest_first:
            return max(above, default=None)
        earlier = [place for place in above if not self._is_later(place, at)]
        return min(below, default=max(earlier, default=None))

    def _named(self, author: str) -> list[int]:
        """The comments of an author who is named with words before the name: "Ο/Η Ana", "a bench at the quay by Ana"."""
        parts = author.split()
        behind = (" ".join(parts[at + 1 :]) for at, word in enumerate(parts) if at and word.lower() in answers.of())
        tries = (author, marks.author_of(author)[0], *behind)
        return next((places for name in tries if (places := self.by_author.get(_folded(name)))), [])

    def _is_later(self, one: int, other: int) -> bool:
        times = self.raws[one].created_at, self.raws[other].created_at
        return times[0] is not None and times[1] is not None and times[0] > times[1]

    def _by_start(self, at: int, words: str) -> int | None:
        """The comment of the author whose name the words begin with; the longest such name, since "@Ana Pop no" may mean Ana or Ana Pop."""
        parts = words.split()
        tries = (self._by_author(at, " ".join(parts[:size])) for size in range(len(parts), 0, -1))
        return next((found for found in tries if found is not None), None)

    @cached_property
    def _texts(self) -> list[str]:
        """Where the words of a quote are looked for."""
        return [_folded(raw.text[:2000]) for raw in self.raws]

    def _by_quote(self, at: int, raw: RawComment) -> int | None:
        """The comment whose text holds the quoted words (of the named author, if one is named); the oldest where others quote them, too."""
        named = self.by_author.get(_folded(raw.reply_author or ""))
        places = range(len(self.raws)) if named is None else named
        words = _folded(raw.quoted or "")[:60]
        hits = [place for place in places if place != at and words and words in self._texts[place]]
        if named is not None:
            return hits[0] if hits else None
        oldest = [place for place in hits if not any(self._is_later(place, other) for other in hits)]
        return (max(oldest) if self.newest_first else min(oldest)) if oldest and not self._is_later(oldest[0], at) else None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" .,:;!?\"'“”„«»…~")


def _circles(parents: Sequence[int | None]) -> list[int]:
    """One position of each circle: the first that was met, so that cutting it opens the circle."""
    state = [0] * len(parents)  # 0 new, 1 on the way, 2 done
    found: list[int] = []
    for start in range(len(parents)):
        path: list[int] = []
        at: int | None = start
        while at is not None and state[at] == 0:
            state[at] = 1
            path.append(at)
            at = parents[at]
        if at is not None and state[at] == 1:
            found.append(min(path[path.index(at) :]))
        for place in path:
            state[place] = 2
    return found
