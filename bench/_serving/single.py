"""Our own application with one thing taken away: every answer is a transaction and a commit of its own."""

from __future__ import annotations

import os
import threading

from app import writer
from app.db import db
from surveys import responses
from surveys.responses import Prepared
from surveys.store import intake
from wsgi import app


class Single(writer.Door):
    """SQLite, as a web application uses it: a connection for each thread, the library waits for the lock."""

    def __init__(self) -> None:
        super().__init__()
        self._own = threading.local()

    @property
    def process(self) -> int:
        return os.getpid()

    @process.setter
    def process(self, _: int) -> None:
        """It serves every process."""

    def store(self, prepared: Prepared, taken: bool) -> writer.Stored:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = writer.connection_of(db.engine)
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            return responses.keep(intake.statements("sqlite"), cursor, prepared, taken=taken)
        finally:
            cursor.execute("COMMIT")


app.extensions["door"] = Single()
__all__ = ["app"]
