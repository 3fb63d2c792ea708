"""A backup put back into a new place, beside what is live and without touching it."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import psycopg
from flask import Flask
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy import make_url

from app import create_app, db
from app.backup import postgresql, sqlite, swap
from app.backup.bundle import Source, Taker, into_file, unpack
from app.backup.manifest import Manifest
from app.backup.program import revisions, version
from app.settings import Settings
from surveys.errors import Refusal


@dataclass
class Loaded:
    """A backup's content as an installation of its own."""

    manifest: Manifest
    settings: Settings
    """of the new place: its keys, its database"""
    folder: Path
    """of its keys"""
    database: Path | None
    """SQLite's file"""
    schema: str | None
    """PostgreSQL's schema"""
    app: Flask


def verify(path: Path, passphrase: str) -> Manifest:
    """Read a backup to its end; every byte of it is proven. Raises Refusal("backup_unreadable"), and see `Reader`."""
    with opened(path) as file:
        return unpack(file, passphrase)


@contextmanager
def loaded(settings: Settings, path: Path, passphrase: str) -> Iterator[Loaded]:
    """The backup in a new place, proven, counted and brought to today's schema; gone afterwards unless moved away.

    Raises Refusal: as `verify`, and "backup_engine" (made of the other database), "backup_newer" (its schema is of a
    later program), "backup_inconsistent" (what was put back is not what was counted), "backup_no_room".
    """
    name = f"restored_{secrets.token_hex(4)}"
    with ExitStack() as undo, _room(settings):
        folder = _folder(undo, settings, settings.state / name)
        if settings.database_url.startswith("sqlite"):
            # a rename works only within one file system: the new database waits beside the old one
            beside = _folder(undo, settings, sqlite.file_of(settings.database_url).parent / name)
            database, url = beside / "hailong.db", f"sqlite:///{beside / 'hailong.db'}"
        else:
            database, url = None, within(settings.database_url, name)
        with opened(path) as file:
            told = unpack(file, passphrase, _spooling(folder, database))
        _require_known(told, "sqlite" if database else "postgresql")
        own = replace(
            settings, state=folder, secret_key="", secret_key_before="", demonstration=False, database_url=url
        )
        if database is None:
            undo.callback(_drop, settings, name)
            _fill(own, name, told, folder / "tables")
        else:
            _look_at(database, told)
        app = undo.enter_context(application(own))
        with app.app_context():
            upgrade()
        yield Loaded(told, own, folder, database, None if database else name, app)


@contextmanager
def application(settings: Settings) -> Iterator[Flask]:
    """The program over another place; its connections are closed afterwards."""
    app = create_app(settings)
    try:
        yield app
    finally:
        with app.app_context():
            db.db.engine.dispose()


def _require_known(told: Manifest, engine: str) -> None:
    if told.engine != engine:
        raise Refusal("backup_engine", engine=told.engine)
    if told.revision not in revisions():
        raise Refusal("backup_newer", revision=told.revision, program=told.program, own=version())


@contextmanager
def _room(settings: Settings) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, psycopg.Error) as fault:
        said = fault.strerror if isinstance(fault, OSError) else str(fault).strip().split("\n")[0]
        raise Refusal("backup_unloadable", path=settings.state, reason=said or type(fault).__name__) from fault


def _folder(undo: ExitStack, settings: Settings, path: Path) -> Path:
    def remove() -> None:
        if not swap.pending(settings):
            shutil.rmtree(path, ignore_errors=True)

    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    undo.callback(remove)
    return path


def within(url: str, schema: str) -> str:
    """The address of the same PostgreSQL database, with names meant in this schema."""
    return make_url(url).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(
        hide_password=False
    )


def _spooling(folder: Path, database: Path | None) -> Taker:
    """Every member becomes a file. Nothing of them is used before all are proven."""

    def take(name: str, member: Source) -> None:
        goes_to = database if name == "database.sqlite" and database else folder / name
        into_file(goes_to)(member)

    return take


def _look_at(database: Path, told: Manifest) -> None:
    found = {name: table.rows for name, table in sqlite.tables(database).items()}
    _require_same(found, told, sqlite.faults(database))
    if sqlite.revision(database) != told.revision:
        raise Refusal("backup_inconsistent", what="alembic_version")


def _fill(own: Settings, schema: str, told: Manifest, parts: Path) -> None:
    """The schema as it was when the backup was made, and its rows."""
    with postgresql.connected(own.database_url) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    with application(own) as app, app.app_context():
        upgrade(revision=told.revision)
    with postgresql.connected(own.database_url, schema=schema) as connection, connection.transaction():
        for name in reversed(postgresql.table_names(connection)):  # what migrations put in comes with the backup too
            if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))).fetchone():
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for name, table in told.tables.items():
            postgresql.copy_in(connection, name, table.columns, sorted((parts / name).glob("*")))
        postgresql.set_sequences(connection, told)
        _require_same(postgresql.counts(connection), told, [])


def _require_same(found: Mapping[str, int], told: Manifest, wrong: list[str]) -> None:
    expected = {name: table.rows for name, table in told.tables.items()}
    wrong += sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    if wrong:
        raise Refusal("backup_inconsistent", what=", ".join(wrong[:5]))


def _drop(settings: Settings, schema: str) -> None:
    if swap.pending(settings):
        return
    with postgresql.connected(settings.database_url) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def opened(path: Path) -> IO[bytes]:
    """Raises Refusal("backup_unreadable")."""
    try:
        return path.open("rb")
    except OSError as fault:
        raise Refusal("backup_unreadable", path=path, reason=fault.strerror or type(fault).__name__) from None
