"""What is typed in Latin letters in place of Cyrillic ones comes back, and languages that are written in Latin stay as they are."""

from __future__ import annotations

import time

import pytest

from train import translit
from train.translit import detect, restore


def read(text: str, lang: str | None = None) -> str:
    for begin, end, new in reversed(translit.edits(text, lang)):
        text = text[:begin] + new + text[end:]
    return text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Kmetat pak ne e svyrshil nishto, samo obeshtaniya.", "Кметът пак не е свършил нищо, само обещания."),
        ("Wsi4ki znaqt, 4e towa e lyja i nikoi nqma da otgowarq!", "Всички знаят, че това е лъжа и никой няма да отговаря!"),
        ("abe vie chetete li izobshto kakvo pishe v statiqta", "абе вие четете ли изобщо какво пише в статията"),
        ("Ya ne ponimayu, zachem oni opyat' eto sdelali?", "Я не понимаю, зачем они опять это сделали?"),
        ("Pochemu u nas vsegda vinovaty tol'ko drugie", "Почему у нас всегда виноваты только другие"),
        ("Khto dozvolyv tsyu budivlyu bilya nashoho parku?", "Хто дозволив цю будівлю біля нашого парку?"),
    ],
)
def test_a_typed_text_is_read(typed: str, meant: str) -> None:
    assert read(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!!! 123 4 6",
        "The mayor has done nothing again, only promises.",
        "Ne razumijem zasto su to opet napravili, nitko nije kriv.",
        "Gradonacelnik opet nista nije uradio, samo prica gluposti.",
        "Nikoli ne bom razumel, zakaj so to spet naredili.",
        "Starosta zase nic neudelal, jenom sliby a kecy.",
        "Nie rozumiem, po co oni znowu to zrobili, nikt nie jest winny.",
        "Primarul iar nu a facut nimic, numai promisiuni.",
        "A polgarmester megint nem csinalt semmit, csak igerget.",
        "Belediye baskani yine hicbir sey yapmadi, sadece soz veriyor.",
        "Walikota lagi-lagi tidak berbuat apa-apa, hanya janji.",
        "Toi khong hieu tai sao ho lai lam nhu vay.",
        "Non capisco perche lo hanno fatto di nuovo, nessuno ha colpa.",
        "El alcalde no ha hecho nada otra vez, solo promesas.",
        "Meya hajafanya chochote tena, ahadi tu.",
        "Da.",
        "Tak! Tak! Tak!",
        "Той каза: Ne razbiram zashto",
        "Škoda, ne znam zashto kmetat mylchi",
    ],
)
def test_a_text_that_is_latin_by_right_is_left_alone(text: str) -> None:
    assert translit.edits(text) == []


def test_names_of_masked_parts_and_words_that_cannot_be_typed_so_stay() -> None:
    assert read("@user ti nishto ne razbirash, http covid19 mail phone") == "@user ти нищо не разбираш, http covid19 mail phone"


def test_case_is_kept() -> None:
    assert read("KMETAT Nishto ne E napravil") == "КМЕТЪТ Нищо не Е направил"


def test_a_known_language_is_taken_for_true() -> None:
    text = "Kmetat nishto ne e napravil"
    assert read(text, "bg") == read(text) != read(text, "ru")
    assert translit.edits(text, "en") == []


def test_what_was_read_is_not_read_again() -> None:
    once = read("Ya ne ponimayu, zachem oni eto sdelali")
    assert translit.edits(once) == []


def test_a_frequent_word_wins_over_what_its_letters_suggest() -> None:
    assert restore.word("sht", "bg") == "щ"
    assert [restore.word(word, "bg") for word in ("nishto", "6te", "kakvo", "pak")] == ["нищо", "ще", "какво", "пак"]
    assert [restore.word(word, "ru") for word in ("zhit", "chto", "yeshchyo")] == ["жить", "что", "ещё"]
    assert restore.word("qq", "uk") is None


def test_every_listed_word_can_be_typed_and_comes_back_in_its_commonest_way() -> None:
    for lang, spellings in restore.SPELLINGS.items():
        words = [word for line in restore._lists()[lang] for word in line.split()]
        assert len(words) == len(set(words)) == 4000
        back = sum(restore.word("".join(spellings[letter][0] for letter in word), lang) == word for word in words[:500])
        assert back / 500 > 0.93, (lang, back)


def test_letters_tell_typed_from_latin() -> None:
    assert detect.log_odds(["pochemu", "vsegda", "vinovaty", "drugie"]) > 3
    assert detect.log_odds(["why", "are", "others", "always", "guilty"]) < -4


@pytest.mark.parametrize(
    "text",
    [
        "a " * 50_000,
        "a1" * 50_000,
        "a'" * 50_000,
        "zashto" * 16_000,
        "ne znam zashto " + " ".join(f"{'lyb' * (at % 9)}{at:x}" for at in range(9000)),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.perf_counter()
    translit.edits(text)
    assert time.perf_counter() - begun < 5
