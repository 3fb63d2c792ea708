"""One backup, drill or restore at a time; and nothing of one that was killed stays behind."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.backup import sqlite, swap
from app.settings import Settings
from surveys.errors import Refusal

COPIES = (".backup-*", "restored_*")
"""folders beside the database and in the state folder, in which answers lie open while somebody works with them"""


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Raises Refusal("backup_busy")."""
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(settings.state / "backup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal("backup_busy") from None
        _sweep(settings)
        yield
    finally:
        os.close(handle)


def _sweep(settings: Settings) -> None:
    """Whoever left them is gone: the lock is ours."""
    if swap.pending(settings):
        return
    for folder in _places(settings):
        for pattern in COPIES:
            for left in folder.glob(pattern):
                shutil.rmtree(left, ignore_errors=True)


def _places(settings: Settings) -> set[Path]:
    if settings.database_url.startswith("sqlite"):
        return {settings.state, sqlite.file_of(settings.database_url).parent}
    return {settings.state}
