"""Export files of comment systems -> Articles, one per thread, in constant memory.

    read(stream)  ->  Iterator[Article]

`sniff.kind` tells the format from the first bytes, the reader of that format gives its threads. What a site does not show (spam, deleted,
waiting for approval, pingbacks) is left out and counted in a warning; a thread of which all is left out is given without comments. Threads
to which nobody wrote give no Article and have no number.
"""

from __future__ import annotations

import codecs
import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import BinaryIO

from labels.errors import DocumentError
from labels.thread import Article, Notice
from seeds import detect, replies
from seeds.exports import activitystreams, blogger, commento, coral, disqus, isso, remark42, sniff, wxr
from seeds.exports.losses import Losses
from seeds.exports.thread import Thread

__all__ = ["HEAD_BYTES", "kind", "read"]

kind, HEAD_BYTES = sniff.kind, sniff.HEAD_BYTES

_READERS: dict[str, Callable[[BinaryIO, Losses], Iterator[Thread]]] = {
    "wxr": wxr.threads,
    "disqus": disqus.threads,
    "blogger": blogger.threads,
    "isso": isso.of_database,
    "isso_json": isso.of_json,
    "commento": commento.threads,
    "remark42": remark42.threads,
    "activitystreams": activitystreams.threads,
    "coral": coral.of_csv,
    "coral_zip": coral.of_zip,
}


def read(stream: BinaryIO, id: str = "export") -> Iterator[Article]:
    """The threads of an export that have comments, in its order, with the ids `ID#1`, `ID#2`, …

    Raises DocumentError, at once for what is no export, at the end for what of it could not be read: the rest has been given by then.
    """
    losses = Losses()
    with ExitStack() as files:
        file = stream
        if not stream.seekable():
            file = files.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(stream, file)
            file.seek(0)
        head = _head(file)
        name = kind(head)
        if name is None:
            raise DocumentError("no export of a comment system that is known")
        if sniff.is_packed(head):
            file = io.BufferedReader(_Unpacked(file, losses))
        if sniff.is_utf16(_head(file)):
            file = _as_utf8(file, files.enter_context(tempfile.TemporaryFile()))
        yield from _articles(_READERS[name](file, losses), id, name)
    losses.check()


class _Unpacked(gzip.GzipFile):
    """A packed file that ends where it is damaged."""

    def __init__(self, file: BinaryIO, losses: Losses) -> None:
        super().__init__(fileobj=file)
        self._losses = losses

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self.read1(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._losses.add(f"the compressed export breaks off or is damaged: {error}")
            return 0
        buffer[: len(data)] = data
        return len(data)


def _as_utf8(file: BinaryIO, copy: BinaryIO) -> BinaryIO:
    """A copy of a file in UTF-16, since all readers take UTF-8."""
    shutil.copyfileobj(codecs.getreader("utf-16")(file, "replace"), codecs.getwriter("utf-8")(copy, "replace"))
    copy.seek(0)
    return copy


def _head(file: BinaryIO) -> bytes:
    head = file.read(sniff.HEAD_BYTES)
    file.seek(0)
    return head


def _articles(threads: Iterator[Thread], id: str, name: str) -> Iterator[Article]:
    number = 0
    for thread in threads:
        if not thread.comments and not thread.left_out:
            continue
        number += 1
        comments, notices = replies.link(thread.comments)
        words = thread.text or "\n".join(comment.text for comment in comments[:20])
        yield Article(
            id=f"{id}#{number}",
            url=thread.url or None,
            title=thread.title or None,
            lang=detect.language(words),
            author=thread.author or None,
            published_at=thread.published_at,
            text=thread.text,
            read_by=f"exports/{name}",
            comments=comments,
            warnings=(*notices, *_left_out(thread), *_without_time(thread)),
        )


def _left_out(thread: Thread) -> list[Notice]:
    if not thread.left_out:
        return []
    counts = ", ".join(f"{what} {times}" for what, times in sorted(thread.left_out.items()))
    return [Notice("comments", f"not shown by the site and left out: {counts}")]


def _without_time(thread: Thread) -> list[Notice]:
    return [
        Notice("comments", f"no such time: {raw.created_at_raw}") for raw in thread.comments if raw.created_at_raw and not raw.created_at
    ]
