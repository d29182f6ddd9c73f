"""The only place where the parts of the service are put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from labels.errors import ConfigError, StoreError
from serve import in_force, policy, review
from serve.api import batch, coral, native, openai, pages, perspective, problems, session, status
from serve.in_force import InForce
from serve.operations import Layer, Metrics
from serve.outbox import Sender
from serve.policy import Policy
from serve.scoring import Queue
from serve.security import Known, Rates
from serve.service import Service, in_thread
from serve.settings import Settings, default
from serve.store import Store
from train.inference import Scorer

_LOG = logging.getLogger(__name__)
_DAY_MS = 86_400_000
_EVENTS_DAYS = 30
"""How long an event that a target has taken, or that was given up, can be looked up in the outbox."""
_RETENTION_EVERY_S = 3_600
_EXPOSED = ("Retry-After", "Server-Timing", "X-Request-ID", "X-Threadwise-Model", "X-Threadwise-Unsupported")
"""What a page of another origin may read of an answer, where it may ask at all."""


def create_app(settings: Settings, scorer: Scorer, store: Store, clock: Callable[[], float] = time.time) -> FastAPI:
    """The application; its lifespan starts and ends the threads and closes the store, and may be run again. Raises ConfigError."""
    service = assemble(settings, scorer, store, clock)
    app = FastAPI(
        title="Threadwise",
        version=scorer.model,
        description="Scores comments under articles, reads threads out of pages, takes in live comments and keeps what people decide.",
        lifespan=_lifespan,
        docs_url=None,  # the page of FastAPI loads its script from another host
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,  # a body that says nothing of itself is JSON; where sessions are used is guarded elsewhere
    )
    app.state.service = service
    problems.install(app)
    # Routes are tried one after another: those of live comments come first.
    for border in (perspective, native, openai, coral, status, pages, session, batch):
        app.include_router(border.router)
    review.mount(app)
    if settings.cors.origins:
        origins = list(settings.cors.origins)
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"], expose_headers=_EXPOSED)
    app.add_middleware(Layer, metrics=service.metrics, model=scorer.model, limits=settings.limits)
    return app


def assemble(settings: Settings, scorer: Scorer, store: Store, clock: Callable[[], float]) -> Service:
    """The parts of a service. Raises ConfigError."""
    text = policy_text(settings)
    parse_policy(text, scorer)  # a wrong one is never recorded
    store.policies.record(text, "start", int(clock() * 1000))
    holds = InForce(store.policies, lambda text: parse_policy(text, scorer), text)
    metrics = Metrics(scorer.manifest.languages)
    queue = Queue(
        scorer,
        limit=settings.limits.queue_comments,
        batch_tokens=settings.scoring.batch_tokens,
        cache_entries=settings.scoring.cache_entries,
        watch=metrics.turn,
    )
    metrics.queue.set_function(lambda: queue.waiting)
    sender = Sender(
        store.events,
        clock=clock,
        timeout_s=settings.webhooks.timeout_s,
        allow_private=settings.webhooks.allow_private_targets,
        watch=lambda outcome: metrics.webhooks.labels(outcome).inc(),
    )
    rates, logins, refusals = (Rates(time.monotonic) for _ in range(3))
    known = Known(store.accounts.key, time.monotonic)
    return Service(settings, store, queue, holds, metrics, rates, sender, clock, logins, refusals, known)


def policy_text(settings: Settings) -> str:
    """The policy in force, as TOML. Raises ConfigError."""
    if not settings.policy:
        return default("policy.toml")
    try:
        return Path(settings.policy).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"policy {settings.policy}: {error}") from error


def parse_policy(text: str, scorer: Scorer) -> Policy:
    return policy.parse(text, scorer.manifest.thresholds, scorer.manifest.judged)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.queue.start()
    service.sender.start()
    stop = asyncio.Event()
    works = ((_retain, _RETENTION_EVERY_S), (_follow_policy, in_force.EVERY_S))
    tasks = [asyncio.create_task(_repeat(work, service, every_s, stop)) for work, every_s in works]
    try:
        yield
    finally:
        # The server has answered every request by now; what is still queued has nobody waiting.
        stop.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        await in_thread(service.queue.stop)
        await in_thread(service.sender.stop)
        service.store.close()


async def _repeat(work: Callable[[Service], None], service: Service, every_s: float, stop: asyncio.Event) -> None:
    """Does it, again and again. What runs at the stop is finished: a statement that was left alone would outlive the store."""
    while not stop.is_set():
        await in_thread(work, service)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every_s)


def _follow_policy(service: Service) -> None:
    """Takes up what an admin applies on another server."""
    with contextlib.suppress(StoreError):  # /readyz tells of a database that is gone
        service.in_force.refresh()


def _retain(service: Service) -> None:
    """Deletes what is older than retention allows, and events that were over long ago."""
    days, now = service.settings.retention.days, service.now
    try:
        service.store.erase.forget_events(now - _EVENTS_DAYS * _DAY_MS)
        if days:
            _LOG.info("retention: %d texts deleted", service.store.erase.empty(now - days * _DAY_MS, now))
    except StoreError as error:
        _LOG.warning("retention: %s", error)
