"""What the service keeps: SQLite by default, PostgreSQL by URL. `Store` is the whole interface; every statement lives in this folder."""

from serve.store.store import Store

__all__ = ["Store"]
