"""Every row from one database to another, of whichever engines, and the proof that it arrived.

Every table in an order in which nothing refers to what is not there yet. A table is the same on both sides when the
sums of its rows' digests are: a sum needs no order, which two engines would not agree on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, func, inspect, select, text
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from surveys.errors import Refusal
from surveys.store.tables import Base

AT_ONCE = 2_000
"""rows read and written together"""
MODULUS = 1 << 256
VERSION = "alembic_version"

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Moved:
    """One table's rows, counted and summed up."""

    table: str
    rows: int
    print: str
    """64 hexadecimal digits: the sum of the SHA-256 of every row"""


class Summing:
    """The print of rows that pass by, in any order."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Iterable[Any]) -> None:
        written = json.dumps([_spelt(value) for value in row], ensure_ascii=False, separators=(",", ":"))
        self._sum = (self._sum + int.from_bytes(sha256(written.encode("utf-8", "surrogatepass")).digest())) % MODULUS
        self.rows += 1

    def of(self, table: str) -> Moved:
        return Moved(table, self.rows, f"{self._sum:064x}")


def _spelt(value: Any) -> Any:
    """A value as both engines give it: bytes and days as text that says what they are, 1.0 and 1 alike never mixed."""
    match value:
        case bytes() | memoryview():
            return {"bytes": bytes(value).hex()}
        case date():
            return {"day": value.isoformat()}
        case float():
            return {"number": value.hex()}
    return value


def tables() -> list[Table]:
    """Every table, those that are referred to first."""
    return list(Base.metadata.sorted_tables)


def prints(connection: Connection) -> list[Moved]:
    """Every table of a database, counted and summed up."""
    return [_print(connection, table) for table in tables()]


def _print(connection: Connection, table: Table) -> Moved:
    summing = Summing()
    for row in _rows(connection, table):
        summing.add(row)
    return summing.of(table.name)


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    """By primary key: on the other side nothing will tell in which order they came to be."""
    asked = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=AT_ONCE)
    with connection.execute(asked) as result:
        for row in result:
            yield tuple(row)


# ---------------------------------------------------------------- before

def require_same_schema(source: Connection, target: Connection) -> None:
    """Refusal("move_schema") unless both are at the same revision and hold the tables that this program knows."""
    theirs, ours = _revision(source), _revision(target)
    if theirs != ours:
        raise Refusal("move_schema", source=theirs or "–", target=ours or "–")
    for connection in (source, target):
        require_known(connection)


def require_known(connection: Connection) -> None:
    known = {table.name for table in tables()} | {VERSION}
    if unknown := sorted(set(inspect(connection).get_table_names()) - known):
        raise Refusal("move_unknown_tables", tables=", ".join(unknown))


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table(VERSION):
        return ""
    return str(connection.execute(text(f"SELECT version_num FROM {VERSION}")).scalar() or "")  # noqa: S608  # a constant


def require_empty(target: Connection) -> None:
    """Refusal("move_target_filled") where a table has a row."""
    there = set(inspect(target).get_table_names())
    for table in tables():
        one = select(func.count()).select_from(select(table).limit(1).subquery())
        if table.name in there and target.execute(one).scalar():
            raise Refusal("move_target_filled", table=table.name)


@contextmanager
def unchanging(source: Connection) -> Iterator[None]:
    """One state of the source for the time of the move; whoever would write waits (SQLite: by the caller's lock)."""
    if source.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in tables())
        source.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
    yield


# ---------------------------------------------------------------- the move

def move(source: Connection, target: Connection) -> list[Moved]:
    """Copy every row and prove it, in the target's open transaction; returns what was moved, table by table.

    Raises Refusal("move_refused": the target did not take a row; "move_differs": what arrived is not what was sent).
    """
    sent = [_copy(source, target, table) for table in tables()]
    for each in sent:
        arrived = _print(target, Base.metadata.tables[each.table])
        if arrived != each:
            raise Refusal("move_differs", table=each.table, sent=each.rows, arrived=arrived.rows)
    _count_on(target)
    return sent


def _copy(source: Connection, target: Connection, table: Table) -> Moved:
    summing = Summing()
    chunk: list[Row] = []
    try:
        for row in _rows(source, table):
            summing.add(row)
            chunk.append(row)
            if len(chunk) == AT_ONCE:
                _write(target, table, chunk)
                chunk = []
        _write(target, table, chunk)
    except (DataError, IntegrityError) as fault:
        raise Refusal("move_refused", table=table.name, reason=_kind(fault)) from None
    return summing.of(table.name)


def _kind(fault: SQLAlchemyError) -> str:
    """The kind of fault: a database's message quotes the row."""
    return type(getattr(fault, "orig", fault)).__name__


def _write(target: Connection, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    names = [column.name for column in table.columns]
    if target.dialect.name == "postgresql":
        _copy_in(target, table, names, rows)
        return
    target.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])


def _copy_in(target: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """PostgreSQL's COPY, some ten times as fast as INSERT."""
    import psycopg
    from psycopg import sql

    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver: Any = target.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except (psycopg.DataError, psycopg.IntegrityError) as fault:
        raise Refusal("move_refused", table=table.name, reason=type(fault).__name__) from None


def _count_on(target: Connection) -> None:
    """PostgreSQL's counters go on after the highest number; SQLite looks at the table itself."""
    if target.dialect.name != "postgresql":
        return
    for table in tables():
        for column in table.primary_key.columns:
            sequence = target.execute(
                text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
            ).scalar()
            highest = target.execute(select(func.max(column))).scalar() if sequence else None
            if highest is not None:
                target.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})
