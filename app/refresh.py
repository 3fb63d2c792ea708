"""Estimation is done by child processes, never in the workers that serve pages.

A page that finds no table of today starts `flask scores refresh` and shows the last one meanwhile; a comparison of
methods and a correction are computed the same way. The lock on one file per task is handed to the child and ends
with it, so at most one runs, whichever worker asks; a child that failed is not tried again for a while.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.settings import Settings
from surveys.lapse import fresh

TOP = Path(__file__).resolve().parent.parent
PAUSE = 300
"""seconds before another try"""
COMPARISONS = 40
"""results of comparisons that are kept"""


class Progress(StrEnum):
    RUNNING = "running"
    FAILED = "failed"
    """the last try brought no table of today; another follows after a pause"""


def ensure(settings: Settings, wave_code: str, *, anew: bool = False, correction: bool = False) -> Progress:
    """Have the wave's table of today computed; returns at once. anew: without the pause after an earlier try."""
    task = f"{wave_code}.correction" if correction else wave_code
    arguments = ["scores", "refresh", "--wave", wave_code, *(["--correction"] if correction else [])]
    return _once(settings, task, arguments, pause=0 if anew else PAUSE)


def _once(settings: Settings, task: str, arguments: Sequence[str], pause: float) -> Progress:
    """Start the child unless it runs, or was started within the pause."""
    folder = settings.state / "refresh"
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / f"{task}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Progress.RUNNING
        started = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
        if started.isdigit() and fresh(int(started), time.time(), pause):
            return Progress.FAILED
        os.pwrite(lock, f"{int(time.time()):<32}".encode(), 0)
        launch(settings, task, lock, arguments)
        return Progress.RUNNING
    finally:
        os.close(lock)  # the child holds its own copy, and with it the lock


def launch(settings: Settings, task: str, lock: int, arguments: Sequence[str]) -> None:
    """arguments: of `flask`; codes and hashes of stored things, never what somebody typed."""
    path = settings.state / "refresh" / f"{task}.log"
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        child = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            cwd=TOP, env=os.environ | environment(settings), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            pass_fds=[lock], start_new_session=True,
        )
    finally:
        os.close(log)
    threading.Thread(target=child.wait, daemon=True).start()  # nobody else would bury it


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the child reads them."""
    given = {each.metadata["env"]: getattr(settings, each.name) for each in fields(settings)}
    return {name: str(int(value) if isinstance(value, bool) else value) for name, value in given.items()}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two methods side by side, as a child computed them. Another computing is another object."""

    records: Sequence[dict[str, Any]]
    """not to be changed"""


def comparison(
    settings: Settings, wave_code: str, a: str, b: str, contents: tuple[str, str], day: date
) -> Comparison | Progress:
    """The comparison of two methods of this day, or how its computing stands; returns at once.

    a, b: names as `methods.resolve` takes them; contents: the hashes of what they are now. The wave has the code
    of a stored one.
    """
    told = json.dumps([wave_code, *contents, day.isoformat()])
    task = f"compare-{sha256(told.encode()).hexdigest()[:32]}"
    folder = settings.state / "refresh"
    path = folder / f"{task}.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError):
        pass
    arguments = [
        "scores", "compare", "--wave", wave_code, "--index", a, "--index", b, "--json",
        "--out", str(path),
    ]
    _forget(folder)
    return _once(settings, task, arguments, PAUSE)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Comparison:
    """Those who look at a comparison search and come back, so it is parsed once."""
    return Comparison(json.loads(path.read_bytes())["records"])


def _forget(folder: Path) -> None:
    """Comparisons are for looking at once: the oldest go."""
    kept = sorted(folder.glob("compare-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[COMPARISONS:]:
        for ending in (".json", ".lock", ".log"):
            path.with_suffix(ending).unlink(missing_ok=True)
