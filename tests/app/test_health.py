"""What machines and administrators learn of the server, and what nobody else does."""

from __future__ import annotations

import fcntl
import html
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import health, metrics
from app.db import db, transaction
from app.settings import Settings
from surveys.access import Role
from tests.app.staff import sign_in
from tests.app.test_metrics import parsed
from tests.world import answered, build, fresh_id, opened, post

PLACES = ("/healthz", "/readyz", "/metrics")


@pytest.fixture(autouse=True)
def _every_look_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LIFE", 0.0)


def codes(client: FlaskClient) -> set[str]:
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.headers["Retry-After"]
    return set(reply.text.split())


@pytest.mark.parametrize("path", PLACES)
def test_machines_get_plain_text_and_no_cookie(client: FlaskClient, path: str):
    reply = client.get(path)
    assert reply.status_code == 200
    assert reply.mimetype == "text/plain"
    assert "Set-Cookie" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"


def test_the_process_lives_without_its_database(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    with app.app_context():
        engine = db.engine
    monkeypatch.setattr(engine, "connect", _no_database)
    monkeypatch.setattr(engine, "raw_connection", _no_database)
    assert client.get("/healthz").status_code == 200
    assert codes(client) == {"database_unreachable"}
    found = parsed(client.get("/metrics").text)
    assert found[("hailong_database_up", frozenset())] == 0
    assert not any(name == "hailong_database_bytes" for name, _ in found)


def _no_database(*_: object, **__: object) -> None:
    raise OSError("away")


def test_a_full_disk_is_told(app: Flask, make_app: Callable[..., Flask]):
    assert codes(make_app(disk_reserve=10**9).test_client()) == {"disk_low"}


def test_a_key_that_cannot_be_read_is_told(client: FlaskClient, settings: Settings):
    assert client.get("/readyz").status_code == 200
    settings.keys.mkdir(exist_ok=True)
    (settings.keys / "audit").unlink(missing_ok=True)
    (settings.keys / "audit").mkdir()
    assert codes(client) == {"keys_unreadable"}


@pytest.mark.parametrize("revision, code", [("0001", "migrations_missing"), ("9999", "migrations_unknown")])
def test_tables_of_another_version_are_told(app: Flask, client: FlaskClient, revision: str, code: str):
    known = next(name for name in health.revisions() if name.startswith("0001")) if revision == "0001" else revision
    with app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{known}'")
        connection.commit()
    try:
        assert codes(client) == {code}
    finally:
        with app.app_context(), db.engine.connect() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{min(health.heads())}'")
            connection.commit()


def test_a_writer_that_holds_the_database_too_long_is_told(
    app: Flask, client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL has no such lock")
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    client.get("/readyz")
    handle = os.open(settings.write_lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        assert codes(client) == {"database_locked"}
    finally:
        os.close(handle)
    assert client.get("/readyz").status_code == 200


def test_a_database_that_hangs_keeps_nobody_and_is_asked_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    import threading

    release, asked = threading.Event(), []

    def hang(_: Settings) -> list[str]:
        asked.append(1)
        release.wait(30)
        return []

    monkeypatch.setattr(health, "PATIENCE", 0.05)
    monkeypatch.setattr(health, "database_codes", hang)
    try:
        assert codes(client) == {"database_slow"}
        assert codes(client) == {"database_slow"}
        assert len(asked) == 1
    finally:
        release.set()


def test_a_database_that_takes_no_write_is_told(app: Flask, client: FlaskClient, settings: Settings):
    with app.app_context():
        sqlite = db.engine.dialect.name == "sqlite"
    if not sqlite:
        with app.app_context(), db.engine.connect() as connection:
            name = connection.exec_driver_sql("SELECT current_database()").scalar()
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            connection.commit()
            db.engine.dispose()
        try:
            assert codes(client) == {"database_read_only"}
        finally:
            with app.app_context():
                db.engine.dispose()
                with db.engine.connect() as connection:
                    connection.exec_driver_sql("SET TRANSACTION READ WRITE")
                    connection.exec_driver_sql(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
                    connection.commit()
                db.engine.dispose()
        return
    with app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.rollback()
    assert codes(client) == {"database_read_only"}


# ---------------------------------------------------------------- metrics

@pytest.mark.parametrize("address, headers, status", [
    ("127.0.0.1", {}, 200), ("::1", {}, 200), ("203.0.113.7", {}, 404),
    ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404), ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
    ("203.0.113.7", {"Authorization": "Bearer a-token-of-some-length"}, 200),
    ("203.0.113.7", {"Authorization": "Bearer a-token-of-some-lengtH"}, 404),
    ("203.0.113.7", {"Authorization": "Bearer "}, 404), ("203.0.113.7", {"Authorization": "Bearer é"}, 404),
])
def test_metrics_are_for_this_machine_or_the_token(
    make_app: Callable[..., Flask], address: str, headers: dict[str, str], status: int
):
    client = make_app(metrics_token="a-token-of-some-length").test_client()
    reply = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert reply.status_code == status


def test_what_happens_is_counted(app: Flask, tmp_path: Path):
    world = build(app, tmp_path)
    fields = answered(opened(world), id=fresh_id())
    for _ in range(3):
        post(world, fields)
    post(world, {**fields, "q1": "1"})
    post(world, {**fields, "id": fresh_id(), "q1": "9"})
    page = world.client.get("/metrics")
    assert page.content_type == "text/plain; version=0.0.4; charset=utf-8"
    found = parsed(page.text)

    def of(name: str, **labels: str) -> float:
        return found[(f"hailong_{name}", frozenset(labels.items()))]

    assert of("answers_total", outcome="stored") == 1
    assert of("answers_total", outcome="repeated") == 2
    assert of("refusals_total", code="answer_conflict") == 1
    assert of("refusals_total", code="answers_faulty") == 1
    assert of("request_seconds_count", route="citizen_send", status="2xx") == 3
    assert of("request_seconds_count", route="citizen_send", status="4xx") == 2
    assert of("request_seconds_count", route="citizen_form", status="2xx") == 1
    assert of("writer_waiting") == 0
    assert of("database_up") == 1
    assert of("waves_open") == 1
    assert of("score_tables_stale") == 1
    assert of("processes") == 1
    assert all(name.removeprefix("hailong_").removesuffix("_total") in health.ABOUT
               or name.removeprefix("hailong_").rpartition("_")[0] in health.ABOUT for name, _ in found)
    for secret in (world.point, fields["id"], fields["token"], "127.0.0.1", "W1", "X1"):
        assert secret not in page.text


# ---------------------------------------------------------------- the page

@pytest.fixture
def backed_up(monkeypatch: pytest.MonkeyPatch) -> list[health.Backups]:
    kept: list[health.Backups] = [health.Backups()]
    monkeypatch.setattr(health, "backups", lambda _: kept[0])
    return kept


def text(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page).split()))


@pytest.mark.parametrize("role, unit, status", [
    (Role.ADMINISTRATOR, None, 200), (Role.PROVINCE_MANAGER, "T1", 200), (Role.ANALYST, "T1", 403),
    (Role.AUDITOR, "T1", 403), (Role.UNIT_OFFICER, "X1", 403), (Role.OBSERVER, "T1", 403),
])
def test_the_page_is_for_who_looks_after_the_installation(
    app: Flask, tmp_path: Path, role: Role, unit: str | None, status: int
):
    world = build(app, tmp_path)
    sign_in(world.client, role, unit)
    assert world.client.get("/status").status_code == status
    assert ('href="/status"' in world.client.get("/").text) == (status == 200)


def test_the_page_says_what_somebody_has_to_do(app: Flask, tmp_path: Path, backed_up: list[health.Backups]):
    from datetime import timedelta

    from app import server_day

    world = build(app, tmp_path)
    post(world, answered(opened(world), id=fresh_id()))
    sign_in(world.client, Role.ADMINISTRATOR)
    page = text(world.client.get("/status").text)
    assert "3 mục cần xử lý" in page  # no backup, no drill, no table of scores
    assert "Lần sao lưu gần nhất ! Chưa có lần nào" in page
    assert "Ý kiến đã lưu 1" in page
    with app.app_context():
        today = server_day()
    backed_up[0] = health.Backups(today, today - timedelta(days=3), False)
    page = text(world.client.get("/status?lang=en").text)
    assert "Last restore drill !" in page
    assert "3 days ago, could not be restored" in page
    assert "2 matters need attention" in page
    backed_up[0] = health.Backups(today, today, True)
    with app.app_context(), transaction() as session:
        session.connection().exec_driver_sql("UPDATE wave SET state = 'fixed'")
    page = text(world.client.get("/status?lang=vi").text)
    assert "Không có mục nào cần xử lý" in page
    assert "Đợt khảo sát đang thực hiện 0" in page


def test_the_page_names_no_wave_and_no_unit(app: Flask, tmp_path: Path):
    world = build(app, tmp_path)
    sign_in(world.client, Role.PROVINCE_MANAGER, "U9")
    page = world.client.get("/status").text
    assert "W1" not in page
    assert "Xã Một" not in page


def test_every_reason_has_its_words():
    from app.health_words import REASONS
    from app.language import catalogue

    told = set(re.findall(r"\b(?:database|migrations|disk|keys)_[a-z_]+\b", health.readiness.__doc__ or ""))
    assert told == set(REASONS)
    assert set(REASONS.values()) <= set(catalogue("en"))
    assert metrics.PREFIX
