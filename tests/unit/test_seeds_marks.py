"""The marks of a thread in one line, per language: a table for each."""

from __future__ import annotations

import pytest

from seeds import marks
from seeds.marks import Mark


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ('До коментар #12 от "Ана 😀":', Mark(12, "Ана 😀")),
        ("До коментар #3: не е вярно", Mark(3, rest="не е вярно")),
        ("В отговор на Ана:", Mark(author="Ана")),
        ("у відповідь на Ярина", Mark(author="Ярина")),
        ("Ответ на #7", Mark(7)),
        ("în răspuns lui Ion Pop", Mark(author="Ion Pop")),
        ("Trả lời #4", Mark(4)),
        ("Antwort auf Klaus", Mark(author="Klaus")),
        ("W odpowiedzi na #2", Mark(2)),
        ("2 numaralı yoruma cevap", Mark(2)),
        ("En respuesta a Paquita", Mark(author="Paquita")),
        ("En réponse à Zoé", Mark(author="Zoé")),
        ("In risposta a Gino", Mark(author="Gino")),
        ("Απάντηση στον Νίκο", Mark(author="Νίκο")),
        ("In reply to greybeard_1961", Mark(author="greybeard_1961")),
        ("↳ Ana", Mark(author="Ana")),
        ("#2: quite so", Mark(2, rest="#2: quite so", typed=True)),
        (">>81 no", Mark(81, rest=">>81 no", typed=True)),
        ("@Ana, no", Mark(author="Ana", rest="@Ana, no", typed=True)),
        ("Ана пише:", Mark(author="Ана", quote=True)),
        ("Ion a scris:", Mark(author="Ion", quote=True)),
        ("originally posted by Kim", Mark(author="Kim", quote=True)),
        ("Zitat von Kim: „Nein.“", Mark(author="Kim", rest="Zitat von Kim: „Nein.“", typed=True)),
        ("↳ trả lời Thu Hằng", Mark(author="Thu Hằng")),
        ("↳ w odpowiedzi do ~Ana", Mark(author="~Ana")),
        ("Antwort auf [Karla] vom 24.03.2026 um 18:55", Mark(author="Karla")),
        ("Antwort auf 09:21 Uhr von Karla", Mark(author="Karla")),
        ("i-a raspuns lui Ion", Mark(author="Ion")),
        ("2. Ana wrote:", Mark(2, "Ana", quote=True)),
        ("До №5 Да", Mark(5, rest="До №5 Да", typed=True)),
        ("[quote][b]Ana[/b] wrote: no[/quote]", Mark(author="Ana", rest="[quote][b]Ana[/b] wrote: no[/quote]", typed=True)),
        ("@5 no", Mark(5, rest="@5 no", typed=True)),
        ("@Ana B. #5 no", Mark(5, "Ana B.", rest="@Ana B. #5 no", typed=True)),
    ],
)
def test_a_reply_mark_names_whom_it_answers(line: str, mark: Mark) -> None:
    assert marks.reply(line) == mark


@pytest.mark.parametrize(
    "line",
    [
        "Reply to This",
        "Reply to this comment | Like (3)",
        "Отговори на този коментар",
        "Ответить на комментарий",
        "Antwort auf diesen Beitrag",
        "Odpowiedz na ten komentarz",
        "Répondre à ce commentaire",
        "Απάντηση σε αυτό το σχόλιο",
        "Trả lời bình luận này",
    ],
)
def test_a_button_that_answers_the_comment_before_it_names_nobody(line: str) -> None:
    assert marks.reply(line) is None
    assert marks.is_button(line)
    assert marks.has_button_word(line)
    assert marks.reply(line.replace("This", "Ana")) == (Mark(author="Ana") if "This" in line else None)


@pytest.mark.parametrize(
    "line", ["Отговорът на въпроса е прост, но никой не го казва.", "Reply", "Ana", "", "it costs #, not €", "mail@example.org"]
)
def test_other_lines_hold_no_reply_mark(line: str) -> None:
    assert marks.reply(line) is None


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Comments", 1),
        ("35 Comments »", 35),
        ("Comments (0)", 0),
        ("20 thoughts on “A title”", 20),
        ("КОМЕНТАРИ КЪМ СТАТИЯТА", 1),
        ("Коментарі (19)", 19),
        ("Комментарии: 1 204", 1),
        ("Bình luận (12)", 12),
        ("Yorumlar (3)", 3),
        ("Părerea cititorilor (8 comentarii)", 8),
        ("Σχόλια 8", 8),
        ("3 Kommentare zu diesem Artikel", 3),
        ("Commentaires", 1),
        ("Discussion (12) RSS | Tree", 12),
    ],
)
def test_a_heading_gives_its_count(line: str, count: int) -> None:
    assert marks.heading_count(line) == count


@pytest.mark.parametrize("line", ["He comments on the weather", "Коментаторът загуби гласа си", "", "Neue Beiträge", "comments " * 40])
def test_other_lines_are_no_heading(line: str) -> None:
    assert not marks.is_heading(line)


@pytest.mark.parametrize(
    "line",
    ["Reply", "Отговори | Докладвай", "Відповісти", "Trả lời · 3 Thích", "👍 12 👎 3", "+5 −1", "Antworten 2", "Yanıtla Beğen (4)", "[–]"],
)
def test_buttons_and_counters_are_buttons(line: str) -> None:
    assert marks.is_button(line)


@pytest.mark.parametrize("line", ["I like trains", "Reply to me, please!", "никога", "x" * 200])
def test_words_of_a_comment_are_no_button(line: str) -> None:
    assert not marks.is_button(line)


@pytest.mark.parametrize(
    "line",
    ["Leave a Reply", "Напиши коментар", "» Read also: the bridge", "Читайте также", "Citește și:", "Lesen Sie auch", "Διαβάστε επίσης"],
)
def test_an_end_mark_ends_the_section(line: str) -> None:
    assert marks.is_end(line)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("Ana says:", "Ana", True),
        ("Comment by Ana Pop", "Ana Pop", True),
        ("Баба Палажка пише:", "Баба Палажка", True),
        ("von Klaus", "Klaus", True),
        ("Ana", "Ana", False),
        ("Vonnegut", "Vonnegut", False),
    ],
)
def test_the_words_around_a_name_are_no_part_of_it(text: str, name: str, *, said: bool) -> None:
    assert marks.author_of(text) == (name, said)


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("Коментиран от #4, #9", ("4", "9")),
        ("Коментиран от #17", ("17",)),
        ("Replies: 4, 5", ("4", "5")),
        ("Коментиран от мен", None),
        ("Коментиран от #17 и още нещо", None),
    ],
)
def test_the_list_of_answers_is_read(line: str, numbers: tuple[str, ...] | None) -> None:
    assert marks.replied_by(line) == numbers


def test_a_credit_of_a_picture_begins_where_its_word_stands() -> None:
    assert marks.credit_of("The bridge at dawn Photo: A. Person") == len("The bridge at dawn ")
    assert marks.credit_of("No picture here") == len("No picture here")


@pytest.mark.parametrize("line", ["Joined: 2 May 2010", "Мнения: 120", "Mitglied seit 12.05.2010", "Tham gia 2019"])
def test_facts_about_a_member_are_no_comment(line: str) -> None:
    assert marks.is_profile(line)


def test_long_hostile_lines_are_quick() -> None:
    """Nested quantifiers would need hours here; pytest's own timeout is not relied upon."""
    import time

    begin = time.perf_counter()
    for line in ("до коментар #" * 20_000, "@" + "a " * 100_000, "#" * 200_000, "x пише:" * 20_000, " " * 200_000 + "reply to x"):
        marks.reply(line)
        marks.heading_count(line)
        marks.is_button(line)
        marks.author_of(line[:5_000])
        marks.replied_by(line)
    assert time.perf_counter() - begin < 2  # seconds


@pytest.mark.parametrize("line", ["Ana says:", "Иван каза:", "Jo said...", "Zoé a écrit :", "Piet schreef:", "Jana napsal(a):"])
def test_a_head_of_speech_ends_with_a_word_for_it(line: str) -> None:
    assert marks.says(line)


@pytest.mark.parametrize("line", ["says:", "by Ana", "Ana", "", "He said nothing", "Posted by: Ana"])
def test_other_lines_are_no_head_of_speech(line: str) -> None:
    assert not marks.says(line)


@pytest.mark.parametrize(
    ("line", "is_byline"), [("by Ana", True), ("Von Ana", True), ("Posted by: Ana", False), ("Ana says:", False), ("", False)]
)
def test_a_small_word_before_a_name_stands_above_articles_too(line: str, is_byline: bool) -> None:
    assert marks.is_byline(line) is is_byline


@pytest.mark.parametrize(
    ("line", "name"), [("Posted by: Ana", "Ana"), ("Ana /", "Ana"), ("Ana says: •", "Ana"), ("— Ana", "Ana"), ("Reactie van Piet", "Piet")]
)
def test_a_name_is_told_from_the_signs_and_words_around_it(line: str, name: str) -> None:
    assert marks.author_of(line)[0] == name


@pytest.mark.parametrize(
    "line",
    [
        "This comment was deleted.",
        "Acest comentariu a fost șters de moderator.",
        "Opinia usunięta przez moderatora",
        "#4 Comentario eliminado",
    ],
)
def test_a_line_stands_for_a_comment_that_was_taken_out(line: str) -> None:
    assert marks.is_removed(line)


@pytest.mark.parametrize("line", ["I deleted it.", "Comment on this", "The comments that they deleted " + "were many " * 12])
def test_other_lines_stand_for_no_removed_comment(line: str) -> None:
    assert not marks.is_removed(line)


def test_an_arrow_behind_a_name_says_whom_it_answers() -> None:
    assert marks.without_reply("Ana Pop > Ion") == ("Ana Pop", Mark(author="Ion"))
    assert marks.without_reply("Ana Mod > Ion") == ("Ana", Mark(author="Ion"))
