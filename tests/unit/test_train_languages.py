"""Language codes, in the ways in which people write them."""

import pytest

from train.languages import language


@pytest.mark.parametrize(
    ("code", "read"),
    [
        *(("EN", "en"), ("en-US", "en"), ("zh_TW", "zh"), (" pt-BR", "pt"), ("deu", "de"), ("ger", "de"), ("pcm", "pcm"), ("und", "und")),
        *((code, None) for code in ("english", "xx", "??", "", "-", "12", "e", "абв")),
    ],
)
def test_a_language_code_is_read_as_iso_639(code: str, read: str | None) -> None:
    assert language(code) == read
