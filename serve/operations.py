"""What an operator sees: metrics, logs with request ids, security headers; one ASGI layer around the application."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
import uuid
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labels.scores import Scored
from serve.api.problems import Failure, answer, failure_of
from serve.scoring import Turn
from serve.settings import Limits
from serve.waiting import Timing

_LOG = structlog.get_logger("serve")
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1, 2, 5, 10, 30)
_TENTHS = tuple(step / 10 for step in range(1, 10))
_SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
_CLOSE = {"connection": "close"}
"""What is left of the body is not read, so nothing can follow it."""
_CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
TEXT_FIELDS = frozenset({"text", "author", "comment_text", "body", "key", "password", "note"})
"""Members of a log event that hold what people wrote or a secret: dropped unless texts are asked for, and secrets always."""
_SECRETS = frozenset({"key", "password"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Any other is counted as OTHER: whoever may ask without a key could else add labels without end."""


class Metrics:
    """Named in docs/service.md. Labels are bounded: routes, known methods, our heads, languages of the model."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._languages = frozenset(languages)
        self.registry = CollectorRegistry()
        given: dict[str, Any] = {"registry": self.registry}
        self.requests = Counter("threadwise_requests", "Requests answered", ["route", "method", "status"], **given)
        self.latency = Histogram("threadwise_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, **given)
        self.queue = Gauge("threadwise_queue_comments", "Comments that wait for the model", **given)
        self.batch = Histogram(
            "threadwise_batch_comments", "Comments of one pass of the model", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256), **given
        )
        self.tokens = Counter("threadwise_tokens", "Tokens scored", **given)
        self.cached = Counter("threadwise_cache_hits", "Comments answered from the cache", **given)
        self.scored = Counter("threadwise_comments", "Comments by outcome", ["outcome"], **given)
        self.scores = Histogram("threadwise_score", "Scores, to see drift", ["output", "lang"], buckets=_TENTHS, **given)
        self.refusals = Counter("threadwise_refusals", "Requests of those who may not", ["why"], **given)
        self.actions = Counter("threadwise_actions", "What the policy did; in a dry run, what it would have", ["action", "would"], **given)
        self.webhooks = Counter("threadwise_webhooks", "Webhook tries", ["outcome"], **given)

    def turn(self, turn: Turn) -> None:
        if turn.comments:
            self.batch.observe(turn.comments)
        self.tokens.inc(turn.tokens)
        self.cached.inc(turn.cached)

    def scored_one(self, scored: Scored) -> None:
        self.scored.labels(scored.reason or "scored").inc()
        lang = scored.lang if scored.lang in self._languages else "other"
        for head, outputs in scored.scores.items():
            for output, value in outputs.items():
                self.scores.labels(f"{head}.{output}", lang).observe(value)


class Layer:
    """Gives a request its id, its limits and its log line, and an answer even where the application fails."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, model: str, limits: Limits) -> None:
        self._app, self._metrics, self._model, self._limits = app, metrics, model, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] != "/" and scope["raw_path"].endswith(b"/"):  # a slash as %2F is part of a name
            scope["path"] = scope["path"].removesuffix("/")  # a redirect would have no body, and many clients follow none
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", asked) else uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        scope.setdefault("state", {})
        sent = _Sent(send, scope, {"x-request-id": request_id, "x-threadwise-model": self._model, **_SECURITY})
        begun = time.monotonic()
        try:
            await self._guarded(scope, receive, sent)
        finally:
            self._record(scope, sent.status, time.monotonic() - begun)
            structlog.contextvars.unbind_contextvars("request_id")

    async def _guarded(self, scope: Scope, receive: Receive, sent: _Sent) -> None:
        try:
            await self._app(scope, self._limited(scope, receive), sent)
        except Exception as error:
            if sent.status:
                raise
            await answer(scope["path"], failure_of(error))(scope, receive, sent)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """`receive` that refuses a body beyond the limit, whether its length is announced or not, and one that dawdles."""
        seen, whole, limit = 0, False, self._limits.body_bytes
        announced = Headers(scope=scope).get("content-length", "")
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limits.request_s

        async def limited() -> Message:
            nonlocal seen, whole
            try:
                async with asyncio.timeout_at(None if whole else end):
                    message = await receive()
            except TimeoutError as error:
                raise Failure(408, "slow_body", f"the body did not come within {self._limits.request_s:g} s", headers=_CLOSE) from error
            seen, whole = seen + len(message.get("body", b"")), not message.get("more_body", False)
            if max(seen, int(announced) if announced.isdigit() else 0) > limit:
                raise Failure(413, "too_large", f"the body is larger than {limit:,} bytes", headers=_CLOSE)
            return message

        return limited

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")  # the pattern: a path would be one label per comment
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.requests.labels(route, method if route != "none" else "ANY", status).inc()
        self._metrics.latency.labels(route).observe(seconds)
        texts = {"text": scope["state"]["texts"]} if "texts" in scope["state"] else {}
        _LOG.info("request", route=route, method=scope["method"], status=status, ms=round(seconds * 1000, 1), **texts)


class _Sent:
    """`send` that adds headers and remembers the status; 0 while nothing was sent."""

    def __init__(self, send: Send, scope: Scope, headers: dict[str, str]) -> None:
        self._send, self._scope, self._headers, self.status = send, scope, headers, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            if headers.get("content-type", "").startswith("text/html"):
                headers.setdefault("content-security-policy", _CSP)
            if timing := self._scope["state"].get("timing"):
                headers.setdefault("server-timing", _timing(timing))
        await self._send(message)


def _timing(timing: Timing) -> str:
    """Milliseconds of each step of scoring, as Server-Timing has them."""
    steps = (("queue", timing.queue), ("tokenise", timing.tokenise), ("infer", timing.infer))
    return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in steps)


def configure_logs(*, texts: bool, level: int = logging.INFO) -> None:
    """One JSON object a line on standard error; coloured lines on a terminal."""

    def drop(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        hidden = _SECRETS if texts else TEXT_FIELDS
        return {name: value for name, value in event.items() if name not in hidden}

    shown = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, shown],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
            foreign_pre_chain=[*shared, structlog.processors.format_exc_info],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("alembic", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
