"""What the parser gets wrong on the corpora of ../shared, by cause: what to mend first.

    python -m tests.quality.errors [CORPUS ...] [--kind html|"no rules"|text] [--pages] [--show PAGE]

A gold comment is missing, or found with a wrong author, created_at, reply_to or text (each counts); one that the gold lacks is extra.
`--pages` counts by page, `--show` prints each case of one page.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.quality import corpora

Row = dict[str, Any]
CORPORA = ("platform_pages", "wordpress_pages", "webforum52", "mediawiki_discussiontools")
CAUSES = ("missing", "extra", "author", "created_at", "reply_to", "text")


def causes(gold: Row, found: Row) -> Iterator[tuple[str, Row | None, Row | None]]:
    """(cause, gold comment, found comment) for each error of a page; a comment with several wrong fields comes once for each."""
    judge = corpora.judge()
    wanted, got = gold["comments"], found["comments"]
    pairs = judge.match(wanted, got)
    known = set(gold.get("known") or judge.FIELDS)
    to_found = {str(wanted[i]["id"]): str(got[j]["id"]) for i, j, _ in pairs}
    optional = {str(each["id"]) for each in wanted if each.get("optional")}
    for at in set(range(len(wanted))) - {i for i, _, _ in pairs}:
        if not wanted[at].get("optional"):
            yield "missing", wanted[at], None
    for at in set(range(len(got))) - {j for _, j, _ in pairs}:
        yield "extra", None, got[at]
    for i, j, alike in pairs:
        want, have = wanted[i], got[j]
        if want.get("optional"):
            continue
        if "author" in known and want["author"] is not None and not judge.same_author(want["author"], have["author"]):
            yield "author", want, have
        if "created_at" in known and want["created_at"] is not None and not judge.same_time(want["created_at"], have["created_at"]):
            yield "created_at", want, have
        if "reply_to" in known and not _same_parent(want["reply_to"], have["reply_to"], to_found, optional):
            yield "reply_to", want, have
        if alike < judge.SAME:
            yield "text", want, have


def _same_parent(want: str | None, have: str | None, to_found: dict[str, str], optional: set[str]) -> bool:
    if want is None or str(want) in optional:
        return have is None or have in {to_found[each] for each in optional if each in to_found}
    return have is not None and to_found.get(str(want)) == have


def counted(corpus: str, kind: str) -> dict[str, Counter[str]]:
    """Errors by page and cause."""
    return {row["id"]: Counter(cause for cause, _, _ in causes(corpora.gold(corpus)[row["id"]], row)) for row in corpora.read(corpus, kind)}


def table(corpus: str, kind: str, *, pages: bool = False) -> str:
    """A line for the corpus, and one for each page with errors."""
    by_page = counted(corpus, kind)
    total: Counter[str] = sum(by_page.values(), Counter())
    rows = [(corpus, total)]
    if pages:
        ways = {row["id"]: row.get("read_by") or "" for row in corpora.read(corpus, kind)}
        rows += [(f"  {page} {ways[page]}", found) for page, found in sorted(by_page.items(), key=lambda row: -row[1].total()) if found]
    return "\n".join(f"{name:90}" + "".join(f"{found[cause]:>11}" for cause in CAUSES) for name, found in rows)


def told(gold: Row, found: Row) -> Iterator[str]:
    """Each error of a page: what the gold says, what was found."""
    for cause, want, have in causes(gold, found):
        yield cause
        for name, each in (("gold ", want), ("found", have)):
            if each:
                said = {field: each[field] for field in ("id", "author", "created_at", "reply_to")}
                yield f"   {name} {said} {each['text'][:200]!r} … {each['text'][-60:]!r}"


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("corpora", nargs="*", default=CORPORA)
    command.add_argument("--kind", default="html", choices=["html", corpora.NO_RULES, "text"])
    command.add_argument("--pages", action="store_true")
    command.add_argument("--show")
    asked = command.parse_args()
    print(" " * 90 + "".join(f"{cause:>11}" for cause in CAUSES))
    for corpus in asked.corpora:
        if asked.show:
            row = next(row for row in corpora.read(corpus, asked.kind) if row["id"] == asked.show)
            print("\n".join(told(corpora.gold(corpus)[asked.show], row)))
        else:
            print(table(corpus, asked.kind, pages=asked.pages))


if __name__ == "__main__":
    main()
