"""Reads author, text, id and number out of records that a page repeats: what stands at the same place in most of them is the field.

    read(page, records, rule)  ->  list[Fields]

A slot is an element's look (tag, classes, parent's look). A rule may name the slots; without one they are learnt from the records together.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from seeds import dates, marks
from seeds.html.records import Record, look
from seeds.html.times import Time
from seeds.html.tree import Page, mean

_MAX_NAME = 60
_MAX_NOISE = 120
_RUNNING = 160
"""So many characters beside a name, and it stands in running text."""
_LIKELY, _SURE = 0.9, 2.2
"""Values of a slot that may hold the authors, and of one that surely does."""
_SIGNS = " \t,;:|•·»«♦★☆✓✔"
"""Not part of a name at its ends: what parts it from other words, and marks of a rank."""
_AROUND = 0.3
"""Malus of an element around the link to the author's page: it may show a rank or a counter, too."""
_REACH = 80
"""Elements of a record that are looked at for an author, from its begin; as many from its end."""
_PARTS = re.compile(r"\s*[|•·]\s*|\s#\d+\s")
_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile(r"[a-z]+")
_STRONG = frozenset(
    [
        "author",
        "username",
        "nick",
        "nickname",
        "poster",
        "commenter",
        "reviewer",
        "fn",
        "screenname",
        "displayname",
        "byline",
        "creator",
        "postedby",
        "userlink",
        "hnuser",
        "autor",
        "auteur",
    ]
)
_WEAK = frozenset(
    [
        "user",
        "name",
        "member",
        "by",
        "owner",
        "handle",
        "login",
        "who",
        "cite",
        "uname",
        "profile",
        "person",
        "from",
        "usr",
        "identity",
        "title",
    ]
)
_NOT = frozenset(
    [
        "avatar",
        "rank",
        "role",
        "badge",
        "date",
        "time",
        "title",
        "reply",
        "comment",
        "text",
        "body",
        "content",
        "meta",
        "count",
        "like",
        "likes",
        "vote",
        "votes",
        "score",
        "stats",
        "status",
        "posts",
        "joined",
        "location",
        "reputation",
        "permalink",
        "link",
        "edit",
        "report",
        "share",
        "quote",
        "flair",
        "group",
        "usertitle",
        "signature",
        "via",
        "website",
        "icon",
        "fans",
        "followers",
        "badges",
        "bio",
        "teaser",
        "number",
    ]
)
_PROFILE = re.compile(
    r"(?:/|\b)(?:users?|u|profiles?|members?|memberlist|author|people|nutzer|usuario|utilisateur|benutzer|viewprofile|showuser|blogger\.com/profile)(?:[/=?.:_-]|$)|[?&](?:u|uid|user|userid|member)=",
    re.IGNORECASE,
)
_INLINE = frozenset(
    ["p", "br", "a", "b", "i", "em", "strong", "blockquote", "span", "font", "u", "li", "ul", "ol", "pre", "code", "td", "tr"]
)
_BODY = re.compile(
    r"(?:^|[\s_-])(?:body|text|content|message|commenttext|commentbody|commentcontent|postbody|post-?content|postcontent|messagetext|bodytext|p-content|e-content)(?:$|[\s_-])|(?:body|text|content|message)\\b"
)
_FORMS = frozenset(["form", "button", "fieldset", "label", "nav"])
_FRAME = re.compile(
    r"\w*signature?(?:$|[\s_-])|(?:^|[\s_-])(?:signature|sig|usersig|editby|edited|lastedit|lastedited|moderator-note|likes?(?:-?(?:bar|list|box))?|reactions?(?:-?(?:bar|list))?|comment-reply|reply-link|share|vote)(?:$|[\s_-])"
)

_OTHERS = re.compile(
    r"(?:^|[\s_-])(?:editby|edited|last-?edit(?:ed)?|likes?(?:-?(?:bar|list|box))?|reactions?(?:-?(?:bar|list))?)(?:$|[\s_-])"
)
"""Parts of a record that name other people than its author."""


@dataclass(slots=True)
class Fields:
    record: Record
    author: str | None
    text: str
    author_node: int | None = None
    header: str = ""
    """The record's words without author, time and body: where "in reply to X" stands."""
    said: bool = False


Places = Sequence[Sequence[int]]
"""For each record the elements that a rule names in it."""


def read(
    page: Page,
    records: Sequence[Record],
    times: Sequence[Time],
    *,
    authors: Places | None = None,
    bodies: Places | None = None,
    timed: Sequence[Sequence[Time]] | None = None,
) -> list[Fields]:
    """The fields of each record, in its order. What a rule does not give is learnt; `times` are all times of the page."""
    _learn_times(page, records, times)
    for record, own in zip(records, timed or (), strict=False):
        record.time = next((time for time in own if _is_likely(page, time)), own[0]) if own else record.time
    names = _learnt_authors(page, records)
    if authors is not None:
        names = [_given(page, record, nodes) or learnt for record, nodes, learnt in zip(records, authors, names, strict=True)]
    texts = _bodies(page, records, names, bodies)
    return [
        Fields(record, name, text, node, header, said)
        for record, (node, name, said), (text, header) in zip(records, names, texts, strict=True)
    ]


def _given(page: Page, record: Record, nodes: Sequence[int]) -> tuple[int | None, str | None, bool] | None:
    """The name in the first named element that shows one; a time beside it is not part of it."""
    shown = range(record.time.begin, record.time.end) if record.time else range(0)
    for node in nodes:
        name = _name(page.join(at for at in range(page.first[node], page.last[node]) if at not in shown).replace("\n", " "))
        if name and len(name) <= 2 * _MAX_NAME:
            return node, name, False
    return None


# --- times


def _learn_times(page: Page, records: Sequence[Record], times: Sequence[Time]) -> None:
    """Gives each record the time of the slot that plays the part best; where the record lacks it, of the next best; else what it has."""
    slots: dict[str, dict[int, Time]] = defaultdict(dict)
    for at, inside in enumerate(within(records, [time.node for time in times])):
        for place in inside:
            slots[look(page, times[place])].setdefault(at, times[place])
    ranked = sorted(slots.values(), key=lambda found: _time_value(page, found, len(records)), reverse=True)
    for at, record in enumerate(records):
        record.time = next((found[at] for found in ranked[:3] if at in found and _is_likely(page, found[at])), record.time)


def within(records: Sequence[Record], nodes: Sequence[int]) -> list[list[int]]:
    """For each record the positions of the nodes (in page order) that it holds itself."""
    found: list[list[int]] = [[] for _ in records]
    open_: list[int] = []
    at = 0
    for place, node in enumerate(nodes):
        while at < len(records) and records[at].begin <= node:
            open_.append(at)
            at += 1
        while open_ and records[open_[-1]].end <= node:
            open_.pop()
        if open_ and not any(low <= node < high for low, high in records[open_[-1]].inner):
            found[open_[-1]].append(place)
    return found


def _is_likely(page: Page, time: Time) -> bool:
    """Whether a time may be the record's own: not a fact about a member ("Joined 2 May 2010", or its label on the line before)."""
    if time.line >= len(page.lines):
        return True
    return not marks.is_profile(page.lines[time.line]) and not (time.line and marks.is_profile_label(page.lines[time.line - 1]))


def _time_value(page: Page, found: dict[int, Time], size: int) -> float:
    """How well a slot plays the time of a record: in all records, with a clock time, each time another, running up or down."""
    stamps = [time.stamp for time in found.values()]
    written = [stamp.written for stamp in stamps if stamp.written]
    steps = [(after > before) - (after < before) for before, after in pairwise(written)]
    running = max(steps.count(1) + steps.count(0), steps.count(-1) + steps.count(0)) / len(steps) if steps else 0.5
    clock = mean("T" in (stamp.written or "") or stamp.relative for stamp in stamps)
    likely = mean(_is_likely(page, time) for time in found.values())
    bare = mean(_is_bare(page, time) for time in found.values())
    marked = mean(time.marked for time in found.values())
    return 2 * len(found) / size + 2 * running + 0.6 * clock + 2 * likely + 0.5 * bare + 0.2 * marked + 0.5 * len(set(written)) / len(found)


def _is_bare(page: Page, time: Time) -> bool:
    """Whether the time stands on a short line, not in running text."""
    return time.line < len(page.lines) and len(page.lines[time.line]) <= 100


# --- authors


def _learnt_authors(page: Page, records: Sequence[Record]) -> list[tuple[int | None, str | None, bool]]:
    slots: dict[str, dict[int, tuple[int, str]]] = defaultdict(dict)
    order: dict[str, list[int]] = defaultdict(list)
    for at, record in enumerate(records):
        for place, (node, names, text) in enumerate(_short(page, record)):
            for slot in names:
                if at not in slots[slot]:
                    slots[slot][at] = (node, _name(text) or "")
                    order[slot].append(place)
    ranked = sorted(
        (
            (_author_value(page, found, len(records)) - 0.02 * mean(order[slot]), slot)
            for slot, found in slots.items()
            if len(found) >= 0.3 * len(records)
        ),
        reverse=True,
    )
    good = [slot for value, slot in ranked if value > _LIKELY][:4]
    sure = sum(value > _SURE for value, _ in ranked[:4])
    return [_author(page, record, [slots[slot].get(at) for slot in good], sure) for at, record in enumerate(records)]


def _author(page: Page, record: Record, tries: Sequence[tuple[int, str] | None], sure: int) -> tuple[int | None, str | None, bool]:
    """The name in the best slot that the record has, or what stands beside its time.

    The first `sure` slots are the author's beyond doubt: they may hold any words ("123456"), and a record without them is a guest's, whose
    name stands beside the time rather than in a worse slot.
    """
    for found in tries[:sure]:
        if found and any(map(str.isalnum, found[1])) and (found is tries[0] or not is_no_name(found[1])):
            return *found, False
    beside = beside_time(page, record)
    if sure and beside[0]:
        return None, *beside
    for found in tries[sure:]:
        if found and found[1] and not is_no_name(found[1]):
            return *found, False
    return None, *beside


def beside_time(page: Page, record: Record) -> tuple[str | None, bool]:
    """The author in the words around the time ("Posted by X on …", "X wrote:"), and whether such a word stands there."""
    time = record.time
    if time is None or time.line >= len(page.lines) or len(page.lines[time.line]) > 160:
        return None, False
    line = page.lines[time.line]
    at = line.find(time.stamp.raw)
    head, tail = (line[:at], line[at + len(time.stamp.raw) :]) if at >= 0 else (line, "")
    head, tail = marks.without_fillers(marks.without_buttons(head), marks.without_buttons(tail))
    for whole in (head, tail):
        for part in _PARTS.split(whole):
            name, said = marks.author_of(part)
            if name and len(name) <= _MAX_NAME and not is_no_name(name):
                return name, said
    return None, False


def _short(page: Page, record: Record) -> Iterable[tuple[int, tuple[str, ...], str]]:
    """Elements of a record that show a few words and not the time, with their slots and the words.

    Words before an element's first child are a slot of their own: "Ana <em>Member</em>".
    """
    nodes = list(record.nodes())
    if len(nodes) > 2 * _REACH:
        nodes = [*nodes[:_REACH], *nodes[-_REACH:]]
    shown = range(record.time.begin, record.time.end) if record.time else range(0)
    behind = 0
    for node in nodes:
        first, last = page.first[node], page.last[node]
        if node < behind or first == last:
            continue
        if node != record.begin and _is_foreign(page, node):
            behind = page.end[node]
            continue
        timed = (first < shown.stop and shown.start < last) or _is_answered(page, node)
        if not timed and last - first <= 4 and page.size(node) <= _MAX_NAME + 10 and page.line_of[first] == page.line_of[last - 1]:
            yield node, (page.slot(node), _coarse(page, node)), page.text(node)
        if last - first > 1 and page.owner[first] == node and first not in shown and len(page.texts[first]) <= _MAX_NAME:
            yield node, (f"{page.slot(node)}/", f"{_coarse(page, node)}/"), page.texts[first].strip()


def _is_answered(page: Page, node: int) -> bool:
    """Whether an element names the author of another comment: "replied to" stands before it on its line."""
    first = page.first[node]
    begin = page.line_first[page.line_of[first]]
    if begin == first or page.size(node) > _MAX_NAME:
        return False
    before = page.join(range(begin, first)).strip()
    if not before or len(before) > _MAX_NOISE:
        return False
    name = page.text(node)
    mark = marks.reply(f"{before} {name}") or marks.without_reply(f"{before} {name}")[1]
    return mark is not None and mark.author is not None and mark.author in (name, _name(name))


def _is_foreign(page: Page, node: int) -> bool:
    """Whether an element shows no name of the author's: a form, a quote, who liked the comment."""
    if page.tags[node] == "button":
        return _said(page.words(node)) <= 0
    return page.tags[node] in _FORMS or page.tags[node] == "blockquote" or _names_others(page.words(node))


@lru_cache(maxsize=1 << 14)
def _names_others(words: str) -> bool:
    return _OTHERS.search(words) is not None


def _coarse(page: Page, node: int) -> str:
    """The slot by the first class of the element and of its parent: the others often tell states ("online", "staff")."""
    parent = page.parent[node]
    return f"{page.keys(node)[0]}<{page.keys(parent)[0] if parent >= 0 else ''}"


def _name(text: str) -> str | None:
    """The name in an element that shows it: without "by" and "said" around it, else as it is written."""
    bare = text.strip()
    name, said = marks.author_of(bare.rstrip(".…"))
    return (name if said else bare.strip(_SIGNS)) or None


@lru_cache(maxsize=1 << 14)
def _said(words: str) -> float:
    """What class names say of an element being the author: -1 .. 2."""
    tokens = _TOKEN.findall(words)
    if any(token in _STRONG for token in tokens):
        return 2.0 if not any(token in _NOT for token in tokens) else 0.8
    if any(token in _NOT for token in tokens):
        return -0.6
    return 1.0 if any(token in _WEAK for token in tokens) else 0.0


def _author_value(page: Page, found: dict[int, tuple[int, str]], size: int) -> float:
    """How well a slot plays the author: names in it, told by classes and links, in most records, not the same in all."""
    texts = [text for _, text in found.values()]
    if mean(is_no_name(text) for text in texts) > 0.4:
        return -1.0
    node = next(iter(found.values()))[0]
    said = (
        max(_said(page.words(node)), 0.6 * _said(page.words(page.parent[node])))
        if _said(page.words(node)) >= 0
        else _said(page.words(node))
    )
    href = page.nodes[node].get("href") or ""
    linked = 0.8 * (_PROFILE.search(href) is not None) + 0.3 * (
        page.nodes[node].get("rel") in ("external nofollow", "nofollow external", "author")
    )
    likeness = mean(name_likeness(text) for text in texts)
    distinct = len({_DIGITS.sub("0", text) for text in texts}) / len(texts)  # "12 Posts" in all is a counter
    constant = 2.0 if len(texts) >= 3 and distinct == 1 / len(texts) else 0.0
    running = mean(len(page.lines[page.line_of[page.first[node]]]) > len(text) + _RUNNING for node, text in found.values())
    if any(_PROFILE.search(page.nodes[at].get("href") or "") and page.size(at) for at in range(node + 1, page.end[node])):
        linked -= _AROUND
    return said + linked + likeness - running + 0.5 * min(2 * distinct, 1.0) + len(found) / size - constant - 0.6


def name_likeness(text: str) -> float:
    """0 .. 1: how much a text looks like a name that a person chose."""
    if not text or len(text) > _MAX_NAME or "://" in text:
        return 0.0
    value = max(1.0 - 0.2 * max(len(text.split()) - 3, 0), 0.0)
    return value * (0.5 if re.search(r"[!?…,;:]$|[.!?;:]\s", text) else 1.0)


@lru_cache(maxsize=1 << 14)
def is_no_name(text: str) -> bool:
    """Buttons, counters, numbers, times, facts about a member."""
    if not any(map(str.isalpha, text)) or marks.is_button(text) or marks.is_profile(text) or marks.reply(text) is not None:
        return True
    stamp = dates.find(f"{text} 2000") if any(map(str.isdigit, text)) else None  # "Apr 24": a day without its year
    return stamp is not None and 2 * (stamp.end - stamp.begin) > len(text)


# --- bodies


def _bodies(
    page: Page, records: Sequence[Record], names: Sequence[tuple[int | None, str | None, bool]], given: Places | None
) -> list[tuple[str, str]]:
    """Text and header of each record."""
    rest = _rest(page, records, names)
    chosen = given if given is not None else _slot_nodes(page, records, names, rest)
    noise = _noise(page, rest, [name for _, name, _ in names])
    found = []
    for record, pieces, nodes, (name_node, name, _) in zip(records, rest, chosen, names, strict=True):
        body = _inside(page, record, pieces, nodes, name_node) if nodes or given is not None else pieces
        text = tidy(page, body, noise, name)
        inside = set(body)
        header = page.join(at for at in record.own if at not in inside)
        found.append((text, header))
    return found


def _inside(page: Page, record: Record, pieces: Sequence[int], nodes: Sequence[int], name_node: int | None) -> list[int]:
    """The pieces in some elements of a record: all of them where name and time stand apart, though it may be on the same line."""
    found: set[int] = set()
    own = set(_without_frame(page, record, record.own))
    for node in nodes:
        apart = not any(page.holds(node, other) for other in (name_node, record.time.node if record.time else None) if other is not None)
        found |= (own if apart else set(pieces)) & set(range(page.first[node], page.last[node]))
    return sorted(found)


def _rest(page: Page, records: Sequence[Record], names: Sequence[tuple[int | None, str | None, bool]]) -> list[list[int]]:
    """Pieces of each record without author and time and the lines around them."""
    found = []
    for record, (node, name, _) in zip(records, names, strict=True):
        gone: set[int] = set()
        time = record.time
        if time is not None and time.line < len(page.lines):
            gone |= _of_line(page, time.line) if len(page.lines[time.line]) <= 120 else set(range(time.begin, time.end))
        if node is not None and name:
            line = page.line_of[page.first[node]]
            gone |= _of_line(page, line) if len(page.lines[line]) <= len(name) + 40 else set(range(page.first[node], page.last[node]))
        found.append(_without_frame(page, record, [at for at in record.own if at not in gone]))
    return found


def _without_frame(page: Page, record: Record, pieces: list[int]) -> list[int]:
    """Without the elements whose class says that they are no words of the comment, unless they hold most of it."""
    gone: set[int] = set()
    lengths = _lengths(page, pieces)
    for node in record.nodes():
        if node == record.begin or page.first[node] == page.last[node]:
            continue
        said = _is_frame_name(page.words(node)) and 2 * _held(page, node, pieces, lengths) < lengths[-1]
        if said or page.tags[node] in _FORMS:
            gone.update(range(page.first[node], page.last[node]))
    return [at for at in pieces if at not in gone] if gone else pieces


@lru_cache(maxsize=1 << 14)
def _is_frame_name(words: str) -> bool:
    return _FRAME.search(words) is not None


def _of_line(page: Page, line: int) -> set[int]:
    high = page.line_first[line + 1] if line + 1 < len(page.line_first) else len(page.texts)
    return set(range(page.line_first[line], high))


def _slot_nodes(
    page: Page, records: Sequence[Record], names: Sequence[tuple[int | None, str | None, bool]], rest: Sequence[Sequence[int]]
) -> list[list[int]]:
    """The element that holds the text in each record, if one look holds most of it; else none for all."""
    held: dict[str, dict[int, int]] = defaultdict(dict)
    sizes: Counter[str] = Counter()
    total = 0
    for at, (record, (name_node, _, _), pieces) in enumerate(zip(records, names, rest, strict=True)):
        lengths = _lengths(page, pieces)
        total += lengths[-1]
        time = record.time
        for node in record.nodes():
            if page.first[node] == page.last[node] or (page.tags[node] in _INLINE and page.style(node) == page.tags[node]):
                continue
            if time is not None and name_node is not None and page.holds(node, time.node) and page.holds(node, name_node):
                continue
            look = page.slot(node)
            if at not in held[look]:
                held[look][at] = node
                sizes[look] += _held(page, node, pieces, lengths)
    known = {look: size for look, size in sizes.items() if len(held[look]) >= 0.75 * len(records)}
    best = _best_body(page, held, known, total)
    return [[held[best][at]] if best and at in held[best] else [] for at in range(len(records))]


def _lengths(page: Page, pieces: Sequence[int]) -> list[int]:
    """Characters of the first 0, 1, 2 … pieces."""
    return list(accumulate((len(page.texts[at]) for at in pieces), initial=0))


def _held(page: Page, node: int, pieces: Sequence[int], lengths: Sequence[int]) -> int:
    """Characters of the pieces that stand in an element."""
    return lengths[bisect_left(pieces, page.last[node])] - lengths[bisect_left(pieces, page.first[node])]


def _best_body(page: Page, held: Mapping[str, Mapping[int, int]], sizes: Mapping[str, int], total: int) -> str | None:
    """The look that holds most text, the innermost of equals; one whose class says "body" may hold less."""
    if not sizes or not total:
        return None
    most = max(sizes.values())

    def depth(look: str) -> float:
        return mean(page.depth[node] for node in held[look].values())

    said = [look for look, size in sizes.items() if size >= 0.35 * total and _says_body(page, next(iter(held[look].values())))]
    if said:
        largest = max(sizes[look] for look in said)
        return max((look for look in said if sizes[look] >= 0.9 * largest), key=depth)
    if most < 0.6 * total:
        return None
    return max((look for look, size in sizes.items() if size >= 0.97 * most), key=depth)


def _says_body(page: Page, node: int) -> bool:
    return _BODY.search(page.words(node)) is not None


def _noise(page: Page, rest: Sequence[Sequence[int]], names: Sequence[str | None]) -> frozenset[str]:
    """Short lines, digits and the author's name masked, that stand in most records."""
    if len(rest) < 3:
        return frozenset()
    seen: Counter[str] = Counter()
    for pieces, name in zip(rest, names, strict=True):
        lines = {page.line_of[at] for at in pieces}
        seen.update({_masked(page.lines[line], name) for line in lines if len(page.lines[line]) <= _MAX_NOISE})
    return frozenset(line for line, times in seen.items() if times >= max(0.5 * len(rest), 3))


def _masked(line: str, name: str | None) -> str:
    return _DIGITS.sub("0", line.replace(name, "@") if name else line)


def tidy(page: Page, pieces: Sequence[int], noise: frozenset[str] = frozenset(), name: str | None = None) -> str:
    """Pieces as text: without the lines of the page's frame, without buttons at the end and labels at the begin."""
    lines = [line for line in page.join(pieces).split("\n") if line and _masked(line, name) not in noise]
    while lines and _is_frame(lines[-1]):
        lines.pop()
    while lines and _is_frame(lines[0]):
        lines.pop(0)
    return "\n".join(lines)


def _is_frame(line: str) -> bool:
    return marks.is_button(line) and marks.has_button_word(line)
