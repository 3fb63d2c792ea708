"""A flush that fails (EIO): nothing that it was to keep is acknowledged, and the process leaves.

After a failed flush the kernel may have forgotten what it was to write, and says so only once: the next flush of the
same process would succeed and mean nothing.
"""

from __future__ import annotations

import time

from tests.faults.ground import Server, is_alive, recovery, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace
from tests.faults.media import Disk
from tests.faults.syscalls import missing

GONE = 5.0
"""seconds in which the process is gone"""


def flush(pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground:
        disk = Disk(ground.state)
        try:
            with Server(ground, plant=plant, prepared=disk.watch.in_child, FAULTS_CHECKPOINT="200") as server:
                return failed_flushes(server, disk, pace)
        finally:
            disk.close()


def failed_flushes(server: Server, disk: Disk, pace: Pace) -> Outcome:
    outcome = Outcome(runs=0)
    moments: list[float] = []
    unshaken = disk.unshaken
    with server.crowd(pace, threads=8) as crowd:
        time.sleep(pace.pick(0.2, 0.5, 1))
        for number in range(pace.count(2, 20, 500)):
            checkpoint = number % 10 == 9  # of the database itself: nobody waits for that, and nothing may be lost
            before = len(disk.failed)
            disk.failing = "hailong.db" if checkpoint else "hailong.db-wal"
            began = time.monotonic()
            while len(disk.failed) == before and time.monotonic() - began < 20:
                time.sleep(0.005)
            if len(disk.failed) == before:
                disk.failing = ""
                outcome.complain("no flush came to fail")
                continue
            outcome.runs += 1
            failed = disk.failed[before]
            moments.append(failed.moment)
            while not checkpoint and is_alive(failed.process):
                if time.monotonic() - failed.moment > GONE * pace.leniency:
                    outcome.complain("the process went on after a failed flush")
                    break
                time.sleep(0.01)
            time.sleep(0.1)
    outcome.complain("a process flushed again after a failed flush", disk.unshaken - unshaken)
    server.ground.held_against([crowd], outcome)
    for moment in moments:
        outcome.recovered(recovery([crowd], moment), GONE * pace.leniency)
    return outcome


FAULTS = (Fault("fsync-error", flush, lambda pace: flush(pace, "deaf"), missing),)
