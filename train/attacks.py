"""How people write past a filter: each attack changes a text that a reader still reads as it was meant.

The same functions teach the model (`augmented`, a share of the training rows) and measure it (`train.probes`). The normaliser undoes
what can be undone with certainty (`train.normalise`); the rest, such as Bulgarian typed in Latin letters, the model has to know.

>>> ATTACKS["zero_width"].apply("idiot", "en", np.random.default_rng(0)) != "idiot"
True
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from types import MappingProxyType

import numpy as np

from train import plain
from train.normalise import LEET, TO_CYRILLIC, TO_LATIN
from train.rows import Rows

_TABLES = tomllib.loads(files("train").joinpath("attacks.toml").read_text(encoding="utf-8"))
_WORD = re.compile(r"[^\W\d_]{4,}")
_WORDS = 0.5
"""Share of the words of four letters or more that an attack on words changes; at least one."""
_FANCY = tuple(
    {ord("A") + at: capitals + at for at in range(26)} | {ord("a") + at: small + at for at in range(26)}
    for capitals, small in ((0xFF21, 0xFF41), (0x1D400, 0x1D41A), (0x1D4D0, 0x1D4EA))
)
"""Full width, mathematical bold, bold script: alphabets without a gap."""
_UNLEET = {twin: sign for sign, letter in LEET.items() for twin in (letter, TO_CYRILLIC.get(letter, letter))}

Apply = Callable[[str, str, np.random.Generator], str]
"""(text, language, chance) -> the text as it would be written; unchanged where the attack does not apply."""


@dataclass(frozen=True, slots=True)
class Attack:
    meaning: str
    apply: Apply
    taught: bool = True
    """Training draws it (`augmented`). What came later is measured alone, so that the runs before it can be repeated."""


def augmented(rows: Rows, share: float, seed: int) -> Rows:
    """The rows with `share` of their texts attacked, each by one taught attack drawn anew; rows with marked spans keep theirs."""
    rng = np.random.default_rng([seed, 7])
    kinds = [attack for attack in ATTACKS.values() if attack.taught]
    texts = list(rows.texts)
    for row in np.flatnonzero(rng.random(len(rows)) < share).tolist():
        if rows.spans[row] is None:
            texts[row] = kinds[rng.integers(len(kinds))].apply(texts[row], str(rows.langs[row]), rng)
    return replace(rows, texts=texts)


def _words(change: Callable[[str, np.random.Generator], str]) -> Apply:
    """An attack on single words: half of them, at least one."""

    def apply(text: str, _: str, rng: np.random.Generator) -> str:
        found = list(_WORD.finditer(text))
        if not found:
            return text
        chosen = set(rng.permutation(len(found))[: max(1, round(_WORDS * len(found)))].tolist())
        parts, done = [], 0
        for at, match in enumerate(found):
            if at in chosen:
                parts += [text[done : match.start()], change(match.group(), rng)]
                done = match.end()
        return "".join([*parts, text[done:]])

    return apply


def _lookalike(word: str, rng: np.random.Generator) -> str:
    """One letter in three, never the most, drawn by the twin of another script."""
    places = [at for at, char in enumerate(word) if char in TO_CYRILLIC or char in TO_LATIN]
    letters = list(word)
    for at in rng.permutation(places)[: max(1, len(word) // 3)].astype(int).tolist() if places else ():
        letters[at] = TO_CYRILLIC.get(letters[at]) or TO_LATIN[letters[at]]
    return "".join(letters)


def _leet(word: str, _: np.random.Generator) -> str:
    return word[0] + "".join(_UNLEET.get(char, char) for char in word[1:-1]) + word[-1]


def _spaced(word: str, rng: np.random.Generator) -> str:
    return str(rng.choice(list(" .-*"))).join(word)


def _repeated(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word)))
    return word[:at] + word[at] * int(rng.integers(3, 7)) + word[at:]


def _zero_width(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word)))
    return word[:at] + str(rng.choice(["\u200b", "\u2060", "\u00ad", "\u202c", "\ufeff"])) + word[at:]


def _starred(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word) - 1))
    return word[:at] + str(rng.choice(list("*#_"))) + word[at + 1 :]


def _fancy(word: str, rng: np.random.Generator) -> str:
    return word.translate(_FANCY[rng.integers(len(_FANCY))])


def _translit(text: str, lang: str, _: np.random.Generator) -> str:
    table: Mapping[str, str] = _TABLES["latin"] | _TABLES.get(f"latin_{lang}", {})
    return "".join(_cased(char, table.get(char.lower(), char)) for char in text)


def _cased(char: str, latin: str) -> str:
    return latin.capitalize() if char.isupper() else latin


def _unaccented(text: str, _: str, __: np.random.Generator) -> str:
    return plain.bare(text)


ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "lookalike": Attack("letters of another script that look alike", _words(_lookalike)),
        "leet": Attack("digits and signs for letters", _words(_leet)),
        "spaced": Attack("s p a c e d letters", _words(_spaced)),
        "repeated": Attack("a letter drawn ooout", _words(_repeated)),
        "zero_width": Attack("invisible characters inside words", _words(_zero_width)),
        "starred": Attack("one letter st*rred out", _words(_starred)),
        "upper": Attack("ALL CAPITALS", lambda text, _lang, _rng: text.upper()),
        "translit": Attack("Cyrillic typed in Latin letters", _translit),
        "unaccented": Attack("Latin letters without their marks", _unaccented),
        "fancy": Attack("Latin letters in full width, bold or script", _words(_fancy), taught=False),
    }
)
