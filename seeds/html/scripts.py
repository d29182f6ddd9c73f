"""JSON in a page's scripts, however it is written: behind comments and signs that hide it, with what only JavaScript knows."""

from __future__ import annotations

import json
import re
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
