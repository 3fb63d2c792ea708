"""`./hailong run` from the prepared environment on, as a process of its own, for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import durable

TOP = Path(__file__).resolve().parent.parent
LONGEST = 90


@dataclass
class Start:
    process: subprocess.Popen[str]
    url: str

    def page(self, path: str = "/") -> str:
        """The page at `path`, as soon as the server answers."""
        last = time.monotonic() + LONGEST
        while True:
            try:
                with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                    return answer.read().decode()
            except urllib.error.URLError as fault:
                if isinstance(fault, urllib.error.HTTPError) or self.process.poll() is not None:
                    raise
                assert time.monotonic() < last, "the server did not answer"
                time.sleep(0.1)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=40)
        return self.process.returncode, out, err

    @property
    def alive(self) -> bool:
        """Is any process of this start left?"""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def starts(state: Path, database_url: str) -> Iterator[Callable[..., Start]]:
    """`start("--empty", port=…)`: every start has the same state folder and database; none outlives the test."""
    made: list[Start] = []

    def start(*options: str, port: int | None = None, **settings: str) -> Start:
        port = port or free_port()
        environment = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HAILONG_STATE": str(state),
            "HAILONG_DATABASE_URL": database_url, "HAILONG_PORT": str(port), **settings,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "app.start", *options], cwd=TOP, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )
        made.append(Start(process, f"http://127.0.0.1:{port}"))
        return made[-1]

    try:
        with durable(database_url):
            yield start
    finally:
        for each in made:
            if each.alive:
                os.killpg(each.process.pid, signal.SIGKILL)
            each.process.communicate()
