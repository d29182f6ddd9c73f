"""What machines ask of a server: does it live, is it ready, what does it count. No key is needed and no text is told."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from labels.errors import StoreError
from serve.api.auth import Running
from serve.service import in_thread

router = APIRouter(include_in_schema=False)
_ASKS = ["GET", "HEAD"]
_ENDED = "the scoring thread has ended"


@router.get("/")
async def begin() -> Response:
    """Who opens the address in a browser wants the desk."""
    return RedirectResponse("/review", 303)


@router.api_route("/healthz", methods=_ASKS)
async def alive(running: Running) -> Response:
    """200 while the process does its work; 503 where only a new start helps."""
    well = running.queue.alive
    return JSONResponse({"status": "ok" if well else _ENDED}, 200 if well else 503)


@router.api_route("/readyz", methods=_ASKS)
async def ready(running: Running) -> Response:
    """200 while comments can be scored and stored; else 503 with what is wrong."""
    wrong = [] if running.queue.alive else [_ENDED]
    try:
        await in_thread(running.store.ready)
    except StoreError as error:
        wrong.append(str(error))
    return JSONResponse({"status": "; ".join(wrong) or "ok", "model": running.queue.scorer.model}, 503 if wrong else 200)


@router.get("/metrics")
async def metrics(running: Running) -> Response:
    """Prometheus text format."""
    return Response(generate_latest(running.metrics.registry), media_type=CONTENT_TYPE_LATEST)
