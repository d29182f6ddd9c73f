"""Who wrote an article, and when, as the lines beside its title in a crawl's plain text state it: "By Jane Roe | 12 May 2026, 10:41".

A name counts behind a word for who wrote. A time without a word counts where it is alone between signs, or beside the writer, and no other
day stands so. The words are in `rules/bylines.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.resources import files

from seeds import answers, dates, evidence, marks, template

_RULES = tomllib.loads(files("seeds").joinpath("rules/bylines.toml").read_text(encoding="utf-8"))
_JOINING = frozenset(_RULES["joining"]["words"])
_SIGN = re.compile(r"\s*[|•·»]\s*")
_EDGES = " \t,.:;()[]/–—-"
_NEAR, _BELOW = 5, 2
"""Lines below the title that count; lines below the first paragraph that do where the first of them names the writer: that is a lead."""
_MAX_TIMES = 2
"""Times of one line: published, updated."""
_LIKE_NAMES = 0.6
_Told = tuple[str, str, str]
"""A time as it is written, and what stands before and behind it up to the next sign."""


def find(
    lines: Sequence[str], title: str | None, body: str, stamps: Collection[int], *, lang: str | None, day_first: bool | None
) -> tuple[str | None, str | None]:
    """Who wrote the article of these lines (stripped; "" = blank), and when; None for what they do not state."""
    near = _near_title(lines, title, body)
    above, below = ([(lines[at], list(_times(lines[at], lang, day_first)) if at in stamps else []) for at in part] for part in near)
    told = above + below if _writer(below[:1], lang) else above
    return _writer(told, lang), _day([time for _, times in told for time in times], lang)


def _near_title(lines: Sequence[str], title: str | None, body: str) -> tuple[list[int], list[int]]:
    """The lines between the article's title and its first paragraph, and those below that; none where no title is shown."""
    first = body.partition("\n")[0]
    begin = lines.index(first) if first in lines else 0
    top = next((at for at in range(begin - 1, -1, -1) if title and lines[at].startswith(title)), begin)
    filled = [at for at in range(top + 1, min(begin + 2 * _BELOW + 1, len(lines))) if lines[at]] if top < begin else []
    return [at for at in filled if at < begin][:_NEAR], [at for at in filled if at > begin][:_BELOW]


def _times(line: str, lang: str | None, day_first: bool | None) -> Iterator[_Told]:
    """The times of a line; one without a year of its own is none."""
    for _ in range(_MAX_TIMES):
        stamp = dates.find(line, lang=lang, day_first=day_first)
        if stamp is None:
            return
        head, tail = _SIGN.split(line[: stamp.begin])[-1], _SIGN.split(line[stamp.end :])[0]
        if stamp.written and not stamp.relative:
            yield stamp.written, marks.without_fillers(head, "")[0].strip(_EDGES), tail.strip(_EDGES)
        line = line[stamp.end :]


def _day(times: Sequence[_Told], lang: str | None) -> str | None:
    """The time that is said to be the publication's; else the one that stands alone; else that of the last change."""
    found: dict[str, list[str]] = {"published": [], "alone": [], "updated": []}
    for written, before, behind in times:
        said = answers.plain(before)
        if kind := next((kind for kind in ("published", "updated") if said in _words(kind, lang)), None):
            found[kind].append(written)
        elif (not said or _named(before, lang, dated=True)) and _is_aside(behind, lang):
            found["alone"].append(written)
    if len({written[:10] for written in found["alone"]}) > 1:
        found["alone"] = []
    return next((kind[0] for kind in found.values() if kind), None)


def _is_aside(behind: str, lang: str | None) -> bool:
    """Whether what stands behind a time leaves it the article's: a counter, who wrote that, when it was changed."""
    rest = marks.without_fillers("", behind)[1].strip(_EDGES)
    if not any(map(str.isalpha, rest)) or marks.is_heading(rest) or _named(behind, lang, dated=True):
        return True
    return answers.plain(rest).startswith(tuple(_words("updated", lang)))


def _writer(near: Sequence[tuple[str, Sequence[_Told]]], lang: str | None) -> str | None:
    """The first name behind a word for who wrote, in lines with their times; such a word may be alone on the line before."""
    alone = {f"{word}{sign}" for word in _words("by", lang) | _words("label", lang) for sign in ("", ":")}
    lead = ""
    for line, times in near:
        if len(line) > template.MAX_STAMP_LINE:
            continue
        parts = [*(part for _, *beside in times for part in beside), *_SIGN.split(f"{lead}{line}")]
        if name := next(filter(None, (_named(part, lang, dated=bool(times)) for part in parts)), None):
            return name
        lead = f"{line.rstrip(' :')}: " if answers.plain(line) in alone else ""
    return None


def _named(text: str, lang: str | None, *, dated: bool) -> str | None:
    """The writer whom words name: "By Jane Roe, Reporter". A single word needs a colon before it, or a time on its line (`dated`)."""
    match = _by(lang).fullmatch(answers.plain(text))
    if match is None:
        return None
    name = re.split(r"[,(]", text[match.start("name") :], maxsplit=1)[0].strip(_EDGES)
    return name if (dated or match["colon"] or " " in name) and _is_written_as_name(name) else None


def _is_written_as_name(name: str) -> bool:
    """Whether each word begins with a capital, or joins names."""
    words = [word.strip("\"“”„«»'‘’") for word in name.split()]
    own = [word for word in words if word not in _JOINING]
    capital = words[:1] == own[:1] and all(word[:1].isupper() for word in own)
    return capital and not any(map(str.isdigit, name)) and evidence.name_likeness(" ".join(own)) >= _LIKE_NAMES


@cache
def _words(kind: str, lang: str | None) -> frozenset[str]:
    return frozenset(map(answers.plain, _RULES.get(lang or "", {}).get(kind, ())))


@cache
def _by(lang: str | None) -> re.Pattern[str]:
    by, label = _words("by", lang), _words("label", lang)
    if not by:
        return re.compile(r"(?!)")
    return re.compile(rf"(?:{answers.any_of(by | label)}(?P<colon>\s*:)\s*|{answers.any_of(by)}\s+)(?P<name>\S.*)")
