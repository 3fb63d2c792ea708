"""The second factor: who needs it, each code once, recovery codes, enrolment, one's own account page."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import patience, security
from app.settings import Settings
from surveys import own_account
from surveys.access import SECOND_FACTOR, Grant, Role
from surveys.store import accounts
from tests.app import staff
from tests.app.staff import PASSPHRASE, send, token

SIGN_IN, SECOND, ENROL = "/account/sign-in", "/account/second-factor", "/account/enrol"
RIGHT = {"name": "quan.tri", "passphrase": PASSPHRASE}
INSIDE = "/account/"


def _account(app: Flask) -> accounts.Account:
    from app.db import reading

    with app.app_context(), reading() as session:
        [account] = accounts.accounts(session)
        return account


def _with_factor(client: FlaskClient, grant: Grant | None = None) -> str:
    """An account with a second factor; returns its encrypted secret."""
    from app.db import transaction

    account = staff.add_account(client, grant=grant)
    kept = security.new_secret(client.application.config["HAILONG"])
    with client.application.app_context(), transaction() as session:
        accounts.change(session, account.id, second_factor=kept)
    return kept


def _code(settings: Settings, kept: str, steps: int = 0) -> str:
    """What the app shows `steps` half minutes from now."""
    import time

    totp = security._totp(settings)._totp.from_source(kept)
    return str(totp.generate(int(time.time()) + 30 * steps).token)


def _inside(client: FlaskClient) -> bool:
    return client.get(INSIDE).status_code == 200


@pytest.mark.parametrize("role", sorted(SECOND_FACTOR))
def test_a_passphrase_alone_opens_only_the_enrolment_page(client: FlaskClient, role: Role):
    staff.add_account(client, grant=Grant(role, None if role is Role.ADMINISTRATOR else "900"))
    reply = send(client, SIGN_IN, RIGHT)
    assert (reply.status_code, reply.headers["Location"]) == (303, ENROL)
    for path in ("/results/", "/account/", "/accounts/", "/account/sessions"):
        assert client.get(path).headers["Location"].startswith(SIGN_IN)
    assert client.get(ENROL).status_code == 200


def test_enrolment_shows_ten_codes_once_and_signs_in(app: Flask, client: FlaskClient):
    staff.add_account(client)
    send(client, SIGN_IN, {**RIGHT, "next": "/results/"})
    page = client.get(ENROL).text
    assert "<svg" in page
    assert "<script" not in page.replace("<script src", "")
    shown = staff.enrol(client)
    codes = re.findall(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", shown.text)
    assert len(set(codes)) == 10
    assert 'href="/results/"' in shown.text
    assert _inside(client)
    kept = _account(app)
    assert all(code not in str(kept.recovery) for code in codes)
    assert client.get(ENROL).status_code == 303  # not again


def test_the_secret_is_kept_encrypted_with_a_key_outside_the_database(app: Flask, client: FlaskClient, settings):
    staff.add_account(client)
    send(client, SIGN_IN, RIGHT)
    page = client.get(ENROL).text
    key = re.search(r'class="long-code">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    staff.enrol(client)
    kept = _account(app).second_factor
    assert key not in kept
    assert security.typed_key(settings, kept).replace(" ", "") == key
    assert (settings.keys / "second-factor").stat().st_mode & 0o077 == 0
    (settings.keys / "second-factor").write_text("f" * 64)
    security._factory.cache_clear()
    assert security.typed_key(settings, kept).replace(" ", "") != key


@pytest.mark.parametrize("steps, right", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_for_its_half_minute_and_the_ones_beside(client: FlaskClient, settings, steps, right):
    kept = _with_factor(client)
    assert send(client, SIGN_IN, RIGHT).headers["Location"] == SECOND
    reply = send(client, SECOND, {"code": _code(settings, kept, steps)})
    assert (reply.status_code == 303) is right
    assert _inside(client) is right


def test_each_code_works_once_even_from_another_browser(app: Flask, client: FlaskClient, settings):
    kept = _with_factor(client)
    code = _code(settings, kept)
    for browser, right in ((client, True), (app.test_client(), False)):
        send(browser, SIGN_IN, RIGHT)
        assert (send(browser, SECOND, {"code": code}).status_code == 303) is right
    later = app.test_client()
    send(later, SIGN_IN, RIGHT)
    assert send(later, SECOND, {"code": _code(settings, kept, -1)}).status_code == 422  # nor an older one
    assert send(later, SECOND, {"code": _code(settings, kept, 1)}).status_code == 303


def test_of_two_requests_with_one_code_one_gets_in(app: Flask, client: FlaskClient):
    """Both have read the account before either wrote."""
    from app.db import transaction

    _with_factor(client)
    account = _account(app)
    with app.app_context():
        results = []
        for _ in range(2):
            with transaction() as session:
                results.append(accounts.use_step(session, account.id, 1000))
    assert results == [True, False]


def test_a_recovery_code_works_once_and_is_kept_as_a_digest(app: Flask, client: FlaskClient, session):
    _with_factor(client)
    account = _account(app)
    codes = own_account.new_recovery_codes(session, account)
    session.commit()
    for browser, right in ((client, True), (app.test_client(), False)):
        send(browser, SIGN_IN, RIGHT)
        typed = codes[3].lower().replace("-", " ")
        assert (send(browser, SECOND, {"code": typed}).status_code == 303) is right
    assert own_account.codes_left(_account(app)) == 9
    assert "Còn 9 mã dự phòng" in client.get(INSIDE).text


def test_two_requests_cannot_spend_one_recovery_code(app: Flask, client: FlaskClient, session):
    _with_factor(client)
    codes = own_account.new_recovery_codes(session, _account(app))
    session.commit()
    stale = _account(app)
    assert own_account.use_recovery_code(session, stale, codes[0]) == 9
    session.commit()
    assert own_account.use_recovery_code(session, stale, codes[0]) is None


def test_the_session_changes_with_the_second_factor(client: FlaskClient, settings):
    kept = _with_factor(client)
    send(client, SIGN_IN, RIGHT)
    with client.session_transaction() as cookie:
        assert "staff" not in cookie
        half = dict(cookie)
    send(client, SECOND, {"code": _code(settings, kept)})
    with client.session_transaction() as cookie:
        assert "half_way" not in cookie
        assert cookie["csrf_token"] != half["csrf_token"] if "csrf_token" in cookie else True


def test_half_way_ends_after_ten_minutes_and_with_a_reset(app: Flask, client: FlaskClient, session):
    from surveys.accounts import end_sessions

    _with_factor(client)
    send(client, SIGN_IN, RIGHT)
    assert client.get(SECOND).status_code == 200
    with client.session_transaction() as cookie:
        cookie["half_way"] = {**cookie["half_way"], "since": cookie["half_way"]["since"] - 601}
    assert client.get(SECOND).status_code == 303
    send(client, SIGN_IN, RIGHT)
    end_sessions(session, _account(app))
    session.commit()
    assert client.get(SECOND).status_code == 303


def test_wrong_codes_are_slowed(client: FlaskClient, settings):
    kept = _with_factor(client)
    send(client, SIGN_IN, RIGHT)
    page = client.get(SECOND)
    for _ in range(patience.FREE + 1):
        reply = client.post(SECOND, data={"csrf_token": token(page), "code": "ABCD-EFGH-JKMN-PQRS"})
        assert reply.status_code == 422
    reply = client.post(SECOND, data={"csrf_token": token(page), "code": _code(settings, kept)})
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) >= 1


# one's own account


@pytest.fixture
def officer(client: FlaskClient) -> FlaskClient:
    staff.add_account(client, grant=Grant(Role.UNIT_OFFICER, "902"))
    send(client, SIGN_IN, RIGHT)
    return client


def test_a_new_passphrase_needs_the_present_one_and_ends_the_other_sessions(app: Flask, officer: FlaskClient):
    other = app.test_client()
    send(other, SIGN_IN, RIGHT)
    new = "xe đạp xanh cũ kỹ"
    path = "/account/passphrase"
    wrong = send(officer, path, {"present": "không phải cụm này", "passphrase": new, "again": new})
    assert wrong.status_code == 422
    assert "chưa đúng" in wrong.text
    assert _inside(other)
    assert send(officer, path, {"present": PASSPHRASE, "passphrase": new, "again": new}).status_code == 303
    assert _inside(officer)
    assert not _inside(other)
    assert send(other, SIGN_IN, RIGHT).status_code == 422
    assert send(other, SIGN_IN, {**RIGHT, "passphrase": new}).status_code == 303


def test_a_second_factor_of_choice_can_be_set_and_dropped_with_the_passphrase(app: Flask, officer: FlaskClient):
    assert officer.get("/account/factor").status_code == 303  # the passphrase first
    other = app.test_client()
    send(other, SIGN_IN, RIGHT)
    assert send(officer, "/account/confirm/factor", {"present": PASSPHRASE}).headers["Location"] == "/account/factor"
    page = officer.get("/account/factor")
    with officer.session_transaction() as cookie:
        kept = cookie["enrolling"]
    code = security.current_code(app.config["HAILONG"], kept)
    shown = officer.post("/account/factor", data={"csrf_token": token(page), "code": code})
    assert "Mã dự phòng" in shown.text
    assert _inside(officer)
    assert not _inside(other)
    assert send(other, SIGN_IN, RIGHT).headers["Location"] == SECOND
    assert send(officer, "/account/confirm/drop", {"present": PASSPHRASE}).status_code == 303
    assert send(app.test_client(), SIGN_IN, RIGHT).headers["Location"] == "/"


def test_a_role_that_needs_the_second_factor_cannot_drop_it(app: Flask, client: FlaskClient):
    staff.add_account(client)
    send(client, SIGN_IN, RIGHT)
    staff.enrol(client)
    assert send(client, "/account/confirm/drop", {"present": PASSPHRASE}).status_code == 400
    assert _account(app).second_factor is not None


def test_my_sessions_lists_browsers_and_ends_them(app: Flask, officer: FlaskClient):
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
    others = [app.test_client() for _ in range(3)]
    for each in others:
        fields = {"csrf_token": token(each.get(SIGN_IN)), **RIGHT}
        each.post(SIGN_IN, data=fields, headers={"User-Agent": chrome})
    page = officer.get("/account/sessions")
    assert page.text.count("Chrome, Windows") == 3
    assert page.text.count("phiên này)") + page.text.count("phiên này</strong>") >= 1
    assert "127.0.0.1" not in page.text
    ids = re.findall(r'name="session" value="([0-9a-f]+)"', page.text)
    assert len(ids) == 3
    reply = send(officer, "/account/sessions/end", {"session": ids[0]}, form_at="/account/sessions")
    assert reply.status_code == 303
    assert sum(map(_inside, others)) == 2
    assert send(officer, "/account/sessions/end-others", {}, form_at="/account/sessions").status_code == 303
    assert sum(map(_inside, others)) == 0
    assert _inside(officer)


def test_nobody_ends_a_session_of_somebody_else(app: Flask, officer: FlaskClient):
    other = app.test_client()
    staff.sign_in(other)
    from app.db import reading
    from surveys.store.tables import StaffSessionRow

    with app.app_context(), reading() as session:
        foreign = next(
            row.digest.hex() for row in session.query(StaffSessionRow) if row.account_id != 1
        )
    reply = send(officer, "/account/sessions/end", {"session": foreign}, form_at="/account/sessions")
    assert reply.status_code == 404
    assert _inside(other)


def test_the_language_is_chosen_and_kept(app: Flask, officer: FlaskClient):
    assert "Tài khoản của tôi" in officer.get(INSIDE).text
    send(officer, "/account/language", {"language": "en"}, form_at=INSIDE)
    assert "My account" in officer.get(INSIDE).text
    assert _account(app).language == "en"
    assert send(officer, "/account/language", {"language": "xx"}, form_at=INSIDE).status_code == 400


def test_sign_ins_stand_in_the_trail_and_failures_do_not(app: Flask, client: FlaskClient):
    from app.db import reading
    from surveys.store.tables import AuditRow

    staff.add_account(client, grant=Grant(Role.UNIT_OFFICER, "902"))
    for _ in range(3):
        send(client, SIGN_IN, {**RIGHT, "passphrase": "sai hoàn toàn rồi"})
    send(client, SIGN_IN, RIGHT)
    with app.app_context(), reading() as session:
        rows = [(row.actor, row.action, row.subject) for row in session.query(AuditRow)]
    assert rows == [("quan.tri", "account.signed_in", "account:quan.tri")]


def test_a_step_that_was_used_is_no_answer_before_the_database_is_asked(settings: Settings):
    kept = security.new_secret(settings)
    step = security.step_of(settings, kept, security.current_code(settings, kept), None)
    assert step is not None
    assert security.step_of(settings, kept, security.current_code(settings, kept), step + 1) is None
