"""An HTML page -> Article with its comments: precise ways first, the general one last.

Not yet what `seeds.parse` calls for HTML (`seeds.html_text` is): the article text and the times' reference are still missing here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from labels.thread import Article
from seeds import detect, replies
from seeds.html import general, parents, platforms, times, tree
from seeds.html.fields import Fields
from seeds.html.tree import Page
from seeds.replies import RawComment

WAYS = ("structured", "platform", "general")


def run(markup: str, id: str = "", ways: Collection[str] | None = None) -> Article:
    root = tree.parse(markup)
    page = tree.flatten(root)
    lang = detect.language("\n".join(page.lines)[:4000])
    stamps = times.find(page, lang, None)
    ways = ways or WAYS
    way = "no_comments"
    read: Sequence[Fields] | None = None
    if "platform" in ways and (hit := platforms.find(page, stamps)):
        way, read = f"platform/{hit[0].name}", hit[1]
    if read is None and "general" in ways and (found := general.find(page, stamps)):
        way, read = "general", found.fields
    if read is None:
        return Article(id=id, text="", read_by="html/no_comments")
    raws = raw(page, read)
    comments, notices = replies.link(raws)
    return Article(id=id, text="", comments=comments, read_by=f"html/{way}", warnings=notices)


def raw(page: Page, read: Sequence[Fields]) -> list[RawComment]:
    up = parents.of(page, read)
    out = []
    for at, item in enumerate(read):
        stamp = item.record.time.stamp if item.record.time else None
        out.append(
            RawComment(
                text=item.text,
                id=parents.own_id(page, item),
                author=item.author,
                created_at=stamp.written if stamp else None,
                created_at_raw=stamp.raw if stamp else None,
                reply_index=up[at] if up else None,
            )
        )
    return out
