"""Logits -> probabilities that mean what they say, per output and language; numpy alone, used at inference.

Logits come side by side: the encoder's 17, then the n-grams' 17 where a release has them. Sigmoid outputs: p = sigmoid(a z + a' z' + b)
(Platt). Softmax heads: p = softmax(a z + a' z' + b), one a and a' per head, one b per class (bias-corrected temperature scaling).
A language without rows enough uses the fit over all languages ("*").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labels import schema
from train.rows import Floats

ALL = "*"
OUTPUTS = sum(len(head.outputs) for head in schema.HEADS)


@dataclass(frozen=True, slots=True)
class Map:
    """scale * logit + beside * n-grams' logit + shift, per column of one head."""

    scale: tuple[float, ...]
    shift: tuple[float, ...]
    beside: tuple[float, ...] = ()
    """Empty: there are no n-grams."""


@dataclass(frozen=True, slots=True)
class Calibration:
    maps: Mapping[str, Mapping[str, Map]]
    """Head name -> language or "*" -> map; each head has "*"."""

    def apply(self, logits: Floats, langs: Sequence[str | None]) -> Floats:
        """(rows, 17) probabilities of (rows, 17) or (rows, 34) logits; `langs` (rows,) ISO 639-1 or None."""
        found = np.empty((len(logits), OUTPUTS), np.float64)
        for head in schema.HEADS:
            at = schema.SLICES[head.name]
            maps = self.maps[head.name]
            chosen = [maps.get(lang or ALL, maps[ALL]) for lang in langs]
            shape = (len(logits), len(head.outputs))
            scale, shift = (np.array([getattr(each, name) for each in chosen], np.float64).reshape(shape) for name in ("scale", "shift"))
            given = logits[:, at] * scale + shift
            if logits.shape[1] > OUTPUTS:
                beside = np.array([each.beside or (0.0,) * shape[1] for each in chosen], np.float64).reshape(shape)
                given = given + logits[:, OUTPUTS:][:, at] * beside
            found[:, at] = activate(head, given)
        return found.astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        return {
            head: {lang: {"scale": list(each.scale), "shift": list(each.shift), "beside": list(each.beside)} for lang, each in maps.items()}
            for head, maps in self.maps.items()
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration:
        return cls(
            {
                head: {lang: Map(**{name: tuple(values) for name, values in each.items()}) for lang, each in maps.items()}
                for head, maps in value.items()
            }
        )


def identity() -> Calibration:
    """Leaves the sum of the logits as it is: plain sigmoid and softmax."""
    ones = {head.name: (1.0,) * len(head.outputs) for head in schema.HEADS}
    return Calibration({name: {ALL: Map(one, (0.0,) * len(one), one)} for name, one in ones.items()})


def activate(head: schema.Head, logits: np.ndarray) -> np.ndarray:
    """Sigmoid or softmax over the last axis, as the head says; stable for any finite logits."""
    if head.activation is schema.Activation.SIGMOID:
        return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
