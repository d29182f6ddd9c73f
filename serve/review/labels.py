"""The reading room: comments to judge beside the queue, blind, and all labels as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from labels import jsonl, schema
from serve.api.auth import Running
from serve.report.words import TABLE
from serve.review import keys, pages
from serve.review.access import N_, Admin, Moderator, Refusal
from serve.service import in_thread
from serve.store.comments import StaleError
from serve.store.labels_next import CALM_SHARE, DOUBLE_SHARE, FEW_LABELS

router = APIRouter(include_in_schema=False)
SUGGESTED = 8
"""Suggestions on the page; `threadwise labels suggest` gives more."""
WHYS = {
    "uncertain": N_("the model is least sure"),
    "disagreed": N_("a moderator went against the model"),
    "new language": N_("a language with few labels"),
    "new topic": N_("an article without a label"),
}
KINDS = {
    "decision": N_("decisions in the queue"),
    "double": N_("second readings of a random sample"),
    "calm": N_("readings of what nobody flagged"),
    "asked": N_("readings of what the model can learn most from"),
}


@router.get("/labels")
async def labels_page(request: Request, running: Running, who: Moderator, done: str = "", comment: str = "") -> Response:
    """The next comment to read, or the one wished for, without score or decision, and what was judged so far."""
    sites, readings = who.sites, running.store.readings
    page = await in_thread(readings.next, who.name, sites, int(comment) if re.fullmatch("[0-9]{1,18}", comment) else None)
    suggestions = await in_thread(readings.suggest, sites, SUGGESTED)
    return pages.render(
        request,
        who,
        "labels/labels.html.j2",
        one=page,
        counts=await in_thread(readings.counts, sites),
        judged=await in_thread(readings.languages, sites),
        suggestions=suggestions,
        begins=await in_thread(readings.begins, suggestions),
        whys=WHYS,
        kinds=KINDS,
        table=TABLE,
        reasons=[reason for reason in keys.REASONS if reason.label in schema.TOXICITY.names],
        heads=schema.HEADS,
        few=FEW_LABELS,
        double=DOUBLE_SHARE,
        calm=CALM_SHARE,
        done=done if done in _DONE else "",
        said=_DONE,
    )


@router.post("/labels/{number}")
async def read(request: Request, running: Running, who: Moderator, number: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """Keeps a reading, and goes on to the next comment."""
    form = await request.form()
    given = {name: str(value) for name, value in form.items()}
    action, version = given.get("act", ""), given.get("version", "")
    if action not in ("publish", "reject") or not re.fullmatch("[0-9]{1,9}", version):
        raise Refusal(422, "act", N_("Nothing was chosen, so nothing was changed."))
    ticked = [name for name in schema.TOXICITY.names if f"tick:{name}" in given]
    try:
        kept = await in_thread(
            lambda: running.store.readings.read(
                number,
                int(version),
                who.name,
                who.sites,
                running.now,
                action=action,
                labels=ticked,
                corrections=_classes(given),
                span=_span(given.get("span", "")),
            )
        )
    except StaleError:
        return RedirectResponse("/labels?done=stale", 303)
    if not kept:
        raise Refusal(404, "no_comment", N_("There is no such comment here, or you have decided on it yourself."))
    return RedirectResponse("/labels?done=kept", 303)


@router.get("/labels/export.jsonl")
async def export(running: Running, who: Admin) -> Response:
    """All labels of the admin's sites, as `threadwise labels export` writes them."""
    await in_thread(lambda: running.store.desk.log(who.name, "labels exported", running.now))

    def lines() -> Iterator[str]:
        for row in running.store.labels.rows(who.sites):
            yield jsonl.dump(row) + "\n"

    headers = {"Content-Disposition": 'attachment; filename="labels.jsonl"'}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=headers)


_DONE = {
    "kept": N_("Thank you. Here is the next one."),
    "stale": N_("That comment was edited meanwhile, or you had read it already. Here is the next one."),
}


def _classes(form: Mapping[str, str]) -> dict[str, int]:
    """`head.output` -> 1 of each head of several classes that was answered."""
    heads = [head for head in schema.HEADS if head.activation is schema.Activation.SOFTMAX]
    return {f"{head.name}.{form[head.name]}": 1 for head in heads if form.get(head.name) in head.names}


def _span(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"([0-9]{1,6})-([0-9]{1,6})", text)
    begin, end = (int(match[1]), int(match[2])) if match else (0, 0)
    return (begin, end) if begin < end else None
