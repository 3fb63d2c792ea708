"""Accounts, one account and one's own account in a real Chromium: both widths and languages, by keyboard, in print.

One server and one administrator for all of it: signing in costs more than looking.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from surveys import accounts as domain
from surveys.access import Grant, Grants, Role
from surveys.accounts import By, NewAccount
from surveys.store import accounts, sessions
from tests.app import wave_of_four
from tests.browser.conftest import DESKTOP, PHONE, LiveServer

Axe = Callable[[Page], list[dict[str, Any]]]
OPEN = ("/account/sign-in", "/account/invitation", "/account/set-up")
PAGES = (
    "/accounts/", "/accounts/new", "/accounts/list", "/accounts/of/lan.nguyen", "/accounts/of/lan.nguyen/reset",
    "/accounts/of/lan.nguyen/disable", "/accounts/of/lan.nguyen/hand-over", "/accounts/of/chief", "/account/",
    "/account/sessions", "/account/passphrase", "/account/confirm/factor", "/account/confirm/recovery",
)


@dataclass(frozen=True)
class Office:
    server: LiveServer
    cookies: list[Any]


@pytest.fixture(scope="module")
def office(serve: Callable[..., AbstractContextManager[LiveServer]]) -> Iterator[Office]:
    """A province with an administrator who is signed in, and an officer who was invited."""
    with serve() as server:
        wave_of_four.make(server.app)
        with server.transaction() as session:
            chief = accounts.add(session, "chief", "nobody's hash", Grant(Role.ADMINISTRATOR))
            accounts.change(session, chief.id, second_factor="set up, as far as the pages know")
            number = sessions.start(session, chief.id, int(time.time()), "Firefox, Linux")
            domain.invite(
                session, By("chief", Grants((Grant(Role.ADMINISTRATOR),))),
                NewAccount("lan.nguyen", "Nguyễn Thị Lan", "902", (Grant(Role.UNIT_OFFICER, "902"),)),
                server_day(server),
            )
        client = server.app.test_client()
        with client.session_transaction() as kept:
            kept["staff"] = number
        name = server.app.config["SESSION_COOKIE_NAME"]
        cookie = client.get_cookie(name)
        assert cookie is not None
        yield Office(server, [{"name": name, "value": cookie.value, "url": server.url}])


def server_day(server: LiveServer) -> Any:
    from app import server_day as today

    with server.app.app_context():
        return today()


def _wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])
def test_every_page_of_accounts_is_accessible_and_fits(
    office: Office, open_page: Callable[..., Page], axe: Axe, viewport: dict[str, int]
):
    visitor = open_page(viewport=viewport)
    for path in OPEN:
        visitor.goto(office.server.url + path)
        assert axe(visitor) == [], path
        assert _wide(visitor) <= 0, path
    page = open_page(viewport=viewport)
    page.context.add_cookies(office.cookies)
    for path in PAGES:
        page.goto(office.server.url + path)
        assert page.url == office.server.url + path
        assert axe(page) == [], path
        assert _wide(page) <= 0, path


def test_an_account_is_closed_by_keyboard_only_after_a_second_look(office: Office, open_page: Callable[..., Page]):
    page = open_page(java_script_enabled=False)
    page.context.add_cookies(office.cookies)
    page.goto(office.server.url + "/accounts/of/lan.nguyen?lang=en")
    page.get_by_role("link", name="Close the account at once").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Close the account of Nguyễn Thị Lan?")
    page.get_by_role("link", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Invited, not opened yet")).to_be_visible()
    page.get_by_role("link", name="Close the account at once").click()
    page.get_by_role("button", name="Close the account").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".notice--good")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    for tool in (".inline-actions", "details"):
        expect(page.locator(f".page {tool}").first).to_be_hidden()
