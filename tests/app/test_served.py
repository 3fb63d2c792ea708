"""The real server under a surge, and everything it wrote down afterwards: no address, no slip, no answer."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path

import pytest
from flask import Flask

from app.settings import Settings
from bench._ground import enter
from surveys.access import Role
from tests.app.test_metrics import parsed
from tests.serving import Served, served
from tests.surging import surge
from tests.world import World, answered, build, fresh_id, hidden, run

ADDRESS = "203.0.113.77"
"""RFC 5737: nobody's; what a proxy says the sender's is"""
WORDS = "lời riêng không ai được đọc"
PARTY = {"X_Forwarded_For": ADDRESS, "X_Forwarded_Proto": "http", "User_Agent": "planted-agent/7"}
DUPLICATE = b"GET /p/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\nX: " + WORDS.encode()


def cookie_of(world: World, role: Role, unit: str | None) -> str:
    client = world.app.test_client()
    enter(client, role, unit)
    found = client.get_cookie("hailong")
    assert found
    return f"hailong={found.value}"


@pytest.mark.slow
def test_a_surge_takes_no_answer_from_anybody_and_nothing_written_names_one(
    app: Flask, tmp_path: Path, settings: Settings
):
    world = build(app, tmp_path)
    run(world.runner, "scores", "refresh", "--wave", "W1")
    cookies = [cookie_of(world, Role.PROVINCE_MANAGER, "T1") for _ in range(3)]
    spent, unknown = world.slips(2)
    before = world.count()
    pages: list[str] = []
    with served(
        settings, tmp_path, HAILONG_LOG_FORMAT="json", HAILONG_LOG_LEVEL="info", HAILONG_TRUSTED_PROXIES="1"
    ) as server:
        fields = _citizen(server, world, spent, unknown, pages)
        found = surge(
            server.port, f"/p/{world.point}", answered(fields), rate=40, seconds=4, cookies=cookies, abusers=12,
            files=["/results/W1/export.xlsx", "/print/W1/posters.pdf", "/results/W1", "/results/W1/export.csv"],
        )
        _broken(server)
        metrics = server.ask("/metrics").text
        assert server.ask("/metrics", X_Forwarded_For="127.0.0.1").status == 404
        assert server.ask("/readyz").status == 200
        log = server.stop()
    busy = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    assert found.share >= 0.999
    assert found.quantile(0.99) <= (5.0 if busy else 1.0)
    assert found.hasty == 0
    assert found.abuse["200"] > 0
    assert found.abuse["429"] + found.abuse["503"] > 0
    assert "500" not in found.abuse
    assert world.count() == before + len(set(found.accepted)) + 2
    counted = parsed(metrics)
    assert counted[("hailong_answers_total", frozenset({("outcome", "stored")}))] == len(found.accepted) + 2
    refusals = {dict(labels)["code"]: value for (name, labels), value in counted.items() if "refusals" in name}
    assert refusals["slip_unusable"] == 1
    assert refusals.get("reading_busy", 0) + refusals.get("export_running", 0) > 0
    assert counted[("hailong_processes", frozenset())] == 2
    _lines(log)
    _nothing_named(settings, [log, metrics, *pages], (
        ADDRESS, "planted-agent", WORDS, spent, unknown, fields["token"], fields["id"], world.point, "/p/", "/s/",
    ))


def _citizen(server: Served, world: World, spent: str, unknown: str, pages: list[str]) -> dict[str, str]:
    """One open answer, one by a slip, a faulty one, and a slip that is none; returns the fields of a form."""
    form = server.ask(f"/p/{world.point}", **PARTY).text
    fields = {"token": hidden(form, "token"), "id": hidden(form, "id")}
    assert _send(server, f"/p/{world.point}", answered(fields, comment=WORDS)) == 201
    slip_form = server.ask(f"/s/{spent}", **PARTY).text
    by_slip = {"token": hidden(slip_form, "token"), "id": fresh_id(), "slip": spent}
    assert _send(server, "/s", answered(by_slip, comment=WORDS)) == 201
    assert _send(server, f"/p/{world.point}", answered({**fields, "id": fresh_id()}, WORDS)) == 422
    refused = server.ask(f"/s/{unknown[:-1]}", **PARTY)
    assert refused.status == 404
    pages.append(refused.text)
    assert server.ask(f"/p/{world.point}/elsewhere", method="DELETE", **PARTY).status == 404
    return fields


def _send(server: Served, path: str, fields: dict[str, str]) -> int:
    body = json.dumps(fields).encode()
    return server.ask(path, "POST", body, Content_Type="application/json", **PARTY).status


def _broken(server: Served) -> None:
    """What gunicorn itself refuses, and a sender that goes away in the middle."""
    for said in (DUPLICATE + b"\r\n\r\n", b"\x00\x01 nonsense " + WORDS.encode() + b"\r\n\r\n",
                 b"POST /s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nslip=" + WORDS.encode()):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
            line.sendall(said)
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass


def _lines(log: str) -> None:
    """Everything but the line of readiness is an object with a time, a level and an event."""
    told = [json.loads(line) for line in log.splitlines() if not line.startswith("Sẵn sàng")]
    assert all({"time", "level", "event"} <= set(line) for line in told)
    events = {line["event"] for line in told}
    assert "a malformed request was refused" in events
    requests = [line for line in told if line["event"] == "request"]
    assert {line["route"] for line in requests} >= {"respond.slip_form", "respond.submit"}
    assert all(re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", line["request"]) for line in requests)
    assert all(line["status"] >= 400 for line in requests if line["route"].startswith("respond."))


def _nothing_named(settings: Settings, texts: list[str], secrets: tuple[str, ...]) -> None:
    kept = [
        path for path in settings.state.rglob("*")
        if path.is_file() and "keys" not in path.parts and not path.name.startswith("hailong.db")
    ]
    assert any(path.parent.name == "metrics" for path in kept)
    everything = [text.encode() for text in texts] + [path.read_bytes() for path in kept]
    everything += [path.name.encode() for path in kept]
    for secret in secrets:
        for content in everything[: len(texts)] if secret.startswith("/") else everything:
            assert secret.encode() not in content, secret
