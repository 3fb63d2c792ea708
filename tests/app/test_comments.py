"""What citizens wrote: a graded unit sees none of it until two persons at the province released it, covered."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys import approvals, comments, conduct, masking
from surveys.access import Grant, Grants, Role
from surveys.approvals import State
from surveys.comments import Reader
from surveys.errors import NotFound, Refusal
from surveys.store import audit as trail
from surveys.store import comments as store
from surveys.store import waves as wave_store
from surveys.waves import Wave
from tests.app import staff
from tests.world import World, answered, build, fresh_id, opened, post

TODAY = date(2026, 11, 24)
NAMING = "Tôi tên là Nguyễn Văn An, số 0912345678, thôn Trung Thành. Cán bộ rất tốt."


@pytest.fixture
def world(app: Flask, tmp_path: object) -> World:
    return build(app, tmp_path)


def write(world: World, count: int, said: str = NAMING) -> None:
    fields = opened(world)
    for number in range(count):
        reply = post(world, answered(fields, comment=f"{said} ({number})", id=fresh_id()))
        assert reply.status_code in {200, 201}, reply.text


def scene(session: Session, unit: str = "X1"):
    wave = wave_store.wave(session, "W1")
    tree = conduct.tree_of(session, wave)
    return wave, tree, tree.unit(unit)


def ids(session: Session, unit: str = "X1") -> list[str]:
    wave, _, about = scene(session, unit)
    return [each.id for each in store.page(session, wave, [about.id], after=None, most=99)]


def propose(session: Session, more: dict[str, list[str]], actor: str = "lan"):
    wave, tree, unit = scene(session)
    return comments.propose(session, wave, tree, unit, more, actor=actor, reason="", today=TODAY)


def test_two_persons_release_exactly_what_was_covered(world: World, session: Session):
    write(world, 10)
    made = propose(session, {id: ["thôn trung thành"] for id in ids(session)})
    assert "Cán bộ" not in str(made.document)  # no word of what was written
    approvals.decide(session, made.id, True, actor="minh", answer="", today=TODAY)
    wave, _, unit = scene(session)
    (texts,) = comments.shown(session, wave, [unit]).values()
    assert len(texts) == 10
    for said in texts:
        assert re.fullmatch(r"Tôi tên là ▒▒▒, số ▒▒▒, ▒▒▒\. Cán bộ rất tốt\. \(\d\)", said), said
    everything = " ".join(f"{entry.before} {entry.after}" for entry in trail.entries(session))
    assert "Cán bộ" not in everything
    assert "comments.released" in {entry.action for entry in trail.entries(session)}


def test_nothing_is_shown_before_the_second_person(world: World, session: Session):
    write(world, 10)
    propose(session, {id: [] for id in ids(session)})
    wave, _, unit = scene(session)
    assert comments.shown(session, wave, [unit]) == {}


@pytest.mark.parametrize("count, code", [(9, "comments_few_answers")])
def test_few_answers_keep_their_comments(world: World, session: Session, count: int, code: str):
    write(world, count)
    with pytest.raises(Refusal, match=code):
        propose(session, {id: [] for id in ids(session)})


def test_while_answers_come_in_a_release_is_a_crowd(world: World, session: Session):
    write(world, 10)
    few = ids(session)[:3]
    with pytest.raises(Refusal, match="comments_small_batch"):
        propose(session, {id: [] for id in few})
    session.execute(text("update wave set state = 'closed'"))
    session.expire_all()
    propose(session, {id: [] for id in few})


@pytest.mark.parametrize("chosen, code", [
    ({}, "comments_none_chosen"), ({"zz": []}, "comments_gone"), ({"00" * 16: []}, "comments_gone"),
    ({f"{n:032x}": [] for n in range(101)}, "comments_too_many"),
])
def test_what_cannot_be_released_is_refused(world: World, session: Session, chosen: dict[str, list[str]], code: str):
    write(world, 10)
    session.execute(text("update wave set state = 'closed'"))
    with pytest.raises(Refusal, match=code):
        propose(session, chosen)


def test_words_that_stand_nowhere_are_told_rather_than_left_uncovered(world: World, session: Session):
    write(world, 10)
    chosen = {id: [] for id in ids(session)}
    chosen[ids(session)[0]] = ["thôn Trung Thanh"]
    with pytest.raises(Refusal, match="comments_words_absent"):
        propose(session, chosen)


def test_a_proposal_that_uncovers_is_not_carried_out(world: World, session: Session):
    write(world, 10)
    wave, _, unit = scene(session)
    bare = {"wave": wave.code, "unit": unit.code, "comments": [{"id": id, "covered": []} for id in ids(session)]}
    made = approvals.propose(session, "comments", "comments:W1/X1", bare, actor="lan", unit_code="T1", reason="",
                             today=TODAY)
    session.commit()
    with pytest.raises(Refusal, match="comments_uncovered"):
        approvals.decide(session, made.id, True, actor="minh", answer="", today=TODAY)
    session.rollback()
    assert approvals.by_id(session, made.id).state is State.WAITING
    assert comments.shown(session, wave, [unit]) == {}


def test_a_comment_of_another_unit_is_not_released_with_it(world: World, session: Session):
    write(world, 10)
    wave, _, other = scene(session, "X2")
    session.execute(text("insert into comment (province_code, id, wave_id, unit_id, variable, text) "
                         "values ('T1', :id, :wave, :unit, 'comment', 'khác')"),
                    {"id": bytes(16), "wave": wave.id, "unit": other.id})
    with pytest.raises(Refusal, match="comments_gone"):
        propose(session, {id: [] for id in [*ids(session), bytes(16).hex()]})


def test_nobody_reads_what_grades_the_own_workplace(world: World, session: Session):
    wave, tree, _ = scene(session)
    manager = Grants((Grant(Role.PROVINCE_MANAGER, "T1"),))
    comments.require(Reader(manager, "S1"), tree, wave, "X1")
    comments.require(Reader(manager, "T1"), tree, wave, "X1")
    with pytest.raises(NotFound):
        comments.require(Reader(manager, "S1"), tree, wave, "S1")
    for grants in (Grants((Grant(Role.PROVINCE_MANAGER, "X1"),)), Grants((Grant(Role.ANALYST, "U9"),)),
                   Grants((Grant(Role.UNIT_OFFICER, "T1"),))):
        with pytest.raises(NotFound):
            comments.require(Reader(grants), tree, wave, "X1")


def test_comments_go_twelve_months_after_the_closing_day(world: World, session: Session):
    write(world, 2)
    session.execute(text("update wave set state = 'closed', closes = '2025-11-24'"))
    session.expire_all()
    assert comments.expire(session, TODAY) == {}
    assert comments.expire(session, TODAY + timedelta(days=1)) == {"W1": 2}
    assert comments.expire(session, TODAY + timedelta(days=1)) == {}
    assert ids(session) == []


@pytest.mark.parametrize("closes, until", [
    (date(2025, 1, 31), date(2026, 1, 31)), (date(2024, 2, 29), date(2025, 2, 28)),
    (date(2025, 12, 31), date(2026, 12, 31)),
])
def test_the_last_day_is_a_day(world: World, session: Session, closes: date, until: date):
    from dataclasses import replace

    wave: Wave = wave_store.wave(session, "W1")
    assert comments.last_day(wave) is None
    assert comments.last_day(replace(wave, closes=closes)) == until


def signed_in(app: Flask, role: Role, unit: str) -> FlaskClient:
    client = app.test_client()
    staff.sign_in(client, role, unit)
    return client


def test_read_covered_proposed_confirmed_and_seen_by_the_unit(app: Flask, world: World, session: Session):
    write(world, 10)
    first, second = signed_in(app, Role.ANALYST, "T1"), signed_in(app, Role.PROVINCE_MANAGER, "T1")
    officer, neighbour = signed_in(app, Role.UNIT_OFFICER, "X1"), signed_in(app, Role.UNIT_OFFICER, "X2")
    page = first.get("/comments/W1/X1")
    assert "Tôi tên là ▒▒▒" in page.text
    assert officer.get("/comments/W1/X1").status_code == 403
    assert "Chưa có ý kiến nào được công khai" in officer.get("/comments/W1/X1/released").text
    chosen = re.findall(r'name="release" value="([0-9a-f]{32})"', page.text)
    assert len(chosen) == 10
    token = staff.token(page)
    wrong = first.post("/comments/W1/X1", data={
        "csrf_token": token, "release": chosen, f"more-{chosen[0]}": "không có ở đâu", "reason": "lý do giữ lại",
    })
    assert wrong.status_code == 422
    assert wrong.text.count(" checked>") == 10
    assert "không có ở đâu" in wrong.text
    assert "lý do giữ lại" in wrong.text
    sent = {"csrf_token": token, "release": chosen, f"more-{chosen[0]}": "Thôn Trung Thành"}
    made = first.post("/comments/W1/X1", data=sent)
    assert made.status_code == 303
    where = made.headers["Location"]
    own = first.get(where)
    assert "Xác nhận và thực hiện" not in own.text
    assert first.post(f"{where}/decision", data={"csrf_token": token, "decision": "confirm"}).status_code == 403
    shown = second.get(where)
    assert shown.text.count("<li><p>Tôi tên là ▒▒▒") == 10
    done = second.post(f"{where}/decision", data={"csrf_token": staff.token(shown), "decision": "confirm"})
    assert done.status_code == 303
    seen = officer.get("/comments/W1/X1/released").text
    assert seen.count("<li><p>Tôi tên là ▒▒▒, số ▒▒▒, ") == 10
    assert seen.count("thôn Trung Thành") == 9
    assert neighbour.get("/comments/W1/X1/released").status_code == 404
    assert "Nguyễn Văn An" not in seen
    again = second.post(f"{where}/decision", data={"csrf_token": staff.token(shown), "decision": "confirm"})
    assert again.status_code == 409
    session.rollback()
    reads = [entry.actor for entry in trail.entries(session) if entry.action == "comments.read"]
    assert set(reads) == {"analyst.t1", "province_manager.t1"}


def test_order_tells_nothing_of_arrival(world: World, session: Session):
    write(world, 12, "Ý kiến")
    wave, _, unit = scene(session)
    found = store.page(session, wave, [unit.id], after=None, most=99)
    assert [each.id for each in found] == sorted(each.id for each in found)
    assert [each.text for each in found] != sorted((each.text for each in found), key=len)


def test_every_comment_is_covered_by_the_patterns_before_anybody_adds_to_it(world: World, session: Session):
    write(world, 1)
    wave, _, unit = scene(session)
    (found,) = store.page(session, wave, [unit.id], after=None, most=9)
    assert masking.covers(found.spans, masking.found(found.text))
    assert "0912345678" not in found.covered


def test_the_command_deletes_what_is_past_its_time(app: Flask, world: World, session: Session):
    from tests.world import run

    write(world, 3)
    session.execute(text("update wave set state = 'closed', closes = '2020-01-01'"))
    session.commit()
    assert "W1: 3" in run(world.runner, "comments", "expire")
