"""A disk that does as it is told: full for some files, a flush that fails, and a record of all that reached it."""

from __future__ import annotations

import errno
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.syscalls import Call, Watch

WRITES = ("write", "pwrite64", "writev", "fallocate", "ftruncate")
FLUSHES = ("fsync", "fdatasync")
REPLY = re.compile(rb'"id":\s*"([0-9a-f]{32})"')
SUCCESS = re.compile(rb"HTTP/1\.1 20[01] ")


@dataclass(frozen=True)
class Event:
    """One thing that happened to the files, or one acknowledgement that left."""

    kind: str
    """'write', 'truncate', 'flush', 'unlink', 'ack'"""
    file: str = ""
    offset: int = 0
    data: bytes = b""
    """for 'ack' the id"""


@dataclass
class FailedFlush:
    process: int
    moment: float


@dataclass
class Disk:
    """Between the server and its files, by `Watch`; every attribute may be changed while the server runs."""

    folder: Path
    """of the state: the database's files are in it"""
    full: re.Pattern[str] | None = None
    """what the paths of files that take nothing more contain"""
    failing: str = ""
    """ending of the name of the file whose next flush after a write fails, once"""
    failed: list[FailedFlush] = field(default_factory=list)
    unshaken: int = 0
    """flushes by a process after one of its flushes of a WAL failed"""
    refused: int = 0
    """writes that found no room"""
    recording: bool = False
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dirty: set[str] = set()
        self._deceived: set[int] = set()
        self._head: dict[tuple[int, int], bool] = {}
        self._lock = threading.Lock()
        self.watch = Watch((*WRITES, *FLUSHES, "unlink", "unlinkat", "sendto"), self._decide)

    def close(self) -> None:
        self.watch.close()
        if self.watch.fault is not None:
            raise self.watch.fault

    def _decide(self, call: Call) -> int:
        with self._lock:  # after the master was killed, the old and the new one are heard at the same time
            if call.name == "sendto":
                if self.recording:
                    self._sent(call)
                return 0
            if call.name in {"unlink", "unlinkat"}:
                if self.recording:
                    self._unlinked(call)
                return 0
            path = call.path
            if call.name in FLUSHES:
                return self._flush(call, path)
            return self._write(call, path)

    def _write(self, call: Call, path: str) -> int:
        if self.full is not None and self.full.search(path):
            self.refused += 1
            return errno.ENOSPC
        self._dirty.add(path)
        if self.recording and self._is_ours(path):
            name = path.rpartition("/")[2]
            if call.name == "ftruncate":
                self.events.append(Event("truncate", name, call.arguments[1]))
            elif call.name in {"write", "pwrite64"}:
                self.events.append(Event("write", name, call.offset, call.data))
            else:
                raise NotImplementedError(f"{call.name} on {name}")
        return 0

    def _flush(self, call: Call, path: str) -> int:
        if self.failing and path.endswith(self.failing) and path in self._dirty:
            self.failing = ""
            self.failed.append(FailedFlush(call.process, time.monotonic()))
            if path.endswith("-wal"):
                self._deceived.add(call.process)
            return errno.EIO
        if self._deceived and path.endswith("-wal") and path in self._dirty:
            self.unshaken += call.process in self._deceived
        self._dirty.discard(path)
        if self.recording and self._is_ours(path):
            self.events.append(Event("flush", path.rpartition("/")[2]))
        elif self.recording and path == str(self.folder):
            self.events.append(Event("flush"))
        return 0

    def _sent(self, call: Call) -> None:
        data = call.data
        # gunicorn may send head and body apart
        key = (call.process, call.descriptor)
        if data.startswith(b"HTTP/1.1 "):
            self._head[key] = bool(SUCCESS.match(data))
        if self._head.get(key) and (found := REPLY.search(data)):
            self.events.append(Event("ack", data=bytes.fromhex(found.group(1).decode())))

    def _unlinked(self, call: Call) -> None:
        path = call.text(call.arguments[0 if call.name == "unlink" else 1])
        if self._is_ours(path):
            self.events.append(Event("unlink", path.rpartition("/")[2]))

    def _is_ours(self, path: str) -> bool:
        """The database and its journals; what shares memory is made anew after a power cut."""
        name = path.rpartition("/")[2]
        return path.startswith(f"{self.folder}/hailong.db") and not name.endswith("-shm")
