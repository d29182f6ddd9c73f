"""What a page holds: an Article and its Comments, as frozen dataclasses with JSON in and out.

Knows nothing of how a page was read (`seeds`) or scored (`train`).

>>> Comment(id="2", number=2, author="Ана", reply_to="1", text="Съгласна съм.").to_json()["reply_to"]
'1'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from labels.errors import RowError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning about a page: something was odd, and what was done about it. Nothing is lost silently."""

    where: str
    what: str

    def to_json(self) -> dict[str, str]:
        return {"where": self.where, "what": self.what}


@dataclass(frozen=True, slots=True)
class Comment:
    """One reader's comment as it stood on the page.

    `created_at` is `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`, with `Z` or `±HH:MM` only where the page gives it; nothing is guessed.
    """

    id: str
    """The page's own where it has one, else a stable one that survives a re-parse (`labels.ids`)."""
    text: str
    """May be empty: crawls lose texts."""
    number: int | None = None
    """The number printed on a numbered list; None elsewhere."""
    author: str | None = None
    """None where none is shown; never empty."""
    reply_to: str | None = None
    """`id` of a comment of the same page; None where it answers the article itself."""
    replies: tuple[str, ...] = ()
    """Ids that the page itself lists as answers to this one."""
    created_at: str | None = None
    created_at_raw: str | None = None
    """The time as written on the page."""

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "number": self.number,
            "author": self.author,
            "reply_to": self.reply_to,
            "replies": list(self.replies),
            "created_at": self.created_at,
            "created_at_raw": self.created_at_raw,
            "text": self.text,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Comment:
        """A Comment of its JSON object. Raises RowError where a member is missing or of a wrong type."""
        return cls(
            id=_member(value, "id", str),
            text=_member(value, "text", str),
            number=_optional(value, "number", int),
            author=_optional(value, "author", str) or None,
            reply_to=_optional(value, "reply_to", str),
            replies=tuple(str(reply) for reply in _optional(value, "replies", list) or ()),
            created_at=_optional(value, "created_at", str),
            created_at_raw=_optional(value, "created_at_raw", str),
        )


@dataclass(frozen=True, slots=True)
class Article:
    """One page: what the article says, the comments in page order, and how it was read."""

    id: str
    text: str
    comments: tuple[Comment, ...] = ()
    url: str | None = None
    title: str | None = None
    """None where the document shows none."""
    lang: str | None = None
    """ISO 639-1; None where the text gives no evidence."""
    author: str | None = None
    published_at: str | None = None
    read_by: str | None = None
    """The way of reading that won, e.g. `crawl_text/numbered`."""
    warnings: tuple[Notice, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "url": self.url,
            "title": self.title,
            "lang": self.lang,
            "author": self.author,
            "published_at": self.published_at,
            "text": self.text,
            "read_by": self.read_by,
            "comments": [comment.to_json() for comment in self.comments],
            "warnings": [warning.to_json() for warning in self.warnings],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Article:
        """An Article of its JSON object. Raises RowError where a member is missing or of a wrong type."""
        return cls(
            id=_member(value, "id", str),
            text=_optional(value, "text", str) or "",
            comments=tuple(Comment.from_json(_mapping(item, "comments")) for item in _optional(value, "comments", list) or ()),
            url=_optional(value, "url", str),
            title=_optional(value, "title", str),
            lang=_optional(value, "lang", str),
            author=_optional(value, "author", str),
            published_at=_optional(value, "published_at", str),
            read_by=_optional(value, "read_by", str),
            warnings=tuple(
                Notice(_member(_mapping(item, "warnings"), "where", str), _member(_mapping(item, "warnings"), "what", str))
                for item in _optional(value, "warnings", list) or ()
            ),
        )


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RowError(f"{where}: expected an object, got {type(value).__name__}")
    return value


def _member(value: Mapping[str, Any], name: str, kind: type[T]) -> T:
    found = _optional(value, name, kind)
    if found is None:
        raise RowError(f'"{name}" is missing')
    return found


def _optional(value: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    found = value.get(name)
    if found is not None and (not isinstance(found, kind) or isinstance(found, bool)):
        raise RowError(f'"{name}" must be {kind.__name__} or null, got {type(found).__name__}')
    return found
