"""Runs migrations on the application's engine, under the write lock that everyone shares on SQLite."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from app.db import db, write_lock

PATIENCE = "5s"
"""how long a migration waits for a lock before it gives up rather than block those who answer"""


def _configure(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )


def run() -> None:
    # `writes`: on SQLite begin with the write lock, not as a reader that must upgrade later
    engine = db.engine.execution_options(writes=True)
    with write_lock(current_app.config["HAILONG"]), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET lock_timeout = '{PATIENCE}'"))
            connection.commit()
        _configure(connection)
        with context.begin_transaction():
            context.run_migrations()


run()
