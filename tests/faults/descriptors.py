"""No file descriptors: idle sockets take all that a worker has; or the limit falls below what is open."""

from __future__ import annotations

import resource
import socket
import time
from contextlib import suppress

from tests.faults.ground import Server, longest_gap, recovery, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace
from tests.faults.visitor import connected, hung_up

LIMIT = 96
"""descriptors of each process"""
BACK = 2.0
"""seconds until answers are taken again"""
UNHEARD = 1.0
"""seconds for which nobody may be acknowledged while idle sockets fill the server"""


def limited() -> None:
    """In a child that is to be the server."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def filled(server: Server, pace: Pace) -> Outcome:
    """Idle sockets, more than there is room for; whoever answers is served all the same."""
    outcome = Outcome(runs=0)
    before = server.workers()
    idle: list[socket.socket] = []
    with server.crowd(pace, threads=8, timeout=5) as crowd:
        for _ in range(pace.count(1, 3, 20)):
            last = time.monotonic() + pace.pick(0.8, 3, 10)
            while time.monotonic() < last:
                with suppress(OSError):
                    idle.append(connected(server, 1))
                time.sleep(0.001 if len(idle) % 50 else 0.05)
                if len(idle) > 4 * LIMIT:
                    hung_up(idle[:LIMIT])
                    del idle[:LIMIT]
            hung_up(idle)
            idle.clear()
            outcome.runs += 1
            time.sleep(pace.pick(0.1, 0.5, 1))
    server.ground.held_against([crowd], outcome)
    gap = longest_gap([crowd])
    outcome.complain("nobody was acknowledged for long", gap > UNHEARD * min(pace.leniency, 2))
    outcome.complain("a worker ended", before != server.workers())
    outcome.notes["longest time without any acknowledgement, s"] = f"{gap:.2f}"
    return outcome


def taken_away(server: Server, pace: Pace) -> Outcome:
    """Not one more can be opened for a while, by anybody in the workers; nobody helps but whoever frees some."""
    outcome = Outcome(runs=0)
    moments: list[float] = []
    before = server.workers()
    with server.crowd(pace, threads=8, timeout=1) as crowd:
        for _ in range(pace.count(1, 4, 30)):
            time.sleep(pace.pick(0.3, 1, 2))
            kept: dict[int, tuple[int, int]] = {}
            for worker in server.workers():
                with suppress(ProcessLookupError):
                    kept[worker] = resource.prlimit(worker, resource.RLIMIT_NOFILE)
                    resource.prlimit(worker, resource.RLIMIT_NOFILE, (3, kept[worker][1]))
            time.sleep(pace.pick(0.8, 3, 10))
            for worker, limits in kept.items():
                with suppress(ProcessLookupError):
                    resource.prlimit(worker, resource.RLIMIT_NOFILE, limits)
            moments.append(time.monotonic())
            outcome.runs += 1
        time.sleep(pace.pick(0.3, 2, 3))
    server.ground.held_against([crowd], outcome)
    for moment in moments:
        outcome.recovered(recovery([crowd], moment), BACK * pace.leniency)
    outcome.complain("a worker ended", before != server.workers())
    outcome.notes["connections broken"] = dict(crowd.told.broken)
    return outcome


def idle_sockets(pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground, Server(ground, plant=plant, prepared=limited) as server:
        return filled(server, pace)


def none_left(pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground, Server(ground, plant=plant) as server:
        return taken_away(server, pace)


FAULTS = (
    Fault("descriptors-idle-sockets", idle_sockets, lambda pace: idle_sockets(pace, "frail")),
    Fault("descriptors-none-left", none_left, lambda pace: none_left(pace, "frail")),
)
