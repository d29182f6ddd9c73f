"""Log-in and log-out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from serve import security
from serve.api.auth import Running, begin_session, end_session
from serve.api.problems import Failure
from serve.api.session import session_of
from serve.review.access import N_, LoggedOut, Reader, Refusal, person
from serve.review.pages import render
from serve.security import Caller
from serve.service import in_thread

router = APIRouter(include_in_schema=False)
Next = Annotated[str, Query(alias="next", max_length=2_000)]


@router.get("/login")
async def login_page(request: Request, wanted: Next = "/review", lost: str = "") -> Response:
    try:
        await person(request)
    except LoggedOut:
        return render(request, None, "login.html.j2", wanted=_own(wanted), name="", wrong="lost" if lost else None)
    return RedirectResponse(_own(wanted), 303)


@router.post("/login")
async def log_in(
    request: Request,
    running: Running,
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1_000)] = "",
    wanted: Annotated[str, Form(alias="next", max_length=2_000)] = "/review",
) -> Response:
    """Begins a session. A form of another site is refused: it would log a person in under another's name."""
    request.state.caller = Caller(username, (), ())  # as whom the audit log names a refusal
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise Refusal(403, "cross_site", N_("This request comes from another site’s page, or does not say where it comes from."))
    shown = {"wanted": _own(wanted), "name": username}
    try:
        token = await session_of(running, request, username, password)
    except Failure:
        await in_thread(running.refused, request, "too_many_logins")
        return render(request, None, "login.html.j2", 429, wrong="often", **shown)
    if token is None:
        await in_thread(running.refused, request, "bad_login")
        return render(request, None, "login.html.j2", 401, wrong="name", **shown)
    response = RedirectResponse(_own(wanted), 303)
    begin_session(response, running, token)
    return response


@router.post("/logout")
async def log_out(request: Request, running: Running, who: Reader) -> Response:
    name = security.cookie_name(running.settings.public_url)
    await in_thread(running.store.accounts.end_session, security.digest(request.cookies[name]))
    response = RedirectResponse("/login", 303)
    end_session(response, running)
    return response


def _own(wanted: str) -> str:
    """A path of this service; anything that would lead elsewhere becomes the queue."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable() else "/review"
