"""Writes the pins: dev.txt = all that is installed in this environment; score.txt = the part of it that the extra [score] reaches.

Versions only: no index address, no hashes, no local version, so that any mirror and any platform can serve them.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_FOLDER = Path(__file__).resolve().parent
_PROJECT = "threadwise"
_TOOLS = {"pip", "setuptools", "wheel"}  # of the environment, not of the project


def reached(extra: str) -> set[str]:
    """Names of the packages that the project needs with this extra, and of all that they need in turn."""
    project = tomllib.loads((_FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(each) for each in (*project["dependencies"], *project["optional-dependencies"][extra])]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        for chosen in ("", *wanted.extras):
            key = (canonicalize_name(wanted.name), chosen)
            if key in seen:
                continue
            seen.add(key)
            needs = map(Requirement, distribution(wanted.name).requires or ())
            waiting += [need for need in needs if need.marker is None or need.marker.evaluate({"extra": chosen})]
    return {name for name, _ in seen}


def pins() -> dict[str, str]:
    """Plain name -> `Name==version` of everything installed, without the project and the tools of the environment."""
    found = {canonicalize_name(each.name): f"{each.name}=={each.version.split('+')[0]}" for each in distributions()}
    return {name: pin for name, pin in found.items() if name not in _TOOLS | {_PROJECT}}


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in sorted(lines, key=str.lower)), encoding="utf-8")


def main() -> None:
    everything, needed = pins(), reached("score")
    _write(_FOLDER / "dev.txt", list(everything.values()))
    _write(_FOLDER / "score.txt", [pin for name, pin in everything.items() if name in needed])


if __name__ == "__main__":
    main()
