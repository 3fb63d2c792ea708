"""The real server, gunicorn with its own configuration, on a database that a test has furnished."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from tests.postgres import durable
from tests.starting import LONGEST, TOP, free_port


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Served:
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    """everything it said, on either stream"""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, timeout: float = 30.0, **headers: str
    ) -> Reply:
        """One request on a connection of its own. headers: 'X_Forwarded_For' for 'X-Forwarded-For'."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            reply = line.getresponse()
            return Reply(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            line.close()

    def stop(self) -> str:
        """End it politely; what it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)
        return self.log.read_text(encoding="utf-8")


@contextmanager
def served(settings: Settings, folder: Path, application: str = "wsgi:app", **environment: str) -> Iterator[Served]:
    """Serve until the block ends. folder: for its log; environment: settings beside those given."""
    port = free_port()
    log = folder / "server.log"
    given = {
        "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HAILONG_STATE": str(settings.state),
        "HAILONG_DATABASE_URL": settings.database_url, "HAILONG_PORT": str(port), **environment,
    }
    command = [sys.executable, "-m", "gunicorn", "--config", str(TOP / "gunicorn.conf.py"), application]
    with durable(settings.database_url):
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=TOP, env=given, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        server = Served(process, port, log)
        try:
            _until_it_answers(server)
            yield server
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def _until_it_answers(server: Served) -> None:
    last = time.monotonic() + LONGEST
    while True:
        try:
            assert server.ask("/healthz").status == 200
            return
        except OSError:
            assert server.process.poll() is None, server.log.read_text(encoding="utf-8")
            assert time.monotonic() < last, "the server did not answer"
            time.sleep(0.1)
