"""Written times in many languages. What is not said is not guessed; the raw text is always kept."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from seeds import dates

NOW = datetime(2026, 2, 5, 12, 0)

ABSOLUTE = [
    # line, language, value
    ("2026-02-05", None, "2026-02-05"),
    ("2026-02-05 21:25", None, "2026-02-05T21:25:00"),
    ("2026-02-05T21:25:07.123Z", None, "2026-02-05T21:25:07Z"),
    ("2026-02-05T21:25:07+0200", None, "2026-02-05T21:25:07+02:00"),
    ("21:25 05.02.2026", "bg", "2026-02-05T21:25:00"),
    ("11:32 05.02.2026 г.", "bg", "2026-02-05T11:32:00"),
    ("17 март 2026, 09:27", "bg", "2026-03-17T09:27:00"),
    ("17 март 2026 г. в 9:27 ч.", "bg", "2026-03-17T09:27:00"),
    ("на 3 септември 2025 в 08:05", "bg", "2025-09-03T08:05:00"),
    ("14 квітня 2026, 16:41", "uk", "2026-04-14T16:41:00"),
    ("14 квітня 2026 року о 16:41", "uk", "2026-04-14T16:41:00"),
    ("11 июня 2026 в 11:29", "ru", "2026-06-11T11:29:00"),
    ("11 июн. 2026, 11:29", "ru", "2026-06-11T11:29:00"),
    ("понедельник, 5 января 2026 г., 10:00", "ru", "2026-01-05T10:00:00"),
    ("11.03.2026, 09:21", "ro", "2026-03-11T09:21:00"),
    ("11 martie 2026 la ora 09:21", "ro", "2026-03-11T09:21:00"),
    ("11 ian. 2026, 09:21", "ro", "2026-01-11T09:21:00"),
    ("08:10 18/03/2026", "vi", "2026-03-18T08:10:00"),
    ("18 Tháng 3, 2026 lúc 08:10", "vi", "2026-03-18T08:10:00"),
    ("Thứ tư, 18/3/2026, 08:10 (GMT+7)", "vi", "2026-03-18T08:10:00+07:00"),
    ("24.04.2026, 07:31", "de", "2026-04-24T07:31:00"),
    ("24. April 2026 um 7:31 Uhr", "de", "2026-04-24T07:31:00"),
    ("Fr, 24. Apr. 2026 – 07:31", "de", "2026-04-24T07:31:00"),
    ("9. März 2026 | 18:00", "de", "2026-03-09T18:00:00"),
    ("2026-02-27 17:19", "pl", "2026-02-27T17:19:00"),
    ("09.jul.2026 | 08:52", "es", "2026-07-09T08:52:00"),
    ("04/jun./26", "es", "2026-06-04"),
    ("09/06/26-09:37", "el", "2026-06-09T09:37:00"),
    ("27 lutego 2026, godz. 17:19", "pl", "2026-02-27T17:19:00"),
    ("20 Mart 2026 10:02", "tr", "2026-03-20T10:02:00"),
    ("20 Mart 2026 Cuma, 10:02", "tr", "2026-03-20T10:02:00"),
    ("22/05/2026 a las 20:42", "es", "2026-05-22T20:42:00"),
    ("22 de mayo de 2026 a las 20:42", "es", "2026-05-22T20:42:00"),
    ("22 de maio de 2026 às 20:42", "pt", "2026-05-22T20:42:00"),
    ("22 mai 2026 à 20h42", "fr", "2026-05-22T20:42:00"),
    ("1er mars 2026 à 9:05", "fr", "2026-03-01T09:05:00"),
    ("22 maggio 2026 alle ore 20:42", "it", "2026-05-22T20:42:00"),
    ("19 Μαρτίου 2026, 08:38", "el", "2026-03-19T08:38:00"),
    ("19/03/2026 στις 8:38 μ.μ.", "el", "2026-03-19T20:38:00"),
    ("19 maart 2026 om 08:38", "nl", "2026-03-19T08:38:00"),
    ("19. března 2026 v 8:38", "cs", "2026-03-19T08:38:00"),
    ("2026. március 19. 08:38", "hu", "2026-03-19T08:38:00"),
    ("den 19 mars 2026 kl 08:38", "sv", "2026-03-19T08:38:00"),
    ("19. maaliskuuta 2026 klo 8:38", "fi", "2026-03-19T08:38:00"),
    ("19. март 2026. у 08:38", "sr", "2026-03-19T08:38:00"),
    ("2026年3月19日 08:38", "zh", "2026-03-19T08:38:00"),
    ("2026年3月19日(木) 08:38", "ja", "2026-03-19T08:38:00"),
    ("2026년 3월 19일 08:38", "ko", "2026-03-19T08:38:00"),
    ("2026年2月5日 下午3:32", "zh", "2026-02-05T15:32:00"),
    ("午後3:32 2026年2月5日", "ja", "2026-02-05T15:32:00"),
    ("2026년 2월 5일 오후 3:32", "ko", "2026-02-05T15:32:00"),
    ("2026년 2월 5일 오전 12:32", "ko", "2026-02-05T00:32:00"),
    ("Feb  5 11:32:00 2026", "en", "2026-02-05T11:32:00"),
    ("Feb 05 11:32:00 +0200 2026", "en", "2026-02-05T11:32:00+02:00"),
    ("Feb  5 11:32:00 UTC 2026", "en", "2026-02-05T11:32:00Z"),
    ("March 19th, 2026 at 8:38 PM", "en", "2026-03-19T20:38:00"),
    ("19 March 2026, 08:38", "en", "2026-03-19T08:38:00"),
    ("Mar 19, 2026 12:05 am", "en", "2026-03-19T00:05:00"),
    ("12:05 p.m. EST on Thursday, March 19, 2026", "en", "2026-03-19T12:05:00-05:00"),
    ("posted on 3/19/2026 8:38:01 AM", "en", "2026-03-19T08:38:01"),
    ("08:38, 19 March 2026 (UTC)", "en", "2026-03-19T08:38:00Z"),
    ("19 Mar '26", "en", "2026-03-19"),
    ("19.03.26 08:38", "de", "2026-03-19T08:38:00"),
    ("19.03.99 08:38", "de", "1999-03-19T08:38:00"),
    ("08:03, 12 май 26", "bg", "2026-05-12T08:03:00"),
    ("2026年4月12日 21時14分", "ja", "2026-04-12T21:14:00"),
    ("2026年4月12日 21点14分05秒", "zh", "2026-04-12T21:14:05"),
    ("2026년 4월 12일 21시 14분", "ko", "2026-04-12T21:14:00"),
    ("١٢ مايو ٢٠٢٦ ٠١:٣٧ م", "ar", "2026-05-12T13:37:00"),
    ("١٢ مايو ٢٠٢٦ ١٢:٣٧ ص", "ar", "2026-05-12T00:37:00"),
]

RELATIVE = [
    ("2 hours ago", "en", "2026-02-05T10:00:00"),
    ("an hour ago", "en", "2026-02-05T11:00:00"),
    ("3 days ago", "en", "2026-02-02"),
    ("5m ago", "en", "2026-02-05T11:55:00"),
    ("yesterday at 21:25", "en", "2026-02-04T21:25:00"),
    ("Today, 09:15", "en", "2026-02-05T09:15:00"),
    ("преди 2 часа", "bg", "2026-02-05T10:00:00"),
    ("преди 3 години", "bg", "2023-02-06"),
    ("вчера, 21:25", "bg", "2026-02-04T21:25:00"),
    ("2 години тому", "uk", "2026-02-05T10:00:00"),
    ("5 хвилин тому", "uk", "2026-02-05T11:55:00"),
    ("сьогодні о 9:15", "uk", "2026-02-05T09:15:00"),
    ("2 часа назад", "ru", "2026-02-05T10:00:00"),
    ("вчера в 21:25", "ru", "2026-02-04T21:25:00"),
    ("acum 2 ore", "ro", "2026-02-05T10:00:00"),
    ("în urmă cu 3 zile", "ro", "2026-02-02"),
    ("2 tuần trước", "vi", "2026-01-22"),
    ("5 giờ trước", "vi", "2026-02-05T07:00:00"),
    ("vor 2 Stunden", "de", "2026-02-05T10:00:00"),
    ("vor einer Woche", "de", "2026-01-29"),
    ("2 godziny temu", "pl", "2026-02-05T10:00:00"),
    ("wczoraj, 21:25", "pl", "2026-02-04T21:25:00"),
    ("2 saat önce", "tr", "2026-02-05T10:00:00"),
    ("dün 21:25", "tr", "2026-02-04T21:25:00"),
    ("hace 3 días", "es", "2026-02-02"),
    ("há 2 horas", "pt", "2026-02-05T10:00:00"),
    ("il y a 2 heures", "fr", "2026-02-05T10:00:00"),
    ("2 ore fa", "it", "2026-02-05T10:00:00"),
    ("πριν από 2 ώρες", "el", "2026-02-05T10:00:00"),
    ("2 uur geleden", "nl", "2026-02-05T10:00:00"),
    ("před 2 hodinami", "cs", "2026-02-05T10:00:00"),
    ("2 timmar sedan", "sv", "2026-02-05T10:00:00"),
    ("2 tuntia sitten", "fi", "2026-02-05T10:00:00"),
    ("2 órája", "hu", "2026-02-05T10:00:00"),
    ("pre 2 sata", "sr", "2026-02-05T10:00:00"),
    ("3天前", "zh", "2026-02-02"),
    ("2時間前", "ja", "2026-02-05T10:00:00"),
    ("2시간 전", "ko", "2026-02-05T10:00:00"),
    ("half an hour ago", "en", "2026-02-05T11:30:00"),
    ("vor einer halben Stunde", "de", "2026-02-05T11:30:00"),
    ("полчаса назад", "ru", "2026-02-05T11:30:00"),
    ("преди половин час", "bg", "2026-02-05T11:30:00"),
    ("just now", "en", "2026-02-05T12:00:00"),
    ("a moment ago", "en", "2026-02-05T12:00:00"),
    ("только что", "ru", "2026-02-05T12:00:00"),
    ("刚刚", "zh", "2026-02-05T12:00:00"),
    ("منذ 3 ساعات", "ar", "2026-02-05T09:00:00"),
    ("منذ ٣ ساعات", "ar", "2026-02-05T09:00:00"),
    ("3 घंटे पहले", "hi", "2026-02-05T09:00:00"),
    ("לפני 3 שעות", "he", "2026-02-05T09:00:00"),
    ("пред 3 часа", "mk", "2026-02-05T09:00:00"),
    ("пред 3 години", "mk", "2023-02-06"),
    ("3 dny zpět", "cs", "2026-02-02"),
    ("3 hodiny zpět", "cs", "2026-02-05T09:00:00"),
    ("przed 2 godzinami", "pl", "2026-02-05T10:00:00"),
    ("prieš 2 valandas", "lt", "2026-02-05T10:00:00"),
    ("pirms 2 stundām", "lv", "2026-02-05T10:00:00"),
]


@pytest.mark.parametrize(("line", "lang", "value"), ABSOLUTE, ids=[line for line, *_ in ABSOLUTE])
def test_an_absolute_time_is_read(line: str, lang: str | None, value: str) -> None:
    stamp = dates.find(line, lang=lang)
    assert stamp is not None
    assert stamp.written == value
    assert stamp.raw == line[stamp.begin : stamp.end]
    assert not stamp.relative


@pytest.mark.parametrize(("line", "lang", "value"), RELATIVE, ids=[line for line, *_ in RELATIVE])
def test_a_relative_time_needs_a_reference(line: str, lang: str, value: str) -> None:
    known, unknown = dates.find(line, lang=lang, now=NOW), dates.find(line, lang=lang)
    assert known is not None
    assert unknown is not None
    assert known.written == value
    assert (unknown.written, unknown.raw, unknown.relative) == (None, known.raw, True)


def test_the_languages_are_many() -> None:
    assert len({lang for _, lang, _ in ABSOLUTE if lang}) >= 15
    assert len({lang for _, lang, _ in RELATIVE}) >= 15


def test_day_and_month_are_settled_by_the_page_as_a_whole() -> None:
    page = ["05/02/2026 10:00", "06/02/2026 11:00", "17/02/2026 12:00"]
    assert dates.is_day_first(page) is True
    assert dates.is_day_first(["02/05/2026", "02/17/2026"]) is False
    assert dates.is_day_first(["05/02/2026"]) is None
    first = dates.find("05/02/2026", lang="en", day_first=True)
    assert first is not None
    assert first.written == "2026-02-05"


def test_without_evidence_the_language_settles_it() -> None:
    english, spanish = dates.find("05/02/2026", lang="en"), dates.find("05/02/2026", lang="es")
    assert english is not None
    assert spanish is not None
    assert (english.written, spanish.written) == ("2026-05-02", "2026-02-05")


@pytest.mark.parametrize("line", ["31.02.2026 10:00", "30 февруари 2026", "2026-02-31", "February 30, 2026"])
def test_a_day_that_does_not_exist_is_found_and_said(line: str) -> None:
    stamp = dates.find(line, lang="bg")
    assert stamp is not None
    assert stamp.impossible
    assert stamp.written is None


@pytest.mark.parametrize("line", ["5 февруари, 21:25", "5. März 18:00", "March 5 at 10:00"])
def test_without_a_year_there_is_no_value(line: str) -> None:
    stamp = dates.find(line, lang="bg")
    assert stamp is not None
    assert stamp.written is None
    assert not stamp.impossible


def test_two_digits_behind_the_month_are_a_year_only_beside_a_clock_time() -> None:
    stamps = [dates.find(line, lang="en") for line in ("12 May 26, 10:41", "5 May 26 people", "5 May 26 people, 10:41")]
    assert [stamp and (stamp.raw, stamp.written) for stamp in stamps] == [
        ("12 May 26, 10:41", "2026-05-12T10:41:00"),
        ("5 May", None),
        ("5 May", None),
    ]


def test_a_day_without_a_year_is_the_one_nearest_to_a_known_day() -> None:
    near, alone = (dates.find("11.5. 20:03", lang="fi", near=day) for day in (date(2026, 3, 1), None))
    assert near is not None
    assert alone is not None
    assert (near.raw, near.written) == ("11.5. 20:03", "2026-05-11T20:03:00")
    assert (alone.raw, alone.is_yearless) == ("11.5. 20:03", True)


@pytest.mark.parametrize(("text", "written"), [("May 12", "2026-05-12"), ("December 30", "2025-12-30")])
def test_a_bare_day_is_one_where_an_element_shows_nothing_else(text: str, written: str) -> None:
    near = dates.bare_day(text, lang="en", near=date(2026, 3, 1))
    assert near is not None
    assert (near.raw, near.written) == (text, written)
    assert dates.bare_day(f"{text} people", lang="en") is None
    assert dates.find(text, lang="en") is None, "a line of text may be anything"


def test_the_numbers_of_a_day_are_no_clock_time() -> None:
    stamp = dates.find("10.05.26", lang="de")
    assert stamp is not None
    assert (stamp.raw, stamp.written) == ("10.05.26", "2026-05-10")


def test_a_clock_alone_is_no_day() -> None:
    stamp = dates.find("Новини 21:25")
    assert stamp is not None
    assert stamp.clock_only
    assert stamp.written is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no time at all",
        "version 1.2.3",
        "192.168.10.20",
        "+359 2 987 65 43",
        "3:0",
        "25:61",
        "1/2",
        "ISBN 978-3-16-148410-0",
        "a may day",
    ],
)
def test_other_numbers_are_no_time(line: str) -> None:
    assert dates.find(line) is None


def test_a_reference_with_a_zone_gives_no_zone_to_what_the_page_did_not_say() -> None:
    stamp = dates.find("2 hours ago", lang="en", now=datetime(2026, 2, 5, 12, tzinfo=UTC))
    assert stamp is not None
    assert stamp.written == "2026-02-05T10:00:00"


def test_a_number_may_touch_the_half_of_the_day() -> None:
    stamp = dates.find("March 14, 2026, 01:30PM4")
    assert stamp is not None
    assert (stamp.raw, stamp.written) == ("March 14, 2026, 01:30PM", "2026-03-14T13:30:00")


@pytest.mark.parametrize(
    ("line", "lang", "written"),
    [
        ("3 ώρες πριν", "el", "2026-05-12T09:00:00"),
        ("2 дн. назад", "ru", "2026-05-10"),
        ("3 godz. temu", "pl", "2026-05-12T09:00:00"),
        ("3 sa önce", "tr", "2026-05-12T09:00:00"),
        ("acum 20 de minute", "ro", "2026-05-12T11:40:00"),
        ("2 days, 3 hours ago", "en", "2026-05-10T09:00:00"),
        ("преди 1 час и 5 минути", "bg", "2026-05-12T10:55:00"),
        ("3 h", "en", "2026-05-12T09:00:00"),
        ("3 h", "tr", "2026-04-21"),
        ("5 хв.", "uk", "2026-05-12T11:55:00"),
        ("2 tuần", "vi", "2026-04-28"),
        ("Posted yesterday", "en", "2026-05-11"),
        ("вчера", "bg", "2026-05-11"),
    ],
)
def test_short_and_joined_relative_times(line: str, lang: str, written: str) -> None:
    stamp = dates.find(line, lang=lang, now=datetime(2026, 5, 12, 12))
    assert stamp is not None
    assert (stamp.written, stamp.relative) == (written, True)


@pytest.mark.parametrize(
    "line", ["30 h", "5 min read", "3 hours", "100 m", "yesterday we went there", "5G", "I just now saw it", "it was a moment ago"]
)
def test_numbers_with_a_unit_that_are_no_time(line: str) -> None:
    assert dates.find(line, lang="en", now=datetime(2026, 5, 12, 12)) is None


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("2026-05-12 10:41 UTC", "2026-05-12T10:41:00Z"),
        ("2026-05-12 10:41:00 (UTC)", "2026-05-12T10:41:00Z"),
        ("12.05.2026 10:41 [CET]", "2026-05-12T10:41:00+01:00"),
        ("12.05.2026, 10:41 Uhr MEZ", "2026-05-12T10:41:00+01:00"),
        ("12.05.2026 10:41 ч. EET", "2026-05-12T10:41:00+02:00"),
        ("10:41, 12.05.2026, UTC", "2026-05-12T10:41:00Z"),
        ("12.05.2026 10:41 Uhr", "2026-05-12T10:41:00"),
    ],
)
def test_a_zone_behind_the_time_with_or_without_brackets(line: str, written: str) -> None:
    stamp = dates.find(line)
    assert stamp is not None
    assert stamp.written == written
    assert stamp.raw == stamp.raw.strip()


def test_no_zone_is_a_day_off() -> None:
    stamp = dates.find("2026-02-05 10:41 GMT+99")
    assert stamp is not None
    assert stamp.written == "2026-02-05T10:41:00Z"


def test_a_page_tells_its_own_moment_as_it_writes_days() -> None:
    lines = ["05/02/2026 10:00", "17/02/2026 10:00", "It is currently Wed 04/03/2026, 3:00 pm"]
    assert dates.moment(lines, "en") == datetime(2026, 3, 4, 15)
    assert dates.moment(lines[:2], "en") is None
    assert dates.moment(["Aktualny czas: 6.10.2026 - 10:03"], "pl") == datetime(2026, 10, 6, 10, 3)


TOLD = {
    "2026-02-05T12:00:00": {
        "en": "moments ago",
        "de": "gerade eben | Gerade jetzt",
        "fr": "il y a un instant | à l'instant",
        "pl": "przed chwilą",
        "bg": "току-що | преди малко",
        "uk": "щойно",
        "es": "hace un momento",
        "tr": "az önce | demin | biraz önce",
        "vi": "vừa xong | vừa mới",
        "pt": "agora mesmo | há instantes | há pouco",
        "ko": "방금 전 | 방금 | 조금 전",
        "zh": "刚才 | 剛剛",
        "ja": "たった今 | たったいま",
        "it": "poco fa | un attimo fa",
        "ro": "chiar acum | adineauri",
        "el": "μόλις τώρα | πριν από λίγο",
        "nl": "zojuist | zonet",
        "cs": "před chvílí | právě teď",
        "sk": "pred chvíľou",
        "hr": "upravo sada | malo prije | maloprije",
        "mk": "пред малку",
        "sl": "pravkar",
        "hu": "az imént | épp most",
        "sv": "nyss | just nu",
        "da": "for lidt siden | lige nu",
        "nb": "nettopp",
        "fi": "juuri nyt | hetki sitten | äsken",
        "et": "äsja",
        "lv": "tikko",
        "lt": "ką tik",
        "is": "rétt í þessu",
        "ca": "ara mateix",
        "be": "толькі што",
        "id": "baru saja",
        "ar": "الآن | منذ لحظات | قبل قليل",
        "he": "עכשיו | הרגע | לפני רגע",
        "fa": "همین الان | لحظاتی پیش",
        "hi": "अभी | अभी अभी | कुछ देर पहले",
        "th": "เมื่อสักครู่ | เมื่อกี้",
        "bn": "এইমাত্র",
    },
    "2026-02-05T11:59:57": {
        "en": "a few seconds ago",
        "es": "hace unos segundos",
        "de": "vor 3 Sek.",
    },
    "2026-02-05T11:59:55": {
        "en": "5s ago",
    },
    "2026-02-05T11:59:30": {
        "zh": "30秒钟前",
        "ru": "30 сек. назад",
    },
    "2026-02-05T11:59:00": {
        "en": "less than a minute ago",
        "ar": "منذ دقائق",
    },
    "2026-02-05T11:58:00": {
        "ar": "منذ دقيقتين",
        "he": "לפני דקותיים",
        "ru": "пару минут назад",
    },
    "2026-02-05T11:57:00": {
        "zh": "几分钟前",
        "ja": "数分前",
        "ko": "몇 분 전",
        "en": "a few minutes ago | A few minutes ago | few minutes ago | Ana · a few minutes ago · Reply",
        "de": "vor ein paar Minuten | vor wenigen Minuten | vor einigen Minuten",
        "fr": "il y a quelques minutes",
        "pl": "kilka minut temu",
        "bg": "преди няколко минути",
        "uk": "кілька хвилин тому",
        "ru": "несколько минут назад",
        "es": "hace unos minutos",
        "tr": "birkaç dakika önce",
        "vi": "vài phút trước",
        "pt": "há poucos minutos | há alguns minutos",
        "it": "qualche minuto fa | pochi minuti fa",
        "ro": "acum câteva minute | cu câteva minute în urmă",
        "el": "πριν από λίγα λεπτά | πριν λίγα λεπτά",
        "nl": "een paar minuten geleden | enkele minuten geleden",
        "cs": "před několika minutami",
        "sk": "pred niekoľkými minútami",
        "sr": "pre nekoliko minuta",
        "hr": "prije nekoliko minuta",
        "mk": "пред неколку минути",
        "sl": "pred nekaj minutami",
        "hu": "néhány perce | pár perce",
        "sv": "för några minuter sedan",
        "nb": "for noen minutter siden",
        "da": "for få minutter siden",
        "fi": "muutama minuutti sitten",
        "et": "mõni minut tagasi",
        "lv": "pirms dažām minūtēm",
        "lt": "prieš kelias minutes",
        "ca": "fa uns minuts",
        "id": "beberapa menit yang lalu",
        "ar": "منذ بضع دقائق",
        "he": "לפני כמה דקות | לפני מספר דקות",
        "fa": "چند دقیقه پیش",
        "hi": "कुछ मिनट पहले",
        "th": "ไม่กี่นาทีที่แล้ว",
    },
    "2026-02-05T11:55:00": {
        "sl": "pred 5 minutami",
        "zh": "5分鐘前",
        "ja": "5分前",
        "ru": "5 мин. назад",
        "sk": "pred 5 minútami",
        "es": "hace unos 5 minutos",
    },
    "2026-02-05T11:30:00": {
        "zh": "半小时前 | 半小時前 | 半个小时前",
        "ko": "30분 전",
        "fr": "il y a une demi-heure",
        "pl": "pół godziny temu",
        "uk": "пів години тому",
        "es": "hace media hora",
        "tr": "yarım saat önce",
        "vi": "nửa giờ trước | nửa tiếng trước",
        "pt": "há meia hora",
        "it": "mezz'ora fa",
        "ro": "acum jumătate de oră",
        "el": "πριν μισή ώρα",
        "nl": "een half uur geleden",
        "cs": "před půl hodinou",
        "sk": "pred pol hodinou",
        "sr": "pre pola sata | пре пола сата",
        "hu": "fél órája",
        "sv": "för en halvtimme sedan",
        "nb": "for en halv time siden",
        "fi": "puoli tuntia sitten",
        "et": "pool tundi tagasi",
        "id": "setengah jam yang lalu",
        "ar": "منذ نصف ساعة",
        "he": "לפני חצי שעה",
        "fa": "نیم ساعت پیش",
        "hi": "आधा घंटा पहले",
        "th": "ครึ่งชั่วโมงที่แล้ว",
    },
    "2026-02-05T11:00:00": {
        "sl": "pred eno uro",
        "zh": "一小时前",
        "ko": "한 시간 전",
        "en": "about an hour ago | today 11am",
        "de": "vor einer Stunde",
        "fr": "il y a une heure",
        "pl": "godzinę temu",
        "bg": "преди час",
        "uk": "годину тому",
        "ru": "час назад",
        "es": "hace una hora",
        "tr": "bir saat önce",
        "vi": "một giờ trước",
        "pt": "há uma hora",
        "it": "un'ora fa",
        "ro": "acum o oră",
        "el": "πριν από μία ώρα",
        "nl": "een uur geleden",
        "cs": "před hodinou",
        "sk": "pred hodinou",
        "hr": "prije sat vremena",
        "hu": "egy órája",
        "sv": "för en timme sedan",
        "nb": "for en time siden",
        "fi": "tunti sitten",
        "et": "tund tagasi | 1 tunni eest",
        "lv": "pirms stundas",
        "lt": "prieš valandą",
        "id": "sejam yang lalu | satu jam yang lalu",
        "ar": "منذ ساعة",
        "he": "לפני שעה",
        "fa": "یک ساعت پیش | یک ساعت قبل",
        "hi": "एक घंटा पहले | 1 घंटे पहले",
    },
    "2026-02-05T10:15:00": {
        "hu": "ma 10:15 | Ma, 10:15",
        "ja": "今日 10:15",
        "ko": "오늘 10:15 | 오늘 오전 10:15",
        "zh": "今天 10:15",
        "ar": "اليوم الساعة 10:15 | اليوم ١٠:١٥ ص",
        "he": "היום ב-10:15",
        "hr": "danas u 10:15",
        "sl": "danes ob 10:15",
        "id": "hari ini pukul 10:15",
        "fa": "امروز ساعت 10:15",
        "th": "วันนี้ เวลา 10:15 น.",
        "sr": "данас у 10:15 | Danas, 10:15",
        "mk": "денес во 10:15",
        "fi": "tänään klo 10.15",
        "et": "täna kell 10:15",
        "lv": "šodien plkst. 10:15",
        "lt": "šiandien 10:15",
        "be": "сёння ў 10:15",
        "hi": "आज 10:15",
    },
    "2026-02-05T10:00:00": {
        "ar": "قبل ساعتين | منذ ساعتين | أحمد - منذ ساعتين",
        "he": "לפני שעתיים",
        "sl": "pred 2 urama",
        "en": "a couple of hours ago | two hours ago",
        "de": "vor zwei Stunden",
        "fr": "il y a deux heures | il y a environ 2 heures",
        "pl": "dwie godziny temu",
        "bg": "преди два часа",
        "uk": "дві години тому",
        "ru": "два часа назад",
        "es": "hace dos horas",
        "pt": "duas horas atrás | há cerca de 2 horas",
        "it": "due ore fa",
        "ro": "acum două ore | 2 ore în urmă",
        "hu": "2 órával ezelőtt",
        "is": "fyrir 2 klukkustundum",
        "ca": "fa 2 hores",
        "be": "2 гадзіны таму",
        "fa": "2 ساعت پیش | ۲ ساعت پیش",
        "th": "2 ชั่วโมงที่แล้ว | 2 ชม. ที่แล้ว",
        "bn": "2 ঘণ্টা আগে | ২ ঘন্টা আগে",
        "ka": "2 საათის წინ",
        "hy": "2 ժամ առաջ",
        "az": "2 saat əvvəl",
        "sq": "2 orë më parë",
        "gl": "hai 2 horas",
        "lt": "prieš 2 val.",
        "kk": "2 сағат бұрын",
        "ms": "2 jam yang lalu",
        "eu": "duela 2 ordu",
    },
    "2026-02-05T09:00:00": {
        "zh": "3个小时前 | 3個小時前 | 3小時前 | 3 小时以前",
        "ja": "3 時間前",
        "ko": "3시간 전 | 3시간전",
        "ru": "3 ч. назад",
        "en": "a few hours ago",
        "vi": "3 tiếng trước",
        "id": "3 jam lalu | 3 jam yang lalu",
        "fi": "3 t sitten",
        "es": "hace unas horas",
    },
    "2026-02-04T21:25:00": {
        "hu": "tegnap 21:25 | tegnap 21:25-kor",
        "ja": "昨日 21:25 | 昨日21:25 | 昨日の21時25分 | きのう 21:25",
        "ko": "어제 21:25 | 어제 오후 9:25",
        "zh": "昨天 21:25 | 昨天21:25 | 昨天下午9:25 | 昨天 下午 9:25",
        "ar": "أمس الساعة 21:25 | أمس في 21:25 | أمس، 9:25 م",
        "he": "אתמול בשעה 21:25 | אתמול, 21:25",
        "hr": "jučer u 21:25 | jučer, 21:25 h",
        "sl": "včeraj ob 21:25",
        "id": "kemarin pukul 21:25 | Kemarin pukul 21.25",
        "fa": "دیروز ساعت ۲۱:۲۵",
        "th": "เมื่อวาน 21:25 | เมื่อวานนี้ เวลา 21:25 น.",
        "sr": "јуче у 21:25",
        "fi": "eilen klo 21:25",
        "et": "eile kell 21:25",
        "lt": "vakar 21:25",
        "is": "í gær kl. 21:25",
        "be": "учора ў 21:25",
        "uk": "учора о 21:25",
        "da": "i går kl. 21.25",
        "az": "dünən 21:25",
        "ka": "გუშინ 21:25",
        "hy": "երեկ 21:25",
        "bn": "গতকাল ২১:২৫",
    },
    "2026-02-04T15:15:00": {
        "en": "Wednesday at 3:15 PM",
        "de": "Mittwoch um 15:15 Uhr",
        "ru": "в среду в 15:15",
    },
    "2026-02-04T15:00:00": {
        "en": "yesterday at 3pm | Yesterday, 3 pm",
    },
    "2026-02-03T21:25:00": {
        "de": "vorgestern, 21:25 | Vorgestern um 21:25 Uhr",
        "ru": "позавчера в 21:25",
        "fr": "avant-hier à 21h25",
        "es": "anteayer a las 21:25",
        "zh": "前天 21:25",
        "ja": "一昨日 21:25",
        "ko": "그저께 21:25",
        "bg": "онзи ден, 21:25",
    },
    "2026-02-03": {
        "ar": "منذ يومين | قبل يومين | أول أمس | أول من أمس | Ana · منذ يومين",
        "he": "לפני יומיים | שלשום",
        "sl": "pred 2 dnevoma | predvčerajšnjim",
        "en": "the day before yesterday | day before yesterday",
        "de": "vorgestern",
        "ru": "позавчера",
        "fr": "avant-hier",
        "es": "anteayer | antes de ayer",
        "zh": "前天 | 两天前",
        "ja": "一昨日 | おととい",
        "ko": "그저께 | 그제",
        "uk": "позавчора",
        "bg": "онзи ден | завчора",
        "pl": "przedwczoraj | dwa dni temu",
        "hu": "tegnapelőtt",
        "vi": "hôm kia",
        "tr": "evvelsi gün | önceki gün",
        "ro": "alaltăieri",
        "pt": "anteontem",
        "it": "l'altro ieri | altro ieri",
        "el": "προχθές",
        "nl": "eergisteren | 2 dgn geleden",
        "cs": "předevčírem",
        "sk": "predvčerom",
        "hr": "prekjučer",
        "sr": "прекјуче | prekjuče",
        "mk": "завчера",
        "da": "i forgårs",
        "sv": "i förrgår",
        "nb": "i forgårs",
        "fi": "toissapäivänä",
        "et": "üleeile",
        "lv": "aizvakar",
        "lt": "užvakar",
        "is": "í fyrradag",
        "ca": "abans-d'ahir",
        "be": "пазаўчора",
        "id": "kemarin lusa",
        "fa": "پریروز",
        "hi": "परसों | 2 दिन पहले | २ दिन पहले",
        "th": "เมื่อวานซืน",
        "ka": "გუშინწინ",
    },
    "2026-02-02T15:15:00": {
        "es": "el lunes a las 15:15",
        "bg": "понеделник, 15:15",
        "uk": "понеділок о 15:15",
        "pl": "poniedziałek, 15:15",
        "tr": "Pazartesi 15:15",
        "it": "lunedì alle 15:15",
        "ro": "luni la 15:15",
        "pt": "segunda-feira às 15:15",
        "el": "Δευτέρα στις 15:15",
        "nl": "maandag om 15:15",
        "cs": "pondělí 15:15 | v pondělí v 15:15",
        "hu": "hétfő 15:15",
        "sv": "måndag kl. 15:15",
        "fi": "maanantaina klo 15:15",
        "vi": "Thứ Hai, 15:15 | Thứ Hai lúc 15:15",
        "zh": "星期一 15:15 | 周一 15:15",
        "ja": "月曜日 15:15",
        "ko": "월요일 15:15 | 월요일 오후 3:15",
        "ar": "الاثنين الساعة 15:15",
        "he": "יום שני בשעה 15:15",
        "fa": "دوشنبه ساعت ۱۵:۱۵",
        "th": "วันจันทร์ เวลา 15:15 น.",
        "hr": "ponedjeljak u 15:15",
        "id": "Senin pukul 15:15",
        "hi": "सोमवार 15:15",
        "et": "esmaspäev kell 15:15",
    },
    "2026-02-02T15:00:00": {
        "en": "Monday 3pm",
    },
    "2026-02-02T09:15:00": {
        "en": "Monday, 9:15 AM | Ana · Monday at 9:15 AM",
    },
    "2026-02-02T09:05:00": {
        "fr": "lundi à 9h05",
    },
    "2026-02-02": {
        "sl": "pred 3 dnevi",
        "ja": "3日前",
        "ko": "3일 전",
        "ru": "3 сут. назад",
        "cs": "před 3 dny",
        "fa": "۳ روز قبل",
        "th": "3 วันก่อน | เมื่อ 3 วันที่แล้ว | ๓ วันที่แล้ว",
        "bn": "৩ দিন আগে",
    },
    "2026-02-01T15:15:00": {
        "bg": "неделя в 15:15",
    },
    "2026-01-29T15:15:00": {
        "en": "Thursday at 3:15 PM | Ana, Thursday at 3:15 PM",
        "de": "Donnerstag, 15:15",
        "ru": "четверг в 15:15",
        "fr": "jeudi à 15h15",
    },
    "2026-01-25": {
        "ar": "منذ 11 يوما | منذ 11 يوماً",
    },
    "2026-01-22": {
        "ar": "منذ أسبوعين",
        "he": "לפני שבועיים",
        "sl": "pred 2 tednoma",
        "zh": "2星期前 | 2个星期前 | 2個星期前 | 2週前 | 2周前 | 2周之前",
        "ja": "2週間前",
        "ko": "2주 전",
        "ru": "2 нед. назад",
        "fa": "2 هفته پیش",
    },
    "2025-12-07": {
        "ar": "منذ شهرين",
        "he": "לפני חודשיים",
        "ko": "2달 전",
        "fi": "2 kk sitten",
    },
    "2025-11-07": {
        "zh": "3个月前",
        "ja": "3ヶ月前 | 3カ月前 | 3か月前 | 3ヵ月前",
        "ko": "3개월 전",
        "ru": "3 мес. назад",
        "pl": "3 mies. temu",
        "uk": "3 міс. тому",
    },
    "2025-02-10": {
        "ar": "منذ 12 شهرا",
    },
    "2025-02-05": {
        "ar": "منذ عام",
        "zh": "1年前",
        "ko": "1년 전",
    },
    "2024-02-06": {
        "ar": "منذ سنتين | قبل عامين",
        "he": "לפני שנתיים",
        "ru": "2 г. назад",
        "az": "2 il əvvəl",
    },
    "2021-02-06": {
        "ar": "منذ 5 أعوام",
    },
}
"""What is told from the reference: value -> language -> texts."""

OTHER_DIGITS_AND_HOURS = {
    "2026-05-12T11:32:00": {
        "hi": "१२ मई २०२६ ११:३२",
        "he": "12 מאי 2026, 11:32",
    },
    "2026-05-12": {
        "bn": "১২ মে ২০২৬",
        "th": "12 พ.ค. 2569",
        "fa": "۱۲ مه ۲۰۲۶",
        "ar": "١٢ مايو ٢٠٢٦ | 12 أيار 2026",
    },
    "2026-03-19T15:00:00": {
        "en": "March 19, 2026 at 3pm | 3/19/2026 3 PM | 2026-03-19 3 PM",
    },
    "2026-03-19T12:00:00": {
        "en": "19 March 2026 12 p.m.",
    },
    "2026-03-19T11:00:00": {
        "en": "19 March 2026, 11 am",
    },
    "2026-03-19T00:00:00": {
        "en": "12am, 19 March 2026",
    },
    "2026-03-12": {
        "hi": "12 मार्च 2026",
    },
    "2026-03-05T15:00:00": {
        "en": "Mar 5, 2026 at 3 p.m.",
    },
    "2026-02-05T11:32:00": {
        "bn": "৫ ফেব্রুয়ারি ২০২৬, ১১:৩২",
        "hi": "5 फ़रवरी 2026, 11:32",
        "th": "5 กุมภาพันธ์ 2569 เวลา 11:32 น. | 5 ก.พ. 2569 11:32 | 05/02/2569 11:32",
        "fa": "۵ فوریهٔ ۲۰۲۶، ۱۱:۳۲ | ۱۴۰۴/۱۱/۱۶ ۱۱:۳۲",
        "ar": "٥ فبراير ٢٠٢٦ الساعة ١١:٣٢",
    },
    "2026-02-05T11:00:00": {
        "en": "Thursday, 5 February 2026, 11:00",
    },
    "2026-02-05": {
        "bn": "৫ ফেব্রুয়ারি ২০২৬ | ৫ ফেব্রুয়ারী ২০২৬",
        "hi": "५ फ़रवरी २०२६ | 5 फरवरी 2026",
        "th": "5 กุมภาพันธ์ 2569 | ๕ กุมภาพันธ์ ๒๕๖๙ | 5 ก.พ. 2569 | 5 กุมภาพันธ์ พ.ศ. 2569 | 5 กุมภาพันธ์ 2026",
        "fa": "۵ فوریه ۲۰۲۶ | ۱۶ بهمن ۱۴۰۴",
        "ar": "٥ فبراير ٢٠٢٦ | 5 شباط 2026",
        "he": "5 בפברואר 2026",
        "ka": "5 თებერვალი 2026",
        "hy": "5 փետրվարի 2026",
    },
    "2025-12-12": {
        "th": "12 ธันวาคม 2568",
    },
    "2025-09-23": {
        "fa": "۱ مهر ۱۴۰۴",
    },
    "2025-03-21": {
        "fa": "۱ فروردین ۱۴۰۴",
    },
    "2025-03-20T11:32:00": {
        "fa": "۳۰ اسفند ۱۴۰۳، ۱۱:۳۲",
    },
    "2024-03-20": {
        "fa": "۱ فروردین ۱۴۰۳",
    },
}
"""Days in other digits and calendars, and beside whole hours: value -> language -> texts."""

NO_TIMES = {
    "ar": [
        "منذ عام 2011",
        "قبل عام 2020",
        "قبل يومين من الانتخابات",
        "الآن أنا هنا",
        "كل يومين",
    ],
    "he": [
        "لפני שנתיים קנינו בית",
        "לפני שנתיים קנינו בית",
        "יומיים",
    ],
    "sk": [
        "pred letom",
    ],
    "en": [
        "Two years ago, we were there",
        "Monday: 10:00 - 18:00",
        "see you Monday at 10:00",
        "a long time ago",
        "some time ago",
        "many years ago there was",
        "quite a few people ago",
        "I said just now that",
        "I said two hours ago that",
        "We met a few years ago in Rome",
        "a few years ago it was better",
        "today is a good day",
        "the day before yesterday we went",
        "Monday is bad",
        "see you Thursday",
        "come on",
        "most people",
        "5 people at 3pm",
        "3pm",
        "11am",
        "at 3 pm we left",
        "I am 3 am I",
        "half an hour",
        "a few minutes",
        "few",
        "two hours",
        "The game: 5 days",
        "5 min read",
        "may 5 people",
        "for 2 minutes",
        "sat",
        "sun 5",
        "just a moment",
        "Dino just now joined",
        "today 5.30 percent",
        "my 5.30 today",
    ],
    "fr": [
        "Sot",
        "il fa 2 heures de sport",
        "il y a peu de monde",
    ],
    "de": [
        "Eile",
        "hier bin ich",
        "ist hier",
        "vor kurzem war ich da",
    ],
    "ru": [
        "Сейчас",
        "вчера мы были там",
    ],
    "it": [
        "ma è vero",
        "ma non è così",
        "per due ore",
        "fa caldo",
        "hai 2 anni",
        "hai 2 ore?",
        "hai 20 anni",
    ],
    "bg": [
        "онзи ден бях там",
        "преди малко го видях",
    ],
    "pt": [
        "hoje mesmo",
        "agora mesmo vi isso",
    ],
    "ja": [
        "今日はいい天気",
        "昨日は行った",
    ],
    "zh": [
        "前天我去了",
        "刚刚我看到了",
        "今天天气很好",
        "前",
        "3 前",
    ],
    "ko": [
        "방금 봤어요",
        "어제 갔어요",
    ],
    "th": [
        "เมื่อวานไปเที่ยวมา",
        "2569",
    ],
    "tr": [
        "az önce gördüm",
    ],
    "es": [
        "hace un momento lo vi",
        "ni 2 dias",
        "así lo hago yo desde 2009:",
        "hace a la gente feliz",
    ],
    "hu": [
        "ma, 10",
        "Ma 5 ember",
    ],
    "sw": [
        "leo",
    ],
}
"""Sentences and words that are no times."""


def texts(table: dict[str, dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(text, lang, value) for value, by_lang in table.items() for lang, joined in by_lang.items() for text in joined.split(" | ")]


@pytest.mark.parametrize(("line", "lang", "value"), texts(TOLD))
def test_a_time_told_from_the_reference_is_read_in_many_languages(line: str, lang: str, value: str) -> None:
    known, unknown = dates.find(line, lang=lang, now=NOW), dates.find(line, lang=lang)
    assert known is not None
    assert unknown is not None
    assert (known.written, known.raw) == (value, line[known.begin : known.end])
    assert (unknown.written, unknown.raw, unknown.relative) == (None, known.raw, True)


@pytest.mark.parametrize(("line", "lang", "value"), texts(OTHER_DIGITS_AND_HOURS))
def test_a_day_in_other_digits_or_beside_a_whole_hour_is_read(line: str, lang: str, value: str) -> None:
    stamp = dates.find(line, lang=lang)
    assert stamp is not None
    assert (stamp.written, stamp.raw, stamp.relative) == (value, line[stamp.begin : stamp.end], False)


@pytest.mark.parametrize(("lang", "line"), [(lang, line) for lang, lines in NO_TIMES.items() for line in lines])
def test_words_in_a_sentence_are_no_time(lang: str, line: str) -> None:
    stamp = dates.find(line, lang=lang, now=NOW)
    assert stamp is None or stamp.clock_only


@pytest.mark.parametrize(
    ("line", "raw"),
    [
        ("Posted a few minutes ago by Ana", "a few minutes ago"),
        ("Ana wrote a few minutes ago", "a few minutes ago"),
        ("Posted just now by Ana", "just now"),
        ("just now · Ana", "just now"),
        ("Написа преди малко от Ана", "преди малко"),
        ("He said a few days ago that it rains", None),
        ("I said just now that I do not", None),
        ("just now I think so", None),
    ],
)
def test_a_time_in_words_may_stand_beside_who_wrote(line: str, raw: str | None) -> None:
    stamp = dates.find(line)
    assert (stamp.raw if stamp else None) == raw


def test_words_that_tell_a_time_are_told_without_a_digit() -> None:
    assert {"vorgestern", "半小时前", "órája", "ساعت"} <= dates.relative_words()
    assert "about" not in dates.relative_words()
