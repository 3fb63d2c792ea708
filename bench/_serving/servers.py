"""Servers to be measured: each a gunicorn of two workers with eight threads, all alive at once and idle but one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

TOP = Path(__file__).resolve().parent.parent.parent
SHAPE = ["--workers", "2", "--threads", "8", "--worker-class", "gthread", "--preload", "--log-level", "warning"]
"""the same as our own settings have"""


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    roots: tuple[int, ...]
    """processes whose trees do its work: gunicorn's master, and the database server's where there is one"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def peer(kind: str, database: str = "", *, also: tuple[int, ...] = (), preload: str = "") -> Iterator[Server]:
    """One of `bench._serving.peers`."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", *SHAPE, "--bind", f"127.0.0.1:{port}", "bench._serving.peers:app"]
    with _running(command, {"PEER": kind, "PEER_DATABASE": database}, port, preload) as process:
        yield Server(kind, port, (process.pid, *also))


@contextmanager
def ours(
    state: Path, database_url: str, *, single: bool = False, also: tuple[int, ...] = (), preload: str = ""
) -> Iterator[Server]:
    """Our own server on a state that is ready; single: with a commit for each answer."""
    port = free_port()
    module = "bench._serving.single:app" if single else "wsgi:app"
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", module]
    settings = {
        "HAILONG_STATE": str(state), "HAILONG_PORT": str(port), "HAILONG_BIND": "127.0.0.1",
        **({"HAILONG_DATABASE_URL": database_url} if database_url.startswith("postgresql") else {}),
    }
    with _running(command, settings, port, preload) as process:
        yield Server("single" if single else "ours", port, (process.pid, *also))


@contextmanager
def _running(
    command: list[str], settings: Mapping[str, str], port: int, preload: str
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(TOP), **settings}
    if preload:
        environment["LD_PRELOAD"] = preload
    process = subprocess.Popen(
        command, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        last = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > last:
                    raise RuntimeError(f"no server: {command}") from None
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class PostgreSQL:
    url: str
    pid: int


@contextmanager
def postgresql(preload: str = "") -> Iterator[PostgreSQL]:
    """A server of our own with Debian's settings: every commit is flushed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parts[-2]))
    if not found:
        raise FileNotFoundError("PostgreSQL's server programs are missing: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="hl-", dir="/var/tmp"))  # /tmp may be memory, which flushes for nothing
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        identity = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        subprocess.run(
            [found[-1] / "initdb", "-D", folder / "data", "-U", "hailong", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-instructions"], check=True, cwd=folder, stdout=subprocess.DEVNULL, **identity,
        )
        environment = {"PATH": os.environ["PATH"], **({"LD_PRELOAD": preload} if preload else {})}
        process = subprocess.Popen(
            [found[-1] / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, **identity,
        )
        stack.callback(process.wait, 30)
        stack.callback(process.terminate)
        server = f"postgresql://hailong@/postgres?host={folder}"
        last = time.monotonic() + 30
        while True:
            try:
                with psycopg.connect(server, autocommit=True) as connection:
                    connection.execute("CREATE DATABASE serving TEMPLATE template0")
                break
            except psycopg.OperationalError:
                if time.monotonic() > last:
                    raise
                time.sleep(0.1)
        yield PostgreSQL(server.replace("/postgres?", "/serving?"), process.pid)


SLOW_FLUSH = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int later(const char *name, int file) {
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    usleep(5000);
    return real(file);
}
int fsync(int file) { return later("fsync", file); }
int fdatasync(int file) { return later("fdatasync", file); }
"""


def slow_flush(folder: Path) -> str:
    """A library that makes every flush 5 ms slower when preloaded; '' where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return ""
    source, made = folder / "slow.c", folder / "slow.so"
    source.write_text(SLOW_FLUSH)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return str(made)
