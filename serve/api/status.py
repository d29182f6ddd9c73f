"""What machines ask of a server: does it live, is it ready, what does it count. No key is needed and no text is told."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from labels.errors import StoreError
from serve.api.auth import Running
from serve.service import Service, in_thread

router = APIRouter(include_in_schema=False)
_ASKS = ["GET", "HEAD"]
_ENDED = "the scoring thread has ended"
_MUTE = "the webhooks' thread has ended"


@router.get("/")
async def begin() -> Response:
    """Who opens the address in a browser wants the desk."""
    return RedirectResponse("/review", 303)


@router.api_route("/healthz", methods=_ASKS)
async def alive(running: Running) -> Response:
    """200 while the process does its work; 503 where only a new start helps."""
    wrong = _ended(running)
    return JSONResponse({"status": "; ".join(wrong) or "ok"}, 503 if wrong else 200)


@router.api_route("/readyz", methods=_ASKS)
async def ready(running: Running) -> Response:
    """200 while comments can be scored and stored, and decisions told; else 503 with what is wrong."""
    wrong = _ended(running)
    try:
        await in_thread(running.store.ready)
    except StoreError as error:
        wrong.append(str(error))
    return JSONResponse({"status": "; ".join(wrong) or "ok", "model": running.queue.scorer.model}, 503 if wrong else 200)


def _ended(running: Service) -> list[str]:
    """The threads that should run and do not."""
    return [words for part, words in ((running.queue, _ENDED), (running.sender, _MUTE)) if not part.alive]


@router.get("/metrics")
async def metrics(running: Running) -> Response:
    """Prometheus text format."""
    return Response(generate_latest(running.metrics.registry), media_type=CONTENT_TYPE_LATEST)
