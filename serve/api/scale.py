"""The scale of Perspective: its scores were calibrated where half of the comments are positive, ours on rows where fewer are.

Thresholds that a site has set there (Coral's .8, say) keep their sense when a score's log odds move by those of the share of positives
that our calibration was fitted on. The release says that share of each output, in each language that has enough rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from labels.scores import Scored
from train.release import Manifest

_PLACES = 7
Priors = Mapping[str, Mapping[str, float]]
"""`head.output` -> language or "*" -> share of positives."""


def priors(manifest: Manifest, *, balanced: bool = True) -> Priors:
    """The release's shares; none where it tells none, or where scores are to stay as they are."""
    found: Priors = getattr(manifest, "priors", {})
    return found if balanced else {}


def value(scored: Scored, path: str, shares: Priors) -> float | None:
    """The score of an output (`head.output`) on the scale of Perspective, rounded; None where the comment has none."""
    head, _, output = path.partition(".")
    found = scored.scores.get(head, {}).get(output)
    if found is None:
        return None
    by_language = shares.get(path, {})
    # Rounded here: whoever compares it with a threshold must compare what the answer shows.
    return round(shifted(found, by_language.get(scored.lang or "*", by_language.get("*", 0.5))), _PLACES)


def shifted(probability: float, prior: float) -> float:
    """A probability that holds where a share `prior` is positive, as it is where half is."""
    if not 0 < prior < 1 or not 0 < probability < 1 or prior == 0.5:
        return probability
    odds = probability / (1 - probability) * (1 - prior) / prior
    return odds / (1 + odds)
