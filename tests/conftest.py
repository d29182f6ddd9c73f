"""What all tests share: the tiny release, and skips that CI turns into failures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from train.config import Config

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# Shared cores make single examples slow; CI repeats the same examples every time.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("THREADWISE_REQUIRE_ALL") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected threads of seeds/samples from what is parsed now")


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The configuration of a run that went the real path of training, export and evaluation in seconds."""
    from tests import tiny

    return tiny.made(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_release(tiny_run: Config) -> Path:
    """The folder of the release of that run."""
    return Path(tiny_run.release)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data beside the checkout; its tests are skipped aloud where it is absent."""
    if not SHARED.is_dir():
        missing("../shared is not here")
    return SHARED


def missing(what: str) -> None:
    """Skip, or fail where THREADWISE_REQUIRE_ALL is set (CI)."""
    if os.environ.get("THREADWISE_REQUIRE_ALL"):
        pytest.fail(f"{what}, and THREADWISE_REQUIRE_ALL is set")
    pytest.skip(what)
