"""Databases as they were at each revision, for both engines: kept as the SQL that made them, with rows in them.

`stored/<engine>/<revision>.sql` holds the statements with which that revision's migration led there from the one
before; `stored/rows.json` what lay in such a database. An old database is made from these files alone, so an edited
migration, or another version of Alembic, cannot make history look different from what stands on people's machines.

After writing a migration:  python -m tests.migrations.history   (adds what is missing, never changes a file)
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, make_url, select, text

from app.settings import described

TOP = Path(__file__).resolve().parent.parent.parent
STORED = Path(__file__).resolve().parent / "stored"
ENGINES = ("sqlite", "postgresql")
NEXT = "\n--\n"
"""between two statements of a file"""

STOCKED = "0013"
"""the last revision whose every table has rows in the stock"""
PASSPHRASE = {
    name: "trau gam co bo de chieu" for name, *_ in described() if name == "HAILONG_BACKUP_PASSPHRASE"
}
"""what an upgrade seals its copy with, where the program has backups"""

Rows = dict[str, list[dict[str, Any]]]


@lru_cache(maxsize=1)
def revisions() -> tuple[str, ...]:
    """Every revision, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(TOP / "migrations"))
    walked = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    return tuple(reversed(walked))


def path_of(engine: str, revision: str) -> Path:
    return STORED / engine / f"{revision}.sql"


def stored(engine: str) -> tuple[str, ...]:
    """The revisions that are kept."""
    return tuple(revision for revision in revisions() if path_of(engine, revision).exists())


@lru_cache(maxsize=1)
def kept() -> dict[str, Any]:
    """{"secret", "audit": keys; "point", "slip": codes; "rows": table -> rows, as Python values}."""
    document: dict[str, Any] = json.loads((STORED / "rows.json").read_text(encoding="utf-8"))
    document["rows"] = {
        table: [{name: _value(value) for name, value in row.items()} for row in rows]
        for table, rows in document["rows"].items()
    }
    return document


def _value(written: Any) -> Any:
    if isinstance(written, dict):
        return bytes.fromhex(written["hex"]) if "hex" in written else date.fromisoformat(written["date"])
    return written


# ---------------------------------------------------------------- making one

@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of its own that knows nothing of the application; commits at the end."""
    engine = create_engine(driver(url))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def driver(url: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def build(url: str, revision: str, *, rows: bool = True) -> None:
    """Make the bare database `url` what it was at the revision, with rows in it."""
    with connected(url) as connection:
        for each in revisions()[: revisions().index(revision) + 1]:
            step(connection, each)
        if rows:
            _fill(connection)


def step(connection: Connection, revision: str) -> None:
    """From the revision before to this one, by what is kept."""
    engine = connection.dialect.name
    for statement in path_of(engine, revision).read_text(encoding="utf-8").split(NEXT):
        connection.exec_driver_sql(statement.strip().replace("%", "%%") if engine == "postgresql" else statement)


def _fill(connection: Connection) -> None:
    """Rows of today's stock, as far as there were such tables and columns; counters are moved past them."""
    schema = MetaData()
    schema.reflect(connection)
    for table in schema.sorted_tables:
        rows = [
            {name: value for name, value in row.items() if name in table.columns}
            for row in kept()["rows"].get(table.name, [])
            if not any(
                name in table.columns and value is None and not table.columns[name].nullable
                for name, value in row.items()
            )
        ]
        if rows:
            connection.execute(table.insert(), rows)
        key = list(table.primary_key.columns)
        if connection.dialect.name == "postgresql" and rows and len(key) == 1 and key[0].server_default is not None:
            connection.execute(text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"
            ))


def installation(folder: Path, url: str) -> Flask:
    """The application over such a database, with the keys of that time."""
    from app import create_app
    from app.settings import read

    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("secret", "audit"):
        (keys / name).touch(mode=0o600)
        (keys / name).write_text(kept()[name])
    with connected(url) as connection:
        if inspect(connection).has_table("audit"):  # the trail's witness, as that time's program left it
            last = max(kept()["rows"]["audit"], key=lambda row: int(row["seq"]))
            (keys / "audit-mark").write_text(f"{last['seq']}:{last['digest'].hex()}")
    return create_app(read(PASSPHRASE, state=folder, database_url=url))


# ---------------------------------------------------------------- looking at one

def rows_of(url: str) -> Rows:
    """Every row of every table, in an order that both engines give."""
    with connected(url) as connection:
        schema = MetaData()
        schema.reflect(connection)
        return {
            table.name: sorted((dict(row) for row in connection.execute(select(table)).mappings()), key=repr)
            for table in schema.sorted_tables
        }


def schema_of(url: str) -> list[tuple[Any, ...]]:
    """Everything that makes up the schema, in the engine's own words."""
    with connected(url) as connection:
        return sorted(
            tuple(row) for question in _QUESTIONS[connection.dialect.name] for row in connection.execute(text(question))
        )


_QUESTIONS = {
    "sqlite": ("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master",),
    "postgresql": (
        "SELECT 'column', table_name, column_name, data_type || coalesce(character_maximum_length::text, ''),"
        " is_nullable, coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', ''"
        " FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT 'function', proname, '', pg_get_functiondef(oid), '', ''"
        " FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    ),
}


def lost(before: Rows, after: Rows) -> list[str]:
    """What stood in the database and stands there no longer; tables and columns may be added, rows may not change.

    A value that moved into another table is looked for by the test of its own migration.
    """
    gone = []
    for table, rows in before.items():
        if table == "alembic_version":
            continue
        columns = set(after.get(table, [{}])[0] if after.get(table) else {})
        common = [name for name in (rows[0] if rows else {}) if name in columns]
        left = [tuple(repr(row[name]) for name in common) for row in after.get(table, [])]
        for row in rows:
            known = tuple(repr(row[name]) for name in common)
            if known in left:
                left.remove(known)
            else:
                gone.append(f"{table}: {row}")
    return gone


# ---------------------------------------------------------------- keeping a new one

def _ran(app: Flask, revision: str) -> list[str]:
    """Migrate an empty database up to the revision; returns the statements that changed something."""
    from flask_migrate import upgrade

    from app.db import db

    statements: list[str] = []

    def heard(_c: Connection, _k: Any, sql: str, *_rest: Any) -> None:
        if sql.strip().split(None, 1)[0].upper() in {"CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"}:
            statements.append("\n".join(line.rstrip() for line in sql.strip().splitlines()))

    with app.app_context():
        event.listen(Engine, "before_cursor_execute", heard)
        try:
            upgrade(revision=revision)
        finally:
            event.remove(Engine, "before_cursor_execute", heard)
            db.engine.dispose()
    return statements


def keep(url: str, engine: str, wanted: Sequence[str]) -> None:
    """Write the files of the revisions that have none; `url`: a bare database of the engine."""
    from app import create_app
    from app.settings import read

    with tempfile.TemporaryDirectory() as state:
        app = create_app(read({}, state=Path(state), database_url=url))
        for revision in revisions():
            statements = _ran(app, revision)
            path = path_of(engine, revision)
            if revision in wanted and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(NEXT.join(statements) + "\n", encoding="utf-8")
                print(path.relative_to(TOP))


def main() -> None:
    from tests.databases import PostgresDatabases
    from tests.postgres import start_server

    with tempfile.TemporaryDirectory() as folder:
        keep(f"sqlite:///{folder}/bare.db", "sqlite", revisions())
    server = start_server(None)
    try:
        own = PostgresDatabases(server.url, server.template)
        keep(own.new(migrated=False), "postgresql", revisions())
        own.drop_all()
    finally:
        server.stop()


def columns_of(url: str) -> Mapping[str, set[str]]:
    """table -> names of its columns."""
    with connected(url) as connection:
        found = inspect(connection)
        return {table: {column["name"] for column in found.get_columns(table)} for table in found.get_table_names()}


if __name__ == "__main__":
    main()
