"""What is due today: each state of a wave, a proposal, an account has its reminder, for who can act on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveys import approvals, audit, today
from surveys.access import Grant, Grants, Role
from surveys.store import accounts, scores
from surveys.store import approvals as approval_store
from surveys.store import units as unit_store
from surveys.store.tables import DraftRow, WaveRow
from surveys.today import Task
from surveys.unit_changes import Line
from surveys.waves import State
from tests.app.wave_of_four import make, record

DAY = date(2026, 11, 20)
MANAGER = Grants((Grant(Role.PROVINCE_MANAGER, "90"),))
NEIGHBOUR = Grants((Grant(Role.PROVINCE_MANAGER, "91"),))
OFFICER = Grants((Grant(Role.UNIT_OFFICER, "902"),))
ADMINISTRATOR = Grants((Grant(Role.ADMINISTRATOR),))


def wave(app: Flask, session: Session, **changed: Any) -> WaveRow:
    """The small province's wave, with some columns changed."""
    found = make(app)
    row = session.get_one(WaveRow, found.id)
    for name, value in {"opens": None, "closes": None, **changed}.items():
        setattr(row, name, value.value if isinstance(value, State) else value)
    session.flush()
    return row


FIRST_STEPS = {"wave_none", "managers_none", "managers_few"}


def codes(session: Session, grants: Grants, actor: str = "lan", day: date = DAY) -> list[str]:
    """But for the first steps of a fresh installation."""
    return [task.code for task in today.due(session, grants, actor, day) if task.code not in FIRST_STEPS]


def first_steps(session: Session, grants: Grants) -> set[str]:
    return {task.code for task in today.due(session, grants, "lan", DAY)} & FIRST_STEPS


def only(tasks: Sequence[Task], code: str) -> Task:
    (found,) = (task for task in tasks if task.code == code)
    return found


@pytest.mark.parametrize("columns, code, days", [
    ({"state": State.OPEN, "closes": DAY + timedelta(days=3)}, "wave_closes", 3),
    ({"state": State.OPEN, "closes": DAY}, "wave_closes", 0),
    ({"state": State.OPEN, "closes": DAY - timedelta(days=1)}, "wave_close_now", -1),
    ({"state": State.CLOSED, "late_until": DAY + timedelta(days=2)}, "wave_late", 2),
    ({"state": State.CLOSED, "late_until": DAY - timedelta(days=1)}, "wave_fix", None),
    ({"state": State.CLOSED}, "wave_fix", None),
    ({"state": State.CLOSED, "training": True}, "training_wipe", None),
    ({"state": State.FIXED}, "wave_publish", None),
])
def test_the_next_step_of_a_wave_is_due_for_who_runs_it(
    app: Flask, session: Session, columns: dict[str, Any], code: str, days: int | None
) -> None:
    wave(app, session, **columns)
    task = only(today.due(session, MANAGER, "lan", DAY), code)
    assert (task.days, task.place, task.at) == (days, "wave", {"wave_code": "W1"})
    for others in (NEIGHBOUR, OFFICER, ADMINISTRATOR, Grants()):
        assert code not in codes(session, others)


@pytest.mark.parametrize("columns", [
    {"state": State.OPEN}, {"state": State.OPEN, "closes": DAY + timedelta(days=30)}, {"state": State.PUBLISHED},
    {"state": State.CORRECTED}, {"state": State.FIXED, "training": True},
])
def test_what_is_far_off_or_done_is_not_due(app: Flask, session: Session, columns: dict[str, Any]) -> None:
    wave(app, session, **columns)
    assert codes(session, MANAGER) == []


def test_a_planned_wave_waits_for_its_checklist_then_for_its_day(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from surveys.conduct import Check, Standing

    wave(app, session, state=State.PLANNED, opens=DAY + timedelta(days=5))
    lines = (Check("x", Standing.MISSING), Check("y", Standing.DONE))
    monkeypatch.setattr("surveys.conduct.checklist", lambda *_: lines)
    assert only(today.due(session, MANAGER, "lan", DAY), "wave_incomplete").count == 1
    monkeypatch.setattr("surveys.conduct.checklist", lambda *_: (Check("y", Standing.WARNING),))
    assert only(today.due(session, MANAGER, "lan", DAY), "wave_opens").days == 5
    assert codes(session, MANAGER, day=DAY + timedelta(days=5)) == ["wave_open_now"]
    assert codes(session, MANAGER, day=DAY - timedelta(days=30)) == []


def test_units_without_an_answer_are_counted_within_the_own_reach(app: Flask, session: Session) -> None:
    found = make(app)
    scores.save(session, found, DAY, [
        record("90"), record("901", n=3, publishable=False), record("902", n=0, estimate=None),
        record("903", series="monitoring", n=2), record("904", n=0), record("906", "item:q1", n=9),
    ])
    assert only(today.due(session, MANAGER, "lan", DAY), "units_silent").count == 4  # 902, 904, 905, 906
    assert only(today.due(session, OFFICER, "lan", DAY), "units_silent").count == 1
    answered = Grants((Grant(Role.UNIT_OFFICER, "901"),))
    assert codes(session, answered) == []
    assert codes(session, NEIGHBOUR) == []


def test_a_proposal_waits_for_everybody_who_may_decide_but_who_made_it(app: Flask, session: Session) -> None:
    wave(app, session, state=State.FIXED)
    made = approvals.propose(
        session, "publication", "wave:W1", {"x": 1}, actor="lan", unit_code="90", reason="", today=DAY
    )
    task = only(today.due(session, MANAGER, "minh", DAY + timedelta(days=2)), "publication_waits")
    assert (task.at, task.subject, task.count) == ({"id": made.id}, "W1", 2)
    assert codes(session, MANAGER, "lan") == []  # asked for already, and not one's own to decide
    for others in (NEIGHBOUR, OFFICER, ADMINISTRATOR):
        assert "publication_waits" not in codes(session, others, "minh")


def test_a_rejection_is_told_to_who_proposed_for_a_fortnight(app: Flask, session: Session) -> None:
    made = approvals.propose(
        session, "publication", "wave:W1", {"x": 1}, actor="lan", unit_code="90", reason="", today=DAY
    )
    approval_store.settle(session, made.id, approvals.State.REJECTED, by="minh", on=DAY, answer="chưa đủ")
    assert codes(session, MANAGER, "lan") == ["proposal_rejected"]
    assert codes(session, MANAGER, "minh") == []
    assert codes(session, MANAGER, "lan", DAY + timedelta(days=15)) == []


def test_drafts_are_their_authors_business(session: Session) -> None:
    for state in ("draft", "rejected", "proposed", "approved"):
        session.add(DraftRow(kind="questionnaire", name=state, content="", author="lan", changed=DAY, revision=1,
                             state=state, note=""))
    session.flush()
    assert sorted(codes(session, MANAGER, "lan")) == ["draft_rejected", "draft_unfinished"]
    assert codes(session, MANAGER, "minh") == []
    assert codes(session, OFFICER, "lan") == []


def test_invitations_and_rights_at_units_that_ended_are_told_to_who_keeps_accounts(
    app: Flask, session: Session
) -> None:
    make(app)
    accounts.add(session, "moi", None, Grant(Role.UNIT_OFFICER, "902"))
    accounts.add(session, "cu", "kept", Grant(Role.UNIT_OFFICER, "903"))
    accounts.add(session, "xong", "kept", Grant(Role.UNIT_OFFICER, "903", None, DAY - timedelta(days=1)))
    assert codes(session, ADMINISTRATOR) == ["invitations_waiting", "audit_never_verified"]
    rows = {unit.code: unit for unit in unit_store.units(session)}
    old = rows["903"]
    ended = date(2026, 9, 30)
    session.get_one(unit_store.UnitRow, old.id).valid_to = ended
    session.flush()
    session.info["units_changed"] = True
    tasks = today.due(session, ADMINISTRATOR, "lan", DAY)
    assert only(tasks, "invitations_waiting").count == 1
    gone = only(tasks, "grants_gone")
    assert (gone.count, gone.subject, gone.at) == (1, "903", {"unit": "903"})
    own = Grants((Grant(Role.ADMINISTRATOR, "90"),))
    assert {"grants_gone", "invitations_waiting"} <= set(codes(session, own))
    other = Grants((Grant(Role.ADMINISTRATOR, "91"),))
    assert not {"grants_gone", "invitations_waiting"} & set(codes(session, other))
    assert codes(session, MANAGER) == []


def test_a_fresh_installation_is_told_its_first_steps(app: Flask, session: Session) -> None:
    assert first_steps(session, MANAGER) == {"wave_none"}
    assert not first_steps(session, ADMINISTRATOR)  # nor are there any accounts
    accounts.add(session, "chief", "kept", Grant(Role.ADMINISTRATOR))
    assert only(today.due(session, ADMINISTRATOR, "chief", DAY), "managers_none").place == "new_account"
    accounts.add(session, "first", "kept", Grant(Role.PROVINCE_MANAGER, "90"))
    assert first_steps(session, ADMINISTRATOR) == {"managers_few"}
    accounts.add(session, "second", "kept", Grant(Role.PROVINCE_MANAGER, "90"))
    assert not first_steps(session, ADMINISTRATOR)
    session.rollback()
    wave(app, session)
    assert not first_steps(session, MANAGER) | first_steps(session, OFFICER)


def test_the_trail_is_due_for_verification_every_week(session: Session) -> None:
    auditor = Grants((Grant(Role.AUDITOR, "90"),))
    unit_store.import_units(session, [Line(2, "90", "Tỉnh", "province", "")])
    assert codes(session, auditor) == ["audit_never_verified"]
    at = 1_795_000_000  # 2026-11-18
    session.info["auditor"] = replace(session.info["auditor"], at=at)
    audit.note(session, "audit.verified", "audit:trail", None, {})
    assert codes(session, auditor) == []
    late = only(today.due(session, auditor, "lan", DAY + timedelta(days=8)), "audit_verify")
    assert (late.count, late.late) == (0, True)
    assert "audit_verify" not in codes(session, MANAGER, day=DAY + timedelta(days=8))


def test_the_nearest_day_ahead_is_told_where_nothing_is_due(app: Flask, session: Session) -> None:
    wave(app, session, state=State.OPEN, closes=DAY + timedelta(days=40))
    found = today.upcoming(session, MANAGER, DAY)
    assert found is not None
    assert (found.code, found.day) == ("wave_closes", DAY + timedelta(days=40))
    assert today.upcoming(session, NEIGHBOUR, DAY) is None


def test_an_interviewer_is_told_honestly_that_keying_comes_later(app: Flask, session: Session) -> None:
    wave(app, session, state=State.OPEN)
    task = only(today.due(session, Grants((Grant(Role.INTERVIEWER, "90"),)), "lan", DAY), "keying_later")
    assert task.place == ""


def test_every_reminder_has_its_words() -> None:
    """Codes are read from the source, so that none can be forgotten."""
    import ast
    import inspect

    from app.today_words import NEXT, TASKS

    told = {
        node.value for node in ast.walk(ast.parse(inspect.getsource(today)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and node.value.startswith(("wave_", "units_", "draft_", "grants_", "invitations_", "audit_", "proposal_",
                                   "training_", "keying_"))
        and node.value not in {"wave_code", "draft_id"}
    } | {f"{kind}_waits" for kind in approvals.KINDS}
    assert told <= {*TASKS, *NEXT}
    assert len(told) > 20
