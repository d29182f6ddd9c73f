"""`POST /v1/moderations` in OpenAI's form. Nine of its 13 categories are not judged here: false, 0.0 and no input type."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from labels.scores import MAX_CHARS, Scored, ScoreInput, Unscored
from serve.api import loose
from serve.api.auth import Running, Scores
from serve.api.problems import Failure
from serve.service import Service, in_thread

router = APIRouter(include_in_schema=False)
_MAX_INPUTS = 1_000
_THRESHOLD = 0.5
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "harassment": ("toxicity", "insult"),
    "harassment/threatening": ("threat",),
    "hate": ("identity_attack",),
    "hate/threatening": (),
    "illicit": (),
    "illicit/violent": (),
    "self-harm": (),
    "self-harm/instructions": (),
    "self-harm/intent": (),
    "sexual": ("sexually_explicit",),
    "sexual/minors": (),
    "violence": (),
    "violence/graphic": (),
}
"""Category -> outputs of toxicity whose largest counts."""


@router.post("/v1/moderations")
async def moderations(request: Request, running: Running, caller: Scores) -> Response:
    try:
        body = loose.loads(await request.body())
    except ValueError as error:
        raise Failure(400, "invalid_json", "We could not parse the JSON body of your request.") from error
    texts = _texts(body.get("input") if isinstance(body, dict) else None)
    answer = await running.score(await in_thread(_inputs, texts, running), request)
    if any(scored.reason is Unscored.TOO_LONG for scored in answer.scored):  # all false would let it pass unread
        raise Failure(400, "string_above_max_length", f"a text of 'input' has more than {MAX_CHARS:,} characters", param="input")
    if any(scored.reason is Unscored.FAILED for scored in answer.scored):
        raise Failure(500, "server_error", "a text of 'input' could not be judged", param="input")
    results = [_result(scored, running.queue.scorer.manifest.weak) for scored in answer.scored]
    given = {"id": f"modr-{secrets.token_hex(12)}", "model": running.queue.scorer.model, "results": results}
    return JSONResponse(given)


def _texts(given: Any) -> list[str]:
    """One text a result; the text parts of an array of parts are one. Raises Failure."""
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list) or not given:
        raise _wrong("'input' must be a string, an array of strings or an array of parts")
    if len(given) > _MAX_INPUTS:
        raise Failure(400, "array_above_max_length", f"'input' may hold {_MAX_INPUTS} texts", param="input")
    if all(isinstance(one, str) for one in given):
        return given
    if any(isinstance(one, dict) and one.get("type") == "image_url" for one in given):
        raise _wrong("images are not judged by this service")
    if not all(isinstance(one, dict) and one.get("type") == "text" and isinstance(one.get("text"), str) for one in given):
        raise _wrong("'input' must be a string, an array of strings or an array of parts")
    return ["\n".join(one["text"] for one in given)]


def _inputs(texts: Sequence[str], running: Service) -> list[ScoreInput]:
    return [ScoreInput(str(place), text, running.told(text)) for place, text in enumerate(texts)]


def _wrong(message: str) -> Failure:
    return Failure(400, "invalid_value", message, param="input")


def _result(scored: Scored, weak: Sequence[str]) -> dict[str, Any]:
    """What is low_confidence in this language is no verdict: false and 0.0, as what is not judged.

    Short texts often hold no sign of their language: those are judged by what is not `weak` in all of them.
    """
    unsure = scored.low_confidence if scored.lang else weak
    sure = {name: value for name, value in scored.scores.get("toxicity", {}).items() if f"toxicity.{name}" not in unsure}
    scores = {category: max((sure[name] for name in outputs if name in sure), default=None) for category, outputs in CATEGORIES.items()}
    flags = {category: value is not None and value >= _THRESHOLD for category, value in scores.items()}
    return {
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": {category: value or 0.0 for category, value in scores.items()},
        "category_applied_input_types": {category: [] if value is None else ["text"] for category, value in scores.items()},
    }
