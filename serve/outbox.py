"""Sends what the outbox holds: Standard Webhooks 1.0.0, at least once, the same id over all tries.

An event leaves the outbox only when a target has answered 2xx. A sender that is killed leaves its event leased; the lease ends by itself.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import logging
import re
import secrets
import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any

import httpx2

from labels.errors import ConfigError
from serve.store.events import Event, Events

_LOG = logging.getLogger(__name__)
WAITS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Between tries; the waits that the standard gives as its example. After the last one an event is dead, and shown as such."""
UNREACHED_S = 60
"""How long a target that cannot be reached is left alone: its other events must not hold up those of the targets that answer."""
_IDLE_S = 5.0
"""Another process may have written an event: look again at least this often."""
_UNICAST = IPv6Network("2000::/3")
"""All that IANA gives out to hosts; ipaddress calls also global what is given out to nobody."""
_NAT64 = IPv6Network("64:ff9b::/96")


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, id: str, timestamp: int, body: str) -> str:
    """`v1,<base64>` over `<id>.<timestamp>.<body>`; of several secrets with spaces between, so many of them."""
    if " " in secret:
        return " ".join(signature(each, id, timestamp, body) for each in secret.split())
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def checked(url: str, *, allow_private: bool) -> list[str]:
    """What to connect to: addresses of the URL's host, all of them public; the host as it stands where private ones are allowed.

    Raises ConfigError: no http, no host, no port, or a private address.
    """
    try:
        parts = httpx2.URL(url)
        host, port = parts.raw_host.decode(), parts.port
        host.encode("idna")  # as the resolver does, which raises for labels that are empty or longer than 63
    except (httpx2.InvalidURL, ValueError) as error:
        raise ConfigError(f"{url}: a webhook is an http or https address: {error}") from error
    if parts.scheme not in ("http", "https") or not host or (port is not None and not 0 < port < 65_536):
        raise ConfigError(f"{url}: a webhook is an http or https address with a host, and a port from 1 to 65535 if any")
    if allow_private:
        return [host]
    try:
        found = list(dict.fromkeys(str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except OSError as error:
        raise ConfigError(f"{url}: the name cannot be resolved: {error}") from error
    if not all(is_public(ipaddress.ip_address(address.partition("%")[0])) for address in found):
        raise ConfigError(f"{url}: it leads into a private network; webhooks.allow_private_targets = true allows that")
    return found


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is of one host on the internet. One that carries an IPv4 address leads to that, and is what that is."""
    if isinstance(address, IPv6Address):
        nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
        if inner := nat64 or address.ipv4_mapped or address.sixtofour:
            return is_public(inner)
        return address in _UNICAST and address.is_global
    return address.is_global and not address.is_multicast


class Sender:
    """One thread that sends due events, longest due first. `clock` gives seconds since 1970."""

    def __init__(
        self,
        events: Events,
        *,
        clock: Callable[[], float],
        timeout_s: float,
        allow_private: bool,
        watch: Callable[[str], None] = lambda outcome: None,
    ) -> None:
        self._events, self._clock, self._timeout_s, self._allow_private, self._watch = events, clock, timeout_s, allow_private, watch
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._unreached: dict[int, int] = {}
        """Targets that are left alone -> until when. Of this process only: another one finds out by a try of its own."""

    @property
    def alive(self) -> bool:
        """Whether events that are due will be sent."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def notify(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def stop(self) -> None:
        """Ends after the try that runs."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(self._timeout_s + 5)

    def send_due(self) -> int:
        """Tries every event that is due now; how many."""
        count = 0
        while not self._stopping.is_set() and (event := self._events.claim(self._now(), int(self._timeout_s * 2000), self._left_alone())):
            self._try(event)
            count += 1
        return count

    def _left_alone(self) -> list[int]:
        now = self._now()
        self._unreached = {webhook: until for webhook, until in self._unreached.items() if until > now}
        return list(self._unreached)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            wait = _IDLE_S
            try:
                self.send_due()
                due = self._events.next_due(self._left_alone())
                wait = _IDLE_S if due is None else min(_IDLE_S, max(0.0, (due - self._now()) / 1000))
            except Exception as error:  # nobody would start the thread anew
                _LOG.warning("outbox: %s: %s", type(error).__name__, error)
            self._wake.wait(wait)

    def _try(self, event: Event) -> None:
        problem, wait = self._post(event)
        if wait is None:
            self._unreached[event.webhook], wait = self._now() + UNREACHED_S * 1000, UNREACHED_S
        if problem is None:
            self._events.delivered(event.number, self._now())
            self._watch("delivered")
            return
        if problem == "410":
            self._events.disable_target(event.webhook, self._now())
        wait = max(wait, WAITS_S[event.tries - 1]) if event.tries <= len(WAITS_S) else 0
        # Jitter keeps many events that failed together from coming back together.
        due = self._now() + int(wait * 1000 * (1 + secrets.randbelow(100) / 1000)) if wait else None
        self._events.failed(event.number, problem, due, self._now())
        self._watch("failed" if due else "dead")

    def _post(self, event: Event) -> tuple[str | None, float | None]:
        """What went wrong (None: it has taken the event), and how long the target asks to wait (None: it cannot be reached)."""
        stamp = int(self._clock())
        try:
            headers = {
                "content-type": "application/json",
                "user-agent": "Threadwise",
                "webhook-id": event.id,
                "webhook-timestamp": str(stamp),
                "webhook-signature": signature(event.secret, event.id, stamp, event.body),
            }
            status, asked = asyncio.run(self._answer(event, headers))
        except Exception as error:  # of whatever kind: an address or an answer is to blame for its own delivery only
            return f"{type(error).__name__}: {error}", None
        if 200 <= status < 300:
            return None, 0
        return str(status), min(float(asked), 86_400) if re.fullmatch("[0-9]+", asked) else 0

    async def _answer(self, event: Event, headers: dict[str, str]) -> tuple[int, str]:
        """Status and Retry-After of the first address that takes the connection. Raises what went wrong."""
        # One deadline for all of it: limits of single reads are no limit for a target that sends a little again and again.
        # Only the resolver, which blocks, may overrun it by as much as its own limits allow.
        async with asyncio.timeout(self._timeout_s):
            addresses = checked(event.url, allow_private=self._allow_private)
            problem: Exception = ConfigError(f"{event.url}: the name has no address")
            url = httpx2.URL(event.url)
            # To the address that was checked: asked again, the name might lead elsewhere. TLS still holds the target to its name.
            given: dict[str, Any] = {
                "headers": headers | {"host": url.netloc.decode()},
                "content": event.body.encode(),
                "extensions": {"sni_hostname": url.raw_host.decode()},
            }
            async with httpx2.AsyncClient(timeout=httpx2.Timeout(None, connect=self._timeout_s / len(addresses))) as client:
                for address in addresses:
                    try:
                        # The body is left unread: it says nothing, and one without end would hold up everybody's events.
                        async with client.stream("POST", url.copy_with(host=address), **given) as answer:
                            return answer.status_code, answer.headers.get("retry-after", "")
                    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                        problem = error
        raise problem

    def _now(self) -> int:
        return int(self._clock() * 1000)
