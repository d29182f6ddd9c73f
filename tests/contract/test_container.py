"""The image and its compose file, as far as they can be held without a container engine.

What .dockerignore lets in is built and installed away from the checkout; the Dockerfile's environment, command and health check are run as
they stand there, with its volume in a temporary folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from serve import settings
from tests.conftest import ROOT
from tests.server import free_port

LINES = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))

_START_S = 600
"""Of a busy machine; a quiet one takes seconds."""


def of(instruction: str) -> list[str]:
    """The arguments of each such instruction."""
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")]


def listed(instruction: str) -> list[str]:
    """The argument of the last such instruction in its form as a list."""
    found: list[str] = json.loads(of(instruction)[-1])
    return found


def environment(data: Path, port: int) -> dict[str, str]:
    """The image's environment, its volume in `data` and its port a free one, on the loopback address."""
    found = dict(pair.split("=", 1) for pair in shlex.split(of("ENV")[0]))
    del found["PATH"]
    moved = {name: value.replace("/data", str(data)) for name, value in found.items()}
    return moved | {"THREADWISE_HOST": "127.0.0.1", "THREADWISE_PORT": str(port)}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, built from what .dockerignore lets in and nothing else."""
    context, site = tmp_path_factory.mktemp("context"), tmp_path_factory.mktemp("site")
    rules = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    for name in (rule[1:] for rule in rules if rule.startswith("!")):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, context / name)
    constraint = re.search(r"--constraint (\S+)", of("RUN")[0])
    assert constraint is not None
    assert (context / constraint[1]).is_file()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", str(site), str(context)]
    subprocess.run(install, check=True)
    return site


@pytest.fixture
def container(installed: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The image's command, started in its volume."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THREADWISE_")}
    given = kept | environment(tmp_path, free_port()) | {"PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", *listed("ENTRYPOINT"), *listed("CMD")]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=given, stdout=log, stderr=log, text=True)
    try:
        yield process, given
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait(60)


def healthy(given: dict[str, str]) -> bool:
    """What the image's health check says."""
    kind, _, command = of("HEALTHCHECK")[0].partition(" CMD ")
    assert "--start-period" in kind
    program, *arguments = json.loads(command)
    assert program == "python"
    moved = [argument.replace(":8000/", f":{given['THREADWISE_PORT']}/") for argument in arguments]
    return (
        subprocess.run(
            [sys.executable, *moved], capture_output=True, check=False, cwd=given["XDG_CACHE_HOME"].removesuffix("/cache")
        ).returncode
        == 0
    )


def test_the_image_serves_away_from_the_checkout_and_stops_when_told(
    container: tuple[subprocess.Popen[str], dict[str, str]], installed: Path, tmp_path: Path
) -> None:
    process, given = container
    assert not healthy(given), "nothing listens yet"
    end = time.monotonic() + _START_S
    while not healthy(given):
        assert process.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < end
        time.sleep(1)
    assert (tmp_path / "threadwise.db").is_file()
    made = [sys.executable, "-m", "threadwise", "keys", "create", "my-site"]
    key = subprocess.run(made, env=given, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()
    assert key.startswith("tw_"), "it finds the database by itself, as compose's `exec` needs"
    where = [sys.executable, "-c", "import threadwise; print(threadwise.__file__)"]
    found = subprocess.run(where, env=given, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert Path(found.strip()).is_relative_to(installed)
    process.send_signal(getattr(signal, of("STOPSIGNAL")[0]))
    assert process.wait(60) == 0


def test_the_image_is_nobody_in_particular_and_keeps_what_it_writes_on_the_volume() -> None:
    assert int(of("USER")[0]) > 0, "a number: a cluster can see that it is not root"
    assert of("VOLUME") == of("WORKDIR")[-1:] == ["/data"]
    written = environment(Path("/data"), 1)
    assert {written["XDG_CACHE_HOME"], written["THREADWISE_DATABASE"]} == {"/data/cache", "sqlite:////data/threadwise.db"}


def test_the_image_holds_no_training() -> None:
    extra = re.search(r"'\.\[(\w+)\]'", of("RUN")[0])
    assert extra is not None
    found, waiting = set[str](), [("threadwise", extra[1])]
    while waiting:
        name, chosen = waiting.pop()
        for requirement in map(Requirement, metadata.requires(name) or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": chosen}):
                new = canonicalize_name(requirement.name)
                waiting += [(new, inner) for inner in ("", *requirement.extras) if f"{new}[{inner}]" not in found]
                found |= {f"{new}[{inner}]" for inner in ("", *requirement.extras)}
    assert {"openvino[]", "fastapi[]", "psycopg[binary]"} <= found
    assert not {"torch[]", "transformers[]", "nncf[]", "datasets[]"} & found


def test_the_compose_file_names_settings_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    service, database = COMPOSE["services"]["threadwise"], COMPOSE["services"]["database"]
    given = {**environment(Path("/data"), 8000), **service["environment"]}
    for name, value in given.items():
        if name.startswith("THREADWISE_"):
            monkeypatch.setenv(name, value)
    found = settings.load()
    assert found.database == f"postgresql+psycopg://{database['environment']['POSTGRES_USER']}@database/threadwise"
    assert service["depends_on"]["database"]["condition"] == "service_healthy"
    assert "healthcheck" in database


def test_the_compose_file_has_no_default_password_and_opens_no_port_to_the_world() -> None:
    secrets = [part["environment"][name] for part, name in _PASSWORDS]
    assert all(re.fullmatch(r"\$\{POSTGRES_PASSWORD:\?.+\}", secret) for secret in secrets)
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"]["threadwise"]["ports"])
    assert "ports" not in COMPOSE["services"]["database"]


_PASSWORDS = [(COMPOSE["services"]["threadwise"], "PGPASSWORD"), (COMPOSE["services"]["database"], "POSTGRES_PASSWORD")]
