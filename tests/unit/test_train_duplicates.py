"""What of the train rows repeats a dev part, or their own set, is left out; what only resembles it stays."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests import rows as hand
from train import duplicates

TEXT = "The mayor says that the bridge will be closed for repairs until the end of next summer."


def left(*texts: str, dev: tuple[str, ...] = (TEXT,)) -> list[str]:
    return list(duplicates.apart_from(hand.made(*({"text": text} for text in texts)), dev).texts)


def test_a_train_row_whose_text_is_in_a_dev_part_is_left_out() -> None:
    assert left("The Mayor, again!", "The mayor", "?!", "...", dev=("the mayor AGAIN", "!!")) == ["The mayor", "?!", "..."]


@pytest.mark.parametrize(
    "near",
    [
        TEXT + " Oh!",
        "RT: " + TEXT,
        TEXT.replace("mayor", "major"),
        TEXT.replace("says", "said").replace("?", "."),
        TEXT.removesuffix("summer."),
        TEXT.upper() + " 😡😡😡",
    ],
)
def test_a_text_that_differs_by_a_word_is_left_out_too(near: str) -> None:
    assert left(near) == []


@pytest.mark.parametrize(
    "other",
    [
        "The mayor says that the school will be opened after the repairs before the start of this winter.",
        TEXT + " Nobody asked us, who live on the other side of the river, what we think of it.",
        TEXT[:40],
        "",
    ],
)
def test_a_text_that_resembles_another_stays(other: str) -> None:
    assert left(other) == [other]


def test_short_texts_are_compared_exactly_only() -> None:
    assert left("Shame on you all", "shame on you all!", dev=("Shame on you, all.", "Shame on you alls")) == []
    assert left("Shame on you alls", dev=("Shame on you, all.",)) == ["Shame on you alls"]


def test_near_duplicates_are_those_that_comparing_all_pairs_finds() -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("абвгдежзиклмн", k=chance.randint(2, 9))) for _ in range(300)]
    dev = [" ".join(chance.choices(words, k=chance.randint(5, 40))) for _ in range(150)]
    train = []
    for text in dev * 4:
        told = text.split()
        for at in chance.sample(range(len(told)), chance.randint(1, max(1, len(told) // 8))):
            told[at] = chance.choice(words)
        train.append(" ".join(told))

    def runs(texts: list[str]) -> list[set[str]]:
        return [{text[at : at + 6] for at in range(len(text) - 5)} for text in (one.replace(" ", "") for one in texts) if len(text) >= 20]

    long = [text for text in train if len(text.replace(" ", "")) >= 20]
    theirs = runs(dev)
    near = {text for text, mine in zip(long, runs(long), strict=True) if any(len(mine & one) >= 0.8 * len(mine | one) for one in theirs)}
    found = set(train) - set(left(*train, dev=tuple(dev)))
    assert 100 < len(near) < 600
    assert found <= near | set(dev)
    assert len(near - found) <= 1


def test_portions_of_texts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [TEXT[at:] for at in range(len(TEXT))]
    whole = duplicates._bands(texts)
    monkeypatch.setattr(duplicates, "_LETTERS_AT_ONCE", 100)
    assert np.array_equal(duplicates._bands(texts), whole)


def test_a_row_that_stands_twice_in_its_set_is_kept_once() -> None:
    row = {"text": "Yes.", "set": "a", "target": "tax", "stance": "favor"}
    others = [row | change for change in ({"set": "b"}, {"target": "war"}, {"stance": "against"}, {"toxicity": 0.0}, {"spans": ()})]
    assert duplicates.apart_from(hand.made(row, *others, row), []).ids.tolist() == ["0", "1", "2", "3", "4", "5"]
