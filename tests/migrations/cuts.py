"""kill -9 of a migration at every boundary between two statements, and what stands in the database then.

The old schema or the new one with all its rows, never something between; and the same command, given again, ends
where it would have ended. The twin commits before every CREATE, ALTER and DROP, as Python's SQLite driver does by
itself where one lets it; it has to be found out.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import psycopg
from flask import Flask
from sqlalchemy import Connection, Engine, event

from tests.databases import create_database, drop_database
from tests.migrations import history
from tests.migrations.history import Rows
from tests.postgres import driver_address

RANDOM = {"account": "uniquifier"}
"""table -> column that a migration fills by lot: two runs differ there"""
STARTED_BY = {"CREATE", "ALTER", "DROP"}

Print = tuple[list[tuple[Any, ...]], Rows]
"""schema and rows"""


@dataclass
class Cuts:
    """What the kills came to."""

    kills: int = 0
    rows: int = 0
    """that stood in the database before each kill"""
    lost: int = 0
    doubled: int = 0
    between: int = 0
    """databases that were neither old nor new"""
    longest: float = 0.0
    """seconds of the longest second run"""
    complaints: Counter[str] = field(default_factory=Counter)

    @property
    def green(self) -> bool:
        return not (self.lost or self.doubled or self.between or self.complaints)


class Place(Protocol):
    """A database that can be set back to how it was."""

    url: str

    def take(self, revision: str) -> None:
        """Remember the database at this revision, with rows in it."""

    def reset(self) -> None:
        """Make `url` what was remembered."""

    def settle(self) -> None:
        """Wait until the engine knows that the killed one is gone."""

    def is_sound(self) -> bool: ...


class SqlitePlace:
    def __init__(self, folder: Path) -> None:
        self._file = folder / "cut.db"
        self._kept = folder / "kept.db"
        self.url = f"sqlite:///{self._file}"

    def take(self, revision: str) -> None:
        self._kept.unlink(missing_ok=True)
        self._kept.touch()
        if revision:
            history.build(f"sqlite:///{self._kept}", revision)

    def reset(self) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{self._file}{end}").unlink(missing_ok=True)
        shutil.copyfile(self._kept, self._file)

    def settle(self) -> None:
        """The kernel has let go of the locks already."""

    def is_sound(self) -> bool:
        with contextlib.closing(sqlite3.connect(self._file)) as connection:
            whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return whole and connection.execute("PRAGMA foreign_key_check").fetchall() == []


class PostgresPlace:
    def __init__(self, server: str) -> None:
        self._server = server
        self._name = f"hailong_cut_{os.getpid()}"
        self._kept = f"hailong_kept_{os.getpid()}"
        self.url = driver_address(server, self._name)

    def take(self, revision: str) -> None:
        self.drop()
        create_database(self._server, self._kept, "template0")
        if revision:
            history.build(driver_address(self._server, self._kept), revision)

    def reset(self) -> None:
        drop_database(self._server, self._name)
        create_database(self._server, self._name, self._kept)

    def drop(self) -> None:
        drop_database(self._server, self._name)
        drop_database(self._server, self._kept)

    def settle(self) -> None:
        last = time.monotonic() + 20
        with psycopg.connect(driver_address(self._server), autocommit=True) as connection:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            while connection.execute(asked, [self._name]).fetchone() != (0,) and time.monotonic() < last:
                time.sleep(0.01)

    def is_sound(self) -> bool:
        return True  # what refers to nothing PostgreSQL does not commit


# ---------------------------------------------------------------- one run in a child

def _boundaries(reached: Callable[[int], None]) -> None:
    """Call `reached` with 0, 1, 2… before every statement and before every commit of any engine from now on."""
    counted = iter(range(1_000_000))
    event.listen(Engine, "before_cursor_execute", lambda *_: reached(next(counted)))
    event.listen(Engine, "commit", lambda _: reached(next(counted)))


def _plant(app: Flask) -> None:
    """The bug: DDL commits what went before it."""
    def heard(connection: Connection, _cursor: Any, sql: str, *_rest: Any) -> None:
        if sql.split(None, 1)[0].upper() in STARTED_BY:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.commit()

    event.listen(Engine, "before_cursor_execute", heard)


def _run(app: Flask, revision: str, *, at: int | None = None, planted: bool = False) -> int | None:
    """Migrate in a child of this process, killed when it reaches boundary `at`; how many it passed, None if killed.

    Raises RuntimeError when it neither ended well nor was killed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            _in_child(app, revision, at, planted, writing)
            code = 0
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    if os.WEXITSTATUS(status):
        raise RuntimeError(f"the migration to {revision} failed")
    return int(said)


def _in_child(app: Flask, revision: str, at: int | None, planted: bool, writing: int) -> None:
    from flask_migrate import upgrade

    from app.db import db

    passed = 0

    def reached(number: int) -> None:
        nonlocal passed
        passed = number + 1
        if number == at:
            os.kill(os.getpid(), signal.SIGKILL)

    if planted:
        _plant(app)
    _boundaries(reached)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    with app.app_context():
        upgrade(revision=revision)
        db.engine.dispose()
    os.write(writing, str(passed).encode())


# ---------------------------------------------------------------- all cuts of a step

def _print_of(url: str) -> Print:
    rows = history.rows_of(url)
    for table, column in RANDOM.items():
        rows[table] = sorted((row | {column: ""} if column in row else row for row in rows.get(table, [])), key=repr)
    return history.schema_of(url), {table: kept for table, kept in rows.items() if kept}


def cut(place: Place, folder: Path, old: str, new: str, *, every: int = 1, planted: bool = False) -> Cuts:
    """Kill the way from `old` to `new` at every boundary (or every n-th)."""
    found = Cuts()
    place.take(old)
    place.reset()
    app = history.installation(folder / "state", place.url)
    before, rows_before = _print_of(place.url), history.rows_of(place.url)
    boundaries = _run(app, new)
    assert boundaries is not None
    after = _print_of(place.url)
    for at in range(0, boundaries, every):
        place.reset()
        assert _run(app, new, at=at, planted=planted) is None, "it was not killed"
        place.settle()
        found.kills += 1
        found.rows += sum(map(len, rows_before.values()))
        left = _print_of(place.url)
        if left not in (before, after) or not place.is_sound():
            found.between += 1
        found.lost += len(history.lost(rows_before, history.rows_of(place.url)))
        began = time.monotonic()
        try:
            _run(app, new, planted=planted)
        except RuntimeError:
            found.complaints["the second run failed"] += 1
            continue
        found.longest = max(found.longest, time.monotonic() - began)
        _judge_end(found, after, _print_of(place.url))
    return found


def _judge_end(found: Cuts, wanted: Print, got: Print) -> None:
    if got[0] != wanted[0]:
        found.complaints["the second run ended elsewhere"] += 1
    found.lost += len(history.lost(wanted[1], got[1]))
    found.doubled += max(0, sum(map(len, got[1].values())) - sum(map(len, wanted[1].values())))


def steps(fewest: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
    """(from, to) of every migration there is, or of the named ones; '' is the empty database that the first finds."""
    for old, new in pairwise(["", *history.revisions()]):
        if (not old or history.path_of("sqlite", old).exists()) and (fewest is None or new in fewest):
            yield old, new
