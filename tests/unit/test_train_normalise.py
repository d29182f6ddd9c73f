"""The normaliser undoes what people do to get past a filter, and leaves honest text alone."""

from __future__ import annotations

import time

import pytest

from train.normalise import READ, Normaliser

PLAIN = Normaliser()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("дeбил", "дебил"),
        ("идиoт", "идиот"),
        ("ѕtupid", "stupid"),
        ("іdiot", "idiot"),
        ("1d10t", "1diot"),
        ("id10t", "idiot"),
        ("st4pid", "stapid"),
        ("i d i o t", "idiot"),
        ("и.д.и.о.т", "идиот"),
        ("i-d-i-o-t!", "idiot!"),
        ("you i d i o t you", "you idiot you"),
        ("stuuuuupid", "stupid"),
        ("no!!!!!!!!", "no!!!"),
        ("id\u200biot", "idiot"),
        ("id\u00adiot", "idiot"),
        ("\u202eidiot", "idiot"),
        ("  many \n\t spaces\u00a0here ", "many spaces here"),
        ("e\u0301te\u0301", "été"),
        ("\u1112\u1161\u11ab", "한"),
        ("mail a@example.org", "mail mail"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("YOU ARE AN IDIOT!", "you are an idiot!"),
        ("ТИ СИ ИДИОТ", "ти си идиот"),
        ("ТИ СИ ИДИOТ, yes", "ти си идиот, yes"),
        ("Ο ΚΟΣΜΟΣ ΞΕΡΕΙ", "ο κοσμος ξερει"),
        ("ALDIĞINI İYİ BİL", "aldığını iyi bil"),
        ("Y O U I D I O T S", "youidiots"),
    ],
)
def test_what_was_disguised_is_read(written: str, read: str) -> None:
    assert PLAIN(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "Кметът не прави нищо.",
        "COVID-19 и iPhone-ът на 4K-телевизор",
        "H2O, MP3, B12",
        "I, a",
        "The WHO and NASA agree",
        "NASA, WHO",
        "EU-ПЕЧАТ разказва за кмета",
        "你好世界你好世界 NATO",
        "a b",
        "Фирма ООО, глава III, WWW",
        "10:30, 3-0, 1.5 km",
        "Θα δούμε",
        "straße, čeština, Đồng",
        "مرحبا بكم",
        "你好，世界",
        "👍🙂",
    ],
)
def test_honest_text_is_left_alone(text: str) -> None:
    assert PLAIN(text) == text


def test_case_is_kept_unless_the_whole_text_is_shouted() -> None:
    assert PLAIN("YOU Idiot") == "YOU Idiot"
    assert PLAIN("YOU IDIOT, yes you") == "YOU IDIOT, yes you"


@pytest.mark.parametrize("text", ["YOU ARE AN IDIOT", "ALDIĞINI İYİ BİL", "ТИ СИ ИДИOТ, YES"])
def test_a_shouted_text_stays_as_it_is_read_and_its_map_goes_letter_by_letter(text: str) -> None:
    found = PLAIN.normalise(text)
    assert PLAIN(found.text) == found.text
    assert [found.original(at, at + 1) for at in range(len(text))] == [(at, at + 1) for at in range(len(text))]


def test_a_map_leads_from_the_read_word_to_the_written_one() -> None:
    text = "вие сте и д и о т и!"
    found = PLAIN.normalise(text)
    at = found.text.index("идиот")
    begin, end = found.original(at, at + 5)
    assert text[begin:end].startswith("и д и о т")


def test_the_code_point_table_replaces_single_characters() -> None:
    found = Normaliser({ord("ﬁ"): "fi", ord("…"): "..."}).normalise("ﬁn…")
    assert found.text == "fin..."
    assert [found.original(at, at + 1) for at in range(6)] == [(0, 1), (0, 1), (1, 2), (2, 3), (2, 3), (2, 3)]


def test_steps_may_be_left_out_so_that_a_text_is_read_and_nothing_undone() -> None:
    found = Normaliser({ord("…"): "..."}, steps=READ).normalise("дeбил,  i d i o t… STUUUPID!!!!! e\u0301 a@example.org")
    assert found.text == "дeбил, i d i o t... STUUUPID!!!!! é mail"
    assert found.original(*(found.text.index("mail") + at for at in (0, 4))) == (36, 49)


def test_an_empty_range_stays_empty() -> None:
    found = PLAIN.normalise("ab")
    assert found.original(1, 1) == (1, 1)
    assert found.original(2, 2) == (2, 2)
    assert PLAIN.normalise("\u200b").original(0, 0) == (0, 0)


@pytest.mark.parametrize(
    "text", ["a " * 50_000, "a1" * 50_000, "а" * 50_000 + "a", "\u0301" * 50_000, "!" * 100_000, "a@" * 50_000, " \n" * 50_000]
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.perf_counter()
    PLAIN.normalise(text)
    assert time.perf_counter() - begun < 5
