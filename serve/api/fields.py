"""The `fields` parameter of Google's interfaces: which members of an answer are wanted, such as `languages,attributeScores(TOXICITY)`."""

from __future__ import annotations

import re
from typing import Any

_Tree = dict[str, Any]
"""Member -> what is wanted of it; empty: all."""


def trimmed(value: Any, mask: str) -> Any:
    """The value with the wanted members only, in a list those of each item."""
    return _cut(value, _read(mask))


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
