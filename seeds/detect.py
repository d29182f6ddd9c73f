"""What a document is: its encoding as browsers find it, its kind, its language.

>>> decode("\\ufeffздравей".encode())[0]
'здравей'
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from labels.errors import DocumentError
from labels.thread import Notice

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,40})|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w-]{2,40})", re.IGNORECASE
)
_META_BYTES = 2048
_MARKUP = re.compile(r"<(?:!doctype\s+html|html|head|body|div|p|article|meta|table|span)\b", re.IGNORECASE)
_LABELS = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "unicode": "utf-8",
}
"""What browsers read under a label, where it differs (WHATWG Encoding Standard)."""
_BINARY_SHARE = 0.1
_LANGUAGE_CHARS = 1000


def decode(data: bytes, charset: str | None = None) -> tuple[str, str, tuple[Notice, ...]]:
    """Text, name of the encoding, warnings. Order: BOM, `charset` (HTTP), the document's own word, strict UTF-8, detection.

    Raises DocumentError for what is no text: control characters in more than a tenth of it.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _checked(data[len(bom) :] if name == "utf-8" else data, name, ())
    if _is_binary(data):
        raise DocumentError("binary data, not a page: too many control characters")
    declared = charset or _declared(data)
    for name in filter(None, (declared, "utf-8")):
        if (text := _strict(data, name)) is not None:
            return lines(text), name, ()
    return _guessed(data, declared)


def _checked(data: bytes, name: str, warnings: tuple[Notice, ...]) -> tuple[str, str, tuple[Notice, ...]]:
    text = data.decode(name, "replace")
    if "\ufffd" in text:
        warnings = (*warnings, Notice("document", f"bytes that are no {name} were replaced"))
    return lines(text), name, warnings


def lines(text: str) -> str:
    """The text with "\\n" as its only line end and without a byte-order mark."""
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _declared(data: bytes) -> str | None:
    match = _META.search(data[:_META_BYTES])
    return (match[1] or match[2]).decode("ascii") if match else None


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(_LABELS.get(name.lower(), name))
    except (UnicodeDecodeError, LookupError):
        return None


def _guessed(data: bytes, declared: str | None) -> tuple[str, str, tuple[Notice, ...]]:
    from charset_normalizer import from_bytes

    if _nearly_utf8(data):
        return _checked(data, "utf-8", ())
    best = from_bytes(data[:200_000]).best()
    name = best.encoding if best else "cp1252"
    what = f"not valid {declared or 'utf-8'}; read as {name}, a guess"
    return _checked(data, name, (Notice("document", what),))


def _nearly_utf8(data: bytes) -> bool:
    """Cut inside a character, or a few foreign bytes: in any other encoding hardly a sequence of bytes would be valid UTF-8."""
    text = data.decode("utf-8", "replace")
    foreign = sum(not char.isascii() for char in text)
    return foreign > 0 and text.count("\ufffd") * 20 <= foreign


def _is_binary(data: bytes) -> bool:
    sample = data[:4096] + data[-1024:]
    control = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    return control > _BINARY_SHARE * len(sample)


def is_html(text: str) -> bool:
    """Whether the text is markup: a tag of the page's frame within its first 10,000 characters."""
    return _MARKUP.search(text[:10_000]) is not None


def language(text: str, prior: str | None = None) -> str | None:
    """ISO 639-1 of a text; `prior` (the thread's language) where the text is too short to tell; None without evidence."""
    sample = text[:_LANGUAGE_CHARS]
    letters = sum(map(str.isalpha, sample))
    if not _has_words(sample):
        return prior
    from py3langid import classify  # loads its tables, 100 MB: only when a text is asked about

    name, _ = classify(sample)
    if prior and letters < 30 and name != prior:  # characters; shorter ones are told wrong in one case of ten
        return prior
    return str(name) if len(name) == 2 else prior  # "zxx": no language


def _has_words(text: str) -> bool:
    """At least one run of three letters, or two letters of a script without spaces."""
    return re.search(r"[^\W\d_]{3}", text) is not None or any(unicodedata.category(char) == "Lo" for char in text)
