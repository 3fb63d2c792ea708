"""PostgreSQL stops at once, restarts, hangs, or breaks the line between COMMIT and its reply.

A server of our own with the settings of production (fsync and all), from Debian's binaries; see `tests.postgres`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import postgres
from tests.faults import disk
from tests.faults.ground import Ground, Server, children, prepare, recovery
from tests.faults.harness import Fault, Outcome, Pace

DATABASE, HUNG = 15.0, 5.0
"""seconds until answers are taken again: after a restart, after a hang"""
CUT_OFF = 0.3
"""share of the commits whose reply never arrives"""
OF_ITS_OWN = 6
"""threads of a worker beside those that serve"""


class Cluster:
    """A PostgreSQL that can be mistreated."""

    def __init__(self, under: Path | None = None) -> None:
        self._binaries = postgres.binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="hl-", dir=under or postgres.short_folder()))
        self._identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._identity = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run(
            [self._binaries / "initdb", "-D", self.folder / "data", "-U", postgres.ROLE, "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync", "--no-instructions", "--data-checksums"],
            check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **self._identity,
        )
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, host: Path | None = None) -> str:
        return f"postgresql://{postgres.ROLE}@/hailong?host={host or self.folder}"

    def start(self) -> None:
        options = ("listen_addresses=", "max_connections=60", "shared_buffers=32MB", "timezone=UTC")
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.folder / "data", "-k", self.folder,
                 *(word for option in options for word in ("-c", option))],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=postgres.die_with_parent, **self._identity,
            )

    def stop(self, number: int) -> None:
        """SIGQUIT: at once, as if it had crashed; SIGINT: in order, but waits for nobody."""
        assert self.process
        self.process.send_signal(number)
        self.process.wait(60)

    def until_ready(self) -> None:
        last = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url().replace("/hailong?", "/postgres?")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > last:
                    raise
                time.sleep(0.02)

    def signal_all(self, number: int) -> None:
        """The postmaster and every process of it."""
        assert self.process
        for process in (self.process.pid, *children(self.process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.signal_all(signal.SIGCONT)
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def _prepared() -> tuple[Cluster, Path, str]:
    """One for all faults of this process: the cluster, the application's state folder, the point's code."""
    cluster = Cluster()
    atexit.register(cluster.close)
    folder = Path(tempfile.mkdtemp(prefix="hl-faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    state, point = _furnished(cluster, folder)
    return cluster, state, point


def _furnished(cluster: Cluster, folder: Path) -> tuple[Path, str]:
    """Start it, with a migrated database that has an open wave; the application's state folder, the point's code."""
    cluster.start()
    cluster.until_ready()
    with psycopg.connect(cluster.url().replace("/hailong?", "/postgres?"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE hailong TEMPLATE template0")
    state = folder / "state"
    state.mkdir()
    point = prepare(state, cluster.url(), folder)
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
    return state, point


@contextmanager
def ground() -> Iterator[tuple[Cluster, Ground]]:
    """The cluster, running and without answers; the installation on it."""
    cluster, state, point = _prepared()
    folder = Path(tempfile.mkdtemp(prefix="hl-fault-"))
    place = Sound(folder, state, cluster.url(), point)
    place.emptied()
    try:
        yield cluster, place
    finally:
        cluster.signal_all(signal.SIGCONT)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def only_ground() -> Iterator[Ground]:
    """For faults that leave the cluster alone."""
    with ground() as (_, place):
        yield place


class Sound(Ground):
    """On PostgreSQL, with its own look into tables and indexes."""

    def is_sound(self) -> bool:
        with psycopg.connect(self.url) as connection:
            broken = connection.execute("SELECT count(*) FROM verify_heapam('response')").fetchone()
            connection.execute(
                "SELECT bt_index_check(indexrelid, true) FROM pg_index WHERE indrelid = 'response'::regclass"
            )
            return broken == (0,)


# ---------------------------------------------------------------- stops and restarts

def stopped(pace: Pace, number: int, plant: str = "") -> Outcome:
    with ground() as (cluster, place), Server(place, plant=plant) as server:
        return restarted(server, cluster, number, pace)


def restarted(server: Server, cluster: Cluster, number: int, pace: Pace) -> Outcome:
    outcome = Outcome(runs=0)
    moments: list[float] = []
    with server.crowd(pace, threads=8, patience=60) as crowd:
        for _ in range(pace.count(1, 4, 50 if number == signal.SIGQUIT else 20)):
            time.sleep(pace.pick(0.5, 1, 2))
            cluster.stop(number)
            moments.append(time.monotonic())
            time.sleep(0.1)  # somebody comes while nobody is there
            cluster.start()
            outcome.runs += 1
            cluster.until_ready()
        time.sleep(pace.pick(0.2, 1, 1))
    server.ground.held_against([crowd], outcome)
    for moment in moments:
        outcome.recovered(recovery([crowd], moment), DATABASE * pace.leniency)
    return outcome


# ---------------------------------------------------------------- a hang

def hung(pace: Pace, plant: str = "") -> Outcome:
    with ground() as (cluster, place), Server(place, plant=plant) as server:
        return hanging(server, cluster, pace)


def hanging(server: Server, cluster: Cluster, pace: Pace) -> Outcome:
    outcome = Outcome(runs=0)
    moments: list[float] = []
    most = 0
    with server.crowd(pace, threads=16, timeout=3, patience=60) as crowd:
        for _ in range(pace.count(1, 2, 5)):
            time.sleep(pace.pick(0.5, 1, 2))
            cluster.signal_all(signal.SIGSTOP)
            began = time.monotonic()
            while time.monotonic() - began < pace.pick(0.6, 6, 30):
                most = max(most, *(threads(worker) for worker in server.workers()), 0)
                time.sleep(0.05)
            cluster.signal_all(signal.SIGCONT)
            moments.append(time.monotonic())
            outcome.runs += 1
        time.sleep(pace.pick(0.3, 2, 5))
    server.ground.held_against([crowd], outcome)
    for moment in moments:
        outcome.recovered(recovery([crowd], moment), HUNG * pace.leniency)
    outcome.complain("threads pile up", most > server.threads + OF_ITS_OWN)
    outcome.notes["threads of a worker (most)"] = most
    return outcome


def threads(process: int) -> int:
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{process}/task"))
    return 0


# ---------------------------------------------------------------- a commit whose reply never arrives

class Line:
    """Between the application and PostgreSQL: breaks the connection instead of handing over `INSERT 0 1`."""

    def __init__(self, server: Path, folder: Path, share: float) -> None:
        """share: of the replies that are kept back; may be changed at any time."""
        self.share = share
        self.cuts = 0
        self._server = server / ".s.PGSQL.5432"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                try:
                    far.connect(str(self._server))
                except OSError:  # nobody is there: neither are we
                    near.close()
                    far.close()
                    continue
                for source, target, watched in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._carry, args=(source, target, watched), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, watched: bool) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                if watched and self.share and b"INSERT 0 1\0" in part and random.random() < self.share:
                    self.cuts += 1
                    break
                target.sendall(part)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def ambiguous(pace: Pace, plant: str = "") -> Outcome:
    with ground() as (cluster, place), tempfile.TemporaryDirectory(dir=postgres.short_folder()) as folder:
        line = Line(cluster.folder, Path(folder), CUT_OFF)
        direct = place.url
        place.url = cluster.url(Path(folder))
        try:
            with Server(place, plant=plant) as server:
                place.url = direct  # we look at the database ourselves
                return cut_off(server, line, pace)
        finally:
            line.close()


def cut_off(server: Server, line: Line, pace: Pace) -> Outcome:
    outcome = Outcome(runs=0)
    before, wanted = line.cuts, pace.count(15, 100, 1000)
    with server.crowd(pace, threads=8, patience=60) as crowd:
        last = time.monotonic() + pace.pick(20, 60, 600)
        while line.cuts - before < wanted and time.monotonic() < last:
            time.sleep(0.05)
    outcome.runs = line.cuts - before
    outcome.complain("too few commits were cut off", outcome.runs < wanted)
    return server.ground.held_against([crowd], outcome)


# ---------------------------------------------------------------- no room

SMALL = "160m"
"""a new cluster takes about 60 MB"""


def crammed(pace: Pace, plant: str = "") -> Outcome:
    """The whole cluster on a small file system, filled to the last byte; nobody helps but whoever makes room."""
    with disk.mounted(SMALL) as small, tempfile.TemporaryDirectory(prefix="hl-fault-") as folder:
        cluster = Cluster(small)
        try:
            state, point = _furnished(cluster, Path(folder))
            place = Sound(Path(folder), state, cluster.url(), point)
            with Server(place, plant=plant) as server:
                outcome = disk.under(server, lambda: disk.ballast(small), pace, refuses=True)
        finally:
            cluster.close()
    outcome.notes["how"] = f"the cluster on a file system in memory of {SMALL}, filled"
    return outcome


def missing() -> str:
    try:
        postgres.binaries()
    except pytest.UsageError:
        return "PostgreSQL's server programs are missing"
    return ""


FAULTS = (
    Fault("postgres-immediate-stop", lambda pace: stopped(pace, signal.SIGQUIT),
          lambda pace: stopped(pace, signal.SIGQUIT, "async"), missing, loaded=True),
    Fault("postgres-restart", lambda pace: stopped(pace, signal.SIGINT),
          lambda pace: stopped(pace, signal.SIGINT, "crash"), missing),
    Fault("postgres-hang", hung, lambda pace: hung(pace, "early"), missing),
    Fault("postgres-ambiguous-commit", ambiguous, lambda pace: ambiguous(pace, "own-id"), missing),
    Fault("postgres-disk-full", crammed, lambda pace: crammed(pace, "crash"), lambda: missing() or disk.no_mount()),
)
