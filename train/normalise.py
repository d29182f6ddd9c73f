"""Text as the model reads it, with a map back to the original; used in training and in inference alike.

Steps, in this order: private parts masked, NFC, the backbone's own code point table, invisible characters dropped, spaces collapsed,
s p a c e d words joined, Cyrillic typed in Latin letters read back (`train.translit`), look-alike letters and leetspeak undone inside a
word, a SHOUTED text lower-cased, long repeats cut, st*rred letters and missing marks read back from known words (`train.words`).
The case of any other text is kept.
The tables are data (`lookalikes.toml`; the code point table is stored in the release).

>>> Normaliser().normalise("дeбил").text == "дебил"
True
>>> Normaliser().normalise("You  are an i d i o t!!!!!!").text
'You are an idiot!!!'
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import pairwise

from train import mask, translit
from train.words import Words

_TABLES = tomllib.loads(files("train").joinpath("lookalikes.toml").read_text(encoding="utf-8"))
TO_CYRILLIC: Mapping[str, str] = _TABLES["latin_cyrillic"]
TO_LATIN = {cyrillic: latin for latin, cyrillic in TO_CYRILLIC.items()} | _TABLES["cyrillic_only_visual"]
_GREEKTO_LATIN: Mapping[str, str] = _TABLES["greek_latin"]
LEET: Mapping[str, str] = _TABLES["leet"]

# Zero-width, bidi controls, soft hyphen, variation selectors, tags and other format or control characters: drawn as nothing.
# ZWNJ and ZWJ are not among them: the code point table decides (Persian and Indic scripts need them as a break).
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:[@$]+[^\W_]+)*")
_SPACED = re.compile(r"(?<!\w)[^\W\d_]([ .*_-])[^\W\d_](?:\1[^\W\d_]){2,}(?!\w)")
_RUN = re.compile(r"(?<=[^\W\d_])[" + re.escape("".join(LEET)) + r"]{1,3}(?=[^\W\d_])")
_REPEAT = re.compile(r"(\S)\1{3,}")
"""Four or more: III, ООО and WWW are words."""
_LATIN, _CYRILLIC, _GREEK = (
    re.compile(r"[A-Za-z\u00c0-\u024f]"),
    re.compile(r"[\u0400-\u052f]"),
    re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"),
)
_MAX_SIGNS = 3
_SHOUT_LETTERS, _SHOUT_SHARE = 8, 0.7
"""A text of so many letters, so large a share of them capitals, is shouted."""
_DOTTED = str.maketrans("Iİ", "ıi")
_DOTTING = re.compile("[İĞ]")
# Combining marks and conjoining Hangul jamo compose with what stands before them.
_JOINS = re.compile("[\u1160-\u11ff]")


@dataclass(frozen=True, slots=True)
class Normalised:
    text: str
    starts: tuple[int, ...]
    """For each character of `text`: where in the original the characters that it stands for begin."""
    ends: tuple[int, ...]
    """The same, where they end (half-open)."""

    def original(self, begin: int, end: int) -> tuple[int, int]:
        """The half-open range of the original that `text[begin:end]` stands for; an empty range stays empty."""
        if begin >= end:
            at = self.starts[begin] if begin < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return at, at
        return min(self.starts[begin:end]), max(self.ends[begin:end])


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Holds the backbone's code point table: code point -> replacement (as `str.translate` takes it); and the words of a release."""

    table: Mapping[int, str] = field(default_factory=dict)
    words: Words | None = None

    def __call__(self, text: str) -> str:
        """The normalised text alone."""
        return self.normalise(text).text

    def normalise(self, text: str) -> Normalised:
        """The normalised text with its map. Never fails; lone surrogates become U+FFFD."""
        draft = _Draft(text)
        draft.replace(mask.spans(text))
        draft.replace((match.start(), match.end(), "\ufffd") for match in re.finditer("[\ud800-\udfff]", draft.text))
        if not unicodedata.is_normalized("NFC", draft.text):
            draft.replace(_composed(draft.text))
        draft.replace((match.start(), match.end(), "") for match in _INVISIBLE.finditer(draft.text))
        draft.replace(self._translated(draft.text))
        draft.replace(_collapsed(draft.text))
        draft.replace(_unspaced(draft.text))
        draft.replace(translit.edits(draft.text))
        draft.replace(_unmasked_words(draft.text))
        draft.replace(_hushed(draft.text))
        draft.replace((match.start() + _kept(match.group(1)), match.end(), "") for match in _REPEAT.finditer(draft.text))
        if self.words:
            draft.replace(self.words.unstarred(draft.text))
            draft.replace(self.words.accented(draft.text))
        return draft.done()

    def _translated(self, text: str) -> Iterable[tuple[int, int, str]]:
        table = self.table
        return [(at, at + 1, table[code]) for at, code in enumerate(map(ord, text)) if code in table] if table else ()


class _Draft:
    """A text under edit; the map is made only once something has changed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] | None = None
        self._ends: list[int] | None = None

    def replace(self, edits: Iterable[tuple[int, int, str]]) -> None:
        """Apply (begin, end, replacement) edits, which are in order and do not overlap."""
        edits = [edit for edit in edits if self.text[edit[0] : edit[1]] != edit[2]]
        if not edits:
            return
        old_starts, old_ends = self._maps()
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for begin, end, new in edits:
            parts += (self.text[done:begin], new)
            starts += old_starts[done:begin]
            ends += old_ends[done:begin]
            if end - begin == len(new):  # letter for letter
                starts += old_starts[begin:end]
                ends += old_ends[begin:end]
            else:
                starts += [old_starts[begin]] * len(new)
                ends += [old_ends[end - 1]] * len(new)
            done = end
        self.text = "".join([*parts, self.text[done:]])
        self._starts, self._ends = starts + old_starts[done:], ends + old_ends[done:]

    def _maps(self) -> tuple[list[int], list[int]]:
        if self._starts is None or self._ends is None:
            self._starts, self._ends = list(range(len(self.text))), list(range(1, len(self.text) + 1))
        return self._starts, self._ends

    def done(self) -> Normalised:
        starts, ends = self._maps()
        return Normalised(self.text, tuple(starts), tuple(ends))


def _composed(text: str) -> list[tuple[int, int, str]]:
    """NFC, piece by piece: a piece is a starter with all that can compose with it."""
    cuts = [at for at, char in enumerate(text) if not unicodedata.combining(char) and not _JOINS.match(char)]
    bounds = [0, *[cut for cut in cuts if cut], len(text)]
    return [
        (begin, end, unicodedata.normalize("NFC", text[begin:end]))
        for begin, end in pairwise(bounds)
        if end - begin > 1 or begin + 1 == end
    ]


def _kept(char: str) -> int:
    """How many of a long run of one character stay: a drawn-out letter is one letter, "!!!!!!" is "!!!"."""
    return 1 if char.isalpha() else _MAX_SIGNS


def _collapsed(text: str) -> list[tuple[int, int, str]]:
    edits = []
    for match in _SPACES.finditer(text):
        edge = match.start() == 0 or match.end() == len(text)
        edits.append((match.start(), match.end(), "" if edge else " "))
    return edits


def _unspaced(text: str) -> list[tuple[int, int, str]]:
    """Four or more single letters with one and the same sign between them are one word."""
    return [(at, at + 1, "") for match in _SPACED.finditer(text) for at in range(match.start() + 1, match.end(), 2)]


def _unmasked_words(text: str) -> list[tuple[int, int, str]]:
    return [(match.start(), match.end(), plain) for match in _WORD.finditer(text) if (plain := _plain_word(match.group())) != match.group()]


def _hushed(text: str) -> list[tuple[int, int, str]]:
    """A shouted text in small letters; look-alikes are undone before, since small letters look less alike."""
    capitals = sum(map(str.isupper, text))
    letters = sum(map(str.isalpha, text)) if capitals >= _SHOUT_LETTERS * _SHOUT_SHARE else 0
    if letters < _SHOUT_LETTERS or capitals < letters * _SHOUT_SHARE:
        return []
    if _DOTTING.search(text):  # Turkish and its kin, where the capital of "i" has a dot
        text = text.translate(_DOTTED)
    return [(0, len(text), text.lower())]


def _plain_word(word: str) -> str:
    """The word with leetspeak read as letters and with letters of one script only; a word of one script is left alone."""
    if not word.isalpha():
        word = _RUN.sub(lambda run: "".join(LEET[sign] for sign in run.group()), word)
    if word.isascii():
        return word
    latin, cyrillic, greek = (len(script.findall(word)) for script in (_LATIN, _CYRILLIC, _GREEK))
    if greek and latin > greek:
        return "".join(_GREEKTO_LATIN.get(char, char) for char in word)
    if not latin or not cyrillic:
        return word
    table = TO_CYRILLIC if cyrillic >= latin else TO_LATIN
    plain = "".join(table.get(char, char) for char in word)
    other = _LATIN if cyrillic >= latin else _CYRILLIC
    return word if other.search(plain) else plain  # half a word is worse than none: "iPhone-ът", "4K-телевизор"
