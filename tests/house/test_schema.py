"""Tables and migrations: they agree, and what grows with responses can be spread over machines."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Integer, Table, UniqueConstraint, inspect

from app import create_app
from app.db import db
from app.settings import read
from surveys.store.tables import Base

GROWING = ("response", "comment", "slip", "cell", "population", "score_table")
"""tables whose rows follow the number of answers"""
FORBIDDEN = (
    "address", "agent", "cookie", "created", "dossier", "ip", "name", "phone", "sequence", "slip", "stamp",
    "time",
)


def table(name: str) -> Table:
    return Base.metadata.tables[name]


@pytest.mark.parametrize("name", GROWING)
def test_keys_of_growing_tables_begin_with_the_province(name: str) -> None:
    keys = [list(table(name).primary_key.columns)]
    keys += [list(each.columns) for each in table(name).constraints if isinstance(each, UniqueConstraint)]
    keys += [list(index.columns) for index in table(name).indexes if index.unique]
    assert [key for key in keys if key[0].name != "province_code"] == []


@pytest.mark.parametrize("name", GROWING)
def test_growing_tables_draw_from_no_sequence(name: str) -> None:
    counted = [
        column.name for column in table(name).primary_key.columns
        if isinstance(column.type, Integer) and column.autoincrement is not False and not column.foreign_keys
    ]
    assert counted == []


def test_foreign_keys_between_growing_tables_keep_the_province() -> None:
    for name in GROWING:
        for constraint in table(name).foreign_key_constraints:
            if constraint.referred_table.name in GROWING:
                assert constraint.column_keys[0] == "province_code", f"{name}: {constraint.column_keys}"


@pytest.mark.parametrize("name", ["response", "comment"])
def test_an_answer_has_no_column_that_could_name_its_writer(name: str) -> None:
    assert [column.name for column in table(name).columns if column.name in FORBIDDEN] == []


@pytest.mark.parametrize("name", ["response", "comment", "slip"])
def test_sqlite_keeps_no_order_of_arrival(name: str) -> None:
    assert table(name).dialect_options["sqlite"]["with_rowid"] is False


def test_a_slip_shares_no_column_with_an_answer_that_could_join_the_two() -> None:
    coarse = {"province_code", "wave_id", "cell"}
    shared = {c.name for c in table("slip").columns} & {c.name for c in table("response").columns}
    assert shared <= coarse


def test_days_of_answers_are_not_indexed() -> None:
    assert [index.name for index in table("response").indexes if "day" in index.columns] == []


@pytest.fixture
def bare(bare_database_url: str, tmp_path: Path) -> Flask:
    return create_app(read({}, state=tmp_path / "state", database_url=bare_database_url))


def test_migrations_lead_from_nothing_to_the_tables_of_today(bare: Flask) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with bare.app_context():
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
        db.engine.dispose()


def test_migrations_lead_back_again(bare: Flask) -> None:
    with bare.app_context():
        upgrade()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        db.engine.dispose()
