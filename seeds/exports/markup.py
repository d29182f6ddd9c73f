"""Records of a large XML file one after another, in the memory of one record.

A record is cut out of the text before it is parsed, so what is broken in it ends with it. Nothing outside the file is read and no entity is
expanded.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any, BinaryIO

from lxml import etree

from labels.errors import DocumentError
from seeds.exports import sniff
from seeds.exports.losses import Losses

_CHUNK = 65_536  # bytes
_LONGEST = 64  # characters; no tag that is looked for has more
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.-]{2,40})")
_NAMESPACE = re.compile(rb"\sxmlns(?::[\w.-]+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_TAG_END = re.compile(">")
_OPAQUE = {"<!--": re.compile("-->"), "<![CDATA[": re.compile(r"\]\]>")}
"""What begins a part in which no tag is one -> its end."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Signs that XML forbids and exports hold: at one of them a parser drops the rest of the text."""
_STRAY = re.compile(
    r"[&<\]](?:(?<=&)(?:(?P<codes>#CODE;(?:&#CODE;)*)|(?P<name>[a-zA-Z]\w*);)?"
    r"|(?<=\])\]>"
    r"|(?<=<)(?!/?[^\W\d][^<>]*>|\?|!--|!\[CDATA\[))".replace("CODE", r"(?:\d{1,7}|[xX][\da-fA-F]{1,6})")
)
"""What a parser may stumble over: references, and signs that belong to neither a reference nor a tag."""
_LINE = re.compile(r" line \d+")
"""In an error's words: counted from the start of the record."""
_OF_XML = ("lt", "gt", "amp", "quot", "apos")


def elements(stream: BinaryIO, losses: Losses, *names: str) -> Iterator[Any]:
    """Each outermost element with one of these local names. Of one in which the file breaks off, its last child is left out.

    Raises DocumentError for a DOCTYPE: entities are declared there, and no export has one.
    """
    head = stream.read(sniff.HEAD_BYTES)
    stream.seek(0)
    prolog = sniff.prolog(head)
    if prolog is None or prolog["doctype"]:
        raise DocumentError("an export with a DOCTYPE, where entities may be declared, is not read; remove it")
    namespaces = b"".join(_NAMESPACE.findall(prolog["attributes"])).decode("utf-8", "replace")
    for line, record, is_whole in _records(_Text(stream, _encoding(head)), names, prolog["root"].decode("utf-8", "replace"), losses):
        element, error = _parsed(record, namespaces)
        if error and is_whole:
            what = _LINE.sub("", error.message)
            losses.add(f"line {line + error.line - 1}: broken XML, read as far as it goes: {what}")
        if element is not None:
            if not is_whole:
                del element[-1:]
            yield element


class _Text:
    """The text of a file, read on from mark to mark."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._chunks = codecs.iterdecode(iter(lambda: stream.read(_CHUNK), b""), encoding, "replace")
        self._text, self._at = "", 0
        self.line = 1

    def until(self, mark: re.Pattern[str], *, keep: bool = True) -> tuple[str, str | None]:
        """What stands up to the end of the next mark ("" if it is not kept), and the mark; None for it at the end of the file."""
        passed: list[str] = []
        while (match := mark.search(self._text, self._at)) is None and (more := next(self._chunks, "")):
            self._pass(max(self._at, len(self._text) - _LONGEST), passed if keep else None)
            self._text, self._at = self._text[self._at :] + _CONTROL.sub(" ", more), 0
        self._pass(match.end() if match else len(self._text), passed if keep else None)
        return "".join(passed), match and match[0]

    def _pass(self, end: int, passed: list[str] | None) -> None:
        self.line += self._text.count("\n", self._at, end)
        if passed is not None:
            passed.append(self._text[self._at : end])
        self._at = end


def _records(text: _Text, names: tuple[str, ...], root: str, losses: Losses) -> Iterator[tuple[int, str, bool]]:
    """The line and the text of each record, and whether it has its end."""
    end = f"</{root}"
    begin = re.compile(rf"<(?:(?:[\w.-]+:)?(?:{'|'.join(names)})(?=[\s/>])|/{re.escape(root)}(?=[\s>])|!--|!\[CDATA\[)")
    is_whole = ended = False
    while mark := text.until(begin, keep=False)[1]:
        if mark in _OPAQUE:
            text.until(_OPAQUE[mark], keep=False)
        elif mark == end:
            ended = True
        else:
            line = text.line
            record, is_whole = _record(text, mark)
            ended = False
            yield line, record, is_whole
    if not ended:
        losses.add(f"the export breaks off at line {text.line}")


def _record(text: _Text, start: str) -> tuple[str, bool]:
    """From its start tag to its end tag, and whether there is one."""
    start += text.until(_TAG_END)[0]
    parts = [_mended(start)]
    if start.endswith("/>"):
        return parts[0], True
    name = re.escape(start[1:].split(maxsplit=1)[0].rstrip(">"))
    stop = re.compile(rf"<(?:/{name}\s*>|!--|!\[CDATA\[)")
    while True:
        passed, mark = text.until(stop)
        parts.append(_mended(passed))
        if mark not in _OPAQUE:
            return "".join(parts), mark is not None
        parts.append(text.until(_OPAQUE[mark])[0])


def _mended(markup: str) -> str:
    """References as characters, and stray signs escaped."""
    return _STRAY.sub(_sound, markup)


def _sound(match: re.Match[str]) -> str:
    if match["codes"]:
        return html.escape(_CONTROL.sub(" ", _of_codes(match["codes"])))
    if match["name"] in _OF_XML:
        return match[0]
    return html.escape(html5.get(f"{match['name']};", match[0]))


def _of_codes(references: str) -> str:
    """The characters of references in a row: two surrogates may be one; U+FFFD for what is none."""
    words = re.findall(r"\w+", references.lower())
    codes = (int(word[1:], 16) if word.startswith("x") else int(word) for word in words)
    signs = "".join(chr(code) if code <= 0x10FFFF else "\ufffd" for code in codes)
    return signs.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _encoding(head: bytes) -> str:
    """The declared one if it can be: the declaration was read as ASCII. Else UTF-8."""
    declared = _DECLARED.search(head)
    name = declared[1].decode("ascii") if declared else "utf-8"
    try:
        return name if b"<".decode(name, "replace") == "<" else "utf-8"
    except (LookupError, UnicodeError):
        return "utf-8"


def _parsed(record: str, namespaces: str) -> tuple[Any, Any]:
    """The element, None if nothing is left of it, and the first error. Undeclared prefixes are known and harmless."""
    parser = etree.XMLParser(
        recover=True, huge_tree=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    around = etree.fromstring(f"<_{namespaces}>{record}</_>".encode("utf-8", "replace"), parser)
    errors = (entry for entry in parser.error_log if "NS_" not in entry.type_name)
    return next(iter(around), None), next(errors, None)


def name_of(node: Any) -> str:
    """The local name, also where the prefix was never declared."""
    return str(node.tag).rpartition("}")[2].rpartition(":")[2]


def values(node: Any) -> dict[str, str]:
    """Local name -> text of the children, the first of each name."""
    found: dict[str, str] = {}
    for child in node:
        if isinstance(child.tag, str):
            found.setdefault(name_of(child), "".join(child.itertext()).strip())
    return found
