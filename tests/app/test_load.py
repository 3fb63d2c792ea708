"""When there is too much to do staff wait, and citizens do not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import auth, load, metrics
from app.views import results
from surveys.access import Action, Role
from surveys.errors import Refusal
from tests.app import wave_of_four
from tests.app.staff import sign_in

LIGHT = {"workshop.edition_file", "workshop.draft_file", "accounts.list_template", "waves.populations_file"}
"""files that cost no more than a page"""


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> SimpleQueue[None]:
    """A worker with one thread, and the queue before it."""
    queue: SimpleQueue[None] = SimpleQueue()
    monkeypatch.setattr(load, "_queue", queue)
    monkeypatch.setattr(load, "_threads", 1)
    return queue


@pytest.fixture(autouse=True)
def _own_places(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(load, "_places", load._Places())
    monkeypatch.setattr(load, "TURN", 0.2)
    yield
    assert load._places._running == 0  # whatever happened, places were given back


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    wave_of_four.make(app, table_of=wave_of_four.today(app))
    client = app.test_client()
    sign_in(client, Role.PROVINCE_MANAGER, "90")
    return client


def refused(client: FlaskClient, path: str, status: int, code: str) -> None:
    reply = client.get(path, headers={"Accept": "application/json"})
    assert (reply.status_code, reply.json["error"]) == (status, code)
    assert int(reply.headers["Retry-After"]) > 0


def test_every_endpoint_that_is_named_exists_and_every_file_is_judged(app: Flask):
    names = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert names >= load.HEAVY
    files = {
        rule.endpoint for rule in app.url_map.iter_rules()
        if auth.rule_of(app, rule.endpoint).action is not None  # type: ignore[union-attr]
        and ("<fmt>" in rule.rule or "." in rule.rule)
    }
    assert files == load.EXPORTS | LIGHT


def test_while_requests_wait_staff_are_asked_to_come_again(
    app: Flask, staff: FlaskClient, crowded: SimpleQueue[None]
):
    assert staff.get("/results/W1").status_code == 200
    for _ in range(2):
        crowded.put(None)
    for path in ("/results/W1", "/", "/units/", "/status", "/results/W1/export.csv"):
        refused(staff, path, 503, "reading_busy")
    assert "Máy chủ đang nhận nhiều ý kiến" in staff.get("/results/W1").text
    assert app.test_client().get("/").status_code == 200  # a passer-by
    assert app.test_client().get("/p/AAAAAAAA").status_code == 404  # citizens' pages are looked for
    assert app.test_client().get("/healthz").status_code == 200
    assert staff.post("/account/sign-out").status_code == 400  # what is sent is read
    found = metrics.collected(app.config["HAILONG"].state)
    assert found.total("refusals", code="reading_busy") == 6


def test_a_few_heavy_pages_at_a_time_and_their_places_come_back(
    app: Flask, staff: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    entered, go_on = threading.Event(), threading.Event()
    real = results.wave

    def slow(**values: Any) -> object:
        entered.set()
        go_on.wait(10)
        return real(**values)

    monkeypatch.setitem(app.view_functions, "results.wave", auth.requires(Action.SEE_RESULTS)(slow))
    first: list[int] = []
    running = threading.Thread(target=lambda: first.append(staff.get("/results/W1").status_code))
    running.start()
    assert entered.wait(10)
    refused(staff, "/results/W1/901", 503, "reading_busy")  # waited for its turn in vain
    assert staff.get("/units/").status_code == 200  # an ordinary page
    go_on.set()
    running.join(10)
    assert first == [200]
    assert staff.get("/results/W1/901").status_code == 200


def test_a_page_that_fails_gives_its_place_back(app: Flask, staff: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "results.wave", auth.requires(Action.SEE_RESULTS)(fail))
    for _ in range(3):
        assert staff.get("/results/W1").status_code == 500
    assert staff.get("/results/W1/901").status_code == 200


def test_an_account_has_one_file_made_at_a_time_over_all_workers(app: Flask, staff: FlaskClient):
    path = "/results/W1/export.csv"
    assert staff.get(path).status_code == 200
    with app.app_context():
        held = load._own_lock("province_manager.90")  # as another worker would
    refused(staff, path, 429, "export_running")
    with app.app_context():
        with pytest.raises(Refusal, match="export_running"):
            load._own_lock("province_manager.90")
        import os

        os.close(load._own_lock("somebody.else"))
        os.close(held)
    assert staff.get(path).status_code == 200
    assert metrics.collected(app.config["HAILONG"].state).total("refusals", code="export_running") == 1


def test_nobody_waits_in_line_while_others_wait_for_a_thread(crowded: SimpleQueue[None]):
    places = load._Places()
    assert places.taken()
    crowded.put(None)
    assert places.full
    assert not places.taken()
    crowded.get()
    assert not places.full
    waiter: list[bool] = []
    thread = threading.Thread(target=lambda: waiter.append(places.taken()))
    thread.start()
    places.given_back()
    thread.join(5)
    assert waiter == [True]


def test_without_gunicorn_nothing_waits(make_app: Callable[..., Flask]):
    assert load.backlog() == 0
