"""kill -9: of a random worker again and again, and of the master."""

from __future__ import annotations

import os
import random
import signal
import time

from tests.faults.ground import Server, is_alive, longest_gap, recovery, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace

EVERY = 0.4
"""seconds between two kills of workers"""
WORKER, MASTER, ORPHANS = 1.0, 5.0, 3.0
"""seconds: until a worker is back, until a supervised master serves, until nobody of the old master is left"""


def worker(pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground, Server(ground, plant=plant) as server:
        return killed_workers(server, pace)


def killed_workers(server: Server, pace: Pace) -> Outcome:
    """Every tenth time all of them at once, and then nobody for a while: that is where recovery is measured."""
    outcome = Outcome(runs=0)
    back: list[float] = []
    alone: list[float] = []
    processes = pace.count(1, 1, 2)
    with server.crowd(pace, processes=processes, threads=16 // processes) as crowd:
        for number in range(pace.count(3, 20, 120)):
            time.sleep(EVERY)
            workers = server.workers()
            all_of_them = number % 10 == pace.count(2, 9, 9)
            victims = workers if all_of_them else random.sample(workers, min(1, len(workers)))
            for victim in victims:
                os.kill(victim, signal.SIGKILL)
                outcome.runs += 1
            moment = time.monotonic()
            if victims:
                back.append(server.until_replaced(victims, len(workers)))
            if all_of_them:
                alone.append(moment)
                time.sleep(pace.pick(0.6, 2, 2))
    server.ground.held_against([crowd], outcome)
    for moment in alone:
        outcome.recovered(recovery([crowd], moment), WORKER * pace.leniency)
    outcome.notes["worker forked again after, s (longest)"] = f"{max(back, default=0):.3f}"
    outcome.notes["longest time without any acknowledgement, s"] = f"{longest_gap([crowd]):.2f}"
    outcome.notes["slowest answer, all its tries, s"] = f"{crowd.told.slowest:.2f}"
    return outcome


def master(pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground, Server(ground, plant=plant) as server:
        return killed_masters(server, pace)


def killed_masters(server: Server, pace: Pace) -> Outcome:
    outcome = Outcome(runs=0)
    kills: list[float] = []
    gone: list[float] = []
    served: list[float] = []
    with server.crowd(pace, threads=16) as crowd:
        for _ in range(pace.count(1, 4, 20)):
            time.sleep(pace.pick(0.5, 1.5, 2.5))
            orphans, victim = server.workers(), server.master
            os.kill(victim, signal.SIGKILL)
            kills.append(time.monotonic())
            outcome.runs += 1
            while any(map(is_alive, orphans)) and time.monotonic() - kills[-1] < 20:
                time.sleep(0.01)
            gone.append(time.monotonic() - kills[-1])
            while server.master == victim:
                time.sleep(0.01)
            server.until_ready()  # for somebody who connects anew
            served.append(time.monotonic() - kills[-1])
    server.ground.held_against([crowd], outcome)
    most = ORPHANS * min(pace.leniency, 4)  # without help they stay for half a minute
    outcome.complain(f"orphans after {ORPHANS:g} s", sum(each > most for each in gone))
    for moment, seconds in zip(kills, served, strict=True):
        outcome.recovered(max(seconds, recovery([crowd], moment)), MASTER * pace.leniency)
    outcome.notes["orphans gone after, s (longest)"] = f"{max(gone, default=0):.2f}"
    outcome.notes["longest time without any acknowledgement, s"] = f"{longest_gap([crowd]):.2f}"
    return outcome


# ---------------------------------------------------------------- a long season

def season(pace: Pace, plant: str = "") -> Outcome:
    """Many answers, and now and then something is killed."""
    outcome = Outcome(runs=0)
    kills: list[tuple[float, float]] = []
    with sqlite_ground() as ground, Server(ground, plant=plant) as server:
        with server.crowd(pace, processes=2, threads=16) as crowd:
            last = time.monotonic() + pace.pick(2, 12, 300)
            while time.monotonic() < last:
                time.sleep(random.uniform(1, pace.pick(2, 3, 8)))
                whole = random.random() < 0.1
                if victims := [server.master] if whole else server.workers():
                    os.kill(random.choice(victims), signal.SIGKILL)
                    kills.append((time.monotonic(), MASTER if whole else WORKER))
                    outcome.runs += 1
                if whole:
                    time.sleep(MASTER)
            server.until_ready()
            time.sleep(1)
        ground.held_against([crowd], outcome)
    for moment, most in kills:
        outcome.recovered(recovery([crowd], moment), most * pace.leniency)
    return outcome


FAULTS = (
    Fault("kill-worker", worker, lambda pace: worker(pace, "early")),
    Fault("kill-master", master, lambda pace: master(pace, "early")),
    Fault("long-season", season, lambda pace: season(pace, "early"), loaded=True),
)
