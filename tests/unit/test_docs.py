"""Documents keep their word: every link leads somewhere, every command and target that they name exists, every verb is written of."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
import typer

import threadwise
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "labels").glob("*.md")])
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|[`\s/|])threadwise ((?:[a-z]+ ?)+)((?:[^`\n|#]|\n(?=  ))*)")
_MAKE = re.compile(r"(?:`|^ {4})make ([a-z]+)", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are shown in a repository."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        place = (page.parent / path).resolve() if path else page
        here = place.exists() or _made_later(place)
        if not here or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            broken.append(target)
    assert broken == []


def _made_later(place: Path) -> bool:
    """The files of a release are written by `threadwise export`; their names are those of `train.release`."""
    return place.parent == ROOT / "train" / "release" and place.name in {"CARD.md", "NOTICE", "LICENSE", "metrics.json"}


def commands() -> dict[str, set[str]]:
    """Words of each command ("keys create") -> its options."""
    found: dict[str, set[str]] = {}

    def walk(command: object, words: list[str]) -> None:
        inner = getattr(command, "commands", None)
        for name, each in (inner or {}).items():
            walk(each, [*words, name])
        HELP[" ".join(words)] = re.split(r"(?<=[.])\s|\n\n", (command.help or "").strip())[0].replace("\n", " ")  # type: ignore[attr-defined]
        options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}  # type: ignore[attr-defined]
        found[" ".join(words)] = options | {"--help"}

    walk(typer.main.get_command(threadwise.app), [])
    return found


HELP: dict[str, str] = {}
"""Words of each command -> the first sentence of its help; filled with COMMANDS."""
COMMANDS = commands()


def named(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command that a page names, with the options beside it."""
    verbs = {words.split()[0] for words in COMMANDS if words}
    for match in _COMMAND.finditer(page.read_text(encoding="utf-8")):
        words = match[1].split()
        if words[0] in verbs:
            known = list(takewhile(lambda upto: upto in COMMANDS, (" ".join(words[:size]) for size in range(1, len(words) + 1))))
            yield known[-1], re.findall(r"(?<![\w-])--[a-z][a-z-]*", match[2])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_option_that_is_named_exists(page: Path) -> None:
    unknown = [f"{words} {option}" for words, options in named(page) for option in options if option not in COMMANDS[words]]
    assert unknown == []


def test_the_list_of_commands_is_what_the_front_door_offers(request: pytest.FixtureRequest) -> None:
    page = ROOT / "docs" / "commands.md"
    if request.config.getoption("--update-golden"):
        page.write_text(listed(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == listed(), "write it anew: pytest tests/unit/test_docs.py --update-golden"


def test_every_command_that_opens_the_database_takes_the_settings_that_name_it() -> None:
    """As docs/service.md says."""
    assert [words for words, options in COMMANDS.items() if "--database" in options and "--config" not in options] == []


def listed() -> str:
    """The page of all commands, each with the first sentence of its help."""
    leaves = [words for words in sorted(COMMANDS) if words and not any(other.startswith(f"{words} ") for other in COMMANDS)]
    head = (
        "# Commands\n\nWritten from `threadwise --help`; each command has its own `--help`, which says more.\n\n| command | |\n|---|---|\n"
    )
    return head + "".join(f"| `threadwise {words}` | {HELP[words]} |\n" for words in leaves)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_of_make_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(_MAKE.findall(page.read_text(encoding="utf-8"))) <= targets


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"({page.name})" in listed for page in folder.glob("0*.md"))


@pytest.mark.parametrize("name", ["serve.toml", "policy.toml"])
def test_the_files_to_start_from_are_the_defaults(name: str) -> None:
    start, default = (ROOT / folder / name for folder in ("configs", "serve/defaults"))
    assert start.read_bytes() == default.read_bytes()
    assert tomllib.loads(start.read_text(encoding="utf-8"))


def test_the_pre_commit_hooks_call_tools_that_setup_installs() -> None:
    entries = re.findall(r"entry: \.venv/bin/([\w-]+)", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    pinned = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    assert len(entries) > 3
    assert all(f"{'import-linter' if tool == 'lint-imports' else tool}==" in pinned for tool in entries)
