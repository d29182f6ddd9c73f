"""The v1alpha1 comment analyzer interface: same paths, same names, same errors, so that a site changes one URL."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from labels import schema
from labels.scores import Context, Scored, ScoreInput, Unscored
from seeds import detect
from serve.api import loose
from serve.api.auth import Running, Scores, site_of
from serve.api.problems import Failure
from serve.security import Caller
from serve.service import Service, in_thread, language_of
from serve.settings import default
from serve.store.comments import Incoming

router = APIRouter(include_in_schema=False)  # the discovery document describes it
MAX_BYTES = 20_480
_ERROR = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_TEXT_TYPES = (None, "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED", 0, 1)
_SCORE_TYPES = (None, "PROBABILITY", "SCORE_TYPE_UNSPECIFIED", 0, 1)
_SENTENCE = re.compile(r"\S.*?(?:[.!?…。！？]+[\"'»”’)\]]*(?=\s|$)|(?<=[。！？])|\n|$)", re.DOTALL)
_PLACES = 7


@cache
def _table() -> tuple[Mapping[str, str], frozenset[str]]:
    """Attribute -> `head.output`, and the names that exist but are not judged."""
    table = tomllib.loads(default("perspective.toml"))
    judged: dict[str, str] = dict(table["attributes"])
    judged |= {f"{name}_EXPERIMENTAL": output for name, output in table["attributes"].items()}
    for head in schema.HEADS[1:]:
        judged |= {f"{head.name}_{output}".upper(): f"{head.name}.{output}" for output in head.names}
    return judged, frozenset(table["known"]["names"])


def invalid(message: str, kind: str = "INVALID_REQUEST", **more: Any) -> Failure:
    return Failure(400, "invalid", message, details=[{"@type": _ERROR, "errorType": kind, **more}])


@router.post("/v1alpha1/comments:analyze")
@router.post("/comments:analyze")
async def analyze(request: Request, running: Running, caller: Scores) -> Response:
    body = await _body(request)
    return await analyzed(body, request, running, caller)


async def analyzed(body: Mapping[str, Any], request: Request, running: Service, caller: Caller) -> Response:
    text = _text(body)
    asked, unsupported = _asked(body, strict=running.settings.perspective.strict)
    named = _languages(body)
    found = detect.language(text, named[0] if named else None)
    if found is None and not named and running.settings.perspective.unknown_language == "error":
        raise invalid("Unable to detect language", "LANGUAGE_DETECTION_FAILED")
    sentences = _sentences(text) if body.get("spanAnnotations") is True else [(0, len(text))]
    context = _context(body)
    whole = [ScoreInput("0", text, found, context)]
    parts = [ScoreInput(str(place), text[begin:end], found, context) for place, (begin, end) in enumerate(sentences, start=1)]
    answer = await running.score(whole + (parts if len(parts) > 1 else []), request)
    if answer.scored[0].reason is Unscored.FAILED:
        raise Failure(500, "internal", "Internal error encountered.")
    spans = answer.scored[1:] or answer.scored
    priors = running.settings.perspective.priors
    scores = dict(_attributes(asked, answer.scored[0], spans, [_utf16(text, *span) for span in sentences], priors))
    if running.settings.perspective.store and body.get("doNotStore") is not True:
        await _keep(body, text, answer.scored[0], running, caller)
    languages = [str(code) for code in body.get("languages") or ()] or ([found] if found else [])
    given = {"attributeScores": scores, "languages": languages, "detectedLanguages": [found] if found else languages}
    if "clientToken" in body:
        given["clientToken"] = body["clientToken"]
    response = shown(given, request)
    if unsupported:
        response.headers["X-Threadwise-Unsupported"] = ", ".join(unsupported)
    return response


@router.post("/v1alpha1/comments:suggestscore")
@router.post("/comments:suggestscore")
async def suggest(request: Request, running: Running, caller: Scores) -> Response:
    body = await _body(request)
    text, scores, languages = _text(body), _suggested(body), _languages(body)
    found = detect.language(text, languages[0] if languages else None)
    columns = {
        "site": caller.sites[0] if caller.sites else None,
        "key": caller.name,
        "token": _string(body, "clientToken"),
        "community": _string(body, "communityId"),
        "text": text.replace("\x00", "\ufffd"),
        "languages": languages,
        "context": json.loads(json.dumps(body.get("context") or {}).replace("\\u0000", "\\ufffd")),
        "scores": scores,
        "at": running.now,
    }
    await in_thread(running.store.comments.suggest, columns)
    given: dict[str, Any] = {"detectedLanguages": [found] if found else [], "requestedLanguages": languages}
    return shown(given | ({"clientToken": body["clientToken"]} if "clientToken" in body else {}), request)


@router.get("/$discovery/rest")
@router.get("/discovery/v1/apis/commentanalyzer/v1alpha1/rest")
async def discovery(request: Request, running: Running) -> Response:
    """The description that clients build themselves from; it names the address that the caller used."""
    root = (running.settings.public_url or str(request.base_url)).rstrip("/") + "/"
    document = json.loads(default("discovery.json"))
    return JSONResponse(document | {"rootUrl": root, "baseUrl": root, "mtlsRootUrl": root})


async def _body(request: Request) -> dict[str, Any]:
    try:
        value = loose.camel(loose.loads(await request.body()))
    except (ValueError, RecursionError) as error:
        raise Failure(400, "invalid_json", f"Invalid JSON payload received. {error}") from error
    if not isinstance(value, dict):
        raise Failure(400, "invalid_json", "Invalid JSON payload received. The root must be an object.")
    return value


def _object(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        words = f"Invalid value at '{name}'"
        violation = {"field": name, "description": words}
        raise Failure(
            400, "invalid", words, details=[{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
        )
    return value


def _string(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return None if value is None else str(value).replace("\x00", "\ufffd")


def _text(body: Mapping[str, Any]) -> str:
    entry = _object(body, "comment")
    text = entry.get("text") or ""
    if not isinstance(text, str):
        raise invalid("Invalid value at 'comment.text'")
    if entry.get("type") in ("HTML", 2):
        raise invalid("Currently, only 'PLAIN_TEXT' comments are supported")
    if entry.get("type") not in _TEXT_TYPES:
        raise invalid("Unknown text type")
    if not text.strip():
        raise invalid("Comment must be non-empty.", "COMMENT_EMPTY")
    if (size := len(text.encode())) > MAX_BYTES:
        raise invalid(f"Comment text was too many bytes. Value ({size}) exceeded limit ({MAX_BYTES}).", "COMMENT_TOO_LONG")
    return text


def _asked(body: Mapping[str, Any], *, strict: bool) -> tuple[dict[str, tuple[str, float | None]], list[str]]:
    """Attribute -> (`head.output`, threshold), and the known ones that are not judged here."""
    judged, known = _table()
    wanted = _object(body, "requestedAttributes")
    if not wanted:
        raise invalid("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    found, unsupported = {}, []
    for name, given in wanted.items():
        options = given if isinstance(given, dict) else {}
        base = name.partition("@")[0]
        if base in judged:
            found[name] = (judged[base], _threshold(name, options))
        elif base in known and not strict:
            unsupported.append(base)
        else:
            raise invalid(f"Unknown requested attribute: {name}")
    return found, unsupported


def _threshold(name: str, options: Mapping[str, Any]) -> float | None:
    kind = options.get("scoreType")
    if kind not in _SCORE_TYPES:
        raise invalid(f"Requested score type {kind} is not supported by attribute {name}")
    limit = options.get("scoreThreshold")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float)):
        raise invalid(f"Invalid value at 'requested_attributes[{name}].score_threshold'")
    return limit


def _languages(body: Mapping[str, Any]) -> list[str]:
    given = body.get("languages") or []
    if not isinstance(given, list):
        raise invalid("Invalid value at 'languages'")
    return [code for one in given if (code := language_of(str(one)))]


def _context(body: Mapping[str, Any]) -> Context:
    """Google never used it; here the article is the title, and the comment that is answered the parent."""
    context = _object(body, "context")
    pair = _object(context, "articleAndParentComment")
    if pair and context.get("entries"):
        raise invalid("Context can have either entries or article_and_parent_comment, but both fields were populated.")
    article, parent = _object(pair, "article").get("text"), _object(pair, "parentComment").get("text")
    return Context(
        title=article[:2_000] if isinstance(article, str) and article.strip() else None,
        parent=parent if isinstance(parent, str) and parent.strip() else None,
    )


def _sentences(text: str) -> list[tuple[int, int]]:
    """Half-open ranges in code points; white space between two sentences belongs to none."""
    spans = [(match.start(), match.start() + len(match.group().rstrip())) for match in _SENTENCE.finditer(text)]
    return [span for span in spans if span[0] < span[1]] or [(0, len(text))]


def _utf16(text: str, begin: int, end: int) -> tuple[int, int]:
    first = len(text[:begin].encode("utf-16-le")) // 2
    return first, first + len(text[begin:end].encode("utf-16-le")) // 2


def _attributes(
    asked: Mapping[str, tuple[str, float | None]],
    whole: Scored,
    parts: tuple[Scored, ...],
    spans: list[tuple[int, int]],
    priors: Mapping[str, float],
) -> Iterator[tuple[str, Any]]:
    """The answer's attributes; one whose head does not apply, or that is under its threshold, is absent."""
    for name, (path, threshold) in asked.items():
        value = _value(whole, path, priors)
        if value is None or (threshold is not None and value < threshold):
            continue
        values = [_value(part, path, priors) for part in parts] if len(parts) == len(spans) else [value]
        scored = [
            {"begin": begin, "end": end, "score": _score(value if one is None else one)}
            for (begin, end), one in zip(spans, values, strict=True)
        ]
        yield name, {"spanScores": scored, "summaryScore": _score(value)}


def _value(scored: Scored, path: str, priors: Mapping[str, float]) -> float | None:
    """Of a comment that cannot be scored (a lone joiner, say) nothing is known: 0 for toxicity would be a claim, so it is absent."""
    head, _, output = path.partition(".")
    value = scored.scores.get(head, {}).get(output)
    return value if value is None else balanced(value, priors.get(path, 0.5))


def balanced(probability: float, prior: float) -> float:
    """A probability that was calibrated where a share `prior` is positive, moved to where half is: the scale of old thresholds."""
    if not 0 < prior < 1 or not 0 < probability < 1 or prior == 0.5:
        return probability
    odds = math.exp(math.log(probability / (1 - probability)) - math.log(prior / (1 - prior)))
    return odds / (1 + odds)


def _score(value: float) -> dict[str, Any]:
    return {"value": round(value, _PLACES), "type": "PROBABILITY"}


def _suggested(body: Mapping[str, Any]) -> dict[str, float]:
    """Attribute -> value. Raises Failure for what says nothing."""
    found = {}
    for name, given in _object(body, "attributeScores").items():
        summary = given.get("summaryScore") if isinstance(given, dict) else None
        spans = given.get("spanScores") if isinstance(given, dict) else None
        score = summary or (spans[0].get("score") if isinstance(spans, list) and spans and isinstance(spans[0], dict) else None)
        value = score.get("value", 0) if isinstance(score, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise invalid(f"Invalid attribute score for {name}")
        found[name] = float(value)
    if not found:
        raise invalid("Missing attribute_scores")
    return found


async def _keep(body: Mapping[str, Any], text: str, scored: Scored, running: Service, caller: Caller) -> None:
    token = _string(body, "clientToken")
    if not token:
        return  # without an id it could neither be found again nor erased
    incoming = Incoming(token.replace("/", "_")[:200], site_of(caller, None), text.replace("\x00", "\ufffd"))
    await in_thread(running.store.comments.put, incoming, scored, running.act(incoming, scored), running.now)


def shown(value: dict[str, Any], request: Request) -> Response:
    """As Google writes it: indented unless prettyPrint=false, cut to the members that `fields` names."""
    if mask := request.query_params.get("fields"):
        names = [re.split(r"[(/.]", name.strip())[0] for name in re.split(r",(?![^(]*\))", mask)]
        value = {name: item for name, item in value.items() if name in names or "*" in names}
    indent = None if request.query_params.get("prettyPrint") == "false" else 2
    return Response(json.dumps(value, ensure_ascii=False, indent=indent), media_type="application/json; charset=UTF-8")
