"""A linear model over words and character n-grams: what the encoder has no rows or pieces enough to know, it remembers.

    features(texts, contexts)  ->  Features        the n-grams of each comment, as 32-bit hashes
    Table.logits(features)     ->  (comments, 17)  added to the encoder's logits by `train.calibration`

The table knows the n-grams that stand in many training rows and no other: rare ones would only be remembered by heart. All of a batch is
hashed at once with numpy: a text is an array of code points, an n-gram a window over it (after fastText, Joulin et al. 2017). Those of one
kind share a weight of 3 / sqrt(their number), so that long comments do not weigh more than short ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labels.scores import Context
from train.rows import Floats, Ints

_LENGTHS = (2, 3, 4, 5)
"""Of character n-grams; the space before and after a word counts as a character of it."""
_KINDS = ("characters", "words", "pairs", "target", "parent", "word with target")
_SCALE = 3.0
_MAX_CONTEXT_WORDS = 64
_SPACE, _BREAK = 32, 10
_BITS = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_MIX, _BASE, _SPREAD = (np.uint64(value) for value in (0x9E3779B97F4A7C15, 0x100000001B3, 0xD6E8FEB86659FD93))

Hashes = NDArray[np.uint64]
Keys = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Features:
    """`keys` (features,); `weights` (features,); those of comment i lie at `begins[i] : begins[i + 1]`, each once."""

    keys: Keys
    weights: Floats
    begins: Ints

    def __len__(self) -> int:
        return len(self.begins) - 1

    def known(self, keys: Keys) -> Features:
        """Those among the sorted `keys`, with their places there instead of the keys; the weights stay what they were among all."""
        if not len(keys):
            return Features(self.keys[:0], self.weights[:0], np.zeros_like(self.begins))
        places = np.minimum(np.searchsorted(keys, self.keys), len(keys) - 1)
        kept = keys[places] == self.keys
        counts = np.concatenate([[0], np.cumsum(kept)])
        return Features(places[kept].astype(np.uint32), self.weights[kept], counts[self.begins])


@dataclass(frozen=True, slots=True)
class Table:
    """`values` (keys, 17) of one byte each, with a `scale` (17,) per output, for the sorted `keys`."""

    keys: Keys
    values: NDArray[np.int8]
    scale: Floats
    targets: Hashes
    """Sorted hashes of the targets that training knew well: only words with these are looked up together with their target."""

    def features(self, texts: Sequence[str], contexts: Sequence[Context]) -> Features:
        return features(texts, contexts, self.targets)

    def logits(self, given: Features) -> Floats:
        """(comments, 17)."""
        given = given.known(self.keys)
        each = self.values[given.keys] * given.weights[:, None]
        found = np.zeros((len(given), self.values.shape[1]), np.float32)
        filled = np.flatnonzero(np.diff(given.begins))
        if len(filled):
            found[filled] = np.add.reduceat(each, given.begins[filled], axis=0)
        return found * self.scale

    def by_word(self, text: str, column: int) -> tuple[list[tuple[int, int]], Floats]:
        """The words of a text (half-open ranges) and what each adds to the logit of an output; pairs count half for either word."""
        spans, keys, owners, shares = _owned(text)
        places = np.minimum(np.searchsorted(self.keys, keys), max(len(self.keys) - 1, 0))
        if not len(keys) or not len(self.keys):
            return spans, np.zeros(len(spans), np.float32)
        values = self.values[places, column] * (self.keys[places] == keys) * self.scale[column] * shares
        return spans, np.bincount(owners, values, len(spans)).astype(np.float32)

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez_compressed(file, keys=self.keys, values=self.values, scale=self.scale, targets=self.targets)

    @classmethod
    def read(cls, path: Path) -> Table:
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["keys"], stored["values"], stored["scale"], stored["targets"])

    @classmethod
    def of(cls, keys: Keys, weights: Floats, targets: Hashes) -> Table:
        """Weights (keys, 17) rounded to a byte. A few far out are cut, so that the many keep their digits."""
        scale = np.maximum(np.quantile(np.abs(weights), 0.9999, axis=0), 1e-6).astype(np.float32) / 127
        return cls(keys, np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale, targets)


def features(texts: Sequence[str], contexts: Sequence[Context], targets: Hashes) -> Features:
    """Of normalised texts with their normalised contexts, all at once."""
    comment = _Words(texts)
    parts = [(0, *comment.grams()), (1, comment.rows, comment.hashes), (2, *comment.pairs())]
    # Most live comments come without a context, and one at a time: what is not there must cost nothing.
    if any(about := [_cut(context.target or context.title) for context in contexts]):
        target = _Words(about)
        whole = target.whole()
        known = np.isin(whole, targets)[comment.rows]
        parts.append((3, target.rows, target.hashes))
        parts.append((5, comment.rows[known], comment.hashes[known] * _BASE + whole[comment.rows[known]]))
    if any(answered := [_cut(context.parent) for context in contexts]):
        parent = _Words(answered)
        parts.append((4, parent.rows, parent.hashes))
    keys = _distinct(np.concatenate([_keys(kind, rows, hashes) for kind, rows, hashes in parts]))
    group = (keys >> _BITS).astype(np.int64)
    count = np.bincount(group, minlength=len(texts) * len(_KINDS))
    begins = np.searchsorted(group, np.arange(len(texts) + 1) * len(_KINDS))
    return Features((keys & _LOW).astype(np.uint32), (_SCALE / np.sqrt(count[group])).astype(np.float32), begins.astype(np.int64))


def _distinct(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The sorted keys, each once: `np.unique` puts them into a hash table first, which takes ten times as long."""
    keys.sort()
    first: NDArray[np.bool_] = np.concatenate([np.ones(min(len(keys), 1), bool), keys[1:] != keys[:-1]])
    return keys[first]


def known_targets(contexts: Sequence[Context], least: int) -> Hashes:
    """The sorted hashes of the targets under which at least `least` of the comments stand."""
    whole = _Words([_cut(context.target or context.title) for context in contexts]).whole()
    hashes, counts = np.unique(whole, return_counts=True)
    return hashes[(counts >= least) & (hashes > 0)]


class _Words:
    """Texts as one array of code points, cut into words at white space; `rows` and `hashes` (words,) of those with a letter or digit."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        joined = "\n".join(f" {' '.join(text.casefold().split())} " for text in texts)
        self.codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        broken = self.codes == _BREAK
        self.row = np.cumsum(broken)
        self.mixed = _mixed(self.codes)
        number = np.cumsum(broken | (self.codes == _SPACE))
        """Of the word that a character is part of: the spaces and breaks up to it."""
        at = np.flatnonzero(np.fromiter(map(str.isalnum, joined), bool, len(joined)))
        firsts = np.flatnonzero(np.diff(number[at], prepend=-1))
        starts = at[firsts]
        place = np.arange(len(at)) - np.repeat(firsts, np.diff(firsts, append=len(at)))
        self.rows = self.row[starts]
        self.number = number[starts]
        self._powers = _powers(max(int(place.max(initial=0)) + 1, *_LENGTHS))
        self.hashes = np.add.reduceat(self.mixed[at] * self._powers[place], firsts) if len(at) else np.empty(0, np.uint64)
        self._numbers = number

    def whole(self) -> Hashes:
        """(texts,): one hash for all words of a text; 0 for a text without any."""
        found = np.zeros(self.count, np.uint64)
        np.add.at(found, self.rows, _mixed(self.hashes))
        return found

    def grams(self) -> tuple[Ints, Hashes]:
        """(row, hash) of all character n-grams that lie within one word and the spaces around it."""
        rows, hashes = [], []
        for length in _LENGTHS:
            starts, found = self.windows(length)
            rows.append(self.row[starts])
            hashes.append(found)
        return np.concatenate(rows), np.concatenate(hashes)

    def windows(self, length: int) -> tuple[Ints, Hashes]:
        """The places at which an n-gram of this length begins, and its hash."""
        count = len(self.codes) - length + 1
        if count <= 0:
            return np.empty(0, np.int64), np.empty(0, np.uint64)
        first, last = self.codes[:count], self.codes[length - 1 :]
        whole = (first != _BREAK) & (last != _BREAK)
        if length > 2:
            whole &= self._numbers[length - 2 : length - 2 + count] == self._numbers[:count]  # neither space nor break between the two
        else:
            whole &= (first != _SPACE) | (last != _SPACE)
        starts = np.flatnonzero(whole)
        found = np.zeros(len(starts), np.uint64)
        for offset in range(length):
            found += self.mixed[starts + offset] * self._powers[offset]
        return starts, found + _times(_SPREAD, length)

    def pairs(self) -> tuple[Ints, Hashes]:
        """(row, hash) of each two words that follow each other."""
        same = self.rows[1:] == self.rows[:-1]
        return self.rows[1:][same], (self.hashes[:-1] * _SPREAD + self.hashes[1:])[same]

    def owner(self, starts: Ints) -> Ints:
        """The number of the word of each n-gram: one that begins with a space belongs to the word behind it."""
        return self._numbers[starts]


def _owned(text: str) -> tuple[list[tuple[int, int]], Keys, Ints, Floats]:
    """For one text: its words as ranges, and of each occurrence of a feature its key, its word, and its share of the weight."""
    spans, end = [], 0
    for word in text.split():
        begin = text.index(word, end)
        end = begin + len(word)
        spans.append((begin, end))
    words = _Words([text])
    starts, grams = (np.concatenate(parts) for parts in zip(*(words.windows(length) for length in _LENGTHS), strict=True))
    pairs = words.pairs()[1]
    zero = np.zeros
    keys = np.concatenate(
        [
            _keys(0, zero(len(grams), np.int64), grams),
            _keys(1, zero(len(words.hashes), np.int64), words.hashes),
            *[_keys(2, zero(len(pairs), np.int64), pairs)] * 2,
        ]
    )
    owners = np.concatenate([words.owner(starts), words.number, words.number[:-1], words.number[1:]]) - 1
    half = np.concatenate([np.ones(len(grams) + len(words.hashes)), np.full(2 * len(pairs), 0.5)])
    different, inverse, times = np.unique(keys, return_inverse=True, return_counts=True)
    kinds = (different >> _BITS).astype(np.int64)
    norm = _SCALE / np.sqrt(np.bincount(kinds, minlength=len(_KINDS)))[kinds]
    twice = np.where(kinds == 2, 2, 1)  # pairs stand in `keys` once for either word
    share = (norm * twice / times)[inverse] * half
    return spans, (keys & _LOW).astype(np.uint32), np.minimum(owners, len(spans) - 1), share.astype(np.float32)


def _cut(text: str | None) -> str:
    return " ".join((text or "").split()[:_MAX_CONTEXT_WORDS])


def _keys(kind: int, rows: Ints, hashes: Hashes) -> Hashes:
    """Row and kind above, the n-gram's 32 bits below: sorted, they stand by comment and kind."""
    spread = (hashes + _times(_MIX, kind)) * _SPREAD
    spread = (spread ^ (spread >> _BITS)) * _MIX
    return ((rows.astype(np.uint64) * np.uint64(len(_KINDS)) + np.uint64(kind)) << _BITS) | (spread >> _BITS)


def _mixed(values: np.ndarray) -> Hashes:
    spread = (values.astype(np.uint64) + np.uint64(1)) * _MIX
    return np.asarray(spread ^ (spread >> np.uint64(29)))


def _times(value: np.uint64, by: int) -> np.uint64:
    """The product modulo 2 ** 64; numpy warns of it for single numbers."""
    return np.uint64(int(value) * by % 2**64)


def _powers(count: int) -> Hashes:
    return np.cumprod(np.concatenate([[np.uint64(1)], np.full(max(count - 1, 0), _BASE)]), dtype=np.uint64)
