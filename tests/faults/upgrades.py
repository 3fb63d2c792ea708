"""Old forms in flight while the server is upgraded under them.

Pages outlive programs: a form may be sent four months after it was opened. So four kinds of people answer while the
server is replaced: with a page of this day, opened before the questionnaire got another version; with a page held for
119 days; with that page in a browser without JavaScript, whose body carries neither time nor anything else that a
later release may have come to expect; and with a page that is too old, who have to be told why, each time, so that the
device keeps the answer and a person can be asked to begin anew (that it does: tests/browser/test_respond_delivery.py).

The replacement is what `./hailong upgrade` does: copy, migrate, examine, a new master beside the old one. In the suite
it is new processes in the place of those that serve. The twin is a release that takes only pages of its own day.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app import running
from app.settings import read
from tests.faults import postgres
from tests.faults.crowd import JSON, Wire, said
from tests.faults.ground import TOP, Ground, Server, longest_gap, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace
from tests.migrations.history import PASSPHRASE

HELD, LIFE = 119, 120
"""days since a page was opened that is still good; for how many it is"""
LONGEST = 180
"""seconds of an upgrade on a busy machine"""


def token_of_before(secret: bytes, place: str, cell: int, version: int, opened: date) -> str:
    """As releases made it whose pages are out there. Not the program's own function: that one may change, and then
    has to go on taking these."""
    body = f"{place}|{cell}|{version}|{(opened + timedelta(days=LIFE) - date(1970, 1, 1)).days}"
    mac = hmac.digest(secret, b"hailong page token 1|" + body.encode(), "sha256")[:16]
    return f"{body}|{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@dataclass(frozen=True)
class Tokens:
    held: str
    too_old: str


def revised(ground: Ground) -> Tokens:
    """Hand out another version of the questionnaire; tokens of pages with the version before."""
    from app import create_app, keys, server_day
    from app.db import db, transaction
    from surveys import collection, conduct
    from surveys.store import definitions, waves

    with create_app(read({}, state=ground.state, database_url=ground.url)).app_context():
        with transaction() as session:
            wave = waves.wave(session, "W1")
            cell = collection.point(session, ground.point).cell
            now = definitions.questionnaire(session, wave.questionnaire_id)
            conduct.revise(session, "W1", replace(now, content=secrets.token_hex(32)), server_day())
        made = [
            token_of_before(keys.secret(), f"p:{ground.point}", cell, wave.questionnaire_id, opened)
            for opened in (server_day() - timedelta(days=HELD), server_day() - timedelta(days=LIFE + 1))
        ]
        db.engine.dispose()
    return Tokens(*made)


# ---------------------------------------------------------------- people whose page is too old

class Late:
    """They send all the while, and are refused with a reason each time."""

    def __init__(self, server: Server, token: str) -> None:
        self._server, self._token = server, token
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self.told = 0
        self.untold = 0
        """replies after which a device would not know what to do with the answer"""

    def __enter__(self) -> Late:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _send(self) -> None:
        wire = Wire("127.0.0.1", self._server.port, 20)
        while not self._ended.is_set():
            id = secrets.token_bytes(16)
            fields = {"token": self._token, "id": id.hex()} | {
                f"q{number}": choice for number, choice in enumerate(said(id), 1)
            }
            try:
                status, _, reply = wire.ask("POST", self._server.ground.path, json.dumps(fields).encode(), JSON)
            except (OSError, ValueError, LookupError):
                time.sleep(0.05)  # the server is being replaced
                continue
            if status == 503:
                continue
            # 4xx with a sentence is what app/static/js/send.js takes for an answer: the letter is kept, and shown
            sentence = json.loads(reply).get("sentence") if status == 410 else None
            self.told += bool(sentence)
            self.untold += not sentence
            time.sleep(0.02)
        wire.close()


# ---------------------------------------------------------------- the fault

def in_flight(server: Server, renew: Callable[[], str], pace: Pace) -> Outcome:
    """renew: replaces the server; what was wrong with that, or ''."""
    outcome = Outcome(runs=0)
    with ExitStack() as there:
        crowds = [there.enter_context(server.crowd(pace, threads=6, timeout=20))]  # opened before the new version
        tokens = revised(server.ground)
        for plain in (False, True):
            old = server.crowd(pace, threads=4, token=tokens.held, plain=plain, timeout=20)
            crowds.append(there.enter_context(old))
        late = there.enter_context(Late(server, tokens.too_old))
        for _ in range(pace.count(1, 2, 12)):
            time.sleep(pace.pick(0.3, 1, 3))
            if wrong := renew():
                outcome.complain(wrong)
            outcome.runs += 1
        time.sleep(pace.pick(0.3, 1, 3))
    server.ground.held_against(crowds, outcome)
    outcome.complain("a form that is too old was not refused with a reason", late.untold + (not late.told))
    outcome.notes["acknowledged: this day's page, held 119 days, without JavaScript"] = " ".join(
        str(crowd.told.acked) for crowd in crowds
    )
    outcome.notes["too old, refused with a reason"] = late.told
    outcome.notes["longest time without any acknowledgement, s"] = f"{longest_gap(crowds):.2f}"
    return outcome


def forked(server: Server) -> str:
    """New processes take the place of those that serve: what the suite has time for."""
    before = server.workers()
    os.kill(server.master, signal.SIGHUP)
    last = time.monotonic() + 30
    while not set(server.workers()) - set(before):
        if time.monotonic() > last:
            return "no new process came"
        time.sleep(0.02)
    return ""


class Upgraded(Server):
    """Not supervised: `./hailong upgrade` puts a new master beside the old one, on the same socket."""

    def _supervise(self) -> None:
        # when gunicorn starts itself anew its own folder, with an `app` in it, must not come first
        self._environment |= {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(TOP)}
        self._run()

    def upgrade(self) -> str:
        config = read({}, state=self.ground.state, database_url=self.ground.url)
        before = running.found(config)
        done = subprocess.run(
            [sys.executable, "-m", "app.upgrade"], cwd=TOP, env=self._environment | PASSPHRASE, text=True,
            capture_output=True, timeout=LONGEST, check=False,
        )
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return f"./hailong upgrade ended with {done.returncode}"
        return "" if before and before != running.found(config) else "./hailong upgrade replaced nobody"


@contextmanager
def ground_of(engine: str) -> Iterator[Ground]:
    if engine == "sqlite":
        with sqlite_ground() as ground:
            yield ground
        return
    with postgres.only_ground() as ground:
        yield ground


def run(engine: str, pace: Pace, plant: str = "") -> Outcome:
    with ground_of(engine) as ground, Upgraded(ground, plant=plant) as server:
        return in_flight(server, server.upgrade, pace)


FAULTS = [
    Fault(
        f"upgrade-old-forms-{engine}",
        lambda pace, engine=engine: run(engine, pace),  # type: ignore[misc]
        lambda pace, engine=engine: run(engine, pace, "own-day"),  # type: ignore[misc]
        missing=postgres.missing if engine == "postgresql" else lambda: "",
    )
    for engine in ("sqlite", "postgresql")
]
