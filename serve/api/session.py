"""Sessions of people, for programs; the desk has pages for it."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request, Response

from serve import security
from serve.api import schema
from serve.api.auth import NATIVE, Anyone, Running, begin_session, end_session
from serve.api.problems import Failure
from serve.security import Caller
from serve.service import Service, in_thread

router = APIRouter(prefix="/v1", responses=schema.PROBLEMS)


@router.post("/session", status_code=204)
async def log_in(body: schema.SessionIn, request: Request, running: Running) -> Response:
    """Begins a session of a person; its cookie is HttpOnly and SameSite=Lax."""
    request.state.caller = Caller(body.name, (), ())  # as whom the audit log names a refusal
    token = await session_of(running, request, body.name, body.password)
    if token is None:
        raise Failure(401, "bad_login", "name or password is wrong", headers={"WWW-Authenticate": "Bearer"})
    response = Response(status_code=204)
    begin_session(response, running, token)
    return response


async def session_of(running: Service, request: Request, name: str, password: str) -> str | None:
    """The token of a new session; None: name or password is wrong. Raises Failure 429; QueueFullError where too many passwords wait."""
    limits = running.settings.limits
    address = request.client.host if request.client else ""
    wait = running.addresses.take(address, limits.login_per_minute_of_address) or running.logins.take(name, limits.login_per_minute)
    if wait:
        headers = {"Retry-After": str(math.ceil(wait))}
        raise Failure(429, "too_many_logins", "too many tries to log in under this name or from this address", headers=headers)
    return await running.passwords.run(security.sign_in, running.store.accounts, name, password, running.now)


@router.delete("/session", status_code=204, dependencies=NATIVE)
async def log_out(request: Request, running: Running, caller: Anyone) -> Response:
    """Ends the session."""
    name = security.cookie_name(running.settings.public_url)
    if token := request.cookies.get(name):
        await in_thread(running.store.accounts.end_session, security.digest(token))
    response = Response(status_code=204)
    end_session(response, running)
    return response
