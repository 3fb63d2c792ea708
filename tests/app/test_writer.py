"""The door for answers where something fails: each answer is refused once, and the next one finds the door open."""

from __future__ import annotations

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import metrics, writer
from app.db import OF_ANSWERS, answers_limits, db, write_lock
from app.settings import Settings
from surveys.errors import Refusal
from tests.postgres import durable
from tests.world import World, answered, build, opened, post

ASSERT_DURABLE = writer.assert_durable  # before the suite replaces it


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


@pytest.fixture
def on_postgresql(settings: Settings) -> str:
    if not settings.database_url.startswith("postgresql"):
        pytest.skip("about PostgreSQL")
    return settings.database_url


def test_without_descriptors_an_answer_is_refused_and_the_next_one_stored(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    if settings.database_url.startswith("postgresql"):
        pytest.skip("about SQLite's lock")
    fields = opened(world)
    with monkeypatch.context() as short:
        opening = os.open

        def none_left(path: Any, *rest: Any, **named: Any) -> int:
            if str(path) == str(settings.write_lock):
                raise OSError(errno.EMFILE, "Too many open files")
            return opening(path, *rest, **named)

        short.setattr(os, "open", none_left)
        assert post(world, answered(fields)).status_code == 503
    assert post(world, answered(fields)).status_code in {200, 201}
    assert world.count() == 1


@pytest.mark.parametrize("code, status", [("storage_failed", 503), ("storage_full", 507), ("busy", 503)])
def test_what_was_refused_for_the_disk_is_not_tried_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    fields = opened(world)
    tried = []

    def refusing(*_: object, **__: object) -> writer.Stored:
        tried.append(code)
        raise Refusal(code)

    monkeypatch.setattr(writer, "stored_by", refusing)
    reply = post(world, answered(fields))
    assert (reply.status_code, tried) == (status, [code])
    assert int(reply.headers["Retry-After"]) > 0


def test_answers_have_limits_of_their_own_in_any_thread(app: Flask, on_postgresql: str) -> None:
    with app.app_context(), answers_limits():
        connection = writer.connection_of(db.engine)
    try:
        said = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in OF_ANSWERS}
    finally:
        connection.close()
    assert said == {**OF_ANSWERS, "idle_in_transaction_session_timeout": "30s"}


def test_a_database_that_does_not_flush_takes_no_answer(app: Flask, on_postgresql: str) -> None:
    def asked() -> None:
        with app.app_context():
            connection = writer.connection_of(db.engine)
        try:
            ASSERT_DURABLE(connection)
        finally:
            connection.close()

    with durable(on_postgresql):
        asked()
    with app.app_context():
        connection = writer.connection_of(db.engine)
    connection.execute("SET synchronous_commit = off")
    with pytest.raises(Refusal, match="storage_failed"):
        ASSERT_DURABLE(connection)
    assert connection.closed


def test_where_the_disk_is_full_nothing_is_counted_and_nobody_dies_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(metrics, "_book", None)
    monkeypatch.setattr(metrics, "_folder", tmp_path)
    with monkeypatch.context() as filled:
        filled.setattr(os, "posix_fallocate", full)
        before = len(os.listdir("/proc/self/fd"))
        metrics.count("refusals", code="storage_full")
        assert metrics._book is None
        assert len(os.listdir("/proc/self/fd")) == before
    metrics.count("refusals", code="storage_full")
    [file] = tmp_path.iterdir()
    assert file.stat().st_blocks * 512 >= metrics._CELL.size * metrics.MOST  # no page is without its room
    metrics._close()


def test_what_comes_while_others_commit_is_one_commit(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    if settings.database_url.startswith("postgresql"):
        pytest.skip("about SQLite's lock")
    fields = [answered(opened(world)) for _ in range(4)]
    assert post(world, fields[0]).status_code in {200, 201}  # the door is open
    door = world.app.extensions["door"]
    sizes: list[int] = []
    committed = writer.Grouping._committed

    def watched(self: writer.Grouping, connection: Any, lock: int, group: list[writer.Ticket], **named: bool) -> Any:
        fault = committed(self, connection, lock, group, **named)
        sizes.append(len(group))
        return fault

    monkeypatch.setattr(writer.Grouping, "_committed", watched)
    with ThreadPoolExecutor(3) as citizens:
        with write_lock(settings):
            replies = [citizens.submit(post, world, each) for each in fields[1:]]
            last = time.monotonic() + 20
            while door.waiting < 2 and time.monotonic() < last:  # the first has left the queue, and waits for the lock
                time.sleep(0.01)
        assert {reply.result().status_code for reply in replies} <= {200, 201}
    assert sizes == [3]
