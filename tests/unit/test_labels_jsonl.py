"""JSON lines: order, numbers, bad lines that break alone, and lines that no memory should hold."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels import jsonl
from labels.errors import RowError
from labels.scores import MAX_CHARS


def read(data: bytes) -> list[tuple[int, object]]:
    return [(line.number, str(line.value) if isinstance(line.value, RowError) else line.value) for line in jsonl.read(io.BytesIO(data))]


def test_values_come_in_order_with_the_number_of_their_line() -> None:
    assert read(b'1\n\n  \n"b"\r\n[3]') == [(1, 1), (4, "b"), (5, [3])]


def test_a_mark_of_byte_order_at_the_start_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbf1\n2\n") == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"id": 1', "no JSON: Expecting ',' delimiter at character 9"),
        (b"nonsense", "no JSON: Expecting value at character 1"),
        (b'"a\xffb"', "not UTF-8 at byte 3 of the line"),
        (b"1" * 5000, "no JSON that can be read: Exceeds the limit"),
        (b"[" * 200_000, "no JSON that can be read: maximum recursion depth"),
    ],
    ids=["cut", "words", "bytes", "digits", "depth"],
)
def test_a_broken_line_breaks_alone_and_says_why(line: bytes, said: str) -> None:
    (before, (number, value), after) = read(b"1\n" + line + b"\n2\n")
    assert (before, after) == ((1, 1), (3, 2))
    assert number == 2
    assert str(value).startswith(said)


def test_a_line_over_the_limit_is_passed_over_in_constant_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_BYTES", 1000)
    source = io.BytesIO(b"x" * 5_000_000 + b"\n7\n")
    tracemalloc.start()
    first, second = jsonl.read(source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(first.value) == "longer than 1,000 bytes"
    assert (second.number, second.value, second.end) == (2, 7, 5_000_003)
    assert peak < 100_000


def test_a_line_of_just_the_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_BYTES", 8)
    assert read(b'"12345"\n"123456"\n') == [(1, "12345"), (2, "longer than 8 bytes")]


def test_a_line_holds_the_longest_comment_with_its_context_however_it_is_escaped() -> None:
    longest = {"text": "\U0001f642" * MAX_CHARS, "context": {"title": "\U0001f642" * MAX_CHARS, "parent": "\U0001f642" * MAX_CHARS}}
    assert len(json.dumps(longest)) < jsonl.MAX_BYTES


def test_the_end_of_a_line_is_counted_in_bytes() -> None:
    data = '"я"\n\n"б"\n'.encode()
    assert [line.end for line in jsonl.read(io.BytesIO(data))] == [5, len(data)]


def test_text_is_written_as_it_is() -> None:
    assert jsonl.dump({"id": "Ана 🙂\n"}) == '{"id": "Ана 🙂\\n"}'


def test_half_a_surrogate_pair_is_written_as_its_escape() -> None:
    assert jsonl.dump(["\ud83d", "я"]) == '["\\ud83d", "\\u044f"]'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(json_values, max_size=5))
def test_what_was_written_is_read_again(values: list[object]) -> None:
    data = "".join(jsonl.dump(value) + "\n" for value in values).encode()
    assert [line.value for line in jsonl.read(io.BytesIO(data))] == values


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_bytes_break_the_reader(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    for line in jsonl.read(io.BytesIO(data)):
        assert isinstance(line.value, RowError) or jsonl.dump(line.value)
        assert 0 < line.end <= len(data)
