"""Front page, sign-in and results in a real Chromium: one click, both widths, no JavaScript, no faults of access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, LiveServer

Axe = Callable[[Page], list[dict[str, Any]]]
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])


def _enter(page: Page, server: LiveServer, door: str = "department", path: str = "/results/QT-2026-MP") -> None:
    """Through the door to the page of the day, and on to a part of the house."""
    page.goto(server.url)
    page.click(f"button[value={door}]")
    expect(page.locator("h1")).to_have_text("Việc hôm nay")
    page.goto(server.url + path)


def _wide(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@WIDTHS
@pytest.mark.parametrize("path", ["/", "/account/sign-in", "/account/set-up"])
def test_open_pages_are_accessible(
    live_server: LiveServer, open_page: Callable[..., Page], axe: Axe, viewport: dict[str, int], path: str
):
    page = open_page(viewport=viewport)
    page.goto(live_server.url + path)
    assert axe(page) == []
    assert _wide(page) <= 0


@WIDTHS
def test_one_click_leads_the_department_to_accessible_results(
    live_server: LiveServer, open_page: Callable[..., Page], axe: Axe, viewport: dict[str, int]
):
    page = open_page(viewport=viewport)
    _enter(page, live_server)
    expect(page.locator("h1")).to_have_text("Tỉnh Quảng Trị")
    expect(page.locator(".figure__value")).to_be_visible()
    assert axe(page) == []
    assert _wide(page) <= 0
    page.get_by_role("link", name="So với mức chung của tỉnh").click()
    assert axe(page) == []
    page.get_by_role("link", name="Xã Lệ Thủy").click()
    expect(page.locator("h1")).to_have_text("Xã Lệ Thủy, tỉnh Quảng Trị")
    assert axe(page) == []
    assert _wide(page) <= 0


@WIDTHS
def test_one_click_leads_a_commune_to_its_accessible_posters(
    live_server: LiveServer, open_page: Callable[..., Page], axe: Axe, viewport: dict[str, int]
):
    page = open_page(viewport=viewport)
    _enter(page, live_server, "commune", "/print/")
    expect(page.locator("h1")).to_contain_text("Áp phích mã QR của xã Lệ Thủy")
    assert axe(page) == []
    assert _wide(page) <= 0
    with page.expect_download() as download:
        page.locator(".points a[download]").first.click()
    assert download.value.suggested_filename.endswith(".pdf")


def test_everything_works_without_javascript(live_server: LiveServer, open_page: Callable[..., Page]):
    page = open_page(java_script_enabled=False)
    _enter(page, live_server)
    page.get_by_label("Tìm đơn vị").fill("le thuy")
    page.get_by_role("button", name="Tìm").click()
    expect(page.locator("table.rows", has_text="Lệ Thủy").first).to_be_visible()
    assert page.locator("th.rows__name a").count() == 1
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("link", name="Cán bộ đăng nhập")).to_be_visible()


def test_a_typed_code_opens_the_form(live_server: LiveServer, open_page: Callable[..., Page]):
    page = open_page(java_script_enabled=False)
    page.goto(live_server.url)
    code = page.locator(".demo a.button").get_attribute("href") or ""
    page.get_by_label("Mã trên áp phích hoặc thẻ mời").fill(code.removeprefix("/p/").lower())
    page.get_by_role("button", name="Mở phiếu").click()
    assert page.url == live_server.url + code


def test_a_refused_code_is_said_beside_the_field(
    live_server: LiveServer, open_page: Callable[..., Page], axe: Axe
):
    page = open_page(errors_allowed=True)
    page.goto(live_server.url)
    page.get_by_label("Mã trên áp phích hoặc thẻ mời").fill("ABC")
    page.get_by_role("button", name="Mở phiếu").click()
    expect(page.locator("#code-problem")).to_be_visible()
    assert axe(page) == []


def test_words_of_the_pictures_are_readable_on_a_phone(live_server: LiveServer, open_page: Callable[..., Page]):
    page = open_page(viewport=PHONE)
    _enter(page, live_server)
    words = page.evaluate("""[...document.querySelectorAll('.plot text')].map(text => {
        const {left, right} = text.getBoundingClientRect();
        return {size: parseFloat(getComputedStyle(text).fontSize), left, right};
    })""")
    assert words
    assert min(word["size"] for word in words) >= 14  # pixels on the screen: the pictures are not scaled
    assert all(word["left"] >= 0 and word["right"] <= PHONE["width"] for word in words)


def test_the_printed_page_keeps_figures_and_watermark_and_leaves_out_the_tools(
    live_server: LiveServer, open_page: Callable[..., Page]
):
    page = open_page(viewport=DESKTOP)
    _enter(page, live_server)
    page.emulate_media(media="print")
    expect(page.locator(".watermark")).to_be_visible()
    expect(page.locator(".figure__value")).to_be_visible()
    for tool in (".search", ".who", ".downloads", ".contents"):
        expect(page.locator(tool).first).to_be_hidden()
