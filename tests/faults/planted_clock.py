"""A server whose clock can be set: the file that FAULTS_CLOCK names holds the seconds by which it is wrong.

Only the clock on the wall: monotonic time, the kernel's and the database's stay right, as they do when somebody sets
a machine's clock. `datetime` cannot be changed in place, so every module of ours gets one that knows the file.
"""

from __future__ import annotations

import datetime as real
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

FILE = Path(os.environ["FAULTS_CLOCK"]) if "FAULTS_CLOCK" in os.environ else None

right = time.time


def wrong_by() -> float:
    with suppress(OSError, ValueError):
        if FILE is not None:
            return float(FILE.read_text())
    return 0.0


def shown() -> float:
    return right() + wrong_by()


class Wrong(real.datetime):
    """`datetime` by the clock that is shown."""

    @classmethod
    def now(cls, tz: real.tzinfo | None = None) -> Wrong:
        return cls.fromtimestamp(shown(), tz)


def install() -> None:
    """After the application was imported."""
    if FILE is None:
        return
    from app import patience

    time.time = shown
    patience.clock = shown
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"app", "surveys"} and getattr(module, "datetime", None) is real.datetime:
            module.datetime = Wrong  # type: ignore[attr-defined]  # it has it: just seen
