"""Takes review-queue.png and review-bulk.png from the sample data of `threadwise serve --demo`: `python docs/images/shoot_desk.py`.

Needs Chromium and the extra [dev]. How often people and model agreed on the bulk page is of the demo's invented decisions.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE.parents[1]))

from tests.server import Server  # noqa: E402  # the repository's root must be on the path first


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        server = Server("", "main", Path(scratch), ("--demo",))  # type: ignore[arg-type]  # a release by its name
        server.start()
        try:
            login = re.search(r"^login: (\S+) (\S+)$", server.output, re.MULTILINE)
            if login is None:
                raise SystemExit(f"no login: {server.output}")
            _shoot(server.url, login[1], login[2], folder)
        finally:
            server.stop()


def _shoot(url: str, name: str, password: str, folder: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="light", reduced_motion="reduce", base_url=url)
        page.goto("/login")
        page.locator("[name=username]").fill(name)
        page.locator("[name=password]").fill(password)
        page.locator("button.main").click()
        page.wait_for_url("**/review")
        page.goto("/review")
        page.keyboard.press("j")
        page.mouse.move(0, 0)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / "review-queue.png")
        page.set_viewport_size({"width": 1200, "height": 1060})
        page.goto("/review/bulk?low=60&high=100")
        page.screenshot(path=folder / "review-bulk.png")
        browser.close()


if __name__ == "__main__":
    main(_HERE)
