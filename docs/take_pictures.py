"""The pictures of README and docs, taken from a running demonstration.

    HAILONG_STATE=/tmp/pictures ./hailong run                  (in one terminal; a fresh state, for a wave is added)
    ./hailong exec python docs/take_pictures.py [ADDRESS]      (in another; needs the test environment)

Pictures of the workshop are taken by `tests/browser/test_workshop.py`, which goes the whole way from a file to a wiped
training wave: HAILONG_PICTURES=docs/pictures ./hailong test -- tests/browser/test_workshop.py
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
    "--disable-component-update", "--disable-sync", "--lang=vi",
]
"""what keeps the browser still, and its own words (days, files) in the language of the pages"""
WAVE = "QT-2026-MP"
PARTS = ("department", "analyst", "commune", "observer", "administrator", "auditor")
"""doors of the demonstration whose page of the day is shown"""


def _page(browser: Browser, view: dict[str, int]) -> Page:
    """In a context of its own: nobody is signed in, nothing is kept."""
    return browser.new_context(viewport=view, locale="vi-VN").new_page()  # type: ignore[arg-type]  # width, height


def take(page: Page, name: str, *, whole: bool = False) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


def citizen(browser: Browser, base: str, point: str) -> None:
    """Start, a factor, a problem, the thanks, on a phone; the start on a desktop."""
    page = _page(browser, PHONE)
    page.goto(f"{base}{point}")
    take(page, "form-start-360")
    page.get_by_role("button", name="Bắt đầu").click()
    for choice in page.locator("fieldset:visible").all()[:2]:
        choice.get_by_text("Hài lòng", exact=True).click()
    page.evaluate("window.scrollTo(0, 0)")
    take(page, "form-factor-360")
    wide = _page(browser, DESKTOP)
    wide.goto(f"{base}{point}")
    take(wide, "form-start-1280")
    wide.get_by_role("button", name="Bắt đầu").click()
    take(wide, "form-factor-1280")


def enter(browser: Browser, base: str, door: str, view: dict[str, int]) -> Page:
    page = _page(browser, view)
    page.goto(base)
    page.click(f"button[value={door}]")
    page.wait_for_load_state("networkidle")
    return page


def results(browser: Browser, base: str) -> None:
    for width, view in (("360", PHONE), ("1280", DESKTOP)):
        page = _page(browser, view)
        page.goto(base)
        take(page, f"home-{width}", whole=True)
        page = enter(browser, base, "department", view)
        page.goto(f"{base}/results/{WAVE}")
        take(page, f"results-{width}")
        page.get_by_role("heading", name="Các đơn vị trực thuộc").evaluate("heading => heading.scrollIntoView()")
        take(page, f"results-communes-{width}")
        page.goto(f"{base}/results/{WAVE}/19249")
        take(page, f"results-unit-{width}")


def staff(browser: Browser, base: str) -> None:
    """The page of the day of each part, then where the work is done."""
    for door in PARTS:
        take(enter(browser, base, door, DESKTOP), f"today-{door}-1280")
    take(enter(browser, base, "commune", PHONE), "today-commune-360")
    for width, view in (("360", PHONE), ("1280", DESKTOP)):
        page = enter(browser, base, "department", view)
        page.goto(f"{base}/waves/{WAVE}")
        take(page, f"wave-{width}")
        page.goto(f"{base}/waves/{WAVE}/progress")
        take(page, f"progress-{width}")
        page.goto(f"{base}/units/44")
        take(page, f"units-{width}")
        page = enter(browser, base, "administrator", view)
        page.goto(f"{base}/accounts/new")
        take(page, f"accounts-new-{width}")
        page = enter(browser, base, "auditor", view)
        page.goto(f"{base}/audit/")
        take(page, f"audit-{width}")


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
        results(browser, base)
        staff(browser, base)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8000")
