"""JSON-LD of a page (schema.org, ActivityStreams): its comments, and what it says of the article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from seeds.html import objects, scripts
from seeds.html.objects import Item
from seeds.html.tree import Element

_TYPES = frozenset(["comment", "usercomments", "answer", "discussionforumposting", "socialmediaposting", "note"])
_ARTICLES = ("article", "posting", "question", "report", "recipe", "note")
"""Ends of the types that an article, or the post that opens a discussion, may have."""
_WRITER = ("author", "creator", "attributedTo")
_BODY = ("articleBody", "text", "content", "contentMap")


def comments(root: Element) -> list[Item]:
    """The comments of the page's JSON-LD."""
    values = list(_values(root))
    opening = _subject(values)
    found: list[Item] = []
    for number, value in enumerate(values, start=1):
        found += objects.comments(value, f"ld+json {number}", lambda each: each is not opening and _is_typed(each))
    name = objects.identity(opening)
    return [replace(item, raw=replace(item.raw, reply_id=None)) if name and item.raw.reply_id == name else item for item in found]


def subject(root: Element) -> Mapping[str, Any]:
    """What the page's JSON-LD is about: its article, or the question or post that opens a discussion. Empty where it names none."""
    return _subject(list(_values(root))) or {}


def body(value: Mapping[str, Any]) -> str:
    """The words of a `subject`."""
    return objects.plain(objects.words(value, _BODY) or "")


def author(value: Mapping[str, Any]) -> str | None:
    """Who wrote a `subject`."""
    return objects.person(value, _WRITER)


def _values(root: Element) -> Iterator[Any]:
    """The value of each script of JSON-LD; None for one that cannot be read."""
    return (scripts.loaded(script.text or "") for script in root.iter("script") if scripts.kind(script) in scripts.LINKED)


def _subject(values: Sequence[Any]) -> Mapping[str, Any] | None:
    """Articles before posts: a page of an article may list its comments as posts."""
    tops = [each for value in values for each in _tops(value)]
    found = [each for each in tops if any(name.endswith(_ARTICLES) for name in _kinds(each)) and not any(map(each.get, objects.PARENT))]
    return next((each for each in found if _TYPES.isdisjoint(_kinds(each))), found[0] if found else None)


def _tops(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects that a script of JSON-LD describes itself, not as a part of another. A list of notes has no first one."""
    several = value if isinstance(value, list) else [value]
    for item in several:
        if not isinstance(item, dict):
            continue
        inner = item.get("@graph")
        for each in [item, *(inner if isinstance(inner, list) else ())]:
            if not isinstance(each, dict):
                continue
            main = None if "faqpage" in _kinds(each) else each.get("mainEntity") or each.get("object")
            for top in (each, main):
                if isinstance(top, dict) and ("note" not in _kinds(top) or (item is value and each is item)):
                    yield top


def _is_typed(value: Mapping[str, Any]) -> bool:
    if _TYPES.isdisjoint(_kinds(value)) or objects.words(value) is None or _is_opening(value):
        return False
    return objects.person(value) is not None or objects.moment(value) is not None  # answers of a list of questions have neither


def _kinds(value: Mapping[str, Any]) -> list[str]:
    """The types of an object in JSON-LD, without their vocabulary, in lower case."""
    given = value.get("@type") or value.get("type") or ""
    return [str(name).rsplit("/", 1)[-1].lower() for name in (given if isinstance(given, list) else [given])]


def _is_opening(value: Mapping[str, Any]) -> bool:
    """Whether it is the discussion itself, which holds the comments."""
    return any(key in value for key in ("headline", "mainEntityOfPage")) or (
        isinstance(value.get("comment"), list) and "parentItem" not in value and "Posting" in str(value.get("@type"))
    )
