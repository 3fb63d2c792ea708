"""The status page in a real Chromium: a phone and a desk, two languages, without faults of access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, LiveServer

Axe = Callable[[Page], list[dict[str, Any]]]


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])
def test_the_status_page_is_found_and_accessible(
    live_server: LiveServer, open_page: Callable[..., Page], axe: Axe, viewport: dict[str, int]
):
    page = open_page(viewport=viewport)
    page.goto(live_server.url)
    page.click("button[value=administrator]")
    page.locator("#places + ul").get_by_role("link", name="Tình trạng hệ thống").click()
    expect(page.locator("h1")).to_have_text("Tình trạng hệ thống")
    for path in ("/status", "/status?lang=en"):
        page.goto(live_server.url + path)
        assert axe(page) == [], path
        assert int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth")) <= 0
