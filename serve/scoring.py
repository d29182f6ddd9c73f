"""The one scoring queue: requests in, scores out, on threads of its own, off the event loop.

It has a lane for each pass of the model that may run at the same time. Each turn of a lane is one pass: it looks over the next comments,
up to a budget of tokens, and scores those together that cost least together (`packing`), of whatever requests they are; each is answered
when its pass is over. A lane sleeps until it is notified, passes over what was cancelled, and keeps the scores of inputs that come again.
A queue that is full, or too long to wait in, says so at once (`QueueFullError`); nothing waits for room, and a storm leaves no more behind
than seconds of work.
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
from serve import packing
from train.inference import Prepared, Scorer, width

_LOG = logging.getLogger(__name__)
_PIECE = 32
_PIECE_CHARS = 16_000
"""Comments, and characters of them, that a request gets tokenised before another one gets its turn."""
_LOOK = 64
"""Comments among which a pass is chosen, beside the budget of tokens."""
_SPREAD = 2.0
"""The pieces of a request stand in the queue as if they had come one by one, so many times slower than they are scored: single comments
overtake long lists, and a list still gets half of the machine."""
_WAIT_S = 1.5
"""Who would wait longer than this for those before it is told so at once."""


class QueueFullError(ThreadwiseError):
    """More comments wait than the queue may hold or can be scored soon; or the service is stopping, or its thread has ended."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("the scoring queue is full; try again later")
        self.retry_after_s = retry_after_s


class GoneError(ThreadwiseError):
    """The client has hung up before its answer was there."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that a request spent in each step: until its first pass began, and in all of its pieces and passes."""

    queue: float = 0.0
    tokenise: float = 0.0
    infer: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    scored: tuple[Scored, ...]
    timing: Timing


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a lane, for metrics: a pass of the model, and what the cache answered before it."""

    comments: int
    tokens: int
    cached: int
    seconds: float


@dataclass(slots=True)
class _Job:
    """A request: its answers are filled in one by one."""

    found: list[Scored | None]
    left: int
    explain: bool
    arrived: float
    future: Future[Answer] = field(default_factory=Future)
    queue: float | None = None
    """Until its first pass; None: that has not begun."""
    tokenise: float = 0.0
    infer: float = 0.0


@dataclass(order=True, slots=True)
class _Piece:
    """A part of a request that has its own place in the queue."""

    due: float
    number: int
    begin: int = field(compare=False)
    inputs: Sequence[ScoreInput] = field(compare=False)
    job: _Job = field(compare=False)


@dataclass(slots=True)
class _Unit:
    """A comment that is tokenised and waits for a pass; `key` None: its scores are not kept."""

    due: float
    place: int
    item: Prepared
    job: _Job
    key: bytes | None


class Queue:
    """Safe to call from any thread; `start` it first. A lane for each scorer; they differ in nothing. `watch` is told of each turn."""

    def __init__(
        self,
        scorers: Sequence[Scorer],
        *,
        limit: int,
        batch_tokens: int,
        cache_entries: int = 0,
        watch: Callable[[Turn], None] | None = None,
    ) -> None:
        self.scorer = scorers[0]
        self._scorers = tuple(scorers)
        self.limit = limit
        self._batch_tokens = batch_tokens
        self._cache: OrderedDict[bytes, Scored] = OrderedDict()
        self._cache_entries = cache_entries
        self._watch = watch or (lambda turn: None)
        self._heap: list[_Piece] = []
        self._heaped = 0
        self._numbers = itertools.count()
        self._ready: tuple[_Unit, ...] = ()
        """In the order of `due`; only lanes replace it, who hold the lock."""
        self._hits = 0
        self._done, self._busy = 200.0, 1.0  # comments, and seconds of passes, the older ones less and less: how fast a lane is now
        self._stopping = False
        self._wake = threading.Condition()
        """Over the heap, held for moments only: the event loop takes it too."""
        self._lock = threading.Lock()
        """Over what the lanes share beside it: what is ready, the cache, answers, figures."""
        self._threads: tuple[threading.Thread, ...] = ()

    @property
    def waiting(self) -> int:
        """Comments that wait."""
        return self._heaped + len(self._ready)

    @property
    def alive(self) -> bool:
        """Whether what is submitted will be scored."""
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads) and not self._stopping

    def start(self) -> None:
        """Returns when every lane is as fast as it will be."""
        self._stopping = False
        lanes = [(scorer, threading.Event()) for scorer in self._scorers]
        self._threads = tuple(threading.Thread(target=self._run, args=lane, name="scoring", daemon=True) for lane in lanes)
        for thread in self._threads:
            thread.start()
        for _, warm in lanes:
            warm.wait()

    def submit(self, inputs: Sequence[ScoreInput], *, explain: bool = False, patience_s: float | None = None) -> Future[Answer]:
        """A future of the answers, in order; cancelling it gives up the place in the queue. Raises QueueFullError at once.

        `patience_s`: where the client hangs up sooner than others do.
        """
        now = time.monotonic()
        job = _Job([None] * len(inputs), len(inputs), explain, now)
        if not inputs:
            job.future.set_result(Answer((), Timing()))
            return job.future
        with self._wake:
            ahead = sum(len(piece.inputs) for piece in self._heap if piece.due <= now) + sum(unit.due <= now for unit in self._ready)
            # A single large request is taken by an empty queue whatever the limit is, or it could never be answered.
            full = self.waiting and self.waiting + len(inputs) > self.limit
            if not self.alive or full or ahead / self._rate > (patience_s or _WAIT_S):
                raise QueueFullError(max(1, round(self.waiting / self._rate)))
            due = now
            for begin, end in _cuts(inputs):
                heapq.heappush(self._heap, _Piece(due, next(self._numbers), begin, inputs[begin:end], job))
                due += _SPREAD * (end - begin) / self._rate
            self._heaped += len(inputs)
            self._wake.notify()
        return job.future

    @property
    def _rate(self) -> float:
        """Comments a second."""
        return self._done / self._busy * len(self._scorers)

    def stop(self, timeout_s: float = 30.0) -> None:
        """Takes nothing more and finishes what was accepted."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(timeout_s)

    def _run(self, scorer: Scorer, warm: threading.Event) -> None:
        try:
            scorer.warm()  # on the thread that will use it: what is made ready belongs to it
        finally:
            warm.set()
        while True:
            with self._wake:
                while not self._heap and not self._ready and not self._stopping:
                    self._wake.wait()
                if not self._heap and not self._ready:
                    return
            self._turn(scorer)

    def _turn(self, scorer: Scorer) -> None:
        while (piece := self._next()) is not None:
            self._prepare(scorer, piece)
            with self._wake:
                self._heaped -= len(piece.inputs)
        units = self._chosen()
        begun = time.monotonic()
        try:
            answers = _infer(scorer, units)
        except Exception:
            # A lane outlives any comment, and no comment takes the others of its pass with it.
            _LOG.exception("scoring failed; each comment of the pass is tried alone")
            answers = [_alone(scorer, unit.item.input, unit.job.explain) for unit in units]
        with self._lock:
            turn = self._answer(units, answers, begun)
        self._watch(turn)

    def _answer(self, units: Sequence[_Unit], answers: Sequence[Scored], begun: float) -> Turn:
        seconds = time.monotonic() - begun
        for job in {id(unit.job): unit.job for unit in units}.values():
            job.queue = begun - job.arrived if job.queue is None else job.queue
            job.infer += seconds
        for unit, answer in zip(units, answers, strict=True):
            self._keep(unit.key, answer)
            _deliver(unit.job, unit.place, answer)
        if units:
            self._done, self._busy = 0.9 * self._done + len(units), 0.9 * self._busy + seconds
        hits, self._hits = self._hits, 0
        return Turn(len(units), sum(unit.item.tokens for unit in units), hits, seconds)

    def _next(self) -> _Piece | None:
        """The next piece to tokenise: while there is little to choose from, and where it comes before all that is ready."""
        with self._wake:
            while self._heap:
                ready = self._ready
                little = len(ready) < _LOOK and sum(unit.item.tokens for unit in ready) < self._batch_tokens
                if not little and self._heap[0].due >= ready[0].due:
                    return None
                piece = heapq.heappop(self._heap)
                if not piece.job.future.done():
                    return piece  # it waits on while it is tokenised
                self._heaped -= len(piece.inputs)  # cancelled
        return None

    def _prepare(self, scorer: Scorer, piece: _Piece) -> None:
        """Tokenises a piece; what the cache holds is answered at once."""
        job, begun = piece.job, time.monotonic()
        try:
            items = scorer.encode(piece.inputs)
        except Exception:
            _LOG.exception("tokenising failed; each comment of the piece is tried alone")
            alone = [_alone(scorer, given, job.explain) for given in piece.inputs]
            with self._lock:
                for place, answer in enumerate(alone, start=piece.begin):
                    _deliver(job, place, answer)
            return
        # Explanations hold positions of one text and are not kept.
        kept = self._cache_entries and not job.explain
        keys = [fingerprint(item) if kept else None for item in items]
        with self._lock:
            job.tokenise += time.monotonic() - begun
            new = [
                _Unit(piece.due, place, item, job, key)
                for place, (item, key) in enumerate(zip(items, keys, strict=True), start=piece.begin)
                if not self._is_known(job, place, item, key)
            ]
            self._ready = tuple(sorted((*self._ready, *new), key=lambda unit: unit.due))

    def _is_known(self, job: _Job, place: int, item: Prepared, key: bytes | None) -> bool:
        """Whether the cache held the answer, which is delivered then."""
        held = self._cache.get(key) if key is not None else None
        if key is None or held is None:
            return False
        self._cache.move_to_end(key)
        self._hits += 1
        _deliver(job, place, replace(held, id=item.input.id))
        return True

    def _chosen(self) -> list[_Unit]:
        """Takes the units of the next pass out of what is ready; what was cancelled is left out. Wakes another lane for the rest."""
        with self._lock:
            ready = [unit for unit in self._ready if not unit.job.future.done()]
            places = packing.first([_width(unit.item) for unit in ready[:_LOOK]]) if ready else []
            taken = set(places)
            self._ready = tuple(unit for place, unit in enumerate(ready) if place not in taken)
        if self._ready:
            with self._wake:
                self._wake.notify()
        return [ready[place] for place in places]

    def _keep(self, key: bytes | None, answer: Scored) -> None:
        if key is not None and answer.reason is not Unscored.FAILED:
            self._cache[key] = replace(answer, spans=None)
            if len(self._cache) > self._cache_entries:
                self._cache.popitem(last=False)


def _infer(scorer: Scorer, units: Sequence[_Unit]) -> list[Scored]:
    """Answers in order; equal ones are scored once."""
    explain = any(unit.job.explain for unit in units)
    keys = [unit.key or place for place, unit in enumerate(units)]
    different = {key: unit.item for key, unit in zip(keys, units, strict=True)}
    found = dict(zip(different, scorer.infer(list(different.values()), explain=explain) if units else (), strict=True))
    return [replace(found[key], id=unit.item.input.id) for key, unit in zip(keys, units, strict=True)]


def _alone(scorer: Scorer, item: ScoreInput, explain: bool) -> Scored:
    """The answer for one comment, whatever the model makes of it."""
    try:
        return scorer.score([item], explain=explain)[0]
    except Exception:
        _LOG.exception("a comment cannot be scored")
        return Scored(item.id, item.lang, {}, scorer.model, Unscored.FAILED)


def _deliver(job: _Job, place: int, answer: Scored) -> None:
    job.found[place] = answer if job.explain else replace(answer, spans=None)
    job.left -= 1
    if not job.left:
        timing = Timing(job.queue or 0.0, job.tokenise, job.infer)
        # It stays pending to the end, so that it can be cancelled at any time, also now.
        with contextlib.suppress(InvalidStateError):
            job.future.set_result(Answer(tuple(one for one in job.found if one is not None), timing))


def _width(item: Prepared) -> int:
    """Padded tokens of all its windows."""
    return sum(width(window) for window in item.encoded.windows) if item.encoded else 0


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
