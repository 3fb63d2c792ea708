"""What two people do to a wave at once, and an answer that is on its way while the figures are fixed.

On SQLite one writer comes after the other; on PostgreSQL these meet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import server_day
from app.db import transaction
from app.keys import signer
from surveys import collection, conduct, responses
from surveys.errors import Refusal
from surveys.origin import Flag, Language, Mode
from surveys.responses import Place, Submission
from surveys.store import definitions, intake
from surveys.store import waves as store
from surveys.waves import State, Wave
from tests.world import ITEMS, World, answered, build, opened, post

PATIENCE = 1.0
"""seconds for which somebody may be kept waiting, before the test goes on"""


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


def at_once(app: Flask, *steps: Callable[[Session], object]) -> list[str]:
    """Every step in a transaction and a thread of its own, all started together; 'done' or the refusal's code."""
    gate, outcomes = threading.Barrier(len(steps)), []

    def one(step: Callable[[Session], object]) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction() as session:
                    step(session)
                outcomes.append("done")
            except Refusal as refusal:
                outcomes.append(refusal.code)
            except Exception as fault:  # a fault in a thread would go unseen
                outcomes.append(repr(fault))

    threads = [threading.Thread(target=one, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def sending(code: str, number: int) -> Callable[[Session], object]:
    """An answer of its own, at the point."""
    def send(session: Session) -> object:
        wave, point = store.wave(session, "W1"), collection.point(session, code)
        form = definitions.questionnaire(session, wave.questionnaire_id)
        sent = Submission(
            bytes([number]) * 16, dict.fromkeys(ITEMS, "4"), wave.questionnaire_id, Mode.PHONE, Language.VI, 60, Flag(0)
        )
        place = Place(point.province_code, point.cell, point_id=point.id)
        return responses.accept(session, sent, place, form, server_day(), signer())

    return send


@pytest.mark.parametrize("pause", ["before it is written", "before it is committed"])
def test_an_answer_on_its_way_while_a_wave_is_closed_and_fixed_is_counted_or_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, pause: str
):
    """The final table is computed from what is stored when the fixing commits: nothing may come in after it."""
    on_its_way, counted = threading.Event(), []
    write = intake.Statements.add

    def slow(
        self: intake.Statements, cursor: intake.Cursor, row: Mapping[str, object], judged: Mapping[str, object]
    ) -> bool:
        if pause == "before it is committed":
            written = write(self, cursor, row, judged)
        on_its_way.set()
        officer.join(PATIENCE)
        return written if pause == "before it is committed" else write(self, cursor, row, judged)

    monkeypatch.setattr(intake.Statements, "add", slow)

    def close_and_fix() -> None:
        with world.app.app_context():
            on_its_way.wait()
            with transaction() as session:
                conduct.close(session, "W1", server_day())
            with transaction() as session:
                wave = conduct.fix(session, "W1", server_day())
            with transaction() as session:
                counted.append(store.answers_of(session, [wave])[wave.id])

    officer = threading.Thread(target=close_and_fix)
    fields = answered(opened(world), comment="nhanh")  # with a comment it is a transaction on PostgreSQL, too
    officer.start()
    reply = post(world, fields)
    officer.join()
    assert (reply.status_code, world.count()) in {(201, 1), (410, 0)}
    assert counted == [world.count()]


def test_many_answers_while_a_wave_is_closed_and_fixed_are_counted_or_refused(world: World):
    fixed: list[int] = []

    def close(session: Session) -> None:
        conduct.close(session, "W1", server_day())
        wave = conduct.fix(session, "W1", server_day())
        fixed.append(store.answers_of(session, [wave])[wave.id])

    answers = [sending(world.point, number) for number in range(10)]
    outcomes = at_once(world.app, *answers[:8], close, *answers[8:])
    assert set(outcomes) <= {"done", "wave_not_open"}
    assert fixed == [world.count()] == [outcomes.count("done") - 1]


@pytest.mark.parametrize("step", ["open", "close", "fix"])
def test_of_two_officers_who_take_the_same_step_one_is_told(world: World, step: str):
    with world.app.app_context(), transaction() as session:
        if step == "open":
            conduct.create(session, conduct.Plan("W2", "sipas-transaction", "sipas-transaction", "T1"), server_day())
        if step == "fix":
            conduct.close(session, "W1", server_day())
    steps = {"open": conduct.open_, "close": conduct.close, "fix": conduct.fix}
    code = "W2" if step == "open" else "W1"
    outcomes = at_once(world.app, *[lambda session: steps[step](session, code, server_day())] * 3)
    assert outcomes == ["done", "wave_wrong_state", "wave_wrong_state"]


def test_a_wave_is_fixed_or_opened_again_and_never_both(world: World):
    with world.app.app_context(), transaction() as session:
        conduct.close(session, "W1", server_day())
    outcomes = at_once(
        world.app, lambda session: conduct.fix(session, "W1", server_day()),
        lambda session: conduct.reopen(session, "W1", "còn phiếu", None, server_day()),
    )
    assert outcomes == ["done", "wave_wrong_state"]
    with world.app.app_context(), transaction() as session:
        assert store.wave(session, "W1").state in {State.FIXED, State.OPEN}


def test_two_who_make_the_points_at_once_make_each_point_once(world: World):
    def make(session: Session) -> int:
        wave = store.wave(session, "W1")
        return conduct.create_points(session, wave, conduct.tree_of(session, wave))

    assert at_once(world.app, make, make, make) == ["done"] * 3
    assert world.count("point") == 3  # X1 had one; X2 and S1 got theirs


def test_of_two_waves_of_one_code_made_at_once_the_second_is_refused_in_words(world: World):
    def make(session: Session) -> Wave:
        plan = conduct.Plan("W2", "sipas-transaction", "sipas-transaction", "T1")
        return conduct.create(session, plan, server_day())

    assert at_once(world.app, make, make, make) == ["done", "wave_exists", "wave_exists"]


def test_counts_enter_before_the_figures_are_fixed_or_not_at_all(world: World):
    """Counts are weights: a final table of other counts than the stored ones would be a wrong table."""
    with world.app.app_context(), transaction() as session:
        conduct.close(session, "W1", server_day())
        wave = store.wave(session, "W1")
        conduct.set_populations(session, wave, conduct.tree_of(session, wave), {"X1": 7})
    begun, seen = threading.Event(), []

    def fix() -> None:
        with world.app.app_context():
            begun.wait()
            with transaction() as session:
                wave = conduct.fix(session, "W1", server_day())
            with transaction() as session:
                seen.append(sorted(store.populations(session, wave).values()))

    officer = threading.Thread(target=fix)
    officer.start()
    with world.app.app_context():
        with transaction() as session:
            wave = store.wave(session, "W1")
            conduct.set_populations(session, wave, conduct.tree_of(session, wave), {"X1": 120})
            begun.set()
            officer.join(PATIENCE)
        officer.join()
    assert seen == [[120]]


def test_two_who_enter_counts_of_one_unit_at_once_are_both_heard(world: World):
    def enter(size: int) -> Callable[[Session], None]:
        def one(session: Session) -> None:
            wave = store.wave(session, "W1")
            conduct.set_populations(session, wave, conduct.tree_of(session, wave), {"X1": size, "X2": size})
        return one

    assert at_once(world.app, enter(120), enter(90), enter(60)) == ["done"] * 3
