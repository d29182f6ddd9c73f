"""Commento and Commento++: one JSON document; comments of all threads in one list, the names of their writers in a second one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from seeds.exports import records
from seeds.exports.losses import Losses
from seeds.exports.records import word
from seeds.exports.thread import Store, Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment

_NOT_SHOWN = {"unapproved": "waiting for approval", "flagged": "flagged"}


def threads(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    with Store() as store:
        for writer in records.items(stream, "commenters.item", losses):
            if isinstance(writer, Mapping) and (name := word(writer, "name")):
                store.remember(word(writer, "commenterHex") or "", name)
        for comment in records.items(stream, "comments.item", losses):
            if isinstance(comment, Mapping):
                _add(store, comment)
        yield from store.threads()


def _add(store: Store, comment: Mapping[str, Any]) -> None:
    domain, path = word(comment, "domain") or "", word(comment, "url") or "/"
    address = path if "://" in path or not domain else f"https://{domain}{path}"
    store.thread(address, url=address)
    why = "deleted" if comment.get("deleted") else _NOT_SHOWN.get(word(comment, "state") or "")
    if why:
        store.leave_out(address, why)
        return
    parent = word(comment, "parentHex")
    store.comment(
        address,
        RawComment(
            text=text_of(word(comment, "html")) or word(comment, "markdown") or "",
            id=word(comment, "commentHex"),
            author=store.recall(word(comment, "commenterHex") or ""),
            reply_id=None if parent == "root" else parent,
            created_at=time_of(word(comment, "creationDate")),
            created_at_raw=word(comment, "creationDate"),
        ),
    )
