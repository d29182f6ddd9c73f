"""Whom a line says that its comment answers: the parts of `rules/answers.toml` put together."""

from __future__ import annotations

import pytest

from seeds import answers, marks


@pytest.mark.parametrize(
    ("line", "number", "author"),
    [
        ('До коментар #1 от "Ана":да', 1, "Ана"),
        ("Отговор на №4", 4, None),
        ("до #2", 2, None),
        ("відповідь користувачу Олег", None, "Олег"),
        ("Відповідь на коментар #3", 3, None),
        ("к комментарию #5", 5, None),
        ("ответ пользователю Ира П.", None, "Ира П."),
        ("în răspuns la comentariul lui Ana", None, "Ana"),
        ("Răspuns la comentariul nr. 2", 2, None),
        ("trả lời bình luận số 7", 7, None),
        ("Để trả lời Lan Anh", None, "Lan Anh"),
        ("odpowiedział użytkownikowi Ola", None, "Ola"),
        ("odpowiedź na komentarz nr 3", 3, None),
        ("Antwort auf den Kommentar von H. Brandt", None, "H. Brandt"),
        ("zu Kommentar #3", 3, None),
        ("In reply to a comment by Dr Paws", None, "Dr Paws"),
        ("Reply to Dr Paws's comment", None, "Dr Paws"),
        ("re: #4", 4, None),
        ("Selin K. isimli üyeye cevap", None, "Selin K."),
        ("2 numaralı yoruma cevap", 2, None),
        ("3 no'lu yoruma yanıt", 3, None),
        ("En respuesta al comentario nº 2", 2, None),
        ("En respuesta al comentario de Lucía R.", None, "Lucía R."),
        ("Απάντηση στον/στην Άννα", None, "Άννα"),
        ("σε απάντηση του σχολίου #5", 5, None),
        ("réponse au commentaire de Zoé", None, "Zoé"),
        ("in risposta al commento di Ugo", None, "Ugo"),
        ('До коментар [#1] от "Ана":', 1, "Ана"),
        ("Antwort auf #1.2 von H. Brandt", None, "H. Brandt"),
        ("Απάντηση στο σχόλιο του/της Άννα", None, "Άννα"),
        ("Σε απάντηση στο σχόλιο: Άννα", None, "Άννα"),
        ("2 numaralı görüşe cevap", 2, None),
    ],
)
def test_a_mark_names_a_comment_by_number_or_author(line: str, number: int | None, author: str | None) -> None:
    found = answers.find(line)
    assert found is not None
    assert (found.number, found.author) == (number, author)


@pytest.mark.parametrize("line", ["An answer to life", "до 2 часа", "re 4 people", "zu 3 Personen", "To be fair, no", "A #1", "", "42"])
def test_other_lines_name_none(line: str) -> None:
    assert answers.find(line) is None


def test_a_mark_with_a_sign_is_no_button_but_one_with_a_count_is() -> None:
    assert not marks.is_button("Trả lời #3")
    assert marks.is_button("Trả lời 3")


def test_a_greeting_stays_in_the_text() -> None:
    mark = marks.reply("An Ana: das stimmt")
    assert mark is not None
    assert (mark.author, mark.rest, mark.typed) == ("Ana", "An Ana: das stimmt", True)
    assert marks.reply("A #1 10:15") is None


@pytest.mark.parametrize("line", ["ΑΠΑΝΤΗΣΗ", "YANITLA", "ОТГОВОР", "RĂSPUNDE"])
def test_capitals_without_accents_are_buttons_too(line: str) -> None:
    assert marks.is_button(line)


def test_a_dotted_capital_begins_an_end_mark() -> None:
    assert marks.is_end("İlgili haberler")
