"""The citizens' door to the database: one answer in, stored and committed when the call returns.

SQLite has one writer. A thread of each process gathers the answers that wait and commits them together: a commit
costs a flush to the disk, and sixteen answers pay for it once. It holds the same file lock as `db.transaction`, for
the same reason. An answer that cannot be stored fails alone: what refuses is undone by a savepoint, and after an
error of the database the group is tried again, one by one.

PostgreSQL shares flushes between connections by itself; there the group saves round trips: what arrives together is
one statement. Answers with comments or a slip are more than one row, and take a transaction of their own.
"""

from __future__ import annotations

import fcntl
import logging
import os
import queue
import signal
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar
from weakref import WeakSet

import psycopg
from flask import Flask, current_app
from sqlalchemy.engine.interfaces import DBAPIConnection

from app import metrics
from app.db import answers_limits, db
from app.settings import Settings
from surveys import responses
from surveys.errors import Refusal
from surveys.responses import Prepared
from surveys.store import condition, intake
from surveys.store import responses as store

_log = logging.getLogger(__name__)

GROUP = 64
"""answers of one commit at most"""
WAITING = 256
"""answers that wait at most; one more is asked to come again"""
PATIENCE = 20.0
"""seconds an answer waits for its commit before its sender is told to come again"""
COME_AGAIN = frozenset({"busy", "storage_failed", "storage_full"})
"""what `stored` refuses for reasons of its own"""
REFUSED = "hailong.refused"
"""where a request's environment keeps such a refusal for whoever words the reply"""
DISK_FAILED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
"""after a failed flush the kernel may have dropped what it was to write: only a new process reads the disk again"""

T = TypeVar("T")
Stored = tuple[date, bool]
"""the day of storing, and whether that was before this call"""


def stored(prepared: Prepared, *, taken: bool) -> Stored:
    """Store the answer; when this returns it survives a power cut.

    Raises what `surveys.responses.keep` raises, and Refusal ("busy": too many wait; "storage_full": no room;
    "storage_failed": the database did not take it, or took too long). The sender may send the same again.
    """
    return stored_by(current_app._get_current_object(), prepared, taken=taken)  # type: ignore[attr-defined]  # of the proxy


def stored_by(app: Flask, prepared: Prepared, *, taken: bool) -> Stored:
    """As `stored`, outside a request of Flask."""
    door = app.extensions.get("door")
    if door is None or door.process != os.getpid():  # after a fork, each process has its own
        with _OPENING:
            door = app.extensions.get("door")
            if door is None or door.process != os.getpid():
                with app.app_context():
                    door = app.extensions["door"] = _door(app.config["HAILONG"])
    result: Stored = door.store(prepared, taken)
    metrics.count("answers", outcome="repeated" if result[1] else "stored")
    return result


def close(app: Flask) -> None:
    """What waits is stored, and this process's connections for answers are closed; the next answer opens others."""
    door: Door | None = app.extensions.pop("door", None)
    if door is not None and door.process == os.getpid():
        door.close()


_OPENING = threading.Lock()


def _door(settings: Settings) -> Door:
    return Grouping(settings) if db.engine.dialect.name == "sqlite" else Sharing()


class Door:
    """A way in, of one process."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.leaving = False
        """a flush failed: this process stores nothing any more, and is about to end"""

    def store(self, prepared: Prepared, taken: bool) -> Stored:
        raise NotImplementedError

    @property
    def waiting(self) -> int:
        return 0

    def close(self) -> None:
        """Nothing comes after."""


class Ticket:
    """One answer that waits, and what became of it."""

    __slots__ = ("done", "failure", "prepared", "result", "taken")

    def __init__(self, prepared: Prepared, taken: bool) -> None:
        self.prepared = prepared
        self.taken = taken
        self.result: Stored | None = None
        self.failure: Exception | None = None
        self.done = threading.Lock()  # the cheapest thing to wait on
        self.done.acquire()

    def settle(self, result: Stored | None, failure: Exception | None) -> None:
        self.result, self.failure = result, failure
        self.done.release()


class Queued(Door):
    """A thread that stores together what arrives together."""

    def __init__(self) -> None:
        super().__init__()
        self._queue: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._ended = False
        self._engine = db.engine
        self._thread = threading.Thread(target=self._serve, name="answers", daemon=True)

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def store(self, prepared: Prepared, taken: bool) -> Stored:
        if self._queue.qsize() >= WAITING or not self._thread.is_alive():
            raise Refusal("busy")
        ticket = Ticket(prepared, taken)
        self._queue.put(ticket)
        if not ticket.done.acquire(timeout=PATIENCE):
            raise Refusal("storage_failed")  # it may still be stored: the same sent again then is known
        if ticket.failure is not None:
            raise ticket.failure
        if ticket.result is None:
            raise Refusal("storage_failed")
        return ticket.result

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        """Until the door is closed."""
        while not self._ended and (first := self._queue.get()) is not None:
            if self.leaving:  # what still comes goes to another process
                first.settle(None, Refusal("storage_failed"))
            else:
                self._together([first])

    def _together(self, group: list[Ticket]) -> None:
        """Settle the tickets, and those it gathers; raises nothing, for nobody would hear it."""
        raise NotImplementedError

    def _gather(self, group: list[Ticket]) -> None:
        """Add what waits by now."""
        with suppress(queue.Empty):
            while len(group) < GROUP:
                ticket = self._queue.get_nowait()
                if ticket is None:
                    self._ended = True
                    return
                group.append(ticket)


class Grouping(Queued):
    """SQLite: one transaction for what arrives together."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._statements = intake.statements("sqlite")
        self._lock_path = settings.write_lock
        self._lock = -1
        self._own: DBAPIConnection | None = None
        self._thread.start()

    def _serve(self) -> None:
        try:
            super()._serve()
        finally:
            if self._lock >= 0:
                os.close(self._lock)
            if self._own is not None:
                with suppress(sqlite3.Error):
                    self._own.close()

    def _together(self, group: list[Ticket]) -> None:
        connection = self._own
        try:
            if self._lock < 0:  # here, so that a process without descriptors refuses, and goes on when it has some
                self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            connection = self._own = connection or connection_of(self._engine)
            fault = self._committed(connection, self._lock, group, gathering=True)
            if fault is not None and len(group) > 1 and not _of_the_disk(fault):
                for ticket in group:  # one bad row does not fail the others
                    alone = self._committed(connection, self._lock, [ticket])
                    if alone is not None:
                        self._failed([ticket], alone)
            elif fault is not None:
                self._failed(group, fault)
        except BaseException as fault:  # the thread must not die with people waiting
            self._failed([ticket for ticket in group if ticket.done.locked()], fault)
            if connection is not None:
                with suppress(Exception):
                    connection.close()
            self._own = None

    def _committed(
        self, connection: DBAPIConnection, lock: int, group: list[Ticket], *, gathering: bool = False
    ) -> sqlite3.Error | None:
        """One transaction; its tickets are settled after the commit, or none is and the fault is returned."""
        outcomes: list[tuple[Stored | None, Exception | None]] = []
        cursor = connection.cursor()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                if gathering:  # not before: while other processes committed, more have come
                    self._gather(group)
                cursor.execute("BEGIN IMMEDIATE")
                for ticket in group:
                    outcomes.append(self._one(cursor, ticket))
                cursor.execute("COMMIT")
            except sqlite3.Error as fault:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):
                        cursor.execute("ROLLBACK")
                return fault
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)
        finally:
            cursor.close()
        for ticket, (result, failure) in zip(group, outcomes, strict=True):
            ticket.settle(result, failure)
        return None

    def _one(self, cursor: Any, ticket: Ticket) -> tuple[Stored | None, Exception | None]:
        alone = ticket.prepared.alone  # then nothing was written when it is refused, and nothing has to be undone
        if not alone:
            cursor.execute("SAVEPOINT answer")
        try:
            result = responses.keep(self._statements, cursor, ticket.prepared, taken=ticket.taken)
        except (Refusal, responses.WaveMoved) as refusal:
            if not alone:
                cursor.execute("ROLLBACK TO answer")
                cursor.execute("RELEASE answer")
            return None, refusal
        if not alone:
            cursor.execute("RELEASE answer")
        return result, None

    def _failed(self, group: list[Ticket], fault: BaseException) -> None:
        code = getattr(fault, "sqlite_errorcode", 0) or 0
        full = code & 0xFF == sqlite3.SQLITE_FULL
        _tell(fault, getattr(fault, "sqlite_errorname", ""))
        self.leaving = self.leaving or code in DISK_FAILED  # before anybody hears of it and sends the next one
        for ticket in group:
            ticket.settle(None, Refusal("storage_full" if full else "storage_failed"))
        if code in DISK_FAILED:
            leave()


def heed(fault: BaseException | None) -> None:
    """Leave, where a flush of something else than an answer failed: after it nothing of this process is believed."""
    if getattr(fault, "sqlite_errorcode", 0) not in DISK_FAILED:
        return
    if (door := current_app.extensions.get("door")) is not None:
        door.leaving = True
    leave()


def _of_the_disk(fault: sqlite3.Error) -> bool:
    code = getattr(fault, "sqlite_errorcode", 0) or 0
    return code & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_BUSY,
                           sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


def _tell(fault: BaseException, name: str) -> None:
    """The kind of fault and nothing more: a database's message quotes the row it would not take."""
    _log.error("an answer was not stored: %s %s", type(fault).__name__, name)


def leave() -> None:
    """This process says its replies and ends; the master starts another."""
    os.kill(os.getpid(), signal.SIGTERM)


class Sharing(Queued):
    """PostgreSQL: one statement for what arrives together; what is more than one row goes by itself, in its thread."""

    def __init__(self) -> None:
        super().__init__()
        self._statements = intake.statements("postgresql")
        self._own = threading.local()
        self._opened: WeakSet[psycopg.Connection[Any]] = WeakSet()  # a thread that ends takes its own with it
        self._thread.start()

    def store(self, prepared: Prepared, taken: bool) -> Stored:
        if prepared.alone and taken:
            return super().store(prepared, taken)
        return self._twice(lambda: self._single(prepared, taken))

    def _together(self, group: list[Ticket]) -> None:
        try:
            self._gather(group)
            batch = list({ticket.prepared.row["id"]: ticket for ticket in group}.values())
            try:
                added = self._twice(lambda: self._added([ticket.prepared for ticket in batch]))
            except Refusal:
                added = set()  # one by one, each is told what became of it
            for ticket in batch:
                if ticket.prepared.row["id"] in added:
                    ticket.settle((store.day_of(ticket.prepared.row["day"]), False), None)
            for ticket in group:
                if ticket.done.locked():
                    self._by_itself(ticket)
        except BaseException as fault:  # the thread must not die with people waiting
            _tell(fault, "")
            for ticket in group:
                if ticket.done.locked():
                    ticket.settle(None, Refusal("storage_failed"))

    def _by_itself(self, ticket: Ticket) -> None:
        try:
            ticket.settle(self._twice(lambda: self._single(ticket.prepared, ticket.taken)), None)
        except (Refusal, responses.WaveMoved) as refusal:
            ticket.settle(None, refusal)

    def _twice(self, send: Callable[[], T]) -> T:
        """Once more after the server was away or restarted under us: the id says whether the first came through."""
        try:
            return send()
        except psycopg.Error as fault:
            if not self._lost():
                raise _refusal(fault) from None
        try:
            return send()
        except psycopg.Error as fault:
            self._lost()
            raise _refusal(fault) from None

    def _added(self, prepared: Sequence[Prepared]) -> set[bytes]:
        """Ids of those that were stored; the others are stored already, or their waves have moved."""
        rows = sorted(
            ({**each.row, **self._statements.judged(each.cell.wave)} for each in prepared),
            key=lambda row: row["id"],  # two processes that send the same ids wait for each other in one order
        )
        with self._connection().cursor() as cursor:
            return self._statements.add_many(cursor, rows)

    def close(self) -> None:
        super().close()
        for connection in list(self._opened):
            with suppress(Exception):
                connection.close()

    def _single(self, prepared: Prepared, taken: bool) -> Stored:
        connection = self._connection()
        if prepared.alone:
            with connection.cursor() as cursor:
                return responses.keep(self._statements, cursor, prepared, taken=taken)
        with connection.transaction(), connection.cursor() as cursor:
            return responses.keep(self._statements, cursor, prepared, taken=taken)

    def _connection(self) -> psycopg.Connection[Any]:
        """Of this thread."""
        connection: psycopg.Connection[Any] | None = getattr(self._own, "connection", None)
        if connection is None or connection.closed:
            with answers_limits():
                connection = connection_of(self._engine)
            connection.autocommit = True
            assert_durable(connection)
            connection.prepare_threshold = 1
            self._own.connection = connection
            self._opened.add(connection)
        return connection

    def _lost(self) -> bool:
        """Whether the connection is gone; then the next answer makes another."""
        connection: psycopg.Connection[Any] | None = getattr(self._own, "connection", None)
        if connection is not None and not connection.broken and not connection.closed:
            return False
        self._own.connection = None
        return True


def assert_durable(connection: psycopg.Connection[Any]) -> None:
    """The start looks at this, too; but the database may have been away then, or set otherwise since.

    Raises Refusal ("storage_failed") where a commit would not survive a power cut; the connection is closed then.
    """
    if condition.is_durable(connection.cursor()):
        return
    connection.close()
    _log.error("PostgreSQL does not flush what it commits: answers are refused, see flask doctor")
    raise Refusal("storage_failed")


def _refusal(fault: Exception) -> Refusal:
    _tell(fault, getattr(fault, "sqlstate", "") or "")
    return Refusal("storage_full" if isinstance(fault, psycopg.errors.DiskFull) else "storage_failed")


def connection_of(engine: Any) -> Any:
    """A driver's connection of our own, made and set up as the engine makes its connections."""
    borrowed = engine.raw_connection()
    connection = borrowed.driver_connection
    borrowed.detach()
    return connection
