"""What is built and installed: the wheel holds all it needs, the pins fit, imports go one way, and the tree names no machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import labels
import seeds
import serve
import threadwise
import train
from tests.conftest import ROOT, missing

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("labels", "seeds", "train", "serve")


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Files under version control that are still there."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        missing("this is no git checkout")
    found = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True)
    return [name for name in found.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"])
    return zipfile.ZipFile(path)


def test_the_wheel_holds_every_file_of_the_four_packages(wheel: zipfile.ZipFile, tracked: list[str]) -> None:
    needed = {name for name in tracked if name.startswith(tuple(f"{package}/" for package in PACKAGES))} | {"threadwise.py"}
    assert len(needed) > 100
    assert needed <= set(wheel.namelist())


@pytest.mark.parametrize(
    "name",
    [
        "seeds/rules/thread.toml",
        "seeds/samples/bg-numbered-tram/source.txt",
        "serve/defaults/policy.toml",
        "serve/defaults/serve.toml",
        "serve/report/templates/report.html.j2",
        "serve/report/static/report.css",
        "serve/store/migrations/env.py",
        "train/lookalikes.toml",
        "train/RELEASE_LICENSE",
    ],
)
def test_data_travel_in_the_wheel(name: str, wheel: zipfile.ZipFile) -> None:
    assert wheel.getinfo(name).file_size > 0


def test_a_release_that_is_here_travels_whole(wheel: zipfile.ZipFile) -> None:
    here = [path.relative_to(ROOT).as_posix() for folder in ("release", "release-open") for path in (ROOT / "train" / folder).glob("*")]
    assert set(here) <= set(wheel.namelist())


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in tops if not name.endswith(".dist-info")} == {*PACKAGES, "threadwise.py"}
    assert not [name for name in wheel.namelist() if "__pycache__" in name or name.endswith((".pyc", ".db", ".part"))]


def test_what_the_wheel_holds_works_by_itself(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Unpacked into an empty folder, away from the checkout, it parses a sample of its own."""
    wheel.extractall(tmp_path / "site")
    code = (
        "import labels, seeds, train, serve, sys; from seeds.samples import sources; import threadwise;"
        "print(*(module.__file__ for module in (labels, seeds, train, serve, threadwise)), sep='\\n');"
        "sys.exit(threadwise.main(['parse', str(sources()[0])]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    *places, row = found.stdout.splitlines()
    assert all(place.startswith(str(tmp_path / "site")) for place in places)
    assert '"comments": [{' in row


def test_the_command_is_the_front_door(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "threadwise = threadwise:run" in wheel.read(name).decode()


def test_the_packages_that_are_tested_are_ours() -> None:
    """Their names are common words: another package of the same name would be found silently."""
    for module in (labels, seeds, train, serve, threadwise):
        assert Path(str(module.__file__)).resolve().is_relative_to(ROOT)


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(package): version for package, _, version in (line.partition("==") for line in lines)}


@pytest.mark.parametrize("name", ["score", "dev"])
def test_pins_are_versions_only(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][\w.-]*==[\w.]+", line)] == []
    assert lines == sorted(lines, key=str.lower)
    assert "threadwise" not in pins(name)


def test_what_runs_is_pinned_as_what_develops() -> None:
    score, dev = pins("score"), pins("dev")
    assert score.items() <= dev.items()
    assert not {"torch", "transformers", "nncf", "datasets", "fastapi", "sqlalchemy", "pytest"} & set(score)


def wanted(extra: str) -> list[Requirement]:
    """The project's direct requirements for an extra, those of the extras that it names included."""
    found, project = [], PROJECT["project"]
    for requirement in map(Requirement, [*project["dependencies"], *project["optional-dependencies"][extra]]):
        found += [each for inner in requirement.extras for each in wanted(inner)] if requirement.name == "threadwise" else [requirement]
    return found


@pytest.mark.parametrize("extra", ["score", "dev"])
def test_every_requirement_has_a_pin_that_it_allows(extra: str) -> None:
    pinned = pins(extra)
    for requirement in wanted(extra):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), str(requirement)


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout


def test_an_import_against_the_direction_is_found(tmp_path: Path) -> None:
    """The contract of the layers on four packages whose lowest imports the highest."""
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("import serve\n" if package == "labels" else "", encoding="utf-8")
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]
    settings = f"[tool.importlinter]\nroot_packages = {list(PACKAGES)}\n[[tool.importlinter.contracts]]\n"
    settings += f'name = "layers"\ntype = "{contract["type"]}"\nlayers = {contract["layers"]}\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert found.returncode == 1
    assert "labels -> serve" in found.stdout


FOREIGN = re.compile(r"pypi[.]org|pythonhosted[.]org|npmjs[.]|conda[.]anaconda|(?<![\w.~/-])/(?:work|root|home|Users|mnt|media|opt)/\w")


def test_no_file_names_a_registry_or_a_place_on_a_machine(tracked: list[str]) -> None:
    found = []
    for name in tracked:
        data = (ROOT / name).read_bytes()
        if b"\0" in data[:8000] or name.startswith("train/release"):
            continue
        # The pages of our own have addresses of their sites, which look like places on a machine.
        site = name.startswith("tests/quality/pages/")
        said = (match.group() for match in FOREIGN.finditer(data.decode("utf-8", "replace")))
        found += [f"{name}: {what}" for what in said if not (site and what.startswith("/"))]
    assert found == []


def test_the_version_is_in_the_changelog() -> None:
    assert f"## [{PROJECT['project']['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_large_file_but_the_models_is_under_version_control(tracked: list[str]) -> None:
    large = [name for name in tracked if (ROOT / name).stat().st_size > 1_500_000]
    assert [name for name in large if not name.startswith(("train/release/", "train/release-open/"))] == []
