"""Runs migrations on the application's engine: all that are pending in one transaction, one runner at a time.

Whatever ends it early (a fault, kill -9, a power cut) leaves the schema it began with. SQLite takes DDL into a
transaction like anything else, but Alembic believes of Python's driver that it would commit before each CREATE, and
cuts transactions to fit; `app.db` says BEGIN itself, so that does not happen here, and `transactional_ddl` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from app.db import db, write_lock

PATIENCE = "5s"
"""how long a migration waits for a lock before it gives up rather than block those who answer"""
ONE_RUNNER = 7_310_001
"""number of PostgreSQL's advisory lock: two that upgrade at once do it one after the other"""


def _configure(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )


@contextmanager
def _references_unwatched(connection: Connection) -> Iterator[None]:
    """SQLite builds a table anew by dropping the old one, which would take the rows that refer to it, or refuse.

    So they are looked at once, before the commit. The pragma does nothing within a transaction: it goes around it.
    """
    cursor = connection.connection.cursor()  # the driver's: on the connection itself a transaction would begin
    cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


def _migrate_sqlite(connection: Connection) -> None:
    with _references_unwatched(connection), context.begin_transaction():
        context.run_migrations()
        if torn := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5):
            raise RuntimeError(f"rows would refer to nothing, nothing was changed: {[row[0] for row in torn]}")


def _migrate_postgresql(connection: Connection) -> None:
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_RUNNER})
        connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
        context.run_migrations()


def run() -> None:
    # `writes`: on SQLite begin with the write lock, not as a reader that must upgrade later
    engine = db.engine.execution_options(writes=True)
    with write_lock(current_app.config["HAILONG"]), engine.connect() as connection:
        _configure(connection)
        if connection.dialect.name == "sqlite":
            _migrate_sqlite(connection)
        else:
            _migrate_postgresql(connection)


run()
