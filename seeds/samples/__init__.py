"""Sample articles of our own, package data: `SLUG/{source.txt, expected.json, about.toml}`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def folders() -> list[Path]:
    """The folder of each sample, by name."""
    return sorted(path.parent for path in Path(str(files("seeds.samples"))).glob("*/source.*"))


def sources() -> list[Path]:
    """The document of each sample."""
    return [next(iter(sorted(folder.glob("source.*")))) for folder in folders()]
