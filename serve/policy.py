"""What happens to a scored comment: an ordered tuple of rules, the first that holds decides. Pure; the rules are data (policy.toml)."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from labels import schema
from labels.errors import ConfigError
from labels.scores import Scored
from train.languages import language
from train.normalise import Normaliser

_NORMALISE = Normaliser()
VERSION_CHARS = 100
"""Of a policy's version: it is stored beside every comment."""
TAGS = ("FEATURED", "STAFF")
"""What a rule may put on a comment: Coral takes these two and throws away an answer with another."""


class Action(StrEnum):
    PUBLISH = "publish"
    REVIEW = "review"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule, and the score and threshold where a band decided."""

    rule: str
    head: str | None = None
    output: str | None = None
    score: float | None = None
    threshold: float | None = None
    word: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "word" or self.word is not None}


@dataclass(frozen=True, slots=True)
class Case:
    """All that a rule may look at."""

    text: str
    site: str
    author: str | None
    scored: Scored


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    kind: str
    action: Action
    sites: tuple[str, ...] = ()
    """Empty: all."""
    languages: tuple[str, ...] = ()
    output: str = ""
    at_least: float | str = 1.0
    words: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    count: int = 1
    tags: tuple[str, ...] = ()
    """Of TAGS."""


@dataclass(frozen=True, slots=True)
class Verdict:
    action: Action
    reasons: tuple[Reason, ...]
    policy: str
    """Version of the policy that decided."""
    would: Action | None = None
    """In a dry run what the rules say, and the reasons are those of it; None: no dry run, `action` is what they say."""
    tags: tuple[str, ...] = ()
    """Of the rules that the reasons name, each once; none in a dry run."""

    @property
    def said(self) -> Action:
        """What the rules say, dry run or not."""
        return self.would or self.action


@dataclass(frozen=True, slots=True)
class Policy:
    """`thresholds` and `known` are the model's: Manifest.thresholds and Manifest.judged."""

    version: str
    rules: tuple[Rule, ...]
    dry_run: bool = False
    thresholds: Mapping[str, Mapping[str, Mapping[str, float | None]]] | None = None
    known: tuple[str, ...] = ()

    def act(self, case: Case) -> Verdict:
        """The first rule that holds decides; later ones of the same action are named too."""
        held = [(rule, reason) for rule in self.rules if _meant(rule, case) and (reason := KINDS[rule.kind](self, rule, case))]
        action = held[0][0].action if held else Action.REVIEW
        named = [pair for place, pair in enumerate(held) if pair[0].action is action and (not place or pair[0].kind != "always")]
        reasons = tuple(reason for _, reason in named) or (Reason("no rule holds"),)
        if not self.dry_run:
            return Verdict(action, reasons, self.version, tags=tuple(dict.fromkeys(tag for rule, _ in named for tag in rule.tags)))
        # A dry run too publishes nothing that nobody has judged.
        done = Action.PUBLISH if case.scored.scored or action is Action.PUBLISH else Action.REVIEW
        return Verdict(done, reasons, self.version, would=action)

    def threshold(self, rule: Rule, lang: str | None) -> float | None:
        """As a number; None where no threshold reaches the precision asked for."""
        if not isinstance(rule.at_least, str):
            return float(rule.at_least)
        table = (self.thresholds or {}).get(rule.output, {})
        return table.get(lang or "*", table.get("*", {})).get(rule.at_least)


def _meant(rule: Rule, case: Case) -> bool:
    """Whether a rule is for such comments. What nobody has judged is published only by a rule that was written for it."""
    judged = case.scored.scored or rule.kind == "unscored" or rule.action is not Action.PUBLISH
    return judged and (not rule.sites or case.site in rule.sites) and (not rule.languages or case.scored.lang in rule.languages)


def _band(policy: Policy, rule: Rule, case: Case) -> Reason | None:
    head, _, output = rule.output.partition(".")
    value = case.scored.scores.get(head, {}).get(output)
    threshold = policy.threshold(rule, case.scored.lang)
    unsure = rule.output in case.scored.low_confidence or head in case.scored.low_confidence
    if value is None or threshold is None or unsure or value < threshold:
        return None
    return Reason(rule.name, head, output, value, threshold)


def _unscored(policy: Policy, rule: Rule, case: Case) -> Reason | None:
    return None if case.scored.scored else Reason(f"{rule.name}: {case.scored.reason}")


def _language(policy: Policy, rule: Rule, case: Case) -> Reason | None:
    return None if case.scored.lang in policy.known else Reason(f"{rule.name}: {case.scored.lang or 'cannot be told'}")


def _words(policy: Policy, rule: Rule, case: Case) -> Reason | None:
    # As it stands, since the normaliser masks links and addresses, and as the model reads it: look-alikes, leetspeak, s p a c i n g undone.
    seen = f"{fold(case.text)}\n{fold(_NORMALISE(case.text))}"
    for word in rule.words:
        if re.search(rf"(?<!\w){re.escape(fold(word))}(?!\w)", seen):
            return Reason(rule.name, word=word)
    return None


def _links(policy: Policy, rule: Rule, case: Case) -> Reason | None:
    return Reason(rule.name) if len(re.findall(r"https?://|www\.", case.text, re.IGNORECASE)) >= rule.count else None


def _author(policy: Policy, rule: Rule, case: Case) -> Reason | None:
    return Reason(rule.name) if case.author is not None and case.author in rule.authors else None


def _always(policy: Policy, rule: Rule, case: Case) -> Reason | None:
    return Reason(rule.name)


_LISTS = ("sites", "languages", "words", "authors", "tags")
KINDS: Mapping[str, Callable[[Policy, Rule, Case], Reason | None]] = {
    "band": _band,
    "unscored": _unscored,
    "language": _language,
    "words": _words,
    "links": _links,
    "author": _author,
    "always": _always,
}


def fold(text: str) -> str:
    """Text as word lists see it: compatible forms made one, marks and invisible characters gone, lower case."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf"))


def parse(
    text: str, thresholds: Mapping[str, Mapping[str, Mapping[str, float | None]]] | None = None, known: tuple[str, ...] = ()
) -> Policy:
    """A policy of its TOML text. Raises ConfigError that lists every wrong rule."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"policy: {error}") from error
    wrong: list[str] = [f"policy: {name} is unknown" for name in table if name not in ("version", "dry_run", "rule")]
    version = table.get("version")
    if not isinstance(version, str) or len(version) > VERSION_CHARS or "\0" in version:
        wrong.append(f'policy: "version" must be a text of at most {VERSION_CHARS} characters, no NUL among them')
    if not isinstance(table.get("dry_run", False), bool):
        wrong.append('policy: "dry_run" must be true or false')
    entries = table.get("rule", [])
    entries = entries if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries) else []
    rules = [_rule(place, entry, wrong) for place, entry in enumerate(entries, start=1)]
    if not rules and not wrong:
        wrong.append("policy: it has no [[rule]]")
    if wrong:
        raise ConfigError("; ".join(wrong))
    return Policy(table["version"], tuple(rule for rule in rules if rule), table.get("dry_run", False), thresholds, known)


def dump(policy: Policy) -> str:
    """The TOML text of a policy; `parse` makes the same rules of it."""
    lines = [f"version = {_toml(policy.version)}", f"dry_run = {_toml(policy.dry_run)}"]
    for rule in policy.rules:
        lines += ["", "[[rule]]"]
        said = {item.name for item in fields(Rule) if getattr(rule, item.name) != item.default}
        said |= {"at_least"} if rule.kind == "band" else set()
        lines += [f"{item.name} = {_toml(getattr(rule, item.name))}" for item in fields(Rule) if item.name in said]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _rule(place: int, entry: Mapping[str, Any], wrong: list[str]) -> Rule | None:
    where = f"policy rule {place} ({entry.get('name', 'no name')})"
    said = [*_unknown(entry), *_mistyped(entry)]
    wrong += [f"{where}: {what}" for what in said]
    if said:
        return None
    lists = {name: tuple(entry[name]) for name in _LISTS if name in entry}
    return Rule(**{**entry, **lists, "action": Action(entry["action"])})


def _unknown(entry: Mapping[str, Any]) -> list[str]:
    names = [item.name for item in fields(Rule)]
    near = {name: difflib.get_close_matches(name, names, n=1) for name in entry if name not in names}
    return [f"{name} is unknown" + (f"; did you mean {hits[0]}?" if hits else "") for name, hits in near.items()]


def _mistyped(entry: Mapping[str, Any]) -> list[str]:
    found = []
    if not isinstance(entry.get("name"), str):
        found.append("name must be a text")
    if not isinstance(entry.get("kind"), str) or entry["kind"] not in KINDS:
        found.append(f"kind must be one of {', '.join(KINDS)}")
    if entry.get("action") not in list(Action):
        found.append(f"action must be one of {', '.join(Action)}")
    for name in _LISTS:
        value = entry.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            found.append(f"{name} must be a list of texts")
        else:
            found += [f"{name}: {said}" for item in value if (said := _never(name, item))]
    if not isinstance(entry.get("count", 1), int):
        found.append("count must be a whole number")
    return found + (_band_mistakes(entry) if entry.get("kind") == "band" else [])


def _never(name: str, item: str) -> str | None:
    """What is wrong about an entry of a list that no comment could ever fit, or nearly every one would; None: nothing."""
    if name == "tags" and item not in TAGS:
        return f"{item} is unknown; known: {', '.join(TAGS)}"
    if name == "languages" and (code := language(item)) != item:
        return f"{item} is no code that a comment has" + (f"; did you mean {code}?" if code else "")
    if name == "words" and not fold(item).strip():
        return f"{json.dumps(item)} holds nothing that can be seen"
    return None


def _band_mistakes(entry: Mapping[str, Any]) -> list[str]:
    known = [f"{head.name}.{name}" for head in schema.HEADS for name in head.names]
    found = [] if entry.get("output") in known else [f"output must be one of {', '.join(known)}"]
    limit = entry.get("at_least")
    good = limit in ("precision_90", "precision_95") or (isinstance(limit, int | float) and not isinstance(limit, bool) and 0 <= limit <= 1)
    return found if good else [*found, "at_least must be a probability from 0 to 1, precision_90 or precision_95"]
