"""README and the page on moving from Perspective keep their word: each block that they show is run, in order, against a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from serve.settings import default
from tests.conftest import ROOT, missing
from tests.server import Server

PAGE = (ROOT / "docs" / "move-from-perspective.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Move from Perspective\n")[2].partition("\n## ")[0]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS, SHORT = _BLOCK.findall(PAGE), _BLOCK.findall(README)
KEY = "AIzaSy-a-key-that-the-site-sends-already"
_PROGRAMS = {
    "sh": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "javascript": ["node", "--input-type=module", "-e"],
}
_NEEDED = {"sh": "curl", "python": sys.executable, "javascript": "node"}


def environment(key: str) -> dict[str, str]:
    return {**os.environ, "PERSPECTIVE_KEY": key, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def given(server: Server) -> Mapping[str, str]:
    """The environment of a reader; their key has been taken over by the page's own first block."""
    found = environment(KEY)
    (first,) = (block for block in BLOCKS if "keys import" in block[1])
    assert first == BLOCKS[0]
    assert run(server, *first, found).strip() == "my-site"
    return found


@pytest.fixture(scope="module")
def made(server: Server) -> Mapping[str, str]:
    """The environment of a reader of README, whose first block makes the key."""
    kind, code = SHORT[0]
    return environment(run(server, kind, f"{code}printenv PERSPECTIVE_KEY", environment("")).strip())


def run(server: Server, kind: str, code: str, environment: Mapping[str, str]) -> str:
    """What the block prints, with the address and the database of the test's server in the place of the page's."""
    if shutil.which(_NEEDED[kind]) is None:
        missing(f"{_NEEDED[kind]} is not installed")
    moved = code.replace("http://127.0.0.1:8000", server.url).replace("sqlite:///threadwise.db", server.database)
    done = subprocess.run([*_PROGRAMS[kind], moved], env=dict(environment), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("kind", "code"), BLOCKS[1:], ids=range(1, len(BLOCKS)))
def test_each_block_is_answered(server: Server, given: Mapping[str, str], kind: str, code: str) -> None:
    is_answered(run(server, kind, code, given), code)


@pytest.mark.parametrize(("kind", "code"), SHORT[1:], ids=["plain", "google", "coral"])
def test_each_block_of_readme_is_answered(server: Server, made: Mapping[str, str], kind: str, code: str) -> None:
    is_answered(run(server, kind, code, made), code)


def is_answered(output: str, code: str) -> None:
    found = json.loads(output)
    if isinstance(found, float | int):
        assert 0 <= found <= 1
    elif "/v1/model" in code:
        assert {"thresholds", "weak", "low_confidence"} <= found.keys()
    else:
        asked = re.findall(r'"([A-Z_]+)": \{\}', code)
        assert asked
        assert [0 <= found["attributeScores"][name]["summaryScore"]["value"] <= 1 for name in asked] == [True] * len(asked)


def test_all_three_kinds_of_client_are_shown() -> None:
    assert {kind for kind, _ in BLOCKS} == {"sh", "python", "javascript"}


def test_the_table_names_each_attribute_that_is_judged() -> None:
    from serve import attributes

    judged = {name for name in attributes.table()[0] if not name.endswith("_EXPERIMENTAL")}
    named = set(re.findall(r"`([A-Z_]+)`", PAGE.partition("## Attributes")[2].partition("## Thresholds")[0]))
    assert judged <= named
    assert named - judged <= {*tomllib.loads(default("perspective.toml"))["known"]["names"], "_EXPERIMENTAL"}
