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
