"""Who wrote each record: the slot that plays the author in most of them, or the words beside a record's time.

A slot is an element's look (tag, classes, parent's look); what its class names say is data (`rules/classes.toml`).
"""

from __future__ import annotations

import re
import tomllib
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib.resources import files
from itertools import islice, pairwise
from urllib.parse import unquote

from seeds import dates, marks
from seeds.html.records import Record
from seeds.html.tree import Page, mean

Named = tuple[int | None, str | None, bool]
"""The element that shows the name (None: words beside the time do), the name, and whether a word such as "by" says that it is one."""
_Try = tuple[int, str, int]
"""Rank of a slot, its name, the element of a record that has it."""

_MAX_NAME = 60
_MAX_BEFORE = 120
"""Characters before a name among which "replied to" is looked for."""
_INITIALS = 2
"""Letters that are drawn where a person has no picture."""
MOST_INITIALS = _INITIALS + 2
"""With spaces around."""
_NEAR = 3
"""Pieces of text behind these letters among which the name is."""
_RUNNING = 160
"""So many characters beside a name, and it stands in running text."""
_LIKELY, _SURE = 0.9, 2.2
"""Values of a slot that may hold the authors, and of one that surely does."""
_SIGNS = " \t,;:|•·»«♦★☆✓✔"
"""Not part of a name at its ends: what parts it from other words, and marks of a rank."""
_LINKED = 0.8
"""Bonus of a link to a person's page."""
_INTRODUCED = 1.0
"""Bonus of a name behind words that tell who answers."""
_AROUND = 0.3
"""Malus of an element around the link to the author's page: it may show a rank or a counter, too."""
_SOMEBODY = "Ana"
"""A name that stands for any where only the words before it matter."""
_UNBADGED = 0.5
"""Share of a slot's elements that show one piece of text, so that what stands behind it in the others is a badge."""
_REACH = 80
"""Elements of a record that are looked at for an author, from its begin; as many from its end."""
_PARTS = re.compile(r"\s*[|•·]\s*|\s#\d+\s")
_DIGITS = re.compile(r"(?<![^\W\d_])\d+")
_COUNTER = re.compile(r"\d[\d.,]*\s+[^\W\d_]{3}")
_TOKEN = re.compile(r"[a-z]+")
_UTILITY = re.compile(
    r"(?:^|(?<=\s))(?:\w+:)*text-(?:\[\S*|xs|sm|base|lg|xl|\dxl|left|right|center|start|end|muted|truncate|nowrap|decoration\S*|body\S*|dark|light|white|black|"
    r"primary|secondary|[a-z]+-\d{2,3}\S*)(?:/\S+)?(?=\s|$)"
)
"""Classes that say how an element looks, not what it is: "text-sm"."""
_HANDLE = re.compile(r"@[\w.-]{2,}")
_HANDLE_BEHIND = re.compile(r"(?<=\S)\s+@[\w.-]{2,}(?:@[\w.-]+)?$")
_HANDLE_AT_END = re.compile(r"(?:^|/)[\w.-]*/(?P<at>@?)(?P<name>[\w.%-]{2,60})(?:@[\w.-]+)?/?$")
"""In an address: "/users/ana", "/@ana", "/@ana@social.example"."""
_LINK_UP = 3
"""Elements around a name that may be the link to its person's page."""
_LABEL = re.compile(r"\w{1,12}\s?[:#№]")
"""What stands before a value: "ID:bb53d3"."""
_RULES = tomllib.loads(files("seeds").joinpath("rules/classes.toml").read_text(encoding="utf-8"))
_STRONG, _WEAK, _NOT, _FACTS = (frozenset(_RULES["author"][kind]) for kind in ("strong", "weak", "not", "facts"))
_LABELLED = re.compile(r"\s+(?:\[[^\[\]]{2,24}\]|\([^()]{2,24}\))(?=\s|$)")
_LABELS = 4
"""Records for each kind of such words, at least."""
_SENTENCE = re.compile(r"[!?…,;:]$|[.!?;:]\s")
"""Signs of words that are more than a name."""
_GUESTS = frozenset(_RULES["author"]["guests"])
_OTHERS = re.compile(rf"(?:^|[\s_-])(?:{'|'.join(_RULES['author']['others'])})(?:$|[\s_-])")
_PROFILE = re.compile(
    rf"(?:/|\b)(?:{'|'.join(_RULES['profile']['paths'])})(?:[/=?.:_-]|$)|[?&](?:{'|'.join(_RULES['profile']['parameters'])})=",
    re.IGNORECASE,
)
_DECLARED: tuple[str, ...] = tuple(_RULES["author"]["attributes"])
_FORMS = frozenset(_RULES["body"]["forms"])


def given(page: Page, record: Record, nodes: Sequence[int]) -> Named | None:
    """The name in the first named element that shows one; a time beside it is not part of it."""
    shown = range(record.time.begin, record.time.end) if record.time else range(0)
    for node in nodes:
        name = _name(page.join(at for at in range(page.first[node], page.last[node]) if at not in shown).replace("\n", " "))
        if name and len(name) <= 2 * _MAX_NAME:
            return node, name, False
    return None


@dataclass(slots=True)
class _Slot:
    """Where a slot stands: positions of the records that have it, its first element in each, the sum of the places of these elements."""

    records: array[int] = field(default_factory=partial(array, "i"))
    nodes: array[int] = field(default_factory=partial(array, "i"))
    places: int = 0


def learnt(page: Page, records: Sequence[Record]) -> list[Named]:
    slots: dict[str, _Slot] = defaultdict(_Slot)
    for at, record in enumerate(records):
        for place, (node, names) in enumerate(_short(page, record)):
            for name in names:
                slot = slots[name]
                if not slot.records or slot.records[-1] != at:
                    slot.records.append(at)
                    slot.nodes.append(node)
                    slot.places += place
    ranked = sorted(
        (
            (_author_value(page, name, slot.nodes, len(records)) - 0.02 * (slot.places / len(slot.nodes)), name)
            for name, slot in slots.items()
            if len(slot.nodes) >= 0.3 * len(records)
        ),
        reverse=True,
    )
    good = [name for value, name in ranked if value > _LIKELY][:4]
    badged = frozenset(name for name in good if _is_badged(page, slots[name].nodes))
    sure = sum(value > _SURE for value, _ in ranked[:4])
    tried = zip(records, _tries(slots, good, len(records)), strict=True)
    return _without_labels([_declared(page, record) or _author(page, record, own, sure, badged) for record, own in tried])


def _without_labels(names: Sequence[Named]) -> list[Named]:
    """Without the few words in brackets that stand behind most names and say what somebody is here: "Ana [member]"."""
    labels = [match[0] if (match := _LABELLED.search(name or "")) else "" for _, name, _ in names]
    if 2 * sum(map(bool, labels)) <= len(names) or len({*labels} - {""}) > len(names) / _LABELS:
        return list(names)
    return [
        (node, name.replace(label, "", 1) if name and label else name, said)
        for (node, name, said), label in zip(names, labels, strict=True)
    ]


def _declared(page: Page, record: Record) -> Named | None:
    """The name in an attribute of the record's element that is made for it, where the record shows that name."""
    said = page.attributes[record.begin]
    if not (value := next((said[name] for name in _DECLARED if said.get(name)), "").strip()):
        return None
    at = next((at for at in record.own if page.texts[at].strip() == value), None)
    return None if at is None else (page.owner[at], value, False)


def _tries(slots: Mapping[str, _Slot], good: Sequence[str], size: int) -> Iterator[list[_Try]]:
    """For each record the good slots that it has; one record's at a time, since large pages have very many."""
    places = [0] * len(good)
    for at in range(size):
        own: list[_Try] = []
        for rank, name in enumerate(good):
            slot, place = slots[name], places[rank]
            if place < len(slot.records) and slot.records[place] == at:
                own.append((rank, name, slot.nodes[place]))
                places[rank] += 1
        yield own


def _shown(page: Page, slot: str, node: int) -> str:
    """The name in an element of a slot; "" where it shows none."""
    return _name(page.texts[page.first[node]] if slot.endswith("/") else page.text(node)) or ""


def _is_badged(page: Page, nodes: Sequence[int]) -> bool:
    """Whether most elements of a slot show one piece of text, and others a badge behind it: "Ana", "AnaEditor"."""
    single = mean(page.last[node] - page.first[node] == 1 for node in nodes)
    return _UNBADGED <= single < 1


def _without_badge(page: Page, slot: str, node: int) -> str:
    """The first piece of an element, unless more than a badge stands behind it: "Ana replied to Bo"."""
    whole = _shown(page, slot, node)
    return whole if marks.without_reply(whole)[1] is not None else _shown(page, f"{slot.removesuffix('/')}/", node)


def _author(page: Page, record: Record, tries: Sequence[_Try], sure: int, badged: Collection[str]) -> Named:
    """The name in the best slot that the record has, or what stands beside its time.

    The first `sure` slots are the author's beyond doubt: they may hold any words ("123456"), and a record without them is a guest's, whose
    name stands beside the time rather than in a worse slot.
    """
    for rank, slot, node in tries:
        if rank >= sure:
            break
        name = _without_badge(page, slot, node) if slot in badged else _shown(page, slot, node)
        if any(map(str.isalnum, name)) and (rank == 0 or not is_no_name(name)):
            return node, name, marks.is_answering(page.text(node))
    beside = beside_time(page, record)
    if sure and beside[0]:
        return None, *beside
    if speaker := _speaker(page, record):
        return None, speaker, True
    for rank, slot, node in tries:
        if rank >= sure and (name := _shown(page, slot, node)) and not is_no_name(name):
            return node, name, marks.is_answering(page.text(node))
    return None, *beside


def _speaker(page: Page, record: Record) -> str | None:
    """The name on the record's first line where that is said to speak: "Ana said..."."""
    line = page.lines[page.line_of[record.own[0]]] if record.own else ""
    name = marks.author_of(line)[0] if len(line) <= _MAX_NAME and marks.says(line) else ""
    return name if name and not is_no_name(name) else None


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


def _short(page: Page, record: Record) -> Iterable[tuple[int, tuple[str, str]]]:
    """Elements of a record that show a few words and not the time, with their slots.

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
        timed = first < shown.stop and shown.start < last
        if node != record.begin and not timed and _is_foreign(page, node):
            behind = page.end[node]
            continue
        few = not timed and last - first <= 4 and page.line_of[first] == page.line_of[last - 1] and page.size(node) <= _MAX_NAME + 10
        if few and not _is_no_slot(page, node) and not _is_answered(page, node):
            yield node, (page.slot(node), _coarse(page, node))
        if last - first > 1 and page.owner[first] == node and first not in shown and len(page.texts[first]) <= _MAX_NAME:
            yield node, (f"{page.slot(node)}/", f"{_coarse(page, node)}/")


def _is_no_slot(page: Page, node: int) -> bool:
    """Whether an element shows initials, a row of buttons, or a counter beside other words: "DK", "4 reviews"."""
    first = page.first[node]
    if page.last[node] - first > 1:
        return _is_toolbar(page, node) or any(_COUNTER.match(page.texts[at].strip()) for at in range(first, page.last[node]))
    return len(page.texts[first]) <= MOST_INITIALS and is_initials(page, first)


def is_initials(page: Page, at: int) -> bool:
    """Whether a piece is the first letters of the name that follows it, drawn where a person has no picture."""
    text = page.texts[at].strip()
    if len(text) > _INITIALS or not text.isalpha() or text != text.upper():
        return False
    behind = (page.texts[other].strip() for other in range(at + 1, min(at + 1 + _NEAR, len(page.texts))))
    return any(len(other) > len(text) and other[:1].upper() == text[0] for other in behind)


def _is_toolbar(page: Page, node: int) -> bool:
    """Whether an element shows several buttons and counters, which may touch: "Reply400Report"."""
    return all(_is_tool(page.texts[at].strip()) for at in range(page.first[node], page.last[node]))


@lru_cache(maxsize=1 << 10)
def _is_tool(text: str) -> bool:
    return not any(map(str.isalpha, text)) or (marks.is_button(text) and marks.has_button_word(text))


def _is_answered(page: Page, node: int) -> bool:
    """Whether an element names the author of another comment: "replied to" stands before it on its line."""
    first = page.first[node]
    begin = page.line_first[page.line_of[first]]
    if begin == first or page.size(node) > _MAX_NAME:
        return False
    before = page.join(range(begin, first)).strip()
    return bool(before) and len(before) <= _MAX_BEFORE and _leads_to_name(before)


@lru_cache(maxsize=1 << 11)
def _leads_to_name(before: str) -> bool:
    """Whether a name behind these words is that of whom the comment answers; told with a name that stands for all."""
    said = f"{before} {_SOMEBODY}"
    mark = marks.reply(said) or marks.without_reply(said)[1]
    return mark is not None and mark.author == _SOMEBODY


def _is_foreign(page: Page, node: int) -> bool:
    """Whether an element shows no name of the author's: a form, a quote, who liked the comment."""
    if page.tags[node] == "button":
        return _said(page.words(node)) <= 0
    return page.tags[node] in _FORMS or page.tags[node] == "blockquote" or _names_others(page.words(node))


@lru_cache(maxsize=1 << 9)
def _names_others(words: str) -> bool:
    return _OTHERS.search(words) is not None


def _coarse(page: Page, node: int) -> str:
    """The slot by the first class of the element and of its parent: the others often tell states ("online", "staff")."""
    parent = page.parent[node]
    return f"{page.keys(node)[0]}<{page.keys(parent)[0] if parent >= 0 else ''}"


def _name(text: str) -> str | None:
    """The name in an element that shows it: without "by" and "said" around it, else as it is written."""
    bare = _HANDLE_BEHIND.sub("", text.strip()) if "@" in text else text.strip()
    name, said = marks.author_of(bare.rstrip(".…"))
    return (name if said else bare.strip(_SIGNS.replace("»", "") if "«" in bare[1:] else _SIGNS)) or None


@lru_cache(maxsize=1 << 9)
def _said(words: str) -> float:
    """What class names say of an element being the author: -1 .. 2."""
    tokens = _TOKEN.findall(_UTILITY.sub(" ", words))
    strong = any(token in _STRONG for token in tokens) or any(pair in _STRONG for pair in map("".join, pairwise(tokens)))
    if any(token in _FACTS for token in tokens):
        return -0.3 if strong else -0.6
    if any(token in _NOT for token in tokens):
        return 0.8 if strong else -0.6
    return 2.0 if strong else 1.0 if any(token in _WEAK for token in tokens) else 0.0


def _author_value(page: Page, slot: str, nodes: Sequence[int], size: int) -> float:
    """How well a slot plays the author: names in it, told by classes and links, in most records, not the same in all."""
    texts = [_shown(page, slot, node) for node in nodes]
    if mean(is_no_name(text) for text in texts) > 0.4:
        return -1.0
    node = nodes[0]
    href = page.attributes[node].get("href") or ""
    linked = _LINKED * (_PROFILE.search(href) is not None) + 0.3 * (
        page.attributes[node].get("rel") in ("external nofollow", "nofollow external", "author")
    )
    said = _said(page.words(node))
    if said >= 0 or linked >= _LINKED:  # the link to a person's page may hold the picture, too: "avatar"
        said = max(said, 0.6 * _said(page.words(page.parent[node])))
    likeness = mean(name_likeness(text) for text in texts)
    distinct = len({_DIGITS.sub("0", text) for text in texts}) / len(texts)  # "12 Posts" in all is a counter
    constant = 2.0 if len(texts) >= 3 and distinct == 1 / len(texts) else 1.0 if _are_facts(texts) else 0.0
    if is_guest(texts[0]):  # all may be called so
        constant = 0.0
    elif marks.is_answering(page.text(nodes[0])):  # one firm answers all reviews
        constant = -_INTRODUCED
    running = mean(len(page.lines[page.line_of[page.first[node]]]) > len(text) + _RUNNING for node, text in zip(nodes, texts, strict=True))
    if any(_PROFILE.search(page.attributes[at].get("href") or "") and page.size(at) for at in range(node + 1, page.end[node])):
        linked -= _AROUND
    return said + linked + likeness - running + 0.5 * min(2 * distinct, 1.0) + len(nodes) / size - constant - 0.6


def _are_facts(texts: Sequence[str]) -> bool:
    """Whether texts are values behind one label: "ID:bb53d3"."""
    labels = [_LABEL.match(text) for text in texts]
    return len(texts) >= 3 and len({label and label[0] for label in labels}) == 1 and all(labels)


def is_guest(name: str) -> bool:
    """Whether that is what somebody is called who gave no name."""
    return name.strip(_SIGNS).lower() in _GUESTS


def is_profile(address: str) -> bool:
    """Whether a link leads to a person's page."""
    return _PROFILE.search(address) is not None


def handle(page: Page, node: int | None) -> str | None:
    """The last word in the address of the person's page to which the element of a name leads; None where it is a number."""
    around = () if node is None else (node, *islice(page.ancestors(node), _LINK_UP), *range(node + 1, min(page.end[node], node + 3)))
    for at in around:
        if page.tags[at] == "a" and (found := _HANDLE_AT_END.search(page.attributes[at].get("href") or "")) is not None:
            name = unquote(found["name"])
            return name if any(map(str.isalpha, name)) and (found["at"] or is_profile(found[0])) else None
    return None


@lru_cache(maxsize=1 << 12)
def name_likeness(text: str) -> float:
    """0 .. 1: how much a text looks like a name that a person chose."""
    if not text or len(text) > _MAX_NAME or "://" in text:
        return 0.0
    words = sum(any(map(str.isalnum, word)) for word in text.split())
    value = max(1.0 - 0.2 * max(words - 3, 0), 0.0)
    return value * (0.5 if _SENTENCE.search(text) else 1.0)


@lru_cache(maxsize=1 << 12)
def is_no_name(text: str) -> bool:
    """Buttons, counters, numbers, times, facts about a member."""
    if _HANDLE.fullmatch(text):
        return False
    if not any(map(str.isalpha, text)) or marks.is_button(text) or marks.is_profile(text) or marks.reply(text) is not None:
        return True
    if marks.is_author_word(text):
        return True
    stamp = dates.find(f"{text} 2000") if any(map(str.isdigit, text)) else None  # "Apr 24": a day without its year
    return stamp is not None and 2 * (stamp.end - stamp.begin) > len(text)
