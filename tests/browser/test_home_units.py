"""The page of the day and the pages of units in a real Chromium: a phone and a desk, without faults of access."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, LiveServer

Axe = Callable[[Page], list[dict[str, Any]]]
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])
MERGE = "/units/merge?unit=19249&unit=19246&last_day=2027-06-30&count=1"


def _enter(page: Page, server: LiveServer, door: str = "department") -> None:
    page.goto(server.url)
    page.click(f"button[value={door}]")
    expect(page.locator("h1")).to_have_text("Việc hôm nay")


def _wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_what_is_collected_comes_first_and_a_planned_wave_offers_no_results(
    live_server: LiveServer, open_page: Callable[..., Page]
):
    page = open_page()
    _enter(page, live_server)
    titles = page.locator("article.card h3").all_inner_texts()
    assert ["tập huấn" in title for title in titles] == [False, False, True]
    assert "giải quyết thủ tục" in titles[0]
    expect(page.locator("article.card", has_text="Chưa mở").get_by_role("link", name="Kết quả")).to_have_count(0)


@WIDTHS
def test_the_day_and_the_units_are_accessible(
    live_server: LiveServer, open_page: Callable[..., Page], axe: Axe, viewport: dict[str, int]
):
    page = open_page(viewport=viewport)
    _enter(page, live_server)
    for path in ("/", "/units/", "/units/44", "/units/?q=le+thuy", "/units/import", "/units/merge", MERGE,
                 "/units/19249/2025-07-01/correct", "/?lang=en"):
        page.goto(live_server.url + path)
        assert axe(page) == [], path
        assert _wide(page) <= 0, path


@pytest.mark.parametrize("door", ["second", "analyst", "commune", "administrator", "auditor", "observer"])
def test_every_door_leads_to_its_own_day(
    live_server: LiveServer, open_page: Callable[..., Page], axe: Axe, door: str
):
    page = open_page()
    _enter(page, live_server, door)
    assert axe(page) == []


def test_on_a_phone_the_menu_opens_without_a_script_and_by_keyboard(
    live_server: LiveServer, open_page: Callable[..., Page]
):
    page = open_page(java_script_enabled=False)
    _enter(page, live_server)
    menu = page.locator(".bar__menu")
    link = menu.get_by_role("link", name="Đơn vị", exact=True)
    expect(link).to_be_hidden()
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    link.click()
    expect(page.locator(".bar__menu summary")).to_contain_text("Đơn vị")
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()


def test_a_merger_is_written_previewed_and_left_without_javascript(
    live_server: LiveServer, open_page: Callable[..., Page], axe: Axe
):
    page = open_page(java_script_enabled=False, errors_allowed=True)
    _enter(page, live_server)
    page.goto(live_server.url + MERGE)
    page.get_by_role("button", name="Xem trước").click()
    expect(page.locator("#problems")).to_be_visible()
    page.get_by_label("Tên đầy đủ").fill("Xã Lệ Thủy")
    page.get_by_label("Mã", exact=True).fill("19249")
    page.get_by_role("button", name="Xem trước").click()
    expect(page.locator("h1")).to_have_text("Xem trước thay đổi")
    expect(page.get_by_role("row", name=re.compile("Xã Lệ Ninh.*toàn bộ"))).to_be_visible()
    page.get_by_role("button", name="Sửa lại").click()
    expect(page.get_by_label("Mã", exact=True)).to_have_value("19249")
