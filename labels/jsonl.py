"""JSON lines, one value a line: read as a stream in constant memory, and written so that any text survives.

>>> [(line.number, line.value) for line in read(io.BytesIO(b'{"id": 1}\\n\\n[2]'))]
[(1, {'id': 1}), (3, [2])]
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from labels.errors import RowError

MAX_BYTES = 16_000_000
"""Longest line that is read: several times what the longest comment with all its context takes."""
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    """From 1; empty lines count."""
    value: Any
    """The JSON value, or a RowError that says why there is none."""
    end: int
    """Bytes from the beginning of the stream to the end of this line."""


def read(source: BinaryIO) -> Iterator[Line]:
    """Every line that is not blank, in order. A broken line gives a RowError as its value and the rest goes on."""
    number = end = 0
    while raw := source.readline(MAX_BYTES):
        number += 1
        end += len(raw)
        if len(raw) == MAX_BYTES and not raw.endswith(b"\n"):
            end += _skip(source)
            yield Line(number, RowError(f"longer than {MAX_BYTES:,} bytes"), end)
        elif raw := (raw.removeprefix(_BOM) if number == 1 else raw).strip():
            yield Line(number, _value(raw), end)


def dump(value: object) -> str:
    """The value on one line, without its end. Half a surrogate pair, which no file can hold, stands there as its JSON escape."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def _value(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        return RowError(f"not UTF-8 at byte {error.start + 1} of the line")
    except json.JSONDecodeError as error:
        return RowError(f"no JSON: {error.msg} at character {error.colno}")
    except (ValueError, RecursionError) as error:
        return RowError(f"no JSON that can be read: {error}")


def _skip(source: BinaryIO) -> int:
    """Pass over the rest of a line; its length."""
    skipped = 0
    while part := source.readline(io.DEFAULT_BUFFER_SIZE):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped
