"""An engine for a database URL, and its migrations."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from labels.errors import StoreError
from serve.store import tables

_BUSY_MS = 5_000
"""How long a writer waits for another process's transaction on SQLite."""
_SHOWN = ("user", "host", "port", "dbname", "sslmode")
"""Of a database URL's parameters, those that people are shown: any other may hold a password."""
_LOCK = 0x7472656164
"""Advisory lock of PostgreSQL under which migrations run, so that two servers may start at once."""


def connect(url: str) -> Engine:
    """An engine; nothing is opened yet. Raises StoreError for a URL of another kind of database."""
    try:
        return _engine(sa.make_url(url))
    except (SQLAlchemyError, ValueError):  # their words may hold the password
        raise StoreError("database: no database URL; use sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME") from None


def shown(url: str | sa.URL) -> str:
    """A database URL for errors and logs: whose and where it is, and nothing that could be a secret. `url`: one that `connect` takes."""
    parsed = sa.make_url(url)
    return parsed.difference_update_query(set(parsed.query).difference(_SHOWN)).render_as_string(hide_password=True)


def _engine(url: sa.URL) -> Engine:
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreError(f"database: {url.drivername} is not known; use sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
    # Errors show no values of statements: those are what people wrote, and errors go to the log.
    shared: dict[str, Any] = {"pool_size": 20, "max_overflow": 20, "pool_timeout": 5, "hide_parameters": True}
    if url.drivername == "postgresql+psycopg":
        if "@" in f"{url.host}{url.database}":  # the end of a password, which the driver would name as the host
            raise StoreError("database: an @ too many; in a user's name or a password it is written %40")
        return sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 5, "client_encoding": "utf8"}, **shared)
    if not url.database or url.database == ":memory:":
        raise StoreError("database: SQLite needs a file, such as sqlite:///threadwise.db")
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_MS / 1000}, **shared)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # transactions are begun in _begin, not by the driver's guess
    # FULL: an acknowledged comment is on the disk, not in its cache. secure_delete: erased text is overwritten.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", f"busy_timeout = {_BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A reader that turns writer half way cannot wait for another writer: writers say so from the start.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


@contextlib.contextmanager
def transaction(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    """A transaction. Raises StoreError, with the database's own words, where it cannot be used."""
    try:
        with engine.connect().execution_options(writes=writes) as connection, connection.begin():
            yield connection
    except sa.exc.IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise StoreError(f"the database cannot be used: {_words(error)}") from error


def migrate(engine: Engine) -> None:
    """Brings the tables to the newest form; does nothing where they have it. Raises StoreError."""
    try:
        # The whole ladder is one transaction: a killed migration leaves the database as it was.
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                encoding = connection.execute(sa.text("SHOW server_encoding")).scalar()
                if encoding != "UTF8":
                    raise StoreError(f"database {shown(engine.url)}: it is {encoding}, not UTF8; use createdb -E UTF8 -T template0")
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            command.upgrade(alembic(connection), "head")
    except SQLAlchemyError as error:
        raise StoreError(f"database {shown(engine.url)}: {_words(error)}") from error
    except CommandError as error:
        raise StoreError(f"database {shown(engine.url)}: {error}; is it of a newer Threadwise?") from error


def revision(engine: Engine) -> str:
    """The migration at which the tables stand. Raises StoreError."""
    with transaction(engine, writes=False) as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def alembic(connection: Connection) -> Config:
    """Alembic's configuration for one connection; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def lock_rows(connection: Connection, which: sa.ColumnElement[bool]) -> None:
    """Comments that nobody else changes before the end of the transaction. In a statement of its own: joined to their versions, PostgreSQL
    would hold a comment that was edited meanwhile against the version of before, and find none."""
    connection.execute(sa.select(tables.comments.c.number).where(which).order_by(tables.comments.c.number).with_for_update())


def compact(engine: Engine) -> None:
    """Gives freed pages back, so that erased texts are in no file of the tables any more; locks them meanwhile. Raises StoreError."""
    try:
        with contextlib.closing(engine.raw_connection()) as raw:  # outside any transaction, which SQLAlchemy would begin
            _compact(raw.dbapi_connection, engine.dialect.name)
    except (sqlite3.Error, psycopg.Error, SQLAlchemyError) as error:
        raise StoreError(f"the database cannot be compacted: {error}") from error


def _compact(connection: Any, dialect: str) -> None:
    if dialect == "sqlite":
        # Deleted words stay in the segments of a full-text index until it is made anew.
        for statement in ("INSERT INTO texts(texts) VALUES ('rebuild')", "VACUUM"):
            connection.execute(statement)
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError(
                "it is erased, but still in the file, which another connection reads; run `threadwise db expire` a little later"
            )
        return
    connection.autocommit = True
    try:
        for table in (*tables.metadata.sorted_tables, "pg_statistic"):  # statistics hold samples of texts
            connection.execute(f"VACUUM (FULL, ANALYZE) {table}")
    finally:
        connection.autocommit = False


def _words(error: SQLAlchemyError) -> str:
    """The database's own words, one line."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
