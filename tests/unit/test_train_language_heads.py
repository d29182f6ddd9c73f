"""A language has a toxicity head of its own where it has rows enough; the others share one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labels import schema
from tests import rows as hand
from train import fit_heads
from train.language_heads import AT, LanguageHeads
from train.metrics import roc_auc

RNG = np.random.default_rng(0)


def opposed(counts: dict[str, int]) -> tuple[np.ndarray, hand.Rows]:
    """Rows whose first feature tells toxicity, but in Bulgarian the other way round; the second tells it everywhere."""
    langs = [lang for lang, count in counts.items() for _ in range(count)]
    features = RNG.normal(size=(len(langs), 5)).astype(np.float32)
    sign = np.array([-1.0 if lang == "bg" else 1.0 for lang in langs])
    gold = 2 * sign * features[:, 0] + features[:, 1] + RNG.normal(size=len(langs)) > 0
    return features, hand.made(*({"toxicity": float(one), "lang": lang} for one, lang in zip(gold, langs, strict=True)))


def auc(found: np.ndarray, rows: hand.Rows, lang: str) -> float:
    here = rows.langs == lang
    return roc_auc(rows.labels["toxicity"].targets[here, 0] >= 0.5, found[here, 0]) or 0.0


def fitted(counts: dict[str, int]) -> LanguageHeads:
    features, rows = opposed(counts)
    return fit_heads.fit(features, rows.labels["toxicity"], rows.langs)


def test_each_language_is_read_in_its_own_way() -> None:
    heads = fitted({"en": 2000, "bg": 600, "ro": 1000})
    features, rows = opposed({"en": 500, "bg": 500})
    own = heads.logits(features, rows.langs.tolist())
    shared = heads.logits(features, [None] * len(rows))
    assert heads.languages == ("*", "bg", "en", "ro")
    assert auc(own, rows, "en") > 0.9
    assert auc(own, rows, "bg") > 0.9
    assert auc(shared, rows, "bg") < 0.5, "all languages together read it as the others do"


def test_a_language_with_few_rows_is_read_as_all_are() -> None:
    heads = fitted({"en": 1000, "bg": 200})
    assert heads.languages == ("*", "en")
    features, rows = opposed({"bg": 50})
    assert np.array_equal(heads.logits(features, rows.langs.tolist()), heads.logits(features, ["xx"] * 50))


def test_they_speak_of_toxicity_alone_and_not_of_what_was_never_judged() -> None:
    features, rows = opposed({"en": 400})
    found = fitted({"en": 1000}).logits(features, rows.langs.tolist())
    assert found.shape == (400, 17)
    assert found[:, 0].std() > 1
    assert not found[:, 1:].any()
    assert schema.SLICES["toxicity"] == AT


def test_without_rows_enough_they_say_nothing() -> None:
    features, rows = opposed({"en": 100})
    assert not fitted({"en": 100}).logits(features, rows.langs.tolist()).any()


def test_rows_are_drawn_from_each_language_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_heads, "ROWS", 50)
    _, rows = opposed({"en": 400, "bg": 30})
    found = fit_heads.chosen(rows, seed=1)
    assert (np.diff(found) > 0).all()
    assert {str(lang): int((rows.langs[found] == lang).sum()) for lang in ("en", "bg")} == {"en": 50, "bg": 30}
    assert np.array_equal(found, fit_heads.chosen(rows, seed=1))
    assert not len(fit_heads.chosen(hand.made({"sentiment": "positive"}), seed=1))


def test_they_come_back_the_same_from_a_file(tmp_path: Path) -> None:
    heads = fitted({"en": 1000, "bg": 400})
    heads.write(tmp_path / "heads.npz")
    features, rows = opposed({"en": 10, "bg": 10})
    langs = rows.langs.tolist()
    assert np.array_equal(LanguageHeads.read(tmp_path / "heads.npz").logits(features, langs), heads.logits(features, langs))
