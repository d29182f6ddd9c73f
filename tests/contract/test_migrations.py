"""Every form that the tables ever had becomes the newest one, with its rows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from labels.errors import StoreError
from serve.store import Store, tables
from serve.store import database as databases

NOW = 1_767_000_000_000


def _upgrade(url: str, revision: str) -> sa.Engine:
    engine = databases.connect(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(databases.alembic(connection), revision)
    return engine


def _newest(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        head = ScriptDirectory.from_config(databases.alembic(connection)).get_current_head()
    assert head is not None
    return head


def test_an_empty_database_gets_all_tables(database: str) -> None:
    store = Store(database)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differing = [
            item for item in compare_metadata(context, tables.metadata) if "texts" not in str(item) and "ix_versions_words" not in str(item)
        ]
    assert differing == [], "the migrations and serve/store/tables.py say the same"
    assert store.revision() == _newest(store.engine)
    store.close()


def test_a_filled_older_database_keeps_its_rows(database: str) -> None:
    engine = _upgrade(database, "0001")
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        for number in (1, 2):
            connection.execute(
                sa.text(
                    "INSERT INTO comments (number, site, id, author, received, version, state, action)"
                    " VALUES (:number, 'site', :id, 'Ana', :now, 1, 'open', 'review')"
                ),
                {"number": number, "id": str(number), "now": NOW},
            )
            connection.execute(
                sa.text(
                    "INSERT INTO versions"
                    " (comment, version, text, digest, lang, scores, low_confidence, model, action, reasons, policy, at)"
                    " VALUES (:number, 1, 'You are an idiot.', 'd', 'en', :scores, '[]', 'tiny@0', 'review', '[]', '1', :now)"
                ),
                {"number": number, "scores": json.dumps({"toxicity": {"toxicity": 0.9}}), "now": NOW},
            )
        decision = "INSERT INTO decisions (comment, version, action, labels, \"by\", at) VALUES (2, 1, 'publish', '[]', 'ben', :now)"
        connection.execute(sa.text(decision), {"now": NOW})
    engine.dispose()
    store = Store(database)
    held = store.comments.get("site", "1")
    assert held is not None
    assert held.would is None
    assert (held.text, held.author, held.state, held.scores) == ("You are an idiot.", "Ana", "open", {"toxicity": {"toxicity": 0.9}})
    with store.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.decisions)).scalar_one() == 1
    store.close()


def test_down_and_up_again(database: str) -> None:
    store = Store(database)
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.downgrade(databases.alembic(connection), "base")
    with store.engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    Store(database).close()
    store.close()


def test_two_servers_may_start_at_once(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: Store(database), range(4)))
    assert len({store.revision() for store in stores}) == 1
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "no database URL"),
        ("mysql://user:secret@host/name", "mysql is not known"),
        ("sqlite://", "needs a file"),
        ("sqlite:////nowhere/at/all.db", "unable to open"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/name", "127.0.0.1"),
    ],
)
def test_a_wrong_database_is_said_in_one_line(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        Store(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
