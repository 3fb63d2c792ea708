"""Every fault once, and every planted bug found: one server per engine, mistreated in every way in turn.

`./hailong test --faults` does the same at length and prints the figures.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import engine_name
from tests.databases import Databases
from tests.faults import (
    clients,
    clock,
    descriptors,
    disk,
    fsync,
    kills,
    parallel,
    postgres,
    power,
    rotation,
    syscalls,
    upgrades,
)
from tests.faults.crowd import said
from tests.faults.ground import Ground, Server, prepare
from tests.faults.harness import Outcome, Pace, faults, line
from tests.faults.media import Disk, Event

FAST = Pace(fast=True)
Steps = dict[str, tuple[Callable[[], Outcome], str]]
"""fault -> (what is done to the server, the bug that is then planted)"""


def in_turn(server: Server, steps: Steps) -> list[str]:
    """What was not as it has to be: a fault that is not green, a twin that is."""
    wrong = []
    for name, (provoke, bug) in steps.items():
        outcome = provoke()
        if not outcome.green:
            wrong.append(f"{line(name, outcome)} {dict(outcome.complaints)}")
        server.plant(bug)
        connected_anew(server, bug)
        twin = provoke()
        if twin.green:
            wrong.append(f"{line(name, twin)}: the planted bug was not found")
        server.plant("")
        connected_anew(server, bug)
        server.ground.emptied()
    return wrong


def of_time(server: Server) -> Steps:
    """What is no fault of a machine: keys and programs are replaced."""
    return {
        "key-rotation": (lambda: rotation.rotated(server, FAST), "one-key"),
        "upgrade-old-forms": (lambda: upgrades.in_flight(server, lambda: upgrades.forked(server), FAST), "own-day"),
    }


def connected_anew(server: Server, bug: str) -> None:
    if bug in {"normal", "async"}:  # a matter of the connection, and a new process makes a new one
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)
    server.until_ready()


@pytest.mark.slow
def test_faults_on_sqlite_and_their_planted_bugs(
    pytestconfig: pytest.Config, databases: Databases, tmp_path: Path
) -> None:
    if engine_name(pytestconfig) != "sqlite":
        pytest.skip("on SQLite")
    if lack := syscalls.missing():
        pytest.skip(lack)
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "temp").mkdir()
    Path(databases.new().removeprefix("sqlite:///")).rename(state / "hailong.db")
    url = f"sqlite:///{state / 'hailong.db'}"
    ground = Ground(tmp_path, state, url, prepare(state, url, tmp_path, migrated=True))
    told = Disk(state)
    try:
        with Server(
            ground, prepared=told.watch.in_child, FAULTS_CHECKPOINT="25", TMPDIR=str(tmp_path / "temp"),
            FAULTS_CLOCK=str(tmp_path / "clock"),
        ) as server:
            steps: Steps = {
                "kill-worker": (lambda: kills.killed_workers(server, FAST), "early"),
                "kill-master": (lambda: kills.killed_masters(server, FAST), "early"),
                "fsync-error": (lambda: fsync.failed_flushes(server, told, FAST), "deaf"),
                "power-cut": (lambda: power.replayed(power.recorded(server, told, 30), FAST), "normal"),
            }
            steps["parallel-sends"] = (lambda: parallel.sent_at_once(server, FAST), "own-id")
            set_clock = clock.set_by(tmp_path / "clock")
            steps["clock-jumps"] = (lambda: clock.jumped(server, set_clock, FAST), "today")
            steps["slow-clients-bare"] = (lambda: clients.beset_bare(server, FAST), "waits")
            steps |= of_time(server)
            for what in disk.FILES:
                steps[f"disk-full-{what}"] = (
                    lambda what=what: disk.filled(server, told, what, FAST), disk.bug_of(what)  # type: ignore[misc]
                )
            assert in_turn(server, steps) == []
    finally:
        told.close()


@pytest.mark.slow
def test_faults_on_postgresql_and_their_planted_bugs(pytestconfig: pytest.Config, databases: Databases) -> None:
    if engine_name(pytestconfig) != "postgresql":
        pytest.skip("on PostgreSQL")
    if lack := postgres.missing():  # the server under test is somebody else's, and not ours to stop
        pytest.skip(lack)
    with postgres.ground() as (cluster, ground), tempfile.TemporaryDirectory(dir="/tmp") as folder:
        between = postgres.Line(cluster.folder, Path(folder), 0)
        direct, ground.url = ground.url, cluster.url(Path(folder))
        file = ground.folder / "clock"
        set_clock = clock.set_by(file)
        server = Server(ground, FAULTS_CLOCK=str(file))
        ground.url = direct
        with server:
            def cut_off() -> Outcome:
                between.share = postgres.CUT_OFF
                try:
                    return postgres.cut_off(server, between, FAST)
                finally:
                    between.share = 0

            assert in_turn(server, {
                **of_time(server),
                "postgres-immediate-stop": (
                    lambda: postgres.restarted(server, cluster, signal.SIGQUIT, FAST), "async"),
                "postgres-restart": (lambda: postgres.restarted(server, cluster, signal.SIGINT, FAST), "crash"),
                "postgres-hang": (lambda: postgres.hanging(server, cluster, FAST), "early"),
                "postgres-ambiguous-commit": (cut_off, "own-id"),
                "parallel-sends-postgres": (lambda: parallel.sent_at_once(server, FAST), "own-id"),
                "clock-jumps-postgres": (lambda: clock.jumped(server, set_clock, FAST), "today"),
                "descriptors-none-left": (lambda: descriptors.taken_away(server, FAST), "frail"),
            }) == []
        between.close()


def test_every_fault_has_a_name_of_its_own_and_a_twin() -> None:
    found = faults()
    assert {"kill-worker", "power-cut", "postgres-hang", "disk-full-wal", "fsync-error", "key-rotation"} <= set(found)
    assert all(callable(fault.twin) for fault in found.values())


def test_an_outcome_is_green_only_without_any_loss() -> None:
    assert Outcome(acked=5).green
    assert not any(Outcome(**{name: 1}).green for name in ("lost", "dup", "corrupt"))  # type: ignore[arg-type]
    slow = Outcome()
    slow.recovered(6.0, 5.0)
    assert not slow.green
    assert line("x", slow) == "x 1 0 0 0 0 6.00"


def test_what_an_answer_says_follows_from_its_id() -> None:
    assert said(bytes(16)) == "1" * 22
    assert len({said(os.urandom(16)) for _ in range(100)}) == 100


def test_a_cut_leaves_what_was_flushed_and_any_part_of_the_rest() -> None:
    replay = power.Replay({"hailong.db": b"old!"})
    replay.happen(Event("write", "hailong.db", 0, b"new!"))
    replay.happen(Event("write", "hailong.db-wal", 2, b"log"))
    seen = {
        tuple(sorted((name, bytes(content)) for name, content in files.items()))
        for number in range(50) for files in replay.left_by_a_cut(random.Random(number))
    }
    assert seen == {
        tuple(sorted([("hailong.db", kept), *wal]))
        for kept in (b"old!", b"new!")
        for wal in ([], [("hailong.db-wal", b"")], [("hailong.db-wal", b"\0\0log")])
    }
    replay.happen(Event("flush", "hailong.db"))
    replay.happen(Event("flush", "hailong.db-wal"))
    for number in range(50):  # the content is safe; that the file exists is the folder's to keep
        for files in replay.left_by_a_cut(random.Random(number)):
            assert files["hailong.db"] == b"new!"
    replay.happen(Event("flush"))
    assert list(replay.left_by_a_cut(random.Random(0))) == [{"hailong.db": b"new!", "hailong.db-wal": b"\0\0log"}]
