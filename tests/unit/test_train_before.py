"""One command makes a release that continues another: `before` names the configuration of that one."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from threadwise import app
from train import config_file, release
from train.config import Config


def test_train_makes_what_it_continues_once(tiny_run: Config, tmp_path: Path) -> None:
    text = (Path(tiny_run.run).parent / "tiny.toml").read_text(encoding="utf-8").replace("passes = 8", "passes = 1")
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        own = text.replace(tiny_run.run, str(folder / "run")).replace(tiny_run.release, str(folder / "release"))
        if folder == second:
            own = 'before = "first.toml"\n' + own
        (tmp_path / f"{folder.name}.toml").write_text(own, encoding="utf-8")
    assert config_file.load(tmp_path / "second.toml").backbone.start == str(first / "release")
    command = CliRunner()
    asked = command.invoke(app, ["train", str(tmp_path / "second.toml")])
    assert asked.exit_code == 0, asked.output
    made = (first / "release" / release.MANIFEST).stat().st_mtime_ns
    assert (second / "run" / "model.safetensors").is_file()
    assert command.invoke(app, ["train", str(tmp_path / "second.toml")]).exit_code == 0
    assert (first / "release" / release.MANIFEST).stat().st_mtime_ns == made
