"""A short share of tests/benchmarks/bench_serve.py: a storm beyond what the service can score. Here is what must hold, without figures."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import load
from tests.benchmarks.load import Call
from tests.server import running

_TIME_LIMIT_S = 30.0
"""limits.request_s as it comes."""


def test_a_storm_is_answered_whole_and_leaves_nothing_behind(tiny_release: Path, tmp_path: Path) -> None:
    options = ("--set", "limits.key_per_minute=100000000", "--set", "limits.queue_comments=20", "--set", "scoring.cache_entries=0")
    with running(tmp_path, tiny_release, *options) as server:
        key = server.key("storm")
        body = {"requestedAttributes": {"TOXICITY": {}}}
        texts = [f"the mayor is lovely {place}" for place in range(64)]
        calls = [Call.of("POST", "/v1alpha1/comments:analyze", key, body | {"comment": {"text": text}}) for text in texts]
        capacity = max(load.closed(server.port, calls, 8, 2).rate, 1)
        # Lists keep the model busy, so that the storm meets a full queue on a machine of any speed.
        lists = [
            Call.of("POST", "/v1/score", key, {"comments": [{"id": str(place), "text": text * 20} for place, text in enumerate(texts)]})
        ]
        storm = load.opened(server.port, [*calls, *lists * 16], 2 * capacity, 3, timeout_s=3 * _TIME_LIMIT_S)
        assert storm.count(200, 503) == len(storm.replies), "none is lost, none fails otherwise"
        assert storm.count(200) > 0
        assert storm.count(503) > 0
        assert max(reply.seconds for reply in storm.replies) < _TIME_LIMIT_S
        assert load.closed(server.port, calls[:1], 1, 0).count(200) == 1, "and the next one is scored"
