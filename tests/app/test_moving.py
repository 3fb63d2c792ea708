"""`flask db move`: what leaves one database arrives in the other, all of it or nothing."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app import create_app, moving, running, serving
from app.backup import postgresql
from app.db import db, reading
from app.settings import Settings
from surveys import scores
from surveys.errors import Refusal
from surveys.store import moving as rows
from surveys.store import waves
from surveys.store.tables import Base
from tests.conftest import engine_name
from tests.migrations import history
from tests.world import run

ODD = ("", "Nguyễn Thị Ánh", "'; DROP TABLE unit; --", "a\tb\\n\\.", "😀", "=1+1", "\\N", "x" * 30)
NEXT = "SELECT nextval(pg_get_serial_sequence('account', 'id'))"


@pytest.fixture
def both(pytestconfig: pytest.Config, databases: Any, tmp_path: Path) -> Iterator[tuple[Flask, Settings, str]]:
    """A filled SQLite installation, and the address of an empty PostgreSQL database."""
    if engine_name(pytestconfig) != "postgresql":
        pytest.skip("needs both engines")
    source = f"sqlite:///{tmp_path / 'state' / 'hailong.db'}"
    (tmp_path / "state").mkdir()
    history.build(source, history.stored("sqlite")[-1])
    app = history.installation(tmp_path / "state", source)
    with app.app_context():
        upgrade()
    target = databases.new(migrated=False)
    yield app, app.config["HAILONG"], target
    with app.app_context():
        db.engine.dispose()
    databases.drop(target)


def _moved(app: Flask, settings: Settings, url: str) -> list[rows.Moved]:
    with app.app_context():
        return moving.relocate(settings, url)


def _dump(app: Flask) -> dict[str, list[tuple[Any, ...]]]:
    """Every row as the program sees it, without the trail, which says that it was moved."""
    with app.app_context(), reading() as session:
        return {
            table.name: sorted(tuple(row) for row in session.execute(table.select()))
            for table in Base.metadata.sorted_tables if not table.name.startswith("audit")
        }


def _scores(app: Flask) -> list[dict[str, Any]]:
    with app.app_context(), reading() as session:
        return scores.records(session, waves.wave(session, "W1"), None)


def test_both_sides_are_equal_and_so_are_their_scores(both: tuple[Flask, Settings, str]) -> None:
    app, settings, url = both
    _strange_rows(app)
    before, trail = _dump(app), history.rows_of(settings.database_url)["audit"]
    found = _moved(app, settings, url)
    assert {each.table: each.rows for each in found if not each.table.startswith("audit")} == {
        table: len(kept) for table, kept in before.items()
    }
    there = create_app(replace(settings, database_url=url))
    assert _dump(there) == before
    ours, theirs = _scores(app), _scores(there)
    assert [record.keys() for record in theirs] == [record.keys() for record in ours] != []
    # sums of floats taken in another order differ in their last digit
    assert [[*record.values()] for record in theirs] == [
        [pytest.approx(value, rel=1e-9) if isinstance(value, float) else value for value in record.values()]
        for record in ours
    ]

    # the source is as it was; the target's trail goes on, and holds
    assert _dump(app) == before
    assert history.rows_of(settings.database_url)["audit"] == trail
    run(there.test_cli_runner(), "audit", "verify")
    run(app.test_cli_runner(), "audit", "verify")
    with there.app_context(), reading() as session:
        actions = session.execute(text("SELECT action FROM audit ORDER BY seq")).scalars().all()
        assert actions[-1] == "database.moved"
        assert len(actions) == len(trail) + 1
        assert session.execute(text(NEXT)).scalar() == 1 + max(row[0] for row in before["account"])
        db.engine.dispose()


def test_the_way_back_leads_to_the_same(both: tuple[Flask, Settings, str], tmp_path: Path) -> None:
    app, settings, url = both
    before = _dump(app)
    _moved(app, settings, url)
    there = create_app(replace(settings, database_url=url))
    home = f"sqlite:///{tmp_path / 'home.db'}"
    _moved(there, there.config["HAILONG"], home)
    back = create_app(replace(settings, database_url=home))
    assert _dump(back) == before
    run(back.test_cli_runner(), "audit", "verify")
    for each in (there, back):
        with each.app_context():
            db.engine.dispose()


def test_a_filled_target_is_refused_and_left_alone(both: tuple[Flask, Settings, str]) -> None:
    app, settings, url = both
    _moved(app, settings, url)
    before = history.rows_of(url)
    with pytest.raises(Refusal, match="move_target_filled"):
        _moved(app, settings, url)
    assert history.rows_of(url) == before


def test_a_row_that_the_target_does_not_take_stops_everything(both: tuple[Flask, Settings, str]) -> None:
    """SQLite holds longer texts than it says; PostgreSQL does not."""
    app, settings, url = both
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE wave SET title = :long WHERE id = 1"), {"long": "x" * 300})
    with pytest.raises(Refusal, match="move_refused") as refused:
        _moved(app, settings, url)
    assert refused.value.details == {"table": "wave", "reason": "StringDataRightTruncation"}
    assert [table for table, kept in history.rows_of(url).items() if kept] == ["alembic_version"]
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE wave SET title = 'W' WHERE id = 1"))
    assert _moved(app, settings, url)


def test_what_is_lost_on_the_way_is_noticed(both: tuple[Flask, Settings, str], monkeypatch: pytest.MonkeyPatch) -> None:
    app, settings, url = both
    whole = rows._write

    def forgetful(target: Any, table: Any, given: Any) -> None:
        whole(target, table, given[1:] if table.name == "response" else given)

    monkeypatch.setattr(rows, "_write", forgetful)
    with pytest.raises(Refusal, match="move_differs"):
        _moved(app, settings, url)
    assert [table for table, kept in history.rows_of(url).items() if kept] == ["alembic_version"]


def test_the_command_says_what_it_would_do_and_what_it_did(both: tuple[Flask, Settings, str], tmp_path: Path) -> None:
    app, settings, url = both
    runner = app.test_cli_runner()
    tried = runner.invoke(args=["db", "move", "--to", url, "--dry-run"])
    assert tried.exit_code == 0, tried.output
    assert history.rows_of(url) == {}
    (tmp_path / "address").write_text(url + "\n")
    done = runner.invoke(args=["db", "move", "--to-file", str(tmp_path / "address"), "--json"])
    assert done.exit_code == 0, done.output
    told = {each["table"]: each["rows"] for each in json.loads(done.stdout)}
    assert told["response"] == 9
    assert "Đã chuyển và đối chiếu" in done.stderr
    assert "The source is as it was" in done.stderr

    running.note(settings)  # as if this process were a server
    refused = runner.invoke(args=["db", "move", "--to", url])
    assert refused.exit_code == 1
    assert "Stop it first" in refused.output
    running.forget(settings)


def _strange_rows(app: Flask) -> None:
    lot = random.Random(11)
    whole = [row["answers"] for row in history.kept()["rows"]["response"]]
    with app.app_context(), db.engine.begin() as connection:
        tables = Base.metadata.tables
        for number in range(300):
            connection.execute(tables["response"].insert().values(
                province_code="T1", id=lot.randbytes(16), wave_id=1, cell=1, point_id=lot.choice([None, 1]), version=1,
                mode=lot.randrange(6), language=0, day=20_000 + lot.randrange(600), duration=lot.randrange(6), flags=0,
                weight=lot.choice([None, 1.0, 0.1 + 0.2, 12.625]),
                answers=lot.choice(whole),
            ))
            connection.execute(tables["draft"].insert().values(
                kind="index", name=f"n{number}", content=lot.choice(ODD) * lot.randrange(1, 9), author=lot.choice(ODD),
                changed=lot.choice([date.min, date.max, date(2026, 2, 28)]), revision=lot.randrange(2**31),
                state="draft", note=lot.choice(ODD),
            ))


def test_a_print_tells_kinds_and_rows_apart_and_knows_no_order() -> None:
    def of(*given: tuple[Any, ...]) -> str:
        summing = rows.Summing()
        for row in given:
            summing.add(row)
        return summing.of("t").print

    assert of((1, "a"), (2, "b")) == of((2, "b"), (1, "a"))
    different = [
        of((1,)), of((1.0,)), of(("1",)), of((True,)), of((b"1",)), of((None,)), of(("",)), of((1,), (1,)), of(),
        of((date(2026, 1, 1),)), of(("2026-01-01",)), of((1, None)), of((None, 1)),
    ]
    assert len({*different}) == len(different)


def test_nothing_moves_while_somebody_serves(app: Flask, tmp_path: Path) -> None:
    """Also one that is only starting: it holds the lock before it says who it is."""
    settings = replace(app.config["HAILONG"], state=tmp_path / "own")
    held = serving.hold(settings)
    with app.app_context(), pytest.raises(Refusal, match="move_running"):
        moving.relocate(settings, f"sqlite:///{tmp_path / 'other.db'}")
    os.close(held)
    assert not (tmp_path / "other.db").exists()


def test_nobody_starts_to_serve_during_a_move(
    both: tuple[Flask, Settings, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, settings, url = both
    whole, refusals = rows.move, []

    def meanwhile(*given: Any) -> list[rows.Moved]:
        try:
            os.close(serving.hold(settings))
        except Refusal as refusal:
            refusals.append(refusal.code)
        return whole(*given)

    monkeypatch.setattr(rows, "move", meanwhile)
    assert _moved(app, settings, url)
    assert refusals == ["restore_running"]
    os.close(serving.hold(settings))


def test_nothing_moves_while_another_machine_is_connected(
    both: tuple[Flask, Settings, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, settings, url = both
    monkeypatch.setattr(postgresql, "PARTING", 0.3)
    _moved(app, settings, url)
    there = create_app(replace(settings, database_url=url, state=tmp_path / "there"))
    with postgresql.connected(url), pytest.raises(Refusal, match="move_running"):
        _moved(there, there.config["HAILONG"], f"sqlite:///{tmp_path / 'home.db'}")
    assert not (tmp_path / "home.db").exists()
    with there.app_context():
        db.engine.dispose()


def test_nothing_moves_between_two_files(app: Flask, tmp_path: Path) -> None:
    settings: Settings = app.config["HAILONG"]
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("of SQLite")
    with app.app_context(), pytest.raises(Refusal, match="move_same"):
        moving.relocate(settings, f"sqlite:///{tmp_path / 'other.db'}")
    assert not (tmp_path / "other.db").exists()
