"""Known words bring back st*rred letters and missing marks, and leave alone what they do not know."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest

from train.normalise import Normaliser
from train.plain import bare
from train.words import Words

GERMAN = [*["du bist ein idiot, für immer und ewig"] * 6, *["idiom über für fur uns"] * 5, *["rarely"] * 2]
ENGLISH = ["you are the fool that they fur and foil, no idiot for us"] * 6
BULGARIAN = ["ти си дебил и това е така"] * 7
VIETNAMESE = ["bạn là người tốt và bán hàng", "bạn và người"] * 5
ROWS = {"de": GERMAN, "en": ENGLISH, "bg": BULGARIAN, "vi": VIETNAMESE}
WORDS = Words.of(
    [text for texts in ROWS.values() for text in texts],
    [lang for lang, texts in ROWS.items() for _ in texts],
    {"de": ["schwätzer"], "cs": ["člověk"]},
)
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
        ("bist du schw*tzer", "bist du schwätzer"),
        ("bist du uber uns", "bist du über uns"),
        ("Uber uns", "Über uns"),
        ("uber über uns", "uber über uns"),
        ("bist du fur uns", "bist du für uns"),
        ("they fur and foil", "they fur and foil"),
        ("ban la nguoi tot", "bạn là người tốt"),
        ("huber", "huber"),
        (
            "they uber all others of those whom nobody has ever known before",
            "they uber all others of those whom nobody has ever known before",
        ),
    ],
)
def test_what_is_read(written: str, read: str) -> None:
    assert READ(written) == read


@pytest.mark.parametrize(
    ("known", "written", "read"),
    [
        ("narodowy narodowo krajowego", "narod*wym", "narodowym"),  # of a word that no list has, as in those that are like it
        ("narodowa narodewa narodiwa", "narod*was", "narod*was"),  # they do not agree
        ("narodowa", "bc*de", "bc*de"),
        ("narodowa krajowego", "n*rod*wam", "narodowam"),
        ("żaba żabka kot", "kot zabkami", "kot żabkami"),
        ("żaba żabka zabawa kot", "kot zabkami", "kot żabkami"),  # the widest letters around it tell
        ("kot żaba zabawka", "kot zab", "kot zab"),
        ("kot zebra zebu żaba", "kot zebrami", "kot zebrami"),
        ("kot pies dom las rzeka droga żaba", "kot zabkami", "kot zabkami"),  # marks are rare
    ],
)
def test_a_word_that_no_list_has_is_read_as_those_that_are_like_it(known: str, written: str, read: str) -> None:
    assert Normaliser(words=Words({"pl": known}))(written) == read


def test_letters_are_guessed_in_so_many_words_of_a_text_and_no_more() -> None:
    words = Words({"pl": "narodowy krajowego"})
    assert len(list(words.unstarred(" ".join(f"narod*wy{chr(97 + at % 26)}{chr(97 + at // 26)}" for at in range(400))))) == 200


def test_of_several_words_the_most_common_one() -> None:
    assert list(Words({"en": "fool foil"}).unstarred("a fo*l")) == [(4, 5, "o")]
    assert list(Words({"en": "foil fool"}).unstarred("a fo*l")) == [(4, 5, "i")]


def test_the_word_is_one_of_the_texts_own_language() -> None:
    words = Words({"en": "you are a fool", "nl": "jij bent een faal"})
    assert [letter for *_, letter in words.unstarred("you f**l")] == ["o", "o"]
    assert [letter for *_, letter in words.unstarred("jij bent f**l")] == ["a", "a"]
    assert [letter for *_, letter in words.unstarred("f**l")] == ["o", "o"], "nothing tells: the language with the most rows"


def test_a_word_of_few_texts_counts_in_a_language_of_few_rows() -> None:
    rows = [*["ofte"] * 3, *["ord"] * 4_000]
    assert "ofte" in Words.of(rows[:100], ["da"] * 100, {}).lists["da"].split()
    assert "ofte" not in Words.of(rows, ["da"] * len(rows), {}).lists["da"].split()


def test_words_of_public_lists_stand_behind_those_of_the_rows() -> None:
    assert WORDS.lists["cs"] == "člověk"
    assert WORDS.lists["de"].split()[-1] == "schwätzer"
    assert list(WORDS.lists)[-1] == "cs", "the languages with the most rows first"


def test_every_letter_maps_to_its_place() -> None:
    found = READ.normalise("ein id*ot")
    assert [found.original(at, at + 1) for at in range(len(found.text))] == [(at, at + 1) for at in range(9)]


def test_a_file_comes_back_and_is_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    WORDS.write(one)
    again = Words.read(one)
    again.write(other)
    assert list(again.lists.items()) == list(WORDS.lists.items())
    assert one.read_bytes() == other.read_bytes()


def test_letters_without_marks_are_their_own() -> None:
    assert bare("Đường łódź e\u0301") == "Duong lodz e"
    assert bare("майката й") == "майката й"


def test_a_text_of_stars_costs_no_more_than_its_length() -> None:
    made = [f"{chr(97 + n % 26)}{n:05d}".translate(str.maketrans("0123456789", "abcdefghij")) for n in range(100_000)]
    words = Words({f"x{at}": " ".join(made[at::10]) for at in range(10)})
    texts = [" ".join(f"{chr(97 + n % 26)}*{chr(97 + n % 7)}*{chr(97 + n % 11)}z" for n in range(size)) for size in (300, 1_200)]
    seconds = []
    for text in texts:
        begin = time.process_time()
        list(words.unstarred(text))
        seconds.append(time.process_time() - begin)
    assert seconds[1] < 12 * seconds[0] + 0.1


SPOKEN = ["tôi là người việt nam", "lá cây xanh", "tôi không biết là gì", "đồ chó má", "mà tôi đã nói"]


def test_words_that_could_be_several_are_told_by_the_one_before() -> None:
    words = Words.of(SPOKEN * 60, ["vi"] * 300, {"vi": ["la", "má", "mà", "toi", "tối", "nỏi", "biệt", "chỗ", "xanh"]})
    assert words.pairs["vi"], "most of its words are several without their marks"
    read = Normaliser(words=words)
    assert read("toi la nguoi viet nam") == "tôi là người việt nam"
    assert read("La cay xanh") == "Lá cây xanh"
    assert read("do cho ma, ma toi da noi") == "đồ chó má, mà tôi đã nói"
    assert read("TOI LA NGUOI VIET NAM").lower() == "tôi là người việt nam"


def test_a_language_whose_words_are_mostly_one_keeps_no_pairs() -> None:
    words = Words.of(["der schwätzer ist ein dummkopf und du fällst drauf rein"] * 20, ["de"] * 20, {})
    assert words.pairs == {}


def test_pairs_are_kept_with_the_words_and_files_without_them_are_read(tmp_path: Path) -> None:
    words = Words.of(SPOKEN * 60, ["vi"] * 300, {"vi": ["la", "má", "mà", "toi", "tối"]})
    words.write(tmp_path / "words.json.gz")
    assert Words.read(tmp_path / "words.json.gz").pairs == words.pairs
    (tmp_path / "old.json.gz").write_bytes(gzip.compress(json.dumps({"de": "für fall"}).encode()))
    old = Words.read(tmp_path / "old.json.gz")
    assert (old.lists, old.pairs) == ({"de": "für fall"}, {})


def test_a_long_text_without_marks_is_read_in_no_time() -> None:
    words = Words.of(SPOKEN * 60, ["vi"] * 300, {"vi": ["la", "má", "mà", "toi", "tối"]})
    begin = time.process_time()
    assert len(Normaliser(words=words)("toi la nguoi viet nam " * 1000)) == 22_000 - 1
    assert time.process_time() - begin < 2
