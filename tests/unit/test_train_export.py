"""What an export makes anew while the weights stay, and which back ends may run what it made."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from labels import schema
from labels.errors import ConfigError, ModelError
from tests import rows as hand
from train import backends, card, evaluate, export, fit, prepare, release, sources
from train.config import Config, Export
from train.inference import Scorer
from train.rows import Floats, Rows, concatenate
from train.words import Words


@pytest.fixture
def copied(tiny_run: Config, tmp_path: Path) -> Config:
    folder = shutil.copytree(tiny_run.release, tmp_path / "release")
    return replace(tiny_run, release=str(folder), run=str(tmp_path / "run"))


def test_a_renewed_release_is_the_same_where_its_rows_are(copied: Config, tiny_release: Path) -> None:
    assert release.read(export.renewed(copied)).model == release.read(tiny_release).model


def test_what_the_encoder_saw_is_kept_by_the_rows_that_it_saw(copied: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many other rows are not taken for these."""
    asked, first = [], evaluate.first_features

    def counted(scorer: Scorer, rows: Rows) -> Floats:
        asked.append(len(rows))
        return first(scorer, rows)

    monkeypatch.setattr(evaluate, "first_features", counted)
    export.renewed(copied)
    export.renewed(copied)
    assert len(asked) == 1
    train, dev = prepare.rows(copied)
    monkeypatch.setattr(prepare, "rows", lambda _: (replace(train, texts=[f"{text}!" for text in train.texts]), dev))
    export.renewed(copied)
    assert asked == [asked[0]] * 2


def test_it_gets_its_words_back(copied: Config, tiny_release: Path) -> None:
    path = Path(copied.release) / release.WORDS
    before = path.read_bytes()
    Words({}).write(path)
    manifest = release.read(tiny_release)
    files = manifest.files | {release.WORDS: release.sha256(path)}  # type: ignore[operator]
    export._write(path.parent / release.MANIFEST, replace(manifest, files=files).to_json())
    export.renewed(copied)
    assert path.read_bytes() == before


def test_another_configuration_is_refused(copied: Config) -> None:
    with pytest.raises(ModelError, match="made by configuration"):
        export.renewed(replace(copied, seed=copied.seed + 1))


def test_a_run_of_another_configuration_is_not_exported(tiny_run: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds a run of another configuration"):
        export.run(replace(tiny_run, release=str(tmp_path / "release"), mix=replace(tiny_run.mix, attacks=0.0)))


def test_a_run_that_has_not_ended_is_exported_only_if_told_so(tiny_run: Config, tmp_path: Path) -> None:
    """What the card says is what ran: neither all passes nor n-grams."""
    folder = Path(shutil.copytree(tiny_run.run, tmp_path / "run"))
    config = replace(tiny_run, run=str(folder), release=str(tmp_path / "release"), export=Export(gate_head=1.0, gate_language=1.0))
    for name in ("done.json", release.NGRAMS):
        (folder / name).unlink()
    with pytest.raises(ConfigError, match="has not ended; go on with threadwise train CONFIG, or export what is there: --unfinished"):
        export.run(config)
    made = export.run(config, unfinished=True)
    step = json.loads((folder / "best.json").read_text(encoding="utf-8"))["step"]
    text = (made / "CARD.md").read_text(encoding="utf-8")
    assert f"- encoder's rows: **training did not end: these are the weights of step {step}**" in text
    assert "- n-grams' rows: none\n" in text


def child(config: Config, folder: Path, *, start: str = "", teacher: str = "") -> Config:
    """A permissive run of the same rows."""
    own = replace(config, run=str(folder / "child"), release=str(folder / "made"), data=replace(config.data, licences="permissive"))
    return replace(own, backbone=replace(own.backbone, start=start), fit=replace(own.fit, teacher=teacher))


def told(folder: Path, **members: object) -> str:
    """The folder of a release whose manifest says something else; None: nothing at all."""
    path = folder / release.MANIFEST
    value = json.loads(path.read_text(encoding="utf-8")) | members
    path.write_text(json.dumps({name: each for name, each in value.items() if each is not None}), encoding="utf-8")
    return str(folder)


RESEARCH = {"secret": {"title": "Secret", "origin": "a forum", "licence": "ask", "use": "research"}}


@pytest.mark.parametrize("place", ["start", "teacher"])
@pytest.mark.parametrize("sets", [RESEARCH, None], ids=["listed", "from-before"])
def test_no_permissive_release_comes_of_a_research_one(place: str, sets: object, copied: Config, tmp_path: Path) -> None:
    """It is refused before training begins; a release from before its sets were listed says it in its notice."""
    config = child(copied, tmp_path, **{place: told(Path(copied.release), sets=sets)})
    with pytest.raises(ConfigError, match=r'learned from sets for research, which data.licences = "permissive" bars: (secret|tiny@)'):
        fit.run(config)
    assert not Path(config.run).exists()


def test_the_sets_behind_a_release_are_its_own_and_those_of_its_ancestors(copied: Config, tmp_path: Path) -> None:
    alike = {"invented": {"title": "Invented", "origin": "elsewhere", "licence": "ask", "use": "research"}}
    start = told(Path(copied.release), sets=RESEARCH)
    teacher = told(Path(shutil.copytree(copied.release, tmp_path / "teacher")), sets=alike)
    config = child(copied, tmp_path, start=start, teacher=teacher)
    found = sources.behind(replace(config, data=replace(config.data, licences="all")))
    assert found == {**alike, **RESEARCH}
    manifest = replace(release.read(Path(start)), sets=found)
    card.write(tmp_path, copied, manifest)
    notice = (tmp_path / "NOTICE").read_text(encoding="utf-8")
    assert "secret: Secret; a forum; licence: ask; use: research\n" in notice
    assert "invented: Invented; elsewhere; licence: ask; use: research\n" in notice


def test_a_renewed_release_keeps_the_sets_behind_it_and_what_ran(copied: Config, tiny_release: Path) -> None:
    before = release.read(tiny_release)
    told(Path(copied.release), sets=RESEARCH)
    after = release.read(export.renewed(copied))
    assert (set(after.sets), after.ran) == ({"invented", "secret"}, before.ran)
    told(Path(copied.release), sets=None, ran=None, start="first@0123456789ab")
    after = release.read(export.renewed(copied))
    assert ({name: about["use"] for name, about in after.sets.items()}, after.ran) == (
        {"invented": "any", "first@0123456789ab": "research"},
        {},
    )


GOOD, BAD = export.Loss({"toxicity": 0.001}, {"stance/zh": 0.009}), export.Loss({"toxicity": 0.0}, {"stance/zh": 0.011})


def test_a_back_end_that_loses_too_much_is_refused(tiny_run: Config, tmp_path: Path) -> None:
    assert export.gated({"int8": GOOD, "bf16": BAD}, replace(tiny_run, export=Export()), tmp_path) == {
        "backends": ["int8"],
        "heads": {"toxicity": 0.001},
        "languages": 1,
        "worst_languages": {"stance/zh": 0.009},
        "refused": ["bf16"],
    }


def test_no_release_is_made_where_each_loses_too_much(tiny_run: Config, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="more than the gate allows"):
        export.gated({"int8": BAD, "bf16": BAD}, replace(tiny_run, export=Export()), tmp_path)


def test_a_refused_back_end_runs_nothing(copied: Config) -> None:
    folder = Path(copied.release)
    manifest = release.read(folder)
    names = [backend.name for backend in backends.available() if backend.name != "fp32"]
    export._write(folder / release.MANIFEST, replace(manifest, loss={**manifest.loss, "refused": names}).to_json())
    assert Scorer.load(folder).backend.endswith("fp32 products")
    for name in names:
        with pytest.raises(ModelError, match=f'no back end "{name}" for this release'):
            Scorer.load(folder, backend=name)


def test_our_own_templates_make_no_output_of_a_language_known(tiny_release: Path) -> None:
    own = sources.read([sources.FUNCTIONAL], "train")
    assert own.labels["toxicity"].mask[own.langs == "bg", schema.TOXICITY.names.index("insult")].any()
    others = hand.made({"lang": "bg", "toxicity": 1.0}, {"lang": "en", "toxicity": 1.0, "insult": 1.0})
    counts = export._counts(concatenate([own, others]))
    assert (counts["toxicity.toxicity"], counts["toxicity.insult"]) == ({"bg": 1, "en": 1}, {"en": 1})
    manifest = replace(release.read(tiny_release), rows=counts, weak=(), low={})
    assert "toxicity.insult" in manifest.low_confidence("bg")
    assert "toxicity.toxicity" not in manifest.low_confidence("bg")
    assert "toxicity.insult" not in manifest.low_confidence("en")


def test_a_language_was_barely_trained_by_its_dev_rows_or_beside_the_others() -> None:
    rows = {"bg": 1000, "en": 1000, "ro": 1000, "fi": 900, "uk": 100, "hr": 100}
    found = export.unsure({"toxicity.toxicity": rows, "stance": {}}, {"toxicity.toxicity": {"fi": 0.6, "hr": 0.9, "en": 0.75}})
    assert found == {"toxicity.toxicity": ["fi", "uk"], "stance": []}


def test_what_was_barely_trained_is_unsure_and_a_language_without_toxicity_is_not_judged(tiny_release: Path) -> None:
    manifest = release.read(tiny_release)
    rows = {**manifest.rows, "sentiment": {**manifest.rows["sentiment"], "th": 500}}
    made = replace(manifest, rows=rows, unsure={"toxicity.toxicity": ["vi"], "stance": []}, low={})
    assert "toxicity.toxicity" in made.low_confidence("vi")
    assert "toxicity.toxicity" not in made.low_confidence("bg")
    assert "th" in made.languages
    assert made.judged == ("bg", "en")
