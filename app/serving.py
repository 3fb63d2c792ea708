"""Who serves: a file lock in the state folder, shared by every serving process, held alone by a restore or a move.

The kernel frees it with its holder, so a killed server leaves nothing behind that would have to be cleaned up.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from app.settings import Settings
from surveys.errors import Refusal


def hold(settings: Settings) -> int:
    """Serve from here on; workers inherit the lock when they are forked. Returns the file's handle, to be kept.

    Raises Refusal("restore_running").
    """
    handle = _opened(settings, "serving.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Refusal("restore_running") from None
    return handle


@contextmanager
def nobody(settings: Settings) -> Iterator[None]:
    """Nobody serves, and nobody starts to; raises Refusal("server_running")."""
    held: list[int] = []
    try:
        for name in ("start.lock", "serving.lock"):
            held.append(_opened(settings, name))
            try:
                fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refusal("server_running") from None
        yield
    finally:
        for handle in held:
            os.close(handle)


def _opened(settings: Settings, name: str) -> int:
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(settings.state / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
