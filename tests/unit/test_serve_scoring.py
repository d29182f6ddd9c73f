"""The scoring queue's promises on waiting, with a scorer that takes a known time and no model."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from labels.scores import Scored, ScoreInput
from serve import scoring
from serve.scoring import Queue, QueueFullError
from train.inference import Prepared, Scorer

_COMMENT_S = 0.002


class Slow:
    """Takes two milliseconds a comment; a comment is ten tokens."""

    model = "slow@000000000000"

    def encode(self, inputs: Sequence[ScoreInput]) -> list[Prepared]:
        return [cast(Prepared, Item(item)) for item in inputs]

    def infer(self, items: Sequence[Any], *, explain: bool = False) -> list[Scored]:
        time.sleep(_COMMENT_S * len(items))
        return [Scored(item.input.id, None, {}, self.model) for item in items]


class Item:
    tokens = 10

    def __init__(self, input: ScoreInput) -> None:
        self.input = input


@pytest.fixture
def queue() -> Iterator[Queue]:
    made = Queue(cast(Scorer, Slow()), limit=2_000, batch_tokens=160)
    made.start()
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
