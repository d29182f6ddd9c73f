"""Runs the application in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
import uvicorn

from labels.errors import ConfigError
from labels.scores import ScoreInput
from seeds import detect
from serve import apart, demo, operations
from serve.app import create_app
from serve.demo import Access
from serve.settings import Settings
from serve.store import Store
from train import release
from train.inference import Scorer

_LOG = structlog.get_logger("serve")
_KEEP_ALIVE_S = 75
"""Clients that hold connections open renew them after a minute; a server that closes first makes them fail."""
_GRACE_S = 30
_SWITCH_S = 0.001
"""How long a thread may keep the interpreter from another: a pass that is over must not wait five milliseconds to begin the next."""


def run(settings: Settings, *, show: Callable[[Access], None] | None = None) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was accepted. `show`: load the demo and show how to enter it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the loading too, and leaves nothing behind
    doors = _doors(settings.host, settings.port)  # before the work of loading, and told in one line where they are taken
    sys.setswitchinterval(_SWITCH_S)
    apart.warm()
    operations.configure_logs(texts=settings.log_texts)
    model = Path(settings.model)
    threads = settings.scoring.threads or os.cpu_count() or 1
    scorer = Scorer.load(model if model.is_dir() else release.packaged(settings.model), threads=threads, lanes=threads)
    # Before the port is open, as the model: a service that says it is ready needs no file for its first comment.
    detect.language("This sentence is long enough to have its language told.")
    scorer.encode([ScoreInput("", "Ne razbiram zashto kmetat mylchi i nikoj ne go pita")])  # words typed in Latin letters: .2 s a language
    _LOG.info("model", model=scorer.model, notice=scorer.manifest.notice)
    _LOG.info("settings", **settings.shown())
    app = create_app(settings, scorer, Store(settings.database))
    if show is not None:
        show(demo.load(app.state.service))
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    gc.collect()
    gc.freeze()  # what is loaded stays; each full collection that walked it would stop everybody for 80 ms
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises the signal once more when all is finished
        _Server(config, app.state.service.ending).run(sockets=doors)


class _Server(uvicorn.Server):
    """Says when it is told to stop: uvicorn waits for every answer, also for those that have no end."""

    def __init__(self, config: uvicorn.Config, ending: asyncio.Event) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending.set()
        await super().shutdown(sockets)


def _doors(host: str, port: int) -> list[socket.socket]:
    """Bound to each address of the host; nobody is let in yet. Raises ConfigError."""
    found = list[socket.socket]()
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
            door = socket.socket(family, kind, protocol)
            found.append(door)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind(address)
    except OSError as error:
        for door in found:
            door.close()
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return found


@contextlib.contextmanager
def temporary_database() -> Iterator[str]:
    """The URL of a database that is gone afterwards, also where the process is told to end."""
    with tempfile.TemporaryDirectory(prefix="threadwise-demo-") as folder:
        yield f"sqlite:///{folder}/demo.db"
