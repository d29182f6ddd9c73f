"""isso: its SQLite database, and the JSON that it imports. Its comments are Markdown, in which HTML may stand."""

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
from seeds.exports.losses import Losses
from seeds.exports.records import word
from seeds.exports.thread import Thread
from seeds.exports.values import markdown_of, time_of
from seeds.replies import RawComment

_NOT_SHOWN = {2: "waiting for approval", 4: "deleted"}


def of_database(stream: BinaryIO, _: Losses) -> Iterator[Thread]:
    """Read from a copy that is opened read-only; what its schema would run (views, triggers) is not trusted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "isso.db")
        with path.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as base:
                base.row_factory, base.text_factory = _row, _text
                base.execute("PRAGMA trusted_schema=OFF")
                _check(base)
                yield from _of_tables(base)
        except sqlite3.Error as error:
            raise DocumentError(f"the SQLite database cannot be read as isso's: {error}") from error


def _row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> dict[str, Any]:
    """The columns by name. SQLite holds any type in any column: bytes are read as the text that they should be."""
    names = (column[0] for column in cursor.description)
    return {name: _text(value) if isinstance(value, bytes) else value for name, value in zip(names, values, strict=True)}


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _check(base: sqlite3.Connection) -> None:
    tables = {str(row["name"]) for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"threads", "comments"} <= tables:
        raise DocumentError(f"an SQLite database, but not isso's: its tables are {', '.join(sorted(tables)) or 'none'}")


def _of_tables(base: sqlite3.Connection) -> Iterator[Thread]:
    for thread in base.execute("SELECT id, uri, title FROM threads ORDER BY id"):
        found = Thread(title=word(thread, "title"), url=word(thread, "uri"))
        for row in base.execute("SELECT id, parent, created, mode, text, author FROM comments WHERE tid = ? ORDER BY id", (thread["id"],)):
            if why := _NOT_SHOWN.get(row["mode"]):
                found.left_out[why] += 1
            else:
                found.comments.append(_of_row(row))
        yield found


def _of_row(row: Mapping[str, Any]) -> RawComment:
    return RawComment(
        text=markdown_of(word(row, "text")),
        id=word(row, "id"),
        author=word(row, "author"),
        reply_id=word(row, "parent"),
        created_at=time_of(row["created"]),
        created_at_raw=word(row, "created"),
    )


def of_json(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    for item in records.items(stream, "item", losses):
        if isinstance(item, Mapping):
            comments = [_of_item(comment) for comment in item.get("comments") or () if isinstance(comment, Mapping)]
            yield Thread(comments, title=word(item, "title"), url=word(item, "id"))


def _of_item(item: Mapping[str, Any]) -> RawComment:
    return RawComment(
        text=markdown_of(word(item, "text")),
        id=word(item, "id"),
        author=word(item, "author"),
        reply_id=word(item, "parent"),
        created_at=time_of(word(item, "created")),
        created_at_raw=word(item, "created"),
    )
