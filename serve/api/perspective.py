"""The v1alpha1 comment analyzer interface: same paths, same names, same errors, so that a site changes one URL."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from labels.ids import stable_id
from labels.scores import Context, Scored, ScoreInput, Unscored
from serve import attributes
from serve.api import fields, loose, scale, wire
from serve.api.auth import Running, Scores, identify, key_of, site_of
from serve.api.problems import GOOGLE_TYPE, Failure
from serve.security import Caller
from serve.service import CORAL_S, Service, in_thread, language_of, likeliest
from serve.settings import default
from serve.store.articles import in_address
from serve.store.comments import Incoming

router = APIRouter(include_in_schema=False)  # the discovery document describes it
MAX_BYTES = 20_480
_ERROR = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_TEXT_TYPES = (None, "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED", 0, 1)
_SCORE_TYPES = (None, "PROBABILITY", "SCORE_TYPE_UNSPECIFIED", 0, 1)
_SENTENCE = re.compile(r"\S.*?(?:(?<=[.!?…。！？])[\"'»”’)\]]*+(?=\s|$)|(?<=[。！？])(?![.!?…。！？])|\n|$)", re.DOTALL)
_MAX_SENTENCES = 100
"""Spans of a text beside the whole one; each is a comment to the model."""
_TITLE_CHARS = 2_000
_SCHEMAS: Mapping[str, Any] = json.loads(default("discovery.json"))["schemas"]
_NAMES = frozenset[str]().union(*(schema["properties"] for schema in _SCHEMAS.values()))
"""All members of all bodies."""


def invalid(message: str, kind: str = "INVALID_REQUEST", **more: Any) -> Failure:
    return Failure(400, "invalid", message, details=[{"@type": _ERROR, "errorType": kind, **more}])


@router.post("/v1alpha1/comments:analyze")
@router.post("/comments:analyze")
async def analyze(request: Request, running: Running, caller: Scores) -> Response:
    return await analyzed(await _body(request, "AnalyzeCommentRequest"), request, running, caller)


async def analyzed(body: Mapping[str, Any], request: Request, running: Service, caller: Caller) -> Response:
    text, settings, private = _text(body), running.settings.perspective, body.get("doNotStore") is True
    asked, unsupported = _asked(body, strict=settings.strict)
    found = _language(body, text, asked, running)
    spans = _spans(text, sentences=body.get("spanAnnotations") is True)
    context = _context(body)
    inputs = [ScoreInput(str(place), text[begin:end], found, context) for place, (begin, end) in enumerate(spans)]
    answer = await running.score(inputs, request, patience_s=getattr(request.state, "patience_s", CORAL_S), parts=True, private=private)
    if answer.scored[0].reason is Unscored.FAILED:
        raise Failure(500, "internal", "Internal error encountered.")
    priors = scale.priors(running.queue.scorer.manifest, balanced=settings.balanced)
    scores = dict(_attributes(asked, answer.scored, [_utf16(text, *span) for span in spans], priors))
    if settings.store and not private:
        await _keep(body, text, answer.scored[0], running, caller)
    languages = body.get("languages") or ([found] if found else [])
    given = {"attributeScores": scores, "languages": languages, "detectedLanguages": [found] if found else languages}
    if "clientToken" in body:
        given["clientToken"] = body["clientToken"]
    return shown(given, request, unsupported)


@router.post("/v1alpha1/comments:suggestscore")
@router.post("/comments:suggestscore")
async def suggest(request: Request, running: Running, caller: Scores) -> Response:
    body = await _body(request, "SuggestCommentScoreRequest")
    text, languages = _text(body), _languages(body)
    scores, unsupported = _suggested(body, _utf16(text, 0, len(text))[1], strict=running.settings.perspective.strict)
    found = running.told(text, *languages)
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
    given = {"detectedLanguages": [found] if found else [], "requestedLanguages": body.get("languages", [])}
    return shown(given | ({"clientToken": body["clientToken"]} if "clientToken" in body else {}), request, unsupported)


@router.get("/$discovery/rest")
@router.get("/discovery/v1/apis/commentanalyzer/v1alpha1/rest")
async def discovery(request: Request, running: Running) -> Response:
    """The description that clients build themselves from, for the address that the caller used; a key need not be given, but be right.

    Raises Failure 404 for a version other than its own.
    """
    if key_of(request) is not None:
        await identify(request)
    root = (running.settings.public_url or str(request.base_url)).rstrip("/") + "/"
    document = json.loads(default("discovery.json"))
    if (version := request.query_params.get("version", document["version"])) != document["version"]:
        words = "Discovery document not found for API service: commentanalyzer.googleapis.com format: rest version: "
        raise Failure(404, "not_found", words + version)
    return shown(document | {"rootUrl": root, "baseUrl": root, "mtlsRootUrl": root}, request)


async def _body(request: Request, schema: str) -> dict[str, Any]:
    """The body, of the form that the discovery document gives. Raises Failure, and for a mask that does not fit the answer too."""
    _check_mask(request.query_params.get("fields", ""), schema.replace("Request", "Response"))
    try:
        value = loose.camel(loose.loads(await request.body()), _NAMES)
    except (ValueError, RecursionError) as error:
        raise Failure(400, "invalid_json", f"Invalid JSON payload received. {error}") from error
    if not isinstance(value, dict):
        raise Failure(400, "invalid_json", "Invalid JSON payload received. The root must be an object.")
    wire.check(value, schema)
    return value


def _check_mask(mask: str, schema: str) -> None:
    """Raises Failure 400 that has each path which no answer has: left out in silence, it would look like a comment without scores."""
    if paths := fields.strangers(mask, schema, fields.Form(_SCHEMAS, _is_attribute)):
        words = "Error expanding 'fields' parameter. Cannot find matching fields for path '{}'."
        violations = [{"field": path, "description": words.format(path)} for path in paths]
        detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
        raise Failure(400, "invalid", "Request contains an invalid argument.", details=[detail])


def _is_attribute(name: str) -> bool:
    """Whether a name is an attribute's, judged here or not."""
    return attributes.output_of(name) is not None or name.partition("@")[0] in attributes.table()[1]


def _string(body: Mapping[str, Any], name: str) -> str | None:
    value: str | None = body.get(name)
    return None if value is None else value.replace("\x00", "\ufffd")


def _text(body: Mapping[str, Any]) -> str:
    entry = body.get("comment", {})
    text: str = entry.get("text", "")
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
    wanted = body.get("requestedAttributes")
    if not wanted:
        raise invalid("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    paths, unsupported = _paths(wanted, strict=strict)
    return {name: (path, _threshold(name, wanted[name] or {})) for name, path in paths.items()}, unsupported


def _paths(names: Iterable[str], *, strict: bool) -> tuple[dict[str, str], list[str]]:
    """Attribute -> `head.output`, and the known ones that are not judged here. Raises Failure for others; where `strict`, for those too."""
    found, unsupported = {}, []
    for name in names:
        base = name.partition("@")[0]
        if path := attributes.output_of(name):
            found[name] = path
        elif base in attributes.table()[1] and not strict:
            unsupported.append(base)
        else:
            raise invalid(f"Unknown requested attribute: {name}")
    return found, unsupported


def _threshold(name: str, options: Mapping[str, Any]) -> float | None:
    kind = options.get("scoreType")
    if kind not in _SCORE_TYPES:
        raise invalid(f"Requested score type {kind} is not supported by attribute {name}")
    limit = options.get("scoreThreshold")
    return None if limit is None else float(limit)


def _languages(body: Mapping[str, Any]) -> list[str]:
    return [code for one in body.get("languages", ()) if (code := language_of(one))]


def _language(body: Mapping[str, Any], text: str, asked: Mapping[str, tuple[str, float | None]], running: Service) -> str | None:
    """The language in which a text is scored. What the client names are hints: Coral says `en` wherever it does not know the locale.

    With `unknown_language = "error"` they bind, as at Google: one of them in which all attributes were learned. Raises Failure where there
    is none.
    """
    named = _languages(body)
    found = running.told(text, *named)
    if running.settings.perspective.unknown_language == "score":
        return found
    sent = body.get("languages")
    languages = sent or ([found] if found else [])
    if not languages:
        raise invalid("Unable to detect language", "LANGUAGE_DETECTION_FAILED")
    rows, left = running.queue.scorer.manifest.rows, named if sent else languages
    for attribute, (path, _) in asked.items():
        learned = rows.get(path) or rows.get(path.partition(".")[0], {})
        left = [lang for lang in left if lang in learned]
        if not left:
            words = f"Attribute {attribute} does not support request languages: {', '.join(languages)}"
            error = {"requestedLanguages" if sent else "detectedLanguages": languages, "attribute": attribute}
            raise invalid(words, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE", languageNotSupportedByAttributeError=error)
    return found if found in left else likeliest(text, left)


def _context(body: Mapping[str, Any]) -> Context:
    """Google never used it; here the article is the title, and the comment that is answered the parent."""
    context = body.get("context", {})
    pair = context.get("articleAndParentComment", {})
    if pair and context.get("entries"):
        raise invalid("Context can have either entries or article_and_parent_comment, but both fields were populated.")
    article, parent = (pair.get(name, {}).get("text", "") for name in ("article", "parentComment"))
    return Context(title=article[:_TITLE_CHARS] if article.strip() else None, parent=parent if parent.strip() else None)


def _spans(text: str, *, sentences: bool) -> list[tuple[int, int]]:
    """Half-open ranges in code points: the whole text, since clients read the first span, then its sentences where they are asked for.

    White space between two sentences belongs to none. In a text of very many, neighbours share a span.
    """
    whole = (0, len(text))
    if not sentences:
        return [whole]
    found = [(match.start(), match.start() + len(match.group().rstrip())) for match in _SENTENCE.finditer(text)]
    size = math.ceil(len(found) / _MAX_SENTENCES)
    groups = [found[at : at + size] for at in range(0, len(found), size)]
    return [whole, *(span for group in groups if (span := (group[0][0], group[-1][1])) != whole)]


def _utf16(text: str, begin: int, end: int) -> tuple[int, int]:
    first = len(text[:begin].encode("utf-16-le")) // 2
    return first, first + len(text[begin:end].encode("utf-16-le")) // 2


def _attributes(
    asked: Mapping[str, tuple[str, float | None]],
    scored: Sequence[Scored],
    spans: Sequence[tuple[int, int]],
    priors: scale.Priors,
) -> Iterator[tuple[str, Any]]:
    """The answer's attributes; one whose head does not apply, or that is under its threshold, is absent. The first span is the whole text.

    Of a comment that cannot be scored (a lone joiner, say) nothing is known: 0 for toxicity would be a claim, so all are absent.
    """
    for name, (path, threshold) in asked.items():
        values = [scale.value(one, path, priors) for one in scored]
        whole = values[0]
        if whole is None or (threshold is not None and whole < threshold):
            continue
        parts = [
            {"begin": begin, "end": end, "score": _score(whole if one is None else one)}
            for (begin, end), one in zip(spans, values, strict=True)
        ]
        yield name, {"spanScores": parts, "summaryScore": _score(whole)}


def _score(value: float) -> dict[str, Any]:
    return {"value": value, "type": "PROBABILITY"}


def _suggested(body: Mapping[str, Any], size: int, *, strict: bool) -> tuple[dict[str, float], list[str]]:
    """Attribute -> value, and the known ones that are not judged here. `size`: of the text, as spans count. Raises Failure for what says
    nothing."""
    sent, found = body.get("attributeScores", {}), {}
    _, unsupported = _paths(sent, strict=strict)
    for name, given in sent.items():
        spans = (given or {}).get("spanScores", [])
        if any("begin" not in span or "end" not in span for span in spans):
            raise invalid(f"Span scores for {name} need begin and end")
        if any(not 0 <= float(span["begin"]) <= float(span["end"]) <= size for span in spans):
            raise invalid(f"Span scores for {name} must lie within the comment and end no sooner than they begin")
        scores = [one["score"] for one in spans if "score" in one]
        score = (given or {}).get("summaryScore") or (scores[0] if scores else None)
        value = float(score.get("value", 0)) if score else math.nan
        if not 0 <= value <= 1 or (score and score.get("type") not in _SCORE_TYPES):
            raise invalid(f"Invalid attribute score for {name}")
        found[name] = value
    if not found:
        raise invalid("Missing attribute_scores")
    return found, unsupported


async def _keep(body: Mapping[str, Any], text: str, scored: Scored, running: Service, caller: Caller) -> None:
    # Without an id it could neither be found again nor erased: a text that comes without one is known by what it says.
    name = in_address(token) if (token := body.get("clientToken")) else stable_id(text)
    incoming = Incoming(name, site_of(caller, None), text.replace("\x00", "\ufffd"))
    await in_thread(running.store.comments.put, incoming, scored, running.act(incoming, scored), running.now)


def shown(value: dict[str, Any], request: Request, unsupported: Sequence[str] = ()) -> Response:
    """As Google writes it: indented unless prettyPrint=false, cut to the members that `fields` names. A header names the attributes that
    are not judged here."""
    if mask := request.query_params.get("fields"):
        value = fields.trimmed(value, mask)
    indent = None if request.query_params.get("prettyPrint") == "false" else 2
    headers = {"X-Threadwise-Unsupported": ", ".join(unsupported)} if unsupported else {}
    return Response(json.dumps(value, ensure_ascii=False, indent=indent), headers=headers, media_type=GOOGLE_TYPE)
