"""Which process serves this installation: a small file in the state folder, written by the server when it is ready.

A number alone would not do: after a crash another program may have it. So the file also keeps when the process
began; what does not fit is nobody. (Not gunicorn's own pid file, which keeps a server from starting when the number
in it is taken by somebody else.)
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from app.settings import Settings


@dataclass(frozen=True)
class Server:
    """The master of a running server."""

    pid: int
    began: int
    """in the kernel's ticks since the machine started"""
    supervised: str
    """who starts it again: 'systemd', 'container', '' for nobody"""

    @property
    def alive(self) -> bool:
        return _began(self.pid) == self.began


def note(settings: Settings) -> None:
    """This process serves from now on; a full disk keeps nobody from serving."""
    with suppress(OSError):
        keep(settings, Server(os.getpid(), _began(os.getpid()), _supervisor()))


def keep(settings: Settings, server: Server) -> None:
    """Note that another process serves. Raises OSError."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(server)))
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def forget(settings: Settings) -> None:
    """This process serves no longer; what another one noted meanwhile stays."""
    noted = _noted(settings)
    if noted is not None and noted.pid == os.getpid():
        _path(settings).unlink(missing_ok=True)


def found(settings: Settings) -> Server | None:
    """The server that runs over this state folder."""
    noted = _noted(settings)
    return noted if noted is not None and noted.alive else None


def workers_of(pid: int) -> int:
    """How many processes the master has started and not lost."""
    count = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, IndexError):
                count += int(_stat(int(folder.name))[1]) == pid
    return count


def _path(settings: Settings) -> Path:
    return settings.state / "server.json"


def _noted(settings: Settings) -> Server | None:
    try:
        return Server(**json.loads(_path(settings).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on; the second may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _began(pid: int) -> int:
    """When the process began; -1: there is none, or only its remains."""
    try:
        fields = _stat(pid)
        return -1 if fields[0] == "Z" else int(fields[19])
    except (OSError, ValueError, IndexError):
        return -1


def _supervisor() -> str:
    if os.environ.get("INVOCATION_ID") and os.environ.get("NOTIFY_SOCKET"):
        return "systemd"
    return "container" if os.getpid() == 1 else ""
