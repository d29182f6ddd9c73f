"""The moderators' desk: what the queue sorts and filters by, claims, richer decisions, drafts of policies, full-text search."""

import math

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

OUTPUTS = {
    "toxicity": ("toxicity", "severe_toxicity", "insult", "profanity", "threat", "identity_attack", "sexually_explicit"),
    "stance": ("against", "favor", "neutral"),
    "reply_stance": ("support", "deny", "query", "comment"),
    "sentiment": ("negative", "neutral", "positive"),
}
SCORES = [f"{head}_{output}" for head, outputs in OUTPUTS.items() for output in outputs]
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOUBLES_MS = 6 * 3_600_000

# SQLite has no index on words but this table; triggers keep it true whoever writes, erasure too. PostgreSQL indexes an expression.
SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE texts USING fts5(text, tokenize = 'unicode61 remove_diacritics 2')",
    "CREATE TRIGGER texts_added AFTER INSERT ON versions BEGIN"
    " DELETE FROM texts WHERE rowid = new.comment; INSERT INTO texts(rowid, text) VALUES (new.comment, new.text); END",
    "CREATE TRIGGER texts_emptied AFTER UPDATE OF text ON versions BEGIN"
    " DELETE FROM texts WHERE rowid = new.comment;"
    " INSERT INTO texts(rowid, text) SELECT comment, text FROM versions WHERE comment = new.comment ORDER BY version DESC LIMIT 1; END",
    "CREATE TRIGGER texts_removed AFTER DELETE ON versions BEGIN DELETE FROM texts WHERE rowid = old.comment; END",
    "INSERT INTO texts(rowid, text) SELECT v.comment, v.text FROM versions v"
    " JOIN comments c ON c.number = v.comment AND c.version = v.version",
)


def upgrade() -> None:
    # Columns are added in place: a batch would rebuild `comments`, and dropping the old one would cascade into its versions.
    for column in (
        sa.Column("lang", sa.String(length=20), nullable=True),
        sa.Column("urgency", sa.Float(), nullable=False, server_default="0"),
        sa.Column("escalated", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("highlighted", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("decision", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Float(), nullable=True) for name in SCORES),
    ):
        op.add_column("comments", column)  # type: ignore[arg-type]  # mypy joins the column types to object
    op.create_index(op.f("ix_comments_state_escalated_urgency_number"), "comments", ["state", "escalated", "urgency", "number"])
    op.create_index(
        op.f("ix_comments_site_state_escalated_urgency_number"), "comments", ["site", "state", "escalated", "urgency", "number"]
    )
    op.create_index(op.f("ix_comments_site_reply_to"), "comments", ["site", "reply_to"])
    op.add_column("versions", sa.Column("spans", sa.JSON(), nullable=True))
    for column in (
        sa.Column("kind", sa.String(length=10), nullable=False, server_default="publish"),
        sa.Column("model", sa.String(length=100), nullable=True),
        sa.Column("scores", sa.JSON(), nullable=True),
        sa.Column("spent_ms", sa.Integer(), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("batch", sa.String(length=32), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("corrections", sa.JSON(), nullable=True),
        sa.Column("span", sa.JSON(), nullable=True),
    ):
        op.add_column("decisions", column)
    op.create_index(op.f("ix_decisions_by_number"), "decisions", ["by", "number"])
    op.create_index(op.f("ix_decisions_batch"), "decisions", ["batch"])
    op.create_index(op.f("ix_decisions_undoes"), "decisions", ["undoes"])
    op.create_table(
        "claims",
        sa.Column("comment", BIG, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment"], ["comments.number"], name=op.f("fk_claims_comment_comments"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_until"), "claims", ["until"])
    op.create_table(
        "views",
        sa.Column("number", BIG, nullable=False),
        sa.Column("user", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name=op.f("fk_views_user_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_views")),
        sa.UniqueConstraint("user", "name", name=op.f("uq_views_user_name")),
    )
    op.create_table(
        "preferences",
        sa.Column("user", sa.String(length=200), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name=op.f("fk_preferences_user_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_preferences")),
    )
    op.create_table(
        "drafts",
        sa.Column("number", BIG, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_drafts")),
    )
    _fill(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_SEARCH:
            op.execute(statement)
    else:
        op.execute("CREATE INDEX ix_versions_words ON versions USING gin (to_tsvector('simple', text))")


def _fill(connection: sa.Connection) -> None:
    """What is stored already gets the new columns too."""
    comments = sa.table("comments", *map(sa.column, ("number", "version", "received", "lang", "urgency", "decision", *SCORES)))
    versions = sa.table(
        "versions", *(sa.column(name) for name in ("comment", "version", "lang")), sa.column("scores", sa.JSON), sa.column("at")
    )
    decisions = sa.table("decisions", *map(sa.column, ("number", "comment", "action", "kind")))
    connection.execute(decisions.update().values(kind=decisions.c.action))
    newest = sa.select(sa.func.max(decisions.c.number)).where(decisions.c.comment == comments.c.number).scalar_subquery()
    connection.execute(comments.update().values(decision=newest))
    held = sa.and_(versions.c.comment == comments.c.number, versions.c.version == comments.c.version)
    query = sa.select(comments.c.number, comments.c.received, versions.c.lang, versions.c.scores).join_from(comments, versions, held)
    for row in connection.execute(query).all():
        given = {f"{head}_{output}": value for head, outputs in row.scores.items() for output, value in outputs.items()}
        values = {name: given[name] for name in SCORES if name in given}
        harm = values.get("toxicity_toxicity", 0.5)
        urgency = math.log2(max(harm, 0.01)) - row.received / DOUBLES_MS
        connection.execute(comments.update().where(comments.c.number == row.number).values(lang=row.lang, urgency=urgency, **values))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "emptied", "removed"):
            op.execute(f"DROP TRIGGER texts_{name}")
        op.execute("DROP TABLE texts")
    else:
        op.execute("DROP INDEX ix_versions_words")
    for table in ("drafts", "preferences", "views", "claims"):
        op.drop_table(table)
    for name in ("by_number", "batch", "undoes"):
        op.drop_index(op.f(f"ix_decisions_{name}"), "decisions")
    for name in ("span", "corrections", "before", "batch", "undoes", "spent_ms", "scores", "model", "kind"):
        op.drop_column("decisions", name)
    op.drop_column("versions", "spans")
    for name in ("state_escalated_urgency_number", "site_state_escalated_urgency_number", "site_reply_to"):
        op.drop_index(op.f(f"ix_comments_{name}"), "comments")
    for name in (*reversed(SCORES), "decision", "highlighted", "escalated", "urgency", "lang"):
        op.drop_column("comments", name)
