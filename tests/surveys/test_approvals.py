"""Four eyes: nothing is done on one person's word, exactly what was proposed is done, and once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveys import access, approvals
from surveys.access import AccessRefusal, Action, Grant, Grants, Role
from surveys.approvals import Kind, Proposal, State
from surveys.errors import NotFound, Refusal
from surveys.store import audit as trail
from surveys.units import Kind as UnitKind
from surveys.units import Unit, UnitTree

TODAY = date(2026, 11, 24)
DOCUMENT = {"b": [1, 2, {"ngày": "2026-11-24"}], "a": "Đợt 2026", "c": None}
done: list[Proposal] = []


def approved(session: Session, proposal: Proposal, today: date) -> None:
    if proposal.subject == "refuses":
        raise Refusal("contacts_absent")
    done.append(proposal)


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    done.clear()
    plain = Kind(Action.PUBLISH, Action.PUBLISH, __name__, "approved")
    monkeypatch.setattr(approvals, "KINDS", {**approvals.KINDS, "publication": plain})


def proposed(session: Session, subject: str = "wave:W1", actor: str = "lan") -> Proposal:
    return approvals.propose(
        session, "publication", subject, DOCUMENT, actor=actor, unit_code="T1", reason=" Đủ phiếu ", today=TODAY
    )


def decide(session: Session, id: int, ok: bool = True, actor: str = "minh", answer: str = "Đồng ý") -> Proposal:
    return approvals.decide(session, id, ok, actor=actor, answer=answer, today=TODAY)


def test_exactly_the_proposed_document_is_carried_out_by_a_second_person(session: Session):
    made = proposed(session)
    assert (made.state, made.reason) == (State.WAITING, "Đủ phiếu")
    decided = decide(session, made.id)
    assert done == [decided]
    assert done[0].document == DOCUMENT
    assert (decided.state, decided.decided_by, decided.decided) == (State.APPROVED, "minh", TODAY)
    noted = [(entry.action, entry.subject) for entry in trail.entries(session)]
    assert noted == [("proposal.made", f"proposal:{made.id}"), ("proposal.approved", f"proposal:{made.id}")]


@pytest.mark.parametrize("actor", ["lan", "LAN"])
@pytest.mark.parametrize("ok", [True, False])
def test_nobody_decides_on_their_own_proposal(session: Session, actor: str, ok: bool):
    made = proposed(session)
    with pytest.raises(Refusal, match="approval_same_person"):
        decide(session, made.id, ok, actor=actor)
    assert approvals.by_id(session, made.id).state is State.WAITING
    assert not done


def test_a_proposal_is_decided_once(session: Session):
    made = proposed(session)
    decide(session, made.id, ok=False)
    for ok in (True, False):
        with pytest.raises(Refusal, match="approval_decided"):
            decide(session, made.id, ok, actor="hoa")
    with pytest.raises(Refusal, match="approval_decided"):
        approvals.withdraw(session, made.id, actor="lan", today=TODAY)
    assert not done
    assert approvals.by_id(session, made.id).decided_by == "minh"


def test_a_rejection_says_why(session: Session):
    made = proposed(session)
    with pytest.raises(Refusal, match="approval_answer_missing"):
        decide(session, made.id, ok=False, answer="  ")
    assert decide(session, made.id, ok=False, answer="Thiếu phiếu").answer == "Thiếu phiếu"
    assert not done


def test_only_the_proposer_withdraws(session: Session):
    made = proposed(session)
    with pytest.raises(NotFound):
        approvals.withdraw(session, made.id, actor="minh", today=TODAY)
    assert approvals.withdraw(session, made.id, actor="lan", today=TODAY).state is State.WITHDRAWN
    assert not approvals.waiting(session)


def test_the_same_waits_only_once(session: Session):
    made = proposed(session)
    with pytest.raises(Refusal, match="approval_waiting"):
        proposed(session, actor="hoa")
    assert approvals.waiting(session) == [made]
    decide(session, made.id)
    assert proposed(session).id != made.id


def test_what_cannot_be_carried_out_is_not_decided(app: Flask, session: Session):
    made = proposed(session, "refuses")
    session.commit()
    with pytest.raises(Refusal, match="contacts_absent"):
        decide(session, made.id)
    session.rollback()
    assert approvals.by_id(session, made.id).state is State.WAITING


def test_what_nobody_answers_for_is_not_proposed(session: Session):
    session.info.clear()
    with pytest.raises(Refusal, match="audit_nobody"):
        proposed(session)


def test_of_two_who_decide_at_once_one_wins(app: Flask, session: Session):
    from app.db import transaction

    made = proposed(session)
    session.commit()
    gate, outcomes = threading.Barrier(4), []

    def one(actor: str, ok: bool) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction() as own:
                    own.info["auditor"] = replace(session.info["auditor"], actor=actor)
                    decide(own, made.id, ok, actor=actor)
                outcomes.append(ok)
            except Refusal as refusal:
                outcomes.append(refusal.code)

    threads = [threading.Thread(target=one, args=(f"p{n}", n % 2 == 0)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("approval_decided") == 3
    assert len(done) == sum(outcome is True for outcome in outcomes)


@pytest.mark.parametrize("kind", sorted(approvals.KINDS))
def test_every_kind_that_proposes_has_somebody_to_decide(kind: str):
    wanted = approvals.KINDS[kind]
    for action in (wanted.propose, wanted.approve):
        assert any(action in held for held in access.ROLES.values())


@pytest.mark.parametrize("kind", sorted(approvals.KINDS))
def test_every_kind_is_carried_out_by_a_function_that_exists(kind: str):
    import importlib

    registered = approvals.KINDS[kind]
    assert callable(getattr(importlib.import_module(registered.module), registered.function))


def _unit(code: str, kind: UnitKind, parent: str | None) -> Unit:
    return Unit(None, code, code, kind, parent, date.min, None, None)


TREE = UnitTree(TODAY, [
    _unit("T1", UnitKind.PROVINCE, None), _unit("X1", UnitKind.COMMUNE, "T1"), _unit("U9", UnitKind.PROVINCE, None),
])
WAITING = Proposal(1, "publication", "wave:W1", "T1", {}, "", "lan", TODAY, State.WAITING)


def grants(role: Role, unit: str | None) -> Grants:
    return Grants((Grant(role, unit),))


def test_only_who_holds_the_action_where_it_applies_may_decide():
    approvals.require(grants(Role.PROVINCE_MANAGER, "T1"), TREE, WAITING)
    for foreign in ("U9", "X1"):
        with pytest.raises(NotFound):
            approvals.require(grants(Role.PROVINCE_MANAGER, foreign), TREE, WAITING)
    for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.UNIT_OFFICER, Role.ANALYST):
        with pytest.raises(NotFound):
            approvals.require(grants(role, "T1"), TREE, WAITING)


def test_who_may_only_propose_sees_and_does_not_decide():
    definition = replace(WAITING, kind="definition", unit_code=None)
    with pytest.raises(AccessRefusal):
        approvals.require(grants(Role.ANALYST, "T1"), TREE, definition)
    approvals.require(grants(Role.PROVINCE_MANAGER, "U9"), TREE, definition)
    with pytest.raises(NotFound):
        approvals.require(grants(Role.PROVINCE_MANAGER, "X1"), TREE, definition)


def test_one_own_proposal_does_not_wait_for_oneself():
    manager = grants(Role.PROVINCE_MANAGER, "T1")
    assert approvals.for_me([WAITING], manager, TREE, "minh") == [WAITING]
    assert approvals.for_me([WAITING], manager, TREE, "lan") == []
    assert approvals.for_me([replace(WAITING, state=State.APPROVED)], manager, TREE, "minh") == []


def test_the_deciding_view_is_the_only_caller(root):
    """`decide` does not know the grants: whoever calls it has asked `require` first."""
    callers = {
        path.relative_to(root).as_posix() for folder in ("app", "surveys") for path in (root / folder).rglob("*.py")
        if "approvals.decide(" in path.read_text(encoding="utf-8")
    }
    assert callers <= {"app/views/approvals.py"}


