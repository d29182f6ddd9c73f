"""Plain text as a web crawl stores it -> Article. The template of the comments is learnt from the page (`seeds.template`); no site is
known.

read(document)  ->  Reading
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

from labels.thread import Article, Notice
from seeds import bylines, dates, marks, prose, replies, signed, spoken, template
from seeds.dates import Stamp
from seeds.document import Document, Reading
from seeds.layout import Record, Thread
from seeds.marks import Mark
from seeds.replies import RawComment

_CRAWLED = re.compile(r"\s?date (\d{4}-\d\d-\d\d) ")
"""What some crawls put before the text; the day belongs to the page, not to its words."""
_ADDRESS = re.compile(r"([^,:!?]{2,40})[,:!](?:\s|$)")
_QUOTE = re.compile(r"(?:^|:\s)(?:>+\s*(?P<line>.{12,})|[\"“„«](?P<inside>[^\"“”„«»]{12,})[\"“”»])")
"""Words that somebody else wrote, at the beginning of a comment or behind a name; shorter ones may be anybody's."""
_ANY_DAY = datetime(2000, 1, 1)
"""For the order of relative times where no reference gives them a value."""


def read(document: Document) -> Reading:
    """The article and its comments. Never fails: a text in which no thread is found has no comments."""
    crawled = _CRAWLED.match(document.text)
    text = document.text[crawled.end() :] if crawled else document.text
    lines = [" ".join(line.split()) for line in text.split("\n")]
    document = replace(document, now=document.now or dates.moment(lines, document.lang))
    stamps = _joined(lines, _stamps(lines, document, crawled[1] if crawled else None), document)
    day_first = _day_first(lines)
    thread = _best(template.learn(lines, stamps, document.lang), signed.learn(lines, stamps, document.lang, day_first), spoken.learn(lines))
    before = lines[: thread.begin] if thread else lines
    title, body = prose.split(before, stamps)
    author, day = bylines.find(before, title, body, stamps, lang=document.lang, day_first=day_first)
    raws = _raws(thread.records) if thread else []
    comments, notices = replies.link(raws, newest_first=thread is not None and _is_newest_first(thread.records, document.lang))
    found = Article(
        id=document.id,
        text=body,
        comments=comments,
        url=document.url,
        title=title,
        lang=document.lang,
        author=author,
        published_at=crawled[1] if crawled else day,
        read_by=f"crawl_text/{_way(thread)}",
        warnings=(*document.warnings, *notices, *_of_times(thread)),
    )
    return Reading(found, tuple(f"line {record.line + 1}" for record in thread.records) if thread else ())


def _way(thread: Thread | None) -> str:
    if thread is None:
        return "no_comments"
    numbered = all(record.number is not None for record in thread.records)
    return f"{thread.layout.name}{'_numbered' if numbered else ''}"


def _best(*found: Thread | None) -> Thread | None:
    return max((thread for thread in found if thread), key=lambda thread: thread.score, default=None)


def _day_first(lines: Sequence[str]) -> bool | None:
    return dates.is_day_first(line for line in lines if len(line) <= template.MAX_STAMP_LINE)


def _stamps(lines: Sequence[str], document: Document, crawled: str | None) -> dict[int, Stamp]:
    short = {at: line for at, line in enumerate(lines) if line and len(line) <= template.MAX_STAMP_LINE}
    day_first = _day_first(lines)
    found = ((at, dates.find(line, lang=document.lang, now=document.now, day_first=day_first)) for at, line in short.items())
    stamps = {at: stamp for at, stamp in found if stamp is not None}
    yearless = [at for at, stamp in stamps.items() if stamp.is_yearless]
    own = crawled or next((stamp.written for stamp in stamps.values() if stamp.written and not stamp.relative), None)
    if yearless and (near := date.fromisoformat(own[:10]) if own else document.now and document.now.date()):
        again = {at: dates.find(short[at], lang=document.lang, day_first=day_first, near=near) for at in yearless}
        stamps |= {at: stamp for at, stamp in again.items() if stamp is not None}
    return stamps


def _joined(lines: list[str], stamps: dict[int, Stamp], document: Document) -> dict[int, Stamp]:
    """The times, a day and the clock time on the line behind it being one; that line is emptied in `lines`.

    A single such pair at the head of the page is the article's own and stays as it is: joined it would look like a comment's.
    """
    joined, day_first = dict(stamps), _day_first(lines)
    pairs = [(at, following) for at, following in pairwise(stamps) if _is_split(lines, stamps, at, following)]
    for at, following in pairs:
        both = dates.find(f"{stamps[at].raw} {stamps[following].raw}", lang=document.lang, day_first=day_first)
        if both and both.written and "T" in both.written and (len(pairs) > 1 or at > len(lines) // 2):
            lines[at], lines[following] = both.raw, ""
            joined[at] = both
            del joined[following]
    return joined


def _is_split(lines: Sequence[str], stamps: Mapping[int, Stamp], at: int, following: int) -> bool:
    """Whether a line holds only a day and the next one only a clock time."""
    day, clock = stamps[at], stamps[following]
    rest = marks.without_fillers("", lines[following][clock.end :].strip())[1]
    alone = lines[at] == day.raw and clock.begin == 0 and not rest and not any(lines[at + 1 : following])
    return alone and clock.clock_only and day.written is not None and "T" not in day.written


def _raws(records: Sequence[Record]) -> list[RawComment]:
    names = frozenset(record.author for record in records if record.author)
    return [_raw(record, record.mark or _addressed(record, names)) for record in records]


def _addressed(record: Record, names: Collection[str]) -> Mark | None:
    """A comment that begins with the name of somebody who writes here: "Ana, no". None: it names nobody, or its own writer."""
    match = next((_ADDRESS.match(line) for line in record.body if not line.startswith(">")), None)
    return Mark(author=match[1], typed=True) if match and match[1] in names and match[1] != record.author else None


def _quoted(record: Record) -> str | None:
    """The words of another comment with which this one begins."""
    lines = record.body[: 2 if record.body and record.body[0].endswith(":") else 1]
    match = next(filter(None, map(_QUOTE.search, lines)), None)
    return (match["line"] or match["inside"]) if match else None


def _raw(record: Record, mark: Mark | None) -> RawComment:
    stamp = record.stamp
    return RawComment(
        text="\n".join(record.body),
        number=record.number,
        author=record.author,
        created_at=stamp.written if stamp else None,
        created_at_raw=stamp.raw if stamp else None,
        reply_number=mark.number if mark else None,
        reply_author=mark.author if mark else None,
        typed=mark.typed if mark else False,
        quoted=record.body[1] if mark and mark.quote and len(record.body) > 2 else None if mark else _quoted(record),
        replies=record.replied_by,
    )


def _is_newest_first(records: Sequence[Record], lang: str | None) -> bool:
    """By the times, relative ones too; by the printed numbers where the times do not tell."""
    times = [moment for record in records if record.stamp and (moment := _moment(record.stamp, lang))]
    numbers = [record.number for record in records if record.number is not None]
    return (_falls(times) or _falls(numbers)) > 0


def _moment(stamp: Stamp, lang: str | None) -> str | None:
    """A time that can be compared with others of the page."""
    if not stamp.relative or stamp.written:
        return stamp.written
    again = dates.find(stamp.raw, lang=lang, now=_ANY_DAY)
    return again.written if again else None


def _falls(values: Sequence[int] | Sequence[str]) -> int:
    """Steps down less steps up."""
    return sum((before > after) - (before < after) for before, after in pairwise(values))  # type: ignore[operator]


def _of_times(thread: Thread | None) -> list[Notice]:
    """Warnings on times without a value."""
    stamps: Mapping[int, Stamp] = {at: record.stamp for at, record in enumerate(thread.records) if record.stamp} if thread else {}
    found = [Notice("comments", f"no such day: {stamp.raw}") for stamp in stamps.values() if stamp.impossible]
    if any(stamp.relative and stamp.written is None for stamp in stamps.values()):
        found.append(Notice("comments", "relative times need a reference time (--now); created_at is null there"))
    return found
