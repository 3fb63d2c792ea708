"""The keys are rotated while citizens answer, each with a page of the keys of its day.

Everybody holds one page and goes on answering with it over the rotations that come, and each acknowledgement has to
verify with the key in that page. Between two rotations other people open the form anew. The twin believes only the
keys that sign now: what any library does whose one setting is the secret key.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from app.settings import read
from tests.faults.ground import Ground, Server, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace


def run(pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground, Server(ground, plant=plant) as server:
        return rotated(server, pace)


def rotated(server: Server, pace: Pace) -> Outcome:
    outcome = Outcome(runs=0)
    rotate = rotating(server.ground)
    wait = pace.pick(0.3, 1, 4)
    crowds = [server.crowd(pace, threads=8)]
    with crowds[0]:  # with its one page to the end
        for _ in range(pace.count(2, 4, 20)):
            if not pace.fast:
                crowds.append(server.crowd(pace, threads=4))
                with crowds[-1]:
                    time.sleep(wait)
                    outcome.runs += rotate()
                    time.sleep(wait)
                continue
            time.sleep(wait)
            outcome.runs += rotate()
        crowds.append(server.crowd(pace, threads=4, most=10))
        with crowds[-1]:
            crowds[-1].finish()
    server.ground.held_against(crowds, outcome)
    outcome.complain("a rotation failed", pace.count(2, 4, 20) - outcome.runs)
    pages = sum(crowd.told.acked > 0 for crowd in crowds)
    outcome.complain("a page got no acknowledgement that it can verify", len(crowds) - pages)
    outcome.notes["pages, each with the keys of its day"] = len(crowds)
    return outcome


def rotating(ground: Ground) -> Callable[[], bool]:
    """Rotates by the command, as people do; whether it succeeded."""
    from app import create_app
    from app.db import db

    app = create_app(read({}, state=ground.state, database_url=ground.url))

    def rotate() -> bool:
        done = app.test_cli_runner().invoke(args=["keys", "rotate"])
        with app.app_context():
            db.engine.dispose()  # a command ends, and its connections with it
        return done.exit_code == 0

    return rotate


FAULTS = (Fault("key-rotation", run, lambda pace: run(pace, "one-key"), loaded=True),)
