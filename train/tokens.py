"""The tokenizer as data: a Unigram vocabulary that can be trimmed, and the file that the release keeps.

Text is normalised before it comes here (`train.normalise`), so a tokenizer of ours has no normaliser of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from labels.errors import ModelError
from train.rows import Ints


@dataclass(frozen=True, slots=True)
class Specials:
    """Ids that keep their places when a vocabulary is trimmed."""

    bos: int = 0
    pad: int = 1
    eos: int = 2
    unk: int = 3


def unigram(pieces: Sequence[str], scores: Sequence[float], specials: Specials) -> Tokenizer:
    """A Unigram + Metaspace tokenizer of pieces with log-probabilities.

    The special pieces are renamed with a leading space, which no text can spell after Metaspace: a commenter who types `</s>` gets letters.
    """
    named = list(pieces)
    for name, at in (("<s>", specials.bos), ("<pad>", specials.pad), ("</s>", specials.eos), ("<unk>", specials.unk)):
        named[at] = f" {name}"
    if "<mask>" in named:
        named[named.index("<mask>")] = " <mask>"
    return Tokenizer.from_str(
        json.dumps(
            {
                "version": "1.0",
                "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
                "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
                "model": {
                    "type": "Unigram",
                    "unk_id": specials.unk,
                    "vocab": [[piece, float(score)] for piece, score in zip(named, scores, strict=True)],
                    "byte_fallback": False,
                },
            },
            ensure_ascii=False,
        )
    )


def counts(tokenizer: Tokenizer, texts: Iterable[str], size: int, batch: int = 20_000) -> Ints:
    """(size,): how often each piece occurs in the texts."""
    total = np.zeros(size, np.int64)
    pending: list[str] = []
    for text in texts:
        pending.append(text)
        if len(pending) == batch:
            total += _counted(tokenizer, pending, size)
            pending = []
    return total + _counted(tokenizer, pending, size)


def _counted(tokenizer: Tokenizer, texts: list[str], size: int) -> Ints:
    encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    ids = np.fromiter((token for encoding in encodings for token in encoding.ids), np.int64)
    return np.bincount(ids, minlength=size)[:size].astype(np.int64)


def keep(pieces: Sequence[str], weight: np.ndarray, size: int, specials: Specials) -> Ints:
    """The ids of the `size` pieces that stay, ascending: specials, all one-character pieces (nothing becomes unknown), then by weight."""
    if size >= len(pieces):
        return np.arange(len(pieces))
    short = np.array([len(piece.lstrip("▁")) <= 1 for piece in pieces])
    rank = np.where(short, np.inf, weight.astype(float))
    rank[[specials.bos, specials.pad, specials.eos, specials.unk]] = np.inf
    return np.sort(np.argsort(-rank, kind="stable")[:size])


def vocabulary(tokenizer: Tokenizer) -> tuple[list[str], list[float]]:
    """Pieces and log-probabilities of a Unigram tokenizer. Raises ModelError for another kind."""
    model = json.loads(tokenizer.to_str())["model"]
    if model.get("type") != "Unigram":
        raise ModelError(
            f"only Unigram vocabularies can be trimmed, this one is {model.get('type')}; set backbone.vocabulary = 0 to keep it whole"
        )
    return [piece for piece, _ in model["vocab"]], [score for _, score in model["vocab"]]


def trimmed(tokenizer: Tokenizer, kept: Ints) -> Tokenizer:
    """The same tokenizer with only the kept pieces, renumbered in their order."""
    value = json.loads(tokenizer.to_str())
    vocab = value["model"]["vocab"]
    value["model"]["vocab"] = [vocab[piece] for piece in kept]
    value["model"]["unk_id"] = int(np.searchsorted(kept, value["model"]["unk_id"]))
    renumber = {int(old): new for new, old in enumerate(kept)}
    value["added_tokens"] = [{**token, "id": renumber[token["id"]]} for token in value.get("added_tokens", []) if token["id"] in renumber]
    value["post_processor"] = None
    value["truncation"] = value["padding"] = None
    return Tokenizer.from_str(json.dumps(value, ensure_ascii=False))
