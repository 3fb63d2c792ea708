"""The server's clock jumps, by hours, days and years, forward and back, while answers come.

Promised: nothing is lost or doubled; an answer sent again after a jump is the same answer, acknowledged alike; the day
that is stored is the day the server shows; a form is taken for as long as it was promised and then refused with a
reason; nobody waits for a clock that was set back, and nothing spins.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app.settings import Settings
from surveys.tokens import LIFE
from tests.faults import postgres
from tests.faults.ground import Ground, Server, recovery, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace
from tests.faults.visitor import Form, connected, drawn, opened, replied

HOUR, DAY = 3600.0, 86400.0
NEAR = (2 * HOUR, -2 * HOUR, DAY, -DAY, 90 * DAY, -400 * DAY, 119 * DAY, -3650 * DAY, 0.0)
"""seconds by which the clock is wrong, one after the other; forms in people's hands are good in all of them"""
FAR = (LIFE.total_seconds() + 2 * DAY, 3650 * DAY, 20000 * DAY)
"""and here they are too old"""
BACK = 1.0
"""seconds until answers are taken after a jump"""
BUSY = 0.5
"""share of a processor that a server takes at most while nobody comes"""

Set = Callable[[float], None]


def set_by(file: Path) -> Set:
    """Sets the clock of the server that was given FAULTS_CLOCK=file."""
    def be_wrong(seconds: float) -> None:
        new = file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(file)  # nobody reads half a number
    return be_wrong


def jumped(server: Server, set_clock: Set, pace: Pace) -> Outcome:
    outcome = Outcome(runs=0)
    moments: list[float] = []
    set_clock(0)
    known = _Known(server, opened(server), outcome)
    days = set(_shown(0.0))
    with server.crowd(pace, threads=8) as crowd:
        for _ in range(pace.count(1, 2, 10)):
            for wrong in NEAR[::3] + NEAR[-2:] if pace.fast else NEAR:
                set_clock(wrong)
                moments.append(time.monotonic())
                days |= _shown(wrong)
                time.sleep(pace.pick(0.1, 0.5, 2))
                known.looked_at(wrong)
                outcome.runs += 1
    for wrong in FAR:
        set_clock(wrong)
        days |= _shown(wrong)
        known.too_old()
        known.opened_anew(wrong)
        outcome.runs += 1
    set_clock(0)
    known.looked_at(0)
    outcome.complain("it spins", _busy(server, pace.pick(0.3, 1, 2)) > BUSY)
    server.ground.held_against([crowd], outcome)
    outcome.acked += len(known.acks)
    outcome.lost += len(known.acks.keys() - {id for id, _ in server.ground.rows()})
    outcome.corrupt += sum(times for day, times in server.ground.days().items() if day not in days)
    for moment in moments:
        outcome.recovered(recovery([crowd], moment), BACK * pace.leniency)
    return outcome


class _Known:
    """Somebody with a form in the hand, who sends what was sent before once more after each jump."""

    def __init__(self, server: Server, form: Form, outcome: Outcome) -> None:
        self._server = server
        self._form = form
        self._outcome = outcome
        self.acks: dict[bytes, bytes] = {}
        self.looked_at(0)

    def looked_at(self, wrong: float) -> None:
        for id, before in self.acks.items():
            status, body = self._send(self._form, id)
            self._outcome.complain(f"HTTP {status} for what was stored before the jump", status != 200)
            self._outcome.dup += status in (200, 201) and body != before
        self._fresh(self._form, wrong)

    def opened_anew(self, wrong: float) -> None:
        form = opened(self._server)
        days = {day + LIFE.days for day in _shown(wrong)}
        self._outcome.complain("a form is good until another day than it should", _expires(form) not in days)
        id = self._fresh(form, wrong)
        del self.acks[id]  # checked here; its form is of another time

    def too_old(self) -> None:
        status, body = self._send(self._form, drawn())
        self._outcome.complain("a form that is too old is not refused with the reason",
                               status != 410 or b'"token_expired"' not in body)

    def _fresh(self, form: Form, wrong: float) -> bytes:
        id, days = drawn(), _shown(wrong)
        status, body = self._send(form, id)
        self._outcome.complain(f"HTTP {status} for a fresh answer", status != 201)
        self._outcome.complain("not acknowledged", not form.is_genuine(id, body))
        dates = {date.fromordinal(day + _EPOCH).isoformat() for day in days | _shown(wrong)}
        self._outcome.corrupt += not any(f'"day":"{date}"'.encode() in body for date in dates)
        self.acks[id] = body
        return id

    def _send(self, form: Form, id: bytes) -> tuple[int, bytes]:
        with connected(self._server, 5) as line:
            line.sendall(form.request(form.body(id)))
            return replied(line)


_EPOCH = date(1970, 1, 1).toordinal()


def _shown(wrong: float) -> set[int]:
    """The day that the server shows, counted from 1970; at midnight two."""
    moment = datetime.fromtimestamp(time.time() + wrong, ZoneInfo(Settings.timezone))
    return {moment.date().toordinal() - _EPOCH}


def _expires(form: Form) -> int:
    return int(form.token.split("|")[3])


def _busy(server: Server, seconds: float) -> float:
    """Share of a processor that the workers take."""
    before = _ticks(server)
    time.sleep(seconds)
    return (_ticks(server) - before) / os.sysconf("SC_CLK_TCK") / seconds


def _ticks(server: Server) -> int:
    total = 0
    for worker in server.workers():
        with suppress(OSError):
            words = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            total += int(words[11]) + int(words[12])
    return total


def _on(make: Callable[[], AbstractContextManager[Ground]], plant: str = "") -> Callable[[Pace], Outcome]:
    def run(pace: Pace) -> Outcome:
        with make() as ground:
            file = ground.folder / "clock"
            with Server(ground, plant=plant, FAULTS_CLOCK=str(file)) as server:
                return jumped(server, set_by(file), pace)
    return run


FAULTS = (
    Fault("clock-jumps", _on(sqlite_ground), _on(sqlite_ground, "today")),
    Fault("clock-jumps-postgres", _on(postgres.only_ground), _on(postgres.only_ground, "today"), postgres.missing),
)
