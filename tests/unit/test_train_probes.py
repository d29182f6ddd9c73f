"""Rates of error of functional cases: counted per category, language, both and group, with the aim for groups decided."""

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pytest

from labels import functional
from labels.functional import Case
from train import probes

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
