"""Known words: what st*rred letters and letters without their marks are read back from.

A release holds the words that its training rows use (`words.json.gz`). Training itself reads texts without them: the model has to know
what no list knows.

>>> words = Words(["fool", "foil", "für"], {"fur": "für"})
>>> list(words.unstarred("What a f*ol and a foo_bar"))
[(8, 9, 'o')]
>>> list(words.accented("Fur dich"))
[(0, 3, 'Für')]
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

_LEAST_TEXTS = 5
"""Texts that a word stands in, at least."""
_LENGTHS = range(3, 17)
_STARRED_LEAST = 4
"""Letters, hidden ones among them."""
_HIDDEN = 0.5
"""Share of a word's letters that may be hidden: of "a***" anything could be the rest."""
_COMMONER = 2
"""How many times more texts have a word with its marks than without: "pero" may be one word without and another one with them."""
_CACHED = 4096
_WORD = re.compile(r"[^\W\d_]+")
_STARRED = re.compile(r"(?<![\w*#])[^\W\d_]+(?:[*#_]{1,3}[^\W\d_]+){1,2}(?![\w*#])")
"""Stars inside, a letter at either end: *stressed* and #tags are none."""
_SIGN = re.compile(r"[*#_]")
_ASCII_WORD = re.compile(r"(?<!\w)[A-Za-z]+(?!\w)")
_MARKED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_BARE = str.maketrans("đĐłŁ", "dDlL")  # letters that no mark makes


class Words:
    """`common`: words in small letters, the most common first; `marks`: words without their marks -> with them."""

    def __init__(self, common: Sequence[str], marks: Mapping[str, str]) -> None:
        self.common, self.marks = common, marks
        lists: dict[int, list[str]] = {length: [] for length in _LENGTHS if length >= _STARRED_LEAST}
        for word in common:
            if len(word) in lists:
                lists[len(word)].append(word)
        # One text a length: a search through it takes microseconds, where a table of all patterns would take tens of megabytes.
        self._texts = {length: "\n".join(["", *found, ""]) for length, found in lists.items()}
        self._plain = lru_cache(_CACHED)(self._find)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Words:
        """The words of normalised texts."""
        count: Counter[str] = Counter()
        for text in texts:
            count.update({word for word in _WORD.findall(text.lower()) if len(word) in _LENGTHS})
        common = sorted((word for word, number in count.items() if number >= _LEAST_TEXTS), key=lambda word: (-count[word], word))
        marks: dict[str, str] = {}
        for word in common:
            plain = bare(word) if _MARKED.search(word) else word
            if plain != word and plain.isascii() and count[word] >= _COMMONER * count[plain]:
                marks.setdefault(plain, word)
        return cls(common, marks)

    @classmethod
    def read(cls, path: Path) -> Words:
        """The words of a file that `write` made. Raises OSError, ValueError."""
        value = json.loads(gzip.decompress(path.read_bytes()))
        return cls(value["common"], value["marks"])

    def write(self, path: Path) -> None:
        """The same bytes for the same words."""
        value = json.dumps({"common": self.common, "marks": self.marks}, ensure_ascii=False, separators=(",", ":"))
        path.write_bytes(gzip.compress(value.encode(), mtime=0))

    def unstarred(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(begin, end, letter) for each sign that hides a letter of a known word; of several words the most common one."""
        for match in _STARRED.finditer(text):
            small = match.group().lower()
            if len(small) != len(match.group()) or (word := self._plain(small)) is None:
                continue
            shouted = match.group().isupper()
            for sign in _SIGN.finditer(small):
                at, letter = match.start() + sign.start(), word[sign.start()]
                yield at, at + 1, letter.upper() if shouted else letter

    def accented(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(begin, end, word) for each word that is more common with marks, in a text that has none at all."""
        if _MARKED.search(text):
            return
        for match in _ASCII_WORD.finditer(text):
            if word := self.marks.get(match.group().lower()):
                letters = (new.upper() if old.isupper() else new for old, new in zip(match.group(), word, strict=True))
                yield match.start(), match.end(), "".join(letters)

    def _find(self, starred: str) -> str | None:
        """The word that a starred one stands for; None where no known one has its letters in these places."""
        text = self._texts.get(len(starred))
        if text is None or len(_SIGN.findall(starred)) > _HIDDEN * len(starred):
            return None
        found = re.search("\n" + _SIGN.sub(r"[^\\W\\d_]", starred) + "\n", text)
        return found.group()[1:-1] if found else None


def bare(text: str) -> str:
    """Latin letters without their marks, as on a keyboard that has none; other scripts stay, where a mark makes another letter."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(_unmarked(char) if char > "\x7f" else char for char in composed).translate(_BARE)


def _unmarked(char: str) -> str:
    parts = unicodedata.normalize("NFD", char)
    return parts[0] if parts[0].isascii() and all(map(unicodedata.combining, parts[1:])) else char
