"""Keys of programs, accounts and sessions of people. Secrets arrive here hashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from labels.errors import ConfigError
from serve.store.database import transaction
from serve.store.tables import keys, sessions, users


@dataclass(frozen=True, slots=True)
class Key:
    hash: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    site: str | None
    per_minute: int | None
    created: int
    revoked: int | None


@dataclass(frozen=True, slots=True)
class User:
    name: str
    password: str
    role: str
    sites: tuple[str, ...]
    created: int
    disabled: bool


class Accounts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_key(self, key: Key) -> None:
        """Raises ConfigError where a key of this name is in use, or the same key is there already."""
        with transaction(self._engine, writes=True) as connection:
            same = sa.or_(keys.c.hash == key.hash, sa.and_(keys.c.name == key.name, keys.c.revoked.is_(None)))
            if connection.execute(sa.select(keys.c.name).where(same)).first():
                raise ConfigError(f'a key named "{key.name}", or this very key, exists; revoke it first or choose another name')
            connection.execute(
                keys.insert().values(
                    _columns(key, ("hash", "name", "hint", "site", "per_minute", "created", "revoked")) | {"scopes": list(key.scopes)}
                )
            )

    def key(self, digest: str) -> Key | None:
        """The key with this hash; None where there is none or it is revoked."""
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(keys.select().where(keys.c.hash == digest, keys.c.revoked.is_(None))).first()
        return _key(row) if row else None

    def list_keys(self) -> list[Key]:
        with transaction(self._engine, writes=False) as connection:
            return [_key(row) for row in connection.execute(keys.select().order_by(keys.c.created, keys.c.name))]

    def revoke_key(self, name: str, now: int) -> bool:
        with transaction(self._engine, writes=True) as connection:
            done = connection.execute(keys.update().where(keys.c.name == name, keys.c.revoked.is_(None)).values(revoked=now))
            return done.rowcount > 0

    def add_user(self, user: User) -> None:
        """Raises ConfigError where the name is taken."""
        try:
            with transaction(self._engine, writes=True) as connection:
                values = _columns(user, ("name", "password", "role", "created", "disabled")) | {"sites": list(user.sites)}
                connection.execute(users.insert().values(values))
        except sa.exc.IntegrityError as error:
            raise ConfigError(f'a user named "{user.name}" exists') from error

    def user(self, name: str) -> User | None:
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(users.select().where(users.c.name == name, users.c.disabled.is_(False))).first()
        return _user(row) if row else None

    def list_users(self) -> list[User]:
        with transaction(self._engine, writes=False) as connection:
            return [_user(row) for row in connection.execute(users.select().order_by(users.c.name))]

    def set_password(self, name: str, password: str) -> bool:
        """A new password ends all sessions of the user."""
        with transaction(self._engine, writes=True) as connection:
            connection.execute(sessions.delete().where(sessions.c.user == name))
            return connection.execute(users.update().where(users.c.name == name).values(password=password)).rowcount > 0

    def disable_user(self, name: str) -> bool:
        with transaction(self._engine, writes=True) as connection:
            connection.execute(sessions.delete().where(sessions.c.user == name))
            return connection.execute(users.update().where(users.c.name == name).values(disabled=True)).rowcount > 0

    def add_session(self, digest: str, user: str, created: int, expires: int) -> None:
        with transaction(self._engine, writes=True) as connection:
            connection.execute(sessions.delete().where(sessions.c.expires <= created))
            connection.execute(sessions.insert().values(hash=digest, user=user, created=created, expires=expires))

    def session_user(self, digest: str, now: int) -> User | None:
        query = users.select().join(sessions, sessions.c.user == users.c.name)
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(query.where(sessions.c.hash == digest, sessions.c.expires > now, users.c.disabled.is_(False))).first()
        return _user(row) if row else None

    def end_session(self, digest: str) -> None:
        with transaction(self._engine, writes=True) as connection:
            connection.execute(sessions.delete().where(sessions.c.hash == digest))


def _columns(value: object, names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(value, name) for name in names}


def _key(row: Row[tuple[object, ...]]) -> Key:
    values = dict(row._mapping)
    return Key(**{**values, "scopes": tuple(values["scopes"])})


def _user(row: Row[tuple[object, ...]]) -> User:
    values = dict(row._mapping)
    return User(**{**values, "sites": tuple(values["sites"])})
