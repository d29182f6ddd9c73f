"""What a policy with its bands moved would have done to comments of the past, beside the one in force."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from labels.scores import Scored, Unscored
from serve.policy import Action, Case, Policy, Rule
from serve.review.access import N_
from serve.store.desk_policy import Judged
from serve.store.tables import SCORES

NEW = N_("new band")
"""Name of the rule that a draft may add, before all other bands."""
_SAMPLES = 3
_HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Move:
    """Comments for which both policies do different things."""

    before: Action
    after: Action
    count: int
    approved: int
    """By moderators, as `rejected`; nobody has decided on the rest."""
    rejected: int
    sample: tuple[int, ...]
    """Numbers of some, those first where the moderator would have done otherwise."""


@dataclass(slots=True)
class Outcome:
    """`counts`: (action, what moderators decided) -> comments; the decision is publish, reject or None."""

    comments: int = 0
    before: Counter[tuple[Action, str | None]] = field(default_factory=Counter)
    after: Counter[tuple[Action, str | None]] = field(default_factory=Counter)
    moves: list[Move] = field(default_factory=list)

    def did(self, action: Action, decided: str | None = "all") -> int:
        """What the policy in force would have done; of all comments, or of those that moderators decided so (None: nobody did)."""
        return _sum(self.before, action, decided)

    def would(self, action: Action, decided: str | None = "all") -> int:
        """What the draft would have done."""
        return _sum(self.after, action, decided)

    def saved_hours(self, seconds_each: float, days: int) -> float:
        """Hours a week that moderators would be spared; below 0: that they would need more."""
        return (self.did(Action.REVIEW) - self.would(Action.REVIEW)) * seconds_each / _HOUR_S * 7 / days


def moved(policy: Policy, given: Mapping[str, str]) -> Policy:
    """The policy with what a form says: `at.N` (per cent) and `do.N` of rule N, and a band of `new.output`, `new.at`, `new.do`.

    What cannot be read leaves the rule as it is.
    """
    rules = [_moved(rule, given.get(f"at.{place}"), given.get(f"do.{place}")) for place, rule in enumerate(policy.rules)]
    share, output = _share(given.get("new.at")), given.get("new.output")
    if share is not None and output in SCORES:
        first = next((place for place, rule in enumerate(rules) if rule.kind == "band"), len(rules) - 1)
        rules.insert(first, Rule(NEW, "band", _action(given.get("new.do")) or Action.REVIEW, output=output, at_least=share))
    return replace(policy, rules=tuple(rules))


def tried(history: Iterable[Judged], before: Policy, after: Policy) -> Outcome:
    """Both policies asked about every comment."""
    outcome = Outcome()
    shifts: dict[tuple[Action, Action], list[Judged]] = {}
    for one in history:
        did, would = before.act(case := _case(one)).said, after.act(case).said
        outcome.comments += 1
        outcome.before[did, one.decided] += 1
        outcome.after[would, one.decided] += 1
        if did is not would:
            shifts.setdefault((did, would), []).append(one)
    outcome.moves = [_move(did, would, shifted) for (did, would), shifted in sorted(shifts.items(), key=lambda item: -len(item[1]))]
    return outcome


def _moved(rule: Rule, at: str | None, do: str | None) -> Rule:
    if rule.kind != "band":
        return rule
    share = _share(at)
    return replace(rule, at_least=rule.at_least if share is None else share, action=_action(do) or rule.action)


def _move(before: Action, after: Action, comments: list[Judged]) -> Move:
    counts = Counter(one.decided for one in comments)
    against = sorted(comments, key=lambda one: (one.decided in (None, after), one.decided is None))
    sample = tuple(one.number for one in against[:_SAMPLES])
    return Move(before, after, len(comments), counts["publish"], counts["reject"], sample)


def _case(one: Judged) -> Case:
    reason = Unscored(one.reason) if one.reason else None
    return Case(one.text, one.site, one.author, Scored("", one.lang, one.scores, "", reason, low_confidence=one.low_confidence))


def _sum(counts: Counter[tuple[Action, str | None]], action: Action, decided: str | None) -> int:
    return sum(count for (did, said), count in counts.items() if did == action and decided in ("all", said))


def _share(text: str | None) -> float | None:
    """Of a number of per cent."""
    try:
        value = float(text) / 100 if text else math.nan
    except ValueError:
        return None
    return round(value, 6) if 0 <= value <= 1 else None


def _action(text: str | None) -> Action | None:
    return Action(text) if text in list(Action) else None
