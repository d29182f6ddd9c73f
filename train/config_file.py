"""Reads and checks a configuration: a TOML file with those that it builds on, overrides, the plain form that a run keeps."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import tomllib
import types
import typing
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from labels.errors import ConfigError
from train.config import KEYS, RANGES, Config


def load(path: Path, overrides: Mapping[str, str] | None = None) -> Config:
    """The configuration in a TOML file; `overrides` maps dotted names (`fit.threads`) to TOML values.

    A file may name another one in `base`, whose values it overrides. Raises ConfigError for an unknown key, a value of a wrong type or
    out of its range, and files that name each other in a circle.
    """
    return _load(path, overrides or {}, ())


def _load(path: Path, overrides: Mapping[str, str], after: tuple[Path, ...]) -> Config:
    """`after`: the files that name this one in `before`, one the other."""
    values = _read(path, ())
    for name, text in overrides.items():
        _set(values, name, _value(text))
    found = from_json(values, str(path))
    if not found.before:
        return found
    before = path.parent / found.before
    start = found.backbone.start or _load(before, {}, _chain(after, path, before)).release
    return dataclasses.replace(found, before=str(before), backbone=dataclasses.replace(found.backbone, start=start))


def _chain(above: tuple[Path, ...], path: Path, named: Path) -> tuple[Path, ...]:
    """The files behind `named`, which `path` names. Raises ConfigError where it is one of them."""
    chain = (*above, path.resolve())
    if named.resolve() in chain:
        raise ConfigError(f"{path}: names {named}, which leads back to it")
    return chain


def from_json(values: Mapping[str, Any], where: str = "config") -> Config:
    """The Config of a plain mapping, as `to_json` gives it. Raises ConfigError as `load` does."""
    return typing.cast(Config, _build(Config, values, where))


def of_run(folder: Path) -> Config:
    """The configuration that a run's folder belongs to. Raises ConfigError where it holds none."""
    path = folder / "config.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))["config"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: no configuration of a run: {error}") from error
    return from_json(values, str(path))


def _read(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """`above`: the files that name this one in `base`, one the other."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    base = values.pop("base", None)
    if not base:
        return values
    below = path.parent / str(_scalar(str, base, f"{path}: base"))
    return _merged(_read(below, _chain(above, path, below)), values)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        both[key] = _merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both


def _set(values: dict[str, Any], name: str, value: object) -> None:
    *tables, last = name.split(".")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{name}: {table} is no table")
    values[last] = value


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _build(kind: Any, values: object, where: str) -> Any:
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where}: expected a table, got {type(values).__name__}")
    hints = typing.get_type_hints(kind)
    for key in values:
        require(key, hints, f"{where}: unknown key")
    try:
        built = kind(**{key: _cast(hints[key], value, f"{where}: {key}") for key, value in values.items()})
    except TypeError as error:
        raise ConfigError(f"{where}: {error}") from error
    for name, (low, high) in RANGES.get(kind, {}).items():
        given = getattr(built, name)
        for value in given.values() if isinstance(given, Mapping) else (given,):
            if not low <= value <= high:
                raise ConfigError(f"{where}: {name}: {value} is not {f'{low} to {high}' if high < math.inf else f'{low} or more'}")
    for name, keys in KEYS.get(kind, {}).items():
        for key in getattr(built, name):
            require(key, keys, f"{where}: {name}: unknown key")
    return built


def require(name: str, names: Collection[str], what: str) -> None:
    """Raises ConfigError that tells `what` and the nearest of the names, where `name` is none of them."""
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        raise ConfigError(f'{what} "{name}"' + (f'; did you mean "{near[0]}"?' if near else ""))


def _cast(kind: Any, value: object, where: str) -> Any:
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _build(kind, value, where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where}: expected a list")
        return tuple(_cast(typing.get_args(kind)[0], item, where) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: expected a table")
        inner = typing.get_args(kind)[1]
        return {str(key): _cast(inner, item, f"{where}.{key}") for key, item in value.items()}
    return _scalar(kind, value, where)


def _scalar(kind: type | types.UnionType, value: object, where: str) -> object:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(f"{where}: expected {getattr(kind, '__name__', kind)}, got {value!r}")
    return value
