"""One backup, drill or restore at a time; and nothing of one that was killed stays behind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.backup import lock, sqlite, swap
from app.settings import Settings
from surveys.errors import Refusal

COPIES = (".backup-*", "restored_*")
"""folders beside the database and in the state folder, in which answers lie open while somebody works with them"""


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Raises Refusal: "backup_busy", "restore_unfinished" (another one was cut short since this program started)."""
    with lock.held(settings, "backup_busy"):
        if swap.pending(settings):
            raise Refusal("restore_unfinished")
        _sweep(settings)
        yield


def _sweep(settings: Settings) -> None:
    """Whoever left them is gone: the lock is ours."""
    for folder in _places(settings):
        for pattern in COPIES:
            for left in folder.glob(pattern):
                shutil.rmtree(left, ignore_errors=True)


def _places(settings: Settings) -> set[Path]:
    if settings.database_url.startswith("sqlite"):
        return {settings.state, sqlite.file_of(settings.database_url).parent}
    return {settings.state}
