"""Who wrote an article, and when, by the lines beside its title in plain text."""

from __future__ import annotations

import pytest

import seeds
from seeds import bylines

ARTICLES = {
    "bg": ("Новият мост над реката беше отворен днес след осем месеца работа.", "Мостът над реката беше отворен днес"),
    "uk": ("Новий міст через річку відкрили сьогодні після восьми місяців роботи.", "Новий міст через річку відкрили сьогодні"),
    "ro": ("Podul nou peste râu a fost deschis astăzi, după opt luni de lucrări.", "Podul nou peste râu a fost deschis astăzi"),
    "vi": ("Cây cầu mới bắc qua sông được thông xe hôm nay sau tám tháng thi công.", "Cây cầu mới bắc qua sông được thông xe hôm nay"),
    "ru": ("Новый мост через реку открыли сегодня после восьми месяцев работы.", "Новый мост через реку открыли сегодня"),
    "pl": ("Nowy most na rzece otwarto dziś po ośmiu miesiącach prac, podał urząd.", "Nowy most na rzece otwarto dziś"),
    "de": ("Die neue Brücke über den Fluss ist heute nach acht Monaten eröffnet worden.", "Die neue Brücke über den Fluss ist eröffnet"),
    "en": ("The new bridge over the river was opened today after eight months of work.", "The new bridge over the river was opened today"),
    "tr": ("Nehrin üzerindeki yeni köprü sekiz aylık çalışmadan sonra bugün açıldı.", "Nehrin üzerindeki yeni köprü bugün açıldı"),
    "es": ("El nuevo puente sobre el río se abrió hoy después de ocho meses de obras.", "El nuevo puente sobre el río se abrió hoy"),
    "el": ("Η νέα γέφυρα πάνω από το ποτάμι άνοιξε σήμερα μετά από οκτώ μήνες.", "Η νέα γέφυρα πάνω από το ποτάμι άνοιξε σήμερα"),
}


def stated(lang: str, above: str, below: str = "") -> tuple[str | None, str | None]:
    """Author and time of an article, these lines being above and below its first paragraph."""
    paragraph, title = ARTICLES[lang]
    article = seeds.parse(f"{title}\n{above}\n{paragraph}\n{below}\n{paragraph.replace(',', '')} \n")
    assert (article.lang, article.title) == (lang, title)
    return article.author, article.published_at


DAY, MINUTE = "2026-05-12", "2026-05-12T10:41:00"


@pytest.mark.parametrize(
    ("lang", "above", "author", "day"),
    [
        ("bg", "Автор: Ирина Донева\n12 май 2026 г. | 10:41 ч. | прочетена 2310 пъти", "Ирина Донева", MINUTE),
        ("bg", "Публикувано: 12.05.2026 | Обновено: 13.05.2026", None, DAY),
        ("uk", "Автор: Оксана Вербова\nОпубліковано: 12 травня 2026, 10:41", "Оксана Вербова", MINUTE),
        ("ro", "de Ilinca Pop, 12 mai 2026, 10:41", "Ilinca Pop", MINUTE),
        ("ro", "De Cosmin Vălenar\nPublicat: marți, 12 mai 2026, 10:41\nActualizat: marți, 12 mai 2026, 20:10", "Cosmin Vălenar", MINUTE),
        ("vi", "Tác giả: Thu Hằng\nCập nhật lúc 12/05/2026 10:41", "Thu Hằng", MINUTE),
        ("ru", "Подготовила Инна Прохлада\nОпубликовано 12.05.2026 10:41", "Инна Прохлада", MINUTE),
        ("pl", "oprac. Jagna Wilczek\nData publikacji: 12.05.2026, 10:41", "Jagna Wilczek", MINUTE),
        ("pl", "12 maja 2026, godz. 10:41\nAutor: Ewa Bród", "Ewa Bród", MINUTE),
        ("de", "Von Jule Ackerbach, 12.05.2026", "Jule Ackerbach", DAY),
        ("de", "Von Jule Ackerbach und Max von Berg\n12. Mai 2026, 10:41 Uhr 7 Kommentare", "Jule Ackerbach und Max von Berg", MINUTE),
        ("de", "von Redaktion, Stand: 12.05.2026 10:41 Uhr", "Redaktion", MINUTE),
        ("en", "By Jane Roe | 12 May 2026, 10:41", "Jane Roe", MINUTE),
        ("en", "By Jane Roe, Chief Reporter\nPublished: Tue, May 12, 2026 at 10:41 AM\nUpdated: May 13, 2026", "Jane Roe", MINUTE),
        ("en", "May 12, 2026 by Jane Roe", "Jane Roe", DAY),
        ("en", "12 May 2026 by Jane", "Jane", DAY),
        ("tr", "Yazan: Sevgi Toprak\nGiriş: 12.05.2026 - 10:41 Güncelleme: 13.05.2026 - 13:05", "Sevgi Toprak", MINUTE),
        ("es", "Por\nRebeca Anadón\nActualizado: 12/05/2026 - 10:41", "Rebeca Anadón", MINUTE),
        ("el", "Γράφει η Δέσποινα Καλαμίτση\nΔΗΜΟΣΙΕΥΣΗ: 12/05/2026, 10:41", "Δέσποινα Καλαμίτση", MINUTE),
    ],
)
def test_the_lines_between_title_and_text_say_who_wrote_the_article_and_when(lang: str, above: str, author: str | None, day: str) -> None:
    assert stated(lang, above) == (author, day)


@pytest.mark.parametrize(
    ("lang", "above"),
    [
        ("en", "By Sunday"),
        ("en", "By the river, under the bridge"),
        ("en", "The second bridge opens on 12 May 2026"),
        ("en", "2 hours ago"),
        ("en", "12 May, 10:41"),
        ("en", "12 May 2026\n14 May 2026"),
        ("en", "De Niro Returns"),
        ("en", "Home\nNews\nSport\nWeather\nTravel\n12 May 2026, 10:41"),
        ("de", "Sperrung ab Dienstag, 12. Mai 2026"),
        ("ro", "De Crăciun"),
        ("uk", "Від Івана Франка"),
        ("ru", "Автор: admin"),
    ],
)
def test_what_does_not_say_who_or_when_is_not_taken_for_it(lang: str, above: str) -> None:
    assert stated(lang, above) == (None, None)


def test_a_writer_below_a_lead_is_the_articles() -> None:
    assert stated("de", "", "Von Jule Ackerbach\n12. Mai 2026, 10:41 Uhr") == ("Jule Ackerbach", MINUTE)
    assert stated("de", "", "12. Mai 2026, 10:41 Uhr\nVon Jule Ackerbach") == (None, None), "the next article's"


def test_the_crawls_own_date_counts_before_the_pages() -> None:
    paragraph, title = ARTICLES["en"]
    assert seeds.parse(f" date 2026-05-11 {title}\nBy Jane Roe, 12 May 2026\n{paragraph}\n").published_at == "2026-05-11"


@pytest.mark.parametrize(
    ("title", "stamps", "told"),
    [
        ("The new bridge", {1}, ("Jane Roe", MINUTE)),
        ("The new bridge", set(), ("Jane Roe", None)),
        (None, {1}, (None, None)),
        ("The old bridge", {1}, (None, None)),
    ],
    ids=["title", "no time on the line", "no title", "another title"],
)
def test_only_lines_below_the_title_that_is_shown_count(title: str | None, stamps: set[int], told: tuple[str | None, str | None]) -> None:
    lines = ["The new bridge", "By Jane Roe | 12 May 2026, 10:41", "", ARTICLES["en"][0]]
    assert bylines.find(lines, title, lines[-1], stamps, lang="en", day_first=None) == told
