"""Known words bring back st*rred letters and missing marks, and leave alone what they do not know."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from train.normalise import Normaliser
from train.words import Words, bare

TEXTS = [
    *["du bist ein idiot, für immer"] * 6,
    *["idiom über für fur"] * 5,
    *["дебил și pero"] * 7,
    *["peró"] * 8,
    *["rarely"] * 4,
]
WORDS = Words.of(TEXTS)
READ = Normaliser(words=WORDS)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ein id*ot", "ein idiot"),
        ("ein Id_ot!", "ein Idiot!"),
        ("id#ot", "idiot"),
        ("i**ot", "idiot"),
        ("д*бил", "дебил"),
        ("ID*OT", "IDIOT"),
        ("idio*", "idio*"),
        ("*idiot*", "*idiot*"),
        ("i***t", "i***t"),
        ("rar*ly", "rar*ly"),
        ("foo_bar #tag a*b", "foo_bar #tag a*b"),
        ("uber alles", "über alles"),
        ("Uber", "Über"),
        ("uber über", "uber über"),
        ("pero", "pero"),
        ("huber", "huber"),
    ],
)
def test_what_is_read(written: str, read: str) -> None:
    assert READ(written) == read


def test_of_several_words_the_most_common_one() -> None:
    assert Words(["idiot", "idiom"], {})._find("idio*") == "idiot"
    assert Words(["idiom", "idiot"], {})._find("idio*") == "idiom"


def test_marks_come_back_only_where_the_word_is_mostly_written_with_them() -> None:
    assert WORDS.marks == {"uber": "über", "fur": "für"}  # "pero" is a word without


def test_every_letter_maps_to_its_place() -> None:
    found = READ.normalise("ein id*ot")
    assert [found.original(at, at + 1) for at in range(len(found.text))] == [(at, at + 1) for at in range(9)]


def test_a_file_comes_back_and_is_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    WORDS.write(one)
    again = Words.read(one)
    again.write(other)
    assert (list(again.common), dict(again.marks)) == (list(WORDS.common), dict(WORDS.marks))
    assert one.read_bytes() == other.read_bytes()


def test_letters_without_marks_are_their_own() -> None:
    assert bare("Đường łódź e\u0301") == "Duong lodz e"
    assert bare("майката й") == "майката й"


def test_a_text_of_stars_costs_no_more_than_its_length() -> None:
    words = Words([f"{chr(97 + n % 26)}{n:05d}".translate(str.maketrans("0123456789", "abcdefghij")) for n in range(100_000)], {})
    texts = [" ".join(f"{chr(97 + n % 26)}*{chr(97 + n % 7)}*{chr(97 + n % 11)}z" for n in range(size)) for size in (300, 1_200)]
    seconds = []
    for text in texts:
        begin = time.process_time()
        list(words.unstarred(text))
        seconds.append(time.process_time() - begin)
    assert seconds[1] < 12 * seconds[0] + 0.1
