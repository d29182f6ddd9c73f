"""What every reader of an export gives, and the store that brings together comments that stand apart in the file."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from seeds.replies import RawComment


@dataclass(slots=True)
class Thread:
    """A page of the site with its comments."""

    comments: list[RawComment] = field(default_factory=list)
    title: str | None = None
    url: str | None = None
    text: str = ""
    author: str | None = None
    published_at: str | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    """Why -> how many comments are not shown by the site."""


class Store:
    """Threads and comments of an export in a temporary SQLite file, so that memory holds one thread at a time.

    Threads come back in the order in which they were first named.
    """

    def __init__(self) -> None:
        self._base = sqlite3.connect("")  # a private file that SQLite deletes; in memory as long as it is small
        self._base.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE thread (seq INTEGER PRIMARY KEY, key TEXT UNIQUE, about TEXT);"
            "CREATE TABLE comment (seq INTEGER PRIMARY KEY, thread INTEGER, raw TEXT, left_out TEXT);"
            "CREATE TABLE word (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
        )

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._base.close()

    def thread(self, key: str, **about: str | None) -> None:
        """Name a thread; what is said of it later adds to what was said before. `about`: title, url, text, author, published_at."""
        given = json.dumps({name: value for name, value in about.items() if value})
        self._base.execute(
            "INSERT INTO thread (key, about) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET about = json_patch(about, excluded.about)",
            (key, given),
        )

    def comment(self, key: str, raw: RawComment) -> None:
        """A comment of the thread."""
        self._add(key, json.dumps(asdict(raw)), None)

    def leave_out(self, key: str, why: str) -> None:
        """A comment that the site does not show."""
        self._add(key, None, why)

    def _add(self, key: str, raw: str | None, why: str | None) -> None:
        self._base.execute("INSERT OR IGNORE INTO thread (key, about) VALUES (?, '{}')", (key,))
        self._base.execute(
            "INSERT INTO comment (thread, raw, left_out) VALUES ((SELECT seq FROM thread WHERE key = ?), ?, ?)", (key, raw, why)
        )

    def remember(self, key: str, value: str) -> None:
        """A name to look up later (`recall`)."""
        self._base.execute("INSERT OR REPLACE INTO word VALUES (?, ?)", (key, value))

    def recall(self, key: str) -> str | None:
        """What was remembered under the key."""
        row = self._base.execute("SELECT value FROM word WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def threads(self) -> Iterator[Thread]:
        """All threads with their comments in the order of the file."""
        self._base.execute("CREATE INDEX comment_of_thread ON comment (thread, seq)")
        with closing(self._base.execute("SELECT seq, about FROM thread ORDER BY seq")) as rows:
            for seq, about in rows:
                yield self._thread(seq, json.loads(about))

    def _thread(self, seq: int, about: Mapping[str, Any]) -> Thread:
        found = Thread(**about)
        for raw, why in self._base.execute("SELECT raw, left_out FROM comment WHERE thread = ? ORDER BY seq", (seq,)):
            if raw is None:
                found.left_out[why] += 1
            else:
                found.comments.append(RawComment(**json.loads(raw)))
        return found
