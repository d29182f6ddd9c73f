"""Threads in plain text, and what each odd input leads to: a warning that says what and where, never a trace."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

import seeds
from labels.thread import Article

BODY = """Мостът над реката беше отворен днес
Новият мост над реката беше отворен днес след осем месеца работа, съобщиха от общината.
Кметът пресече лентата пред стотина граждани и обеща втори мост догодина.
"""


WHO = ["нас", "вас", "кмета", "строителите", "всички", "града", "общината", "реката", "моста"]


def numbered(*comments: tuple[int, str, str, str]) -> Article:
    """A page with the numbered list of a news site: number, author, text, time."""
    listed = "\n".join(f"{number} {author}\n{text}\n{time}" for number, author, text, time in comments)
    return seeds.parse(f"{BODY}Коментари ({len(comments)})\n{listed}\n", id="page")


def whats(article: Article) -> list[tuple[str, str]]:
    return [(notice.where, notice.what) for notice in article.warnings]


def three(*texts: str, times: tuple[str, ...] = ("10:00 05.02.2026", "10:05 05.02.2026", "10:10 05.02.2026")) -> Article:
    return numbered(
        *((at + 1, name, text, time) for at, (name, text, time) in enumerate(zip(("Ана", "Боби", "Вили"), texts, times, strict=True)))
    )


def test_a_numbered_list_is_read() -> None:
    article = three("Браво на всички.", 'До коментар #1 от "Ана":\nНе съм съгласен.', "И аз.")
    assert [(comment.id, comment.number, comment.author, comment.reply_to) for comment in article.comments] == [
        ("1", 1, "Ана", None),
        ("2", 2, "Боби", "1"),
        ("3", 3, "Вили", None),
    ]
    assert [comment.text for comment in article.comments] == ["Браво на всички.", "Не съм съгласен.", "И аз."]
    assert article.comments[0].created_at == "2026-02-05T10:00:00"
    assert article.comments[0].created_at_raw == "10:00 05.02.2026"
    assert article.warnings == ()
    assert article.title == "Мостът над реката беше отворен днес"
    assert article.text.startswith("Новият мост")
    assert "Браво" not in article.text


def test_an_answer_to_a_number_that_does_not_exist_is_said() -> None:
    article = three("Браво.", "До коментар #7:\nНе съм съгласен.", "И аз.")
    assert article.comments[1].reply_to is None
    assert ("comment 2", "answers number 7, which is not on this page") in whats(article)


def test_answers_in_a_circle_are_cut_and_said() -> None:
    article = three("До коментар #3:\nДа.", "До коментар #1:\nНе съм съгласен.", "До коментар #2:\nИ аз.")
    assert [comment.reply_to for comment in article.comments] == [None, "1", "2"]
    assert [where for where, what in whats(article) if "circle" in what] == ["comment 1"]


def test_repeated_numbers_are_said() -> None:
    article = numbered(
        *(
            (number, f"Име {name}", f"Браво на {WHO[number]}.", f"10:0{at} 05.02.2026")
            for at, (number, name) in enumerate(zip((1, 2, 2, 3), "абвг", strict=True))
        )
    )
    assert [comment.id for comment in article.comments] == ["1", "2", "2-2", "3"]
    assert ("comments", "numbers repeated: 2") in whats(article)


def test_missing_numbers_are_said() -> None:
    article = numbered(
        *((number, f"Име {WHO[number][0]}", f"Браво на {WHO[number]}.", f"10:0{number} 05.02.2026") for number in (1, 2, 3, 6))
    )
    assert ("comments", "numbers missing: 4, 5") in whats(article)


def test_a_day_that_does_not_exist_is_said_and_kept_as_written() -> None:
    article = three("Браво.", "Не.", "И аз.", times=("10:00 30.01.2026", "10:05 31.02.2026", "10:10 01.03.2026"))
    assert [comment.created_at for comment in article.comments] == ["2026-01-30T10:00:00", None, "2026-03-01T10:10:00"]
    assert article.comments[1].created_at_raw == "10:05 31.02.2026"
    assert ("comments", "no such day: 10:05 31.02.2026") in whats(article)


RELATIVE = f"{BODY}Коментари (3)\n" + "".join(
    f"{name}\nпреди {hours} часа\nБраво на {WHO[hours]}.\nОтговори\n" for name, hours in (("Ана", 5), ("Боби", 4), ("Вили", 3))
)


def test_relative_times_without_a_reference_are_null_with_a_warning() -> None:
    article = seeds.parse(RELATIVE)
    assert [(comment.created_at, comment.created_at_raw) for comment in article.comments] == [
        (None, "преди 5 часа"),
        (None, "преди 4 часа"),
        (None, "преди 3 часа"),
    ]
    assert any("--now" in what for _, what in whats(article))


def test_relative_times_with_a_reference_have_a_value() -> None:
    article = seeds.parse(RELATIVE, now=datetime(2026, 2, 5, 12))
    assert [comment.created_at for comment in article.comments] == ["2026-02-05T07:00:00", "2026-02-05T08:00:00", "2026-02-05T09:00:00"]
    assert article.warnings == ()


def test_texts_that_the_crawl_lost_are_empty_and_their_comments_kept() -> None:
    listed = "".join(
        f"{number} Име{chr(1071 + number)}\n{f'Браво на {WHO[number]}.' if number % 3 else ''}\n10:0{number} 05.02.2026\n"
        for number in range(1, 9)
    )
    article = seeds.parse(f"{BODY}Коментари (8)\n{listed}")
    assert [comment.number for comment in article.comments] == [*range(1, 9)]
    assert [comment.text for comment in article.comments][2::3] == ["", ""]


@pytest.mark.parametrize("text", ["👍", "а" * 100_000, "ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺᚾ", "<script>alert(1)</script>", "\\n {number} %s"])
def test_a_comment_of_any_text_is_kept_whole(text: str) -> None:
    article = three("Браво на всички.", text, "И аз.")
    assert [comment.text for comment in article.comments] == ["Браво на всички.", text, "И аз."]


def test_a_page_without_comments_has_none() -> None:
    teasers = "".join(f"Заглавие номер {at} за нещо съвсем друго\n{at}:30 05.02.2026\n" for at in range(10, 20))
    assert seeds.parse(f"{BODY}Още новини\n{teasers}").comments == ()


def test_the_crawls_own_date_belongs_to_the_page() -> None:
    article = seeds.parse(f" date 2026-02-05 {BODY}")
    assert article.published_at == "2026-02-05"
    assert "2026-02-05" not in article.text


def test_a_page_says_how_it_was_read() -> None:
    assert three("Да.", "Не.", "И аз.").read_by == "crawl_text/author_first_numbered"
    assert seeds.parse(BODY).read_by == "crawl_text/no_comments"


def test_the_same_page_gives_the_same_ids() -> None:
    assert [comment.id for comment in seeds.parse(RELATIVE).comments] == [comment.id for comment in seeds.parse(RELATIVE).comments]


def test_heads_that_only_say_a_name_are_read_without_times() -> None:
    listed = "".join(f"{name} said,\n\n{text}\n\n" for name, text in (("Ana", "I like it."), ("Bo", "Me too."), ("Ana", "Thanks, Bo.")))
    article = seeds.parse(f"{BODY}\n{listed}")
    assert [(comment.author, comment.text) for comment in article.comments] == [
        ("Ana", "I like it."),
        ("Bo", "Me too."),
        ("Ana", "Thanks, Bo."),
    ]
    assert article.read_by == "crawl_text/spoken"


def test_relative_times_tell_which_comment_is_the_newest() -> None:
    listed = "".join(
        f"{name}\nпреди {hours} часа\n{text}\nОтговори\n"
        for name, hours, text in (("Ана", 2, "Браво."), ("Боби", 3, "в отговор на Ана\nНе е вярно."), ("Ана", 5, "Първа съм."))
    )
    comments = seeds.parse(f"{BODY}Коментари (3)\n{listed}").comments
    assert comments[1].reply_to == comments[2].id


def test_counters_beside_a_button_are_no_words() -> None:
    listed = "".join(
        f"{name}\n1{at}:00 05.02.2026\nБраво на {name}.\n{7 * at}\n-{at}\nОтговори\n" for at, name in enumerate(("Ана", "Боби"))
    )
    assert [comment.text for comment in seeds.parse(f"{BODY}Коментари\n{listed}").comments] == ["Браво на Ана.", "Браво на Боби."]


def test_a_list_of_one_writers_articles_is_no_thread() -> None:
    listed = "".join(f"Ана Петрова\n{day}.02.2026 10:00\nТова е моят разказ номер {day}.\n" for day in range(10, 16))
    assert seeds.parse(f"{BODY}Мнения\n{listed}").comments == ()


def test_teasers_with_dates_beside_relative_times_are_no_comments() -> None:
    teasers = "".join(f"Заглавие {name}\n{at + 10}:30 - 05.02.2026\n" for at, name in enumerate(("първо", "второ", "трето", "четвърто")))
    article = seeds.parse(f"{BODY}Още новини\n{teasers}{RELATIVE.removeprefix(BODY)}")
    assert [comment.author for comment in article.comments] == ["Ана", "Боби", "Вили"]


def test_a_clock_makes_a_day_without_a_year_a_time() -> None:
    listed = "".join(
        f"{name} On Thursday, November {at} at 2:5{at} pm\n\nI say that it is fine.\n\n" for at, name in enumerate(("Ana", "Bo", "Cy"), 1)
    )
    article = seeds.parse(f"{BODY}3 Comments\n\n{listed}")
    assert [(comment.author, comment.created_at) for comment in article.comments] == [("Ana", None), ("Bo", None), ("Cy", None)]
    assert article.comments[0].created_at_raw == "November 1 at 2:51 pm"


def test_a_day_and_the_clock_time_on_the_next_line_are_one_time() -> None:
    listed = "".join(f"{name}\n05.02.2026\n1{at}:30\nБраво на {name}.\n" for at, name in enumerate(("Ана", "Боби", "Вили")))
    comments = seeds.parse(f"{BODY}Коментари (3)\n{listed}").comments
    assert [(comment.author, comment.created_at) for comment in comments] == [
        ("Ана", "2026-02-05T10:30:00"),
        ("Боби", "2026-02-05T11:30:00"),
        ("Вили", "2026-02-05T12:30:00"),
    ]


def test_the_initial_in_place_of_a_picture_tells_the_name_from_the_rank() -> None:
    """As forums write it: name, rank, facts about the member; the rank looks like a name and so does the day the thread began."""
    posts = [
        ("Marlis", "Lt. Junior Grade", "Ist es dicht?"),
        ("Ugo7", "Captain", "Meins ja."),
        ("Rena B.", "Grauer Jedi", "Kaum."),
    ]
    listed = "\n".join(
        f"{name[0]}\n{name}\n{rank}\nDabei seit\nJuni 2018\n23. April 2020\n#{at}\n{text}" for at, (name, rank, text) in enumerate(posts, 1)
    )
    article = seeds.parse(f"Neue Beiträge\nBoote und Häfen\nErsteller des Themas Marlis\nErstellungsdatum 23. April 2020\n{listed}\n")
    assert [(comment.number, comment.author) for comment in article.comments] == [(1, "Marlis"), (2, "Ugo7"), (3, "Rena B.")]


def test_a_line_that_ends_like_a_greeting_is_no_mark() -> None:
    article = three("A song for the readers:\nlalala.", "Per the link:\nne.", "Да.")
    assert [comment.text for comment in article.comments] == ["A song for the readers:\nlalala.", "Per the link:\nne.", "Да."]
    assert article.warnings == ()


def listed(*records: str, heading: str) -> Article:
    return seeds.parse(f"{BODY}{heading}\n" + "\n".join(records) + "\nCopyright\n")


def test_a_badge_below_some_of_the_names_is_no_name() -> None:
    """The buttons that end each comment tell where the next one begins."""
    article = listed(
        "Ana\n5 Feb 2026 10:30\nYes.\nReply\nReport",
        "Ben\nStaff\n5 Feb 2026 10:40\nNo, thank you.\nReply\nReport",
        "Cleo\n5 Feb 2026 10:50\nWhy not?\nReply\nReport",
        "Ana\n5 Feb 2026 11:30\nSo be it.\nReply\nReport",
        heading="4 Comments",
    )
    assert [comment.author for comment in article.comments] == ["Ana", "Ben", "Cleo", "Ana"]


def test_a_rank_beside_the_name_is_none_and_a_town_in_brackets_neither() -> None:
    ranked = listed(
        "ana • Veteran • 05.02.2026, 10:30\nDa.",
        "ion • Membru • 05.02.2026, 10:40\n↳ răspuns către ana\nNu e așa.",
        "oana • Veteran • 05.02.2026, 10:50\nBine!",
        heading="Comentarii (3)",
    )
    assert [comment.author for comment in ranked.comments] == ["ana", "ion", "oana"]
    assert ranked.comments[1].reply_to == ranked.comments[0].id
    towns = listed(
        "Zehra (Ankara) 05.02.2026 10:30\nEvet.",
        "Can (Bursa) 05.02.2026 10:40\nZehra, hayır.",
        "Efe 05.02.2026 10:50\nBilmem ki!",
        heading="Yorumlar (3)",
    )
    assert [comment.author for comment in towns.comments] == ["Zehra", "Can", "Efe"]
    assert towns.comments[1].reply_to == towns.comments[0].id, "a comment that begins with a name"


def test_how_comments_are_sorted_is_no_part_of_the_first() -> None:
    article = listed(
        "Zuerst die Neuen\nAna\nDas stimmt nicht.\n05.02.2026 10:30\n+14",
        "Ben\nAntwort an Ana\nDoch, leider.\n05.02.2026 10:40\n+3",
        "Ana\nAch so.\n05.02.2026 10:50\n0",
        "Cleo\nIch war dabei!\n05.02.2026 11:50\n+2",
        heading="Kommentare",
    )
    assert [(comment.author, comment.text) for comment in article.comments][:2] == [("Ana", "Das stimmt nicht."), ("Ben", "Doch, leider.")]


def test_a_name_may_stand_below_the_words_and_the_time() -> None:
    article = listed(
        "sabah altıda çan sesiyle uyanırsınız.\nfavorilere ekle 41\n05.02.2026 08:14\nsazan",
        "imrendim.\nfavorilere ekle 6\n05.02.2026 08:52\nuykusuz",
        "kendisi dayım olur.\nfavorilere ekle 187\n05.02.2026 10:30\nyegen",
        "@yegen tek kişi mi?\nfavorilere ekle 12\n05.02.2026 13:05\nhesap",
        "@hesap evet.\nfavorilere ekle 12\n05.02.2026 14:05\nyegen",
        heading="Yorumlar (5)",
    )
    assert [comment.author for comment in article.comments] == ["sazan", "uykusuz", "yegen", "hesap", "yegen"]
    assert article.comments[3].text == "@yegen tek kişi mi?"


def test_how_long_a_member_is_one_is_no_time_of_a_comment() -> None:
    article = listed(
        "A\nana\nSenior Member\n14y\n2,310\nMay 12, 2026 at 10:41 AM\n#1\nI would like to know.\nReply Report",
        "B\nben\nSubscriber\n3y\n418\nMay 12, 2026 at 10:52 AM\n#2\nSo would I.\nReply Report",
        "C\ncleo\nSenior Member\n9y\n1,156\nMay 12, 2026 at 11:30 AM\n#3\n+1\nReply Report",
        heading="3 Comments",
    )
    assert [(comment.number, comment.author, comment.created_at) for comment in article.comments] == [
        (1, "ana", "2026-05-12T10:41:00"),
        (2, "ben", "2026-05-12T10:52:00"),
        (3, "cleo", "2026-05-12T11:30:00"),
    ]


def test_a_removed_comment_is_no_part_of_the_one_before() -> None:
    article = listed(
        "Ana\n05.02.2026 10:30\nDa, da.\nRăspunde",
        "Acest comentariu a fost șters de moderator.",
        "Ion\n05.02.2026 10:40\nNu, nu.\nRăspunde",
        "Oana\n05.02.2026 10:50\n+1\nRăspunde",
        heading="Comentarii (3)",
    )
    assert [(comment.author, comment.text) for comment in article.comments] == [("Ana", "Da, da."), ("Ion", "Nu, nu."), ("Oana", "+1")]


def test_facts_under_one_label_are_no_words() -> None:
    said = {"Посетители": "Да, верно.", "Гости": "Я так не думаю!", "Журналисты": "Почему же?", "Редакция": "Исправили, спасибо."}
    records = [f"Имя{at}\n05.02.2026 1{at}:30\nГруппа: {group}\n{said[group]}\nОтветить" for at, group in enumerate(said)]
    article = listed(*records, heading="Комментарии (4)")
    assert [comment.text for comment in article.comments] == list(said.values())


HEADED = """The old ferry is back on the river
The ferry crossed the river again this morning after ten years on land, the harbour office said.
Eighty people stood on the bank and cheered when the engine started at the third attempt.
"""
LATE_TEASERS = """MORE STORIES
Duck race raises a record sum
13.05.2026, 08:02
Library van gets a new route
13.05.2026, 07:45
"""


def page(*comments: tuple[str, str, str], above: str = "{} Comments", behind: str = "Reply Report", after: str = "") -> Article:
    """A page whose comments have an author, a time and a text, with a line behind each."""
    listed = "\n".join(f"{author}\n{time}\n{text}\n{behind}".rstrip() for author, time, text in comments)
    return seeds.parse(f"{HEADED}{above.format(len(comments))}\n{listed}\n{after}", id="page")


TALK = (
    ("Ana", "12.05.2026, 09:05", "I rode it as a child, and I was sick every time."),
    ("Ion", "12.05.2026, 09:48", "Will it run on Sundays, does anybody know?"),
    ("Zoe", "12.05.2026, 11:14", "My father painted that funnel in 1978."),
    ("Max", "12.05.2026, 16:30", "You could hear the cheering from the hill."),
)


def test_teasers_behind_the_last_buttons_are_no_comments() -> None:
    assert [comment.author for comment in page(*TALK, above="Comments", after=LATE_TEASERS.lower()).comments] == [
        "Ana",
        "Ion",
        "Zoe",
        "Max",
    ]


def test_a_heading_counts_comments_that_are_not_shown() -> None:
    article = page(*TALK, above="5 Comments", after=LATE_TEASERS)
    assert [comment.author for comment in article.comments] == ["Ana", "Ion", "Zoe", "Max"]


def test_a_line_with_the_time_of_another_comment_names_it() -> None:
    quote = ("Eva", "12.05.2026, 17:00", "Posted by Ana on 12.05.2026, 09:05\nThen you were on the wrong side of the smoke.")
    comments = page(*TALK, quote).comments
    assert [comment.author for comment in comments] == ["Ana", "Ion", "Zoe", "Max", "Eva"]
    assert comments[4].reply_to == comments[0].id
    assert comments[4].text.startswith("Posted by Ana on 12.05.2026, 09:05\n")


def test_quoted_words_name_the_comment_that_said_them_first() -> None:
    first = ("Eva", "12.05.2026, 17:00", '"My father painted that funnel"\nMine built it.')
    second = ("Uwe", "12.05.2026, 17:10", '"My father painted that funnel"\nAnd mine paid for it.')
    short = ("Kim", "12.05.2026, 17:20", '"the hill"\nWhich hill?')
    comments = page(*TALK, first, second, short).comments
    assert [comment.reply_to for comment in comments[4:]] == [comments[2].id, comments[2].id, None]


def test_words_before_all_names_are_a_button() -> None:
    comments = page(*((f"Mute {author}\nFavourite {author}", time, text) for author, time, text in TALK)).comments
    assert [comment.author for comment in comments] == ["Ana", "Ion", "Zoe", "Max"]


def test_how_long_ago_behind_a_date_is_no_name() -> None:
    comments = page(*((author, f"{time.replace(', ', ' (')}) 5 hours and 38 minutes ago", text) for author, time, text in TALK)).comments
    assert [comment.author for comment in comments] == ["Ana", "Ion", "Zoe", "Max"]
    assert comments[0].created_at == "2026-05-12T09:05:00"


def test_what_a_member_has_written_is_no_heading() -> None:
    comments = page(*((f"{author}\n{at}13 comments", time, text) for at, (author, time, text) in enumerate(TALK, 1))).comments
    assert [comment.author for comment in comments] == ["Ana", "Ion", "Zoe", "Max"]


def test_a_title_beside_the_time_is_no_name() -> None:
    titles = ("Sick", "Sundays?", "The funnel", "Cheers")
    told = [
        (f"{title} ({time})", f"{author} in reply to Ana" if at else author, text)
        for at, (title, (author, time, text)) in enumerate(zip(titles, TALK, strict=True))
    ]
    comments = page(*told).comments
    assert [comment.author for comment in comments] == ["Ana", "Ion", "Zoe", "Max"]
    assert [comment.reply_to for comment in comments] == [None, *[comments[0].id] * 3]


def test_the_moment_of_the_page_gives_relative_times_a_value() -> None:
    ages = ((author, f"{at} hours ago", text) for at, (author, _, text) in enumerate(TALK, 2))
    article = page(*ages, after="It is currently 12.05.2026, 20:00")
    assert [comment.created_at for comment in article.comments[:2]] == ["2026-05-12T18:00:00", "2026-05-12T17:00:00"]


@pytest.mark.parametrize("text", ["Thanks!", "This is comment {}."])
def test_what_all_of_them_say_is_no_frame(text: str) -> None:
    names = ("Ana", "Ion", "Zoe", "Max", "Eva", "Uwe", "Kim")
    said = [(name, f"12.05.2026, 09:0{at}", text.format(at)) for at, name in enumerate(names, 1)]
    assert [(comment.author, comment.text) for comment in page(*said).comments] == [(name, told) for name, _, told in said]


def test_long_lines_in_place_of_names_are_quick() -> None:
    began = time.process_time()
    page(*((f"{name} {' (' * 20_000}", clock, text) for name, clock, text in TALK))
    assert time.process_time() - began < 2


def test_a_comments_writer_and_time_are_not_the_articles() -> None:
    said = [(f"Posted by {author}", time, text) for author, time, text in TALK]
    for heading in ("{} Comments", ""):
        article = page(*said, above=heading)
        assert [comment.author for comment in article.comments] == ["Ana", "Ion", "Zoe", "Max"]
        assert (article.author, article.published_at) == (None, None)


@pytest.mark.parametrize("head", ["#{} von {}", "#{} by {}", "{}. by {}", "#{} от {}", "№ {} de la {}", "№{} від {}", "#{} por {}"])
@pytest.mark.parametrize("behind", ["{}\n12.05.2026, 09:0{}", "{} | 12.05.2026, 09:0{}"])
def test_a_word_between_number_and_name_is_no_part_of_the_name(head: str, behind: str) -> None:
    names = ("Hans", "Ana Pop", "Ion", "Zoe")
    heads = [behind.format(head.format(at, name), at) for at, name in enumerate(names, 1)]
    article = seeds.parse(f"{HEADED}4 Comments\n" + "\n".join(f"{head}\n{text}" for head, (*_, text) in zip(heads, TALK, strict=True)))
    assert [(comment.number, comment.author) for comment in article.comments] == list(enumerate(names, 1))


def test_a_name_may_begin_with_such_a_word() -> None:
    names = ("Ana", "De Vries", "Ion", "Zoe")
    told = ((f"#{at} {name}", time, text) for at, (name, (_, time, text)) in enumerate(zip(names, TALK, strict=True), 1))
    assert [comment.author for comment in page(*told).comments] == list(names)


@pytest.mark.parametrize("sign", ["·", "•", "|"])
def test_a_rank_behind_the_name_on_its_own_line_is_none(sign: str) -> None:
    ranks = ("Avansat", "Membru nou", "Avansat", "Membru nou")
    told = ((f"{author} {sign} {rank}", time, text) for (author, time, text), rank in zip(TALK, ranks, strict=True))
    assert [comment.author for comment in page(*told).comments] == ["Ana", "Ion", "Zoe", "Max"]


def test_what_differs_as_much_as_the_names_is_no_rank() -> None:
    told = ((f"{author} | {town}", time, text) for (author, time, text), town in zip(TALK, ("Rom", "Köln", "Iași", "Bar"), strict=True))
    assert [comment.author for comment in page(*told).comments] == ["Ana | Rom", "Ion | Köln", "Zoe | Iași", "Max | Bar"]


@pytest.mark.parametrize(
    "counter",
    [
        *("Отговори 4 харесвания", "Відповісти 4 вподобання", "Răspunde 4 aprecieri", "Răspunde · 24 de aprecieri", "Trả lời 4 thích"),
        *("Trả lời 4 lượt thích", "Ответить 4 нравится", "Odpowiedz 4 polubienia", "Antworten 4 „Gefällt mir“", "Reply 4 likes"),
        *("Yanıtla 4 beğeni", "Responder 4 me gusta", "Απάντηση 4 μου αρέσει"),
    ],
)
def test_a_button_with_its_counter_is_no_part_of_the_words(counter: str) -> None:
    first, *others = TALK
    told = [(*first[:2], f"{first[2]}\n{counter}"), *others]
    assert [comment.text for comment in page(*told, behind="").comments] == [text for *_, text in TALK]
