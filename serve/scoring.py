"""The one scoring queue: requests in, scores out, on a thread of its own.

Comments of many requests are scored together, up to a budget of tokens a turn. The worker sleeps until it is notified, passes over
what was cancelled, and keeps the scores of inputs that come again. A queue that is full, or too long to wait in, says so at once
(`QueueFullError`); nothing waits for room, and a storm leaves no more behind than seconds of work.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field, replace

from labels.errors import ThreadwiseError
from labels.scores import Scored, ScoreInput, Unscored
from train.inference import Prepared, Scorer

_LOG = logging.getLogger(__name__)
_PIECE = 32
_PIECE_CHARS = 16_000
"""Comments, and characters of them, that a request gets scored before another one gets its turn."""
_SPREAD = 2.0
"""The pieces of a request stand in the queue as if they had come one by one, so many times slower than they are scored: single comments
overtake long lists, and a list still gets half of the machine."""
_WAIT_S = 1.5
"""Who would wait longer than this for those before it is told so at once: clients such as Coral hang up sooner."""


class QueueFullError(ThreadwiseError):
    """More comments wait than the queue may hold or can be scored soon; or the service is stopping, or its thread has ended."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("the scoring queue is full; try again later")
        self.retry_after_s = retry_after_s


class GoneError(ThreadwiseError):
    """The client has hung up before its answer was there."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that the slowest piece of a request spent in each step."""

    queue: float = 0.0
    tokenise: float = 0.0
    infer: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    scored: tuple[Scored, ...]
    timing: Timing


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the worker, for metrics."""

    comments: int
    tokens: int
    cached: int
    seconds: float


@dataclass(slots=True)
class _Job:
    """A request: its answers are filled in piece by piece."""

    found: list[Scored | None]
    left: int
    explain: bool
    future: Future[Answer] = field(default_factory=Future)
    timing: Timing = field(default_factory=Timing)


@dataclass(order=True, slots=True)
class _Piece:
    due: float
    number: int
    begin: int = field(compare=False)
    inputs: Sequence[ScoreInput] = field(compare=False)
    job: _Job = field(compare=False)
    arrived: float = field(compare=False)
    prepared: list[Prepared] = field(compare=False, default_factory=list)
    tokenise: float = field(compare=False, default=0.0)


class Queue:
    """Safe to call from any thread; `start` it first. `watch` is told of each turn."""

    def __init__(
        self, scorer: Scorer, *, limit: int, batch_tokens: int, cache_entries: int = 0, watch: Callable[[Turn], None] | None = None
    ) -> None:
        self.scorer = scorer
        self.limit = limit
        self._batch_tokens = batch_tokens
        self._cache: OrderedDict[bytes, Scored] = OrderedDict()
        self._cache_entries = cache_entries
        self._watch = watch or (lambda turn: None)
        self._heap: list[_Piece] = []
        self._numbers = itertools.count()
        self._waiting = 0
        self._rate = 200.0
        self._stopping = False
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """Comments that wait."""
        return self._waiting

    @property
    def alive(self) -> bool:
        """Whether what is submitted will be scored."""
        return self._thread is not None and self._thread.is_alive() and not self._stopping

    def start(self) -> None:
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="scoring", daemon=True)
        self._thread.start()

    def submit(self, inputs: Sequence[ScoreInput], *, explain: bool = False) -> Future[Answer]:
        """A future of the answers, in order; cancelling it gives up the place in the queue. Raises QueueFullError at once."""
        job = _Job([None] * len(inputs), len(inputs), explain)
        if not inputs:
            job.future.set_result(Answer((), Timing()))
            return job.future
        now = time.monotonic()
        with self._wake:
            ahead = sum(len(piece.inputs) for piece in self._heap if piece.due <= now) / self._rate
            # A single large request is taken by an empty queue whatever the limit is, or it could never be answered.
            if not self.alive or ahead > _WAIT_S or (self._waiting and self._waiting + len(inputs) > self.limit):
                raise QueueFullError(max(1, round(self._waiting / self._rate)))
            due = now
            for begin, end in _cuts(inputs):
                heapq.heappush(self._heap, _Piece(due, next(self._numbers), begin, inputs[begin:end], job, now))
                due += _SPREAD * (end - begin) / self._rate
            self._waiting += len(inputs)
            self._wake.notify()
        return job.future

    def stop(self, timeout_s: float = 30.0) -> None:
        """Takes nothing more and finishes what was accepted."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._heap and not self._stopping:
                    self._wake.wait()
                if not self._heap:
                    return
            self._turn()

    def _turn(self) -> None:
        pieces: list[_Piece] = []
        begun = time.monotonic()
        try:
            tokens = self._take(pieces)
            if pieces:
                self._score(pieces, tokens, begun)
        except Exception:
            # The worker outlives any comment, and no comment takes the others of its turn with it.
            _LOG.exception("scoring failed; each comment of the turn is tried alone")
            for piece in pieces:
                self._deliver(piece, [self._alone(item, piece.job.explain) for item in piece.inputs], Timing(begun - piece.arrived))

    def _alone(self, item: ScoreInput, explain: bool) -> Scored:
        """The answer for one comment, whatever the model makes of it."""
        try:
            return self.scorer.score([item], explain=explain)[0]
        except Exception:
            _LOG.exception("a comment cannot be scored")
            return Scored(item.id, item.lang, {}, self.scorer.model, Unscored.FAILED)

    def _take(self, pieces: list[_Piece]) -> int:
        """Pops pieces until the budget is used, tokenising as it goes; the tokens taken."""
        tokens = 0
        while tokens < self._batch_tokens and (piece := self._pop()) is not None:
            pieces.append(piece)
            begun = time.monotonic()
            piece.prepared = self.scorer.encode(piece.inputs)
            piece.tokenise = time.monotonic() - begun
            tokens += sum(item.tokens for item in piece.prepared)
        return tokens

    def _pop(self) -> _Piece | None:
        with self._wake:
            while self._heap:
                piece = heapq.heappop(self._heap)
                self._waiting -= len(piece.inputs)
                if not piece.job.future.done():  # cancelled, or failed with an earlier piece
                    return piece
        return None

    def _score(self, pieces: list[_Piece], tokens: int, begun: float) -> None:
        items = [item for piece in pieces for item in piece.prepared]
        explain = any(piece.job.explain for piece in pieces)
        at = time.monotonic()
        found, cached = self._infer(items, explain)
        infer = time.monotonic() - at
        rest = iter(found)
        for piece in pieces:
            answers = [next(rest) for _ in piece.prepared]
            self._deliver(piece, answers, Timing(begun - piece.arrived, piece.tokenise, infer))
        seconds = time.monotonic() - begun
        self._rate = 0.8 * self._rate + 0.2 * len(items) / max(seconds, 1e-6)
        self._watch(Turn(len(items), tokens, cached, seconds))

    def _infer(self, items: Sequence[Prepared], explain: bool) -> tuple[list[Scored], int]:
        """Answers in order, and how many came from the cache. Explanations hold positions of one text and are not kept."""
        if explain or not self._cache_entries:
            return self.scorer.infer(items, explain=explain), 0
        keys = [fingerprint(item) for item in items]
        new = {key: item for key, item in zip(keys, items, strict=True) if key not in self._cache}
        fresh = dict(zip(new, self.scorer.infer(list(new.values())), strict=True))
        answers = [fresh[key] if key in fresh else self._cache[key] for key in keys]
        for key, answer in zip(keys, answers, strict=True):
            self._cache[key] = answer
            self._cache.move_to_end(key)
        while len(self._cache) > self._cache_entries:
            self._cache.popitem(last=False)
        return [replace(answer, id=item.input.id) for answer, item in zip(answers, items, strict=True)], len(items) - len(new)

    def _deliver(self, piece: _Piece, answers: Sequence[Scored], timing: Timing) -> None:
        job = piece.job
        for place, answer in enumerate(answers, start=piece.begin):
            job.found[place] = answer if job.explain else replace(answer, spans=None)
        job.left -= len(answers)
        job.timing = Timing(max(job.timing.queue, timing.queue), job.timing.tokenise + timing.tokenise, max(job.timing.infer, timing.infer))
        if not job.left:
            # It stays pending to the end, so that it can be cancelled at any time, also now.
            with contextlib.suppress(InvalidStateError):
                job.future.set_result(Answer(tuple(one for one in job.found if one is not None), job.timing))


def _cuts(inputs: Sequence[ScoreInput]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of the pieces of a request."""
    begin, chars = 0, 0
    for at, item in enumerate(inputs):
        if at > begin and (at - begin == _PIECE or chars + len(item.text) > _PIECE_CHARS):
            yield begin, at
            begin, chars = at, 0
        chars += len(item.text)
    if begin < len(inputs):
        yield begin, len(inputs)


def fingerprint(item: Prepared) -> bytes:
    """Of all that decides a score: language, windows as the model sees them, and which heads apply. Holds no text."""
    context = item.input.context
    heads = tuple(bool((value or "").strip()) for value in (context.title, context.target, context.parent))
    windows = item.encoded.windows if item.encoded else ()
    seen = repr((item.lang, item.reason, heads, [(window.ids, window.segments) for window in windows]))
    return hashlib.blake2b(seen.encode(), digest_size=16).digest()
