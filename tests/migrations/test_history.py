"""A database of any day of our history comes to today's schema with all it held, and serves; and goes back again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade

from app.db import db
from tests.migrations import history
from tests.migrations.history import Rows, kept, revisions
from tests.world import hidden


@pytest.mark.parametrize("engine", history.ENGINES)
def test_every_revision_is_kept(engine: str) -> None:
    missing = [revision for revision in revisions() if not history.path_of(engine, revision).exists()]
    assert missing == [], "run: python -m tests.migrations.history"


def test_the_stock_holds_rows_of_every_table(bare_database_url: str) -> None:
    history.build(bare_database_url, history.STOCKED)
    assert [table for table, rows in history.rows_of(bare_database_url).items() if not rows] == []


def test_migrations_still_do_what_they_did(databases: Any, tmp_path: Path) -> None:
    """What is kept was made by them; whoever changes an old migration, or Alembic, changes nobody's database."""
    old, new = databases.new(migrated=False), databases.new(migrated=False)
    app = history.installation(tmp_path, new)
    differing = []
    with app.app_context():
        for revision in history.stored("sqlite"):
            upgrade(revision=revision)
            db.engine.dispose()
            with history.connected(old) as connection:
                history.step(connection, revision)
            if _plain(history.schema_of(old)) != _plain(history.schema_of(new)):
                differing.append(revision)
    for url in (old, new):
        databases.drop(url)
    assert differing == []


def _plain(schema: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    return sorted(tuple(" ".join(str(value).split()) for value in row) for row in schema)


@pytest.mark.slow
@pytest.mark.parametrize("revision", history.stored("sqlite"))
def test_what_an_old_database_held_survives_the_way_here_and_back_and_is_served(
    bare_database_url: str, tmp_path: Path, revision: str
) -> None:
    url = bare_database_url
    history.build(url, revision)
    before, columns = history.rows_of(url), history.columns_of(url)
    app = history.installation(tmp_path, url)
    with app.app_context():
        upgrade()
        after = history.rows_of(url)
        assert history.lost(before, after) == []
        _grants_hold_what_accounts_held(before, after)

        downgrade(revision=revision)  # an upgrade that is backed out
        back = history.rows_of(url)
        assert history.columns_of(url) == columns
        assert {name: len(rows) for name, rows in back.items()} == {name: len(rows) for name, rows in before.items()}
        assert history.lost(before, back) == []

        upgrade()
        db.engine.dispose()
    assert _serves(app, revision) == []
    with app.app_context():
        db.engine.dispose()


def test_a_row_that_a_migration_loses_is_found() -> None:
    whole: Rows = {"unit": [{"id": 1, "code": "X1"}, {"id": 2, "code": "X2"}]}
    assert history.lost(whole, whole) == []
    assert history.lost(whole, {"unit": [{"id": 1, "code": "X1", "revision": 0}]}) != []
    assert history.lost(whole, {"unit": [{"id": 1, "code": "X1"}, {"id": 2, "code": ""}]}) != []
    assert history.lost(whole, {}) != []


def _grants_hold_what_accounts_held(before: Rows, after: Rows) -> None:
    """0008 moved an account's role into a table of its own."""
    held = {(row["id"], row["role"], row["unit_code"]) for row in before.get("account", []) if "role" in row}
    given = {(row["account_id"], row["role"], row["unit_code"]) for row in after["account_grant"]}
    assert held <= given


def _serves(app: Flask, revision: str) -> list[str]:
    """What does not work, of the pages and deeds for which that time's rows are enough."""
    client = app.test_client()
    faults = []

    def get(path: str) -> str:
        reply = client.get(path)
        if reply.status_code != 200:
            faults.append(f"{path}: {reply.status_code}")
        return reply.text

    get("/")
    get("/account/sign-in") if revision >= "0007" else get("/account/set-up")
    if revision >= "0004":
        point, slip = f"/p/{kept()['point']}", kept()["slip"]
        for path, target, more in ((point, point, {}), (f"/s/{slip}", "/s", {"slip": slip})):
            page = get(path)
            if revision < "0005" or faults:
                continue
            answers = {f"f{number}": "4" for number in range(1, 6)} | {"q_overall": "4"}
            sent = {"token": hidden(page, "token"), "id": hidden(page, "id")} | answers | more
            status = client.post(target, json=sent).status_code
            if status != 201:
                faults.append(f"POST {target}: {status}")
    runner = app.test_cli_runner()
    commands = [["units", "list"], ["waves", "list"], ["audit", "verify"]]
    if revision in {"0005", history.stored("sqlite")[-1]}:
        commands += [["responses", "list", "--wave", "W1"], ["scores", "refresh", "--wave", "W1", "--force"]]
    for command in commands:
        result = runner.invoke(args=command)
        if result.exit_code != 0:
            faults.append(f"{command}: {result.output} {result.exception!r}")
    return faults
