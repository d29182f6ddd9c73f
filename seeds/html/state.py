"""The data that a page's scripts start from, in scripts and in attributes: comments where the page itself shows no words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from seeds.html import objects, scripts
from seeds.html.objects import Item
from seeds.html.tree import Element, Page

_ASSIGNED = re.compile(r"=\s{0,9}(?:(?=\{\s{0,99}\"|\[\s{0,99}[{\[])|(JSON\.parse\(\s{0,9})(?=[\"']))")
_HELD = ("data-preloaded", "data-state", "data-props", "data-initial-state")
_MAX_ASSIGNED = 20
_STRING = re.compile(r""""((?:[^"\\]+|\\.)*+)"|'((?:[^'\\]+|\\.)*+)'""", re.DOTALL)
_ESCAPE = re.compile(r"""\\x([0-9a-fA-F]{2})|\\([^"\\/bfnrtux])|\\.|(")""", re.DOTALL)
_VARYING = re.compile(r"\d+|(?<=\w:)[^.\[\]]+")
"""Numbers in a path, and the ids of an Apollo cache ("Comment:ab12")."""
_CALLED = re.compile(r"(?:comment|repl(?:y|ies))\w*(?:\.\w+)?[\[:.]0[^.]*(?:\.\w+)?$", re.IGNORECASE)
"""The pattern of a path whose list is called so: "comments.items[0]"."""


def comments(page: Page) -> list[Item]:
    """The largest list of comments in the data that the page's scripts start from; one that stands alone must be called a comment."""
    best: list[Item] = []
    for name, value in _states(page):
        found = objects.comments(value, name, _is_like_comment)
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


def _states(page: Page) -> Iterator[tuple[str, Any]]:
    written = [script for script in page.root.iter("script") if script.get("src") is None]
    for number, script in enumerate(written, start=1):
        text = script.text or ""
        if scripts.kind(script) in scripts.LINKED or len(text) < 200:
            continue
        for value in _written(script, text):
            if value is not None:
                yield f"script {number}", _resolved(value) if '"__ref"' in text else value
    if streamed := [script.text for script in written if "__next_f" in (script.text or "")]:
        yield "stream", scripts.streamed(streamed)
    for name in _HELD:
        for node in page.having(f"[{name}"):
            if (value := scripts.loaded(page.attributes[node][name])) is not None:
                yield f"@{name}", _unpacked(value)


def _written(script: Element, text: str) -> Iterable[Any]:
    """The values that a script holds."""
    if not scripts.kind(script).endswith("json"):
        return chain([scripts.called(text)], _assigned(text))
    value = scripts.loaded(text)
    return [scripts.unflattened(value) if script.get("id") == "__NUXT_DATA__" and isinstance(value, list) else value]


def _assigned(text: str) -> Iterator[Any]:
    """The values that a script assigns: JSON written out, or a string of JSON that it parses."""
    if len(text) > scripts.MAX_CHARS:
        return
    text, end = scripts.whole(text), 0
    for match in islice(_ASSIGNED.finditer(text), _MAX_ASSIGNED):
        if match.start() < end:
            continue  # inside the value before
        if match[1] is None:
            value, end = scripts.decoded(text, match.end())
            yield value
        elif said := _STRING.match(text, match.end()):
            end = said.end()
            yield scripts.loaded(_unquoted(said[1] or said[2] or ""))


def _unquoted(text: str) -> str:
    """The value of a string of JavaScript, given without its quotes."""
    written = _ESCAPE.sub(lambda found: f"\\u00{found[1]}" if found[1] else found[2] or (found[3] and '\\"') or found[0], text)
    value, _ = scripts.decoded(f'"{written}"', 0)
    return value or ""


def _resolved(value: Any) -> Any:
    """The state with the persons and parents that it names by reference in their places, as Apollo keeps them apart."""
    every: list[dict[str, Any]] = []
    stack = [value]
    while stack and len(every) < objects.MAX_VALUES:
        inner = stack.pop()
        if isinstance(inner, dict):
            every.append(inner)
        stack += [each for each in (inner.values() if isinstance(inner, dict) else inner) if isinstance(each, dict | list)]
    entities = {key: inner for each in every for key, inner in each.items() if isinstance(inner, dict) and "__typename" in inner}
    for each in every:
        for key in (*objects.AUTHOR, *objects.PARENT):
            named = each.get(key)
            if isinstance(named, dict) and (entity := entities.get(str(named.get("__ref")))):
                each[key] = {name: held for name, held in entity.items() if not isinstance(held, dict | list)}  # no circles
    return value


def _unpacked(value: Any) -> Any:
    """An object whose values are JSON once more, as Discourse packs them."""
    if isinstance(value, dict):
        return {
            name: scripts.loaded(inner) or inner if isinstance(inner, str) and inner[:1] in "{[" else inner for name, inner in value.items()
        }
    return value


def _is_like_comment(value: Mapping[str, Any]) -> bool:
    return objects.words(value) is not None and objects.person(value) is not None and objects.moment(value) is not None
