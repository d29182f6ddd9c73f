"""The corpora of ../shared through the parser, judged by ../shared/tools/score_threads.py.

    measured("webforum52", "html")  ->  its figures, 0 .. 1 by name

All pages of a corpus are read: HTML, HTML with all rules for comment systems off ("no rules"), HTML with the rules of the page's own system
off ("left out"), its rendering as plain text; the figures are those of the issue, and the same in every run.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pyarrow import parquet

import seeds
from labels.errors import DocumentError
from seeds import html
from seeds.document import Document
from seeds.html import platforms
from tests.conftest import SHARED

Row = dict[str, Any]
PAGES = SHARED / "data" / "pages"
NO_RULES = "no rules"
"""HTML read without any rule for a comment system."""
LEFT_OUT = "left out"
"""HTML read with all rules but those of the page's own system: how a system comes out that nobody has seen. No rule names a site."""
_MARKUP = ("microdata", "microformats")
"""Rules for markup that any system may use."""


@cache
def judge() -> Any:
    """The module of the scorer."""
    spec = importlib.util.spec_from_file_location("score_threads", SHARED / "tools" / "score_threads.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def gold(corpus: str) -> dict[str, Row]:
    with gzip.open(PAGES / corpus / "gold.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {row["id"]: row for row in map(json.loads, lines)}


@cache
def pages(corpus: str) -> tuple[Row, ...]:
    """The pages whose gold can be relied on: id, url, text, html (not in dragnet)."""
    rows = parquet.read_table(PAGES / corpus / "pages.parquet").to_pylist()
    return tuple(row for row in rows if corpus != "wordpress_pages" or row["quality"] == "ok")


@cache
def read(corpus: str, kind: str) -> tuple[Row, ...]:
    """What the parser makes of them; a page that it refuses has no comments."""
    if kind == LEFT_OUT:
        known = {row["id"]: row for row in pages(corpus)}
        return tuple(_left_out(known[found["id"]], found) for found in read(corpus, "html"))
    return tuple(_read(row, kind) for row in pages(corpus) if row[_column(kind)])


def _column(kind: str) -> str:
    return "html" if kind in (NO_RULES, LEFT_OUT) else kind


def _left_out(row: Row, found: Row) -> Row:
    """What is found without the rules of the system by whose rule a page was read; "xenforo 1" and "xenforo 2" are one system."""
    way = found.get("read_by") or ""
    system = way.removeprefix("html/platform/").partition(" ")[0]
    if not way.startswith("html/platform/") or system in _MARKUP:
        return found
    rules = [rule for rule in platforms.platforms() if rule.name.split()[0] != system]
    return html.read(Document(row["html"], row["id"], row["url"], None, None, ()), rules=rules).article.to_json()


def _read(row: Row, kind: str) -> Row:
    document = row[_column(kind)]
    try:
        if kind == NO_RULES:
            return html.read(Document(document, row["id"], row["url"], None, None, ()), set(html.WAYS) - {"platform"}).article.to_json()
        return seeds.parse(document, row["url"], id=row["id"]).to_json()
    except DocumentError:
        return {"id": row["id"], "text": "", "comments": []}


@cache
def measured(corpus: str, kind: str) -> dict[str, float]:
    """Figures of the judge, and those that the issue asks for beside them."""
    found = read(corpus, kind)
    asked = [gold(corpus)[row["id"]] for row in found]
    said = judge().score(asked, found)
    figures = {"pages": len(found)}
    if said["gold_comments"]:
        figures |= {"exact": said["exact_f1"], "find": said["find"]["f1"]}
    figures |= {name: value["accuracy"] for name, value in said["fields"].items() if value["known"]}
    if said["macro"]["clean_pages"]:
        figures["clean"] = said["macro"]["clean"]
    if "snippets" in said.get("regions", {}):
        figures["snippets"] = said["regions"]["snippets"]["comments_in_comments"]
    if "region" in said.get("regions", {}):
        figures |= _of_regions(asked, found)
    if kind == "html" and any(row["comments"] for row in asked):
        figures["leak"] = _leak(corpus, found)
    return figures


def _words(texts: Iterator[str] | Sequence[str]) -> Counter[str]:
    return Counter(word for text in texts for word in judge().tokens(text))


def _of_regions(asked: Sequence[Row], found: Sequence[Row]) -> dict[str, float]:
    """F1 of "the page has comments", share of the words called comment that lie in the section, and of the section's that are found."""
    hits: Counter[str] = Counter()
    for want, got in zip(asked, found, strict=True):
        section, called = _words([want["region"]["comments"]]), _words([each["text"] for each in got["comments"]])
        hits["both"] += bool(section and called)
        hits["one"] += bool(section) + bool(called)
        hits["inside"] += (section & called).total()
        hits["section"] += section.total()
        hits["called"] += called.total()
    return {
        "has comments": 2 * hits["both"] / hits["one"],
        "inside": hits["inside"] / hits["called"],
        "covered": hits["inside"] / hits["section"],
    }


def _leak(corpus: str, found: Sequence[Row]) -> float:
    """Share of the words of gold comments in the article's text that the rest of the page cannot have supplied."""
    leaked = words = 0
    whole = {row["id"]: row["text"] for row in pages(corpus)}
    for got in found:
        comments = _words([each["text"] for each in gold(corpus)[got["id"]]["comments"] if not each.get("optional")])
        rest = _words([whole[got["id"]]]) - comments
        leaked += (comments & (_words([got["text"]]) - rest)).total()
        words += comments.total()
    return leaked / words


def table(kind: str, corpora: Sequence[str]) -> str:
    """The figures of some corpora, a line each."""
    return "\n".join(
        f"{corpus:28}{kind:10}" + "".join(f"{name} {value:.4g}  " for name, value in measured(corpus, kind).items()) for corpus in corpora
    )
