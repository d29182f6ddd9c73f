"""What a benchmark found, as a table for people and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def say(found: Mapping[str, float | int | str], path: Path | None) -> None:
    """Print figures by name, a line each; write them to `path` where one is given."""
    for name, value in found.items():
        print(f"{name:58}{value:>14.4g}" if isinstance(value, float) else f"{name:58}{value:>14}")
    if path:
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
