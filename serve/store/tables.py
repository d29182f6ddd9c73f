"""The tables. All times of our own are milliseconds since 1970 UTC; times of pages are ISO 8601 texts as `labels.thread` has them.

Decisions, policies and the audit log are appended and never changed; erasure (`erase.py`) is the one thing that removes them.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

from labels import schema

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
SCORES = {f"{head.name}.{name}": f"{head.name}_{name}" for head in schema.HEADS for name in head.names}
"""`head.output` -> its column of `comments`."""
WATCHED = {name: SCORES[name] for name in ("toxicity.toxicity", "stance.against", "reply_stance.deny", "sentiment.negative")}
"""One output a head, of which the mean is followed over time -> its column."""
INDEXED_CHARS = 100_000
"""Of a text, what PostgreSQL finds by its words. It refuses more than a megabyte of them, and words of four bytes a letter, joined by
hyphens, are indexed one by one and together: of twice as many characters they were 1.5 MB."""
_UNDECIDED = sa.text("decision IS NULL")
_Big = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only where the type is INTEGER

articles = Table(
    "articles",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("site", String(200), nullable=False),
    Column("id", String(200), nullable=False),
    Column("url", Text),
    Column("title", Text),
    Column("lang", String(20)),
    Column("author", Text),
    Column("published_at", String(40)),
    Column("text", Text, nullable=False),
    Column("read_by", String(100)),
    Column("warnings", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("site", "id"),
)
comments = Table(
    "comments",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("site", String(200), nullable=False),
    Column("id", String(200), nullable=False),
    Column("article", String(200)),
    Column("reply_to", String(200)),
    Column("author", Text),
    Column("created_at", String(40)),
    Column("received", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False, doc="open | decided"),
    Column("action", String(10), nullable=False, doc="what holds now: the policy's, or the last decision's"),
    # What the desk sorts and filters by, beside the text and not with it: 100,000 rows are read in a tenth of a second.
    Column("lang", String(20), doc="of the newest version, as its scores below"),
    Column("urgency", sa.Float, nullable=False, server_default="0", doc="serve/store/desk_urgency.py; the greatest is next"),
    Column("escalated", Boolean, nullable=False, server_default=sa.false(), doc="open, but for somebody else"),
    Column("highlighted", Boolean, nullable=False, server_default=sa.false()),
    Column("decision", BigInteger, doc="the decision that holds; null: nobody has decided"),
    *(Column(name, sa.Float, doc="probability 0..1; null: not scored") for name in SCORES.values()),
    UniqueConstraint("site", "id"),
    Index(None, "site", "state", "action", "number"),
    Index(None, "site", "article"),
    Index(None, "site", "author"),
    Index(None, "site", "reply_to"),
    Index(None, "state", "escalated", "urgency", "number"),
    Index(None, "state", "escalated", "toxicity_toxicity", "number"),
    Index(None, "site", "state", "escalated", "urgency", "number"),
    # What the pages on all comments of a time read, and nothing else: a row by the index alone costs a third of a row of the table.
    Index("ix_comments_came", "received", "site", "state", "decision", "action", *WATCHED.values()),
    Index(None, "state", "received", "site"),
    Index("ix_comments_undecided", "state", "toxicity_toxicity", sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED),
)
versions = Table(
    "versions",
    metadata,
    Column("comment", _Big, ForeignKey("comments.number", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("digest", String(64), nullable=False, doc="SHA-256 over text and context: the same again is no new version"),
    Column("lang", String(20)),
    Column("reason", String(20), doc="why it has no scores"),
    Column("scores", JSON, nullable=False),
    Column("low_confidence", JSON, nullable=False),
    Column("model", String(100), nullable=False),
    Column("action", String(10), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("policy", String(100), nullable=False),
    Column("would", String(10), doc="what the policy would have done, of a dry run"),
    Column("at", BigInteger, nullable=False),
    Column("spans", JSON(none_as_null=True), doc="parts of the text that carry the toxicity score; of comments sent to review"),
    Index(None, "at"),
    Index(None, "model", "at"),
)
decisions = Table(
    "decisions",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("comment", _Big, ForeignKey("comments.number", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", String(10), nullable=False, doc="what holds after it: publish | reject | review"),
    Column("labels", JSON, nullable=False, doc="outputs that the moderator names as the reason"),
    Column("note", Text),
    Column("by", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False, server_default="publish", doc="publish | reject | highlight | escalate | note | undo"),
    Column("model", String(100), doc="that had scored it, and what it said:"),
    Column("scores", JSON(none_as_null=True)),
    Column("spent_ms", Integer, doc="from seeing the card to deciding; null: not measured, as in bulk"),
    Column("undoes", BigInteger, doc="the decision that this one takes back"),
    Column("batch", String(32), doc="of one bulk action"),
    Column("before", JSON(none_as_null=True), doc="state, action, escalated, highlighted, decision as they were: what undo restores"),
    Column("corrections", JSON(none_as_null=True), doc="`head.output` -> 0 or 1, where the moderator says that the model is wrong"),
    Column("span", JSON(none_as_null=True), doc="[begin, end) in code points: the part that matters"),
    Index(None, "comment"),
    Index(None, "at"),
    Index(None, "by", "number"),
    # Nearly all of them are null: an index with the nulls in it looks useless to a database, and is passed over.
    Index(None, "batch", sqlite_where=sa.text("batch IS NOT NULL"), postgresql_where=sa.text("batch IS NOT NULL")),
    Index(None, "undoes", sqlite_where=sa.text("undoes IS NOT NULL"), postgresql_where=sa.text("undoes IS NOT NULL")),
)
claims = Table(
    "claims",
    metadata,
    Column("comment", _Big, ForeignKey("comments.number", ondelete="CASCADE"), primary_key=True),
    Column("by", String(200), nullable=False),
    Column("until", BigInteger, nullable=False),
    Index(None, "until"),
)
views = Table(
    "views",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("user", String(200), ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("query", Text, nullable=False, doc="the query string of the queue"),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("user", "name"),
)
preferences = Table(
    "preferences",
    metadata,
    Column("user", String(200), ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
    Column("values", JSON, nullable=False, doc="keys, language, ...: what a person has set for the desk"),
)
drafts = Table(
    "drafts",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("text", Text, nullable=False, doc="a policy that nobody has put into force yet"),
    Column("by", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
)
policies = Table(
    "policies",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("text", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
)
audit = Table(
    "audit",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String(200), nullable=False),
    Column("what", String(50), nullable=False),
    Column("site", String(200)),
    Column("comment", String(200)),
    Column("detail", JSON, nullable=False),
    Index(None, "by", "number"),
    Index(None, "what", "number"),
    Index(None, "comment"),
)
keys = Table(
    "keys",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("hint", String(20), nullable=False, doc="the first characters, to tell keys apart"),
    Column("scopes", JSON, nullable=False),
    Column("site", String(200), doc="null: all sites"),
    Column("per_minute", Integer, doc="null: as the settings say"),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)
users = Table(
    "users",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("password", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("sites", JSON, nullable=False, doc="empty: all"),
    Column("created", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
)
sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user", String(200), ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
)
suggestions = Table(
    "suggestions",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("site", String(200)),
    Column("key", String(200), nullable=False, doc="name of the key that gave it"),
    Column("token", Text, doc="clientToken"),
    Column("community", Text),
    Column("text", Text, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("context", JSON, nullable=False),
    Column("scores", JSON, nullable=False, doc="attribute -> value 0..1"),
    Column("at", BigInteger, nullable=False),
)
webhooks = Table(
    "webhooks",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", String(200), nullable=False, doc="after a rotation the new one, a space, the one before"),
    Column("site", String(200), doc="null: all sites"),
    Column("created", BigInteger, nullable=False),
    Column("disabled", BigInteger),
)
outbox = Table(
    "outbox",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("id", String(40), nullable=False, unique=True, doc="webhook-id: the same over all tries"),
    Column("webhook", _Big, ForeignKey("webhooks.number", ondelete="CASCADE"), nullable=False),
    Column("comment", _Big, doc="what it tells of; erasure finds it by this"),
    Column("body", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False, doc="next try; while one runs, the end of its lease"),
    Column("tries", Integer, nullable=False),
    Column("delivered", BigInteger),
    Column("dead", BigInteger),
    Column("error", Text),
    Index(None, "delivered", "dead", "due"),
)
invitations = Table(
    "invitations",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True, doc="of the token in the link"),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("sites", JSON, nullable=False, doc="empty: all"),
    Column("by", String(200), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("ended", BigInteger, doc="taken or withdrawn"),
    Index(None, "name"),
)
readings = Table(
    "readings",
    metadata,
    Column("number", _Big, primary_key=True),
    Column("comment", _Big, ForeignKey("comments.number", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("why", String(10), nullable=False, doc="double: decided by another person; calm: published without review; asked: suggested"),
    Column("action", String(10), nullable=False, doc="publish | reject: what the reader would do; it changes nothing"),
    Column("labels", JSON, nullable=False, doc="outputs that the reader names as the reason"),
    Column("corrections", JSON, nullable=False, doc="`head.output` -> 0 or 1, as in decisions"),
    Column("span", JSON(none_as_null=True), doc="as in decisions"),
    Column("by", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("comment", "version", "by"),
    Index(None, "by", "number"),
)
