"""Indexes for pages that read over everything: the audit log by person, kind and comment; insight and labels by an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

WATCHED = ("toxicity_toxicity", "stance_against", "reply_stance_deny", "sentiment_negative")
INDEXES = {
    "ix_audit_by_number": ("audit", ("by", "number")),
    "ix_audit_what_number": ("audit", ("what", "number")),
    "ix_audit_comment": ("audit", ("comment",)),
    "ix_comments_came": ("comments", ("received", "site", "state", "decision", "action", *WATCHED)),
    "ix_comments_state_received_site": ("comments", ("state", "received", "site")),
}


def upgrade() -> None:
    op.drop_index(op.f("ix_comments_received"), "comments")
    for name, (table, columns) in INDEXES.items():
        op.create_index(op.f(name), table, list(columns))
    undecided = sa.text("decision IS NULL")
    op.create_index(
        op.f("ix_comments_undecided"),
        "comments",
        ["state", "toxicity_toxicity"],
        sqlite_where=undecided,
        postgresql_where=undecided,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_comments_undecided"), "comments")
    for name, (table, _) in INDEXES.items():
        op.drop_index(op.f(name), table)
    op.create_index(op.f("ix_comments_received"), "comments", ["received"])
