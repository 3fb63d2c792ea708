"""Requests over many connections at once, and how long each took.

One process with one selector: the load must leave the processors to the servers. Every connection sends its next
request when the reply to the last one is there (a closed loop), so that a slow server is not buried.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """Of one run: how many replies of each status, seconds of each request in ascending order, seconds of it all."""

    statuses: Counter[int]
    seconds: list[float]
    wall: float

    @property
    def done(self) -> int:
        return len(self.seconds)

    def quantile(self, share: float) -> float:
        """Seconds that this share of the requests stayed below. Raises IndexError without requests."""
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


@dataclass
class _Line:
    """One connection."""

    socket: socket.socket
    sent: float = 0.0
    waits: bool = False
    """for a reply"""
    received: bytearray = field(default_factory=bytearray)


def run(port: int, connections: int, count: int, request: Callable[[], bytes], *, patience: float = 120.0) -> Outcome:
    """Send `count` requests, at most one at a time on each connection.

    request: makes the bytes of the next one. Raises TimeoutError when no reply comes for `patience` seconds.
    """
    chosen = selectors.DefaultSelector()
    statuses: Counter[int] = Counter()
    seconds: list[float] = []
    left = count
    began = time.perf_counter()

    def send(line: _Line) -> None:
        nonlocal left
        left -= 1
        line.sent, line.waits = time.perf_counter(), True
        line.socket.sendall(request())

    def opened() -> _Line:
        line = _Line(socket.create_connection(("127.0.0.1", port), timeout=30))
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen.register(line.socket, selectors.EVENT_READ, line)
        return line

    for _ in range(min(connections, count)):
        send(opened())
    while len(seconds) < count:
        ready = chosen.select(patience)
        if not ready:
            raise TimeoutError(f"{len(seconds)} of {count} replies")
        for key, _ in ready:
            line: _Line = key.data
            data = line.socket.recv(262_144)
            line.received += data
            status = _status(line.received, closed=not data)
            if status is None and data:
                continue
            if line.waits:
                statuses[status or 0] += 1
                seconds.append(time.perf_counter() - line.sent)
                line.waits = False
            again = not data or b"connection: close" in bytes(line.received[:1024]).lower()
            line.received.clear()
            if again:
                chosen.unregister(line.socket)
                line.socket.close()
                if left > 0:
                    send(opened())
            elif left > 0:
                send(line)
    wall = time.perf_counter() - began
    for key in list(chosen.get_map().values()):
        key.data.socket.close()
    chosen.close()
    return Outcome(statuses, sorted(seconds), wall)


def _status(received: bytearray, *, closed: bool) -> int | None:
    """The status of a reply that is there as a whole; None as long as it is not."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    start = head.find(b"content-length:")
    if start < 0:
        whole = closed or b"\r\n0\r\n\r\n" in received[-7:] or head[9:12] in {b"204", b"304"}
        return int(head[9:12]) if whole else None
    length = int(head[start + 15 :].split(b"\r\n", 1)[0])
    return int(head[9:12]) if len(received) >= end + 4 + length else None
