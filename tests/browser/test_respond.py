"""A citizen answers, on a real browser: by touch, by keyboard, without JavaScript, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect
from sqlalchemy import text

from tests.browser.conftest import DESKTOP, PHONE, LiveServer
from tests.world import ITEMS, World, build

Axe = Callable[[Page], list[dict[str, Any]]]
Opener = Callable[..., Page]
Serve = Callable[..., AbstractContextManager[LiveServer]]

SENT = "Hệ thống đã nhận ý kiến. Xin cảm ơn Ông/Bà."
KEPT = "Đã lưu trên máy này, sẽ tự gửi khi có mạng"
LEFT_BEHIND = "() => [localStorage.length, sessionStorage.length, document.cookie.length]"


@pytest.fixture(scope="module")
def long_form(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, World]]:
    """A wave of the 22 items."""
    with serve() as server:
        yield server, build(server.app, tmp_path_factory.mktemp("long"))


@pytest.fixture(scope="module")
def short_form(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, World]]:
    """A wave of the counter's short form, which has skip logic."""
    with serve() as server:
        yield server, build(server.app, tmp_path_factory.mktemp("short"), "counter-short")


def address(place: tuple[LiveServer, World]) -> str:
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


# ---- by touch

def test_a_phone_answers_part_by_part_and_nothing_stays_on_it(
    long_form: tuple[LiveServer, World], page: Page
) -> None:
    world = long_form[1]
    before = ids(world)
    page.goto(address(long_form))
    answer_all(page)
    expect(page.get_by_role("heading", name="Xem lại trước khi gửi")).to_be_focused()
    page.locator(".review summary").first.click()
    expect(page.locator(".review").first).to_contain_text("Hài lòng")
    page.get_by_label("Có người giúp trả lời").check()
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_focused()
    assert page.evaluate(LEFT_BEHIND) == [0, 0, 0]
    assert page.context.cookies() == []
    assert page.locator("form").count() == 0
    assert newest(world, before)[:22] == "4" * 22
    (flags,) = world.rows("select flags from response")[0][:1]
    assert int(str(flags)) & 1 == 1


def test_each_part_says_where_one_is_and_back_keeps_the_answers(
    long_form: tuple[LiveServer, World], page: Page
) -> None:
    page.goto(address(long_form))
    page.get_by_role("button", name="Bắt đầu").click()
    expect(part(page).locator("h2")).to_contain_text("Phần 1/8")
    choose(page, "2")
    page.get_by_role("button", name="Tiếp tục").click()
    expect(part(page).locator("h2")).to_contain_text("Phần 2/8")
    part(page).get_by_role("button", name="Quay lại").click()
    expect(part(page).locator("h2")).to_contain_text("Phần 1/8")
    assert page.locator("#a-q1-2").is_checked()
    page.get_by_role("button", name="Tiếp tục").click()
    expect(part(page).locator("h2")).to_contain_text("Phần 2/8")
    page.go_back()  # the browser's own button steps too
    expect(part(page).locator("h2")).to_contain_text("Phần 1/8")
    assert page.locator("#a-q1-2").is_checked()


def test_a_reload_goes_on_where_one_was(long_form: tuple[LiveServer, World], page: Page) -> None:
    page.goto(address(long_form))
    page.get_by_role("button", name="Bắt đầu").click()
    choose(page, "5")
    page.get_by_role("button", name="Tiếp tục").click()
    page.locator('label[for="a-q5-1"]').click()
    page.reload()
    expect(part(page).locator("h2")).to_contain_text("Phần 2/8")
    assert page.locator("#a-q5-1").is_checked()
    assert page.locator("#a-q1-5").is_checked()


def test_a_question_left_out_is_named_at_once_on_top_and_in_its_place(
    long_form: tuple[LiveServer, World], page: Page
) -> None:
    page.goto(address(long_form))
    page.get_by_role("button", name="Bắt đầu").click()
    page.locator('label[for="a-q2-3"]').click()
    page.get_by_role("button", name="Tiếp tục").click()
    summary = part(page).get_by_role("alert")
    expect(summary).to_be_focused()
    assert summary.get_by_role("link").count() == 3
    assert [q.get_attribute("id") for q in page.locator(".question.wrong").all()] == ["a-q1", "a-q3", "a-q4"]
    summary.get_by_role("link").nth(1).click()
    expect(page.locator("#a-q3-1")).to_be_focused()
    page.locator('label[for="a-q3-skip"]').click()
    assert summary.get_by_role("link").count() == 2
    assert page.locator("#a-q2-3").is_checked()


def test_what_is_asked_only_sometimes_appears_with_the_answer_that_calls_for_it(
    short_form: tuple[LiveServer, World], page: Page
) -> None:
    world = short_form[1]
    before = ids(world)
    page.goto(address(short_form))
    page.get_by_role("button", name="Bắt đầu").click()
    choose(page, "1")
    page.get_by_role("button", name="Tiếp tục").click()
    reason = page.locator("#a-reason")
    expect(reason).to_be_hidden()
    page.locator('label[for="a-q_overall-2"]').click()
    expect(reason).to_be_visible()
    page.locator('label[for="a-reason-1"]').click()
    page.locator('label[for="a-reason-0"]').click()  # none of these: the tick goes
    assert not page.locator("#a-reason-1").is_checked()
    page.locator('label[for="a-reason-2"]').click()  # and a tick takes the word back
    assert not page.locator("#a-reason-0").is_checked()
    part(page).locator("button.button--primary").click()
    part(page).locator("button.button--primary").click()
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert newest(world, before).startswith("111112" + "21")


def test_an_answer_given_before_its_question_went_away_is_not_sent(
    short_form: tuple[LiveServer, World], page: Page
) -> None:
    page.goto(address(short_form))
    page.get_by_role("button", name="Bắt đầu").click()
    choose(page, "5")
    page.get_by_role("button", name="Tiếp tục").click()
    page.locator('label[for="a-q_overall-1"]').click()
    page.locator('label[for="a-reason-1"]').click()
    page.locator('label[for="a-q_overall-5"]').click()
    part(page).locator("button.button--primary").click()
    part(page).locator("button.button--primary").click()
    with page.expect_request(lambda request: request.method == "POST") as posted:
        send(page)
    assert "reason_1" not in posted.value.post_data_json
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()


def test_a_slip_is_answered_once(long_form: tuple[LiveServer, World], page: Page) -> None:
    server, world = long_form
    (slip,) = world.slips(1)
    page.goto(f"{server.url}/s/{slip}")
    expect(page.locator(".start")).to_contain_text("Sở Nội vụ biết thẻ đã được dùng, không biết Ông/Bà trả lời gì.")
    answer_all(page)
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert world.rows("select spent from slip where spent")
    assert world.client.get(f"/s/{slip}").status_code == 404


# ---- by keyboard

def test_a_whole_answer_by_keyboard_alone(long_form: tuple[LiveServer, World], open_page: Opener) -> None:
    world = long_form[1]
    before = ids(world)
    page = open_page(viewport=DESKTOP)
    page.goto(address(long_form))
    press = page.keyboard.press

    def tab_to(selector: str) -> None:
        for _ in range(60):
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            press("Tab")
        raise AssertionError(f"{selector} cannot be reached by Tab")

    tab_to("#go-start")
    press("Enter")
    for number in range(1, 9):
        for question in part(page).locator("fieldset.question:visible").all():
            name = question.get_attribute("id")
            if question.locator("textarea").count():
                tab_to(f"#{name}-text")
                page.keyboard.type("Tốt")
                continue
            tab_to(f"#{name} input")
            press("4" if question.evaluate("q => q.classList.contains('scale')") else "Space")
        tab_to(f"#next-{number}")
        press("Enter")
    tab_to("#send")
    press("Enter")
    expect(page.get_by_role("heading", name=SENT)).to_be_focused()
    assert newest(world, before)[:22] == "4" * 22


def test_digits_choose_only_while_the_question_has_the_focus(
    long_form: tuple[LiveServer, World], open_page: Opener
) -> None:
    page = open_page(viewport=DESKTOP)
    page.goto(address(long_form))
    page.get_by_role("button", name="Bắt đầu").click()
    page.keyboard.press("5")
    assert page.locator("input:checked").count() == 0
    page.locator("#a-q2-1").focus()
    page.keyboard.press("5")
    assert [e.get_attribute("id") for e in page.locator("input:checked").all()] == ["a-q2-5"]


# ---- without JavaScript

def test_without_javascript_the_parts_stack_and_one_post_is_thanked(
    long_form: tuple[LiveServer, World], open_page: Opener
) -> None:
    world = long_form[1]
    before = ids(world)
    page = open_page(java_script_enabled=False)
    page.goto(address(long_form))
    assert page.locator(".part:visible").count() == 10
    assert not page.get_by_role("button", name="Bắt đầu").is_visible()
    for item in ITEMS:
        page.locator(f'label[for="a-{item}-5"]').click()
    for question in ("field", "respondent", "behalf"):
        page.locator(f'label[for="a-{question}-1"]').click()
    page.locator("#a-comment-text").fill("Cảm ơn")
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert newest(world, before).startswith("5" * 22 + "111")
    assert page.context.cookies() == []


def test_without_javascript_an_error_loses_nothing_and_names_every_question(
    long_form: tuple[LiveServer, World], open_page: Opener
) -> None:
    page = open_page(java_script_enabled=False, errors_allowed=True)
    page.goto(address(long_form))
    page.locator('label[for="a-q7-2"]').click()
    page.locator('label[for="a-q9-none"]').click()
    page.locator("#a-comment-text").fill("Xin giữ lại")
    page.locator("#helped").check()
    send(page)
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.locator("#a-q7-2").is_checked()
    assert page.locator("#helped").is_checked()
    expect(page.locator("#a-comment-text")).to_have_value("Xin giữ lại")
    required = page.locator("fieldset[data-required]").count()
    assert page.locator(".question.wrong").count() == required - 2
    assert page.get_by_role("alert").get_by_role("link").count() == required - 2
    for item in page.locator(".question.wrong").all():
        item.locator('label[for$="-skip"]').click()
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()


# ---- without a network, with a bad one

def test_without_a_network_the_answer_waits_on_the_device_and_leaves_when_it_is_back(
    long_form: tuple[LiveServer, World], open_page: Opener
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
    long_form: tuple[LiveServer, World], open_page: Opener
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
    long_form: tuple[LiveServer, World], open_page: Opener, status: int, body: str
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
    long_form: tuple[LiveServer, World], open_page: Opener
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


# ---- refusals

def test_a_refusal_with_problems_shows_all_of_them_and_loses_nothing(
    long_form: tuple[LiveServer, World], open_page: Opener
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
    long_form: tuple[LiveServer, World], open_page: Opener
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


# ---- for everybody

STATES = ("start", "part", "problem", "review", "kept", "sent", "refused page", "once more", "english")


def bring(page: Page, state: str, place: tuple[LiveServer, World]) -> None:
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
    short_form: tuple[LiveServer, World], open_page: Opener, axe: Axe, state: str
) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True, errors_allowed=True)
    bring(page, state, short_form)
    assert axe(page) == []
    assert page.evaluate(SIDEWAYS) == 0
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(SMALL_WORDS) == []


@pytest.mark.parametrize("state", ["start", "part", "problem", "review"])
def test_every_state_is_accessible_in_dark_colours_on_a_large_screen(
    short_form: tuple[LiveServer, World], open_page: Opener, axe: Axe, state: str
) -> None:
    page = open_page(viewport=DESKTOP, color_scheme="dark")
    bring(page, state, short_form)
    assert axe(page) == []


@pytest.mark.parametrize("width", [320, 360, 820])
def test_the_long_form_stacked_scrolls_only_downwards(
    long_form: tuple[LiveServer, World], open_page: Opener, width: int
) -> None:
    page = open_page(java_script_enabled=True, viewport={"width": width, "height": 740}, errors_allowed=True)
    page.route("**/respond.js*", lambda route: route.abort())  # as without JavaScript, but measurable
    page.goto(address(long_form))
    assert page.locator(".part:visible").count() == 10
    assert page.evaluate(SIDEWAYS) == 0


def test_the_form_once_more_is_accessible(
    long_form: tuple[LiveServer, World], open_page: Opener, axe: Axe
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


def test_fonts_come_after_the_page_and_only_from_here(long_form: tuple[LiveServer, World], page: Page) -> None:
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


def test_where_the_browser_withholds_webcrypto_an_echo_of_id_and_day_is_enough(
    long_form: tuple[LiveServer, World], page: Page
) -> None:
    """Plain http on a local network is no secure context: crypto.subtle is missing there."""
    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
    page.goto(address(long_form))
    answer_all(page)
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert page.evaluate(LEFT_BEHIND) == [0, 0, 0]
