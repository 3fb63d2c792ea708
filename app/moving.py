"""Moves everything to another database: its schema, every row, and an entry in its trail of where that came from.

In one transaction of the target, from one state of the source, which is only read. The rows and the proof that they
arrived are `surveys.store.moving`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256

from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from app import running, serving, writer
from app.backup import postgresql
from app.db import auditor, db, write_lock
from app.settings import Settings, read
from surveys import audit
from surveys.errors import Refusal
from surveys.store import moving as rows
from surveys.store.moving import Moved


def relocate(settings: Settings, url: str, *, dry: bool = False) -> list[Moved]:
    """From the application's database to `url`; runs in the application's context.

    The target gets its schema, then the rows, then an entry in its trail that says where they came from. dry: only
    look whether it could be done; nothing is written anywhere. Else nobody serves meanwhile, and nobody starts to:
    what a server acknowledged would stay behind. Raises Refusal ("move_running", "move_same",
    "move_target_away", "move_target_filled", "move_schema", "move_unknown_tables", "move_refused", "move_differs").
    """
    if running.found(settings) is not None:
        raise Refusal("move_running")
    if dry:
        return _relocated(settings, url, dry=True)
    with ExitStack() as held:
        try:
            held.enter_context(serving.nobody(settings))
        except Refusal:
            raise Refusal("move_running") from None
        _require_still(settings)
        return _relocated(settings, url, dry=False)


def _require_still(settings: Settings) -> None:
    """A server on another machine holds no lock here, but it is connected."""
    writer.close(current_app._get_current_object())  # type: ignore[attr-defined]  # of the proxy
    db.engine.dispose()
    if settings.database_url.startswith("sqlite"):
        return
    with postgresql.connected(settings.database_url) as connection:
        if not postgresql.still(connection):
            raise Refusal("move_running")


def _relocated(settings: Settings, url: str, *, dry: bool) -> list[Moved]:
    target = replace(settings, database_url=read({}, state=settings.state, database_url=url).database_url)
    if settings.database_url.startswith("sqlite") and target.database_url.startswith("sqlite"):
        raise Refusal("move_same")
    _require_there(target, dry=dry)
    with _schema(target, dry=dry) as theirs, write_lock(settings), write_lock(target):
        engine = db.engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with engine.connect() as source, theirs.execution_options(writes=not dry).connect() as there:
            with source.begin(), rows.unchanging(source), there.begin() as transaction:
                if dry:
                    rows.require_known(source)
                    rows.require_empty(there)
                    return rows.prints(source)
                rows.require_same_schema(source, there)
                rows.require_empty(there)
                found = rows.move(source, there)
                _note(there, source.dialect.name, found)
                transaction.commit()
            return found


def _require_there(target: Settings, *, dry: bool) -> None:
    """A database that cannot be reached is said before anything else; SQLite's file is made when it is needed."""
    from app.doctor import storage

    if target.database_url.startswith("sqlite"):
        return
    for found in storage.findings(target):
        if found.code == "database_away":
            raise Refusal("move_target_away", reason=found.details["reason"])


@contextmanager
def _schema(target: Settings, *, dry: bool) -> Iterator[Engine]:
    """The target's engine, with today's schema in it."""
    from app import create_app

    if dry and target.database_url.startswith("sqlite"):
        target = replace(target, database_url="sqlite://")
    other = create_app(target)
    with other.app_context():
        engine = db.engine
        if not dry:
            upgrade()
    try:
        yield engine
    finally:
        engine.dispose()


def _note(there: Connection, came_from: str, found: list[Moved]) -> None:
    """In the same transaction as the rows. The trail's mark beside the key stays where it was: at an entry of both."""
    session = Session(there, info={"auditor": auditor})
    audit.note(session, "database.moved", f"database:{there.dialect.name}", {"engine": came_from}, {
        "engine": there.dialect.name, "tables": len(found), "rows": sum(each.rows for each in found),
        "print": sha256("".join(each.print for each in found).encode()).hexdigest(),
    })
    session.commit()  # of the session; the transaction is the caller's
