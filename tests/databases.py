"""Databases for tests: new ones from a migrated template, and how each is emptied."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

from tests.postgres import driver_address

TOP = Path(__file__).resolve().parent.parent


class Databases(Protocol):
    def new(self, *, migrated: bool = True) -> str:
        """Address of a new database: migrated and empty, or without any table."""

    def drop(self, url: str) -> None: ...

    def lend(self, folder: Path) -> AbstractContextManager[str]:
        """A migrated, empty database for one test."""


def build(url: str) -> None:
    """Bring a bare database to the newest version, the way an installation does."""
    from flask_migrate import upgrade

    from app import create_app
    from app.db import db
    from app.settings import read

    with tempfile.TemporaryDirectory() as state:
        app = create_app(read({}, state=Path(state), database_url=url))
        with app.app_context():
            if list((TOP / "migrations" / "versions").glob("*.py")):
                upgrade()
            else:
                db.metadata.create_all(db.engine)
            db.engine.dispose()


class SqliteDatabases:
    """Copies of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._template: Path | None = None

    def new(self, *, migrated: bool = True) -> str:
        path = self._folder / f"{next(self._numbers)}.db"
        if migrated:
            shutil.copyfile(self._migrated(), path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        for end in ("", "-wal", "-shm"):
            Path(path + end).unlink(missing_ok=True)

    @contextmanager
    def lend(self, folder: Path) -> Iterator[str]:
        state = folder / "state"
        state.mkdir(exist_ok=True)
        shutil.copyfile(self._migrated(), state / "hailong.db")
        yield f"sqlite:///{state / 'hailong.db'}"

    def _migrated(self) -> Path:
        if self._template is None:
            path = self._folder / "template.db"
            build(f"sqlite:///{path}")
            self._template = path
        return self._template


class PostgresDatabases:
    """Databases of one server. A test borrows this worker's database and leaves it empty."""

    def __init__(self, url: str, template: str) -> None:
        self._url = url
        self._template = template
        self._names = (f"hailong_{os.getpid()}_{number}" for number in itertools.count(1))
        self._alive: set[str] = set()
        self._own: str | None = None

    def new(self, *, migrated: bool = True) -> str:
        name = next(self._names)
        create_database(self._url, name, self._template if migrated else "template0")
        self._alive.add(name)
        return driver_address(self._url, name)

    def drop(self, url: str) -> None:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        drop_database(self._url, str(name))
        self._alive.discard(str(name))

    def drop_all(self) -> None:
        for name in list(self._alive):
            drop_database(self._url, name)

    @contextmanager
    def lend(self, folder: Path) -> Iterator[str]:
        if self._own is None:
            self._own = self.new()
        yield self._own
        empty(self._own)


def empty(url: str) -> None:
    """Remove every row and start every counter again; tables that are empty already cost nothing."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '10s'")
        tables = [
            name for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables"
                " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
        ]
        if not tables:
            return
        questions = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(table, sql.Identifier(table))
            for table in tables
        )
        if filled := [name for (name,) in connection.execute(questions)]:
            names = sql.SQL(", ").join(map(sql.Identifier, filled))
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))


def make_template(url: str) -> str:
    """Create the migrated database that others are copied from; returns its name."""
    name = f"hailong_template_{os.getpid()}_{secrets.token_hex(3)}"
    create_database(url, name, "template0")
    try:
        build(driver_address(url, name))
    except BaseException:
        drop_database(url, name)
        raise
    return name


def create_database(url: str, name: str, template: str) -> None:
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _administer(url, create.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(url: str, name: str) -> None:
    _administer(url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(driver_address(url), autocommit=True) as connection:
        connection.execute(statement)
