"""Documents to articles, for a process of its own: a page may take a minute, and nothing else can end that."""

from __future__ import annotations

import hashlib
import io

import seeds
from labels.errors import DocumentError
from labels.ids import stable_id
from labels.thread import Article
from seeds import exports


def page(body: bytes, url: str | None, charset: str | None, most: int) -> Article:
    """The article of a page with at most so many comments. Raises DocumentError."""
    article = seeds.parse(body, url, charset=charset)
    if len(article.comments) > most:
        raise _too_many(most)
    return article


def threads(body: bytes, url: str | None, most: int) -> tuple[list[Article], list[str]]:
    """All threads of an export that can be read, their ids the same each time, and what is lost. Raises DocumentError for more comments."""
    found, lost, count = list[Article](), list[str](), 0
    try:
        for article in exports.read(io.BytesIO(body), stable_id(url or hashlib.sha256(body).hexdigest())):
            count += len(article.comments)
            if count > most:
                break
            found.append(article)
    except DocumentError as error:  # at the end of the export, after all that could be read
        lost.append(str(error))
    if count > most:
        raise _too_many(most)
    return found, lost


def _too_many(most: int) -> DocumentError:
    return DocumentError(f"more than {most:,} comments; cut it, or read it with `threadwise parse FILE`")
