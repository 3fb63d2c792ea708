"""Whether an acknowledged answer survives a power cut on this database. Needs no application.

Sources of the SQLite versions: sqlite.org's changes of 3.51.3 (13 March 2026) and the withdrawal of 3.52.0.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import make_url

from app.doctor import locks
from app.doctor.finding import Finding, Severity
from app.settings import Settings

Version = tuple[int, int, int]

BROKEN_SINCE, MENDED_IN, WITHDRAWN = (3, 7, 0), (3, 51, 3), (3, 52, 0)
"""the WAL-reset bug: two connections that write and checkpoint together may corrupt the database"""
DURABLE = {"on", "remote_apply"}
OTHERS = 3
"""connections besides those of the workers: a command, a score table being computed, a person looking"""
OLDEST = 150000
"""PostgreSQL 15"""
PATIENCE = 5
"""seconds to wait for PostgreSQL"""


def findings(settings: Settings) -> list[Finding]:
    if settings.database_url.startswith("sqlite"):
        return list(of_sqlite(settings, sqlite3.sqlite_version_info))
    return list(of_postgresql(settings))


# ---------------------------------------------------------------- SQLite

def file_of(settings: Settings) -> Path | None:
    """SQLite's file; None: in memory."""
    name = make_url(settings.database_url).database
    return Path(name).resolve() if name and name != ":memory:" else None


def has_bug(version: Version) -> bool:
    return BROKEN_SINCE <= version < MENDED_IN


def of_sqlite(settings: Settings, version: Version) -> Iterator[Finding]:
    path = file_of(settings)
    if path is None:
        yield Finding("sqlite_in_memory", Severity.DANGER)
        return
    said = ".".join(map(str, version))
    if version == WITHDRAWN:
        yield Finding("sqlite_withdrawn", Severity.WARNING, {"version": said})
    yield from _lock(settings, version, said)
    for folder in dict.fromkeys((path.parent, settings.state)):
        kind = locks.file_system(folder)
        if locks.is_network(kind):
            yield Finding("sqlite_on_network", Severity.FAULT, {"folder": folder, "kind": kind})
    if path.exists():
        yield from _file(path)


def _lock(settings: Settings, version: Version, said: str) -> Iterator[Finding]:
    try:
        held = locks.holds(settings.state)
    except OSError as fault:
        yield Finding("state_unwritable", Severity.FAULT, {"folder": settings.state, "reason": fault.strerror})
        return
    if not held:
        code = "sqlite_unlocked" if has_bug(version) else "lock_not_held"
        severity = Severity.DANGER if has_bug(version) else Severity.FAULT
        yield Finding(code, severity, {"folder": settings.state, "version": said})


def _file(path: Path) -> Iterator[Finding]:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("database_open", Severity.FAULT, {"path": path})
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        yield Finding("database_unwritable", Severity.FAULT, {"path": path})
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    except sqlite3.DatabaseError as fault:
        corrupt = is_damage(fault)
        severity = Severity.DANGER if corrupt else Severity.FAULT
        yield Finding("database_corrupt" if corrupt else "database_away", severity, {"reason": fault})
        return
    if mode != "wal":
        yield Finding("sqlite_without_wal", Severity.DANGER, {"mode": mode})


def is_damage(fault: object) -> bool:
    """Whether a driver's error says that the database itself is damaged."""
    if isinstance(fault, psycopg.errors.DataCorrupted | psycopg.errors.IndexCorrupted):
        return True
    return (getattr(fault, "sqlite_errorcode", 0) or 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


# ---------------------------------------------------------------- PostgreSQL

_ASKED = """
SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
       current_setting('synchronous_commit') AS commit,
       pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int AS free,
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS of_role,
       (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS of_database,
       current_setting('data_checksums') AS checksums, current_setting('server_version_num')::int AS version
"""


def of_postgresql(settings: Settings) -> Iterator[Finding]:
    """Asked on a connection that is opened as the application opens its own."""
    url = make_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    own = make_url(settings.database_url).query.get("options", "")
    try:
        with psycopg.connect(
            url, autocommit=True, connect_timeout=PATIENCE, options=f"{own} -c synchronous_commit=on".strip()
        ) as connection:
            row: Any = connection.cursor(row_factory=namedtuple_row).execute(_ASKED).fetchone()
    except psycopg.Error as fault:
        yield Finding("database_away", Severity.FAULT, {"reason": str(fault).strip().splitlines()[0]})
        return
    if row is None:
        return
    if row.fsync != "on":
        yield Finding("postgresql_fsync_off", Severity.DANGER)
    if row.pages != "on":
        yield Finding("postgresql_pages_off", Severity.FAULT)
    if row.commit not in DURABLE:
        yield Finding("postgresql_commit_not_durable", Severity.DANGER, {"value": row.commit})
    if row.read_only:
        yield Finding("postgresql_read_only", Severity.FAULT)
    if row.checksums != "on":
        yield Finding("postgresql_without_checksums", Severity.NOTE)
    if row.version < OLDEST:
        yield Finding("postgresql_old", Severity.FAULT, {"version": row.version // 10000})
    limits = [limit for limit in (row.of_role, row.of_database) if limit is not None and limit >= 0]
    yield from _connections(settings, min([row.free, *limits]))


def connections_of(settings: Settings) -> int:
    """What the workers may hold at once (`app.writer`).

    The thread that gathers answers has one; every other thread has one for answers with comments or a slip, and may
    have one for a page.
    """
    return settings.workers * (1 + settings.threads + min(settings.threads, POOL))


def threads_fitting(workers: int, free: int) -> int:
    """The most threads that so many connections serve; one, where they serve none."""
    of_threads = (free - OTHERS) // workers - 1
    return max(1, of_threads // 2, of_threads - POOL)


POOL = 15
"""connections of one process for pages: Flask-SQLAlchemy's five and ten more"""


def _connections(settings: Settings, free: int) -> Iterator[Finding]:
    needed = connections_of(settings) + OTHERS
    details: dict[str, object] = {
        "needed": needed, "free": free, "workers": settings.workers, "threads": settings.threads,
        "fitting": threads_fitting(settings.workers, free),
    }
    if needed > free:
        yield Finding("connections_too_few", Severity.DANGER, details)
    elif needed + connections_of(settings) > free:  # old and new workers stand beside each other for a while
        yield Finding("connections_tight", Severity.NOTE, details)
