"""The form of a body at the Perspective border: the discovery document says it, and what is wrong is told as Google's parser tells it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from serve.api.problems import Failure
from serve.settings import default

_PACKAGE = "type.googleapis.com/google.commentanalyzer.v1alpha1."


class Wrong(NamedTuple):
    """One violation: the member, and Google's words on it."""

    field: str
    description: str


def check(body: Mapping[str, Any], schema: str) -> None:
    """Whether a body fits a schema of the discovery document. Raises Failure 400 that names all that does not."""
    if found := list(_message(body, schema, "")):
        violations = [one._asdict() if one.field else {"description": one.description} for one in found]
        detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
        raise Failure(400, "invalid", "\n".join(one.description for one in found), details=[detail])


@cache
def _schemas() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(default("discovery.json"))["schemas"]
    return found


def _message(value: Any, name: str, place: str) -> Iterator[Wrong]:
    if not isinstance(value, dict):
        yield _invalid(value, place, _PACKAGE + name)
        return
    members = _schemas()[name]["properties"]
    for key, item in value.items():
        if key in members:
            yield from _member(item, members[key], f"{place}.{_snake(key)}" if place else _snake(key))
        else:
            at = f" at '{place}'" if place else ""
            yield Wrong(place, f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.')


def _member(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[Wrong]:
    if "$ref" in schema:
        yield from _message(value, schema["$ref"], place)
    elif schema["type"] == "array":
        yield from _items(value, schema["items"], place)
    elif schema["type"] == "object":
        yield from _values(value, schema["additionalProperties"], place)
    elif not _SCALARS[schema["type"]](value, schema):
        yield _invalid(value, place, f"TYPE_{schema.get('format', schema['type']).upper()}")


def _items(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[Wrong]:
    if not isinstance(value, list):
        yield _invalid(value, place, "list")
        return
    for number, item in enumerate(value):
        yield from _member(item, schema, f"{place}[{number}]")


def _values(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[Wrong]:
    """A map, whose names are the caller's; null says nothing of one, as `{}` does."""
    if not isinstance(value, dict):
        yield _invalid(value, place, "map")
        return
    for number, item in enumerate(value.values()):
        yield from _member({} if item is None else item, schema, f"{place}[{number}].value")


def _invalid(value: Any, place: str, kind: str) -> Wrong:
    return Wrong(place, f"Invalid value at '{place}' ({kind}), {json.dumps(value)[:200]}")


def _is_string(value: Any, schema: Mapping[str, Any]) -> bool:
    """Enums may be numbers; which ones are known is asked elsewhere, in words of its own."""
    return isinstance(value, str) or ("enum" in schema and isinstance(value, int) and not isinstance(value, bool))


def _is_number(value: Any, schema: Mapping[str, Any]) -> bool:
    """Proto JSON takes numbers in quotes as well; what no float holds is none."""
    text = value if isinstance(value, str) else json.dumps(value)
    return re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text, re.ASCII) is not None and math.isfinite(float(text))


def _is_integer(value: Any, schema: Mapping[str, Any]) -> bool:
    return _is_number(value, schema) and float(value).is_integer()


_SCALARS: Mapping[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "string": _is_string,
    "number": _is_number,
    "integer": _is_integer,
    "boolean": lambda value, schema: isinstance(value, bool),
}


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match.group().lower()}", name)
