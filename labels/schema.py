"""The label schema: the only place where a label is named. Every other file asks here.

A head is one question asked of a comment. Toxicity's outputs are independent probabilities (sigmoid); the others are one of several
(softmax).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

VERSION = 1
"""Raised when a head or output is added, removed, renamed or given another meaning; stored in every release."""


class Activation(StrEnum):
    SIGMOID = "sigmoid"
    """Each output is a probability of its own."""
    SOFTMAX = "softmax"
    """The outputs are classes that exclude each other; they sum to 1."""


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Head:
    """One question with its outputs, in the order in which the model gives them."""

    name: str
    activation: Activation
    asked_of: str
    needs: tuple[str, ...]
    """Members of the context of which at least one must be given for the head to apply; empty: always applies."""
    outputs: tuple[Output, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(output.name for output in self.outputs)


TOXICITY = Head(
    name="toxicity",
    activation=Activation.SIGMOID,
    asked_of="the comment in its context",
    needs=(),
    outputs=(
        Output("toxicity", "rude, disrespectful or unreasonable; likely to make people leave a discussion"),
        Output("severe_toxicity", "very hateful, aggressive or disrespectful; very likely to make people leave"),
        Output("insult", "insulting, inflammatory or negative toward a person or a group"),
        Output("profanity", "swear words, curse words or other obscene language"),
        Output("threat", "an intention to inflict pain, injury or violence"),
        Output("identity_attack", "negative or hateful because of an identity: origin, religion, gender, orientation, disability, age"),
        Output("sexually_explicit", "references to sexual acts or body parts in a lewd way"),
    ),
)
STANCE = Head(
    name="stance",
    activation=Activation.SOFTMAX,
    asked_of="the comment toward the target, else toward the article's title",
    needs=("target", "title"),
    outputs=(
        Output("against", "opposes the target"),
        Output("favor", "supports the target"),
        Output("neutral", "takes no side, or does not speak of the target"),
    ),
)
REPLY_STANCE = Head(
    name="reply_stance",
    activation=Activation.SOFTMAX,
    asked_of="the comment toward the comment that it answers (SDQC of RumourEval)",
    needs=("parent",),
    outputs=(
        Output("support", "agrees with the parent"),
        Output("deny", "disagrees with the parent"),
        Output("query", "asks the parent for more, or for evidence"),
        Output("comment", "speaks of something else, or neither agrees nor disagrees"),
    ),
)
SENTIMENT = Head(
    name="sentiment",
    activation=Activation.SOFTMAX,
    asked_of="the comment",
    needs=(),
    outputs=(
        Output("negative", "an unhappy, angry or disappointed tone"),
        Output("neutral", "no feeling shown, or as much good as bad"),
        Output("positive", "a happy, approving or grateful tone"),
    ),
)

HEADS: tuple[Head, ...] = (TOXICITY, STANCE, REPLY_STANCE, SENTIMENT)
BY_NAME: Mapping[str, Head] = MappingProxyType({head.name: head for head in HEADS})


def _columns() -> dict[str, slice]:
    found, begin = {}, 0
    for head in HEADS:
        found[head.name] = slice(begin, begin + len(head.outputs))
        begin += len(head.outputs)
    return found


SLICES: Mapping[str, slice] = MappingProxyType(_columns())
"""Head name -> its columns among the model's logits, which stand in the order of HEADS."""
