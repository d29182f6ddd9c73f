"""Our own interface: score, parse, ingest, read, decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

import seeds
from labels import schema as labels
from labels.errors import DocumentError, RowError
from labels.ids import stable_id
from labels.scores import Context, ScoreInput
from labels.thread import Article
from seeds import detect
from serve import security
from serve.api import schema
from serve.api.auth import DECLARED, Anyone, Decides, Ingests, Parses, Reads, Running, Scores, site_of
from serve.api.problems import Failure
from serve.scoring import Answer
from serve.security import Caller
from serve.service import in_thread, language_of
from serve.store.comments import Choice, Filter, Incoming, Stored

_PROBLEM: dict[str, Any] = {"model": schema.Problem, "content": {"application/problem+json": {}}}
_STATUSES = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
router = APIRouter(prefix="/v1", dependencies=DECLARED, responses=dict.fromkeys(_STATUSES, _PROBLEM))

CommentId = Annotated[schema.Id, Path()]
Site = Annotated[schema.Name | None, Query(description="Default: the key's site, else `default`.")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]
_PAGE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The page as it is: HTML or text, in any encoding; or an Article as application/json.",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "text/plain": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}


def timed(response: Response, answer: Answer) -> None:
    """Server-Timing in milliseconds."""
    timing = answer.timing
    steps = (("queue", timing.queue), ("tokenise", timing.tokenise), ("infer", timing.infer))
    response.headers["Server-Timing"] = ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in steps)


@router.post("/score", response_model_exclude_unset=False)
async def score(body: schema.ScoreRequest, request: Request, response: Response, running: Running, caller: Scores) -> schema.ScoreResponse:
    """Scores up to 1,000 comments of one page. A comment that cannot be scored says why; the others are scored all the same."""
    answer = await running.score(inputs_of(body), request, explain=body.explain)
    timed(response, answer)
    heads = [str(head) for head in body.heads] if body.heads is not None else None
    found = [schema.ScoredOut.of(scored, heads) for scored in answer.scored]
    return schema.ScoreResponse(model=running.queue.scorer.model, comments=found)


def inputs_of(body: schema.ScoreRequest) -> list[ScoreInput]:
    """The comments, each under the title, with its parent and the comment that began its branch. Raises Failure 422 for ids given twice."""
    texts = {comment.id: comment.text for comment in body.comments}
    if len(texts) < len(body.comments):
        raise Failure(422, "invalid", "comments: an id is given twice")
    parents = {comment.id: comment.reply_to for comment in body.comments if comment.reply_to in texts and comment.reply_to != comment.id}
    title = body.article.title if body.article else None
    prior = detect.language("\n".join(filter(None, (body.article.title, body.article.text)))) if body.article else None
    found = []
    for comment in body.comments:
        parent, root = parents.get(comment.id), _root(comment.id, parents)
        context = Context(
            title=title, parent=texts[parent] if parent else None, root=texts[root] if root not in (None, parent, comment.id) else None
        )
        found.append(ScoreInput(comment.id, comment.text, language_of(comment.language) or detect.language(comment.text, prior), context))
    return found


def _root(id: str, parents: dict[str, Any]) -> Any:
    seen, at = {id}, parents.get(id)
    while at in parents and at not in seen:
        seen.add(at)
        at = parents[at]
    return at


@router.post("/parse", openapi_extra=_PAGE_BODY, responses={200: {"description": "The Article with its comments."}})
async def parse(request: Request, caller: Parses, url: Annotated[str | None, Query(max_length=2_000)] = None) -> dict[str, Any]:
    """Reads the thread out of a page: who, when, in reply to whom, what."""
    return (await _article(request, url)).to_json()


@router.post("/articles", openapi_extra=_PAGE_BODY, status_code=201)
async def add_article(
    *,
    request: Request,
    running: Running,
    caller: Ingests,
    url: Annotated[str | None, Query(max_length=2_000)] = None,
    site: Site = None,
) -> schema.ArticleStored:
    """Parses, scores and stores a page for review. The same page again changes nothing."""
    place = site_of(caller, site)
    article = await _article(request, url)
    waiting = await running.keep(article, place, request)
    return schema.ArticleStored(id=article.id, comments=len(article.comments), review=waiting)


async def _article(request: Request, url: str | None) -> Article:
    """The Article of a request's body. Raises Failure, DocumentError, RowError."""
    body = await request.body()
    kind, _, options = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() == "application/json":
        try:
            value = await request.json()
        except (ValueError, RecursionError) as error:
            raise Failure(400, "invalid_json", "the body is no JSON") from error
        if not isinstance(value, dict):
            raise RowError("an Article is a JSON object")
        article = await in_thread(_clean, Article.from_json({"id": "", **value}))
    else:
        charset = options.partition("charset=")[2].split(";")[0].strip(' "') or None
        article = _clean(await in_thread(seeds.parse, body, url, charset=charset))
    identity = article.id or stable_id(url or article.url, article.title, article.text)
    return replace(article, id=identity.replace("/", "_")[:150], url=article.url or url)


def _clean(article: Article) -> Article:
    """The article without what a database or JSON cannot hold. Raises DocumentError."""
    if any("\x00" in text or not _sound(text) for text in _strings(article.to_json())):
        raise DocumentError("a text holds NUL characters or halves of surrogate pairs")
    return article


def _sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in _strings(part)]


@router.get("/articles")
async def articles(running: Running, caller: Reads, site: Site = None, cursor: Cursor = None, limit: Limit = 50) -> schema.ArticlePage:
    """Stored articles, oldest first."""
    rows = await in_thread(running.store.articles.page, _sites(caller, site), after=int(cursor or 0), limit=limit + 1)
    more = str(rows[limit - 1]["number"]) if len(rows) > limit else None
    items = [schema.ArticleOut(**{name: row[name] for name in schema.ArticleOut.model_fields}) for row in rows[:limit]]
    return schema.ArticlePage(items=items, next=more)


@router.get("/comments")
async def comments(
    *,
    running: Running,
    caller: Reads,
    site: Site = None,
    article: Annotated[str | None, Query(max_length=200)] = None,
    author: Annotated[str | None, Query(max_length=200)] = None,
    state: Annotated[str | None, Query(pattern="^(open|decided)$")] = None,
    action: Annotated[str | None, Query(pattern="^(publish|review|reject)$")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> schema.CommentPage:
    """Stored comments that fit all filters, oldest first."""
    wanted = Filter(_sites(caller, site), _plain(article), _plain(author), state, action)
    found = await in_thread(running.store.comments.page, wanted, after=int(cursor or 0), limit=limit + 1)
    more = str(found[limit - 1].number) if len(found) > limit else None
    return schema.CommentPage(items=[schema.CommentOut.of(one) for one in found[:limit]], next=more)


def _plain(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "\ufffd")


def _sites(caller: Caller, asked: str | None) -> tuple[str, ...] | None:
    """The sites to look in; None: all, which only a caller of all sites has."""
    return caller.sites if asked is None else (site_of(caller, asked),)


@router.put("/comments/{id}", responses={201: {"model": schema.CommentOut, "description": "The comment is new."}})
async def put_comment(
    *, id: CommentId, body: schema.LiveComment, request: Request, response: Response, running: Running, caller: Ingests
) -> schema.CommentOut:
    """Takes in one live comment and says what the policy makes of it. It is on disk when the answer comes; the same again changes nothing.

    An edited text is a new version: it is scored again, and an earlier approval no longer holds.
    """
    incoming = Incoming(id, site_of(caller, body.site), body.text, body.article, body.author, body.reply_to, body.created_at)
    stored, new = await running.ingest(incoming, request, language_of(body.language))
    response.status_code = 201 if new else 200
    return schema.CommentOut.of(stored)


@router.get("/comments/{id}")
async def get_comment(id: CommentId, running: Running, caller: Reads, site: Site = None) -> schema.CommentOut:
    """One comment as it stands."""
    return schema.CommentOut.of(_found(await in_thread(running.store.comments.get, site_of(caller, site), id), id))


@router.post("/comments/{id}/decisions", status_code=201)
async def decide(id: CommentId, body: schema.DecisionIn, running: Running, caller: Decides, site: Site = None) -> schema.CommentOut:
    """What a person decides; appended, announced to the webhooks. 409 where the comment was edited since it was read."""
    known = [name for head in labels.HEADS for name in head.names]
    if wrong := [name for name in body.labels if name not in known]:
        raise Failure(422, "invalid", f"labels: {', '.join(wrong)} unknown; known: {', '.join(known)}")
    choice = Choice(body.action, caller.name, tuple(body.labels), body.note, body.version)
    stored = await in_thread(running.store.comments.decide, site_of(caller, site), id, choice, running.now)
    running.sender.notify()
    return schema.CommentOut.of(_found(stored, id))


def _found(stored: Stored | None, id: str) -> Stored:
    if stored is None:
        raise Failure(404, "not_found", f'there is no comment "{id}" here')
    return stored


@router.get("/model")
async def model(running: Running, caller: Anyone) -> schema.ModelOut:
    """What scores: name and hash, languages, heads, thresholds, and where it is not sure."""
    manifest = running.queue.scorer.manifest
    return schema.ModelOut(
        model=manifest.model,
        notice=manifest.notice,
        created=manifest.created,
        precision=manifest.precision,
        languages=list(manifest.languages),
        heads={head.name: list(head.names) for head in labels.HEADS},
        meanings={f"{head.name}.{output.name}": output.meaning for head in labels.HEADS for output in head.outputs},
        thresholds={name: dict(table) for name, table in manifest.thresholds.items()},
        weak=list(manifest.weak),
        low_confidence={lang: list(manifest.low_confidence(lang)) for lang in manifest.languages},
        perspective_priors=dict(running.settings.perspective.priors),
    )


@router.get("/whoami")
async def whoami(running: Running, caller: Anyone) -> schema.Who:
    """What the caller may do, and what is left of its rate."""
    per_minute = caller.per_minute or running.settings.limits.key_per_minute
    left = running.rates.left(f"{caller.role}:{caller.name}", per_minute)
    sites = None if caller.sites is None else list(caller.sites)
    return schema.Who(name=caller.name, role=caller.role, scopes=list(caller.scopes), sites=sites, per_minute=per_minute, left=left)


sessions = APIRouter(prefix="/v1", responses=dict.fromkeys((400, 401, 403, 422, 429, 503), _PROBLEM))


@sessions.post("/session", status_code=204)
async def log_in(body: schema.SessionIn, request: Request, running: Running) -> Response:
    """Begins a session of a person; its cookie is HttpOnly and SameSite=Lax."""
    if running.logins.take(body.name, running.settings.limits.login_per_minute):
        raise Failure(429, "rate_limit_exceeded", "too many tries to log in under this name", headers={"Retry-After": "60"})
    token = await in_thread(security.sign_in, running.store.accounts, body.name, body.password, running.now)
    if token is None:
        raise Failure(401, "bad_login", "name or password is wrong", headers={"WWW-Authenticate": "Bearer"})
    response = Response(status_code=204)
    public = running.settings.public_url
    response.set_cookie(
        security.cookie_name(public),
        token,
        max_age=security.SESSION_S,
        secure=public.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return response


@sessions.delete("/session", status_code=204, dependencies=DECLARED)
async def log_out(request: Request, running: Running, caller: Anyone) -> Response:
    """Ends the session."""
    name = security.cookie_name(running.settings.public_url)
    if token := request.cookies.get(name):
        await in_thread(running.store.accounts.end_session, security.digest(token))
    response = Response(status_code=204)
    response.delete_cookie(name)
    return response
