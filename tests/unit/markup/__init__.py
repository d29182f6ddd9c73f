"""One conversation in the markup of many comment systems: `systems.toml` says how each writes a record, `page` fills it in.

    page("wordpress")  ->  the page, as HTML
    system("wordpress").expected  ->  what is to be read from it

The markup is written by hand after the templates of each system, cut to what a reader of the page needs. The conversation is our own.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

_TAG = re.compile("<[^>]*>")
TITLE = "A bench for the quay"
ARTICLE = "The town puts a bench at the quay. It is made of oak and will stand there from May on, the council said on Monday."


@dataclass(frozen=True, slots=True)
class Said:
    number: int
    author: str
    time: datetime
    text: str
    parent: int | None = None


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-14T{clock}:00+00:00")


OPENING = Said(100, "Dora", _at("09:00"), ARTICLE)
TALK = (
    Said(101, "AnaMaria", _at("10:00"), "At last, a place to sit and to look at the boats."),
    Said(102, "Boatsman", _at("10:20"), "Oak rots by the water, though. Take larch.", 101),
    Said(103, "Cleo", _at("10:45"), "Then they paint it twice a year.", 102),
    Said(104, "AnaMaria", _at("13:30"), "Will it have a back? My knees would like one."),
)
"""In page order; answers stand behind what they answer."""


@dataclass(frozen=True, slots=True)
class System:
    """How a comment system writes a page. Templates are those of `str.format`, of a record: number, author, time, text, level, inner."""

    name: str
    way: str
    """`read_by` of the page."""
    record: str
    frame: str
    """The page; `{records}` is filled in, the rest stays as it is."""
    inner: str = "{}"
    """Around the answers to a record."""
    answered: str = ""
    """What names whom a record answers, of {author} and {number}; `{answered}` of the record."""
    typed: bool = False
    """The commenter typed that, so that it begins his text."""
    time: str = "%Y-%m-%dT%H:%M:%S"
    """Of `created_at`."""
    id: str | None = None
    """Template of the ids; None where the page has none of its own."""
    nested: bool = True
    opens: bool = False
    """The first record is the article."""
    title: str = TITLE
    has_article: bool = True

    @property
    def html(self) -> str:
        said = (OPENING, *TALK) if self.opens else TALK
        if "{inner}" in self.record:
            records = "".join(self._record(each, 0) for each in said if each.parent is None)
        else:
            records = "".join(self._filled(each, _level(each), "") for each in said)
        return self.frame.replace("{records}", records).replace("{article}", ARTICLE).replace("{title}", TITLE)

    def _record(self, one: Said, level: int) -> str:
        answers = "".join(self._record(each, level + 1) for each in TALK if each.parent == one.number)
        return self._filled(one, level, self.inner.format(answers) if answers else "")

    def _filled(self, one: Said, level: int, inner: str) -> str:
        values = {"number": one.number, "author": one.author, "time": one.time, "text": one.text, "inner": inner}
        return self.record.format(
            **values, answered=self._answered(one), level=level, depth=level + 1, indent=40 * level, epoch=int(one.time.timestamp())
        )

    def _answered(self, one: Said) -> str:
        return next((self.answered.format(author=each.author, number=each.number) for each in TALK if each.number == one.parent), "")

    @property
    def expected(self) -> list[tuple[str, str, str, str | None]]:
        """Author, created_at, text of each comment, and the author's words that it answers."""
        texts = {each.number: (_TAG.sub("", self._answered(each)) if self.typed else "") + each.text for each in TALK}
        answered = {each.number: texts[each.parent] if self.nested and each.parent else None for each in TALK}
        return [(each.author, each.time.strftime(self.time), texts[each.number], answered[each.number]) for each in TALK]

    @property
    def ids(self) -> list[str]:
        return [self.id.format(number=each.number) for each in TALK] if self.id else []


def _level(one: Said) -> int:
    parents = {each.number: each.parent for each in TALK}
    level, at = 0, one.parent
    while at is not None:
        level, at = level + 1, parents[at]
    return level


@cache
def systems() -> dict[str, System]:
    """All of them by name."""
    rules = tomllib.loads(Path(__file__).with_name("systems.toml").read_text(encoding="utf-8"))["system"]
    return {rule["name"]: System(**rule) for rule in rules}


def page(name: str) -> str:
    return systems()[name].html
