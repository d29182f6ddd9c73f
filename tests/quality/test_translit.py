"""Reading back what was typed in Latin letters, on training rows: few false alarms in any language, most typed texts found.

`pytest -s tests/quality/test_translit.py` prints the figures. Rows are drawn evenly from every set: up to 3,000 of each language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from train import translit
from train.attacks import ATTACKS
from train.mask import mask

pytestmark = pytest.mark.quality

_MOST = 3000
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LETTER = re.compile(r"[^\W\d_]")
_LEAST_ROWS = 1000
_FALSE, _FALSE_OF_ALL = 0.002, 0.0002


@cache
def _texts(shared: Path) -> dict[str, list[str]]:
    """Language -> training texts, evenly over its sets."""
    texts: dict[str, list[str]] = defaultdict(list)
    for path in sorted((shared / "data" / "rows").glob("*.parquet")):
        table = pq.read_table(path, columns=["split", "lang", "text"]).to_pydict()
        for split, lang, text in zip(*table.values(), strict=True):
            if split == "train" and text:
                texts[lang].append(text)
    return {
        lang: [mask(found[at]) for at in np.linspace(0, len(found) - 1, min(_MOST, len(found))).astype(int)]
        for lang, found in texts.items()
    }


def test_few_genuine_texts_are_taken_for_typed_ones(shared: Path) -> None:
    false, count = {}, {}
    for lang, texts in _texts(shared).items():
        latin = [text for text in texts if not _CYRILLIC.search(text)]
        if lang not in translit.restore.LANGUAGES and len(latin) >= _LEAST_ROWS:
            false[lang], count[lang] = sum(bool(translit.edits(text)) for text in latin), len(latin)
    print(
        "false alarms:",
        {lang: (found, count[lang]) for lang, found in false.items() if found},
        sum(false.values()),
        "of",
        sum(count.values()),
    )
    assert len(count) > 30
    assert {lang: found for lang, found in false.items() if found > _FALSE * count[lang]} == {}
    assert sum(false.values()) <= _FALSE_OF_ALL * sum(count.values())


@pytest.mark.parametrize(("lang", "found", "words"), [("bg", 0.85, 0.91), ("ru", 0.885, 0.92), ("uk", 0.85, 0.93)])
def test_most_typed_texts_are_found_and_their_words_come_back(shared: Path, lang: str, found: float, words: float) -> None:
    texts = [text for text in _texts(shared)[lang] if len(_CYRILLIC.findall(text)) >= 0.8 * len(_LETTER.findall(text)) > 0][:1000]
    read = back = total = 0
    for text in texts:
        typed = ATTACKS["translit"].apply(text, lang, np.random.default_rng(0))
        edits = translit.edits(typed)
        read += bool(edits)
        for begin, end, new in reversed(edits):
            typed = typed[:begin] + new + typed[end:]
        pairs = list(zip(_words(text), _words(typed), strict=False))
        total += len(pairs)
        back += sum(one == other for one, other in pairs)
    print(f"{lang}: {read / len(texts):.3f} of {len(texts)} texts found, {back / total:.3f} of the words as they were")
    assert read / len(texts) >= found
    assert back / total >= words


def _words(text: str) -> list[str]:
    return text.lower().replace("ё", "е").split()
