"""The store, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from labels.errors import ConfigError, StoreError
from labels.scores import Scored, Unscored
from labels.thread import Article, Notice
from serve import security
from serve.api import schema
from serve.policy import Action, Reason, Verdict
from serve.store import Store, tables
from serve.store.articles import in_address, kept_as
from serve.store.comments import Choice, Filter, Incoming, StaleError, Stored
from serve.store.desk_queue import Wanted
from tests import postgres

NOW = 1_767_000_000_000
SCORED = Scored("1", "en", {"toxicity": {"toxicity": 0.9}}, "tiny@0")
REVIEW = Verdict(Action.REVIEW, (Reason("toxic", "toxicity", "toxicity", 0.9, 0.5),), "1")
PUBLISH = Verdict(Action.PUBLISH, (Reason("otherwise"),), "1")
ONE = Incoming("1", "site", "You are an idiot.", "tram", "Ana", None, "2026-02-05T21:25:00")


def put(store: Store, incoming: Incoming = ONE, verdict: Verdict = REVIEW, now: int = NOW) -> tuple[Stored, bool]:
    return store.comments.put(incoming, SCORED, verdict, now)


def count(store: Store, table: sa.Table) -> int:
    with store.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_comment_reads_back_as_it_was_stored(store: Store) -> None:
    stored, new = put(store)
    assert new
    assert store.comments.get("site", "1") == stored
    assert (stored.text, stored.author, stored.version, stored.state, stored.action) == ("You are an idiot.", "Ana", 1, "open", "review")
    assert stored.scores == {"toxicity": {"toxicity": 0.9}}
    assert stored.reasons[0]["threshold"] == 0.5
    assert store.comments.get("other", "1") is None


def test_a_dry_run_is_kept_with_the_version_that_it_judged(store: Store) -> None:
    stored, _ = put(store, verdict=replace(PUBLISH, would=Action.REJECT))
    assert (stored.action, stored.state, stored.would) == ("publish", "decided", "reject")
    assert store.comments.get("site", "1") == stored
    edited, _ = put(store, replace(ONE, text="Well done."), PUBLISH)
    assert edited.would is None


@pytest.mark.parametrize(
    "given",
    [
        "ana:geheim@127.0.0.1:1/threads",
        "127.0.0.1:1/threads?user=ana&password=geheim",
        "127.0.0.1:1/threads?user=ana&pwd=geheim",  # the driver knows no such parameter
        "ana:geheim",  # read as the port
        "ana:gut@geheim@127.0.0.1:1/threads",  # an @ of the password's: the rest is read as the host
        "ana:gut@ge/geheim@127.0.0.1:1/threads",
    ],
)
def test_no_error_shows_the_databases_password(given: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store(f"postgresql+psycopg://{given}")
    assert "geheim" not in str(caught.value)


def test_long_ids_of_articles_fit_and_do_not_fall_together(store: Store) -> None:
    """Characters of four bytes: the widest row that an index has to take."""
    names = [kept_as("\U0001f600" * 1_999 + end) for end in "ab"]
    assert names[0] != names[1]
    for name, title in zip(names, "ab", strict=True):
        store.articles.put("site", Article(name, "", title=title), NOW)
        put(store, replace(ONE, id=f"{in_address(name)}:1", article=name))
    assert [[one.article for one in store.comments.page(Filter(None, article=name))] for name in names] == [[names[0]], [names[1]]]
    assert [store.articles.about("site", name)[0] for name in names] == ["a", "b"]
    assert [kept_as(name) for name in names] == names, "as it is shown it is the same"
    assert kept_as("x" * 200) == "x" * 200


@pytest.mark.parametrize("join", [" ", "-"])
def test_the_longest_texts_are_stored_and_found(store: Store, join: str) -> None:
    """Words of four bytes a letter, of which none comes twice: PostgreSQL's index takes no more than a megabyte of them. Words that
    hyphens join are indexed one by one and together.
    """
    letters = [chr(0x20000 + number) for number in range(400)]
    text = " ".join(["tram", *(join.join(one + other for other in letters) for one in letters)])[: schema.TEXT_CHARS]
    stored, _ = put(store, replace(ONE, text=text))
    assert (len(text), stored.text) == (schema.TEXT_CHARS, text)
    assert [card.id for card in store.desk.queue.page(Wanted(None, text="tram"), NOW)] == ["1"]


def test_the_same_again_changes_nothing(store: Store) -> None:
    first, _ = put(store)
    again, new = put(store, now=NOW + 5)
    assert (again, new) == (first, False)
    assert count(store, tables.versions) == 1


def test_an_edit_is_a_new_version_and_ends_an_approval(store: Store) -> None:
    put(store)
    store.comments.decide("site", "1", Choice("publish", "ben"), NOW)
    edited, new = put(store, replace(ONE, text="You are two idiots."))
    assert (edited.version, edited.state, edited.action, new) == (2, "open", "review", False)
    assert count(store, tables.versions) == 2
    assert count(store, tables.decisions) == 1, "a decision is appended to, never taken back"


def test_a_corrected_language_keeps_what_a_person_decided(store: Store) -> None:
    put(store)
    store.comments.decide("site", "1", Choice("publish", "ben"), NOW)
    bulgarian = Scored("1", "bg", {"toxicity": {"toxicity": 0.2}}, "tiny@0")
    for _ in range(2):
        stored, _ = store.comments.put(replace(ONE, language="bg"), bulgarian, REVIEW, NOW)
        assert (stored.lang, stored.scores, stored.version) == ("bg", {"toxicity": {"toxicity": 0.2}}, 1)
        assert (stored.state, stored.action, stored.decision is None) == ("decided", "publish", False)
    assert [card.lang for card in store.desk.queue.page(Wanted(None, state="decided"), NOW)] == ["bg"]
    for same in (ONE, replace(ONE, language="bg")):
        assert store.comments.put(same, SCORED, REVIEW, NOW) == (stored, False)


def test_a_long_page_is_stored_in_its_order_with_what_is_new_what_changed_and_what_did_not(store: Store) -> None:
    """More of them than one statement takes; of an id that stands there twice the last one counts."""
    page = [replace(ONE, id=str(number), text=f"words {number}") for number in range(1_200)]
    held = store.comments.put_all([(one, SCORED, REVIEW) for one in page[:900]], NOW)
    assert [stored.id for stored, new in held if new] == [one.id for one in page[:900]]
    again = [page[0], replace(page[1], text="edited"), *page[2:], replace(page[1_199], text="the last word")]
    found = store.comments.put_all([(one, SCORED, REVIEW) for one in again], NOW)
    assert [stored.id for stored, _ in found] == [one.id for one in again]
    assert [stored.id for stored, new in found if new] == [*(one.id for one in page[900:]), "1199"]
    assert [stored.id for stored, _ in found if stored.version == 2] == ["1"]
    assert (found[1][0].text, found[-1][0].text) == ("edited", "the last word")
    assert (count(store, tables.comments), count(store, tables.versions)) == (1_200, 1_201)


def test_many_writers_of_one_id_store_it_once(store: Store) -> None:
    begin = threading.Barrier(8)

    def write(_: int) -> bool:
        begin.wait()
        return put(store)[1]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(write, range(8)))
    assert made.count(True) == 1
    assert count(store, tables.comments) == count(store, tables.versions) == 1


def test_many_writers_of_many_ids_lose_none(store: Store) -> None:
    def write(number: int) -> bool:
        return put(store, replace(ONE, id=str(number)))[1]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(200)))
    assert count(store, tables.comments) == 200


def test_all_of_a_page_or_none_of_it(store: Store) -> None:
    broken = replace(SCORED, model=None)  # type: ignore[arg-type]
    with pytest.raises(sa.exc.IntegrityError):
        store.comments.put_all([(ONE, SCORED, REVIEW), (replace(ONE, id="2"), broken, REVIEW)], NOW)
    assert count(store, tables.comments) == 0
    with pytest.raises(sa.exc.IntegrityError):
        store.comments.put_all([(ONE, SCORED, REVIEW)], NOW, [("site", Article("a", "")), ("site", Article("b", None))])  # type: ignore[arg-type]
    assert count(store, tables.comments) == count(store, tables.articles) == 0


def test_context_is_parent_and_root_of_the_branch(store: Store) -> None:
    for number, above in (("1", None), ("2", "1"), ("3", "2")):
        put(store, replace(ONE, id=number, text=f"text {number}", reply_to=above))
    deep = store.comments.context("site", "3", "Title")
    assert (deep.title, deep.parent, deep.root) == ("Title", "text 3", "text 1")
    assert store.comments.context("site", "1", None).root is None
    assert store.comments.context("site", "nothing", None).parent is None


def test_a_circle_of_answers_ends(store: Store) -> None:
    put(store, replace(ONE, id="1", reply_to="2"))
    put(store, replace(ONE, id="2", reply_to="1"))
    assert store.comments.context("site", "1", None).parent == ONE.text


def test_pages_hold_what_fits_in_order(store: Store) -> None:
    for number in range(5):
        put(store, replace(ONE, id=str(number), author="Ana" if number % 2 else "Ben", site="a" if number < 4 else "b"))
    first = store.comments.page(Filter(("a",)), limit=2)
    rest = store.comments.page(Filter(("a",)), after=first[-1].number)
    assert [one.id for one in first + rest] == ["0", "1", "2", "3"]
    assert [one.id for one in store.comments.page(Filter(None, author="Ana"))] == ["1", "3"]
    assert store.comments.page(Filter(())) == [], "no sites: nothing, never all"


def test_a_decision_on_an_old_version_is_refused(store: Store) -> None:
    put(store)
    put(store, replace(ONE, text="edited"))
    with pytest.raises(StaleError, match="version 2"):
        store.comments.decide("site", "1", Choice("publish", "ben", version=1), NOW)
    decided = store.comments.decide("site", "1", Choice("reject", "ben", ("insult",), "rude", 2), NOW)
    assert decided is not None
    assert (decided.state, decided.action) == ("decided", "reject")
    assert store.comments.decide("site", "none", Choice("publish", "ben"), NOW) is None


def test_what_cannot_be_scored_keeps_its_reason(store: Store) -> None:
    unscored = Scored("1", None, {}, "tiny@0", Unscored.EMPTY)
    stored, _ = store.comments.put(ONE, unscored, REVIEW, NOW)
    assert (stored.scored, stored.reason) == (False, "empty")


def test_articles_are_replaced_not_doubled(store: Store) -> None:
    assert store.articles.put("site", Article("tram", "text", title="Old", lang="en"), NOW)
    assert not store.articles.put("site", Article("tram", "text", title="New", lang="en"), NOW)
    put(store)
    assert store.articles.about("site", "tram") == ("New", "en")
    assert store.articles.about("site", None) == (None, None)
    assert [(row["title"], row["comments"]) for row in store.articles.page(None)] == [("New", 1)]


def test_keys_are_found_by_hash_until_revoked(store: Store) -> None:
    token, key = security.new_key("site", NOW, site="a")
    store.accounts.add_key(key)
    assert store.accounts.key(security.digest(token)) == key
    with pytest.raises(ConfigError, match="exists"):
        store.accounts.add_key(security.new_key("site", NOW)[1])
    assert store.accounts.revoke_key("site", NOW)
    assert store.accounts.key(security.digest(token)) is None
    assert not store.accounts.revoke_key("site", NOW)
    store.accounts.add_key(security.new_key("site", NOW)[1])


def test_the_database_holds_no_key_and_no_password(store: Store, database: str) -> None:
    token, key = security.new_key("site", NOW)
    store.accounts.add_key(key)
    store.accounts.add_user(security.new_user("ben", "correct horse", "moderator", NOW))
    with store.engine.connect() as connection:
        rows = [*connection.execute(tables.keys.select()), *connection.execute(tables.users.select())]
    assert token not in str(rows)
    assert "correct horse" not in str(rows)


def test_sessions_begin_with_the_password_and_end(store: Store) -> None:
    store.accounts.add_user(security.new_user("ben", "correct horse", "moderator", NOW, ("a",)))
    assert security.sign_in(store.accounts, "ben", "wrong horse", NOW) is None
    assert security.sign_in(store.accounts, "nobody", "correct horse", NOW) is None
    token = security.sign_in(store.accounts, "ben", "correct horse", NOW)
    assert token is not None
    user = store.accounts.session_user(security.digest(token), NOW)
    assert user is not None
    assert (user.name, user.sites) == ("ben", ("a",))
    assert store.accounts.session_user(security.digest(token), NOW + security.SESSION_S * 1000 + 1) is None
    store.accounts.set_password("ben", security.hash_password("another horse"))
    assert store.accounts.session_user(security.digest(token), NOW) is None, "a new password ends all sessions"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: security.new_user("ben", "short", "moderator", NOW), "8 to"),
        (lambda: security.new_user("ben", "long enough", "king", NOW), "role king"),
        (lambda: security.new_key("site", NOW, scopes=("everything",)), "scope everything"),
        (lambda: security.new_key("site", NOW, token="short"), "12 characters"),
        (lambda: security.new_key(" ", NOW), "needs a name"),
    ],
)
def test_weak_accounts_are_refused(act: Callable[[], object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        act()


def test_an_event_is_leased_and_comes_again(store: Store) -> None:
    store.events.add_target("https://example.org/hook", "whsec_eA==", None, NOW)
    put(store)
    store.comments.decide("site", "1", Choice("publish", "ben"), NOW)
    first = store.events.claim(NOW, 1000)
    assert first is not None
    assert store.events.claim(NOW, 1000) is None, "it is ours while the lease runs"
    again = store.events.claim(NOW + 1001, 1000)
    assert again is not None
    assert (again.id, again.tries) == (first.id, 2), "the same id over all tries"
    store.events.delivered(again.number, NOW)
    assert store.events.claim(NOW + 9_999_999, 1000) is None
    assert store.events.counts() == {1: (0, 0)}


def test_an_event_of_another_site_is_not_told(store: Store) -> None:
    store.events.add_target("https://example.org/hook", "whsec_eA==", "other", NOW)
    put(store)
    store.comments.decide("site", "1", Choice("publish", "ben"), NOW)
    assert store.events.claim(NOW, 1000) is None


def test_policies_are_appended_when_they_change(store: Store) -> None:
    assert store.policies.record("a", "start", NOW)
    assert not store.policies.record("a", "start", NOW)
    assert store.policies.record("b", "ana", NOW)
    assert [row["text"] for row in store.policies.page()] == ["b", "a"]


def test_a_policy_that_differs_in_its_comments_is_the_same(store: Store) -> None:
    assert store.policies.record('version = "1"  # ours', "start", NOW)
    assert store.policies.record('version = "2"', "ana", NOW)
    assert not store.policies.record('# said anew\nversion = "1"', "start", NOW)
    assert store.policies.newest() == (2, 'version = "2"')


WORD = "zanzibarquagga"


def suggest(store: Store, site: str | None, token: str, text: str = "a reply", context: dict[str, Any] | None = None) -> None:
    given = {"site": site, "key": "k", "token": token, "text": text, "languages": [], "context": context or {}}
    store.comments.suggest(given | {"scores": {"TOXICITY": 1}, "at": NOW})


def contexts(store: Store) -> dict[str, Any]:
    """Token -> context of each suggestion."""
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(tables.suggestions.c.token, tables.suggestions.c.context))
        return {row.token: row.context for row in rows}


def _filled(store: Store) -> None:
    """A comment of Ana's that left traces wherever a text can be, and one of Ben's."""
    store.events.add_target("https://example.org/hook", "whsec_eA==", None, NOW)
    store.articles.put("site", Article("tram", "text", author="Ana"), NOW)
    put(store, replace(ONE, text=f"first {WORD}"))
    put(store, replace(ONE, text=f"then {WORD}"))
    store.comments.decide("site", "1", Choice("reject", "ben", note=f"because of {WORD}"), NOW)
    suggest(store, "site", "comment:1", f"then {WORD}")
    put(store, replace(ONE, id="2", author="Ben", text="a quiet word"))
    suggest(store, "site", "comment:2", context={"articleAndParentComment": {"parentComment": {"text": f" first  {WORD}\n"}}})
    suggest(store, None, "other", context={"entries": [{"text": f"then {WORD}"}, {"text": "a quiet word"}]})
    store.accounts.add_user(security.new_user("ben", "correct horse", "moderator", NOW))
    for number, query in enumerate(("author=Ana&state=open", "author=Ben")):
        store.desk.saved.keep_view("ben", f"view {number}", query, NOW)


@pytest.mark.parametrize("way", ["author", "comment"])
def test_erasure_leaves_no_trace(store: Store, database: str, way: str, postgres_folder: Callable[[], Path]) -> None:
    _filled(store)
    erased = store.erase.author("Ana", None, "ben", NOW) if way == "author" else store.erase.comment("1", "site", "ben", NOW)
    assert erased == 1
    assert [one.id for one in store.comments.page(Filter(None))] == ["2"]
    with store.engine.connect() as connection:
        everything = [str(list(connection.execute(table.select()))) for table in tables.metadata.sorted_tables]
    assert WORD not in str(everything)
    assert contexts(store) == {
        "comment:2": {"articleAndParentComment": {"parentComment": {"text": ""}}},
        "other": {"entries": [{"text": ""}, {"text": "a quiet word"}]},
    }
    if way == "author":
        assert "Ana" not in str(everything)
        assert [view.query for view in store.desk.saved.views("ben")] == ["author=Ben"]
    assert_not_on_disk(store, database, postgres_folder)


def test_erasure_of_an_author_empties_articles(store: Store, database: str, postgres_folder: Callable[[], Path]) -> None:
    """A post that opens a forum's thread is the article there; who wrote it may have written no comment."""
    for number, site, author in (("1", "a", "Zed"), ("2", "b", "Zed"), ("3", "a", "Ben")):
        text = f"I ask about the {WORD} {number}" if author == "Zed" else "a quiet word"
        store.articles.put(site, Article(number, text, title="A thread", author=author), NOW)
    suggest(store, "a", "reply", context={"articleAndParentComment": {"article": {"text": f"I ask about the {WORD} 1"}}})
    suggest(store, "a", "opening", text=f"I ask about the {WORD} 1")
    assert store.erase.author("Zed", "a", "ben", NOW) == 0
    found = {row["id"]: (row["title"], row["text"], row["author"]) for row in store.articles.page(None)}
    assert (found["1"], found["3"]) == (("A thread", "", None), ("A thread", "a quiet word", "Ben"))
    assert found["2"][2] == "Zed", "another site was not named"
    assert contexts(store) == {"reply": {"articleAndParentComment": {"article": {"text": ""}}}}
    store.erase.author("Zed", None, "ben", NOW)
    assert_not_on_disk(store, database, postgres_folder)


def test_erasure_leaves_the_suggestions_of_other_sites(store: Store) -> None:
    for site in ("a", "b"):
        put(store, replace(ONE, site=site))
        suggest(store, site, f"text of {site}", ONE.text)
    suggest(store, "a", "1")
    suggest(store, "b", "comment:1", context={"entries": [{"text": ONE.text}]})
    suggest(store, None, "1")
    assert store.erase.comment("1", "a", "ben", NOW) == 1
    assert contexts(store) == {"text of b": {}, "comment:1": {"entries": [{"text": ONE.text}]}}
    assert store.erase.comment("1", None, "ben", NOW) == 1
    assert contexts(store) == {}


@pytest.mark.parametrize("id", ["abc-1", "comment:abc-1"])
def test_erasure_of_a_comment_that_only_suggested_scores_name(store: Store, id: str) -> None:
    """As of a site that uses the Perspective border alone: no comment was ever stored."""
    for site, token, text in (("a", id, f"a {WORD}"), ("b", id, f"b {WORD}"), ("a", "other", "a quiet word")):
        suggest(store, site, token, text, {"entries": [{"text": f"a  {WORD}"}]})
    assert store.erase.comment("none", None, "ben", NOW) == 0
    assert store.erase.comment("abc-1", "a", "ben", NOW) == 1
    assert contexts(store) == {id: {"entries": [{"text": f"a  {WORD}"}]}, "other": {"entries": [{"text": ""}]}}
    assert store.erase.comment("abc-1", None, "ben", NOW) == 1
    assert [row["text"] for row in store.labels.rows()] == ["a quiet word"]


def _old_suggestion(store: Store) -> None:
    suggest(store, "site", "1", f"no {WORD}")


def _old_article(store: Store) -> None:
    store.articles.put("site", Article("tram", f"about the {WORD}"), NOW)


@pytest.mark.parametrize("keep", [_old_suggestion, _old_article])
def test_retention_by_hand_clears_the_disk_where_no_comment_is_old(
    store: Store, database: str, postgres_folder: Callable[[], Path], keep: Callable[[Store], None]
) -> None:
    """Also where the server has emptied all of it before: it leaves what is freed to the database."""
    keep(store)
    assert store.erase.empty(NOW + 500, NOW + 1000) == 0
    assert store.erase.expire(NOW + 500, NOW + 1000) == 0
    assert_not_on_disk(store, database, postgres_folder)


def test_retention_takes_notes_and_names_in_a_time_of_their_own(store: Store) -> None:
    """A note that was written long after the text, and the name under a comment that never had a text."""
    day = 86_400_000
    put(store)
    put(store, replace(ONE, id="2", text="", author="Ben"))
    put(store, replace(ONE, id="3", author="Zed"), now=NOW + 20 * day)
    store.comments.decide("site", "1", Choice("reject", "ben", note="knows him"), NOW + 20 * day)

    def left() -> tuple[list[str | None], list[str | None]]:
        with store.engine.connect() as connection:
            notes = connection.execute(sa.select(tables.decisions.c.note)).scalars().all()
        return list(notes), [one.author for one in store.comments.page(Filter(None))]

    assert store.erase.expire(NOW + day, NOW + 30 * day) == 1
    assert left() == (["knows him"], [None, None, "Zed"])
    assert store.erase.expire(NOW + 400 * day, NOW + 430 * day) == 1
    assert left() == ([None], [None, None, None])
    assert count(store, tables.decisions) == 1


def _event(store: Store, id: str, **values: int) -> None:
    """An event of long ago."""
    webhook = store.events.add_target("https://example.org/hook", "whsec_eA==", None, NOW)
    with store.engine.begin() as connection:
        new = {"id": id, "webhook": webhook, "body": "{}", "created": NOW, "due": NOW, "tries": 1}
        connection.execute(tables.outbox.insert().values(new | values))


def test_only_events_that_are_over_are_forgotten(store: Store) -> None:
    _event(store, "waits")
    _event(store, "taken", delivered=NOW)
    _event(store, "given up", dead=NOW)
    _event(store, "just taken", delivered=NOW + 1000)

    def left() -> list[str]:
        with store.engine.connect() as connection:
            return list(connection.execute(sa.select(tables.outbox.c.id).order_by(tables.outbox.c.number)).scalars())

    store.erase.expire(NOW + 500, NOW + 1000)
    assert left() == ["waits", "taken", "given up", "just taken"], "they hold no text"
    assert store.erase.forget_events(NOW + 500) == 2
    assert left() == ["waits", "just taken"]
    assert store.events.claim(NOW + 1000, 1000) is not None


def test_retention_empties_old_texts_and_keeps_what_was_decided(store: Store, database: str, postgres_folder: Callable[[], Path]) -> None:
    _filled(store)
    put(store, replace(ONE, id="3", text="a new word"), now=NOW + 1000)
    assert store.erase.expire(NOW + 500, NOW + 1000) == 3
    old, new = store.comments.get("site", "1"), store.comments.get("site", "3")
    assert old is not None
    assert new is not None
    assert (old.text, old.author, old.action) == ("", None, "reject")
    assert new.text == "a new word"
    assert count(store, tables.decisions) == 1
    assert_not_on_disk(store, database, postgres_folder)


def assert_not_on_disk(store: Store, database: str, postgres_folder: Callable[[], Path]) -> None:
    """No file of the database holds the word any more, whatever pages were freed."""
    if database.startswith("sqlite"):
        folder = Path(database.removeprefix("sqlite:///")).parent
        files = list(folder.iterdir())
    else:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("CHECKPOINT"))
            number = connection.execute(sa.text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar_one()
        # Of this database alone: those of other tests on the same server may hold the word.
        files = [path for path in (postgres_folder() / "data" / "base" / str(number)).iterdir() if path.is_file()]
    assert files
    assert not [path.name for path in files if WORD.encode() in _held(path)]


def _held(path: Path) -> bytes:
    """What a file holds; a running server removes files of its own meanwhile, and what is removed holds nothing."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@pytest.fixture
def postgres_folder(request: pytest.FixtureRequest) -> Callable[[], Path]:
    return lambda: Path(request.getfixturevalue("postgres_server").folder)


def test_the_proof_of_erasure_can_fail(tmp_path: Path) -> None:
    """Without secure_delete and VACUUM the word is still in the file: the test above looks at the right bytes."""
    path = tmp_path / "plain.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (text)")
        connection.execute("INSERT INTO t VALUES (?)", (WORD * 3,))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("DELETE FROM t")
    assert WORD.encode() in path.read_bytes()


def test_edits_and_decisions_of_one_comment_at_once_all_find_it(store: Store) -> None:
    """PostgreSQL looks again at what it waited for: at the comment, and not at the version that it had before."""
    put(store)

    def edit(at: int) -> int:
        return put(store, replace(ONE, text=f"You are no. {at}."))[0].version

    def decide(at: int) -> Stored | None:
        return store.comments.decide("site", "1", Choice("publish", "ana"), NOW + at)

    with ThreadPoolExecutor(6) as pool:
        edits, decided = [pool.submit(edit, at) for at in range(20)], [pool.submit(decide, at) for at in range(20)]
        assert all(one.result() is not None for one in decided)
        assert sorted(one.result() for one in edits) == list(range(2, 22))


def test_who_comes_first_with_an_id_is_new_and_the_others_edit_it(store: Store) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = [pool.submit(put, store, replace(ONE, text=f"You are no. {at}.")) for at in range(12)]
        told = sorted((stored.version, new) for stored, new in (one.result() for one in found))
    assert told == [(version, version == 1) for version in range(1, 13)]


def test_what_a_moderator_decided_stands_while_the_words_are_the_same(store: Store) -> None:
    put(store)
    decided = store.comments.decide("site", "1", Choice("reject", "ana"), NOW)
    assert decided is not None
    renamed, _ = put(store, replace(ONE, author="Ana P.", created_at="2026-02-05T21:25:01"), PUBLISH)
    assert (renamed.author, renamed.created_at) == ("Ana P.", "2026-02-05T21:25:01")
    assert (renamed.version, renamed.state, renamed.action, renamed.decision) == (1, "decided", "reject", decided.decision)
    edited, _ = put(store, replace(ONE, text="Well done."), PUBLISH)
    assert (edited.version, edited.action) == (2, "publish")


def test_what_is_erased_while_another_connection_reads_is_said_to_be_in_the_file_still(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'comments.db'}")
    put(store)
    with sqlite3.connect(tmp_path / "comments.db") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM comments").fetchall()
        with pytest.raises(StoreError, match="still in the file"):
            store.erase.comment("1", "site", "ana", NOW)
    assert store.comments.get("site", "1") is None
    store.close()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_postgresql_that_cannot_hold_every_text_is_refused(postgres_server: postgres.Postgres, encoding: str) -> None:
    url = postgres_server.database(f"of_{encoding.lower()}", "-E", encoding, "-T", "template0", "--locale", "C")
    with pytest.raises(StoreError, match=f"it is {encoding}, not UTF8; use createdb"):
        Store(url)


def test_the_database_of_a_newer_release_is_refused_in_one_line(database: str) -> None:
    opened = Store(database)
    with opened.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0099'"))
    opened.close()
    with pytest.raises(StoreError, match="is it of a newer Threadwise"):
        Store(database)


def warned(store: Store, article: str) -> list[dict[str, str]]:
    with store.engine.connect() as connection:
        return list(connection.execute(sa.select(tables.articles.c.warnings).where(tables.articles.c.id == article)).scalar_one())


def test_erasure_and_retention_leave_no_name_in_what_the_parser_remarked(store: Store) -> None:
    remarks = tuple(Notice("comment 2", f'answers "{name}", which is not on this page') for name in ("Ana Zoltán", "Bo"))
    store.comments.put_all([], NOW, [("site", Article("tram", "", warnings=remarks)), ("other", Article("bus", "", warnings=remarks))])
    store.erase.author("Ana Zoltán", "site", "bo", NOW)
    assert [remark["what"] for remark in warned(store, "tram")] == [remarks[1].what]
    assert len(warned(store, "bus")) == 2
    store.erase.empty(NOW + 1, NOW + 1)
    assert warned(store, "tram") == warned(store, "bus") == []
