"""How comment and context are laid out in a window, and who gives way when there is no room."""

from __future__ import annotations

import pytest

from labels.scores import Context
from train import tokens
from train.encode import SEGMENTS, Encoder
from train.normalise import Normaliser

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁ax", "▁bx", "▁cx", "▁dx", "▁ex", "▁"]
A, B, C, D, E = range(4, 9)
BOS, EOS = 0, 2


def encoder(max_tokens: int = 16, min_context: int = 4) -> Encoder:
    specials = tokens.Specials()
    return Encoder(tokens.unigram(PIECES, [-2.0] * len(PIECES), specials), Normaliser(), specials, max_tokens, min_context)


def windows(text: str, context: Context | None = None, **sizes: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    (found,) = encoder(**sizes).encode([text], [context or Context()])
    return [(window.ids, window.segments) for window in found.windows]


def test_a_comment_alone() -> None:
    assert windows("ax bx") == [((BOS, A, B, EOS), (0, 0, 0, 0))]


def test_every_part_is_marked_as_what_it_is() -> None:
    ((ids, segments),) = windows("ax", Context(title="cx", target="bx", parent="dx", root="ex"))
    assert ids == (BOS, A, EOS, B, EOS, C, EOS, D, EOS, E, EOS)
    assert segments == (0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4)
    assert SEGMENTS == ("comment", "target", "title", "parent", "root")


def test_an_absent_part_takes_no_room() -> None:
    assert windows("ax", Context(parent="dx")) == [((BOS, A, EOS, D, EOS), (0, 0, 0, 3, 3))]
    assert windows("ax", Context(title="", parent="  ")) == [((BOS, A, EOS), (0, 0, 0))]


def test_a_text_without_tokens_is_still_a_window() -> None:
    assert windows("") == [((BOS, EOS), (0, 0))]


def test_the_context_gives_way_before_the_comment() -> None:
    """A comment of 8 in 16 tokens leaves 6: the parent is cut, the comment is whole."""
    ((ids, segments),) = windows("ax " * 8, Context(parent="dx " * 30))
    assert ids == (BOS, *[A] * 8, EOS, *[D] * 5, EOS)
    assert segments.count(3) == 6


def test_short_parts_stay_whole_and_long_ones_share_the_rest() -> None:
    ((ids, _),) = windows("ax", Context(target="bx", title="cx " * 30, parent="dx " * 30), max_tokens=20)
    assert (ids.count(A), ids.count(B), ids.count(C), ids.count(D)) == (1, 1, 6, 7)
    assert len(ids) == 20


def test_a_long_comment_becomes_windows_that_each_carry_the_context() -> None:
    found = windows("ax " * 60, Context(parent="dx " * 30), max_tokens=32, min_context=6)
    assert len(found) > 1
    for ids, segments in found:
        assert len(ids) <= 32
        assert ids.count(D) == 5
        assert segments.count(3) == 6


def test_windows_of_a_long_comment_overlap_by_sixteen_tokens() -> None:
    (found,) = encoder(max_tokens=34).encode(["ax " * 100], [Context()])
    begins = [window.first for window in found.windows]
    assert begins == list(range(0, 100 - 16, 16))
    assert found.windows[-1].first + found.windows[-1].comment == 100


@pytest.mark.parametrize("length", [30, 31, 32, 33, 46, 47, 48, 49])
def test_no_token_is_lost_at_the_edge_of_a_window(length: int) -> None:
    (found,) = encoder(max_tokens=34).encode(["ax " * length], [Context()])
    assert {at for window in found.windows for at in range(window.first, window.first + window.comment)} == set(range(length))


def test_texts_of_one_call_do_not_touch_each_other() -> None:
    contexts = [Context(parent="dx"), Context(), Context(parent="dx", title="dx")]
    together = encoder().encode(["ax", "bx", "cx"], contexts)
    alone = [encoder().encode([text], [context])[0] for text, context in zip(["ax", "bx", "cx"], contexts, strict=True)]
    assert together == alone


def test_offsets_lead_back_to_the_original() -> None:
    (found,) = encoder().encode(["  ax   bx"], [Context()])
    begin, end = found.offsets[1]
    assert "  ax   bx"[slice(*found.normalised.original(begin, end))].strip() == "bx"
    assert found.tokens == 4
