"""The one scoring queue: requests in, scores out, on a thread of its own, off the event loop.

The thread arranges passes of the model and runs none: each lane of the scorer runs one while the thread tokenises and packs what comes
next. A pass is short, so that nobody waits long for the one before. Into it go windows of whatever comments and requests: the one that has
waited longest for what it costs, and those that cost least beside it (`packing`). A long comment's windows go through several lanes.
The thread sleeps until it is notified, passes over what was cancelled, and keeps the scores of inputs that come again. A queue that is
full, or too long to wait in, says so at once (`QueueFullError`); nothing waits for room, and a storm leaves no more behind than seconds of
work.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from labels.errors import ThreadwiseError
from labels.scores import Scored, ScoreInput, Unscored
from serve import packing
from serve.waiting import Answer, Job, Part, Pass, Piece, Timing, Unit, cuts, fingerprint
from train.inference import Lane, Scorer, Seen

_LOG = logging.getLogger(__name__)
_LOOK = 64
"""Windows among which a pass is chosen, beside the budget of tokens."""
_SPREAD = 2.0
"""The pieces of a request stand in the queue as if they had come one by one, so many times slower than they are scored: single comments
overtake long lists, and a list still gets half of the machine."""
_WAIT_S = 1.5
"""Who would wait longer than this for those before it is told so at once."""
_FORGET = 0.98
"""Of what is known of the speed, how much still counts a pass later."""


class QueueFullError(ThreadwiseError):
    """More comments wait than the queue may hold or can be scored soon; or the service is stopping, or its thread has ended. `words`: of
    another line that is full."""

    def __init__(self, retry_after_s: int, words: str = "the scoring queue is full; try again later") -> None:
        super().__init__(words)
        self.retry_after_s = retry_after_s


class GoneError(ThreadwiseError):
    """The client has hung up before its answer was there."""


@dataclass(frozen=True, slots=True)
class Turn:
    """For metrics: a pass of the model over windows of so many comments, or what the cache answered."""

    comments: int
    tokens: int
    cached: int
    seconds: float


class Queue:
    """Safe to call from any thread; `start` it first. `watch` is told of each turn."""

    def __init__(
        self,
        scorer: Scorer,
        *,
        limit: int,
        batch_tokens: int,
        cache_entries: int = 0,
        watch: Callable[[Turn], None] | None = None,
    ) -> None:
        self.scorer = scorer
        self.limit = limit
        self._batch_tokens = batch_tokens
        self._cache: OrderedDict[bytes, Scored] = OrderedDict()
        self._cache_entries = cache_entries
        self._watch = watch or (lambda turn: None)
        self._heap: list[Piece] = []
        self._heaped = 0
        self._numbers = itertools.count()
        self._ready: tuple[Part, ...] = ()
        """Only the thread replaces it."""
        self._equal: dict[bytes, Unit] = {}
        """Those that wait or run, by what decides their scores."""
        self._idle = list(scorer.lanes)
        self._over: list[tuple[Pass, BaseException | None]] = []
        """With what made a pass fail."""
        self._done, self._busy = 20.0, 0.1 * len(scorer.lanes)  # comments, and seconds of passes, the older ones less and less
        self._pass_cost = 0.0
        """In tokens; known once the thread runs."""
        self._stopping = False
        self._wake = threading.Condition()
        """Over the heap and what is over, held for moments only: the event loop takes it too."""
        self._thread: threading.Thread | None = None
        self._waits = ThreadPoolExecutor(len(scorer.lanes), "pass")

    @property
    def waiting(self) -> int:
        """Comments that wait."""
        return self._heaped + len({id(part.unit) for part in self._ready})

    @property
    def alive(self) -> bool:
        """Whether what is submitted will be scored."""
        return self._thread is not None and self._thread.is_alive() and not self._stopping

    def start(self) -> None:
        """Returns when every lane is as fast as it will be."""
        self._stopping = False
        warm = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(warm,), name="scoring", daemon=True)
        self._thread.start()
        warm.wait()

    def submit(self, inputs: Sequence[ScoreInput], *, explain: bool = False, patience_s: float | None = None) -> Future[Answer]:
        """A future of the answers, in order; cancelling it gives up the place in the queue. Raises QueueFullError at once.

        `patience_s`: where the client hangs up sooner than others do.
        """
        now = time.monotonic()
        job = Job(inputs, [None] * len(inputs), len(inputs), explain, now)
        if not inputs:
            job.future.set_result(Answer((), Timing()))
            return job.future
        with self._wake:
            ready = {id(part.unit) for part in self._ready if part.unit.due <= now}
            ahead = sum(len(piece.inputs) for piece in self._heap if piece.due <= now) + len(ready)
            # A single large request is taken by an empty queue whatever the limit is, or it could never be answered.
            full = self.waiting and self.waiting + len(inputs) > self.limit
            if not self.alive or full or ahead / self._rate > (patience_s or _WAIT_S):
                raise QueueFullError(max(1, round(self.waiting / self._rate)))
            due = now
            for begin, end in cuts(inputs):
                heapq.heappush(self._heap, Piece(due, next(self._numbers), begin, inputs[begin:end], job))
                due += _SPREAD * (end - begin) / self._rate
            self._heaped += len(inputs)
            self._wake.notify()
        return job.future

    @property
    def _rate(self) -> float:
        """Comments a second."""
        return self._done / self._busy * len(self.scorer.lanes)

    def stop(self, timeout_s: float = 30.0) -> None:
        """Takes nothing more and finishes what was accepted."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, warm: threading.Event) -> None:
        try:
            self.scorer.warm()  # on the thread that will use it: what is made ready belongs to it
            self._pass_cost = packing.measured(self.scorer.lanes[0])
        finally:
            warm.set()
        while self._awaited():
            self._turn()

    def _awaited(self) -> bool:
        """Sleeps until there is something to do. False: there never will be."""
        with self._wake:
            while not self._over and not (self._ready and self._idle) and not self._is_wanted():
                if self._stopping and not self._heap and not self._ready and len(self._idle) == len(self.scorer.lanes):
                    return False
                self._wake.wait()
        return True

    def _turn(self) -> None:
        """Ends passes, begins passes, and tokenises one piece while they run."""
        with self._wake:
            over, self._over = self._over, []
        # Lanes are filled before the answers are made: those take a millisecond, in which a core would be idle.
        ended = [(one, self._freed(one, failure)) for one, failure in over]
        while self._idle and (parts := self._chosen()):
            self._begin(self._idle.pop(), parts)
        for one, found in ended:
            self._end(one, found)
        if (piece := self._next()) is not None:
            self._prepare(piece)
            with self._wake:
                self._heaped -= len(piece.inputs)

    def _is_wanted(self) -> bool:
        """Whether a piece is to be tokenised: while there is little to choose from, and where it comes before all that is ready."""
        if not self._heap:
            return False
        little = len(self._ready) < _LOOK and sum(part.width for part in self._ready) < self._batch_tokens
        return little or self._heap[0].due < min(part.unit.due for part in self._ready)

    def _next(self) -> Piece | None:
        with self._wake:
            while self._is_wanted():
                piece = heapq.heappop(self._heap)
                if not piece.job.future.done():
                    return piece  # it waits on while it is tokenised
                self._heaped -= len(piece.inputs)  # cancelled
        return None

    def _prepare(self, piece: Piece) -> None:
        """Tokenises a piece; what needs no pass is answered at once."""
        job, begun = piece.job, time.monotonic()
        try:
            items = self.scorer.encode(piece.inputs)
        except Exception:
            _LOG.exception("tokenising failed; each comment of the piece is tried alone")
            for place, given in enumerate(piece.inputs, start=piece.begin):
                job.deliver(place, _alone(self.scorer, given, job.explain))
            return
        keys = [fingerprint(item, explain=job.explain) if self._cache_entries else None for item in items]
        job.tokenise += time.monotonic() - begun
        known = [self._is_known(job, place, key) for place, key in enumerate(keys, start=piece.begin)]
        if any(known):
            self._watch(Turn(0, 0, sum(known), 0.0))
        for place, (item, key, held) in enumerate(zip(items, keys, known, strict=True), start=piece.begin):
            if not held:
                self._add(Unit.of(piece.due, item, key, job, place))

    def _is_known(self, job: Job, place: int, key: bytes | None) -> bool:
        """Whether the cache held the answer, which is delivered then."""
        held = self._cache.get(key) if key is not None else None
        if key is None or held is None:
            return False
        self._cache.move_to_end(key)
        job.deliver(place, held)
        return True

    def _add(self, unit: Unit) -> None:
        if not unit.item.windows:
            self._answer([unit])
            return
        if unit.key is not None:
            equal = self._equal.setdefault(unit.key, unit)
            if equal is not unit and equal.wanted:
                equal.asked += unit.asked
                return
            self._equal[unit.key] = unit
        self._ready += tuple(Part(unit, place) for place in range(len(unit.item.windows)))

    def _chosen(self) -> list[Part]:
        """Takes the parts of the next pass out of what is ready; what nobody waits for any more is left out."""
        now = time.monotonic()
        ready = [part for part in self._ready if part.unit.wanted]
        for unit in {part.unit for part in self._ready}.difference(part.unit for part in ready):
            self._forget(unit)
        ready.sort(key=lambda part: (-part.unit.impatience(now), part.unit.due))
        alone = len({id(job) for part in ready for job, _ in part.unit.asked}) == 1
        share = sum(part.width for part in ready) // len(self.scorer.lanes)  # no lane is idle while another one has all
        tokens = max(min(share, packing.ALONE_TOKENS), packing.PASS_TOKENS) if alone else packing.PASS_TOKENS
        places = packing.first([part.width for part in ready[:_LOOK]], self._pass_cost, tokens) if ready else []
        taken = set(places)
        self._ready = tuple(part for place, part in enumerate(ready) if place not in taken)
        return [ready[place] for place in places]

    def _begin(self, lane: Lane, parts: Sequence[Part]) -> None:
        one = Pass(lane, tuple(parts), time.monotonic())
        for unit in one.units:
            for job, _ in unit.asked:
                job.queue = one.begun - job.arrived if job.queue is None else job.queue
        try:
            lane.begin([part.unit.item.windows[part.place] for part in parts])
        except Exception as error:
            self._notify(one, error)
            return
        self._waits.submit(lane.wait).add_done_callback(lambda wait: self._notify(one, wait.exception()))

    def _notify(self, one: Pass, failure: BaseException | None) -> None:
        with self._wake:
            self._over.append((one, failure))
            self._wake.notify()

    def _freed(self, one: Pass, failure: BaseException | None) -> list[Seen] | None:
        """What the pass found; None: it failed."""
        self._idle.append(one.lane)
        if failure is None:
            return one.lane.end()
        _LOG.error("a pass failed; each of its comments is tried alone", exc_info=failure)
        return None

    def _end(self, one: Pass, found: list[Seen] | None) -> None:
        """Answers the comments whose last window this pass held."""
        seconds = time.monotonic() - one.begun
        units = [unit for unit in one.units if not unit.answered]
        for job in {id(job): job for unit in units for job, _ in unit.asked}.values():
            job.infer += seconds
        if found is None:
            self._answer_alone(units)
        else:
            for part, seen in zip(one.parts, found, strict=True):
                part.unit.seen[part.place] = seen
            units = [unit for unit in units if None not in unit.seen]
            self._answer(units)
        self._done, self._busy = _FORGET * self._done + len(units), _FORGET * self._busy + seconds
        self._watch(Turn(len(one.units), sum(len(part.unit.item.windows[part.place]) for part in one.parts), 0, seconds))

    def _answer(self, units: Sequence[Unit]) -> None:
        explain = any(job.explain for unit in units for job, _ in unit.asked)
        seen = [one for unit in units for one in unit.seen if one is not None]
        try:
            answers = self.scorer.answers([unit.item for unit in units], seen, explain=explain)
        except Exception:
            # The thread outlives any comment, and no comment takes the others of its pass with it.
            _LOG.exception("scoring failed; each comment of the pass is tried alone")
            self._answer_alone(units)
            return
        for unit, answer in zip(units, answers, strict=True):
            self._close(unit, answer)

    def _answer_alone(self, units: Sequence[Unit]) -> None:
        for unit in units:
            self._close(unit, _alone(self.scorer, unit.item.input, any(job.explain for job, _ in unit.asked)))

    def _close(self, unit: Unit, answer: Scored) -> None:
        unit.answered = True
        self._forget(unit)
        if unit.key is not None:
            self._keep(unit.key, answer)
        for job, place in unit.asked:
            job.deliver(place, answer)

    def _forget(self, unit: Unit) -> None:
        """No equal comment can wait for it any more."""
        if unit.key is not None and self._equal.get(unit.key) is unit:
            del self._equal[unit.key]

    def _keep(self, key: bytes, answer: Scored) -> None:
        if answer.reason is not Unscored.FAILED:
            self._cache[key] = answer
            if len(self._cache) > self._cache_entries:
                self._cache.popitem(last=False)


def _alone(scorer: Scorer, item: ScoreInput, explain: bool) -> Scored:
    """The answer for one comment, whatever the model makes of it."""
    try:
        return scorer.score([item], explain=explain)[0]
    except Exception:
        _LOG.exception("a comment cannot be scored")
        return Scored(item.id, item.lang, {}, scorer.model, Unscored.FAILED)
