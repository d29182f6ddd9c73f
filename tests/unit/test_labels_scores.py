"""Score inputs and answers as JSON: the contract of `threadwise score` and of the service."""

from __future__ import annotations

import json

import pytest

from labels.errors import RowError
from labels.scores import Context, Scored, ScoreInput, Span, Unscored


def test_a_full_input_is_read() -> None:
    given = {"id": "a", "text": "Нет", "lang": "ru", "context": {"title": "T", "target": "G", "parent": "P", "root": "R"}}
    assert ScoreInput.from_json(given) == ScoreInput("a", "Нет", "ru", Context("T", "G", "P", "R"))


@pytest.mark.parametrize("context", [None, {}, {"title": None, "parent": None}])
def test_a_context_may_be_empty(context: object) -> None:
    assert ScoreInput.from_json({"id": 1, "text": "", "context": context}) == ScoreInput(1, "")


def test_unknown_members_beside_the_contract_are_passed_over() -> None:
    assert ScoreInput.from_json({"id": 1, "text": "x", "author": "me"}) == ScoreInput(1, "x")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "expected a JSON object, got list"),
        (None, "expected a JSON object, got NoneType"),
        ({"text": "x"}, '"id" must be a string or an integer'),
        ({"id": None, "text": "x"}, '"id" must be a string or an integer'),
        ({"id": True, "text": "x"}, '"id" must be a string or an integer'),
        ({"id": 1.5, "text": "x"}, '"id" must be a string or an integer'),
        ({"id": 1}, '"text" must be a string'),
        ({"id": 1, "text": 5}, '"text" must be a string'),
        ({"id": 1, "text": "x", "lang": 5}, '"lang" must be a string or null'),
        ({"id": 1, "text": "x", "context": "title"}, '"context" must be an object, got str'),
        ({"id": 1, "text": "x", "context": {"title": 1}}, '"context.title" must be a string or null, got int'),
        ({"id": 1, "text": "x", "context": {"topic": "t"}}, '"context" has the unknown member "topic"; known: title, target, parent, root'),
    ],
)
def test_a_broken_input_is_refused_and_the_member_named(value: object, said: str) -> None:
    with pytest.raises(RowError) as caught:
        ScoreInput.from_json(value)
    assert str(caught.value) == said


def test_a_context_is_written_without_what_is_not_known() -> None:
    assert Context(parent="p").to_json() == {"parent": "p"}


@pytest.mark.parametrize("context", [Context(), Context("t"), Context("t", "g", "p", "r")])
def test_a_context_comes_back_the_same(context: Context) -> None:
    assert Context.from_json(context.to_json()) == context


def test_an_answer_has_the_members_of_the_contract() -> None:
    answer = Scored(7, "bg", {"sentiment": {"negative": 0.1, "neutral": 0.2, "positive": 0.7}}, "main@0123456789ab")
    assert answer.to_json() == {
        "id": 7,
        "lang": "bg",
        "scored": True,
        "reason": None,
        "scores": {"sentiment": {"negative": 0.1, "neutral": 0.2, "positive": 0.7}},
        "low_confidence": [],
        "model": "main@0123456789ab",
    }


def test_what_was_not_scored_says_why() -> None:
    row = json.loads(json.dumps(Scored("x", None, {}, "m@0", Unscored.TOO_LONG).to_json()))
    assert (row["scored"], row["reason"], row["scores"]) == (False, "too_long", {})


def test_spans_are_there_only_when_asked_for() -> None:
    assert "spans" not in Scored("x", None, {}, "m@0").to_json()
    assert Scored("x", None, {}, "m@0", spans=()).to_json()["spans"] == []
    assert Scored("x", None, {}, "m@0", spans=(Span(2, 5, "toxicity", 0.5),)).to_json()["spans"] == [
        {"begin": 2, "end": 5, "output": "toxicity", "score": 0.5}
    ]
