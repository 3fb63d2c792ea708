"""A migration that is killed leaves the old schema or the new one; and it keeps everybody else from writing."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, event

from app.db import db
from tests.conftest import SERVER, engine_name
from tests.migrations import cuts, history
from tests.migrations.cuts import Place, PostgresPlace, SqlitePlace

TRAP = ("0007", "0008")
"""the step that builds a table anew and moves values between tables"""


@pytest.fixture
def place(pytestconfig: pytest.Config, databases: Any, tmp_path: Path) -> Iterator[Place]:
    if engine_name(pytestconfig) == "sqlite":
        yield SqlitePlace(tmp_path)
        return
    worker = getattr(pytestconfig, "workerinput", None)
    own = PostgresPlace(worker["postgres"][0] if worker else pytestconfig.stash[SERVER].url)
    yield own
    own.drop()


@pytest.mark.slow
def test_a_killed_migration_leaves_the_old_schema_or_the_new_one(place: Place, tmp_path: Path) -> None:
    found = cuts.cut(place, tmp_path, *TRAP, every=3)
    assert found.kills > 8
    assert found.green, found


@pytest.mark.slow
def test_a_migration_that_commits_in_between_is_found_out(place: Place, tmp_path: Path) -> None:
    found = cuts.cut(place, tmp_path, *TRAP, every=6, planted=True)
    assert found.between > 0


def test_nobody_writes_while_a_migration_runs(bare_database_url: str, tmp_path: Path) -> None:
    if not bare_database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL locks by itself")
    app = history.installation(tmp_path, bare_database_url)
    held = []

    def heard(*_: object) -> None:
        with open(app.config["HAILONG"].write_lock) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held.append(False)
            except BlockingIOError:
                held.append(True)

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        _upgrade(app)
    finally:
        event.remove(Engine, "before_cursor_execute", heard)
    assert len(held) > 50
    assert held.count(False) <= 4  # the pragmas of a new connection, before anything begins


# ---------------------------------------------------------------- tables that others refer to

LATER = '''"""later: what a migration of another day does."""
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "later", "{head}", None, None
def upgrade():
    {body}
'''
ANEW = """with op.batch_alter_table("unit") as unit:
        unit.alter_column("name", existing_type=sa.String(200), type_=sa.String(300), existing_nullable=False)"""
TEARING = """op.execute("DELETE FROM unit WHERE code = 'X1'")"""


def _later(root: Path, folder: Path, body: str) -> str:
    shutil.copytree(root / "migrations", folder / "migrations")
    text = LATER.format(head=history.revisions()[-1], body=body)
    (folder / "migrations" / "versions" / "later.py").write_text(text)
    return str(folder / "migrations")


def test_a_table_that_others_refer_to_is_built_anew_with_all_its_rows(
    root: Path, bare_database_url: str, tmp_path: Path
) -> None:
    history.build(bare_database_url, history.stored("sqlite")[-1])
    app = history.installation(tmp_path / "state", bare_database_url)
    _upgrade(app)
    before = history.rows_of(bare_database_url)
    _upgrade(app, _later(root, tmp_path, ANEW))
    after = history.rows_of(bare_database_url)
    assert {name: rows for name, rows in after.items() if name != "alembic_version"} == {
        name: rows for name, rows in before.items() if name != "alembic_version"
    }
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":  # and from here on references are watched again
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_migration_that_tears_references_is_undone(root: Path, bare_database_url: str, tmp_path: Path) -> None:
    history.build(bare_database_url, history.stored("sqlite")[-1])
    app = history.installation(tmp_path / "state", bare_database_url)
    _upgrade(app)
    before = history.rows_of(bare_database_url)
    with pytest.raises((SystemExit, Exception)):  # Flask-Migrate ends the process, or the driver objects
        _upgrade(app, _later(root, tmp_path, TEARING))
    with app.app_context():
        db.engine.dispose()
    assert history.rows_of(bare_database_url) == before


def _upgrade(app: Flask, directory: str | None = None) -> None:
    with app.app_context():
        upgrade(directory=directory)
        db.engine.dispose()
