"""Settings of the service: flags over environment over file over the packaged defaults; all wrong ones are reported at once."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError, TomlConfigSettingsSource

from labels.errors import ConfigError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_DATABASES = ("sqlite:", "postgresql+psycopg:")


class Limits(_Part):
    body_bytes: int = Field(gt=0)
    request_s: float = Field(gt=0)
    queue_comments: int = Field(gt=0)
    key_per_minute: int = Field(gt=0)
    login_per_minute: int = Field(gt=0)
    refusals_per_minute: int = Field(gt=0)


class Scoring(_Part):
    batch_tokens: int = Field(gt=0)
    cache_entries: int = Field(ge=0)
    threads: int = Field(ge=0)


class Perspective(_Part):
    strict: bool
    unknown_language: Literal["score", "error"]
    store: bool
    balanced: bool


class Coral(_Part):
    secrets: tuple[str, ...]
    store: bool


class Webhooks(_Part):
    allow_private_targets: bool
    timeout_s: float = Field(gt=0)


class Retention(_Part):
    days: int = Field(ge=0)


class Cors(_Part):
    origins: tuple[str, ...]


class Settings(BaseSettings):
    """See serve/defaults/serve.toml for what each one means. Made by `load`, which says what goes before what."""

    model_config = SettingsConfigDict(env_prefix="THREADWISE_", env_nested_delimiter="__", extra="forbid", frozen=True)

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

    @field_validator("database")
    @classmethod
    def _a_database_that_is_known(cls, url: str) -> str:
        if not url.startswith(_DATABASES):
            raise ValueError(f"{url.partition(':')[0]} is not known; use sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
        return url

    @field_validator("policy")
    @classmethod
    def _a_policy_that_is_there(cls, file: str) -> str:
        if file and not Path(file).is_file():
            raise ValueError(f"there is no file {file}")
        return file

    def shown(self) -> dict[str, Any]:
        """For the log: secrets are counted, a password in the database's URL is hidden."""
        values = self.model_dump()
        values["coral"]["secrets"] = len(self.coral.secrets)
        values["database"] = re.sub(r"(?<=:)[^:@/]+(?=@)", "***", self.database)
        return values


def load(file: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force. `flags` may name parts as "limits.request_s". Raises ConfigError that lists every wrong one."""
    if file is not None and not file.is_file():
        raise ConfigError(f"{file}: there is no such file")

    class Given(Settings):
        @classmethod
        def settings_customise_sources(cls, settings_cls: type[BaseSettings], *given: Any, **sources: Any) -> tuple[Any, ...]:
            files = [path for path in (file, _folder() / "serve.toml") if path is not None]
            return sources["init_settings"], sources["env_settings"], *(TomlConfigSettingsSource(settings_cls, path) for path in files)

    try:
        return Given(**_nested({**_named(os.environ), **(flags or {})}))
    except ValidationError as error:
        raise ConfigError("; ".join(_said(item["loc"], item["msg"], item["type"]) for item in error.errors())) from error
    except (SettingsError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file or 'environment'}: {error}") from error


def default(name: str) -> str:
    """Text of a packaged default file: `serve.toml` or `policy.toml`."""
    return (_folder() / name).read_text(encoding="utf-8")


def _folder() -> Path:
    return Path(str(files("serve").joinpath("defaults")))


def _named(environment: Mapping[str, str]) -> dict[str, Any]:
    """The one variable that is a list without being JSON."""
    secrets = environment.get("THREADWISE_CORAL_SECRETS")
    return {"coral.secrets": tuple(secrets.split(","))} if secrets else {}


def _nested(flags: Mapping[str, Any]) -> dict[str, Any]:
    """`{"limits.request_s": 5}` as `{"limits": {"request_s": 5}}`; what is None is not given."""
    found: dict[str, Any] = {}
    for name, value in flags.items():
        *parents, last = name.split(".")
        at = found
        for parent in parents:
            at = at.setdefault(parent, {})
        if value is not None:
            at[last] = _value(value) if isinstance(value, str) else value
    return found


def _value(text: str) -> object:
    """A list written as TOML; pydantic reads numbers and booleans out of plain text itself."""
    if not text.startswith("["):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _said(place: tuple[int | str, ...], message: str, kind: str) -> str:
    name = ".".join(map(str, place))
    if kind != "extra_forbidden":
        return f"setting {name}: {message.removeprefix('Value error, ')}"
    near = difflib.get_close_matches(name, _names(), n=1)
    return f"setting {name} is unknown" + (f"; did you mean {near[0]}?" if near else "")


def _names() -> list[str]:
    found = []
    for name, field in Settings.model_fields.items():
        part = field.annotation
        inner = part.model_fields if isinstance(part, type) and issubclass(part, BaseModel) else {}
        found += [name, *(f"{name}.{one}" for one in inner)]
    return found
