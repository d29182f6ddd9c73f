"""What is asked of a release beside its dev figures: rates of error of functional cases, what attacks cost, what context gives."""

import json
import string
from collections.abc import Callable, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from labels import functional
from labels.functional import Case
from labels.scores import ScoreInput
from tests import rows as hand
from train import attacks, metrics, probes, release
from train.inference import Scorer
from train.normalise import Normaliser

HALF = {"*": 0.5}
MEASURED = tuple(functional.cases("measure"))


def case(toxic: int, *, lang: str = "en", category: str = "criticism", group: str | None = None) -> Case:
    return Case("id", "template", category, "measure", lang, "text", group, MappingProxyType({"toxicity": float(toxic)}))


def rates(cases: Sequence[Case], *probability: float, threshold: dict[str, float] = HALF) -> dict[str, object]:
    return probes.error_rates(cases, np.array(probability, np.float32), threshold)


def test_what_is_flagged_wrongly_and_what_is_missed_is_counted_apart() -> None:
    found = rates([case(0), case(0), case(0), case(0), case(1), case(1)], 0.9, 0.5, 0.4, 0.1, 0.7, 0.2)
    assert found["all"] == {"harmless": 4, "false_positive_rate": 0.5, "toxic": 2, "false_negative_rate": 0.5}


def test_a_category_is_counted_in_each_language() -> None:
    cases = [case(0, lang=lang, category=category) for lang in ("en", "bg") for category in ("criticism", "friendly_swearing")]
    found = rates(cases, 0.1, 0.9, 0.9, 0.1)["by_language_and_category"]
    assert isinstance(found, dict)
    flagged = {(lang, category): each["false_positive_rate"] for lang, places in found.items() for category, each in places.items()}
    assert flagged == {
        ("en", "criticism"): 0.0,
        ("en", "friendly_swearing"): 1.0,
        ("bg", "criticism"): 1.0,
        ("bg", "friendly_swearing"): 0.0,
    }


def test_a_language_has_its_own_threshold() -> None:
    found = rates([case(0, lang="en"), case(0, lang="bg")], 0.6, 0.6, threshold={"*": 0.5, "bg": 0.7})
    assert found["by_language"] == {
        "bg": {"harmless": 1, "false_positive_rate": 0.0, "toxic": 0, "false_negative_rate": None},
        "en": {"harmless": 1, "false_positive_rate": 1.0, "toxic": 0, "false_negative_rate": None},
    }


@pytest.mark.parametrize(
    ("flagged", "worst", "fair"),
    [
        ((0, 0, 0), None, True),  # nobody is flagged
        ((2, 2, 2), 1.0, True),
        ((4, 1, 1), 2.0, True),  # exactly twice
        ((4, 1, 0), 2.4, False),
    ],
)
def test_the_groups_are_held_to_twice_the_mean(flagged: tuple[int, int, int], worst: float | None, fair: bool) -> None:
    cases = [case(0, group=group) for group in ("women", "roma", "jews") for _ in range(4)]
    found = rates(cases, *[float(at < count) for count in flagged for at in range(4)])
    assert (found["worst_group_over_mean"], found["no_group_above_twice_the_mean"]) == (worst, fair)


def test_a_case_without_a_group_or_harm_counts_for_no_group() -> None:
    found = rates([case(0), case(0, group="roma"), case(1, group="jews")], 0.9, 0.9, 0.9)
    assert found["by_group"] == {
        "jews": {"harmless": 0, "false_positive_rate": None, "toxic": 1, "false_negative_rate": 0.0},
        "roma": {"harmless": 1, "false_positive_rate": 1.0, "toxic": 0, "false_negative_rate": None},
    }
    assert found["worst_group_over_mean"] == 1.0


def test_every_category_of_the_measured_cases_is_counted_in_every_language() -> None:
    gold = [item.labels["toxicity"] for item in MEASURED]
    found = rates(MEASURED, *gold)
    places = found["by_language_and_category"]
    assert isinstance(places, dict)
    assert len(places) == 13
    assert all("friendly_swearing" in each and len(each) == 9 for each in places.values())
    assert sum(each["harmless"] + each["toxic"] for place in places.values() for each in place.values()) == len(MEASURED)
    assert (found["roc_auc"], found["no_group_above_twice_the_mean"]) == (1.0, True)


def scorer(toxicity: Callable[[ScoreInput], float]) -> Scorer:
    """A release that answers by a rule."""

    def score(inputs: Sequence[ScoreInput]) -> list[SimpleNamespace]:
        return [SimpleNamespace(scored=True, scores={"toxicity": {"toxicity": toxicity(one)}}) for one in inputs]

    return cast("Scorer", SimpleNamespace(score=score))


def marked(lang: str, share: float) -> list[dict[str, Any]]:
    """40 rude and 40 kind rows, `share` of either with a letter that has a mark."""
    count = round(40 * share)
    rude = ["quel crétin"] * count + ["quel salaud"] * (40 - count)
    kind = ["un bel été"] * count + ["un beau jour"] * (40 - count)
    return [{"lang": lang, "text": text, "toxicity": float(text in rude)} for text in rude + kind]


def test_an_attack_costs_what_it_costs_over_all_rows_and_tells_how_many_it_touches() -> None:
    """12 of 80 rows are missed once their marks are gone: F1 56/68 and 80/92. The 56 rows without a mark count as they are."""
    model = scorer(lambda one: 0.9 if "crétin" in one.text or "salaud" in one.text else 0.1)
    found = probes.attacks(model, hand.made(*marked("fr", 0.3), *marked("es", 0.2)), 0)["unaccented"]["languages"]
    then = (56 / 68 + 80 / 92) / 2
    expected = {"rows": 80, "touched": 0.3, "before": 1.0, "after": round(then, 4), "loss": round(1 - then, 4)}
    assert found == {"fr": expected}  # of the Spanish rows a fifth is touched: too few to speak of the language


TABLE = json.loads((release.packaged() / release.TABLE).read_text(encoding="utf-8"))["code_points"]
NORMALISER = Normaliser({int(code): value for code, value in TABLE.items()})


@pytest.mark.parametrize("text", [f"{string.ascii_lowercase} {string.ascii_uppercase}", "You are a stupid IDIOT, Vollidiöt, и кретен."])
def test_fancy_letters_are_read_back_to_the_same_text(text: str) -> None:
    rng = np.random.default_rng(0)
    written = {attacks.ATTACKS["fancy"].apply(text, "en", rng) for _ in range(30)}
    assert len(written) > 5
    assert text not in written
    assert {NORMALISER(each) for each in written} == {text}


def test_training_draws_the_attacks_that_releases_were_trained_with() -> None:
    """They are drawn by their place: one more, or another order, and no run of before could be repeated."""
    taught = [name for name, attack in attacks.ATTACKS.items() if attack.taught]
    assert taught == ["lookalike", "leet", "spaced", "repeated", "zero_width", "starred", "upper", "translit", "unaccented"]
    rows = hand.made(*({"text": "what a thoroughly stupid idiot", "lang": "en"} for _ in range(200)))
    drawn = "".join(attacks.augmented(rows, 1.0, 0).texts)
    assert not any(0xFF21 <= ord(char) <= 0xFF5A or ord(char) >= 0x1D400 for char in drawn)


def test_context_is_measured_with_a_threshold_that_the_measured_rows_did_not_choose() -> None:
    """Scores that say nothing: on the very rows the best threshold still finds a macro-F1 above chance, on others it does not."""
    rng = np.random.default_rng(0)
    said, gold = rng.random(200), rng.random(200) < 0.5
    rows = hand.made(*({"set": "victsd", "text": str(at), "title": "a", "toxicity": float(toxic)} for at, toxic in enumerate(gold)))
    found = probes.context(scorer(lambda one: said[int(one.text)] if one.context.title else float(gold[int(one.text)])), rows)["victsd"]
    threshold = metrics.best_threshold(gold, said)
    assert threshold is not None
    flattered = metrics.macro_f1(gold.astype(int), (said >= threshold).astype(int))
    assert flattered is not None
    assert found["with"]["macro_f1"] < flattered - 0.02
    assert found["without"] == {"roc_auc": 1.0, "macro_f1": 1.0}


def test_context_of_a_set_of_one_class_has_no_figure() -> None:
    rows = hand.made(*({"set": "victsd", "title": "a", "toxicity": 0.0} for _ in range(9)))
    assert probes.context(scorer(lambda _: 0.1), rows)["victsd"]["with"] == {"roc_auc": None, "macro_f1": None}
