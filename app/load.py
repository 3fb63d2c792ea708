"""Writes before reads: when a worker has more to do than it can, staff wait and citizens do not.

Three measures, all counted as refusals:
- while requests wait for a thread (`backlog`), pages and files for staff are refused at once with 503 and
  Retry-After, before a session is looked up for them; citizens' forms, and whatever is sent, go through;
- pages and files that compute for long (`HEAVY`) run a few at a time in each worker, so that threads are left;
- an account has one file made at a time, over all workers, however often it asks (`EXPORTS`).

Here is also what gunicorn is asked for: how many requests wait, and a beat each second with what is just now.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from hashlib import sha256
from queue import SimpleQueue
from typing import Any

from flask import Flask, current_app, g, request

from app import metrics
from app.settings import Settings
from surveys.errors import Refusal

WAITING_PER_THREAD = 1
"""requests that may wait for each thread of a worker before staff are asked to come again"""
AT_ONCE = 1
"""heavy pages of one worker: two that compute would hold the interpreter twice as long from citizens' threads"""
IN_LINE = 2
"""more that wait for their turn, while nobody else waits for a thread"""
SWITCH = 0.0005
"""seconds after which a thread that computes lets another one go on; Python's own five milliseconds, taken at every
turn of an answer on its way, add up to half a second beside one export"""
TURN = 5.0
"""seconds that a heavy page waits for its turn"""
EXPORTS = frozenset({
    "results.export", "waves.edition_file", "audit.export", "field.posters", "accounts.letters",
    "workshop.edition_paper", "workshop.draft_paper",
})
"""files that take long to make"""
HEAVY = EXPORTS | {
    "results.index", "results.wave", "results.unit", "waves.progress", "waves.methods", "workshop.compare",
    "workshop.changes", "comments.wave",
}
SAFE = frozenset({"GET", "HEAD"})


class _Places:
    """The heavy pages of this process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._line = 0

    @property
    def full(self) -> bool:
        return self._running >= AT_ONCE and (self._line >= IN_LINE or backlog() > 0)

    def taken(self) -> bool:
        """Take a place, waiting for one a little where that keeps nobody else waiting."""
        with self._changed:
            if self.full:
                return False
            self._line += 1
            try:
                if not self._changed.wait_for(lambda: self._running < AT_ONCE, TURN):
                    return False
                self._running += 1
                return True
            finally:
                self._line -= 1

    def given_back(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify()


_places = _Places()
_queue: SimpleQueue[Any] | None = None
_threads = 1


def _forked() -> None:
    global _places
    _places = _Places()


os.register_at_fork(after_in_child=_forked)


def backlog() -> int:
    """Requests of this process that wait for a thread."""
    return _queue.qsize() if _queue is not None else 0


def spare() -> None:
    """Before a page of staff is begun: refused while this worker has too much to do."""
    late = backlog() > WAITING_PER_THREAD * _threads and request.method in SAFE
    if late or (_places.full and request.endpoint in HEAVY):
        raise Refusal("reading_busy")


def enter(endpoint: str, who: str) -> None:
    """Before a page that may be heavy; `leave` gives back what was taken. who: the account's name."""
    if endpoint not in HEAVY:
        return
    held: list[int | None] = []
    g.load_held = held
    if endpoint in EXPORTS:
        held.append(_own_lock(who))
    if not _places.taken():
        raise Refusal("reading_busy")
    held.append(None)


def leave(_: BaseException | None = None) -> None:
    for lock in g.pop("load_held", ()):
        if lock is None:
            _places.given_back()
        else:
            os.close(lock)  # closing releases the lock


def _own_lock(who: str) -> int:
    settings: Settings = current_app.config["HAILONG"]
    folder = settings.state / "exports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = sha256(who.encode()).hexdigest()[:24]
    lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Refusal("export_running") from None
    return lock


# ---------------------------------------------------------------- the worker

def watch(worker: Any, app: Flask) -> None:
    """gunicorn's `post_worker_init`: know the queue of this worker, and beat from now on."""
    global _queue, _threads
    pool = getattr(worker, "tpool", None)
    _queue = getattr(pool, "_work_queue", None)  # gunicorn has no word of its own for it
    _threads = max(1, int(worker.cfg.threads))
    sys.setswitchinterval(SWITCH)
    threading.Thread(target=_beat, args=(app,), name="beat", daemon=True).start()


def _beat(app: Flask) -> None:
    while True:
        sample(app)
        time.sleep(1.0)


def sample(app: Flask) -> None:
    """What this process amounts to just now."""
    metrics.beat()
    door = app.extensions.get("door")
    metrics.gauge("writer_waiting", door.waiting if door is not None and door.process == os.getpid() else 0)
    metrics.gauge("requests_waiting", backlog())
    metrics.gauge("resident_bytes", _resident())


def _resident() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def register(app: Flask) -> None:
    app.teardown_request(leave)
