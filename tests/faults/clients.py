"""Slow clients, on gunicorn alone and behind the shipped nginx: many of them, and honest answers meanwhile."""

from __future__ import annotations

import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count, cycle
from pathlib import Path

from bench import _nginx
from tests.faults.ground import Server, longest_gap, recovery, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace
from tests.faults.visitor import Form, hung_up, opened
from tests.starting import free_port

KINDS = ("heads", "bodies", "readers", "half-closed", "vanishing")
HOLDING = KINDS[:4]
"""those that stay"""
SLOWEST = 1.0
"""seconds from drawing an id to its acknowledgement; a waiting thread would make it as long as they stay"""
BACK = 2.0
"""seconds until all is as before when they leave"""
SPEED = 40
"""answers a second behind nginx, whose sample takes fifty from one address"""

Connect = Callable[[], socket.socket]


class Slow:
    """Some clients of a kind, as a context: they come, do little for long, and leave."""

    def __init__(self, form: Form, connect: Connect, kinds: tuple[str, ...], number: int) -> None:
        self._form = form
        self._connect = connect
        self._kinds = kinds
        self._number = number
        self._lines: list[tuple[socket.socket, str, Iterator[int]]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._trickle, daemon=True)

    def __enter__(self) -> Slow:
        for kind, _ in zip(cycle(self._kinds), range(self._number), strict=False):
            self._come(kind)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        hung_up(line for line, _, _ in self._lines)

    def _come(self, kind: str) -> None:
        with suppress(OSError):  # whoever is not let in comes again
            line = self._connect()
            self._lines.append((line, kind, count(40)))
            if kind == "readers":
                line.sendall(f"GET {self._form.path} HTTP/1.1\r\nHost: {self._form.host}\r\n\r\n".encode() * 60)
            elif kind == "half-closed":
                whole = self._whole()
                line.sendall(whole if len(self._lines) % 2 else whole[:-30])  # after an answer, and within one
                line.shutdown(socket.SHUT_WR)
            else:
                line.sendall(self._whole()[: 40 if kind == "heads" else -300])

    def _whole(self) -> bytes:
        return self._form.request(b"x" * 1000)  # no answer, so that nothing of it may ever be stored

    def _trickle(self) -> None:
        while not self._stop.wait(0.25):
            kept = []
            for line, kind, place in self._lines:
                try:
                    if kind == "vanishing":
                        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        line.close()
                        raise ConnectionResetError
                    if kind in {"heads", "bodies"}:
                        at = next(place)
                        line.sendall(self._whole()[at : at + 1] if kind == "heads" else b"x")
                    kept.append((line, kind, place))
                except OSError:
                    line.close()
            gone = [kind for _, kind, _ in self._lines]
            self._lines = kept
            for _, kind, _ in kept:
                gone.remove(kind)
            for kind in gone:
                self._come(kind)


def beset(server: Server, pace: Pace, connect: Connect, form: Form, **crowd: object) -> Outcome:
    """Every kind by itself, and all together; in the suite the last alone."""
    outcome = Outcome(runs=0)
    for kinds in [HOLDING] if pace.fast else [*((kind,) for kind in KINDS), KINDS]:
        with server.crowd(pace, threads=8, **crowd) as honest:
            time.sleep(pace.pick(0.1, 1, 5))
            with Slow(form, connect, kinds, pace.count(100, 200, 500)):
                time.sleep(pace.pick(2.2, 5, 60))
            moment = time.monotonic()
            time.sleep(pace.pick(0.2, 1, 5))
        outcome.runs += 1
        server.ground.held_against([honest], outcome)
        server.ground.emptied()
        outcome.recovered(recovery([honest], moment), BACK * pace.leniency)
        gap, slowest = longest_gap([honest]), honest.told.slowest
        outcome.complain(f"{'+'.join(kinds)}: somebody waited for long", slowest > SLOWEST * min(pace.leniency, 1.5))
        outcome.notes[f"{'+'.join(kinds)}: acknowledged; longest time without; slowest, s"] = (
            f"{len(honest.acks)}; {gap:.2f}; {slowest:.2f}")
    return outcome


# ---------------------------------------------------------------- bare

def beset_bare(server: Server, pace: Pace) -> Outcome:
    def connect() -> socket.socket:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(5)
        line.connect(("127.0.0.1", server.port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    return beset(server, pace, connect, opened(server))


def bare(pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground, Server(ground, plant=plant) as server:
        return beset_bare(server, pace)


# ---------------------------------------------------------------- behind nginx

@contextmanager
def nginx(server: Server, unlike: Mapping[str, str] | None = None) -> Iterator[_nginx.Trial]:
    with tempfile.TemporaryDirectory(prefix="hl-nginx-") as folder, \
            _nginx.running(Path(folder), free_port(), free_port(), server.port, unlike) as trial:
        yield trial


def beset_behind(server: Server, trial: _nginx.Trial, pace: Pace) -> Outcome:
    context = ssl.create_default_context(cafile=str(trial.authority))
    addresses = (f"127.0.0.{number}" for number in cycle(range(2, 250)))  # the sample limits each address

    def connect() -> socket.socket:
        line = socket.create_connection(("127.0.0.1", trial.tls), 5, (next(addresses), 0))
        return context.wrap_socket(line, server_hostname=_nginx.NAME)

    form = opened(server)
    form = Form(_nginx.NAME, form.path, form.token, form.verify)
    return beset(server, pace, connect, form, url=f"http://127.0.0.1:{trial.tls}", authority=str(trial.authority),
                 name=_nginx.NAME, pause=8 / SPEED)


def behind(pace: Pace, plant: str = "", unlike: Mapping[str, str] | None = None) -> Outcome:
    with sqlite_ground() as ground, Server(
        ground, plant=plant, HAILONG_PUBLIC_URL=f"https://{_nginx.NAME}", HAILONG_TRUSTED_PROXIES="1"
    ) as server, nginx(server, unlike) as trial:
        return beset_behind(server, trial, pace)


UNBUFFERED = {"proxy_request_buffering on": "proxy_request_buffering off"}


def no_nginx() -> str:
    return "" if _nginx.program() else "nginx is not installed"


FAULTS = (
    Fault("slow-clients-bare", bare, lambda pace: bare(pace, "waits")),
    Fault("slow-clients-nginx", behind, lambda pace: behind(pace, "waits", UNBUFFERED), no_nginx),
)
