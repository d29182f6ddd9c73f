"""Texts of our own, written as crawls store news pages of many countries, with their gold: `crawl/LANG.txt`.

    %%% bg-1            a text begins; "aside" behind its name: it measures only, nobody looks at it when the parser is mended
    {{Ana | 2026-05-12T10:41 | 2
    the words of a comment: author, time ("-" = unknown), place of its parent among the comments of the text ("-" = top level)
    }}

Lines with these marks are gold and not part of the text.

    python -m tests.quality.crawl_texts [bg-1 ...]      figures by text; errors of the texts that are named
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import seeds
from tests.quality import corpora, errors

_HEAD = re.compile(r"%%% (?P<name>\S+)(?P<aside> aside)?")


@dataclass(slots=True)
class Text:
    name: str
    aside: bool
    lines: list[str] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def gold(self) -> dict[str, Any]:
        return {"id": self.name, "comments": self.comments}


@cache
def texts() -> tuple[Text, ...]:
    """All texts, by language."""
    return tuple(text for path in sorted(Path(__file__).with_name("crawl").glob("*.txt")) for text in _texts(path.read_text("utf-8")))


def _texts(written: str) -> list[Text]:
    found: list[Text] = []
    open_: list[str] | None = None
    for line in written.splitlines():
        if head := _HEAD.fullmatch(line):
            found.append(Text(head["name"], head["aside"] is not None))
        elif line.startswith("{{"):
            author, time, parent = (part.strip() for part in line[2:].split(" | "))
            created = None if time == "-" else f"{time}:00"
            reply_to = None if parent == "-" else parent
            open_ = []
            found[-1].comments.append(
                {"id": str(len(found[-1].comments) + 1), "author": author, "created_at": created, "reply_to": reply_to, "text": open_}
            )
        elif line == "}}":
            assert open_, found[-1].name
            found[-1].comments[-1]["text"] = "\n".join(open_)
            open_ = None
        else:
            found[-1].lines.append(line)
            if open_ is not None:
                open_.append(line)
    return found


@cache
def read(name: str) -> dict[str, Any]:
    """What the parser makes of a text."""
    text = next(text for text in texts() if text.name == name)
    return seeds.parse("\n".join(text.lines), id=name).to_json()


def figures(asked: Sequence[Text]) -> dict[str, float]:
    said = corpora.judge().score([text.gold for text in asked], [read(text.name) for text in asked])
    fields = {name: value["accuracy"] for name, value in said["fields"].items()}
    return {"exact": said["exact_f1"], "find": said["find"]["f1"], **fields}


def table(asked: Sequence[Text]) -> str:
    rows = [
        ("all", list(asked)),
        ("aside", [text for text in asked if text.aside]),
        ("not aside", [text for text in asked if not text.aside]),
        *((text.name, [text]) for text in asked),
    ]
    return "\n".join(
        f"{name:12}" + "".join(f"{figure} {value:<8.3g}" for figure, value in figures(some).items() if value is not None)
        for name, some in rows
        if some
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        for text in texts():
            if text.name in sys.argv[1:]:
                print("\n".join([text.name, *errors.told(text.gold, read(text.name))]))
    else:
        print(table(texts()))
