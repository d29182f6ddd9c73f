"""The v1alpha1 border, as its real clients use it; facts on them: the design notes on that interface."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from googleapiclient import discovery
from googleapiclient.errors import HttpError, UnknownApiNameOrVersion
from starlette.testclient import TestClient

from labels.scores import Scored
from serve import security, settings
from serve.api import batch, perspective, scale
from serve.app import create_app
from serve.service import CORAL_S
from serve.store import Store
from tests.server import Server, running
from train import release
from train.inference import Scorer

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
PRODUCTION = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")


def body(text: str = "You are an idiot, my friend.", *attributes: str, **more: Any) -> dict[str, Any]:
    return {"comment": {"text": text}, "requestedAttributes": {name: {} for name in attributes or ("TOXICITY",)}, **more}


@pytest.fixture(scope="session")
def google(server: Server, key: str) -> Iterator[Any]:
    """The official client, built from our discovery document."""
    url = f"{server.url}/$discovery/rest?version=v1alpha1"
    with discovery.build("commentanalyzer", "v1alpha1", developerKey=key, discoveryServiceUrl=url, static_discovery=False) as built:
        yield built


def analyze(client: httpx2.Client, request: dict[str, Any], **options: Any) -> dict[str, Any]:
    found = client.post(ANALYZE, json=request, **options)
    assert found.status_code == 200, found.text
    value: dict[str, Any] = found.json()
    return value


def error_of(found: httpx2.Response, status: int) -> dict[str, Any]:
    assert found.status_code == status, found.text
    error: dict[str, Any] = found.json()["error"]
    assert set(error) == {"code", "message", "status", "details"}, "a member named `detail` would hide `details` from Google's client"
    assert error["code"] == status
    return error


class TestGooglesClient:
    def test_analyzes(self, google: Any) -> None:
        found = google.comments().analyze(body=body("You are an idiot.", *PRODUCTION, languages=["en"], clientToken="t1")).execute()
        assert set(found["attributeScores"]) == set(PRODUCTION)
        for score in found["attributeScores"].values():
            assert 0 <= score["summaryScore"]["value"] <= 1
            assert score["summaryScore"]["type"] == "PROBABILITY"
            assert score["spanScores"] == [{"begin": 0, "end": 17, "score": score["summaryScore"]}]
        assert (found["languages"], found["clientToken"]) == (["en"], "t1")
        assert found["detectedLanguages"]

    def test_suggests(self, google: Any) -> None:
        scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
        request = {"comment": {"text": "You are an idiot."}, "attributeScores": scores, "clientToken": "comment:7", "languages": ["en"]}
        assert google.comments().suggestscore(body=request).execute() == {
            "clientToken": "comment:7",
            "detectedLanguages": ["en"],
            "requestedLanguages": ["en"],
        }

    def test_reads_errors_with_their_details(self, google: Any) -> None:
        with pytest.raises(HttpError) as caught:
            google.comments().analyze(body=body(" ")).execute()
        assert caught.value.resp.status == 400
        assert "Comment must be non-empty." in str(caught.value)
        assert "COMMENT_EMPTY" in str(caught.value)

    def test_asks_in_batches(self, google: Any) -> None:
        found: dict[str, Any] = {}

        def keep(id: str, answer: Any, error: Any) -> None:
            found[id] = error or answer

        batch = google.new_batch_http_request(callback=keep)
        batch.add(google.comments().analyze(body=body("one", "TOXICITY")), request_id="id one")
        batch.add(google.comments().analyze(body=body("", "TOXICITY")), request_id="2")
        batch.execute()
        assert found["id one"]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] >= 0
        assert isinstance(found["2"], HttpError)

    def test_a_long_batch_is_answered_whole_each_part_with_its_own(self, google: Any) -> None:
        found: dict[str, Any] = {}
        batch = google.new_batch_http_request(callback=lambda name, answer, error: found.update({name: error or answer}))
        for number in range(120):
            batch.add(google.comments().analyze(body=body(f"text {number}", "TOXICITY", clientToken=str(number))), request_id=str(number))
        batch.execute()
        assert {name: answer["clientToken"] for name, answer in found.items()} == {str(number): str(number) for number in range(120)}

    def test_a_wrong_key_is_said_as_google_says_it(self, server: Server) -> None:
        document = httpx2.get(f"{server.url}/$discovery/rest").json()
        with (
            discovery.build_from_document(document, developerKey="wrong" * 8) as built,
            pytest.raises(HttpError, match="API key not valid"),
        ):
            built.comments().analyze(body=body()).execute()

    def test_is_told_of_a_version_that_is_not_there(self, server: Server, key: str) -> None:
        url = f"{server.url}/$discovery/rest?version={{apiVersion}}"
        with pytest.raises(UnknownApiNameOrVersion):
            discovery.build("commentanalyzer", "v9", developerKey=key, discoveryServiceUrl=url, static_discovery=False)
        error = error_of(httpx2.get(url.format(apiVersion="v9")), 404)
        words = "Discovery document not found for API service: commentanalyzer.googleapis.com format: rest version: v9"
        assert (error["message"], error["status"]) == (words, "NOT_FOUND")

    def test_trims_to_fields(self, google: Any) -> None:
        assert set(google.comments().analyze(body=body(), fields="attributeScores").execute()) == {"attributeScores"}


class TestCoral:
    """Coral's own request: endpoint from the admin field, no version, one attribute, an answer within 800 ms."""

    def test_with_the_bare_host_as_endpoint(self, server: Server, key: str) -> None:
        request = {
            "comment": {"text": "What a lovely day"},
            "doNotStore": True,
            "requestedAttributes": {"TOXICITY": {}},
            "languages": ["en"],
        }
        headers = {"Content-Type": "application/json", "User-Agent": "Coral Perspective/9.11.8"}
        with httpx2.Client(headers=headers, timeout=5) as coral:
            for path in ("/comments:analyze", ANALYZE):
                coral.post(f"{server.url}{path}?key={key}", json=request)
                begun = time.monotonic()
                found = coral.post(f"{server.url}{path}?key={key}", json=request)
                assert time.monotonic() - begun < 0.8
                assert isinstance(found.json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"], float)
                assert len(found.content) < 2_000_000

    def test_feedback_becomes_a_label(self, server: Server, client: httpx2.Client) -> None:
        context = {"entries": [{"text": json.dumps({"url": "https://example.org/a", "Coral_comment_id": "c-1"})}]}
        request = {
            "comment": {"text": "A label from Coral"},
            "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
            "clientToken": "comment:c-1",
            "communityId": "Coral:https://comments.example.org",
            "context": context,
        }
        assert client.post("/v1alpha1/comments:suggestscore", json=request).status_code == 200
        found = {row["token"]: row for row in rows(server, "suggestions")}["comment:c-1"]
        assert (found["scores"], found["context"]) == ({"TOXICITY": 0.0}, context)
        command = [sys.executable, "-m", "threadwise", "labels", "export", "--database", server.database]
        lines = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120).stdout.splitlines()
        (row,) = [row for row in map(json.loads, lines) if row["text"] == request["comment"]["text"]]
        assert (row["why"], row["by"], row["reason"], row["toxicity"]) == ("suggestscore", "contract", request["communityId"], 0.0)


def rows(server: Server, table: str) -> list[dict[str, Any]]:
    """All rows of a table, read beside the server."""
    from serve.store import database, tables

    engine = database.connect(server.database)
    with engine.connect() as connection:
        found = [dict(row) for row in connection.execute(tables.metadata.tables[table].select()).mappings()]
    engine.dispose()
    return found


class TestAnswer:
    def test_every_known_attribute_is_answered(self, client: httpx2.Client) -> None:
        names = [*PRODUCTION, *(f"{name}_EXPERIMENTAL" for name in PRODUCTION), "SEXUALLY_EXPLICIT", "TOXICITY@6", "SENTIMENT_NEGATIVE"]
        found = analyze(client, body("You are an idiot.", *names))["attributeScores"]
        assert set(found) == set(names), "as they were asked for"
        assert found["TOXICITY"] == found["TOXICITY_EXPERIMENTAL"] == found["TOXICITY@6"]

    def test_what_is_not_judged_is_left_out_and_named(self, client: httpx2.Client) -> None:
        found = client.post(ANALYZE, json=body("You are an idiot.", "TOXICITY", "FLIRTATION", "CURIOSITY_EXPERIMENTAL"))
        assert list(found.json()["attributeScores"]) == ["TOXICITY"]
        assert found.headers["X-Threadwise-Unsupported"] == "FLIRTATION, CURIOSITY_EXPERIMENTAL"

    def test_spans_are_sentences_in_utf16_units(self, client: httpx2.Client) -> None:
        text = "\U0001f600 Hello there! How are you?\nFine."
        found = analyze(client, body(text, spanAnnotations=True))["attributeScores"]["TOXICITY"]
        units = text.encode("utf-16-le")
        cut = [units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") for span in found["spanScores"]]
        assert cut == [text, "\U0001f600 Hello there!", "How are you?", "Fine."]
        assert found["spanScores"][0]["score"] == found["summaryScore"]

    @pytest.mark.parametrize(("text", "asked", "ends"), [("\U0001f600 One. Two.", False, [12]), ("\U0001f600 One.", True, [7])])
    def test_the_whole_text_is_a_span_and_a_single_sentence_none_beside_it(
        self, client: httpx2.Client, text: str, asked: bool, ends: list[int]
    ) -> None:
        found = analyze(client, body(text, spanAnnotations=asked))["attributeScores"]["TOXICITY"]
        assert [(span["begin"], span["end"]) for span in found["spanScores"]] == [(0, end) for end in ends]
        assert found["spanScores"][0]["score"] == found["summaryScore"]

    @pytest.mark.parametrize(
        ("text", "sentences"),
        [
            ('... Well. "No." (Yes!) e.g. 3.5 ok', ["...", "Well.", '"No."', "(Yes!)", "e.g.", "3.5 ok"]),
            ("吗？！ 好。你好。。他说", ["吗？！", "好。", "你好。。", "他说"]),
            (" One.", ["One."]),
        ],
    )
    def test_where_sentences_end(self, client: httpx2.Client, text: str, sentences: list[str]) -> None:
        found = analyze(client, body(text, spanAnnotations=True))["attributeScores"]["TOXICITY"]["spanScores"]
        assert [text[span["begin"] : span["end"]] for span in found] == [text, *sentences]

    def test_very_many_sentences_share_spans(self, client: httpx2.Client) -> None:
        text = " ".join(f"Park {number}." for number in range(250))
        _, *found = analyze(client, body(text, spanAnnotations=True))["attributeScores"]["TOXICITY"]["spanScores"]
        assert len(found) == 84, "three sentences each"
        assert " ".join(text[span["begin"] : span["end"]] for span in found) == text

    def test_no_text_keeps_the_others_waiting_while_it_is_parted(self, client: httpx2.Client) -> None:
        begun = time.monotonic()
        assert perspective._spans("." * 20_000 + "a", sentences=True) == [(0, 20_001)]
        assert time.monotonic() - begun < 1, "a try at each dot took four seconds"

    def test_a_score_at_the_threshold_stays_and_one_below_goes(self, client: httpx2.Client) -> None:
        value = analyze(client, body())["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
        for threshold, stays in ((0, True), (value, True), (min(1.0, value + 1e-6), False)):
            request = body() | {"requestedAttributes": {"TOXICITY": {"scoreThreshold": threshold}}}
            assert ("TOXICITY" in analyze(client, request)["attributeScores"]) is stays, threshold

    def test_the_score_that_an_answer_shows_is_the_threshold_at_which_it_stays(self, client: httpx2.Client) -> None:
        shares = client.get("/v1/model").json()["perspective_priors"]
        assert any(share != 0.5 for share in shares["toxicity.toxicity"].values()), "else no score is moved"
        for number in range(40):
            request = body(f"You are idiot number {number}, my friend.", "TOXICITY", "INSULT", languages=["en"])
            scores = {name: one["summaryScore"]["value"] for name, one in analyze(client, request)["attributeScores"].items()}
            for step, stays in ((0.0, scores.keys()), (1e-7, set())):
                asked = {name: {"scoreThreshold": value + step} for name, value in scores.items()}
                assert analyze(client, request | {"requestedAttributes": asked})["attributeScores"].keys() == stays

    def test_stance_needs_the_article(self, client: httpx2.Client) -> None:
        asked = ("STANCE_AGAINST", "REPLY_STANCE_DENY")
        assert analyze(client, body("I am against it.", *asked))["attributeScores"] == {}
        context = {"articleAndParentComment": {"article": {"text": "New tram"}, "parentComment": {"text": "It is good."}}}
        assert set(analyze(client, body("I am against it.", *asked, context=context))["attributeScores"]) == set(asked)

    def test_a_language_that_cannot_be_told_is_scored(self, client: httpx2.Client) -> None:
        found = analyze(client, body("12345 !!!"))
        assert (found["languages"], found["detectedLanguages"]) == ([], [])
        assert "TOXICITY" in found["attributeScores"]

    def test_a_short_text_is_not_taken_for_a_language_that_the_model_never_saw(self, client: httpx2.Client) -> None:
        assert analyze(client, body("you idiot"))["detectedLanguages"] == []
        assert analyze(client, body("you idiot", languages=["en"]))["detectedLanguages"] == ["en"]

    @pytest.mark.parametrize(
        ("text", "languages", "found"),
        [
            ("ти си идиот", ["en", "bg"], "bg"),  # alone it looks Macedonian
            ("you idiot", ["bg", "en"], "en"),  # alone it looks Walloon
            ("you idiot", ["de", "en"], "en"),  # the model never saw German
            ("you idiot", ["??", "en-US"], "en"),
            ("The mayor of our town is a stupid idiot, and so is the council.", ["vi"], "en"),  # long enough to know better
        ],
    )
    def test_named_languages_are_hints_of_which_the_likeliest_counts(
        self, client: httpx2.Client, text: str, languages: list[str], found: str
    ) -> None:
        answer = analyze(client, body(text, languages=languages))
        assert (answer["languages"], answer["detectedLanguages"]) == (languages, [found])
        scores = {"comment": {"text": text}, "languages": languages, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
        assert client.post(SUGGEST, json=scores).json() == {"requestedLanguages": languages, "detectedLanguages": [found]}

    def test_a_text_without_anything_to_judge_has_no_score(self, client: httpx2.Client) -> None:
        assert analyze(client, body("\u200d"))["attributeScores"] == {}

    def test_do_not_store_is_the_default(self, server: Server, client: httpx2.Client) -> None:
        analyze(client, body("zebra crossing", clientToken="zebra"))
        assert "zebra" not in str(rows(server, "versions"))

    def test_twenty_kilobytes_are_taken(self, client: httpx2.Client) -> None:
        assert analyze(client, body("а " * 6_826))["attributeScores"]


class TestLeniencies:
    def test_no_content_type(self, server: Server, key: str) -> None:
        found = httpx2.post(f"{server.url}{ANALYZE}", params={"key": key}, content=json.dumps(body()).encode())
        assert found.status_code == 200

    @pytest.mark.parametrize(
        "loose",
        [
            '{comment: {text: "what kind of idiot"}, languages: ["en"], requestedAttributes: {TOXICITY:{}} }',
            "{'comment': {'text': 'it\\'s \"quoted\"'}, 'requestedAttributes': {'TOXICITY': {},},}",
            '{"comment": {"text": "a, } and ] inside: {b: c}",}, "requestedAttributes": {"TOXICITY": {}}, }',
            '{comment: {text: "x"}, requestedAttributes: {TOXICITY: {scoreThreshold: 1e-9}, INSULT: {scoreThreshold: 1.5E+2}}}',
        ],
    )
    def test_loose_json(self, client: httpx2.Client, loose: str) -> None:
        assert client.post(ANALYZE, content=loose.encode()).status_code == 200

    def test_a_text_between_single_quotes_is_read_with_its_escapes(self, server: Server, client: httpx2.Client) -> None:
        sent = r"""{'comment': {'text': 'one\ntwo \u00e9 \\ \"three\" "four" it\'s
five'}, 'clientToken': 'escapes', 'attributeScores': {'TOXICITY': {'summaryScore': {'value': 1,},},},}"""
        assert client.post(SUGGEST, content=sent.encode()).status_code == 200
        (found,) = [row for row in rows(server, "suggestions") if row["token"] == "escapes"]
        assert found["text"] == 'one\ntwo é \\ "three" "four" it\'s\nfive'

    def test_snake_case_and_nulls(self, client: httpx2.Client) -> None:
        request = {
            "comment": {"text": "Hello you.", "type": None},
            "requested_attributes": {"SEVERE_TOXICITY": {"score_type": "PROBABILITY", "score_threshold": None}},
            "do_not_store": True,
            "client_token": "t",
            "session_id": "s",
            "span_annotations": None,
            "languages": None,
            "context": {"article_and_parent_comment": {"article": {"text": "x"}, "parent_comment": None}},
        }
        found = analyze(client, request)
        assert (list(found["attributeScores"]), found["clientToken"]) == (["SEVERE_TOXICITY"], "t")

    def test_enum_numbers_regions_and_case(self, client: httpx2.Client) -> None:
        request = {"comment": {"text": "Hello", "type": 1}, "requestedAttributes": {"TOXICITY": {"scoreType": 1}}, "languages": ["EN-us"]}
        assert analyze(client, request)["languages"] == ["EN-us"]
        assert analyze(client, request | {"languages": []})["attributeScores"]

    def test_a_mask_reaches_inside(self, client: httpx2.Client) -> None:
        mask = "attributeScores(TOXICITY/summaryScore/value,INSULT.spanScores.begin),languages"
        found = analyze(client, body("You are an idiot.", "TOXICITY", "INSULT", "THREAT", languages=["en"]), params={"fields": mask})
        assert isinstance(found["attributeScores"]["TOXICITY"]["summaryScore"].pop("value"), float)
        assert found == {
            "attributeScores": {"TOXICITY": {"summaryScore": {}}, "INSULT": {"spanScores": [{"begin": 0}]}},
            "languages": ["en"],
        }

    @pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
    def test_a_mask_that_names_nothing_is_refused_before_anything_is_done(self, server: Server, client: httpx2.Client, path: str) -> None:
        request = {"comment": {"text": "a masked ocelot"}}
        scores = {"TOXICITY": {"summaryScore": {"value": 0}}}
        request |= {"requestedAttributes": {"TOXICITY": {}}} if path == ANALYZE else {"attributeScores": scores}
        error = error_of(client.post(path, json=request, params={"fields": "nosuch"}), 400)
        words = "Error expanding 'fields' parameter. Cannot find matching fields for path 'nosuch'."
        assert (error["message"], error["status"]) == ("Request contains an invalid argument.", "INVALID_ARGUMENT")
        assert error["details"][0]["fieldViolations"] == [{"field": "nosuch", "description": words}]
        assert "a masked ocelot" not in str(rows(server, "suggestions"))
        assert client.post(path, json=request, params={"fields": "clientToken"}).json() == {}, "a member that this answer has not"

    @pytest.mark.parametrize(
        ("mask", "paths"),
        [
            ("attributeScores,nosuch", ["nosuch"]),
            (
                "attributeScores(TOXICITY(summaryScore/valu,sum)),language",
                ["attributeScores.TOXICITY.summaryScore.valu", "attributeScores.TOXICITY.sum", "language"],
            ),
            (
                "attributeScores.TOXICITY.spanScores.score.value.x,languages/en",
                ["attributeScores.TOXICITY.spanScores.score.value.x", "languages.en"],
            ),
            ("attributeScores(TOXICITY,TOXICTY)", ["attributeScores.TOXICTY"]),
            ("*,nosuch", ["nosuch"]),
            ("*/nosuch", ["*.nosuch"]),
        ],
    )
    def test_each_wrong_path_of_a_mask_is_named(self, client: httpx2.Client, mask: str, paths: list[str]) -> None:
        """Passed over, a wrong name beside a right one would look like a comment that has no such score."""
        error = error_of(client.post(ANALYZE, json=body(), params={"fields": mask}), 400)
        assert error["status"] == "INVALID_ARGUMENT"
        assert [one["field"] for one in error["details"][0]["fieldViolations"]] == paths
        assert all(f"'{path}'" in str(error["details"]) for path in paths)

    @pytest.mark.parametrize(
        "mask",
        [
            "*",
            "*/*/summaryScore",
            "attributeScores/*/spanScores(begin,score.*)",
            "attributeScores(TOXICITY@6,FLIRTATION,STANCE_AGAINST)",
            "",
            ",",
        ],
    )
    def test_a_mask_that_some_answer_fits_is_taken(self, client: httpx2.Client, mask: str) -> None:
        assert "attributeScores" in analyze(client, body(), params={"fields": mask})

    @pytest.mark.parametrize("path", [ANALYZE, "/comments:analyze", SUGGEST, "/comments:suggestscore"])
    def test_a_slash_at_the_end_changes_nothing(self, client: httpx2.Client, path: str) -> None:
        known = {"comment": {"text": "Hello you."}}
        more = {"requestedAttributes" if "analyze" in path else "attributeScores": {"TOXICITY": {}}}
        found, same = (client.post(f"{path}{end}", json=known | more) for end in ("", "/"))
        assert (found.status_code, found.content) == (same.status_code, same.content)

    def test_so_with_the_document_and_batches(self, client: httpx2.Client) -> None:
        for path in ("/$discovery/rest", "/discovery/v1/apis/commentanalyzer/v1alpha1/rest"):
            assert client.get(f"{path}/").json() == client.get(path).json()
        for path in ("/batch/", "/batch/commentanalyzer/v1alpha1/"):
            error_of(client.post(path), 400)

    def test_unknown_query_parameters(self, client: httpx2.Client) -> None:
        found = analyze(
            client, body(), params={"alt": "json", "prettyPrint": "false", "fields": "attributeScores,languages", "$.xgafv": "1"}
        )
        assert set(found) == {"attributeScores", "languages"}

    @pytest.mark.parametrize("header", ["X-Goog-Api-Key", "X-API-Key", "Authorization"])
    def test_the_key_may_be_in_a_header(self, server: Server, key: str, header: str) -> None:
        value = f"Bearer {key}" if header == "Authorization" else key
        assert httpx2.post(f"{server.url}{ANALYZE}", json=body(), headers={header: value}).status_code == 200

    def test_node_finds_the_document_without_a_key(self, server: Server) -> None:
        document = httpx2.get(f"{server.url}/discovery/v1/apis/commentanalyzer/v1alpha1/rest").json()
        assert document["rootUrl"] == f"{server.url}/"


class TestErrors:
    @pytest.mark.parametrize(
        ("request_", "message", "kind"),
        [
            (body(""), "Comment must be non-empty.", "COMMENT_EMPTY"),
            ({"requestedAttributes": {"TOXICITY": {}}}, "Comment must be non-empty.", "COMMENT_EMPTY"),
            (body("x" * 20_481), "Comment text was too many bytes. Value (20481) exceeded limit (20480).", "COMMENT_TOO_LONG"),
            ({"comment": {"text": "x"}}, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES"),
            (body("x", "KINDNESS"), "Unknown requested attribute: KINDNESS", "INVALID_REQUEST"),
            (
                {"comment": {"text": "x", "type": "HTML"}, "requestedAttributes": {"TOXICITY": {}}},
                "Currently, only 'PLAIN_TEXT' comments are supported",
                "INVALID_REQUEST",
            ),
            (
                {"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {"scoreType": "RAW"}}},
                "Requested score type RAW is not supported by attribute TOXICITY",
                "INVALID_REQUEST",
            ),
            (
                body("x", context={"entries": [{"text": "a"}], "articleAndParentComment": {"article": {"text": "b"}}}),
                "Context can have either entries or article_and_parent_comment, but both fields were populated.",
                "INVALID_REQUEST",
            ),
        ],
    )
    def test_what_is_wrong_is_said_in_googles_words(self, client: httpx2.Client, request_: dict[str, Any], message: str, kind: str) -> None:
        error = error_of(client.post(ANALYZE, json=request_), 400)
        assert (error["message"], error["status"], error["details"][0]["errorType"]) == (message, "INVALID_ARGUMENT", kind)

    @pytest.mark.parametrize(
        "broken",
        [
            b"",
            b"[]",
            b"nonsense",
            b'{"comment": "text"}',
            b"\xff\xfe",
            b"[" * 5000,
            b"{comment: " + b"[" * 5000,
            b'{comment: "' + b'\\"' * 50_000,  # each quote taken for the begin of a text: half a minute
        ],
    )
    def test_broken_bodies(self, client: httpx2.Client, broken: bytes) -> None:
        assert error_of(client.post(ANALYZE, content=broken), 400)["status"] == "INVALID_ARGUMENT"

    @pytest.mark.parametrize(
        ("more", "field", "message"),
        [
            ({"colour": 1}, None, 'Invalid JSON payload received. Unknown name "colour": Cannot find field.'),
            ({"foo_bar": 1}, None, 'Invalid JSON payload received. Unknown name "foo_bar": Cannot find field.'),
            ({"comment": {"text": 7}}, "comment.text", "Invalid value at 'comment.text' (TYPE_STRING), 7"),
            (
                {"comment": "text"},
                "comment",
                "Invalid value at 'comment' (type.googleapis.com/google.commentanalyzer.v1alpha1.TextEntry), \"text\"",
            ),
            (
                {"comment": {"text": "x", "lang": "en"}},
                "comment",
                "Invalid JSON payload received. Unknown name \"lang\" at 'comment': Cannot find field.",
            ),
            ({"doNotStore": "yes"}, "do_not_store", "Invalid value at 'do_not_store' (TYPE_BOOLEAN), \"yes\""),
            ({"languages": ["en", 7]}, "languages[1]", "Invalid value at 'languages[1]' (TYPE_STRING), 7"),
            (
                {"requestedAttributes": {"TOXICITY": {"scoreThreshold": "high"}}},
                "requested_attributes[0].value.score_threshold",
                "Invalid value at 'requested_attributes[0].value.score_threshold' (TYPE_FLOAT), \"high\"",
            ),
        ],
    )
    def test_members_are_those_of_the_discovery_document(
        self, client: httpx2.Client, more: dict[str, Any], field: str | None, message: str
    ) -> None:
        error = error_of(client.post(ANALYZE, json=body() | more), 400)
        violation = {"description": message} | ({"field": field} if field else {})
        assert (error["message"], error["status"]) == (message, "INVALID_ARGUMENT")
        assert error["details"] == [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]

    def test_a_number_in_quotes_is_a_number(self, client: httpx2.Client) -> None:
        request = body() | {"requestedAttributes": {"TOXICITY": {"scoreThreshold": "0"}}}
        assert analyze(client, request)["attributeScores"]

    @pytest.mark.parametrize("number", ["9" * 400, f'"{"9" * 400}"', "1e999", "NaN", "-Infinity", '"NaN"', "9" * 5000])
    @pytest.mark.parametrize(
        ("path", "form"),
        [
            (ANALYZE, '{"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": %s}}}'),
            (SUGGEST, '{"comment": {"text": "x"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": %s}}}}'),
            (
                SUGGEST,
                '{"comment": {"text": "x"}, "attributeScores": {"T": {"spanScores": [{"begin": %s, "end": 1, "score": {"value": 1}}]}}}',
            ),
        ],
    )
    def test_what_no_float_holds_is_no_number(self, client: httpx2.Client, path: str, form: str, number: str) -> None:
        assert error_of(client.post(path, content=(form % number).encode()), 400)["status"] == "INVALID_ARGUMENT"

    def test_errors_are_written_as_answers_are(self, client: httpx2.Client) -> None:
        kinds = {client.post(ANALYZE, json=request).headers["content-type"] for request in (body(), {})}
        assert kinds == {"application/json; charset=UTF-8"}

    def test_half_a_surrogate_pair(self, client: httpx2.Client) -> None:
        broken = b'{"comment": {"text": "\\ud83d"}, "requestedAttributes": {"TOXICITY": {}}}'
        error_of(client.post(ANALYZE, content=broken), 400)

    def test_no_key_and_a_wrong_one(self, server: Server) -> None:
        error = error_of(httpx2.post(f"{server.url}{ANALYZE}", json=body()), 403)
        assert error["status"] == "PERMISSION_DENIED"
        error = error_of(httpx2.post(f"{server.url}{ANALYZE}?key=wrong", json=body()), 400)
        assert error["details"][0]["reason"] == "API_KEY_INVALID"
        assert error_of(httpx2.get(f"{server.url}/$discovery/rest?version=v1alpha1&key=wrong"), 400)["details"] == error["details"]

    def test_over_the_rate(self, server: Server) -> None:
        limited = server.key("perspective-limited", "--per-minute", "1")
        with server.client(limited) as client:
            assert client.post(ANALYZE, json=body()).status_code == 200
            found = client.post(ANALYZE, json=body())
        error = error_of(found, 429)
        assert error["status"] == "RESOURCE_EXHAUSTED"
        assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
        assert int(found.headers["Retry-After"]) > 0

    def test_unknown_paths_and_methods(self, client: httpx2.Client) -> None:
        assert error_of(client.post("/v1alpha1/comments:nothing", json={}), 404)["status"] == "NOT_FOUND"
        assert error_of(client.get(ANALYZE), 405)
        assert error_of(client.post(f"{client.base_url}/{ANALYZE}", json={}), 404)

    @pytest.mark.parametrize(
        "scores",
        [
            {},
            {"TOXICITY": {}},
            {"TOXICITY": {"summaryScore": {"value": "high"}}},
            {"TOXICITY": {"summaryScore": {"value": 1.5}}},
            {"TOXICITY": {"summaryScore": {"value": 1, "type": "RAW"}}},
            {"TOXICITY": {"spanScores": [{"score": {"value": 1}}]}},
            {"TOXICITY": {"spanScores": [{"begin": 1, "end": 0, "score": {"value": 1}}]}},
            {"TOXICITY": {"spanScores": [{"begin": -1, "end": 1, "score": {"value": 1}}]}},
            {"TOXICITY": {"spanScores": [{"begin": 0, "end": 1, "score": {"value": 1}}, {"begin": 0, "end": "2"}]}},
            {"TOXICITY": 1},
            {"NOSUCH_ATTR": {"summaryScore": {"value": 1}}},
        ],
    )
    def test_a_suggestion_that_says_nothing(self, client: httpx2.Client, scores: dict[str, Any]) -> None:
        error_of(client.post("/v1alpha1/comments:suggestscore", json={"comment": {"text": "x"}, "attributeScores": scores}), 400)

    def test_a_suggestion_on_a_span_counts_as_answers_do(self, client: httpx2.Client) -> None:
        """In UTF-16: the last one that is analyzed can be sent back."""
        text = "You \U0001f600."
        end = analyze(client, body(text))["attributeScores"]["TOXICITY"]["spanScores"][0]["end"]
        for last, status in ((end, 200), (end + 1, 400)):
            scores = {"TOXICITY": {"spanScores": [{"begin": 0, "end": last, "score": {"value": 1}}]}}
            assert client.post(SUGGEST, json={"comment": {"text": text}, "attributeScores": scores}).status_code == status

    def test_a_suggestion_on_what_nobody_knows_and_on_what_is_not_judged(self, client: httpx2.Client, strict: httpx2.Client) -> None:
        def suggested(client: httpx2.Client, name: str) -> httpx2.Response:
            scores = {"TOXICITY@6": {"summaryScore": {"value": 1}}, name: {"summaryScore": {"value": 1}}}
            return client.post(SUGGEST, json={"comment": {"text": "x"}, "attributeScores": scores})

        assert error_of(suggested(client, "NOSUCH_ATTR"), 400)["message"] == "Unknown requested attribute: NOSUCH_ATTR"
        found = suggested(client, "FLIRTATION")
        assert (found.status_code, found.headers["X-Threadwise-Unsupported"]) == (200, "FLIRTATION")
        assert error_of(suggested(strict, "FLIRTATION"), 400)["message"] == "Unknown requested attribute: FLIRTATION"


class TestBatch:
    def asked(self, client: httpx2.Client, part: bytes) -> httpx2.Response:
        content = b"--b\r\nContent-Type: application/http\r\n\r\n" + part + b"\r\n--b--\r\n"
        return client.post("/batch", content=content, headers={"content-type": "multipart/mixed; boundary=b"})

    @pytest.mark.parametrize(
        "part",
        [b"", b"POST", b"POST http://[ HTTP/1.1", b"POST //[::1 HTTP/1.1", b"POST /batch HTTP/1.1", b"POST /b%61tch HTTP/1.1"],
    )
    def test_a_part_that_is_no_request(self, client: httpx2.Client, part: bytes) -> None:
        assert error_of(self.asked(client, part), 400)["message"] == "a part of the batch is no HTTP request"

    @pytest.mark.parametrize("length", [b"\xb2", b"9" * 5000, b"99999999999", b"-1"])
    def test_a_part_is_as_long_as_it_is(self, client: httpx2.Client, key: str, length: bytes) -> None:
        head = b"POST /v1/score?key=" + key.encode() + b" HTTP/1.1\r\nContent-Length: " + length
        found = self.asked(client, head + b'\r\n\r\n{"comments": [{"id": "1", "text": "one"}]}')
        assert b"HTTP/1.1 200 OK" in found.content

    @pytest.mark.parametrize("path", [ANALYZE, ANALYZE.replace(":", "%3A")])
    @pytest.mark.parametrize(
        "part",
        [
            b"{comment: {text: 'two\r\nlines \xf0\x9f\x98\x80'}, requestedAttributes: {TOXICITY: {}}}",
            b'\n{"comment":\r\n\r\n{"text": "hi"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": 1e-5}},}',
            b'{"comment": {"text": "hi"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": 1e-5x}}}',
        ],
    )
    def test_a_part_is_read_as_it_is_by_itself(self, client: httpx2.Client, key: str, path: str, part: bytes) -> None:
        alone = client.post(ANALYZE, content=part)
        head = f"POST {path}?key={key} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n".encode()
        found = self.asked(client, head + part).content
        assert f"HTTP/1.1 {alone.status_code} ".encode() in found
        assert found.partition(b"HTTP/1.1")[2].partition(b"\r\n\r\n")[2].startswith(alone.content)

    def test_one_that_is_nested_too_deeply(self, client: httpx2.Client) -> None:
        nested = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (depth, depth + 1) for depth in range(2_000))
        error_of(client.post("/batch", content=nested, headers={"content-type": "multipart/mixed; boundary=b0"}), 400)


@pytest.fixture(scope="module")
def strict(tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A service that refuses what Google refused."""
    options = ("--set", "perspective.unknown_language=error", "--set", "perspective.strict=true")
    with running(tmp_path_factory.mktemp("strict"), tiny_release, *options) as server, server.client(server.key()) as client:
        yield client


class TestAsStrictAsGoogle:
    def test_a_language_that_cannot_be_told(self, strict: httpx2.Client) -> None:
        error = error_of(strict.post(ANALYZE, json=body("12345 !!!")), 400)
        assert (error["message"], error["details"][0]["errorType"]) == ("Unable to detect language", "LANGUAGE_DETECTION_FAILED")

    @pytest.mark.parametrize(
        ("text", "languages", "member", "named"),
        [
            ("You are an idiot, my friend.", ["om", "zu-ZA"], "requestedLanguages", ["om", "zu-ZA"]),
            ("You are an idiot, my friend.", ["??"], "requestedLanguages", ["??"]),
            (
                "გამარჯობა, როგორ ხარ დღეს, ჩემო ძვირფასო მეგობარო?",
                [],
                "detectedLanguages",
                ["ka"],
            ),
        ],
    )
    def test_a_language_in_which_an_attribute_was_never_learned(
        self, strict: httpx2.Client, text: str, languages: list[str], member: str, named: list[str]
    ) -> None:
        error = error_of(strict.post(ANALYZE, json=body(text, "TOXICITY", languages=languages)), 400)
        assert error["message"] == f"Attribute TOXICITY does not support request languages: {', '.join(named)}"
        detail = {
            "errorType": "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "languageNotSupportedByAttributeError": {member: named, "attribute": "TOXICITY"},
        }
        assert error["details"] == [{"@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error", **detail}]

    def test_one_language_that_is_known_is_enough(self, strict: httpx2.Client) -> None:
        assert analyze(strict, body("You are an idiot.", languages=["om", "en"]))["attributeScores"]

    def test_a_named_language_binds_and_the_text_is_scored_in_it(self, strict: httpx2.Client) -> None:
        text = "The mayor of our town is a stupid idiot, and so is the council."
        for languages, found in ((["bg"], "bg"), (["om", "bg"], "bg"), (["bg", "en"], "en")):
            assert analyze(strict, body(text, languages=languages))["detectedLanguages"] == [found]

    def test_a_known_attribute_that_is_not_judged(self, strict: httpx2.Client) -> None:
        assert error_of(strict.post(ANALYZE, json=body("x", "FLIRTATION")), 400)["message"] == "Unknown requested attribute: FLIRTATION"


@pytest.fixture(scope="module")
def keeping(tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, httpx2.Client]]:
    """A service that keeps what is analyzed, logs texts, and has hardly any queue."""
    options = [f"--set={name}" for name in ("perspective.store=true", "log_texts=true", "limits.queue_comments=2")]
    with running(tmp_path_factory.mktemp("keeping"), tiny_release, *options) as server, server.client(server.key()) as client:
        yield server, client


class TestStore:
    def kept(self, client: httpx2.Client) -> dict[str, str]:
        """Text -> id."""
        return {one["text"]: one["id"] for one in client.get("/v1/comments", params={"limit": "200"}).json()["items"]}

    def test_each_token_is_a_comment_of_its_own(self, keeping: tuple[Server, httpx2.Client]) -> None:
        _, client = keeping
        tokens = ["t-1", "x" * 200 + "A", "x" * 200 + "B", "a/b", "a_b", "c\nd"]
        for token in tokens:
            assert analyze(client, body(f"by token {token}", clientToken=token))["clientToken"] == token
        found = {text: name for text, name in self.kept(client).items() if text.startswith("by token")}
        assert found.keys() == {f"by token {token}" for token in tokens}
        assert (found["by token t-1"], found["by token a_b"]) == ("t-1", "a_b"), "one that can stand in an address is the id"
        assert all(client.get(f"/v1/comments/{name}").json()["text"] == text for text, name in found.items())

    def test_a_text_without_a_token_is_kept_once_and_found_again(self, keeping: tuple[Server, httpx2.Client]) -> None:
        _, client = keeping
        for text in ("no token one", "no token two", "no token one"):
            analyze(client, body(text))
        found = [one for one in client.get("/v1/comments", params={"limit": "200"}).json()["items"] if one["text"].startswith("no token")]
        assert [one["text"] for one in found] == ["no token one", "no token two"]
        assert client.get(f"/v1/comments/{found[0]['id']}").json()["text"] == "no token one"

    def test_a_private_text_is_neither_kept_nor_logged_also_where_it_fails(self, keeping: tuple[Server, httpx2.Client]) -> None:
        server, client = keeping
        key, done = server.key("storm"), threading.Event()

        def storm() -> None:
            with server.client(key) as other:
                for number in itertools.takewhile(lambda _: not done.is_set(), itertools.count()):
                    texts = [{"id": str(place), "text": f"{number} {place} a long and windy text " * 20} for place in range(500)]
                    other.post("/v1/score", json={"comments": texts})

        def refused(request: dict[str, Any]) -> bool:
            end = time.monotonic() + 60
            while client.post(ANALYZE, json=request).status_code != 503 and time.monotonic() < end:
                time.sleep(0.02)
            return time.monotonic() < end

        with concurrent.futures.ThreadPoolExecutor() as pool:
            pool.submit(storm)
            said = [refused(body(f"A hasty {word}.", doNotStore=private)) for word, private in (("quokka", True), ("numbat", False))]
            done.set()
        assert said == [True, True]
        for word, private in (("quokka", True), ("numbat", False)):
            analyze(client, body(f"a calm {word}", doNotStore=private))
        assert "quokka" not in server.log
        assert "quokka" not in str(self.kept(client))
        assert "a calm numbat" in self.kept(client)
        lines = [line for line in map(json.loads, server.log.splitlines()) if "numbat" in str(line.get("text"))]
        assert {line["status"] for line in lines} == {200, 503}, "of others the log has the texts, as it was asked"


class TestScale:
    """Perspective's thresholds were chosen where half of all comments are positive."""

    SHARES: Mapping[str, Mapping[str, float]] = {"toxicity.toxicity": {"*": 0.2, "bg": 0.1}}

    @pytest.mark.parametrize(
        ("lang", "path", "expected"),
        [
            ("bg", "toxicity.toxicity", 0.9),  # odds 1, nine negatives to a positive
            ("en", "toxicity.toxicity", 0.8),
            (None, "toxicity.toxicity", 0.8),
            ("bg", "toxicity.insult", 0.5),
        ],
    )
    def test_a_score_moves_by_the_share_of_its_output_and_language(self, lang: str | None, path: str, expected: float) -> None:
        scored = Scored("1", lang, {"toxicity": {"toxicity": 0.5, "insult": 0.5}}, "m")
        assert scale.value(scored, path, self.SHARES) == pytest.approx(expected)
        assert scale.value(scored, "stance.against", self.SHARES) is None

    @pytest.mark.parametrize("prior", [0.0, 1.0, 0.5])
    @pytest.mark.parametrize("score", [0.0, 1.0, 0.3])
    def test_what_cannot_be_moved_stays(self, prior: float, score: float) -> None:
        assert scale.shifted(score, prior) == score

    def test_it_is_the_releases_own_and_can_be_switched_off(self, tiny_release: Path) -> None:
        manifest = release.read(tiny_release)
        object.__setattr__(manifest, "priors", self.SHARES)
        assert scale.priors(manifest) == self.SHARES
        assert scale.priors(manifest, balanced=False) == {}

    def test_it_is_stated(self, client: httpx2.Client) -> None:
        assert isinstance(client.get("/v1/model").json()["perspective_priors"], dict)


def test_a_part_of_a_batch_waits_for_as_long_as_the_batch_may(tiny_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Coral hangs up after a moment, and is told at once; who sends a batch waits, and one refused part fails it."""
    store = Store(f"sqlite:///{tmp_path / 'batch.db'}")
    token, stored = security.new_key("batch", 0)
    store.accounts.add_key(stored)
    app = create_app(settings.load(flags={"database": str(store.engine.url)}), Scorer.load(tiny_release, threads=1), store)
    with TestClient(app, headers={"Authorization": f"Bearer {token}"}) as client:
        queue, waits = app.state.service.queue, list[float | None]()
        submit = queue.submit

        def kept(inputs: Any, **given: Any) -> Any:
            waits.append(given["patience_s"])
            return submit(inputs, **given)

        monkeypatch.setattr(queue, "submit", kept)
        assert client.post(ANALYZE, json=body()).status_code == 200
        part = f"POST {ANALYZE} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\r\n{json.dumps(body())}"
        content = f"--b\r\nContent-Type: application/http\r\nContent-ID: <1>\r\n\r\n{part}\r\n--b--\r\n"
        answer = client.post("/batch", content=content, headers={"Content-Type": "multipart/mixed; boundary=b"})
        assert "HTTP/1.1 200 OK" in answer.text
    assert waits == [CORAL_S, batch._PATIENCE_S]
