"""Coral: the download of a user's own comments, `my_comments.csv`, alone or in its zip. It holds no author and no parent.

The header's words are in the language of the site, so columns count by their order: id, time, article, comment, text, media.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO, TextIO

from labels.errors import DocumentError
from seeds import dates
from seeds.exports.losses import Losses
from seeds.exports.thread import Store, Thread
from seeds.exports.values import text_of, time_of
from seeds.replies import RawComment

_MAX_FIELD = 1_000_000
_COLUMNS = 5
_TELLING = 1000
"""Rows whose times tell how the site writes a day."""
_AMERICAN = re.compile(r"\d/\d{1,2}/\d.*\d\s?[AP]M\b")
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
        rows = _rows(text, losses)
        first = list(islice(rows, _TELLING))
        day_first = _is_day_first([row[1] for row in first])
        for row in chain(first, rows):
            _add(store, row, day_first)
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


def _is_day_first(times: Sequence[str]) -> bool | None:
    """How the site writes a day, by the whole column; where no day of it tells, only Americans write one with strokes beside AM or PM."""
    told = dates.is_day_first(times)
    return False if told is None and any(_AMERICAN.search(time) for time in times) else told


def _add(store: Store, row: Sequence[str], day_first: bool | None) -> None:
    name, moment, article, _, words = row[:_COLUMNS]
    store.thread(article, url=article)
    created_at = time_of(moment, day_first=day_first)
    store.comment(article, RawComment(text_of(words), id=name or None, created_at=created_at, created_at_raw=moment or None))
