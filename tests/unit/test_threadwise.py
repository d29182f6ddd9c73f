"""The front door as a whole: help, exit codes, one line for every error, and what each installation needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import threadwise
from labels.errors import ConfigError, DocumentError, ModelError, RowError, StoreError
from seeds.samples import sources
from tests.conftest import ROOT

VERBS = ("parse", "score", "report", "train", "export", "evaluate", "serve")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = threadwise.main(list(arguments))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_help_names_every_verb_and_the_exit_codes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(f" {verb} " in out for verb in VERBS)
    assert "130 interrupted" in out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help_to_work_from(verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = run(capsys, verb, "--help")
    assert code == 0
    assert len(out.split()) > 50


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--version")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (code, out.strip()) == (0, project["version"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["parse"], "Missing argument"),
        (["score"], "Missing option '--input'"),
        (["nope"], "No such command 'nope'"),
        (["parse", "a.txt", "--colour"], "No such option"),
        (["report"], "no page given"),
        (["parse", "a.txt", "b.txt", "--url", "https://example.org"], "--url names one page"),
        (["parse", "a.txt", "--now", "yesterday"], '--now "yesterday" is no ISO 8601 time'),
        (["train", "nowhere.toml"], "nowhere.toml: No such file"),
        (["train", "x.toml", "--set", "fit.threads"], "--set fit.threads: expected NAME=VALUE"),
        (["score", "--input", "x.jsonl", "--model", "nowhere"], '"nowhere" is neither a folder nor a release'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_code_2_with_a_reason(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("wrong"), 2),
        (ModelError("wrong"), 2),
        (StoreError("wrong"), 2),
        (DocumentError("wrong"), 1),
        (RowError("wrong"), 1),
        (OSError(28, "wrong"), 1),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_kind_of_error_has_its_code_and_one_line(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(threadwise, "app", broken)
    found, _, err = run(capsys)
    assert found == code
    assert err.count("\n") == (code != 0)


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    command = f"{sys.executable} -m threadwise parse {' '.join(map(str, sources() * 8))}; echo $? >&2"
    found = subprocess.run(["bash", "-c", f"({command}) | head -c 100"], capture_output=True, cwd=ROOT, check=True)
    assert len(found.stdout) == 100
    assert found.stderr.strip() == b"0"


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(threadwise, "app", broken)
    with pytest.raises(ZeroDivisionError):
        threadwise.main([])


def test_a_missing_extra_is_named() -> None:
    found = without({"openvino"}, "score", "--input", "x.jsonl")
    assert found.returncode == 2
    assert found.stderr == 'threadwise: this needs the package "openvino"; install the extra that brings it: score, serve or train\n'


BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

REFUSED = set(sys.argv.pop(1).split(","))
sys.meta_path.insert(0, Refuse())
import threadwise
sys.exit(threadwise.main(sys.argv[1:]))
"""


def without(refused: set[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a verb in a process that cannot import the refused packages."""
    command = [sys.executable, "-c", BLOCK, ",".join(sorted(refused)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def beyond(extra: str) -> set[str]:
    """Names of all installed top-level modules that an installation with `extra` alone would not have."""
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in (ROOT / "requirements" / f"{extra}.txt").read_text().split()}
    ours = {"threadwise", "pip", "setuptools"}
    return {
        module
        for module, brought_by in packages_distributions().items()
        if not {name.lower().replace("_", "-") for name in brought_by} & (pinned | ours)
    }


def test_pages_are_parsed_with_the_base_installation() -> None:
    sample = str(ROOT / "seeds" / "samples" / "bg-numbered-tram" / "source.txt")
    found = without(beyond("score") | {"openvino", "tokenizers", "jinja2", "huggingface_hub"}, "parse", sample)
    assert (found.returncode, found.stderr) == (0, "")
    assert len(json.loads(found.stdout)["comments"]) > 10


def test_scoring_and_reports_need_neither_torch_nor_anything_else_beyond_their_extra(tiny_release: Path, tmp_path: Path) -> None:
    refused = beyond("score")
    assert {"torch", "transformers", "nncf", "datasets", "sklearn", "fastapi", "sqlalchemy", "pytest"} <= refused
    given, made = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given.write_text('{"id": 1, "text": "the mayor is lovely", "context": {"title": "t", "parent": "p"}}\n', encoding="utf-8")
    found = without(refused, "score", "--input", str(given), "--output", str(made), "--model", str(tiny_release), "--explain")
    assert found.returncode == 0, found.stderr
    assert json.loads(made.read_text(encoding="utf-8"))["scored"]
    found = without(refused, "report", "--samples", "--output", str(tmp_path / "report.html"), "--model", str(tiny_release))
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[-1] == str(tmp_path / "report.html")
