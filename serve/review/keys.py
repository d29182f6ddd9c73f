"""What a moderator can do at the desk, with which key and for which reason. Keys are each person's own to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labels.errors import ConfigError
from serve.review.access import N_


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    key: str
    """As a browser calls it (KeyboardEvent.key)."""
    says: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a comment is rejected; `label` is an output of toxicity, or a reason that no model is asked about."""

    digit: str
    label: str
    says: str


ACTIONS = (
    Action("next", "j", N_("Next comment")),
    Action("previous", "k", N_("Previous comment")),
    Action("approve", "a", N_("Approve")),
    Action("reject", "r", N_("Reject, then a digit for the reason or Enter for “other”")),
    Action("escalate", "e", N_("Escalate to somebody else")),
    Action("highlight", "h", N_("Approve and highlight")),
    Action("skip", "s", N_("Skip for now")),
    Action("note", "n", N_("Write a note")),
    Action("undo", "z", N_("Undo, as often as you like")),
    Action("select", "x", N_("Select; decisions then go to all selected")),
    Action("reveal", "b", N_("Show or hide a blurred text")),
    Action("scores", "c", N_("Correct single scores")),
    Action("search", "/", N_("Search")),
    Action("help", "?", N_("This help")),
)
REASONS = (
    Reason("1", "insult", N_("Insult")),
    Reason("2", "profanity", N_("Swearing")),
    Reason("3", "threat", N_("Threat")),
    Reason("4", "identity_attack", N_("Attack on identity")),
    Reason("5", "sexually_explicit", N_("Sexual")),
    Reason("6", "severe_toxicity", N_("Hateful or very aggressive")),
    Reason("7", "toxicity", N_("Rude or disrespectful")),
    Reason("8", "spam", N_("Advertising or spam")),
    Reason("9", "off_topic", N_("Off topic")),
    Reason("0", "other", N_("Other")),
)
LABELS = tuple(reason.label for reason in REASONS)


def keys_of(preferences: Mapping[str, Any]) -> dict[str, str]:
    """Name of an action -> its key: the person's, else the default."""
    chosen = preferences.get("keys", {})
    return {action.name: chosen.get(action.name, action.key) for action in ACTIONS}


def checked(chosen: Mapping[str, str]) -> dict[str, str]:
    """The keys that differ from the defaults. Raises ConfigError for a key used twice, a digit, or none."""
    keys = {action.name: chosen.get(action.name, action.key).strip() for action in ACTIONS}
    for name, key in keys.items():
        if len(key) != 1 or key.isdigit() or not key.isprintable():
            raise ConfigError(f'"{key}" for {name} is no single key, or a digit, which is a reason')
    if len({key.lower() for key in keys.values()}) < len(keys):
        raise ConfigError("a key is used twice")
    return {action.name: keys[action.name] for action in ACTIONS if keys[action.name] != action.key}
