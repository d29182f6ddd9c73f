"""Text as the model reads it, with a map back to the original; used in training and in inference alike.

STEPS, in this order: private parts masked, NFC, the backbone's own code point table, invisible characters dropped, spaces collapsed,
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
from collections.abc import Callable, Iterable, Mapping
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
_LONE = re.compile("[\ud800-\udfff]")
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

Edits = Iterable[tuple[int, int, str]]
"""(begin, end, replacement), in order, none over another."""
Step = Callable[[str, "Normaliser"], Edits]
"""What a step changes in the text that the steps before it have left."""


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
    """Holds the backbone's code point table: code point -> replacement (as `str.translate` takes it); and the words of a release.

    `steps`: what is done, in order; STEPS unless a measurement asks for less.
    """

    table: Mapping[int, str] = field(default_factory=dict)
    words: Words | None = None
    steps: tuple[Step, ...] = field(default_factory=lambda: STEPS)

    def __call__(self, text: str) -> str:
        """The normalised text alone."""
        return self.normalise(text).text

    def normalise(self, text: str) -> Normalised:
        """The normalised text with its map. Never fails; lone surrogates become U+FFFD."""
        draft = _Draft(text)
        for step in self.steps:
            draft.replace(step(draft.text, self))
        return draft.done()


class _Draft:
    """A text under edit; the map is made only once something has changed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] | None = None
        self._ends: list[int] | None = None

    def replace(self, edits: Edits) -> None:
        """Apply them; what leaves its place as it is counts for nothing."""
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


def _private(text: str, by: Normaliser) -> Edits:
    return mask.spans(text)


def _whole(text: str, by: Normaliser) -> Edits:
    return ((match.start(), match.end(), "\ufffd") for match in _LONE.finditer(text))


def _composed(text: str, by: Normaliser) -> Edits:
    """NFC, piece by piece: a piece is a starter with all that can compose with it."""
    if unicodedata.is_normalized("NFC", text):
        return ()
    cuts = [at for at, char in enumerate(text) if not unicodedata.combining(char) and not _JOINS.match(char)]
    bounds = [0, *[cut for cut in cuts if cut], len(text)]
    return [
        (begin, end, unicodedata.normalize("NFC", text[begin:end]))
        for begin, end in pairwise(bounds)
        if end - begin > 1 or begin + 1 == end
    ]


def _visible(text: str, by: Normaliser) -> Edits:
    return ((match.start(), match.end(), "") for match in _INVISIBLE.finditer(text))


def _translated(text: str, by: Normaliser) -> Edits:
    table = by.table
    return [(at, at + 1, table[code]) for at, code in enumerate(map(ord, text)) if code in table] if table else ()


def _collapsed(text: str, by: Normaliser) -> Edits:
    edits = []
    for match in _SPACES.finditer(text):
        edge = match.start() == 0 or match.end() == len(text)
        edits.append((match.start(), match.end(), "" if edge else " "))
    return edits


def _unspaced(text: str, by: Normaliser) -> Edits:
    """Four or more single letters with one and the same sign between them are one word."""
    return [(at, at + 1, "") for match in _SPACED.finditer(text) for at in range(match.start() + 1, match.end(), 2)]


def _cyrillic(text: str, by: Normaliser) -> Edits:
    return translit.edits(text)


def _unmasked_words(text: str, by: Normaliser) -> Edits:
    return [(match.start(), match.end(), plain) for match in _WORD.finditer(text) if (plain := _plain_word(match.group())) != match.group()]


def _hushed(text: str, by: Normaliser) -> Edits:
    """A shouted text in small letters; look-alikes are undone before, since small letters look less alike."""
    capitals = sum(map(str.isupper, text))
    letters = sum(map(str.isalpha, text)) if capitals >= _SHOUT_LETTERS * _SHOUT_SHARE else 0
    if letters < _SHOUT_LETTERS or capitals < letters * _SHOUT_SHARE:
        return []
    if _DOTTING.search(text):  # Turkish and its kin, where the capital of "i" has a dot
        text = text.translate(_DOTTED)
    return [(0, len(text), text.lower())]


def _kept(char: str) -> int:
    """How many of a long run of one character stay: a drawn-out letter is one letter, "!!!!!!" is "!!!"."""
    return 1 if char.isalpha() else _MAX_SIGNS


def _cut(text: str, by: Normaliser) -> Edits:
    return ((match.start() + _kept(match.group(1)), match.end(), "") for match in _REPEAT.finditer(text))


def _unstarred(text: str, by: Normaliser) -> Edits:
    return by.words.unstarred(text) if by.words else ()


def _accented(text: str, by: Normaliser) -> Edits:
    return by.words.accented(text) if by.words else ()


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


READ: tuple[Step, ...] = (_private, _whole, _composed, _translated, _collapsed)
"""What the backbone needs to read a text at all; nothing of an evasion is undone."""
STEPS: tuple[Step, ...] = (
    _private,
    _whole,
    _composed,
    _visible,
    _translated,
    _collapsed,
    _unspaced,
    _cyrillic,
    _unmasked_words,
    _hushed,
    _cut,
    _unstarred,
    _accented,
)
