"""Compositions: cutting utterances in frames that make them harmless or leave them as they are, for training only.

The same words are toxic bare and after "I repeat:", and harmless where somebody reports, condemns, denies or moderates them. The files
compose/LANG.toml hold, one a line, `cores` by kind (their labels stand in kinds.toml), `frames` and `plain` sentences with hard words.
A frame takes a whole sentence ({core}), a predicate ({noun}) or what can follow "that" ({clause}: a core that begins with a group).

>>> next(compositions()).use
'train'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import cycle
from types import MappingProxyType
from typing import Any
from zlib import crc32

from labels.errors import ConfigError
from labels.functional import Case

_HERE = files("labels.functional")
_SLOT = re.compile(r"\{(core|noun|clause)\}")
_GROUP = re.compile(r"\{(group|object)\}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence around a slot."""

    id: str
    text: str
    slot: str
    """core, noun or clause."""
    harmless: bool

    def around(self, words: str) -> str:
        text = self.text.replace(f"{{{self.slot}}}", words)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class _Core:
    id: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Language:
    name: str
    cores: Sequence[_Core]
    frames: Sequence[Frame]
    plain: Mapping[str, Sequence[str]]
    """harmless, toxic -> sentences that stand by themselves."""

    def fitting(self, slot: str) -> list[_Core]:
        if slot == "noun":
            return [core for core in self.cores if core.kind == "noun"]
        starts = "{group}" if slot == "clause" else ""
        return [core for core in self.cores if core.kind != "noun" and core.text.startswith(starts)]


def languages() -> tuple[str, ...]:
    """The languages that have frames."""
    return tuple(_all())


def frames(lang: str) -> tuple[Frame, ...]:
    """The frames of a language that take a whole sentence; none for a language that has no file."""
    found = _all().get(lang)
    return tuple(frame for frame in found.frames if frame.slot == "core") if found else ()


def compositions() -> Iterator[Case]:
    """Of every language the bare cores, the plain sentences, and the frames filled: always the same cases, half of them harmless."""
    labels = {kind: MappingProxyType({name: float(value) for name, value in given.items()}) for kind, given in _kinds().items()}
    for language in _all().values():
        for at, text, kind, group in _of(language):
            yield Case(
                id=f"compose:{language.name}:{at}",
                template=f"compose:{at.partition(':')[0]}",
                category="composed",
                use="train",
                lang=language.name,
                text=text,
                group=group,
                labels=labels[kind],
            )


def _of(language: _Language) -> Iterator[tuple[str, str, str, str | None]]:
    """(id, text, kind of labels, group). All that is toxic, then as much that is not, spread evenly over the frames."""
    groups = cycle(_groups())
    count = 0
    for frame in (Frame("bare", "{core}", "core", harmless=False), *(frame for frame in language.frames if not frame.harmless)):
        for core in language.fitting(frame.slot):
            yield _filled(frame, core, language.name, groups, core.kind)
            count += 1
    for kind, texts in language.plain.items():
        yield from ((f"plain-{kind}-{number}", text, kind, None) for number, text in enumerate(texts))
        count += len(texts) if kind == "toxic" else -len(texts)
    calm = sorted((frame for frame in language.frames if frame.harmless), key=lambda frame: len(language.fitting(frame.slot)))
    for number, frame in enumerate(calm):
        share = count // (len(calm) - number)
        fitting = sorted(language.fitting(frame.slot), key=lambda core: crc32(f"{frame.id}:{core.id}".encode()))[:share]
        count -= len(fitting)
        for core in fitting:
            yield _filled(frame, core, language.name, groups, "harmless")


def _filled(frame: Frame, core: _Core, lang: str, groups: Iterator[str], kind: str) -> tuple[str, str, str, str | None]:
    group = next(groups) if _GROUP.search(core.text) else None
    forms = _groups()[group][lang] if group else ""
    words = _GROUP.sub(lambda slot: forms if isinstance(forms, str) else forms[slot[1]], core.text)
    if frame.slot == "core":
        words = words[:1].upper() + words[1:]
    return ":".join(filter(None, (frame.id, core.id, group))), frame.around(words), kind, group


@cache
def _groups() -> dict[str, Any]:
    return tomllib.loads((_HERE / "groups.toml").read_text(encoding="utf-8"))


@cache
def _kinds() -> dict[str, dict[str, int]]:
    return tomllib.loads((_HERE / "kinds.toml").read_text(encoding="utf-8"))


@cache
def _all() -> dict[str, _Language]:
    paths = sorted((_HERE / "compose").iterdir(), key=lambda path: path.name)
    return {path.name.removesuffix(".toml"): read(path) for path in paths if path.name.endswith(".toml")}


def read(path: Traversable) -> _Language:
    """One language's file. Raises ConfigError that names the file and what is wrong in it."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        cores, bodies, plain = ({key: _lines(text) for key, text in found[part].items()} for part in ("cores", "frames", "plain"))
        if unknown := (cores.keys() | plain.keys()) - _kinds().keys() | bodies.keys() - {"harmless", "endorsing"}:
            raise ConfigError(f"{path.name}: unknown key {', '.join(sorted(unknown))}")
        return _Language(
            path.name.removesuffix(".toml"),
            [_Core(f"{kind}-{number}", kind, text) for kind, texts in cores.items() for number, text in enumerate(texts)],
            [_frame(f"{kind}-{number}", text, path.name) for kind, texts in bodies.items() for number, text in enumerate(texts)],
            plain,
        )
    except (KeyError, AttributeError, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: {error!r}") from error


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _frame(at: str, text: str, where: str) -> Frame:
    slots = _SLOT.findall(text)
    if len(slots) != 1:
        raise ConfigError(f'{where}: frames: "{text}": exactly one of {{core}}, {{noun}}, {{clause}} is needed')
    return Frame(at, text, slots[0], harmless=at.startswith("harmless"))
