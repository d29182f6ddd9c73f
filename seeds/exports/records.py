"""Items of a large JSON file one after another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO

import ijson

from seeds.exports.losses import Losses

_CHUNK = 65_536  # bytes
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][\da-fA-F]{2})|.)")
_BROKEN = (ijson.JSONError, UnicodeDecodeError, RecursionError)


def items(stream: BinaryIO, path: str, losses: Losses) -> Iterator[Any]:
    """The values at a path, such as `comments.item`, up to where the JSON is broken; memory is that of one value."""
    stream.seek(0)
    count = 0
    try:
        for value in ijson.items(ijson.from_iter(_chunks(stream)), path, use_float=True):
            count += 1
            yield value
    except _BROKEN as error:
        losses.add(f"broken JSON after {count:,} of {path or 'the document'}: {str(error).splitlines()[0]}")


def first(stream: BinaryIO, paths: Collection[str]) -> str | None:
    """Which of the paths is the first to hold a value; None where none does, also for broken JSON."""
    stream.seek(0)
    try:
        return next((path for path, _, _ in ijson.parse(ijson.from_iter(_chunks(stream)), use_float=True) if path in paths), None)
    except _BROKEN:
        return None


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The file in `sound` pieces, cut behind signs that stand in no escape and in no character of several bytes."""
    held = b""
    while chunk := stream.read(_CHUNK):
        cut = max(chunk.rfind(b","), chunk.rfind(b" ")) + 1
        if cut:
            yield sound(held + chunk[:cut])
            held = b""
        held += chunk[cut:]
    if held:
        yield sound(held)


def sound(data: bytes) -> bytes:
    """JSON whose lone surrogates and bytes that are no UTF-8 are U+FFFD."""
    text = data.decode("utf-8", "replace")
    return _ESCAPE.sub(lambda match: r"\ufffd" if match["lone"] else match[0], text).encode()


def word(item: Mapping[str, Any], name: str) -> str | None:
    """A member as text; None where it is missing, empty or no single value."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def part(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object; {} for anything else."""
    value = item.get(name)
    return value if isinstance(value, Mapping) else {}
