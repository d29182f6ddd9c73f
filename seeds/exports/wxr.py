"""WordPress WXR: RSS with the comments of each post inside its item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from seeds.exports import markup
from seeds.exports.losses import Losses
from seeds.exports.thread import Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment

_NOT_SHOWN = {"0": "waiting for approval", "spam": "spam", "trash": "deleted", "post-trashed": "deleted"}
_OF_READERS = ("", "comment", "review")
"""Types of comments; the shop of WooCommerce calls those of its products reviews."""


def threads(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    for item in markup.elements(stream, losses, "item"):
        yield _thread(item)


def _thread(item: Any) -> Thread:
    about = markup.values(item)
    body = next((child.text for child in item if markup.name_of(child) == "encoded" and _is_content(child)), None)
    found = Thread(
        title=text_of(about.get("title")),
        url=about.get("link"),
        text=text_of(body),
        author=about.get("creator"),
        published_at=_moment(about, "post_date"),
    )
    for node in item:
        if markup.name_of(node) == "comment":
            _add(found, markup.values(node))
    return found


def _is_content(node: Any) -> bool:
    """`content:encoded` and not `excerpt:encoded`, declared or not."""
    return "excerpt" not in str(node.tag)


def _add(found: Thread, comment: Mapping[str, str]) -> None:
    kind = comment.get("comment_type", "").lower()
    why = _NOT_SHOWN.get(comment.get("comment_approved", "1")) or (None if kind in _OF_READERS else kind)
    if why:
        found.left_out[why] += 1
        return
    parent = comment.get("comment_parent") or "0"
    found.comments.append(
        RawComment(
            text=text_of(comment.get("comment_content")),
            id=comment.get("comment_id") or None,
            author=text_of(comment.get("comment_author")) or None,
            reply_id=None if parent == "0" else parent,
            created_at=_moment(comment, "comment_date"),
            created_at_raw=comment.get("comment_date") or None,
        )
    )


def _moment(values: Mapping[str, str], name: str) -> str | None:
    """UTC where the export has it; else the blog's local time, whose zone it does not say."""
    utc = time_of(values.get(f"{name}_gmt"))
    return f"{utc}Z" if utc and "T" in utc else time_of(values.get(name))
