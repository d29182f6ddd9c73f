"""How urgent a comment is: harm x uncertainty x waiting time, as one number that does not change while it waits.

urgency(now) = harm x (1 + uncertainty) x 2^(waiting / DOUBLES_MS). Its logarithm is `key + now / DOUBLES_MS`, and the second part is
the same for all comments: the key alone, stored once and indexed, puts them into the order that holds at any moment.

>>> key({"toxicity": {"threat": 0.9}}, 0) > key({"toxicity": {"insult": 0.9}}, 0)  # the greater harm first
True
>>> key({"toxicity": {"insult": 0.6}}, 0) > key({"toxicity": {"insult": 0.6}}, 1)  # of two alike, the one that waits longer
True
>>> key({"toxicity": {"insult": 0.4}}, 0) > key({"toxicity": {"threat": 0.4}}, 0, wordless=is_wordless("☕🐈"))  # what can be read first
True
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from labels.scores import Scores
from serve.store.tables import SCORES

DOUBLES_MS = 6 * 3_600_000
"""A comment becomes twice as urgent for every six hours that it waits."""
HARM = {
    "threat": 1.0,
    "severe_toxicity": 0.9,
    "identity_attack": 0.9,
    "sexually_explicit": 0.7,
    "toxicity": 0.6,
    "insult": 0.5,
    "profanity": 0.3,
}
"""What an output of toxicity weighs where it is certain: what can hurt a person goes before what is merely rude."""
_UNSCORED = 0.5
_WORDLESS = 0.1
"""What is left of the harm of a comment without a letter or digit. The model learned from words: of faces and hearts alone it says little,
and a person sees at once what they mean. They still wait for one, behind what can be read."""
_LEAST = 0.01


def key(scores: Scores, since: int, *, wordless: bool = False) -> float:
    """The comment with the greatest key is next. `since`: milliseconds since 1970 from when it waits. `wordless`: see `is_wordless`."""
    toxicity = scores.get("toxicity", {})
    if toxicity:
        harm, chance = max((weight * toxicity.get(name, 0.0), toxicity.get(name, 0.0)) for name, weight in HARM.items())
    else:
        harm, chance = (0.0, 0.0) if wordless else (_UNSCORED, 0.5)
    uncertainty = 1 - abs(2 * chance - 1)
    return math.log2(max(harm * (_WORDLESS if wordless else 1), _LEAST) * (1 + uncertainty)) - since / DOUBLES_MS


def is_wordless(text: str) -> bool:
    """Whether no letter and no digit of any script stands in it: emoji, signs, or nothing."""
    return not any(map(str.isalnum, text))


def measures(judged: Mapping[str, Any], text: str, since: int) -> dict[str, Any]:
    """The columns of `comments` that the desk sorts and filters by, of the columns of a version."""
    scores: Scores = judged["scores"]
    columns = {column: scores.get(head, {}).get(output) for name, column in SCORES.items() for head, output in [name.split(".")]}
    return {"lang": judged["lang"], "urgency": key(scores, since, wordless=is_wordless(text))} | columns
