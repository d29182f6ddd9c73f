"""Pages: read the thread out of one, store one for review, list what is stored."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

import seeds
from labels.errors import DocumentError, RowError
from labels.ids import stable_id
from labels.thread import Article, Notice
from seeds import exports
from serve.api import schema
from serve.api.auth import NATIVE, Ingests, Parses, Reads, Running, site_of, sites_of
from serve.api.problems import Failure
from serve.service import in_thread

router = APIRouter(prefix="/v1", dependencies=NATIVE, responses=schema.PROBLEMS)
_PACKED = (b"\x1f\x8b", b"PK")
Url = Annotated[str | None, Query(max_length=2_000, description="Where the page was found.")]
_TEXT = """\
New tram line opens

The line to the harbour opened on Thursday morning after three years of work.

Comments (2)

1. Ana, 5 Feb 2026, 21:25
At last! Well done.

2. Ben, 5 Feb 2026, 21:40
#1 It is two years late.
"""
_HTML = """\
<!doctype html>
<html lang="en">
<head><title>New tram line opens</title></head>
<body>
<article>
<h1>New tram line opens</h1>
<p>The line to the harbour opened on Thursday morning after three years of work.</p>
</article>
<ol class="comment-list">
<li class="comment" id="comment-1">
<div class="comment-author">Ana</div>
<time datetime="2026-02-05T21:25:00">5 Feb 2026, 21:25</time>
<div class="comment-content"><p>At last! Well done.</p></div>
<ol class="children">
<li class="comment" id="comment-2">
<div class="comment-author">Ben</div>
<time datetime="2026-02-05T21:40:00">5 Feb 2026, 21:40</time>
<div class="comment-content"><p>It is two years late.</p></div>
</li>
</ol>
</li>
</ol>
</body>
</html>
"""
_ARTICLE = {
    "id": "tram-line",
    "title": "New tram line opens",
    "lang": "en",
    "comments": [{"id": "1", "author": "Ana", "text": "At last!"}, {"id": "2", "author": "Ben", "reply_to": "1", "text": "It is late."}],
}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The page as it is: HTML or text, in any encoding, or a comment system's export; an Article as application/json.",
        "content": {
            "text/html": {"schema": {"type": "string"}, "example": _HTML},
            "text/plain": {"schema": {"type": "string"}, "example": _TEXT},
            "application/json": {"schema": {"$ref": "#/components/schemas/Article"}, "example": _ARTICLE},
        },
    }
}


@router.post(
    "/parse",
    openapi_extra=_BODY,
    response_model=None,  # the document says it; a thread of ten thousand comments is not checked once more
    responses={200: {"model": schema.Article | schema.Threads, "description": "The Article; of an export, all of them."}},
)
async def parse(request: Request, caller: Parses, url: Url = None) -> dict[str, Any]:
    """Reads the thread out of a page: who, when, in reply to whom, what. An export of a comment system gives all its threads."""
    found = await _articles(request, url)
    return found.to_json() if isinstance(found, Article) else {"articles": [one.to_json() for one in found]}


@router.post("/articles", openapi_extra=_BODY, status_code=201)
async def add_article(
    *,
    request: Request,
    running: Running,
    caller: Ingests,
    url: Url = None,
    site: schema.Site = None,
) -> schema.ArticleStored | schema.ArticlesStored:
    """Parses, scores and stores a page, or each thread of an export, for review. The same again changes nothing."""
    place = site_of(caller, site)
    found = await _articles(request, url)
    stored = [
        schema.ArticleStored(id=one.id, comments=len(one.comments), review=await running.keep(one, place, request))
        for one in ([found] if isinstance(found, Article) else found)
    ]
    return stored[0] if isinstance(found, Article) else schema.ArticlesStored(articles=stored)


@router.get("/articles")
async def articles(
    *,
    running: Running,
    caller: Reads,
    site: schema.Site = None,
    url: Annotated[str | None, Query(max_length=2_000, description="The page's address, as it was given.")] = None,
    lang: Annotated[str | None, Query(pattern="^[a-z]{2,3}$", description="ISO 639-1, as `lang` of an article.")] = None,
    cursor: schema.Cursor = None,
    limit: schema.Limit = 50,
) -> schema.ArticlePage:
    """Stored articles that fit all filters, oldest first."""
    wanted = {"url": url and url.replace("\x00", "\ufffd"), "lang": lang}
    rows = await in_thread(running.store.articles.page, sites_of(caller, site), **wanted, after=int(cursor or 0), limit=limit + 1)
    more = str(rows[limit - 1]["number"]) if len(rows) > limit else None
    items = [schema.ArticleOut(**{name: row[name] for name in schema.ArticleOut.model_fields}) for row in rows[:limit]]
    return schema.ArticlePage(items=items, next=more)


async def _articles(request: Request, url: str | None) -> Article | list[Article]:
    """The Article of a request's body, or those of an export. Raises Failure, DocumentError, RowError."""
    body = await request.body()
    kind, _, options = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() == "application/json":
        article = await in_thread(_of_json, await _json(request))
    elif body.startswith(_PACKED):
        raise DocumentError("packed: send the page or export as it is unpacked")
    elif exports.kind(body[: exports.HEAD_BYTES]):
        return [_named(one, url) for one in await in_thread(_of_export, body, url)]
    else:
        charset = options.partition("charset=")[2].split(";")[0].strip(' "') or None
        article = await in_thread(seeds.parse, body, url, charset=charset)
    return _named(article, url)


def _named(article: Article, url: str | None) -> Article:
    """With an id that can stand in an address. Raises DocumentError for texts that cannot be stored."""
    if any("\x00" in text or not _sound(text) for text in _strings(article.to_json())):
        raise DocumentError("a text holds NUL characters or halves of surrogate pairs")
    identity = article.id or stable_id(url or article.url, article.title, article.text)
    return replace(article, id=identity.replace("/", "_")[:150], url=article.url or url)


def _of_export(body: bytes, url: str | None) -> list[Article]:
    """All threads, their ids the same each time; at most schema.MAX_OF_A_PAGE comments. Raises DocumentError."""
    found, count = list[Article](), 0
    for article in exports.read(io.BytesIO(body), stable_id(url or hashlib.sha256(body).hexdigest())):
        found.append(article)
        count += len(article.comments)
        if count > schema.MAX_OF_A_PAGE:
            raise DocumentError(f"more than {schema.MAX_OF_A_PAGE:,} comments; cut the export, or read it with `threadwise parse FILE`")
    return found


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
    if len(article.comments) > schema.MAX_OF_A_PAGE:
        raise RowError(f"comments: {len(article.comments):,}; send at most {schema.MAX_OF_A_PAGE:,} at once")
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
