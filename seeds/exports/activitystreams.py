"""ActivityStreams 1 and 2: a post with its replies inside, or a collection of posts and replies that name each other.

A reply whose parent is not in the file belongs to the thread of that address. Authors of AS2 are often addresses, not names: the name is
then the last part of the address, as it is shown on such pages.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

from seeds.exports import records
from seeds.exports.losses import Losses
from seeds.exports.records import part, word
from seeds.exports.thread import Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment

_LISTS = ("item", "items.item", "orderedItems.item", "first.items.item", "first.orderedItems.item")
_WRAPS = ("create", "post", "update")
"""Activities whose object is a post or reply; others (like, announce, follow) say nothing."""
_SCHEMA = """
    PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
    CREATE TABLE note (seq INTEGER PRIMARY KEY, id TEXT, url TEXT, parent TEXT, up INTEGER, about TEXT, raw TEXT, done INTEGER DEFAULT 0);
"""
_LINK = """
    CREATE INDEX note_id ON note (id); CREATE INDEX note_url ON note (url);
    UPDATE note SET up = (SELECT min(seq) FROM (SELECT seq FROM note AS n WHERE n.id = note.parent
        UNION ALL SELECT seq FROM note AS n WHERE n.url = note.parent)) WHERE parent IS NOT NULL;
    CREATE INDEX note_up ON note (up); CREATE INDEX note_parent ON note (parent);
"""
_BELOW = """
    WITH RECURSIVE below (seq) AS (SELECT seq FROM note WHERE {start} UNION SELECT note.seq FROM note JOIN below ON note.up = below.seq)
    SELECT seq, raw, (SELECT id FROM note AS p WHERE p.seq = note.up) FROM note JOIN below USING (seq) ORDER BY seq
"""


def threads(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    """Of a list its items, streamed; else of the one object that the file is."""
    notes = _Notes()
    for item in records.items(stream, records.first(stream, _LISTS) or "", losses):
        notes.add(item)
    yield from notes.threads()


class _Notes:
    """All posts and replies of a file in a temporary SQLite file, each with the one that it answers."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("")
        self._base.executescript(_SCHEMA)
        self._count = 0

    def add(self, item: Any, container: str | None = None) -> None:
        """A post, a reply or an activity about one, and the replies inside it."""
        waiting: list[tuple[Any, str | None]] = [(item, container)]
        while waiting:
            given, inside = waiting.pop()
            note = _unwrapped(given)
            if note is not None:
                name = self._add(note, inside)
                waiting += [(reply, name) for reply in reversed(_replies(note))]

    def _add(self, note: Mapping[str, Any], container: str | None) -> str:
        url = word(note, "url")
        self._count += 1
        name = word(note, "id") or url or f"#{self._count}"
        named = _answered(note)
        parent = container if container and (not named or not self._is_known(named)) else named
        deleted = _kind(note) == "tombstone"
        about = {"title": text_of(word(note, "name") or word(note, "displayName")), "url": url, "author": _author(note)}
        about |= {"text": _content(note), "published_at": time_of(word(note, "published"))}
        raw = None if deleted else json.dumps(asdict(_raw(note, name)))
        values = (name, url, parent, json.dumps(about), raw)
        self._base.execute("INSERT INTO note (id, url, parent, about, raw) VALUES (?, ?, ?, ?, ?)", values)
        return name

    def _is_known(self, name: str) -> bool:
        return self._base.execute("SELECT 1 FROM note WHERE id = ? OR url = ? LIMIT 1", (name, name)).fetchone() is not None

    def threads(self) -> Iterator[Thread]:
        """A thread of each post, of each address outside the file that is answered, and of what answers itself in a circle."""
        self._base.executescript(_LINK)
        roots = self._base.execute("SELECT seq, id, parent, about FROM note WHERE up IS NULL ORDER BY seq").fetchall()
        told: set[str] = set()
        for seq, name, parent, about in roots:
            if parent is None:
                yield self._filled(Thread(**json.loads(about)), "up = ?", (seq,), name)
            elif parent not in told:
                told.add(parent)
                yield self._filled(Thread(url=parent), "up IS NULL AND parent = ?", (parent,), parent)
        yield self._filled(Thread(), "done = 0 AND up IS NOT NULL", (), None)

    def _filled(self, thread: Thread, start: str, values: Sequence[object], root: str | None) -> Thread:
        for seq, raw, parent in self._base.execute(_BELOW.replace("{start}", start), values).fetchall():
            self._base.execute("UPDATE note SET done = 1 WHERE seq = ?", (seq,))
            if raw is None:
                thread.left_out["deleted"] += 1
            else:
                thread.comments.append(RawComment(**json.loads(raw) | {"reply_id": None if parent == root else parent}))
        return thread


def _unwrapped(item: Any) -> Mapping[str, Any] | None:
    """The post in a Create activity; None for a bare address and for activities that say nothing."""
    if not isinstance(item, Mapping):
        return None
    inner = item.get("object")
    if inner is None:
        return item
    kind = word(item, "verb") or _kind(item)
    return inner if isinstance(inner, Mapping) and kind.lower() in _WRAPS else None


def _kind(note: Mapping[str, Any]) -> str:
    return (word(note, "type") or word(note, "objectType") or "").lower()


def _replies(note: Mapping[str, Any]) -> list[Any]:
    found = note.get("replies")
    if isinstance(found, Mapping):
        found = next((page[name] for page in (found, part(found, "first")) for name in ("items", "orderedItems") if page.get(name)), [])
    return found if isinstance(found, list) else []


def _answered(note: Mapping[str, Any]) -> str | None:
    """The first address in `inReplyTo`: a text, an object, or a list of these."""
    value = note.get("inReplyTo")
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, Mapping):
        return word(value, "id") or word(value, "url")
    return value or None if isinstance(value, str) else None


def _raw(note: Mapping[str, Any], name: str) -> RawComment:
    moment = word(note, "published")
    return RawComment(_content(note), id=name, author=_author(note), created_at=time_of(moment), created_at_raw=moment)


def _content(note: Mapping[str, Any]) -> str:
    translated = part(note, "contentMap")
    return text_of(word(note, "content") or next((word(translated, lang) for lang in translated), None))


def _author(note: Mapping[str, Any]) -> str | None:
    for member in ("author", "attributedTo", "actor"):
        value = note.get(member)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, Mapping):
            return next((name for key in ("displayName", "name", "preferredUsername", "url", "id") if (name := word(value, key))), None)
        if isinstance(value, str) and value:
            return value.rstrip("/").rpartition("/")[2].lstrip("@") or value
    return None
