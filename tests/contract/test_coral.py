"""Coral's external moderation phase; the signature's vector was checked in Node."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from serve import settings
from serve.api import coral, schema
from serve.policy import Action, Reason, Verdict
from tests.contract.conftest import CORAL_SECRETS
from tests.server import Server, running

REQUEST: dict[str, Any] = {
    "action": "NEW",
    "comment": {"body": "Hé", "parentID": None},
    "author": {"id": "u1", "role": "COMMENTER"},
    "story": {"id": "s1", "url": "https://example.org/a"},
    "site": {"id": "x1"},
    "tenantID": "t1",
    "tenantDomain": "example.org",
}


def raw(request: dict[str, Any] = REQUEST) -> bytes:
    return json.dumps(request, indent=2, ensure_ascii=False).encode()


def signed(body: bytes, *secrets: str) -> dict[str, str]:
    made = [f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}" for secret in secrets or CORAL_SECRETS[:1]]
    return {"X-Coral-Signature": ",".join(made), "content-type": "application/json", "user-agent": "Coral Moderation/9.11.8"}


def ask(server: Server, body: bytes, headers: dict[str, str]) -> httpx2.Response:
    return httpx2.post(f"{server.url}/integrations/coral", content=body, headers=headers)


def test_the_signature_is_corals() -> None:
    body = raw()
    assert len(body) == 294
    assert signed(body)["X-Coral-Signature"] == "sha256=31728cb9cd4e91d6a177738f8e65bbbb49022bd08f4c4c9d608ec987a4c6ddf4"
    assert coral.is_signed(body, signed(body)["X-Coral-Signature"], CORAL_SECRETS)


@pytest.mark.parametrize("secrets", [CORAL_SECRETS, CORAL_SECRETS[1:], ("another", CORAL_SECRETS[0])])
def test_any_of_several_secrets(server: Server, secrets: tuple[str, ...]) -> None:
    assert ask(server, raw(), signed(raw(), *secrets)).status_code == 200


@pytest.mark.parametrize("header", ["", "sha256=", "sha256=00", "md5=abc"])
def test_a_wrong_signature_is_refused(server: Server, header: str) -> None:
    found = ask(server, raw(), {"X-Coral-Signature": header})
    assert found.status_code == 401
    assert found.json()["code"] == "bad_signature"


def test_a_body_that_was_changed_is_refused(server: Server) -> None:
    assert ask(server, raw() + b" ", signed(raw())).status_code == 401


def told(server: Server, site: str, text: str, role: str = "COMMENTER") -> httpx2.Response:
    body = raw(REQUEST | {"comment": {"body": text, "parentID": "p1"}, "site": {"id": site}, "author": {"id": "u1", "role": role}})
    return ask(server, body, signed(body))


def test_what_the_policy_publishes_has_no_opinion(server: Server) -> None:
    found = told(server, "x1", "<b>The park works well.</b>")
    assert (found.status_code, found.json()) == (200, {})


def test_what_the_policy_holds_is_withheld(server: Server) -> None:
    flag = {"actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]}
    assert told(server, "strict", "<p>This school works well for us.</p>").json() == {"status": "SYSTEM_WITHHELD"} | flag
    assert told(server, "x1", "<p>A quag&shy;ga.</p>").json() == {"status": "SYSTEM_WITHHELD"} | flag, "a word list withholds as well"
    assert told(server, "x1", "").json() == {"status": "SYSTEM_WITHHELD"} | flag, "and what cannot be scored"


def test_what_the_policy_rejects_is_rejected(server: Server) -> None:
    found = told(server, "closed", "This school works well for us.").json()
    assert (found["status"], found["moderationAction"]["status"]) == ("REJECTED", "REJECTED")


def test_staff_is_not_judged(server: Server) -> None:
    assert told(server, "closed", "This school works well for us.", "MODERATOR").json() == {}


@pytest.mark.parametrize("comment", [{"body": None, "parentID": None}, {"parentID": None}, {}])
def test_a_comment_without_a_body_is_held_and_not_let_through(server: Server, comment: dict[str, Any]) -> None:
    """After an error Coral publishes the comment unread."""
    found = ask(server, raw(REQUEST | {"comment": comment}), signed(raw(REQUEST | {"comment": comment})))
    assert (found.status_code, found.json().get("status")) == (200, "SYSTEM_WITHHELD")


def test_a_comment_that_names_no_parent_has_none(server: Server) -> None:
    body = raw(REQUEST | {"comment": {"body": "The park works well."}})
    assert (ask(server, body, signed(body)).status_code, ask(server, body, signed(body)).json()) == (200, {})


@pytest.fixture(scope="module")
def keeper(tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that stores what Coral sends."""
    options = ("--policy", str(Path(__file__).with_name("policy.toml")), "--set", "coral.store=true")
    with running(
        tmp_path_factory.mktemp("keeper"), tiny_release, *options, environment={"THREADWISE_CORAL_SECRETS": CORAL_SECRETS[0]}
    ) as started:
        yield started


@pytest.mark.parametrize("escape", ["\\ud83d", "\\u0000"])
@pytest.mark.parametrize("place", ["quagga", "x1", "s1", "u1"])
def test_what_no_database_takes_does_not_let_a_comment_through(keeper: Server, place: str, escape: str) -> None:
    body = raw(REQUEST | {"comment": {"body": "A quagga.", "parentID": None}})
    body = body.replace(place.encode(), f"{place} {escape}".encode(), 1)
    found = ask(keeper, body, signed(body))
    assert (found.status_code, found.json().get("status")) == (200, "SYSTEM_WITHHELD")


def test_a_text_that_is_too_long_is_judged_whole_and_kept_cut(tiny_release: Path, tmp_path: Path, database: str) -> None:
    options = ("--policy", str(Path(__file__).with_name("policy.toml")), "--set", "coral.store=true")
    begin = "tram " * (schema.TEXT_CHARS // len("tram "))
    environment = {"THREADWISE_CORAL_SECRETS": CORAL_SECRETS[0]}
    with running(tmp_path, tiny_release, *options, database=database, environment=environment) as started:
        found = [told(started, "x1", f"{begin}{end}").json().get("status") for end in ("quagga", "ends", "ends")]
        assert found == ["SYSTEM_WITHHELD"] * 3
        with started.client(started.key("long", "--scope", "read")) as client:
            kept = client.get("/v1/comments", params={"site": "x1"}).json()["items"]
    assert [(len(one["text"]), one["reason"]) for one in kept] == [(schema.TEXT_CHARS, "too_long")] * 2, "they differ in what is cut"
    assert [["a word" in reason["rule"] for reason in one["reasons"]].count(True) for one in kept] == [1, 0]


@pytest.mark.parametrize(
    "broken", [b"", b"[]", b"{}", raw(REQUEST | {"comment": {"body": 7}}), raw(REQUEST | {"site": {"id": 7}}), b"[" * 9000]
)
def test_a_signed_body_of_another_form(server: Server, broken: bytes) -> None:
    assert ask(server, broken, signed(broken)).status_code == 422


def test_tags_of_the_rules_are_answered(server: Server) -> None:
    assert told(server, "x1", "An okapi.").json() == {"tags": ["FEATURED"]}, "published, and yet not without an opinion"
    withheld = told(server, "x1", "An okapi and a zebra.").json()
    assert (withheld["status"], withheld["tags"]) == ("SYSTEM_WITHHELD", ["STAFF"])
    assert "tags" not in told(server, "x1", "An okapi and a quagga.").json(), "the first rule of another action has none"


def test_two_long_stories_are_two(keeper: Server) -> None:
    begin = "s" * 250
    for story in (f"{begin}1", f"{begin}2"):
        body = raw(
            REQUEST | {"comment": {"body": "The park works well.", "parentID": None}, "site": {"id": "long"}, "story": {"id": story}}
        )
        assert ask(keeper, body, signed(body)).status_code == 200
    with keeper.client(keeper.key("long", "--scope", "read")) as client:
        found = [client.get("/v1/comments", params={"site": "long", "article": f"{begin}{number}"}).json()["items"] for number in (1, 2)]
    assert [len(items) for items in found] == [1, 1]


@pytest.mark.parametrize("action", list(Action))
def test_nothing_is_null_or_empty(action: Action) -> None:
    """Coral throws the whole answer away for `"tags": []` or a null."""
    given = coral.translate(Verdict(action, (Reason("toxic", "toxicity", "toxicity", 0.9, 0.5),), "1"))
    text = json.dumps(given)
    assert "null" not in text
    assert "[]" not in text
    assert "tags" not in given
    assert ("moderationAction" in given) is (action is Action.REJECT), "it tells the writer of a rejection, whatever it says"


def test_markup_is_read_as_text() -> None:
    assert coral.plain("<p>You &amp; me</p><br>") == "You & me"
    assert coral.plain("1 < 2") == "1 < 2"
    assert coral.plain("plain") == "plain"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<div>You are</div><div>stupid</div>", "You are\nstupid"),
        ("a<br>idiot", "a\nidiot"),
        ("a<BR />\n<br/>idiot", "a\nidiot"),
        ("<ul><li>one</li><li>two</li></ul>three", "one\ntwo\nthree"),
        ("st<b>up</b>id", "stupid"),
        ('<a href="https://a.example" target="_blank" rel="noopener noreferrer ugc">https://a.example</a>', "https://a.example"),
        ('A <span class="coral-rte-spoiler">word</span>', "A word"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
    ],
)
def test_lines_and_words_of_markup_stay_apart(body: str, text: str) -> None:
    assert coral.plain(body) == text


@pytest.mark.parametrize(
    "body",
    [
        "I will <kill you all> tomorrow",
        "<kill>",
        "<b you idiot> me",
        '<b title="you idiot"> me',
        "<!-- you idiot -->",
        "<script>you idiot</script>",
        "I <3 you, and 1 < 2 > 0",
        "<div",
    ],
)
def test_what_only_looks_like_markup_is_read(body: str) -> None:
    """Coral sends plain text where the phase asks for it, and readers see all of it."""
    assert coral.plain(body) == body


def test_a_word_in_angle_brackets_hides_nothing_from_the_policy(server: Server) -> None:
    assert told(server, "x1", "The park <a quagga> works well.").json()["status"] == "SYSTEM_WITHHELD"
    assert told(server, "x1", "<div>The park has a</div><div>quagga</div>").json()["status"] == "SYSTEM_WITHHELD", "a word of its own"


@pytest.mark.parametrize("given", [f"{CORAL_SECRETS[0]},", f" {CORAL_SECRETS[0]} , ,"])
def test_a_comma_too_many_lets_nobody_in(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("THREADWISE_CORAL_SECRETS", given)
    secrets = settings.load().coral.secrets
    assert coral.is_signed(raw(), signed(raw())["X-Coral-Signature"], secrets)
    assert not coral.is_signed(raw(), "sha256=" + hmac.new(b"", raw(), hashlib.sha256).hexdigest(), secrets)


def test_without_secrets_nobody_is_let_in() -> None:
    assert not coral.is_signed(b"x", "sha256=" + hmac.new(b"", b"x", hashlib.sha256).hexdigest(), ())
