"""Back ends: each one that is here gives the same logits within rounding, and which is the fastest is found once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from labels.errors import ModelError
from train import backends, release
from train.encode import Window
from train.inference import Scorer

_WINDOWS = [Window(tuple(range(4, 4 + length)), (0,) * length, length - 2, 0) for length in (5, 12, 30)]


def logits(scorer: Scorer) -> np.ndarray:
    return np.array([one.logits for one in scorer.seen(_WINDOWS)])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "threadwise"


def test_every_back_end_gives_the_same_logits_within_rounding(tiny_release: Path) -> None:
    exact = logits(Scorer.load(tiny_release, backend="fp32"))
    for backend in backends.available():
        scorer = Scorer.load(tiny_release, backend=backend.name)
        assert f"{backend.name} products" in scorer.backend
        assert np.abs(logits(scorer) - exact).max() < 0.1, backend.name


_SIGNALLED = """
import os, signal, sys
from pathlib import Path
from train.inference import Scorer
first, second = (Scorer.load(Path(sys.argv[1]), backend="fp32") for _ in range(2))
del first
del second
signal.signal(signal.SIGINT, lambda *_: print("still here"))
os.kill(os.getpid(), signal.SIGINT)
"""


def test_a_signal_reaches_a_process_whose_first_model_went_before_its_second(tiny_release: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _SIGNALLED, str(tiny_release)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "still here\n"), done.stderr


def test_the_fastest_is_timed_once(tiny_release: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_multiplies_int8", lambda _: True)  # so that there are two to choose from
    names = [backend.name for backend in backends.available()]
    timed: list[str] = []

    def seconds(_: Path, backend: backends.Backend) -> float:
        timed.append(backend.name)
        return 1.0 if backend.name == names[-1] else 9.0

    monkeypatch.setattr(backends, "seconds", seconds)
    path = tiny_release / release.MODEL
    assert [backends.chosen(path).name for _ in range(3)] == [names[-1]] * 3
    assert timed == names
    (kept,) = cache.glob("backend-*.json")
    assert json.loads(kept.read_text(encoding="utf-8"))["fastest"] == names[-1]


def test_it_is_timed_in_seconds(tiny_release: Path) -> None:
    assert 0 < backends.seconds(tiny_release / release.MODEL, backends.available()[0], threads=1) < 60


def test_another_back_end_can_be_asked_for_if_it_is_here(tiny_release: Path) -> None:
    assert backends.chosen(tiny_release / release.MODEL, "fp32").name == "fp32"
    with pytest.raises(ModelError, match=r'no back end "int3" for this release on this machine: .*fp32'):
        Scorer.load(tiny_release, backend="int3")


@pytest.mark.parametrize(
    ("text", "can"),
    [
        ("processor: 0\nflags\t: fma avx2\n", False),
        ("flags\t: avx2 avx512_vnni\n", True),
        ("flags\t: avx2 avx_vnni\n", True),
        ("flags\t: amx_tile amx_int8\n", True),
        ("Features\t: asimddp\n", True),
    ],
)
def test_int8_is_offered_only_where_the_processor_multiplies_it(text: str, can: bool, tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text, encoding="utf-8")
    assert backends._multiplies_int8(path) is can
    assert backends._multiplies_int8(tmp_path / "none")
