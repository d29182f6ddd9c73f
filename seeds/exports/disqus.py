"""Disqus XML: all threads, then all posts, each naming its thread and the post that it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from seeds.exports import markup
from seeds.exports.losses import Losses
from seeds.exports.thread import Store, Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment


def threads(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    with Store() as store:
        for node in markup.elements(stream, losses, "thread", "post"):
            if markup.name_of(node) == "post":
                _post(store, node, losses)
            else:
                _thread(store, node)
        yield from store.threads()


def _thread(store: Store, node: Any) -> None:
    about = markup.values(node)
    key = _id(node)
    if key:
        store.thread(key, title=text_of(about.get("title")), url=about.get("link"), text=text_of(about.get("message")))


def _post(store: Store, node: Any, losses: Losses) -> None:
    about, thread = markup.values(node), _reference(node, "thread")
    if thread is None:
        losses.add(f"post {_id(node)} names no thread")
        return
    if why := next((word for flag, word in (("isSpam", "spam"), ("isDeleted", "deleted")) if about.get(flag) == "true"), None):
        store.leave_out(thread, why)
        return
    author = next((markup.values(child) for child in node if markup.name_of(child) == "author"), {})
    store.comment(
        thread,
        RawComment(
            text=text_of(about.get("message")),
            id=_id(node),
            author=author.get("name") or author.get("username") or None,
            reply_id=_reference(node, "parent"),
            created_at=time_of(about.get("createdAt")),
            created_at_raw=about.get("createdAt") or None,
        ),
    )


def _reference(node: Any, name: str) -> str | None:
    return next((_id(child) for child in node if markup.name_of(child) == name), None)


def _id(node: Any) -> str | None:
    """The attribute `dsq:id`; the child of that name is what the site calls it, and often empty."""
    return next((value for name, value in node.attrib.items() if name.rpartition("}")[2].rpartition(":")[2] == "id" and value), None)
