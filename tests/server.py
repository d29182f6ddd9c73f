"""A real server in a process of its own, and the command line, as tests use them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[1]
_READY_S = 180


def threadwise(*arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> str:
    """Standard output of a verb; raises AssertionError with its words where it fails."""
    command = [sys.executable, "-m", "threadwise", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=ROOT, env=_environment(environment), check=False)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


def last_line(output: str) -> str:
    """What a verb made: a key, a name, a secret."""
    return output.strip().splitlines()[-1]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Server:
    """`threadwise serve` on a free port of this machine. `log` is its standard error, `output` its standard output."""

    database: str
    model: Path
    folder: Path
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / f"{self.port}.log").read_text(encoding="utf-8")

    @property
    def output(self) -> str:
        return (self.folder / f"{self.port}.out").read_text(encoding="utf-8")

    def start(self) -> Server:
        """Starts it and waits until /readyz answers 200."""
        command = [sys.executable, "-m", "threadwise", "serve", "--port", str(self.port), "--model", str(self.model), *self.options]
        command += ["--database", self.database] if self.database else []
        with (self.folder / f"{self.port}.log").open("a") as log, (self.folder / f"{self.port}.out").open("w") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=log, stdin=subprocess.DEVNULL, cwd=ROOT, env=_environment(self.environment), text=True
            )
        end = time.monotonic() + _READY_S
        while time.monotonic() < end:
            assert self.process.poll() is None, f"the server ended at once: {self.log}"
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return self
            time.sleep(0.05)
        self.kill()
        raise AssertionError(f"not ready within {_READY_S} s: {self.log}")

    def stop(self) -> int:
        """SIGTERM; the exit code once it has ended."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        """SIGKILL: nothing is finished."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(60)

    def key(self, name: str = "site", *options: str) -> str:
        """A new key, made by the command line."""
        return last_line(threadwise("keys", "create", name, "--database", self.database, *options))

    def client(self, key: str | None = None, **options: Any) -> httpx2.Client:
        """A client of this server that sends the key."""
        return httpx2.Client(base_url=self.url, headers={"X-API-Key": key} if key else {}, timeout=60, **options)


@contextlib.contextmanager
def running(
    folder: Path, model: Path, *options: str, database: str | None = None, environment: dict[str, str] | None = None
) -> Iterator[Server]:
    """A started server; its database is a SQLite file in `folder` unless one is given. Killed afterwards if it still runs."""
    url = f"sqlite:///{folder / 'test.db'}" if database is None else database
    server = Server(url, model, folder, options, environment or {})
    try:
        yield server.start()
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Settings of whoever runs the tests must not decide them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THREADWISE_")}
    return {**kept, "OMP_NUM_THREADS": "1", **(more or {})}
