"""The copy that an upgrade makes before it touches anything, verified before it counts.

It is a backup (`app.backup`) where the program has them; otherwise a copy of the database alone.
"""

from __future__ import annotations

import contextlib
import getpass
import importlib
import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from app.db import write_lock
from app.doctor import storage
from app.settings import Settings
from surveys.errors import Refusal


def copy(settings: Settings, revision: str) -> Path:
    """Copy and verify; runs in the application's context. Returns the file. Raises Refusal, leaving nothing behind."""
    if importlib.util.find_spec("app.backup") is not None:
        return _backup(settings)
    folder = settings.state / "upgrades"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_sqlite = settings.database_url.startswith("sqlite")
    path = _free(folder, f"before-{revision or 'base'}", ".db" if is_sqlite else ".dump")
    path.touch(mode=0o600)
    try:
        (_sqlite if is_sqlite else _postgresql)(settings, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _free(folder: Path, name: str, ending: str) -> Path:
    number = 1
    while (path := folder / f"{name}-{number}{ending}").exists():
        number += 1
    return path


# ---------------------------------------------------------------- as a backup

def _backup(settings: Settings) -> Path:
    creating: Any = importlib.import_module("app.backup.creating")
    verify: Callable[[Path, str], object] = importlib.import_module("app.backup").verify
    own: Any = settings  # these settings come with backups
    passphrase: str = own.backup_passphrase or _asked()
    own.backups.mkdir(parents=True, exist_ok=True, mode=0o700)
    path: Path = creating.create(settings, own.backups, passphrase)[1]
    verify(path, passphrase)
    return path


def _asked() -> str:
    if not sys.stdin.isatty():
        raise Refusal("upgrade_passphrase")
    return getpass.getpass("Cụm mật khẩu của bản sao lưu / Passphrase of the backup: ")


# ---------------------------------------------------------------- as a copy of the database

def _sqlite(settings: Settings, path: Path) -> None:
    source = storage.file_of(settings)
    if source is None or not source.exists():
        raise Refusal("upgrade_copy", reason="SQLite")
    if shutil.disk_usage(path.parent).free < 2 * source.stat().st_size:
        raise Refusal("upgrade_room", folder=path.parent)
    try:
        with (
            write_lock(settings), contextlib.closing(sqlite3.connect(source)) as live,
            contextlib.closing(sqlite3.connect(path)) as kept,
        ):
            live.backup(kept)
            sound = kept.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if not sound or _counts(live) != _counts(kept):
                raise Refusal("upgrade_copy", reason="integrity_check")
    except (sqlite3.Error, OSError) as fault:
        raise Refusal("upgrade_copy", reason=type(fault).__name__) from fault
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608  # names of our own tables


def _postgresql(settings: Settings, path: Path) -> None:
    dump, restore = shutil.which("pg_dump"), shutil.which("pg_restore")
    if dump is None or restore is None:
        raise Refusal("upgrade_copy", reason="pg_dump")
    address = make_url(settings.database_url).set(drivername="postgresql")
    environment = dict(os.environ)
    if address.password is not None:  # where nobody who lists processes sees it
        environment["PGPASSWORD"] = str(address.password)
        address = address.set(password=None)
    made = subprocess.run(  # noqa: S603  # PostgreSQL's own program
        [dump, "--format=custom", f"--file={path}", address.render_as_string(hide_password=False)],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )
    if made.returncode:
        raise Refusal("upgrade_copy", reason=(made.stderr.strip().splitlines() or ["pg_dump"])[-1])
    read = subprocess.run(  # noqa: S603
        [restore, f"--file={os.devnull}", str(path)], stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )
    if read.returncode:
        raise Refusal("upgrade_copy", reason="pg_restore")
