"""Invitations and roles of the people at the desk. Every change is in the audit log, in the transaction that makes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from labels.errors import ConfigError
from serve.store.accounts import User
from serve.store.database import transaction
from serve.store.tables import audit, invitations, sessions, users


@dataclass(frozen=True, slots=True)
class Invitation:
    """A seat that somebody may take once. The token of its link is known to the invited person only; we keep its hash."""

    number: int
    name: str
    role: str
    sites: tuple[str, ...]
    """Empty: all."""
    by: str
    created: int
    expires: int


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: str
    sites: tuple[str, ...]
    """Empty: all."""
    created: int
    disabled: bool
    sessions: int
    """How many are open."""


class LastAdminError(ConfigError):
    """The change would leave nobody who may change it back."""


class People:
    """Times are milliseconds since 1970. `by` is the person who acts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def invite(self, hash: str, invitation: Invitation) -> int:
        """Keeps an invitation under the hash of its token; its number. Raises ConfigError where the name is taken or already invited."""
        name, now = invitation.name, invitation.created
        with transaction(self._engine, writes=True) as connection:
            if connection.execute(sa.select(users.c.name).where(users.c.name == name)).first():
                raise ConfigError(f'a user named "{name}" exists')
            if connection.execute(sa.select(invitations.c.number).where(_open(now), invitations.c.name == name)).first():
                raise ConfigError(f'"{name}" is invited already; withdraw that invitation first')
            values = {key: getattr(invitation, key) for key in ("name", "role", "by", "created", "expires")}
            new = invitations.insert().values(hash=hash, sites=list(invitation.sites), **values).returning(invitations.c.number)
            number = int(connection.execute(new).scalar_one())
            _log(connection, now, invitation.by, "invited", name=name, role=invitation.role, sites=list(invitation.sites))
        return number

    def invitation(self, hash: str, now: int) -> Invitation | None:
        """The open invitation of this hash; None where it is unknown, taken, withdrawn or expired."""
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(_SELECT.where(_open(now), invitations.c.hash == hash)).mappings().first()
        return _invitation(row) if row else None

    def invitations(self, now: int) -> list[Invitation]:
        """The open ones, the newest first."""
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(_SELECT.where(_open(now)).order_by(invitations.c.number.desc())).mappings().all()
        return [_invitation(row) for row in rows]

    def withdraw(self, number: int, by: str, now: int) -> bool:
        """Whether there was such an open invitation."""
        with transaction(self._engine, writes=True) as connection:
            which = invitations.update().where(_open(now), invitations.c.number == number).values(ended=now)
            name = connection.execute(which.returning(invitations.c.name)).scalar()
            if name is not None:
                _log(connection, now, by, "invitation withdrawn", name=name)
        return name is not None

    def accept(self, hash: str, password: str, now: int) -> User | None:
        """The new user, with this hashed password; None where the invitation holds no more. Of two at once, one wins."""
        try:
            with transaction(self._engine, writes=True) as connection:
                taken = invitations.update().where(_open(now), invitations.c.hash == hash).values(ended=now)
                row = connection.execute(taken.returning(invitations.c.name, invitations.c.role, invitations.c.sites)).first()
                if row is None:
                    return None
                user = User(row.name, password, row.role, tuple(row.sites), now, disabled=False)
                values = {"name": user.name, "password": password, "role": user.role, "sites": list(user.sites)}
                connection.execute(users.insert().values(created=now, disabled=False, **values))
                _log(connection, now, user.name, "joined", role=user.role)
        except sa.exc.IntegrityError as error:
            raise ConfigError("a user of this name exists by now; ask for another invitation") from error
        return user

    def all(self, now: int) -> list[Person]:
        """By name, those who may not come in any more last."""
        alive = sa.select(sa.func.count()).where(sessions.c.user == users.c.name, sessions.c.expires > now).scalar_subquery()
        columns = [users.c[name] for name in ("name", "role", "sites", "created", "disabled")]
        query = sa.select(*columns, alive.label("sessions")).order_by(users.c.disabled, users.c.name)
        with transaction(self._engine, writes=False) as connection:
            return [Person(**{**row, "sites": tuple(row["sites"])}) for row in connection.execute(query).mappings()]

    def set_role(self, name: str, role: str, by: str, now: int) -> bool:
        """False: no such person. Raises LastAdminError."""
        with transaction(self._engine, writes=True) as connection:
            before = _lock(connection, name)
            if before is None or before.role == role:
                return before is not None
            if before.role == "admin":
                _keep_an_admin(connection, name)
            connection.execute(users.update().where(users.c.name == name).values(role=role))
            _log(connection, now, by, "role", name=name, before=before.role, after=role)
        return True

    def set_disabled(self, name: str, disabled: bool, by: str, now: int) -> bool:
        """Shuts a person out, which ends all their sessions, or lets them in again. False: no such person. Raises LastAdminError."""
        with transaction(self._engine, writes=True) as connection:
            before = _lock(connection, name)
            if before is None or before.disabled == disabled:
                return before is not None
            if disabled:
                _keep_an_admin(connection, name)
                connection.execute(sessions.delete().where(sessions.c.user == name))
            connection.execute(users.update().where(users.c.name == name).values(disabled=disabled))
            _log(connection, now, by, "deactivated" if disabled else "reactivated", name=name)
        return True

    def end_sessions(self, name: str, by: str, now: int, *, but: str | None = None) -> int:
        """How many were ended; `but`: the hash of one that stays."""
        with transaction(self._engine, writes=True) as connection:
            count = connection.execute(sessions.delete().where(sessions.c.user == name, sessions.c.hash != (but or ""))).rowcount
            _log(connection, now, by, "sessions ended", name=name, sessions=count)
        return count

    def change_password(self, name: str, password: str, now: int, *, session: str) -> None:
        """A new hashed password; all sessions end but the one in which it was changed."""
        with transaction(self._engine, writes=True) as connection:
            connection.execute(users.update().where(users.c.name == name).values(password=password))
            connection.execute(sessions.delete().where(sessions.c.user == name, sessions.c.hash != session))
            _log(connection, now, name, "password changed")


_SELECT = sa.select(*(invitations.c[name] for name in ("number", "name", "role", "sites", "by", "created", "expires")))


def _open(now: int) -> sa.ColumnElement[bool]:
    return sa.and_(invitations.c.ended.is_(None), invitations.c.expires > now)


def _invitation(row: sa.RowMapping) -> Invitation:
    return replace(Invitation(**row), sites=tuple(row["sites"]))


def _lock(connection: Connection, name: str) -> sa.Row[Any, Any] | None:
    """A person's role and state; on PostgreSQL all admins are locked too, so that two admins cannot demote each other at once."""
    connection.execute(sa.select(users.c.name).where(users.c.role == "admin").order_by(users.c.name).with_for_update()).all()
    return connection.execute(sa.select(users.c.role, users.c.disabled).where(users.c.name == name).with_for_update()).first()


def _keep_an_admin(connection: Connection, leaving: str) -> None:
    """Raises LastAdminError where `leaving` is an admin and no other is left."""
    others = sa.select(users.c.name).where(users.c.role == "admin", users.c.disabled.is_(False), users.c.name != leaving)
    role = connection.execute(sa.select(users.c.role).where(users.c.name == leaving)).scalar()
    if role == "admin" and connection.execute(others.limit(1)).first() is None:
        raise LastAdminError(f'"{leaving}" is the only admin; make another one first')


def _log(connection: Connection, now: int, by: str, what: str, **detail: Any) -> None:
    connection.execute(audit.insert().values(at=now, by=by, what=what, detail=detail))
