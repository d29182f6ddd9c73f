"""Items of a large JSON file one after another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO

import ijson

from labels.errors import DocumentError


def items(stream: BinaryIO, path: str) -> Iterator[Any]:
    """The values at a path, such as `comments.item`; memory is that of one value. Raises DocumentError for broken JSON."""
    stream.seek(0)
    try:
        yield from ijson.items(stream, path, use_float=True)
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentError(f"broken JSON: {str(error).splitlines()[0]}; what stood before was read") from error


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


def first(stream: BinaryIO, paths: Collection[str]) -> str | None:
    """Which of the paths is the first to hold a value; None where none does."""
    stream.seek(0)
    try:
        return next((path for path, _, _ in ijson.parse(stream, use_float=True) if path in paths), None)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise DocumentError(f"broken JSON: {str(error).splitlines()[0]}") from error
