"""A load generator on the loopback address: requests one after another on so many connections, or at given times whatever the answers do.

A request is timed from when it was due, so that a server which stalls is not spared the requests that it kept waiting.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be written."""

    data: bytes

    @classmethod
    def of(cls, method: str, path: str, key: str, body: Any) -> Call:
        raw = json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n"
        return cls(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` 0: no whole answer came. `seconds`: from when the request was due; `ended` by the clock of `time.monotonic`."""

    status: int
    seconds: float
    ended: float


@dataclass(frozen=True)
class Load:
    """What came of a phase."""

    replies: tuple[Reply, ...]
    seconds: float

    def count(self, *statuses: int) -> int:
        return sum(reply.status in statuses for reply in self.replies)

    @property
    def rate(self) -> float:
        """Answers with scores, a second."""
        return self.count(200, 201) / self.seconds

    def quantile(self, share: float, *statuses: int) -> float:
        """Seconds within which that share of the answers came; NaN where there was none."""
        times = [reply.seconds for reply in self.replies if reply.status in (statuses or (200, 201))]
        return float(np.quantile(times, share)) if times else float("nan")


def closed(port: int, calls: Sequence[Call], connections: int, seconds: float) -> Load:
    """`connections` clients, each of which asks again as soon as it is answered. Calls are used in whole circles until the time is over: of
    a part of them one phase would have shorter ones than another."""
    return asyncio.run(_closed(port, calls, connections, seconds))


def opened(
    port: int, calls: Sequence[Call], rate: float, seconds: float, *, even: bool = False, timeout_s: float = 60.0, seed: int = 0
) -> Load:
    """`rate` requests a second, whatever the answers do: at random times (Poisson), as from many people who do not wait for each other, or
    `even`ly spaced, as wrk2 asks; in whole circles, as `closed`."""
    count = math.ceil(rate * seconds / len(calls)) * len(calls)
    gaps = np.full(count, 1 / rate) if even else np.random.default_rng(seed).exponential(1 / rate, count)
    return asyncio.run(_opened(port, calls, np.cumsum(gaps).tolist(), timeout_s))


async def _closed(port: int, calls: Sequence[Call], connections: int, seconds: float) -> Load:
    replies: list[Reply] = []
    begun = time.monotonic()
    order = _circles(calls, begun + seconds)

    async def client() -> None:
        line = _Line(port)
        replies.extend([await line.ask(call, time.monotonic()) for call in order])
        line.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return Load(tuple(replies), time.monotonic() - begun)


def _circles(calls: Sequence[Call], end: float) -> Iterator[Call]:
    """At least one whole circle."""
    yield from calls
    while time.monotonic() < end:
        yield from calls


async def _opened(port: int, calls: Sequence[Call], times: Sequence[float], timeout_s: float) -> Load:
    idle: list[_Line] = []
    begun = time.monotonic()

    async def one(call: Call, due: float) -> Reply:
        line = idle.pop() if idle else _Line(port)
        try:
            async with asyncio.timeout(timeout_s):
                reply = await line.ask(call, due)
        except TimeoutError:
            line.close()
            return Reply(0, time.monotonic() - due, time.monotonic())
        idle.append(line)
        return reply

    tasks = []
    for place, at in enumerate(times):
        await asyncio.sleep(max(begun + at - time.monotonic(), 0))
        tasks.append(asyncio.create_task(one(calls[place % len(calls)], begun + at)))
    replies = await asyncio.gather(*tasks)
    for line in idle:
        line.close()
    return Load(tuple(replies), time.monotonic() - begun)


class _Line:
    """A connection that is kept open, and opened anew where the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._wire: _Wire | None = None

    async def ask(self, call: Call, due: float) -> Reply:
        try:
            if self._wire is None or self._wire.lost:
                _, self._wire = await asyncio.get_running_loop().create_connection(_Wire, "127.0.0.1", self._port)
            status = await self._wire.ask(call.data)
        except OSError:
            self.close()
            status = 0
        now = time.monotonic()
        return Reply(status, now - due, now)

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


class _Wire(asyncio.Protocol):
    """One connection, without the streams of asyncio: who asks shares the cores with the server."""

    def __init__(self) -> None:
        self.lost = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._seen = b""

    def ask(self, data: bytes) -> asyncio.Future[int]:
        """The status, once the whole answer is there. Raises OSError where the connection is lost before."""
        assert self._transport is not None
        self._seen, self._answer = b"", asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._answer

    def close(self) -> None:
        assert self._transport is not None
        self.lost = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, body = self._seen.partition(b"\r\n\r\n")
        head = head.lower() + b"\r\n"
        if not end or len(body) < int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        if b"connection: close" in head:
            self.close()
        if not self._answer.done():
            self._answer.set_result(int(head.split(b" ", 2)[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self._answer.done():
            self._answer.set_exception(ConnectionResetError())
