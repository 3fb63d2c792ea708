"""The lock of whoever makes, tries or puts back a backup, or finishes what another one of them had begun."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from app.settings import Settings
from surveys.errors import Refusal


@contextmanager
def held(settings: Settings, otherwise: str) -> Iterator[None]:
    """Nobody waits for it; raises Refusal(otherwise) where somebody has it. The kernel frees it with its holder."""
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(settings.state / "backup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(otherwise) from None
        yield
    finally:
        os.close(handle)
