"""Keys, passwords, sessions, rates and requests from other sites. Decides; the borders in serve/api answer.

The cross-site check is the one of Go 1.25 and datasette: Sec-Fetch-Site first, else Origin against our own host; a request without a
session cookie cannot be abused this way and passes.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from labels.errors import ConfigError
from serve.store.accounts import Accounts, Key, User

SESSION_S = 12 * 3600
MIN_PASSWORD = 8
_MAX_PASSWORD = 1_000
_MIN_TOKEN = 12
_HASHER = PasswordHasher()
# Someone who guesses names must wait as long for an unknown one as for a known one.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
_RATES_KEPT = 100_000
_KNOWN_KEPT = 1_000
HELD_S = 1.0
"""How long a key that has been revoked may still be taken, on each server."""


class Scope(StrEnum):
    SCORE = "score"
    PARSE = "parse"
    INGEST = "ingest"
    READ = "read"
    DECIDE = "decide"
    """Given to a key only when named: a decision belongs to a person."""


DEFAULT_SCOPES = (Scope.SCORE, Scope.PARSE, Scope.INGEST, Scope.READ)


class Role(StrEnum):
    VIEWER = "viewer"
    MODERATOR = "moderator"
    ADMIN = "admin"


SCOPES_OF: Mapping[str, tuple[Scope, ...]] = {
    Role.VIEWER: (Scope.READ,),
    Role.MODERATOR: (Scope.READ, Scope.SCORE, Scope.PARSE, Scope.DECIDE),
    Role.ADMIN: tuple(Scope),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a key or a person."""

    name: str
    scopes: tuple[str, ...]
    sites: tuple[str, ...] | None
    """None: all sites."""
    per_minute: int | None = None
    role: str | None = None
    """None: a key."""

    def may_see(self, site: str) -> bool:
        return self.sites is None or site in self.sites


def caller_of_key(key: Key) -> Caller:
    return Caller(key.name, key.scopes, None if key.site is None else (key.site,), key.per_minute)


def caller_of_user(user: User) -> Caller:
    return Caller(user.name, SCOPES_OF[user.role], user.sites or None, role=user.role)


def digest(token: str) -> str:
    """How keys and session tokens are stored: they hold 256 bits of chance, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_key(
    name: str,
    now: int,
    *,
    scopes: tuple[str, ...] = DEFAULT_SCOPES,
    site: str | None = None,
    token: str | None = None,
    per_minute: int | None = None,
) -> tuple[str, Key]:
    """A key to show once, and what is stored of it. `token`: an existing key, such as a Google one. Raises ConfigError."""
    wrong = [scope for scope in scopes if scope not in list(Scope)]
    if wrong:
        raise ConfigError(f"scope {', '.join(wrong)} is unknown; known: {', '.join(Scope)}")
    if token is not None and len(token) < _MIN_TOKEN:
        raise ConfigError(f"an imported key must have at least {_MIN_TOKEN} characters")
    if not name.strip() or len(name) > 200:
        raise ConfigError("a key needs a name of at most 200 characters")
    shown = token or f"tw_{secrets.token_urlsafe(32)}"
    return shown, Key(digest(shown), name, shown[:7], tuple(map(str, scopes)), site, per_minute, now, None)


def hash_password(password: str) -> str:
    """Argon2id. Raises ConfigError for a password that is too short or too long."""
    if not MIN_PASSWORD <= len(password) <= _MAX_PASSWORD:
        raise ConfigError(f"a password has {MIN_PASSWORD} to {_MAX_PASSWORD} characters")
    return _HASHER.hash(password)


def new_user(name: str, password: str, role: str, now: int, sites: tuple[str, ...] = ()) -> User:
    """Raises ConfigError."""
    if role not in list(Role):
        raise ConfigError(f"role {role} is unknown; known: {', '.join(Role)}")
    if not name.strip() or len(name) > 200:
        raise ConfigError("a user needs a name of at most 200 characters")
    return User(name, hash_password(password), role, sites, now, disabled=False)


def is_password(user: User | None, password: str) -> bool:
    """Whether this is the user's password. Slow on purpose, as slow for nobody as for somebody: call it off the event loop."""
    try:
        _HASHER.verify(user.password if user else _NOBODY, password[:_MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return user is not None


def sign_in(accounts: Accounts, name: str, password: str, now: int) -> str | None:
    """A session token for the right password, else None. As slow as `is_password`."""
    user = accounts.user(name)
    if not is_password(user, password) or user is None:
        return None
    if _HASHER.check_needs_rehash(user.password):
        accounts.set_password(name, _HASHER.hash(password))
    token = secrets.token_urlsafe(32)
    accounts.add_session(digest(token), name, now, now + SESSION_S * 1000)
    return token


def cookie_name(public_url: str) -> str:
    """`__Host-` binds the cookie to https and this very host; plain http, as on a developer's machine, cannot have that."""
    return "__Host-threadwise_session" if public_url.startswith("https://") else "threadwise_session"


def is_foreign(method: str, headers: Mapping[str, str], *, has_session: bool, allowed: tuple[str, ...] = ()) -> bool:
    """Whether a request that changes something, and carries a session, comes from another site or does not say where from.

    `headers`: lower-case names. `allowed`: origins, such as the public URL behind a proxy that rewrites Host.
    """
    if method in ("GET", "HEAD", "OPTIONS") or not has_session:
        return False
    if site := headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or not (origin in allowed or urlsplit(origin).netloc == headers.get("host"))


class Known:
    """Keys that the store has just told of: a busy site's key is not looked up for each of its requests, and a revoked one ends within
    `HELD_S`. Who is unknown is always looked up. `clock` gives seconds."""

    def __init__(self, find: Callable[[str], Key | None], clock: Callable[[], float]) -> None:
        self._find, self._clock = find, clock
        self._held: OrderedDict[str, tuple[Key, float]] = OrderedDict()
        self._lock = threading.Lock()

    def held(self, digest: str) -> Key | None:
        """The key with this hash, where it was found a moment ago. Does not block."""
        key, until = self._held.get(digest, (None, 0.0))
        return key if self._clock() < until else None

    def find(self, digest: str) -> Key | None:
        """The key with this hash, by the store. Blocks; raises StoreError."""
        until = self._clock() + HELD_S  # from before the store is asked: what it says then is never held for longer
        key = self._find(digest)
        with self._lock:
            self._held.pop(digest, None)
            if key is not None:
                self._held[digest] = (key, until)
            if len(self._held) > _KNOWN_KEPT:
                self._held.popitem(last=False)
        return key


class Rates:
    """Token buckets in memory, one a name; each process counts for itself. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str, per_minute: int) -> float:
        """0 where a request may pass, else seconds until one may. A minute's worth may come at once."""
        now = self._clock()
        with self._lock:
            level = self._level(name, per_minute, now)
            passes = level >= 1
            self._buckets[name] = (level - 1 if passes else level, now)
            self._buckets.move_to_end(name)
            if len(self._buckets) > _RATES_KEPT:
                self._buckets.popitem(last=False)
        return 0.0 if passes else (1 - level) * 60 / per_minute

    def left(self, name: str, per_minute: int) -> int:
        with self._lock:
            return int(self._level(name, per_minute, self._clock()))

    def _level(self, name: str, per_minute: int, now: float) -> float:
        level, since = self._buckets.get(name, (float(per_minute), now))
        return min(float(per_minute), level + (now - since) * per_minute / 60)
