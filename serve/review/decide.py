"""What a moderator does to a comment: decide, note, skip, claim, undo. Plain forms work; a script asks the same addresses for JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from labels import schema
from serve.api.auth import Running
from serve.review import asked, keys
from serve.review.access import N_, Moderator, Person, Refusal
from serve.review.pages import wants_json
from serve.review.queue import Number, found, fragment
from serve.review.view import blurs, view
from serve.service import Service, in_thread
from serve.store.desk_decisions import ACTIONS, Act, ConflictError, Done, Seen
from serve.store.tables import SCORES

router = APIRouter(prefix="/review", include_in_schema=False)
_MOST_MS = 3_600_000
"""A card that stood open for longer was not read for so long."""
_EXCLUSIVE = tuple(head for head in schema.HEADS if head.activation is schema.Activation.SOFTMAX)
_SAYS = {
    "claimed": N_("%(by)s is reading this comment right now, so nothing was changed."),
    "decided": N_("%(by)s has decided on this comment since you opened it, so nothing was changed."),
    "edited": N_("The comment was edited since you opened it, so nothing was changed. Please read it again."),
}
_SOMEBODY = N_("Somebody")
Decision = Annotated[int | None, Form(ge=1, le=2**62)]


@router.post("/comments/{number}/decide")
async def decide(request: Request, running: Running, who: Moderator, number: Number) -> Response:
    """Appends what the form says. 409 where another moderator was faster or reads the comment, or it was edited."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    kind, _, label = form.get("act", "").partition(":")
    back = _back(form.get("back"))
    if kind == "skip":
        await in_thread(running.store.desk.claims.release, number, who.name)
        return JSONResponse({"kind": kind}) if wants_json(request) else RedirectResponse(_with(back, after=form.get("place", "")), 303)
    if kind not in (*ACTIONS, "note"):
        raise Refusal(422, "act", N_("Nothing was chosen, so nothing was changed."))
    act = Act(kind, who.name, _labels(kind, label), _note(form), _spent(form), _corrections(form), _span(form.get("span", "")))
    if kind == "note" and act.note is None:
        raise Refusal(422, "note", N_("The note is empty, so nothing was written."))
    try:
        done = await in_thread(running.store.desk.decisions.decide, number, who.sites, act, _seen(form), running.now)
    except ConflictError as conflict:
        raise _refusal(who, conflict) from conflict
    if done is None:
        raise Refusal(404, "no_comment", N_("There is no such comment here."))
    running.sender.notify()
    if wants_json(request):
        return JSONResponse({"decision": done.number, "kind": done.kind, "action": done.action})
    return RedirectResponse(_with(back, done=str(done.number)), 303)


@router.post("/undo")
async def undo(
    request: Request,
    running: Running,
    who: Moderator,
    *,
    decision: Decision = None,
    back: Annotated[str, Form()] = "",
    asks: Annotated[bool, Form()] = False,
) -> Response:
    """Takes back the person's newest decision, or the one that is named. `asks`: not a bulk action; the answer says that it is one."""
    desk = running.store.desk.decisions
    if decision is None and asks and (last := await in_thread(desk.last, who.name, who.sites)) and last["batch"]:
        return JSONResponse({"asks": True})
    try:
        if decision is None:
            done = await in_thread(desk.undo_last, who.name, who.sites, running.now)
        else:
            done = await in_thread(desk.undo, decision, who.name, who.sites, running.now)
    except ConflictError as conflict:
        raise _refusal(who, conflict) from conflict
    if done is None:
        raise Refusal(404, "nothing" if decision is None else "no_decision", N_("There is nothing left to undo."))
    running.sender.notify()
    if wants_json(request):
        return JSONResponse(await _undone(request, running, who, done))
    return RedirectResponse(_back(back), 303)


@router.post("/comments/{number}/claim")
async def claim(request: Request, running: Running, who: Moderator, number: Number) -> Response:
    """Claims a comment, or renews the claim, and gives up the person's others; says who holds it now."""
    holder = await in_thread(running.store.desk.claims.take, number, who.name, who.sites, running.now)
    if holder is None:  # decided, erased, or of a site that the person does not see
        if await in_thread(running.store.desk.queue.card, number, None) is None:
            return JSONResponse({"code": "gone"}, 404)  # a page that is open renews its claim: no line of the log each time
        await found(running, who, number)  # a foreign number is refused and logged
    return JSONResponse({"holder": holder, "mine": holder == who.name})


def _refusal(who: Person, conflict: ConflictError) -> Refusal:
    return Refusal(409, conflict.why, _SAYS[conflict.why], by=conflict.by or who.language(_SOMEBODY))


async def _undone(request: Request, running: Service, who: Person, done: Done) -> dict[str, Any]:
    """What a script needs to show it: the card as it is again."""
    card = await in_thread(running.store.desk.queue.card, done.comment, who.sites)
    given = dict(parse_qsl(urlsplit(request.headers.get("referer", "")).query))
    html = fragment(request, running, who, [view(card, {}, who.name, blur=blurs(who))] if card else [], given)
    told = {"kind": done.kind, "number": done.comment, "id": done.id, "batch": done.batch, "count": done.count}
    return told | {"html": bytes(html.body).decode()}


def _seen(form: Mapping[str, str]) -> Seen:
    """Raises Refusal for a form that does not say what was read."""
    version, decision = form.get("version", ""), form.get("decision", "")
    if not re.fullmatch(r"[0-9]{1,9}", version) or not re.fullmatch(r"[0-9]{0,18}", decision):
        raise Refusal(422, "seen", N_("Nothing was chosen, so nothing was changed."))
    return Seen(int(version), int(decision) if decision else None)


def _labels(kind: str, label: str) -> tuple[str, ...]:
    if kind != "reject":
        return ()
    return (label,) if label in keys.LABELS else ("other",)


def _note(form: Mapping[str, str]) -> str | None:
    return form.get("note", "").replace("\x00", "").strip()[:5_000] or None


def _spent(form: Mapping[str, str]) -> int | None:
    text = form.get("spent_ms", "")
    return min(int(text), _MOST_MS) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _corrections(form: Mapping[str, str]) -> dict[str, int] | None:
    """`head.output` -> 0 or 1: of each output, or 1 of the class that was named for a head of several classes."""
    said = {name: int(form[f"fix:{name}"]) for name in SCORES if form.get(f"fix:{name}") in ("0", "1")}
    classes = {f"{head.name}.{form[f'fix:{head.name}']}": 1 for head in _EXCLUSIVE if form.get(f"fix:{head.name}") in head.names}
    return said | classes or None


def _span(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"([0-9]{1,6})-([0-9]{1,6})", text)
    begin, end = (int(match[1]), int(match[2])) if match else (0, 0)
    return (begin, end) if begin < end else None


def _back(wanted: str | None) -> str:
    """The page that the form stood on, without what it said last; the queue for anything that is not ours."""
    parts = urlsplit(wanted or "")
    if parts.scheme or parts.netloc or not parts.path.startswith("/review"):
        return "/review"
    return parts.path + asked.query(dict(parse_qsl(parts.query)))


def _with(back: str, **members: str) -> str:
    added = urlencode({name: value for name, value in members.items() if value})
    return f"{back}{'&' if '?' in back else '?'}{added}" if added else back
