"""PostgreSQL: every table as COPY gives it, all of one moment, and back into a schema of its own.

Not pg_dump: it would have to be installed beside the program in a version that fits the server, and what it writes can
only be put back whole. COPY needs nothing but the connection we have.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.backup.bundle import BLOCK, Packing
from app.backup.manifest import Manifest, Table
from surveys.store.epochs import FIRST, Epoch

PART = 4 << 20
"""bytes of a table in one member, about"""
PARTING = 2.0
"""seconds between the end of a connection and the end of the process that served it, at most"""
VERSION_TABLE = "alembic_version"
Connection = psycopg.Connection[Any]


@contextmanager
def connected(url: str, *, schema: str | None = None) -> Iterator[Connection]:
    """A connection of our own with autocommit; schema: the one that names without a schema mean."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = "-c synchronous_commit=on -c timezone=UTC -c statement_timeout=0 -c lock_timeout=30s"
    with psycopg.connect(address, autocommit=True, options=options, application_name="hailong backup") as connection:
        if schema is not None:
            connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
        yield connection


@contextmanager
def one_moment(connection: Connection) -> Iterator[None]:
    """Everything read inside is of one moment; nobody waits for it."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def revision(connection: Connection) -> str:
    """'' where there is no schema."""
    known = connection.execute("SELECT to_regclass(%s)", (VERSION_TABLE,)).fetchone()
    if known is None or known[0] is None:
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else ""


def epoch(connection: Connection) -> str:
    known = connection.execute("SELECT to_regclass('epoch')").fetchone()
    if known is None or known[0] is None:  # a schema of before epochs
        return FIRST.mark
    row = connection.execute("SELECT number, salt FROM epoch ORDER BY number DESC LIMIT 1").fetchone()
    return FIRST.mark if row is None else Epoch(*row).mark


def table_names(connection: Connection) -> list[str]:
    """Of the current schema, in an order in which every table comes after those it refers to."""
    names = [name for (name,) in connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    )]
    needs: dict[str, set[str]] = {name: set() for name in names}
    for child, parent in connection.execute(
        "SELECT child.relname, parent.relname FROM pg_constraint"
        " JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conrelid <> confrelid"
    ):
        needs[child].add(parent)
    ordered: list[str] = []
    while needs:
        ready = sorted(name for name, parents in needs.items() if parents <= set(ordered))
        if not ready:
            raise AssertionError(f"tables refer to each other: {sorted(needs)}")
        ordered += ready
        for name in ready:
            del needs[name]
    return ordered


def copy_out(connection: Connection, packing: Packing) -> tuple[dict[str, Table], dict[str, tuple[int, bool]]]:
    """Every table into the backup, and where the sequences stand."""
    tables = {name: _copy_table(connection, packing, name) for name in table_names(connection)}
    sequences = {}
    for (name,) in connection.execute(
        "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() ORDER BY sequencename"
    ).fetchall():
        row = _one(connection, sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name)))
        sequences[name] = (int(row[0]), bool(row[1]))
    return tables, sequences


def _copy_table(connection: Connection, packing: Packing, name: str) -> Table:
    columns = tuple(column for (column,) in connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum", (name,),
    ))
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(_listed(columns), sql.Identifier(name))
    held, part = bytearray(), 0
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for data in copy:
                held += data
                if len(held) >= PART:
                    packing.add_bytes(f"tables/{name}/{part:06}", bytes(held))
                    held, part = bytearray(), part + 1
        rows = cursor.rowcount
    if held:
        packing.add_bytes(f"tables/{name}/{part:06}", bytes(held))
    return Table(rows, columns)


def copy_in(connection: Connection, name: str, columns: Sequence[str], parts: Iterable[Path]) -> None:
    """A table from its parts. COPY lets triggers and constraints look at every row."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), _listed(columns))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in parts:
            with part.open("rb") as file:
                while block := file.read(BLOCK):
                    copy.write(block)


def set_sequences(connection: Connection, told: Manifest) -> None:
    for name, (at, called) in told.sequences.items():
        connection.execute("SELECT setval(to_regclass(%s), %s, %s)", (name, at, called))


def counts(connection: Connection) -> dict[str, int]:
    count = sql.SQL("SELECT count(*) FROM {}")
    return {
        name: int(_one(connection, count.format(sql.Identifier(name)))[0]) for name in table_names(connection)
    }


def still(connection: Connection) -> bool:
    """Whether no other program is connected; those that have hung up just now get the time to be gone."""
    last = time.monotonic() + PARTING
    while others(connection):
        if time.monotonic() > last:
            return False
        time.sleep(0.05)
    return True


def others(connection: Connection) -> int:
    """How many other programs are connected to this database."""
    return int(_one(connection, sql.SQL(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ))[0])


def current_schema(connection: Connection) -> str:
    return str(_one(connection, sql.SQL("SELECT current_schema()"))[0])


def _one(connection: Connection, question: sql.SQL | sql.Composed) -> tuple[Any, ...]:
    """The one row of a question that always has one."""
    row: tuple[Any, ...] | None = connection.execute(question).fetchone()
    if row is None:
        raise psycopg.DataError("no row")
    return row


def exists(connection: Connection, schema: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is not None


def _listed(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
