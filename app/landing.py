"""What a QR code leads to, kept for a moment: most requests of citizens touch no database before they write.

A page is kept for two seconds, and no longer than until this process commits something else than an answer. Another
process that closes a wave is therefore noticed two seconds late by readers; never by what is written, because the
answer's own statement looks at the wave once more (`surveys.store.intake`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar, cast

from flask import Flask, current_app

LIFE = 2.0
"""seconds"""
MOST = 4096
"""things kept; a province has some hundred points"""

T = TypeVar("T")


@dataclass
class Landings:
    """Of one application; safe between threads, two may make the same at once."""

    held: dict[Hashable, tuple[float, Any]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        found = self.known(key)
        if found is not None:
            return cast(T, found)
        made = make()
        now = time.monotonic()
        with self.lock:
            if len(self.held) >= MOST:
                self.held = {kept: value for kept, value in self.held.items() if now < value[0]}
            if len(self.held) < MOST:
                self.held[key] = (now + LIFE, made)
        return made

    def known(self, key: Hashable) -> Any:
        """What is kept for the key; None where nothing is."""
        found = self.held.get(key)
        return None if found is None or time.monotonic() >= found[0] else found[1]

    def forget(self) -> None:
        with self.lock:
            self.held = {}


def register(app: Flask) -> None:
    app.extensions["landings"] = Landings()


def landings() -> Landings:
    found: Landings = current_app.extensions["landings"]
    return found
