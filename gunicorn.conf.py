"""gunicorn, fitted to the settings: `gunicorn -c gunicorn.conf.py wsgi:app`, or `./hailong run`."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger

from app import logs, messages, running, serving, settings
from app.backup import swap
from app.doctor import gate
from surveys.errors import Refusal

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

PR_SET_PDEATHSIG = 1
"""prctl(2)"""

_settings = settings.read()
try:
    swap.finish(_settings)  # before the database is opened
except Refusal as refusal:
    sys.exit(messages.both(refusal))
settings.check_serving(_settings)
gate.check(_settings)
_host = f"[{_settings.bind}]" if ":" in _settings.bind else _settings.bind


SPARE = 64
"""descriptors of a worker that are not for connections: databases, files, locks"""


def _descriptors() -> int:
    """As many as we may have, within reason; systems give 1024 to whoever does not ask."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return 8192 if soft == resource.RLIM_INFINITY else soft


class DiscreetLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """One log, in one form, that tells neither who answered, nor from where, nor on which page (see `app.logs`)."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter(_settings))


bind = f"{_host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
worker_class = "app.receiving.Receiving"
worker_connections = max(2 * threads, min(2000, _descriptors() - SPARE - 2 * threads))  # more make the oldest give way
sendfile = False  # the worker passes replies on by itself, as fast as their readers read
preload_app = True  # memory is shared, and a faulty definition stops the start instead of every worker
timeout = 60
graceful_timeout = 30
keepalive = 5
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # heartbeats must not wait for a disk
forwarded_allow_ips = ""  # what proxies say is read in one place, `create_app`, to the depth that is set
control_socket_disable = True  # it would leave files in the home folder
accesslog = None
errorlog = "-"
loglevel = _settings.log_level
logger_class = DiscreetLogger


def on_starting(server: Arbiter) -> None:
    """Nobody restores a backup or moves the data while this process or one of its workers lives."""
    try:
        server.serving = serving.hold(_settings)  # kept open as long as the process
    except Refusal as refusal:
        sys.exit(messages.both(refusal))


def post_fork(server: Arbiter, worker: Worker) -> None:
    """A connection opened before the fork must not be shared by two processes."""
    from app.db import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)


def post_worker_init(worker: Worker) -> None:
    """The program learns how many requests wait for a thread. And when the master is killed its workers leave at once,
    and with them the port that the next master needs.

    gunicorn's workers notice by themselves, but then go on serving whoever keeps a connection open, for as long as
    `graceful_timeout`. A signal from the kernel closes those after the answer that is being given.
    """
    from app import load
    from wsgi import app

    load.watch(worker, app)
    with suppress(OSError, AttributeError):  # elsewhere than on Linux it stays at that
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != worker.ppid:  # killed before we asked
            os.kill(os.getpid(), signal.SIGTERM)


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """Whoever has to be gone does not tidy up first: that takes a second of a busy machine, and would flush once more
    what SQLite holds, which after a failed flush means nothing."""
    from wsgi import app

    if os.getppid() != worker.ppid or getattr(app.extensions.get("door"), "leaving", False):
        os._exit(0)


def when_ready(server: Arbiter) -> None:
    running.note(_settings)
    print(f"Sẵn sàng / Ready: http://{_host}:{_settings.port}/", flush=True)


def on_exit(server: Arbiter) -> None:
    running.forget(_settings)
