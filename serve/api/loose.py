"""JSON as Google's parser takes it: names without quotes, single quotes, commas at the end, snake_case names, null for absent."""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(
    r"""(?P<double>"(?:[^"\\]|\\.?)*+(?:"|\Z))|(?P<single>'(?:[^'\\]|\\.?)*+(?:'|\Z))"""
    r"""|(?P<comma>,\s*(?=[}\]]))|(?P<name>[A-Za-z_$][\w$]*)|(?P<rest>.)""",
    re.DOTALL,
)
"""A text that is not closed reaches to the end: if each quote in it were tried, a short body would take minutes."""
_WORDS = frozenset({"true", "false", "null"})
_VERBATIM = frozenset({"requestedAttributes", "attributeScores"})
"""Members whose own members are names of the caller's and stay as they are."""


def loads(body: bytes) -> Any:
    """The value, strict JSON or loose. Raises ValueError."""
    text = body.decode("utf-8-sig")
    try:
        try:
            return _sound(json.loads(text), text)
        except ValueError:
            return _sound(json.loads(_TOKEN.sub(_strict, text)), text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _strict(match: re.Match[str]) -> str:
    kind, token = match.lastgroup, match.group()
    if kind == "single":
        return json.dumps(token[1:-1].replace("\\'", "'"))
    if kind == "comma":
        return ""
    if kind == "name":
        return {"undefined": "null"}.get(token, token if token in _WORDS else f'"{token}"')
    return token


def _sound(value: Any, source: str) -> Any:
    """The value; raises ValueError where a text holds half of a surrogate pair, which is no text and comes of escapes only."""
    if "\\u" not in source:
        return value
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return value


def camel(value: Any) -> Any:
    """snake_case members in camelCase, nulls left out."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, item in value.items():
        if item is None:
            continue
        new = re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)
        found[new] = {key: camel(part) for key, part in item.items()} if new in _VERBATIM and isinstance(item, dict) else camel(item)
    return found
