"""Which words a text without marks means in a language where most can be read in several ways, as in Vietnamese: by the word before.

>>> pairs = Pairs(["tôi", "là", "lá", "người", "cây"], counted(["tôi là người"] * 3 + ["lá cây"] * 3))
>>> pairs.spelled(["toi", "la", "nguoi"]), pairs.spelled(["la", "cay"])
(['tôi', 'là', 'người'], ['lá', 'cây'])
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, pairwise
from operator import itemgetter

from train.plain import WORD, bare

_LEAST = 3
"""Times that a pair is seen, at least."""
_READINGS = 12
"""Ways to read a word that are tried: its most common ones."""
RANK, UNKNOWN = 10, 200_000
"""A word at place n of its list is as likely as 1 / (n + RANK), one that is not in it as the word at place UNKNOWN."""
_UNSEEN = -3.0
"""Logarithm of what a word loses that has not been seen behind the one before it."""


def counted(texts: Iterable[str]) -> list[str]:
    """A line for each word that others follow often, "tôi 900 là 120 không 80": how often it stands there, then each follower."""
    alone: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        words = WORD.findall(text.lower())
        alone.update(words)
        pairs.update(pairwise(words))
    lines: dict[str, list[str]] = defaultdict(list)
    for (first, second), count in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0])):
        if count >= _LEAST:
            lines[first].append(f"{second} {count}")
    return [" ".join([f"{first} {alone[first]}", *followers]) for first, followers in sorted(lines.items())]


class Pairs:
    """`words`: the language's own, the most common first; `lines`: as of `counted`."""

    def __init__(self, words: Iterable[str], lines: Iterable[str]) -> None:
        self._readings: dict[str, list[str]] = defaultdict(list)
        self._alone: dict[str, float] = {}
        for rank, word in enumerate(words, start=RANK):
            if len(plain := bare(word)) == len(word):
                self._readings[plain].append(word)
            self._alone[word] = _UNSEEN - math.log(rank)
        self._behind: dict[str, Mapping[str, float]] = {}
        for line in lines:
            first, total, *rest = line.split()
            counts = zip(rest[::2], map(int, rest[1::2]), strict=True)
            self._behind[first] = {second: math.log(count / (int(total) + 1)) for second, count in counts}

    def spelled(self, plains: Sequence[str]) -> list[str]:
        """The likeliest words of a text that writes them so (Viterbi, 1967); one that the list lacks stays as it is."""
        best: dict[str, tuple[float, _Path]] = {"": (0.0, None)}
        for plain in plains:
            readings = [*islice(self._readings.get(plain, ()), _READINGS)] or [plain]
            best = {word: self._reached(word, best) for word in readings}
        found, path = [], max(best.values(), key=itemgetter(0))[1]
        while path:
            word, path = path
            found.append(word)
        return found[::-1]

    def _reached(self, word: str, best: Mapping[str, tuple[float, _Path]]) -> tuple[float, _Path]:
        """The likeliest way to a word by those before it: its logarithm and its words."""
        alone = self._alone.get(word, _UNSEEN - math.log(UNKNOWN))
        value, path = max(
            ((before + self._behind.get(first, {}).get(word, alone), path) for first, (before, path) in best.items()), key=itemgetter(0)
        )
        return value, (word, path)


_Path = tuple[str, "_Path"] | None
"""The last word of a way, and the way to it."""
