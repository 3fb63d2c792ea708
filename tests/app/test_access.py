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
from surveys.access import AccessRefusal, Action, Grant, Role
from surveys.errors import NotFound
from surveys.units import Kind, Unit, UnitTree
from tests.app import staff

CITIZENS = {"respond", "home"}
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


def test_anonymous_is_led_to_sign_in_and_back_from_every_closed_page(app: Flask, client: FlaskClient):
    closed = [
        rule for rule in app.url_map.iter_rules()
        if (found := auth.rule_of(app, rule.endpoint)) is not None and found.action is not None
    ]
    assert closed
    for rule in closed:
        path = "".join("x" if dynamic else part for dynamic, part in rule._trace).lstrip("|")
        reply = client.get(path)
        assert reply.status_code == 303, path
        target = urlsplit(reply.headers["Location"])
        assert target.path == "/account/sign-in"
        assert parse_qs(target.query)["next"] == [path]


@pytest.mark.parametrize("path", ["/p/ABCD2345", "/s/" + "A" * 26, "/no-such-page", "/static/css/tokens.css"])
def test_citizens_pages_set_no_cookie(client: FlaskClient, path: str):
    assert "Set-Cookie" not in client.get(path).headers


def test_a_role_has_no_action_that_the_table_does_not_give_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "ROLES", {Role.UNIT_OFFICER: frozenset({Action.PRINT_POSTERS})})
    officer, manager = Grant(Role.UNIT_OFFICER, "x1"), Grant(Role.PROVINCE_MANAGER, "44")
    access.require(officer, Action.PRINT_POSTERS, TREE, "x1")
    for grant, action in ((officer, Action.SEE_RESULTS), (manager, Action.PRINT_POSTERS)):
        with pytest.raises(AccessRefusal):
            access.require(grant, action, TREE, "x1")


def test_a_grant_reaches_the_subtree_of_its_unit_and_nothing_else():
    commune = Grant(Role.UNIT_OFFICER, "x1")
    assert [unit.code for unit in TREE if commune.reaches(TREE, unit.code)] == ["x1", "x1.c"]
    for foreign in ("x2", "44", "45", "vn", "no-such-unit"):
        with pytest.raises(NotFound):
            access.require(commune, Action.SEE_RESULTS, TREE, foreign)


def test_one_starts_reading_at_the_highest_unit_within_reach():
    assert access.top(Grant(Role.ADMINISTRATOR), TREE, "44") == "44"
    assert access.top(Grant(Role.PROVINCE_MANAGER, "vn"), TREE, "44") == "44"
    assert access.top(Grant(Role.UNIT_OFFICER, "x1"), TREE, "44") == "x1"
    assert access.top(Grant(Role.PROVINCE_MANAGER, "45"), TREE, "44") is None


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
