"""News for open pages: how many comments wait, who reads which, what was decided. Server-sent events, ended often, and at once when the
server is told to stop; the browser takes them up again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from serve.api.auth import Running
from serve.review import asked
from serve.review.access import Person, Reader
from serve.service import Service, in_thread

router = APIRouter(prefix="/review", include_in_schema=False)
_EVERY_S = 1.0
_LASTS_S = 20.0
_AGAIN_MS = 500


@dataclass(slots=True)
class Pulse:
    """Asks the database once a second for each set of sites, however many pages are open."""

    _held: dict[Sequence[str] | None, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def news(self, running: Service, who: Person) -> dict[str, Any]:
        """`open`, `escalated`: how many; `latest`: number of the newest open comment; `claims`: comment -> who; `newest`: decision."""
        async with self._lock:
            clock = asyncio.get_running_loop().time()
            at, found = self._held.get(who.sites, (0.0, {}))
            if not found or clock - at >= _EVERY_S * 0.9:
                found = await in_thread(_news, running, who)
                self._held[who.sites] = (clock, found)
            return found


@router.get("/events")
async def events(request: Request, running: Running, who: Reader, heard: str = "") -> StreamingResponse:
    """One event whenever something has changed. A page says with which decision it was made (`heard`), a browser that comes back of which
    it heard last."""
    pulse: Pulse = request.app.state.desk_pulse
    heard = request.headers.get("last-event-id") or heard
    newest = int(heard) if re.fullmatch("[0-9]{1,18}", heard) else None
    return StreamingResponse(_stream(running, who, pulse, newest), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _stream(running: Service, who: Person, pulse: Pulse, newest: int | None) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    ends, said = loop.time() + _LASTS_S, None
    yield f"retry: {_AGAIN_MS}\n\n"
    while loop.time() < ends and not running.ending.is_set():
        found = await pulse.news(running, who)
        if found != said:
            since = found["newest"] if newest is None else newest
            decided = await in_thread(running.store.desk.decisions.since, since, who.sites) if found["newest"] > since else []
            said, newest = found, found["newest"]
            yield f"id: {newest}\nevent: news\ndata: {json.dumps({**found, 'decided': decided})}\n\n"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running.ending.wait(), _EVERY_S)


def _news(running: Service, who: Person) -> dict[str, Any]:
    desk = running.store.desk
    count, latest = desk.queue.size(asked.wanted({}, who), running.now)
    return {
        "open": count,
        "latest": latest,
        "escalated": desk.queue.count(asked.wanted({"state": "escalated"}, who), running.now),
        "claims": desk.claims.held(running.now, who.sites),
        "newest": desk.decisions.newest(),
    }
