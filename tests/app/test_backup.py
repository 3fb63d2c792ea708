"""Backups hold everything, show every change, and come back whole or not at all."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask_migrate import upgrade

from app import backup, create_app, db, serving
from app.backup import alone, bundle, creating, loading, lock, postgresql, program, sealed, swap
from app.backup.manifest import Manifest
from app.settings import Settings, read
from surveys.errors import Refusal
from tests.app.restoring import COST, PASSPHRASE, backed_up, installation, started, state_of, stop
from tests.databases import Databases
from tests.starting import Start
from tests.world import World, answered, opened, post, refused, run


@pytest.fixture
def world(databases: Databases, tmp_path: Path) -> Iterator[World]:
    with installation(databases, tmp_path) as made:
        yield made


def settings_of(world: World) -> Settings:
    found: Settings = world.app.config["HAILONG"]
    return found


def restored(world: World, path: Path, *, replace: bool = True) -> str:
    stop(world.app)
    with world.app.app_context():
        return backup.restore(settings_of(world), path, PASSPHRASE, replace=replace).epoch


def test_a_backup_holds_every_row_and_every_key_and_shows_none(world: World, tmp_path: Path) -> None:
    assert post(world, answered(opened(world), comment="Một lời góp ý")).status_code == 201
    told = backed_up(world, tmp_path / "b")
    assert told == backup.verify(tmp_path / "b", PASSPHRASE)
    assert told.tables["response"].rows == told.tables["comment"].rows == 1
    keys = {"secret", "audit", "audit-mark", "acknowledgement.pem", "sealing.pem"}
    assert {f"keys/{name}" for name in keys} <= {*told.members}
    assert (told.epoch, told.revision) == ("1", max(program.revisions()))
    raw = (tmp_path / "b").read_bytes()
    for plain in (b"SQLite format", b"BEGIN PRIVATE", b"response", world.point.encode(), "Một lời".encode()):
        assert plain not in raw
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0


def small(tmp_path: Path) -> bytes:
    """A backup of many chunks that is quickly made and read."""
    target = io.BytesIO()
    packing = bundle.Packing(target, PASSPHRASE, cost=COST)
    packing.add_bytes("keys/secret", b"x" * 40)
    packing.add_bytes("database.sqlite", random.Random(1).randbytes(5000))
    packing.finish(Manifest("sqlite", "0", "0001", "1", date(2026, 1, 1), {}, {}))
    return target.getvalue()


def opens(raw: bytes, passphrase: str = PASSPHRASE) -> str:
    try:
        bundle.unpack(io.BytesIO(raw), passphrase)
    except Refusal as refusal:
        return refusal.code
    return ""


def test_every_changed_byte_and_every_cut_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "CHUNK", 512)
    whole, rng = small(tmp_path), random.Random(2)
    assert opens(whole) == ""
    places = {*range(0, 150, 5), *rng.sample(range(len(whole)), 30), len(whole) - 1}
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.randrange(8)
        assert opens(bytes(changed)) != "", place
    first = len(whole) - (len(whole) % (512 + 16))
    for cut in {0, 10, 100, first, first - 528, len(whole) - 1, *rng.sample(range(len(whole)), 20)}:
        assert opens(whole[:cut]) != "", cut
    head = len(whole) - _chunks(whole)
    swapped = whole[:head] + whole[head + 528 : head + 1056] + whole[head : head + 528] + whole[head + 1056 :]
    assert opens(swapped) == "backup_damaged"
    assert opens(whole + b"x") == "backup_damaged"
    assert opens(whole, "another passphrase") == "backup_passphrase_wrong"
    assert opens(whole.replace(b"BACKUP 1", b"BACKUP 2", 1)) == "backup_format"
    assert opens(b"PK\3\4" + whole) == "backup_foreign"


def _chunks(whole: bytes) -> int:
    length = int.from_bytes(whole[len(sealed.MAGIC) : len(sealed.MAGIC) + 4], "big")
    return len(whole) - len(sealed.MAGIC) - 4 - length - 48


def test_without_the_mark_of_the_last_chunk_a_cut_would_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: nonces that do not say which chunk is the last."""
    monkeypatch.setattr(sealed, "CHUNK", 512)
    monkeypatch.setattr(sealed, "_nonce", lambda prefix, number, last: prefix + number.to_bytes(4, "big") + b"\0")
    reader = sealed.Reader(io.BytesIO(small(tmp_path)[: -_chunks(small(tmp_path)) + 528]), PASSPHRASE)
    assert len(reader.read()) == 512


def test_a_restore_brings_back_the_moment_and_begins_an_epoch(world: World, tmp_path: Path) -> None:
    fields = answered(opened(world))
    first = post(world, fields).json
    world.slips(3)
    backed_up(world, tmp_path / "b")
    before = world.rows("select id, answers from response")
    assert post(world, answered(opened(world), "2")).status_code == 201
    epoch = restored(world, tmp_path / "b")
    again = started(world)
    assert again.rows("select id, answers from response") == before
    assert again.count("slip") == 3
    assert epoch.startswith("2-")
    assert epoch in again.client.get(f"/p/{world.point}").text
    # forms and acknowledgements from before still hold: the keys came back
    repeated = post(again, fields)
    assert repeated.status_code == 200
    assert repeated.json["signature"] == first["signature"]
    assert repeated.json["epoch"] == epoch
    run(again.runner, "audit", "verify")
    assert again.rows("select action from audit order by seq desc limit 1") == [("backup.restored",)]
    (aside,) = settings_of(world).state.glob("before_restore_*")
    assert (aside / "keys" / "secret").read_bytes() == (settings_of(world).keys / "secret").read_bytes()


def test_refusals_come_before_anything_live_is_touched(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(world, answered(opened(world)))
    path = tmp_path / "b"
    backed_up(world, path)
    post(world, answered(opened(world)))
    (tmp_path / "damaged").write_bytes(path.read_bytes()[:-20])
    (tmp_path / "word").write_text("another passphrase")
    (tmp_path / "right").write_text(PASSPHRASE)
    before = state_of(world)

    def saying(*words: str) -> str:
        stop(world.app)
        said = refused(world.runner, "backup", "restore", *words, "--passphrase-file", str(tmp_path / "right"))
        assert state_of(world) == before
        return said

    assert "data here already" in saying(str(path))
    assert "damaged" in saying(str(tmp_path / "damaged"), "--replace")
    assert "no backup" in saying(str(tmp_path / "word"), "--replace")
    assert "Cannot read" in saying(str(tmp_path / "nowhere"), "--replace")
    assert "does not open" in refused(
        world.runner, "backup", "restore", str(path), "--replace", "--passphrase-file", str(tmp_path / "word"))
    held = serving.hold(settings_of(world))
    assert "server is running" in saying(str(path), "--replace")
    os.close(held)
    monkeypatch.setattr("app.backup.loading.revisions", lambda: {"0001"})
    assert "newer than this" in saying(str(path), "--replace")
    monkeypatch.undo()
    given = started(world, secret_key="0123456789abcdef0123456789abcdef")
    stop(given.app)
    assert "HAILONG_SECRET_KEY" in refused(
        given.runner, "backup", "restore", str(path), "--replace", "--passphrase-file", str(tmp_path / "right"))
    with serving.nobody(settings_of(world)), pytest.raises(Refusal, match="restore_running"):
        serving.hold(settings_of(world))
    stop(given.app)
    assert state_of(world) == before


def test_a_restore_cut_short_at_any_rename_is_finished_by_the_next_start(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(world, answered(opened(world)))
    backed_up(world, tmp_path / "b")
    expected = world.rows("select id from response")
    rename, left = os.rename, 0

    def failing(old: Path, new: Path) -> None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt  # as good as a power cut: nothing after it runs
        left -= 1
        rename(old, new)

    for allowed in range(4):
        post(world := started(world), answered(opened(world)))
        left = allowed
        with monkeypatch.context() as patch:
            patch.setattr(swap.os, "rename", failing)
            try:
                epoch = restored(world, tmp_path / "b")
            except KeyboardInterrupt:
                epoch = ""
        world = started(world)
        assert world.rows("select id from response") == expected
        assert not (settings_of(world).state / "restore.json").exists()
        assert world.count("epoch") == 1
        assert run(world.runner, "audit", "verify")
        assert epoch == "" or allowed >= 2


def test_what_a_restore_brings_is_on_the_disk_before_it_is_moved(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys are files of our own: no database flushes them, and what was live has its journal thrown away."""
    backed_up(world, tmp_path / "b")
    flushed: set[tuple[int, int]] = set()
    lost: list[Path] = []
    fsync, rename = os.fsync, os.rename

    def noting(handle: int) -> None:
        found = os.fstat(handle)
        flushed.add((found.st_ino, found.st_mtime_ns))  # of a folder too: a later name in it is a later time
        fsync(handle)

    def looking(old: Path, new: Path) -> None:
        if old.parent.name.startswith("restored_"):
            for each in [old, *old.rglob("*")]:
                found = each.stat()
                lost.extend([each] if (found.st_ino, found.st_mtime_ns) not in flushed else [])
        rename(old, new)

    monkeypatch.setattr(os, "fsync", noting)
    monkeypatch.setattr(swap.os, "rename", looking)
    restored(world, tmp_path / "b")
    assert lost == []


def test_who_starts_during_the_swap_leaves_it_alone(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(world, answered(opened(world)))
    backed_up(world, tmp_path / "b")
    kept = (settings_of(world).keys / "secret").read_bytes()
    settings, refusals = settings_of(world), []
    rename, exchange = os.rename, swap._exchange

    def meddled() -> None:
        assert swap.pending(settings)
        try:
            stop(create_app(settings))
        except Refusal as refusal:
            refusals.append(refusal.code)

    def renaming(old: Path, new: Path) -> None:
        if old.parent == settings.state:
            meddled()
        rename(old, new)

    def exchanging(*given: Any) -> None:
        meddled()
        exchange(*given)

    monkeypatch.setattr(swap.os, "rename", renaming)
    monkeypatch.setattr(swap, "_exchange", exchanging)
    restored(world, tmp_path / "b")
    monkeypatch.undo()
    assert len(refusals) >= 1
    assert {*refusals} == {"restore_running"}
    assert not swap.pending(settings)
    assert (settings.keys / "secret").read_bytes() == kept
    assert started(world).count("epoch") == 1


def test_a_command_that_starts_during_the_swap_says_so(tmp_path: Path) -> None:
    (tmp_path / "restore.json").write_text('{"schemas": null, "asides": [], "steps": []}')
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "units", "list"]
    surroundings = {
        **os.environ, "HAILONG_STATE": str(tmp_path), "HAILONG_DATABASE_URL": f"sqlite:///{tmp_path / 'hailong.db'}",
    }
    with lock.held(read({}, state=tmp_path), "backup_busy"):
        said = subprocess.run(words, cwd=program.TOP, env=surroundings, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "A restore or a move of the data is running" in said.stderr
    assert "Traceback" not in said.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.lock", "restore.json"]


def test_keys_made_while_there_were_none_do_not_keep_the_restored_ones_away(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backed_up(world, tmp_path / "b")
    settings, rename = settings_of(world), os.rename
    kept = (settings.keys / "secret").read_bytes()

    def failing(old: Path, new: Path) -> None:
        if new == settings.keys:
            raise KeyboardInterrupt  # as good as a power cut
        rename(old, new)

    monkeypatch.setattr(swap.os, "rename", failing)
    with pytest.raises(KeyboardInterrupt):
        restored(world, tmp_path / "b")
    monkeypatch.undo()
    assert "cut short" in refused(  # by a program that was running already
        world.runner, "backup", "create", str(tmp_path / "c"), "--passphrase-file", str(_word(tmp_path)))
    settings.keys.mkdir(exist_ok=True)
    (settings.keys / "secret").write_text("of a program that found none")
    world = started(world)
    assert (settings.keys / "secret").read_bytes() == kept
    (strange,) = settings.state.glob("keys.between_*")
    assert (strange / "secret").read_text() == "of a program that found none"
    run(world.runner, "audit", "verify")


def test_a_restore_into_an_empty_place_cut_short_at_its_end_stays(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing was put aside, finishing once more must not put aside what came."""
    if not settings_of(world).database_url.startswith("sqlite"):
        pytest.skip("of SQLite: PostgreSQL always has a schema to put aside")
    post(world, answered(opened(world)))
    backed_up(world, tmp_path / "b")
    state = tmp_path / "new"
    url = f"sqlite:///{tmp_path / 'not yet' / 'hailong.db'}"  # where the folder is missing no start made an empty one
    fresh = create_app(read({}, state=state, database_url=url, language="en"))
    unlink = Path.unlink

    def failing(path: Path, missing_ok: bool = False) -> None:
        if path.name == "restore.json":
            raise KeyboardInterrupt  # as good as a power cut
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", failing)
    with fresh.app_context(), pytest.raises(KeyboardInterrupt):
        backup.restore(fresh.config["HAILONG"], tmp_path / "b", PASSPHRASE)
    monkeypatch.undo()
    again = started(replace(world, app=fresh))
    assert again.count("response") == 1
    stop(again.app)


def test_a_commit_under_way_is_waited_for(world: World) -> None:
    """Whoever exchanged the schemas was killed, but his last word is still on its way."""
    settings = settings_of(world)
    if settings.database_url.startswith("sqlite"):
        pytest.skip("of PostgreSQL")
    with postgresql.connected(settings.database_url) as other, other.transaction():
        other.execute(swap.EXCHANGING)
        other.execute("CREATE SCHEMA restored_late")
        answers: list[bool] = []
        asking = threading.Thread(
            target=lambda: answers.append(swap._exchanged(settings, ("public", "restored_late", "before"))))
        asking.start()
        asking.join(1)
        assert asking.is_alive()
    asking.join(30)
    assert answers == [False]
    with postgresql.connected(settings.database_url) as other:
        other.execute("DROP SCHEMA restored_late")


def test_an_older_schema_is_brought_up_to_date(
    world: World, databases: Databases, bare_database_url: str, tmp_path: Path
) -> None:
    old = create_app(read({}, state=tmp_path / "old", database_url=bare_database_url))
    with old.app_context():
        upgrade(revision="0013")
        made, _ = creating.create(old.config["HAILONG"], tmp_path / "b", PASSPHRASE, cost=COST)
    stop(old)
    assert made.revision == "0013"
    restored(world, tmp_path / "b")
    assert started(world).rows("select version_num from alembic_version") == [(max(program.revisions()),)]
    assert started(world).count("epoch") == 1


def test_a_drill_checks_an_installation_and_is_remembered(world: World, tmp_path: Path) -> None:
    for _ in range(3):
        post(world, answered(opened(world)))
    backed_up(world, tmp_path / "b")
    before = {name: rows for name, rows in state_of(world).items() if name not in {"audit", "keys"}}
    with world.app.app_context():
        done = backup.drill(settings_of(world), tmp_path / "b", PASSPHRASE)
    assert (done.wave, done.entries > 0, done.records > 0) == ("W1", True, True)
    last = backup.last(settings_of(world))
    assert (last.drill_held, last.drill, last.drill_of, last.backup) == (True, *[done.manifest.day] * 3)
    assert {name: rows for name, rows in state_of(world).items() if name not in {"audit", "keys"}} == before
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes()[:-1])
    with world.app.app_context(), pytest.raises(Refusal, match="backup_damaged"):
        backup.drill(settings_of(world), tmp_path / "b", PASSPHRASE)
    assert (backup.last(settings_of(world)).drill_held, backup.last(settings_of(world)).drill_said) == (
        False, "backup_damaged")
    assert world.rows("select count(*) from audit where action = 'backup.drilled'") == [(2,)]


def test_a_backup_is_of_one_moment_while_citizens_answer(world: World, tmp_path: Path) -> None:
    """An answer and its spent slip are one transaction: a copy of one moment has one or the other."""
    forms = [answered(opened(world, f"/s/{code}")) for code in world.slips(40)]
    done = threading.Event()

    def citizens() -> None:
        for fields in forms:
            assert world.app.test_client().post("/s", json=fields).status_code == 201
        done.set()

    thread = threading.Thread(target=citizens)
    thread.start()
    counts = []
    while not done.is_set() or not counts:
        told = backed_up(world, tmp_path / f"{len(counts)}")
        counts.append((told.tables["response"].rows, told.tables["slip"].rows))
    thread.join()
    assert {answers + slips for answers, slips in counts} == {40}


def test_commands_as_a_new_user_meets_them(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.backup.sealed.COST", COST)
    (tmp_path / "word").write_text(f"{PASSPHRASE}\n")
    word = ("--passphrase-file", str(tmp_path / "word"))
    assert "There is no backup" in refused(world.runner, "backup", "verify", *word)
    (tmp_path / "short").write_text("ngắn")
    assert "at least 12" in refused(world.runner, "backup", "create", "--passphrase-file", str(tmp_path / "short"))
    for _ in range(4):
        said = run(world.runner, "backup", "create", "--keep", "2", *word)
    assert "Deleted the old" in said
    folder = settings_of(world).backups
    assert [number for _, number, _ in creating.kept(folder)] == [3, 4]
    assert "is whole" in run(world.runner, "backup", "verify", *word)
    assert "held after" in run(world.runner, "backup", "drill", *word)
    assert "is not replaced" in refused(world.runner, "backup", "create", str(creating.newest(folder)), *word)
    assert "There is no passphrase" in refused(world.runner, "backup", "verify")
    typed = world.runner.invoke(args=["backup", "verify"], input=f"{PASSPHRASE}\n")
    assert typed.exit_code == 0, typed.output
    assert sorted(path.name for path in folder.iterdir()) == [path.name for _, _, path in creating.kept(folder)]


def test_a_backup_of_the_other_engine_is_refused(world: World, tmp_path: Path) -> None:
    other = "postgresql" if settings_of(world).database_url.startswith("sqlite") else "sqlite"
    with (tmp_path / "b").open("wb") as file:
        packing = bundle.Packing(file, PASSPHRASE, cost=COST)
        packing.finish(Manifest(other, "0", "0016", "1", date(2026, 1, 1), {}, {}))
    stop(world.app)
    with world.app.app_context(), pytest.raises(Refusal, match="backup_engine"):
        backup.restore(settings_of(world), tmp_path / "b", PASSPHRASE, replace=True)
    assert not list(settings_of(world).state.glob("restored_*"))


def test_what_was_put_back_is_counted(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.backup.sqlite.tables", lambda path: {})
    monkeypatch.setattr("app.backup.postgresql.counts", lambda connection: {})
    told = backed_up(world, tmp_path / "b")
    monkeypatch.undo()
    if told.engine == "postgresql":
        monkeypatch.setattr("app.backup.postgresql.counts", lambda connection: {})
    stop(world.app)
    loaded = loading.loaded(settings_of(world), tmp_path / "b", PASSPHRASE)
    with world.app.app_context(), pytest.raises(Refusal, match="backup_inconsistent"), loaded:
        pass


def test_the_write_lock_is_not_held_by_a_backup(world: World, tmp_path: Path) -> None:
    settings = settings_of(world)
    make = creating._sqlite if settings.database_url.startswith("sqlite") else creating._postgresql
    with world.app.app_context(), db.write_lock(settings):  # somebody writes all the while
        make(settings, bundle.Packing(io.BytesIO(), PASSPHRASE, cost=COST), date(2026, 1, 1))


def test_one_at_a_time_and_what_a_killed_one_left_is_swept(world: World, tmp_path: Path) -> None:
    state = settings_of(world).state
    for left in (".backup-abcd", "restored_0123"):
        (state / left).mkdir()
        (state / left / "database.sqlite").write_bytes(b"answers")
    with alone.alone(settings_of(world)):
        assert "Another backup" in refused(
            world.runner, "backup", "create", str(tmp_path / "b"), "--passphrase-file", str(_word(tmp_path)))
    assert not list(state.glob(".backup-*"))
    assert not list(state.glob("restored_*"))


def _word(tmp_path: Path) -> Path:
    (tmp_path / "word").write_text(PASSPHRASE)
    return tmp_path / "word"


@pytest.mark.slow
def test_nothing_is_restored_under_a_running_server(
    start: Callable[..., Start], settings: Settings, tmp_path: Path
) -> None:
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("the lock is the same file")
    server = start("--empty", HAILONG_WORKERS="1")
    server.page()
    app = create_app(settings)
    words = ("backup", "restore", "--replace", str(tmp_path / "b"), "--passphrase-file", str(_word(tmp_path)))
    assert "The server is running" in refused(app.test_cli_runner(), *words)
    server.stop()
    assert "Cannot read" in refused(app.test_cli_runner(), *words)
    stop(app)
