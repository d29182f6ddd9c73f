"""Chromium of the system, without a network, and one desk per database that all tests share; what is missing is said aloud."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import postgres
from tests.browser.desk import Desk, Room, started
from tests.conftest import ROOT, missing

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_numbers = itertools.count(1)
expect.set_options(timeout=20_000)  # shared cores


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Makes an empty database of a kind and gives its URL; PostgreSQL is started when it is first asked for."""
    with ExitStack() as stack:

        @functools.cache
        def cluster() -> postgres.Postgres:
            folder = postgres.binaries()
            if folder is None:
                missing("PostgreSQL is not installed (Debian: postgresql)")
                raise AssertionError
            return stack.enter_context(postgres.running(folder))

        def made(kind: str) -> str:
            if kind == "postgresql":
                return cluster().database(f"browser_{next(_numbers)}")
            return f"sqlite:///{tmp_path_factory.mktemp('database') / 'desk.db'}"

        yield made


@pytest.fixture(scope="session")
def desks(
    new_database: Callable[[str], str], tiny_release: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Desk]]:
    """Gives a desk by kind of database and name, the same one each time; it is started when it is first asked for."""
    with ExitStack() as stack:

        @functools.cache
        def found(kind: str, name: str = "shared") -> Desk:
            return stack.enter_context(started(tmp_path_factory.mktemp(f"{kind}-{name}"), tiny_release, new_database(kind)))

        yield found


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept: THREADWISE_PICTURES, else runs/browser, which git passes over."""
    folder = Path(os.environ.get("THREADWISE_PICTURES", ROOT / "runs" / "browser"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database; `desk.SQLITE_ONLY` leaves one of them."""
    return str(request.param)


@pytest.fixture
def own_room(database: str, desks: Callable[..., Desk], chromium: Browser, pictures: Path) -> Iterator[Room]:
    """As `room`, on a second desk that may be killed and whose policy may be moved."""
    opened = Room(desks(database, "own"), chromium, pictures)
    yield opened
    opened.close()
    assert opened.troubles == []


@pytest.fixture
def room(database: str, desks: Callable[..., Desk], chromium: Browser, pictures: Path) -> Iterator[Room]:
    """A site of the test's own. Any trouble in a browser that the test did not expect fails it at its end."""
    opened = Room(desks(database), chromium, pictures)
    yield opened
    opened.close()
    assert opened.troubles == []
