"""Rates, requests of other sites, passwords and keys."""

from __future__ import annotations

import pytest

from labels.errors import ConfigError
from serve import security
from serve.security import HELD_S, Known, Rates
from serve.store.accounts import Key

HOST = {"host": "comments.example.org"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://comments.example.org"}, True),
        ({"origin": "https://comments.example.org"}, False),
        ({"origin": "http://comments.example.org:80"}, True),
        ({"origin": "https://evil.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": ""}, True),
        ({"origin": "https://public.example"}, False),
    ],
)
def test_which_requests_are_foreign(method: str, headers: dict[str, str], foreign: bool) -> None:
    assert security.is_foreign(method, HOST | headers, has_session=True, allowed=("https://public.example",)) is foreign
    assert not security.is_foreign(method, HOST | headers, has_session=False)
    assert not security.is_foreign("GET", HOST | headers, has_session=True)


def test_a_key_is_looked_up_once_a_second_and_one_that_is_unknown_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "_KNOWN_KEPT", 2)
    keys = {name: security.new_key(name, 0)[1] for name in "abc"}
    now, asked = [0.0], list[str]()

    def find(digest: str) -> Key | None:
        asked.append(digest)
        return keys.get(digest)

    known = Known(find, lambda: now[0])
    assert known.held("a") is None
    assert known.find("a") == known.held("a") == keys["a"]
    now[0] = HELD_S - 0.01
    assert known.held("a") == keys["a"]
    revoked = keys.pop("a")
    now[0] = HELD_S
    assert known.held("a") is None, "no longer than that"
    assert known.find("a") is None
    assert known.held("a") is None
    keys["a"] = revoked
    for name in "abc":
        known.find(name)
    assert [known.held(name) is not None for name in "abc"] == [False, True, True], "so many are kept"
    assert asked == ["a", "a", "a", "b", "c"]


def test_a_rate_fills_again_with_time() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    assert [rates.take("a", 3) for _ in range(3)] == [0, 0, 0]
    assert rates.take("a", 3) == pytest.approx(20)
    assert rates.left("a", 3) == 0
    assert rates.take("b", 3) == 0, "each name has its own"
    now[0] += 19
    assert rates.take("a", 3) == pytest.approx(1)
    now[0] += 1.01
    assert rates.take("a", 3) == 0
    now[0] += 1_000
    assert rates.left("a", 3) == 3, "never more than a minute's worth"


def test_names_made_up_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "_RATES_KEPT", 10)
    rates = Rates(lambda: 0.0)
    for number in range(1_000):
        rates.take(str(number), 5)
    assert len(rates._buckets) == 10


def test_keys_are_random_and_stored_as_hashes() -> None:
    (first, stored), (second, _) = (security.new_key("site", 0) for _ in range(2))
    assert first != second
    assert first.startswith("tw_")
    assert len(first) > 40
    assert first not in repr(stored)
    assert security.Scope.DECIDE not in stored.scopes, "a decision belongs to a person"


def test_an_imported_key_stays_as_it_is() -> None:
    google = "AIza" + "x" * 35
    shown, stored = security.new_key("site", 0, token=google)
    assert (shown, stored.hash) == (google, security.digest(google))


def test_a_password_is_hashed_with_salt() -> None:
    first, second = (security.hash_password("correct horse") for _ in range(2))
    assert first.startswith("$argon2id$")
    assert first != second
    for wrong in ("1234567", "x" * 1_001):
        with pytest.raises(ConfigError):
            security.hash_password(wrong)


def test_the_cookie_is_bound_to_https_where_there_is_https() -> None:
    assert security.cookie_name("https://a.example") == "__Host-threadwise_session"
    assert security.cookie_name("") == security.cookie_name("http://a.example") == "threadwise_session"
