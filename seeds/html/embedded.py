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
from itertools import islice
from typing import Any

from seeds.html import times
from seeds.html.tree import Element, Page, flatten, parse
from seeds.replies import RawComment

LINKED = ("application/ld+json", "application/activity+json")
_TYPES = frozenset(["comment", "usercomments", "answer", "discussionforumposting", "socialmediaposting", "note"])
_ARTICLES = ("article", "posting", "question", "report", "recipe", "note")
"""Ends of the types that an article, or the post that opens a discussion, may have."""
_LEAD = re.compile(r"(?:\s+|<!--|(?://|/\*)?\s{0,9}<!\[CDATA\[(?:\s{0,9}\*/)?|//[^\n]*\n|/\*.*?\*/)*+", re.DOTALL)
"""What may stand before the JSON of a script: comments, and what hides the script from old browsers."""
_ASSIGNED = re.compile(r"=\s{0,9}(?:(?=\{\s{0,99}\"|\[\s{0,99}[{\[])|(JSON\.parse\(\s{0,9})(?=[\"']))")
_MAX_ASSIGNED = 20
_STRING = re.compile(r""""((?:[^"\\]+|\\.)*+)"|'((?:[^'\\]+|\\.)*+)'""", re.DOTALL)
_ESCAPE = re.compile(r"""\\x([0-9a-fA-F]{2})|\\([^"\\/bfnrtux])|\\.|(")""", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)
_UNDEFINED = re.compile(r"""("(?:[^"\\]+|\\.)*+"?)|\bundefined\b""", re.DOTALL)
_NULL = "null".ljust(len("undefined"))
_SURROGATE = re.compile(r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""A half of a character; group 1: what only looks like one."""
_VARYING = re.compile(r"\d+|(?<=\w:)[^.\[\]]+")
"""Numbers in a path, and the ids of an Apollo cache ("Comment:ab12")."""
_CALLED = re.compile(r"(?:comment|repl(?:y|ies))\w*(?:\.\w+)?[\[:.]0[^.]*(?:\.\w+)?$", re.IGNORECASE)
"""The pattern of a path whose list is called so: "comments.items[0]"."""
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
_WRITER = ("author", "creator", "attributedTo")
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
_BODY = ("articleBody", "text", "content", "contentMap")
_MAX_STATE = 8_000_000
_MAX_VALUES = 400_000


@dataclass(frozen=True, slots=True)
class Item:
    """A comment in JSON and the path to it."""

    raw: RawComment
    where: str


def linked_data(root: Element) -> list[Item]:
    """The comments of the page's JSON-LD."""
    values = list(_linked_values(root))
    opening = _subject(values)
    found: list[Item] = []
    for number, value in enumerate(values, start=1):
        found += _comments(value, f"ld+json {number}", lambda each: each is not opening and _is_typed(each))
    name = _identity(opening)
    return [replace(item, raw=replace(item.raw, reply_id=None)) if name and item.raw.reply_id == name else item for item in found]


def subject(root: Element) -> Mapping[str, Any]:
    """What the page's JSON-LD is about: its article, or the question or post that opens a discussion. Empty where it names none."""
    return _subject(list(_linked_values(root))) or {}


def body(value: Mapping[str, Any]) -> str:
    """The words of a `subject`."""
    return plain(_words(value, _BODY) or "")


def author(value: Mapping[str, Any]) -> str | None:
    """Who wrote a `subject`."""
    return _person(value, _WRITER)


def kind(script: Element) -> str:
    """The type of a script without its parameters, in lower case."""
    return (script.get("type") or "").partition(";")[0].strip().lower()


def _linked_values(root: Element) -> Iterator[Any]:
    """The value of each script of JSON-LD; None for one that cannot be read."""
    return (loaded(script.text or "") for script in root.iter("script") if kind(script) in LINKED)


def _subject(values: Sequence[Any]) -> Mapping[str, Any] | None:
    """Articles before posts: a page of an article may list its comments as posts."""
    tops = [each for value in values for each in _tops(value)]
    found = [each for each in tops if any(name.endswith(_ARTICLES) for name in _kinds(each)) and not any(map(each.get, _PARENT))]
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


def state(root: Element) -> list[Item]:
    """The largest list of comments in the data that the page's scripts start from; one that stands alone must be called a comment."""
    best: list[Item] = []
    for name, value in _states(root):
        found = _comments(value, name, _is_like_comment)
        groups = Counter(_pattern(item.where) for item in found)
        if groups:
            last = _last(max(groups, key=lambda pattern: (groups[pattern], _is_called(pattern))))
            kept = [item for item in found if _pattern(item.where).endswith(last) or f"{last}." in _pattern(item.where)]
            best = max(best, kept, key=lambda items: (len(items), bool(items) and _is_called(_pattern(items[0].where))))
    return best if len(best) > 1 or (best and _is_called(_pattern(best[0].where))) else []


def _is_called(pattern: str) -> bool:
    return _CALLED.search(pattern) is not None


def _last(pattern: str) -> str:
    return pattern.rsplit(".", 1)[-1]


def _pattern(where: str) -> str:
    return _VARYING.sub("0", where)


def _states(root: Element) -> Iterator[tuple[str, Any]]:
    for number, script in enumerate(root.xpath("//script[not(@src)]"), start=1):
        text = script.text or ""
        if kind(script) in LINKED or len(text) < 200:
            continue
        for value in [loaded(text)] if kind(script).endswith("json") else _assigned(text):
            if value is not None:
                yield f"script {number}", _resolved(value) if '"__ref"' in text else value
    for element in root.xpath("//*[@data-preloaded or @data-state or @data-props or @data-initial-state]"):
        for name in ("data-preloaded", "data-state", "data-props", "data-initial-state"):
            if (value := loaded(element.get(name) or "")) is not None:
                yield f"@{name}", _unpacked(value)


def _assigned(text: str) -> Iterator[Any]:
    """The values that a script assigns: JSON written out, or a string of JSON that it parses."""
    if len(text) > _MAX_STATE:
        return
    text, end = _whole(text), 0
    for match in islice(_ASSIGNED.finditer(text), _MAX_ASSIGNED):
        if match.start() < end:
            continue  # inside the value before
        if match[1] is None:
            value, end = _decoded(text, match.end())
            yield value
        elif said := _STRING.match(text, match.end()):
            end = said.end()
            yield loaded(_unquoted(said[1] or said[2] or ""))


def _unquoted(text: str) -> str:
    """The value of a string of JavaScript, given without its quotes."""
    written = _ESCAPE.sub(lambda found: f"\\u00{found[1]}" if found[1] else found[2] or (found[3] and '\\"') or found[0], text)
    value, _ = _decoded(f'"{written}"', 0)
    return value or ""


def _resolved(value: Any) -> Any:
    """The state with the persons and parents that it names by reference in their places, as Apollo keeps them apart."""
    objects: list[dict[str, Any]] = []
    stack = [value]
    while stack and len(objects) < _MAX_VALUES:
        inner = stack.pop()
        if isinstance(inner, dict):
            objects.append(inner)
        stack += [each for each in (inner.values() if isinstance(inner, dict) else inner) if isinstance(each, dict | list)]
    entities = {key: inner for each in objects for key, inner in each.items() if isinstance(inner, dict) and "__typename" in inner}
    for each in objects:
        for key in (*_AUTHOR, *_PARENT):
            named = each.get(key)
            if isinstance(named, dict) and (entity := entities.get(str(named.get("__ref")))):
                each[key] = {name: held for name, held in entity.items() if not isinstance(held, dict | list)}  # no circles
    return value


def _unpacked(value: Any) -> Any:
    """An object whose values are JSON once more, as Discourse packs them."""
    if isinstance(value, dict):
        return {name: loaded(inner) or inner if isinstance(inner, str) and inner[:1] in "{[" else inner for name, inner in value.items()}
    return value


def loaded(text: str) -> Any:
    """The object or list that a text begins with; None where it is no JSON or too long."""
    if len(text) > _MAX_STATE:
        return None
    lead = _LEAD.match(text)
    begin = lead.end() if lead else 0
    return _decoded(_whole(text), begin)[0] if text.startswith(("{", "["), begin) else None


def _whole(text: str) -> str:
    """JSON in which half a character is one that is unknown: no text may hold a half."""
    return _SURROGATE.sub(lambda found: found[1] or r"\ufffd", text)


def _decoded(text: str, begin: int) -> tuple[Any, int]:
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
    if _TYPES.isdisjoint(_kinds(value)) or _words(value) is None or _is_opening(value):
        return False
    return _person(value) is not None or _moment(value) is not None  # answers of a list of questions have neither


def _kinds(value: Mapping[str, Any]) -> list[str]:
    """The types of an object in JSON-LD, without their vocabulary, in lower case."""
    given = value.get("@type") or value.get("type") or ""
    return [str(name).rsplit("/", 1)[-1].lower() for name in (given if isinstance(given, list) else [given])]


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


def _words(value: Mapping[str, Any], keys: Sequence[str] = _TEXT) -> str | None:
    for key in keys:
        found = value.get(key)
        if isinstance(found, dict) and key == "contentMap":
            found = next(iter(found.values()), None)  # the same words in each language
        if isinstance(found, dict):
            found = found.get("html") or found.get("text") or found.get("rendered")
        if isinstance(found, str) and found.strip():
            return found
    return None


def _person(value: Mapping[str, Any], keys: Sequence[str] = _AUTHOR) -> str | None:
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
