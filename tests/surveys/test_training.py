"""A training wave works like a real one, counts nowhere, and goes in one step; a real one never goes."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app import server_day
from app.db import transaction
from app.keys import secret
from surveys import approvals, collection, conduct, publication, scores, training
from surveys.conduct import Plan
from surveys.errors import NotFound, WaveRefusal
from surveys.origin import Basis
from surveys.store import scores as score_store
from surveys.store import waves as store
from surveys.store.tables import (
    AuditRow,
    CellRow,
    CommentRow,
    PointRow,
    PopulationRow,
    PublicationRow,
    ResponseRow,
    ScoreTableRow,
    SlipRow,
    WaveRow,
)
from surveys.waves import State, Wave
from tests.world import World, build

COLLECTED = (ResponseRow, CommentRow, SlipRow, ScoreTableRow, PublicationRow)
PLANNED = (PointRow, PopulationRow)


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


def filled(session: Session, code: str, *, is_training: bool, answers: int = 30) -> Wave:
    """A wave with a row in every table that hangs on one."""
    today = server_day()
    wave = conduct.create(session, Plan(
        code, "sipas-transaction", "sipas-transaction", "T1", official=frozenset({Basis.OPEN}), training=is_training,
        populations={"X1": 400},
    ), today)
    tree = conduct.tree_of(session, wave)
    conduct.create_points(session, wave, tree)
    collection.issue(session, wave, tree, "X2", collection.draw_slips(12), secret(), today)
    conduct.open_(session, code, today)
    cell = collection.points(session, wave)[0].cell
    common = {"province_code": "T1", "wave_id": wave.id}
    session.execute(insert(ResponseRow), [
        {**common, "id": secrets.token_bytes(16), "cell": cell, "version": wave.questionnaire_id, "mode": 1,
         "language": 0, "day": 20_000, "duration": 0, "flags": 0, "answers": "45" * 11 + "1" * 10}
        for _ in range(answers)
    ])
    session.execute(insert(CommentRow), [
        {**common, "id": secrets.token_bytes(16), "unit_id": 1, "variable": "opinion", "text": "Chờ lâu"}
    ])
    conduct.close(session, code, today)
    wave = conduct.fix(session, code, today)
    score_store.save(session, wave, today, [])
    session.add(PublicationRow(
        **common, edition=1, decision="1/QĐ-UBND", decision_day=today, published=today, proposed_by="lan",
        approved_by="minh", content="0" * 64, document="[]",
    ))
    session.flush()
    return wave


def rows(session: Session, wave: Wave, *tables: type[object]) -> dict[str, int]:
    return {
        table.__tablename__: session.scalar(select(func.count()).where(table.wave_id == wave.id)) or 0  # type: ignore[attr-defined]
        for table in tables
    }


def test_wiping_leaves_a_wave_that_can_be_run_again_and_others_alone(world: World, session: Session):
    practice, real = filled(session, "TH", is_training=True), filled(session, "W2", is_training=False)
    before = rows(session, real, *COLLECTED, *PLANNED, CellRow)
    assert all(before.values())
    assert all(rows(session, practice, *COLLECTED, *PLANNED).values())
    points = [point.code for point in collection.points(session, practice)]
    done = training.wipe(session, "TH", confirmed=" TH ", whole=False, actor="lan", today=server_day())
    assert (done.gone["response"], done.gone["slip"], done.gone["publication"]) == (30, 12, 1)
    assert not any(rows(session, practice, *COLLECTED).values())
    assert all(rows(session, practice, *PLANNED).values())
    again = store.wave(session, "TH")
    assert (again.state, again.fixed) == (State.PLANNED, None)
    assert [point.code for point in collection.points(session, again)] == points
    assert collection.point(session, points[0]).wave_id == again.id
    conduct.open_(session, "TH", server_day())
    assert rows(session, real, *COLLECTED, *PLANNED, CellRow) == before


def test_wiping_may_take_the_wave_itself(world: World, session: Session):
    practice = filled(session, "TH", is_training=True)
    training.wipe(session, "TH", confirmed="TH", whole=True, actor="lan", today=server_day())
    assert not any(rows(session, practice, *COLLECTED, *PLANNED, CellRow).values())
    with pytest.raises(NotFound):
        store.wave(session, "TH")
    noted = session.query(AuditRow).filter_by(action="wave.deleted", subject="wave:TH").one()
    assert json.loads(noted.after or "")["gone"]["response"] == 30


@pytest.mark.parametrize("whole", [False, True])
def test_what_a_wipe_ends_stands_in_the_trail_of_its_province(world: World, session: Session, whole: bool):
    """Proposals end with the wave, those about its comments too; no other province reads of a wave that is gone."""
    filled(session, "TH", is_training=True)
    ids = [
        approvals.propose(session, "comments", f"comments:TH/{unit}", {"wave": "TH", "unit": unit}, actor="lan",
                          unit_code="T1", reason="", today=server_day()).id
        for unit in ("X1", "X2")
    ]
    training.wipe(session, "TH", confirmed="TH", whole=whole, actor="hoa", today=server_day())
    assert approvals.waiting(session) == []
    noted = session.scalars(select(AuditRow).order_by(AuditRow.seq.desc())).first()
    assert noted is not None
    assert noted.province == "T1"
    assert json.loads(noted.after or "")["withdrawn"] == ids


def test_a_real_wave_is_never_wiped(world: World, session: Session):
    real = filled(session, "W2", is_training=False)
    before = rows(session, real, *COLLECTED, *PLANNED, CellRow)
    for whole in (False, True):
        with pytest.raises(WaveRefusal, match="wave_not_training"):
            training.wipe(session, "W2", confirmed="W2", whole=whole, actor="lan", today=server_day())
        # past the domain's own check, straight at the statements
        assert not any(store.wipe(session, real, whole=whole).values())
        assert rows(session, real, *COLLECTED, *PLANNED, CellRow) == before
    assert session.get_one(WaveRow, real.id).code == "W2"


def test_a_wave_that_took_answers_cannot_be_declared_training_afterwards(world: World, session: Session):
    filled(session, "W2", is_training=False)
    plan = Plan("W2", "sipas-transaction", "sipas-transaction", "T1", training=True)
    with pytest.raises(WaveRefusal, match="wave_not_planned"):
        conduct.edit(session, "W2", plan, server_day())


def test_wiping_asks_for_the_code(world: World, session: Session):
    practice = filled(session, "TH", is_training=True)
    for typed in ("", "th", "TH2", "W1"):
        with pytest.raises(WaveRefusal, match="wipe_not_confirmed"):
            training.wipe(session, "TH", confirmed=typed, whole=False, actor="lan", today=server_day())
    assert rows(session, practice, ResponseRow)["response"] == 30


def test_a_proposal_about_it_does_not_outlive_it(world: World, session: Session):
    wave = filled(session, "TH", is_training=True)
    session.query(PublicationRow).delete()
    publication.propose(session, wave, "2160/QĐ-UBND", server_day(), actor="lan", today=server_day())
    training.wipe(session, "TH", confirmed="TH", whole=False, actor="hoa", today=server_day())
    assert approvals.waiting(session) == []


def test_its_figures_say_so_wherever_they_go(world: World, session: Session):
    wave = filled(session, "TH", is_training=True)
    assert wave.mark == "training"
    records = scores.records(session, wave)
    assert all("training" in record["flags"] for record in records)
    assert not any("training" in record["flags"] for record in scores.records(session, store.wave(session, "W1")))


def test_ten_thousand_answers_go_within_two_seconds(world: World, app: Flask):
    with app.app_context():
        with transaction() as session:
            filled(session, "TH", is_training=True, answers=10_000)
        began = time.perf_counter()
        with transaction() as session:
            training.wipe(session, "TH", confirmed="TH", whole=False, actor="lan", today=server_day())
        assert time.perf_counter() - began < 2
        assert world.count("response") == 0
