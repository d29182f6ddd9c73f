"""What the native API takes and gives, as the OpenAPI document shows it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

from labels import schema as labels
from labels.scores import MAX_CHARS, Scored
from serve.store.articles import ID_CHARS, kept_as
from serve.store.comments import Stored

MAX_COMMENTS = 1_000
MAX_OF_A_PAGE = 10_000
TEXT_CHARS = 2 * MAX_CHARS
"""Of a comment that is kept: one that is too long to be scored a person may read, but storing it must not hold up all others."""
AUTHOR_CHARS = 200
LANG_CHARS, TIME_CHARS, WAY_CHARS = 20, 40, 100
"""Of what a page says of itself and its comments, as serve/store/tables.py has them."""
ARTICLE_CHARS = 2_000
"""Of an article's id, which may be the page's address."""
OUTPUTS = list(dict.fromkeys(name for head in labels.HEADS for name in head.names))
"""Names that a decision may give as its reason; two heads share "neutral"."""


def _storable(text: str) -> str:
    """No database keeps a NUL or half of a surrogate pair; the replacement character says that something was there."""
    return re.sub("[\x00\ud800-\udfff]", "\ufffd", text)


def _in_the_calendar(time: str) -> str:
    datetime.fromisoformat(time)
    return time


def _or_none(text: str | None) -> str | None:
    return text or None


def _known(label: str) -> str:
    if label not in OUTPUTS:
        raise ValueError(f"unknown; known: {', '.join(OUTPUTS)}")
    return label


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/]+$", description="Yours; no control characters, no /.")]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
ArticleId = Annotated[str, Field(min_length=1, max_length=ARTICLE_CHARS), AfterValidator(_storable), AfterValidator(kept_as)]
Author = Annotated[Annotated[str, Field(max_length=AUTHOR_CHARS), AfterValidator(_storable)] | None, AfterValidator(_or_none)]
Time = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        r"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?)?$",
        examples=["2026-02-05T21:25:00", "2026-02-05T21:25:00+02:00", "2026-02-05"],
    ),
    AfterValidator(_in_the_calendar),
]
_TIME_SAID = "When it was written: an ISO 8601 date, or date and time with `Z` or an offset where that is known. The day must exist."
Language = Annotated[str, Field(max_length=35, examples=["bg"])]
_LANGUAGE_SAID = "ISO 639-1 or BCP 47; told from the text where it is absent."
_ID_KEPT = f"One of more than {ID_CHARS} characters is kept and shown as its beginning, `~` and a hash; either is the same article."
_ARTICLE_SAID = (
    "Yours: an id or the address of what it stands under. The title that /v1/articles has stored under this id is its context. " + _ID_KEPT
)
State = Literal["open", "decided"]
ActionName = Literal["publish", "review", "reject"]

Site = Annotated[Name | None, Query(description="Default: the key's site, else `default`.")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


ScoreId = Annotated[str, Field(max_length=1_000)] | StrictInt


class ScoreComment(_In):
    id: ScoreId = Field(description="Yours, any text or whole number; it comes back unchanged.")
    text: Text = Field(description="As the reader wrote it. An empty one, or one over 200,000 characters, is not scored.")
    language: Language | None = Field(None, description=_LANGUAGE_SAID)
    reply_to: ScoreId | None = Field(None, description="Id of the comment of this request that it answers; null: it answers the article.")
    author: Author = Field(None, description="Who wrote it; it changes no score. Empty: nobody is named.")
    created_at: Time | None = Field(None, description=f"{_TIME_SAID} It changes no score.")


class About(_In):
    title: Text | None = Field(None, max_length=2_000, description="What the comments stand under; stance is asked toward it.")
    url: str | None = Field(None, max_length=2_000, description="Where it stands; it changes no score.")
    text: Text | None = Field(None, description="What it says; it helps to tell the language of short comments.")


class ScoreRequest(_In):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "article": {"title": "New tram line opens"},
                    "comments": [
                        {"id": "1", "text": "At last! Well done."},
                        {"id": "2", "text": "You are an idiot.", "reply_to": "1", "language": "en"},
                    ],
                }
            ]
        },
    )
    comments: list[ScoreComment] = Field(max_length=MAX_COMMENTS, description="Those of one page, in any order; no id twice.")
    article: About | None = Field(None, description="What the comments stand under.")
    heads: list[Literal["toxicity", "stance", "reply_stance", "sentiment"]] | None = Field(None, description="Only these; default: all.")
    explain: bool | None = Field(False, description="Add the parts of each text that carry the toxicity score.")


class SpanOut(BaseModel):
    begin: int = Field(description="Its first code point, counted from 0 in the text as it was sent.")
    end: int = Field(description="The code point after its last one.")
    output: str = Field(description="The output of toxicity that it carries.")
    score: float = Field(description="Probability 0..1 of that output for this part.")


_LANG_SAID = "ISO 639-1: as it was named, else told from the text; null: it cannot be told."
_SCORED_SAID = "False: `scores` is empty, and `reason` says why."
_REASON_SAID = "Why it has no scores: empty, too_long, failed. Null: it has."
_SCORES_SAID = "Head -> output -> probability 0..1. A head is absent where it does not apply."


class ScoredOut(BaseModel):
    id: str | int = Field(description="As it was sent.")
    lang: str | None = Field(description=_LANG_SAID)
    scored: bool = Field(description=_SCORED_SAID)
    reason: str | None = Field(description=_REASON_SAID)
    scores: dict[str, dict[str, float]] = Field(description=_SCORES_SAID)
    low_confidence: list[str] = Field(description="Heads or outputs that rest on too few labelled rows in this language.")
    spans: list[SpanOut] | None = Field(
        None, description="Parts that carry the toxicity score; null where it or `explain` is not asked for."
    )

    @classmethod
    def of(cls, scored: Scored, heads: list[str] | None = None) -> ScoredOut:
        row = scored.to_json()
        if heads is not None:
            row["scores"] = {head: row["scores"][head] for head in row["scores"] if head in heads}
        return cls(**row)


class ScoreResponse(BaseModel):
    model: str = Field(description="Name of the model that scored and the hash of its files.", examples=["threadwise@0f3b6a9c2d1e"])
    comments: list[ScoredOut] = Field(description="In the order of the request.")


_URL_SAID = "Where the page was found; null: not known."
_TITLE_SAID = "Null where the page shows none."
_WRITER_SAID = "Who wrote the article; null where nobody is named."
_PAGE_TIME_SAID = "ISO 8601, with an offset only where the page gives one; null: not known."


class Comment(BaseModel):
    """One comment of a page. An answer has all members; of what is sent, `id` and `text` are needed."""

    id: str = Field(description="The page's own where it has one, else a stable one; none twice.")
    text: str = Field(description=f"Empty where the page has lost it; cut after {TEXT_CHARS:,} characters.")
    number: int | None = Field(None, description="The number printed on a numbered list; null elsewhere.")
    author: str | None = Field(
        None, description=f"Null where nobody is named; an empty one is read so. Cut after {AUTHOR_CHARS} characters."
    )
    reply_to: str | None = Field(
        None, description="Id of the comment that it answers; null: it answers the article. What names none, or closes a circle, is cut."
    )
    replies: list[str] = Field([], description="Ids that the page itself lists as answers to this comment.")
    created_at: str | None = Field(
        None, description=f"{_PAGE_TIME_SAID} What is sent and is none is null in the answer, and `warnings` says so."
    )
    created_at_raw: str | None = Field(None, description="The time as it is written on the page; else what was sent as `created_at`.")


class Notice(BaseModel):
    where: str = Field(description="The part of the page.")
    what: str = Field(description="What was odd, and what was done about it.")


class Article(BaseModel):
    """A page and its thread. An answer has all members; none is needed of what is sent. No text holds NUL or halves of surrogate pairs."""

    id: str = Field(
        "", description=f"Stable: the same page has the same. Where it is empty, one is made of the address or the text. {_ID_KEPT}"
    )
    url: str | None = Field(None, description=_URL_SAID)
    title: str | None = Field(None, description=_TITLE_SAID)
    lang: str | None = Field(None, max_length=LANG_CHARS, description="ISO 639-1; null: the text gives no evidence.")
    author: str | None = Field(None, description=_WRITER_SAID)
    published_at: str | None = Field(None, max_length=TIME_CHARS, description=_PAGE_TIME_SAID)
    text: str | None = Field(None, description="What the article says, without the comments; in an answer never null.")
    read_by: str | None = Field(None, max_length=WAY_CHARS, description="The way of reading that won; null: it was sent as an Article.")
    comments: list[Comment] = Field([], max_length=MAX_OF_A_PAGE, description="In the order of the page.")
    warnings: list[Notice] = Field([], description="What was odd about the page: nothing is lost silently.")


_LOST_SAID = "What of the export could not be read; `where` is `export`. Empty: all was read."


class Threads(BaseModel):
    articles: list[Article] = Field(description="One for each thread of the export that could be read.")
    warnings: list[Notice] = Field([], description=_LOST_SAID)


class LiveComment(_In):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "You are an idiot.", "article": "tram-line", "author": "Ana", "reply_to": "17"}]},
    )
    # Within Annotated, the length is asked of what _storable gives; before it, half of a surrogate pair would be no text at all.
    text: Annotated[Text, Field(max_length=TEXT_CHARS)] = Field(
        description=f"As the reader wrote it. An empty one, or one over {MAX_CHARS:,} characters, goes to review unscored."
    )
    site: Name | None = Field(None, description="Default: the key's site, else `default`.")
    article: ArticleId | None = Field(None, description=_ARTICLE_SAID, examples=["tram-line", "https://example.org/tram-line"])
    author: Author = Field(None, description="Who wrote it, by the name or id that the policy's lists hold. Empty: nobody is named.")
    reply_to: Id | None = Field(None, description="Id of the comment of this site that it answers; null: it answers the article.")
    created_at: Time | None = Field(None, description=_TIME_SAID)
    language: Language | None = Field(None, description=_LANGUAGE_SAID)


class ReasonOut(BaseModel):
    rule: str = Field(description="Name of the policy's rule, and what it saw where that is no score or word.")
    head: str | None = Field(None, description="Of a band: the head it asks. Null for other rules.", examples=["toxicity"])
    output: str | None = Field(None, description="The head's output.", examples=["insult"])
    score: float | None = Field(None, description="The comment's probability 0..1 of that output.")
    threshold: float | None = Field(None, description="The rule holds from this probability on.")
    word: str | None = Field(None, description="Of a word list: the listed word that was found; null for other rules.")


class CommentOut(BaseModel):
    id: str = Field(description="Yours; unique within the site.")
    site: str = Field(description="The site that it belongs to.")
    article: str | None = Field(description=f"What it stands under, as it was sent; of a page, the id of the stored article. {_ID_KEPT}")
    reply_to: str | None = Field(description="Id of the comment that it answers; null: it answers the article.")
    author: str | None = Field(description="Who wrote it; null: nobody is named.")
    created_at: str | None = Field(description="When it was written, as it was sent; null: not known.")
    text: str = Field(description="Of the newest version; empty once retention has deleted it.")
    version: int = Field(description="Raised by every edit.")
    action: ActionName = Field(description="What holds now: the policy's word, or the moderator's.")
    would: ActionName | None = Field(
        description="In a dry run, what the policy would have done with this version; `reasons` are those of it. Null: no dry run."
    )
    reasons: list[ReasonOut] = Field(description="Why the policy did so: the rule that decided first, then others of the same action.")
    scored: bool = Field(description=_SCORED_SAID)
    reason: str | None = Field(description=_REASON_SAID)
    lang: str | None = Field(description=_LANG_SAID)
    scores: dict[str, dict[str, float]] = Field(description=_SCORES_SAID)
    model: str = Field(description="Name of the model that scored this version and the hash of its files.")
    state: State = Field(description="open: it waits for a moderator; decided: the policy or a moderator has decided.")

    @classmethod
    def of(cls, stored: Stored) -> CommentOut:
        return cls(**{name: getattr(stored, name) for name in cls.model_fields})


class CommentPage(BaseModel):
    items: list[CommentOut] = Field(description="Oldest first.")
    next: str | None = Field(description="Give it as `cursor` for the rest; null at the end.")


class ArticleOut(BaseModel):
    id: str = Field(description="The `article` of its comments.")
    site: str = Field(description="The site that it belongs to.")
    url: str | None = Field(description=_URL_SAID)
    title: str | None = Field(description=_TITLE_SAID)
    lang: str | None = Field(description="ISO 639-1; null: the text gives no evidence.")
    author: str | None = Field(description=_WRITER_SAID)
    published_at: str | None = Field(description=_PAGE_TIME_SAID)
    comments: int = Field(description="How many comments of it are stored.")


class ArticlePage(BaseModel):
    items: list[ArticleOut] = Field(description="Oldest first.")
    next: str | None = Field(description="Give it as `cursor` for the rest; null at the end.")


class ArticleStored(BaseModel):
    id: str = Field(description="The `article` of its comments.")
    comments: int = Field(description="How many comments the page holds.")
    review: int = Field(description="How many of them wait for a moderator.")


class ArticlesStored(BaseModel):
    articles: list[ArticleStored] = Field(description="One for each thread of the export that has comments and could be read.")
    warnings: list[Notice] = Field([], description=_LOST_SAID)


Label = Annotated[str, Field(json_schema_extra={"enum": OUTPUTS}), AfterValidator(_known)]


class DecisionIn(_In):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"action": "reject", "labels": ["insult"], "note": "calls names"}]}
    )
    action: Literal["publish", "reject"] = Field(description="What holds from now on.")
    labels: list[Label] = Field(default=[], max_length=20, description="Outputs that are the reason.")
    note: Annotated[Text, Field(max_length=2_000)] | None = Field(None, description="For other moderators; erasure removes it.")
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="The version that was read; 409 where it is not the newest."
    )


class SessionIn(_In):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "ana", "password": "a long password"}]})
    name: Name = Field(description="As `threadwise users create` was given it.")
    password: Annotated[str, Field(max_length=1_000)] = Field(description="That person's.")


class Who(BaseModel):
    name: str = Field(description="Of the key or the person.")
    role: str | None = Field(description="viewer, moderator or admin; null: a key.")
    scopes: list[str] = Field(description="What may be asked: score, parse, ingest, read, decide.")
    sites: list[str] | None = Field(description="Sites whose comments may be seen; null: all.")
    per_minute: int = Field(description="Requests that may come in a minute.")
    left: int = Field(description="Requests that may come at once now.")


class ModelOut(BaseModel):
    model: str = Field(description="Name and hash of its files, as every answer carries them.")
    notice: str = Field(description="What it may be used for.")
    created: str = Field(description="When it was released, ISO 8601.")
    precision: str = Field(description="Of the numbers it counts with.", examples=["int8"])
    languages: list[str] = Field(description="ISO 639-1: those that it was trained for.")
    heads: dict[str, list[str]] = Field(description="Head -> its outputs.")
    meanings: dict[str, str] = Field(description="`head.output` -> what a high probability means.")
    thresholds: dict[str, Any] = Field(
        description="Output -> language or * -> precision -> smallest probability that reaches it; null: none."
    )
    weak: list[str] = Field(description="Outputs that are low_confidence in every language.")
    low_confidence: dict[str, list[str]] = Field(description="Language -> what is low_confidence there.")
    perspective_priors: dict[str, dict[str, float]] = Field(
        description="Output -> language or * -> share of positives that its calibration rests on. By it the Perspective border moves "
        "scores to where half of the comments are positive. Empty: none is moved."
    )


class Problem(BaseModel):
    """RFC 9457."""

    type: str = Field(description="`urn:threadwise:problem:` and the code.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong, and where, for people.")
    code: str = Field(description="Stable, for programs.")


_PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}
_SAID = {
    400: "The body is empty or no JSON.",
    401: "No key, a wrong one, or a session that has ended.",
    403: "The key's scope, its site or the person's role does not allow this, or another site's page asks.",
    404: "Nothing of this name is here.",
    408: "The body came too slowly.",
    409: "The comment was edited since it was read.",
    413: "The body is larger than limits.body_bytes.",
    415: "A body of another content type is needed.",
    422: "Readable, but not what is asked for; `detail` says where.",
    429: "More requests a minute than the key may send; Retry-After says when to come back.",
    503: "Too much waits, it takes too long or the database cannot be used; Retry-After says when to come back. Nothing was stored.",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {status: {**_PROBLEM, "description": said} for status, said in _SAID.items()}
"""What any request may be answered instead."""
