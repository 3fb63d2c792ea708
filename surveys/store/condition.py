"""The database itself: which program's tables it has, whether it takes a write, which engine it is, and how large."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.store.intake import Cursor


def revisions(session: Session) -> set[str]:
    """What the migrations left in it; more than one only where they branch."""
    return set(session.execute(text("SELECT version_num FROM alembic_version")).scalars())


def try_write(session: Session) -> None:
    """Write something that changes nothing; to be rolled back. A database that takes no write raises DBAPIError."""
    session.execute(text("UPDATE alembic_version SET version_num = version_num"))


def is_durable(cursor: Cursor) -> bool:
    """Whether what this connection to PostgreSQL commits survives a power cut."""
    cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')", {})
    return tuple(cursor.fetchone()) == ("on", "on")


def wait_at_most(session: Session, seconds: float) -> None:
    """Of each statement of this transaction, on PostgreSQL; SQLite's statements are bounded where it is opened."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))


def engine(session: Session) -> str:
    """'SQLite 3.45.1', 'PostgreSQL 15.6'"""
    if session.get_bind().dialect.name == "sqlite":
        return f"SQLite {session.scalar(text('SELECT sqlite_version()'))}"
    return f"PostgreSQL {str(session.scalar(text('SHOW server_version'))).split()[0]}"


def size(session: Session) -> int:
    """Bytes."""
    if session.get_bind().dialect.name == "sqlite":
        pages, page = session.scalar(text("PRAGMA page_count")), session.scalar(text("PRAGMA page_size"))
        return int(pages or 0) * int(page or 0)
    return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
