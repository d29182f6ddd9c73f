"""Comments in a value of JSON: objects with words, and with a person or a time beside them.

An answer stands inside the answered one or names its id. Nothing recurses: JSON nests as deep as its writer likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seeds.html import times
from seeds.html.tree import Page, flatten, parse
from seeds.replies import RawComment

_TEXT = (
    "text",
    "commentText",
    "articleBody",
    "content",
    "contentMap",
    "body",
    "message",
    "cooked",
    "comment_text",
    "commentBody",
    "bodyHTML",
    "html",
    "raw",
    "comment",
    "description",
)
AUTHOR = (
    "author",
    "creator",
    "user",
    "username",
    "userName",
    "author_name",
    "authorName",
    "attributedTo",
    "actor",
    "displayName",
    "display_name",
    "nickname",
    "name",
)
_ACTOR = ("attributedTo", "actor")
_TIME = (
    "dateCreated",
    "datePublished",
    "commentTime",
    "published",
    "created_at",
    "createdAt",
    "created",
    "creationDate",
    "date",
    "postedAt",
    "time",
    "timestamp",
    "publishedAt",
)
PARENT = ("parentItem", "inReplyTo", "parent_id", "parentId", "parentID", "parent", "reply_to_post_number", "in_reply_to_id", "replyTo")
_ID = ("@id", "id", "identifier", "_id", "commentId", "comment_id", "post_number", "url")
MAX_VALUES = 400_000


@dataclass(frozen=True, slots=True)
class Item:
    """A comment in JSON and the path to it."""

    raw: RawComment
    where: str


def comments(value: Any, name: str, is_comment: Callable[[Mapping[str, Any]], bool]) -> list[Item]:
    """Comment objects in document order, an inner one with the position of the comment around it as its parent."""
    found: list[Item] = []
    stack: list[tuple[Any, str, int | None]] = [(value, name, None)]
    seen = 0
    while stack and seen < MAX_VALUES:
        value, where, outer = stack.pop()
        seen += 1
        if isinstance(value, dict):
            if is_comment(value):
                found.append(Item(_raw(value, outer), where))
                outer = len(found) - 1
            stack += [
                (inner, f"{where}.{key}", outer)
                for key, inner in reversed(value.items())
                if isinstance(inner, dict | list) and key not in PARENT
            ]
        elif isinstance(value, list):
            stack += [(inner, f"{where}[{at}]", outer) for at, inner in reversed(list(enumerate(value))) if isinstance(inner, dict | list)]
    return found


def _raw(value: Mapping[str, Any], outer: int | None) -> RawComment:
    stamp = times.of_value(moment(value) or "")
    parent = next((identity(value[key]) for key in PARENT if value.get(key)), None)
    return RawComment(
        text=plain(words(value) or ""),
        id=identity(value),
        author=person(value),
        created_at=stamp.written if stamp else None,
        created_at_raw=moment(value),
        reply_id=parent,
        reply_index=None if parent else outer,
    )


def words(value: Mapping[str, Any], keys: Sequence[str] = _TEXT) -> str | None:
    """The first text under these keys, which may be HTML."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, dict) and key == "contentMap":
            found = next(iter(found.values()), None)  # the same words in each language
        if isinstance(found, dict):
            found = found.get("html") or found.get("text") or found.get("rendered")
        if isinstance(found, str) and found.strip():
            return found
    return None


def person(value: Mapping[str, Any], keys: Sequence[str] = AUTHOR) -> str | None:
    """The first name under these keys, be it a person's own or an actor's address."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            found = next(
                (found[name] for name in ("name", "displayName", "username", "screenName", "nickname") if isinstance(found.get(name), str)),
                None,
            )
        if isinstance(found, str) and key in _ACTOR and "://" in found:
            found = found.rstrip("/").rsplit("/", 1)[-1].removeprefix("@")  # an actor's address ends with its name
        if isinstance(found, str) and 0 < len(found.strip()) <= 100 and "://" not in found:
            return found.strip()
    return None


def moment(value: Mapping[str, Any]) -> str | None:
    """The first value that reads as a time, as it is written."""
    for key in _TIME:
        found = value.get(key)
        if isinstance(found, str | int | float) and not isinstance(found, bool) and times.of_value(str(found)):
            return str(found)
    return None


def identity(value: Any) -> str | None:
    """The id that a value is, or that an object, the first of a list too, has; 0 is none."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = next((value[key] for key in _ID if value.get(key)), None)
    return str(value)[:200] if isinstance(value, str | int) and not isinstance(value, bool) and value != 0 else None


def plain(text: str) -> str:
    """The words of a text that may be HTML."""
    if "<" not in text and "&" not in text:
        return text.strip()
    root = parse(f"<div>{text}</div>")
    if root is None:
        return text.strip()
    page: Page = flatten(root)
    return "\n".join(page.lines)
