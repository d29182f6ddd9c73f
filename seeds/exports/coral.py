"""Coral: the download of a user's own comments, `my_comments.csv`, alone or in its zip. It holds no author and no parent.

The header's words are in the language of the site, so columns count by their order: id, time, article, comment, text, media.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO, TextIO

from labels.errors import DocumentError
from seeds.exports.thread import Store, Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment

_MAX_FIELD = 1_000_000
_COLUMNS = 5


def of_csv(stream: BinaryIO) -> Iterator[Thread]:
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as text:
        yield from _threads(text)


def of_zip(stream: BinaryIO) -> Iterator[Thread]:
    try:
        with zipfile.ZipFile(stream) as archive:
            name = next((name for name in archive.namelist() if name.endswith(".csv")), None)
            if name is None:
                raise DocumentError("a zip file without the CSV of Coral's download")
            with archive.open(name) as file:
                yield from of_csv(file)  # type: ignore[arg-type]
    except zipfile.BadZipFile as error:
        raise DocumentError(f"a zip file that cannot be read: {error}") from error


def _threads(text: TextIO) -> Iterator[Thread]:
    csv.field_size_limit(_MAX_FIELD)
    with Store() as store:
        rows = csv.reader(text)
        try:
            next(rows, None)  # the header
            for row in rows:
                _add(store, row)
        except csv.Error as error:
            raise DocumentError(f"line {rows.line_num}: broken CSV: {error}") from error
        yield from store.threads()


def _add(store: Store, row: Sequence[str]) -> None:
    if len(row) < _COLUMNS:
        return
    name, moment, article, _, words = row[:_COLUMNS]
    store.thread(article, url=article)
    store.comment(article, RawComment(text_of(words), id=name or None, created_at=time_of(moment), created_at_raw=moment or None))
