"""Long queues: an index by the score that is asked for most, and indexes on decisions without the nulls that hide their use."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

RARE = ("batch", "undoes")


def upgrade() -> None:
    score = op.f("ix_comments_state_escalated_toxicity_toxicity_number")
    op.create_index(score, "comments", ["state", "escalated", "toxicity_toxicity", "number"])
    for name in RARE:
        op.drop_index(op.f(f"ix_decisions_{name}"), "decisions")
        known = sa.text(f"{name} IS NOT NULL")
        op.create_index(op.f(f"ix_decisions_{name}"), "decisions", [name], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    for name in RARE:
        op.drop_index(op.f(f"ix_decisions_{name}"), "decisions")
        op.create_index(op.f(f"ix_decisions_{name}"), "decisions", [name])
    op.drop_index(op.f("ix_comments_state_escalated_toxicity_toxicity_number"), "comments")
