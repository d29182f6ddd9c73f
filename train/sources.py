"""Labelled sets: what is declared of each, and its rows read through `datasets`, masked on reading.

A folder holds `rows/NAME.parquet` in the columns of `train.rows.COLUMNS` and `sources/NAME.toml` (origin, licence, use, cautions).
A file of the user's own (CSV, JSON lines, Parquet, or a set of the hub) is named in the config with a mapping of its columns.
What a model learned from is more than its sets: those of the release that it continues and of its teacher are behind it too (`behind`).
The training half of our own functional cases (`labels.functional`) is one more set, with the compositions:
what is *not* an attack although it holds the words of one.
"""

from __future__ import annotations

import logging
import math
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labels import functional, schema
from labels.errors import ConfigError, RowError
from labels.functional import composed
from labels.scores import Context
from train import config, config_file, release
from train.languages import language
from train.mask import mask
from train.rows import COLUMNS, CONTEXT, Labels, Rows, concatenate

_log = logging.getLogger(__name__)
_FORMATS = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".jsonl": "json"}
_SPLITS = {"train": "train", "training": "train", "dev": "dev", "validation": "dev", "valid": "dev", "val": "dev"}
"""What a split is called -> ours; of others no row is read."""
_USES = ("any", "research")


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one labelled set, beside its rows."""

    name: str
    title: str
    origin: str
    licence: str
    use: str
    languages: tuple[str, ...]
    heads: tuple[str, ...]
    path: str
    """A file, or `hub:NAME`."""
    columns: Mapping[str, str]
    lang: str = ""
    subset: str = ""


FUNCTIONAL = Source(
    name="functional",
    title="Functional cases of this project, training half",
    origin="labels/functional",
    licence="Apache-2.0",
    use="any",
    languages=(),
    heads=("toxicity",),
    path="labels:functional",
    columns={},
)


def declared(data: config.Data) -> list[Source]:
    """The sets that the configuration allows, by name. Raises ConfigError for an unknown set, licence filter or missing folder."""
    if data.licences not in ("all", "permissive"):
        raise ConfigError(f'data.licences: "{data.licences}" is neither "all" nor "permissive"')
    sources = [*_of_folder(Path(data.folder)), *([FUNCTIONAL] if data.functional else ()), *map(_of_extra, data.extra)]
    names = {source.name for source in sources}
    if unknown := [name for name in data.sets if name not in names]:
        raise ConfigError(f"data.sets: no such set in {data.folder}: {', '.join(unknown)}")
    if wrong := next((source for source in sources if source.use not in _USES), None):
        raise ConfigError(f'{wrong.name}: use: "{wrong.use}" is none of {", ".join(_USES)}')
    chosen = [source for source in sources if not data.sets or source.name in data.sets]
    return [source for source in chosen if data.licences == "all" or source.use == "any"]


def behind(settings: config.Config) -> dict[str, Mapping[str, str]]:
    """`release.Manifest.sets` of a model: those of the configuration and of the releases that it continues and is taught by.

    Raises ModelError where one of these is no release, ConfigError where `licences = "permissive"` and one of them is for research.
    """
    found = described(declared(settings.data))
    for place, folder in (("backbone.start", settings.backbone.start), ("fit.teacher", settings.fit.teacher)):
        sets = release.read(Path(folder)).behind() if folder else {}
        barred = [name for name, about in sets.items() if about["use"] != "any"]
        if barred and settings.data.licences == "permissive":
            names = ", ".join(barred)
            raise ConfigError(f'{place}: {folder} learned from sets for research, which data.licences = "permissive" bars: {names}')
        found = joined(found, sets)
    return found


def described(sources: Sequence[Source]) -> dict[str, Mapping[str, str]]:
    """The sets as a manifest holds them."""
    return {each.name: {"title": each.title, "origin": each.origin, "licence": each.licence, "use": each.use} for each in sources}


def joined(own: Mapping[str, Mapping[str, str]], before: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """Both; where they differ in the use of a set, the one for research counts."""
    return {**own, **{name: about for name, about in before.items() if name not in own or about["use"] != "any"}}


def _of_folder(folder: Path) -> Iterator[Source]:
    if not (folder / "sources").is_dir():
        raise ConfigError(f"data.folder: {folder} has no folder sources/ with a TOML file for each set")
    for path in sorted((folder / "sources").glob("*.toml")):
        try:
            about = tomllib.loads(path.read_text(encoding="utf-8"))
            yield Source(
                name=about["name"],
                title=about["title"],
                origin=about["origin"],
                licence=about["licence"],
                use=about["use"],
                languages=tuple(about["languages"]),
                heads=tuple(about["heads"]),
                path=str(folder / "rows" / f"{about['name']}.parquet"),
                columns={},
            )
        except KeyError as error:
            raise ConfigError(f"{path}: {error} is missing") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from error


def _of_extra(extra: config.Extra) -> Source:
    lang = language(extra.lang)
    if extra.lang and not lang:
        raise ConfigError(f'{extra.name}: lang: "{extra.lang}" is no code of ISO 639, such as en')
    about = (extra.name, extra.name, extra.path, "as its owner says", extra.use, (), ())
    return Source(*about, extra.path, extra.columns, lang or "", extra.subset)


def read(sources: Sequence[Source], split: str) -> Rows:
    """All rows of one split (`train` or `dev`) of the sources, in their order. Raises ConfigError where there are none."""
    parts = []
    for source in sources:
        columns = _columns(source, split)
        if columns["text"]:
            parts.append(_rows(source, columns))
            _log.info("%s %s: %d rows", source.name, split, len(parts[-1]))
    if not parts:
        raise ConfigError(f'no "{split}" rows in {len(sources)} sets')
    return concatenate(parts)


def _columns(source: Source, split: str) -> dict[str, list[Any]]:
    """The columns of one split, texts masked before they are kept anywhere; an absent column is all None.

    Raises ConfigError where a column that the configuration names is in no row. Rows of other splits are told of while the first is read.
    """
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    held: set[str] = set()
    others: Counter[str] = Counter()
    for batch in _batches(source, split):
        held.update(batch)
        size = len(next(iter(batch.values()), []))
        found = {name: batch.get(source.columns.get(name, name)) or [None] * size for name in COLUMNS}
        names = [str(name or "train").lower() for name in found["split"]]
        others.update(name for name in names if name not in _SPLITS)
        wanted = [row for row, name in enumerate(names) if _SPLITS.get(name) == split]
        for name, values in found.items():
            kept = [values[row] for row in wanted]
            columns[name] += [mask(value) if value else value for value in kept] if name in ("text", *CONTEXT) else kept
        # Masking moves what stands behind it: the marks of a text that it changed are given up.
        rows = zip(wanted, columns["text"][len(columns["text"]) - len(wanted) :], strict=True)
        columns["spans"][len(columns["spans"]) - len(wanted) :] = [
            found["spans"][row] if found["text"][row] == text else None for row, text in rows
        ]
    for name in source.columns.values() if held else ():
        config_file.require(name, held, f"{source.name}: {source.path} has no column")
    if others and split == "train":
        counts = ", ".join(f"{count} of {name}" for name, count in sorted(others.items()))
        _log.warning("%s: rows of other splits are left out: %s; train and dev are read", source.name, counts)
    return columns


def _batches(source: Source, split: str, size: int = 4096) -> Iterator[dict[str, list[Any]]]:
    """Batches of a set as the `datasets` library streams it: nothing of it is written to a cache. Of a set of the hub that comes in parts,
    those of the split."""
    if source is FUNCTIONAL:
        yield _functional()
        return
    import datasets  # heavy; the module must import without it for `declared`

    if source.path.startswith("hub:"):
        yield from _of_hub(source, split, size)
    else:
        suffix = Path(source.path).suffix
        if suffix not in _FORMATS:
            raise ConfigError(f'{source.name}: "{suffix}" is none of {", ".join(_FORMATS)}')
        if not Path(source.path).is_file():
            raise ConfigError(f"{source.name}: no such file: {source.path}")
        stream = datasets.load_dataset(_FORMATS[suffix], data_files=source.path, streaming=True, split="train")
        yield from stream.iter(batch_size=size)


def _of_hub(source: Source, split: str, size: int) -> Iterator[dict[str, list[Any]]]:
    import datasets

    try:
        parts = datasets.load_dataset(source.path[4:], source.subset or None, streaming=True)
    except ValueError as error:  # no such subset, or there are several and none is named
        raise ConfigError(f"{source.name}: {source.path}: {' '.join(str(error).split())}") from error
    if set(parts) == {"train"}:  # its rows may have a split of their own
        yield from parts["train"].iter(batch_size=size)
        return
    unread = [name for name in parts if name.lower() not in _SPLITS]
    if unread and split == "train":
        _log.warning("%s: parts of %s that are left out: %s", source.name, source.path, ", ".join(unread))
    for name, part in parts.items():
        if _SPLITS.get(name.lower()) == split:
            for batch in part.iter(batch_size=size):
                yield batch | {source.columns.get("split", "split"): [name] * len(next(iter(batch.values())))}


def _functional() -> dict[str, list[Any]]:
    cases = [*functional.cases("train"), *composed.compositions()]
    columns: dict[str, list[Any]] = {name: [case.labels.get(name) for case in cases] for name in schema.TOXICITY.names}
    return columns | {"id": [case.id for case in cases], "lang": [case.lang for case in cases], "text": [case.text for case in cases]}


def _rows(source: Source, columns: dict[str, list[Any]]) -> Rows:
    texts = columns["text"]
    bad = next((row for row, text in enumerate(texts) if not isinstance(text, str)), None)
    if bad is not None:
        raise RowError(f'{source.name}: row {bad}: "text" is not a string')
    count = len(texts)
    return Rows(
        sets=np.full(count, source.name),
        ids=np.array([str(value if value is not None else row) for row, value in enumerate(columns["id"])]),
        langs=np.array([(value and language(str(value))) or source.lang or "und" for value in columns["lang"]]),
        texts=texts,
        contexts=[Context(*values) for values in zip(*(columns[name] for name in CONTEXT), strict=True)],
        labels={head.name: _labels(source, head, columns) for head in schema.HEADS},
        spans=[None if marks is None else tuple((int(begin), int(end)) for begin, end in marks) for marks in columns["spans"]],
    )


def _labels(source: Source, head: schema.Head, columns: dict[str, list[Any]]) -> Labels:
    if head.activation is schema.Activation.SIGMOID:
        values = np.array([[_probability(source, name, value) for value in columns[name]] for name in head.names], np.float32).T
        mask = ~np.isnan(values)
        if ((values < 0) | (values > 1)).any():
            raise RowError(f"{source.name}: a label of {head.name} lies outside 0..1")
        return Labels(np.where(mask, values, 0).astype(np.float32), mask)
    given = columns[head.name]
    if wrong := {repr(value) for value in given if value is not None and value not in head.names}:
        raise RowError(f"{source.name}: {head.name} knows no class {', '.join(sorted(wrong))}; known: {', '.join(head.names)}")
    targets = np.array([[value == name for name in head.names] for value in given], np.float32).reshape(len(given), len(head.names))
    known = np.isin(head.names, sorted({value for value in given if value is not None}))
    return Labels(targets, known[None, :] & np.asarray(targets.any(axis=1))[:, None])


def _probability(source: Source, name: str, value: Any) -> float:
    try:
        return math.nan if value is None else float(value)
    except (TypeError, ValueError) as error:
        raise RowError(f"{source.name}: {name}: {value!r} is no number from 0 to 1") from error
