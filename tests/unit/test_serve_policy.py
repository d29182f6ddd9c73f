"""The policy: the first rule that holds decides, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from labels.errors import ConfigError
from labels.scores import Scored, Unscored
from serve import policy
from serve.policy import Action, Case, Policy
from serve.settings import default

THRESHOLDS = {"toxicity.toxicity": {"en": {"precision_90": 0.7}, "*": {"precision_90": 0.8, "precision_95": None}}}


def made(text: str, dry_run: bool = False) -> Policy:
    return policy.parse(f'version = "1"\ndry_run = {str(dry_run).lower()}\n{text}', THRESHOLDS, ("bg", "en"))


def rule(**members: Any) -> str:
    lines = [f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for name, value in members.items()]
    return "[[rule]]\n" + "\n".join(lines).replace("'", '"') + "\n"


OTHERWISE = rule(name="otherwise", kind="always", action="publish")


def case(
    text: str = "x", toxicity: float = 0.1, lang: str | None = "en", site: str = "news", author: str | None = None, **more: Any
) -> Case:
    return Case(text, site, author, Scored("1", lang, {"toxicity": {"toxicity": toxicity}}, "tiny@0", **more))


BAND = rule(name="toxic", kind="band", output="toxicity.toxicity", at_least=0.5, action="review")


def test_a_band_holds_from_its_edge_on() -> None:
    found = made(BAND + OTHERWISE)
    assert [found.act(case(toxicity=value)).action for value in (0.4999, 0.5, 1.0)] == ["publish", "review", "review"]
    (reason,) = found.act(case(toxicity=0.9)).reasons
    assert reason.to_json() == {"rule": "toxic", "head": "toxicity", "output": "toxicity", "score": 0.9, "threshold": 0.5}


def test_the_first_rule_decides_and_its_likes_are_named_too() -> None:
    other = rule(name="very toxic", kind="band", output="toxicity.toxicity", at_least=0.8, action="reject")
    verdict = made(other + BAND + OTHERWISE).act(case(toxicity=0.9))
    assert (verdict.action, [one.rule for one in verdict.reasons]) == (Action.REJECT, ["very toxic"])
    verdict = made(BAND + rule(name="also", kind="links", action="review") + OTHERWISE).act(case("https://a.example", 0.9))
    assert [one.rule for one in verdict.reasons] == ["toxic", "also"]


def test_thresholds_of_the_model_by_language() -> None:
    found = made(rule(name="sure", kind="band", output="toxicity.toxicity", at_least="precision_90", action="review") + OTHERWISE)
    assert found.act(case(toxicity=0.75)).action is Action.REVIEW
    assert found.act(case(toxicity=0.75, lang="bg")).action is Action.PUBLISH
    never = made(rule(name="surer", kind="band", output="toxicity.toxicity", at_least="precision_95", action="review") + OTHERWISE)
    assert never.act(case(toxicity=1.0, lang="bg")).action is Action.PUBLISH, "no threshold reaches it"


def test_what_the_model_is_not_sure_of_decides_nothing() -> None:
    assert made(BAND + OTHERWISE).act(case(toxicity=1.0, low_confidence=("toxicity.toxicity",))).action is Action.PUBLISH


def test_sites_and_languages_narrow_a_rule() -> None:
    narrow = rule(name="n", kind="band", output="toxicity.toxicity", at_least=0.0, sites=["news"], languages=["bg"], action="reject")
    found = made(narrow + OTHERWISE)
    assert found.act(case(lang="bg")).action is Action.REJECT
    assert found.act(case(lang="en")).action is Action.PUBLISH
    assert found.act(case(lang="bg", site="sport")).action is Action.PUBLISH


@pytest.mark.parametrize("text", ["A QUAGGA!", "q\u200buagga", "quàgga", "\uff51uagga", "he is q u a g g a", "qu\u0430gga", "qu4gga"])
def test_word_lists_see_through_disguise(text: str) -> None:
    found = made(rule(name="w", kind="words", words=["Quagga"], action="review") + OTHERWISE)
    assert found.act(case(text)).reasons[0].word == "Quagga"
    assert found.act(case("quaggas")).action is Action.PUBLISH, "whole words"
    listed = made(rule(name="w", kind="words", words=["evil.example"], action="review") + OTHERWISE)
    assert listed.act(case("see https://evil.example/a")).action is Action.REVIEW, "also in what the model does not see"


def test_a_word_may_be_of_signs_alone() -> None:
    found = made(rule(name="shouts", kind="words", words=["!!!"], action="review") + OTHERWISE)
    assert [found.act(case(text)).action for text in ("Well !!!", "Well.")] == [Action.REVIEW, Action.PUBLISH]


def test_links_and_authors() -> None:
    found = made(
        rule(name="trusted", kind="author", authors=["Ana"], action="publish")
        + rule(name="banned", kind="author", authors=["Ben"], action="reject")
        + rule(name="links", kind="links", count=2, action="review")
        + OTHERWISE
    )
    two = "see https://a.example and WWW.b.example"
    assert [found.act(case(two, author=author)).action for author in ("Ana", "Ben", None)] == ["publish", "reject", "review"]
    assert found.act(case("https://a.example")).action is Action.PUBLISH


TAGGED = (
    rule(name="friend", kind="author", authors=["Ana"], tags=["FEATURED"], action="publish")
    + rule(name="colleague", kind="author", authors=["Ana", "Ben"], tags=["STAFF", "FEATURED"], action="publish")
    + rule(name="links", kind="links", tags=["STAFF"], action="review")
    + rule(name="otherwise", kind="always", tags=["FEATURED"], action="publish")
)


def test_tags_are_those_of_the_rules_that_hold_with_the_action_taken() -> None:
    found = made(TAGGED)
    ana = found.act(case("https://a.example", author="Ana"))
    assert (ana.action, ana.tags) == (Action.PUBLISH, ("FEATURED", "STAFF")), "each once, none of a rule of another action"
    assert found.act(case(author="Ben")).tags == ("STAFF", "FEATURED"), "its own, and not those of `always` beside it"
    assert found.act(case("https://a.example")).tags == ("STAFF",)
    assert found.act(case()).tags == ("FEATURED",), "`always` decided"
    assert made(BAND).act(case()).tags == ()


@pytest.mark.parametrize("author", ["Ana", None])
def test_a_dry_run_tags_nothing(author: str | None) -> None:
    assert made(TAGGED, dry_run=True).act(case(author=author)).tags == ()


def test_a_policy_is_written_and_read_back_with_its_tags() -> None:
    found = made(TAGGED)
    assert policy.parse(policy.dump(found)).rules == found.rules
    assert found.rules[1].tags == ("STAFF", "FEATURED")


def test_where_no_rule_holds_a_person_decides() -> None:
    assert made(BAND).act(case()).action is Action.REVIEW


@pytest.mark.parametrize("reason", list(Unscored))
def test_nothing_unscored_is_published_but_by_a_rule_for_it(reason: Unscored) -> None:
    unscored = Case("x", "s", "Ana", Scored("1", "en", {}, "m@0", reason))
    assert made(OTHERWISE).act(unscored).action is Action.REVIEW
    assert made(rule(name="all", kind="always", action="reject")).act(unscored).action is Action.REJECT
    assert made(rule(name="own", kind="unscored", action="publish")).act(unscored).action is Action.PUBLISH


OF_TEXTS = [
    {"kind": "author", "authors": ["Ana"]},
    {"kind": "words", "words": ["quagga"]},
    {"kind": "links", "count": 1},
    {"kind": "language"},
]


@pytest.mark.parametrize("members", OF_TEXTS, ids=lambda members: str(members["kind"]))
def test_rules_on_texts_and_authors_publish_nothing_unscored(members: dict[str, Any]) -> None:
    unscored = Case("quagga https://a.example", "s", "Ana", Scored("1", None, {}, "m@0", Unscored.TOO_LONG))
    first = rule(name="first", action="publish", **members)
    unjudged = rule(name="unjudged", kind="unscored", action="review")
    verdict = made(first + unjudged + OTHERWISE).act(unscored)
    assert (verdict.action, [one.rule for one in verdict.reasons]) == (Action.REVIEW, ["unjudged: too_long"])
    assert made(first.replace("publish", "reject") + unjudged).act(unscored).action is Action.REJECT, "it may be rejected by its text"


def test_a_dry_run_publishes_and_says_what_it_would_have_done() -> None:
    for action in ("review", "reject"):
        verdict = made(BAND.replace("review", action) + OTHERWISE, dry_run=True).act(case(toxicity=0.9))
        assert (verdict.action, verdict.would, verdict.reasons[0].rule) == (Action.PUBLISH, action, "toxic")
    calm = made(BAND + OTHERWISE, dry_run=True).act(case())
    assert (calm.action, calm.would) == (Action.PUBLISH, Action.PUBLISH)
    left = made(BAND, dry_run=True).act(case())
    assert (left.action, left.would, left.reasons[0].rule) == (Action.PUBLISH, Action.REVIEW, "no rule holds")
    assert made(BAND + OTHERWISE).act(case(toxicity=0.9)).would is None, "no dry run"


def test_the_longest_version() -> None:
    assert policy.parse(f'version = "{"x" * 100}"\n{OTHERWISE}').version == "x" * 100


@pytest.mark.parametrize("action", ["review", "reject"])
@pytest.mark.parametrize("reason", list(Unscored))
def test_a_dry_run_too_sends_what_is_unscored_to_review(reason: Unscored, action: str) -> None:
    unscored = Case("x", "s", None, Scored("1", "en", {}, "m@0", reason))
    verdict = made(rule(name="unjudged", kind="unscored", action=action) + OTHERWISE, dry_run=True).act(unscored)
    assert (verdict.action, verdict.would) == (Action.REVIEW, action)
    assert made(OTHERWISE, dry_run=True).act(unscored).action is Action.REVIEW
    assert made(rule(name="own", kind="unscored", action="publish"), dry_run=True).act(unscored).action is Action.PUBLISH


def test_the_default_rejects_nothing_and_lets_nothing_unscored_through() -> None:
    found = policy.parse(default("policy.toml"), {}, ("en",))
    assert all(one.action is not Action.REJECT for one in found.rules)
    for reason in Unscored:
        assert found.act(Case("x", "s", None, Scored("1", "en", {}, "m@0", reason))).action is Action.REVIEW
    assert found.act(case(toxicity=1.0)).action is Action.REVIEW
    assert found.act(case(lang=None)).action is Action.REVIEW
    assert found.act(case(lang="xx")).action is Action.REVIEW
    assert found.act(case()).action is Action.PUBLISH


def test_all_that_is_wrong_is_said_at_once() -> None:
    text = (
        rule(name="a", kind="bend", action="review")
        + rule(name="b", kind="band", output="toxicity.kindness", at_least=2, action="hide")
        + rule(name="c", kind="words", word=["x"], action="review")
        + rule(name="d", kind="words", words="x", action="review")
        + rule(name="e", kind="always", tags=["STAFF", "featured"], action="publish")
        + rule(name="f", kind="always", tags="STAFF", action="publish")
        + rule(name="g", kind=["band"], action="review")
        + rule(name="h", kind="always", languages=["en", "EN", "pt-BR", "english"], action="review")
        + rule(name="i", kind="words", words=["x", "", "\u200d\u0301 "], action="review")
    )
    with pytest.raises(ConfigError) as caught:
        made(text)
    for words in (
        "rule 1 (a): kind must be",
        "rule 2 (b): action must be",
        "output must be",
        "at_least must be",
        "did you mean words?",
        "words must be a list",
        "rule 5 (e): tags: featured is unknown; known: FEATURED, STAFF",
        "rule 6 (f): tags must be a list",
        "rule 7 (g): kind must be one of",
        "rule 8 (h): languages: EN is no code that a comment has; did you mean en?",
        "rule 8 (h): languages: pt-BR is no code that a comment has; did you mean pt?",
        "rule 8 (h): languages: english is no code that a comment has",
        'rule 9 (i): words: "" holds nothing that can be seen',
        'rule 9 (i): words: "\\u200d\\u0301 " holds nothing that can be seen',
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version = ", "policy"),
        ('version = "1"', "no .*rule"),
        ("version = 1", '"version" must be a text'),
        (f'version = "{"x" * 101}"\n{OTHERWISE}', "at most 100 characters"),
        (f'version = "a\\u0000"\n{OTHERWISE}', "no NUL"),
        (f'version = "1"\ndry_run = 1\n{OTHERWISE}', '"dry_run" must be true or false'),
    ],
)
def test_what_is_no_policy(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        policy.parse(text)
