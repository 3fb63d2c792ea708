"""Answers whose page is of another day: made with keys that were rotated since, or too old to be taken."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.browser.citizen import KEPT, SENT, Asking, Opener, address, answer_all, ids, newest, send
from tests.world import run

STORE = "hailong.unsent"


def kept_on_the_device(long_form: Asking, page: Page) -> None:
    """An answer given without a network, in a page that is closed then."""
    page.goto(address(long_form))
    answer_all(page)
    page.context.set_offline(True)
    send(page)
    expect(page.get_by_role("heading", name=KEPT)).to_be_visible()
    page.close()
    page.context.set_offline(False)


def test_a_page_opened_before_the_keys_were_rotated_is_sent_and_lets_go(long_form: Asking, open_page: Opener) -> None:
    world = long_form[1]
    before = ids(world)
    page = open_page()
    page.goto(address(long_form))
    run(world.runner, "keys", "rotate")
    answer_all(page)
    send(page)
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    assert page.evaluate("localStorage.length") == 0
    newest(world, before)


def test_an_answer_kept_over_a_rotation_is_sent_by_a_page_of_the_new_keys(
    long_form: Asking, open_page: Opener
) -> None:
    world = long_form[1]
    before = ids(world)
    page = open_page(errors_allowed=True)
    kept_on_the_device(long_form, page)
    run(world.runner, "keys", "rotate")
    world.app.extensions["landings"].forget()
    later = page.context.new_page()
    later.goto(address(long_form))
    expect(later.locator("#earlier")).to_contain_text("đã được gửi")
    assert later.evaluate("localStorage.length") == 0
    newest(world, before)


def test_a_kept_answer_that_became_too_old_stays_on_the_device_with_the_reason(
    long_form: Asking, open_page: Opener
) -> None:
    world = long_form[1]
    before = ids(world)
    page = open_page(errors_allowed=True)
    kept_on_the_device(long_form, page)
    later = page.context.new_page()
    later.goto(f"{long_form[0].url}/")  # of the same origin, without the form's script
    later.evaluate(
        """(store) => {
          const letters = JSON.parse(localStorage.getItem(store));
          const [place, cell, version, , mac] = letters[0].answers.token.split("|");
          letters[0].answers.token = [place, cell, version, "19000", mac].join("|");
          localStorage.setItem(store, JSON.stringify(letters));
        }""", STORE,
    )
    later.goto(address(long_form))
    expect(later.locator("#earlier")).to_contain_text("quá lâu nên đã hết hạn")
    [letter] = json.loads(later.evaluate("(store) => localStorage.getItem(store)", STORE))
    assert letter["answers"]["q1"] == "4"
    assert letter["refused"]
    assert ids(world) == before
    later.locator("#earlier button").click()  # whose answer it is says when it goes
    assert later.evaluate("localStorage.length") == 0
