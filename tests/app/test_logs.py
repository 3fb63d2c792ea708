"""The log tells what happened and names nobody; a person can quote the number of what failed."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import logs, settings
from surveys.access import Role
from tests.app.staff import sign_in
from tests.world import World, answered, build, fresh_id, opened, post

SECRETS = ("203.0.113.77", "BÍ MẬT", "K7Q2M9XD")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What was told so far, as JSON lines."""
    told: list[dict[str, object]] = []

    def so_far() -> list[dict[str, object]]:
        told.extend(json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{"))
        return told

    yield so_far
    logs.set_up(settings.read({}))


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(log_format="json", log_level="info")


def test_a_line_has_its_fields_and_nothing_that_was_not_meant(app: Flask, lines: Callable[[], list[dict[str, object]]]):
    logs.tell(logging.WARNING, "something", code="busy", status=503, address=SECRETS[0], answers=SECRETS[1])
    [line] = lines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(line.pop("time")))
    assert isinstance(line.pop("process"), int)
    assert line == {"level": "warning", "event": "something", "code": "busy", "status": 503}


def test_of_an_exception_the_kind_and_the_place_are_told(app: Flask, lines: Callable[[], list[dict[str, object]]]):
    try:
        raise ValueError(SECRETS[1])
    except ValueError:
        logging.getLogger("app.somewhere").exception("it failed")
        logging.getLogger("sqlalchemy.pool").exception("Exception during reset of %r", SECRETS[2])
        logs.tell_failure("GET respond.form")
    text = json.dumps(lines(), ensure_ascii=False)
    assert not any(secret in text for secret in SECRETS)
    assert [line["kind"] for line in lines()] == ["ValueError"] * 3
    assert all("test_logs.py" in str(line["trace"]) for line in lines())


@pytest.mark.parametrize("message, args, said", [
    ("Invalid request from ip=203.0.113.77: BÍ MẬT", (), "a malformed request was refused"),
    ("Error handling request %s %s", ("GET", "/s/K7Q2M9XD"), "error while handling a request"),
    ("Worker (pid:%s) was sent %s!", (17, "SIGKILL"), "Worker (pid:17) was sent SIGKILL!"),
    ("lost %s from %s", ("BÍ MẬT", "203.0.113.77"), "lost … from …"),
    ("Connection in use: %s", ("('127.0.0.1', 8000)",), "Connection in use: ('127.0.0.1', 8000)"),
])
def test_what_others_say_is_kept_without_what_they_quote(
    app: Flask, lines: Callable[[], list[dict[str, object]]], message: str, args: tuple[object, ...], said: str
):
    logging.getLogger("gunicorn.anything").error(message, *args)
    assert [line["event"] for line in lines()] == [said]


def test_text_for_a_terminal_keeps_to_one_line(make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]):
    make_app()
    logs.tell(logging.ERROR, "failed", where="a\nb\x1b[31m")
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert re.match(r"\d{4}\S+Z ERROR   failed  where=a b", err)


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


def test_what_citizens_send_leaves_no_line_and_what_is_refused_leaves_one_without_them(
    world: World, lines: Callable[[], list[dict[str, object]]]
):
    fields = opened(world)
    assert post(world, answered(fields, id=fresh_id(), comment=SECRETS[1])).status_code == 201
    assert lines() == []
    refused = world.client.get(f"/s/{SECRETS[2]}", environ_base={"REMOTE_ADDR": SECRETS[0]})
    assert refused.status_code == 404
    [line] = lines()
    assert (line["route"], line["method"], line["status"], line["code"]) == (
        "respond.slip_form", "GET", 404, "slip_unusable")
    assert str(line["duration"]).startswith(("<=", ">"))
    assert not any(secret in json.dumps(line, ensure_ascii=False) for secret in SECRETS)
    assert f"Mã lỗi: <code>{line['request']}</code>" in refused.text


def test_a_failure_shows_the_number_that_its_lines_carry(
    world: World, monkeypatch: pytest.MonkeyPatch, lines: Callable[[], list[dict[str, object]]]
):
    from app.views import respond

    def fail(*_: object) -> None:
        raise RuntimeError(SECRETS[1])

    monkeypatch.setattr(respond, "_landing", fail)
    page = world.client.get(f"/p/{world.point}?lang=en")
    assert page.status_code == 500
    failed, request = lines()
    assert failed["request"] == request["request"]
    assert f"Error number: <code>{request['request']}</code>" in page.text
    assert (failed["kind"], failed["where"], request["level"]) == ("RuntimeError", "GET respond.form", "error")
    reply = world.client.get(f"/p/{world.point}", headers={"Accept": "application/json"})
    assert reply.json["request"] == lines()[-1]["request"]
    assert SECRETS[1] not in json.dumps(lines(), ensure_ascii=False)


def test_a_number_that_would_lead_nowhere_is_not_shown(make_app: Callable[..., Flask], tmp_path: Path):
    quiet = build(make_app(log_level="error"), tmp_path)
    assert "Mã lỗi" not in quiet.client.get("/s/K7Q2M9XD").text


def test_requests_of_staff_are_told_by_their_route(world: World, lines: Callable[[], list[dict[str, object]]]):
    sign_in(world.client, Role.PROVINCE_MANAGER, "T1")
    world.client.get("/results/W1?q=BÍ MẬT")
    told = [line for line in lines() if line["event"] == "request"]
    assert [(line["route"], line["status"], line["level"]) for line in told] == [("results.wave", 200, "info")]
    assert "BÍ MẬT" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize("name, value", [("HAILONG_LOG_FORMAT", "xml"), ("HAILONG_LOG_LEVEL", "loud"),
                                         ("HAILONG_METRICS_TOKEN", "short"), ("HAILONG_DISK_RESERVE", "-1")])
def test_a_faulty_setting_stops_the_start(name: str, value: str):
    with pytest.raises(settings.SettingsFault, match=name):
        settings.read({name: value})
