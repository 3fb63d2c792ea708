"""The database: one place that opens it, one place that commits.

On SQLite every write transaction runs under one file lock that web workers, commands and backups share:
waiting for SQLite's own lock sleeps (p99 of seconds under load), waiting for a file lock wakes at once, and
SQLite before 3.51.3 can corrupt a WAL when two connections write and checkpoint together.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from flask import Flask, current_app, g, has_request_context
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from app import trail
from app.settings import Settings
from surveys.audit import Auditor
from surveys.errors import Refusal
from surveys.store.tables import Base

PATIENCE = {"statement_timeout": "20s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}
"""PostgreSQL, while a page is served: nobody waits longer, and no forgotten transaction keeps others waiting"""
OF_ANSWERS = {"statement_timeout": "8s", "lock_timeout": "8s", "idle_in_transaction_session_timeout": "30s"}
"""the same for answers, whose senders are told after twenty seconds to come again"""
NETWORK = {
    "connect_timeout": 5, "tcp_user_timeout": 10_000,
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
}
"""libpq's: a database whose machine vanished is noticed in seconds, where TCP alone takes a quarter of an hour"""
OF_COMMANDS = {"statement_timeout": "1h", "lock_timeout": "60s", "idle_in_transaction_session_timeout": "1h"}
"""the same for commands: bulk prints, score tables, migrations"""
LONGEST_READ = 20.0
"""seconds of one transaction on SQLite while a page is served"""
STEPS = 100_000
"""of SQLite's machine between two looks at the clock"""

db = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate(directory=str(Path(__file__).resolve().parent.parent / "migrations"))


def init(app: Flask, settings: Settings) -> None:
    url = settings.database_url
    # parameters of a failing statement are answers: they must not reach a log
    options: dict[str, object] = {"pool_pre_ping": not url.startswith("sqlite"), "hide_parameters": True}
    if url.startswith("sqlite"):
        settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        _private(url)
    else:
        # an acknowledgement promises that the answer survives a power cut
        own = make_url(url).query.get("options", "")
        options["connect_args"] = {**NETWORK, "options": f"{own} -c synchronous_commit=on -c timezone=UTC".strip()}
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    migrate.init_app(app, db, render_as_batch=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)
        else:
            _prepare_postgresql(db.engine)


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "do_connect")
    def connecting(_: object, record: object, arguments: object, parameters: dict[str, str]) -> None:
        limits = _limits.get() or (PATIENCE if has_request_context() else OF_COMMANDS)
        said = " ".join(f"-c {name}={value}" for name, value in limits.items())
        parameters["options"] = f"{parameters.get('options', '')} {said}"


_limits: ContextVar[dict[str, str] | None] = ContextVar("limits", default=None)


@contextmanager
def answers_limits() -> Iterator[None]:
    """Connections that are made within have the limits of answers, in whatever thread that is."""
    token = _limits.set(OF_ANSWERS)
    try:
        yield
    finally:
        _limits.reset(token)


def _private(url: str) -> None:
    """Other users of this machine do not read the answers: the file is made before SQLite makes it.

    One that is there is not touched: to close a file takes from the whole process the locks that its connections hold
    on it, and SQLite of another process would then take itself for the last one.
    """
    path = make_url(url).database
    if path and path != ":memory:" and Path(path).parent.is_dir() and not os.path.exists(path):
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        record.info["until"] = None
        connection.set_progress_handler(lambda: _is_late(record.info["until"]), STEPS)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.info["until"] = time.monotonic() + LONGEST_READ if has_request_context() else None
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _is_late(until: float | None) -> bool:
    return until is not None and time.monotonic() > until


@contextmanager
def write_lock(settings: Settings) -> Iterator[None]:
    """Held around every write to SQLite; free on PostgreSQL, which has its own."""
    if not settings.database_url.startswith("sqlite"):
        yield
        return
    settings.state.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.write_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # closing releases the lock


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that writes: commits at the end, rolls back on any exception.

    `surveys.audit.note` finds in it who is answerable: the signed-in person, else who runs the command.
    """
    settings: Settings = current_app.config["HAILONG"]
    with write_lock(settings):
        session = Session(db.engine.execution_options(writes=True), info={"auditor": auditor})
        moves_on = True
        with session, session.begin():
            yield session
            if not session.in_transaction():  # its user took everything back
                session.info.pop("audit_mark", None)
            if "audit_mark" in session.info:
                moves_on = trail.stands(settings, session)
        current_app.extensions["landings"].forget()
        if (mark := session.info.get("audit_mark")) is None:
            return
        if moves_on:
            trail.remember(settings, mark)
        else:
            current_app.logger.error("the audit trail was set back: the mark beside its key is not in it any more")


def auditor() -> Auditor:
    """Who is answerable for what this request or command changes; made only where something is recorded."""
    from app import keys

    actor: str | None = g.get("actor")
    if actor is None and not has_request_context():
        actor = f"cli:{getpass.getuser()}"
    if actor is None:
        raise Refusal("audit_nobody")
    return Auditor(actor, keys.audit(), int(time.time()))


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only reads; it sees one consistent state of the database."""
    engine = db.engine
    if engine.dialect.name == "postgresql":  # SQLite's readers see one state anyway
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine) as session:
        yield session
