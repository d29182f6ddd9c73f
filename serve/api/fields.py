"""The `fields` parameter of Google's interfaces: which members of an answer are wanted, such as `languages,attributeScores(TOXICITY)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_Tree = dict[str, Any]
"""Member -> what is wanted of it; empty: all."""


class Form(NamedTuple):
    """What an answer may hold: the schemas of a discovery document, and whether the maps in it may have a name."""

    schemas: Mapping[str, Any]
    has: Callable[[str], bool]


def trimmed(value: Any, mask: str) -> Any:
    """The value with the wanted members only, in a list those of each item."""
    return _cut(value, _read(mask))


def strangers(mask: str, schema: str, form: Form) -> list[str]:
    """The paths of a mask that no answer of this schema has, such as `attributeScores.TOXICITY.sum`; empty: it fits."""
    return list(_strange(_read(mask), [{"$ref": schema}], form, ()))


def _strange(tree: _Tree, kinds: Sequence[Mapping[str, Any]], form: Form, above: tuple[str, ...]) -> Iterator[str]:
    for name, wanted in tree.items():
        path = (*above, name)
        if found := [member for kind in kinds for member in _members(kind, name, form)]:
            yield from _strange(wanted, found, form, path)
        else:
            yield ".".join(path)


def _members(kind: Mapping[str, Any], name: str, form: Form) -> list[Mapping[str, Any]]:
    """The schemas of what a value has under a name, in a list those of an item; several for `*`, none where it has no such member."""
    if "$ref" in kind:
        return _members(form.schemas[kind["$ref"]], name, form)
    if "items" in kind:
        return _members(kind["items"], name, form)
    if "additionalProperties" in kind:
        return [kind["additionalProperties"]] if name == "*" or form.has(name) else []
    members = kind.get("properties", {})
    return list(members.values()) if name == "*" else [members[name]] if name in members else []


def _read(mask: str) -> _Tree:
    """`a/b`, `a.b` and `a(b)` all mean member b of a."""
    tree: _Tree = {}
    open_, at = [tree], tree
    for token in re.findall(r"[^,()/.\s]+|[,()]", mask):
        match token:
            case "(":
                open_.append(at)
            case ")":
                open_ = open_[:-1] or [tree]
            case ",":
                at = open_[-1]
            case name:
                at = at.setdefault(name, {})
    return tree


def _cut(value: Any, tree: _Tree) -> Any:
    if isinstance(value, list):
        return [_cut(item, tree) for item in value]
    if not isinstance(value, dict) or not tree:
        return value
    if "*" in tree:
        tree = dict.fromkeys(value, tree["*"])
    return {name: _cut(item, tree[name]) for name, item in value.items() if name in tree}
