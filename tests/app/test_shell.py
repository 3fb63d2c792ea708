"""The shell around all pages: names, headers, sizes, odd text, time limits."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError

from app import auth, db, hosts, uploads
from app.edge import clean
from surveys.access import Action, Role
from surveys.errors import Refusal
from tests.app.staff import send, sign_in, token

PUBLIC, STAFF = "https://hailong.example.vn", "https://canbo.hailong.example.vn"
SEEN = ("/", "/account/sign-in", "/p/NOSUCHCODE", "/results/", "/nowhere", "/static/css/hailong.css")


# ---------------------------------------------------------------- names

@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST", "hailong.example.vn",
                                  "hailong.example.vn:443", "kiosk.noi-bo"])
def test_a_name_of_ours_is_answered(make_app: Callable[..., Flask], host: str) -> None:
    client = make_app(public_url=PUBLIC, trusted_hosts="kiosk.noi-bo, other.noi-bo").test_client()
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:443", "hailong.example.vn.evil.example", "evilhailong.example.vn", "10.0.0.9",
    "hailong.example.vn@evil.example", "evil.example#hailong.example.vn", "a b", "[::1", "hailong.example.vn:x", "..",
    "xn--evl-2na.example", "canbo.hailong.example.vn",
])
def test_a_foreign_name_is_refused_and_not_repeated(make_app: Callable[..., Flask], host: str) -> None:
    client = make_app(public_url=PUBLIC).test_client()
    for path in SEEN:
        reply = client.get(path, headers={"Host": host})
        assert reply.status_code == 400, path
        assert "evil" not in reply.text + str(reply.headers)


def test_a_demonstration_on_every_network_is_reached_by_number_and_not_by_name(make_app: Callable[..., Flask]) -> None:
    client = make_app(bind="0.0.0.0").test_client()
    assert client.get("/", headers={"Host": "192.168.1.20:8000"}).status_code == 200
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("depth, status", [(0, 200), (1, 400)])
def test_what_a_proxy_says_counts_only_where_one_stands(
    make_app: Callable[..., Flask], depth: int, status: int
) -> None:
    client = make_app(trusted_proxies=depth).test_client()
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
    reply = client.get("/", headers=forwarded)
    assert reply.status_code == status
    assert "evil" not in reply.text


def test_two_names_have_two_sets_of_pages(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url=PUBLIC, staff_url=STAFF)
    client = app.test_client()
    of_side = {None: set(), hosts.Side.CITIZENS: set(), hosts.Side.STAFF: set()}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith("static"):
            of_side[hosts.side_of(app, rule.endpoint)].add(_filled(rule.rule))
    assert len(of_side[hosts.Side.STAFF]) > 10
    assert of_side[hosts.Side.CITIZENS] >= {"/p/x", "/s/x"}
    for side, other in ((hosts.Side.STAFF, PUBLIC), (hosts.Side.CITIZENS, STAFF)):
        for path in sorted(of_side[side]):
            assert client.get(path, base_url=other).status_code == 404, path
    there = {client.get(path, base_url=STAFF).status_code for path in of_side[hosts.Side.STAFF] if "/x" not in path}
    assert there == {200, 303}  # open pages, and the way to sign in
    assert client.get("/", base_url=PUBLIC).status_code == client.get("/", base_url=STAFF).status_code == 200


def test_links_across_name_the_other_host(make_app: Callable[..., Flask]) -> None:
    from flask import url_for

    app = make_app(public_url=PUBLIC, staff_url=STAFF)
    with app.test_request_context("/", base_url=PUBLIC):
        assert url_for("account.sign_in") == f"{STAFF}/account/sign-in"
        assert url_for("respond.form", code="ABC").lower() == "/p/abc"
    with app.test_request_context("/results/", base_url=STAFF):
        assert url_for("account.sign_in") == "/account/sign-in"
        assert url_for("respond.form", code="ABC").lower() == f"{PUBLIC}/p/abc"
        assert url_for("static", filename="css/staff.css").startswith("/static/")
    with make_app().test_request_context("/"):
        assert url_for("account.sign_in") == "/account/sign-in"


def test_a_missing_slash_leads_to_the_path_and_names_no_host(client: FlaskClient) -> None:
    assert client.get("/results").headers["Location"] == "/results/"
    assert client.get("//evil.example//results").headers.get("Location", "/evil").startswith("/evil")


# ---------------------------------------------------------------- headers

@pytest.mark.parametrize("path", SEEN)
def test_every_page_carries_the_headers(make_app: Callable[..., Flask], path: str) -> None:
    client = make_app(public_url=PUBLIC).test_client()
    headers = client.get(path).headers
    policy = dict(part.partition(" ")[::2] for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Access-Control-Allow-Origin" not in headers
    assert not re.search(r"\d", headers.get("Server", ""))
    assert re.match(r"(text/(html|css); charset=utf-8)$", headers["Content-Type"])


def test_no_promise_of_https_where_there_is_none(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/").headers


def test_pages_of_the_signed_in_are_kept_by_nobody(client: FlaskClient) -> None:
    sign_in(client)
    for path in ("/results/", "/results/NOSUCH", "/account/sign-in"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PATCH", "PROPFIND"])
def test_methods_that_no_page_has_are_refused(client: FlaskClient, method: str) -> None:
    for path in ("/", "/account/sign-in", "/p/ABC"):
        reply = client.open(path, method=method, headers={"X-Secret": "echoed-back"})
        assert reply.status_code == 405
        assert "echoed-back" not in reply.text


# ---------------------------------------------------------------- sizes

@contextmanager
def _views(app: Flask) -> Iterator[FlaskClient]:
    """Two views that say how many bytes they were given: one as it is, one with more room."""
    def show() -> str:
        return f"{sum(len(value) for value in request.form.values())} {len(request.files)}"

    app.add_url_rule("/plain", "plain", auth.public(lambda: show()), methods=["POST"])
    app.add_url_rule("/files", "files", auth.public(uploads.takes_files(200_000)(lambda: show())), methods=["POST"])
    app.add_url_rule(
        "/long", "long", auth.public(uploads.takes_long_forms(fields=1000, text=300_000)(lambda: show())),
        methods=["POST"],
    )
    yield app.test_client()


@pytest.mark.parametrize("path, data, status", [
    ("/plain", {"a": "x" * 60_000}, 200),
    ("/plain", {"a": "x" * 66_000}, 413),
    ("/plain", {"a": (io.BytesIO(b"x" * 66_000), "a.csv")}, 413),
    ("/plain", {f"f{n}": (io.BytesIO(b"x"), "a") for n in range(301)}, 413),
    ("/files", {"a": (io.BytesIO(b"x" * 190_000), "a.csv")}, 200),
    ("/files", {"a": (io.BytesIO(b"x" * 300_000), "a.csv")}, 413),
    ("/files", {"a": "x" * 100_000, "b": (io.BytesIO(b"x"), "a.csv")}, 413),
    ("/long", {"a": "x" * 290_000}, 200),
    ("/long", {"a": "x" * 310_000, "b": (io.BytesIO(b"x"), "a.csv")}, 413),
])
def test_a_view_is_sent_no_more_than_its_room(app: Flask, path: str, data: dict[str, object], status: int) -> None:
    with _views(app) as client:
        began = time.process_time()
        assert client.post(path, data=data).status_code == status
        assert time.process_time() - began < 1


def test_a_body_of_a_gigabyte_is_refused_unread(app: Flask) -> None:
    with _views(app) as client:
        reply = client.post("/plain", data=b"a=1", environ_overrides={"CONTENT_LENGTH": str(2**30)})
    assert reply.status_code == 413


# ---------------------------------------------------------------- odd text

@pytest.mark.parametrize("sent, kept", [
    ("Lê Thị Hoa", "Lê Thị Hoa"),
    ("Le\u0302 Thi\u0323", "Lê Thị"),  # as some telephones send it
    ("a\r\nb\rc\td", "a\nb\nc\td"),
    ("a\x07b\x1b[31mc\x85d", "ab[31mcd"),
    ("gpj.\u202exslx", "gpj.xslx"),
    ("a\u200bb\ufeffc\u2066d", "abcd"),
    ("e" + "\u0301\u0323" * 40, "ẹ́"),
])
def test_text_is_made_one_and_the_same(sent: str, kept: str) -> None:
    found = clean(sent)
    assert found == kept if len(sent) < 40 else len(found) <= 4
    assert clean(found) == found


@pytest.mark.parametrize("sent", ["a\x00b", "\ud800", "a\udfffb"])
def test_what_cannot_be_text_is_refused(sent: str) -> None:
    with pytest.raises(Refusal, match="text_unfit"):
        clean(sent)


def test_a_form_with_nul_is_refused_before_its_view(client: FlaskClient) -> None:
    reply = send(client, "/account/sign-in", {"name": "a\x00b", "passphrase": "x"})
    assert reply.status_code == 400
    assert "ký tự không đọc được" in reply.text


def test_a_single_field_sent_twice_is_refused(client: FlaskClient) -> None:
    mark = token(client.get("/account/sign-in"))
    reply = client.post("/account/sign-in", data={"csrf_token": [mark, mark], "name": "a", "passphrase": "b"})
    assert reply.status_code == 400


@pytest.mark.parametrize("address", ["/results/%00", "/p/%00", "/results/W%0d%0aSet-Cookie:x=1", "/%7f", "/units/%1b"])
def test_addresses_with_control_characters_lead_nowhere(client: FlaskClient, address: str) -> None:
    sign_in(client, Role.PROVINCE_MANAGER, "44")
    reply = client.get(address)
    assert reply.status_code == 404
    assert "Set-Cookie" not in str(reply.headers)


# ---------------------------------------------------------------- time limits

def test_a_page_may_not_keep_the_database_for_long(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "LONGEST_READ", 0.2)
    monkeypatch.setattr(db, "STEPS", 1000)
    monkeypatch.setitem(db.PATIENCE, "statement_timeout", "200ms")
    endless = {
        "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n",
        "postgresql": "SELECT pg_sleep(30)",
    }

    def wait() -> str:
        with db.reading() as session:
            session.execute(text(endless[db.db.engine.dialect.name]))
        return "done"

    app.add_url_rule("/endless", "endless", auth.public(wait))
    with app.app_context():
        db.db.engine.dispose()
    began = time.monotonic()
    reply = app.test_client().get("/endless")
    assert time.monotonic() - began < 5
    assert reply.status_code == 503
    assert reply.headers["Retry-After"]
    assert app.test_client().get("/").status_code == 200  # the connection serves on


def test_commands_have_more_time_than_pages(app: Flask) -> None:
    with app.app_context():
        if db.db.engine.dialect.name != "postgresql":
            pytest.skip("SQLite bounds pages only")
        db.db.engine.dispose()
        with db.reading() as session:
            assert session.scalar(text("SHOW statement_timeout")) == "1h"
        db.db.engine.dispose()
    with app.test_request_context("/"), db.reading() as session:
        assert session.scalar(text("SHOW statement_timeout")) == "20s"
        assert session.scalar(text("SHOW lock_timeout")) == "10s"
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1min"


@pytest.mark.parametrize("raised, status", [(OperationalError, 503), (DataError, 400)])
def test_what_the_database_refuses_is_told_without_its_words(
    app: Flask, raised: type[OperationalError], status: int
) -> None:
    def fail() -> str:
        raise raised("SELECT secret", {"answer": "secret"}, Exception("secret"))

    app.add_url_rule("/failing", "failing", auth.requires(Action.SEE_RESULTS)(fail))
    client = app.test_client()
    sign_in(client, Role.PROVINCE_MANAGER, "44")
    reply = client.get("/failing")
    assert reply.status_code == status
    assert "secret" not in reply.text


def _filled(rule: str) -> str:
    return re.sub(r"<int\b[^>]*>", "1", re.sub(r"<(?!int\b)[^>]+>", "x", rule))
