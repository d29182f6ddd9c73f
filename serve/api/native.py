"""Our own interface: score, parse, ingest, read, decide."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from labels import schema as labels
from labels.scores import Context, ScoreInput
from serve.api import scale, schema
from serve.api.auth import NATIVE, Anyone, Decides, Ingests, Reads, Running, Scores, site_of, sites_of
from serve.api.problems import Failure
from serve.service import Service, in_thread, language_of
from serve.store.articles import kept_as
from serve.store.comments import Choice, Filter, Incoming, Stored

router = APIRouter(prefix="/v1", dependencies=NATIVE, responses=schema.PROBLEMS)

_PRIOR_CHARS = 2_000
"""Of a thread, to tell its language: short comments are told by it."""
CommentId = Annotated[schema.Id, Path()]


@router.post("/score", response_model_exclude_unset=False)
async def score(body: schema.ScoreRequest, request: Request, running: Running, caller: Scores) -> schema.ScoreResponse:
    """Scores up to 1,000 comments of one page. A comment that cannot be scored says why; the others are scored all the same."""
    explain = bool(body.explain) and (body.heads is None or "toxicity" in body.heads)
    answer = await running.score(await in_thread(inputs_of, body, running), request, explain=explain)
    heads = [str(head) for head in body.heads] if body.heads is not None else None
    found = [schema.ScoredOut.of(scored, heads) for scored in answer.scored]
    return schema.ScoreResponse(model=running.queue.scorer.model, comments=found)


def inputs_of(body: schema.ScoreRequest, running: Service) -> list[ScoreInput]:
    """The comments, each under the title, with its parent and the comment that began its branch. Raises Failure 422 for ids given twice."""
    texts = {comment.id: comment.text for comment in body.comments}
    if len(texts) < len(body.comments):
        raise Failure(422, "invalid", "comments: an id is given twice")
    parents = {comment.id: comment.reply_to for comment in body.comments if comment.reply_to in texts and comment.reply_to != comment.id}
    title = body.article.title if body.article else None
    about = (title, body.article.text) if body.article else ()
    prior = running.told("\n".join(filter(None, (*about, *texts.values())))[:_PRIOR_CHARS])
    found = []
    for comment in body.comments:
        parent, root = parents.get(comment.id), _root(comment.id, parents)
        context = Context(
            title=title, parent=texts[parent] if parent else None, root=texts[root] if root not in (None, parent, comment.id) else None
        )
        found.append(ScoreInput(comment.id, comment.text, language_of(comment.language) or running.told(comment.text, prior), context))
    return found


def _root(id: str | int, parents: dict[str | int, Any]) -> Any:
    seen, at = {id}, parents.get(id)
    while at in parents and at not in seen:
        seen.add(at)
        at = parents[at]
    return at


@router.get("/comments")
async def comments(
    *,
    running: Running,
    caller: Reads,
    site: schema.Site = None,
    article: Annotated[
        str | None, Query(max_length=schema.ARTICLE_CHARS, description="Those of this article, as it was sent or as it is shown.")
    ] = None,
    author: Annotated[str | None, Query(max_length=200, description="Those of this author, as it was sent.")] = None,
    state: Annotated[schema.State | None, Query(description="open: those that wait for a moderator; decided: the others.")] = None,
    action: Annotated[schema.ActionName | None, Query(description="Those for which this holds now.")] = None,
    cursor: schema.Cursor = None,
    limit: schema.Limit = 50,
) -> schema.CommentPage:
    """Stored comments that fit all filters, oldest first."""
    place = _plain(article)
    wanted = Filter(sites_of(caller, site), place and kept_as(place), _plain(author), state, action)
    found = await in_thread(running.store.comments.page, wanted, after=int(cursor or 0), limit=limit + 1)
    more = str(found[limit - 1].number) if len(found) > limit else None
    return schema.CommentPage(items=[schema.CommentOut.of(one) for one in found[:limit]], next=more)


def _plain(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "\ufffd")


@router.put("/comments/{id}", responses={201: {"model": schema.CommentOut, "description": "The comment is new."}})
async def put_comment(
    *, id: CommentId, body: schema.LiveComment, request: Request, response: Response, running: Running, caller: Ingests
) -> schema.CommentOut:
    """Takes in one live comment and says what the policy makes of it. It is on disk when the answer comes; the same again changes nothing.

    An edited text is a new version: it is scored again, and an earlier decision no longer holds. Where only its author, time, parent,
    article or language are corrected, what a moderator decided stands. Another language than the one in which it was scored is scored anew;
    where none is named, that one stands.
    """
    about = (body.article, body.author, body.reply_to, body.created_at, language_of(body.language))
    stored, new = await running.ingest(Incoming(id, site_of(caller, body.site), body.text, *about), request)
    response.status_code = 201 if new else 200
    return schema.CommentOut.of(stored)


@router.get("/comments/{id}")
async def get_comment(id: CommentId, running: Running, caller: Reads, site: schema.Site = None) -> schema.CommentOut:
    """One comment as it stands."""
    return schema.CommentOut.of(_found(await in_thread(running.store.comments.get, site_of(caller, site), id), id))


@router.post("/comments/{id}/decisions", status_code=201)
async def decide(id: CommentId, body: schema.DecisionIn, running: Running, caller: Decides, site: schema.Site = None) -> schema.CommentOut:
    """What a person decides; appended, announced to the webhooks. 409 where the comment was edited since it was read."""
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
        perspective_priors={
            path: dict(shares) for path, shares in scale.priors(manifest, balanced=running.settings.perspective.balanced).items()
        },
    )


@router.get("/whoami")
async def whoami(running: Running, caller: Anyone) -> schema.Who:
    """What the caller may do, and what is left of its rate."""
    per_minute = caller.per_minute or running.settings.limits.key_per_minute
    left = running.rates.left(f"{caller.role}:{caller.name}", per_minute)
    sites = None if caller.sites is None else list(caller.sites)
    return schema.Who(name=caller.name, role=caller.role, scopes=list(caller.scopes), sites=sites, per_minute=per_minute, left=left)
