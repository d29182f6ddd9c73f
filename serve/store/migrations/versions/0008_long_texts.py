"""Full-text search on PostgreSQL indexes the beginning of a text: of one that is too long it would refuse the whole row."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _index("left(text, 100000)")


def downgrade() -> None:
    _index("text")


def _index(said: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_versions_words")
        op.execute(f"CREATE INDEX ix_versions_words ON versions USING gin (to_tsvector('simple', {said}))")
