"""N-grams: what a comment's features are, that they do not depend on its neighbours, and that a fitted table knows rude words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labels.scores import Context, ScoreInput
from train import fit_ngrams, ngrams, prepare, release
from train.config import Config
from train.inference import Scorer
from train.ngrams import Features, Table
from train.normalise import Normaliser

NONE = np.empty(0, np.uint64)
TEXTS = ["You are an idiot, you.", "", "здравей 😀 !!!", "  two   spaces ", "ß İstanbul", "a", "x" * 3000]


def of(text: str, context: Context | None = None, targets: np.ndarray = NONE) -> Features:
    return ngrams.features([text], [context or Context()], targets)


def table(keys: np.ndarray) -> Table:
    weights = np.random.default_rng(0).normal(size=(len(keys), 17)).astype(np.float32)
    return Table.of(keys, weights, NONE)


def test_a_comment_has_the_same_features_alone_and_among_others() -> None:
    together = ngrams.features(TEXTS, [Context()] * len(TEXTS), NONE)
    for row, text in enumerate(TEXTS):
        alone, at = of(text), slice(together.begins[row], together.begins[row + 1])
        assert alone.keys.tolist() == together.keys[at].tolist()
        assert alone.weights == pytest.approx(together.weights[at])


def test_case_and_spaces_do_not_matter_but_words_do() -> None:
    assert of("A  Fine\nDay").keys.tolist() == of("a fine day").keys.tolist()
    assert set(of("a fine day").keys.tolist()) != set(of("fine a day").keys.tolist())  # other pairs
    assert of("hot dog").keys.tolist() != of("hotdog").keys.tolist()


def test_a_long_comment_weighs_no_more_than_a_short_one() -> None:
    for text, kinds in (("idiot", 2), ("idiot " * 50, 3), ("one two three four five six seven", 3)):
        assert (of(text).weights ** 2).sum() == pytest.approx(9 * kinds, rel=0.01)


def test_context_is_told_from_the_comment_and_the_parent_from_the_target() -> None:
    kinds = [of("yes", Context(target="the wall")), of("yes", Context(parent="the wall")), of("yes the wall"), of("yes")]
    assert len({frozenset(each.keys.tolist()) for each in kinds}) == 4
    assert of("yes", Context(title="the wall")).keys.tolist() == kinds[0].keys.tolist()


def test_words_stand_with_their_target_only_where_training_knew_it() -> None:
    known = ngrams.known_targets([Context(target="the wall")] * 3 + [Context(target="a door")], least=3)
    assert len(known) == 1
    more = {
        target: len(of("yes", Context(target=target), known).keys) - len(of("yes", Context(target=target)).keys)
        for target in ("the wall", "a door")
    }
    assert more == {"the wall": 1, "a door": 0}


def test_a_table_adds_up_what_it_knows_and_nothing_else() -> None:
    keys = of("a rude word").keys
    known = table(np.unique(keys)[::2])
    found = of("a rude word")
    at = np.isin(found.keys, known.keys)
    rows = np.searchsorted(known.keys, found.keys[at])
    expected = (known.values[rows] * found.weights[at][:, None]).sum(axis=0) * known.scale
    assert known.logits(found)[0] == pytest.approx(expected, rel=1e-5)
    assert known.logits(ngrams.features(["", "неизвестно"], [Context()] * 2, NONE)).tolist() == np.zeros((2, 17)).tolist()


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_words_add_is_all_that_a_text_adds(text: str) -> None:
    known = table(np.unique(of(text).keys)) if text else table(np.arange(3, dtype=np.uint32))
    places, added = known.by_word(text, 0)
    assert [text[begin:end] for begin, end in places] == text.split()
    assert added.sum() == pytest.approx(known.logits(of(text))[0, 0], abs=1e-3)


def test_an_empty_table_says_nothing() -> None:
    empty = Table(np.empty(0, np.uint32), np.empty((0, 17), np.int8), np.ones(17, np.float32), NONE)
    assert not empty.logits(of("hello there")).any()
    assert not empty.by_word("hello there", 0)[1].any()


def test_a_table_comes_back_from_its_file(tmp_path: Path) -> None:
    known = table(np.unique(of("a rude word").keys))
    known.write(tmp_path / "ngrams.npz")
    again = Table.read(tmp_path / "ngrams.npz")
    assert again.logits(of("a rude word")).tolist() == known.logits(of("a rude word")).tolist()


def test_the_most_used_are_kept_and_each_language_counts() -> None:
    texts, langs = ["common rare0"] * 60 + ["друго"] * 6, ["en"] * 60 + ["bg"] * 6
    given = ngrams.features(texts, [Context()] * len(texts), NONE)
    keys = fit_ngrams.most_used(given, np.array(langs), size=10**6)
    assert (np.diff(keys.astype(np.int64)) > 0).all()
    assert set(of("друго").keys.tolist()) <= set(keys.tolist())
    assert len(fit_ngrams.most_used(given, np.array(langs), size=7)) == 7
    few = ngrams.features(["alone"] * 4, [Context()] * 4, NONE)
    assert not len(fit_ngrams.most_used(few, np.array(["en"] * 4), size=10))


def test_fitted_on_rows_it_tells_rude_from_kind(tiny_run: Config) -> None:
    known = Table.read(Path(tiny_run.run) / release.NGRAMS)
    stored = json.loads((Path(tiny_run.run) / release.TABLE).read_text(encoding="utf-8"))
    plain = Normaliser({int(code): value for code, value in stored["code_points"].items()})
    _, dev = prepare.rows(tiny_run)
    found = known.logits(known.features([plain(text) for text in dev.texts], dev.contexts))[:, 0]
    gold = dev.labels["toxicity"].targets[:, 0] >= 0.5
    assert found[gold].mean() > found[~gold].mean() + 1
    _, added = known.by_word("the mayor is a stupid idiot", 0)
    assert added[-2:].min() > added[:2].max()


def test_the_release_scores_with_it(tiny_release: Path) -> None:
    scorer = Scorer.load(tiny_release)
    asked = [ScoreInput("1", "the mayor is a stupid idiot", "en")]
    (with_table,) = scorer.score(asked)
    scorer.ngrams = Table(np.empty(0, np.uint32), np.empty((0, 17), np.int8), np.ones(17, np.float32), NONE)
    (without,) = scorer.score(asked)
    assert with_table.scores["toxicity"]["toxicity"] != without.scores["toxicity"]["toxicity"]
