"""Logits -> probabilities that mean what they say, per output and language; numpy alone, used at inference.

Logits come side by side, 17 of each voice: the encoder, then the n-grams and the heads of languages where a release has them. With z_v the
logits of voice v, sigmoid outputs: p = sigmoid(sum of a_v z_v + b) (Platt). Softmax heads: p = softmax(sum of a_v z_v + b), one a_v per
head, one b per class (bias-corrected temperature scaling); classes that are rare among the rows count for more than they are there.
A language without rows enough uses the fit over all languages ("*").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from labels import schema
from train.rows import Floats

ALL = "*"
OUTPUTS = sum(len(head.outputs) for head in schema.HEADS)


@dataclass(frozen=True, slots=True)
class Map:
    """The sum of each voice's weight * logit, + shift, per column of one head."""

    weights: tuple[tuple[float, ...], ...]
    """(voices, columns)."""
    shift: tuple[float, ...]
    """(columns,)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    maps: Mapping[str, Mapping[str, Map]]
    """Head name -> language or "*" -> map; each head has "*"."""

    def apply(self, logits: Floats, langs: Sequence[str | None]) -> Floats:
        """(rows, 17) probabilities of (rows, 17 a voice) logits; `langs` (rows,) ISO 639-1 or None."""
        found = np.empty((len(logits), OUTPUTS), np.float32)
        if not len(logits):
            return found
        voices = logits.reshape(len(logits), -1, OUTPUTS)
        for head in schema.HEADS:
            at = schema.SLICES[head.name]
            found[:, at] = activate(head, mapped(self.maps[head.name], voices[:, :, at], langs))
        return found

    def to_json(self) -> dict[str, Any]:
        return {head: {lang: asdict(each) for lang, each in maps.items()} for head, maps in self.maps.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration:
        def read(each: Mapping[str, Any]) -> Map:
            return Map(tuple(map(tuple, each["weights"])), tuple(each["shift"]))

        return cls({head: {lang: read(each) for lang, each in maps.items()} for head, maps in value.items()})


def mapped(maps: Mapping[str, Map], logits: np.ndarray, langs: Sequence[str | None]) -> np.ndarray:
    """(rows, columns) of (rows, voices, columns) logits of one head, each row by the map of its language."""
    chosen = [maps.get(lang or ALL, maps[ALL]) for lang in langs]
    weights, shift = (np.array([getattr(each, name) for each in chosen], np.float64) for name in ("weights", "shift"))
    return np.asarray((logits * weights).sum(axis=1) + shift)


def identity(voices: int = 1) -> Calibration:
    """Leaves the sum of the voices' logits as it is: plain sigmoid and softmax."""
    ones = {head.name: (1.0,) * len(head.outputs) for head in schema.HEADS}
    return Calibration({name: {ALL: Map((one,) * voices, (0.0,) * len(one))} for name, one in ones.items()})


def activate(head: schema.Head, logits: np.ndarray) -> np.ndarray:
    """Sigmoid or softmax over the last axis, as the head says; stable for any finite logits."""
    if head.activation is schema.Activation.SIGMOID:
        return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
