"""How the server is: whether it can take an answer just now (`readiness`), and what there is to watch (`Figures`).

Readiness tells codes and no more: whoever may reach the server may ask. It is asked often, so one look at a time, at
most one a second in each process, and none that waits for a database longer than `PATIENCE`.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import threading
import time
from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from app import db, metrics, server_day
from app.settings import Settings
from surveys.store import approvals, condition, scores, waves
from surveys.waves import State

PATIENCE = 1.0
"""seconds in which the database has to take a write"""
LIFE = 1.0
"""seconds for which a look at the database is good"""
MEGABYTE = 1_000_000
TOP = Path(__file__).resolve().parent.parent


# ---------------------------------------------------------------- ready, or why not

def readiness(app: Flask) -> list[str]:
    """Codes of what keeps this server from taking answers; [] when nothing does.

    database_unreachable, database_slow, database_read_only, database_locked, migrations_missing, migrations_unknown,
    disk_low, keys_unreadable.
    """
    config: Settings = app.config["HAILONG"]
    found = [*_looks(app).codes()]
    if free_space(config) < config.disk_reserve * MEGABYTE:
        found.append("disk_low")
    if not keys_readable(config):
        found.append("keys_unreadable")
    return found


def free_space(config: Settings) -> int:
    """Bytes that the program may still fill where its files are, the database's among them."""
    places = {config.state}
    if config.database_url.startswith("sqlite"):
        path = make_url(config.database_url).database
        places |= {Path(path).parent} if path and path != ":memory:" else set()
    free = []
    for place in places:
        try:
            found = os.statvfs(place)
        except OSError:
            return 0
        free.append(found.f_bavail * found.f_frsize)
    return min(free)


def keys_readable(config: Settings) -> bool:
    """Whether what answers are acknowledged and changes are sealed with can be read, or made where it never was."""
    for name in ("acknowledgement.pem", "audit", *(() if config.secret_key else ("secret",))):
        try:
            with open(config.keys / name, "rb") as file:
                if not file.read(1):
                    return False
        except FileNotFoundError:
            if not os.access(config.keys if config.keys.exists() else config.state, os.W_OK):
                return False
        except OSError:
            return False
    return True


class _Looks:
    """At the database: by a thread of its own, because a database that hangs keeps hold of who asks it."""

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._found: tuple[float, list[str]] = (-LIFE, [])

    def codes(self) -> list[str]:
        with self._lock:
            at, found = self._found
            if time.monotonic() - at < LIFE:
                return found
            if self._running is None or not self._running.is_alive():
                # within the request's context: its connection goes back to the pool that pages use, with their limits
                look = partial(copy_context().run, self._look)
                self._running = threading.Thread(target=look, name="readiness", daemon=True)
                self._running.start()
            thread = self._running
        thread.join(PATIENCE + 0.2)
        if thread.is_alive():
            return ["database_slow"]
        return self._found[1]

    def _look(self) -> None:
        found = database_codes(self._config)
        self._found = (time.monotonic(), found)


def _looks(app: Flask) -> _Looks:
    process = os.getpid()  # a thread does not survive a fork
    found: tuple[int, _Looks] | None = app.extensions.get("readiness")
    if found is None or found[0] != process:
        found = app.extensions["readiness"] = (process, _Looks(app.config["HAILONG"]))
    return found[1]


def database_codes(config: Settings) -> list[str]:
    """Whether the database takes a write now, and whether its tables are those of this program."""
    sqlite = config.database_url.startswith("sqlite")
    lock = None
    try:
        if sqlite and (lock := _write_lock_within(config)) is None:
            return ["database_locked"]
        with Session(db.db.engine) as session:
            try:
                return _written(session)
            finally:
                session.rollback()
    except DBAPIError as fault:
        return [_code_of(fault)]
    except (SQLAlchemyError, OSError):
        return ["database_unreachable"]
    finally:
        if lock is not None:
            os.close(lock)  # closing releases the lock


def _written(session: Session) -> list[str]:
    """Write, and undo it: nothing is flushed, but a database that takes no write says so."""
    condition.wait_at_most(session, PATIENCE)
    found = condition.revisions(session)
    condition.try_write(session)
    if found == heads():
        return []
    return ["migrations_missing" if found <= revisions() else "migrations_unknown"]


def _write_lock_within(config: Settings) -> int | None:
    """The lock that every writer takes, as soon as it is free; None: not within the patience."""
    handle = os.open(config.write_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(handle)
                return None
            time.sleep(0.005)


def _code_of(fault: DBAPIError) -> str:
    said = f"{type(fault.orig).__name__} {getattr(fault.orig, 'sqlite_errorname', '')} {fault.orig}"
    for words, code in (
        (("READONLY", "readonly", "ReadOnly", "read-only"), "database_read_only"),
        (("SQLITE_BUSY", "SQLITE_LOCKED", "locked"), "database_locked"),
        (("QueryCanceled", "timeout"), "database_slow"),
        (("no such table", "UndefinedTable"), "migrations_missing"),
    ):
        if any(word in said for word in words):
            return code
    return "database_unreachable"


@lru_cache(maxsize=1)
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(TOP / "migrations"))


@lru_cache(maxsize=1)
def heads() -> frozenset[str]:
    """What a database of this program has in alembic_version."""
    return frozenset(_scripts().get_heads())


@lru_cache(maxsize=1)
def revisions() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


# ---------------------------------------------------------------- what there is to watch

@dataclass(frozen=True)
class Backups:
    """What is known of the last backup and the last restore drill."""

    made: date | None = None
    drilled: date | None = None
    held: bool = False
    """the drill restored everything"""


def backups(config: Settings) -> Backups | None:
    """None: this program makes no backups of its own."""
    try:
        records = importlib.import_module("app.backup.records")
    except ImportError:
        return None
    found = records.last(config)
    return Backups(found.backup, found.drill, found.drill_held)


@dataclass(frozen=True)
class Figures:
    """Of the database, for the metrics and for the status page."""

    engine: str
    size: int
    """bytes"""
    open_waves: int
    stale_tables: int
    """open waves without a table of scores, or with one older than yesterday's"""
    oldest_table: int | None
    """days since the oldest newest table of an open wave; None: no such table"""
    proposals: int
    """that wait for a second person"""


def figures(session: Session) -> Figures:
    today = server_day()
    taking = [wave for wave in waves.waves(session) if wave.state in {State.OPEN, State.CLOSED}]
    days = scores.newest_days(session)
    ages = [(today - days[wave.id]).days if wave.id in days else None for wave in taking]
    known = [age for age in ages if age is not None]
    return Figures(
        condition.engine(session), condition.size(session), len(taking), sum(age is None or age > 1 for age in ages),
        max(known, default=None), len(approvals.waiting(session)),
    )


# ---------------------------------------------------------------- metrics

ABOUT: Mapping[str, str] = {
    "failures": "Requests that met a failure of the program",
    "request_seconds": "Seconds from a request's arrival at a thread to its reply, by kind of page and status",
    "answers": "Answers of citizens: stored, or known already when sent again",
    "refusals": "Refusals by reason code",
    "writer_waiting": "Answers that wait for their commit",
    "requests_waiting": "Requests that wait for a thread",
    "resident_bytes": "Resident memory of the serving processes, shared pages counted in each",
    "processes": "Serving processes that gave a sign of life within five seconds",
    "database_up": "1: the database answered",
    "database_bytes": "Size of the database",
    "disk_free_bytes": "Free disk where the program's files are",
    "disk_reserve_bytes": "Free disk below which the server says it is not ready",
    "waves_open": "Waves whose answers come in or were not fixed yet",
    "score_tables_stale": "Of those, the ones without a score table of today or yesterday",
    "score_table_age_days": "Days since the oldest of their score tables",
    "proposals_waiting": "Proposals that wait for a second person",
    "backup_age_days": "Days since the last backup",
    "drill_age_days": "Days since the last restore drill",
    "drill_held": "1: the last restore drill brought everything back",
}


def exposed() -> str:
    """Everything for /metrics. What the database knows is left out while it does not answer."""
    from app import load

    config = _config()
    load.sample(_app())
    found = metrics.collected(config.state)
    found.put("processes", found.processes)
    found.put("disk_free_bytes", free_space(config))
    found.put("disk_reserve_bytes", config.disk_reserve * MEGABYTE)
    if (last := backups(config)) is not None:
        today = server_day()
        if last.made is not None:
            found.put("backup_age_days", (today - last.made).days)
        if last.drilled is not None:
            found.put("drill_age_days", (today - last.drilled).days)
            found.put("drill_held", int(last.held))
    known = _figures_within()
    found.put("database_up", int(known is not None))
    if known is not None:
        found.put("database_bytes", known.size)
        found.put("waves_open", known.open_waves)
        found.put("score_tables_stale", known.stale_tables)
        found.put("proposals_waiting", known.proposals)
        if known.oldest_table is not None:
            found.put("score_table_age_days", known.oldest_table)
    return metrics.exposition(found, ABOUT)


def _figures_within() -> Figures | None:
    if set(_looks(_app()).codes()) & {"database_unreachable", "database_slow", "migrations_missing"}:
        return None
    try:
        with db.reading() as session:
            return figures(session)
    except SQLAlchemyError:
        return None


def _app() -> Flask:
    """Itself, for another thread; the proxy leads there only in this one."""
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # of the proxy
    return found


def _config() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found

