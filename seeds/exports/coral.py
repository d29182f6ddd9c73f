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
from seeds.exports.losses import Losses
from seeds.exports.thread import Store, Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment

_MAX_FIELD = 1_000_000
_COLUMNS = 5
_DELIMITERS = ",;\t"
"""A spreadsheet writes the one of its user's language."""


def of_csv(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as text:
        yield from _threads(text, losses)


def of_zip(stream: BinaryIO, losses: Losses) -> Iterator[Thread]:
    try:
        with zipfile.ZipFile(stream) as archive:
            name = next((name for name in archive.namelist() if name.endswith(".csv")), None)
            if name is None:
                raise DocumentError("a zip file without the CSV of Coral's download")
            with archive.open(name) as file:
                yield from of_csv(file, losses)  # type: ignore[arg-type]
    except zipfile.BadZipFile as error:
        raise DocumentError(f"a zip file that cannot be read: {error}") from error


def _threads(text: TextIO, losses: Losses) -> Iterator[Thread]:
    with Store() as store:
        for row in _rows(text, losses):
            _add(store, row)
        yield from store.threads()


def _rows(text: TextIO, losses: Losses) -> Iterator[Sequence[str]]:
    """The rows behind the header. One that cannot be read is a loss, and the next line begins another."""
    csv.field_size_limit(_MAX_FIELD)
    header = text.readline()
    rows = csv.reader(text, delimiter=max(_DELIMITERS, key=header.count))
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            losses.add(f"line {rows.line_num + 1}: broken CSV: {error}")
            continue
        if len(row) >= _COLUMNS:
            yield row
        elif row:
            losses.add(f"line {rows.line_num + 1}: {len(row)} columns, not {_COLUMNS}")


def _add(store: Store, row: Sequence[str]) -> None:
    name, moment, article, _, words = row[:_COLUMNS]
    store.thread(article, url=article)
    store.comment(article, RawComment(text_of(words), id=name or None, created_at=time_of(moment), created_at_raw=moment or None))
