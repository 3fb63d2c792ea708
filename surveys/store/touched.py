"""How many rows a statement changed: the answer by which two who change one thing at once are told apart."""

from __future__ import annotations

from sqlalchemy import CursorResult


def touched(done: object) -> int:
    """Rows that an INSERT, UPDATE or DELETE touched. For an INSERT, ask SQLAlchemy with `preserve_rowcount`."""
    assert isinstance(done, CursorResult)  # noqa: S101  # such statements always give one; tells the type checker
    return done.rowcount
