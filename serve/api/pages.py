"""Pages: read the thread out of one, store one for review, list what is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

import seeds
from labels.errors import DocumentError, RowError
from labels.ids import stable_id
from labels.thread import Article, Notice
from serve.api import schema
from serve.api.auth import DECLARED, Ingests, Parses, Reads, Running, site_of, sites_of
from serve.api.problems import Failure
from serve.service import in_thread

router = APIRouter(prefix="/v1", dependencies=DECLARED, responses=schema.PROBLEMS)
MAX_COMMENTS = 10_000
Url = Annotated[str | None, Query(max_length=2_000, description="Where the page was found.")]
_BODY = {
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


@router.post("/parse", openapi_extra=_BODY, responses={200: {"description": "The Article with its comments."}})
async def parse(request: Request, caller: Parses, url: Url = None) -> dict[str, Any]:
    """Reads the thread out of a page: who, when, in reply to whom, what."""
    return (await _article(request, url)).to_json()


@router.post("/articles", openapi_extra=_BODY, status_code=201)
async def add_article(
    *,
    request: Request,
    running: Running,
    caller: Ingests,
    url: Url = None,
    site: schema.Site = None,
) -> schema.ArticleStored:
    """Parses, scores and stores a page for review. The same page again changes nothing."""
    place = site_of(caller, site)
    article = await _article(request, url)
    waiting = await running.keep(article, place, request)
    return schema.ArticleStored(id=article.id, comments=len(article.comments), review=waiting)


@router.get("/articles")
async def articles(
    *, running: Running, caller: Reads, site: schema.Site = None, cursor: schema.Cursor = None, limit: schema.Limit = 50
) -> schema.ArticlePage:
    """Stored articles, oldest first."""
    rows = await in_thread(running.store.articles.page, sites_of(caller, site), after=int(cursor or 0), limit=limit + 1)
    more = str(rows[limit - 1]["number"]) if len(rows) > limit else None
    items = [schema.ArticleOut(**{name: row[name] for name in schema.ArticleOut.model_fields}) for row in rows[:limit]]
    return schema.ArticlePage(items=items, next=more)


async def _article(request: Request, url: str | None) -> Article:
    """The Article of a request's body. Raises Failure, DocumentError, RowError."""
    body = await request.body()
    kind, _, options = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() == "application/json":
        article = await in_thread(_of_json, await _json(request))
    else:
        charset = options.partition("charset=")[2].split(";")[0].strip(' "') or None
        article = await in_thread(seeds.parse, body, url, charset=charset)
    if any("\x00" in text or not _sound(text) for text in _strings(article.to_json())):
        raise DocumentError("a text holds NUL characters or halves of surrogate pairs")
    identity = article.id or stable_id(url or article.url, article.title, article.text)
    return replace(article, id=identity.replace("/", "_")[:150], url=article.url or url)


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise Failure(400, "invalid_json", "the body is no JSON") from error


def _of_json(value: object) -> Article:
    """The article as a parser would give it: an answer to nothing, or in a circle, answers the article. Raises RowError."""
    if not isinstance(value, dict):
        raise RowError("an Article is a JSON object")
    article = Article.from_json({"id": "", **value})
    if len(article.comments) > MAX_COMMENTS:
        raise RowError(f"comments: {len(article.comments):,}; send at most {MAX_COMMENTS:,} at once")
    given = {comment.id: comment.reply_to for comment in article.comments}
    if len(given) < len(article.comments):
        raise RowError("comments: an id is given twice")
    parents = _sound_parents(given)
    cut = [Notice(f"comment {name}", "reply_to names no comment, or closes a circle") for name in given if parents[name] != given[name]]
    comments = tuple(replace(comment, reply_to=parents[comment.id]) for comment in article.comments)
    return replace(article, comments=comments, warnings=(*article.warnings, *cut))


def _sound_parents(given: dict[str, str | None]) -> dict[str, str | None]:
    """Id -> parent, None where that names nothing or would close a circle."""
    parents = {name: parent if parent in given else None for name, parent in given.items()}
    done: set[str] = set()
    for begin in parents:
        branch: set[str] = set()
        at: str | None = begin
        while at is not None and at not in done and at not in branch:
            branch.add(at)
            at = parents[at]
        if at in branch:
            parents[at] = None
        done |= branch
    return parents


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
