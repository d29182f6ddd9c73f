"""Everything that goes wrong, in the dialect of whoever called: RFC 9457, Google's envelope, or OpenAI's."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from labels.errors import DocumentError, RowError, StoreError
from serve.scoring import GoneError, QueueFullError
from serve.store.comments import StaleError

if TYPE_CHECKING:
    from serve.service import Service

_LOG = logging.getLogger(__name__)
GOOGLE_PATHS = ("/v1alpha1", "/comments:", "/$discovery", "/discovery", "/batch")
GOOGLE_TYPE = "application/json; charset=UTF-8"
OPENAI_PATHS = ("/v1/moderations",)
GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
REFUSALS = frozenset(
    {
        "no_key",
        "bad_key",
        "invalid_api_key",
        "session_ended",
        "cross_site",
        "scope",
        "site",
        "bad_login",
        "too_many_logins",
        "bad_signature",
    }
)
"""Codes of failures that say who may not do what: the audit log takes them down."""
OPENAI_TYPE = {401: "invalid_request_error", 429: "requests", 500: "server_error", 503: "server_error"}


class Failure(HTTPException):
    """An answer other than success. `code` is stable and for programs, `detail` for people; `details` are Google's.

    An HTTPException, since FastAPI passes only those on when they are raised while it reads the body.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        details: list[dict[str, Any]] | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.status, self.code, self.details, self.param = status, code, details or [], param


def busy(retry_after_s: int, detail: str) -> Failure:
    return Failure(503, "busy", detail, headers={"Retry-After": str(retry_after_s)})


def answer(path: str, failure: Failure) -> Response:
    """The failure in the dialect that belongs to the path."""
    path = f"/{path.lstrip('/')}"  # of an endpoint that ends in a slash clients make two
    if path.startswith(GOOGLE_PATHS):
        return _google(failure)
    return _openai(failure) if path.startswith(OPENAI_PATHS) else _native(failure)


def _native(failure: Failure) -> JSONResponse:
    body = {
        "type": f"urn:threadwise:problem:{failure.code}",
        "title": HTTPStatus(failure.status).phrase,
        "status": failure.status,
        "detail": failure.detail,
        "code": failure.code,
    }
    return JSONResponse(body, failure.status, failure.headers, media_type="application/problem+json")


def _google(failure: Failure) -> Response:
    # Google has no 413 and 422 here: its clients know 400 INVALID_ARGUMENT.
    status = 400 if failure.status in (401, 413, 415, 422) else failure.status
    name = GOOGLE_STATUS.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
    error = {"code": status, "message": failure.detail, "status": name, "details": failure.details}
    return Response(json.dumps({"error": error}, ensure_ascii=False, indent=2), status, failure.headers, media_type=GOOGLE_TYPE)


def _openai(failure: Failure) -> JSONResponse:
    status = 400 if failure.status in (413, 415, 422) else failure.status
    kind = OPENAI_TYPE.get(status, "invalid_request_error")
    return JSONResponse(
        {"error": {"message": failure.detail, "type": kind, "param": failure.param, "code": failure.code}}, status, failure.headers
    )


def install(app: FastAPI) -> None:
    """Maps every error of the tree, and every one that nobody foresaw, to an answer; refusals are taken down."""

    async def handle(request: Request, error: Exception) -> Response:  # without a change of threads: a 503 of a storm must cost little
        failure = failure_of(error)
        if failure.status == 405 and (known := app.openapi()["paths"].get(getattr(request.scope.get("route"), "path", ""))):
            failure.headers = {"Allow": ", ".join(sorted(map(str.upper, known)))}  # the framework names only those of the first route
        if failure.code in REFUSALS:
            running: Service = request.app.state.service
            await run_in_threadpool(running.refused, request, failure.code)  # it may write to the database
        return answer(request.url.path, failure)

    kinds: tuple[type[Exception], ...] = (Failure, *(kind for kind, _ in _TABLE))
    for kind in kinds:
        app.add_exception_handler(kind, handle)


def failure_of(error: Exception) -> Failure:
    """What to answer."""
    if isinstance(error, Failure):
        return error
    for kind, made in _TABLE:
        if isinstance(error, kind):
            return made(error)
    _LOG.error("unforeseen error", exc_info=error)
    return Failure(500, "internal", "something went wrong here; the log has it under the request id")


def _http(error: Any) -> Failure:
    phrase = HTTPStatus(error.status_code).phrase
    return Failure(error.status_code, phrase.lower().replace(" ", "_"), str(error.detail or phrase), headers=error.headers)


def _invalid(error: Any) -> Failure:
    if isinstance(error.body, bytes):  # FastAPI reads as JSON only what calls itself that, or nothing at all
        return Failure(415, "unsupported_media_type", "the body must be application/json")
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return Failure(400, "invalid_json", "the body is no JSON")
    if any((item["type"], item["loc"]) == ("missing", ("body",)) for item in found):
        return Failure(400, "invalid_json", "the body is empty")
    said = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in found[:5]]
    said += [f"and {len(found) - 5} more"] if len(found) > 5 else []
    return Failure(422, "invalid", "; ".join(said))


def _unusable(error: Any) -> Failure:
    _LOG.warning("store: %s", error)
    return busy(2, "the database cannot be used just now; nothing of this request was stored")


_TABLE: tuple[tuple[type[Exception], Callable[[Any], Failure]], ...] = (
    (HTTPException, _http),
    (RequestValidationError, _invalid),
    (QueueFullError, lambda error: busy(error.retry_after_s, str(error))),
    (StoreError, _unusable),
    (TimeoutError, lambda error: busy(2, "scoring took longer than the time limit")),
    (DocumentError, lambda error: Failure(422, "unreadable_document", str(error))),
    (RowError, lambda error: Failure(422, "invalid", str(error))),
    (GoneError, lambda error: Failure(408, "gone", "the client has hung up")),
    (StaleError, lambda error: Failure(409, "stale", str(error))),
)
