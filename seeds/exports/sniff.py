"""Which export a file is, told from its first bytes.

>>> kind(b'<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>')
'wxr'
>>> kind(b"<!DOCTYPE html><p>a page") is None
True
"""

from __future__ import annotations

import codecs
import re
import zlib

HEAD_BYTES = 65_536
_GZIP, _ZIP, _SQLITE = b"\x1f\x8b", b"PK\x03\x04", b"SQLite format 3\x00"
_PROLOG = re.compile(
    rb"[\s`]*+(?:(?:<\?.*?\?>|<!--.*?-->|(?P<doctype><!DOCTYPE[^<>\[]*+(?:\[.*?\]\s*+)?>))\s*+)*+<(?P<root>[\w:.-]++)(?P<attributes>[^<>]*+)",
    re.DOTALL | re.IGNORECASE,
)
"""Up to the end of the root element's tag; a stray backquote before it occurs."""
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CORAL_ROW = re.compile(
    rf'"?{_UUID}"?([,;\t]).{{8,60}}?\1"?https?://.{{1,2000}}?"?\1"?https?://[^,;\t]*commentID={_UUID}'.encode(), re.IGNORECASE
)
_JSON = (
    # name, what must stand in the head
    ("remark42", re.compile(rb'\A\{[^\n]*"version"\s*:[^\n]*"(?:users|posts)"\s*:[^\n]*\}\s*(?:\n|\Z)')),
    ("remark42", re.compile(rb'\A\{\s*"version"\s*:\s*\d+\s*,\s*"(?:users|posts)"\s*:')),  # a first line longer than the head
    ("remark42", re.compile(rb'\A\{[^\n]*"locator"\s*:\s*\{[^\n]*"pid"|\A\{[^\n]*"pid"[^\n]*"locator"')),
    ("commento", re.compile(rb'"commentHex"\s*:|"commenterHex"\s*:')),
    ("activitystreams", re.compile(rb"www\.w3\.org/ns/activitystreams|\"objectType\"\s*:|\"inReplyTo\"\s*:")),
    ("isso_json", re.compile(rb'\A\[\s*\{(?=.{0,4000}"comments"\s*:\s*\[)(?=.{0,4000}"id"\s*:)(?=.{0,4000}"title"\s*:)', re.DOTALL)),
    (
        "isso_json",
        re.compile(rb'\A\[\s*\{.{0,4000}?"comments"\s*:\s*\[\s*\{(?=.*?"created"\s*:)(?=.*?"text"\s*:)', re.DOTALL),
    ),  # "title" may follow
)


def kind(head: bytes) -> str | None:
    """The format by its name here, packed with gzip or not; None for what is no export (a page, plain text)."""
    if is_packed(head):
        head = _unpacked(head)
    if is_utf16(head):
        head = head.decode("utf-16", "replace").encode("utf-8", "replace")
    if head.startswith(_SQLITE):
        return "isso"
    if head.startswith(_ZIP):
        return "coral_zip" if b"my_comments" in head else None
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start[:1] in b"{[" and start:
        return next((name for name, pattern in _JSON if pattern.search(start)), None)
    if root := prolog(start):
        return _of_xml(root["root"].lower(), start)
    return "coral" if b"commentid=" in start.lower() and _CORAL_ROW.search(start) else None


def is_packed(head: bytes) -> bool:
    """Whether it is packed with gzip."""
    return head.startswith(_GZIP)


def is_utf16(head: bytes) -> bool:
    """Whether it says that each of its signs has two bytes."""
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def prolog(head: bytes) -> re.Match[bytes] | None:
    """What stands before the first element's content: `doctype` (None without one), `root` (its name), `attributes`."""
    return _PROLOG.match(head.removeprefix(codecs.BOM_UTF8))


def _unpacked(head: bytes) -> bytes:
    """As much as the first bytes give."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _of_xml(root: bytes, head: bytes) -> str | None:
    if root == b"rss" and (b"wordpress.org/export" in head or b"<wp:" in head):
        return "wxr"
    if root == b"disqus":
        return "disqus"
    if root == b"feed" and b"blogger" in head:
        return "blogger"
    return None
