"""The OpenAPI document holds: whatever fits it is answered as it says, whatever does not is refused; nothing ends in a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from serve import security
from serve import settings as serve_settings
from serve.app import create_app
from serve.store import Store
from train.inference import Scorer

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def app(tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    database = f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'test.db'}"
    chosen = serve_settings.load(flags={"database": database, "limits.key_per_minute": 1_000_000})
    store = Store(database)
    token, key = security.new_key("openapi", 0, scopes=tuple(security.Scope))
    store.accounts.add_key(key)
    built = create_app(chosen, Scorer.load(tiny_release, threads=1), store)
    built.state.token = token
    with TestClient(built):  # the lifespan
        yield built


@pytest.fixture(scope="module")
def api(app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", app)


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent(case: schemathesis.Case, app: FastAPI) -> None:
    case.call_and_validate(headers={"X-API-Key": app.state.token}, checks=CHECKS)


def test_the_document_can_be_worked_from(app: FastAPI) -> None:
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path} says what it does"
    assert {"/v1/score", "/v1/parse", "/v1/articles", "/v1/comments", "/v1/comments/{id}", "/v1/model", "/v1/whoami"} <= set(
        document["paths"]
    )
    for name in ("ScoreRequest", "LiveComment"):
        assert document["components"]["schemas"][name]["examples"]


def test_the_examples_work(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    with TestClient(app, headers={"X-API-Key": app.state.token}) as client:
        for example in schemas["ScoreRequest"]["examples"]:
            assert client.post("/v1/score", json=example).status_code == 200
        for example in schemas["LiveComment"]["examples"]:
            assert client.put("/v1/comments/1", json=example).status_code in (200, 201)
