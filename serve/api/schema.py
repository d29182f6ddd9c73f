"""What the native API takes and gives, as the OpenAPI document shows it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

from labels.scores import Scored
from serve.store.comments import Stored

MAX_COMMENTS = 1_000


def _storable(text: str) -> str:
    """No database keeps a NUL or half of a surrogate pair; the replacement character says that something was there."""
    return re.sub("[\x00\ud800-\udfff]", "\ufffd", text)


def _in_the_calendar(time: str) -> str:
    datetime.fromisoformat(time)
    return time


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/]+$", description="Yours; no control characters, no /.")]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
Time = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?)?$", examples=["2026-02-05T21:25:00"]),
    AfterValidator(_in_the_calendar),
]
Language = Annotated[str, Field(max_length=35, description="ISO 639-1 or BCP 47; told from the text where it is absent.", examples=["bg"])]

Site = Annotated[Name | None, Query(description="Default: the key's site, else `default`.")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


ScoreId = Annotated[str, Field(max_length=1_000)] | StrictInt


class ScoreComment(_In):
    id: ScoreId = Field(description="Yours, any text or whole number; it comes back unchanged.")
    text: Text
    language: Language | None = None
    reply_to: ScoreId | None = Field(None, description="Id of the comment of this request that it answers.")
    author: Name | None = None
    created_at: Time | None = None


class About(_In):
    title: Text | None = Field(None, max_length=2_000, description="What the comments stand under; stance is asked toward it.")
    url: str | None = Field(None, max_length=2_000)
    text: Text | None = None


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
    comments: list[ScoreComment] = Field(max_length=MAX_COMMENTS)
    article: About | None = None
    heads: list[Literal["toxicity", "stance", "reply_stance", "sentiment"]] | None = Field(None, description="Only these; default: all.")
    explain: bool = Field(False, description="Add the parts of each text that carry the toxicity score.")


class SpanOut(BaseModel):
    begin: int = Field(description="Code points of the text, half-open.")
    end: int
    output: str
    score: float


class ScoredOut(BaseModel):
    id: str | int
    lang: str | None
    scored: bool
    reason: str | None = Field(description="Why it has no scores: empty, too_long, failed.")
    scores: dict[str, dict[str, float]] = Field(description="Head -> output -> probability. A head is absent where it does not apply.")
    low_confidence: list[str] = Field(description="Heads or outputs that rest on too few labelled rows in this language.")
    spans: list[SpanOut] | None = None

    @classmethod
    def of(cls, scored: Scored, heads: list[str] | None = None) -> ScoredOut:
        row = scored.to_json()
        if heads is not None:
            row["scores"] = {head: row["scores"][head] for head in row["scores"] if head in heads}
        return cls(**row)


class ScoreResponse(BaseModel):
    model: str = Field(examples=["threadwise@0f3b6a9c2d1e"])
    comments: list[ScoredOut] = Field(description="In the order of the request.")


class LiveComment(_In):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "You are an idiot.", "article": "tram-line", "author": "Ana", "reply_to": "17"}]},
    )
    text: Text
    site: Name | None = Field(None, description="Default: the key's site, else `default`.")
    article: Id | None = None
    author: Name | None = None
    reply_to: Id | None = None
    created_at: Time | None = None
    language: Language | None = None


class ReasonOut(BaseModel):
    rule: str
    head: str | None = None
    output: str | None = None
    score: float | None = None
    threshold: float | None = None
    word: str | None = None


class CommentOut(BaseModel):
    id: str
    site: str
    article: str | None
    reply_to: str | None
    author: str | None
    created_at: str | None
    text: str
    version: int = Field(description="Raised by every edit.")
    action: Literal["publish", "review", "reject"] = Field(description="What holds now: the policy's word, or the moderator's.")
    reasons: list[ReasonOut]
    scored: bool
    reason: str | None
    lang: str | None
    scores: dict[str, dict[str, float]]
    model: str
    state: Literal["open", "decided"]

    @classmethod
    def of(cls, stored: Stored) -> CommentOut:
        return cls(**{name: getattr(stored, name) for name in cls.model_fields})


class CommentPage(BaseModel):
    items: list[CommentOut]
    next: str | None = Field(description="Give it as `cursor` for the rest; null at the end.")


class ArticleOut(BaseModel):
    id: str
    site: str
    url: str | None
    title: str | None
    lang: str | None
    author: str | None
    published_at: str | None
    comments: int


class ArticlePage(BaseModel):
    items: list[ArticleOut]
    next: str | None


class ArticleStored(BaseModel):
    id: str
    comments: int
    review: int = Field(description="How many of them wait for a moderator.")


class ArticlesStored(BaseModel):
    articles: list[ArticleStored] = Field(description="One for each thread of the export that has comments.")


class DecisionIn(_In):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"action": "reject", "labels": ["insult"], "note": "calls names"}]}
    )
    action: Literal["publish", "reject"]
    labels: list[Annotated[str, Field(max_length=50)]] = Field(default=[], max_length=20, description="Outputs that are the reason.")
    note: Annotated[Text, Field(max_length=2_000)] | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="The version that was read; 409 where it is not the newest."
    )


class SessionIn(_In):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "ana", "password": "a long password"}]})
    name: Name
    password: Annotated[str, Field(max_length=1_000)]


class Who(BaseModel):
    name: str
    role: str | None = Field(description="Null: a key.")
    scopes: list[str]
    sites: list[str] | None = Field(description="Null: all.")
    per_minute: int
    left: int = Field(description="Requests that may come at once now.")


class ModelOut(BaseModel):
    model: str
    notice: str
    created: str
    precision: str
    languages: list[str]
    heads: dict[str, list[str]]
    meanings: dict[str, str]
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

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, for programs.")


_PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}
_SAID = {
    400: "The body is no JSON.",
    401: "No key, a wrong one, or a session that has ended.",
    403: "The key's scope, its site or the person's role does not allow this, or another site's page asks.",
    404: "Nothing of this name is here.",
    408: "The body came too slowly.",
    409: "The comment was edited since it was read.",
    413: "The body is larger than limits.body_bytes.",
    415: "A body of another content type is needed.",
    422: "Readable, but not what is asked for; `detail` says where.",
    429: "More requests a minute than the key may send; Retry-After says when to come back.",
    503: "The scoring queue is full or the database cannot be used; Retry-After says when to come back. Nothing was stored.",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {status: {**_PROBLEM, "description": said} for status, said in _SAID.items()}
"""What any request may be answered instead."""
