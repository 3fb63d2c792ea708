"""Chosen system calls of a program and of all its children, seen before the kernel does them.

Linux's seccomp user notification: a filter lets the named calls wait until we say go on, or fail with this error.
It needs neither a package nor root, and no change of the program; only x86-64 and ARM64 are known here by number.
`go on` means that the kernel does the call as if we were not there.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import functools
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": {
        "write": 1, "pwrite64": 18, "writev": 20, "sendto": 44, "fsync": 74, "fdatasync": 75, "ftruncate": 77,
        "rename": 82, "unlink": 87, "unlinkat": 263, "fallocate": 285, "seccomp": 317,
    },
    "aarch64": {
        "write": 64, "pwrite64": 68, "writev": 66, "sendto": 206, "fsync": 82, "fdatasync": 83, "ftruncate": 46,
        "unlinkat": 35, "fallocate": 47, "seccomp": 277,
    },
}
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER = 1, 8
RET_ALLOW, RET_USER_NOTIF = 0x7FFF0000, 0x7FC00000
LOAD_NUMBER, IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NOTIFICATION = struct.Struct("=QIIiIQ6Q")
"""struct seccomp_notif: id, thread, flags; number, architecture, instruction pointer, six arguments"""
RESPONSE = struct.Struct("=QqiI")
RECEIVE, SEND = 0xC0502100, 0xC0182101
GO_ON = 1


@dataclass(frozen=True)
class Call:
    name: str
    thread: int
    arguments: tuple[int, ...]

    @property
    def descriptor(self) -> int:
        return self.arguments[0]

    @property
    def path(self) -> str:
        """Of the file that the descriptor stands for; sockets and pipes have names of their own there."""
        try:
            return os.readlink(f"/proc/{self.thread}/fd/{self.descriptor}")
        except OSError:
            return ""

    @property
    def offset(self) -> int:
        """Where it writes: said by the call, or by the descriptor's own position."""
        if self.name == "pwrite64":
            return self.arguments[3]
        for line in Path(f"/proc/{self.thread}/fdinfo/{self.descriptor}").read_text().splitlines():
            if line.startswith("pos:"):
                return int(line.split()[1])
        raise ValueError("no position")

    @property
    def data(self) -> bytes:
        """What write, pwrite64 or sendto hand over."""
        return self.memory(self.arguments[1], self.arguments[2])

    @property
    def process(self) -> int:
        for line in Path(f"/proc/{self.thread}/status").read_text().splitlines():
            if line.startswith("Tgid:"):
                return int(line.split()[1])
        return self.thread

    def memory(self, address: int, length: int) -> bytes:
        with open(f"/proc/{self.thread}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            return memory.read(length) or b""

    def text(self, address: int) -> str:
        return self.memory(address, 4096).split(b"\0", 1)[0].decode()


class Watch:
    """`Popen(…, preexec_fn=watch.in_child)`: from then on `decide(call)` says 0, go on, or the errno it fails with.

    May be used for one program after the other. What `decide` raises is kept in `fault`, and the call goes on.
    """

    def __init__(self, names: tuple[str, ...], decide: Callable[[Call], int]) -> None:
        table = NUMBERS[platform.machine()]
        self._names = {table[name]: name for name in names if name in table}
        self._decide = decide
        self.fault: Exception | None = None
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def in_child(self) -> None:
        listener = _listen(list(self._names))
        socket.send_fds(self._theirs, [b"."], [listener])
        os.close(listener)

    def close(self) -> None:
        self._over.set()
        self._theirs.close()
        self._ours.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            if not select.select([self._ours], [], [], 0.2)[0]:
                continue
            try:
                _, [listener], _, _ = socket.recv_fds(self._ours, 1, 1)
            except (OSError, ValueError):
                return
            thread = threading.Thread(target=self._serve, args=(listener,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, listener: int) -> None:
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        try:
            while not self._over.is_set():
                happened = poll.poll(500)
                if happened and not happened[0][1] & select.POLLIN:
                    return  # nobody is left who could call
                if happened:
                    self._one(listener)
        finally:
            os.close(listener)  # whoever waits now gets ENOSYS

    def _one(self, listener: int) -> None:
        buffer = bytearray(NOTIFICATION.size)
        try:
            fcntl.ioctl(listener, RECEIVE, buffer)
        except OSError:  # the caller was killed while it waited
            return
        id, thread, _, number, _, _, *arguments = NOTIFICATION.unpack(buffer)
        error = 0
        try:
            error = self._decide(Call(self._names[number], thread, tuple(arguments)))
        except OSError:
            pass  # gone meanwhile
        except Exception as fault:
            self.fault = fault
        answer = RESPONSE.pack(id, 0, -error, 0) if error else RESPONSE.pack(id, 0, 0, GO_ON)
        with contextlib.suppress(OSError):
            fcntl.ioctl(listener, SEND, answer)


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def _listen(numbers: list[int]) -> int:
    """Put the filter on this process; the descriptor on which its calls are told."""
    lines = [(LOAD_NUMBER, 0, 0, 0)]
    for place, number in enumerate(numbers):
        lines.append((IF_EQUAL, len(numbers) - place, 0, number))
    lines += [(RETURN, 0, 0, RET_ALLOW), (RETURN, 0, 0, RET_USER_NOTIF)]
    code = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    program = _Program(len(lines), code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    listener: int = libc.syscall(
        NUMBERS[platform.machine()]["seccomp"], SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
        ctypes.byref(program),
    )
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


@functools.cache
def missing() -> str:
    """Why calls cannot be watched here; empty where they can."""
    if platform.machine() not in NUMBERS:
        return f"system calls of {platform.machine()} are not known by number"
    said: list[bytes] = []

    def decide(call: Call) -> int:
        said.append(call.data)
        return 0

    watch = Watch(("write",), decide)
    try:
        done = subprocess.Popen(
            [sys.executable, "-S", "-c", "import os; os.write(1, b'watched')"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=watch.in_child,
        )
        try:
            code = done.wait(20)
        except subprocess.TimeoutExpired:
            done.send_signal(signal.SIGKILL)
            code = done.wait()
    except (OSError, subprocess.SubprocessError) as fault:
        return f"no seccomp notification here ({type(fault).__name__})"
    finally:
        watch.close()
    return "" if code == 0 and b"watched" in said else "no seccomp notification here"
