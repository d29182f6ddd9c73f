"""Takes report.png from a report: `python docs/images/shoot.py report.html`. Needs Chromium and the extra [dev]."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_SHOWN = "Harrow Mill"
"""A part of the title of the sample that the picture shows."""


def main(report: Path, picture: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1120, "height": 1120}, color_scheme="light", reduced_motion="reduce")
        page.goto(report.resolve().as_uri())
        page.locator("section.page", has=page.locator("h2", has_text=_SHOWN)).first.evaluate("section => section.scrollIntoView()")
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("report.png"))
