"""Dry runs: what the policy would have done with each version."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("versions", sa.Column("would", sa.String(length=10), nullable=True))


def downgrade() -> None:
    op.drop_column("versions", "would")
