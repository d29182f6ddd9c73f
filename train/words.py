"""Known words of many languages: what st*rred letters and letters without their marks are read back from.

A release holds a list of words a language, the most common first (`words.json.gz`): those of its training rows, then those that a
public word-frequency list has beside them. A text is read with the list of the language whose common words it uses, which is told here:
letters are missing from it. Training itself reads texts without this: the model has to know what no list knows.

>>> words = Words({"en": "a foil fool what he is", "de": "ein für dich fall"})
>>> list(words.unstarred("What a f*ol he is"))
[(8, 9, 'o')]
>>> list(words.accented("Fur dich"))
[(0, 3, 'Für')]
"""

from __future__ import annotations

import gzip
import json
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

from train import word_pairs
from train.plain import WORD, bare
from train.word_pairs import RANK, UNKNOWN

_LEAST_TEXTS, _LEAST_OF_FEW, _FEW = 5, 3, 4_000
"""Texts that a word stands in, at least; in a language with no more rows than that, a word stands in fewer."""
_LONGEST = 16
_LEAST = 4
"""Letters of a starred word, hidden ones among them, and of a word whose marks are guessed."""
_HIDDEN = 0.5
"""Share of a word's letters that may be hidden: of "a***" anything could be the rest."""
_TELLING = 2_000
"""Words of a language that tell it from others."""
_HEARD = 60
"""Words of a text that are asked for its language."""
_SHARED = 8
"""Languages that a word speaks for: those that use it most."""
_TRIED = 4
"""Languages in which a starred word is looked for."""
_COVERED = 0.3
"""Share of a text's words that its language must know before marks are put on others."""
_CONTEXTS = ((3, 3), (2, 3), (3, 2), (2, 2), (1, 2), (2, 1), (1, 1))
"""Letters before and after a letter by which it is guessed in a word that no list has, the most telling first."""
_AMBIGUOUS = 0.5
"""Share of the words of a language's texts that can be read as several of its words, from which on pairs of words tell which it is."""
_OFTEN = 0.15
"""Share of a language's common words that have marks, from which on marks are guessed too: a text without any is rather missing them."""
_VOTES = 5
"""Places of known words that say which letter it is, the most common words first."""
_LETTER_AGREED, _MARK_AGREED = 0.5, 0.7
"""Share of them that must agree on a hidden letter, of which nothing is seen, and on a mark, without which the word can be read too."""
_GUESSED = 200
"""Words of a text that are guessed at most: a guess takes up to a millisecond."""
_CACHED = 4096
_STARRED = re.compile(r"(?<![\w*#])[^\W\d_]+(?:[*#_]{1,3}[^\W\d_]+){1,2}(?![\w*#])")
"""Stars inside, a letter at either end: *stressed* and #tags are none."""
_SIGN = re.compile(r"[*#_]")
_ASCII_WORD = re.compile(r"(?<!\w)[A-Za-z]+(?!\w)")
_MARKED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")


class Words:
    """`lists`: language -> its words in small letters, parted by spaces, the most common first; the languages with the most rows first.

    `pairs`: language -> which words follow which (`word_pairs.counted`), where most words without marks could be several.
    """

    def __init__(self, lists: Mapping[str, str], pairs: Mapping[str, Sequence[str]] | None = None) -> None:
        self.lists, self.pairs = lists, pairs or {}
        self._languages = {lang: _Language(words, self.pairs.get(lang, ())) for lang, words in lists.items()}
        weights = [math.log(UNKNOWN / rank) for rank in range(RANK, RANK + _TELLING)]
        telling: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for lang, language in self._languages.items():
            plain_words = dict.fromkeys(bare(" ".join(language.telling)).split(" "))  # all at once: a start would wait for a call each
            for plain, weight in zip(plain_words, weights, strict=False):
                telling[plain].append((weight, lang))
        self._telling = {plain: tuple(sorted(found, reverse=True)[:_SHARED]) for plain, found in telling.items()}

    @classmethod
    def of(cls, texts: Iterable[str], langs: Iterable[str], lists: Mapping[str, Iterable[str]]) -> Words:
        """The words of normalised texts by their languages, with those of `lists`, the most common first, behind."""
        rows: dict[str, list[str]] = defaultdict(list)
        for text, lang in zip(texts, langs, strict=True):
            rows[lang].append(text)
        found, pairs = {}, {}
        for lang in sorted({*rows, *lists}, key=lambda lang: (-len(rows[lang]), lang)):
            count = Counter(word for text in rows[lang] for word in set(WORD.findall(text.lower())) if len(word) <= _LONGEST)
            least = _LEAST_TEXTS if len(rows[lang]) > _FEW else _LEAST_OF_FEW
            common = sorted((word for word, number in count.items() if number >= least), key=lambda word: (-count[word], word))
            more = (word for word in lists.get(lang, ()) if len(word) <= _LONGEST and WORD.fullmatch(word))
            words = list(dict.fromkeys([*common, *more]))
            found[lang] = " ".join(words)
            if _share_ambiguous(count, words) >= _AMBIGUOUS:
                pairs[lang] = word_pairs.counted(rows[lang])
        return cls(found, pairs)

    @classmethod
    def read(cls, path: Path) -> Words:
        """The words of a file that `write` made. Raises OSError, EOFError, ValueError, zlib.error."""
        held = json.loads(gzip.decompress(path.read_bytes()))
        return cls(held["lists"], held["pairs"]) if "lists" in held else cls(held)  # a release from before there were pairs

    def write(self, path: Path) -> None:
        """The same bytes for the same words."""
        held = {"lists": self.lists, "pairs": self.pairs}
        path.write_bytes(gzip.compress(json.dumps(held, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0))

    def unstarred(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(begin, end, letter) for each sign that hides a letter: of the most common known word of the text's likeliest languages, else as
        words of the likeliest one have it between such letters."""
        langs: Sequence[str] | None = None
        guesses = 0
        for match in _STARRED.finditer(text):
            small = match.group().lower()
            if len(small) != len(match.group()) or len(_SIGN.findall(small)) > _HIDDEN * len(small):
                continue
            langs = langs or list(dict.fromkeys([*self._ranked(_heard(_STARRED.sub(" ", text))), *self.lists]))
            tried = list(islice((one for lang in langs if small[0] in (one := self._languages[lang]).letters), _TRIED))
            word = next((word for language in tried if (word := language.plain(small))), small)
            if word == small and tried and guesses < _GUESSED:
                word, guesses = tried[0].guessed(small), guesses + 1
            for sign in _SIGN.finditer(small):
                at, letter = match.start() + sign.start(), word[sign.start()]
                if letter.isalpha():
                    yield at, at + 1, letter.upper() if match.group().isupper() else letter

    def accented(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(begin, end, word) for each word that the text's language mostly writes with marks, in a text that has none at all.

        A word that its list lacks gets the marks that known ones have between such letters, in a language that writes many.
        """
        if _MARKED.search(text):
            return
        heard = _heard(text)
        lang = next(iter(self._ranked(heard)), None)
        if lang is None or self._known(heard, lang) < _COVERED:
            return
        language, guesses = self._languages[lang], 0
        matches = list(_ASCII_WORD.finditer(text)) if language.marks else []
        smalls = [match.group().lower() for match in matches]
        for match, small, known in zip(matches, smalls, language.spelled(smalls), strict=True):
            word = known
            if word == small and language.marks_often and guesses < _GUESSED and len(small) >= _LEAST and not language.knows(small):
                word, guesses = language.marked(small), guesses + 1
            if word != small:
                letters = (new.upper() if old.isupper() else new for old, new in zip(match.group(), word, strict=True))
                yield match.start(), match.end(), "".join(letters)

    def _ranked(self, heard: Iterable[str]) -> list[str]:
        """Languages that know one of the words at least, the likeliest first."""
        likelihood: dict[str, float] = defaultdict(float)
        for word in heard:
            for weight, lang in self._telling.get(word, ()):
                likelihood[lang] += weight
        return sorted(likelihood, key=likelihood.__getitem__, reverse=True)

    def _known(self, heard: Sequence[str], lang: str) -> float:
        """Share of the words that tell the language."""
        return sum(any(lang == other for _, other in self._telling.get(word, ())) for word in heard) / len(heard)


class _Language:
    """What is made of a list once it is asked for: most processes see few languages."""

    def __init__(self, words: str, pairs: Sequence[str]) -> None:
        self._words, self._pairs = words, pairs
        self.plain = lru_cache(_CACHED)(self._find)
        self.guessed = lru_cache(_CACHED)(self._guess)
        self.marked = lru_cache(_CACHED)(self._mark)

    @property
    def telling(self) -> list[str]:
        """Its common words."""
        return self._words.split(" ", _TELLING)[:_TELLING]

    @cached_property
    def letters(self) -> frozenset[str]:
        """Those of its common words."""
        return frozenset("".join(self.telling))

    @cached_property
    def marks(self) -> Mapping[str, str]:
        """Words without their marks -> the way that is most common, where that has marks."""
        found: dict[str, str] = {}
        for word in self._words.split():
            found.setdefault(bare(word), word)
        return {plain: word for plain, word in found.items() if plain != word and plain.isascii()}

    def spelled(self, plains: Sequence[str]) -> Sequence[str]:
        """The words of a text that is written without their marks."""
        return self._readings.spelled(plains) if self._pairs else [self.marks.get(plain, plain) for plain in plains]

    @cached_property
    def _readings(self) -> word_pairs.Pairs:
        return word_pairs.Pairs(self._words.split(), self._pairs)

    @cached_property
    def _texts(self) -> Mapping[int, str]:
        """One text a length: a search through it takes microseconds, where a table of all patterns would take tens of megabytes."""
        lists: dict[int, list[str]] = defaultdict(list)
        for word in self._words.split():
            lists[len(word)].append(word)
        return {length: "\n".join(["", *found, ""]) for length, found in lists.items() if length >= _LEAST}

    @cached_property
    def _text(self) -> str:
        """Every word with a line break before and behind."""
        return unicodedata.normalize("NFC", f" {self._words} ".replace(" ", "\n"))

    @cached_property
    def _bare(self) -> str:
        """The same without marks, letter for letter."""
        return bare(self._text)

    @cached_property
    def marks_often(self) -> bool:
        """Whether it writes many words with marks."""
        telling = self.telling
        return sum(bare(word) != word for word in telling) >= _OFTEN * len(telling)

    @cached_property
    def _markable(self) -> frozenset[str]:
        """Letters that a mark makes another letter here."""
        return frozenset(plain for plain, letter in set(zip(self._bare, self._text, strict=True)) if plain != letter and plain.isascii())

    def knows(self, plain: str) -> bool:
        """Whether a word that is written without its marks is one of the list."""
        return f"\n{plain}\n" in self._bare

    def _find(self, starred: str) -> str | None:
        """The word that a starred one stands for; None where no known one has its letters in these places."""
        found = re.search("\n" + _SIGN.sub(r"[^\\W\\d_]", starred) + "\n", self._texts.get(len(starred), ""))
        return found.group()[1:-1] if found else None

    def _guess(self, starred: str) -> str:
        """The word with each sign replaced by the letter that most of the known words have between such letters; a sign stays where they
        do not agree."""
        word = f"\n{starred}\n"
        for sign in _SIGN.finditer(word):
            for before, behind in _contexts(word, sign.start()):
                found = re.finditer(rf"{before}([^\W\d_]){behind}", self._text)
                if letter := _agreed((match[1] for match in found), _LETTER_AGREED):
                    word = word[: sign.start()] + letter + word[sign.end() :]
                    break
        return word[1:-1]

    def _mark(self, plain: str) -> str:
        """The word with the marks that most of the known words have on such letters between such letters."""
        word = f"\n{plain}\n"
        letters = [self._marked_letter(word, at) if letter in self._markable else letter for at, letter in enumerate(word)]
        return "".join(letters[1:-1])

    def _marked_letter(self, word: str, at: int) -> str:
        for before, behind in _contexts(word, at):
            places = [match.start() for match in islice(re.finditer(before + word[at] + behind, self._bare), _VOTES)]
            if places:
                return _agreed((self._text[place + len(before)] for place in places), _MARK_AGREED) or word[at]
        return word[at]


def _share_ambiguous(count: Mapping[str, int], words: Iterable[str]) -> float:
    """Share of a language's words, as often as they are counted, that are several without their marks."""
    readings = Counter(map(bare, words))
    return sum(number for word, number in count.items() if readings[bare(word)] > 1) / max(sum(count.values()), 1)


def _contexts(word: str, at: int) -> Iterator[tuple[str, str]]:
    """The letters before and behind a place, up to a sign, the widest first."""
    before, behind = _SIGN.split(word[:at])[-1], _SIGN.split(word[at + 1 :])[0]
    return ((before[-left:], behind[:right]) for left, right in _CONTEXTS if before and behind)


def _agreed(letters: Iterable[str], share: float) -> str | None:
    """The letter that so large a share of the first ones is."""
    votes = Counter(islice(letters, _VOTES))
    letter, count = votes.most_common(1)[0] if votes else ("", 0)
    return letter if count and count >= share * votes.total() else None


def _heard(text: str) -> list[str]:
    return [bare(match.group()) for match in islice(WORD.finditer(text.lower()), _HEARD)]
