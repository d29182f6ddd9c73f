"""Documents in, Article out.

>>> parse("Заглавие\\n\\nТова е изречение, което е достатъчно дълго за един абзац.").lang
'bg'
"""

from __future__ import annotations

from datetime import datetime

from labels.errors import DocumentError
from labels.thread import Article
from seeds import crawl_text, dates, detect, exports, html
from seeds.document import Document, Reading

__all__ = ["MAX_BYTES", "Reading", "parse", "read"]

MAX_BYTES = 20_000_000
"""Largest page that is read; exports are streamed and have no limit."""
_SAVED = 4_000
"""Characters in which a program that saves pages says when it did."""


def parse(
    document: bytes | str, url: str | None = None, now: datetime | None = None, *, id: str = "", charset: str | None = None
) -> Article:
    """One page -> its Article with the comments in page order.

    `now` is the reference of relative times, `charset` what HTTP said. Raises DocumentError for what is empty, binary or larger than
    MAX_BYTES, and for an export, which holds many threads.
    """
    return read(document, url, now, id=id, charset=charset).article


def read(
    document: bytes | str, url: str | None = None, now: datetime | None = None, *, id: str = "", charset: str | None = None
) -> Reading:
    """As `parse`, with the place of each comment in the document."""
    if kind := exports.kind(_head(document)):
        raise DocumentError(f"an export ({kind}), which holds many threads: read it with seeds.exports.read or `threadwise parse FILE`")
    size = len(document)
    if size > MAX_BYTES:
        raise DocumentError(f"{size:,} bytes, more than a page may have ({MAX_BYTES:,}); is it an export or a whole archive?")
    text, _, warnings = detect.decode(document, charset) if isinstance(document, bytes) else (detect.lines(document), "", ())
    if not text.strip():
        raise DocumentError("empty: nothing but white space")
    if not detect.is_html(text):
        return crawl_text.read(Document(text, id, url, detect.language(text), now, warnings))
    now = now or dates.moment(text[:_SAVED].split("\n"))  # what saved a page says when in a comment, which the tree does not hold
    markup = html.tree.encoded(text)
    del text  # each of the three may take several times the page's size: one at a time
    root = html.tree.parse(markup)
    del markup
    return html.read_tree(root, Document("", id, url, None, now, warnings))


def _head(document: bytes | str) -> bytes:
    head = document[: exports.HEAD_BYTES]
    return head if isinstance(head, bytes) else head.encode("utf-8", "replace")
