"""Settings: what goes before what, and all that is wrong at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labels.errors import ConfigError
from serve import settings
from tests.conftest import ROOT


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


@pytest.mark.parametrize(("value", "secrets"), [("one,", ("one",)), (" one , two", ("one", "two")), (",", ()), ("", ())])
def test_what_stands_between_commas_is_no_secret(monkeypatch: pytest.MonkeyPatch, value: str, secrets: tuple[str, ...]) -> None:
    """Anyone could sign with an empty one."""
    monkeypatch.setenv("THREADWISE_CORAL_SECRETS", value)
    assert settings.load().coral.secrets == secrets


@pytest.mark.parametrize("secret", ["", " "])
def test_an_empty_secret_is_refused_from_a_file_too(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'[coral]\nsecrets = ["empsec_x", "{secret}"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"setting coral\.secrets\.1:"):
        settings.load(file)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("THREADWISE_DATABSE", "THREADWISE_DATABASE"),
        ("THREADWISE_LIMITS_REQUEST_S", "THREADWISE_LIMITS__REQUEST_S"),
        ("THREADWISE_LIMIT__REQUEST_S", "THREADWISE_LIMITS__REQUEST_S"),
        ("THREADWISE_CORAL_SECRET", "THREADWISE_CORAL_SECRETS"),
        ("threadwise_databse", "THREADWISE_DATABASE"),
    ],
)
def test_a_variable_that_names_no_setting_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, meant: str) -> None:
    """`keys create` would make its key in another database."""
    monkeypatch.setenv(name, "5")
    with pytest.raises(ConfigError, match=f"variable {name} is unknown; did you mean {meant}[?]$"):
        settings.load()


def test_a_variable_within_a_part_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADWISE_LIMITS__REQUST_S", "5")
    with pytest.raises(ConfigError) as caught:
        settings.load()
    assert str(caught.value) == "setting limits.requst_s is unknown; did you mean limits.request_s?"


def test_a_part_may_be_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADWISE_CORS", '{"origins": ["https://a.example"]}')
    assert settings.load().cors.origins == ("https://a.example",)


def test_the_variables_of_the_tests_are_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [ROOT / ".ci" / "run", *(ROOT / "tests").rglob("conftest.py"), *(ROOT / "tests").rglob("test_*.py")]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files if file != Path(__file__))
    read = set(re.findall(r"""(?:environ(?:\.get)?[(\[]"|^export )(THREADWISE_\w+)""", source, re.MULTILINE))
    assert "THREADWISE_REQUIRE_ALL" in read
    for name in read:
        monkeypatch.setenv(name, "1")
    settings.load()


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database", "sqlite://"),
        ("database", "sqlite:///:memory:"),
        ("database", "sqlite:threads.db"),
        ("database", "postgresql://db/threads"),
        ("database", "postgresql+psycopg://db:port/threads"),
        ("model", "nosuch"),
        ("model", ""),
        ("model", str(ROOT / "docs")),
        ("host", ""),
        ("public_url", "comments.example.org"),
        ("public_url", "localhost:8000"),
        ("public_url", "https://"),
        ("public_url", "https://comments.example.org/?a=b"),
        ("webhooks.timeout_s", "inf"),
        ("webhooks.timeout_s", "1e300"),
        ("limits.request_s", "nan"),
        ("retention.days", str(10**12)),
        ("cors.origins", '["news.example"]'),
        ("cors.origins", '["https://news.example/a"]'),
        ("cors.origins", '["https://*.example"]'),
    ],
)
def test_what_could_not_work_is_wrong_beside_what_is_wrong(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.load(flags={name: value, "port": "70000"})
    assert re.search(rf"setting {re.escape(name)}[.:]", str(caught.value))
    assert "setting port:" in str(caught.value)


@pytest.mark.parametrize("name", ["public_url", "database"])
@pytest.mark.parametrize(
    "url",
    [
        "https://ana:geheim@comments.example.org",
        "https://ana:geheim@",
        "postgresql+psycopg:x?password=geheim",
        "postgresql+psycopg://ana:gut@geheim@db/x",
    ],
)
def test_a_password_is_not_in_what_is_said(name: str, url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.load(flags={name: url})
    assert f"setting {name}:" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_addresses_are_written_as_browsers_do() -> None:
    """They are compared letter by letter with what a browser sends."""
    origins = '["https://News.example/", "https://news.example:443", "http://localhost:3000", "capacitor://localhost", "*"]'
    found = settings.load(flags={"cors.origins": origins, "public_url": "https://Comments.example.org/"})
    assert found.cors.origins == ("https://news.example", "https://news.example", "http://localhost:3000", "capacitor://localhost", "*")
    assert found.public_url == "https://comments.example.org"


def test_a_file_that_is_missing_or_broken_is_named_beside_what_else_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("THREADWISE_CORS__ORIGINS", "[https://a.example")
    monkeypatch.setenv("THREADWISE_WEBHOOKS", "{")
    names = ("none.toml", "broken.toml", "latin.toml", ".")
    (tmp_path / "broken.toml").write_text("port = ", encoding="utf-8")
    (tmp_path / "latin.toml").write_bytes(b'host = "\xe9"')
    for name in names:
        with pytest.raises(ConfigError) as caught:
            settings.load(tmp_path / name, {"port": "70000"})
        first, *rest = str(caught.value).split("; ")
        assert first.startswith(f"{tmp_path / name}: ")
        assert [said.split(":")[0] for said in rest] == ["setting port", "setting webhooks", "setting cors.origins"]


@pytest.mark.parametrize("names", [("limits", "limits.request_s"), ("limits.request_s", "limits"), ("port.a", "port")])
def test_a_setting_is_given_whole_or_in_parts(names: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match=rf"setting {min(names)}: it is given whole and in parts.*setting host:"):
        settings.load(flags={**dict.fromkeys(names, "5"), "host": ""})


def test_a_broken_list_in_the_environment_hides_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("THREADWISE_CORS__ORIGINS", "https://a.example")
    monkeypatch.setenv("THREADWISE_PORTT", "8000")
    file = tmp_path / "serve.toml"
    file.write_text("[retention]\ndays = -1\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        settings.load(file, {"limits.request_s": "0"})
    for words in ("setting cors.origins:", "variable THREADWISE_PORTT is unknown", "setting retention.days:", "setting limits.request_s:"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "given", ["ana:geheim@db/threads", "ana:gut:geheim@db/threads", "db/threads?user=ana&password=geheim", "db/threads?user=ana&pwd=geheim"]
)
def test_what_is_logged_holds_no_secret(given: str) -> None:
    flags = {"database": f"postgresql+psycopg://{given}", "coral.secrets": '["empsec_x"]'}
    shown = str(settings.load(flags=flags).shown())
    assert "ana" in shown
    assert "gut" not in shown
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
