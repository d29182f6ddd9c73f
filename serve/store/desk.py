"""The desk's part of the store."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Engine

from serve.store.database import transaction
from serve.store.desk_audit import Audit
from serve.store.desk_bulk import Bulk
from serve.store.desk_claims import Claims
from serve.store.desk_decisions import Decisions
from serve.store.desk_policy import Drafts
from serve.store.desk_queue import Queue
from serve.store.desk_saved import Saved
from serve.store.tables import audit


class Desk:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.audit = Audit(engine)
        self.queue = Queue(engine)
        self.decisions = Decisions(engine)
        self.claims = Claims(engine)
        self.bulk = Bulk(engine)
        self.drafts = Drafts(engine)
        self.saved = Saved(engine)

    def log(self, by: str, what: str, now: int, *, site: str | None = None, comment: str | None = None, **detail: Any) -> None:
        """One line of the audit log, for what changes no comment."""
        with transaction(self._engine, writes=True) as connection:
            connection.execute(audit.insert().values(at=now, by=by, what=what, site=site, comment=comment, detail=detail))
