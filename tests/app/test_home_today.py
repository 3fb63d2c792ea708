"""The page of the day: what each role sees when signed in, and what nobody sees who is not."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.role_words import ROLE_WORDS
from surveys.access import Role
from surveys.store.tables import WaveRow
from surveys.waves import State
from tests.app import staff, wave_of_four

PLACES = {
    Role.ADMINISTRATOR: {"/results/", "/print/", "/waves/", "/definitions/", "/units/", "/accounts/", "/audit/",
                         "/status"},
    Role.PROVINCE_MANAGER: {
        "/results/", "/print/", "/waves/", "/definitions/", "/units/", "/approvals/", "/comments/", "/status"},
    Role.ANALYST: {"/results/", "/waves/", "/definitions/", "/units/", "/approvals/", "/comments/"},
    Role.HELP_DESK: {"/waves/", "/definitions/", "/units/", "/accounts/"},
    Role.AUDITOR: {"/results/", "/waves/", "/definitions/", "/units/", "/audit/"},
    Role.OBSERVER: {"/waves/", "/definitions/", "/units/"},
    Role.ISSUANCE_OFFICER: {"/print/", "/waves/", "/definitions/", "/units/"},
    Role.UNIT_OFFICER: {"/results/", "/print/", "/waves/", "/definitions/", "/units/"},
    Role.ENTRY_CLERK: {"/definitions/", "/units/"},
    Role.INTERVIEWER: {"/definitions/", "/units/"},
}


def text(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page).split()))


@pytest.fixture
def wave(app: Flask) -> object:
    return wave_of_four.make(app, table_of=wave_of_four.today(app))


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_each_role_begins_with_its_day_and_every_place_opens_in_a_click(
    client: FlaskClient, wave: object, role: Role
) -> None:
    staff.sign_in(client, role, "902" if role in {Role.UNIT_OFFICER, Role.ISSUANCE_OFFICER} else "90")
    page = client.get("/")
    assert page.status_code == 200
    assert "<h1>Việc hôm nay</h1>" in page.text
    assert ROLE_WORDS[role][0] in text(page.text)
    body = page.text[page.text.index("<main"):]
    quick = set(re.findall(r'href="([^"]+)"', body[body.index('id="places"'):]))
    assert quick == PLACES[role]
    for address in set(re.findall(r'href="(/[^"]*)"', body)):
        assert client.get(address, follow_redirects=True).status_code == 200, address


def test_the_front_page_stays_as_it_is_for_everybody_else(client: FlaskClient, wave: object) -> None:
    page = client.get("/")
    assert "Việc hôm nay" not in page.text
    assert "Set-Cookie" not in page.headers


def test_who_only_carries_a_form_cookie_sees_the_front_page(client: FlaskClient) -> None:
    client.get("/account/sign-in")
    page = client.get("/")
    assert 'action="/answer"' in page.text


def test_an_officer_finds_the_own_results_poster_and_progress(client: FlaskClient, wave: object) -> None:
    staff.sign_in(client, Role.UNIT_OFFICER, "902")
    page = client.get("/").text
    for address in ("/results/W1/902", "/print/W1/", "/waves/W1/progress"):
        assert f'href="{address}"' in page
    assert "/results/W1/901" not in page


def test_what_is_due_is_said_with_its_day_and_its_link(app: Flask, client: FlaskClient, wave: object) -> None:
    from datetime import timedelta

    from app.db import transaction

    with app.app_context(), transaction() as session:
        row = session.query(WaveRow).one()
        row.state, row.closes = State.OPEN.value, wave_of_four.today(app) + timedelta(days=1)
    staff.sign_in(client, Role.PROVINCE_MANAGER, "90")
    page = client.get("/").text
    assert "Đợt khảo sát sắp kết thúc thu thập" in page
    assert "còn 1 ngày" in page
    assert 'class="button" href="/waves/W1"' in page


def test_an_empty_day_says_so_and_what_comes_next(app: Flask, client: FlaskClient) -> None:
    staff.sign_in(client, Role.ANALYST, "90")
    assert "Hôm nay không có việc nào đến hạn" in client.get("/").text
    assert "Chưa có đợt khảo sát nào sắp đến ngày." in client.get("/").text


# ---- the language of staff pages


@pytest.mark.parametrize("path", ["/", "/results/W1", "/results/W1?by=band&q=le+thuy", "/units/?q=a%26b", "/print/W1/"])
def test_the_switch_keeps_the_page_and_its_query(client: FlaskClient, wave: object, path: str) -> None:
    staff.sign_in(client, Role.PROVINCE_MANAGER, "90")
    page = client.get(path)
    (address,) = re.findall(r'class="language" href="([^"]+)"', page.text)
    address = html.unescape(address)
    assert address == path + ("&" if "?" in path else "?") + "lang=en"
    english = client.get(address)
    assert english.status_code == 200
    assert '<html lang="en">' in english.text
    assert "Sign out" in english.text
    (back,) = re.findall(r'class="language" href="([^"]+)"', english.text)
    assert html.unescape(back) == address.replace("lang=en", "lang=vi")


def test_the_choice_holds_for_the_session_and_for_nobody_else(
    app: Flask, client: FlaskClient, wave: object
) -> None:
    staff.sign_in(client, Role.PROVINCE_MANAGER, "90")
    client.get("/units/?lang=en")
    assert "<h1>Today</h1>" in client.get("/").text
    client.get("/units/?lang=xx")
    assert "<h1>Today</h1>" in client.get("/").text
    client.get("/units/?lang=vi")
    assert "<h1>Việc hôm nay</h1>" in client.get("/").text
    assert '<html lang="vi">' in app.test_client().get("/").text


def test_citizens_get_no_cookie_for_a_language(client: FlaskClient, wave: object) -> None:
    for path in ("/?lang=en", "/p/ABCDEFGH?lang=en"):
        assert "Set-Cookie" not in client.get(path).headers


def test_english_results_have_english_figures_and_words(client: FlaskClient, wave: object) -> None:
    staff.sign_in(client, Role.PROVINCE_MANAGER, "90")
    said = text(client.get("/results/W1?lang=en").text)
    assert "80.43%" in said
    assert "80,43%" not in said
    assert "95% confidence interval: 78.43% to 82.43%" in said
    assert "Target: above 85%." in said
    for vietnamese in ("Khoảng tin cậy", "phiếu", "Mục tiêu", "Kết luận"):
        assert vietnamese not in said


def test_the_part_one_is_in_is_marked(client: FlaskClient, wave: object) -> None:
    staff.sign_in(client, Role.PROVINCE_MANAGER, "90")
    for path, label in (("/", "Việc hôm nay"), ("/results/W1", "Kết quả"), ("/units/90", "Đơn vị")):
        bar = client.get(path).text.split('<nav class="bar"')[1].split("</nav>")[0]
        marked = re.findall(r'<a href="[^"]*" aria-current="page">([^<]+)</a>', bar)
        assert set(marked) == {label}


# ---- what it costs


def test_the_page_of_the_day_asks_the_database_little(client: FlaskClient, wave: object) -> None:
    from app.db import db

    staff.sign_in(client, Role.ADMINISTRATOR)
    client.get("/")
    with _counting(client.application, db) as said:
        client.get("/")
    assert len(said()) <= 25


def _counting(app: Flask, db: object) -> object:
    from contextlib import contextmanager

    from sqlalchemy import event

    @contextmanager
    def counting():  # type: ignore[no-untyped-def]  # a helper of this test alone
        found: list[str] = []

        def note(*args: object) -> None:
            found.append(str(args[2]))

        with app.app_context():
            engine = db.engine  # type: ignore[attr-defined]
        event.listen(engine, "before_cursor_execute", note)
        give: Callable[[], list[str]] = lambda: found  # noqa: E731
        try:
            yield give
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting()
