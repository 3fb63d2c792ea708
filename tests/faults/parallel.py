"""64 sends of one answer at the same moment: alike, and under one id with differing words."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.faults import postgres
from tests.faults.crowd import ITEMS, said
from tests.faults.ground import Ground, Server, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace
from tests.faults.visitor import Form, connected, drawn, hung_up, opened, replied

SENDS = 64


def sent_at_once(server: Server, pace: Pace) -> Outcome:
    """Every kind in turn: one row or two tables, the same words or other ones."""
    form, outcome = opened(server), Outcome(runs=0)
    for _ in range(pace.count(1, 10, 250)):
        for talks in (False, True):
            for alike in (True, False):
                _round(server, form, drawn(talks=talks), alike, outcome)
    outcome.corrupt += not server.ground.is_sound()
    return outcome


def _round(server: Server, form: Form, id: bytes, alike: bool, outcome: Outcome) -> None:
    words = [said(id) if alike else said(os.urandom(16)) for _ in range(SENDS)]
    lines = [connected(server) for _ in words]
    try:
        for line, its_words in zip(lines, words, strict=True):
            line.sendall(form.request(form.body(id, its_words)))
        replies = [replied(line) for line in lines]
    finally:
        hung_up(lines)
    outcome.runs += 1
    accepted = [(its_words, body) for its_words, (status, body) in zip(words, replies, strict=True)
                if status in (200, 201)]
    statuses = [status for status, _ in replies]
    outcome.acked += bool(accepted)
    outcome.complain("a success without a genuine acknowledgement",
                     sum(not form.is_genuine(id, body) for _, body in accepted))
    outcome.complain("nobody was acknowledged", not accepted)
    outcome.dup += len({body for _, body in accepted}) > 1  # one answer, acknowledged in two ways
    outcome.dup += max(0, statuses.count(201) - 1)
    if alike:
        outcome.complain("one of the same was refused", SENDS - len(accepted))
    for status in set(statuses) - {200, 201, 409}:
        outcome.complain(f"HTTP {status or 'broken off'}", statuses.count(status))
    outcome.complain("a refusal without a reason", sum(
        status == 409 and b'"answer_conflict"' not in body for status, body in replies))
    _stored(server.ground, id, {its_words for its_words, _ in accepted}, set(words), outcome)


def _stored(ground: Ground, id: bytes, accepted: set[str], sent: set[str], outcome: Outcome) -> None:
    rows = ground.rows()
    its = [answers[:ITEMS] for stored, answers in rows if stored == id]
    others = [answers[:ITEMS] for stored, answers in rows if stored != id and answers[:ITEMS] in sent]
    outcome.lost += bool(accepted) and not its
    outcome.dup += max(0, len(its) - 1) + len(others)
    outcome.dup += sum(times - 1 for times in ground.comments().values())
    outcome.corrupt += len(set(its) - sent)
    # who was told "stored" wrote what is stored
    outcome.corrupt += bool(accepted - set(its))


def _on(make: Callable[[], AbstractContextManager[Ground]], plant: str = "") -> Callable[[Pace], Outcome]:
    def run(pace: Pace) -> Outcome:
        with make() as ground, Server(ground, plant=plant) as server:
            return sent_at_once(server, pace)
    return run


FAULTS = (
    Fault("parallel-sends", _on(sqlite_ground), _on(sqlite_ground, "own-id")),
    Fault("parallel-sends-postgres", _on(postgres.only_ground), _on(postgres.only_ground, "own-id"), postgres.missing),
)
