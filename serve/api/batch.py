"""`POST /batch` as Google's clients send it: multipart/mixed, one whole HTTP request a part, answered in the same form."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from urllib.parse import SplitResult, unquote, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.types import Message as Event

from serve.api.problems import Failure

router = APIRouter(include_in_schema=False)
_BOUNDARY = "batch_threadwise"
_MAX_PARTS = 1_000
"""As many as Google's client for Python puts into one."""
_AT_ONCE = 8
"""Parts that are scored together; more at once would fill the queue, and one refused part fails a batch."""
_PATIENCE_S = 600.0
"""Nobody waits for a part by itself: the request's own time limit counts."""


@router.post("/batch")
@router.post("/batch/commentanalyzer/v1alpha1")
async def batch(request: Request) -> Response:
    """Each part goes through the application as a request of its own, with its own key."""
    inner = _parts(request.headers.get("content-type", ""), await request.body())
    if not inner or len(inner) > _MAX_PARTS:
        raise Failure(400, "invalid", f"a batch is multipart/mixed with 1 to {_MAX_PARTS} requests")
    gate = asyncio.Semaphore(_AT_ONCE)
    answers = await asyncio.gather(*(_answered(request, part, gate) for part in inner))
    body = b"".join(b"--" + _BOUNDARY.encode() + b"\r\n" + answer + b"\r\n" for answer in answers) + f"--{_BOUNDARY}--\r\n".encode()
    return Response(body, media_type=f"multipart/mixed; boundary={_BOUNDARY}")


def _parts(kind: str, body: bytes) -> list[Message]:
    """No part where the body is no multipart, or is nested too deeply to be read."""
    try:
        parts = message_from_bytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + body).get_payload()
    except RecursionError:
        return []
    return [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []


async def _answered(request: Request, part: Message, gate: asyncio.Semaphore) -> bytes:
    """One part's answer, with the Content-ID that the client pairs it by."""
    payload = part.get_payload(decode=True)
    head, *rest = re.split(rb"\r?\n\r?\n", payload if isinstance(payload, bytes) else b"", maxsplit=1)
    first, _, lines = head.partition(b"\n")
    try:
        method, address, *_ = first.decode("latin-1").split()
        target = urlsplit(address)
    except ValueError as error:
        raise _no_request() from error
    if unquote(target.path).startswith("/batch"):
        raise _no_request()
    async with gate:
        status, answer = await _call(request, method, target, lines, b"".join(rest))
    name = str(part.get("Content-ID", "")).strip().lstrip("<")
    said = ["Content-Type: application/http", f"Content-ID: <response-{name}", "", f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    said += ["Content-Type: application/json; charset=UTF-8", f"Content-Length: {len(answer)}", "", ""]
    return "\r\n".join(said).encode() + answer


def _no_request() -> Failure:
    return Failure(400, "invalid", "a part of the batch is no HTTP request")


async def _call(request: Request, method: str, target: SplitResult, head: bytes, body: bytes) -> tuple[int, bytes]:
    headers = [tuple(side.strip() for side in line.split(b":", 1)) for line in head.split(b"\n") if b":" in line]
    scope = {
        name: request.scope[name] for name in ("type", "asgi", "http_version", "scheme", "server", "client", "app") if name in request.scope
    }
    scope |= {"method": method, "path": unquote(target.path), "raw_path": target.path.encode(), "query_string": target.query.encode()}
    # The body is here whole, whatever the part says of its length.
    scope |= {"headers": [(name.lower(), value) for name, value in headers if name.lower() != b"content-length"]}
    scope |= {"root_path": "", "state": {"patience_s": _PATIENCE_S}}
    waiting, sent = [{"type": "http.request", "body": body, "more_body": False}], list[Event]()

    async def receive() -> Event:
        return waiting.pop() if waiting else await request.receive()

    async def send(event: Event) -> None:
        sent.append(event)

    await request.app(scope, receive, send)
    return int(sent[0]["status"]), b"".join(event.get("body", b"") for event in sent[1:])
