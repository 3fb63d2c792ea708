"""Progress counts what came in, unit by unit, and reads no answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app import server_day
from surveys import conduct
from surveys import progress as coverage
from surveys.imports import read_batch, store_batch
from surveys.origin import Basis, Mode
from surveys.progress import Progress
from surveys.sheets import Sheet
from surveys.store import definitions
from surveys.store import waves as store
from tests.world import World, answered, build, opened, post


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


def progress(session: Session, top: str = "T1", days: int = 0) -> Progress:
    wave = store.wave(session, "W1")
    return coverage.progress(session, wave, conduct.tree_of(session, wave), top, server_day() + timedelta(days=days))


def fill(world: World, session: Session) -> None:
    """X1: a point, three dossiers answers on paper, one from the point; X2: ten slips, two of them spent."""
    slips = world.slips(10, "X2")
    for code in slips[:2]:
        assert post(world, answered(opened(world, f"/s/{code}")), "/s").status_code == 201
    assert post(world, answered(opened(world))).status_code == 201
    wave = store.wave(session, "W1")
    tree = conduct.tree_of(session, wave)
    form = definitions.questionnaire(session, wave.questionnaire_id)
    rows = [(line, ["X1", "dossiers", "paper", "4"]) for line in range(2, 5)]
    batch = read_batch(wave, tree, form, Sheet(("unit", "basis", "mode", "q1"), rows), server_day())
    store_batch(session, wave, batch, b"one")
    conduct.set_populations(session, wave, tree, {"X1": 40, "X2": 20})
    session.commit()


def test_each_unit_has_its_counts_and_the_whole_their_sum(world: World, session: Session):
    fill(world, session)
    found = progress(session)
    rows = {row.unit.code: row.counts for row in found.rows}
    assert set(rows) == {"X1", "X2", "S1"}
    one, two = rows["X1"], rows["X2"]
    assert (one.points, one.answers, one.population, one.share) == (1, 4, 40, 0.1)
    assert one.by_basis == {Basis.DOSSIERS: 3, Basis.OPEN: 1}
    assert one.by_mode == {Mode.PAPER: 3, Mode.PHONE: 1}
    assert (two.issued, two.returned, two.expired, two.outstanding, two.answers) == (10, 2, 0, 8, 2)
    assert (rows["S1"].answers, rows["S1"].population) == (0, None)
    assert (found.receiving, found.silent) == (2, 0)  # S1 is a department: it decides and receives nobody
    whole = found.whole
    assert (whole.points, whole.issued, whole.returned, whole.answers, whole.population) == (1, 10, 2, 6, 60)


def test_slips_that_ran_out_are_told_apart(world: World, session: Session):
    fill(world, session)
    later = progress(session, days=91).whole
    assert (later.issued, later.returned, later.expired, later.outstanding) == (10, 2, 8, 0)


def test_a_unit_sees_itself(world: World, session: Session):
    fill(world, session)
    found = progress(session, "X1")
    assert [row.unit.code for row in found.rows] == ["X1"]
    assert found.whole.answers == 4


def test_days_are_counted_with_today(world: World, session: Session):
    assert progress(session).days_left is None
    wave = store.wave(session, "W1")
    today = server_day()
    conduct.extend(session, "W1", today + timedelta(days=2), None, today)
    assert [progress(session, days=days).days_left for days in (0, 2, 3)] == [3, 1, 0]
    assert wave.closes is None


def test_rows_sort_with_those_that_need_attention_first(world: World, session: Session):
    fill(world, session)
    rows = progress(session).rows

    def order(by: str) -> list[str]:
        return [row.unit.code for row in coverage.sorted_rows(rows, by)]

    assert order("answers") == ["S1", "X2", "X1"]
    assert order("share") == ["X2", "X1", "S1"]  # 2/20, 4/40, then without a count
    assert order("issued")[0] == "X2"
    assert order("nonsense") == order("name") == ["X2", "X1", "S1"]
    assert [row.unit.code for row in coverage.sorted_rows(rows, "name", frozenset({"X1"}))] == ["X1"]


def test_it_reads_no_answer_and_asks_as_often_whatever_the_number_of_units(world: World, session: Session):
    fill(world, session)
    said: list[str] = []

    def listen(conn: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", listen)
    try:
        progress(session)
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", listen)
    assert not any("answers" in statement.split("FROM")[0] for statement in said)
    assert len(said) <= 10
