"""Crawl text of our own in eleven languages: reply marks, orders, buttons, teasers.

`pytest -s tests/quality/test_seeds_crawl_texts.py` prints the figures of each text. The issue's aim on texts of this kind is .80. The texts
4 to 22 were written by somebody who did not see the parser, eleven at a time. What each eleven showed at first sight is in docs/log.md;
then they were used to mend. Those that are set aside nobody looked at when mending.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.quality import crawl_texts

MEASURED = [("aside", 0.911), ("not aside", 0.972)]


def test_each_language_has_twenty_two_texts() -> None:
    texts = crawl_texts.texts()
    assert Counter(text.name[:2] for text in texts) == dict.fromkeys(["bg", "uk", "ro", "vi", "ru", "pl", "de", "en", "tr", "es", "el"], 22)
    assert sum(text.aside for text in texts) == 42
    for text in texts:
        assert len(text.comments) >= 4
        assert all(each["reply_to"] is None or 0 < int(each["reply_to"]) <= len(text.comments) for each in text.comments)


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize(("part", "measured"), MEASURED)
def test_exact_f1_does_not_fall(part: str, measured: float) -> None:
    texts = [text for text in crawl_texts.texts() if text.aside is (part == "aside")]
    print(f"\n{crawl_texts.table(texts)}")
    assert crawl_texts.figures(texts)["exact"] >= measured - 0.003
