"""Encodings as browsers find them, the kind of a document, its language, and documents that cannot be read."""

from __future__ import annotations

import codecs

import pytest

import seeds
from labels.errors import DocumentError
from seeds import detect

WORDS = "Здравей, свят! Това е изречение."


@pytest.mark.parametrize(
    ("data", "charset", "encoding"),
    [
        (WORDS.encode(), None, "utf-8"),
        (codecs.BOM_UTF8 + WORDS.encode(), "cp1251", "utf-8"),  # a byte-order mark beats HTTP
        (codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"), None, "utf-16"),
        (codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"), None, "utf-16"),
        (codecs.BOM_UTF32_LE + WORDS.encode("utf-32-le"), None, "utf-32"),
        (WORDS.encode("cp1251"), "windows-1251", "windows-1251"),
        (b'<meta charset="windows-1251">' + WORDS.encode("cp1251"), None, "windows-1251"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>" + WORDS.encode("koi8-r"), None, "koi8-r"),
        (b'<?xml version="1.0" encoding="iso-8859-5"?>' + WORDS.encode("iso-8859-5"), None, "iso-8859-5"),
    ],
)
def test_an_encoding_is_found_as_browsers_find_it(data: bytes, charset: str | None, encoding: str) -> None:
    text, name, warnings = detect.decode(data, charset)
    assert text.endswith(WORDS)
    assert (name, warnings) == (encoding, ())


def test_latin_1_means_windows_1252() -> None:
    assert detect.decode("5 € – “so”".encode("cp1252"), "iso-8859-1")[0] == "5 € – “so”"


def test_a_wrong_declaration_is_said_and_the_text_is_still_read() -> None:
    data = b'<meta charset="utf-8">' + (WORDS * 20).encode("cp1251")
    text, _, warnings = detect.decode(data)
    assert WORDS in text
    assert [warning.where for warning in warnings] == ["document"]
    assert warnings[0].what.startswith("not valid utf-8; read as")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'<meta charset="utf-8">It is fine, caf\xc3\xa9 \xe9', "It is fine, café \ufffd"),
        (b'<meta charset="iso-8859-1">It\x92s \x81 fine', "It’s \ufffd fine"),
        (b'<meta charset="windows-1251">' + WORDS.encode("cp1251") + b"\x98", WORDS + "\ufffd"),
    ],
)
def test_a_declared_encoding_stands_although_some_bytes_do_not_belong(data: bytes, text: str) -> None:
    found, name, warnings = detect.decode(data)
    assert found.endswith(f">{text}")
    assert [warning.what for warning in warnings] == [f"bytes that are no {name} were replaced"]


@pytest.mark.parametrize(
    "before",
    [
        b"<!-- <meta charset=windows-1251> -->",
        b'<script>var page = "<meta charset=windows-1251>";</script>',
        b'<meta name="description" content="charset=windows-1251 explained">',
        b'<meta charset="utf-16">',  # what can be read as a meta element is none
    ],
    ids=["comment", "script", "description", "utf-16"],
)
def test_only_a_meta_element_that_speaks_of_the_encoding_tells_it(before: bytes) -> None:
    text, name, _ = detect.decode(before + b"<meta charset=utf-8>" + WORDS.encode())
    assert text.endswith(WORDS)
    assert name == "utf-8"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("iso-8859-8-i", "iso8859-8"),
        ("x-cp1251", "cp1251"),
        ("x-mac-cyrillic", "mac-cyrillic"),
        ("windows-874", "cp874"),
        ("KOI8-R", "koi8-r"),
        (' "UTF-8"; ', "utf-8"),
    ],
)
def test_labels_are_those_of_browsers(label: str, codec: str) -> None:
    words = {"iso8859-8": "שלום", "cp874": "ไทย"}.get(codec, "Здравей")
    text, name, warnings = detect.decode(words.encode(codec), label)
    assert (text, name, warnings) == (words, label.strip(' ";').lower(), ())


@pytest.mark.parametrize("label", ["unicode_escape", "rot13", "idna", "punycode", "utf-7", "a\0b", "é", ""])
def test_what_only_python_knows_is_no_label(label: str) -> None:
    assert detect.decode("\\u0041 +AGE- café".encode(), label)[:2] == ("\\u0041 +AGE- café", "utf-8")


def test_http_may_say_utf_16_without_a_mark() -> None:
    assert detect.decode(WORDS.encode("utf-16-le"), "utf-16le") == (WORDS, "utf-16le", ())


@pytest.mark.parametrize(
    ("words", "codec"),
    [("Привет, мир", "cp1251"), ("Hermine est déjà à l'école", "cp1252"), ("Türkçe şöyle ığdır güzel çocuklar için", "cp1254")],
)
def test_without_a_declaration_the_common_encodings_come_first(words: str, codec: str) -> None:
    text, name, warnings = detect.decode(f"<html><body><div><p>{words}</p></div>".encode(codec))
    assert words in text
    assert name == codec
    assert warnings[0].what.startswith("not valid utf-8; read as")


@pytest.mark.parametrize(
    ("lang", "words", "codecs"),
    [
        ("pl", "Dziś źle się czuję, żółta łódka płynie.", ("cp1250", "iso8859-2")),
        ("cs-CZ", "Příliš žluťoučký kůň pěl ódy.", ("cp1250", "iso8859-2")),
        ("hu", "„Jó, hogy ősszel is jár”, szűk a kijárat.", ("cp1250",)),
        ("hr", "Što je žuto, a leži?", ("cp1250", "iso8859-2")),
        ("sr", "Шта је ово, људи?", ("cp1251",)),
        ("sr-Latn", "Šta je ovo, čoveče?", ("cp1250", "iso8859-2")),
        ("ru", "Ну и Ладно, пусть едет.", ("cp1251", "koi8-r", "cp866", "iso8859-5")),
        ("uk", "Її єдиний ґанок.", ("cp1251", "koi8-u")),
        ("el", "Άλλο ένα σχόλιο.", ("cp1253", "iso8859-7")),
        ("tr", "İyi günler, güzel ığdır şehri.", ("cp1254",)),
    ],
)
def test_without_a_declaration_the_pages_language_tells_the_encoding(lang: str, words: str, codecs: tuple[str, ...]) -> None:
    for codec in codecs:
        text, name, warnings = detect.decode(f'<!DOCTYPE html><html class="a" lang="{lang}"><body><p>{words}</p>'.encode(codec))
        assert (words in text, name) == (True, codec)
        assert warnings[0].what == f"not valid utf-8; read as {codec}, a guess"


@pytest.mark.parametrize(
    ("lang", "words", "codec"),
    [("ru", "Hermine est déjà à l'école", "cp1252"), ("cs", "Привет, мир", "cp1251"), ("tr", "Привет, мир", "cp1251")],
)
def test_a_language_that_the_page_is_not_written_in_tells_no_encoding(lang: str, words: str, codec: str) -> None:
    text, name, _ = detect.decode(f'<html lang="{lang}"><body><div><p>{words}</p></div>'.encode(codec))
    assert (words in text, name) == (True, codec)


def test_an_unknown_charset_is_no_reason_to_fail() -> None:
    assert detect.decode(WORDS.encode(), "klingon-8")[0] == WORDS


def test_a_broken_tail_behind_a_mark_is_replaced_aloud() -> None:
    text, _, warnings = detect.decode(codecs.BOM_UTF8 + b"abc\xff")
    assert text == "abc\ufffd"
    assert warnings[0].what == "bytes that are no utf-8 were replaced"


def test_line_ends_are_one() -> None:
    assert detect.decode(b"a\r\nb\rc\nd")[0] == "a\nb\nc\nd"


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (b"", "empty"),
        ("", "empty"),
        (" \n\t\u00a0\n", "empty"),
        (b"\xef\xbb\xbf  ", "empty"),
        (bytes(range(32)) * 200, "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(3000), "binary"),
        (b"a" * (seeds.MAX_BYTES + 1), "20,000,001 bytes"),
        ("a" * (seeds.MAX_BYTES + 1), "20,000,001"),
    ],
)
def test_what_cannot_be_read_says_why(document: bytes | str, what: str) -> None:
    with pytest.raises(DocumentError, match=what):
        seeds.parse(document)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<!DOCTYPE html><title>x</title>", True),
        ("<div class=a>x</div>", True),
        ("<p>x", True),
        ("a < b and b > c, <3", False),
        ("He wrote <b>bold</b> in the plain text.", False),
    ],
)
def test_markup_is_told_from_text(text: str, *, html: bool) -> None:
    assert detect.is_html(text) is html


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Министерският съвет прие днес промените в закона за движението.", "bg"),
        ("Кабінет міністрів сьогодні ухвалив зміни до закону про дорожній рух.", "uk"),
        ("Guvernul a adoptat astăzi modificările la legea circulației.", "ro"),
        ("Chính phủ hôm nay đã thông qua những thay đổi của luật giao thông.", "vi"),
        ("The government adopted the changes to the traffic act today.", "en"),
        ("Η κυβέρνηση ενέκρινε σήμερα τις αλλαγές στον νόμο.", "el"),
    ],
)
def test_a_language_is_told_from_its_words(text: str, lang: str) -> None:
    assert detect.language(text) == lang


def test_without_words_the_prior_stands() -> None:
    assert detect.language("👍👍 12:30", prior="bg") == "bg"
    assert detect.language("👍👍 12:30") is None
