"""The functional cases and compositions are complete, balanced, and the measuring side shares no wording; a malformed file is refused."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from labels import functional, schema
from labels.errors import ConfigError
from labels.functional import Case, composed

LANGS = {"en", "bg", "uk", "ru", "ro", "vi", "de", "fr", "es", "it", "pl", "pt", "tr"}
CATEGORIES = {
    "identity_mention", "counter_speech", "reported_speech", "reclaimed", "friendly_swearing",
    "negated_insult", "things_not_people", "criticism", "figurative_violence",
}  # fmt: skip
ALL = tuple(functional.cases())
GROUPS = {case.group for case in ALL if case.group}
COMPOSED = tuple(composed.compositions())


def templates(cases: Iterable[Case]) -> dict[str, list[Case]]:
    found = defaultdict(list)
    for case in cases:
        found[case.template].append(case)
    return found


def test_there_are_enough_templates_in_every_category() -> None:
    assert len(templates(ALL)) >= 48
    assert {case.category for case in ALL} == CATEGORIES


def test_every_template_is_written_in_every_language_with_the_same_groups() -> None:
    for name, cases in templates(ALL).items():
        of_lang = defaultdict(set)
        for case in cases:
            of_lang[case.lang].add(case.group)
        assert of_lang.keys() == LANGS, name
        assert len(set(map(frozenset, of_lang.values()))) == 1, f"{name}: a slot is missing in one language"


def test_half_is_harmless_and_half_of_each_category_only_measures() -> None:
    for category in CATEGORIES:
        kinds = Counter((cases[0].use, cases[0].labels["toxicity"]) for cases in templates(ALL).values() if cases[0].category == category)
        assert len(kinds) == 4, (category, kinds)
        assert len(set(kinds.values())) == 1, (category, kinds)


def test_a_pair_is_opposite_and_stands_on_one_side() -> None:
    by_name = {name: cases[0] for name, cases in templates(ALL).items()}
    for case in by_name.values():
        assert case.pair is not None
        other = by_name[case.pair]
        assert other.pair == case.template
        assert (other.use, other.category) == (case.use, case.category)
        assert other.labels["toxicity"] == 1 - case.labels["toxicity"]


def test_ids_and_texts_are_unique_so_no_text_is_on_both_sides() -> None:
    assert max(Counter(case.id for case in ALL).values()) == 1
    bare = Counter((case.lang, re.sub(r"\W+", " ", case.text).casefold().strip()) for case in ALL)
    assert [text for text, count in bare.items() if count > 1] == []


def test_no_measured_wording_is_close_to_a_trained_one() -> None:
    words = [(case, frozenset(re.findall(r"\w+", case.text.casefold()))) for case in ALL]
    for lang in LANGS:
        trained = [bag for case, bag in words if (case.lang, case.use) == (lang, "train")]
        for case, bag in words:
            if (case.lang, case.use) == (lang, "measure"):
                assert max(len(bag & other) / len(bag | other) for other in trained) < 0.5, case.id  # share of common words


def test_no_slot_is_left_and_a_text_begins_like_a_sentence() -> None:
    for case in ALL:
        assert not re.search(r"[{}|]|\s{2}", case.text), case.id
        first = next(sign for sign in case.text if sign.isalnum())
        assert first == first.upper(), case.id


def test_a_group_is_named_in_every_text_that_counts_for_it() -> None:
    texts = defaultdict(set)
    for case in ALL:
        if case.group:
            texts[case.template, case.lang].add(case.text)
    assert {len(found) for found in texts.values()} == {len(GROUPS), 5}  # "out with them" is asked of five groups only


def test_labels_are_of_the_schema_and_agree_with_one_another() -> None:
    for case in ALL:
        assert set(case.labels) <= set(schema.TOXICITY.names), case.id
        assert set(case.labels.values()) <= {0.0, 1.0}
        if not case.labels["toxicity"]:
            hurtful = set(case.labels) - {"profanity"}
            assert not any(case.labels[name] for name in hurtful), case.id
        else:
            assert any(case.labels.get(name) for name in ("insult", "threat", "identity_attack")), case.id


def test_a_use_selects_its_side() -> None:
    for use in functional.USES:
        assert [case.id for case in functional.cases(use)] == [case.id for case in ALL if case.use == use]


def test_an_unknown_use_is_refused() -> None:
    with pytest.raises(ConfigError, match='use "dev" is none of train, measure'):
        functional.cases("dev")


GOOD = """
[[case]]
id = "one"
use = "train"
labels = { toxicity = 0 }
text.en = "I like {group}."
"""


def written(folder: Path, text: str, groups: str = '[cats]\nen = "cats"\n') -> Path:
    (folder / "cases").mkdir()
    (folder / "cases" / "pets.toml").write_text(text, encoding="utf-8")
    (folder / "groups.toml").write_text(groups, encoding="utf-8")
    return folder


def test_a_slot_takes_the_form_of_its_name(tmp_path: Path) -> None:
    text = GOOD.replace("I like {group}.", "{group} like {object}.")
    [case] = functional.read(written(tmp_path, text, '[cats]\nen = { group = "cats", object = "fish" }\n'))
    assert (case.id, case.category, case.group, case.text) == ("one:en:cats", "pets", "cats", "Cats like fish.")


def test_a_form_that_a_table_lacks_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path, GOOD.replace("{group}", "{object}"), '[cats]\nen = { group = "cats" }\n')
    with pytest.raises(ConfigError, match=r"pets\.toml: case one: en: group cats: groups\.toml has no form for \{object\}"):
        list(functional.read(folder))


def test_a_group_without_languages_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"groups\.toml: cats: no table of languages"):
        list(functional.read(written(tmp_path, GOOD, 'cats = "cats"\n')))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('use = "train"', 'use = "dev"', r'pets\.toml: case one: use "dev" is none of train, measure'),
        ('use = "train"', "", r'pets\.toml: case one: "use" is missing or no str'),
        ('id = "one"', "", r'pets\.toml: case \(no id\): "id" is missing'),
        ("{ toxicity = 0 }", "{ rudeness = 0 }", r"pets\.toml: case one: no such output: rudeness"),
        ("{ toxicity = 0 }", "{ toxicity = 2 }", r"pets\.toml: case one: a label is neither 0 nor 1"),
        ('use = "train"', 'use = "train"\ncolour = "red"', r"pets\.toml: case one: unknown key colour"),
        ('use = "train"', 'use = "train"\ngroups = ["dogs"]', r"pets\.toml: case one: no such group: dogs"),
        ('use = "train"', 'use = "train"\ngroups = [["cats"]]', r"pets\.toml: case one: no such group: \['cats'\]"),
        ("text.en", "text.bg", r"pets\.toml: case one: bg: group cats: groups\.toml has no form for \{group\}"),
        ("[[case]]", "[[case", r"pets\.toml: "),
        ("[[case]]", "[case]", r"pets\.toml: expected \[\[case\]\] tables and nothing else"),
        ("[[case]]", "[[cases]]", r"pets\.toml: expected \[\[case\]\] tables and nothing else"),
        ('"I like {group}."', "3", r"pets\.toml: case one: text\.en: no text"),
    ],
)
def test_a_malformed_file_is_refused_by_file_and_case(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=message):
        list(functional.read(written(tmp_path, GOOD.replace(old, new))))


def of(lang: str) -> list[Case]:
    return [case for case in COMPOSED if case.lang == lang]


def test_compositions_speak_the_languages_of_the_cases() -> None:
    assert set(composed.languages()) == {case.lang for case in COMPOSED} == LANGS


@pytest.mark.parametrize("lang", composed.languages())
def test_half_of_the_compositions_of_a_language_is_harmless(lang: str) -> None:
    counts = Counter(case.labels["toxicity"] for case in of(lang))
    assert counts[0.0] == counts[1.0]
    assert 800 <= counts.total() <= 1200


@pytest.mark.parametrize("lang", composed.languages())
def test_every_frame_and_core_is_used_and_there_are_enough(lang: str) -> None:
    parts = Counter(case.id.split(":")[2] for case in of(lang))
    for kind, least in (("harmless-", 25), ("endorsing-", 10), ("plain-harmless-", 40), ("plain-toxic-", 15)):
        assert sum(part.startswith(kind) for part in parts) >= least
    assert parts["bare"] >= 30
    assert min(count for part, count in parts.items() if part.startswith("harmless-")) >= 5
    assert {case.group for case in of(lang)} == GROUPS | {None}


def test_compositions_are_unique_complete_and_always_the_same() -> None:
    assert max(Counter(case.id for case in COMPOSED).values()) == 1
    assert max(Counter((case.lang, case.text) for case in COMPOSED).values()) == 1
    assert tuple(composed.compositions()) == COMPOSED
    for case in COMPOSED:
        assert not re.search(r"[{}|]|\s{2}", case.text), case.id
        assert set(case.labels) <= set(schema.TOXICITY.names)
        assert case.labels["toxicity"] or not any(case.labels.values()), case.id


def test_a_quotation_mark_alone_is_no_sign() -> None:
    """In each language, frames that calm and frames that do not, with quotation marks and without."""
    for lang in composed.languages():
        found = {(frame.harmless, bool(re.search('["“”„«»‘]', frame.text))) for frame in composed.frames(lang)}
        assert len(found) == 4, lang


def fives(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


@pytest.mark.parametrize("lang", composed.languages())
def test_no_five_measured_words_in_a_row_are_trained_on(lang: str) -> None:
    """Names of groups stand on both sides: a measured template counts between its slots."""
    measured: set[tuple[str, ...]] = set()
    for path in (Path(functional.__file__).parent / "cases").glob("*.toml"):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            if entry["use"] == "measure":
                measured = measured.union(*map(fives, re.split(r"\{\w+\}", entry["text"][lang])))
    assert len(measured) > 50
    assert {case.id: shared for case in of(lang) if (shared := fives(case.text) & measured)} == {}


def language(folder: Path, text: str) -> Path:
    (folder / "en.toml").write_text(text, encoding="utf-8")
    return folder / "en.toml"


SMALL = """
cores.insult = "You fool"
frames.harmless = "I never said '{core}'."
plain.harmless = "Foolish weather today."
"""


def test_a_frame_goes_around_words_as_they_are(tmp_path: Path) -> None:
    [frame] = composed.read(language(tmp_path, SMALL)).frames
    assert frame.around("{core} is a fool") == "I never said '{core} is a fool'."
    assert frame.harmless


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cores.insult", "cores.joke", r"en\.toml: unknown key joke"),
        ("plain.harmless", "plain.funny", r"en\.toml: unknown key funny"),
        ("frames.harmless", "frames.loud", r"en\.toml: unknown key loud"),
        ("'{core}'", "it", r"en\.toml: frames: \"I never said it\.\": exactly one of \{core\}, \{noun\}, \{clause\} is needed"),
        ("'{core}'", "{core} {core}", r"exactly one of"),
        ("plain.harmless", "other", r"en\.toml: .*plain"),
        ('"You fool"', "3", r"en\.toml: "),
        ("frames", "[frames", r"en\.toml: "),
    ],
)
def test_a_malformed_language_is_refused_by_file(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(ConfigError, match=message):
        composed.read(language(tmp_path, SMALL.replace(old, new)))
