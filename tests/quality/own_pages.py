"""HTML pages of our own in the manner of sites, forums and comment systems all over the world, with their gold: `pages/NAME.html`, `pages/gold.jsonl`.

Each eleven (a-1 … a-11) was written by somebody who saw neither the parser nor the corpora. Nobody looked at those of ASIDE when the parser was
mended. The gold's texts leave out what is quoted of others, which the corpora's keep: quoted lines are taken out of what is found.

    python -m tests.quality.own_pages [a-1 ...]      figures by eleven; errors of the pages that are named
"""  # noqa: E501

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from lxml import html

import seeds
from tests.quality import corpora, errors

Row = dict[str, Any]
ASIDE = ("j", "l")
_FOLDER = Path(__file__).with_name("pages")
_QUOTE = re.compile(r"quot|zitat|(?:^|[\s_-])cit(?:e|a|at|ation)(?:$|[\s_-])|blockcite", re.IGNORECASE)
_NO_WORD = re.compile(r"\W+")


@cache
def gold() -> dict[str, Row]:
    return {row["id"]: row for row in map(json.loads, (_FOLDER / "gold.jsonl").read_text(encoding="utf-8").splitlines())}


def names(part: str = "") -> list[str]:
    """The pages of an eleven ("a"), of "aside" or "not aside"; all."""
    if part in ("aside", "not aside"):
        return [name for name in gold() if (name[0] in ASIDE) is (part == "aside")]
    return [name for name in gold() if name.startswith(part)]


@cache
def read(name: str) -> Row:
    """What the parser makes of a page, without quoted lines."""
    page = (_FOLDER / f"{name}.html").read_bytes()
    found = seeds.parse(page, id=name).to_json()
    quoted = list(_quotes(page))
    for comment in found["comments"]:
        comment["text"] = _own(comment["text"], [each["text"] for each in gold()[name]["comments"]], quoted)
    return found


def _quotes(page: bytes) -> Iterator[str]:
    for element in html.fromstring(page).iter():
        if isinstance(element.tag, str) and (element.tag == "blockquote" or _QUOTE.search(element.get("class") or "")):
            yield _NO_WORD.sub("", " ".join(element.itertext()))


def _own(text: str, texts: Sequence[str], quoted: Sequence[str]) -> str:
    """A text without the lines that are quotes, by that text of the gold which it is likest to then."""
    judge = corpora.judge()

    def without(wanted: str) -> str:
        bare = _NO_WORD.sub("", wanted)
        lines = ((line, _NO_WORD.sub("", line)) for line in text.split("\n"))
        return "\n".join(line for line, words in lines if words in bare or not any(words in quote for quote in quoted))

    return max(map(without, texts), key=lambda own: max(judge.similarity(judge.tokens(own), judge.tokens(wanted)) for wanted in texts))


def figures(asked: Sequence[str]) -> dict[str, float]:
    said = corpora.judge().score([gold()[name] for name in asked], [read(name) for name in asked])
    fields = {name: value["accuracy"] for name, value in said["fields"].items()}
    return {"exact": said["exact_f1"], "find": said["find"]["f1"], **fields}


def table() -> str:
    parts = ["", "aside", "not aside", *sorted({name[0] for name in gold()})]
    return "\n".join(
        f"{part or 'all':12}" + "".join(f"{figure} {value:<8.3f}" for figure, value in figures(names(part)).items()) for part in parts
    )


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print("\n".join([name, *errors.told(gold()[name], read(name))]))
    if not sys.argv[1:]:
        print(table())
