"""Schemathesis over our own OpenAPI document, and the document itself: described, with examples that work as they stand."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from labels import schema as labels
from tests.server import Server, running

EXAMPLES = int(os.environ.get("THREADWISE_SCHEMATHESIS", "30"))
"""Of each operation; more find more."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
OPERATIONS = [
    ("post", "/v1/score"),
    ("post", "/v1/parse"),
    ("post", "/v1/articles"),
    ("get", "/v1/articles"),
    ("get", "/v1/comments"),
    ("put", "/v1/comments/{id}"),
    ("get", "/v1/comments/{id}"),
    ("post", "/v1/comments/{id}/decisions"),
    ("get", "/v1/model"),
    ("get", "/v1/whoami"),
    ("post", "/v1/session"),
    ("delete", "/v1/session"),
]
METHODS = ("get", "put", "post", "delete")


@pytest.fixture(scope="module")
def alone(tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server of its own, since what is made up here fills it; and a key that may do everything."""
    with running(tmp_path_factory.mktemp("openapi"), tiny_release, "--set", "limits.key_per_minute=1000000") as server:
        scopes = [word for scope in ("score", "parse", "ingest", "read", "decide") for word in ("--scope", scope)]
        yield server, server.key("schemathesis", *scopes)


@pytest.fixture(scope="module")
def document(alone: tuple[Server, str]) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{alone[0].url}/openapi.json").json()
    return found


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_sent_is_answered_as_the_document_says(
    alone: tuple[Server, str], document: dict[str, Any], method: str, path: str, mode: GenerationMode
) -> None:
    """No 5xx, a known status, the type and form that the document gives for it; what is wrong by the document is refused."""
    server, key = alone
    # Whatever is text is a page: there is no wrong one to refuse.
    chosen = [check for check in CHECKS if "text/plain" not in kinds(document, method, path) or check is not checks.negative_data_rejection]
    operation = schemathesis.openapi.from_dict(document)[path][method]

    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=server.url, headers={"X-API-Key": key}, checks=chosen, timeout=60)

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "there is nothing that could be wrong"
    with server.client() as client:
        assert client.get("/readyz").status_code == 200


def kinds(document: dict[str, Any], method: str, path: str) -> set[str]:
    """Content types that an operation takes."""
    return set(document["paths"][path][method].get("requestBody", {}).get("content", ()))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        yield from ((method, path, item[method]) for method in METHODS if method in item)


def test_everything_is_described(document: dict[str, Any]) -> None:
    found = list(operations(document))
    assert {(method, path) for method, path, _ in found} == set(OPERATIONS)
    for method, path, operation in found:
        assert operation["description"], (method, path)
        for status, answer in operation["responses"].items():
            assert answer["description"], (method, path, status)
        assert operation.get("security") or path == "/v1/session", (method, path)
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (method, path, parameter["name"])
    for name, form in document["components"]["schemas"].items():
        for member, said in form.get("properties", {}).items():
            assert said.get("description"), (name, member)


def test_what_is_taken_has_a_form(document: dict[str, Any]) -> None:
    """A body of JSON and an answer with one are never any object."""
    for method, path, operation in operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for part in (*bodies, *operation["responses"].values()):
            form = part.get("content", {}).get("application/json", {}).get("schema")
            assert form is None or "$ref" in form or "anyOf" in form, (method, path, form)


@pytest.mark.parametrize(
    "wrong", ["2026-13-01", "2026-02-32", "2026-02-05T24:00:00", "2026-02-05T21:60:00", "2026-02-05 21:25:00", "0000-01-01"]
)
def test_the_document_says_which_times_are_none(document: dict[str, Any], wrong: str) -> None:
    for name in ("ScoreComment", "LiveComment"):
        (form, _) = document["components"]["schemas"][name]["properties"]["created_at"]["anyOf"]
        assert not re.search(form["pattern"], wrong)
        assert all(re.search(form["pattern"], time) for time in form["examples"])


def test_the_document_names_the_labels_of_a_decision(document: dict[str, Any]) -> None:
    form = document["components"]["schemas"]["DecisionIn"]["properties"]["labels"]
    assert set(form["items"]["enum"]) == {name for head in labels.HEADS for name in head.names}


def examples(document: dict[str, Any], operation: dict[str, Any]) -> list[tuple[str, Any]]:
    """Content type and example of each kind of body."""
    found = []
    for kind, content in operation["requestBody"]["content"].items():
        form = content["schema"]
        if "$ref" in form:
            form = document["components"]["schemas"][form["$ref"].rpartition("/")[2]]
        found += [(kind, one) for one in ([content["example"]] if "example" in content else form.get("examples", []))]
    return found


def test_every_body_has_an_example_that_works(alone: tuple[Server, str], document: dict[str, Any]) -> None:
    server, key = alone
    with server.client(key) as client:
        assert client.put("/v1/comments/example", json={"text": "You are an idiot."}).is_success
        for method, path, operation in operations(document):
            if "requestBody" not in operation or path == "/v1/session":
                continue
            bodies = examples(document, operation)
            assert {kind for kind, _ in bodies} == kinds(document, method, path), (method, path)
            for kind, example in bodies:
                body = {"content": example.encode()} if isinstance(example, str) else {"json": example}
                headers = {"content-type": kind}
                answer = client.request(method, path.replace("{id}", "example"), headers=headers, **body)
                assert answer.is_success, (method, path, answer.text)


def test_the_examples_of_a_page_hold_a_thread_with_an_answer(alone: tuple[Server, str], document: dict[str, Any]) -> None:
    server, key = alone
    with server.client(key) as client:
        for kind, example in examples(document, document["paths"]["/v1/parse"]["post"]):
            body = {"content": example.encode()} if isinstance(example, str) else {"json": example}
            found = client.post("/v1/parse", headers={"content-type": kind}, **body).json()
            first, second = found["comments"]
            assert (found["title"], first["author"], first["reply_to"]) == ("New tram line opens", "Ana", None), kind
            assert (second["author"], second["reply_to"]) == ("Ben", first["id"]), kind
            form = document["components"]["schemas"]
            assert (set(found), set(first)) == (set(form["Article"]["properties"]), set(form["Comment"]["properties"])), "none is missing"
