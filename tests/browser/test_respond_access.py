"""Every state of the citizen's pages, for everybody: accessible, large enough, at home on a small screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from tests.browser.citizen import KEPT, SENT, Asking, Axe, Opener, address, answer_all, choose, send
from tests.browser.conftest import DESKTOP, PHONE, LiveServer

STATES = ("start", "part", "problem", "review", "kept", "sent", "refused page", "once more", "english")


def bring(page: Page, state: str, place: Asking) -> None:
    page.goto(address(place) + ("?lang=en" if state == "english" else ""))
    if state == "refused page":
        page.goto(f"{place[0].url}/p/ZZZZZZZZ")
    elif state == "part":
        page.get_by_role("button", name="Bắt đầu").click()
        choose(page, "3")
    elif state == "problem":
        page.get_by_role("button", name="Bắt đầu").click()
        page.get_by_role("button", name="Tiếp tục").click()
    elif state in ("review", "kept", "sent"):
        answer_all(page)
        page.locator(".review summary").first.click()
    if state in ("kept", "sent"):
        page.context.set_offline(state == "kept")
        send(page)
        expect(page.get_by_role("heading", name=KEPT if state == "kept" else SENT)).to_be_visible()
    page.evaluate("document.fonts.ready")


SMALL_TARGETS = """() => Array.from(document.querySelectorAll('a, button, input, textarea, summary, label'))
  .filter(e => e.checkVisibility() && !(e.matches('input') && e.labels.length) && !e.matches('.skip-link'))
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().width, e.getBoundingClientRect().height])
  .filter(([, width, height]) => width < 44 || height < 44)"""
SMALL_WORDS = """() => Array.from(document.querySelectorAll('body *'))
  .filter(e => e.checkVisibility() && !e.matches('kbd'))
  .filter(e => Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim()))
  .filter(e => parseFloat(getComputedStyle(e).fontSize) < 18).map(e => e.outerHTML.slice(0, 80))"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("state", [state for state in STATES if state != "once more"])
def test_every_state_is_accessible_fits_a_phone_and_has_large_targets_and_words(
    short_form: Asking, open_page: Opener, axe: Axe, state: str
) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True, errors_allowed=True)
    bring(page, state, short_form)
    assert axe(page) == []
    assert page.evaluate(SIDEWAYS) == 0
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(SMALL_WORDS) == []


@pytest.mark.parametrize("state", ["start", "part", "problem", "review"])
def test_every_state_is_accessible_in_dark_colours_on_a_large_screen(
    short_form: Asking, open_page: Opener, axe: Axe, state: str
) -> None:
    page = open_page(viewport=DESKTOP, color_scheme="dark")
    bring(page, state, short_form)
    assert axe(page) == []


@pytest.mark.parametrize("width", [320, 360, 820])
def test_the_long_form_stacked_scrolls_only_downwards(
    long_form: Asking, open_page: Opener, width: int
) -> None:
    page = open_page(java_script_enabled=True, viewport={"width": width, "height": 740}, errors_allowed=True)
    page.route("**/respond.js*", lambda route: route.abort())  # as without JavaScript, but measurable
    page.goto(address(long_form))
    assert page.locator(".part:visible").count() == 10
    assert page.evaluate(SIDEWAYS) == 0


def test_the_form_once_more_is_accessible(
    long_form: Asking, open_page: Opener, axe: Axe
) -> None:
    page = open_page(errors_allowed=True)
    page.goto(address(long_form))
    page.route("**/*.js*", lambda route: route.abort())
    page.reload()
    page.evaluate("""() => { const f = document.getElementById('form'), i = document.createElement('input');
        i.type = 'hidden'; i.name = 'id'; i.value = '0'.repeat(32); f.append(i); }""")
    send(page)
    expect(page.get_by_role("alert")).to_be_visible()
    assert axe(page) == []


def test_fonts_come_after_the_page_and_only_from_here(long_form: Asking, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address(long_form))
    expect(page.locator("html")).to_have_class("js fonts")
    fonts = [url for url in asked if url.endswith(".woff2")]
    assert len(fonts) == 4
    assert asked.index(fonts[0]) > max(place for place, url in enumerate(asked) if ".css" in url or ".js" in url)
    assert all(url.startswith(long_form[0].url) for url in asked)


def test_the_simulated_wave_is_marked_on_every_step(live_server: LiveServer, page: Page) -> None:
    with live_server.transaction() as session:
        code = session.execute(text("select code from point order by id")).scalars().first()
    page.goto(f"{live_server.url}/p/{code}")
    mark = page.locator(".watermark")
    expect(mark).to_have_text("SỐ LIỆU MÔ PHỎNG – KHÔNG DÙNG ĐỂ BÁO CÁO; DỰ THẢO")
    page.get_by_role("button", name="Bắt đầu").click()
    expect(mark).to_be_visible()
