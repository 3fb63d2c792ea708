"""A watch over every transaction of every test: what staff and commands change stands in the audit trail.

`app.db.transaction` is the only door that commits for staff. A transaction that wrote to one of the tables below
and noted nothing is a fault, whichever test came across it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import has_request_context
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

AUDITED = frozenset({
    "unit", "unit_succession", "questionnaire", "index_definition", "wave", "population", "point", "account",
    "account_grant", "invitation", "proposal", "draft", "field_list", "recording", "publication",
})
"""tables that only staff and commands write; citizens write `response`, `comment`, `slip` and counters of cells"""
_WRITES = re.compile(
    r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)'
    r"(?!.*\bSET second_factor_last=)",  # the counter of a code that was typed; signing in is noted by itself
    re.IGNORECASE | re.DOTALL,
)
_ISSUES = re.compile(r"\s*INSERT\s+INTO\s+slip\b", re.IGNORECASE)


class Unnoted(AssertionError):
    """A change that the audit trail does not know."""


@contextmanager
def watched() -> Iterator[None]:
    def statement(connection: Connection, _cursor: Any, sql: str, *_rest: Any) -> None:
        found = _WRITES.match(sql)
        if found and (found[1].lower() in AUDITED or _ISSUES.match(sql)):
            connection.info.setdefault("written", set()).add(found[1].lower())

    def begun(connection: Connection) -> None:
        connection.info.pop("written", None)

    def committed(session: Session) -> None:
        if session.in_nested_transaction() or not _at_work():
            return
        # a session whose auditor is still the function that `transaction` gave it has noted nothing
        silent = callable(session.info.get("auditor"))
        if silent and (written := session.connection().info.get("written")):
            raise Unnoted(f"changed without a note: {sorted(written)}")

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "begin", begun)
    event.listen(Session, "before_commit", committed)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "begin", begun)
        event.remove(Session, "before_commit", committed)


def _at_work() -> bool:
    """In a request or a command; what a test writes by itself sets a scene."""
    return has_request_context() or click.get_current_context(silent=True) is not None
