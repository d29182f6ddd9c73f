"""What stands in the scoring queue: requests, the pieces of them that are tokenised together, their comments, and the windows of those."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field, replace

from labels.scores import Scored, ScoreInput
from train.inference import Lane, Prepared, Seen, width

_PIECE = 8
_PIECE_CHARS = 4_000
"""Comments, and characters of them, that a request gets tokenised before another one gets its turn: milliseconds."""
_LONG = 256
"""Tokens: a comment that is longer waits no longer for it."""
_SHORT = 64
"""Tokens that are added to all: without them a few words would overtake a long comment again and again, whose client hangs up as soon."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that a request spent in each step: until its first pass began, and in all of its pieces and passes."""

    queue: float = 0.0
    tokenise: float = 0.0
    infer: float = 0.0

    def __add__(self, other: Timing) -> Timing:
        return Timing(self.queue + other.queue, self.tokenise + other.tokenise, self.infer + other.infer)


@dataclass(frozen=True, slots=True)
class Answer:
    scored: tuple[Scored, ...]
    timing: Timing


@dataclass(slots=True)
class Job:
    """A request: its answers are filled in one by one."""

    inputs: Sequence[ScoreInput]
    found: list[Scored | None]
    left: int
    explain: bool
    arrived: float
    future: Future[Answer] = field(default_factory=Future)
    queue: float | None = None
    """Until its first pass; None: that has not begun."""
    tokenise: float = 0.0
    infer: float = 0.0

    def deliver(self, place: int, answer: Scored) -> None:
        """The answer for the comment at that place; with the last one the request is answered."""
        self.found[place] = replace(answer, id=self.inputs[place].id, spans=answer.spans if self.explain else None)
        self.left -= 1
        if not self.left:
            timing = Timing(self.queue or 0.0, self.tokenise, self.infer)
            # It stays pending to the end, so that it can be cancelled at any time, also now.
            with contextlib.suppress(InvalidStateError):
                self.future.set_result(Answer(tuple(one for one in self.found if one is not None), timing))


@dataclass(order=True, slots=True)
class Piece:
    """A part of a request that has its own place in the queue."""

    due: float
    number: int
    begin: int = field(compare=False)
    inputs: Sequence[ScoreInput] = field(compare=False)
    job: Job = field(compare=False)


@dataclass(slots=True, eq=False)
class Unit:
    """A comment that is tokenised and waits for the passes of its windows."""

    due: float
    item: Prepared
    key: bytes | None
    """None: its scores are not kept."""
    asked: list[tuple[Job, int]]
    """Requests that wait for it, and its place in each: an equal comment is scored once."""
    seen: list[Seen | None]
    """What the encoder made of each of its windows; None: not yet."""
    answered: bool = False

    @classmethod
    def of(cls, due: float, item: Prepared, key: bytes | None, job: Job, place: int) -> Unit:
        return cls(due, item, key, [(job, place)], [None] * len(item.windows))

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return not self.answered and any(not job.future.done() for job, _ in self.asked)

    def impatience(self, now: float) -> float:
        """How long it has waited for what it costs: a short comment is slowed down as many times as a long one, not by as many seconds."""
        return max(now - self.due, 0.0) / (_SHORT + min(self.item.tokens, _LONG))


@dataclass(frozen=True, slots=True)
class Part:
    """One window of a comment."""

    unit: Unit
    place: int

    @property
    def width(self) -> int:
        return width(self.unit.item.windows[self.place])


@dataclass(frozen=True, slots=True)
class Pass:
    """Windows that go through the model together."""

    lane: Lane
    parts: tuple[Part, ...]
    begun: float

    @property
    def units(self) -> list[Unit]:
        """The comments of these windows, each once."""
        return list({id(part.unit): part.unit for part in self.parts}.values())


def cuts(inputs: Sequence[ScoreInput], most: int = _PIECE, most_chars: int = _PIECE_CHARS) -> Iterator[tuple[int, int]]:
    """Half-open ranges of the pieces of a request; a comment of more characters is one by itself."""
    begin, chars = 0, 0
    for at, item in enumerate(inputs):
        if at > begin and (at - begin == most or chars + len(item.text) > most_chars):
            yield begin, at
            begin, chars = at, 0
        chars += len(item.text)
    if begin < len(inputs):
        yield begin, len(inputs)


def fingerprint(item: Prepared, *, explain: bool) -> bytes:
    """Of all that decides a score: language, windows as the model sees them, and which heads apply; and of the text as it came where
    spans are asked for, which are places in it. Holds no text."""
    context = item.input.context
    heads = tuple(bool((value or "").strip()) for value in (context.title, context.target, context.parent))
    windows = item.encoded.windows if item.encoded else ()
    text = item.input.text if explain else None
    seen = repr((item.lang, item.reason, heads, [(window.ids, window.segments) for window in windows], text))
    return hashlib.blake2b(seen.encode(), digest_size=16).digest()
