"""A long queue: no page of the desk's reads a table from end to end. Figures are in tests/benchmarks/bench_review.py."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from serve.store import Store
from serve.store.desk_audit import Sought
from serve.store.desk_decisions import Act, Seen
from serve.store.desk_queue import Wanted
from tests.benchmarks import desk_data

NOW = 1_800_000_000_000
EVERYTHING = Wanted(None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path_factory.mktemp('queue') / 'desk.db'}")
    desk_data.fill(opened, 2_000)
    yield opened
    opened.close()


@pytest.fixture
def plans(store: Store) -> Iterator[list[str]]:
    """What SQLite says of each statement that the test has it run."""
    found: list[str] = []

    def explain(connection: sa.Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(row[3] for row in rows)

    sa.event.listen(store.engine, "before_cursor_execute", explain)
    yield found
    sa.event.remove(store.engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    "wanted",
    [EVERYTHING, Wanted(["north"]), Wanted(None, sort="score"), Wanted(None, state="escalated")],
    ids=["all", "site", "score", "escalated"],
)
def test_a_page_is_found_by_indexes(store: Store, plans: list[str], wanted: Wanted) -> None:
    store.desk.queue.page(wanted, NOW)
    assert plans
    assert read_through(plans) == []


def test_what_was_not_scored_is_found_by_an_index(store: Store, plans: list[str]) -> None:
    among_them = base64.urlsafe_b64encode(b"[null, 0]").decode()
    assert store.desk.queue.page(Wanted(None, sort="score"), NOW, after=among_them) == []
    step, *_ = plans
    assert "toxicity_toxicity=? AND number>?" in step, "and in the order of the numbers"


def test_deciding_and_undoing_are_found_by_indexes(store: Store, plans: list[str]) -> None:
    [card] = store.desk.queue.page(EVERYTHING, NOW, limit=1)
    store.desk.decisions.decide(card.number, None, Act("reject", "ana"), Seen(card.version, card.decision), NOW)
    del plans[:]
    assert store.desk.decisions.undo_last("ana", None, NOW)
    assert any("ix_decisions_by_number (by=?" in step for step in plans), "from the newest back"
    assert not [step for step in plans if "TEMP B-TREE" in step], "nothing is sorted to find the last one"
    batch, count = store.desk.bulk.decide(Wanted(None, output="toxicity.toxicity", low=0.98, high=1.0), Act("reject", "ana"), 2**40, NOW)
    assert count
    del plans[:]
    assert store.desk.decisions.undo_batch(batch, "ana", None, NOW, whose="ana")
    assert read_through(plans) == []


def test_bulk_actions_and_lines_of_the_log_are_found_by_indexes(store: Store, plans: list[str]) -> None:
    store.desk.bulk.decide(Wanted(None, output="toxicity.toxicity", low=0.9, high=0.95), Act("publish", "eve"), 2**40, NOW)
    del plans[:]
    [one] = store.desk.bulk.batches("eve", NOW)
    assert one.count == one.holds > 0
    for sought in (Sought(by="eve"), Sought(what="refused"), Sought(comment="c1")):
        store.desk.audit.lines(sought, None, ())
    assert read_through(plans) == []
    assert [step for step in plans if step.startswith("SCAN audit")] == []


def test_insight_reads_what_came_and_what_waits_by_an_index_alone(store: Store, plans: list[str]) -> None:
    since = NOW - 30 * 86_400_000
    store.insight.days(None, since, NOW)
    store.insight.backlog(None, NOW)
    store.insight.drift(["north"], since, NOW)
    used = [step for step in plans if "ix_comments_came" in step or "ix_comments_state_received_site" in step]
    assert len(used) >= 3
    assert [step for step in used if "COVERING" not in step] == []


def test_suggestions_walk_the_scores(store: Store, plans: list[str]) -> None:
    assert {one.why for one in store.readings.suggest(None, 8)} >= {"disagreed"}
    walked = [step for step in plans if "ix_comments_undecided (state=? AND toxicity_toxicity" in step]
    assert len(walked) == 2, "from the middle up and down"


def read_through(plans: list[str]) -> list[str]:
    """Steps that read all rows of a large table."""
    return [step for step in plans if step.startswith("SCAN ") and step.split()[1] in {"comments", "versions", "decisions", "decisions_1"}]
