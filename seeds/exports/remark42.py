"""remark42 backup: a line about the site, then one comment a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from labels.errors import DocumentError
from seeds.exports.losses import Losses
from seeds.exports.records import part, sound, word
from seeds.exports.thread import Store, Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment

_VERSIONS = (0, 1)


def threads(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    with Store() as store:
        for number, line in enumerate(stream, start=1):
            if line.strip() and (comment := _object(line, number, losses)) is not None:
                _add(store, comment, number)
        yield from store.threads()


def _object(line: bytes, number: int, losses: Losses) -> Mapping[str, Any] | None:
    """None for a line that is no object: the others can be read without it."""
    try:
        value = json.loads(sound(line))
    except (ValueError, RecursionError) as error:
        losses.add(f"line {number}: broken JSON: {error}")
        return None
    if not isinstance(value, Mapping):
        losses.add(f"line {number}: expected an object, got {type(value).__name__}")
        return None
    return value


def _add(store: Store, comment: Mapping[str, Any], number: int) -> None:
    if "locator" not in comment:
        if number == 1 and comment.get("version", 0) not in _VERSIONS:
            raise DocumentError(f"a backup of remark42 in version {comment['version']}; known are 0 and 1")
        return
    address = word(part(comment, "locator"), "url") or ""
    store.thread(address, url=address, title=word(comment, "title"))
    if comment.get("delete"):
        store.leave_out(address, "deleted")
        return
    store.comment(
        address,
        RawComment(
            text=text_of(word(comment, "text")) or word(comment, "orig") or "",
            id=word(comment, "id"),
            author=word(part(comment, "user"), "name"),
            reply_id=word(comment, "pid"),
            created_at=time_of(word(comment, "time")),
            created_at_raw=word(comment, "time"),
        ),
    )
