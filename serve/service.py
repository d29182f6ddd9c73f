"""What every border works with: the parts of a running service, and the few steps that all of them take."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

import anyio.to_thread
from fastapi import Request

from labels.errors import StoreError
from labels.ids import stable_id
from labels.scores import Context, Scored, ScoreInput, Unscored
from labels.thread import Article
from seeds import detect
from serve.in_force import InForce
from serve.line import Line
from serve.operations import Metrics
from serve.outbox import Sender
from serve.policy import Case, Verdict
from serve.scoring import GoneError, Queue
from serve.security import Caller, Known, Rates
from serve.settings import Settings
from serve.store import Store
from serve.store.articles import in_address
from serve.store.comments import Incoming, Stored
from serve.waiting import Answer, Timing, cuts
from train import inference
from train.languages import language

_LOG = logging.getLogger(__name__)
ID = r"[^\x00-\x1f\x7f/]{1,200}"
"""An id of the caller's, or a page's: it stands in addresses."""
CORAL_S = 0.7
"""Coral hangs up after .8 s and lets the comment through: a 503 at once is worth as much as a late answer, and costs no pass."""
_UNDETERMINED = "und"
"""BCP 47: to the scorer, that the language need not be told once more."""
_SHORT = 30
"""Letters: of shorter texts one in ten is told wrong."""
_TOLD_CHARS = 1000
"""Of a text, from which its language is told."""
_PART = 200
_PART_CHARS = 20_000
"""Comments of a page, and characters of them, that are scored within one time limit."""
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
    addresses: Rates = field(default_factory=lambda: Rates(time.monotonic))
    """Tries to log in, by the client's address."""
    passwords: Line = field(default_factory=lambda: Line(1, 8, "too many people log in at once; try again later"))
    """One at a time: a hash takes 64 MB and every core."""
    readers: Line = field(default_factory=lambda: Line(2, 8, "too many pages wait to be read; try again later"))
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server is told to stop: what only waits for news ends at once."""

    @property
    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    async def score(
        self,
        inputs: Sequence[ScoreInput],
        request: Request,
        *,
        explain: bool = False,
        patience_s: float | None = None,
        parts: bool = False,
        private: bool = False,
    ) -> Answer:
        """Scores off the event loop; an input without a language has none that can be told (`told`). `patience_s`: see `Queue.submit`.

        `parts`: what follows the first input are parts of it, which count as no comments. `private`: no log may have the texts.
        Raises QueueFullError, TimeoutError; GoneError where nobody waits any more.
        """
        comments = inputs[:1] if parts else inputs
        if not private:
            request.state.texts = [item.text for item in comments]  # to the log, which drops them unless they are asked for
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
        for scored in found[: len(comments)]:
            self.metrics.scored_one(scored)
        return replace(answer, scored=found)

    def told(self, text: str, *hints: str | None) -> str | None:
        """The language of a text. `hints`: what the caller says, or the thread's; of several, the likeliest that the model knows counts.
        None: it cannot be told.

        A short text that seems to be of a language that the model never saw is more likely of another one, as "you idiot" of English.
        """
        known, named = self.queue.scorer.manifest.languages, [code for code in hints if code]
        hint = likeliest(text, [code for code in named if code in known] or named)
        found = detect.language(text, hint)
        return found if found == hint or found in known or sum(map(str.isalpha, text)) >= _SHORT else None

    async def ingest(self, incoming: Incoming, request: Request) -> tuple[Stored, bool]:
        """Scores a live comment, asks the policy, stores both; with whether it is new. The same comment again is only read back."""
        held, lang, context = await in_thread(self._known, incoming)
        if held is not None and incoming.is_same(held):
            return held, False
        told = incoming.language or self.told(incoming.text, lang)
        answer = await self._explained([ScoreInput(incoming.id, incoming.text, told, context)], request)
        return await in_thread(self.store.comments.put, incoming, answer.scored[0], self.act(incoming, answer.scored[0]), self.now)

    async def _explained(self, inputs: Sequence[ScoreInput], request: Request) -> Answer:
        """As `score`, with spans. A comment that alone takes longer than the limit would do so again: it has no scores, for a person."""
        try:
            return await self.score(inputs, request, explain=True)
        except TimeoutError:
            if len(inputs) > 1:
                raise
            _LOG.warning("a comment of %d characters took longer than the limit", len(inputs[0].text))
            failed = Scored(inputs[0].id, inputs[0].lang, {}, self.queue.scorer.model, Unscored.FAILED)
            self.metrics.scored_one(failed)
            return Answer((failed,), Timing())

    def _known(self, incoming: Incoming) -> tuple[Stored | None, str | None, Context]:
        """The comment as it is held, and its page's language and words around it. Blocks: one change of threads for three questions."""
        held = self.store.comments.get(incoming.site, incoming.id)
        title, lang = self.store.articles.about(incoming.site, incoming.article)
        return held, lang, self.store.comments.context(incoming.site, incoming.reply_to, title)

    async def keep(self, pages: Sequence[Article], site: str, request: Request) -> list[int]:
        """Scores and stores pages with their comments, all or none; known ones stay as they are. Returns how many of each wait for a
        moderator. Each part has the time limit for itself; where one fails, the cache has what was scored, for who sends the same again."""
        new = await in_thread(self._new_of, pages, site)
        inputs = [item for _, item in new]
        answers = [await self._explained(inputs[begin:end], request) for begin, end in cuts(inputs, _PART, _PART_CHARS)]
        request.state.texts = [item.text for item in inputs]
        request.state.timing = sum((answer.timing for answer in answers), Timing())
        scored = [one for answer in answers for one in answer.scored]
        return await in_thread(self._keep, pages, site, [(one, found) for (one, _), found in zip(new, scored, strict=True)])

    def _new_of(self, pages: Sequence[Article], site: str) -> list[tuple[Incoming, ScoreInput]]:
        """The comments of pages that are not stored as they are. Blocks."""
        all_of = [pair for page in pages for pair in zip(incoming_of(page, site), inference.of_article(page), strict=True)]
        known = self.store.comments.digests(site, [one.id for one, _ in all_of])
        return [(one, item) for one, item in all_of if known.get(one.id) != one.digest]

    def _keep(self, pages: Sequence[Article], site: str, scored: Sequence[tuple[Incoming, Scored]]) -> list[int]:
        """Asks the policy and stores. Blocks."""
        items = [(one, found, self.act(one, found)) for one, found in scored]
        self.store.comments.put_all(items, self.now, [(site, page) for page in pages])
        return [self.store.comments.open_of(site, page.id) for page in pages]

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
    page = in_address(article.id)

    def named(id: str | None) -> str | None:
        if id is None:
            return None
        whole = f"{page}:{id}"
        return whole if re.fullmatch(ID, whole) else f"{page}:{stable_id(id)}"

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


def likeliest(text: str, languages: Sequence[str]) -> str | None:
    """The one of these languages that a text is most likely of, however short it is; the first where nothing tells. None: of none."""
    if len(languages) < 2:
        return next(iter(languages), None)
    from py3langid import rank  # as in `detect`: its tables are large

    return next((code for code, _ in rank(text[:_TOLD_CHARS]) if code in languages), languages[0])


def language_of(code: str | None) -> str | None:
    """ISO 639-1 of a code such as `EN` or `pt-BR`; None for what says nothing."""
    found = language(code or "")
    return None if found == _UNDETERMINED else found
