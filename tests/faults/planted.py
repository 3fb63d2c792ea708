"""wsgi.py, and one bug of choice: the file that FAULTS_PLANT names holds the bug's name, or nothing.

The file is read again before each answer, so that one server can be sound now and faulty later.
"""

from __future__ import annotations

import errno
import os
import secrets
import select
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from app import create_app, forms, keyring, quick, receiving, writer
from app.settings import read
from surveys import tokens
from surveys.errors import Refusal, SubmissionRefusal
from surveys.responses import Prepared
from tests.faults import planted_clock

FILE = Path(os.environ["FAULTS_PLANT"])
SLOW = 0.3
"""seconds for which the hasty plants know better than the database"""


_known = ""


def planted() -> str:
    global _known
    with suppress(OSError):  # no descriptor left, or no room: it is as it was
        _known = FILE.read_text()
    return _known


real_store_grouping = writer.Grouping.store
real_store_sharing = writer.Sharing.store
real_lost = writer.Sharing._lost
real_assert_durable = writer.assert_durable
real_check = tokens.check_token
real_believed = keyring.Keyring._believed
real_together = writer.Grouping._together
real_receive = receiving.Connection.receive
real_make_room = receiving.Receiving._make_room
real_sendall = receiving.Line.sendall


def store_grouping(self: writer.Grouping, prepared: Prepared, taken: bool) -> writer.Stored:
    return around(lambda one: real_store_grouping(self, one, taken), prepared)


def store_sharing(self: writer.Sharing, prepared: Prepared, taken: bool) -> writer.Stored:
    return around(lambda one: real_store_sharing(self, one, taken), prepared)


def around(store: Any, prepared: Prepared) -> writer.Stored:
    from app import server_day

    bug = planted()
    if bug == "early":  # says thank you, and means to store it in a moment
        today = server_day()

        def later() -> None:
            time.sleep(SLOW)
            with app.app_context():
                store(prepared)

        threading.Thread(target=later, daemon=True).start()
        return today, False
    if bug == "own-id":  # the server draws the key: a second send is a second answer
        prepared = replace(prepared, row={**prepared.row, "id": secrets.token_bytes(16)})
    if bug == "diary":  # takes notes of every answer wherever there is room, and fails where there is none
        diary()
    try:
        stored: writer.Stored = store(prepared)
        if bug == "today":  # acknowledges the day it is, not the day of storing
            with app.app_context():
                return server_day(), stored[1]
        return stored
    except Refusal as refusal:
        if bug == "deaf" and refusal.code.startswith("storage"):
            return server_day(), False  # the database did not take it; nobody has to know
        if bug == "crash" and refusal.code.startswith("storage"):
            raise RuntimeError("unforeseen") from refusal
        raise


def diary() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"somebody answered")
    os.write(2, b"somebody answered\n")
    if config.database_url.startswith("sqlite"):
        with closing(sqlite3.connect(config.state / "hailong.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def believed(held: tuple[keyring.Generation, ...]) -> tuple[keyring.Generation, ...]:
    known = real_believed(held)
    return known[:1] if planted() == "one-key" else known  # a rotation that forgets the keys of before


def check_token(secret: bytes, text: str, place: str, today: date) -> tokens.PageToken:
    known = real_check(secret, text, place, today)
    if planted() == "own-day" and known.expires != today + tokens.LIFE:  # a release that knows only its own pages
        raise SubmissionRefusal("token_expired")
    return known


def lost(self: writer.Sharing) -> bool:
    return False if planted() == "sticky" else real_lost(self)


def receive(self: receiving.Connection) -> bool:
    """The plant "waits": a thread stays with a client until its request is whole."""
    while not (whole := real_receive(self)) and planted() == "waits" and not self.ended:
        select.select([self.sock], [], [], 0.2)
    return whole


def sendall(self: receiving.Line, data: Any, flags: int = 0) -> None:
    """And until its reply has been read."""
    real_sendall(self, data, flags)
    while self.rest and planted() == "waits":
        if not self.pass_on():
            time.sleep(0.1)


def make_room(self: receiving.Receiving) -> bool:
    """The plant "frail": no descriptor for a connection is the end of the worker, as gunicorn has it."""
    if planted() == "frail":
        raise OSError(errno.EMFILE, "too many open files")
    return real_make_room(self)


def assert_durable(connection: Any) -> None:
    """The plant "async" is a program that does not look."""
    if planted() != "async":
        real_assert_durable(connection)


writer.assert_durable = assert_durable
receiving.Receiving._make_room = make_room  # type: ignore[method-assign]
receiving.Connection.receive = receive  # type: ignore[method-assign]
receiving.Line.sendall = sendall  # type: ignore[method-assign]
writer.Grouping.store = store_grouping  # type: ignore[method-assign]
writer.Sharing.store = store_sharing  # type: ignore[method-assign]
writer.Sharing._lost = lost  # type: ignore[method-assign]
quick.check_token = forms.check_token = check_token  # type: ignore[attr-defined]
keyring.Keyring._believed = staticmethod(believed)  # type: ignore[method-assign, assignment]

planted_clock.install()
sys.modules["wsgi"] = sys.modules[__name__]  # gunicorn's own hooks speak of it by that name
config = read()
app = create_app(config)


def _on_connections() -> None:
    """What is a matter of the connection, not of one answer."""
    from sqlalchemy import event

    from app.db import db

    def connected(connection: Any, record: object) -> None:
        bug = planted()
        cursor = connection.cursor()
        if isinstance(connection, sqlite3.Connection):
            if pages := os.environ.get("FAULTS_CHECKPOINT"):  # no bug: checkpoints come sooner in a short run
                cursor.execute(f"PRAGMA wal_autocheckpoint={int(pages)}")
            if bug == "normal":
                cursor.execute("PRAGMA synchronous=NORMAL")
        elif bug == "async":
            cursor.execute("SET synchronous_commit = off")
            connection.commit()
        cursor.close()

    with app.app_context():
        event.listen(db.engine, "connect", connected)


_on_connections()
