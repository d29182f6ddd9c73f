"""Labels out: what a judgement says, the rows that training accepts, second readings, and what to label next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from labels import schema
from labels.scores import Scored
from labels.thread import Article
from serve.policy import Action, Reason, Verdict
from serve.store import Store, labels_next
from serve.store.comments import Incoming, StaleError
from serve.store.database import transaction
from serve.store.desk_decisions import Act, Decisions, Seen, append
from serve.store.judgements import DECISION, Judgement
from serve.store.labels import masked
from serve.store.tables import comments
from train import config_file, sources
from train.mask import mask
from train.rows import COLUMNS

NOW = 1_764_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(f"sqlite:///{tmp_path / 'labels.db'}")
    yield found
    found.close()


@pytest.fixture
def desk(store: Store) -> SimpleNamespace:
    """Puts comments and decides on them as the desk does."""
    decisions = Decisions(store.engine)

    def put(id: str, text: str = "You utter fool", *, score: float = 0.8, action: str = "review", lang: str = "en", **given: object) -> int:
        scores = {"toxicity": {"toxicity": score, "insult": score}, "sentiment": {"negative": score, "neutral": 0.0, "positive": 1 - score}}
        reasons = (Reason("toxic", "toxicity", "toxicity", score, 0.5), Reason("insult", "toxicity", "insult", score, 0.5))
        verdict = Verdict(Action(action), reasons if action == "review" else (Reason("otherwise"),), "1")
        incoming = Incoming(id, str(given.pop("site", "s")), text, **given)  # type: ignore[arg-type]
        return store.comments.put(incoming, Scored(id, lang, scores, "tiny@000000000000"), verdict, NOW)[0].number

    def decide(number: int, kind: str = "publish", by: str = "ana", **given: object) -> int:
        stored = next(one for one in store.comments.page(_all()) if one.number == number)
        with transaction(store.engine, writes=False) as connection:
            held = connection.execute(sa.select(comments.c.decision).where(comments.c.number == number)).scalar()
        done = decisions.decide(number, None, Act(kind, by, **given), Seen(stored.version, held), NOW)  # type: ignore[arg-type]
        assert done is not None
        return done.number

    return SimpleNamespace(
        put=put, decide=decide, undo=lambda by: decisions.undo_last(by, None, NOW), rows=lambda: list(store.labels.rows())
    )


def _all() -> object:
    from serve.store.comments import Filter

    return Filter(None)


def judged(row: dict[str, object]) -> dict[str, object]:
    """The labels of a row that are set."""
    return {name: row[name] for name in (*schema.TOXICITY.names, "stance", "reply_stance", "sentiment") if row[name] is not None}


def test_a_reject_says_1_of_what_its_reason_names_and_nothing_else(desk):
    desk.decide(desk.put("a"), "reject", labels=("insult",))
    assert judged(desk.rows()[0]) == {"insult": 1}


def test_a_reject_for_another_reason_says_nothing_of_the_text(desk):
    desk.decide(desk.put("a"), "reject", labels=("other",))
    (row,) = desk.rows()
    assert judged(row) == {}
    assert row["reason"] == "other"


def test_an_approval_says_0_of_the_outputs_that_caused_the_review(desk):
    desk.decide(desk.put("a"), "publish")
    assert judged(desk.rows()[0]) == {"toxicity": 0, "insult": 0}


def test_an_approval_of_what_no_output_flagged_says_nothing(desk):
    desk.decide(desk.put("a", action="publish"), "publish")
    assert judged(desk.rows()[0]) == {}


def test_a_highlight_is_an_approval(desk):
    desk.decide(desk.put("a"), "highlight")
    assert desk.rows()[0]["action"] == "publish"


def test_corrections_of_single_heads_come_with_the_decision(desk):
    desk.decide(desk.put("a"), "publish", corrections={"toxicity.insult": 1, "stance.against": 1, "sentiment.negative": 0})
    assert judged(desk.rows()[0]) == {"toxicity": 0, "insult": 1, "stance": "against"}


def test_what_was_taken_back_is_no_label(desk):
    desk.decide(desk.put("a"), "reject", labels=("insult",))
    desk.undo("ana")
    assert desk.rows() == []


def test_a_person_who_decides_again_is_heard_once_and_last(desk):
    number = desk.put("a")
    desk.decide(number, "reject", labels=("insult",))
    desk.decide(number, "publish")
    assert [row["action"] for row in desk.rows()] == ["publish"]


def test_a_bulk_action_labels_nothing_that_nobody_read(desk, store):
    number = desk.put("a")
    with transaction(store.engine, writes=True) as connection:
        append(connection, number, Act("reject", "ana", ("insult",), batch="b1"), NOW)
    assert desk.rows() == []


def test_a_decision_on_an_older_version_keeps_its_own_text(desk):
    desk.decide(desk.put("a", "first words"), "reject", labels=("insult",))
    desk.decide(desk.put("a", "second words"), "publish")
    assert [(row["text"], row["action"]) for row in desk.rows()] == [("first words", "reject"), ("second words", "publish")]


def test_a_row_has_the_columns_of_training_and_says_who_when_and_of_which_model(desk, store):
    store.articles.put("s", Article("art", "", title="Bridge closed"), NOW)
    desk.put("root", "I built it", article="art")
    desk.put("parent", "It was old", article="art", reply_to="root")
    desk.decide(desk.put("a", article="art", reply_to="parent"), "reject", labels=("insult", "toxicity"))
    (row,) = desk.rows()
    assert set(COLUMNS) <= set(row)
    assert (row["title"], row["parent"], row["root"], row["lang"]) == ("Bridge closed", "It was old", "I built it", "en")
    assert (row["by"], row["at"], row["model"], row["reason"]) == ("ana", NOW, "tiny@000000000000", "insult,toxicity")


def test_a_circle_of_answers_ends(desk):
    desk.put("x", reply_to="y")
    desk.decide(desk.put("y", reply_to="x"), "publish")
    assert desk.rows()[0]["parent"] == "You utter fool"


def test_a_thread_is_never_split_between_training_and_measuring(desk, store):
    for number in range(40):
        desk.decide(desk.put(f"a{number}", article=f"art{number % 4}"), "publish")
    splits: dict[str, set[object]] = {}
    for row in desk.rows():
        splits.setdefault(store.comments.get("s", str(row["id"]).partition(":")[2]).article, set()).add(row["split"])
    assert {len(found) for found in splits.values()} == {1}


def test_erased_texts_are_not_exported(desk, store):
    desk.decide(desk.put("a", author="troll"), "publish")
    store.erase.expire(NOW + 1, NOW + 1)
    assert desk.rows() == []


def test_rows_of_other_sites_stay_where_they_are(desk, store):
    desk.decide(desk.put("a", site="one"), "publish")
    desk.decide(desk.put("b", site="two"), "publish")
    assert [row["id"] for row in store.labels.rows(["two"])] == ["two:b"]


def test_the_part_that_matters_teaches_only_where_something_is_toxic(desk):
    desk.decide(desk.put("a"), "reject", labels=("insult",), span=(4, 9))
    desk.decide(desk.put("b"), "publish", span=(4, 9))
    assert [row["spans"] for row in desk.rows()] == [[[4, 9]], None]


@pytest.mark.parametrize("marked", ["fool", "ana@example.org is", "is a fool", "mail me"])
def test_a_marked_span_survives_the_masking(marked: str):
    text = "mail me: ana@example.org is a fool, or call +359 88 123 4567"
    begin = text.index(marked)
    shown, span = masked(text, (begin, begin + len(marked)))
    assert shown == mask(text)
    assert span is not None
    assert shown[slice(*span)] == mask(marked)


def test_a_border_inside_a_private_part_moves_to_its_edge():
    text = "write to ana@example.org now"
    shown, span = masked(text, (text.index("example"), len(text)))
    assert span is not None
    assert shown[slice(*span)] == "mail now"


def test_training_accepts_the_export_as_one_more_source(desk, tmp_path, store):
    store.articles.put("s", Article("art", "", title="Bridge closed"), NOW)
    for number in range(12):
        kind, labels = ("reject", ("insult",)) if number % 2 else ("publish", ())
        given = {"corrections": {"stance.favor": 1}, "span": (0, 5)} if number == 3 else {}
        desk.decide(
            desk.put(f"a{number}", f"words number {number} @someone", article="art" if number < 6 else None), kind, labels=labels, **given
        )
    file = tmp_path / "labels.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in desk.rows()), encoding="utf-8")
    given = config_file.from_json({"data": {"folder": str(tmp_path / "none"), "extra": [{"name": "desk", "path": str(file)}]}})
    (extra,) = given.data.extra
    source = sources.Source("desk", "desk", str(file), "ours", "any", (), (), extra.path, extra.columns, extra.lang)
    parts = [sources.read([source], split) for split in ("train", "dev") if any(row["split"] == split for row in desk.rows())]
    assert sum(map(len, parts)) == 12
    insult = schema.TOXICITY.names.index("insult")
    judged_rows = [part.labels["toxicity"] for part in parts]
    assert sum(int(labels.mask[:, insult].sum()) for labels in judged_rows) == 12
    assert sum(float(labels.targets[:, insult].sum()) for labels in judged_rows) == 6
    assert sum(int(part.labels["stance"].judged.sum()) for part in parts) == 1
    assert {part.texts[0].partition("@")[2] for part in parts} == {"user"}
    assert sum(marks is not None for part in parts for marks in part.spans) == 1


def suggest(store: Store, text: str, scores: dict[str, float], **given: object) -> None:
    columns = {"site": "s", "key": "coral", "token": None, "community": "example.org", "languages": [], "context": {}, "at": NOW}
    store.comments.suggest(columns | {"text": text, "scores": scores} | given)


def test_a_suggested_score_is_a_row_that_says_where_it_is_from(desk, store):
    pair = {"article": {"text": "Bridge closed"}, "parentComment": {"text": "It was old, ask ana@example.org"}}
    scores = {"TOXICITY": 1.0, "INSULT_EXPERIMENTAL": 0.8, "STANCE_AGAINST": 0.9, "STANCE_FAVOR": 0.1, "SPAM": 1.0}
    suggest(store, "You are a fool, @someone", scores, context={"articleAndParentComment": pair}, languages=["en"])
    (row,) = desk.rows()
    assert set(COLUMNS) <= set(row)
    assert judged(row) == {"toxicity": 1.0, "insult": 0.8, "stance": "against"}
    assert (row["why"], row["by"], row["reason"], row["at"], row["lang"]) == ("suggestscore", "coral", "example.org", NOW, "en")
    assert (row["text"], row["title"], row["parent"]) == ("You are a fool, @user", "Bridge closed", mask(pair["parentComment"]["text"]))
    assert "example.org" not in row["parent"]


def test_a_key_that_says_it_again_is_heard_once_and_last(desk, store):
    suggest(store, "A text", {"TOXICITY": 1.0}, token="comment:1")
    suggest(store, "A text", {"TOXICITY": 0.0}, token="comment:1")
    suggest(store, "A text", {"TOXICITY": 1.0}, token="comment:2")
    suggest(store, "A text", {"TOXICITY": 1.0}, key="other", token="comment:1")
    suggest(store, "Without a token", {"TOXICITY": 1.0})
    suggest(store, "Without a token", {"TOXICITY": 0.25})
    assert [(row["by"], row["toxicity"]) for row in desk.rows()] == [("coral", 0.0), ("coral", 1.0), ("other", 1.0), ("coral", 0.25)]


def test_suggestions_that_say_nothing_here_or_are_of_another_site_stay_out(desk, store):
    suggest(store, "Buy this", {"SPAM": 1.0, "SENTIMENT_NEGATIVE": 0.5})
    suggest(store, "A text", {"TOXICITY": 1.0}, site=None)
    assert [row["id"] for row in desk.rows()] == ["coral:suggested-2"]
    assert list(store.labels.rows(["s"])) == []


def test_training_reads_what_was_suggested(desk, tmp_path, store):
    for number in range(30):
        suggest(store, f"A text number {number}", {"TOXICITY": number / 29})
    file = tmp_path / "labels.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in desk.rows()), encoding="utf-8")
    source = sources.Source("desk", "desk", str(file), "ours", "any", (), (), str(file), {}, None)
    splits = {row["split"] for row in desk.rows()}
    labels = [sources.read([source], split).labels["toxicity"] for split in sorted(splits)]
    assert sum(float(one.targets[:, 0].sum()) for one in labels) == pytest.approx(15, abs=0.01)
    assert sum(int(one.mask.sum()) for one in labels) == 30


def test_a_reading_answers_all_outputs_of_toxicity():
    one = Judgement(1, 1, "ana", NOW, "calm", "publish", ("profanity",))
    assert one.says([]) == {f"toxicity.{name}": int(name == "profanity") for name in schema.TOXICITY.names}


def test_labels_that_nobody_knows_are_passed_over():
    one = Judgement(1, 1, "ana", NOW, DECISION, "reject", ("spam", "toxicity.insult"), {"toxicity.nonsense": 1})
    assert one.says([]) == {"toxicity.insult": 1}


@pytest.fixture
def everything_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels_next, "DOUBLE_SHARE", 0.999)
    monkeypatch.setattr(labels_next, "CALM_SHARE", 0.999)


@pytest.mark.usefixtures("everything_sampled")
def test_nobody_is_their_own_second_reader(desk, store):
    number = desk.put("a")
    desk.decide(number, "publish", by="ana")
    assert store.readings.next("ana", None) is None
    page = store.readings.next("boris", None)
    assert page is not None
    assert (page.number, page.why) == (number, "double")
    assert not store.readings.read(number, 1, "ana", None, NOW, action="publish")


@pytest.mark.usefixtures("everything_sampled")
def test_a_reading_is_kept_once_and_changes_nothing(desk, store):
    number = desk.put("a")
    desk.decide(number, "publish", by="ana")
    assert store.readings.read(number, 1, "boris", None, NOW, action="reject", labels=["insult"], span=(4, 9))
    with pytest.raises(StaleError):
        store.readings.read(number, 1, "boris", None, NOW, action="publish")
    assert store.comments.get("s", "a").action == "publish"
    assert [(row["by"], row["why"], row["action"], row["spans"]) for row in desk.rows()] == [
        ("ana", "decision", "publish", None),
        ("boris", "double", "reject", [[4, 9]]),
    ]


@pytest.mark.usefixtures("everything_sampled")
def test_a_reading_of_a_comment_that_was_edited_is_refused(desk, store):
    number = desk.put("a", "first", action="publish")
    desk.put("a", "second", action="publish")
    with pytest.raises(StaleError):
        store.readings.read(number, 1, "boris", None, NOW, action="publish")


@pytest.mark.usefixtures("everything_sampled")
def test_what_nobody_flagged_is_read_too_and_other_sites_are_not(desk, store):
    number = desk.put("calm", "Nice day", score=0.02, action="publish", site="one")
    assert store.readings.next("boris", ["two"]) is None
    assert not store.readings.read(number, 1, "boris", ["two"], NOW, action="publish")
    assert store.readings.next("boris", ["one"]).why == "calm"


def test_the_sample_is_the_share_it_claims_to_be(desk, store):
    """Drawn by the digest: of 600 decided comments about a twentieth, the same ones for everybody."""
    calm, verdict = Scored("", "en", {"toxicity": {"toxicity": 0.0}}, "tiny@000000000000"), Verdict(Action.PUBLISH, (), "1")
    store.comments.put_all([(Incoming(f"a{number}", "s", f"words {number}"), calm, verdict) for number in range(600)], NOW)
    with transaction(store.engine, writes=True) as connection:
        connection.exec_driver_sql("UPDATE comments SET decision = 1")
    found = set()
    while (page := store.readings.next("boris", None)) is not None and page.why == "double":
        found.add(page.number)
        store.readings.read(page.number, page.version, "boris", None, NOW, action="publish")
    assert 9 <= len(found) <= 51  # 30 expected; 4 standard deviations


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda desk: desk.put("x", score=0.51, action="publish"), "uncertain"),
        (lambda desk: desk.decide(desk.put("x", score=0.97), "publish"), "disagreed"),
        (lambda desk: desk.put("x", score=0.01, action="publish", lang="ro"), "new language"),
        (lambda desk: desk.put("x", score=0.01, action="publish", lang=None, article="fresh"), "new topic"),
    ],
)
def test_suggests_what_teaches_most(desk, store, build: Callable[[SimpleNamespace], int], why: str):
    build(desk)
    assert why in [one.why for one in store.readings.suggest(None, 10)] + [_why(store, why)]


def _why(store: Store, why: str) -> str:
    """The kind's own list, for a comment that an earlier kind took."""
    kinds = {"uncertain": "_uncertain", "disagreed": "_disagreed", "new language": "_new_languages", "new topic": "_new_topics"}
    with transaction(store.engine, writes=False) as connection:
        found = getattr(labels_next, kinds[why])(connection, None, 10)
    return found[0].why if found else ""


def test_an_open_comment_is_not_suggested_for_it_will_be_read_anyway(desk, store):
    desk.put("x", score=0.5)
    assert store.readings.suggest(None, 10) == []


def test_counts_what_was_judged_by_kind_and_language(desk, store):
    desk.decide(desk.put("a"), "publish")
    desk.put("b", lang="ro", action="publish")
    assert store.readings.counts(None) == {"decision": 1}
    assert store.readings.languages(None) == {"en": 1, "ro": 0}
