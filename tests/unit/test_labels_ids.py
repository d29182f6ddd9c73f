"""Ids of comments without one: the same comment keeps its id, different ones get different ids, none is given twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.ids import stable_id, unique


def test_the_form_is_a_letter_and_twelve_hex_digits() -> None:
    name = stable_id("Ana", "2026-02-05", None, "text")
    assert name[0] == "c"
    assert len(name) == 13
    int(name[1:], 16)


def test_the_value_never_changes() -> None:
    """Stored ids of earlier versions must still be found."""
    assert stable_id("Ана", None, "", "текст") == stable_id("Ана", None, "", "текст") == "c43c09bb8c59e"


@pytest.mark.parametrize(
    "other", [("Ана", "", "текст"), ("Ана", None, "текст."), (None, "Ана", "текст"), ("Ана", None, "текст", None), ("Анате", None, "кст")]
)
def test_other_parts_give_another_id(other: tuple[str | None, ...]) -> None:
    assert stable_id(*other) != stable_id("Ана", None, "текст")


def test_half_a_surrogate_pair_is_a_part_like_any_other() -> None:
    assert stable_id("\ud83d") != stable_id("\ud83e")


def test_a_repeated_id_gets_its_count() -> None:
    assert unique(["12", "12", "3", "12"]) == ["12", "12-2", "3", "12-3"]


def test_an_added_count_never_takes_an_id_that_stands_there() -> None:
    assert unique(["12-2", "12", "12"]) == ["12-2", "12", "12-3"]


@given(st.lists(st.sampled_from(["a", "b", "a-2", "a-3", "b-2", ""]), max_size=30))
def test_all_ids_differ_and_first_ones_keep_their_name(names: list[str]) -> None:
    given_ids = unique(names)
    assert len(set(given_ids)) == len(given_ids) == len(names)
    firsts = {name: names.index(name) for name in names}
    assert all(given_ids[at] == name for name, at in firsts.items())
