"""Logits -> probabilities that mean what they say, per output and language; numpy alone, used at inference.

Sigmoid outputs: p = sigmoid(a z + b) (Platt). Softmax heads: p = softmax(a z + b), one a per head, one b per class (bias-corrected
temperature scaling).
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


@dataclass(frozen=True, slots=True)
class Map:
    """scale * logit + shift, per column of one head."""

    scale: tuple[float, ...]
    shift: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    maps: Mapping[str, Mapping[str, Map]]
    """Head name -> language or "*" -> map; each head has "*"."""

    def apply(self, logits: Floats, langs: Sequence[str | None]) -> Floats:
        """(rows, 17) probabilities of (rows, 17) logits; `langs` (rows,) ISO 639-1 or None."""
        found = np.empty(logits.shape, np.float64)
        for head in schema.HEADS:
            at = schema.SLICES[head.name]
            maps = self.maps[head.name]
            chosen = [maps.get(lang or ALL, maps[ALL]) for lang in langs]
            scale = np.array([each.scale for each in chosen], np.float64).reshape(len(logits), len(head.outputs))
            shift = np.array([each.shift for each in chosen], np.float64).reshape(len(logits), len(head.outputs))
            found[:, at] = activate(head, logits[:, at] * scale + shift)
        return found.astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        return {
            head: {lang: {"scale": list(each.scale), "shift": list(each.shift)} for lang, each in maps.items()}
            for head, maps in self.maps.items()
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration:
        return cls(
            {head: {lang: Map(tuple(each["scale"]), tuple(each["shift"])) for lang, each in maps.items()} for head, maps in value.items()}
        )


def identity() -> Calibration:
    """Leaves logits as they are: plain sigmoid and softmax."""
    return Calibration({head.name: {ALL: Map((1.0,) * len(head.outputs), (0.0,) * len(head.outputs))} for head in schema.HEADS})


def activate(head: schema.Head, logits: np.ndarray) -> np.ndarray:
    """Sigmoid or softmax over the last axis, as the head says; stable for any finite logits."""
    if head.activation is schema.Activation.SIGMOID:
        return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
