"""Lines of a page that carry a time of their own: the anchors at which comments are found.

find(lines, stamps)  ->  [Anchor]        without sentences that hold a date and without facts about a member
styles(anchors)      ->  [[Anchor]]      those that are written alike, likely ones first
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seeds import dates, marks
from seeds.dates import Stamp

_MAX_RESIDUE, _MAX_WORDS = 70, 9
_HALF, _OFTEN = 0.5, 0.8
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")
_NUMBER_BEFORE = re.compile(r"[#№(\[]{0,2}(?P<number>\d{1,5})[.)\]:]?(?=\s|$)")
_NUMBER_BEHIND = re.compile(r"(?:^|\s)[#№(\[]{0,2}(?P<number>\d{1,5})[.)\]]?$")
_NUMBER_INSIDE = re.compile(r"[|·•]\s*[#№](?P<number>\d{1,5})\s*[|·•]")
_BEFORE_NAME = re.compile(r"^(?:[+−–-]?\d{1,4}\s*#|\d{1,3}\.\d{1,4},)\s+")
"""A score or a place in the tree: "+7 # Ana", "2.4, Ana"."""
_MAX_END = 3
"""Words behind a name that may stand behind each."""
_BRACKETS = ("()", "[]")
_BETWEEN = " • "
_RELATIVE = "relative"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line with a time."""

    at: int
    stamp: Stamp
    parts: tuple[str, ...]
    """What else the line says, without buttons, as signs part it: a name, a number, a rank, or nothing."""
    shape: str
    """The written time with digits and letters masked; all times of one page's comments share it."""
    number: int | None = None
    """A number alone beside the time: the comment's own, if those of the page run up or down."""

    @property
    def residue(self) -> str:
        return " ".join(self.parts)


def find(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> list[Anchor]:
    """The lines whose time has little beside it; lines about a member (join date) are none."""
    found: list[Anchor] = []
    common, ends = _common_tails(lines, stamps), _common_ends(lines, stamps)
    others = _of_others(lines, stamps)
    for at, stamp in stamps.items():
        line = lines[at]
        if at in others or marks.is_profile(line) or marks.is_profile_label(_line_before(lines, at)):
            continue
        anchor = Anchor(
            at, stamp, _parts(line, stamp, common, ends), _RELATIVE if stamp.relative else _masked(stamp.raw), _number(line, stamp)
        )
        if len(anchor.residue) > _MAX_RESIDUE or len(anchor.residue.split()) > _MAX_WORDS:  # a sentence that holds a date
            continue
        repeated = found and found[-1].stamp.written == stamp.written and stamp.written and not any(lines[found[-1].at + 1 : at])
        if not repeated:
            found.append(anchor)
    return found


def _of_others(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> frozenset[int]:
    """Lines that name another comment by its writer and time, which stand elsewhere without such words."""
    alike: dict[str, list[int]] = defaultdict(list)
    for at, stamp in stamps.items():
        if stamp.written and "T" in stamp.written and not stamp.relative:
            alike[stamp.written].append(at)
    found: set[int] = set()
    for places in alike.values():
        named = [at for at in places if marks.refers(lines[at])] if len(places) > 1 else []
        found.update(named if len(named) < len(places) else ())
    return frozenset(found)


def _line_before(lines: Sequence[str], at: int) -> str:
    return next((lines[place] for place in range(at - 1, max(at - 4, -1), -1) if lines[place]), "")


def _common_tails(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> frozenset[str]:
    """What stands behind three and more times word for word: a button whose name we do not know, never an author of each comment."""
    tails = Counter(lines[at][stamp.end :].strip() for at, stamp in stamps.items())
    return frozenset(tail for tail, times in tails.items() if times > 2 and times >= _HALF * len(stamps))


def _common_ends(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> tuple[str, ...]:
    """Words that end what stands before three and more times, and half of them: "Show IP" behind each name. Longest first."""
    heads = [head for at, stamp in stamps.items() if 1 < len(head := lines[at][: stamp.begin].split()) <= _MAX_WORDS]
    ends = Counter(" ".join(head[-size:]) for head in heads for size in range(1, _MAX_END + 1) if len(head) > size)
    often = [end for end, times in ends.items() if times > 2 and times >= _HALF * len(heads)]
    often = [end for end in often if end[0].isalnum() and end[-1] not in ")]" and any(map(str.isalpha, end))]
    return tuple(sorted(often, key=len, reverse=True))


def _parts(line: str, stamp: Stamp, common: frozenset[str], ends: Sequence[str]) -> tuple[str, ...]:
    head, tail = _BEFORE_NAME.sub("", line[: stamp.begin].strip()), _without_age(line[stamp.end :].strip())
    end = next((end for end in ends if head.endswith(f" {end}")), "")
    if marks.is_button(head):
        head = ""
    elif head.removesuffix(end).rstrip(" .")[-1:].isalnum():  # else a sign parts it, and it is a part like others
        head = head.removesuffix(end)
    open_ = head[-1:] + tail[:1] in _BRACKETS
    head, tail = head[: -1 if open_ else None], "" if tail in common else tail[open_:]
    sides = marks.without_fillers(marks.without_buttons(head, _BETWEEN), marks.without_buttons(tail, _BETWEEN))
    parts = (part.strip() for side in sides for part in side.split(_BETWEEN.strip()))
    return tuple(part for part in parts if part and not marks.is_button(part))


def _without_age(tail: str) -> str:
    """What stands behind a time, without how long ago that was: "20.11.2012 (10:12) 5 hours ago"."""
    bare = tail.lstrip(" )]|•·,")
    age = dates.find(bare) if bare[:1].isdigit() else None
    return bare[age.end :].strip() if age and age.relative and len(bare[: age.begin].split()) <= _MAX_END else tail


def _number(line: str, stamp: Stamp) -> int | None:
    head, tail = line[: stamp.begin], line[stamp.end :]
    match = _NUMBER_BEFORE.match(head) or _NUMBER_BEHIND.search(tail) or _NUMBER_INSIDE.search(head) or _NUMBER_INSIDE.search(tail)
    return int(match["number"]) if match else None


def _masked(text: str) -> str:
    return _LETTERS.sub("a", _DIGITS.sub("0", text)).replace("a.", "a")


def styles(anchors: Sequence[Anchor]) -> list[list[Anchor]]:
    """The anchors whose time is written like the first one's, and those like most: each without and with the relative ones
    ("yesterday, 10:12"), which pass beside dates."""
    dated = [anchor for anchor in anchors if not anchor.stamp.clock_only]
    pool = dated if len(dated) >= _HALF * len(anchors) else list(anchors)
    if not pool:
        return []
    times = Counter(anchor.shape for anchor in pool)
    usual, most = times.most_common(1)[0]
    dated_often = [shape for shape, count in times.most_common() if shape != _RELATIVE and count >= _OFTEN * most][:1]
    found: list[list[Anchor]] = []
    for shape in dict.fromkeys([usual, *dated_often, pool[0].shape]):  # "14y" beside each date may be how long its writer is a member
        for shapes in ((shape, _RELATIVE), (shape,)):
            alike = [anchor for anchor in pool if anchor.shape in shapes]
            if alike not in found:
                found.append(alike)
    return found
