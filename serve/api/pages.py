"""Pages: read the thread out of one, store one for review, list what is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.message import Message
from typing import Annotated, Any, ParamSpec, TypeVar

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter, ValidationError

from labels.errors import DocumentError, RowError
from labels.ids import stable_id
from labels.thread import Article, Comment, Notice
from seeds import exports
from serve import reading
from serve.apart import in_process
from serve.api import schema
from serve.api.auth import NATIVE, Ingests, Parses, Reads, Running, site_of, sites_of
from serve.api.problems import Failure, busy
from serve.service import Service, in_thread
from serve.store.articles import kept_as

router = APIRouter(prefix="/v1", dependencies=NATIVE, responses=schema.PROBLEMS)
P = ParamSpec("P")
T = TypeVar("T")
_PACKED = (b"\x1f\x8b", b"PK")
_TIME = TypeAdapter[str](schema.Time)
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
    responses={200: {"model": schema.Article | schema.Threads, "description": "The Article; of an export, all that could be read."}},
)
async def parse(request: Request, running: Running, caller: Parses, url: Url = None) -> dict[str, Any]:
    """Reads the thread out of a page: who, when, in reply to whom, what. An export of a comment system gives all its threads.

    Of an export of which a part is broken the rest is given, and `warnings` says what is lost; 422 where nothing could be read.
    """
    found = await _articles(request, running, url)
    return found.to_json()


@router.post("/articles", openapi_extra=_BODY, status_code=201)
async def add_article(
    *,
    request: Request,
    running: Running,
    caller: Ingests,
    url: Url = None,
    site: schema.Site = None,
) -> schema.ArticleStored | schema.ArticlesStored:
    """Parses, scores and stores a page, or all threads of an export, for review. The same again changes nothing.

    Of an export of which a part is broken the rest is stored, and `warnings` says what is lost; 422 where nothing could be read.
    After a 503 nothing is stored, but what was scored is remembered: send the same again.
    """
    place = site_of(caller, site)
    found = await _articles(request, running, url)
    read = [found] if isinstance(found, Article) else found.articles
    waiting = await running.keep(read, place, request)
    stored = [schema.ArticleStored(id=one.id, comments=len(one.comments), review=count) for one, count in zip(read, waiting, strict=True)]
    if isinstance(found, Article):
        return stored[0]
    return schema.ArticlesStored(articles=stored, warnings=[schema.Notice(**notice.to_json()) for notice in found.warnings])


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


@dataclass(frozen=True, slots=True)
class _Threads:
    """Of an export what could be read, and what not."""

    articles: list[Article]
    warnings: list[Notice]

    def to_json(self) -> dict[str, Any]:
        return {name: [one.to_json() for one in getattr(self, name)] for name in ("articles", "warnings")}


async def _articles(request: Request, running: Service, url: str | None) -> Article | _Threads:
    """The Article of a request's body, or the threads of an export. Raises Failure, DocumentError, RowError, QueueFullError."""
    body = await request.body()
    named = request.headers.get("content-type", "")
    said = Message()  # the names of a header's parameters are in any case, their values quoted or not
    said["Content-Type"] = named
    if said.get_content_type() == "application/json":
        article = await in_thread(_of_json, await _json(request))
    elif body.startswith(_PACKED):
        raise DocumentError("packed: send the page or export as it is unpacked")
    elif exports.kind(body[: exports.HEAD_BYTES]):
        return await in_thread(_threads, *await _read(running, reading.threads, body, url, schema.MAX_OF_A_PAGE), url)
    elif not named and (given := await in_thread(_object, body)) is not None:
        article = await in_thread(_of_json, given)
    else:
        article = await _read(running, reading.page, body, url, said.get_content_charset(), schema.MAX_OF_A_PAGE)
    return await in_thread(_named, article, url)


async def _read(running: Service, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of `reading` makes of a document, within the time limit, waiting included. Raises Failure 503, QueueFullError."""
    limit_s = running.settings.limits.request_s
    end = time.monotonic() + limit_s
    try:
        return await running.readers.run(lambda: in_process(end - time.monotonic(), function, *args, **kwargs))
    except TimeoutError as error:
        raise busy(2, f"it took longer than {limit_s:g} s to read this; `threadwise parse FILE` has no limit") from error


def _named(article: Article, url: str | None) -> Article:
    """With an id, and names, times and texts of comments, as they are kept. Raises DocumentError for what cannot be stored."""
    if any("\x00" in text or not _sound(text) for text in _strings(article.to_json())):
        raise DocumentError("a text holds NUL characters or halves of surrogate pairs")
    said = [
        ("lang", article.lang, schema.LANG_CHARS),
        ("published_at", article.published_at, schema.TIME_CHARS),
        ("read_by", article.read_by, schema.WAY_CHARS),
    ]
    for name, value, chars in said:
        if value and len(value) > chars:
            raise DocumentError(f"{name}: more than {chars} characters")
    identity = article.id or stable_id(url or article.url, article.title, article.text)
    comments = tuple(map(_kept, article.comments))
    pairs = zip(article.comments, comments, strict=True)
    lost = [Notice(f"comment {one.id}", what) for one, kept in pairs for what in _lost(one, kept)]
    return replace(article, id=kept_as(identity), url=article.url or url, comments=comments, warnings=(*article.warnings, *lost))


def _kept(comment: Comment) -> Comment:
    kept = replace(comment, author=comment.author and comment.author[: schema.AUTHOR_CHARS], text=comment.text[: schema.TEXT_CHARS])
    if kept.created_at is None or _is_time(kept.created_at):
        return kept
    return replace(kept, created_at=None, created_at_raw=kept.created_at_raw or kept.created_at)


def _lost(one: Comment, kept: Comment) -> Iterator[str]:
    if (one.author, one.text) != (kept.author, kept.text):
        yield "author or text is longer than what is kept, and is cut"
    if one.created_at != kept.created_at:
        yield "created_at is no time as this interface has them, and is null"


def _is_time(text: str) -> bool:
    try:
        _TIME.validate_python(text)
    except ValidationError:
        return False
    return True


def _threads(found: list[Article], lost: list[str], url: str | None) -> _Threads:
    """The threads of an export that can be kept. Raises DocumentError where something is broken and none is left."""
    kept = list[Article]()
    for number, article in enumerate(found, start=1):
        try:
            kept.append(_named(article, url))
        except DocumentError as error:
            lost = [*lost, f"thread {number}: {error}"]
    if lost and not kept:
        raise DocumentError("; ".join(lost))
    return _Threads(kept, [Notice("export", what) for what in lost])


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise Failure(400, "invalid_json", "the body is no JSON") from error


def _object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that a body is, though it does not say so; None: it is none."""
    try:
        value = json.loads(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


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
