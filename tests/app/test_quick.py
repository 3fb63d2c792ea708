"""The quick way and Flask's reply alike: same status, same headers, same body, same rows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import quick
from app.landing import landings
from tests.world import World, answered, build, fresh_id, opened, run

ONE_ID = "ab" * 16


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Callable[..., TestResponse]:
    """Run a request with the quick way closed."""

    def run_slowly(send: Callable[[], TestResponse]) -> TestResponse:
        with monkeypatch.context() as closed:
            closed.setattr(quick.Quick, "_reply", lambda *_: None)
            return send()

    return run_slowly


def told(reply: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    body = reply.data if reply.headers.get("Content-Encoding") != "gzip" else gzip.decompress(reply.data)
    named = sorted((name.lower(), value) for name, value in reply.headers.items() if name.lower() != "content-length")
    return reply.status_code, named, body


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request was answered quickly."""
    seen: list[bool] = []
    reply = quick.Quick._reply

    def watched(self: quick.Quick, environ: Any) -> quick.Reply | None:
        made = reply(self, environ)
        seen.append(made is not None)
        return made

    monkeypatch.setattr(quick.Quick, "_reply", watched)
    return seen


@pytest.mark.parametrize("accepted", ["", "gzip, deflate, br", "gzip;q=0", "identity"])
def test_a_form_is_the_same_either_way(
    world: World, slowly: Callable[..., TestResponse], monkeypatch: pytest.MonkeyPatch, accepted: str
):
    monkeypatch.setattr(quick, "token_hex", lambda _: ONE_ID)
    monkeypatch.setattr("app.views.respond.token_hex", lambda _: ONE_ID)
    client = world.app.test_client()

    def get() -> TestResponse:
        return client.get(f"/p/{world.point}", headers={"Accept-Encoding": accepted} if accepted else {})

    cold = slowly(get)  # fills what is kept
    assert told(get()) == told(cold)
    assert cold.status_code == 200


@pytest.mark.parametrize("kind", ["json", "form"])
def test_an_answer_is_stored_and_said_the_same_either_way(
    world: World, slowly: Callable[..., TestResponse], counted: list[bool], kind: str
):
    fields = answered(opened(world))
    ids = [fresh_id(), fresh_id()]
    client = world.app.test_client()
    replies = []
    for id, way in zip(ids, (slowly, lambda send: send()), strict=True):
        sent = {**fields, "id": id}
        replies.append(way(lambda sent=sent: send(client, world.point, sent, kind)))
        replies.append(way(lambda sent=sent: send(client, world.point, sent, kind)))  # once more: known
    cold, cold_again, warm, warm_again = map(told, replies)
    assert counted[-2:] == [True, True]
    assert (cold[0], cold_again[0]) == ((201, 200) if kind == "json" else (200, 200))
    for one, other in ((cold, warm), (cold_again, warm_again)):
        assert one[:2] == other[:2]
        assert without_id(one[2]) == without_id(other[2])
    columns = "wave_id, cell, point_id, version, mode, language, day, duration, flags, answers"
    rows = world.rows(f"select {columns} from response")
    assert len(rows) == 2
    assert rows[0] == rows[1]


def send(client: FlaskClient, point: str, fields: dict[str, str], kind: str) -> TestResponse:
    return client.post(f"/p/{point}", json=fields) if kind == "json" else client.post(f"/p/{point}", data=fields)


def without_id(body: bytes) -> object:
    if not body.startswith(b"{"):
        return body
    said = json.loads(body)
    return {name: len(value) for name, value in said.items()}


@pytest.mark.parametrize("change", [
    {"q1": "9"}, {"q1": ""}, {"token": "p:X|1|1|99999|zzz"}, {"token": ""}, {"id": "zz"}, {"stranger": "1"},
])
def test_what_is_not_right_is_left_to_flask(
    world: World, slowly: Callable[..., TestResponse], counted: list[bool], change: dict[str, str]
):
    fields = {**answered(opened(world)), **change}
    client = world.app.test_client()
    cold = slowly(lambda: client.post(f"/p/{world.point}", json=fields))
    assert cold.status_code >= 400
    assert told(client.post(f"/p/{world.point}", json=fields)) == told(cold)
    assert counted[-1:] == [False]
    assert world.count() == 0


def test_another_site_another_name_and_a_huge_body_are_left_to_flask(world: World, counted: list[bool]):
    client, path, fields = world.app.test_client(), f"/p/{world.point}", answered(opened(world))
    assert client.post(path, json=fields, headers={"Origin": "https://elsewhere.vn"}).status_code == 403
    assert client.post(path, json=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get(path, headers={"Host": "elsewhere.vn"}).status_code == 400
    assert client.post(path, data={"q1": "5" * 70_000}).status_code == 413
    assert client.get(path + "?lang=en").status_code == 200
    assert client.get(path.lower()).status_code == 200  # a code as somebody typed it
    assert counted[-6:] == [False] * 6


def test_a_wave_that_was_closed_takes_nothing_either_way(world: World):
    fields = answered(opened(world))
    client = world.app.test_client()
    assert client.get(f"/p/{world.point}").status_code == 200
    run(world.runner, "waves", "close", "W1")
    assert client.get(f"/p/{world.point}").status_code == 410
    assert client.post(f"/p/{world.point}", json=fields).status_code == 410
    assert world.count() == 0


def test_a_wave_closed_by_another_process_takes_nothing_though_its_form_is_still_kept(world: World):
    fields = answered(opened(world))
    client = world.app.test_client()
    assert client.post(f"/p/{world.point}", json=fields).status_code == 201  # kept from here on
    with world.app.app_context():
        kept = dict(landings().held)
    run(world.runner, "waves", "close", "W1")
    with world.app.app_context():
        landings().held = kept  # as in a process that heard nothing of it
    assert client.get(f"/p/{world.point}").status_code == 200
    assert client.post(f"/p/{world.point}", json={**fields, "id": fresh_id()}).status_code == 410
    assert client.post(f"/p/{world.point}", json=fields).status_code == 200, "what is stored is acknowledged again"
    assert world.count() == 1
