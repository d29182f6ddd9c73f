"""The general case: comments on a page that nobody wrote a rule for, learnt from its own repetition.

    find(page, times)  ->  Found  or None

`records` proposes ways to cut the page, `fields` reads each, and here is judged which of them is most like comments: names, times, sentences,
somebody who says "I" or "you", buttons to answer, words such as "comment" in the markup; links instead of sentences and a
main heading in each record speak against it.
"""  # noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from seeds import marks
from seeds.html import authors, company, fields, records
from seeds.html.authors import Named
from seeds.html.fields import Fields
from seeds.html.records import Record
from seeds.html.times import Time
from seeds.html.tree import Page, mean

_COMMENT = re.compile(
    r"comm?ent(?!ator)|kommentar|repl(?:y|ies)(?!ace)|respon(?:se|d)(?!sive)|antwort|answer|reacti(?:e|on)|disqus|discussion|diskussion|"
    r"opini[oó]n|yorum|koment|guestbook|feedback|review"
)
_FORUM = re.compile(r"forum|thread|topic|(?:^|[\s_-])posts?(?:$|[\s_\d-])|postbody|posting|postbit|message|beitrag|bubble")
_BOARD = re.compile(r"forum|thread|topic|board")
"""What a forum calls itself or its pages; blogs have posts, too."""
NAMED = re.compile(rf"{_COMMENT.pattern}|{_FORUM.pattern}")
_ANSWER = (
    "reply",
    "replies",
    "quote",
    "answer",
    "antwort",
    "zitat",
    "respond",
    "respuesta",
    "report",
    "flag",
    "melden",
    "abuse",
    "cite",
    "回复",
)
"""What buttons that answer, quote or report a comment are called."""
_SINGLE = re.compile(
    r"(?:^|\s)(?:[a-z]+[_-])?(?:comment|kommentar|comentario|commentaire|reply)(?:[_-]?(?:item|entry|row|block|single|post|default|\d+))*(?:\s|$)"
)
_LEAST = 1.0
_NEARLY = 0.9
"""Share of the best score that suffices for records that lie around the best ones."""
_HOPELESS = 0.3
"""Share of the best score so far that a list must be able to reach to be read: the answers of a thread may have less than its comments."""
_SAME = 0.5
"""Share of a list's records that are elements of a likelier list, so that it is another cut of the same records."""
_JOINED = 5
"""Lists that are tried as one thread of two looks."""
_ANCHOR_NODES = 8
_VOICE_CHARS = 1000
_MAX_BUTTON = 40
_MAX_REFERENCE = 30
"""Characters of a link that only names another comment."""
_AROUND = 4
"""Elements around the first record whose names tell what it is."""
_MIN_HANDLE = 3
"""Characters of a name that may stand in an address."""
_SENTENCE, _NO_ARTICLE = 40, 150
"""Characters of a line that may be an article's, and of all such lines before a thread without one."""
_HEADING_LINES = 12
"""Lines before the first record in which a heading may announce the number of comments."""


@dataclass(frozen=True, slots=True)
class Found:
    fields: tuple[Fields, ...]
    score: float
    signs: dict[str, float]
    opens: bool = False
    """The first record opens the discussion (a forum): it is the article."""


def find(page: Page, times: Sequence[Time], lang: str | None) -> Found | None:
    """The likeliest list of comments; None where nothing on the page is like one."""
    cuts = _apart(chain(records.candidates(page, times), records.named(page, NAMED)))
    likely: list[Found] = []
    least = _LEAST
    for cut in cuts:
        if (found := _judged(page, cut, times, lang, least)) is not None and found.score > _LEAST:
            likely.append(found)
            least = max(least, _HOPELESS * found.score)
    for read in company.joined(page, [found.fields for found in _best(likely)], times):
        names = [(item.author_node, item.author, item.said) for item in read]
        likely.append(judge(page, read, _first_signs(page, [item.record for item in read], names), lang))
    if not likely:
        return None
    best = max(likely, key=lambda found: found.score)
    around = [found for found in likely if found.score >= _NEARLY * best.score and _wraps(found, best)]
    found = min(around, key=lambda found: found.fields[0].record.begin, default=best)
    return replace(found, opens=_opens(page, [item.record for item in found.fields]))


def _opens(page: Page, found: Sequence[Record]) -> bool:
    """Whether the page is plainly a forum's thread: posts, no comments; one after the other, oldest first; no article before them."""
    first = found[0]
    words = " ".join(map(page.words, (*records.parts(page, first), *islice(page.ancestors(first.begin), _AROUND))))
    if len(found) == 1 or not _FORUM.search(words) or _COMMENT.search(words) or any(record.inner for record in found):
        return False
    named = f"{page.look} {page.root.findtext('.//title') or ''}".lower()
    stamps = [record.time.stamp.written for record in found if record.time and record.time.stamp.written]
    if not _BOARD.search(named) or stamps[:1] > stamps[-1:]:
        return False
    before = (page.lines[line] for line in page.before(first.begin, len(page.lines)))
    return sum(len(line) for line in before if len(line) >= _SENTENCE and line[-1] in ".!?…") <= _NO_ARTICLE


def _apart(cuts: Iterable[list[Record]]) -> Iterator[list[Record]]:
    """Each way to cut the page once; one at a time, since those of a large page take more memory than its text."""
    seen: set[int] = set()
    for cut in cuts:
        name = hash(tuple((record.begin, record.end) for record in cut))
        if name not in seen:
            seen.add(name)
            yield cut


def _best(likely: Sequence[Found]) -> list[Found]:
    """The likeliest lists, without those that have the times, or mostly the elements, of a likelier one."""
    apart: dict[tuple[int, ...], Found] = {}
    begins: set[int] = set()
    for found in sorted(likely, key=lambda found: found.score, reverse=True):
        times = tuple(item.record.time.node if item.record.time else item.record.begin for item in found.fields)
        if times not in apart and mean(item.record.begin in begins for item in found.fields) < _SAME:
            apart[times] = found
            begins.update(item.record.begin for item in found.fields)
    return list(apart.values())[:_JOINED]


def _wraps(outer: Found, inner: Found) -> bool:
    """Whether each record of the one holds one of the other: the larger record has the name or the time that the smaller may lack."""
    return len(outer.fields) == len(inner.fields) and all(
        out.record.begin <= own.record.begin and own.record.end <= out.record.end
        for out, own in zip(outer.fields, inner.fields, strict=True)
    )


def _judged(page: Page, cut: list[Record], times: Sequence[Time], lang: str | None, least: float) -> Found | None:
    """One way to cut the page; None where no texts that its records may hold could bring its score above `least`: they are dear."""
    if len(cut) == 1 and not _is_called_single(page, cut[0]):
        return None
    names = fields.named(page, cut, times)
    signs = _first_signs(page, cut, names)
    longest = mean(min(sum(len(page.texts[at]) + 1 for at in record.own), 200) for record in cut) / 200
    if _score(signs | _BEST_TEXTS | {"length": longest}, len(cut)) <= least or (len(cut) == 1 and not _has_both(signs)):
        return None
    return judge(page, fields.filled(page, cut, names), signs, lang)


def _first_signs(page: Page, cut: Sequence[Record], names: Sequence[Named]) -> dict[str, float]:
    """What speaks for comments before their texts are read."""
    told = {name for _, name, _ in names if name}
    return {
        "named": mean(authors.name_likeness(name or "") for _, name, _ in names),
        "timed": mean(record.time is not None for record in cut),
        "said": mean(_said(page, record) for record in cut[:20]),
        "answers": mean(_has_answer(page, record) for record in cut[:20]),
        "verbs": mean(said for _, _, said in names),
        "many": float(len(told) > 1 or any(map(authors.is_guest, told))),
        "titled": mean(any(True for _ in record.among(page.having("h1"))) for record in cut),
        "announced": float(_is_announced(page, cut)),
        "headed": float(_is_headed(page, cut)),
        "profiled": mean(node is not None and _leads_to_person(page, node, name or "") for node, name, _ in names),
        "anchored": mean(_is_anchored(page, record) for record in cut),
    }


def judge(page: Page, read: Sequence[Fields], first: Mapping[str, float], lang: str | None) -> Found:
    """How much a list of records is like comments: score 0 = not at all, growing with their number. `first`: its `_first_signs`."""
    size = len(read)
    letters = sum(len(item.text) for item in read) + 1
    signs = {
        **first,
        "spoken": mean(bool(item.text) for item in read),
        "length": mean(min(len(item.text), 200) for item in read) / 200,
        "voice": mean(marks.has_voice(item.text[:_VOICE_CHARS], lang) for item in read[:20]),
        "distinct": len({(item.author, item.text) for item in read}) / size,  # several may only say "+1"
        "linked": sum(_linked(page, item) for item in read) / letters,
    }
    likely = signs["spoken"] >= 0.5 and signs["distinct"] >= 0.5 and (size > 1 or _is_single(page, read[0].record, signs))
    return Found(tuple(read), _score(signs, size) if likely else 0.0, signs)


def _score(signs: Mapping[str, float], size: int) -> float:
    return float((sum(_WEIGHTS[name] * signs[name] for name in _WEIGHTS) - _BAR) * size**0.5)


_WEIGHTS = {
    "named": 1.5,
    "timed": 1.0,
    "spoken": 1.0,
    "length": 1.0,
    "said": 2.0,
    "answers": 1.0,
    "verbs": 1.0,
    "voice": 1.0,
    "many": 0.5,
    "linked": -4.0,
    "titled": -2.0,
    "announced": 1.5,
    "headed": 0.7,
    "profiled": 0.7,
    "anchored": 0.9,
}
_BAR = 4.8
_BEST_TEXTS = {"spoken": 1.0, "voice": 1.0, "linked": 0.0}
"""What texts of any length can say for a list at most."""


def _is_single(page: Page, record: Record, signs: Mapping[str, float]) -> bool:
    """Whether a record that stands alone is a comment: repetition cannot tell, so its class must, and name and time be there."""
    return _is_called_single(page, record) and _has_both(signs) and signs["linked"] < 0.3


def _is_called_single(page: Page, record: Record) -> bool:
    said = page.attributes[record.begin]
    return _SINGLE.search(f"{said.get('class') or ''} {said.get('id') or ''}".lower()) is not None


def _has_both(signs: Mapping[str, float]) -> bool:
    return signs["named"] > 0.3 and signs["timed"] == 1


def _is_announced(page: Page, cut: Sequence[Record]) -> bool:
    """Whether a heading shortly before the first record gives its number: "27 Comments"."""
    near = page.before(cut[0].begin, _HEADING_LINES)
    return len(cut) > 1 and any(marks.heading_count(page.lines[line]) == len(cut) for line in near)


def _is_headed(page: Page, cut: Sequence[Record]) -> bool:
    """Whether a heading of comments stands shortly before the first record."""
    return len(cut) > 1 and any(marks.is_heading(page.lines[line]) for line in page.before(cut[0].begin, _HEADING_LINES))


def _leads_to_person(page: Page, node: int, name: str) -> bool:
    """Whether a name is a link to the person's page, as its address says, or that holds the name."""
    around = (node, page.parent[node], *range(node + 1, min(page.end[node], node + 3)))
    links = [page.attributes[at].get("href") or "" for at in around if page.tags[at] == "a"]
    return any(authors.is_profile(link) or (len(name) >= _MIN_HANDLE and f"/{name}" in link) for link in links)


def _is_anchored(page: Page, record: Record) -> bool:
    """Whether a named anchor with a number stands before the record's first words, as forums write it."""
    nodes = range(record.begin, min(record.begin + _ANCHOR_NODES, record.end))
    return any(page.tags[at] == "a" and any(map(str.isdigit, page.attributes[at].get("name") or "")) for at in nodes)


def _linked(page: Page, item: Fields) -> int:
    """Characters of the text that stand in links."""
    own = set(item.record.own)
    total = 0
    for node in item.record.among(page.having("a")):
        if node != item.author_node and not _is_reference(page, node):
            total += sum(
                len(page.texts[at]) for at in range(page.first[node], page.last[node]) if at in own and page.texts[at].strip() in item.text
            )
    return min(total, len(item.text))


def _is_reference(page: Page, node: int) -> bool:
    """Whether a link names another comment: ">>12", "@Ana"."""
    return page.size(node) <= _MAX_REFERENCE and marks.reply(page.text(node)) is not None


def _said(page: Page, record: Record) -> float:
    """What class names of a record and of the elements around it say: 1 for its own "comment", less for "post" and for what is further away."""  # noqa: E501
    node = record.begin
    value = max(map(_says, (page.words(part) for part in records.parts(page, record))))
    for up, outer in enumerate(page.ancestors(node)):
        if up > 3 or value >= 0.8 or page.tags[outer] in ("body", "html"):
            break
        words = page.words(outer)
        value = max(value, 0.8 if _COMMENT.search(words) else 0.5 if _FORUM.search(words) else 0.0)
    return value


def _says(words: str) -> float:
    return 1.0 if _COMMENT.search(words) else 0.7 if _FORUM.search(words) else 0.0


def _may_be_button(page: Page, node: int) -> bool:
    return page.tags[node] in ("a", "button", "span", "input")


def _says_answer(page: Page, node: int) -> bool:
    if not _may_be_button(page, node):
        return False
    words = " ".join(filter(None, map(page.attributes[node].get, ("class", "href", "title", "onclick"))))
    return _is_answer(words[:300])


def _is_answer(text: str) -> bool:
    low = text.lower()
    return any(map(low.__contains__, _ANSWER))


def _has_answer(page: Page, record: Record) -> float:
    """1 where the record has a button to answer, quote or report it; a half where it has any button of comments."""
    if any(page.size(node) <= _MAX_BUTTON for node in record.among(page.choice("answers", _says_answer, shown=False))):
        return 1.0
    best = 0.0
    for node in record.among(page.choice("buttons", _may_be_button)):
        if page.size(node) > _MAX_BUTTON:
            continue
        text = page.text(node)
        if text and marks.is_button(text) and marks.has_button_word(text):
            best = 1.0 if _is_answer(text) else 0.5
    return best
