"""`flask doctor` finds what was planted, says how to mend it, and finds nothing where nothing is wrong."""

from __future__ import annotations

import ast
import contextlib
import fcntl
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import doctor, messages, server_day
from app.db import db
from app.doctor import gate, locks, machine, storage
from app.doctor.finding import Severity
from app.settings import Settings, SettingsFault, read
from surveys.store.responses import day_of
from tests.postgres import durable
from tests.starting import LONGEST, Start
from tests.world import World, build

OLD, MENDED = (3, 40, 1), (3, 51, 3)
UNAVOIDABLE = {"postgresql_without_checksums", "connections_tight", "backup_never"}
"""of a test's fresh installation on a test's server"""


@pytest.fixture
def world(app: Flask, tmp_path: Path, database_url: str) -> Iterator[World]:
    settings: Settings = app.config["HAILONG"]
    os.chmod(settings.state, 0o700)
    if database_url.startswith("sqlite"):
        os.chmod(settings.state / "hailong.db", 0o600)
    made = build(app, tmp_path)
    with durable(database_url):
        yield made


def found(world: World, app: Flask | None = None) -> dict[str, Severity]:
    return {each.code: each.severity for each in doctor.findings(app or world.app)}


def planted(world: World, sql: str, **values: object) -> dict[str, Severity]:
    with world.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(sql), values)
    return found(world)


def test_a_sound_installation_gives_nothing_to_say(world: World) -> None:
    assert found(world).keys() <= UNAVOIDABLE
    said = world.runner.invoke(args=["doctor"])
    assert said.exit_code == 0, said.output
    quick = world.runner.invoke(args=["doctor", "--quick", "--json"])
    assert {each["code"] for each in json.loads(quick.stdout)} <= UNAVOIDABLE


def test_a_fault_is_said_in_both_languages_with_its_remedy_and_an_exit_code(world: World) -> None:
    settings: Settings = world.app.config["HAILONG"]
    os.chmod(settings.keys / "audit", 0o640)
    said = world.runner.invoke(args=["doctor"])
    assert said.exit_code == 1
    path = settings.keys / "audit"
    assert f"Lỗi: Người khác đọc được khóa {path}.\n    Khắc phục: chmod 600 {path}" in said.stdout
    assert f"Fault: Others can read the key {path}.\n    To mend: chmod 600 {path}" in said.stdout


def test_every_finding_has_its_sentences(root: Path) -> None:
    codes: set[str] = set()
    for file in (root / "app" / "doctor").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                codes |= {each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)}
    codes |= {"sqlite_unlocked", "lock_not_held"}
    assert len(codes) > 40
    said = {code.removeprefix("doctor_") for code in messages.SENTENCES if code.startswith("doctor_")}
    assert said == codes | {f"{code}_mend" for code in codes} | {"sound"}


# ---------------------------------------------------------------- locks and SQLite

def test_a_lock_that_keeps_nobody_out_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second process really tries: here the first only says that it locked."""
    assert locks.holds(tmp_path)
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert not locks.holds(tmp_path)


def test_a_file_system_is_known_by_where_it_is_mounted() -> None:
    assert locks.file_system(Path("/proc/self")) == "proc"
    assert locks.file_system(Path("/")) != ""
    assert locks.is_network("nfs4")
    assert locks.is_network("fuse.sshfs")
    assert not locks.is_network("ext4")


@pytest.mark.parametrize(
    "version, bug",
    [((3, 6, 23), False), ((3, 7, 0), True), (OLD, True), ((3, 51, 2), True), (MENDED, False), ((3, 54, 1), False)],
)
def test_which_sqlite_may_corrupt_its_log_is_known(version: storage.Version, bug: bool) -> None:
    assert storage.has_bug(version) is bug


def of_sqlite(settings: Settings, version: storage.Version) -> dict[str, Severity]:
    return {each.code: each.severity for each in storage.of_sqlite(settings, version)}


def test_an_affected_sqlite_needs_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read({}, state=tmp_path)
    assert of_sqlite(settings, OLD) == {}
    assert of_sqlite(settings, storage.WITHDRAWN) == {"sqlite_withdrawn": Severity.WARNING}
    monkeypatch.setattr(locks, "holds", lambda _: False)
    assert of_sqlite(settings, OLD) == {"sqlite_unlocked": Severity.DANGER}
    assert of_sqlite(settings, MENDED) == {"lock_not_held": Severity.FAULT}


def test_the_start_refuses_what_could_lose_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read({}, state=tmp_path)
    gate.check(settings)
    with pytest.raises(SettingsFault, match="in memory"):
        gate.check(replace(settings, database_url="sqlite://"))
    monkeypatch.setattr(locks, "holds", lambda _: False)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", OLD)
    with pytest.raises(SettingsFault, match=r"(?s)3\.40\.1 có lỗi.*flask db move.*3\.40\.1 has a bug.*flask db move"):
        gate.check(settings)


def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    settings = read({}, state=tmp_path)
    path = tmp_path / "hailong.db"
    path.write_bytes(b"This is no database." * 400)
    path.chmod(0o600)
    assert of_sqlite(settings, MENDED) == {"database_corrupt": Severity.DANGER}


def test_a_damaged_page_is_found_by_reading_everything(world: World) -> None:
    settings: Settings = world.app.config["HAILONG"]
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("of SQLite")
    with world.app.app_context():
        db.engine.dispose()
    path = settings.state / "hailong.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'unit'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with open(path, "rb+") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 64)
    assert found(world)["database_corrupt"] is Severity.DANGER


# ---------------------------------------------------------------- PostgreSQL

@pytest.fixture
def postgres(world: World) -> World:
    if world.app.config["HAILONG"].database_url.startswith("sqlite"):
        pytest.skip("of PostgreSQL")
    return world


def test_a_commit_that_is_not_durable_is_refused(postgres: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = postgres.app.config["HAILONG"]
    gate.check(settings)
    monkeypatch.setattr(storage, "DURABLE", {"another"})
    with pytest.raises(SettingsFault, match="synchronous_commit=on was asked for and on given"):
        gate.check(settings)


def test_a_worker_has_a_connection_for_answers_besides_those_of_its_threads(tmp_path: Path) -> None:
    settings = read({}, state=tmp_path)
    assert storage.connections_of(replace(settings, workers=1, threads=1)) == 3
    assert storage.connections_of(replace(settings, workers=3, threads=8)) == 3 * (8 + 1 + 8)
    assert storage.connections_of(replace(settings, workers=2, threads=40)) == 2 * (40 + 1 + 15)


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
@pytest.mark.parametrize("free", [20, 47, 57, 97, 400])
def test_the_threads_that_are_said_to_fit_do(tmp_path: Path, workers: int, free: int) -> None:
    settings = replace(read({}, state=tmp_path), workers=workers, threads=500)
    (finding,) = storage._connections(settings, free)
    said = int(str(finding.details["fitting"]))

    def needed(threads: int) -> int:
        return storage.connections_of(replace(settings, threads=threads)) + storage.OTHERS

    assert needed(said) <= free < needed(said + 1)


def test_workers_and_threads_have_to_fit_the_database(postgres: World) -> None:
    settings: Settings = postgres.app.config["HAILONG"]
    fitting = replace(settings, workers=2, threads=8)
    gate.check(fitting)
    with pytest.raises(SettingsFault, match=r"4 workers × 40 threads need \d+ .*\n.*HAILONG_THREADS=6"):
        gate.check(replace(settings, workers=4, threads=40))


def test_a_server_that_cannot_write_is_found(postgres: World) -> None:
    settings: Settings = postgres.app.config["HAILONG"]
    url = f"{settings.database_url}{'&' if '?' in settings.database_url else '?'}"
    readonly = replace(settings, database_url=f"{url}options=-c%20default_transaction_read_only=on")
    assert {each.code for each in storage.findings(readonly)} - UNAVOIDABLE == {"postgresql_read_only"}


def test_a_database_that_is_away_is_no_reason_to_refuse_a_start(tmp_path: Path) -> None:
    settings = read({}, state=tmp_path, database_url=f"postgresql://nobody@/none?host={tmp_path}")
    gate.check(settings)
    assert {each.code for each in storage.findings(settings)} == {"database_away"}


@pytest.mark.slow
def test_a_server_does_not_start_without_fsync(
    app: Flask, database_url: str, tmp_path: Path, start: Callable[..., Start]
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("of PostgreSQL")
    import psycopg

    from tests.postgres import driver_address

    with psycopg.connect(driver_address(database_url), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    try:
        refused = start("--empty")
        _, err = refused.process.communicate(timeout=LONGEST)
    finally:
        with psycopg.connect(driver_address(database_url), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = on")
            connection.execute("SELECT pg_reload_conf()")
    assert refused.process.returncode == 1
    assert "fsync=off" in err
    assert "ALTER SYSTEM RESET fsync" in err
    assert "Traceback" not in err


# ---------------------------------------------------------------- schema and rows

def test_pending_and_foreign_migrations_are_told_apart(world: World) -> None:
    head = world.rows("SELECT version_num FROM alembic_version")[0][0]
    move = "UPDATE alembic_version SET version_num = :to"
    try:
        assert planted(world, move, to="0009")["migrations_pending"] is Severity.FAULT
        assert "schema_newer" in planted(world, move, to="9999")
    finally:
        planted(world, move, to=head)


def test_what_an_interrupted_rebuild_left_is_found(world: World) -> None:
    try:
        assert "migration_remains" in planted(world, "CREATE TABLE _alembic_tmp_unit (id INTEGER)")
    finally:
        planted(world, "DROP TABLE _alembic_tmp_unit")


def test_a_point_without_its_cell_is_found(world: World) -> None:
    assert planted(world, "UPDATE point SET cell = 4711")["points_without_cells"] is Severity.FAULT


ANSWER = (
    "INSERT INTO response (province_code, id, wave_id, cell, version, mode, language, day, duration, flags, answers)"
    " SELECT province_code, :id, wave_id, id, 1, 0, 0, :day, 0, 0, '4' FROM cell LIMIT 1"
)


def _day(world: World, ago: int) -> int:
    with world.app.app_context():
        return (server_day() - day_of(0)).days - ago


def test_a_clock_that_runs_behind_the_data_is_found(world: World) -> None:
    assert planted(world, ANSWER, id=bytes(16), day=_day(world, -2))["clock_behind"] is Severity.FAULT


def test_scores_that_nobody_computed_are_found(world: World) -> None:
    assert "scores_stale" not in planted(world, ANSWER, id=bytes(16), day=_day(world, 0))
    assert planted(world, ANSWER, id=bytes([1] * 16), day=_day(world, 9))["scores_stale"] is Severity.WARNING
    table = "INSERT INTO score_table SELECT province_code, id, :day, '[]' FROM wave"
    yesterday = day_of(_day(world, 1))
    assert "scores_stale" not in planted(world, table, day=yesterday.isoformat() if _is_sqlite(world) else yesterday)


def _is_sqlite(world: World) -> bool:
    settings: Settings = world.app.config["HAILONG"]
    return settings.database_url.startswith("sqlite")


def test_an_altered_trail_and_a_foreign_key_are_told_apart(world: World) -> None:
    settings: Settings = world.app.config["HAILONG"]
    other = settings.keys / "audit"
    kept = other.read_bytes()
    from app import keys

    other.write_text("ab" * 32)
    keys._audit.cache_clear()
    assert found(world)["key_foreign"] is Severity.FAULT
    other.write_bytes(kept)
    keys._audit.cache_clear()
    (settings.keys / "audit-mark").rename(settings.keys / "elsewhere")
    assert found(world)["trail_unwitnessed"] is Severity.FAULT
    (settings.keys / "elsewhere").rename(settings.keys / "audit-mark")
    with world.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        drop = ("DROP TRIGGER audit_kept_as_written" if connection.dialect.name == "sqlite"
                else "ALTER TABLE audit DISABLE TRIGGER audit_kept")
        connection.execute(text(drop))
        connection.execute(text("UPDATE audit SET actor = 'x' WHERE seq = 2"))
    assert found(world)["trail_broken"] is Severity.FAULT
    if not _is_sqlite(world):  # the database is lent to the next test
        planted(world, "ALTER TABLE audit ENABLE TRIGGER audit_kept")


def test_a_key_that_is_gone_is_found_and_not_made_anew_in_silence(world: World) -> None:
    settings: Settings = world.app.config["HAILONG"]
    # acknowledgement.pem, for somebody has one from it
    assert planted(world, ANSWER, id=bytes(16), day=_day(world, 0))["key_missing"] is Severity.FAULT
    (settings.keys / "acknowledgement.pem").touch(mode=0o600)
    shutil.move(settings.keys / "secret", settings.keys / "gone")
    assert "key_missing" not in found(world)
    os.utime(settings.keys / "gone", (1_700_000_000,) * 2)
    shutil.move(settings.keys / "gone", settings.keys / "secret")
    assert "key_missing" not in found(world)
    (settings.keys / "secret").unlink()
    (settings.keys / "secret").touch(mode=0o600)  # as if this very process had made it
    assert found(world)["key_missing"] is Severity.FAULT


def test_simulated_waves_beside_real_ones_are_told(world: World) -> None:
    assert "demonstration_open" not in found(world)
    world.app.config["HAILONG"] = replace(world.app.config["HAILONG"], demonstration=True)
    assert found(world)["demonstration_open"] is Severity.FAULT
    world.app.config["HAILONG"] = replace(world.app.config["HAILONG"], demonstration=False)
    twin = "INSERT INTO wave SELECT {} FROM wave"
    with world.app.app_context(), db.engine.connect() as connection:
        columns = [row[0] for row in connection.execute(text("SELECT * FROM wave")).cursor.description]
    values = {"id": "id + 1", "code": "'SIM'", "simulated": "true"}
    names = ", ".join(values.get(name, name) for name in columns)
    assert planted(world, twin.format(names))["simulated_beside_real"] is Severity.WARNING


# ---------------------------------------------------------------- the machine

@dataclass
class Disk:
    free: int
    total: int = 1
    used: int = 1


def of_machine(settings: Settings) -> dict[str, Severity]:
    return {each.code: each.severity for each in machine.findings(settings)}


def test_room_rights_zone_and_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    (state / "keys").mkdir(parents=True, mode=0o700)
    state.chmod(0o700)
    settings = read({}, state=state)
    assert of_machine(settings).keys() <= UNAVOIDABLE
    state.chmod(0o755)
    assert of_machine(settings)["state_open"] is Severity.WARNING
    for free, severity in ((500, Severity.WARNING), (50, Severity.FAULT)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: Disk(free * machine.MIB))
        assert of_machine(settings)["disk_full"] is severity
    assert of_machine(replace(settings, timezone="Europe/Paris"))["timezone_foreign"] is Severity.WARNING
    beyond = replace(settings, public_url="http://hailong.example.vn")
    assert of_machine(beyond)["serving_refused"] is Severity.FAULT
    assert of_machine(replace(settings, public_url="https://hailong.example.vn"))["proxy_unsaid"] is Severity.WARNING


@dataclass
class Last:
    backup: date | None = None
    drill: date | None = None
    drill_held: bool = True


@pytest.mark.parametrize(
    "last, expected",
    [
        (Last(), {"backup_never": Severity.WARNING}),
        (Last(date(2026, 5, 9), date(2026, 5, 1)), {}),
        (Last(date(2026, 5, 7), date(2026, 5, 1)), {"backup_old": Severity.WARNING}),
        (Last(date(2026, 5, 1), date(2026, 5, 1)), {"backup_old": Severity.FAULT}),
        (Last(date(2026, 5, 10), date(2026, 3, 1)), {"drill_old": Severity.NOTE}),
        (Last(date(2026, 5, 10), date(2026, 5, 9), False), {"drill_failed": Severity.FAULT}),
    ],
)
def test_how_old_backups_and_drills_may_be(last: Last, expected: dict[str, Severity]) -> None:
    assert {each.code: each.severity for each in machine.backups(last, date(2026, 5, 10))} == expected


def test_when_this_process_began_is_known() -> None:
    from datetime import UTC, datetime

    began = datetime.fromtimestamp(machine.started(), UTC)
    assert timedelta(0) < datetime.now(UTC) - began < timedelta(hours=6)


def test_no_value_of_a_row_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.doctor import stock

    def failing(_: Any) -> list[Any]:
        with world.app.app_context(), db.engine.begin() as connection:
            connection.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "0987654321"})
        return []

    monkeypatch.setattr(stock, "findings", failing)
    said = [each for each in doctor.findings(world.app) if each.code == "database_away"]
    assert said
    assert not re.search("0987654321", str(said))
