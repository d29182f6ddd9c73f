"""A toxic comment in a frame: what becomes harmless, what stays as it was, and which comments are left alone."""

from typing import Any

import numpy as np
import pytest

from labels import schema
from labels.functional import composed
from tests import rows as hand
from train.framed import LONGEST, framed
from train.rows import Rows

PROFANITY = schema.TOXICITY.names.index("profanity")
RUDE: dict[str, Any] = {
    "text": "You total fool",
    "toxicity": 1.0,
    "insult": 1.0,
    "profanity": 1.0,
    "sentiment": "negative",
    "spans": ((4, 14),),
}


def wrapped(rows: Rows) -> list[composed.Frame]:
    """The frame around each text. Fails where a text stands in none of its language's."""
    return [
        next(frame for frame in composed.frames(str(lang)) if frame.around("You total fool") == text)
        for lang, text in zip(rows.langs, rows.texts, strict=True)
    ]


def test_a_harmless_frame_takes_the_labels_away_and_an_endorsing_one_keeps_them() -> None:
    before = hand.made(*[RUDE] * 400)
    after = framed(before, 1.0, seed=1)
    calm = np.array([frame.harmless for frame in wrapped(after)])
    assert 0.68 < calm.mean() < 0.82  # about three of four
    toxicity, given = after.labels["toxicity"], before.labels["toxicity"]
    assert not toxicity.targets[calm].any()
    assert not toxicity.mask[calm, PROFANITY].any()  # a quoted swear word still stands on the page
    others = np.arange(len(schema.TOXICITY.outputs)) != PROFANITY
    assert (toxicity.mask[calm][:, others] == given.mask[calm][:, others]).all()
    assert (toxicity.targets[~calm] == given.targets[~calm]).all()
    assert (toxicity.mask[~calm] == given.mask[~calm]).all()
    assert (after.labels["sentiment"].judged == ~calm).all()
    assert after.spans == [None] * 400


def test_the_rows_that_were_given_are_not_changed() -> None:
    before = hand.made(*[RUDE] * 20)
    framed(before, 1.0, seed=1)
    assert before.texts == ["You total fool"] * 20
    assert before.labels["toxicity"].targets[:, 0].all()
    assert before.labels["sentiment"].judged.all()


@pytest.mark.parametrize(
    "change",
    [
        {"toxicity": 0.4},
        {"text": "x" * (LONGEST + 1)},
        {"text": "You fool\nYou total fool"},
        {"lang": "xx"},
        {"set": "functional"},  # its cases stand in frames already
    ],
)
def test_a_row_that_does_not_fit_is_left_alone(change: dict[str, Any]) -> None:
    before = hand.made(RUDE | change, {key: value for key, value in RUDE.items() if key != "toxicity"})
    after = framed(before, 1.0, seed=1)
    assert after.texts == before.texts
    assert after.spans == before.spans
    for head in before.labels:
        assert (after.labels[head].targets == before.labels[head].targets).all()
        assert (after.labels[head].mask == before.labels[head].mask).all()


def test_the_share_is_drawn_by_the_seed() -> None:
    rows = hand.made(*[RUDE] * 1000)
    first, again, other = framed(rows, 0.2, seed=1), framed(rows, 0.2, seed=1), framed(rows, 0.2, seed=2)
    assert first.texts == again.texts != other.texts
    assert 150 < sum(text != "You total fool" for text in first.texts) < 250
    assert framed(rows, 0.0, seed=1).texts == rows.texts
