"""The moderators' desk: pages rendered here, small scripts in static/, and nothing from another host. Core actions are plain forms."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from serve.review import decide, insight, labels, live, login, pages, people, preferences, queue
from serve.review.access import LoggedOut, Refusal

_ROUTERS = (login.router, queue.router, decide.router, live.router, people.router, preferences.router, insight.router, labels.router)


def mount(app: FastAPI) -> None:
    """Adds the desk's routes and static files to the application."""
    app.add_exception_handler(LoggedOut, pages.logged_out)
    app.add_exception_handler(Refusal, pages.refusal)
    app.state.desk_pulse = live.Pulse()
    for router in _ROUTERS:
        app.include_router(router)
    app.mount("/review/static", _Kept(directory=str(files("serve.review").joinpath("static"))))


class _Kept(StaticFiles):
    """Static files that a browser keeps: their address changes with their content (`pages.static`)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message["headers"] = [*message["headers"], (b"cache-control", b"public, max-age=31536000, immutable")]
            await send(message)

        await super().__call__(scope, receive, kept)
