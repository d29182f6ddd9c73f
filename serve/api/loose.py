"""JSON as Google's parser takes it: names without quotes, single quotes, commas at the end, snake_case names, null for absent."""

from __future__ import annotations

import json
import re
from collections.abc import Set
from typing import Any

_TOKEN = re.compile(
    r"""(?P<double>"(?:[^"\\]|\\.?)*+(?:"|\Z))|(?P<single>'(?:[^'\\]|\\.?)*+(?:'|\Z))"""
    r"""|(?P<comma>,\s*(?=[}\]]))|(?P<number>\d[\d.]*(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_$][\w$]*)|(?P<rest>.)""",
    re.DOTALL,
)
"""A text that is not closed reaches to the end: if each quote in it were tried, a short body would take minutes."""
_INSIDE = re.compile(r"\\.|[\"\x00-\x1f]", re.DOTALL)
"""Between single quotes: an escape, or what would have to be one between double quotes."""
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
        return f'"{_INSIDE.sub(_requoted, token[1:-1])}"'
    if kind == "comma":
        return ""
    if kind == "name":
        return {"undefined": "null"}.get(token, token if token in _WORDS else f'"{token}"')
    return token


def _requoted(match: re.Match[str]) -> str:
    found = match.group()
    if found == "\\'":
        return "'"
    return found if found.startswith("\\") else json.dumps(found)[1:-1]


def _sound(value: Any, source: str) -> Any:
    """The value; raises ValueError where a text holds half of a surrogate pair, which is no text and comes of escapes only."""
    if "\\u" not in source:
        return value
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return value


def camel(value: Any, known: Set[str]) -> Any:
    """snake_case members in camelCase, nulls left out; a member that is not known stays as it was sent, to be named so in an error."""
    if isinstance(value, list):
        return [camel(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, item in value.items():
        if item is None:
            continue
        new = re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)
        verbatim = new in _VERBATIM and isinstance(item, dict)
        made = {key: camel(part, known) for key, part in item.items()} if verbatim else camel(item, known)
        found[new if new in known else name] = made
    return found
