"""The queue's pages: `/review`, more cards for it, one comment by itself, saved views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from labels import schema
from labels.errors import ConfigError
from serve.api.auth import Running
from serve.report import charts
from serve.report.words import TABLE
from serve.review import asked, keys
from serve.review.access import N_, Person, Reader, Refusal
from serve.review.pages import environment, frame, render
from serve.review.view import CardView, blurs, view
from serve.security import Role
from serve.service import Service, in_thread
from serve.store.desk_queue import Card

router = APIRouter(prefix="/review", include_in_schema=False)
PAGE = 12
"""Cards of a page; a script asks for the next ones in good time."""
Number = Annotated[int, Path(ge=1, le=2**62)]
After = Annotated[str | None, Query(max_length=200)]


@router.get("")
async def queue_page(request: Request, running: Running, who: Reader, after: After = None) -> Response:
    """The most urgent comments first; the first one that nobody else reads is claimed and current."""
    given = dict(request.query_params)
    page = await in_thread(_page, running, who, given, after)
    return render(request, who, "queue.html.j2", **page, **_choices(running), **_words(who))


@router.get("/cards")
async def more_cards(request: Request, running: Running, who: Reader, after: After = None) -> Response:
    """The next cards, as a fragment for the script; an empty one at the end."""
    given = dict(request.query_params)
    views = await in_thread(_views, running, who, given, after)
    return fragment(request, running, who, views, given)


@router.get("/comments/{number}")
async def comment_page(request: Request, running: Running, who: Reader, number: Number) -> Response:
    """One comment with its whole thread."""
    heard = await in_thread(_heard, running, who)
    card = await found(running, who, number)
    holders = await in_thread(running.store.desk.claims.held, running.now, who.sites)
    shown = view(card, holders, who.name, blur=blurs(who))
    back = f"/review/comments/{number}"
    return render(request, who, "comment.html.j2", one=shown, heard=heard, **_choices(running), **_words(who), given={}, back=back)


@router.get("/comments/{number}/card")
async def card_alone(request: Request, running: Running, who: Reader, number: Number) -> Response:
    """One card as it is now, for the script."""
    card = await found(running, who, number)
    holders = await in_thread(running.store.desk.claims.held, running.now, who.sites)
    return fragment(request, running, who, [view(card, holders, who.name, blur=blurs(who))], {})


@router.post("/views")
async def keep_view(
    running: Running,
    who: Reader,
    name: Annotated[str, Form(min_length=1, max_length=100)],
    view: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    query = asked.query(asked.parsed(view))
    try:
        await in_thread(running.store.desk.saved.keep_view, who.name, name.strip(), query, running.now)
    except ConfigError as error:
        raise Refusal(422, "views", N_("You keep too many views; delete one first.")) from error
    return RedirectResponse(f"/review{query}", 303)


@router.post("/views/{number}/drop")
async def drop_view(running: Running, who: Reader, number: Number) -> Response:
    if not await in_thread(running.store.desk.saved.drop_view, who.name, number):
        raise Refusal(404, "no_view", N_("There is no such view."))
    return RedirectResponse("/review", 303)


@router.get("/help")
async def help_page(request: Request, who: Reader) -> Response:
    return render(request, who, "help.html.j2", **_words(who), reasons=keys.REASONS)


async def found(running: Service, who: Person, number: int) -> Card:
    """A comment that the person may see. Raises Refusal 404: nobody comes to a foreign number by a link of ours."""
    card = await in_thread(running.store.desk.queue.card, number, who.sites)
    if card is None:
        raise Refusal(404, "no_comment", N_("There is no such comment here."))
    return card


def fragment(request: Request, running: Service, who: Person, views: Sequence[CardView], given: dict[str, str]) -> HTMLResponse:
    """Cards without a page around them."""
    context = (
        frame(request, who) | _choices(running) | _words(who) | {"views": views, "given": given, "back": f"/review{asked.query(given)}"}
    )
    html = environment(who.language.code).get_template("cards.html.j2").render(context)
    return HTMLResponse(html.encode("utf-8", "replace"))


def _page(running: Service, who: Person, given: dict[str, str], after: str | None) -> dict[str, Any]:
    desk, wanted = running.store.desk, asked.wanted(given, who)
    everything = asked.wanted({}, who)
    heard = _heard(running, who)  # before the cards: what comes meanwhile is announced though it is there, never left out
    views = _views(running, who, given, after)
    if who.may(Role.MODERATOR) and wanted.state in ("open", "escalated"):
        views = _first_claimed(running, who, views)
    count = desk.queue.count(wanted, running.now)
    return {
        "heard": heard,
        "views": views,
        "given": given,
        "wanted": wanted,
        "count": count,
        "open": count if wanted == everything else desk.queue.count(everything, running.now),
        "escalated": desk.queue.count(asked.wanted({"state": "escalated"}, who), running.now),
        "after": after,
        "sites": desk.queue.sites(who.sites),
        "saved": desk.saved.views(who.name),
        "narrowed": asked.narrowed(given),
        "query": lambda **changes: "/review" + asked.query(given, **changes),
        "back": f"/review{asked.query(given)}",
        "done": _done(running, who, given.get("done")),
        "conflict": given.get("conflict"),
    }


def _heard(running: Service, who: Person) -> dict[str, int]:
    """The newest open comment and the newest decision: what comes later is news to the page."""
    desk = running.store.desk
    return {"latest": desk.queue.size(asked.wanted({}, who), running.now)[1], "decision": desk.decisions.newest()}


def _views(running: Service, who: Person, given: dict[str, str], after: str | None) -> list[CardView]:
    desk = running.store.desk
    cards = desk.queue.page(asked.wanted(given, who), running.now, after=after, limit=PAGE)
    holders = desk.claims.held(running.now, who.sites)
    return [view(card, holders, who.name, blur=blurs(who)) for card in cards]


def _first_claimed(running: Service, who: Person, views: list[CardView]) -> list[CardView]:
    """Claims the first free card; one that another page has taken meanwhile shows that."""
    for at, one in enumerate(views):
        if one.holder is None:
            holder = running.store.desk.claims.take(one.card.number, who.name, who.sites, running.now)
            if holder == who.name:
                return views
            views[at] = replace(one, holder=holder)
    return views


def _done(running: Service, who: Person, number: str | None) -> Any:
    """What the person did last, to be said on the page with a way back; None where it is not the newest any more."""
    last = running.store.desk.decisions.last(who.name, who.sites) if number and number.isdigit() else None
    return last if last is not None and str(last["number"]) == number else None


def _choices(running: Service) -> dict[str, Any]:
    """What the filters offer and the cards name."""
    return {
        "languages": running.queue.scorer.manifest.languages,
        "heads": schema.HEADS,
        "table": TABLE,
        "charts": charts,
        "reasons": keys.REASONS,
        "states": asked.STATES,
    }


def _words(who: Person) -> dict[str, Any]:
    return {"keys": keys.keys_of(who.preferences), "actions": keys.ACTIONS}
