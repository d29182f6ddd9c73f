"""What holds for any text: the normaliser's map, masking, and windows that lose nothing."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.scores import Context
from train import batches, tokens
from train.encode import SEGMENTS, Encoder
from train.mask import mask
from train.normalise import Normaliser

# Any code point, half surrogate pairs included, and much of what the normaliser acts on.
_ACTED_ON = "aеоpкi1340@$*._- \t\n\u00a0\u200b\u200d\u00ad\u0301\u0338\ufe0f🙂!ΑΒ\u1112\u1161\u11ab\ud83d"
odd = st.text(st.characters() | st.sampled_from(_ACTED_ON), max_size=60)
words = st.lists(st.sampled_from(["the", "mayor", "is", "тъп", "idiot", "đồ", "ngu", "!", "🙂", "q"]), max_size=120).map(" ".join)
TABLE = {ord("ﬁ"): "fi", ord("…"): "...", 0x3000: " ", ord("ß"): "ss", 0x200D: " "}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    letters = "▁abcdefghijklmnopqrstuvwxyzтъпđồ!"
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁the", "▁mayor", "▁idiot", *letters]
    return Encoder(tokens.unigram(pieces, [-5.0] * len(pieces), tokens.Specials()), Normaliser(), tokens.Specials(), 32, 8)


@given(odd)
def test_every_character_knows_where_it_comes_from(text: str) -> None:
    found = Normaliser(TABLE).normalise(text)
    assert len(found.starts) == len(found.ends) == len(found.text)
    assert all(0 <= begin < end <= len(text) for begin, end in zip(found.starts, found.ends, strict=True))
    assert list(found.starts) == sorted(found.starts)
    assert list(found.ends) == sorted(found.ends)


@given(odd, st.data())
def test_a_part_of_the_text_is_a_part_of_the_original(text: str, data: st.DataObject) -> None:
    found = Normaliser(TABLE).normalise(text)
    begin = data.draw(st.integers(0, len(found.text)))
    end = data.draw(st.integers(begin, len(found.text)))
    first, last = found.original(begin, end)
    assert 0 <= first <= last <= len(text)
    assert (first == last) == (begin == end)


@given(odd)
def test_a_character_that_no_step_touched_stands_for_itself(text: str) -> None:
    found = Normaliser().normalise(text)
    for char, begin, end in zip(found.text, found.starts, found.ends, strict=True):
        if char == text[begin] and end - begin == 1:
            assert found.original(found.starts.index(begin), found.starts.index(begin) + 1)[0] == begin


@given(odd)
def test_what_comes_out_is_clean(text: str) -> None:
    found = Normaliser()(text)
    assert found == found.strip()
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in found)
    assert not any(char.isspace() and char != " " for char in found)
    assert "  " not in found


@given(odd)
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(words, words, words)
def test_windows_hold_every_token_of_the_comment_and_fit(encoder: Encoder, text: str, title: str, parent: str) -> None:
    (found,) = encoder.encode([text], [Context(title=title, parent=parent)])
    covered = np.zeros(len(found.offsets), bool)
    for window in found.windows:
        assert 2 <= len(window) == len(window.segments) <= encoder.max_tokens
        assert window.segments[: window.comment + 2] == (0,) * (window.comment + 2)
        assert set(window.segments[window.comment + 2 :]) <= {SEGMENTS.index("title"), SEGMENTS.index("parent")}
        covered[window.first : window.first + window.comment] = True
    assert covered.all()
    whole = encoder.tokenizer.encode(found.normalised.text, add_special_tokens=False).ids
    assert all(list(w.ids[1 : 1 + w.comment]) == whole[w.first : w.first + w.comment] for w in found.windows)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=60), st.integers(1, 400), st.integers(0, 9))
def test_every_row_is_in_one_batch_and_a_batch_within_its_budget(lengths: list[int], budget: int, seed: int) -> None:
    made = batches.shuffled(lengths, budget, np.random.default_rng(seed))
    assert sorted(np.concatenate(made).tolist()) == list(range(len(lengths)))
    assert all(len(rows) == 1 or len(rows) * max(lengths[row] for row in rows) <= budget for rows in made)
