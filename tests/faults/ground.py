"""Where faults happen: a province with one open wave, the real server on it, and the look into the database after."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.crowd import ITEMS, Crowd, Wire, commented, said
from tests.faults.harness import Outcome, Pace
from tests.postgres import driver_address
from tests.starting import free_port

TOP = Path(__file__).resolve().parent.parent.parent
LONGEST = 60
PR_SET_PDEATHSIG = 1
UNHURRIED = 0.02
"""seconds between two answers of one citizen where other tests need the machine as well"""
PREPARED_SQLITE = "hailong.db"


@dataclass
class Ground:
    """An installation of its own, for one fault."""

    folder: Path
    state: Path
    url: str
    point: str

    @property
    def path(self) -> str:
        return f"/p/{self.point}"

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def rows(self) -> list[tuple[bytes, str]]:
        """(id, answers) of everything stored."""
        return self._select("SELECT id, answers FROM response")

    def comments(self) -> Counter[str]:
        return Counter(text for _, text in self._select("SELECT id, text FROM comment"))

    def days(self) -> Counter[int]:
        """How many answers carry which day, counted from 1970."""
        return Counter(int(day) for _, day in self._select("SELECT id, day FROM response"))

    def _select(self, sql: str) -> list[tuple[bytes, str]]:
        if self.is_sqlite:
            with contextlib.closing(sqlite3.connect(self.state / PREPARED_SQLITE)) as connection:
                return connection.execute(sql).fetchall()
        with _connected(self.url) as connection:
            return [(bytes(id), answers) for id, answers in connection.execute(sql).fetchall()]  # type: ignore[arg-type]

    def emptied(self) -> None:
        """Without answers again; the server may be up, and idle."""
        if self.is_sqlite:
            with open(self.state / "write.lock", "a") as lock, \
                    contextlib.closing(sqlite3.connect(self.state / PREPARED_SQLITE)) as connection:
                fcntl.flock(lock, fcntl.LOCK_EX)
                connection.execute("DELETE FROM response")
                connection.execute("DELETE FROM comment")
                connection.commit()
            return
        with _connected(self.url) as connection:
            connection.execute("TRUNCATE response, comment")

    def is_sound(self) -> bool:
        """What the database says of itself."""
        if not self.is_sqlite:
            return True  # the fault on PostgreSQL asks pg_amcheck
        with contextlib.closing(sqlite3.connect(self.state / PREPARED_SQLITE)) as connection:
            return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])

    def held_against(self, crowds: Iterable[Crowd], outcome: Outcome) -> Outcome:
        """Compare what was acknowledged with what is stored."""
        crowds = list(crowds)
        rows = self.rows()
        stored = {id for id, _ in rows}
        acked = [id for crowd in crowds for id, _, _ in crowd.acks]
        outcome.acked += len(acked)
        outcome.lost += len(set(acked) - stored)
        same = Counter(answers for _, answers in rows)
        for id, answers in rows:
            if answers[:ITEMS] != said(id):  # nobody sent this under this id
                twice = same[answers] > 1
                outcome.dup += twice
                outcome.corrupt += not twice
        outcome.dup += len(rows) - len(stored)
        words = self.comments()
        outcome.dup += sum(times - 1 for times in words.values())
        # an answer and its words come together or not at all
        outcome.corrupt += len(({commented(id) for id in stored} - {""}) ^ words.keys())
        outcome.corrupt += not self.is_sound()
        for crowd in crowds:
            told = crowd.told
            outcome.dup += told.unlike
            outcome.complain("a reply of success without a genuine acknowledgement", told.forged)
            outcome.complain("an answer was never acknowledged", told.given_up)
            outcome.complain("503 or 507 without Retry-After", told.hasty)
            for status, times in told.statuses.items():
                if status not in {"200", "201", "503", "507"}:
                    outcome.complain(f"HTTP {status}", times)
        statuses = sum((crowd.told.statuses for crowd in crowds), Counter())
        outcome.notes["statuses"] = " ".join(f"{status}×{times}" for status, times in sorted(statuses.items()))
        return outcome


def _connected(url: str) -> psycopg.Connection[Any]:
    """After a hang the database first meets everybody who gave up meanwhile, and may have no room for a moment."""
    last = time.monotonic() + 15
    while True:
        try:
            return psycopg.connect(driver_address(url))
        except psycopg.OperationalError:
            if time.monotonic() > last:
                raise
            time.sleep(0.1)


def recovery(crowds: Iterable[Crowd], moment: float) -> float:
    """Seconds from `moment` to the first acknowledgement of a try that began after it."""
    ends = [end for crowd in crowds for _, began, end in crowd.acks if began >= moment]
    return min(ends, default=math.inf) - moment


def longest_gap(crowds: Iterable[Crowd]) -> float:
    """The longest time in which nobody was acknowledged."""
    ends = sorted(end for crowd in crowds for _, _, end in crowd.acks)
    return max((later - earlier for earlier, later in pairwise(ends)), default=0.0)


# ---------------------------------------------------------------- making one

@cache
def _template() -> tuple[Path, str]:
    """A prepared state folder on SQLite, made once per process; its point's code."""
    import atexit

    folder = Path(tempfile.mkdtemp(prefix="hl-faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    state = folder / "state"
    state.mkdir()
    return state, prepare(state, f"sqlite:///{state / PREPARED_SQLITE}", folder)


def prepare(state: Path, url: str, folder: Path, *, migrated: bool = False) -> str:
    """Migrations, two communes, one open wave; returns the code of its point."""
    from app import create_app
    from app.db import db
    from app.settings import read
    from tests import databases, world

    if not migrated:
        databases.build(url)
    app = create_app(read({}, state=state, database_url=url))
    point = world.build(app, folder).point
    from app.keys import signer

    with app.app_context():
        signer()  # the key is there before two workers want it
        db.engine.dispose()
    return point


@contextmanager
def sqlite_ground(under: Path | None = None) -> Iterator[Ground]:
    """An own copy of the prepared state; under: a folder to put it in, e.g. a small file system."""
    template, point = _template()
    folder = Path(tempfile.mkdtemp(prefix="hl-fault-", dir=under))
    try:
        state = folder / "state"
        shutil.copytree(template, state)
        yield Ground(folder, state, f"sqlite:///{state / PREPARED_SQLITE}", point)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------- the server

class Server:
    """gunicorn as `./hailong run` starts it, started again when it ends, as systemd would.

    It runs `tests.faults.planted`, which is wsgi.py and whatever bug the plant names: none, usually. The plant is a
    file, so that a running server can be given another (see there).
    """

    def __init__(
        self, ground: Ground, *, plant: str = "", workers: int = 2, threads: int = 8,
        prepared: Callable[[], None] = lambda: None, log: Path | None = None, **environment: str,
    ) -> None:
        """prepared: called in the child before it becomes gunicorn; log: where its output goes."""
        self.ground = ground
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.threads = threads
        self.log = log or ground.folder / "server.log"
        self.starts = 0
        self.plant(plant)
        self._prepared = prepared
        self._environment = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HAILONG_STATE": str(ground.state),
            "HAILONG_DATABASE_URL": ground.url, "HAILONG_PORT": str(self.port), "HAILONG_WORKERS": str(workers),
            "HAILONG_THREADS": str(threads), "FAULTS_PLANT": str(self._plant_file), **environment,
        }
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)

    @property
    def _plant_file(self) -> Path:
        return self.ground.folder / "plant"

    def plant(self, name: str) -> None:
        self._plant_file.write_text(name)

    def __enter__(self) -> Server:
        self._supervisor.start()
        self.until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if (process := self._process) is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        self._supervisor.join(20)

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            self._run()
            self._stopping.wait(0.1)

    def _run(self) -> None:
        """Once, until it ends."""
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "tests.faults.planted:app"],
                cwd=TOP, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=self._in_child,
            )
        self.starts += 1
        self._process.wait()

    def _in_child(self) -> None:
        # the thread that starts it lives as long as the test does
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        self._prepared()

    def until_ready(self) -> float:
        """Wait until the form is served; the seconds that took."""
        began = time.monotonic()
        while True:
            try:
                wire = Wire("127.0.0.1", self.port, 5)
                status, _, _ = wire.ask("GET", self.ground.path)
                wire.close()
                if status == 200:
                    return time.monotonic() - began
            except (OSError, ValueError, LookupError):
                pass
            if time.monotonic() - began > LONGEST:
                raise RuntimeError(f"the server did not answer:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)

    @property
    def master(self) -> int:
        assert self._process
        return self._process.pid

    def workers(self) -> list[int]:
        """Process ids of the master's children."""
        return children(self.master)

    def until_replaced(self, victims: list[int], wanted: int, seconds: float = 10) -> float:
        """Seconds until the master has `wanted` workers and none of the victims; `seconds` at most."""
        began = time.monotonic()
        while (spent := time.monotonic() - began) < seconds:
            now = self.workers()
            if len(now) >= wanted and not set(victims) & set(now):
                return spent
            time.sleep(0.01)
        return seconds

    def crowd(self, pace: Pace, **options: object) -> Crowd:
        options = {"pause": UNHURRIED if pace.fast else 0.0, **options}
        url = str(options.pop("url", self.url))
        return Crowd(url, self.ground.path, self.ground.folder, **options)  # type: ignore[arg-type]


def children(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return found


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
