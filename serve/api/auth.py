"""Who calls: a key from any of the four places where clients put it, or a person's session. 401, 403 and 429 are answered here."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBearer

from serve import security
from serve.api.problems import GOOGLE_PATHS, Failure
from serve.security import Caller, Scope
from serve.service import Service, in_thread

# Declared for the OpenAPI document only; `key_of` reads the request itself.
_DECLARED = [
    Depends(HTTPBearer(auto_error=False, description="The key as a bearer token.")),
    Depends(APIKeyHeader(name="X-API-Key", auto_error=False)),
    Depends(APIKeyQuery(name="key", auto_error=False)),
]
_GOOGLE = "type.googleapis.com/google.rpc."


async def _asked_once(request: Request) -> None:
    """Raises Failure 422 where a query gives a name twice: one of the two would be ignored without a word."""
    seen = set()
    for name, _ in request.query_params.multi_items():
        if name in seen:
            raise Failure(422, "invalid", f"query.{name}: given more than once")
        seen.add(name)


def service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


async def _running(request: Request) -> Service:
    """`service` as a dependency: a plain function would be given a thread of its own for each request."""
    return service(request)


Running = Annotated[Service, Depends(_running)]


def key_of(request: Request) -> str | None:
    """The key of a request; a header goes before the address, which ends up in logs of proxies."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    for found in (request.headers.get("x-api-key"), request.headers.get("x-goog-api-key"), request.query_params.get("key")):
        if found:
            return found
    return None


async def identify(request: Request) -> Caller:
    """The caller, counted against its rate. Raises Failure 401, 403 (another site's page) or 429."""
    running = service(request)
    settings = running.settings
    session = request.cookies.get(security.cookie_name(settings.public_url))
    if (key := key_of(request)) is not None:
        hashed = security.digest(key)
        known = running.known.held(hashed) or await in_thread(running.known.find, hashed)
        if known is None:
            raise _bad_key(request, key)
        caller = security.caller_of_key(known)
    elif session:
        caller = await _person(request, running, session)
    else:
        raise _no_key(request)
    request.state.caller = caller
    per_minute = caller.per_minute or settings.limits.key_per_minute
    if wait := running.rates.take(f"{caller.role}:{caller.name}", per_minute):
        raise _too_many(request, wait, per_minute)
    return caller


async def _person(request: Request, running: Service, session: str) -> Caller:
    user = await in_thread(running.store.accounts.session_user, security.digest(session), running.now)
    if user is None:
        raise Failure(401, "session_ended", "the session has ended; log in again", headers={"WWW-Authenticate": "Bearer"})
    request.state.caller = security.caller_of_user(user)
    allowed = (running.settings.public_url.rstrip("/"),) if running.settings.public_url else ()
    if security.is_foreign(request.method, request.headers, has_session=True, allowed=allowed):
        raise Failure(403, "cross_site", "this request comes from another site's page, or does not say where it comes from")
    caller: Caller = request.state.caller
    return caller


def needs(scope: Scope) -> Callable[[Request], Coroutine[Any, Any, Caller]]:
    """A dependency that gives the caller, or 403 where the scope is not its."""

    async def dependency(request: Request) -> Caller:
        caller = await identify(request)
        if scope not in caller.scopes:
            raise Failure(403, "scope", f'this needs the scope "{scope}", which {caller.name} has not')
        return caller

    return dependency


NATIVE = [*_DECLARED, Depends(_asked_once)]
"""What every route of our own interface depends on."""
Scores = Annotated[Caller, Depends(needs(Scope.SCORE))]
Parses = Annotated[Caller, Depends(needs(Scope.PARSE))]
Ingests = Annotated[Caller, Depends(needs(Scope.INGEST))]
Reads = Annotated[Caller, Depends(needs(Scope.READ))]
Decides = Annotated[Caller, Depends(needs(Scope.DECIDE))]
Anyone = Annotated[Caller, Depends(identify)]


def site_of(caller: Caller, asked: str | None) -> str:
    """The site meant: the one asked for, else the key's only one, else `default`. Raises Failure 403 for a site of others."""
    site = asked or (caller.sites[0] if caller.sites else "default")
    if not caller.may_see(site):
        raise Failure(403, "site", f'{caller.name} may not use the site "{site}"')
    return site


def sites_of(caller: Caller, asked: str | None) -> tuple[str, ...] | None:
    """The sites to look in; None: all, which only a caller of all sites has."""
    return caller.sites if asked is None else (site_of(caller, asked),)


def begin_session(response: Response, running: Service, token: str) -> None:
    """Sets the session's cookie: HttpOnly, SameSite=Lax, and bound to https where the service has an https address."""
    public = running.settings.public_url
    response.set_cookie(
        security.cookie_name(public),
        token,
        max_age=security.SESSION_S,
        secure=public.startswith("https://"),
        httponly=True,
        samesite="lax",
    )


def end_session(response: Response, running: Service) -> None:
    """Takes the session's cookie back; browsers let a `__Host-` one go only under the terms under which it was set."""
    name = security.cookie_name(running.settings.public_url)
    response.delete_cookie(name, secure=name.startswith("__Host-"), httponly=True, samesite="lax")


def _no_key(request: Request) -> Failure:
    if request.url.path.startswith(GOOGLE_PATHS):
        words = "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API "
        return Failure(403, "no_key", words + "consumer identity to call this API.")
    words = "Missing bearer authentication in header" if request.url.path == "/v1/moderations" else "a key is needed"
    return Failure(401, "no_key", words, headers={"WWW-Authenticate": "Bearer"})


def _bad_key(request: Request, key: str) -> Failure:
    if request.url.path.startswith(GOOGLE_PATHS):
        info = {"@type": _GOOGLE + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        details = [info | {"metadata": {"service": "commentanalyzer.googleapis.com"}}]
        return Failure(400, "bad_key", "API key not valid. Please pass a valid API key.", details=details)
    if request.url.path == "/v1/moderations":
        return Failure(401, "invalid_api_key", f"Incorrect API key provided: {key[:5]}...")
    return Failure(401, "bad_key", "this key is not valid, or has been revoked", headers={"WWW-Authenticate": "Bearer"})


def _too_many(request: Request, wait_s: float, per_minute: int) -> Failure:
    headers = {"Retry-After": str(math.ceil(wait_s))}
    if not request.url.path.startswith(GOOGLE_PATHS):
        return Failure(429, "rate_limit_exceeded", f"more than {per_minute} requests a minute", headers=headers)
    metric = "Analysis requests (AnalyzeComment)"
    words = f"Quota exceeded for quota metric '{metric}' and limit '{metric} per minute' of service 'commentanalyzer.googleapis.com' "
    metadata = {"quota_limit": "AnalyzeRequestsPerMinutePerProject", "quota_limit_value": str(per_minute), "quota_location": "global"}
    metadata |= {"quota_metric": "CommentAnalyzerService/analyze_requests", "service": "commentanalyzer.googleapis.com"}
    metadata |= {"consumer": "projects/0"}
    info = {"@type": _GOOGLE + "ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com", "metadata": metadata}
    return Failure(429, "rate", words + "for consumer 'project_number:0'.", headers=headers, details=[info])
