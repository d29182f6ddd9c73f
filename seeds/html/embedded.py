"""Comments in the JSON that a page carries: JSON-LD (schema.org, ActivityStreams) and the state that its scripts start from.

A comment in JSON is an object with words, and with a person or a time beside them. An answer stands inside the answered one or names its id.
Nothing recurses: JSON nests as deep as its writer likes.
"""  # noqa: E501

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seeds.html import times
from seeds.html.tree import Element, Page, flatten, parse
from seeds.replies import RawComment

_LINKED = ("application/ld+json", "application/activity+json")
_TYPES = frozenset(["comment", "usercomments", "answer", "discussionforumposting", "socialmediaposting", "note"])
_STATE = re.compile(r"^\s*(?:(?:var|let|const)\s+)?[\w.$\[\]\"']{1,80}\s*=\s*(?=[{\[])")
_TEXT = (
    "text",
    "commentText",
    "articleBody",
    "content",
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
_AUTHOR = (
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
_PARENT = ("parentItem", "inReplyTo", "parent_id", "parentId", "parentID", "parent", "reply_to_post_number", "in_reply_to_id", "replyTo")
_ID = ("@id", "id", "identifier", "_id", "commentId", "comment_id", "post_number", "url")
_MAX_STATE = 8_000_000
_MAX_VALUES = 400_000


@dataclass(frozen=True, slots=True)
class Item:
    """A comment in JSON and the path to it."""

    raw: RawComment
    where: str


def linked_data(root: Element) -> list[Item]:
    """The comments of the page's JSON-LD."""
    found: list[Item] = []
    for number, script in enumerate(root.xpath(" | ".join(f"//script[@type='{kind}']" for kind in _LINKED)), start=1):
        if (value := loaded(script.text or "")) is not None:
            found += _comments(value, f"ld+json {number}", _is_typed)
    return found


def state(root: Element) -> list[Item]:
    """The largest list of comments in the data that the page's scripts start from."""
    best: list[Item] = []
    for name, value in _states(root):
        groups = Counter[str]()
        found = _comments(value, name, _is_like_comment)
        groups.update(_pattern(item.where) for item in found)
        if groups:
            usual, _ = groups.most_common(1)[0]
            last = _last(usual)
            kept = [item for item in found if _pattern(item.where).endswith(last) or f"{last}." in _pattern(item.where)]
            best = max(best, kept, key=len)
    return best if len(best) > 1 else []


def _last(pattern: str) -> str:
    return pattern.rsplit(".", 1)[-1]


def _pattern(where: str) -> str:
    return re.sub(r"\d+", "0", where)


def _states(root: Element) -> Iterator[tuple[str, Any]]:
    for number, script in enumerate(root.xpath("//script[not(@src)]"), start=1):
        text = script.text or ""
        if script.get("type") in _LINKED or len(text) < 200:
            continue
        start = _STATE.match(text)
        if (script.get("type") or "").endswith("json") or start:
            value = loaded(text[start.end() :] if start else text)
            if value is not None:
                yield f"script {number}", value
    for element in root.xpath("//*[@data-preloaded or @data-state or @data-props or @data-initial-state]"):
        for name in ("data-preloaded", "data-state", "data-props", "data-initial-state"):
            if (value := loaded(element.get(name) or "")) is not None:
                yield f"@{name}", _unpacked(value)


def _unpacked(value: Any) -> Any:
    """An object whose values are JSON once more, as Discourse packs them."""
    if isinstance(value, dict):
        return {name: loaded(inner) or inner if isinstance(inner, str) and inner[:1] in "{[" else inner for name, inner in value.items()}
    return value


def loaded(text: str) -> Any:
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip()
    if not text or len(text) > _MAX_STATE or text[0] not in "{[":
        return None
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value


def _comments(value: Any, name: str, is_comment: Any) -> list[Item]:
    """Comment objects in document order, an inner one with the position of the comment around it as its parent."""
    found: list[Item] = []
    stack: list[tuple[Any, str, int | None]] = [(value, name, None)]
    seen = 0
    while stack and seen < _MAX_VALUES:
        value, where, outer = stack.pop()
        seen += 1
        if isinstance(value, dict):
            if is_comment(value):
                found.append(Item(_raw(value, outer), where))
                outer = len(found) - 1
            stack += [
                (inner, f"{where}.{key}", outer)
                for key, inner in reversed(value.items())
                if isinstance(inner, dict | list) and key not in _PARENT
            ]
        elif isinstance(value, list):
            stack += [(inner, f"{where}[{at}]", outer) for at, inner in reversed(list(enumerate(value))) if isinstance(inner, dict | list)]
    return found


def _is_typed(value: Mapping[str, Any]) -> bool:
    kinds = value.get("@type") or value.get("type") or ""
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(str(name).rsplit("/", 1)[-1].lower() in _TYPES for name in names) and _words(value) is not None and not _is_opening(value)


def _is_opening(value: Mapping[str, Any]) -> bool:
    """Whether it is the discussion itself, which holds the comments."""
    return any(key in value for key in ("headline", "mainEntityOfPage")) or (
        isinstance(value.get("comment"), list) and "parentItem" not in value and "Posting" in str(value.get("@type"))
    )


def _is_like_comment(value: Mapping[str, Any]) -> bool:
    return _words(value) is not None and _person(value) is not None and _moment(value) is not None


def _raw(value: Mapping[str, Any], outer: int | None) -> RawComment:
    stamp = times.of_value(_moment(value) or "")
    parent = next((_identity(value[key]) for key in _PARENT if value.get(key)), None)
    return RawComment(
        text=plain(_words(value) or ""),
        id=_identity(value),
        author=_person(value),
        created_at=stamp.written if stamp else None,
        created_at_raw=_moment(value),
        reply_id=parent,
        reply_index=None if parent else outer,
    )


def linked(items: Sequence[Item]) -> list[Item]:
    """Without parents that are not among the comments: the article itself."""
    names = {item.raw.id for item in items}
    return [replace(item, raw=replace(item.raw, reply_id=None)) if item.raw.reply_id not in names else item for item in items]


def _words(value: Mapping[str, Any]) -> str | None:
    for key in _TEXT:
        found = value.get(key)
        if isinstance(found, dict):
            found = found.get("html") or found.get("text") or found.get("rendered")
        if isinstance(found, str) and found.strip():
            return found
    return None


def _person(value: Mapping[str, Any]) -> str | None:
    for key in _AUTHOR:
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


def _moment(value: Mapping[str, Any]) -> str | None:
    for key in _TIME:
        found = value.get(key)
        if isinstance(found, str | int | float) and not isinstance(found, bool) and times.of_value(str(found)):
            return str(found)
    return None


def _identity(value: Any) -> str | None:
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
