"""People at the desk: the list of them, invitations, roles. For admins; every step is in the audit log."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from labels.errors import ConfigError
from serve import security
from serve.api.auth import Running, begin_session
from serve.review import pages
from serve.review.access import N_, Admin, Person, Refusal
from serve.security import Role
from serve.service import Service, in_thread
from serve.store import people as store_people
from serve.store.people import Invitation, LastAdminError

router = APIRouter(include_in_schema=False)
Name = Annotated[str, Form(max_length=200)]
INVITATION_DAYS = 7
"""How long a link may lie in a mailbox."""
_DAY_MS = 86_400_000
ROLES = {Role.VIEWER: N_("Viewer"), Role.MODERATOR: N_("Moderator"), Role.ADMIN: N_("Admin")}
MEANINGS = {
    Role.VIEWER: N_("sees the queue and the insight pages, decides nothing"),
    Role.MODERATOR: N_("decides on comments, reads samples, previews policies"),
    Role.ADMIN: N_("also applies policies and invites people"),
}


@router.get("/people")
async def list_people(request: Request, running: Running, who: Admin, done: str = "") -> Response:
    return await _listed(request, running, who, done=done if done in _DONE else "")


@router.post("/people/invite")
async def invite(
    request: Request, running: Running, who: Admin, *, name: Name = "", role: Name = Role.MODERATOR, sites: Annotated[str, Form()] = ""
) -> Response:
    """Makes a link that takes one person in once. It is shown here and kept nowhere."""
    name, wanted = name.strip(), tuple(dict.fromkeys(sites.replace(",", " ").split()))
    if role not in list(Role):
        raise Refusal(422, "role", N_("There is no such role."))
    if not name or not name.isprintable():
        raise Refusal(422, "name", N_("A name needs at least one character, and no control characters."))
    _within(who, wanted)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(0, name, role, wanted, who.name, running.now, running.now + INVITATION_DAYS * _DAY_MS)
    try:
        await in_thread(running.store.people.invite, security.digest(token), invitation)
    except ConfigError:
        return await _listed(request, running, who, wrong="taken", status=409)
    address = (running.settings.public_url or str(request.base_url)).rstrip("/")
    return await _listed(request, running, who, link=f"{address}/join/{token}", invited=name)


@router.post("/people/withdraw")
async def withdraw(running: Running, who: Admin, number: Annotated[int, Form()]) -> Response:
    found = next((one for one in await in_thread(running.store.people.invitations, running.now) if one.number == number), None)
    if found is None:
        raise Refusal(404, "no_invitation", N_("This invitation does not hold any more."))
    _within(who, found.sites)
    await in_thread(running.store.people.withdraw, number, who.name, running.now)
    return _back("withdrawn")


@router.post("/people/role")
async def change_role(running: Running, who: Admin, name: Name, role: Name) -> Response:
    if role not in list(Role):
        raise Refusal(422, "role", N_("There is no such role."))
    await _other(running, who, name)
    try:
        await in_thread(running.store.people.set_role, name, role, who.name, running.now)
    except LastAdminError as error:
        raise Refusal(409, "last_admin", N_("Nobody would be left who may change this back.")) from error
    return _back("role")


@router.post("/people/disable")
async def disable(running: Running, who: Admin, name: Name) -> Response:
    """Shuts a person out at once; what they decided stays."""
    await _other(running, who, name)
    try:
        await in_thread(lambda: running.store.people.set_disabled(name, True, who.name, running.now))
    except LastAdminError as error:
        raise Refusal(409, "last_admin", N_("Nobody would be left who may change this back.")) from error
    return _back("disabled")


@router.post("/people/enable")
async def enable(running: Running, who: Admin, name: Name) -> Response:
    await _other(running, who, name)
    await in_thread(lambda: running.store.people.set_disabled(name, False, who.name, running.now))
    return _back("enabled")


@router.post("/people/sessions")
async def end_sessions(running: Running, who: Admin, name: Name) -> Response:
    """Logs a person out everywhere, as after a lost telephone."""
    await _other(running, who, name)
    await in_thread(running.store.people.end_sessions, name, who.name, running.now)
    return _back("sessions")


@router.get("/join/{token}")
async def join_page(request: Request, running: Running, token: str) -> Response:
    """What somebody sees who was invited."""
    return pages.render(request, None, "people/join.html.j2", invitation=await _invitation(running, token), wrong=None, roles=ROLES)


@router.post("/join/{token}")
async def join(
    request: Request,
    running: Running,
    token: str,
    password: Annotated[str, Form(max_length=1_000)] = "",
    again: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Takes the seat: an account with this password, and a session. A form of another site is refused, as at the log-in."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise Refusal(403, "cross_site", N_("This request comes from another site’s page, or does not say where it comes from."))
    invitation = await _invitation(running, token)
    wrong = "short" if len(password) < security.MIN_PASSWORD else "differ" if password != again else None
    if wrong:
        return pages.render(request, None, "people/join.html.j2", 422, invitation=invitation, wrong=wrong, roles=ROLES)
    hashed = await in_thread(security.hash_password, password)
    try:
        user = await in_thread(running.store.people.accept, security.digest(token), hashed, running.now)
    except ConfigError:
        user = None  # the name was given away by the command line meanwhile
    if user is None:
        raise _gone()
    session = await in_thread(security.sign_in, running.store.accounts, user.name, password, running.now)
    response = RedirectResponse("/review", 303)
    begin_session(response, running, session or "")
    return response


async def _listed(request: Request, running: Running, who: Person, *, status: int = 200, **shown: object) -> Response:
    people = await in_thread(running.store.people.all, running.now)
    invitations = await in_thread(running.store.people.invitations, running.now)
    context = {"done": "", "wrong": None, "link": None, "invited": None} | shown
    return pages.render(
        request,
        who,
        "people/people.html.j2",
        status,
        people=[one for one in people if may_handle(who, one.sites)],
        invitations=[one for one in invitations if may_handle(who, one.sites)],
        roles=ROLES,
        meanings=MEANINGS,
        days=INVITATION_DAYS,
        said=_DONE,
        **context,
    )


_DONE = {
    "withdrawn": N_("The invitation is withdrawn: its link leads nowhere now."),
    "role": N_("The role is changed, at once and everywhere."),
    "disabled": N_("Shut out and logged out everywhere. What this person decided stays."),
    "enabled": N_("This person may log in again."),
    "sessions": N_("Logged out everywhere."),
}


def _back(done: str) -> Response:
    return RedirectResponse(f"/people?done={done}", 303)


async def _invitation(running: Service, token: str) -> Invitation:
    """Raises Refusal 404 for a link that was forged, used, withdrawn or has expired: which of these is nobody's business."""
    found = await in_thread(running.store.people.invitation, security.digest(token), running.now)
    if found is None:
        raise _gone()
    return found


def _gone() -> Refusal:
    return Refusal(
        404, "no_invitation", N_("This invitation does not hold any more: it was used, withdrawn, or has expired. Ask for another.")
    )


async def _other(running: Service, who: Person, name: str) -> store_people.Person:
    """The person of that name, whom this admin may handle. Nobody handles themselves: a slip would lock them out."""
    found = next((one for one in await in_thread(running.store.people.all, running.now) if one.name == name), None)
    if found is None:
        raise Refusal(404, "no_person", N_("There is nobody of this name."))
    if name == who.name:
        raise Refusal(409, "self", N_("Nobody changes their own role or account; ask another admin."))
    _within(who, found.sites)
    return found


def _within(who: Person, sites: tuple[str, ...]) -> None:
    """An admin of some sites has no say over others. Raises Refusal 403."""
    if not may_handle(who, sites):
        raise Refusal(403, "sites", N_("You look after %(sites)s only; name sites among these."), sites=", ".join(who.sites or ()))


def may_handle(who: Person, sites: tuple[str, ...]) -> bool:
    """Whether this admin has a say over a person of these sites (empty: of all)."""
    return who.sites is None or (bool(sites) and set(sites) <= set(who.sites))
