"""What a citizen does with the form, for the browser tests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import LiveServer
from tests.world import World

Axe = Callable[[Page], list[dict[str, Any]]]
Opener = Callable[..., Page]
Serve = Callable[..., AbstractContextManager[LiveServer]]
Asking = tuple[LiveServer, World]
"""a server and the wave it asks for"""

SENT = "Hệ thống đã nhận ý kiến. Xin cảm ơn Ông/Bà."
KEPT = "Đã lưu trên máy này, sẽ tự gửi khi có mạng"
LEFT_BEHIND = "() => [localStorage.length, sessionStorage.length, document.cookie.length]"


def address(place: Asking) -> str:
    server, world = place
    return f"{server.url}/p/{world.point}"


def newest(world: World, before: set[object]) -> str:
    """Answers of the one response that is not in `before`."""
    rows = [row for row in world.rows("select id, answers from response") if row[0] not in before]
    assert len(rows) == 1
    return str(rows[0][1])


def ids(world: World) -> set[object]:
    return {row[0] for row in world.rows("select id from response")}


def part(page: Page) -> Any:
    """The one part that is shown."""
    return page.locator(".part:visible")


def choose(page: Page, code: str) -> None:
    """Answer every visible question of the shown part: `code` where it is offered, else skip or write."""
    for question in part(page).locator("fieldset.question:visible").all():
        label = question.locator(f'label[for="{question.get_attribute("id")}-{code}"]')
        if label.count():
            label.click()
        elif question.locator("textarea").count():
            question.locator("textarea").fill("Hướng dẫn rõ ràng.")
        else:
            question.locator('label[for$="-skip"]').click()


def answer_all(page: Page, code: str = "4") -> None:
    """From the start page to the review."""
    page.get_by_role("button", name="Bắt đầu").click()
    while not page.get_by_role("button", name="Gửi ý kiến").is_visible():
        choose(page, code)
        part(page).locator("button.button--primary").click()


def send(page: Page) -> None:
    page.get_by_role("button", name="Gửi ý kiến").click()
