"""The threshold preview: what a moved band would have done to what people decided on, drafts, and an admin who puts one in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labels.scores import Scored
from serve import policy
from serve.policy import Action, Case
from serve.review.policy_preview import moved, tried
from serve.store import Store
from serve.store.desk_policy import Judged
from serve.store.tables import policies
from tests.contract.review import Desk, Seat, opened

TEXT = """
version = "1"
[[rule]]
name = "toxic"
kind = "band"
output = "toxicity.toxicity"
at_least = 0.5
action = "review"
[[rule]]
name = "otherwise"
kind = "always"
action = "publish"
"""
ODD = """
version = "ümläut \\"quoted\\" \\u0007"
dry_run = true
[[rule]]
name = "words 'and' \\\\ marks"
kind = "words"
words = ["a\\"b", "ж", "\\u007f"]
action = "reject"
sites = ["news", "sport"]
[[rule]]
name = "sure"
kind = "band"
output = "stance.against"
at_least = "precision_95"
languages = ["bg"]
action = "reject"
[[rule]]
name = "certain"
kind = "band"
output = "toxicity.threat"
at_least = 1
action = "review"
[[rule]]
name = "links"
kind = "links"
count = 3
action = "review"
[[rule]]
name = "friends"
kind = "author"
authors = ["Ana"]
action = "publish"
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('policy') / 'desk.db'}"
    found: str = request.getfixturevalue("postgres_server").database("review_policy")
    return found


@pytest.fixture(scope="module")
def file(database: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's policy, a new one for each database."""
    path = tmp_path_factory.mktemp("policy") / "policy.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def desk(database: str, file: Path, tiny_release: Path) -> Iterator[Desk]:
    with opened(database, tiny_release, policy=str(file)) as made:
        yield made


def one(number: int, score: float, decided: str | None) -> Judged:
    return Judged(number, "text", "site", None, "en", None, {"toxicity": {"toxicity": score}}, (), decided)


def draft(desk: Desk, seat: Seat, view: str, name: str = "stricter") -> int:
    """Number of a draft that the person keeps."""
    answer = seat.post("/review/policy/drafts", {"name": name, "view": view})
    assert answer.status_code == 303, answer.text
    found = re.search(r"draft=(\d+)", answer.headers["location"])
    assert found
    return int(found[1])


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found
    return found[1]


def in_force(desk: Desk, score: float) -> Action:
    """What happens to a comment of this score now."""
    case = Case("text", "site", None, Scored("1", "en", {"toxicity": {"toxicity": score}}, "tiny@0"))
    return desk.service.in_force.policy.act(case).action


@pytest.mark.parametrize("text", [TEXT, ODD])
def test_a_policy_that_is_written_down_reads_back_the_same(text: str) -> None:
    read = policy.parse(text)
    assert policy.parse(policy.dump(read)) == read


def test_a_moved_band_tells_what_changes_and_what_people_had_said() -> None:
    before = policy.parse(TEXT)
    history = [one(1, 0.9, "reject"), one(2, 0.6, "publish"), one(3, 0.6, None), one(4, 0.3, None), one(5, 0.7, "reject")]
    outcome = tried(history, before, moved(before, {"at.0": "80"}))
    assert [outcome.did(action) for action in (Action.PUBLISH, Action.REVIEW, Action.REJECT)] == [1, 4, 0]
    assert [outcome.would(action) for action in (Action.PUBLISH, Action.REVIEW, Action.REJECT)] == [4, 1, 0]
    assert [outcome.would(Action.PUBLISH, decided) for decided in ("publish", "reject", None)] == [1, 1, 2]
    [move] = outcome.moves
    assert (move.before, move.after, move.count, move.approved, move.rejected) == (Action.REVIEW, Action.PUBLISH, 3, 1, 1)
    assert move.sample[0] == 5, "first what the moderator would have done otherwise"
    assert outcome.saved_hours(20, 7) == pytest.approx(3 * 20 / 3600)
    dry = replace(before, dry_run=True)
    assert tried(history, dry, moved(dry, {"at.0": "80"})) == outcome, "a dry run is to see what its rules would do"


def test_a_band_can_be_added_and_its_action_changed() -> None:
    before = policy.parse(TEXT)
    after = moved(before, {"new.output": "toxicity.insult", "new.at": "95", "new.do": "reject", "do.0": "reject"})
    assert [(rule.output, rule.at_least, rule.action) for rule in after.rules[:2]] == [
        ("toxicity.insult", 0.95, "reject"),
        ("toxicity.toxicity", 0.5, "reject"),
    ]
    for nonsense in (
        {"at.0": "x"},
        {"at.0": "-1"},
        {"at.0": "101"},
        {"at.0": "nan"},
        {"do.0": "evil"},
        {"new.at": "5", "new.output": "evil"},
    ):
        assert moved(before, nonsense) == before
    assert moved(before, {"at.1": "5", "do.1": "reject"}) == before, "only bands are moved"


def test_from_preview_to_force_and_all_of_it_in_the_log(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.55, 0.6, 0.9)
    moderator, admin = desk.seat("moderator", site), desk.seat("admin")
    moderator.decide(numbers[0], "publish", spent_ms=4_000)
    page = moderator.get("/review/policy?at.0=80").text
    assert 'data-comments="3"' in page
    assert 'data-would="publish">2<' in page
    assert in_force(desk, 0.6) is Action.REVIEW, "looking changes nothing"
    number = draft(desk, moderator, "at.0=80&days=7&evil=1")
    assert desk.logged(moderator.name)[-1] == {"what": "policy_draft", "draft": number, "name": "stricter"}
    assert moderator.post(f"/review/policy/drafts/{number}/apply", {"seen": "1"}).status_code == 403
    shown = admin.get(f"/review/policy?draft={number}").text
    assert in_force(desk, 0.6) is Action.REVIEW
    before = seen(shown)
    assert admin.post(f"/review/policy/drafts/{number}/apply", {"seen": before}).status_code == 303
    assert in_force(desk, 0.6) is Action.PUBLISH
    last = desk.logged(admin.name)[-1]
    assert (last["what"], last["draft"], last["before"]) == ("policy_applied", number, int(before))
    assert desk.store.policies.page(1)[0]["by"] == admin.name
    assert in_force(desk, 0.85) is Action.REVIEW
    stale = admin.post(f"/review/policy/drafts/{number}/apply", {"seen": before})
    assert (stale.status_code, stale.json()["code"]) == (409, "applied")


def test_an_admin_of_one_site_may_not_change_all_of_them(desk: Desk) -> None:
    admin = desk.seat("admin", desk.site())
    number = draft(desk, admin, "at.0=1")
    assert "Put this draft in force" not in admin.get(f"/review/policy?draft={number}").text
    answer = admin.post(f"/review/policy/drafts/{number}/apply", {"seen": str(desk.service.in_force.number)})
    assert (answer.status_code, answer.json()["code"]) == (403, "sites")
    assert desk.logged(admin.name)[-1]["why"] == "sites"


def test_a_draft_that_cannot_be_read_never_comes_in_force(desk: Desk) -> None:
    admin = desk.seat("admin")
    number = desk.store.desk.drafts.add("broken", 'version = "2"', admin.name, desk.service.now)
    before = desk.service.in_force.number
    assert admin.get(f"/review/policy?draft={number}").status_code == 422
    assert admin.post(f"/review/policy/drafts/{number}/apply", {"seen": str(before)}).status_code == 422
    desk.service.in_force.refresh()
    assert desk.service.in_force.number == before


def test_another_server_takes_up_what_was_applied_and_a_restart_keeps_it(desk: Desk, database: str, file: Path, tiny_release: Path) -> None:
    admin = desk.seat("admin")
    with opened(database, tiny_release, policy=str(file)) as other:
        assert in_force(other, 0.6) is in_force(desk, 0.6), "the same file is no newer word than an admin's"
        number = draft(desk, admin, "at.0=10&do.0=reject")
        admin.post(f"/review/policy/drafts/{number}/apply", {"seen": str(desk.service.in_force.number)})
        other.service.in_force.refresh()
        assert in_force(other, 0.2) is Action.REJECT
    file.write_text(TEXT.replace("0.5", "0.7"))
    with opened(database, tiny_release, policy=str(file)) as again:
        assert in_force(again, 0.65) is Action.PUBLISH, "a changed file is the newest word"
        assert in_force(again, 0.75) is Action.REVIEW


def test_a_policy_for_another_model_is_passed_over(tmp_path: Path, tiny_release: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    with opened(url, tiny_release) as desk:
        before = desk.service.in_force.policy
        store = Store(url)
        with store.engine.begin() as connection:
            connection.execute(policies.insert().values(text="version = 3", by="ana", at=1))
        store.close()
        desk.service.in_force.refresh()
        assert desk.service.in_force.policy == before


def test_hours_are_told_only_when_nobody_can_be_recognised(desk: Desk) -> None:
    site = desk.site()
    seats = [desk.seat("moderator", site) for _ in range(3)]
    numbers = desk.put(site, *[0.9] * 4)
    assert desk.store.desk.drafts.seconds_each(4) is None
    for seat, number in zip([*seats, seats[0]], numbers, strict=True):
        seat.decide(number, spent_ms=8_000)
    assert desk.store.desk.drafts.seconds_each(3) == pytest.approx(8.0)
