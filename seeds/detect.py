"""What a document is: its encoding as browsers find it, its kind, its language.

>>> decode("\\ufeffздравей".encode())[0]
'здравей'
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress

from labels.errors import DocumentError
from labels.thread import Notice

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TAGS = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(?P<words>script|style|title|textarea)\b.*?(?:</(?P=words)|\Z)"
    rb"|<meta(?=[\s/])(?P<meta>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.IGNORECASE | re.DOTALL,
)
"""A meta element, and what may hold the words of one without being one."""
_ATTRIBUTE = re.compile(rb"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w:.-]{2,40})", re.IGNORECASE)
_META_BYTES = 8192
_MARKED_UP = re.compile(rb"<[^<>]*>")
_MARKUP = re.compile(r"<(?:!doctype\s+html|html|head|body|div|p|article|meta|table|span)\b", re.IGNORECASE)
_CODECS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
} | {
    name: name
    for name in (
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp866", "cp874", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"),
        *("gb18030", "big5", "big5hkscs", "euc_jp", "iso2022_jp", "cp932", "cp949"),
        *(f"cp{number}" for number in range(1250, 1259)),
        *(f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
    )
}
"""Python's name of an encoding -> what browsers read under it (WHATWG Encoding Standard); they know no others."""
_LABELS = {
    "dos-874": "cp874",
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "ks_c_5601-1989": "cp949",
    "ksc_5601": "cp949",
    "logical": "iso8859-8",
    "mac": "mac-roman",
    "mac-ukrainian": "mac-cyrillic",
    "unicode": "utf-8",
    "user-defined": "cp1252",
    "visual": "iso8859-8",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "windows-949": "cp949",
}
"""Labels of that standard, without "x-", that Python does not know."""
_COMMON = (
    *("cp1252", "cp1251", "cp1250", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "iso8859_2"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
"""What pages that declare nothing are written in, the likeliest first."""
_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5")
_OF_LANGUAGES = {
    **dict.fromkeys(("bg", "ru", "mk"), (_CYRILLIC, "[а-яёѓѕјљњќџ]{2,}")),
    **dict.fromkeys(("uk", "be"), (("cp1251", "koi8-u", "cp866", "iso8859-5"), "[а-яёєіїґў]{2,}")),
    "sr": (("cp1251", "cp1250", "iso8859-2"), "[а-шђјљњћџ]{2,}|(?i:[čćđšž])"),
    **dict.fromkeys(("hr", "sl", "bs"), (("cp1250", "iso8859-2"), "(?i:[čćđšž])")),
    "cs": (("cp1250", "iso8859-2"), "(?i:[áčďéěíňóřšťúůýž])"),
    "sk": (("cp1250", "iso8859-2"), "(?i:[áäčďéíĺľňóôŕšťúýž])"),
    "pl": (("cp1250", "iso8859-2"), "(?i:[ąćęłńóśźż])"),
    "hu": (("cp1250", "iso8859-2"), "(?i:[áéíóöőúüű])"),
    "ro": (("cp1250", "iso8859-2", "iso8859-16"), "(?i:[ăâîşţșț])"),
    "el": (("cp1253", "iso8859-7"), "[α-ωά-ώΐΰΆ]{2,}"),
    "tr": (("cp1254",), "(?i:[çğıöşüâî])"),
}
"""What undeclared pages of a language are written in, the likeliest first, and letters beyond ASCII that tell which: small ones
where another encoding has the capitals in their places."""
_LANG = re.compile(rb"<html\b[^>]{0,2000}?\s(?:xml:)?lang\s*=\s*[\"']?([a-z]{2})\b", re.IGNORECASE)
_TOLD = 0.75
"""Share of the letters beyond ASCII that must be such, or the page's language is not the declared one."""
_ODD = 0.1
"""Disorder that the right encoding may show."""
_FEW_WRONG = 20
"""So many wrong characters may be slips; more of them than right ones, and the declaration is wrong."""
_BINARY_SHARE = 0.1
_LANGUAGE_CHARS = 1000


def decode(data: bytes, charset: str | None = None) -> tuple[str, str, tuple[Notice, ...]]:
    """Text, name of the encoding, warnings. Order: BOM, `charset` (HTTP), the document's own word, strict UTF-8, what pages of its
    declared language are written in, detection.

    Bytes that the declared encoding does not know become U+FFFD; only where they outnumber its characters is the declaration not believed.
    Raises DocumentError for what is no text: control characters in more than a tenth of it.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _checked(data[len(bom) :] if name == "utf-8" else data, name, ())
    told = _label(charset or "")
    if told and _codec(told).startswith("utf-16"):  # every second byte may be a control character
        return _checked(data, told, ())
    if _is_binary(data):
        raise DocumentError("binary data, not a page: too many control characters")
    declared = told or _declared(data)
    for name in filter(None, (declared, "utf-8")):
        with suppress(UnicodeDecodeError):
            return lines(data.decode(_codec(name))), name, ()
    if declared:
        wrong, right = _foreign(data, declared)
        if wrong <= max(right, _FEW_WRONG):
            return _checked(data, declared, ())
    return _guessed(data, declared)


def _checked(data: bytes, name: str, warnings: tuple[Notice, ...]) -> tuple[str, str, tuple[Notice, ...]]:
    text = data.decode(_codec(name) or name, "replace")
    if "\ufffd" in text:
        warnings = (*warnings, Notice("document", f"bytes that are no {name} were replaced"))
    return lines(text), name, warnings


def lines(text: str) -> str:
    """The text with "\\n" as its only line end and without a byte-order mark."""
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _label(name: str) -> str | None:
    """An encoding's name as it was written, in lower case; None where browsers know none of that name."""
    label = name.strip(" \t\n\f\r\"'/;").lower()
    return label if _codec(label) else None


def _codec(label: str) -> str:
    """Python's name of what browsers read under a label; "" where they know none."""
    plain = label.removeprefix("x-")
    try:
        return _CODECS.get(codecs.lookup(_LABELS.get(plain, plain)).name, "")
    except (LookupError, ValueError):  # unknown; a null character
        return ""


def _declared(data: bytes) -> str | None:
    """The encoding that a meta element, else the XML declaration names. A document that can be read so far is no UTF-16."""
    head = data[:_META_BYTES]
    said = [_said(match["meta"]) for match in _TAGS.finditer(head) if match["meta"]]
    if match := _XML.match(head):
        said.append(match[1])
    label = next((label for name in said if (label := _label(name.decode("latin-1")))), None)
    return "utf-8" if label and _codec(label).startswith("utf-16") else label


def _said(meta: bytes) -> bytes:
    """What a meta element of these attributes says of the encoding."""
    named: dict[bytes, bytes] = {}
    for name, *values in _ATTRIBUTE.findall(meta):
        named.setdefault(name.lower(), b"".join(values))
    if b"charset" in named:
        return named[b"charset"]
    found = _CHARSET.search(named.get(b"content", b"")) if named.get(b"http-equiv", b"").lower() == b"content-type" else None
    return found[1] if found else b""


def _guessed(data: bytes, declared: str | None) -> tuple[str, str, tuple[Notice, ...]]:
    if _nearly_utf8(data):
        return _checked(data, "utf-8", ())
    name = _of_language(data) or _likeliest(data)
    what = f"not valid {declared or 'utf-8'}; read as {name}, a guess"
    return _checked(data, name, (Notice("document", what),))


def _of_language(data: bytes) -> str | None:
    """The encoding that gives most letters of the language that the page declares, as browsers fall back by it; None: it is not in that."""
    declared = _LANG.search(data[:_META_BYTES])
    encodings, letters = _OF_LANGUAGES.get(declared[1].decode().lower() if declared else "", ((), ""))
    texts = {name: data.decode(name, "replace") for name in encodings}
    own = {name: sum(map(len, re.findall(letters, text))) for name, text in texts.items()}
    best = max(own, key=own.__getitem__, default=None)
    return best if best and own[best] > _TOLD * sum(not char.isascii() and char.isalpha() for char in texts[best]) else None


def _likeliest(data: bytes) -> str:
    """The encoding whose text is like words of some language."""
    from charset_normalizer import from_bytes

    found = from_bytes(_MARKED_UP.sub(b" ", data[:200_000]), cp_isolation=list(_COMMON))
    best = min(found, key=lambda match: (match.chaos > _ODD, -match.coherence, _COMMON.index(match.encoding)), default=None)
    return best.encoding if best else "cp1252"


def _nearly_utf8(data: bytes) -> bool:
    """Cut inside a character, or a few foreign bytes: in any other encoding hardly a sequence of bytes would be valid UTF-8."""
    wrong, right = _foreign(data, "utf-8")
    return wrong * 19 <= right


def _foreign(data: bytes, name: str) -> tuple[int, int]:
    """What lies beyond ASCII in text of that encoding: how often bytes are no character, and how many characters there are."""
    text = data.decode(_codec(name), "replace")
    wrong = text.count("\ufffd")
    return wrong, sum(not char.isascii() for char in text) - wrong


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
