"""JSON in a page's scripts, however it is written: behind comments and signs that hide it, with what only JavaScript knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from seeds.html.tree import Element

LINKED = ("application/ld+json", "application/activity+json")
_LEAD = re.compile(r"(?:\s+|<!--|(?://|/\*)?\s{0,9}<!\[CDATA\[(?:\s{0,9}\*/)?|//[^\n]*\n|/\*.*?\*/)*+", re.DOTALL)
"""What may stand before the JSON of a script: comments, and what hides the script from old browsers."""
_DECODER = json.JSONDecoder(strict=False)
_UNDEFINED = re.compile(r"""("(?:[^"\\]+|\\.)*+"?)|\bundefined\b""", re.DOTALL)
_NULL = "null".ljust(len("undefined"))
_SURROGATE = re.compile(r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""A half of a character; group 1: what only looks like one."""
MAX_CHARS = 8_000_000
_MAX_MEMBERS = 40
"""Of an object that is shown again."""
_CALLED = re.compile(r"__NUXT__\s{0,9}=\s{0,9}\(\s{0,9}function\s{0,9}\(([\w$,\s]*)\)\s{0,9}\{\s{0,9}return\s{0,9}(?=[{\[])")
_CALL = re.compile(r"[\s;]{0,9}\}[\s)]{0,9}\(")
_LITERAL = re.compile(
    r"""(?P<said>"(?:[^"\\]+|\\.)*+")|(?P<no>void 0|undefined\b)|!(?P<bit>[01])|new Date\((?P<moment>"[^"]{0,40}"|\d{1,15})\)"""
    r"""|(?<![\w$.])(?P<name>[A-Za-z_$][\w$]*)(?P<key>\s{0,9}:)?|(?<![\w.])(?P<part>\.\d)""",
    re.DOTALL,
)
_VARIABLE = "\ue000"
"""Before the name of a variable that stands for a value."""
_PUSHED = re.compile(r"__next_f\.push\(\s{0,9}\[\s{0,9}1\s{0,9},\s{0,9}(?=\")")
_ROW = re.compile(rb"([0-9a-f]{0,8}):(?:T([0-9a-f]{1,8}),|[A-Z]{0,2})")
"""The name of a row, and the length of its text in bytes or the kind of its JSON."""
_OF_ROW = re.compile(r"\$([0-9a-f]{1,8})((?::\w{1,40}){0,20})")
"""The name of a row, and the way to what is meant in it."""
_IN_ELEMENT = {"type": 1, "key": 2, "props": 3}
"""Where an element of React, which is a list, has what is named so."""


def kind(script: Element) -> str:
    """The type of a script without its parameters, in lower case."""
    return (script.get("type") or "").partition(";")[0].strip().lower()


def loaded(text: str) -> Any:
    """The object or list that a text begins with; None where it is no JSON or too long."""
    if len(text) > MAX_CHARS:
        return None
    lead = _LEAD.match(text)
    begin = lead.end() if lead else 0
    return decoded(whole(text), begin)[0] if text.startswith(("{", "["), begin) else None


def whole(text: str) -> str:
    """JSON in which half a character is one that is unknown: no text may hold a half."""
    return _SURROGATE.sub(lambda found: found[1] or r"\ufffd", text)


def decoded(text: str, begin: int) -> tuple[Any, int]:
    """The JSON value that begins there, and where it ends; None where there is none. What JavaScript calls undefined is null."""
    for _ in range(2):
        try:
            return _DECODER.raw_decode(text, begin)
        except json.JSONDecodeError as error:
            if not text.startswith("undefined", error.pos):
                break
            text = text[:begin] + _UNDEFINED.sub(lambda found: found[1] or _NULL, text[begin:])
        except RecursionError:
            break
    return None, begin


def called(text: str) -> Any:
    """What the function gives that Nuxt 2 calls at once, with the values that occur often as its arguments; None where there is none."""
    head = _CALLED.search(text) if len(text) <= MAX_CHARS else None
    if head is None:
        return None
    body = _LITERAL.sub(_as_json, whole(text[head.end() :]))
    value, end = decoded(body, 0)
    call = _CALL.match(body, end)
    given = decoded(f"[{body[call.end() :].rpartition('))')[0]}]", 0)[0] if call else None
    values = dict(zip(map(str.strip, head[1].split(",")), given or (), strict=False))
    for inner, key, held in _members(value):
        if isinstance(held, str) and held.startswith(_VARIABLE):
            inner[key] = values.get(held.removeprefix(_VARIABLE))
    return value


def _as_json(found: re.Match[str]) -> str:
    """A literal of JavaScript in JSON."""
    if found["said"]:
        return found[0]
    if found["name"]:
        plain = found["name"] in ("true", "false", "null") and not found["key"]
        return found["name"] if plain else f'"{"" if found["key"] else _VARIABLE}{found["name"]}"{found["key"] or ""}'
    if found["part"]:
        return f"0{found[0]}"
    return found["moment"] or ("null" if found["no"] else str(found["bit"] == "0").lower())


def unflattened(flat: list[Any]) -> Any:
    """The value of a list whose objects and lists hold the places of what belongs in them, as Nuxt 3 writes it. What would stand in it
    twice, or in itself, is whole in its first place only."""
    made = [type(value)() if isinstance(value, dict) or _is_row(value) else _unwrapped(value) for value in flat]
    placed: set[int] = set()
    for at, value in enumerate(flat):
        inner = made[at]
        for key, named in value.items() if isinstance(value, dict) else enumerate(value) if _is_row(value) else ():
            place = _place(flat, named)
            held = made[place] if place is not None else None
            if place is not None and isinstance(held, dict | list) and (place <= at or place in placed):
                members = flat[place].items() if isinstance(held, dict) else ()
                inside = {name: _place(flat, other) for name, other in islice(members, _MAX_MEMBERS)}
                held = _alone({name: made[other] for name, other in inside.items() if other is not None})
            elif place is not None:
                placed.add(place)
            if isinstance(inner, dict):
                inner[key] = held
            else:
                inner.append(held)
    return made[place] if (place := _place(flat, 0)) is not None else None


def _is_row(value: Any) -> bool:
    return isinstance(value, list) and not (value and isinstance(value[0], str))


def _unwrapped(value: Any) -> Any:
    """A value beside the name of its type: ["Date", "2026-03-14T10:00:00Z"]."""
    return next(iter(value[1:]), None) if isinstance(value, list) else value


def _place(flat: list[Any], place: Any) -> int | None:
    """The place of a value, of the inner one where it is wrapped: ["Ref", 5]; None where there is no such place."""
    for _ in range(9):
        if not isinstance(place, int) or not 0 <= place < len(flat):
            return None
        value = flat[place]
        if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)):
            return place
        place = value[1]
    return None


def streamed(texts: Iterable[str]) -> list[Any]:
    """The rows that scripts of Next's app router bring in strings, cut anywhere; what a row names of others is in its place."""
    pieces = (decoded(text, match.end())[0] for text in map(whole, texts) for match in _PUSHED.finditer(text))
    data = "".join(piece for piece in pieces if isinstance(piece, str))[:MAX_CHARS].encode("utf-8", "replace")
    rows: dict[str, Any] = {}
    at = 0
    while at < len(data):
        row = _ROW.match(data, at)
        begin, end = row.end() if row else at, data.find(b"\n", at) + 1 or len(data) + 1
        if row and row[2]:  # so many bytes of text, without a line's end
            end = begin + int(row[2], 16)
            rows[row[1].decode()] = data[begin:end].decode("utf-8", "replace")
        elif row:
            rows[row[1].decode() or f":{at}"] = decoded(data[begin : end - 1].decode("utf-8", "replace"), 0)[0]
        at = end
    values = list(rows.values())
    for inner, key, held in _members(values):
        if isinstance(held, str) and held.startswith("$"):
            inner[key] = _of_rows(held, rows)
    return values


def _of_rows(name: str, rows: Mapping[str, Any]) -> Any:
    """What a string stands for that begins with "$"."""
    if name.startswith(("$$", "$D")):
        return name[1 if name[1] == "$" else 2 :]
    if not (found := _OF_ROW.fullmatch(name)):
        return None if name == "$undefined" else name
    value: Any = rows.get(found[1])
    try:
        for part in found[2].split(":")[1:]:
            value = value[_IN_ELEMENT.get(part) or int(part)] if isinstance(value, list) else value[part]
    except (LookupError, TypeError, ValueError):
        return None
    return _alone(value) if isinstance(value, dict) else None if isinstance(value, list) else value


def _alone(value: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what it holds in turn, so that none holds itself."""
    return {name: held for name, held in islice(value.items(), _MAX_MEMBERS) if not isinstance(held, dict | list)}


def _members(value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Each object or list in a value, a key of it, and what it holds there, however deep."""
    stack = [value]
    while stack:
        inner = stack.pop()
        pairs = list(inner.items()) if isinstance(inner, dict) else list(enumerate(inner)) if isinstance(inner, list) else []
        for key, held in pairs:
            yield inner, key, held
            if isinstance(held, dict | list):
                stack.append(held)
