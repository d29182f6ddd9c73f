"""Settings of the service: flags over environment over file over the packaged defaults; all wrong ones are reported at once."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labels.errors import ConfigError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Part):
    body_bytes: int = Field(gt=0)
    request_s: float = Field(gt=0)
    queue_comments: int = Field(gt=0)
    key_per_minute: int = Field(gt=0)
    login_per_minute: int = Field(gt=0)


class Scoring(_Part):
    batch_tokens: int = Field(gt=0)
    cache_entries: int = Field(ge=0)
    threads: int = Field(ge=0)


class Perspective(_Part):
    strict: bool
    unknown_language: Literal["score", "error"]
    store: bool
    priors: dict[str, float]


class Coral(_Part):
    secrets: tuple[str, ...]


class Webhooks(_Part):
    allow_private_targets: bool
    timeout_s: float = Field(gt=0)


class Retention(_Part):
    days: int = Field(ge=0)


class Cors(_Part):
    origins: tuple[str, ...]


class Settings(_Part):
    """See serve/defaults/serve.toml for what each one means."""

    database: str
    model: str
    policy: str = ""
    """A policy file; empty: the packaged one."""
    host: str
    port: int = Field(ge=0, le=65535)
    public_url: str
    log_texts: bool
    limits: Limits
    scoring: Scoring
    perspective: Perspective
    coral: Coral
    webhooks: Webhooks
    retention: Retention
    cors: Cors


def load(file: Path | None = None, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. `flags` may name parts as "limits.request_s". Raises ConfigError that lists every wrong one."""
    given = tomllib.loads(default("serve.toml"))
    if file is not None:
        _merge(given, _read(file))
    for name, text in (os.environ if environment is None else environment).items():
        if name.startswith("THREADWISE_") and (path := name.removeprefix("THREADWISE_").lower().split("__"))[0] in Settings.model_fields:
            _merge(given, _nested(path, _value(text)))
    for name, value in (flags or {}).items():
        if value is not None:
            _merge(given, _nested(name.split("."), _value(value) if isinstance(value, str) else value))
    try:
        return Settings(**given)
    except ValidationError as error:
        raise ConfigError("; ".join(_said(item["loc"], item["msg"], item["type"]) for item in error.errors())) from error


def default(name: str) -> str:
    """Text of a packaged default file: `serve.toml` or `policy.toml`."""
    return files("serve").joinpath("defaults", name).read_text(encoding="utf-8")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: {error}") from error


def _nested(path: list[str], value: object) -> dict[str, Any]:
    found: Any = value
    for name in reversed(path):
        found = {name: found}
    return dict(found)


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


def _value(text: str) -> object:
    """A list or table written as TOML; pydantic reads numbers and booleans out of plain text itself."""
    if not text.startswith(("[", "{")):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _said(place: tuple[int | str, ...], message: str, kind: str) -> str:
    name = ".".join(map(str, place))
    if kind != "extra_forbidden":
        return f"setting {name}: {message}"
    near = difflib.get_close_matches(name, _names(), n=1)
    return f"setting {name} is unknown" + (f"; did you mean {near[0]}?" if near else "")


def _names() -> list[str]:
    found = []
    for name, field in Settings.model_fields.items():
        part = field.annotation
        inner = part.model_fields if isinstance(part, type) and issubclass(part, BaseModel) else {}
        found += [name, *(f"{name}.{one}" for one in inner)]
    return found
