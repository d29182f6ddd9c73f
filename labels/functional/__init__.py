"""Functional cases of our own: what a toxicity model must not flag, beside what it must, in the languages of `text` in cases/.

Each template stands in cases/CATEGORY.toml with its labels and with `use`: "train" or "measure". A harmless template and its toxic
counterpart (a minimal pair) are on the same side, so that no measured wording has been trained on. A template with a slot such as
{group} is filled with every group of groups.toml; that is how a model's errors are counted group by group.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from labels import schema
from labels.errors import ConfigError

USES = ("train", "measure")
_HERE = files(__name__)
_SLOT = re.compile(r"\{(\w+)\}")
_KEYS = {"id": str, "use": str, "pair": str, "labels": dict, "groups": list, "text": dict}
_OPTIONAL = {"pair", "groups"}
_OUTPUTS = {output for head in schema.HEADS for output in head.names}


@dataclass(frozen=True, slots=True)
class Case:
    """One text with the labels that it must get."""

    id: str
    """Unique: template, language and group."""
    template: str
    category: str
    use: str
    """One of USES."""
    lang: str
    text: str
    group: str | None
    """Key of the group that the text speaks of, the same in every language; None if the template has no slot."""
    labels: Mapping[str, float]
    """Output of `labels.schema` -> 0 or 1; an output that is not named is unknown."""
    pair: str | None = None
    """Template of the counterpart: nearly the same words with the opposite label."""


def cases(use: str | None = None) -> Iterator[Case]:
    """All cases, or those of one use, in the order of the files. Raises ConfigError for an unknown use or a malformed file."""
    if use is not None and use not in USES:
        raise ConfigError(f'labels.functional: use "{use}" is none of {", ".join(USES)}')
    return (case for case in _all() if use is None or case.use == use)


@cache
def _all() -> tuple[Case, ...]:
    return tuple(read(_HERE))


def read(folder: Traversable) -> Iterator[Case]:
    """The cases of a folder that holds groups.toml and cases/. Raises ConfigError that names the file and the case."""
    groups = _parsed(folder / "groups.toml")
    if wrong := [key for key, forms in groups.items() if not isinstance(forms, dict)]:
        raise ConfigError(f"groups.toml: {', '.join(wrong)}: no table of languages")
    for path in sorted((folder / "cases").iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            for entry in _entries(path):
                where = f"{path.name}: case {entry.get('id', '(no id)')}"
                _check(entry, groups, where)
                yield from _expand(entry, path.name.removesuffix(".toml"), groups, where)


def _entries(path: Traversable) -> list[dict[str, Any]]:
    found = _parsed(path)
    entries = found.get("case")
    if found.keys() != {"case"} or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{path.name}: expected [[case]] tables and nothing else")
    return entries


def _parsed(path: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error


def _check(entry: Mapping[str, Any], groups: Mapping[str, Any], where: str) -> None:
    if unknown := entry.keys() - _KEYS.keys():
        raise ConfigError(f"{where}: unknown key {', '.join(sorted(unknown))}")
    for key, kind in _KEYS.items():
        if not isinstance(entry.get(key), kind) and not (key in _OPTIONAL and key not in entry):
            raise ConfigError(f'{where}: "{key}" is missing or no {kind.__name__}')
    if entry["use"] not in USES:
        raise ConfigError(f'{where}: use "{entry["use"]}" is none of {", ".join(USES)}')
    if unknown := set(entry["labels"]) - _OUTPUTS:
        raise ConfigError(f"{where}: no such output: {', '.join(sorted(unknown))}")
    if any(value not in (0, 1) for value in entry["labels"].values()):
        raise ConfigError(f"{where}: a label is neither 0 nor 1")
    if wrong := [lang for lang, text in entry["text"].items() if not isinstance(text, str) or not text.strip()]:
        raise ConfigError(f"{where}: text.{', text.'.join(wrong)}: no text")
    if strange := [key for key in entry.get("groups", ()) if not isinstance(key, str) or key not in groups]:
        raise ConfigError(f"{where}: no such group: {', '.join(map(str, strange))}")


def _expand(entry: Mapping[str, Any], category: str, groups: Mapping[str, Any], where: str) -> Iterator[Case]:
    labels = MappingProxyType({name: float(value) for name, value in entry["labels"].items()})
    for lang, template in entry["text"].items():
        keys = entry.get("groups", groups) if _SLOT.search(template) else (None,)
        for key in keys:
            forms = groups[key].get(lang) if key else None
            text = template if key is None else _filled(template, forms, f"{where}: {lang}: group {key}")
            yield Case(
                id=":".join(filter(None, (entry["id"], lang, key))),
                template=entry["id"],
                category=category,
                use=entry["use"],
                lang=lang,
                text=text,
                group=key,
                labels=labels,
                pair=entry.get("pair"),
            )


def _filled(template: str, forms: Any, where: str) -> str:
    def form(slot: re.Match[str]) -> str:
        found = forms.get(slot[1]) if isinstance(forms, dict) else forms
        if not isinstance(found, str):
            raise ConfigError(f"{where}: groups.toml has no form for {slot[0]}")
        return found

    text = _SLOT.sub(form, template)
    return text[:1].upper() + text[1:]
