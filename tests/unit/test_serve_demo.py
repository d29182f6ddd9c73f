"""The demo's invented history fits the samples, and says of itself that it is invented."""

from __future__ import annotations

import seeds
from seeds.samples import folders, sources
from serve import demo
from serve.review.keys import LABELS
from serve.service import incoming_of
from serve.store.desk_decisions import ACTIONS


def test_each_invented_decision_is_on_a_comment_of_the_samples() -> None:
    pages = [seeds.parse(source.read_bytes(), id=folder.name) for folder, source in zip(folders(), sources(), strict=True)]
    known = {one.id for page in pages for one in incoming_of(page, demo.SITE)}
    decided = [row["comment"] for row in demo.history()]
    assert set(decided) <= known
    assert len(set(decided)) == len(decided) > 0


def test_it_is_told_that_they_are_invented() -> None:
    rows = demo.history()
    assert {row["by"].rpartition(" ")[0] for row in rows} == {"demo moderator"}
    assert {row["act"] for row in rows} <= ACTIONS.keys()
    assert {row["label"] for row in rows if row["act"] == "reject"} <= set(LABELS)
    assert [row for row in rows if row["act"] != "reject" and "label" in row] == []
