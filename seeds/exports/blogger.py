"""Blogger Atom: one feed of posts, pages, settings and comments, told apart by a category."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from seeds.exports import markup
from seeds.exports.losses import Losses
from seeds.exports.thread import Store, Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment


def threads(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    with Store() as store:
        for entry in markup.elements(stream, losses, "entry"):
            kinds = {str(child.get("term")).rpartition("#")[2] for child in entry if markup.name_of(child) == "category"}
            if "comment" in kinds:
                _comment(store, entry)
            elif kinds & {"post", "page"}:
                _post(store, entry)
        yield from store.threads()


def _post(store: Store, entry: Any) -> None:
    about = markup.values(entry)
    store.thread(
        about.get("id", ""),
        title=text_of(about.get("title")),
        text=text_of(about.get("content")),
        url=_link(entry, "alternate"),
        author=_author(entry),
        published_at=time_of(about.get("published")),
    )


def _comment(store: Store, entry: Any) -> None:
    about = markup.values(entry)
    post = next((child.get("ref") for child in entry if markup.name_of(child) == "in-reply-to"), None) or ""
    store.comment(
        post,
        RawComment(
            text=text_of(about.get("content")),
            id=about.get("id") or None,
            author=_author(entry),
            reply_id=_answered(about.get("id", ""), _link(entry, "related")),
            created_at=time_of(about.get("published")),
            created_at_raw=about.get("published") or None,
        ),
    )


def _answered(own: str, address: str | None) -> str | None:
    """The id of the comment at that address: ids end in `post-NUMBER`, addresses in the same number."""
    match = re.search(r"(\d+)\D*$", address or "")
    return re.sub(r"\d+$", match[1], own) if match else None


def _link(entry: Any, kind: str) -> str | None:
    return next((child.get("href") for child in entry if markup.name_of(child) == "link" and child.get("rel") == kind), None)


def _author(entry: Any) -> str | None:
    return next((markup.values(child).get("name") for child in entry if markup.name_of(child) == "author"), None) or None
