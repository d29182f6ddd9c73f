"""Scorer: a release folder -> scores. No torch.

>>> scorer = Scorer.load()                                        # doctest: +SKIP
>>> scorer.score([ScoreInput("1", "What a lovely idea.")])[0].scores["sentiment"]["positive"]  # doctest: +SKIP
0.93
"""

from __future__ import annotations

import json
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path

import numpy as np
import openvino
from tokenizers import Tokenizer

from labels import schema
from labels.errors import ModelError
from labels.scores import MAX_CHARS, Context, Scored, ScoreInput, Scores, Unscored
from labels.thread import Article
from seeds import detect
from train import backends, batches, release, salience
from train.calibration import OUTPUTS, Calibration
from train.encode import Encoded, Encoder, Window
from train.language_heads import AT, LanguageHeads
from train.languages import language
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


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the encoder makes of one window."""

    logits: Floats
    """(17,)."""
    evidence: Floats
    """(tokens,): the logit of each token's carrying the comment's toxicity."""
    pooled: Floats
    """(hidden,): the comment as the toxicity head sees it."""


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

    def end(self) -> list[Seen]:
        """Waits; then what the encoder makes of each window. Raises RuntimeError."""
        self._request.wait()
        # Copies: the next pass writes where these lie.
        logits, evidence, pooled = (self._request.get_output_tensor(place).data.astype(np.float32) for place in range(3))
        return [Seen(logits[row], evidence[row, : len(window)], pooled[row]) for row, window in enumerate(self._windows)]


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
        *,
        ngrams: Table | None = None,
        heads: LanguageHeads | None = None,
    ) -> None:
        self.manifest = manifest
        self.encoder = encoder
        self.calibration = calibration
        self.ngrams = ngrams
        self.heads = heads
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
        words = _words(folder / release.WORDS) if release.WORDS in manifest.files else None
        encoder = Encoder(
            Tokenizer.from_file(str(folder / release.TOKENIZER)),
            Normaliser({int(code): value for code, value in table["code_points"].items()}, words),
            Specials(**table["specials"]),
            manifest.max_tokens,
            manifest.min_context_tokens,
        )
        calibration = _calibration(folder / release.CALIBRATION)
        ngrams = Table.read(folder / release.NGRAMS) if release.NGRAMS in manifest.files else None
        heads = _heads(folder / release.HEADS) if release.HEADS in manifest.files else None
        path = folder / release.MODEL
        compiled = backends.compiled(path, backends.chosen(path, backend, manifest.loss.get("refused", ())), threads, lanes)
        return cls(manifest, encoder, calibration, compiled, ngrams=ngrams, heads=heads)

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
        return self.answers(prepared, self.seen([window for item in prepared for window in item.windows]), explain=explain)

    def answers(self, prepared: Sequence[Prepared], seen: Sequence[Seen], *, explain: bool = False) -> list[Scored]:
        """What the encoder made of all windows, in their order, as answers: the other voices, calibration, heads that apply."""
        pieces = [(item.encoded, window) for item in prepared if item.encoded for window in item.windows]
        langs = [item.lang for item in prepared for _ in item.windows]
        probabilities = self.calibration.apply(self.voices(pieces, seen, langs), langs)
        ends = list(accumulate(len(item.windows) for item in prepared))
        return [
            self._scored(item, probabilities[begin:end], [one.evidence for one in seen[begin:end]] if explain else None)
            for item, begin, end in zip(prepared, [0, *ends], ends, strict=False)
        ]

    def voices(self, pieces: Sequence[tuple[Encoded, Window]], seen: Sequence[Seen], langs: Sequence[str | None]) -> Floats:
        """Raw logits side by side, 17 of each voice: the encoder, and the n-grams and the heads of languages where the release has them."""
        if not pieces:
            return np.empty((0, OUTPUTS), np.float32)
        remembered = self._remembered(pieces)
        heard = [self.heads.logits(_features(seen, remembered), langs)] if self.heads else []
        return np.concatenate([np.array([one.logits for one in seen]), *remembered, *heard], axis=1)

    def features(self, pieces: Sequence[tuple[Encoded, Window]]) -> Floats:
        """(pieces, features): what heads of languages read."""
        return _features(self.seen([window for _, window in pieces]), self._remembered(pieces))

    def _remembered(self, pieces: Sequence[tuple[Encoded, Window]]) -> list[Floats]:
        """The n-grams' logits (pieces, 17), where the release has n-grams."""
        if self.ngrams is None:
            return []
        found = self.ngrams.features([item.text(window) for item, window in pieces], [item.context for item, _ in pieces])
        return [self.ngrams.logits(found)]

    def seen(self, windows: Sequence[Window]) -> list[Seen]:
        """What the encoder makes of each window; sorted, packed and padded inside."""
        found: dict[int, Seen] = {}
        for rows in packed(windows):
            self._own.begin([windows[row] for row in rows])
            found.update(zip(rows.tolist(), self._own.end(), strict=True))
        return [found[row] for row in range(len(windows))]

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


def _features(seen: Sequence[Seen], remembered: Sequence[Floats]) -> Floats:
    return np.concatenate([np.array([one.pooled for one in seen]), *(logits[:, AT] for logits in remembered)], axis=1)


def _calibration(path: Path) -> Calibration:
    try:
        return Calibration.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: no calibration, or one of a release from before December 2026; export it again: {error!r}") from error


def _heads(path: Path) -> LanguageHeads:
    try:
        return LanguageHeads.read(path)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: no heads of languages: {error}") from error


def _words(path: Path) -> Words:
    try:
        return Words.read(path)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ModelError(f"{path}: no list of known words: {error}") from error


def _prepared(item: ScoreInput, reason: Unscored | None, encoded: Encoded | None) -> Prepared:
    said = language(item.lang) if item.lang else None  # a code that calibration does not know would change the answer unseen
    return Prepared(item, said or (detect.language(encoded.normalised.text) if encoded else None), reason, encoded)


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
