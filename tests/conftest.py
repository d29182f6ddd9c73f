"""What all tests share: the tiny release, and skips that CI turns into failures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# Shared cores make single examples slow; CI repeats the same examples every time.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("THREADWISE_REQUIRE_ALL") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected threads of seeds/samples from what is parsed now")


@pytest.fixture(scope="session")
def tiny_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release made by the real path in seconds."""
    from tests import tiny

    return Path(tiny.made(tmp_path_factory.mktemp("tiny")).release)


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
