"""A released model on disk: a folder of files that its manifest names and whose hashes it holds.

manifest.json   name, schema, limits, languages, thresholds, hashes (this module)
model.xml .bin  OpenVINO IR: ids, segments, mask -> logits, evidence, pooled
ngrams.npz      the linear model beside it (`train.ngrams`), where there is one
heads.npz       a toxicity head for each language (`train.language_heads`), where it has them
words.json.gz   known words (`train.words`), where it has them
tokenizer.json  Unigram pieces; table.json: the normaliser's code points and the special ids
calibration.json
CARD.md LICENSE NOTICE metrics.json   for people; not part of the hash
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from labels import schema
from labels.errors import ModelError

NOTICES = {
    "all": "for research and evaluation only: many of its training sets allow no other use",
    "permissive": "trained on sets without a licence bar known to us; share-alike and the writers' rights remain; no legal advice",
}
"""`data.licences` -> what a release says of itself at every start."""
PACKAGED = {"main": "release", "open": "release-open"}
"""Name -> folder of the releases that come with the package."""
MANIFEST = "manifest.json"
MODEL, WEIGHTS, TOKENIZER, TABLE, CALIBRATION = "model.xml", "model.bin", "tokenizer.json", "table.json", "calibration.json"
NGRAMS, WORDS, HEADS = "ngrams.npz", "words.json.gz", "heads.npz"
HASHED = (MODEL, WEIGHTS, TOKENIZER, TABLE, CALIBRATION)
"""What every release holds."""
NAMED = (*HASHED, NGRAMS, WORDS, HEADS)
"""What decides a score, where a release has it."""
_HEX = 12


@dataclass(frozen=True)
class Manifest:
    """What a release says of itself; read and written as JSON."""

    name: str
    notice: str
    """One line for every start: what the release may be used for."""
    created: str
    config: str
    """Fingerprint of the training configuration."""
    max_tokens: int
    min_context_tokens: int
    precision: str
    """How the weights are stored."""
    rows: Mapping[str, Mapping[str, int]]
    """`head` or `head.output` -> language -> number of labelled training rows, our own functional cases not among them."""
    weak: tuple[str, ...]
    """Outputs whose dev rows hold fewer than 50 positives: never sure, in any language."""
    thresholds: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    """`head.output` of every head -> language or "*" -> "precision_90" | "precision_95" -> smallest probability that reaches it on dev, or
    null. A class is held against all others."""
    files: Mapping[str, str]
    """File name -> SHA-256."""
    loss: Mapping[str, Any] = field(default_factory=dict)
    """Macro-F1 that the precision cost against fp32 on a sample of dev rows, per head and in the worst languages."""
    start: str = ""
    """The release that training continued; empty: none."""
    priors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """`head.output` -> language or "*" -> share of positives among the dev rows that its calibration was fitted on."""
    sets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name -> `title`, `origin`, `licence`, `use` of each set that it, what it continues or its teacher learned from; empty: a release from
    before they were written down."""
    ran: Mapping[str, Any] = field(default_factory=dict)
    """What the encoder's training did: `steps`, `rows`, `best_step` and `ended` ("as planned" | "early" | "unfinished"); empty as above."""
    unsure: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """As `rows` -> languages with labelled rows that were barely trained all the same: with few rows, or badly ranked dev rows."""
    schema: int = schema.VERSION
    low: dict[str | None, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def model(self) -> str:
        """`NAME@` + 12 hex digits over the files that decide a score."""
        joined = "\n".join(f"{name} {self.files[name]}" for name in sorted(self.files))
        return f"{self.name}@{hashlib.sha256(joined.encode()).hexdigest()[:_HEX]}"

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """All languages with labelled rows for any head."""
        return tuple(sorted({lang for counts in self.rows.values() for lang in counts}))

    @property
    def unlisted(self) -> Mapping[str, str]:
        """What stands for the sets of a release without `sets`; its notice tells their use."""
        use = "any" if self.notice == NOTICES["permissive"] else "research"
        return {"title": "a release from before its sets were listed", "origin": "see its NOTICE", "licence": "see its NOTICE", "use": use}

    def behind(self) -> Mapping[str, Mapping[str, str]]:
        """The sets that its weights rest on, as in `sets`."""
        return self.sets or {self.model: self.unlisted}

    def low_confidence(self, lang: str | None) -> tuple[str, ...]:
        """Names (`toxicity.threat`, `stance`) whose scores rest on no labelled rows in this language (functional cases are templates, and
        count for none) or on barely any, or on too few positives anywhere."""
        if lang not in self.low:
            unsure = {name for name in NAMES if lang in self.unsure.get(name, ())}
            self.low[lang] = tuple(name for name in NAMES if name in unsure or name in self.weak or lang not in self.rows.get(name, {}))
        return self.low[lang]

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """The languages in which it is sure of toxicity itself."""
        return tuple(
            lang for lang in self.languages if f"{schema.TOXICITY.name}.{schema.TOXICITY.names[0]}" not in self.low_confidence(lang)
        )

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "low"} | {"model": self.model}


NAMES: tuple[str, ...] = tuple(
    name
    for head in schema.HEADS
    for name in ([f"{head.name}.{output}" for output in head.names] if head.activation is schema.Activation.SIGMOID else [head.name])
)
"""What confidence is stated of: each output of a sigmoid head, each softmax head."""


def packaged(name: str = "main") -> Path:
    """The folder of a release that is installed with the package: `main` or `open`. Raises ModelError where there is none."""
    if name not in PACKAGED:
        raise ModelError(f'"{name}" is neither a folder nor a release that comes with Threadwise: {", ".join(PACKAGED)}')
    folder = Path(str(files("train").joinpath(PACKAGED[name])))
    if not (folder / MANIFEST).is_file():
        raise ModelError(f"no release at {folder}; train one: threadwise train configs/release.toml, then threadwise export")
    return folder


def read(folder: Path) -> Manifest:
    """The manifest of a release, its files' hashes checked. Raises ModelError that names what is wrong."""
    try:
        value = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / MANIFEST}: {error}") from error
    version = value.get("schema") if isinstance(value, dict) else None
    if version != schema.VERSION:
        raise ModelError(f"{folder}: made for label schema {version}, this program has {schema.VERSION}")
    value.pop("model", None)
    try:
        manifest = Manifest(**{**value, "weak": tuple(value["weak"])})
        hashes = {name: manifest.files[name] for name in (*HASHED, *manifest.files)}
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder / MANIFEST}: a member is missing, unknown or of another kind: {error}") from error
    for name, expected in hashes.items():
        if not (folder / name).is_file():
            raise ModelError(f"{folder}: {name} is missing")
        if sha256(folder / name) != expected:
            raise ModelError(f"{folder}: {name} is damaged: its SHA-256 is not the manifest's")
    return manifest


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
