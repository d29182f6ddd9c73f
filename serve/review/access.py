"""Who sits at the desk, and what they may do. Whoever is refused is told why; `pages.refusal` tells the audit log."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from serve import security
from serve.api.auth import service
from serve.review import i18n
from serve.review.i18n import Language
from serve.security import Role
from serve.service import in_thread

_RANK = {Role.VIEWER: 0, Role.MODERATOR: 1, Role.ADMIN: 2}


class Refusal(Exception):  # noqa: N818  # an answer to be given, not a fault
    """An answer other than success, for a page or a script. `code` is stable; `values` fill the message's `%(name)s`.

    Where somebody asked for what they may not do or for what is not there (403, 404), the audit log says so with the code.
    """

    def __init__(self, status: int, code: str, message: str, **values: object) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.values = status, code, message, values


class LoggedOut(Exception):  # noqa: N818
    """Nobody is logged in: a page leads to the log-in, a script is told."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose session it is."""

    name: str
    role: str
    sites: tuple[str, ...] | None
    """None: all sites."""
    preferences: dict[str, Any]
    language: Language

    def may(self, role: str) -> bool:
        """Whether this person may do what the role may."""
        return _RANK[Role(self.role)] >= _RANK[Role(role)]

    def sees(self, site: str) -> bool:
        return self.sites is None or site in self.sites


def N_(message: str) -> str:  # noqa: N802  # gettext's mark for a message that is translated where it is shown
    return message


async def person(request: Request) -> Person:
    """The person of the session. Raises LoggedOut; Refusal 403 where another site's page asks."""
    running = service(request)
    token = request.cookies.get(security.cookie_name(running.settings.public_url))
    user = await in_thread(running.store.accounts.session_user, security.digest(token), running.now) if token else None
    if user is None:
        raise LoggedOut
    request.state.caller = security.caller_of_user(user)  # as whom the audit log names a refusal
    public = running.settings.public_url.rstrip("/")
    if security.is_foreign(request.method, request.headers, has_session=True, allowed=(public,) if public else ()):
        raise Refusal(403, "cross_site", N_("This request comes from another site’s page, or does not say where it comes from."))
    wishes = await in_thread(running.store.desk.saved.preferences, user.name)
    speaks = i18n.negotiate(wishes.get("language"), request.headers.get("accept-language"))
    who = Person(user.name, user.role, user.sites or None, wishes, speaks)
    request.state.person = who
    return who


def at_least(role: Role) -> Callable[[Person], Coroutine[Any, Any, Person]]:
    """A dependency that gives the person, or refuses one whose role is below."""

    async def dependency(who: Reader) -> Person:
        if not who.may(role):
            raise Refusal(403, "role", N_("Your role does not allow this."))
        return who

    return dependency


Reader = Annotated[Person, Depends(person)]
Moderator = Annotated[Person, Depends(at_least(Role.MODERATOR))]
Admin = Annotated[Person, Depends(at_least(Role.ADMIN))]
