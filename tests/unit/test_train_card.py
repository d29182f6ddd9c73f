"""The card says of a release what its manifest holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests import tiny
from train import card, release


@pytest.mark.parametrize(("lost", "said"), [(0.2, True), (0.01, False)], ids=["beyond-the-gate", "within"])
def test_a_release_that_lost_too_much_says_so(tmp_path: Path, lost: float, said: bool) -> None:
    config = tiny.made(tmp_path)  # its gate allows a head .1
    manifest = replace(release.read(Path(config.release)), loss={"heads": {"stance": lost}, "worst_languages": {}})
    card.write(Path(config.release), config, manifest)
    text = (Path(config.release) / "CARD.md").read_text(encoding="utf-8")
    assert ("not passed: the gate of the export allows 0.1 for stance" in text) is said
