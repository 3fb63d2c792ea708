"""Set-up, sign-in, sessions, and the demonstration's doors."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.test import TestResponse

from app import auth, patience
from app.settings import Settings
from surveys import own_account, passphrases
from surveys.access import Grant, Role
from surveys.store import accounts
from surveys.store.tables import StaffSessionRow
from tests.app import staff, wave_of_four
from tests.app.staff import PASSPHRASE, send

SIGN_IN, SET_UP, DEMONSTRATION = "/account/sign-in", "/account/set-up", "/account/demonstration"


def _code(runner: FlaskCliRunner) -> str:
    result = runner.invoke(args=["accounts", "setup-code"])
    assert result.exit_code == 0
    return result.output.strip()


def _set_up(client: FlaskClient, code: str, name: str = "quan.tri", **changed: str):
    fields = {"code": code, "name": name, "passphrase": PASSPHRASE, "again": PASSPHRASE, **changed}
    return send(client, SET_UP, fields)


def _add_officer(client: FlaskClient) -> accounts.Account:
    """An account that its passphrase alone opens."""
    return staff.add_account(client, grant=Grant(Role.UNIT_OFFICER, "902"))


def _signed_in(client: FlaskClient) -> bool:
    return client.get("/results/").status_code != 303 or "/account/" not in client.get("/results/").headers["Location"]


def test_the_set_up_code_makes_the_first_administrator_and_signs_in(app: Flask, runner: FlaskCliRunner):
    client = app.test_client()
    reply = _set_up(client, _code(runner))
    assert (reply.status_code, reply.headers["Location"]) == (303, "/account/enrol")
    assert not _signed_in(client)  # an administrator's passphrase alone opens the enrolment page and nothing else
    assert "Mã dự phòng" in staff.enrol(client).text
    assert _signed_in(client)
    listed = json.loads(runner.invoke(args=["accounts", "list", "--json"]).output)
    assert [(row["name"], row["state"], row["role"], row["unit"], row["second_factor"]) for row in listed] == [
        ("quan.tri", "active", "administrator", None, True)
    ]


def test_the_set_up_code_is_kept_hashed_and_private(runner: FlaskCliRunner, settings: Settings):
    code = _code(runner)
    kept = settings.keys / "set-up-code"
    assert code.replace("-", "") not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_the_set_up_code_works_once(app: Flask, runner: FlaskCliRunner, settings: Settings):
    code = _code(runner)
    assert _set_up(app.test_client(), code).status_code == 303
    assert not (settings.keys / "set-up-code").exists()
    second = app.test_client()
    assert second.get(SET_UP).headers["Location"] == SIGN_IN  # the page is gone
    assert "đã có tài khoản" in runner.invoke(args=["accounts", "setup-code"]).stderr


def test_of_two_who_hold_the_code_only_one_becomes_administrator(app: Flask, runner: FlaskCliRunner):
    code = _code(runner)
    late = app.test_client()
    token = staff.token(late.get(SET_UP))
    assert _set_up(app.test_client(), code).status_code == 303
    fields = {"code": code, "name": "ke.den.sau", "passphrase": PASSPHRASE, "again": PASSPHRASE, "csrf_token": token}
    late.post(SET_UP, data=fields)
    assert not _signed_in(late)
    assert len(json.loads(runner.invoke(args=["accounts", "list", "--json"]).output)) == 1


def test_a_fresh_code_replaces_the_one_before(app: Flask, runner: FlaskCliRunner):
    old, new = _code(runner), _code(runner)
    assert _set_up(app.test_client(), old).status_code == 422
    assert _set_up(app.test_client(), new.lower().replace("-", " ")).status_code == 303


def test_set_up_says_every_fault_at_once_beside_its_field_and_keeps_what_was_typed(client: FlaskClient):
    reply = _set_up(client, "ABCDE-12345", name="Quản Trị", passphrase="ngắn", again="khác")
    assert reply.status_code == 422
    for field in ("code", "name", "passphrase", "again"):
        assert f'id="{field}-problem"' in reply.text
    assert 'value="ABCDE-12345"' in reply.text
    assert 'value="Quản Trị"' in reply.text
    assert "ngắn" not in reply.text  # a passphrase is not sent back


@pytest.mark.parametrize("passphrase, code", [
    ("mười một ký", "passphrase_length"), ("x" * 129, "passphrase_length"),
    ("abababababababab", "passphrase_monotonous"),
    ("hailong hailong", "passphrase_guessable"), ("quan.tri 12345", "passphrase_guessable"),
    ("Hải Lòng 2026!", "passphrase_guessable"), ("Đồng Hới 2026!!", "passphrase_guessable"),
    ("1q2w3e4r5t6y7u", "passphrase_common"), ("Liverpool 2026", "passphrase_common"),
])
def test_a_weak_passphrase_is_refused(passphrase: str, code: str):
    fault = passphrases.problem(passphrase, "quan.tri", "Phường Đồng Hới")
    assert fault is not None
    assert fault.code == code


@pytest.mark.parametrize("passphrase", [
    PASSPHRASE, "xe đạp xanh cũ kỹ", "x7#kQ9!mZ2$w", "đi chợ mua liverpool về",
])
def test_length_is_enough_without_any_composition(passphrase: str):
    assert passphrases.problem(passphrase, "quan.tri", "Phường Đồng Hới") is None


def test_a_passphrase_matches_however_the_keyboard_composes_it():
    kept = passphrases.hashed("m\u01b0a ph\u00f9n th\u00e1ng gi\u00eang")
    assert passphrases.matches(kept, "mu\u031ba phu\u0300n tha\u0301ng gie\u0302ng")
    assert not passphrases.matches(kept, "mua phun thang gieng")
    assert kept.startswith("$argon2id$")


def test_sign_in_leads_where_one_was_going(client: FlaskClient):
    _add_officer(client)
    reply = send(client, SIGN_IN, {"name": " Quan.Tri ", "passphrase": PASSPHRASE, "next": "/print/"})
    assert (reply.status_code, reply.headers["Location"]) == (303, "/print/")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_sign_in_never_leads_off_the_site(client: FlaskClient, target: str):
    _add_officer(client)
    assert 'name="next" value=""' in client.get(SIGN_IN, query_string={"next": target}).text
    reply = send(client, SIGN_IN, {"name": "quan.tri", "passphrase": PASSPHRASE, "next": target})
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")


def test_a_wrong_name_and_a_wrong_passphrase_look_the_same(client: FlaskClient):
    staff.add_account(client)
    replies = [
        send(client, SIGN_IN, {"name": name, "passphrase": "sai hoàn toàn rồi", "next": "/print/"})
        for name in ("quan.tri", "khong.ai.ca")
    ]
    pages = [
        reply.text.replace(staff.token(reply), "").replace("quan.tri", "NAME").replace("khong.ai.ca", "NAME")
        for reply in replies
    ]
    assert [reply.status_code for reply in replies] == [422, 422]
    assert pages[0] == pages[1]
    assert 'value="NAME"' in pages[0]
    assert 'value="/print/"' in pages[0]


def test_strange_names_are_nobody(client: FlaskClient):
    for name in ("a\x00b.c", "' OR 1=1 --", "Ω" * 70):
        assert send(client, SIGN_IN, {"name": name, "passphrase": PASSPHRASE}).status_code in {400, 422}


def test_wrong_tries_are_slowed_and_nobody_is_locked_out(client: FlaskClient, settings: Settings, monkeypatch):
    _add_officer(client)
    wrong = {"name": "quan.tri", "passphrase": "sai hoàn toàn rồi"}
    right = {"name": "quan.tri", "passphrase": PASSPHRASE}
    for _ in range(patience.FREE + 1):
        assert send(client, SIGN_IN, wrong).status_code == 422
    slowed = send(client, SIGN_IN, right)
    assert slowed.status_code == 429
    assert 1 <= int(slowed.headers["Retry-After"]) <= patience.LONGEST
    elsewhere = client.application.test_client()
    fields = {"csrf_token": staff.token(elsewhere.get(SIGN_IN)), **right}
    reply = elsewhere.post(SIGN_IN, data=fields, environ_overrides={"REMOTE_ADDR": "10.0.0.7"})
    assert reply.status_code == 303  # the owner elsewhere is not kept waiting


def test_the_delay_doubles_up_to_a_minute_and_is_forgotten(settings: Settings):
    waits = []
    for _ in range(12):
        patience.failed(settings, "a", "10.0.0.1", now=1000.0)
        waits.append(patience.wait(settings, "a", "10.0.0.1", now=1000.0))
    assert waits[: patience.FREE + 4] == [0, 0, 0, 2, 4, 8, 16]
    assert waits[-1] == patience.LONGEST
    assert patience.wait(settings, "a", "10.0.0.1", now=1000.0 + patience.LONGEST) == 0
    assert patience.wait(settings, "a", "10.0.0.1", now=1001.0 + patience.FORGET) == 0
    patience.succeeded(settings, "a", "10.0.0.1")
    assert patience.wait(settings, "a", "10.0.0.1", now=1000.0) == 0


def test_names_and_addresses_of_failed_tries_are_not_written_down(client: FlaskClient, settings: Settings):
    send(client, SIGN_IN, {"name": "ten.rieng", "passphrase": "sai hoàn toàn rồi"})
    kept = (settings.state / "sign-in-delays").read_bytes()
    assert b"ten.rieng" not in kept
    assert b"127.0.0.1" not in kept
    assert len(kept) <= 4 * patience.SLOTS * 16


@pytest.mark.parametrize("path", [SIGN_IN, SET_UP, "/account/sign-out"])
def test_a_form_without_its_token_is_refused_in_words(client: FlaskClient, path: str):
    for fields in ({}, {"csrf_token": "forged"}):
        reply = client.post(path, data=fields)
        assert reply.status_code == 400
        assert "thực hiện lại" in reply.text


def test_a_form_sent_by_another_site_is_refused_even_with_a_token(client: FlaskClient):
    fields = {"csrf_token": staff.token(client.get(SIGN_IN)), "name": "a", "passphrase": "b"}
    assert client.post(SIGN_IN, data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400


def test_signing_out_ends_the_session_and_takes_a_post(client: FlaskClient):
    staff.sign_in(client)
    assert client.get("/account/sign-out").status_code == 405
    assert _signed_in(client)
    assert send(client, "/account/sign-out", {}, form_at="/").status_code == 303
    assert not _signed_in(client)


@pytest.mark.parametrize("field, limit", [("started", auth.ABSOLUTE), ("seen", auth.IDLE)])
def test_a_session_ends_by_age_and_by_idleness(client: FlaskClient, field: str, limit: int):
    staff.sign_in(client)
    for seconds, alive in ((limit - 30, True), (limit + 1, False)):
        now = int(time.time())
        _age(client, **{"started": now, "seen": now, field: now - seconds})
        assert _signed_in(client) is alive


def _age(client: FlaskClient, **values: int) -> None:
    from app.db import transaction

    with client.application.app_context(), transaction() as session:
        session.query(StaffSessionRow).update(values)


def _rows(client: FlaskClient) -> list[StaffSessionRow]:
    from app.db import reading

    with client.application.app_context(), reading() as session:
        return session.query(StaffSessionRow).all()


def test_use_keeps_a_session_alive_but_not_beyond_its_age(client: FlaskClient):
    staff.sign_in(client)
    started = int(time.time()) - 7000
    _age(client, started=started, seen=int(time.time()) - auth.IDLE + 60)
    client.get("/results/")
    [row] = _rows(client)
    assert row.seen >= int(time.time()) - 5
    assert row.started == started


def test_use_within_a_minute_writes_nothing(client: FlaskClient):
    staff.sign_in(client)
    seen = int(time.time()) - 30
    _age(client, seen=seen)
    client.get("/results/")
    assert _rows(client)[0].seen == seen


def test_the_database_knows_a_session_by_its_digest_alone(client: FlaskClient):
    staff.sign_in(client)
    with client.session_transaction() as cookie:
        number = cookie["staff"]
    assert len(bytes.fromhex(number)) == 32
    [row] = _rows(client)
    assert row.digest == hashlib.sha256(number.encode()).digest()
    with client.session_transaction() as cookie:
        cookie["staff"] = row.digest.hex()  # who reads the table cannot sign in with what stands there
    assert not _signed_in(client)


def test_signing_in_starts_a_new_session_and_ends_the_one_before(client: FlaskClient):
    _add_officer(client)
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    numbers = []
    for _ in range(2):
        page = client.application.test_client().get(SIGN_IN)
        assert page.status_code == 200
        with client.session_transaction() as session:
            session.pop("staff", None)
        assert send(client, SIGN_IN, {"name": "quan.tri", "passphrase": PASSPHRASE}).status_code == 303
        with client.session_transaction() as session:
            assert "planted" not in session
            numbers.append(session["staff"])
    assert numbers[0] != numbers[1]


def test_a_cookie_kept_from_before_signing_out_opens_nothing(client: FlaskClient):
    staff.sign_in(client)
    with client.session_transaction() as session:
        kept = session["staff"]
    send(client, "/account/sign-out", {}, form_at="/")
    with client.session_transaction() as session:
        session["staff"] = kept
    assert not _signed_in(client)


@pytest.mark.parametrize("change", ["passphrase", "disabled", "last_day"])
def test_a_changed_passphrase_or_a_closed_account_ends_its_sessions(app: Flask, client: FlaskClient, change: str):
    from app.db import transaction
    from surveys.audit import Auditor

    staff.sign_in(client)
    assert _signed_in(client)
    with app.app_context(), transaction() as session:
        session.info["auditor"] = Auditor("test", bytes(32), 0)
        [account] = accounts.accounts(session)
        if change == "passphrase":
            own_account.change_passphrase(session, account, passphrases.hashed("một cụm khác hẳn"), None)
        elif change == "disabled":
            accounts.change(session, account.id, state=accounts.DISABLED)
        else:
            accounts.change(session, account.id, last_day=date(2020, 1, 1))
    assert not _signed_in(client)


def test_a_role_that_needs_a_second_factor_is_not_opened_by_a_session_without(app: Flask, client: FlaskClient):
    """The grant may come into force while the person is signed in."""
    from app.db import transaction

    staff.sign_in(client, Role.UNIT_OFFICER, "902")
    with app.app_context(), transaction() as session:
        [account] = accounts.accounts(session)
        accounts.change(session, account.id, second_factor=None)
    assert _signed_in(client)
    with app.app_context(), transaction() as session:
        accounts.add_grant(session, account.id, Grant(Role.AUDITOR, "900"))
    assert not _signed_in(client)


# the demonstration's doors


@pytest.fixture
def demonstration(make_app: Callable[..., Flask]) -> Callable[..., FlaskClient]:
    """`demonstration(bind=…)`: a client of the demonstration with a simulated wave and a point."""

    def make(**changes: object) -> FlaskClient:
        from app.db import transaction
        from surveys import collection, conduct

        app = make_app(**{"demonstration": True, **changes})
        wave = wave_of_four.make(app, table_of=wave_of_four.today(app), simulated=True)
        with app.app_context(), transaction() as session:
            collection.create_point(session, wave, conduct.tree_of(session, wave), "902", "Quầy số 1")
        return app.test_client()

    return make


def _one_click(client: FlaskClient, who: str = "department", **request: Any) -> TestResponse:
    """Press the button; where none is offered, send what it would send."""
    page = client.get("/", **request)
    fields = {"who": who}
    if "csrf_token" in page.text:
        fields["csrf_token"] = staff.token(page)
    else:
        own = client.get(SIGN_IN, **request)
        fields["csrf_token"] = staff.token(own) if own.status_code == 200 else ""
    return client.post(DEMONSTRATION, data=fields, **request)


def test_one_click_signs_in_on_the_demonstrations_own_machine(demonstration: Callable[..., FlaskClient]):
    client = demonstration()
    for who, door, closed in (("department", "/results/", "none"), ("commune", "/print/", "/results/W1/901")):
        reply = _one_click(client, who)
        assert (reply.status_code, reply.headers["Location"]) == (303, "/")
        assert client.get(door, follow_redirects=True).status_code == 200
        assert client.get(closed).status_code == 404
        send(client, "/account/sign-out", {}, form_at="/")


def test_a_part_that_is_played_has_an_english_name(demonstration: Callable[..., FlaskClient]):
    client = demonstration()
    _one_click(client, "second")
    assert "the Department, second person" in client.get("/?lang=en").text


@pytest.mark.parametrize("changes", [
    {"demonstration": False}, {"bind": "0.0.0.0"}, {"bind": "192.168.1.5", "public_url": "http://192.168.1.5:8000"},
    {"public_url": "https://hailong.example.vn"}, {"trusted_proxies": 1},
    {"bind": "0.0.0.0", "public_url": "http://127.0.0.1:8000"},
])
def test_no_one_click_unless_it_is_the_demonstration_on_loopback(
    demonstration: Callable[..., FlaskClient], changes: dict[str, object]
):
    client = demonstration(**changes)
    assert "/account/demonstration" not in client.get("/").text
    assert "/account/demonstration" not in client.get(SIGN_IN).text
    assert _one_click(client).status_code == 404
    assert not _signed_in(client)


@pytest.mark.parametrize("request_", [
    {"headers": {"Host": "evil.example"}}, {"headers": {"Host": "192.168.1.5:8000"}},
    {"headers": {"Host": "127.0.0.1.evil.example"}}, {"headers": {"Host": "localhost", "X-Forwarded-For": "10.0.0.1"}},
    {"environ_overrides": {"REMOTE_ADDR": "192.168.1.7"}},
])
def test_no_one_click_for_a_foreign_host_name_or_address(
    demonstration: Callable[..., FlaskClient], request_: dict[str, Any]
):
    client = demonstration()
    assert "/account/demonstration" not in client.get("/", **request_).text
    assert _one_click(client, **request_).status_code in {400, 404}


def test_a_demonstration_session_ends_where_the_demonstration_ends(demonstration: Callable[..., FlaskClient]):
    client = demonstration()
    _one_click(client)
    assert _signed_in(client)
    reply = client.get("/results/", headers={"X-Forwarded-For": "10.0.0.1"})
    assert reply.headers["Location"].startswith(SIGN_IN)


def test_one_click_takes_a_token_and_a_known_door(demonstration: Callable[..., FlaskClient]):
    client = demonstration()
    assert client.post(DEMONSTRATION, data={"who": "department"}).status_code == 400
    assert _one_click(client, "nobody").status_code == 404
    assert client.get(DEMONSTRATION).status_code == 405


def test_an_officers_account_needs_a_unit_that_exists(app: Flask, runner: FlaskCliRunner):
    wave_of_four.make(app)
    add = ["accounts", "add", "can.bo", "--role", "unit_officer", "--passphrase", PASSPHRASE]
    assert runner.invoke(args=add).exit_code == 1
    assert runner.invoke(args=[*add, "--unit", "nowhere"]).exit_code == 1
    assert runner.invoke(args=[*add, "--unit", "902"]).exit_code == 0
    assert runner.invoke(args=[*add, "--unit", "902"]).exit_code == 1  # the name is taken
    listed = json.loads(runner.invoke(args=["accounts", "list", "--json"]).output)
    assert [(row["name"], row["role"], row["unit"]) for row in listed] == [("can.bo", "unit_officer", "902")]
