"""`POST /v1/moderations` with the official client."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import openai
import pytest
from openai.types import moderation

from tests.server import Server

CATEGORIES = {field.alias or name for name, field in moderation.Categories.model_fields.items()}


@pytest.fixture(scope="session")
def official(server: Server, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=key, base_url=f"{server.url}/v1", max_retries=0) as client:
        yield client


def test_one_text(official: openai.OpenAI) -> None:
    found = official.moderations.create(input="the mayor is a stupid idiot", model="omni-moderation-latest")
    assert found.id.startswith("modr-")
    assert "@" in found.model, "ours, whatever was asked for"
    (result,) = found.results
    raw = result.model_dump(by_alias=True)
    assert set(raw["categories"]) == set(raw["category_scores"]) == set(raw["category_applied_input_types"]) == CATEGORIES
    assert len(CATEGORIES) == 13


def test_categories_are_our_outputs(official: openai.OpenAI, client: httpx2.Client) -> None:
    text = "the mayor is a stupid idiot, and so is this school"
    (ours,) = client.post("/v1/score", json={"comments": [{"id": "1", "text": text}]}).json()["comments"]
    sure = {name: value for name, value in ours["scores"]["toxicity"].items() if f"toxicity.{name}" not in ours["low_confidence"]}
    (result,) = official.moderations.create(input=text).results
    scores = result.category_scores
    assert scores.harassment == max(sure["toxicity"], sure["insult"])
    assert (scores.hate, scores.sexual) == (sure["identity_attack"], sure["sexually_explicit"])
    assert scores.harassment_threatening == sure.get("threat", 0.0), "what the model is not sure of is no verdict"
    for name in type(scores).model_fields:
        assert getattr(result.categories, name) is (getattr(scores, name) >= 0.5)
    assert result.category_applied_input_types.harassment == ["text"]


def test_what_is_not_judged_is_false_and_zero(official: openai.OpenAI) -> None:
    (result,) = official.moderations.create(input="the mayor is a stupid idiot").results
    for name in ("self_harm", "self_harm_instructions", "self_harm_intent", "violence", "violence_graphic", "illicit", "sexual_minors"):
        assert getattr(result.categories, name) is False
        assert getattr(result.category_scores, name) == 0.0
        assert getattr(result.category_applied_input_types, name) == []


def test_a_text_too_short_to_tell_its_language_is_judged_all_the_same(official: openai.OpenAI, client: httpx2.Client) -> None:
    text = "you idiot"  # Walloon, says the detector
    (ours,) = client.post("/v1/score", json={"comments": [{"id": "1", "text": text}]}).json()["comments"]
    assert ours["lang"] is None
    (result,) = official.moderations.create(input=text).results
    assert result.category_scores.harassment == max(ours["scores"]["toxicity"]["toxicity"], ours["scores"]["toxicity"]["insult"]) > 0


def test_texts_of_parts_are_one_result(official: openai.OpenAI) -> None:
    parts = [{"type": "text", "text": "the mayor"}, {"type": "text", "text": "is lovely"}]
    assert len(official.moderations.create(input=parts).results) == 1  # type: ignore[arg-type]


def test_order_is_kept(official: openai.OpenAI) -> None:
    texts = [f"the park works well {number}" for number in range(40)]
    alone = official.moderations.create(input=texts[39]).results[0].category_scores.harassment
    assert official.moderations.create(input=texts).results[39].category_scores.harassment == pytest.approx(alone, abs=0.002)


def test_an_image_is_refused_by_name(official: openai.OpenAI) -> None:
    image = [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    with pytest.raises(openai.BadRequestError) as caught:
        official.moderations.create(input=image)  # type: ignore[arg-type]
    assert (caught.value.param, caught.value.type) == ("input", "invalid_request_error")
    assert "images" in str(caught.value)


@pytest.mark.parametrize("given", [[], 7, None, [{"type": "text"}], {"a": 1}])
def test_what_is_no_input(official: openai.OpenAI, given: object) -> None:
    with pytest.raises(openai.BadRequestError):
        official.moderations.create(input=given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "broken", [b"", b"\xff", b"{input: " + b"[" * 9_000, b'{"input": "\\ud83d"}', b'{"input": [' + b"9" * 5_000 + b"]}"]
)
def test_broken_bodies(client: httpx2.Client, broken: bytes) -> None:
    found = client.post("/v1/moderations", content=broken)
    assert (found.status_code, found.json()["error"]["code"]) == (400, "invalid_json")


def test_a_slash_at_the_end_changes_nothing(client: httpx2.Client) -> None:
    assert client.post("/v1/moderations/", json={"input": "the mayor is lovely"}).json()["results"]
    assert client.post("/v1/moderations/", json={}).json()["error"]["param"] == "input"


def test_a_text_that_is_too_long_does_not_pass_as_harmless(official: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        official.moderations.create(input="x" * 200_001)
    assert caught.value.code == "string_above_max_length"


def test_a_wrong_key_and_a_rate(server: Server) -> None:
    with openai.OpenAI(api_key="sk-wrong", base_url=f"{server.url}/v1", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            client.moderations.create(input="x")
        assert caught.value.code == "invalid_api_key"
        assert caught.value.request_id
    limited = server.key("openai-limited", "--per-minute", "1")
    with openai.OpenAI(api_key=limited, base_url=f"{server.url}/v1", max_retries=0) as client:
        client.moderations.create(input="x")
        with pytest.raises(openai.RateLimitError) as limit:
            client.moderations.create(input="x")
        assert limit.value.code == "rate_limit_exceeded"
