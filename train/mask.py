"""Names, mail addresses, phone numbers and links in a text are replaced on reading, before any cache, log or report.

>>> mask("@ana see https://example.org/x or mail ana@example.org, +359 88 123 4567")
'@user see http or mail mail, phone'
"""

from __future__ import annotations

import re

# One pass, alternatives in this order. Every quantifier is bounded or over a class that cannot match its own follower: linear on any text.
_PRIVATE = re.compile(
    r"(?P<link>(?:https?://|www\.)[^\s<>\"']+)"
    r"|(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
    r"|(?P<user>(?<![\w@])@\w{2,50})"
    r"|(?P<phone>(?<![\w.])(?:\+|00)\d(?:[ ()./-]{0,2}\d){7,14}(?!\w)|(?<![\w.])0\d{2,4}(?:[ /-]\d{2,4}){2,3}(?!\w))"
)
_TOKENS = {"link": "http", "mail": "mail", "user": "@user", "phone": "phone"}
_TRIGGER = re.compile(r"[@+]|https?:|www\.|0\d")


def mask(text: str) -> str:
    """The text with each private part replaced by one neutral word (the form that the tweet sets of the rows use already)."""
    return _PRIVATE.sub(_replace, text) if _TRIGGER.search(text) else text


def spans(text: str) -> list[tuple[int, int, str]]:
    """(begin, end, replacement) of each private part, in order; for whoever keeps an offset map."""
    if not _TRIGGER.search(text):
        return []
    return [(match.start(), match.end(), _replace(match)) for match in _PRIVATE.finditer(text)]


def _replace(match: re.Match[str]) -> str:
    return _TOKENS[match.lastgroup or ""]
