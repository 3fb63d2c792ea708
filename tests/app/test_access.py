"""Every route says who may use it; what no rule allows is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import auth
from surveys import access
from surveys.access import AccessRefusal, Action, Grant, Grants, Role
from surveys.errors import NotFound
from surveys.units import Kind, Unit, UnitTree
from tests.app import staff

CITIZENS = {"respond", "again", "home"}
"""blueprints whose forms are sent without a cookie, and so without a CSRF token"""


def _unit(code: str, kind: Kind, parent: str | None) -> Unit:
    return Unit(None, code, code, kind, parent, date.min, None, None)


TREE = UnitTree(date(2026, 1, 1), [
    _unit("vn", Kind.NATION, None), _unit("44", Kind.PROVINCE, "vn"), _unit("x1", Kind.COMMUNE, "44"),
    _unit("x1.c", Kind.CENTRE, "x1"), _unit("x2", Kind.COMMUNE, "44"), _unit("45", Kind.PROVINCE, "vn"),
])


def test_every_route_carries_a_rule(app: Flask):
    unmarked = {rule.endpoint for rule in app.url_map.iter_rules() if auth.rule_of(app, rule.endpoint) is None}
    assert not unmarked


def test_what_is_open_to_everybody_is_on_this_list(app: Flask):
    """The matrix walks what takes an action: a page that lost its action and was marked public would slip by it."""
    open_ = {rule.endpoint for rule in app.url_map.iter_rules()
             if (found := auth.rule_of(app, rule.endpoint)) is not None and found.action is None}
    assert open_ == {
        "account.demonstration", "account.enrol", "account.invitation", "account.second_factor", "account.set_up_page",
        "account.sign_in", "account.sign_out", "account.try_second_factor", "account.try_sign_in", "again.again",
        "health.alive", "health.exposed", "health.ready", "home.answer", "home.index", "respond.form",
        "respond.slip_form", "respond.submit", "respond.submit_slip", "sounds.recording", "static",
    }


def test_a_route_without_a_rule_is_refused(make_app: Callable[..., Flask]):
    app = make_app()
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    reply = app.test_client().get("/forgotten")
    assert reply.status_code == 403
    assert "secret" not in reply.text


def test_only_citizens_forms_go_without_a_csrf_token(app: Flask):
    bare = {
        rule.endpoint.split(".")[0]
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) - auth.SAFE
        and (found := auth.rule_of(app, rule.endpoint)) is not None and not found.form
    }
    assert bare <= CITIZENS


def test_anonymous_is_led_to_sign_in_and_back_from_a_closed_page(client: FlaskClient):
    """Every closed page: see the access matrix."""
    for path in ("/results/W1?by=band", "/audit/?actor=lan", "/approvals/7"):
        target = urlsplit(client.get(path).headers["Location"])
        assert target.path == "/account/sign-in"
        assert parse_qs(target.query)["next"] == [path]


@pytest.mark.parametrize("path", ["/p/ABCD2345", "/s/" + "A" * 26, "/no-such-page", "/static/css/tokens.css"])
def test_citizens_pages_set_no_cookie(client: FlaskClient, path: str):
    assert "Set-Cookie" not in client.get(path).headers


def held(role: Role, unit: str | None = None, **days: date) -> Grants:
    return Grants.of([Grant(role, unit, **days)], date(2026, 6, 1))


def test_a_role_has_no_action_that_the_table_does_not_give_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "ROLES", {Role.UNIT_OFFICER: frozenset({Action.PRINT_POSTERS})})
    officer, manager = held(Role.UNIT_OFFICER, "x1"), held(Role.PROVINCE_MANAGER, "44")
    access.require(officer, Action.PRINT_POSTERS, TREE, "x1")
    for grants, action in ((officer, Action.SEE_RESULTS), (manager, Action.PRINT_POSTERS)):
        with pytest.raises(AccessRefusal):
            access.require(grants, action, TREE, "x1")


def test_a_grant_reaches_the_subtree_of_its_unit_and_nothing_else():
    commune = held(Role.UNIT_OFFICER, "x1")
    assert [unit.code for unit in TREE if commune.reaches(Action.SEE_RESULTS, TREE, unit.code)] == ["x1", "x1.c"]
    for foreign in ("x2", "44", "45", "vn", "no-such-unit"):
        with pytest.raises(NotFound):
            access.require(commune, Action.SEE_RESULTS, TREE, foreign)


def test_one_starts_reading_at_the_highest_unit_within_reach():
    for grants, start in (
        (held(Role.ADMINISTRATOR), "44"), (held(Role.PROVINCE_MANAGER, "vn"), "44"),
        (held(Role.UNIT_OFFICER, "x1"), "x1"), (held(Role.PROVINCE_MANAGER, "45"), None),
    ):
        assert access.top(grants, Action.SEE_RESULTS, TREE, "44") == start


def test_a_grant_holds_from_its_first_day_to_its_last():
    first, last = date(2026, 6, 1), date(2026, 6, 30)
    grant = Grant(Role.UNIT_OFFICER, "x1", first, last)
    days = [date(2026, 5, 31), first, last, date(2026, 7, 1)]
    assert [bool(Grants.of([grant], day).held) for day in days] == [False, True, True, False]


def test_actions_of_one_grant_do_not_reach_where_another_grant_does():
    two = Grants((Grant(Role.UNIT_OFFICER, "x1"), Grant(Role.HELP_DESK, "44")))
    assert two.reaches(Action.SEE_RESULTS, TREE, "x1")
    assert not two.reaches(Action.SEE_RESULTS, TREE, "x2")
    assert two.reaches(Action.RESET_ACCOUNTS, TREE, "x2")


WRITING = {
    Action.ISSUE_SLIPS, Action.KEY_ANSWERS, Action.WRITE_DEFINITIONS, Action.APPROVE_DEFINITIONS, Action.MANAGE_UNITS,
    Action.MANAGE_WAVES, Action.PUBLISH, Action.RELEASE_COMMENTS, Action.DELETE_CONTACTS, Action.MANAGE_ACCOUNTS,
    Action.RESET_ACCOUNTS,
}
KEPT_FROM = {
    Role.ADMINISTRATOR: {Action.PUBLISH, Action.READ_COMMENTS, Action.RELEASE_COMMENTS, Action.APPROVE_DEFINITIONS,
                         Action.WRITE_DEFINITIONS, Action.KEY_ANSWERS, Action.MANAGE_WAVES},
    Role.PROVINCE_MANAGER: {Action.KEY_ANSWERS, Action.MANAGE_ACCOUNTS, Action.READ_AUDIT},
    Role.ANALYST: {Action.KEY_ANSWERS, Action.PUBLISH, Action.APPROVE_DEFINITIONS, Action.RELEASE_COMMENTS},
    Role.HELP_DESK: {Action.SEE_RESULTS, Action.READ_COMMENTS, Action.KEY_ANSWERS, Action.MANAGE_ACCOUNTS},
    Role.AUDITOR: WRITING | {Action.READ_COMMENTS},
    Role.OBSERVER: WRITING | {Action.SEE_RESULTS, Action.EXPORT_RESULTS, Action.READ_COMMENTS, Action.READ_AUDIT},
    Role.ISSUANCE_OFFICER: {Action.SEE_RESULTS, Action.EXPORT_RESULTS, Action.READ_COMMENTS, Action.KEY_ANSWERS},
    Role.UNIT_OFFICER: WRITING | {Action.READ_COMMENTS, Action.READ_AUDIT},
    Role.ENTRY_CLERK: {Action.SEE_RESULTS, Action.EXPORT_RESULTS, Action.READ_COMMENTS, Action.ISSUE_SLIPS},
    Role.INTERVIEWER: {Action.SEE_RESULTS, Action.EXPORT_RESULTS, Action.READ_COMMENTS, Action.ISSUE_SLIPS},
}
"""what a role must never do, whatever the table becomes"""


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_kept_from_what_another_one_is_for(role: Role):
    assert not access.ROLES[role] & KEPT_FROM[role]
    assert access.ROLES[role] >= {Action.OWN_ACCOUNT, Action.SEE_PROCEDURES}


def test_an_observer_sees_counts_and_procedures_and_nothing_else():
    assert access.ROLES[Role.OBSERVER] == {Action.OWN_ACCOUNT, Action.SEE_PROCEDURES, Action.SEE_PROGRESS}


def test_every_action_is_somebodys():
    assert set().union(*access.ROLES.values()) == set(Action)


KINDS_OF_PLACE = [*Kind]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("workplace", sorted(access.GRADED))
def test_nobody_of_a_graded_unit_keys_edits_or_sees_single_answers(role: Role, workplace: Kind):
    """Over all roles, all graded workplaces and all places of grant: what is allowed touches no single answer.

    The one exception is the department that conducts the survey: it reads comments, and none about itself
    (test_comments holds that).
    """
    person = _unit("w", workplace, "44")
    for kind in KINDS_OF_PLACE:
        if access.conflict(role, person) or access.misplaced(role, _unit("g", kind, None)):
            continue
        touched = access.ROLES[role] & access.SINGLE_ANSWERS
        if workplace is Kind.DEPARTMENT:
            touched -= {Action.READ_COMMENTS, Action.RELEASE_COMMENTS}
        assert not touched, f"{role} at {kind}"


@pytest.mark.parametrize("role", list(Role))
def test_what_is_granted_at_a_graded_unit_reads_no_comments(role: Role):
    for kind in access.GRADED:
        if access.misplaced(role, _unit("g", kind, "44")) is None:
            assert not access.ROLES[role] & {Action.READ_COMMENTS, Action.RELEASE_COMMENTS}


def test_only_an_administrator_holds_a_role_without_a_unit():
    assert [role for role in Role if access.misplaced(role, None) is None] == [Role.ADMINISTRATOR]


def test_roles_that_reach_other_peoples_data_need_a_second_factor():
    strong = {Action.MANAGE_ACCOUNTS, Action.RESET_ACCOUNTS, Action.READ_AUDIT, Action.PUBLISH, Action.READ_COMMENTS,
              Action.APPROVE_DEFINITIONS, Action.MANAGE_WAVES}
    assert {role for role in Role if access.ROLES[role] & strong} <= access.SECOND_FACTOR


def test_a_role_without_the_action_is_told_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    staff.sign_in(client)
    monkeypatch.setattr(access, "ROLES", {})
    assert client.get("/results/").status_code == 403


@pytest.mark.parametrize("target", ["/results/", "/results/w?q=1&by=band", "/print/"])
def test_a_path_of_this_site_is_a_safe_next(target: str):
    assert auth.safe_next(target) == target


@pytest.mark.parametrize("target", [
    None, "", "results", "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil",
    "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", " /results/", "/results/\x00", "/a\\..\\b",
])
def test_a_way_off_the_site_is_no_next(target: str | None):
    assert auth.safe_next(target) is None


def test_headers_guard_every_page(client: FlaskClient):
    for path in ("/", "/account/sign-in", "/no-such-page", "/results/"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers


def test_https_is_remembered_and_cookies_keep_to_it(make_app: Callable[..., Flask]):
    client = make_app(public_url="https://hailong.example.vn").test_client()
    reply = client.get("/account/sign-in", base_url="https://hailong.example.vn")
    assert reply.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookie = reply.headers["Set-Cookie"]
    assert cookie.startswith("__Host-hailong=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_pages_of_signed_in_people_are_not_stored(client: FlaskClient):
    staff.sign_in(client)
    for path in ("/", "/results/", "/results/none", "/print/"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path
