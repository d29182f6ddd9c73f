"""Learns how a page writes its comments from the page's own repetition: a time, an author, a body, again and again.

    learn(lines, stamps)  ->  Thread(begin, end, layout, records)  or None

No site is known here. Every line with a time is an anchor; the anchors of one style in one section are the comments. Where author and body
stand beside the anchor is a `Layout`; each one is tried on the whole section, and the one under which authors look like names, replies name
authors that exist, and nothing is left over wins (`seeds.evidence`). Without evidence beside the times (a heading, reply marks, numbers,
buttons) there are no comments.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from seeds import anchors, evidence, frame, marks
from seeds.anchors import Anchor
from seeds.dates import Stamp
from seeds.layout import Thread
from seeds.section import Section

MAX_STAMP_LINE = 160
_MAX_SECTIONS = 12
_MAX_ANCHORS = 6000
"""Anchors of all sections together that are read; a long page with many headings would take minutes."""
_MAX_CHANGES = 4
_MORE = 1.25
"""So many times the comments before the first end mark must a heading announce for that mark to be one in their midst; it counts those
that are not shown, too."""
_MAX_BYLINES = 3
"""Times of the article itself that may stand before the comments and look like theirs."""


def learn(lines: Sequence[str], stamps: Mapping[int, Stamp], lang: str | None = None) -> Thread | None:
    """The comment thread of a page's lines (stripped; "" = blank), or None where no section is one. `stamps`: line -> the time in it."""
    every = anchors.find(lines, stamps)
    best: Thread | None = None
    for section in _sections(lines, every, lang):
        for layout in section.layouts():
            found = evidence.judged(section, section.read(layout))
            if found and (best is None or found.score > best.score):
                best = found
    return best


def _sections(lines: Sequence[str], every: Sequence[Anchor], lang: str | None) -> list[Section]:
    """Stretches that may hold the thread: from each heading (and from the top, and from behind the article's own time) to the first end
    mark behind an anchor, to the number of comments that the heading announces, and to the end of the page.

    Of several headings before the same comments the nearest counts.
    """
    found: dict[tuple[Anchor, ...], Section] = {}
    ends = [at for at, line in enumerate(lines) if line and marks.is_end(line)]
    headings = _headings(lines, [anchor.at for anchor in every])[:_MAX_SECTIONS]
    first = headings[1][0] if len(headings) > 1 else len(lines)
    bylines = [(anchor.at, None) for anchor in every[:_MAX_BYLINES] if anchor.at < first]
    for heading, count in (*reversed(headings), *bylines, *_changes(every)):
        if sum(map(len, found)) > _MAX_ANCHORS:
            break
        for style in anchors.styles([anchor for anchor in every if heading < anchor.at]):
            if count is None and any(heading < at < style[0].at for at, _ in headings):
                continue
            if (count or 1) == 1 and _opens_with_others(style, headings, ends):
                continue
            for end, inside in _stretches(style, ends, count, len(lines)):
                if inside in found:
                    continue
                dated = _dated(every, inside, end)
                section = Section(lines, heading, end, inside, count, lang, closed=end < len(lines), dated=dated)
                found |= {inside[: len(cut.anchors)]: cut for cut in _cut(section)}
    return list(found.values())


def _cut(section: Section) -> list[Section]:
    """The section without the teasers behind its comments where these have buttons: up to the last of them, and one comment more."""
    sizes = {min(section.framed + more, len(section.anchors)) for more in ((1,) if section.opened else (0, 1))}
    return [
        section
        if size == len(section.anchors)
        else replace(section, anchors=section.anchors[:size], end=section.anchors[size].at, closed=False)
        for size in sizes
        if size > 1 or size == len(section.anchors)
    ]


def _opens_with_others(style: Sequence[Anchor], headings: Sequence[tuple[int, int | None]], ends: Sequence[int]) -> bool:
    """Whether the first times are the article's or those of teasers: behind them a heading announces the comments that follow."""
    places = [anchor.at for anchor in style]
    for at, count in headings:
        before = bisect_left(places, at)
        if 0 < before <= _MAX_BYLINES and before < len(places):
            behind = bisect_left(places, next((end for end in ends if end > places[before]), places[-1] + 1)) - before
            whole = before + behind == len(places) == behind + 1  # the page may show the first few of very many
            if 1 < behind <= (count or 0) and (whole or (count or 0) < 2 * behind):
                return True
    return False


def _dated(every: Sequence[Anchor], inside: Sequence[Anchor], end: int) -> float:
    """Share of relative anchors behind which a written date stands before the next one: "14y" is how long a member is one."""
    places = [anchor.at for anchor in every if anchor.stamp.written and not anchor.stamp.relative]
    edges = [*(anchor.at for anchor in inside), end]
    dated = [bisect_right(places, low) < bisect_left(places, high) for low, high in pairwise(edges)]
    return sum(there and anchor.stamp.relative for there, anchor in zip(dated, inside, strict=True)) / len(inside)


def _changes(every: Sequence[Anchor]) -> list[tuple[int, None]]:
    """The anchors behind which times of another style begin, as comments do behind teasers; names beside them are one."""
    looks = [(anchor.shape, bool(anchor.parts)) for anchor in every]
    often = {look for look, times in Counter(looks).items() if times > 2}
    found: dict[tuple[str, bool], int] = {}
    for anchor, (before, after) in zip(every, pairwise(looks), strict=False):
        if after in often and after != before:
            found.setdefault(after, anchor.at)
    return [(at, None) for at in list(found.values())[:_MAX_CHANGES]]


def _stretches(style: Sequence[Anchor], ends: Sequence[int], count: int | None, size: int) -> Iterator[tuple[int, tuple[Anchor, ...]]]:
    """Ends of a section with the anchors before them."""
    near = next((end for end in ends if end > style[0].at), size)
    short = tuple(anchor for anchor in style if anchor.at < near)
    yield near, short
    if len(style) > 1.6 * len(short):
        yield size, tuple(style)
    if count is not None and 1 < count < len(style) and not len(short) <= count < _MORE * len(short):
        yield next((end for end in ends if end > style[count - 1].at), style[count].at), tuple(style[:count])


def _headings(lines: Sequence[str], places: Sequence[int]) -> list[tuple[int, int | None]]:
    """The last heading before each anchor with its count, and first of all (-1, None): the top. One that announces no comments is none."""
    nearest: dict[int, tuple[int, int | None]] = {}
    times, facts = Counter(lines), _facts(lines, places)
    for at, line in enumerate(lines):
        if (
            line and times[line] <= 2 and (count := marks.heading_count(line)) and frame.masked(line) not in facts
        ):  # "Antworten" is a button, too
            nearest[bisect_right(places, at)] = (at, count)
    return [(-1, None), *(heading for place, heading in nearest.items() if place < len(places))]


def _facts(lines: Sequence[str], places: Sequence[int]) -> frozenset[str]:
    """Lines, digits masked, that stand directly before several times: "213 comments" is what a member has written so far."""
    before = (next((lines[near] for near in range(at - 1, max(at - 3, -1), -1) if lines[near]), "") for at in places)
    return frozenset(line for line, times in Counter(map(frame.masked, before)).items() if times > 2)
