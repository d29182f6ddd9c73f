"""Settings: what goes before what, and all that is wrong at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from labels.errors import ConfigError
from serve import settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have settings of their own."""
    import os

    for name in [name for name in os.environ if name.startswith("THREADWISE_")]:
        monkeypatch.delenv(name)


def test_flag_over_environment_over_file_over_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert settings.load().port == 8000
    file = tmp_path / "mine.toml"
    file.write_text("port = 1\n[limits]\nrequest_s = 7\n", encoding="utf-8")
    assert (settings.load(file).port, settings.load(file).limits.request_s) == (1, 7)
    assert settings.load(file).limits.body_bytes == settings.load().limits.body_bytes, "a file need not be whole"
    monkeypatch.setenv("THREADWISE_PORT", "2")
    monkeypatch.setenv("THREADWISE_LIMITS__REQUEST_S", "8")
    assert (settings.load(file).port, settings.load(file).limits.request_s) == (2, 8)
    flags = {"port": "3", "limits.request_s": "9", "host": None}
    assert (settings.load(file, flags).port, settings.load(file, flags).limits.request_s) == (3, 9)


@pytest.mark.parametrize(("name", "value"), [("DATABASE", "sqlite:///given.db"), ("MODEL", "open"), ("POLICY", __file__), ("HOST", "::1")])
def test_the_named_variables(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"THREADWISE_{name}", value)
    assert getattr(settings.load(), name.lower()) == value


def test_secrets_are_a_list_between_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADWISE_CORAL_SECRETS", "one,two")
    assert settings.load().coral.secrets == ("one", "two")


def test_lists_are_toml() -> None:
    assert settings.load(flags={"cors.origins": '["https://a.example"]'}).cors.origins == ("https://a.example",)


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADWISE_LIMITS__BODY_BYTES", "many")
    flags = {"port": "70000", "limits.request_s": "0", "limits.key_per_minut": "5", "perspective.unknown_language": "maybe"}
    flags |= {"database": "mysql://ana:geheim@db/x", "policy": "no/such.toml"}
    with pytest.raises(ConfigError) as caught:
        settings.load(flags=flags)
    said = str(caught.value)
    for name in ("port", "limits.request_s", "limits.body_bytes", "perspective.unknown_language", "database", "policy"):
        assert f"setting {name}:" in said
    assert "geheim" not in said
    assert "limits.key_per_minut is unknown; did you mean limits.key_per_minute?" in said


def test_a_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        settings.load(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("port = ", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.toml"):
        settings.load(broken)


def test_what_is_logged_holds_no_secret() -> None:
    flags = {"database": "postgresql+psycopg://ana:geheim@db/threads", "coral.secrets": '["empsec_x"]'}
    shown = str(settings.load(flags=flags).shown())
    assert "geheim" not in shown
    assert "empsec_x" not in shown
    assert "db/threads" in shown


def test_the_safe_side_is_the_default() -> None:
    found = settings.load()
    assert found.host == "127.0.0.1"
    assert not found.log_texts
    assert not found.perspective.store
    assert not found.coral.store
    assert found.coral.secrets == ()
    assert not found.webhooks.allow_private_targets
    assert found.cors.origins == ()
