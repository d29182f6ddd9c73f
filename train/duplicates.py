"""Train rows that a dev part knows already, exactly or nearly, and train rows that stand twice in their set, are left out.

Letters and digits alone are compared, case does not count. Two texts are near duplicates when their runs of six letters overlap by a
Jaccard index of 0.8 or more: about one word in a sentence differs. MinHash bands find the pairs worth comparing, which are then compared
as they are. Texts under twenty letters are compared exactly only: one word makes another text of them.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from train.rows import Bools, Ints, Rows

_log = logging.getLogger(__name__)

_NOT_WORD = re.compile(r"\W+")
_NEAR = 0.8
_RUN = 6
_SHORTEST = 20
_BANDS, _WIDTH = 10, 3
"""A pair of Jaccard index j is compared with the chance 1 - (1 - j ** 3) ** 10: .9992 at .8, .00001 at .01."""
_LETTERS_AT_ONCE = 1 << 21

Hashes = NDArray[np.uint64]
_CHANCE = np.random.default_rng(6)
_FACTORS: Hashes = _CHANCE.integers(0, 1 << 63, _BANDS * _WIDTH + 2, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


def fingerprint(text: str) -> str:
    """What two texts share that differ in case, spaces and punctuation only."""
    return _NOT_WORD.sub("", text).casefold()


def apart_from(train: Rows, dev_texts: Iterable[str]) -> Rows:
    """The train rows, each once, that repeat no dev text, not even nearly. Texts without letters are kept."""
    train = train.take(np.flatnonzero(_first_of_their_kind(train)))
    prints = [fingerprint(text) for text in train.texts]
    dev = {fingerprint(text) for text in dev_texts} - {""}
    exact = np.array([one in dev for one in prints], bool)
    rest = sorted(set(compress(prints, ~exact)))
    near_ones = set(compress(rest, _near(rest, sorted(dev))))
    near = np.array([one in near_ones for one in prints], bool)
    for kind, found in (("exact", exact), ("near", near)):
        most = dict(Counter(train.sets[found].tolist()).most_common(5))
        _log.info("%d train rows are %s duplicates of dev rows, most of them in %s", found.sum(), kind, most)
    return train.take(np.flatnonzero(~exact & ~near))


def _first_of_their_kind(rows: Rows) -> Bools:
    """(rows,): False for a row that repeats an earlier one of its set: text, context, labels and marks."""
    labels = np.concatenate([part for head in rows.labels.values() for part in (head.targets, head.mask)], axis=1, dtype=np.float32)
    seen: set[tuple[object, ...]] = set()
    first = np.zeros(len(rows), bool)
    for row, key in enumerate(zip(rows.sets.tolist(), rows.texts, rows.contexts, rows.spans, map(bytes, labels), strict=True)):
        first[row] = key not in seen
        seen.add(key)
    _log.info("%d train rows stand twice in their set", (~first).sum())
    return first


def _near(texts: Sequence[str], others: Sequence[str]) -> Bools:
    """(texts,): whether a text is a near duplicate of one of the others."""
    near = np.zeros(len(texts), bool)
    theirs = _bands(others)
    size, other_size = (np.array([len(text) for text in given], np.int64) for given in (texts, others))
    for band, mine in enumerate(_bands(texts).T):
        wanted = np.flatnonzero(~near & (size >= _SHORTEST))
        for text, other in _meeting(mine, wanted, theirs[:, band], np.flatnonzero(other_size >= _SHORTEST)):
            near[text] = near[text] or _alike(texts[text], others[other])
    return near


def _meeting(mine: Hashes, wanted: Ints, theirs: Hashes, others: Ints) -> Iterator[tuple[int, int]]:
    """The pairs of a wanted text and another that have the same hash."""
    others = others[np.argsort(theirs[others], kind="stable")]
    begins, ends = (np.searchsorted(theirs[others], mine[wanted], side) for side in ("left", "right"))
    met = np.flatnonzero(ends > begins)
    for text, begin, end in zip(wanted[met].tolist(), begins[met].tolist(), ends[met].tolist(), strict=True):
        for other in others[begin:end].tolist():
            yield text, other


def _alike(text: str, other: str) -> bool:
    mine, theirs = _runs(text), _runs(other)
    both = len(mine & theirs)
    return both >= _NEAR * (len(mine) + len(theirs) - both)


@lru_cache(1 << 12)
def _runs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + _RUN] for at in range(len(text) - _RUN + 1))


def _bands(texts: Sequence[str]) -> Hashes:
    """(texts, bands): a hash of the least hashes of a text's runs; texts shorter than a run have zeros."""
    bands = np.zeros((len(texts), _BANDS), np.uint64)
    for rows in _portions(texts):
        bands[rows] = _least([texts[row] for row in rows.tolist()])
    return bands


def _portions(texts: Sequence[str]) -> Iterator[Ints]:
    """The numbers of the texts that have a run, some million letters at a time."""
    size = np.array([len(text) for text in texts], np.int64)
    size[size < _RUN] = 0
    portion = np.cumsum(size) // _LETTERS_AT_ONCE
    for one in np.unique(portion):
        if len(rows := np.flatnonzero((portion == one) & (size > 0))):
            yield rows


def _least(texts: Sequence[str]) -> Hashes:
    letters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    ends = np.cumsum([len(text) for text in texts])
    count = len(letters) - _RUN + 1
    runs = np.zeros(count, np.uint64)
    for at in range(_RUN):  # a polynomial of the six letters, its bits stirred
        runs = runs * _FACTORS[-1] + letters[at : at + count]
    runs = (runs ^ (runs >> np.uint64(29))) * _FACTORS[-2]
    runs ^= runs >> np.uint64(32)
    across = (ends[:-1, None] - np.arange(1, _RUN)).ravel()  # runs that begin in one text and end in the next
    bands = np.zeros((len(texts), _BANDS), np.uint64)
    begins = np.concatenate([[0], ends[:-1]])
    for number, factor in enumerate(_FACTORS[:-2]):
        hashes = runs * factor
        hashes[across] = np.iinfo(np.uint64).max
        bands[:, number // _WIDTH] = bands[:, number // _WIDTH] * _FACTORS[-1] + np.minimum.reduceat(hashes, begins)
    return bands
