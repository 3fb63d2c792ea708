"""A wave is planned by a checklist, changes only as its state allows, and every step is on record."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import transaction
from app.keys import secret, signer
from surveys import collection, conduct, responses
from surveys.conduct import Plan, Standing
from surveys.errors import WaveRefusal
from surveys.imports import read_batch, store_batch
from surveys.origin import Basis, Flag, Language, Mode
from surveys.responses import Place, Submission
from surveys.sheets import Sheet
from surveys.store import definitions
from surveys.store import waves as store
from surveys.store.tables import AuditRow
from surveys.waves import State, Target, Wave
from tests.world import ITEMS, World, build

DAY = date(2026, 7, 1)
PLAN = Plan(
    "W2", "sipas-transaction", "sipas-transaction", "T1", title="Đợt hai", target=Target(0.9, ">="), opens=DAY,
    closes=date(2026, 7, 31), late_until=date(2026, 8, 10), populations={"X1": 120, "X2": 80},
)


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


@pytest.fixture
def planned(world: World, session: Session) -> Wave:
    return conduct.create(session, PLAN, DAY)


def standing(session: Session, wave: Wave, today: date = DAY) -> dict[str, Standing]:
    return {check.code: check.standing for check in conduct.checklist(session, wave, today)}


def actions(session: Session, subject: str) -> list[str]:
    return list(session.scalars(select(AuditRow.action).where(AuditRow.subject == subject).order_by(AuditRow.seq)))


def test_a_plan_is_kept_as_it_was_made(planned: Wave, session: Session):
    assert (planned.opens, planned.closes, planned.late_until, planned.target) == (
        PLAN.opens, PLAN.closes, PLAN.late_until, 0.9)
    assert replace(conduct.plan_of(session, planned), populations=PLAN.populations) == replace(
        PLAN, units_day=DAY, official=frozenset({Basis.SAMPLE, Basis.DOSSIERS}))
    tree = conduct.tree_of(session, planned)
    assert store.populations(session, planned) == {tree.unit("X1").id: 120, tree.unit("X2").id: 80}
    assert actions(session, "wave:W2") == ["wave.created", "wave.populations"]


def test_the_checklist_names_what_is_there_and_what_is_not(planned: Wave, session: Session):
    assert standing(session, planned) == {
        "form_approved": Standing.DONE, "method": Standing.DONE, "units": Standing.DONE, "days": Standing.DONE,
        "bases": Standing.DONE, "populations": Standing.WARNING, "target": Standing.DONE,
        "places_none": Standing.WARNING,
    }
    told = {check.code: check.details for check in conduct.checklist(session, planned, DAY)}
    assert told["populations"] == {"counted": 2, "units": 3}  # two communes and a department are judged
    assert conduct.create_points(session, planned, conduct.tree_of(session, planned)) == 3
    assert standing(session, planned)["places"] is Standing.DONE


@pytest.mark.parametrize("changes, code", [
    ({"closes": DAY - timedelta(days=1), "opens": None, "late_until": None}, "days_past"),
    ({"official": frozenset({Basis.HOUSEHOLD})}, "bases_unfit"),
])
def test_a_wave_does_not_open_while_a_required_line_is_missing(
    world: World, session: Session, changes: dict[str, object], code: str
):
    wave = conduct.create(session, replace(PLAN, **changes), DAY)  # type: ignore[arg-type]  # fields of the plan
    assert standing(session, wave)[code] is Standing.MISSING
    with pytest.raises(WaveRefusal, match="wave_not_ready") as refused:
        conduct.open_(session, "W2", DAY)
    assert code in str(refused.value.details["missing"])
    assert store.wave(session, "W2").state is State.PLANNED


def test_open_official_is_allowed_and_said(world: World, session: Session):
    wave = conduct.create(session, replace(PLAN, official=frozenset({Basis.OPEN})), DAY)
    assert standing(session, wave)["bases_open"] is Standing.WARNING
    assert conduct.open_(session, "W2", DAY).state is State.OPEN


def test_a_plan_changes_only_before_the_wave_opens(planned: Wave, session: Session):
    changed = conduct.edit(session, "W2", replace(PLAN, title="Tên mới", populations={}), DAY)
    assert changed.title == "Tên mới"
    with pytest.raises(WaveRefusal, match="wave_units_in_use"):
        conduct.edit(session, "W2", replace(PLAN, units_day=DAY + timedelta(days=1)), DAY)
    conduct.open_(session, "W2", DAY)
    with pytest.raises(WaveRefusal, match="wave_not_planned"):
        conduct.edit(session, "W2", PLAN, DAY)


def test_the_trail_says_what_a_change_was_and_why(planned: Wave, session: Session):
    conduct.open_(session, "W2", DAY)
    conduct.close(session, "W2", DAY + timedelta(days=3))
    conduct.reopen(session, "W2", "Mất điện", DAY + timedelta(days=9), DAY + timedelta(days=4))
    last = session.scalars(select(AuditRow).order_by(AuditRow.seq.desc()).limit(1)).one()
    assert (last.action, last.subject) == ("wave.reopened", "wave:W2")
    assert json.loads(last.before or "") == {"closes": "2026-07-04", "state": "closed"}
    assert json.loads(last.after or "") == {"closes": "2026-07-10", "state": "open", "reason": "Mất điện"}


def test_closing_early_sets_the_last_day_and_a_fixed_wave_never_opens_again(planned: Wave, session: Session):
    conduct.open_(session, "W2", DAY)
    assert conduct.close(session, "W2", DAY + timedelta(days=3)).closes == DAY + timedelta(days=3)
    with pytest.raises(WaveRefusal, match="wave_reason_missing"):
        conduct.reopen(session, "W2", "  ", None, DAY + timedelta(days=3))
    fixed = conduct.fix(session, "W2", DAY + timedelta(days=4))
    assert (fixed.state, fixed.fixed) == (State.FIXED, DAY + timedelta(days=4))
    with pytest.raises(WaveRefusal, match="wave_wrong_state"):
        conduct.reopen(session, "W2", "Xin mở lại", None, DAY + timedelta(days=4))
    with pytest.raises(WaveRefusal, match="wave_fixed"):
        conduct.set_populations(session, fixed, conduct.tree_of(session, fixed), {"X1": 7})


@pytest.mark.parametrize("state, day, mode, taken", [
    (State.OPEN, 15, Mode.PHONE, True), (State.OPEN, 15, Mode.PAPER, True),
    (State.OPEN, 33, Mode.PHONE, False), (State.OPEN, 33, Mode.PAPER, True),
    (State.CLOSED, 33, Mode.PAPER, True), (State.CLOSED, 33, Mode.KIOSK, False),
    (State.CLOSED, 33, Mode.INTERVIEWER, False), (State.CLOSED, 33, None, False),
    (State.CLOSED, 41, Mode.PAPER, True), (State.CLOSED, 42, Mode.PAPER, False),
    (State.FIXED, 33, Mode.PAPER, False), (State.PUBLISHED, 33, Mode.PAPER, False),
])
def test_late_paper_alone_is_taken_and_only_in_time(
    planned: Wave, state: State, day: int, mode: Mode | None, taken: bool
):
    wave, today = replace(planned, state=state), DAY + timedelta(days=day - 1)
    assert wave.takes_answers(today, mode) is taken
    assert wave.ended(today) is not (state in {State.OPEN, State.CLOSED} and day <= 41)


def sent(wave: Wave, mode: Mode) -> Submission:
    return Submission(
        secrets.token_bytes(16), dict.fromkeys(ITEMS, "4"), wave.questionnaire_id, mode, Language.VI, None, Flag.NONE
    )


def test_the_late_rule_holds_where_answers_enter(planned: Wave, session: Session):
    """Through the very function that every mode calls."""
    conduct.create_points(session, planned, conduct.tree_of(session, planned))
    point = collection.points(session, planned)[0]
    form = definitions.questionnaire(session, planned.questionnaire_id)
    here = Place("T1", point.cell, point.id)
    code = collection.draw_slips(1)
    collection.issue(session, planned, conduct.tree_of(session, planned), "X1", code, secret(), DAY)
    slip = collection.slip(session, code[0], [secret()], DAY)
    conduct.open_(session, "W2", DAY)
    conduct.close(session, "W2", DAY + timedelta(days=3))
    late = DAY + timedelta(days=5)

    def accept(mode: Mode, place: Place = here) -> None:
        responses.accept(session, sent(planned, mode), place, form, late, signer())

    accept(Mode.PAPER)
    for mode in (Mode.PHONE, Mode.KIOSK, Mode.TELEPHONE):
        with pytest.raises(WaveRefusal, match="wave_not_open"):
            accept(mode)
    with pytest.raises(WaveRefusal, match="wave_not_open"):
        accept(Mode.PAPER, Place("T1", slip.cell, slip=slip))
    conduct.fix(session, "W2", late)
    with pytest.raises(WaveRefusal, match="wave_not_open"):
        accept(Mode.PAPER)
    assert store.answers_of(session, [planned]) == {planned.id: 1}


def test_late_paper_may_come_by_file_if_it_was_filled_in_before(planned: Wave, session: Session):
    form, tree = definitions.questionnaire(session, planned.questionnaire_id), conduct.tree_of(session, planned)
    conduct.open_(session, "W2", DAY)
    wave, late = conduct.close(session, "W2", DAY + timedelta(days=3)), DAY + timedelta(days=5)

    def taken(mode: str, day: str) -> int:
        sheet = Sheet(("unit", "mode", "day", "q1"), [(2, ["X1", mode, day, "4"])])
        batch = read_batch(wave, tree, form, sheet, late)
        return store_batch(session, wave, batch, f"{mode}{day}".encode()).responses

    assert taken("paper", "2026-07-03") == 1
    for mode, day, code in [("phone", "2026-07-03", "late_mode"), ("", "2026-07-03", "late_mode"),
                            ("paper", "2026-07-05", "late_day"), ("paper", "", "late_day")]:
        with pytest.raises(Exception, match=code):
            taken(mode, day)
    with pytest.raises(WaveRefusal, match="wave_import_closed"):
        read_batch(wave, tree, form, Sheet(("unit",), []), DAY + timedelta(days=60))
    # the wave closed between reading the file and storing it
    batch = read_batch(replace(wave, state=State.OPEN), tree, form, Sheet(("unit", "q1"), [(2, ["X1", "4"])]), late)
    with pytest.raises(WaveRefusal, match="wave_import_closed"):
        store_batch(session, wave, batch, b"another")


def test_counts_come_with_every_fault_named(planned: Wave, session: Session):
    tree = conduct.tree_of(session, planned)
    sheet = Sheet(("unit", "name", "size"), [
        (2, ["X1", "Xã Một", "12"]), (3, ["X9", "Xã Khác", "5"]), (4, ["X2", "Phường Hai", "1.5"]),
        (5, ["X1", "Xã Một", "3"]), (6, ["S1"]), (7, ["S1", "Sở Thử", "999999999"]),
    ])
    with pytest.raises(WaveRefusal, match="population_faulty") as refused:
        conduct.read_populations(planned, tree, sheet)
    assert [(fault.code, fault.row) for fault in refused.value.faults] == [
        ("unit_unknown", 3), ("number_malformed", 4), ("unit_repeated", 5), ("row_ragged", 6), ("number_malformed", 7),
    ]


def test_points_are_made_for_every_unit_once(planned: Wave, session: Session):
    tree = conduct.tree_of(session, planned)
    assert conduct.create_points(session, planned, tree) == 3
    assert conduct.create_points(session, planned, tree) == 0
    assert {tree.by_id(point.unit_id).code for point in collection.points(session, planned)} == {"X1", "X2", "S1"}


def test_what_changes_a_wave_is_refused_where_nobody_answers_for_it(planned: Wave, session: Session):
    del session.info["auditor"]
    for change in (
        lambda: conduct.set_populations(session, planned, conduct.tree_of(session, planned), {"X1": 5}),
        lambda: conduct.edit(session, "W2", replace(PLAN, title="Tên mới", populations={}), DAY),
        lambda: conduct.open_(session, "W2", DAY),
    ):
        with pytest.raises(Exception, match="audit_nobody"):
            change()


def test_two_transactions_do_not_both_open_a_wave(world: World, app: Flask):
    """The second finds the state that the first left."""
    with app.app_context():
        with transaction() as session:
            conduct.create(session, PLAN, DAY)
        with transaction() as session:
            conduct.open_(session, "W2", DAY)
        with pytest.raises(WaveRefusal, match="wave_wrong_state"), transaction() as session:
            conduct.open_(session, "W2", DAY)
