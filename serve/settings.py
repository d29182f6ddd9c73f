"""Settings of the service: flags over environment over file over the packaged defaults; all wrong ones are reported at once."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AnyUrl, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, InitSettingsSource, SettingsConfigDict

from labels.errors import ConfigError, StoreError
from train import release

_PREFIX = "THREADWISE_"
_SECRETS = "THREADWISE_CORAL_SECRETS"
"""The one variable that is a list without being JSON."""
_OF_TESTS = ("THREADWISE_PICTURES", "THREADWISE_REQUIRE_ALL", "THREADWISE_SCHEMATHESIS")
"""Variables that are no settings: the tests read them, in whose process settings are loaded too."""


def _address(url: str) -> str:
    """As browsers write it: small letters, no port that goes without saying, no slash at the end. Raises ValueError, without the words of
    the URL: it may hold a password."""
    try:
        found = AnyUrl(url)
    except ValidationError:
        raise ValueError("no address such as https://comments.example.org") from None
    if not found.host or found.username or found.password or found.query or found.fragment:
        raise ValueError("no address such as https://comments.example.org")
    return str(found).rstrip("/")


def _public(url: str) -> str:
    address = _address(url) if url else ""
    if address and not address.startswith(("https://", "http://")):
        raise ValueError("begins with neither https:// nor http://")
    return address


def _origin(url: str) -> str:
    """An origin, or * for all. A path or a * within a name would be compared letter by letter, and let nobody in. Raises ValueError."""
    if url == "*":
        return url
    origin = _address(url)
    if "*" in origin or "/" in origin.partition("://")[2]:
        raise ValueError("no origin such as https://news.example")
    return origin


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Limits(_Part):
    body_bytes: int = Field(gt=0)
    request_s: float = Field(gt=0)
    queue_comments: int = Field(gt=0)
    key_per_minute: int = Field(gt=0)
    login_per_minute: int = Field(gt=0)
    login_per_minute_of_address: int = Field(gt=0)
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
    # Anyone can sign with an empty secret.
    secrets: tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)], ...]
    store: bool


class Webhooks(_Part):
    allow_private_targets: bool
    timeout_s: float = Field(gt=0, le=3_600)


class Retention(_Part):
    days: int = Field(ge=0, le=36_500)


class Cors(_Part):
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...]


class Settings(BaseSettings):
    """See serve/defaults/serve.toml for what each one means. Made by `load`, which says what goes before what."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    database: str
    model: str
    policy: str = ""
    """A policy file; empty: the packaged one."""
    host: str = Field(min_length=1)
    port: int = Field(ge=0, le=65535)
    public_url: Annotated[str, AfterValidator(_public)]
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
        from serve.store.database import connect  # the store reads packaged files by this module

        try:
            connect(url).dispose()  # opens nothing
        except StoreError as error:
            raise ValueError(str(error).removeprefix("database: ")) from error
        return url

    @field_validator("model")
    @classmethod
    def _a_model_that_is_there(cls, name: str) -> str:
        if name not in release.PACKAGED and not (Path(name) / release.MANIFEST).is_file():
            raise ValueError(
                f'"{name}" is neither the folder of a release nor one that comes with Threadwise: {", ".join(release.PACKAGED)}'
            )
        return name

    @field_validator("policy")
    @classmethod
    def _a_policy_that_is_there(cls, file: str) -> str:
        if file and not Path(file).is_file():
            raise ValueError(f"there is no file {file}")
        return file

    def shown(self) -> dict[str, Any]:
        """For the log: secrets are counted, the database's URL is shown without any."""
        from serve.store.database import shown

        values = self.model_dump()
        values["coral"]["secrets"] = len(self.coral.secrets)
        values["database"] = shown(self.database)
        return values


class _Environment(EnvSettingsSource):
    """A variable that should be JSON and is none stays text, and is refused with all else that is wrong."""

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def load(file: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force. `flags` may name parts as "limits.request_s". Raises ConfigError that lists every wrong one."""
    wrong = _strangers(os.environ)
    tables = [tomllib.loads(default("serve.toml"))]
    if file is not None:
        try:
            tables.insert(0, tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            wrong.append(f"{file}: {(isinstance(error, OSError) and error.strerror) or error}")

    class Given(Settings):
        @classmethod
        def settings_customise_sources(cls, settings_cls: type[BaseSettings], *given: Any, **sources: Any) -> tuple[Any, ...]:
            return sources["init_settings"], _Environment(settings_cls), *(InitSettingsSource(settings_cls, table) for table in tables)

    given = {**_named(os.environ), **{name: value for name, value in (flags or {}).items() if value is not None}}
    whole = [name for name in given if any(other.startswith(f"{name}.") for other in given)]
    wrong += [f"setting {name}: it is given whole and in parts" for name in whole]
    try:
        found = Given(**_nested({name: value for name, value in given.items() if name not in whole}))
    except ValidationError as error:
        wrong += [_said(item["loc"], item["msg"], item["type"]) for item in error.errors()]
        raise ConfigError("; ".join(wrong)) from error
    if wrong:
        raise ConfigError("; ".join(wrong))
    return found


def default(name: str) -> str:
    """Text of a packaged default file: `serve.toml` or `policy.toml`."""
    return (_folder() / name).read_text(encoding="utf-8")


def _folder() -> Path:
    return Path(str(files("serve").joinpath("defaults")))


def _named(environment: Mapping[str, str]) -> dict[str, Any]:
    secrets = [part.strip() for part in environment.get(_SECRETS, "").split(",")]
    return {"coral.secrets": tuple(filter(None, secrets))} if any(secrets) else {}


def _strangers(environment: Mapping[str, str]) -> list[str]:
    """What is wrong about variables that name no setting: pydantic passes over all but those that begin as a part does."""
    known = {f"{_PREFIX}{name.upper().replace('.', '__')}" for name in _names()}
    parts = tuple(f"{_PREFIX}{name.upper()}__" for name, field in Settings.model_fields.items() if _inner(field.annotation))
    wrong = []
    for name in environment:
        written = name.upper()  # pydantic reads small letters as well
        if written.startswith(_PREFIX) and written not in known and not written.startswith(parts) and name not in (_SECRETS, *_OF_TESTS):
            wrong.append(f"variable {name} is unknown{_near(written, [*known, _SECRETS])}")
    return wrong


def _nested(flags: Mapping[str, Any]) -> dict[str, Any]:
    """`{"limits.request_s": 5}` as `{"limits": {"request_s": 5}}`; no name may be a part of another."""
    found: dict[str, Any] = {}
    for name, value in flags.items():
        *parents, last = name.split(".")
        at = found
        for parent in parents:
            at = at.setdefault(parent, {})
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
    return f"setting {name} is unknown{_near(name, _names())}"


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _names() -> list[str]:
    found = []
    for name, field in Settings.model_fields.items():
        found += [name, *(f"{name}.{one}" for one in _inner(field.annotation))]
    return found


def _inner(kind: Any) -> Mapping[str, Any]:
    """The settings of a part; of a single setting none."""
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
