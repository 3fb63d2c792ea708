"""A citizen answers, on a real browser: by touch, by keyboard, without JavaScript."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from surveys.origin import Flag
from tests.browser.citizen import (
    LEFT_BEHIND,
    SENT,
    Asking,
    Opener,
    address,
    answer_all,
    choose,
    ids,
    newest,
    part,
    send,
)
from tests.browser.conftest import DESKTOP
from tests.world import ITEMS


def test_a_phone_answers_part_by_part_and_nothing_stays_on_it(
    long_form: Asking, page: Page
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
    assert [flags for id, flags in world.rows("select id, flags from response") if id not in before] == [Flag.HELPED]


def test_each_part_says_where_one_is_and_back_keeps_the_answers(
    long_form: Asking, page: Page
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


def test_a_reload_goes_on_where_one_was(long_form: Asking, page: Page) -> None:
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
    long_form: Asking, page: Page
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
    short_form: Asking, page: Page
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
    short_form: Asking, page: Page
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


def test_a_slip_is_answered_once(long_form: Asking, page: Page) -> None:
    server, world = long_form
    (slip,) = world.slips(1)
    page.goto(f"{server.url}/s/{slip}")
    expect(page.locator(".start")).to_contain_text("Sở Nội vụ biết thẻ đã được dùng, không biết Ông/Bà trả lời gì.")
    answer_all(page)
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert world.rows("select count(*) from slip") == [(0,)]
    assert world.client.get(f"/s/{slip}").status_code == 404


# ---- by keyboard

def test_a_whole_answer_by_keyboard_alone(long_form: Asking, open_page: Opener) -> None:
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
    long_form: Asking, open_page: Opener
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
    long_form: Asking, open_page: Opener
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
    long_form: Asking, open_page: Opener
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
