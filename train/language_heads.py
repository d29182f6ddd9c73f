"""A toxicity head of its own for each language, over what the shared one sees: what counts as an insult differs from language to language.

    LanguageHeads.logits(features, langs)  ->  (comments, 17)  a third voice beside the encoder's and the n-grams' (`train.calibration`)

`features` of a comment: the pooled states of the toxicity head, and the n-grams' toxicity logits where a release has them. A language
without rows enough is read by the head over all languages ("*"). Fitted by `train.fit_heads`; numpy alone here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labels import schema
from train.calibration import ALL, OUTPUTS
from train.rows import Floats

AT = schema.SLICES[schema.TOXICITY.name]
"""The columns of toxicity among the 17; the others are 0."""


@dataclass(frozen=True, slots=True)
class LanguageHeads:
    """`values` (languages, features + 1, outputs of toxicity), float16: weights for features of mean 0 and spread 1, then the bias."""

    languages: tuple[str, ...]
    """"*" first."""
    values: np.ndarray
    mean: Floats
    spread: Floats
    """Both (features,), of the rows that it was fitted on."""

    def logits(self, features: Floats, langs: Sequence[str | None]) -> Floats:
        """(comments, 17) of (comments, features); `langs` (comments,) ISO 639-1 or None."""
        given = (features - self.mean) / self.spread
        places = {lang: place for place, lang in enumerate(self.languages)}
        chosen = np.array([places.get(lang or ALL, 0) for lang in langs], np.int64)
        found = np.zeros((len(given), OUTPUTS), np.float32)
        for place in np.unique(chosen).tolist():
            rows = chosen == place
            weights = self.values[place].astype(np.float32)
            found[rows, AT] = given[rows] @ weights[:-1] + weights[-1]
        return found

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, languages=np.array(self.languages), values=self.values, mean=self.mean, spread=self.spread)

    @classmethod
    def read(cls, path: Path) -> LanguageHeads:
        """Raises OSError, ValueError, KeyError."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(tuple(stored["languages"].tolist()), stored["values"], stored["mean"], stored["spread"])
