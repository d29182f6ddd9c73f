"""The order of the queue: harm, uncertainty and waiting time, and what can be read before what cannot."""

from __future__ import annotations

import pytest

from labels.scores import Scores
from serve.store.desk_urgency import DOUBLES_MS, is_wordless, key

THREAT: Scores = {"toxicity": {"threat": 0.4}}
INSULT: Scores = {"toxicity": {"insult": 0.4}}


@pytest.mark.parametrize(
    ("text", "wordless"), [("☕🐈❤️", True), ("?!…", True), ("", True), ("88", False), ("Дурак 🐈", False), ("馬鹿", False)]
)
def test_what_has_neither_letter_nor_digit_is_wordless(text: str, wordless: bool) -> None:
    assert is_wordless(text) is wordless


def test_what_cannot_be_read_waits_behind_what_can_but_not_for_ever() -> None:
    assert key(THREAT, 0) > key(INSULT, 0) > key(THREAT, 0, wordless=True) > key({}, 0, wordless=True)
    assert key(THREAT, -4 * DOUBLES_MS, wordless=True) > key(THREAT, 0), "a day later it is next"


def test_what_the_model_failed_on_goes_before_what_has_no_words() -> None:
    assert key({}, 0) > key(THREAT, 0, wordless=True)
