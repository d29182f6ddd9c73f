"""Run by Alembic: the caller's connection, its transaction, and nothing of its own."""

from alembic import context

from serve.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
