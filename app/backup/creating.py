"""Making a backup while citizens answer."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO

import psycopg

from app import db, keyring, keys, server_day
from app.backup import postgresql, records, sealed, sqlite
from app.backup.alone import alone
from app.backup.bundle import Packing
from app.backup.manifest import Manifest
from app.backup.program import version
from app.settings import Settings
from surveys import audit
from surveys.errors import Refusal

SHORTEST = 12
"""characters of a passphrase: whoever finds the file may guess for years"""
NAME = re.compile(r"hailong-(\d{4}-\d\d-\d\d)-(\d+)\.backup")


def create(settings: Settings, target: Path, passphrase: str, *, cost: int | None = None) -> tuple[Manifest, Path]:
    """Write a backup; a folder as target gets a file named by the day. Returns what is in it, and the file.

    Runs in the application's context; notes it in the audit trail. Nothing is left at the target unless it is whole
    and flushed. Raises Refusal ("backup_passphrase_short", "backup_exists", "backup_busy", "backup_unwritable",
    "backup_nothing").
    """
    if len(passphrase) < SHORTEST:
        raise Refusal("backup_passphrase_short", least=SHORTEST)
    today = server_day()
    path = _named(target, today)
    keys.all_made(settings)
    try:
        with alone(settings), _whole(path) as file:
            packing = Packing(file, passphrase, cost=cost or sealed.COST)
            # before the database: the audit trail's mark must not be ahead of the trail
            for name, content in key_files(settings).items():
                packing.add_bytes(f"keys/{name}", content)
            told = (_sqlite if settings.database_url.startswith("sqlite") else _postgresql)(settings, packing, today)
            whole = packing.finish(told)
    except (OSError, sqlite3.Error, psycopg.Error) as fault:
        raise Refusal("backup_unwritable", path=path, reason=_reason(fault)) from fault
    records.remember(settings, backup=today, backup_name=path.name, backup_bytes=path.stat().st_size)
    if "audit" not in whole.tables:  # a schema of before the trail, about to be brought up to date
        return whole, path
    with db.transaction() as session:
        audit.note(session, "backup.created", f"backup:{path.name}", None, {
            "rows": whole.rows, "revision": whole.revision, "epoch": whole.epoch,
        })
    return whole, path


def key_files(settings: Settings) -> dict[str, bytes]:
    """Every key by its file's name; secret keys wherever they come from."""
    found = {
        path.name: path.read_bytes() for path in sorted(settings.keys.iterdir())
        if path.is_file() and not path.name.startswith(".")
    }
    if settings.secret_key:
        found["secret"] = settings.secret_key.encode()
    if settings.secrets_before:
        known = found.get(keyring.BEFORE, b"").decode().split()
        found[keyring.BEFORE] = " ".join(dict.fromkeys([*settings.secrets_before, *known])).encode()
    return found


def _sqlite(settings: Settings, packing: Packing, today: date) -> Manifest:
    source = sqlite.file_of(settings.database_url)
    # beside the database, which has the room and the protection that a copy needs
    with tempfile.TemporaryDirectory(dir=source.parent, prefix=".backup-") as folder:
        copy = Path(folder) / "database.sqlite"
        sqlite.snapshot(source, copy)
        if not sqlite.revision(copy):
            raise Refusal("backup_nothing")
        packing.add_file("database.sqlite", copy)
        return Manifest("sqlite", version(), sqlite.revision(copy), sqlite.epoch(copy), today, sqlite.tables(copy), {})


def _postgresql(settings: Settings, packing: Packing, today: date) -> Manifest:
    with postgresql.connected(settings.database_url) as connection, postgresql.one_moment(connection):
        revision, epoch = postgresql.revision(connection), postgresql.epoch(connection)
        if not revision:
            raise Refusal("backup_nothing")
        tables, sequences = postgresql.copy_out(connection, packing)
    return Manifest("postgresql", version(), revision, epoch, today, tables, {}, sequences)


def _named(target: Path, today: date) -> Path:
    if not target.is_dir():
        if target.exists():
            raise Refusal("backup_exists", path=target)
        return target
    taken = [number for day, number, _ in kept(target) if day == today]
    return target / f"hailong-{today}-{max(taken, default=0) + 1}.backup"


def kept(folder: Path) -> list[tuple[date, int, Path]]:
    """The backups of a folder by day and number, the newest last."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := NAME.fullmatch(path.name):
            found.append((date.fromisoformat(match[1]), int(match[2]), path))
    return sorted(found)


def newest(folder: Path) -> Path:
    """Raises Refusal("backup_none")."""
    found = kept(folder)
    if not found:
        raise Refusal("backup_none", path=folder)
    return found[-1][2]


def thin_out(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` backups that bear our names; returns what was deleted."""
    gone = [path for _, _, path in kept(folder)[:-keep]]
    for path in gone:
        path.unlink()
    return gone


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """Written beside, flushed, renamed."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        beside.touch(mode=0o600)
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _appear(beside, path)
        flush_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def _appear(beside: Path, path: Path) -> None:
    """Never in place of what came meanwhile."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise Refusal("backup_exists", path=path) from None
    except OSError:  # a stick or a share without hard links
        if path.exists():
            raise Refusal("backup_exists", path=path) from None
        os.rename(beside, path)


def flush_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _reason(fault: Exception) -> str:
    if isinstance(fault, OSError):
        return fault.strerror or type(fault).__name__
    return str(fault).strip().split("\n")[0]
