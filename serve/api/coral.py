"""Coral's external moderation phase: a signed request with one comment in, a status out. Members that say nothing are left out."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from labels.ids import stable_id
from labels.scores import ScoreInput
from serve.api import schema
from serve.api.auth import Running
from serve.api.problems import Failure
from serve.policy import Action, Verdict
from serve.service import CORAL_S, in_thread
from serve.store.articles import kept_as
from serve.store.comments import Incoming

router = APIRouter(include_in_schema=False)
_TRUSTED = ("STAFF", "MODERATOR", "ADMIN")
_BLOCKS = "blockquote|br|div|h[1-6]|hr|li|ol|p|pre|table|td|th|tr|ul"
_INLINE = "a|b|code|del|em|i|ins|mark|s|small|span|strike|strong|sub|sup|u"
_TAG = r"</?(?:{names})(?:\s+(?:class|href|rel|target)=\"[^\"]*\")*+\s*/?>"
"""A tag as Coral's sanitiser leaves it. Any other is what somebody wrote: a phase that sends plain text has `<kill you>` as it stands."""
_BREAKS = re.compile(rf"(?:{_TAG.format(names=_BLOCKS)}\s*)+", re.IGNORECASE)
_MARKS = re.compile(_TAG.format(names=_INLINE), re.IGNORECASE)


@router.post("/integrations/coral")
async def moderate(request: Request, running: Running) -> Response:
    raw = await request.body()
    secrets = running.settings.coral.secrets
    if not secrets or not is_signed(raw, request.headers.get("x-coral-signature", ""), secrets):
        raise Failure(401, "bad_signature", "X-Coral-Signature fits none of the secrets in coral.secrets")
    incoming, role = _read(raw)
    if role in _TRUSTED:
        return JSONResponse({})
    inputs = [ScoreInput(incoming.id, incoming.text, running.told(incoming.text))]
    answer = await running.score(inputs, request, patience_s=CORAL_S)
    verdict = running.act(incoming, answer.scored[0])
    if running.settings.coral.store:
        # The policy judges all of a comment, since Coral shows all of it; what is kept is cut, as on a page.
        kept = replace(incoming, text=incoming.text[: schema.TEXT_CHARS])
        await in_thread(running.store.comments.put, kept, answer.scored[0], verdict, running.now)
    return JSONResponse(translate(verdict))


def is_signed(raw: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether one of the signatures fits one of the secrets, over the bytes as they came: Coral signs its own indentation."""
    given = [part.strip().removeprefix("sha256=").encode() for part in header.split(",") if part.strip().startswith("sha256=")]
    made = [hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode() for secret in secrets]
    return any([hmac.compare_digest(one, other) for one in given for other in made])  # noqa: C419  # all of them: time tells nothing


def translate(verdict: Verdict) -> dict[str, Any]:
    """Empty: no opinion. Coral drops an answer with a null or an empty list of tags, so a member that says nothing is left out."""
    # Coral knows two reasons of a flag, toxic and spam: whatever was not about a score is nearer to this one.
    flag: dict[str, Any] = {"actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]}
    tags: dict[str, Any] = {"tags": list(verdict.tags)} if verdict.tags else {}
    match verdict.action:
        case Action.REJECT:
            return {"status": "REJECTED", "moderationAction": {"status": "REJECTED", "rejectionReason": {"code": "OTHER"}}} | flag | tags
        case Action.REVIEW:
            return {"status": "SYSTEM_WITHHELD"} | flag | tags
    return tags


def _read(raw: bytes) -> tuple[Incoming, str]:
    """The comment, and its author's role. Coral names no comment: its id is made of where it stands and what it says. Raises Failure.

    Coral lets a comment through whose request is answered with an error. So one without a body is an empty one, for the policy to hold.
    """
    try:
        value = json.loads(raw)
        comment, author = value["comment"], value["author"]
        body = comment.get("body") or ""
        story, site, writer = (_storable(one["id"]) for one in (value["story"], value["site"], author))
        identity = stable_id(value["tenantID"], story, writer, comment.get("parentID"), body)
        return Incoming(identity, site[:200], _storable(plain(body)), kept_as(story), writer[: schema.AUTHOR_CHARS]), str(author["role"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Failure(422, "invalid", "the body is no request of Coral's external moderation phase") from error


def _storable(text: str) -> str:
    """Text that a database takes: without zeros, and whole where a writer left half of a surrogate pair."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")


def plain(body: str) -> str:
    """The text of a comment that may be HTML: a new line at block elements and `<br>`; what is no tag of a comment's stays."""
    return html.unescape(_MARKS.sub("", _BREAKS.sub("\n", body))).strip()
