"""What waits for a second person, on the page: exactly what will be done, and who may say so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import approval_words
from surveys import approvals
from surveys.access import Action, Role
from surveys.approvals import Kind, Proposal, State
from surveys.errors import Refusal
from tests.app import staff
from tests.world import World, build

TODAY = date(2026, 11, 24)
DOCUMENT = {"wave": "W1", "decision": "2160/QĐ-UBND", "odd": "<i>x</i>", "list": ["a", 1], "nested": {"b": None}}


def approved(session: Session, proposal: Proposal, today: date) -> None:
    if proposal.reason == "hỏng":
        raise Refusal("contacts_absent")


@pytest.fixture
def world(app: Flask, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    plain = Kind(Action.PUBLISH, Action.PUBLISH, __name__, "approved")
    monkeypatch.setattr(approvals, "KINDS", {**approvals.KINDS, "publication": plain})
    return build(app, tmp_path)


def proposed(session: Session, reason: str = "Đã đủ phiếu", subject: str = "wave:W1") -> int:
    made = approvals.propose(session, "publication", subject, DOCUMENT, actor="province_manager.t1", unit_code="T1",
                             reason=reason, today=TODAY)
    session.commit()
    return made.id


def signed_in(app: Flask, role: Role, unit: str) -> FlaskClient:
    client = app.test_client()
    staff.sign_in(client, role, unit)
    return client


def decide(client: FlaskClient, id: int, **fields: str):
    return staff.send(client, f"/approvals/{id}/decision", fields, form_at=f"/approvals/{id}")


def test_everything_that_will_be_done_is_shown_and_escaped(app: Flask, world: World, session: Session):
    id = proposed(session)
    page = other_manager(app).get(f"/approvals/{id}").text
    for said in ("2160/QĐ-UBND", "&lt;i&gt;x&lt;/i&gt;", "a, 1", "Số quyết định"):
        assert said in page
    assert "<i>x</i>" not in page


def other_manager(app: Flask) -> FlaskClient:
    """A second manager of T1."""
    from app.db import transaction
    from surveys.access import Grant
    from surveys.store import accounts, sessions

    client = app.test_client()
    with app.app_context(), transaction() as session:
        account = accounts.add(session, "minh", "not a hash", Grant(Role.PROVINCE_MANAGER, "T1"))
        accounts.change(session, account.id, second_factor="set up")
        number = sessions.start(session, account.id, int(time.time()), "")
    with client.session_transaction() as cookie:
        cookie["staff"] = number
    return client


def test_the_list_says_what_waits_for_me_and_what_i_asked_for(app: Flask, world: World, session: Session):
    id = proposed(session)
    first, second = signed_in(app, Role.PROVINCE_MANAGER, "T1"), other_manager(app)
    mine, others = first.get("/approvals/").text, second.get("/approvals/").text
    assert "Ông/Bà đã đề nghị" in mine
    assert "Không có đề nghị nào chờ Ông/Bà" in mine
    assert "Ông/Bà đã đề nghị" not in others
    assert f"/approvals/{id}" in others
    assert "Không có đề nghị nào chờ" not in others


def test_a_second_person_confirms_and_the_first_cannot(app: Flask, world: World, session: Session):
    id = proposed(session)
    first, second = signed_in(app, Role.PROVINCE_MANAGER, "T1"), other_manager(app)
    assert decide(first, id, decision="confirm").status_code == 403
    assert decide(second, id, decision="confirm", answer="Đồng ý").status_code == 303
    page = first.get(f"/approvals/{id}").text
    assert "Đã xác nhận và thực hiện" in page
    assert "Đồng ý" in page
    assert "Đã xác nhận và thực hiện" in first.get("/approvals/").text
    assert decide_again(second, id).status_code == 409


def decide_again(client: FlaskClient, id: int):
    token = staff.token(client.get("/approvals/"))
    return client.post(f"/approvals/{id}/decision", data={"csrf_token": token, "decision": "confirm"})


def test_a_rejection_needs_its_reason_and_loses_nothing(app: Flask, world: World, session: Session):
    id = proposed(session)
    second = other_manager(app)
    bare = decide(second, id, decision="reject")
    assert bare.status_code == 422
    assert 'aria-invalid="true"' in bare.text
    nothing = decide(second, id, answer="Xin giữ lại lời này")
    assert nothing.status_code == 422
    assert "Xin giữ lại lời này" in nothing.text
    assert decide(second, id, decision="reject", answer="Thiếu phiếu").status_code == 303
    session.rollback()
    assert approvals.by_id(session, id).state is State.REJECTED


def test_what_cannot_be_done_is_said_and_still_waits(app: Flask, world: World, session: Session):
    id = proposed(session, reason="hỏng")
    reply = decide(other_manager(app), id, decision="confirm", answer="Được")
    assert reply.status_code == 422
    assert "không lưu danh sách liên hệ" in reply.text
    assert "Được" in reply.text
    session.rollback()
    assert approvals.by_id(session, id).state is State.WAITING


def test_the_proposer_withdraws(app: Flask, world: World, session: Session):
    id = proposed(session)
    first, second = signed_in(app, Role.PROVINCE_MANAGER, "T1"), other_manager(app)
    assert staff.send(second, f"/approvals/{id}/withdrawal", {}, form_at="/approvals/").status_code == 404
    assert staff.send(first, f"/approvals/{id}/withdrawal", {}, form_at="/approvals/").status_code == 303
    session.rollback()
    assert approvals.by_id(session, id).state is State.WITHDRAWN


def test_another_province_learns_nothing(app: Flask, world: World, session: Session):
    id = proposed(session)
    foreign = signed_in(app, Role.PROVINCE_MANAGER, "U9")
    assert "W1" not in foreign.get("/approvals/").text
    assert foreign.get(f"/approvals/{id}").status_code == 404
    for action in ("decision", "withdrawal"):
        reply = staff.send(foreign, f"/approvals/{id}/{action}", {"decision": "confirm"}, form_at="/approvals/")
        assert reply.status_code == 404
    assert foreign.get("/approvals/99999999999999999999").status_code == 404
    assert foreign.get("/approvals/0").status_code == 404


def test_who_may_only_propose_is_shown_no_button(app: Flask, world: World, session: Session):
    made = approvals.propose(session, "definition", "draft:1", {"draft": 1}, actor="lan", unit_code=None, reason="",
                             today=TODAY)
    session.commit()
    analyst = signed_in(app, Role.ANALYST, "T1")
    assert "Xác nhận và thực hiện" not in analyst.get(f"/approvals/{made.id}").text
    reply = staff.send(analyst, f"/approvals/{made.id}/decision", {"decision": "confirm"}, form_at="/approvals/")
    assert reply.status_code == 403


def test_settled_ones_are_paged(app: Flask, world: World, session: Session):
    for number in range(35):
        id = proposed(session, subject=f"wave:W1/{number}")
        approvals.withdraw(session, id, actor="province_manager.t1", today=TODAY)
    session.commit()
    manager = signed_in(app, Role.PROVINCE_MANAGER, "T1")
    first = manager.get("/approvals/").text
    assert first.count("Người đề nghị đã rút") == 30
    older = manager.get("/approvals/?before=6").text
    assert older.count("Người đề nghị đã rút") == 5


@pytest.mark.parametrize("day, said", [("2026-12-31", "31/12/2026"), ("2026-11-24", "24/11/2026"), ("2026-02-30",) * 2])
def test_a_day_of_a_document_is_said_as_people_say_it(app: Flask, day: str, said: str) -> None:
    with app.test_request_context():
        assert [line.value for line in approval_words.account({"decision_day": day})] == [said]
