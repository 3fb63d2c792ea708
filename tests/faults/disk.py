"""No room: for the database, its WAL, temporary files, the log, and for all of them at once.

Each file alone is made full by refusing its writes (`tests.faults.media`), because SQLite keeps a database and its
WAL in one folder. All at once is also done with a real small file system where this process may mount one.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from tests.faults.crowd import Wire
from tests.faults.ground import Server, recovery, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace
from tests.faults.media import Disk
from tests.faults.syscalls import missing

FREED = 5.0
"""seconds after room was made until answers are taken again, with nobody's help"""
FILES = {
    "database": re.compile(r"/hailong\.db$"),
    "wal": re.compile(r"/hailong\.db-wal$"),
    "temp": re.compile(r"/temp/"),
    "log": re.compile(r"/server\.log$"),
    "everything": re.compile(r"/(state|temp)/|/server\.log$"),
}
REFUSES = {"wal", "everything"}
"""here answers cannot be taken; elsewhere their senders may not notice anything"""
MALFORMED = b"POST /p/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: many\r\n\r\n"
"""something that is told to the log"""


def full(what: str, pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground:
        disk = Disk(ground.state)
        (ground.folder / "temp").mkdir()
        try:
            with Server(
                ground, plant=plant, prepared=disk.watch.in_child, FAULTS_CHECKPOINT="50",
                TMPDIR=str(ground.folder / "temp"),
            ) as server:
                return filled(server, disk, what, pace)
        finally:
            disk.close()


def filled(server: Server, disk: Disk, what: str, pace: Pace) -> Outcome:
    before = disk.refused

    @contextmanager
    def filling() -> Iterator[None]:
        disk.full = FILES[what]
        try:
            yield
        finally:
            disk.full = None

    outcome = under(server, filling, pace, refuses=what in REFUSES)
    outcome.notes["how"] = f"{disk.refused - before} writes refused with ENOSPC"
    return outcome


def under(
    server: Server, filling: Callable[[], AbstractContextManager[None]], pace: Pace, *, refuses: bool
) -> Outcome:
    """Answers arrive while `filling` keeps the disk full, and before and after."""
    outcome = Outcome(runs=0)
    freed: list[float] = []
    with server.crowd(pace, threads=8) as crowd:
        for _ in range(pace.count(1, 3, 20)):
            time.sleep(pace.pick(0.15, 1, 2))
            with filling():
                began = time.monotonic()
                while time.monotonic() - began < pace.pick(0.3, 2, 3):
                    _look(server, outcome)
                    time.sleep(0.1)
            freed.append(time.monotonic())
            outcome.runs += 1
        time.sleep(pace.pick(0.15, 1, 1))
    server.ground.held_against([crowd], outcome)
    for moment in freed:
        outcome.recovered(recovery([crowd], moment), FREED * pace.leniency)
    if refuses:
        outcome.complain("the disk did not come to be full", crowd.told.statuses["507"] == 0)
    else:
        outcome.complain("an answer was refused", crowd.told.statuses["507"] + crowd.told.statuses["503"])
    return outcome


def _look(server: Server, outcome: Outcome) -> None:
    """Reading goes on; and something is told to the log."""
    wire = Wire("127.0.0.1", server.port, 20)
    try:
        status, _, _ = wire.ask("GET", server.ground.path)
        outcome.complain(f"the form: HTTP {status}", status != 200)
    finally:
        wire.close()
    with socket.create_connection(("127.0.0.1", server.port), 20) as raw:
        raw.sendall(MALFORMED)
        raw.recv(4096)


# ---------------------------------------------------------------- a real small file system

SMALL = "6m"


def small(pace: Pace, plant: str = "") -> Outcome:
    """State, log and temporary files on a file system of a few megabytes, filled to the last byte."""
    with mounted(SMALL) as folder, sqlite_ground(folder) as ground:
        temp = ground.folder / "temp"
        temp.mkdir()

        with Server(ground, plant=plant, FAULTS_CHECKPOINT="50", TMPDIR=str(temp)) as server:
            outcome = under(server, lambda: ballast(folder), pace, refuses=True)
    outcome.notes["how"] = f"a file system in memory of {SMALL}, filled"
    return outcome


@contextmanager
def ballast(folder: Path) -> Iterator[None]:
    """Something in the file system that takes all the room there is."""
    file = folder / "ballast"
    with open(file, "wb", buffering=0) as open_file, suppress(OSError):
        while True:
            open_file.write(bytes(4096))
    try:
        yield
    finally:
        file.unlink()


@contextmanager
def mounted(size: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hl-small-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def no_mount() -> str:
    if os.geteuid():
        return "mounting a small file system needs root"
    try:
        with mounted("64k"):
            return ""
    except (OSError, subprocess.CalledProcessError):
        return "no file system may be mounted here"


def bug_of(what: str) -> str:
    """What to plant: where answers are refused, a refusal that is a crash; else something that needs the room."""
    return "crash" if what in REFUSES else "diary"


def _fault(what: str) -> Fault:
    bug = bug_of(what)
    return Fault(f"disk-full-{what}", lambda pace: full(what, pace), lambda pace: full(what, pace, bug), missing)


FAULTS = (
    *(_fault(what) for what in FILES),
    Fault("disk-full-mounted", small, lambda pace: small(pace, "crash"), no_mount),
)
