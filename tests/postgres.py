"""A real PostgreSQL for one test run: Debian's own binaries, a socket in a private folder, no network.

The server is a direct child of the test process and the kernel ends it with its parent, so even a killed
run leaves nothing behind. As root it runs as the system user `postgres`, because initdb refuses root.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

ROLE = "hailong"
FAST = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "max_connections": "60",
    "shared_buffers": "64MB", "autovacuum": "off", "max_wal_senders": "0", "wal_level": "minimal",
    "timezone": "UTC",
}
"""A test database may be lost at a power cut; everything else is as in production."""

PR_SET_PDEATHSIG = 1


@dataclass
class Server:
    url: str
    """address of a database from which others may be created"""
    template: str
    """name of the migrated, empty database that others are copied from"""
    process: subprocess.Popen[bytes] | None = None
    folder: Path | None = None

    def stop(self) -> None:
        if self.process is None:
            from tests.databases import drop_database

            drop_database(self.url, self.template)
            return
        self.process.send_signal(signal.SIGINT)  # 'fast' shutdown
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def start_server(given: str | None) -> Server:
    """The server at `given`, or a new one; either way with a migrated template database in it."""
    from tests.databases import make_template

    server = Server(given, "") if given else _start(binaries())
    try:
        server.template = make_template(server.url)
    except BaseException:
        if server.process:
            server.stop()
        raise
    return server


def binaries() -> Path:
    if found := list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        return max(found, key=lambda path: float(path.parts[-3])).parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    raise pytest.UsageError(
        "PostgreSQL's server programs are missing: apt-get install postgresql, or set TEST_DATABASE_URL"
    )


def _start(binaries: Path) -> Server:
    folder = Path(tempfile.mkdtemp(prefix="hl-", dir=short_folder()))
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        identity = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", "-U", ROLE, "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
        check=True, cwd=folder, stdout=subprocess.DEVNULL, **identity,
    )
    with open(folder / "data" / "postgresql.conf", "a") as file:  # not on the command line: `durable` changes some
        file.writelines(f"{name} = '{value}'\n" for name, value in FAST.items())
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-k", folder],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=die_with_parent, **identity,
        )
    server = Server(f"postgresql://{ROLE}@/postgres?host={folder}", "", process, folder)
    try:
        _await(server)
    except BaseException:
        server.stop()
        raise
    return server


NEEDS_DURABILITY = 7_310_002
"""number of an advisory lock: shared by all who need the server to be as in production"""


@contextmanager
def durable(url: str) -> Iterator[None]:
    """The server as production has it, with fsync, while anybody needs it: else `app.start` refuses to start."""
    if not url.startswith("postgres"):
        yield
        return
    with psycopg.connect(driver_address(url, "postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock_shared(%s)", [NEEDS_DURABILITY])
        _switch(connection, "on")
        try:
            yield
        finally:
            connection.execute("SELECT pg_advisory_unlock_shared(%s)", [NEEDS_DURABILITY])
            if connection.execute("SELECT pg_try_advisory_lock(%s)", [NEEDS_DURABILITY]).fetchone() == (True,):
                _switch(connection, "off")


def _switch(connection: psycopg.Connection[Any], value: str) -> None:
    for name in ("fsync", "full_page_writes"):
        connection.execute(f"ALTER SYSTEM SET {name} = {value}")  # type: ignore[arg-type]  # our own words
    connection.execute("SELECT pg_reload_conf()")
    last = time.monotonic() + 10
    while connection.execute("SHOW fsync").fetchone() != (value,) and time.monotonic() < last:
        time.sleep(0.02)


def short_folder() -> str | None:
    """A socket's path has room for 107 bytes."""
    return None if len(tempfile.gettempdir()) < 70 else "/tmp"


def die_with_parent() -> None:
    """Runs in the child, after it became `postgres`: changing the user would clear it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _await(server: Server, seconds: float = 30) -> None:
    assert server.process is not None
    assert server.folder is not None
    last = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(driver_address(server.url)).close()
            return
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > last:
                raise RuntimeError((server.folder / "log").read_text(errors="replace")) from None
            time.sleep(0.05)


def driver_address(url: str, database: str | None = None) -> str:
    """The address as psycopg itself reads it, for another database of the same server if named."""
    parsed = make_url(url).set(drivername="postgresql")
    if database is not None:
        parsed = parsed.set(database=database)
    return parsed.render_as_string(hide_password=False)
