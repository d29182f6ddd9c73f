"""How a page is made: one Jinja environment per language, the frame around every page, and answers that are no success."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from serve.api.auth import service
from serve.review import i18n
from serve.review.access import N_, LoggedOut, Person, Refusal
from serve.security import Role
from serve.service import in_thread

NAVIGATION = (
    ("/review", N_("Queue"), Role.VIEWER),
    ("/review/bulk", N_("Bulk"), Role.MODERATOR),
    ("/review/policy", N_("Policy"), Role.VIEWER),
    ("/insight", N_("Insight"), Role.VIEWER),
    ("/labels", N_("Labels"), Role.MODERATOR),
    ("/people", N_("People"), Role.ADMIN),
    ("/audit", N_("Audit log"), Role.ADMIN),
    ("/review/help", N_("Help"), Role.VIEWER),
)
"""Path, name, and whom it is shown to."""


def render(request: Request, person: Person | None, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page from serve/review/templates, in the person's language. `person` None: nobody is logged in."""
    speaks = person.language if person else i18n.negotiate(None, request.headers.get("accept-language"))
    html = environment(speaks.code).get_template(template).render(frame(request, person) | context)
    return HTMLResponse(html.encode("utf-8", "replace"), status)


def frame(request: Request, person: Person | None) -> dict[str, Any]:
    """What every template may use."""
    links = [(path, name) for path, name, role in NAVIGATION if person and person.may(role)]
    return {"person": person, "navigation": links, "here": request.url.path, "now": service(request).now}


@cache
def environment(code: str) -> Environment:
    """The templates in one language."""
    found = Environment(
        loader=PackageLoader("serve.review"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    i18n.install(found, code)
    found.policies["ext.i18n.trimmed"] = True
    found.globals["static"] = static
    return found


@cache
def static(name: str) -> str:
    """The address of a static file; it changes with the file, which may therefore be kept for ever."""
    content = files("serve.review").joinpath("static", name).read_bytes()
    return f"/review/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def wants_json(request: Request) -> bool:
    """Whether a script asks and not a page."""
    return "application/json" in request.headers.get("accept", "")


def logged_out(request: Request, error: Exception) -> Response:
    """Handles LoggedOut: leads a page to the log-in and back."""
    assert isinstance(error, LoggedOut)  # noqa: S101
    if wants_json(request):
        speaks = i18n.negotiate(None, request.headers.get("accept-language"))
        return JSONResponse({"code": "logged_out", "message": speaks(N_("The session has ended; log in again."))}, 401)
    query = f"?{request.url.query}" if request.url.query else ""
    if request.method == "GET":
        return RedirectResponse(f"/login?next={quote(request.url.path + query, safe='/')}", 303)
    return RedirectResponse("/login?next=/review&lost=1", 303)  # what a form said is not kept, and that is said


async def refusal(request: Request, error: Exception) -> Response:
    """Handles Refusal: a page that says why, or JSON for a script; a line of the audit log where it was refused and not merely wrong."""
    assert isinstance(error, Refusal)  # noqa: S101
    if error.status in (403, 404) and error.code != "nothing":
        await in_thread(service(request).refused, request, error.code)
    person: Person | None = getattr(request.state, "person", None)
    speaks = person.language if person else i18n.negotiate(None, request.headers.get("accept-language"))
    message = speaks(error.message, **error.values)
    if wants_json(request):
        return JSONResponse({"code": error.code, "message": message}, error.status)
    return render(request, person, "refusal.html.j2", error.status, message=message)


async def malformed(request: Request) -> Response:
    """The answer to a form or an address that no page of the desk makes: a number that is none, a member that is missing."""
    await in_thread(service(request).refused, request, "malformed")
    return await refusal(request, Refusal(422, "malformed", N_("No page of the desk asks like this, so nothing was done.")))
