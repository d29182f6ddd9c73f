"""What is private in a text is replaced on reading; what only looks like it is left."""

from __future__ import annotations

import time

import pytest

from train.mask import mask, spans


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("see https://example.org/a?b=c#d now", "see http now"),
        ("www.example.org.", "http"),
        ("mail ana.b+c@mail.example.co.uk!", "mail mail!"),
        ("@ana_b and @Борис", "@user and @user"),
        ("call +359 88 123 4567", "call phone"),
        ("call 0888 12 34 56 please", "call phone please"),
        ("00359 2 123 45 67", "phone"),
        ("<a href='https://example.org/x'>", "<a href='http'>"),
    ],
)
def test_private_parts_become_one_word(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    ["in 2026 at 21:25", "1 000 000 levs", "5:3 after 90 min", "a@", "@ home", "3.14159", "04.03.2026", "C++ or +1", "http alone", ""],
)
def test_what_is_not_private_is_left(text: str) -> None:
    assert mask(text) == text


def test_masking_twice_changes_nothing() -> None:
    once = mask("@ana https://example.org a@example.org +359881234567")
    assert mask(once) == once == "@user http mail phone"


def test_spans_say_what_was_replaced_by_what() -> None:
    text = "hi @ana, a@example.org"
    assert [(text[begin:end], new) for begin, end, new in spans(text)] == [("@ana", "@user"), ("a@example.org", "mail")]


@pytest.mark.parametrize("text", ["@" * 100_000, "+1" * 100_000, "a" * 100_000 + "@", "0" * 100_000, "www." * 50_000, "a." * 50_000 + "@"])
def test_no_text_takes_long(text: str) -> None:
    begun = time.perf_counter()
    mask(text)
    assert time.perf_counter() - begun < 3
