"""Deciding at the desk: conflicts, claims, undo, filters, bulk, and texts that would like to be more than text. On both databases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from labels.thread import Article
from serve.policy import Action
from serve.review import live
from serve.store.database import transaction
from serve.store.desk_claims import LEASE_MS
from serve.store.desk_queue import SORTS
from serve.store.tables import comments
from tests.contract.review import HOME, Desk, Seat, opened, shown

HOSTILE = {
    "script": "<script>document.title='owned'</script>",
    "image": "<img src=x onerror=\"document.title='owned'\">",
    "out of the tag": "</div></article><h1>owned</h1>",
    "template": "{{ 7 * 7 }} {% for x in y %} ${7*7} #{7*7}",
    "end of the data": "</script><script>owned()</script>",
    "marks": "Z" + "\u0301" * 10_000,
    "overrides": "\u202eevil\u2066\u2067 not closed",
    "control": "a\x01b\x0bc\ufffe\U000e0041",
    "surrogate": "lone \ud800 half",
    "long": "word " * 20_000,
}
WHOLE = "output=toxicity.toxicity&low=0&high=100"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    database = f"sqlite:///{tmp_path_factory.mktemp('decisions') / 'desk.db'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_server").database("review_decisions")
    with opened(database, tiny_release) as made:
        yield made


def test_a_decision_carries_who_when_model_scores_reason_and_time(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site)
    seat = desk.seat("moderator", site)
    seat.decide(numbers[0], "reject:insult", spent_ms=4200, note="see above", span="8-13", **{"fix:toxicity.threat": "0"})
    [row] = desk.decided(numbers)
    told = {name: row[name] for name in ("by", "kind", "action", "labels", "model", "spent_ms", "note", "span", "corrections", "version")}
    assert told == {
        "by": seat.name,
        "kind": "reject",
        "action": "reject",
        "labels": ["insult"],
        "model": "tiny@0",
        "spent_ms": 4200,
        "note": "see above",
        "span": [8, 13],
        "corrections": {"toxicity.threat": 0},
        "version": 1,
    }
    assert row["scores"]["toxicity"]["insult"] == 0.9
    assert abs(row["at"] - desk.service.now) < 60_000


@pytest.mark.parametrize("act", ["publish", "reject:spam", "escalate", "highlight"])
def test_undo_restores_the_exact_state_step_by_step(desk: Desk, act: str) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.6, 0.7, 0.8)
    seat = desk.seat("moderator", site)
    states = [desk.holds(numbers)]
    for number in numbers:
        assert seat.decide(number, act).status_code == 200
        states.append(desk.holds(numbers))
    for state in reversed(states[:-1]):
        assert seat.post("/review/undo").status_code == 200
        assert desk.holds(numbers) == state
    assert seat.post("/review/undo").status_code == 404
    assert [row["kind"] for row in desk.decided(numbers)] == [act.partition(":")[0]] * 3 + ["undo"] * 3, "appended, never overwritten"


@pytest.mark.parametrize("why", ["decided", "edited"])
def test_undo_passes_over_what_it_cannot_take_back(desk: Desk, why: str) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.8, 0.9)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    before = desk.holds(numbers)
    ana.decide(numbers[0])
    newest = ana.decide(numbers[1]).json()["decision"]
    if why == "decided":
        assert ben.decide(numbers[1], "reject:insult", newest).status_code == 200
    else:
        card = desk.store.desk.queue.card(numbers[1], [site])
        assert card is not None
        [edited] = desk.put(site, text="Written anew.", id=card.id)
        assert edited == numbers[1]
    between = desk.holds(numbers)
    taken = ana.post("/review/undo")
    assert (taken.status_code, taken.json().get("number")) == (200, numbers[0])
    assert desk.holds(numbers) == {numbers[0]: before[numbers[0]], numbers[1]: between[numbers[1]]}
    assert ana.post("/review/undo").status_code == 404
    assert ana.post("/review/undo", {"decision": newest}).json()["code"] == why, "who asks for that very one is told why not"


def test_undo_goes_on_behind_a_bulk_action_that_was_decided_anew_in_part(desk: Desk) -> None:
    site = desk.site()
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    [first] = desk.put(site, 0.2)
    ana.decide(first)
    ana.decide(first, "note", note="stands whatever comes", decision=desk.holds([first])[first]["decision"])
    numbers = desk.put(site, 0.8, 0.9)
    _in_bulk(ana, site, 70)
    newest = {one["comment"]: one["number"] for one in desk.decided(numbers)}
    assert ben.decide(numbers[0], "publish", newest[numbers[0]]).status_code == 200
    for left in (["decided", "open"], ["decided", "open"]):
        assert ana.post("/review/undo").status_code == 200
        assert [one["state"] for one in desk.holds(numbers).values()] == left
    assert desk.holds([first])[first]["state"] == "decided", "the note went first"
    assert ana.post("/review/undo").json()["number"] == first
    assert ana.post("/review/undo").status_code == 404


def test_a_stale_tab_gets_a_conflict_with_the_name_of_who_was_faster(desk: Desk) -> None:
    site = desk.site()
    [number] = desk.put(site)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    first = ana.decide(number, "reject:insult").json()["decision"]
    late = ben.decide(number, "publish")
    assert (late.status_code, late.json()["code"]) == (409, "decided")
    assert ana.name in late.json()["message"]
    assert desk.holds([number])[number]["action"] == "reject"
    corrected = ben.decide(number, "publish", decision=first)
    assert corrected.status_code == 200, "who has seen the decision may correct it"
    taken = ana.post("/review/undo", {"decision": first})
    assert (taken.status_code, taken.json()["code"]) == (409, "decided")
    assert desk.holds([number])[number]["action"] == "publish"


def test_a_page_without_script_is_told_the_same(desk: Desk) -> None:
    site = desk.site()
    [number] = desk.put(site)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    ana.decide(number)
    page = ben.post(f"/review/comments/{number}/decide", {"act": "reject", "version": 1, "decision": ""}, HOME)
    assert page.status_code == 409
    assert f"{ana.name} has decided on this comment" in page.text


def test_a_claim_on_an_erased_comment_is_no_line_of_the_log(desk: Desk) -> None:
    site = desk.site()
    [number] = desk.put(site)
    seat = desk.seat("moderator", site)
    name = desk.store.desk.queue.card(number, None).id  # type: ignore[union-attr]
    assert desk.store.erase.comment(name, site, "test", desk.service.now) == 1
    for _ in range(3):
        assert seat.post(f"/review/comments/{number}/claim").status_code == 404
    assert desk.logged(seat.name) == []


def test_a_bulk_action_is_asked_for_before_a_key_takes_it_back(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.8, 0.9)
    seat = desk.seat("moderator", site)
    before = desk.holds(numbers)
    whole = {"act": "reject", "newest": str(2**40), "view": f"output=toxicity.toxicity&low=0&high=100&site={site}"}
    assert seat.post("/review/bulk/decide", whole).status_code in (200, 303)
    after = desk.holds(numbers)
    assert seat.post("/review/undo", {"asks": "true"}).json() == {"asks": True}
    assert desk.holds(numbers) == after != before
    assert seat.post("/review/undo").json()["count"] == 2
    assert desk.holds(numbers) == before


def test_a_session_that_has_ended_says_so_in_the_readers_language(desk: Desk) -> None:
    script = HOME | {"Accept": "application/json", "Accept-Language": "de"}
    told = desk.client.post("/review/comments/1/decide", headers=script)
    assert (told.status_code, told.json()["message"]) == (401, "Die Sitzung ist beendet; melden Sie sich wieder an.")
    led = desk.client.post("/review/comments/1/decide", headers=HOME)
    assert led.status_code == 303
    assert "what you did last was not kept" in desk.client.get(led.headers["location"]).text
    assert "what you did last" not in desk.client.get("/login?next=/review").text


def test_what_another_reads_is_his_until_the_claim_ends(desk: Desk) -> None:
    site = desk.site()
    [number] = desk.put(site)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    assert ana.post(f"/review/comments/{number}/claim").json() == {"holder": ana.name, "mine": True}
    assert ben.post(f"/review/comments/{number}/claim").json() == {"holder": ana.name, "mine": False}
    late = ben.decide(number)
    assert (late.status_code, late.json()["code"]) == (409, "claimed")
    assert f"{ana.name} is reading this" in ben.get("/review").text
    later = desk.service.now + LEASE_MS + 1
    assert desk.store.desk.claims.take(number, ben.name, [site], later) == ben.name, "a claim ends by itself"


def test_an_edited_comment_is_not_decided_unread(desk: Desk) -> None:
    site = desk.site()
    [number] = desk.put(site)
    seat = desk.seat("moderator", site)
    assert seat.decide(number, version=2).json()["code"] == "edited"
    assert desk.holds([number])[number]["state"] == "open"


@pytest.mark.parametrize(
    "form",
    [
        {"act": "nonsense"},
        {"act": ""},
        {"act": "undo"},
        {"act": "publish", "version": "x"},
        {"act": "publish", "version": "1", "decision": "x"},
        {"act": "note", "version": "1", "note": "  "},
    ],
)
def test_a_form_that_says_nothing_changes_nothing(desk: Desk, form: dict[str, str]) -> None:
    site = desk.site()
    numbers = desk.put(site)
    seat = desk.seat("moderator", site)
    assert seat.post(f"/review/comments/{numbers[0]}/decide", form).status_code == 422
    assert desk.decided(numbers) == []


def test_what_is_too_much_is_cut_and_what_is_unknown_is_left_out(desk: Desk) -> None:
    site = desk.site()
    [number] = desk.put(site)
    seat = desk.seat("moderator", site)
    more = {"note": "n" * 9_000 + "\x00", "spent_ms": "999999999", "span": "9-3", "fix:evil.head": "1", "fix:toxicity.insult": "2"}
    assert seat.decide(number, "reject:evil", **more).status_code == 200
    [row] = desk.decided([number])
    assert (row["labels"], len(row["note"]), row["spent_ms"], row["span"], row["corrections"]) == (["other"], 5_000, 3_600_000, None, None)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_harmless_text_on_every_page(desk: Desk, text: str) -> None:
    site = desk.site()
    article = desk.article(site, text[:300].encode("utf-8", "replace").decode())
    stored = text.encode("utf-8", "replace").decode() if text.startswith("lone") else text
    [parent] = desk.put(site, text=stored, author=stored[:150], article=article)
    [number] = desk.put(site, text=stored, author=stored[:150], article=article)
    seat = desk.seat("admin", site)
    assert seat.decide(parent, "reject:insult", note=stored).status_code == 200
    seat.post("/review/views", {"name": stored[:100].replace("\x0b", " "), "view": "sort=newest"})
    seat.post("/review/policy/drafts", {"name": stored[:100], "view": "at.1=20"})
    pages = ("/review", "/review?state=all", "/review/bulk?low=0", "/review/policy", "/insight", "/labels", f"/review/comments/{number}")
    for path in (*pages, f"/review/comments/{parent}", f"/review/comments/{number}/card", f"/review?{sought(text)}"):
        page = seat.get(path)
        assert page.status_code == 200, path
        raw = page.content.decode("utf-8")
        for evil in ("<script>document", "<script>owned", "<img src=x", "<h1>owned", " 49 "):
            assert evil not in raw, path
        assert raw.count("<main") == raw.count("</main>")
        assert len(raw) < 3_000_000


def sought(text: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"q": text[:200].encode("utf-8", "replace").decode(), "state": "all"})


def test_a_text_runs_its_own_way_and_ends_with_its_box(desk: Desk) -> None:
    site = desk.site()
    [number] = desk.put(site, text="שלום \u202eabc", author="\u202eevil")
    page = desk.seat("moderator", site).get(f"/review/comments/{number}").text
    assert re.search(r'<div id="text-\d+" class="text[^"]*" dir="auto"', page)
    assert "<bdi>\u202eevil</bdi>" in page


def test_every_filter_and_order_finds_what_it_says(desk: Desk) -> None:
    site = desk.site()
    low, high = desk.put(site, 0.2, 0.95, text="plain words about trams")
    [other] = desk.put(site, 0.6, text="Straßenbahn words", author="Ben", article="tram-7")
    [published] = desk.put(site, 0.9, action=Action.PUBLISH)
    seat = desk.seat("moderator", site)
    assert shown(seat.get("/review")) == [other, high, low], "harm x uncertainty: 60 % is less sure than 95 %"
    for query, expected in {
        "author=Ben": {other},
        "article=tram-7": {other},
        "low=50&high=90": {other},
        "output=toxicity.insult&low=90": {high},
        "q=trams": {low, high},
        "q=stra%C3%9Fen": {other},
        "q=%22%27)+OR+1%3D1+--+*": set(),
        "sentiment=negative": {low, high, other},
        "sentiment=positive": set(),
        "lang=bg": set(),
        "lang=en&hours=1": {low, high, other},
        "older=1": set(),
        "older=0&hours=1": {low, high, other},
        "state=all": {low, high, other, published},
        "state=decided": set(),
        "site=elsewhere": set(),
        "low=abc&hours=-3&stance=evil&state=evil&sort=evil&lang=%00": {low, high, other},
    }.items():
        assert set(shown(seat.get(f"/review?{query}"))) == expected, query
    for sort in SORTS:
        assert set(shown(seat.get(f"/review?sort={sort}"))) == {low, high, other}
    assert shown(seat.get("/review?sort=score")) == [high, other, low]
    assert shown(seat.get("/review?sort=newest")) == [other, high, low]
    seat.decide(high)
    assert shown(seat.get("/review?state=decided&disagree=1")) == [high], "published though the model says toxic"
    assert shown(seat.get("/review?state=decided")) == [high]
    seat.decide(other, "escalate")
    assert shown(seat.get("/review?state=escalated")) == [other]
    assert 'data-open-count="1"' in seat.get("/review").text


def test_a_search_for_nothing_finds_nothing_and_one_without_spaces_finds_the_word(desk: Desk) -> None:
    site = desk.site()
    [chinese] = desk.put(site, text="我今天坐公交车去学校,太慢了")
    [thai] = desk.put(site, text="วันนี้รถเมล์มาสาย")
    [mixed] = desk.put(site, text="the 公交车 is 100% late")
    seat = desk.seat("moderator", site)
    for words, expected in {
        "公交车": {chinese, mixed},
        "公交车 late": {mixed},
        "รถเมล์": {thai},
        "地铁": set(),
        "!!": set(),
        "🚌": set(),
        "100%": {mixed},
    }.items():
        assert set(shown(seat.client.get("/review", params={"q": words}, headers={"Cookie": seat.cookie}))) == expected, words


def test_pages_follow_each_other_without_gap_or_repeat(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, *[0.5 + at / 200 for at in range(30)], *[0.5] * 10)
    unscored = desk.put(site, *[0.7] * 15)
    with transaction(desk.store.engine, writes=True) as connection:
        connection.execute(comments.update().where(comments.c.number.in_(unscored)).values(toxicity_toxicity=None))
    numbers += unscored
    seat = desk.seat("viewer", site)
    for sort in SORTS:
        found, path = list[int](), f"/review/cards?sort={sort}"
        for _ in range(9):
            page = seat.get(path)
            found += shown(page)
            places = re.findall(r'data-place="([^"]+)"', page.text)
            if not places:
                break
            path = f"/review/cards?sort={sort}&after={places[-1]}"
        assert sorted(found) == sorted(numbers), sort
        assert sort not in ("score", "unsure") or found[-15:] == unscored, "what was not scored comes last"
    assert shown(seat.get("/review/cards?after=nonsense")) == shown(seat.get("/review/cards"))


def test_bulk_tells_how_right_it_was_decides_and_is_undone_as_a_whole(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, *[0.9] * 10, *[0.3] * 5)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    for number in numbers[:3]:
        ana.decide(number, "reject:insult")
    ana.decide(numbers[3], "publish")
    ben.post(f"/review/comments/{numbers[4]}/claim")
    page = ana.get("/review/bulk?output=toxicity.toxicity&low=80&high=100").text
    assert 'data-held="6"' in page
    assert 'data-wrong="2"' in page, "rejecting all: a quarter of six"
    assert 'data-wrong="4"' in page, "approving all: three quarters of six"
    newest = re.search(r'name="newest" value="(\d+)"', page)
    assert newest
    [late] = desk.put(site, 0.9)
    before = desk.holds([*numbers, late])
    view = "output=toxicity.toxicity&low=80&high=100"
    done = ana.post("/review/bulk/decide", {"act": "reject", "newest": newest[1], "view": view, "label": "insult"})
    assert done.status_code == 303
    after = desk.holds([*numbers, late])
    assert {number for number in after if after[number] != before[number]} == set(numbers[5:10]), "not the claimed one, not the later one"
    assert 'data-held="2"' in ana.get(f"/review/bulk?{view}").text
    assert "4 comments of this range so far" in ana.get(f"/review/bulk?{view}").text, "what was done in bulk is no evidence"
    batch = desk.decided(numbers)[-1]["batch"]
    assert ana.post("/review/bulk/undo", {"batch": batch, "view": view}).headers["location"].endswith("undone=5")
    assert desk.holds([*numbers, late]) == before
    assert [line["what"] for line in desk.logged(ana.name)].count("bulk") == 1


def _in_bulk(seat: Seat, site: str, low: int, act: str = "publish") -> str:
    """The batch of a bulk action on a site's open comments from `low` per cent on."""
    view = f"output=toxicity.toxicity&low={low}&high=100&site={site}"
    done = seat.post("/review/bulk/decide", {"act": act, "newest": str(2**40), "view": view})
    return done.headers["location"].partition("batch=")[2][:16]


def test_every_bulk_action_of_the_last_days_has_its_undo(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.3, 0.8, 0.9)
    ana, admin = desk.seat("moderator", site), desk.seat("admin", site)
    first, second = _in_bulk(ana, site, 70), _in_bulk(ana, site, 10, "reject")
    offered = re.findall(r'name="batch" value="(\w+)"', ana.get("/review/bulk").text)
    assert offered == [second, first]
    assert ana.post("/review/bulk/undo", {"batch": first}).headers["location"].endswith("undone=2")
    assert [one["state"] for one in desk.holds(numbers).values()] == ["decided", "open", "open"]
    text = ana.get("/review/bulk").text
    assert re.findall(r'name="batch" value="(\w+)"', text) == [second]
    assert "nothing of it holds any more" in text
    assert second in admin.get("/review/bulk").text, "an admin sees what was done on the site"
    assert second not in desk.seat("moderator", site).get("/review/bulk").text
    assert second not in desk.seat("admin", desk.site()).get("/review/bulk").text


def test_a_bulk_action_in_part_decided_anew_is_undone_for_the_rest(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.8, 0.9)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    batch = _in_bulk(ana, site, 10)
    newest = {one["comment"]: one["number"] for one in desk.decided(numbers)}
    assert ben.decide(numbers[0], "reject:insult", newest[numbers[0]]).status_code == 200
    assert "1 still is as it was decided" in ana.get("/review/bulk").text
    assert ana.post("/review/bulk/undo", {"batch": batch}).headers["location"].endswith("undone=1")
    assert [one["action"] for one in desk.holds(numbers).values()] == ["reject", "review"]


def test_an_admin_takes_back_what_another_did_in_bulk_and_is_named_for_it(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.8, 0.9)
    ana = desk.seat("moderator", site)
    batch = _in_bulk(ana, site, 10)
    assert desk.seat("moderator", site).post("/review/bulk/undo", {"batch": batch}).status_code == 404
    assert desk.seat("admin", desk.site()).post("/review/bulk/undo", {"batch": batch}).status_code == 404
    admin = desk.seat("admin", site)
    assert admin.post("/review/bulk/undo", {"batch": batch}).headers["location"].endswith("undone=2")
    assert [one["state"] for one in desk.holds(numbers).values()] == ["open", "open"]
    assert [line["what"] for line in desk.logged(admin.name)] == ["undo in bulk", "undo in bulk", "undo"]
    assert ana.post("/review/undo").status_code == 404, "nothing of hers is left to take back"


@pytest.mark.parametrize("view", ["", "low=10", "low=0&high=50&state=all&output=toxicity.toxicity", "output=evil&low=0&high=100"])
def test_bulk_without_a_range_decides_nothing(desk: Desk, view: str) -> None:
    site = desk.site()
    numbers = desk.put(site, 0.3)
    seat = desk.seat("moderator", site)
    assert seat.post("/review/bulk/decide", {"act": "reject", "newest": str(max(numbers)), "view": view}).status_code == 422
    assert desk.decided(numbers) == []


def test_a_viewer_sees_the_card_and_no_button(desk: Desk) -> None:
    site = desk.site()
    desk.put(site)
    page = desk.seat("viewer", site).get("/review").text
    assert "data-comment-id" in page
    assert 'name="act"' not in page
    assert 'aria-current="true"' in page


def test_a_card_names_all_that_is_known(desk: Desk) -> None:
    site = desk.site()
    article = desk.article(site, "Trams stop at noon")
    [first] = desk.put(site, text="The parent says so.", article=article, author="Paul")
    parent = desk.store.desk.queue.card(first, [site])
    assert parent is not None
    [number] = desk.put(site, text="You are an idiot.", article=article, reply_to=parent.id)
    desk.put(site, text="A sibling.", article=article, reply_to=parent.id)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    ana.decide(number, "note", note="Has been warned.")
    page = ben.get(f"/review/comments/{number}").text
    for said in ("Trams stop at noon", "The parent says so.", "A sibling.", "Rule “toxic”", "90%", "Tone", "Has been warned.", ana.name):
        assert said in page, said


def test_the_words_that_weigh_are_marked_where_they_tell_something(desk: Desk) -> None:
    site = desk.site()
    [part] = desk.put(site, span=(11, 16))
    [whole] = desk.put(site, span=(0, 17))
    [published] = desk.put(site, span=(11, 16), action=Action.PUBLISH)
    seat = desk.seat("moderator", site)
    assert "You are an <mark>idiot</mark>." in seat.get(f"/review/comments/{part}").text
    for number in (whole, published):
        page = seat.get(f"/review/comments/{number}").text
        assert "<mark>" not in page
        assert "You are an idiot." in page


def test_who_wants_every_text_blurred_reads_labels_so_too(desk: Desk) -> None:
    site = desk.site()
    desk.put(site, 0.5, action=Action.PUBLISH)
    seat = desk.seat("moderator", site)
    assert 'class="text"' in seat.get("/labels").text
    desk.store.desk.saved.prefer(seat.name, blur="all")
    assert 'class="text severe"' in seat.get("/labels").text


def test_the_events_count_what_is_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_LASTS_S", 0.5)  # the test's client hears a stream when it has ended
    site = desk.site()
    numbers = desk.put(site, 0.5, 0.6, 0.7)
    seat = desk.seat("moderator", site)
    seat.decide(numbers[2], "escalate")
    seat.get("/review")
    with seat.client.stream("GET", "/review/events", headers={"Cookie": seat.cookie}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = next(line for line in answer.iter_lines() if line.startswith("data:"))
    news = json.loads(told.removeprefix("data: "))
    assert (news["open"], news["escalated"], news["latest"]) == (2, 1, numbers[1])
    assert seat.name in news["claims"].values()


def test_who_comes_back_to_the_events_hears_what_was_decided_meanwhile(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_LASTS_S", 0.5)
    site = desk.site()
    numbers = desk.put(site, 0.5, 0.6, 0.7)
    ana, ben = desk.seat("moderator", site), desk.seat("moderator", site)
    heard = ben.decide(numbers[0]).json()["decision"]
    ben.decide(numbers[1])
    ben.decide(numbers[2], "note", note="says nothing of the comment's fate")
    asked = [
        ("", str(heard), [numbers[1]]),
        ("", "no number", []),
        (f"?heard={heard}", "", [numbers[1]]),  # as the page was made
        ("?heard=0", str(heard), [numbers[1]]),  # what the stream said last is newer
        ("?heard=nothing", "", []),
    ]
    for query, last, expected in asked:
        headers = {"Cookie": ana.cookie} | ({"Last-Event-ID": last} if last else {})
        with ana.client.stream("GET", f"/review/events{query}", headers=headers) as answer:
            lines = [line for line in answer.iter_lines() if line.startswith(("id:", "data:"))]
        assert [one["comment"] for one in json.loads(lines[1].removeprefix("data: "))["decided"]] == expected
        assert int(lines[0].removeprefix("id: ")) > heard


@pytest.mark.parametrize(("blur", "hidden"), [("severe", True), ("none", False), ("all", True)])
def test_what_stands_around_a_comment_is_blurred_where_it_is_severe(desk: Desk, blur: str, hidden: bool) -> None:
    site = desk.site()
    [above] = desk.put(site, text="I will find you.", threat=0.9)
    parent = desk.store.desk.queue.card(above, [site])
    assert parent is not None
    [number] = desk.put(site, 0.3, text="Calm down.", reply_to=parent.id)
    [below] = desk.put(site, text="I will find you too.", threat=0.9, reply_to=parent.id)
    seat = desk.seat("moderator", site)
    desk.store.desk.saved.prefer(seat.name, blur=blur)
    page = seat.get(f"/review/comments/{number}").text
    for said in ("I will find you.", "I will find you too."):
        assert (f'<span class="severe">{said}</span>' in page) == hidden, said
    assert ('class="reveal"' in page) == hidden, "and there is a way to see it"
    assert ('class="text severe"' in page) == (blur == "all")
    assert below


def test_rules_are_named_in_the_language_of_the_page_and_an_operators_own_as_they_are(desk: Desk) -> None:
    site = desk.site()
    [known] = desk.put(site, rule="identity attack")
    [own] = desk.put(site, rule="50 % of <b>trams</b> %(num)s")
    seat = desk.seat("moderator", site)
    desk.store.desk.saved.prefer(seat.name, language="de")
    assert "Angriff auf Identität" in seat.get(f"/review/comments/{known}").text
    assert "50 % of &lt;b&gt;trams&lt;/b&gt; %(num)s" in seat.get(f"/review/comments/{own}").text
    assert "das Modell ist in dieser Sprache nicht sicher" in seat.get("/review/policy").text


def test_an_article_is_led_to_where_its_address_is_one_of_the_web(desk: Desk) -> None:
    site = desk.site()
    for address, leads in (("https://news.example/trams", True), ("javascript:alert(1)", False)):
        article = Article(f"at-{address[:4]}", "", (), title="Trams", lang="en", url=address)
        desk.store.articles.put(site, article, desk.service.now)
        [number] = desk.put(site, article=article.id)
        page = desk.seat("viewer", site).get(f"/review/comments/{number}").text
        assert (f'href="{address}"' in page) == leads
        assert "Trams" in page


def test_a_class_of_a_head_is_corrected_as_a_whole(desk: Desk) -> None:
    site = desk.site()
    [number] = desk.put(site)
    more = {"fix:sentiment": "positive", "fix:stance": "evil", "fix:toxicity.insult": "0", "fix:toxicity": "insult"}
    assert desk.seat("moderator", site).decide(number, "publish", **more).status_code == 200
    assert desk.decided([number])[0]["corrections"] == {"sentiment.positive": 1, "toxicity.insult": 0}


def test_a_suggestion_is_read_in_the_reading_room_and_no_other_comment_than_ones_own(desk: Desk) -> None:
    mine, theirs = desk.site(), desk.site()
    first, second = desk.put(mine, 0.5, 0.52, text="Trams are late.", action=Action.PUBLISH)
    [foreign] = desk.put(theirs, 0.5, text="a foreign secret", action=Action.PUBLISH)
    seat = desk.seat("moderator", mine)
    for number in (first, second):
        assert f'action="/labels/{number}"' in seat.get(f"/labels?comment={number}").text
    for number in (foreign, 10**17, "x", ""):
        page = seat.get(f"/labels?comment={number}")
        assert page.status_code == 200
        assert "a foreign secret" not in page.text
    assert seat.post(f"/labels/{second}", {"act": "publish", "version": "1"}).status_code == 303
    assert f'action="/labels/{second}"' not in seat.get(f"/labels?comment={second}").text, "nobody reads twice"


def test_few_comments_are_never_said_to_be_all_right(desk: Desk) -> None:
    site = desk.site()
    numbers = desk.put(site, *[0.9] * 5)
    ana = desk.seat("moderator", site)
    for number in numbers[:3]:
        ana.decide(number, "reject")
    ana.decide(numbers[3], "publish")
    page = ana.get("/review/bulk?output=toxicity.toxicity&low=80&high=100").text
    assert "1 comment; at this precision about &lt;1 would be wrong" in page, "a quarter of one"
