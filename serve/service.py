"""What every border works with: the parts of a running service, and the few steps that all of them take."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

import anyio.to_thread
from fastapi import Request

from labels.errors import StoreError
from labels.ids import stable_id
from labels.scores import Context, Scored, ScoreInput
from labels.thread import Article
from seeds import detect
from serve.in_force import InForce
from serve.operations import Metrics
from serve.outbox import Sender
from serve.policy import Case, Verdict
from serve.scoring import GoneError, Queue
from serve.security import Caller, Known, Rates
from serve.settings import Settings
from serve.store import Store
from serve.store.comments import Incoming, Stored
from serve.waiting import Answer
from train import inference

_LOG = logging.getLogger(__name__)
ID = r"[^\x00-\x1f\x7f/]{1,200}"
"""An id of the caller's, or a page's: it stands in addresses."""
CORAL_S = 0.7
"""Coral hangs up after .8 s and lets the comment through: a 503 at once is worth as much as a late answer, and costs no pass."""
_UNDETERMINED = "und"
"""BCP 47: to the scorer, that the language need not be told once more."""
_SHORT = 30
"""Letters: of shorter texts one in ten is told wrong."""
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Service:
    settings: Settings
    store: Store
    queue: Queue
    in_force: InForce
    metrics: Metrics
    rates: Rates
    sender: Sender
    clock: Callable[[], float]
    """Seconds since 1970."""
    logins: Rates
    """Tries to log in, by name."""
    refusals: Rates
    """Lines of the audit log on refusals, by caller: who is refused in a storm must not fill the disk."""
    known: Known

    @property
    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    async def score(
        self, inputs: Sequence[ScoreInput], request: Request, *, explain: bool = False, patience_s: float | None = None
    ) -> Answer:
        """Scores off the event loop; an input without a language has none that can be told (`told`). `patience_s`: see `Queue.submit`.

        Raises QueueFullError, TimeoutError; GoneError where nobody waits any more.
        """
        request.state.texts = [item.text for item in inputs]  # to the log, which drops them unless they are asked for
        asked = [item if item.lang else replace(item, lang=_UNDETERMINED) for item in inputs]
        future = asyncio.wrap_future(self.queue.submit(asked, explain=explain, patience_s=patience_s))
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            async with asyncio.timeout(self.settings.limits.request_s):
                await asyncio.wait((future, gone), return_when=asyncio.FIRST_COMPLETED)
            if not future.done():
                raise GoneError
            answer = future.result()
        finally:
            future.cancel()
            gone.cancel()
        request.state.timing = answer.timing
        found = tuple(replace(scored, lang=None) if scored.lang == _UNDETERMINED else scored for scored in answer.scored)
        for scored in found:
            self.metrics.scored_one(scored)
        return replace(answer, scored=found)

    def told(self, text: str, hint: str | None = None) -> str | None:
        """The language of a text. `hint`: what the caller says, or the thread's. None: it cannot be told.

        A short text that seems to be of a language that the model never saw is more likely of another one, as "you idiot" of English.
        """
        found = detect.language(text, hint)
        known = found == hint or found in self.queue.scorer.manifest.languages
        return found if known or sum(map(str.isalpha, text)) >= _SHORT else None

    async def ingest(self, incoming: Incoming, request: Request, language: str | None = None) -> tuple[Stored, bool]:
        """Scores a live comment, asks the policy, stores both; with whether it is new. The same comment again is only read back."""
        held, lang, context = await in_thread(self._known, incoming)
        if held is not None and held.digest == incoming.digest:
            return held, False
        told = language or self.told(incoming.text, lang)
        answer = await self.score([ScoreInput(incoming.id, incoming.text, told, context)], request, explain=True)
        return await in_thread(self.store.comments.put, incoming, answer.scored[0], self.act(incoming, answer.scored[0]), self.now)

    def _known(self, incoming: Incoming) -> tuple[Stored | None, str | None, Context]:
        """The comment as it is held, and its page's language and words around it. Blocks: one change of threads for three questions."""
        held = self.store.comments.get(incoming.site, incoming.id)
        title, lang = self.store.articles.about(incoming.site, incoming.article)
        return held, lang, self.store.comments.context(incoming.site, incoming.reply_to, title)

    async def keep(self, article: Article, site: str, request: Request) -> int:
        """Scores and stores a page with its comments, all or none; known ones stay as they are. Returns how many wait for a moderator."""
        incoming, inputs = incoming_of(article, site), await in_thread(inference.of_article, article)
        known = await in_thread(self.store.comments.digests, site, [one.id for one in incoming])
        new = [place for place, one in enumerate(incoming) if known.get(one.id) != one.digest]
        answer = await self.score([inputs[place] for place in new], request, explain=True)
        items = [(incoming[place], scored, self.act(incoming[place], scored)) for place, scored in zip(new, answer.scored, strict=True)]
        await in_thread(self.store.articles.put, site, article, self.now)
        await in_thread(self.store.comments.put_all, items, self.now)
        return await in_thread(self.store.comments.open_of, site, article.id)

    def refused(self, request: Request, why: str) -> None:
        """Counts a refusal and writes it into the audit log, up to a limit for each caller. Blocks; never raises."""
        self.metrics.refusals.labels(why).inc()
        caller: Caller | None = getattr(request.state, "caller", None)
        name = caller.name if caller else "nobody"
        address = request.client.host if request.client else ""
        if self.refusals.take(f"{name}@{address}", self.settings.limits.refusals_per_minute):
            return
        # The route, not the path: an id in it would outlast the erasure of its comment.
        route = getattr(request.scope.get("route"), "path", "")
        try:
            self.store.desk.log(name, "refused", self.now, why=why, method=request.method, path=route)
        except StoreError as error:
            _LOG.warning("audit: %s", error)

    def act(self, incoming: Incoming, scored: Scored) -> Verdict:
        verdict = self.in_force.policy.act(Case(incoming.text, incoming.site, incoming.author, scored))
        self.metrics.actions.labels(verdict.action, verdict.would or "").inc()
        return verdict


def incoming_of(article: Article, site: str) -> list[Incoming]:
    """The comments of a page as a site would send them; the article's id keeps two pages that count from 1 apart."""

    def named(id: str | None) -> str | None:
        if id is None:
            return None
        whole = f"{article.id}:{id}"
        return whole if re.fullmatch(ID, whole) else f"{article.id}:{stable_id(id)}"

    return [
        Incoming(named(one.id) or "", site, one.text, article.id, one.author, named(one.reply_to), one.created_at)
        for one in article.comments
    ]


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of something that blocks, such as the database, off the event loop."""
    return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs))


async def _disconnected(request: Request) -> None:
    """Returns when the client hangs up; the body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def language_of(code: str | None) -> str | None:
    """ISO 639-1 of a code such as `EN` or `pt-BR`; None for what says nothing."""
    base = (code or "").strip().lower().replace("_", "-").partition("-")[0]
    return base if base.isascii() and base.isalpha() and len(base) in (2, 3) and base != "und" else None
