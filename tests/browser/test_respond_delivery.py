"""An answer on its way: no network, a bad one, replies that are not ours, refusals. Nothing lost or doubled."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.citizen import (
    KEPT,
    LEFT_BEHIND,
    SENT,
    Asking,
    Opener,
    address,
    answer_all,
    ids,
    newest,
    part,
    send,
)


def test_without_a_network_the_answer_waits_on_the_device_and_leaves_when_it_is_back(
    long_form: Asking, open_page: Opener
) -> None:
    world = long_form[1]
    before = ids(world)
    page = open_page(errors_allowed=True)
    page.goto(address(long_form))
    answer_all(page)
    page.context.set_offline(True)
    send(page)
    expect(page.get_by_role("heading", name=KEPT)).to_be_visible()
    assert page.evaluate("localStorage.length") == 1
    assert ids(world) == before
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert page.evaluate(LEFT_BEHIND) == [0, 0, 0]
    newest(world, before)


def test_an_answer_kept_by_a_closed_page_is_sent_by_the_next_one(
    long_form: Asking, open_page: Opener
) -> None:
    world = long_form[1]
    before = ids(world)
    page = open_page(errors_allowed=True)
    page.goto(address(long_form))
    answer_all(page)
    page.context.set_offline(True)
    send(page)
    expect(page.get_by_role("heading", name=KEPT)).to_be_visible()
    page.close()
    page.context.set_offline(False)
    later = page.context.new_page()
    later.goto(address(long_form))
    expect(later.locator("#earlier")).to_contain_text("Phiếu trước lưu trên máy này đã được gửi.")
    assert later.evaluate("localStorage.length") == 0
    newest(world, before)


@pytest.mark.parametrize(
    "status, body",
    [
        (200, "<html>Đăng nhập Wi-Fi</html>"),
        (201, '{"id": "%(id)s", "day": "2026-09-01", "signature": "' + "A" * 86 + '=="}'),
        (201, '{"id": "' + "0" * 32 + '", "day": "2026-09-01", "signature": ""}'),
        (503, '{"error": "http_unavailable", "sentence": "Hệ thống đang bận."}'),
        (404, "<html>not here</html>"),
    ],
    ids=["captive portal", "forged signature", "another id", "busy", "a proxy's page"],
)
def test_only_an_acknowledgement_that_verifies_frees_the_device(
    long_form: Asking, open_page: Opener, status: int, body: str
) -> None:
    page = open_page(errors_allowed=True)
    page.goto(address(long_form))
    answer_all(page)

    def reply(route: Route, request: Request) -> None:
        if request.method != "POST":
            route.fallback()
            return
        sent = request.post_data_json
        route.fulfill(status=status, body=body.replace("%(id)s", sent["id"]), content_type="application/json")

    page.route("**/p/*", reply)
    send(page)
    expect(page.get_by_role("heading", name=KEPT)).to_be_visible()
    assert page.evaluate("localStorage.length") == 1
    page.unroute("**/p/*")
    page.get_by_role("button", name="Gửi lại ngay").click()
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert page.evaluate(LEFT_BEHIND) == [0, 0, 0]


def test_an_answer_that_arrived_but_whose_reply_was_lost_is_stored_once(
    long_form: Asking, open_page: Opener
) -> None:
    world = long_form[1]
    before = ids(world)
    page = open_page(errors_allowed=True)
    page.goto(address(long_form))
    answer_all(page)

    def lose_the_reply(route: Route, request: Request) -> None:
        if request.method != "POST":
            route.fallback()
            return
        route.fetch()
        route.abort("connectionreset")

    page.route("**/p/*", lose_the_reply)
    send(page)
    expect(page.get_by_role("heading", name=KEPT)).to_be_visible()
    page.unroute("**/p/*")
    page.get_by_role("button", name="Gửi lại ngay").click()
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    newest(world, before)


def test_where_the_browser_withholds_webcrypto_an_echo_of_id_and_day_is_enough(
    long_form: Asking, page: Page
) -> None:
    """Plain http on a local network is no secure context: crypto.subtle is missing there."""
    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
    page.goto(address(long_form))
    answer_all(page)
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert page.evaluate(LEFT_BEHIND) == [0, 0, 0]


# ---- refusals

def test_a_refusal_with_problems_shows_all_of_them_and_loses_nothing(
    long_form: Asking, open_page: Opener
) -> None:
    page = open_page(errors_allowed=True)
    page.goto(address(long_form))
    answer_all(page, "5")
    # two faults that only the server can see: a choice that is not offered, a text that is too long
    page.evaluate("document.getElementById('a-q6-5').value = '9'")
    page.evaluate("document.getElementById('a-comment-text').value = 'dài '.repeat(2000)")
    send(page)
    summary = part(page).get_by_role("alert")
    expect(summary).to_be_focused()
    assert summary.get_by_role("link").count() == 2
    expect(page.locator("#a-q6-problem")).to_have_count(1)
    expect(page.locator("#a-comment-problem")).to_have_count(1)
    assert page.locator("#a-q1-5").is_checked()
    assert page.evaluate("localStorage.length") == 0
    summary.get_by_role("link").first.click()
    expect(page.locator("#a-q6-problem")).to_be_visible()
    page.locator('label[for="a-q6-4"]').click()
    expect(page.locator("#a-q6-problem")).to_have_count(0)
    page.evaluate("document.getElementById('a-comment-text').value = 'ngắn'")
    while not page.get_by_role("button", name="Gửi ý kiến").is_visible():
        part(page).locator("button.button--primary").click()
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()


def test_a_refusal_of_the_whole_says_why_and_keeps_the_answers_in_the_form(
    long_form: Asking, open_page: Opener
) -> None:
    page = open_page(errors_allowed=True)
    page.goto(address(long_form))
    answer_all(page)
    page.evaluate("document.querySelector('[name=token]').value = 'x'")
    send(page)
    summary = part(page).get_by_role("alert")
    expect(summary).to_be_focused()
    assert len(summary.inner_text()) > 40
    assert page.locator("#a-q1-4").is_checked()
    assert page.evaluate("localStorage.length") == 0
