"""The store: one engine, and the statements grouped by what they are about."""

from __future__ import annotations

import sqlalchemy as sa

from labels.errors import StoreError
from serve.store import database, tables
from serve.store.accounts import Accounts
from serve.store.articles import Articles
from serve.store.comments import Comments
from serve.store.desk import Desk
from serve.store.erase import Eraser
from serve.store.events import Events
from serve.store.insight import Insight
from serve.store.labels import Labels
from serve.store.labels_next import Readings
from serve.store.people import People
from serve.store.policies import Policies


class Store:
    """Opened and migrated. All methods block: call them off the event loop. Raises StoreError where the database cannot be used."""

    def __init__(self, url: str) -> None:
        self.engine = database.connect(url)
        try:
            database.migrate(self.engine)
        except StoreError:
            self.engine.dispose()
            raise
        self.articles = Articles(self.engine)
        self.comments = Comments(self.engine)
        self.accounts = Accounts(self.engine)
        self.events = Events(self.engine)
        self.policies = Policies(self.engine)
        self.erase = Eraser(self.engine)
        self.desk = Desk(self.engine)
        self.people = People(self.engine)
        self.labels = Labels(self.engine)
        self.readings = Readings(self.engine)
        self.insight = Insight(self.engine)

    def ready(self) -> None:
        """Raises StoreError where the database does not answer."""
        with database.transaction(self.engine, writes=False) as connection:
            connection.execute(sa.select(tables.keys.c.hash).limit(1))

    def revision(self) -> str:
        """Name of the newest migration, which is applied."""
        return database.revision(self.engine)

    def close(self) -> None:
        self.engine.dispose()
