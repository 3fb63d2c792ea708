"""The pictures of README and docs, taken from a running demonstration.

    ./hailong run                                              (in one terminal)
    ./hailong exec python docs/take_pictures.py [ADDRESS]      (in another; needs the test environment)
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).resolve().parent / "pictures"
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
QUIET = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]


def take(page: Page, name: str, *, whole: bool = False) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


def citizen(browser: Browser, base: str, point: str) -> None:
    """Start, a factor, a problem, the thanks, on a phone; the start on a desktop."""
    page = browser.new_page(viewport=PHONE)
    page.goto(f"{base}{point}")
    take(page, "form-start-360")
    page.get_by_role("button", name="Bắt đầu").click()
    for choice in page.locator("fieldset:visible").all()[:2]:
        choice.get_by_text("Hài lòng", exact=True).click()
    page.evaluate("window.scrollTo(0, 0)")
    take(page, "form-factor-360")
    wide = browser.new_page(viewport=DESKTOP)
    wide.goto(f"{base}{point}")
    take(wide, "form-start-1280")
    wide.get_by_role("button", name="Bắt đầu").click()
    take(wide, "form-factor-1280")


def staff(browser: Browser, base: str) -> None:
    for width, view in (("360", PHONE), ("1280", DESKTOP)):
        page = browser.new_page(viewport=view)
        page.goto(base)
        take(page, f"home-{width}", whole=True)
        page.locator("form[action='/account/demonstration'] button").first.click()
        page.goto(f"{base}/results/QT-2026-MP")
        take(page, f"results-{width}")
        page.get_by_role("heading", name="Các đơn vị trực thuộc").evaluate("heading => heading.scrollIntoView()")
        take(page, f"results-communes-{width}")
        page.goto(f"{base}/results/QT-2026-MP/19249")
        take(page, f"results-unit-{width}")


def main(base: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    flags = QUIET + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("HAILONG_CHROMIUM") or shutil.which("chromium"), args=flags
        )
        page = browser.new_page()
        page.goto(base)
        point = page.locator("a[href^='/p/']").first.get_attribute("href")
        citizen(browser, base, point or sys.exit("no open point on the front page"))
        staff(browser, base)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8000")
