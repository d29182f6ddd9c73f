"""The article in the lines of a crawl's plain text: its title and its paragraphs, without menu, teasers and page foot.

A paragraph is a line that ends as a sentence does. The article begins at the first one and ends before the first sign of something else:
an end mark ("Read also"), a line alone with a time, a short line that the page repeats as it does for every teaser.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from seeds import marks
from seeds.dates import Stamp

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'“”»«’)\]]*$")
_MIN_PARAGRAPH, _MAX_TITLE, _MIN_TITLE = 40, 220, 12
_SHORT = 60
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|mp4)", re.IGNORECASE)
_CRUMBS = re.compile(r"\s[»›>/|]\s")
_TITLE_REACH = 14


def split(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> tuple[str | None, str]:
    """Title (None where none is shown) and text of the article in these lines (stripped; "" = blank)."""
    begin = next((at for at, line in enumerate(lines) if _is_paragraph(line)), None)
    if begin is None:
        filled = [line for line in lines if line]
        return None, "\n".join(filled)
    end = _end(lines, stamps, begin)
    title = _title(lines[:begin], lines[begin:end], stamps)
    body = [line for line in lines[begin:end] if line and line != title and not _is_furniture(line)]
    return title, "\n".join(dict.fromkeys(body))


def _is_paragraph(line: str) -> bool:
    return len(line) >= _MIN_PARAGRAPH and _SENTENCE_END.search(line) is not None


def _end(lines: Sequence[str], stamps: Mapping[int, Stamp], begin: int) -> int:
    """The line behind the last paragraph that stands before the first foreign line."""
    times = Counter(line for line in lines if 0 < len(line) <= _SHORT)
    last = begin
    for at in range(begin, len(lines)):
        line = lines[at]
        if at > begin and (marks.is_end(line) or _is_stamp_alone(line, stamps.get(at)) or _is_teaser(line, times)):
            return last + 1
        if _is_paragraph(line):
            last = at
    return last + 1


def _is_teaser(line: str, times: Mapping[str, int]) -> bool:
    """A short line that stands three times on the page: "Details", a section's name."""
    return times.get(line, 0) > 2 and not _is_paragraph(line) and not _is_furniture(line)


def _is_stamp_alone(line: str, stamp: Stamp | None) -> bool:
    return stamp is not None and len(line) - (stamp.end - stamp.begin) <= 3  # signs beside it


def _is_furniture(line: str) -> bool:
    return _FILE_NAME.fullmatch(line) is not None or marks.is_button(line) or marks.credit_of(line) == 0


def _title(before: Sequence[str], body: Sequence[str], stamps: Mapping[int, Stamp]) -> str | None:
    """The line above the article that shares most words with it, the longer one of equals; a photo credit at its end is cut."""
    words = Counter(word for line in body for word in _words(line))
    best: tuple[float, int, str] | None = None
    for at in range(max(len(before) - _TITLE_REACH, 0), len(before)):
        line = before[at]
        if not _MIN_TITLE <= len(line) <= _MAX_TITLE or at in stamps or _CRUMBS.search(line) or marks.is_heading(line):
            continue
        line = line[: marks.credit_of(line)].strip()
        found = _words(line)
        if len(found) < 2:
            continue
        value = sum(word in words for word in found) / len(found) + min(len(found), 8) / 16
        if best is None or value >= best[0]:
            best = (value, at, line)
    return None if best is None else best[2]


def _words(line: str) -> list[str]:
    return [word[:6] for word in re.findall(r"[^\W\d_]{3,}", line.casefold())]
