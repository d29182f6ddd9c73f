"""The moderators' desk: pages rendered here, small scripts in static/, and nothing from another host. Core actions are plain forms."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from serve.review import audit, bulk, decide, insight, labels, live, login, pages, people, policy, preferences, queue
from serve.review.access import LoggedOut, Refusal

_PAGES = (login, queue, decide, live, bulk, policy, people, preferences, audit, insight, labels)


def mount(app: FastAPI) -> None:
    """Adds the desk's routes and static files to the application."""
    app.add_exception_handler(LoggedOut, pages.logged_out)
    app.add_exception_handler(Refusal, pages.refusal)
    app.add_exception_handler(RequestValidationError, _malformed(app.exception_handlers[RequestValidationError]))
    app.state.desk_pulse = live.Pulse()
    for page in _PAGES:
        app.include_router(page.router)
    app.mount("/review/static", _Kept(directory=str(files("serve.review").joinpath("static"))))


def _malformed(elsewhere: Callable[..., Any]) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
    """Handles what cannot be read: the desk's way where somebody sits at it, else as `elsewhere` does."""

    async def handle(request: Request, error: Exception) -> Response:
        if hasattr(request.state, "person"):
            return await pages.malformed(request)
        response: Response = await elsewhere(request, error)
        return response

    return handle


class _Kept(StaticFiles):
    """Static files that a browser keeps: their address changes with their content (`pages.static`)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message["headers"] = [*message["headers"], (b"cache-control", b"public, max-age=31536000, immutable")]
            await send(message)

        await super().__call__(scope, receive, kept)
