"""The scoring queue behind a real server: what else is asked while a long list is scored, and what becomes of those who hang up."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.server import Server, running

_LIST = {"comments": [{"id": number, "text": f"comment number {number} says nothing new " * 8} for number in range(400)]}


@pytest.fixture(scope="module")
def alone(tiny_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that nobody else asks, so that its metrics are of this module; it keeps no scores."""
    options = ("--set", "scoring.cache_entries=0", "--set", "limits.request_s=600")  # no machine is too busy for the list
    with running(tmp_path_factory.mktemp("scoring"), tiny_release, *options) as started:
        yield started


def metric(server: Server, name: str) -> float:
    lines = httpx2.get(f"{server.url}/metrics", timeout=60).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def until(holds: Callable[[], bool], over: Callable[[], bool] = lambda: False) -> bool:
    """Whether it came to hold before `over` did; waits two minutes."""
    end = time.monotonic() + 120
    while time.monotonic() < end and not over():
        if holds():
            return True
    return False


def test_a_long_list_does_not_hold_up_the_event_loop(alone: Server) -> None:
    with alone.client(alone.key("list")) as client, ThreadPoolExecutor(1) as pool:
        whole: Future[Any] = pool.submit(client.post, "/v1/score", json=_LIST, timeout=600)
        assert until(lambda: metric(alone, "threadwise_queue_comments") > 0, whole.done), "/metrics is answered while comments wait"
        assert [one["id"] for one in whole.result().json()["comments"]] == list(range(400))


def test_who_hangs_up_is_not_scored_to_the_end(alone: Server) -> None:
    before = metric(alone, "threadwise_batch_comments_sum")
    body = json.dumps(_LIST).encode()
    head = f"POST /v1/score HTTP/1.1\r\nHost: x\r\nX-API-Key: {alone.key('gone')}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", alone.port)) as line:
        line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert until(lambda: metric(alone, "threadwise_queue_comments") > 0)
    assert until(lambda: metric(alone, "threadwise_queue_comments") == 0)
    assert metric(alone, "threadwise_batch_comments_sum") - before < len(_LIST["comments"])
    with alone.client(alone.key("next")) as client:
        assert client.post("/v1/score", json={"comments": [{"id": 1, "text": "next"}]}).status_code == 200
