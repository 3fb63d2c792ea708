"""Score tables are computed by a child process, never in the workers that serve pages.

A page that finds no table of today starts `flask scores refresh` and shows the last one meanwhile. The lock
on one file per wave is handed to the child and ends with it, so at most one runs, whichever worker asks; a
child that failed is not tried again for a while.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from dataclasses import fields
from enum import StrEnum
from pathlib import Path

from app.settings import Settings

TOP = Path(__file__).resolve().parent.parent
PAUSE = 300
"""seconds before another try"""


class Progress(StrEnum):
    RUNNING = "running"
    FAILED = "failed"
    """the last try brought no table of today; another follows after a pause"""


def ensure(settings: Settings, wave_code: str) -> Progress:
    """Have the wave's table of today computed; returns at once."""
    folder = settings.state / "refresh"
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / f"{wave_code}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Progress.RUNNING
        started = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
        if started.isdigit() and time.time() - int(started) < PAUSE:
            return Progress.FAILED
        os.pwrite(lock, f"{int(time.time()):<32}".encode(), 0)
        launch(settings, wave_code, lock)
        return Progress.RUNNING
    finally:
        os.close(lock)  # the child holds its own copy, and with it the lock


def launch(settings: Settings, wave_code: str, lock: int) -> None:
    path = settings.state / "refresh" / f"{wave_code}.log"
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        child = subprocess.Popen(  # noqa: S603  # our own program; the code of a stored wave as one argument
            [sys.executable, "-m", "flask", "--app", "wsgi", "scores", "refresh", "--wave", wave_code],
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
