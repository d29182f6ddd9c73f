"""A real server with the tiny release, its key, and databases of both kinds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from serve.store import Store
from tests import postgres
from tests.conftest import missing
from tests.server import Server, running

CORAL_SECRETS = ("empsec_example", "empsec_older")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as they found it."""
    options = (
        "--policy",
        str(Path(__file__).with_name("policy.toml")),
        "--set",
        "webhooks.allow_private_targets=true",
        "--set",
        "limits.login_per_minute=5",
        "--set",
        "limits.login_per_minute_of_address=1000000",  # all tests log in from one address
    )
    environment = {"THREADWISE_CORAL_SECRETS": ",".join(CORAL_SECRETS)}
    with running(tmp_path_factory.mktemp("server"), tiny_release, *options, environment=environment) as started:
        yield started


@pytest.fixture(scope="session")
def key(server: Server) -> str:
    return server.key("contract")


@pytest.fixture(scope="session")
def client(server: Server, key: str) -> Iterator[httpx2.Client]:
    with server.client(key) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    folder = postgres.binaries()
    if folder is None:
        missing("PostgreSQL is not installed (Debian: postgresql)")
        raise AssertionError
    with postgres.running(folder) as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    started: postgres.Postgres = request.getfixturevalue("postgres_server")
    return started.database(f"test_{next(_numbers)}")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened = Store(database)
    yield opened
    opened.close()
