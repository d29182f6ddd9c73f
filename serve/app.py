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
from serve.security import Rates
from serve.service import Service, in_thread
from serve.settings import Settings, default
from serve.store import Store
from train.inference import Scorer

_LOG = logging.getLogger(__name__)
_DAY_MS = 86_400_000
_RETENTION_EVERY_S = 3_600


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
    )
    app.state.service = service
    problems.install(app)
    for border in (status, native, pages, session, perspective, openai, coral, batch):
        app.include_router(border.router)
    review.mount(app)
    app.add_middleware(Layer, metrics=service.metrics, model=scorer.model, limits=settings.limits)
    if settings.cors.origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(settings.cors.origins), allow_methods=["*"], allow_headers=["*"])
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
    return Service(settings, store, queue, holds, metrics, rates, sender, clock, logins, refusals)


def policy_text(settings: Settings) -> str:
    """The policy in force, as TOML. Raises ConfigError."""
    if not settings.policy:
        return default("policy.toml")
    try:
        return Path(settings.policy).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"policy {settings.policy}: {error}") from error


def parse_policy(text: str, scorer: Scorer) -> Policy:
    return policy.parse(text, scorer.manifest.thresholds, scorer.manifest.languages)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.queue.start()
    service.sender.start()
    tasks = [asyncio.create_task(work(service)) for work in (_retain, _follow_policy)]
    try:
        yield
    finally:
        # The server has answered every request by now; what is still queued has nobody waiting.
        for task in tasks:
            task.cancel()
        await in_thread(service.queue.stop)
        await in_thread(service.sender.stop)
        service.store.close()


async def _follow_policy(service: Service) -> None:
    """Takes up what an admin applies on another server."""
    while True:
        await asyncio.sleep(in_force.EVERY_S)
        with contextlib.suppress(StoreError):  # /readyz tells of a database that is gone
            await in_thread(service.in_force.refresh)


async def _retain(service: Service) -> None:
    """Deletes what is older than retention allows, once an hour."""
    while service.settings.retention.days:
        try:
            count = await in_thread(service.store.erase.expire, service.now - service.settings.retention.days * _DAY_MS, service.now)
            _LOG.info("retention: %d texts deleted", count)
        except StoreError as error:
            _LOG.warning("retention: %s", error)
        await asyncio.sleep(_RETENTION_EVERY_S)
