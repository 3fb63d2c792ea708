"""SQLite: a copy of one moment while others write, and what is looked at in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from app.backup.manifest import Table
from surveys.errors import Refusal
from surveys.store.epochs import FIRST, Epoch


def file_of(url: str) -> Path:
    """The database's file; raises Refusal("backup_nothing") for one in memory."""
    path = make_url(url).database
    if not path or path == ":memory:":
        raise Refusal("backup_nothing")
    return Path(path).resolve()


def snapshot(source: Path, target: Path) -> None:
    """Copy the database as it is at one moment. Nobody waits: a reader of the WAL holds no lock that writers take.

    VACUUM INTO, not the backup API: what was deleted (spent slips) is not in the free pages of the copy, and the
    copy is one transaction however many write. The connection cannot write, hence never checkpoints: see `app.db`.
    """
    if not source.is_file():
        raise Refusal("backup_nothing")
    target.touch(mode=0o600)
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("VACUUM INTO ?", (str(target),))


def tables(path: Path) -> dict[str, Table]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )]
        count = 'SELECT count(*) FROM "{}"'  # names are of our own schema
        return {name: Table(connection.execute(count.format(name)).fetchone()[0]) for name in names}


def revision(path: Path) -> str:
    """'' where there is no schema."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return ""
    return row[0] if row else ""


def epoch(path: Path) -> str:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            row = connection.execute("SELECT number, salt FROM epoch ORDER BY number DESC").fetchone()
        except sqlite3.OperationalError:  # a schema of before epochs
            row = None
    return FIRST.mark if row is None else Epoch(*row).mark


def faults(path: Path) -> list[str]:
    """What SQLite itself finds wrong with a database: pages, indexes, rows that refer to nothing."""
    with closing(sqlite3.connect(path)) as connection:
        said = [text for (text,) in connection.execute("PRAGMA integrity_check(5)") if text != "ok"]
        return said + [f"{row[0]} → {row[2]}" for row in connection.execute("PRAGMA foreign_key_check").fetchmany(5)]
