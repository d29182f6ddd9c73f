"""A Firefox of the system, driven by WebDriver BiDi over a WebSocket: Playwright asks for what Firefox ESR does not know yet.

Only what the desk's test needs: pages, keys, scripts, pictures. https://w3c.github.io/webdriver-bidi/
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import secrets
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004"}
_START_S, _ANSWER_S = 60, 60
_TEXT, _LAST, _MASKED = 1, 0x80, 0x80
_LEFT = re.compile("The connection to .+ was interrupted while the page was loading")
"""What Firefox says of an event stream when its page is left, even though the page closes it when it is told."""


def binary() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextmanager
def running(path: str, folder: Path) -> Iterator[Firefox]:
    """A headless Firefox with a profile of its own in `folder`, closed afterwards."""
    log = folder / "firefox.log"
    command = [path, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {"HOME": str(folder)})
    try:
        with _Wire(_address(process, log)) as wire:
            yield Firefox(wire)
    finally:
        process.terminate()
        process.wait(60)


class Firefox:
    """One page. `troubles`: errors on its console and exceptions of its scripts."""

    def __init__(self, wire: _Wire) -> None:
        self.troubles: list[str] = []
        self._wire = wire
        self._numbers = itertools.count(1)
        self._call("session.new", capabilities={})
        self._call("session.subscribe", events=["log.entryAdded"])
        self._page: str = self._call("browsingContext.create", type="tab")["context"]
        self._call("browsingContext.setViewport", context=self._page, viewport={"width": 1280, "height": 900})

    def goto(self, url: str) -> None:
        self._call("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, as JSON has it."""
        target = {"context": self._page}
        told = self._call("script.evaluate", expression=f"JSON.stringify({expression})", target=target, awaitPromise=True)
        assert told["type"] == "success", told
        text = told["result"].get("value")
        return None if text is None else json.loads(text)

    def press(self, *keys: str) -> None:
        pressed = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("input.performActions", context=self._page, actions=[{"type": "key", "id": "keys", "actions": pressed}])

    def until(self, expression: str, expected: Any) -> None:
        """Waits for a value; fails after 20 seconds."""
        end = time.monotonic() + 20
        while (found := self.evaluate(expression)) != expected:
            assert time.monotonic() < end, f"{expression}: {found!r}, not {expected!r}"
            time.sleep(0.05)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("browsingContext.captureScreenshot", context=self._page)["data"]))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._wire.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._wire.receive())
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error" and not _LEFT.match(told["params"]["text"]):
                self.troubles.append(told["params"]["text"])
            if told.get("id") == number:
                assert told["type"] == "success", told
                found: dict[str, Any] = told["result"]
                return found


class _Wire:
    """The client's half of RFC 6455: text messages, nothing else."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=_ANSWER_S)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = (f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade")
        lines += (f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", "")
        self._socket.sendall("\r\n".join(lines).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._read(1)
        assert b" 101 " in head.partition(b"\r\n")[0], head

    def __enter__(self) -> _Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, text: str) -> None:
        body, mask = text.encode(), secrets.token_bytes(4)
        assert len(body) < 2**16, "longer than this test's messages are"
        size = struct.pack("!B", _MASKED | len(body)) if len(body) < 126 else struct.pack("!BH", _MASKED | 126, len(body))
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))
        self._socket.sendall(bytes([_LAST | _TEXT]) + size + mask + masked)

    def receive(self) -> str:
        text = b""
        while True:
            first, second = self._read(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(self._read(2 if size == 126 else 8))
            body = self._read(size)
            if first & 0x0F <= _TEXT:  # pings and the like are passed over
                text += body
                if first & _LAST:
                    return text.decode()

    def _read(self, size: int) -> bytes:
        body = b""
        while len(body) < size:
            part = self._socket.recv(size - len(body))
            assert part, "Firefox has closed the connection"
            body += part
        return body


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text(errors="replace")):
            return f"{found[1]}/session"
        time.sleep(0.1)
    raise AssertionError(f"Firefox did not start: {log.read_text(errors='replace')[-2000:]}")
