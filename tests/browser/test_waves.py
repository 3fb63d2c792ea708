"""The pages of a wave through its whole life, as two people of a department see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app import server_day
from tests.browser.conftest import DESKTOP, PHONE, LiveServer, demonstrate
from tests.browser.test_workshop import _enter, _wide

WAVE = "QT-2026-MP"


@pytest.fixture(scope="module")
def server(serve: Callable[..., AbstractContextManager[LiveServer]]) -> Iterator[LiveServer]:
    """A demonstration of its own: its wave is closed, fixed, published and corrected here."""
    with serve(demonstration=True) as own:
        demonstrate(own)
        yield own


def test_every_page_of_a_wave_is_accessible_and_fits_through_its_life(
    server: LiveServer, open_page: Callable[..., Page], axe: Callable[[Page], list[dict[str, Any]]]
):
    page = open_page(viewport=DESKTOP, errors_allowed=True)  # one decision number is refused, with 422

    def look(*paths: str) -> None:
        for path in paths:
            page.goto(f"{server.url}/waves/{path}")
            seen()

    def seen() -> None:
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)  # type: ignore[arg-type]  # width and height
            assert axe(page) == [], page.url
            assert _wide(page) <= 0, page.url

    def press(step: str, button: str) -> None:
        look(f"{WAVE}/{step}")
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_load_state("networkidle")

    def wait_for(path: str, said: str | re.Pattern[str]) -> None:
        """A child process computes."""
        for _ in range(60):
            page.goto(f"{server.url}/waves/{path}")
            if page.get_by_text(said).count():
                break
            page.wait_for_timeout(500)
        expect(page.get_by_text(said).first).to_be_visible()

    _enter(page, server, "department")
    look("", "new", WAVE, f"{WAVE}/progress", f"{WAVE}/progress?sort=share&q=le", f"{WAVE}/populations",
         f"{WAVE}/points", f"{WAVE}/late")
    method = page.goto(f"{server.url}/waves/{WAVE}/methods") and str(
        page.locator("#b option").nth(1).get_attribute("value")
    )
    wait_for(f"{WAVE}/methods?b={method}", "Đơn vị đổi kết luận")
    seen()
    press("close", "Kết thúc thu thập")
    look(f"{WAVE}/open")
    press("fix", "Chốt số liệu")
    seen()
    wait_for(f"{WAVE}/publish", re.compile("Sẽ công bố [0-9.]+ ô số liệu"))
    seen()
    page.get_by_label("Số quyết định").fill("quyết định")
    with server.app.app_context():  # whose day begins seven hours before the browser's
        page.get_by_label("Ngày quyết định").fill(server_day().isoformat())
    page.get_by_role("button", name="Đề nghị công bố").click()
    seen()  # refused, and nothing is lost
    expect(page.get_by_label("Số quyết định")).to_have_value("quyết định")
    page.get_by_label("Số quyết định").fill("15/QĐ-SNV")
    page.get_by_role("button", name="Đề nghị công bố").click()
    _confirm(page, server)
    look(WAVE, f"{WAVE}/editions/1", f"{WAVE}/correct")


def _confirm(page: Page, server: LiveServer) -> None:
    _enter(page, server, "second")
    page.goto(f"{server.url}/approvals/")
    page.locator('main a[href*="/approvals/"]').first.click()
    page.get_by_role("button", name="Xác nhận và thực hiện").click()
    page.wait_for_load_state("networkidle")
