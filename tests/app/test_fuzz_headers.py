"""Sixty odd headers on every route: no foreign host comes back, nothing fails, no redirect leaves the site."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import create_environ

from app import refresh
from bench._fuzz import _filled
from surveys.access import Role
from tests.app import wave_of_four
from tests.app.staff import sign_in

EVIL = "zq9evil.example"
HOSTS = (
    EVIL, f"{EVIL}:80", f"{EVIL}:0", f"localhost.{EVIL}", f"localhost@{EVIL}", f"localhost:80@{EVIL}",
    f"{EVIL}#localhost", f"{EVIL}?localhost", f"{EVIL}/localhost", f"localhost {EVIL}", f"localhost,{EVIL}",
    f"localhost\t{EVIL}",
    f"localhost\r\nX-Injected: {EVIL}", f"localhost\x00{EVIL}", f"[{EVIL}]", f"http://{EVIL}/",
    f"{EVIL.upper()}", f"{EVIL}.", f"xn--zq9-1na.{EVIL}", f"‮{EVIL}", f"%2f{EVIL}", f"localhost:{EVIL}",
)
"""names that are not ours: refused"""
OTHERS: tuple[tuple[str, str], ...] = (
    *((f"HTTP_{name}", value) for name in (
        "X_FORWARDED_HOST", "X_HOST", "X_FORWARDED_SERVER", "X_ORIGINAL_HOST", "X_ORIGINAL_URL", "X_REWRITE_URL",
        "X_FORWARDED_PREFIX", "X_FORWARDED_PROTO", "REFERER", "ORIGIN", "X_FORWARDED_FOR", "TRUE_CLIENT_IP",
    ) for value in (EVIL, f"//{EVIL}/\r\nSet-Cookie: zq9=1")),
    ("HTTP_FORWARDED", f"for=1.2.3.4;host={EVIL};proto=https"), ("HTTP_FORWARDED", f'host="{EVIL}\r\nX: 1"'),
    ("HTTP_ACCEPT", "application/json"), ("HTTP_ACCEPT", f"text/{EVIL}"), ("HTTP_ACCEPT", "\xff\x00,,;q=2"),
    ("HTTP_ACCEPT_LANGUAGE", f"{EVIL};q=9"), ("HTTP_ACCEPT_ENCODING", "gzip;q=,br;q=x"), ("HTTP_RANGE", "bytes=-1-,9-"),
    ("HTTP_COOKIE", f"hailong={EVIL}"), ("HTTP_COOKIE", "hailong=; hailong=x; =; ;;"),
    ("HTTP_COOKIE", f'a="\\000{EVIL}'),
    ("HTTP_IF_NONE_MATCH", '"' * 99), ("HTTP_IF_MODIFIED_SINCE", EVIL), ("HTTP_AUTHORIZATION", f"Basic {EVIL}"),
    ("HTTP_X_HTTP_METHOD_OVERRIDE", "DELETE"), ("HTTP_CONTENT_TYPE", f"multipart/form-data; boundary={EVIL}"),
    ("HTTP_SEC_FETCH_SITE", "cross-site"), ("HTTP_EXPECT", "100-continue"), ("HTTP_UPGRADE", "h2c"),
    ("HTTP_USER_AGENT", f"() {{ :;}}; echo {EVIL}"), ("QUERY_STRING", f"next=//{EVIL}&lang=zq9"),
    ("QUERY_STRING", "lang=en&lang=vi&page=-1&q=%ff%fe&by=%0d%0aSet-Cookie:zq9=1"),
)


@pytest.fixture
def client(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(refresh, "launch", lambda *_, **__: None)
    app = make_app()
    wave_of_four.make(app)
    return app.test_client()


def _addresses(app: Flask) -> list[str]:
    met = {"wave_code": {"W1"}, "unit_code": {"902"}, "code": {"902"}, "fmt": {"csv"}, "number": {"1"}}
    rules = (rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("static"))
    return sorted({_filled(rule.rule, met, 0) for rule in rules})


def _check(client: FlaskClient, address: str, changed: dict[str, str], *, refused: bool = False) -> None:
    for method in ("GET", "POST"):
        reply = client.open(address, method=method, environ_overrides=changed)
        what = (method, address, changed)
        assert reply.status_code < 500, what
        if refused:
            assert reply.status_code == 400, what
        said = f"{reply.headers}"
        assert "zq9=1" not in said, what
        if not changed.get("QUERY_STRING"):  # which sign-in keeps, within an address of ours
            assert EVIL not in said.lower(), what
            packed = "Content-Encoding" in reply.headers
            assert EVIL.encode() not in (gzip.decompress(reply.data) if packed else reply.data).lower(), what
        place = reply.headers.get("Location", "/")
        assert place.startswith("/"), what
        assert not place.startswith("//"), what


def test_there_are_sixty_of_them():
    assert len({*HOSTS}) + len({*OTHERS}) >= 60


@pytest.mark.slow
def test_a_foreign_host_is_refused_on_every_route(client: FlaskClient):
    for number, address in enumerate(_addresses(client.application)):
        for host in HOSTS[number % 2 :: 2]:
            _check(client, address, {"HTTP_HOST": host}, refused=True)


def test_a_name_that_is_none_is_refused_too(client: FlaskClient):
    """Past the test client, which fails on such a name itself."""
    statuses: list[str] = []
    environ = create_environ("/") | {"HTTP_HOST": f"xn--{EVIL}"}
    body = b"".join(client.application.wsgi_app(environ, lambda status, *_: statuses.append(status)))
    assert statuses == ["400 BAD REQUEST"]
    assert EVIL.encode() not in body


@pytest.mark.slow
def test_no_header_changes_where_anybody_is_led(client: FlaskClient):
    for address in _addresses(client.application):
        for name, value in OTHERS:
            _check(client, address, {name: value})


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.PROVINCE_MANAGER, Role.ADMINISTRATOR])
def test_nor_of_the_signed_in(client: FlaskClient, role: Role):
    sign_in(client, role, "90" if role is Role.PROVINCE_MANAGER else None)
    for number, address in enumerate(_addresses(client.application)):
        if address.endswith((".pdf", ".zip")):
            continue  # drawn at length, and its address is the same as the page's
        for name, value in OTHERS[number % 6 :: 6]:
            if name != "HTTP_COOKIE":
                _check(client, address, {name: value})
