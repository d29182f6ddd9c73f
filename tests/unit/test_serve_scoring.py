"""The scoring queue's promises on waiting, with a scorer that takes a known time and no model."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.scores import Scored, ScoreInput, Span
from serve import packing, scoring
from serve.scoring import Queue, QueueFullError
from train.encode import Window
from train.inference import Prepared, Scorer

_COMMENT_S = 0.002
_PASS_COST = 12.0
_WINDOW = Window((1,) * 8, (0,) * 8, 6, 0)


@pytest.fixture(autouse=True)
def pass_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known, so that lanes run no pass but those of the test."""
    monkeypatch.setattr(packing, "measured", lambda lane: _PASS_COST)


class Bed:
    """A lane that takes two milliseconds a window."""

    def __init__(self) -> None:
        self.passes: list[int] = []

    def begin(self, windows: Sequence[Window]) -> None:
        self.passes.append(len(windows))

    def wait(self) -> None:
        time.sleep(_COMMENT_S * self.passes[-1])

    def end(self) -> list[Any]:
        return [object() for _ in range(self.passes[-1])]


class Slow:
    """Windows are eight tokens; a comment has one, or as many as its text says."""

    model = "slow@000000000000"

    def __init__(self, lanes: int = 1, bed: type[Bed] = Bed) -> None:
        self.lanes = tuple(bed() for _ in range(lanes))
        self.warmed = 0

    def warm(self) -> None:
        self.warmed += 1

    def encode(self, inputs: Sequence[ScoreInput]) -> list[Prepared]:
        return [cast(Prepared, Item(item)) for item in inputs]

    def answers(self, items: Sequence[Any], seen: Sequence[Any], *, explain: bool = False) -> list[Scored]:
        assert len(seen) == sum(len(item.windows) for item in items)
        return [Scored(item.input.id, None, {}, self.model) for item in items]

    def score(self, inputs: Sequence[ScoreInput], *, explain: bool = False) -> list[Scored]:
        return [Scored(one.id, None, {}, self.model) for one in inputs]


class Item:
    encoded = None
    lang = reason = None

    def __init__(self, input: ScoreInput) -> None:
        self.input = input
        self.windows = (_WINDOW,) * (int(input.text) if input.text.isdigit() else 1)
        self.tokens = 8 * len(self.windows)


def made_of(scorer: Slow, **given: int) -> Queue:
    made = Queue(cast(Scorer, scorer), **({"limit": 2_000, "batch_tokens": 160} | given))
    made.start()
    return made


@pytest.fixture
def queue() -> Iterator[Queue]:
    made = made_of(Slow())
    yield made
    made.stop()


def comments(count: int) -> list[ScoreInput]:
    return [ScoreInput(str(place), "a") for place in range(count)]


def test_a_single_comment_overtakes_a_long_list_also_where_scoring_is_slow(queue: Queue) -> None:
    whole = queue.submit(comments(600))
    time.sleep(0.2)
    begun = time.monotonic()
    single = queue.submit(comments(1)).result(10)
    assert single.scored[0].id == "0"
    assert not whole.done()
    assert time.monotonic() - begun < 0.5, "600 comments take 1.2 s"
    assert [one.id for one in whole.result(10).scored] == [str(place) for place in range(600)]


def test_who_would_wait_too_long_is_told_at_once_and_not_once_the_storm_is_over(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "_WAIT_S", 0.2)
    taken, waits = [], []
    for _ in range(1_000):
        try:
            taken.append(queue.submit(comments(1)))
        except QueueFullError as error:
            waits.append(error.retry_after_s)
    assert waits
    assert min(waits) >= 1
    over = time.monotonic()
    assert all(future.result(10).scored for future in taken), "what was taken is answered"
    assert time.monotonic() - over < 2
    assert queue.submit(comments(1)).result(1).scored


def test_who_hangs_up_sooner_is_told_sooner(queue: Queue) -> None:
    waiting = [queue.submit(comments(1)) for _ in range(100)]
    with pytest.raises(QueueFullError):
        queue.submit(comments(1), patience_s=0.01)
    assert queue.submit(comments(1)).result(10).scored
    assert all(one.result(10).scored for one in waiting)


def test_an_empty_queue_takes_a_request_of_any_size(queue: Queue) -> None:
    whole = queue.submit(comments(2_500))
    with pytest.raises(QueueFullError):
        queue.submit(comments(2_000))
    assert whole.cancel()


def test_a_long_list_that_has_just_come_does_not_turn_singles_away(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "_WAIT_S", 0.2)
    whole = queue.submit(comments(1_500))
    assert queue.submit(comments(1)).result(5).scored
    assert whole.cancel()


def test_a_comment_is_answered_when_its_pass_is_over_and_not_later(queue: Queue) -> None:
    whole, single = queue.submit(comments(300)), queue.submit(comments(1))
    first = single.result(30).timing.infer
    assert not whole.done(), "the single one is not held until the list is done"
    assert whole.result(30).timing.infer > 3 * first, "all of its passes"


class Meeting(Bed):
    """Ends its pass only while another lane runs one as well."""

    place = threading.Barrier(2)

    def wait(self) -> None:
        self.place.wait(10)


def test_each_lane_has_a_pass_of_its_own_at_the_same_time() -> None:
    scorer = Slow(2, Meeting)
    made = made_of(scorer)
    assert scorer.warmed == 1, "before it takes the first comment"
    assert [one.id for one in made.submit(comments(64)).result(20).scored] == [str(number) for number in range(64)]
    made.stop()
    assert not made.alive
    assert all(lane.passes for lane in scorer.lanes)


def test_the_windows_of_one_long_comment_go_through_several_lanes() -> None:
    scorer = Slow(2, Meeting)
    made = made_of(scorer)
    windows = 2 * packing.PASS_TOKENS // 8
    assert made.submit([ScoreInput("long", str(windows))]).result(20).scored[0].id == "long"
    made.stop()
    assert [lane.passes for lane in scorer.lanes] == [[windows // 2], [windows // 2]]


def test_passes_are_larger_where_one_request_alone_waits() -> None:
    scorer = Slow()
    made = made_of(scorer)
    made.submit(comments(64)).result(20)
    assert max(scorer.lanes[0].passes) == packing.ALONE_TOKENS // 8
    scorer.lanes[0].passes.clear()
    for one in [made.submit(comments(64)), made.submit(comments(64))]:
        one.result(20)
    assert max(scorer.lanes[0].passes[2:5]) == packing.PASS_TOKENS // 8
    made.stop()


@pytest.mark.parametrize("cache_entries", [0, 100])
def test_lanes_lose_and_mix_up_nothing(cache_entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "_WAIT_S", 60)
    made = made_of(Slow(3), limit=20_000, cache_entries=cache_entries)
    with ThreadPoolExecutor(8) as pool:
        futures = list(pool.map(lambda size: made.submit(comments(size)), [1, 40, 3, 100, 2, 7] * 20))
    for future, size in zip(futures, [1, 40, 3, 100, 2, 7] * 20, strict=True):
        assert [one.id for one in future.result(30).scored] == [str(number) for number in range(size)]
    assert made.waiting == 0
    made.stop()


class Broken(Bed):
    """Every other pass fails: at its start, or while it runs."""

    def begin(self, windows: Sequence[Window]) -> None:
        super().begin(windows)
        if len(self.passes) % 4 == 1:
            raise RuntimeError("no memory")

    def wait(self) -> None:
        if len(self.passes) % 4 == 3:
            raise RuntimeError("shape mismatch")


def test_a_pass_that_fails_loses_no_comment_and_no_lane() -> None:
    made = made_of(Slow(2, Broken))
    assert [one.id for one in made.submit(comments(200)).result(30).scored] == [str(number) for number in range(200)]
    assert made.alive
    made.stop()


def test_an_equal_comment_that_waits_is_scored_once_under_each_id(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Slow()
    made = made_of(scorer, cache_entries=100)
    monkeypatch.setattr(scoring, "fingerprint", lambda item, explain: item.input.text.encode())
    answers = [made.submit([ScoreInput(str(number), "the same")]) for number in range(20)]
    assert [one.result(10).scored[0].id for one in answers] == [str(number) for number in range(20)]
    made.stop()
    assert scorer.lanes[0].passes == [1]


def test_scores_are_kept_up_to_a_bound_those_used_last(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Slow()
    made = made_of(scorer, cache_entries=2)
    monkeypatch.setattr(scoring, "fingerprint", lambda item, explain: item.input.text.encode())
    passes = []
    for text in ("a", "b", "a", "c", "a", "b"):
        assert made.submit([ScoreInput(text, text)]).result(10).scored[0].id == text
        passes.append(len(scorer.lanes[0].passes))
    made.stop()
    assert passes == [1, 2, 2, 3, 3, 4], "b was given up for c, a was used meanwhile"


def test_what_was_cancelled_is_passed_over_and_what_equals_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Slow()
    made = made_of(scorer, cache_entries=100)
    monkeypatch.setattr(scoring, "fingerprint", lambda item, explain: item.input.text.encode())
    first = made.submit([ScoreInput(str(number), f"text {number}") for number in range(100)])
    gone = made.submit([ScoreInput("gone", "the same")])
    assert gone.cancel()
    assert made.submit([ScoreInput("here", "the same")]).result(10).scored[0].id == "here"
    assert len(first.result(10).scored) == 100
    made.stop()
    assert sum(scorer.lanes[0].passes) <= 102


class Telling(Slow):
    """Says that all of a text carries its score. To the real fingerprint all its texts are one."""

    def answers(self, items: Sequence[Any], seen: Sequence[Any], *, explain: bool = False) -> list[Scored]:
        spans = [(Span(0, len(item.input.text), "toxicity", 1.0),) if explain else None for item in items]
        return [Scored(item.input.id, None, {}, self.model, spans=one) for item, one in zip(items, spans, strict=True)]


def test_explained_scores_are_kept_for_the_text_as_it_came() -> None:
    scorer = Telling()
    made = made_of(scorer, cache_entries=100)
    ends, passes = [], []
    for text, explain in (("a", True), ("a", True), ("bb", True), ("bb", False), ("a", False), ("bb", True)):
        spans = made.submit([ScoreInput(text, text)], explain=explain).result(10).scored[0].spans
        ends.append(spans and spans[0].end)
        passes.append(len(scorer.lanes[0].passes))
    made.stop()
    assert ends == [1, 1, 2, None, None, 2]
    assert passes == [1, 1, 2, 3, 3, 3]


def test_a_list_that_comes_again_goes_on_where_it_was_ended() -> None:
    scorer = Telling()
    made = made_of(scorer, cache_entries=1_000)
    inputs = [ScoreInput(str(number), f"text {number}") for number in range(600)]
    first = made.submit(inputs, explain=True)
    time.sleep(0.5)
    assert first.cancel()
    again = made.submit(inputs, explain=True).result(10).scored
    assert [one.spans and one.spans[0].end for one in again] == [len(one.text) for one in inputs]
    made.stop()
    assert 600 <= sum(scorer.lanes[0].passes) < 700, "what ran when it was ended is done again"


class Costly(Bed):
    """A pass takes two milliseconds, and .4 for each token, by a clock of its own: a busy machine oversleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0.0

    def end(self) -> list[Any]:
        self.clock += 0.002 + 0.0004 * 16 * self.passes[-1]
        return super().end()


def test_what_a_pass_costs_by_itself_is_measured_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    lane = Costly()
    with monkeypatch.context() as patched:
        patched.setattr(packing.time, "perf_counter", lambda: lane.clock)
        assert packing.measured(cast(Any, lane)) == pytest.approx(5), "five tokens"
    assert 4 <= packing.measured(cast(Any, Bed())) <= 64, "whatever the clock says"


def cost(passes: Sequence[Sequence[int]]) -> float:
    return sum(_PASS_COST + len(one) * max(one) for one in passes)


@pytest.mark.parametrize(
    ("widths", "first"),
    [
        ([32], [0]),
        ([24, 32], [0, 1]),  # padding costs 8, a pass of its own 12
        ([16, 32], [0]),
        ([48, 8, 8, 8, 40], [0, 4]),
        ([32] * 10, list(range(3))),  # 96 tokens
        ([700, 16, 16], [0]),
        ([16, 700, 16], [0, 2]),
        ([0, 0], [0, 1]),  # what cannot be scored costs nothing
    ],
)
def test_those_go_together_that_cost_least_together(widths: list[int], first: list[int]) -> None:
    found = packing.first(widths, _PASS_COST)
    assert len(found) == len(first)
    assert [widths[place] for place in found] == [widths[place] for place in first]
    assert 0 in found


@given(st.lists(st.integers(1, 200).map(lambda tokens: 8 * tokens), min_size=1, max_size=7))
def test_no_split_of_all_that_wait_is_cheaper(widths: list[int]) -> None:
    passes, left = list[list[int]](), list(widths)
    while left:
        places = packing.first(left, _PASS_COST)
        assert 0 in places
        passes.append([left[place] for place in places])
        left = [width for place, width in enumerate(left) if place not in places]
    assert all(len(one) == 1 or len(one) * max(one) <= packing.PASS_TOKENS for one in passes)
    assert cost(passes) == min(cost(split) for split in splits(sorted(widths)))


def splits(widths: list[int]) -> Iterator[list[list[int]]]:
    """Every way to cut a list in the order of width into passes that are allowed."""
    if not widths:
        yield []
    for end in range(1, len(widths) + 1):
        if end == 1 or end * widths[end - 1] <= packing.PASS_TOKENS:
            yield from ([widths[:end], *rest] for rest in splits(widths[end:]))
