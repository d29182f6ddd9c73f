"""Bulk by score: a histogram of one score over the open comments, a range of it, what it holds, and one decision on all of that."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from labels import schema
from serve.api.auth import Running
from serve.report.words import TABLE
from serve.review import asked, keys
from serve.review.access import N_, Moderator, Person, Refusal
from serve.review.pages import render
from serve.review.view import blurs, view
from serve.security import Role
from serve.service import Service, in_thread
from serve.store.desk_bulk import BINS, MOST, Bin
from serve.store.desk_decisions import Act

router = APIRouter(prefix="/review/bulk", include_in_schema=False)
_LOW, _HIGH = "90", "100"
_TALL = 120
"""Height of the histogram, in units of its view box; a bin is 10 wide."""
FEW = 30
"""Fewer decisions than this give a rough estimate only."""
DAYS = 14
"""For so long a bulk action stands on the page with its undo."""
_DAY_MS = 86_400_000
Batch = Annotated[str, Form(pattern="^[0-9a-f]{16}$")]


@router.get("")
async def bulk_page(request: Request, running: Running, who: Moderator) -> Response:
    """Histogram, range and preview; the first range is what scores highest."""
    given = {
        "output": "toxicity.toxicity",
        "low": _LOW,
        "high": _HIGH,
        **{name: value for name, value in request.query_params.items() if value},
    }
    return render(request, who, "bulk.html.j2", **await in_thread(_page, running, who, given))


@router.post("/decide")
async def decide(  # noqa: PLR0917
    running: Running,
    who: Moderator,
    act: Annotated[str, Form(pattern="^(publish|reject)$")],
    newest: Annotated[int, Form(ge=0, le=2**62)],
    view: Annotated[str, Form(max_length=2_000)] = "",
    label: Annotated[str, Form(max_length=40)] = "other",
) -> Response:
    """Decides on all that the previewed range holds; what came in since, or is being read by others, is left open."""
    given = asked.parsed(view)
    wanted = asked.wanted(given, who)
    if wanted.low is None or wanted.high is None or wanted.output is None or wanted.state != "open":
        raise Refusal(422, "range", N_("No range was chosen, so nothing was changed."))
    labels = ((label if label in keys.LABELS else "other"),) if act == "reject" else ()
    batch, count = await in_thread(running.store.desk.bulk.decide, wanted, Act(act, who.name, labels), newest, running.now)
    running.sender.notify()
    return RedirectResponse(f"/review/bulk{asked.query(given)}&{urlencode({'done': count, 'batch': batch, 'act': act})}", 303)


@router.post("/undo")
async def undo(running: Running, who: Moderator, batch: Batch, view: Annotated[str, Form(max_length=2_000)] = "") -> Response:
    """Takes a bulk action back, but for what was decided or edited since: one's own; an admin anybody's, on the admin's sites."""
    whose = None if who.may(Role.ADMIN) else who.name
    done = await in_thread(lambda: running.store.desk.decisions.undo_batch(batch, who.name, who.sites, running.now, whose=whose))
    if done is None:
        raise Refusal(404, "no_batch", N_("There is nothing left to undo."))
    running.sender.notify()
    query = asked.query(asked.parsed(view))
    return RedirectResponse(f"/review/bulk{query}{'&' if query else '?'}undone={done.count}", 303)


def _page(running: Service, who: Person, given: dict[str, str]) -> dict[str, Any]:
    wanted, bulk = asked.wanted(given, who), running.store.desk.bulk
    bins, held = bulk.histogram(wanted, running.now), bulk.range(wanted, running.now)
    low, high = wanted.low or 0.0, 1.0 if wanted.high is None else wanted.high
    return {
        "given": given,
        "wanted": wanted,
        "heads": schema.HEADS,
        "table": TABLE,
        "languages": running.queue.scorer.manifest.languages,
        "sites": running.store.desk.queue.sites(who.sites),
        "reasons": keys.REASONS,
        "bins": bins,
        "drawing": _drawing(bins, low, high),
        "low": round(100 * low),
        "high": round(100 * high),
        "step": 100 // BINS,
        "held": held,
        "sample": [view(card, {}, who.name, blur=blurs(who)) for card in held.sample],
        "most": MOST,
        "few": FEW,
        "query": asked.query(given)[1:],
        "done": given.get("done") if given.get("done", "").isdigit() else None,
        "undone": given.get("undone") if given.get("undone", "").isdigit() else None,
        "batch": given.get("batch"),
        "act": given.get("act"),
        "batches": bulk.batches(who.name, running.now - DAYS * _DAY_MS, also=who.sites if who.may(Role.ADMIN) else ()),
        "days": DAYS,
    }


def _drawing(bins: list[Bin], low: float, high: float) -> Markup:
    """The columns of the histogram, those of the range in colour; heights are square roots, or a few comments could not be seen."""
    most = max((one.open for one in bins), default=0) or 1
    body = Markup()
    for at, one in enumerate(bins):
        tall = _TALL * (one.open / most) ** 0.5
        inside = "in" if low - 1e-9 <= one.low and one.high <= high + 1e-9 else "out"
        shape = Markup('<rect class="{}" data-bin="{}" x="{}" y="{:.1f}" width="9" height="{:.1f}"/>')
        body += shape.format(inside, at, 10 * at, _TALL - tall, tall)
    return body
