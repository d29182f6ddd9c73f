"""Rows from files: what is read, masked and refused; which are drawn and how often."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labels import functional
from labels.errors import ConfigError, RowError
from labels.functional import composed
from labels.scores import Context
from tests import rows as hand
from train import config, duplicates, mix, sources
from train.rows import Rows, concatenate

ABOUT = 'name = "{name}"\ntitle = "T"\norigin = "here"\nlicence = "CC0"\nuse = "{use}"\nlanguages = ["en"]\nheads = ["toxicity"]\n'


def extra(path: Path, **members: Any) -> config.Data:
    return config.Data(folder=str(path.parent / "data"), functional=False, extra=(config.Extra("mine", str(path), **members),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of data."""
    (tmp_path / "data" / "sources").mkdir(parents=True)
    (tmp_path / "data" / "rows").mkdir()
    return tmp_path


def read(data: config.Data, split: str = "train") -> Rows:
    return sources.read(sources.declared(data), split)


def test_a_csv_of_the_users_own_is_read_by_its_column_names(folder: Path) -> None:
    path = folder / "mine.csv"
    path.write_text('body,nasty,about\n"See @ana, idiot",1.0,"call +359881234567"\nLovely,0.0,\n', encoding="utf-8")
    found = read(extra(path, columns={"text": "body", "toxicity": "nasty", "title": "about"}, lang="en"))
    assert found.texts == ["See @user, idiot", "Lovely"]
    assert found.contexts == [Context(title="call phone"), Context()]
    assert (found.langs.tolist(), found.sets.tolist(), found.ids.tolist()) == (["en", "en"], ["mine", "mine"], ["0", "1"])
    label = found.labels["toxicity"]
    assert label.targets[:, 0].tolist() == [1, 0]
    assert label.mask.tolist() == [[True] + [False] * 6] * 2
    assert not found.labels["stance"].judged.any()


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_json_lines_are_read_and_a_language_that_is_not_known_is_und(folder: Path) -> None:
    path = write_lines(
        folder / "mine.jsonl", {"id": "a", "text": "Да", "sentiment": "positive"}, {"id": "b", "text": "Не", "sentiment": None}
    )
    found = read(extra(path))
    assert (found.ids.tolist(), found.langs.tolist()) == (["a", "b"], ["und", "und"])
    assert found.labels["sentiment"].judged.tolist() == [True, False]


def test_a_class_that_a_set_cannot_give_is_masked_in_all_its_rows(folder: Path) -> None:
    path = write_lines(folder / "mine.jsonl", {"text": "a", "sentiment": "positive"}, {"text": "b", "sentiment": "negative"})
    assert read(extra(path)).labels["sentiment"].mask.tolist() == [[True, False, True]] * 2


def test_splits_are_kept_apart_and_a_row_without_one_is_for_training(folder: Path) -> None:
    path = write_lines(
        folder / "mine.jsonl", *({"text": text, "split": split} for text, split in (("a", "train"), ("b", "dev"), ("c", None)))
    )
    assert read(extra(path)).texts == ["a", "c"]
    assert read(extra(path), "dev").texts == ["b"]


def test_a_split_has_several_names_and_of_others_the_rows_left_out_are_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = (("a", "train"), ("b", "Validation"), ("c", "val"), ("d", "test"), ("e", "test"))
    path = write_lines(folder / "mine.jsonl", *({"text": text, "split": split} for text, split in given))
    assert read(extra(path), "dev").texts == ["b", "c"]
    assert not caplog.messages
    assert read(extra(path)).texts == ["a"]
    assert caplog.messages == ["mine: rows of other splits are left out: 2 of test; train and dev are read"]


@pytest.fixture
def hub(folder: Path) -> Path:
    """A data set as the hub holds it, read from a folder: two subsets, one with parts."""
    made = folder / "set"
    for name in ("parts/train", "parts/validation", "parts/test", "whole/train"):
        place = made / f"{name}.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        more = ",split\nof dev,1.0,dev" if name.startswith("whole") else ""
        place.write_text(f"text,toxicity{more}\n{name},1.0{',train' if more else ''}\n", encoding="utf-8")
    configs = [{"config_name": "parts", "data_files": [{"split": n, "path": f"parts/{n}.csv"} for n in ("train", "validation", "test")]}]
    configs.append({"config_name": "whole", "data_files": "whole/train.csv"})  # type: ignore[dict-item]
    (made / "README.md").write_text(f"---\nconfigs: {json.dumps(configs)}\n---\n", encoding="utf-8")
    return made


def of_hub(hub: Path, subset: str) -> config.Data:
    return config.Data(folder=str(hub.parent / "data"), functional=False, extra=(config.Extra("mine", f"hub:{hub}", subset=subset),))


def test_a_set_of_the_hub_is_read_part_by_part(hub: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read(of_hub(hub, "parts")).texts == ["parts/train"]
    assert caplog.messages == [f"mine: parts of hub:{hub} that are left out: test"]
    assert read(of_hub(hub, "parts"), "dev").texts == ["parts/validation"]


def test_the_rows_of_a_set_of_the_hub_in_one_part_have_their_own_split(hub: Path) -> None:
    assert read(of_hub(hub, "whole")).texts == ["whole/train"]
    assert read(of_hub(hub, "whole"), "dev").texts == ["of dev"]


@pytest.mark.parametrize("subset", ["", "none"])
def test_a_subset_that_the_hub_does_not_have_is_named(subset: str, hub: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine: hub:.*parts"):
        read(of_hub(hub, subset))


def test_a_column_that_the_file_lacks_is_named(folder: Path) -> None:
    path = write_lines(folder / "mine.jsonl", {"text": "a", "is_toxic": 1.0})
    with pytest.raises(ConfigError, match=r'mine: .*mine\.jsonl has no column "is_toxc"; did you mean "is_toxic"\?'):
        read(extra(path, columns={"toxicity": "is_toxc"}))


def test_language_codes_are_read_as_iso_639(folder: Path) -> None:
    path = write_lines(folder / "mine.jsonl", *({"text": "a", "lang": lang} for lang in ("EN", "zh_TW", "english", None)))
    assert read(extra(path)).langs.tolist() == ["en", "zh", "und", "und"]
    assert read(extra(path, lang="pt-BR")).langs.tolist() == ["en", "zh", "pt", "pt"]
    with pytest.raises(ConfigError, match='mine: lang: "english" is no code of ISO 639'):
        read(extra(path, lang="english"))


def test_marked_spans_are_kept_unless_masking_moved_the_text(folder: Path) -> None:
    table = pa.table({"text": ["an idiot", "@ana an idiot", "fine", "?"], "spans": [[[3, 8]], [[8, 13]], [], None]})
    pq.write_table(table, folder / "mine.parquet")
    assert list(read(extra(folder / "mine.parquet")).spans) == [((3, 8),), None, (), None]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": None}, 'mine: row 0: "text" is not a string'),
        ({"text": "a", "toxicity": 1.5}, "mine: a label of toxicity lies outside 0..1"),
        ({"text": "a", "toxicity": "yes"}, "mine: toxicity: 'yes' is no number from 0 to 1"),
        ({"text": "a", "stance": 3}, "mine: stance knows no class 3; known: against, favor, neutral"),
        ({"text": "a", "stance": "pro"}, "mine: stance knows no class 'pro'; known: against, favor, neutral"),
    ],
)
def test_a_row_that_breaks_the_format_is_named(row: dict[str, Any], said: str, folder: Path) -> None:
    with pytest.raises(RowError) as caught:
        read(extra(write_lines(folder / "mine.jsonl", row, {"text": "b"})))
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"licences": "some"}, 'data.licences: "some" is neither "all" nor "permissive"'),
        ({"sets": ("nope",)}, "data.sets: no such set in"),
        ({"folder": "nowhere"}, "nowhere has no folder sources/"),
        ({"extra": (config.Extra("x", "x.docx"),)}, 'x: ".docx" is none of .parquet, .csv, .json, .jsonl'),
        ({"extra": (config.Extra("x", "x.csv"),)}, "x: no such file: x.csv"),
        ({"extra": (config.Extra("x", "x.csv", use="all"),)}, 'x: use: "all" is none of any, research'),
        ({}, 'no "train" rows in 0 sets'),
    ],
)
def test_a_wrong_choice_of_sets_is_named(change: dict[str, Any], said: str, folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(config.Data(**{"folder": str(folder / "data"), "functional": False, **change}))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [("= broken", "Invalid statement"), ('name = "a"\n', "'title' is missing"), (b"\xff", "codec can't decode")],
)
def test_a_broken_declaration_is_named(text: str | bytes, said: str, folder: Path) -> None:
    path = folder / "data" / "sources" / "a.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        sources.declared(config.Data(folder=str(folder / "data")))
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_the_permissive_release_reads_only_sets_for_any_use(folder: Path) -> None:
    for name, use in (("a", "any"), ("b", "research")):
        (folder / "data" / "sources" / f"{name}.toml").write_text(ABOUT.format(name=name, use=use), encoding="utf-8")
    data = {"folder": str(folder / "data")}
    assert [source.name for source in sources.declared(config.Data(**data))] == ["a", "b", "functional"]
    assert [source.name for source in sources.declared(config.Data(**data, licences="permissive"))] == ["a", "functional"]
    assert [source.name for source in sources.declared(config.Data(**data, sets=("b",)))] == ["b"]


def test_of_the_functional_cases_the_training_half_alone_is_trained_on(folder: Path) -> None:
    found = read(config.Data(folder=str(folder / "data"), sets=("functional",)))
    measured = {duplicates.fingerprint(case.text) for case in functional.cases("measure")}
    assert len(found) == len(list(functional.cases("train"))) + len(list(composed.compositions()))
    assert not measured & {duplicates.fingerprint(text) for text in found.texts}


def test_every_set_that_the_shared_folder_declares_is_there(shared: Path) -> None:
    declared = sources.declared(config.Data(folder=str(shared / "data")))
    assert len(declared) > 80
    assert all(Path(source.path).is_file() for source in declared if source.name != "functional")
    assert {source.use for source in declared} == {"any", "research"}


def test_rows_are_taken_and_put_together_with_all_that_belongs_to_them() -> None:
    all_rows = hand.made(
        {"text": "a", "toxicity": 1.0, "lang": "bg", "spans": ((0, 1),)}, {"text": "b", "stance": "favor", "target": "t"}, {"text": "c"}
    )
    back = concatenate([all_rows.take(np.array([2])), all_rows.take(np.array([0, 1]))])
    assert back.texts == ["c", "a", "b"]
    assert back.ids.tolist() == ["2", "0", "1"]
    assert back.langs.tolist() == ["en", "bg", "en"]
    assert [context.target for context in back.contexts] == [None, None, "t"]
    assert back.spans == [None, ((0, 1),), None]
    assert back.labels["toxicity"].judged.tolist() == [False, True, False]
    assert back.labels["stance"].targets.tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_heads_get_their_shares_and_no_row_comes_too_often() -> None:
    given = hand.made(*({"toxicity": 0.0} for _ in range(5000)), *({"sentiment": "neutral"} for _ in range(100)))
    drawn = mix.draw(given, config.Mix(rows=1000, max_repeat=3, shares={"toxicity": 0.5, "sentiment": 0.5}), seed=1)
    counts = Counter(drawn.tolist())
    assert sum(count for row, count in counts.items() if row >= 5000) == 300  # all that 100 rows may give
    assert sum(count for row, count in counts.items() if row < 5000) == 500
    assert max(counts.values()) == 3


@pytest.mark.parametrize(("temperature", "small"), [(1.0, 50), (0.5, 121), (0.0, 250)])
def test_temperature_lifts_small_languages(temperature: float, small: int) -> None:
    given = hand.made(*({"toxicity": 0.0, "lang": "en"} for _ in range(9000)), *({"toxicity": 0.0, "lang": "bg"} for _ in range(1000)))
    drawn = mix.draw(given, config.Mix(rows=500, temperature=temperature), seed=1)
    assert (given.langs[drawn] == "bg").sum() == pytest.approx(small, abs=5)


def test_what_a_small_group_cannot_give_others_do() -> None:
    given = hand.made(*({"toxicity": 0.0, "set": "large"} for _ in range(1000)), *({"toxicity": 0.0, "set": "small"} for _ in range(10)))
    drawn = mix.draw(given, config.Mix(rows=600, temperature=0.0, max_repeat=2), seed=1)
    assert Counter(given.sets[drawn].tolist()) == {"large": 580, "small": 20}


def test_a_row_with_several_heads_is_drawn_for_the_scarcest() -> None:
    given = hand.made({"toxicity": 0.0, "reply_stance": "deny"}, {"toxicity": 0.0})
    shares = {"toxicity": 0.5, "reply_stance": 0.5}
    assert Counter(mix.draw(given, config.Mix(rows=4, shares=shares), seed=1).tolist()) == {0: 2, 1: 2}


def test_a_row_without_labels_or_of_a_head_without_share_is_never_drawn() -> None:
    given = hand.made({}, {"stance": "favor"}, {"toxicity": 1.0})
    assert set(mix.draw(given, config.Mix(rows=10, shares={"toxicity": 1.0, "stance": 0.0}), seed=1).tolist()) == {2}


def test_the_same_seed_draws_the_same_rows_in_the_same_order() -> None:
    given = hand.made(*({"toxicity": 0.0} for _ in range(300)))
    one, same, other = (mix.draw(given, config.Mix(rows=100), seed=seed).tolist() for seed in (1, 1, 2))
    assert one == same != other
    assert one != sorted(one)
