"""The policy's page: move its bands, see what that would have done, keep it as a draft; an admin puts a draft in force."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from labels import schema
from labels.errors import ConfigError
from serve.api.auth import Running
from serve.policy import Action, Policy, dump
from serve.report.words import TABLE
from serve.review import asked
from serve.review.access import N_, Admin, Moderator, Person, Reader, Refusal
from serve.review.pages import render
from serve.review.policy_preview import Outcome, moved, tried
from serve.service import Service, in_thread
from serve.store.desk_decisions import ConflictError
from serve.store.desk_policy import Draft
from serve.store.insight import CROWD

router = APIRouter(prefix="/review/policy", include_in_schema=False)
DAYS = (7, 30, 90)
MOST = 20_000
"""Of the newest comments the preview asks both policies; it is there in a second or two."""
SECONDS_EACH = 20.0
"""Assumed for a decision where too few people's were timed."""
ACTIONS = {Action.PUBLISH: N_("publish"), Action.REVIEW: N_("ask a moderator"), Action.REJECT: N_("reject")}
KINDS = {
    "unscored": N_("comments that could not be scored"),
    "language": N_("languages that the model does not know"),
    "words": N_("words of a list"),
    "links": N_("comments with links"),
    "author": N_("authors of a list"),
    "always": N_("all other comments"),
}
_DONE = {"kept": N_("The draft is kept. Nothing has changed yet: an admin applies it."), "applied": N_("The draft is in force now.")}
Number = Annotated[int, Path(ge=1, le=2**62)]


@router.get("")
async def policy_page(request: Request, running: Running, who: Reader) -> Response:
    """The bands of the policy in force, or of a draft, and what they would have done."""
    given = dict(request.query_params)
    draft = await _chosen(running, who, given)
    return render(request, who, "policy.html.j2", **await in_thread(_page, running, who, given, draft))


@router.post("/drafts")
async def keep(
    running: Running,
    who: Moderator,
    name: Annotated[str, Form(min_length=1, max_length=100)],
    view: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """Keeps what the form shows as a draft."""
    given = asked.parsed(view)
    base = _base(running, await _chosen(running, who, given))
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(running.now / 1000))
    text = dump(replace(moved(base, given), version=stamp))
    title = re.sub(r"[\x00-\x1f\x7f]", " ", name).strip() or stamp
    number = await in_thread(running.store.desk.drafts.add, title, text, who.name, running.now)
    return RedirectResponse(f"/review/policy?{urlencode({**_scope(given), 'draft': number, 'done': 'kept'})}", 303)


@router.post("/drafts/{number}/apply")
async def apply(running: Running, who: Admin, number: Number, seen: Annotated[int, Form(ge=0, le=2**62)]) -> Response:
    """Puts a draft in force, here at once and within a second on every other server. 409 where another one came in between."""
    if who.sites is not None:
        raise Refusal(403, "sites", N_("The policy holds for all sites; only an admin of all sites may apply one."))
    draft = await _found(running, who, number)
    _base(running, draft)  # one that cannot be read must not come in force
    try:
        await in_thread(running.store.desk.drafts.apply, draft, seen, who.name, running.now)
    except ConflictError as conflict:
        message = N_("%(by)s has applied another policy since you opened this page, so nothing was changed.")
        raise Refusal(409, conflict.why, message, by=conflict.by or "–") from conflict
    await in_thread(running.in_force.refresh)
    return RedirectResponse("/review/policy?done=applied", 303)


async def _chosen(running: Service, who: Person, given: dict[str, str]) -> Draft | None:
    """The draft that a query names; None: the policy in force."""
    if not (named := given.get("draft", "")):
        return None
    return await _found(running, who, int(named) if re.fullmatch("[0-9]{1,18}", named) else 0)


async def _found(running: Service, who: Person, number: int) -> Draft:
    """Raises Refusal 404."""
    draft = await in_thread(running.store.desk.drafts.get, number)
    if draft is None:
        raise Refusal(404, "no_draft", N_("There is no such draft."))
    return draft


def _base(running: Service, draft: Draft | None) -> Policy:
    """Raises Refusal for a draft that this server cannot read."""
    try:
        return running.in_force.read(draft.text) if draft else running.in_force.policy
    except ConfigError as error:
        raise Refusal(422, "draft", N_("This draft cannot be used any more: %(why)s"), why=str(error)) from error


def _page(running: Service, who: Person, given: dict[str, str], draft: Draft | None) -> dict[str, Any]:
    desk, base = running.store.desk, _base(running, draft)
    scope = _scope(given)
    days, site = int(scope["days"]), scope.get("site")
    sites = [site] if site and who.sees(site) else who.sites
    held, after = running.in_force, moved(base, given)
    outcome: Outcome = tried(desk.drafts.history(sites, running.now, days=days, most=MOST), held.policy, after)
    measured = desk.drafts.seconds_each(CROWD)
    each = SECONDS_EACH if measured is None else measured
    return {
        "given": given,
        "draft": draft,
        "base": base,
        "after": after,
        "changed": after.rules != held.policy.rules,
        "unsaved": after.rules != base.rules,
        "outcome": outcome,
        "hours": outcome.saved_hours(each, days),
        "each": each,
        "measured": measured is not None,
        "most": MOST,
        "days": days,
        "periods": DAYS,
        "site": site,
        "sites": desk.queue.sites(who.sites),
        "actions": ACTIONS,
        "kinds": KINDS,
        "heads": schema.HEADS,
        "table": TABLE,
        "percent": _percent,
        "drafts": desk.drafts.list(),
        "past": running.store.policies.page(10),
        "in_force": held.number,
        "view": urlencode({name: value for name, value in given.items() if name != "done" and value}),
        "done": given.get("done") if given.get("done") in _DONE else None,
        "said": _DONE,
    }


def _scope(given: dict[str, str]) -> dict[str, str]:
    """Of which comments the preview tells."""
    days = given.get("days", "")
    scope = {"days": days if days in map(str, DAYS) else "30"}
    return scope | ({"site": given["site"][:200]} if given.get("site") else {})


def _percent(value: float | str) -> str:
    """A threshold for a field of numbers; empty for one that the model's card names."""
    return "" if isinstance(value, str) else f"{100 * value:.6g}"
