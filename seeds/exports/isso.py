"""isso: its SQLite database, and the JSON that it imports."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from labels.errors import DocumentError
from seeds.exports import records
from seeds.exports.thread import Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment

_NOT_SHOWN = {2: "waiting for approval", 4: "deleted"}


def of_database(stream: BinaryIO) -> Iterator[Thread]:
    """Read from a copy that is opened read-only; what its schema would run (views, triggers) is not trusted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "isso.db")
        with path.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as base:
                base.row_factory = sqlite3.Row
                base.execute("PRAGMA trusted_schema=OFF")
                _check(base)
                yield from _of_tables(base)
        except sqlite3.Error as error:
            raise DocumentError(f"the SQLite database cannot be read as isso's: {error}") from error


def _check(base: sqlite3.Connection) -> None:
    tables = {str(row[0]) for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"threads", "comments"} <= tables:
        raise DocumentError(f"an SQLite database, but not isso's: its tables are {', '.join(sorted(tables)) or 'none'}")


def _of_tables(base: sqlite3.Connection) -> Iterator[Thread]:
    for thread in base.execute("SELECT id, uri, title FROM threads ORDER BY id"):
        found = Thread(title=thread["title"], url=thread["uri"])
        for row in base.execute("SELECT id, parent, created, mode, text, author FROM comments WHERE tid = ? ORDER BY id", (thread["id"],)):
            if why := _NOT_SHOWN.get(row["mode"]):
                found.left_out[why] += 1
            else:
                found.comments.append(_of_row(row))
        yield found


def _of_row(row: sqlite3.Row) -> RawComment:
    return RawComment(
        text=text_of(str(row["text"] or "")),
        id=str(row["id"]),
        author=row["author"] or None,
        reply_id=None if row["parent"] is None else str(row["parent"]),
        created_at=time_of(row["created"]),
        created_at_raw=None if row["created"] is None else str(row["created"]),
    )


def of_json(stream: BinaryIO) -> Iterator[Thread]:
    for item in records.items(stream, "item"):
        if isinstance(item, Mapping):
            comments = [_of_item(comment) for comment in item.get("comments") or () if isinstance(comment, Mapping)]
            yield Thread(comments, title=records.word(item, "title"), url=records.word(item, "id"))


def _of_item(item: Mapping[str, Any]) -> RawComment:
    return RawComment(
        text=text_of(records.word(item, "text")),
        id=records.word(item, "id"),
        author=records.word(item, "author"),
        reply_id=records.word(item, "parent"),
        created_at=time_of(records.word(item, "created")),
        created_at_raw=records.word(item, "created"),
    )
