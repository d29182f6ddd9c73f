"""The languages of the desk: catalogues that are complete, and numbers and times as each language writes them."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest
from babel.messages import Catalog
from jinja2 import Environment

from serve.review import catalogues, i18n

OTHERS = [code for code in i18n.CODES if code != i18n.SOURCE]
NOW = 1_764_000_000_000
said, read = cache(catalogues.said), cache(catalogues.read)
_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd%]|\{\w*\}")


def test_speaks_the_twelve_languages():
    assert sorted(i18n.CODES) == sorted(["en", "bg", "uk", "ro", "vi", "de", "fr", "es", "it", "pt", "pl", "tr"])


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated(code: str):
    missing = [message.id for message in said() if message.id and not _translated(read(code), message)]
    assert not missing, f"{len(missing)} messages of {code}.po are missing: python -m serve.review.catalogues, then translate"


@pytest.mark.parametrize("code", OTHERS)
def test_no_catalogue_holds_what_is_no_longer_said(code: str):
    known = {(message.id, message.context) for message in said()}
    assert not [message.id for message in read(code) if (message.id, message.context) not in known]


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_counts_as_its_language_does(code: str):
    own = Catalog(locale=code)
    assert (read(code).num_plurals, read(code).plural_expr) == (own.num_plurals, own.plural_expr)


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_begins_with_its_glossary(code: str):
    assert read(code).header_comment.startswith("# Register: ")


@pytest.mark.parametrize("code", OTHERS)
def test_placeholders_survive_translation(code: str):
    wrong = []
    for message in read(code):
        for text in _texts(message) if message.id else ():
            allowed = [Counter(_PLACEHOLDER.findall(source)) for source in _sources(message)]
            if text and Counter(_PLACEHOLDER.findall(text)) not in allowed:
                wrong.append((message.id, text))
    assert not wrong


@pytest.mark.parametrize("code", OTHERS)
def test_a_message_can_be_formatted_and_stands_in_markup(code: str):
    """Templates format every message, so that a per cent sign is written twice, and put it into attributes as it is."""
    texts = [text for message in read(code) for text in (*_sources(message), *_texts(message)) if message.id]
    assert not [text for text in texts if "%" in _PLACEHOLDER.sub("", text) or re.search('["<>&]', text)]


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_is_no_copy_of_the_english(code: str):
    """Words that two languages share exist; a tenth of them all does not."""
    messages = [message for message in read(code) if message.id]
    same = [
        message.id for message in messages if _texts(message)[0] == _sources(message)[0] and re.search("[a-z]{3}", _sources(message)[0])
    ]
    assert len(same) <= len(messages) / 10, same


@pytest.mark.parametrize(
    ("chosen", "accept", "expected"),
    [
        ("bg", "fr", "bg"),
        (None, "fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        (None, "xx, de-AT;q=0.1", "de"),
        (None, "en;q=0.1, vi", "vi"),
        (None, "pl;q=0, tr;q=zero", "en"),
        ("zz", "*;q=1", "en"),
        (None, None, "en"),
        (None, "," * 5000 + "uk", "en"),
    ],
)
def test_the_page_speaks_what_its_reader_asks_for(chosen: str | None, accept: str | None, expected: str):
    assert i18n.negotiate(chosen, accept).code == expected


@pytest.mark.parametrize(
    ("code", "number", "percent", "ago"),
    [
        ("en", "12,345.7", "12%", "3 hours ago"),
        ("de", "12.345,7", "12\xa0%", "vor 3 Stunden"),
        ("bg", "12\xa0345,7", "12%", "преди 3 часа"),
        ("tr", "12.345,7", "%12", "3 saat önce"),
    ],
)
def test_numbers_and_times_are_written_as_the_language_does(code: str, number: str, percent: str, ago: str):
    speaks = i18n.language(code)
    assert (speaks.number(12345.678, 1), speaks.percent(0.123), speaks.ago(NOW - 3 * 3_600_000, NOW)) == (number, percent, ago)


@pytest.mark.parametrize(
    ("code", "said_of"),
    [
        ("bg", {1: "1 коментар", 2: "2 коментара"}),
        ("uk", {1: "1 коментар", 3: "3 коментарі", 5: "5 коментарів", 11: "11 коментарів", 21: "21 коментар"}),
        ("ro", {1: "1 comentariu", 2: "2 comentarii", 20: "20 de comentarii", 101: "101 comentarii"}),
        ("vi", {1: "1 bình luận", 2: "2 bình luận"}),
        ("fr", {0: "0 commentaire", 1: "1 commentaire", 2: "2 commentaires"}),
        ("pl", {1: "1 komentarz", 2: "2 komentarze", 5: "5 komentarzy", 22: "22 komentarze", 21: "21 komentarzy"}),
        ("tr", {1: "1 yorum", 2: "2 yorum"}),
    ],
)
def test_a_number_of_things_takes_the_form_that_belongs_to_it(code: str, said_of: dict[int, str]):
    speaks = i18n.language(code)
    assert {count: speaks.plural("%(num)s comment", "%(num)s comments", count) for count in said_of} == said_of


def test_a_share_that_is_not_known_is_a_dash():
    assert i18n.language("en").percent(None) == "–"


def test_every_language_says_which_way_it_runs_and_how_it_is_called():
    assert {i18n.language(code).dir for code in i18n.CODES} == {"ltr"}
    assert [i18n.language(code).name for code in ("uk", "vi", "fr")] == ["Українська", "Tiếng Việt", "Français"]


@pytest.mark.parametrize("code", i18n.CODES)
def test_a_template_speaks_through_the_catalogue(code: str):
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    i18n.install(environment, code)
    page = environment.from_string('<html lang="{{ language.code }}" dir="{{ language.dir }}">{{ _("Toxicity") }}').render()
    assert page == f'<html lang="{code}" dir="ltr">{i18n.language(code)("Toxicity")}'


def _translated(catalog, message) -> bool:  # type: ignore[no-untyped-def]
    found = catalog.get(_sources(message)[0], message.context)
    if found is None or found.fuzzy:
        return False
    return all(_texts(found)) and len(_texts(found)) == (catalog.num_plurals if isinstance(message.id, tuple) else 1)


def _texts(message) -> tuple[str, ...]:  # type: ignore[no-untyped-def]
    return message.string if isinstance(message.string, tuple) else (message.string,)


def _sources(message) -> tuple[str, ...]:  # type: ignore[no-untyped-def]
    return message.id if isinstance(message.id, tuple) else (message.id,)
