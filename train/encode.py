"""Comment + context -> token ids: the one place that knows how context is laid out; used in training and in inference alike.

    <s> comment </s> target </s> title </s> parent </s> root </s>        (absent parts are left out)
     0     0     0     1      1    2     2    3      3    4    4          segment: what a token is part of

The comment is never cut before its context is: a context keeps at least `min_context` tokens, and a comment that does not fit beside them
becomes several windows, which overlap by `overlap` tokens and each carry the same context.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

from labels.scores import Context
from train.normalise import Normalised, Normaliser
from train.tokens import Specials

SEGMENTS = ("comment", "target", "title", "parent", "root")
_OVERLAP = 16
"""Tokens that two windows of a long comment share, so that nothing is cut in two for both."""
_MAX_CONTEXT_CHARS = 2_000
"""Far more than a window has room for; the rest of a long parent is not even normalised."""


@dataclass(frozen=True, slots=True)
class Window:
    """What the encoder sees in one pass: `ids` and `segments` of equal length; tokens 1 .. `comment` are the comment's."""

    ids: tuple[int, ...]
    segments: tuple[int, ...]
    comment: int
    """Number of tokens of the comment in this window, specials apart."""
    first: int
    """Index of the window's first token among all tokens of the comment."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One comment as windows, with what maps its tokens back to the original text."""

    windows: tuple[Window, ...]
    normalised: Normalised
    offsets: tuple[tuple[int, int], ...]
    """Of each token of the comment: half-open range in the normalised text."""
    context: Context
    """Normalised."""

    @property
    def tokens(self) -> int:
        return sum(map(len, self.windows))

    def text(self, window: Window) -> str:
        """The part of the normalised text that a window holds."""
        if len(self.windows) == 1 or not window.comment:
            return self.normalised.text
        return self.normalised.text[self.offsets[window.first][0] : self.offsets[window.first + window.comment - 1][1]]


class Encoder:
    """Turns texts into windows. Holds no state but its tables."""

    def __init__(self, tokenizer: Tokenizer, normaliser: Normaliser, specials: Specials, max_tokens: int, min_context: int) -> None:
        self.tokenizer = tokenizer
        self.normaliser = normaliser
        self.specials = specials
        self.max_tokens = max_tokens
        self.min_context = min_context

    def encode(self, texts: Sequence[str], contexts: Sequence[Context]) -> list[Encoded]:
        """One Encoded a text, in order. A context that many comments share is tokenised once."""
        normalised = [self.normaliser.normalise(text) for text in texts]
        parts = [[(getattr(context, name) or "")[:_MAX_CONTEXT_CHARS] for name in SEGMENTS[1:]] for context in contexts]
        plain = {part: self.normaliser(part) for group in parts for part in group if part}
        encodings = self.tokenizer.encode_batch([*(item.text for item in normalised), *plain.values()], add_special_tokens=False)
        known = {part: tuple(encoding.ids) for part, encoding in zip(plain, encodings[len(texts) :], strict=True)}
        return [
            self._encoded(item, encoding, [known.get(part, ()) for part in group], [plain.get(part) for part in group])
            for item, encoding, group in zip(normalised, encodings, parts, strict=False)
        ]

    def _encoded(self, normalised: Normalised, encoding: Encoding, context: list[tuple[int, ...]], plain: list[str | None]) -> Encoded:
        ids = encoding.ids
        room = self.max_tokens - 2 - len(ids)
        tail, segments = self._context(context, max(room, min(self.min_context, self.max_tokens // 2)))
        size = self.max_tokens - 2 - len(tail)
        starts = range(0, max(len(ids) - _OVERLAP, 1), max(size - _OVERLAP, 1)) if len(ids) > size else range(1)
        windows = tuple(self._window(ids[start : start + size], start, tail, segments) for start in starts)
        return Encoded(windows, normalised, tuple(encoding.offsets), Context(**dict(zip(SEGMENTS[1:], plain, strict=True))))

    def _window(self, ids: list[int], first: int, tail: tuple[int, ...], segments: tuple[int, ...]) -> Window:
        head = (self.specials.bos, *ids, self.specials.eos)
        return Window(head + tail, (0,) * len(head) + segments, len(ids), first)

    def _context(self, parts: list[tuple[int, ...]], room: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The context's tokens with their segments, at most `room`: short parts whole, long ones cut to equal shares."""
        present = sorted((len(part), segment) for segment, part in enumerate(parts, 1) if part)
        lengths = {}
        for left, (length, segment) in zip(range(len(present), 0, -1), present, strict=True):
            lengths[segment] = max(min(length, room // left - 1), 0)
            room -= lengths[segment] + 1
        ids: list[int] = []
        segments: list[int] = []
        for segment, length in sorted(lengths.items()):
            if length:
                ids += [*parts[segment - 1][:length], self.specials.eos]
                segments += [segment] * (length + 1)
        return tuple(ids), tuple(segments)
