"""Nothing that could name a citizen stays behind: no address, no device, no time of day, no slip."""

from __future__ import annotations

import http.client
import re
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app import db
from surveys.questionnaires import load
from surveys.store.tables import AuditRow, Base
from tests.starting import Start
from tests.world import build, hidden

ADDRESS = "127.0.0.77"
"""the citizen's; the server's own is 127.0.0.1"""
DEVICE = "DienThoai-dau-vet/7.7"
REFERRER = "http://127.0.0.1/tu-dau-den-day"
COMMENT = "Xin cảm ơn cán bộ"


class Citizen:
    """A phone with an address and a name of its own."""

    def __init__(self, port: int) -> None:
        self._port = port

    def send(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20, source_address=(ADDRESS, 0))
        headers = {"User-Agent": DEVICE, "Referer": REFERRER, "X-Forwarded-For": ADDRESS}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def shout(self, raw: bytes) -> None:
        """Something that is not HTTP."""
        with socket.create_connection(("127.0.0.1", self._port), 20, (ADDRESS, 0)) as line:
            line.sendall(raw)
            line.recv(4096)


def answers() -> dict[str, str]:
    """Every question that is shown, answered."""
    fields: dict[str, str] = {}
    for section in load.shipped()["sipas-transaction"].sections:
        for question in section.questions:
            condition = question.shown_if
            if condition is not None and fields.get(condition.question) not in condition.codes:
                continue
            fields[question.id] = question.options[0].code if question.options else COMMENT
    return fields


@pytest.mark.slow
def test_an_answer_leaves_no_trace_of_its_sender(
    app: Flask, start: Callable[..., Start], tmp_path: Path
) -> None:
    world = build(app, tmp_path)
    point, [slip] = world.point, world.slips(1)
    began = time.time()
    server = start("--empty", HAILONG_TRUSTED_PROXIES="1")
    server.page(f"/p/{point}")
    of_staff = trail(app)
    answer_everything(Citizen(int(server.url.rsplit(":", 1)[1])), point, slip)
    code, out, err = server.stop()
    assert code == 0
    log = out + err

    rows = list(everything_stored(app))
    assert sum((table, column) == ("response", "answers") for table, column, _ in rows) == 2
    assert sum(COMMENT in str(value) for *_, value in rows) >= 1  # the search below would find what is there
    traces = [ADDRESS, DEVICE, REFERRER, slip]
    assert [(where, trace) for *where, value in rows for trace in traces if trace in str(value)] == []
    # the trail says when staff did something; that citizens answered is not in it
    assert trail(app) == of_staff
    told = [(table, column, value) for table, column, value in rows if tells_time(value, began)]
    assert [place for place in told if place[:2] != ("audit", "at")] == []
    for trace in traces:
        assert trace not in log
        holding = [path.name for path in files(tmp_path / "state") if trace.encode() in path.read_bytes()]
        assert holding == [], trace
    said = log[log.index("Ready: "):].replace(server.url, "")
    assert [line for line in said.splitlines() if re.search(r"\d:\d\d", line) and "malformed" not in line] == []


def answer_everything(citizen: Citizen, point: str, slip: str) -> None:
    """A good answer, a faulty one, a slip used twice, a page that is not there, and noise."""
    for path, target, more in ((f"/p/{point}", f"/p/{point}", {}), (f"/s/{slip}", "/s", {"slip": slip})):
        status, page = citizen.send("GET", path)
        assert status == 200
        envelope = {"token": hidden(page, "token"), "id": hidden(page, "id"), "lang": "vi", **more}
        assert citizen.send("POST", target, envelope | {"q1": "9"})[0] == 422
        assert citizen.send("POST", target, envelope | answers() | {"seconds": "95"})[0] == 200
    assert citizen.send("GET", f"/s/{slip}")[0] == 404
    assert citizen.send("GET", "/p/00000000")[0] == 404
    assert citizen.send("POST", f"/p/{point}", {"token": "forged"})[0] == 400
    citizen.shout(b"GET /\x00 HTTP/9\r\n\r\n")
    citizen.shout(f"GET / HTTP/1.1\r\nUser-Agent: {DEVICE}\r\nBad Header {ADDRESS}: 1\r\n\r\n".encode())


def trail(app: Flask) -> list[tuple[int, str]]:
    with app.app_context(), db.reading() as session:
        return [(row.seq, row.action) for row in session.execute(select(AuditRow.seq, AuditRow.action))]


def everything_stored(app: Flask) -> Iterator[tuple[str, str, object]]:
    """(table, column, value) of the whole database."""
    with app.app_context(), db.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                for name, value in row.items():
                    yield table.name, str(name), value


def tells_time(value: object, began: float) -> bool:
    """Does the value say at which moment of the day it was written?"""
    first, last = began - 60, time.time() + 60
    match value:
        case bytes():  # identifiers that begin with seconds or milliseconds, as UUIDv7 and ULID do
            return any(
                first <= int.from_bytes(value[:size], "big") / unit <= last
                for size, unit in ((4, 1), (6, 1000), (8, 1000), (8, 1_000_000))
            )
        case float() | int():
            return any(first <= float(value) / unit <= last for unit in (1, 1e3, 1e6))
        case str():
            zones = (UTC, ZoneInfo("Asia/Ho_Chi_Minh"))
            moments = (datetime.fromtimestamp(at, zone) for at in range(int(first), int(last), 30) for zone in zones)
            return any(moment.strftime("%H:%M") in value for moment in moments)
        case datetime():
            return True
    return False


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
