"""After a failed flush a process stores nothing more and leaves; the fault itself is in `tests.faults.fsync`."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.auth import public


class Failed(sqlite3.OperationalError):
    """As the driver raises it: the code says which call of SQLite failed."""

    def __init__(self, code: int) -> None:
        super().__init__("disk I/O error")
        self.sqlite_errorcode = code


@pytest.mark.parametrize(
    "code, leaves", [(sqlite3.SQLITE_IOERR_FSYNC, True), (sqlite3.SQLITE_IOERR_WRITE, False), (0, False)]
)
def test_a_page_whose_flush_failed_is_the_last_of_its_process(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, code: int, leaves: bool
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda process, number: sent.append((process, number)))
    app = make_app()

    @public
    def page() -> str:
        raise OperationalError("COMMIT", {}, Failed(code))

    app.add_url_rule("/of-a-failing-disk", view_func=page)
    reply = app.test_client().get("/of-a-failing-disk")
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "30")
    assert sent == ([(os.getpid(), signal.SIGTERM)] if leaves else [])
