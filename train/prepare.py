"""What a run starts from: its rows, the encoder with its pieces, the weights before the first step, and what each pass reads."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from labels import schema
from labels.errors import ConfigError
from train import attacks, backbone, batches, duplicates, framed, ir, loss, mix, model, release, run_folder, sources, tokens, wordlists
from train.config import Config
from train.encode import Encoded, Encoder, Window
from train.inference import Scorer
from train.normalise import Normaliser
from train.rows import Bools, Floats, Ints, Rows

_log = logging.getLogger(__name__)

Marks = NDArray[np.int8]
_LAYER = re.compile(r"\.layer\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Pass:
    """The rows of one pass as the model sees them."""

    targets: loss.Targets
    windows: list[Window]
    marks: list[Marks | None]
    """For each row: (tokens of the comment in the window,), 1 where people marked what carries its toxicity; None: nobody did."""
    batches: list[Ints]
    taught: Floats | None
    """(rows, 17): the teacher's logits; None: there is no teacher."""
    applies: Bools
    """(rows, heads): whether a row has what the head is asked of."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is fixed before the first step."""

    config: Config
    encoder: Encoder
    model: model.Model
    train: Rows
    """All rows that a pass may draw from."""
    dev: Rows
    dev_windows: list[Window]
    teacher: Scorer | None

    def drawn(self, number: int) -> Rows:
        """The rows of pass `number` (from 0), some of them quoted by somebody else, some written past a filter."""
        config, seed = self.config, self.config.seed + 1000 * number
        rows = self.train.take(mix.draw(self.train, config.mix, seed))
        return attacks.augmented(framed.framed(rows, config.mix.framed, seed), config.mix.attacks, seed)

    def encoded(self, number: int) -> Pass:
        rows = self.drawn(number)
        windows, marks = _examples(self.encoder, rows)
        order = np.random.default_rng([self.config.seed, number])
        shuffled = batches.shuffled(list(map(len, windows)), self.config.fit.tokens_per_batch, order)
        taught = np.stack([one.logits for one in self.teacher.seen(windows)]) if self.teacher else None
        return Pass(loss.targets(rows), windows, marks, shuffled, taught, _applies(rows))


def prepare(config: Config, folder: Path) -> Prepared:
    """Rows drawn, vocabulary trimmed, texts encoded, model built; the pieces are kept in the run's folder.

    Raises ConfigError and ModelError where the backbone, the release that is continued or the teacher is none or does not fit.
    """
    train_all, dev_all = rows(config)
    dev = dev_all.take(np.unique(mix.draw(dev_all, _dev_mix(config), config.seed)))
    base = backbone.load(config.backbone.source)
    normaliser = Normaliser(base.table)
    start = Path(config.backbone.start) if config.backbone.start else None
    tokenizer, kept = _continued(start, base) if start else _trim(base, normaliser, train_all, config)
    run_folder.save_pieces(folder, tokenizer, base)
    encoder = Encoder(tokenizer, normaliser, base.specials, config.encode.max_tokens, config.encode.min_context_tokens)
    built = model.build(base.encoder, kept, config.backbone.layers)
    if start:
        take_weights(built, start / release.MODEL, config.backbone.layers)
    teacher = Scorer.load(Path(config.fit.teacher), threads=config.fit.threads) if config.fit.teacher else None
    if teacher and teacher.encoder.tokenizer.to_str() != tokenizer.to_str():
        raise ConfigError(f"fit.teacher: {config.fit.teacher} has other pieces; backbone.start must be it or be of its pieces")
    _log.info("%d train rows, %d dev rows, %d pieces", len(train_all), len(dev), built.encoder.config.vocab_size)
    return Prepared(config, encoder, built, train_all, dev, first_windows(encoder, dev), teacher)


def rows(config: Config) -> tuple[Rows, Rows]:
    """All train rows that share no text with a dev part, and all dev rows, of the configured sets."""
    chosen = sources.declared(config.data)
    dev = sources.read(chosen, "dev")
    return duplicates.apart_from(sources.read(chosen, "train"), dev.texts), dev


def first_windows(encoder: Encoder, given: Rows, size: int = 8192) -> list[Window]:
    """The first window of each row: what training sees of a long comment."""
    return [item.windows[0] for item in _encoded(encoder, given, size)]


def _examples(encoder: Encoder, given: Rows, size: int = 8192) -> tuple[list[Window], list[Marks | None]]:
    """The first window of each row, and what people marked in it."""
    windows: list[Window] = []
    marks: list[Marks | None] = []
    for item, spans in zip(_encoded(encoder, given, size), given.spans, strict=True):
        windows.append(item.windows[0])
        marks.append(None if spans is None else _marks(item, spans))
    return windows, marks


def _encoded(encoder: Encoder, given: Rows, size: int) -> Iterator[Encoded]:
    for begin in range(0, len(given), size):
        yield from encoder.encode(given.texts[begin : begin + size], given.contexts[begin : begin + size])


def _applies(given: Rows) -> Bools:
    """(rows, heads): whether the context has what the head needs."""
    held = [[not head.needs or any(getattr(context, name) for name in head.needs) for head in schema.HEADS] for context in given.contexts]
    return np.array(held, np.bool_).reshape(len(given), len(schema.HEADS))


def _marks(item: Encoded, spans: Sequence[tuple[int, int]]) -> Marks:
    """1 for each token of the first window that shares a character with a span."""
    places = [item.normalised.original(*offsets) for offsets in item.offsets[: item.windows[0].comment]]
    return np.array([any(begin < end_ and start < end for start, end_ in spans) for begin, end in places], np.int8)


def _dev_mix(config: Config) -> Any:
    return type(config.mix)(rows=config.fit.dev_rows, temperature=config.mix.temperature, max_repeat=1, shares=config.mix.shares)


def _trim(base: backbone.Backbone, normaliser: Normaliser, given: Rows, config: Config) -> tuple[Tokenizer, Tensor | None]:
    """The tokenizer cut to the pieces that the rows and the word lists use most, and their old ids; None where nothing is cut."""
    size = config.backbone.vocabulary
    if not 0 < size < base.tokenizer.get_vocab_size():
        return base.tokenizer, None
    pieces, _ = tokens.vocabulary(base.tokenizer)
    weight = wordlists.weights(base.tokenizer, normaliser, given, len(pieces))
    kept = tokens.keep(pieces, weight, size, base.specials)
    return tokens.trimmed(base.tokenizer, kept), torch.from_numpy(kept)


def _continued(start: Path, base: backbone.Backbone) -> tuple[Tokenizer, Tensor]:
    """The tokenizer of a release and a place for each of its pieces. Raises ModelError, ConfigError."""
    release.read(start)
    tokenizer = Tokenizer.from_file(str(start / release.TOKENIZER))
    made_of = json.loads((start / release.TABLE).read_text(encoding="utf-8"))["backbone"]
    if made_of != base.name:
        raise ConfigError(f"backbone.start: {start} was made of {made_of}, backbone.source is {base.name}")
    return tokenizer, torch.arange(tokenizer.get_vocab_size())


def take_weights(built: model.Model, path: Path, layers: int) -> None:
    """The weights of a release; of a deeper encoder, layers that are evenly spread from its lowest to its highest. Raises ConfigError."""
    held = ir.layers(path)
    if layers > held:
        raise ConfigError(f"backbone.start: {path} has {held} layers, backbone.layers asks for {layers}")
    spread = np.linspace(0, held - 1, layers).round().astype(int)
    theirs = {name: _LAYER.sub(lambda found: f".layer.{spread[int(found[1])]}.", name) for name, _ in built.named_parameters()}
    found = ir.weights(path, {theirs[name]: value.shape for name, value in built.named_parameters()})
    built.load_state_dict({name: torch.from_numpy(found[theirs[name]]) for name in theirs}, strict=False)
