"""Scorer: a release folder -> scores. No torch.

>>> scorer = Scorer.load()                                        # doctest: +SKIP
>>> scorer.score([ScoreInput("1", "What a lovely idea.")])[0].scores["sentiment"]["positive"]  # doctest: +SKIP
0.93
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import openvino
from tokenizers import Tokenizer

from labels import schema
from labels.scores import MAX_CHARS, Context, Scored, ScoreInput, Scores, Unscored
from labels.thread import Article
from seeds import detect
from train import backends, batches, release, salience
from train.calibration import Calibration
from train.encode import Encoded, Encoder, Window
from train.ngrams import Table
from train.normalise import Normaliser
from train.rows import Floats, Ints
from train.tokens import Specials
from train.words import Words

_BATCH_TOKENS = 512
"""Padded tokens of one pass: larger batches fall out of the cache of a small machine (docs/log.md)."""
_MULTIPLE = 8
"""Lengths are rounded up to this: few shapes are ever compiled, and padding stays below a tenth of the tokens."""
_PLACES = 6
"""Digits of a probability in the answer."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One input, ready for the encoder; `encoded` is None where it cannot be scored."""

    input: ScoreInput
    lang: str | None
    reason: Unscored | None
    encoded: Encoded | None

    @property
    def windows(self) -> Sequence[Window]:
        """None where it cannot be scored."""
        return self.encoded.windows if self.encoded else ()

    @property
    def tokens(self) -> int:
        """Tokens of all its windows: what it costs."""
        return self.encoded.tokens if self.encoded else 0


class Lane:
    """A pass of the encoder that runs while its caller goes on. Only `wait` may be called from another thread than all else is: two threads
    of Python that make OpenVINO's tensors block each other for good."""

    def __init__(self, compiled: openvino.CompiledModel, pad: int) -> None:
        self._request = compiled.create_infer_request()
        self._pad = pad
        self._windows: Sequence[Window] = ()
        self._arrays: batches.Arrays | None = None

    def begin(self, windows: Sequence[Window]) -> None:
        """Starts a pass over at least one window, all padded to the longest."""
        self._windows = windows
        self._arrays = batches.padded(windows, self._pad, _MULTIPLE)  # held here: the pass reads it in place
        arrays = (self._arrays.ids, self._arrays.segments, self._arrays.mask)
        self._request.start_async(dict(enumerate(arrays)), share_inputs=True)

    def wait(self) -> None:
        """Returns when the pass is over. Raises RuntimeError where it failed."""
        self._request.wait()

    def end(self) -> tuple[Floats, list[Floats]]:
        """Waits; then the encoder's logits (windows, 17) and each window's evidence (tokens,). Raises RuntimeError."""
        self._request.wait()
        logits, evidence = (self._request.get_output_tensor(place).data for place in range(2))
        found = [values[: len(window)].astype(np.float32) for window, values in zip(self._windows, evidence, strict=True)]
        return logits.astype(np.float32), found  # copies: the next pass writes where these lie


class Scorer:
    """Scores comments with one release. Safe to call from one thread at a time.

    `lanes`: passes that may run at the same time, each on its share of the threads, for callers that arrange passes themselves.
    """

    def __init__(
        self,
        manifest: release.Manifest,
        encoder: Encoder,
        calibration: Calibration,
        compiled: openvino.CompiledModel,
        ngrams: Table | None = None,
    ) -> None:
        self.manifest = manifest
        self.encoder = encoder
        self.calibration = calibration
        self.ngrams = ngrams
        self._compiled = compiled
        self.lanes = tuple(Lane(compiled, encoder.specials.pad) for _ in range(compiled.get_property("NUM_STREAMS")))
        self._own = Lane(compiled, encoder.specials.pad)

    @classmethod
    def load(cls, folder: Path | None = None, *, threads: int | None = None, lanes: int = 1, backend: str | None = None) -> Scorer:
        """The release in a folder, else the one that is installed. Raises ModelError.

        `threads`: None = all cores; `lanes` share them. `backend`: a name of `backends.BACKENDS`, None = the fastest here.
        """
        folder = folder or release.packaged()
        manifest = release.read(folder)
        table = json.loads((folder / release.TABLE).read_text(encoding="utf-8"))
        words = Words.read(folder / release.WORDS) if release.WORDS in manifest.files else None
        encoder = Encoder(
            Tokenizer.from_file(str(folder / release.TOKENIZER)),
            Normaliser({int(code): value for code, value in table["code_points"].items()}, words),
            Specials(**table["specials"]),
            manifest.max_tokens,
            manifest.min_context_tokens,
        )
        calibration = Calibration.from_json(json.loads((folder / release.CALIBRATION).read_text(encoding="utf-8")))
        ngrams = Table.read(folder / release.NGRAMS) if release.NGRAMS in manifest.files else None
        path = folder / release.MODEL
        compiled = backends.compiled(path, backends.chosen(path, backend, manifest.loss.get("refused", ())), threads, lanes)
        return cls(manifest, encoder, calibration, compiled, ngrams)

    @property
    def model(self) -> str:
        return self.manifest.model

    @property
    def backend(self) -> str:
        """What runs the encoder here: the library, how the weights are stored, and in what the processor multiplies."""
        return f"OpenVINO {openvino.__version__.split('-')[0]}, {self.manifest.precision}, {backends.name_of(self._compiled)} products"

    def warm(self) -> None:
        """Compile the shapes of single comments in every lane, so that the first ones of a service are as fast as the later ones."""
        for length in range(_MULTIPLE, self.encoder.max_tokens + 1, _MULTIPLE):
            for lane in self.lanes:
                lane.begin([Window((self.encoder.specials.unk,) * length, (0,) * length, length - 2, 0)])
            for lane in self.lanes:
                lane.end()

    def score(self, inputs: Sequence[ScoreInput], *, explain: bool = False) -> list[Scored]:
        """An answer for each input, in their order. `explain` adds the spans that carry the toxicity score."""
        return self.infer(self.encode(inputs), explain=explain)

    def encode(self, inputs: Sequence[ScoreInput]) -> list[Prepared]:
        """Normalise, tell the language, tokenise. The language is told from the normalised text, where typed Cyrillic is Cyrillic again."""
        reasons = [_unscored(item.text) for item in inputs]
        good = [item for item, reason in zip(inputs, reasons, strict=True) if reason is None]
        encoded = iter(self.encoder.encode([item.text for item in good], [item.context for item in good]))
        return [_prepared(item, reason, None if reason else next(encoded)) for item, reason in zip(inputs, reasons, strict=True)]

    def infer(self, prepared: Sequence[Prepared], *, explain: bool = False) -> list[Scored]:
        """The encoder over all windows, then `answers`."""
        logits, evidence = self.logits([window for item in prepared for window in item.windows])
        return self.answers(prepared, logits, evidence, explain=explain)

    def answers(self, prepared: Sequence[Prepared], logits: Floats, evidence: Sequence[Floats], *, explain: bool = False) -> list[Scored]:
        """What the encoder said of all windows, in their order, as answers: n-grams beside it, calibration, heads that apply."""
        pieces = [(item.encoded, window) for item in prepared if item.encoded for window in item.windows]
        owner = np.repeat(np.arange(len(prepared)), [len(item.windows) for item in prepared])
        logits = self._beside(logits, pieces)
        probabilities = self.calibration.apply(logits, [prepared[row].lang for row in owner.tolist()])
        begins = np.searchsorted(owner, np.arange(len(prepared) + 1))
        return [
            self._scored(item, probabilities[begin:end], evidence[begin:end] if explain else None)
            for item, begin, end in zip(prepared, begins[:-1], begins[1:], strict=True)
        ]

    def voices(self, pieces: Sequence[tuple[Encoded, Window]]) -> tuple[Floats, list[Floats]]:
        """Raw logits (pieces, 17) of the encoder, with those of the n-grams beside them (pieces, 34) where the release has a table; and the
        evidence of each piece's tokens."""
        logits, evidence = self.logits([window for _, window in pieces])
        return self._beside(logits, pieces), evidence

    def _beside(self, logits: Floats, pieces: Sequence[tuple[Encoded, Window]]) -> Floats:
        """The encoder's logits with those of the n-grams beside them, where there are any."""
        if self.ngrams is None or not pieces:
            return logits
        found = self.ngrams.features([item.text(window) for item, window in pieces], [item.context for item, _ in pieces])
        return np.concatenate([logits, self.ngrams.logits(found)], axis=1)

    def logits(self, windows: Sequence[Window]) -> tuple[Floats, list[Floats]]:
        """The encoder's logits (windows, 17), and each window's evidence (tokens,); sorted, packed and padded inside."""
        logits = np.empty((len(windows), sum(len(head.outputs) for head in schema.HEADS)), np.float32)
        evidence: list[Floats] = [np.empty(0, np.float32)] * len(windows)
        for rows in packed(windows):
            self._own.begin([windows[row] for row in rows])
            logits[rows], found = self._own.end()
            for row, values in zip(rows, found, strict=True):
                evidence[row] = values
        return logits, evidence

    def _scored(self, item: Prepared, windows: Floats, evidence: Sequence[Floats] | None) -> Scored:
        if item.reason or item.encoded is None:
            return Scored(item.input.id, item.lang, {}, self.model, item.reason, spans=() if evidence is not None else None)
        scores = _scores(item.input, windows)
        spans = None
        if evidence is not None:
            spans = salience.spans(item.encoded, evidence, scores["toxicity"]["toxicity"], self.ngrams)
        applies = [name for name in self.manifest.low_confidence(item.lang) if name.split(".")[0] in scores]
        return Scored(item.input.id, item.lang, scores, self.model, low_confidence=tuple(applies), spans=spans)


def packed(windows: Sequence[Window]) -> list[Ints]:
    """The row numbers of each pass: windows of like length together, at most 512 tokens with their padding."""
    lengths = [width(window) for window in windows]
    return batches.by_tokens(lengths, np.argsort(lengths, kind="stable"), _BATCH_TOKENS)


def width(window: Window) -> int:
    """Tokens of a window with the padding that it gets by itself."""
    return -(-len(window) // _MULTIPLE) * _MULTIPLE


def stream(scorer: Scorer, inputs: Iterable[ScoreInput], *, explain: bool = False, size: int = 512) -> Iterator[Scored]:
    """Answers in the order of the inputs, in constant memory: `size` comments are held at a time."""
    waiting = iter(inputs)
    while part := list(islice(waiting, size)):
        yield from scorer.score(part, explain=explain)


def of_article(article: Article) -> list[ScoreInput]:
    """The comments of an article as inputs: under its title, each with its parent and the comment that began its branch."""
    texts = {comment.id: comment.text for comment in article.comments}
    parents = {comment.id: comment.reply_to for comment in article.comments}
    found = []
    for comment in article.comments:
        root = comment.reply_to
        while root is not None and parents[root] is not None:
            root = parents[root]
        context = Context(
            title=article.title,
            parent=texts[comment.reply_to] if comment.reply_to else None,
            root=texts[root] if root and root != comment.reply_to else None,
        )
        found.append(ScoreInput(comment.id, comment.text, detect.language(comment.text, article.lang), context))
    return found


def _prepared(item: ScoreInput, reason: Unscored | None, encoded: Encoded | None) -> Prepared:
    return Prepared(item, item.lang or (detect.language(encoded.normalised.text) if encoded else None), reason, encoded)


def _scores(item: ScoreInput, windows: Floats) -> Scores:
    """Of a long comment the most toxic window counts for each output of toxicity, the mean of all windows for the other heads."""
    found = {}
    for head in schema.HEADS:
        if head.needs and not any((getattr(item.context, name) or "").strip() for name in head.needs):
            continue
        part = windows[:, schema.SLICES[head.name]]
        values = part.max(axis=0) if head.activation is schema.Activation.SIGMOID else part.mean(axis=0)
        found[head.name] = {name: round(float(value), _PLACES) for name, value in zip(head.names, values, strict=True)}
    return found


def _unscored(text: str) -> Unscored | None:
    if len(text) > MAX_CHARS:
        return Unscored.TOO_LONG
    # White space, control, format, surrogate, private use and unassigned characters show nothing to judge.
    return None if any(not char.isspace() and unicodedata.category(char)[0] != "C" for char in text) else Unscored.EMPTY
