"""Comments that a page shows twice: the best ones once more above the thread, or beside it.

without(page, records)  ->  those that are the thread's own, in their order
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from seeds.html import parents
from seeds.html.fields import Fields
from seeds.html.tree import Page

_LONG = 30
"""Characters of a text that nobody writes twice by chance."""


def without(page: Page, read: Sequence[Fields]) -> list[Fields]:
    """Of comments with the same author, time and words the one that stands among most of the others, or holds answers.

    Two in one list are no copies: people send a comment twice.
    """
    alike: dict[tuple[str | None, str, str], list[Fields]] = defaultdict(list)
    for item in read:
        if item.record.time is not None and item.text:
            alike[item.author, item.record.time.stamp.raw, item.text].append(item)
    company = Counter(page.keys(page.parent[item.record.begin])[0] for item in read)  # each may stand in an element of its own
    dropped: set[int] = set()
    for same in alike.values():
        if len(same) > 1 and _is_shown_again(page, same):
            kept = max(same, key=lambda item: (bool(item.record.inner), company[page.keys(page.parent[item.record.begin])[0]]))
            dropped |= {item.record.begin for item in same if item is not kept and not item.record.inner}
    return [item for item in read if item.record.begin not in dropped]


def _is_shown_again(page: Page, same: Sequence[Fields]) -> bool:
    """Whether alike comments stand in different lists and have one number of the page's, or none and are long."""
    if len({page.parent[item.record.begin] for item in same}) < len(same):
        return False
    numbers = {number for item in same if (number := parents.last_number(parents.own_id(page, item) or ""))}
    return len(numbers) == 1 or (not numbers and len(same[0].text) >= _LONG)
