"""A line of its own for slow work, so that it takes no thread from the database and a storm of it is turned away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from serve.scoring import QueueFullError

P = ParamSpec("P")
T = TypeVar("T")


class Line:
    """Runs so many things at once and lets so many more wait. `full`: what is said to the others."""

    def __init__(self, at_once: int, waiting: int, full: str) -> None:
        self._pool = ThreadPoolExecutor(at_once, "line")
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._full = full

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Its result. Raises QueueFullError at once where too many wait."""
        if not self._places.acquire(blocking=False):
            raise QueueFullError(1, self._full)
        future = self._pool.submit(function, *args, **kwargs)
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)
