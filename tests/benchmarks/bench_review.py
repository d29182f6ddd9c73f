"""The moderators' desk with a long queue, on SQLite and PostgreSQL: server times of its pages, and the next card in a browser.

    python tests/benchmarks/bench_review.py [--release FOLDER] [--comments 100000] [--databases sqlite postgresql] [--json OUT]

Server times are those of the server's own log: from the request's first byte to the answer's last. "next card drawn" is measured in
Chromium, from the key to the second frame after the next card has become the current one. Aims of the desk at 100,000 comments: first
page 300 ms, histogram 500 ms, next card 100 ms at the median.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import sync_playwright

from serve import security
from serve.store import Store
from tests import postgres
from tests.benchmarks import desk_data
from tests.benchmarks.figures import say
from tests.server import Server, running
from train import release

PAGES = {
    "first page": "/review",
    "first page by score": "/review?sort=score",
    "first page of one site": "/review?site=north",
    "filtered by two heads": "/review?stance=against&low=70",
    "full-text search": "/review?q=stupid+bridge",
    "decided, disagreeing with the model": "/review?state=decided&disagree=1",
    "further cards": "/review/cards",
    "bulk: histogram, range, sample": "/review/bulk?low=90",
    "insight": "/insight",
    "policy preview": "/review/policy?at.3=60",
    "labels": "/labels",
}
ROUNDS = 9
PRESSES = 40
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PASSWORD = "correct horse"
_WATCH = """() => {
  window.drawn = [];
  let pressed = null;
  addEventListener("keydown", () => { pressed = performance.now(); }, true);
  new MutationObserver((changes) => {
    if (pressed === null || !changes.some((one) => one.target.getAttribute?.("aria-current") === "true")) return;
    const begun = pressed;
    pressed = null;
    requestAnimationFrame(() => requestAnimationFrame(() => window.drawn.push(performance.now() - begun)));
  }).observe(document.getElementById("cards"), { attributes: true, attributeFilter: ["aria-current"], subtree: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, default=None)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    found: dict[str, Any] = {"machine": f"{platform.machine()}, {os.cpu_count()} cores", "open comments": given.comments}
    for kind in given.databases:
        with tempfile.TemporaryDirectory() as folder, _database(kind, Path(folder)) as url:
            figures = measure(url, Path(folder), given.release or release.packaged(), given.comments)
        found |= {f"{kind}: {name}": value for name, value in figures.items()}
    say(found, given.json)


def measure(url: str, folder: Path, model: Path, count: int) -> dict[str, float]:
    """Milliseconds by name: medians, and the slowest where it says so."""
    store = Store(url)
    try:
        desk_data.fill(store, count)
        now = int(time.time() * 1000)
        store.accounts.add_user(security.new_user("ana", _PASSWORD, "admin", now))
        token = security.sign_in(store.accounts, "ana", _PASSWORD, now) or ""
    finally:
        store.close()
    with running(folder, model, database=url) as server:
        return _pages(server, token) | _next_card(server, token) | _in_bulk(server, token)


def _pages(server: Server, token: str) -> dict[str, float]:
    found = {}
    with _client(server, token) as client:
        for name, path in PAGES.items():
            for _ in range(ROUNDS):
                answer = client.get(path)
                assert answer.status_code == 200, (path, answer.text[:300])
            times = _logged(server, path.partition("?")[0])[-ROUNDS:]
            found[f"{name}, ms"] = statistics.median(times)
            found[f"{name}, slowest, ms"] = max(times)
    return found


def _next_card(server: Server, token: str) -> dict[str, float]:
    """Approves one comment after the other, as fast as a quick reader."""
    path = shutil.which("chromium")
    if path is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        cookie = {"name": "threadwise_session", "value": token, "url": server.url}
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{server.url}/review")
        page.evaluate(_WATCH)
        for _ in range(PRESSES):
            page.keyboard.press("a")
            page.wait_for_timeout(250)
        drawn: list[float] = page.evaluate("window.drawn")
        browser.close()
    assert len(drawn) == PRESSES, f"{len(drawn)} of {PRESSES} cards came"
    decided = _logged(server, "/review/comments/{number}/decide")
    return {
        "next card drawn, ms": statistics.median(drawn),
        "next card drawn, 95 %, ms": sorted(drawn)[int(0.95 * len(drawn))],
        "decision on the server, ms": statistics.median(decided),
    }


def _in_bulk(server: Server, token: str) -> dict[str, float]:
    """About a thousand comments decided at once, and undone."""
    view = "output=toxicity.toxicity&low=98&high=100&site=north"
    with _client(server, token) as client:
        form = {"act": "reject", "newest": str(2**40), "view": view}
        answer = client.post("/review/bulk/decide", data=form)
        assert answer.status_code == 303, answer.text
        members = dict(part.split("=") for part in answer.headers["location"].partition("?")[2].split("&"))
        done = client.post("/review/bulk/undo", data={"batch": members["batch"], "view": view})
        assert done.headers["location"].endswith(f"undone={members['done']}"), done.headers["location"]
    return {
        "bulk: comments decided": float(members["done"]),
        "bulk: decided, ms": _logged(server, "/review/bulk/decide")[-1],
        "bulk: undone, ms": _logged(server, "/review/bulk/undo")[-1],
    }


def _client(server: Server, token: str) -> httpx2.Client:
    headers = {"Cookie": f"threadwise_session={token}", "Sec-Fetch-Site": "same-origin"}
    return httpx2.Client(base_url=server.url, headers=headers, timeout=120)


def _logged(server: Server, route: str) -> list[float]:
    """Times that the server has written down for a route."""
    lines = (json.loads(line) for line in server.log.splitlines() if line.startswith("{"))
    return [line["ms"] for line in lines if line.get("event") == "request" and line["route"] == route]


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    found = postgres.binaries()
    if found is None:
        raise SystemExit("PostgreSQL is not installed (Debian: postgresql)")
    with postgres.running(found) as started:
        yield started.database("bench")


if __name__ == "__main__":
    main()
