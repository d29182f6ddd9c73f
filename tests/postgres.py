"""A PostgreSQL of our own: Debian's package, started as user `postgres` in a temporary folder, reached by TCP on the loopback address."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.server import free_port

_VERSIONS = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """The folder of the newest installed version; None where there is none, or no user to run it."""
    found = sorted(_VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    with suppress(KeyError):
        pwd.getpwnam("postgres")
        return found[-1].parent if found else None
    return None


@dataclass
class Postgres:
    bin: Path
    folder: Path
    port: int
    durable: bool = False
    """Whether what is committed is on the disk, as it is for users."""

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def database(self, name: str, *options: str) -> str:
        """The URL of a new, empty database. `options` are those of createdb."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), *options, name)
        return self.url.removesuffix("/postgres") + f"/{name}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        options += "" if self.durable else " -c fsync=off -c full_page_writes=off"  # processes are killed here, never the machine
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """At once, as a machine that is switched off."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def create(self) -> None:
        self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def _run(self, *command: str) -> None:
        owner = pwd.getpwnam("postgres")
        as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [self.bin / command[0], *command[1:]],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,  # the started server inherits it: a pipe would never end
            stderr=subprocess.STDOUT,
            check=False,
            **as_owner,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, f"{command[0]} failed: {self._log()}"

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.is_file() else "no log"


@contextmanager
def running(bin: Path, *, durable: bool = False) -> Iterator[Postgres]:
    """A started server with nothing in it; stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="threadwise-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    server = Postgres(bin, folder, free_port(), durable)
    try:
        server.create()
        server.start()
        yield server
    finally:
        with suppress(AssertionError):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
