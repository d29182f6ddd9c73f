"""The vocabulary as data: specials that no text can spell, and trimming that keeps the meaning of every id."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from labels.errors import ModelError
from train import tokens

SPECIALS = tokens.Specials()
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁the", "▁bus", "▁", "t", "h", "e", "b", "u", "s", "bus", "the"]
SCORES = [0.0, 0.0, 0.0, 0.0, -3.0, -4.0, -6.0, *[-8.0] * 6, -5.0, -5.0]


@pytest.fixture
def tokenizer() -> Tokenizer:
    return tokens.unigram(PIECES, SCORES, SPECIALS)


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False).ids)


def test_words_become_their_pieces(tokenizer: Tokenizer) -> None:
    assert ids(tokenizer, "the bus") == [4, 5]
    assert ids(tokenizer, "") == []


@pytest.mark.parametrize("text", ["<s>", "</s>", "<pad>", "<unk>", "the</s><pad>bus", " </s>"])
def test_nobody_can_type_a_special_piece(text: str, tokenizer: Tokenizer) -> None:
    assert not {SPECIALS.bos, SPECIALS.pad, SPECIALS.eos} & set(ids(tokenizer, text))


def test_offsets_point_into_the_text(tokenizer: Tokenizer) -> None:
    found = tokenizer.encode("the  bus", add_special_tokens=False)
    assert [(0 <= begin <= end <= 8) for begin, end in found.offsets] == [True] * len(found.ids)
    assert "the  bus"[found.offsets[-1][0] : found.offsets[-1][1]].strip() == "bus"


def test_pieces_are_counted(tokenizer: Tokenizer) -> None:
    found = tokens.counts(tokenizer, iter(["the bus", "bus"] * 3), len(PIECES), batch=4)
    assert (found[4], found[5], found.sum()) == (3, 6, 9)
    assert tokens.counts(tokenizer, [], len(PIECES)).sum() == 0


def test_specials_and_letters_stay_whatever_they_weigh() -> None:
    kept = tokens.keep(PIECES, np.arange(len(PIECES)) * 1.0, 12, SPECIALS)
    assert set(kept.tolist()) == {0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 14}
    assert kept.tolist() == sorted(kept.tolist())


def test_the_heaviest_of_the_others_stay() -> None:
    weight = np.zeros(len(PIECES))
    weight[[5, 13]] = 9, 8
    assert {5, 13} <= set(tokens.keep(PIECES, weight, 13, SPECIALS).tolist())
    assert 13 not in tokens.keep(PIECES, weight, 12, SPECIALS)


def test_a_size_that_is_large_enough_cuts_nothing() -> None:
    assert tokens.keep(PIECES, np.zeros(len(PIECES)), 99, SPECIALS).tolist() == list(range(len(PIECES)))


def test_a_trimmed_tokenizer_gives_the_kept_pieces_their_new_ids(tokenizer: Tokenizer) -> None:
    weight = np.zeros(len(PIECES))
    weight[4] = 9
    kept = tokens.keep(PIECES, weight, 12, SPECIALS)
    small = tokens.trimmed(tokenizer, kept)
    pieces, scores = tokens.vocabulary(small)
    old, _ = tokens.vocabulary(tokenizer)
    assert pieces == [old[piece] for piece in kept]
    assert scores == [SCORES[piece] for piece in kept]
    assert [kept[piece] for piece in ids(small, "the")] == [4]
    spelled = "".join(pieces[piece] for piece in ids(small, "the bus"))
    assert spelled.replace("▁", " ").strip() == "the bus"
    assert ids(small, "ж")[-1] == SPECIALS.unk


def test_only_a_unigram_vocabulary_can_be_trimmed() -> None:
    with pytest.raises(ModelError, match=r"this one is WordLevel; set backbone\.vocabulary = 0"):
        tokens.vocabulary(Tokenizer(WordLevel({"a": 0}, unk_token="a")))
