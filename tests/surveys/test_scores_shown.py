"""What people see moves once a day, and not with every answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import server_day
from app.db import transaction
from surveys import conduct, scores
from surveys.collection import create_point
from surveys.errors import NotFound, WaveRefusal
from surveys.store import scores as store
from surveys.store import waves as wave_store
from surveys.waves import State
from tests.world import ITEMS, World, build, run

TODAY = date(2026, 11, 24)
Shown = dict[tuple[str, str, str], dict[str, Any]]


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


@pytest.fixture
def answer(world: World, tmp_path: Path) -> Callable[..., None]:
    """`answer("X1", 12, "4")`: twelve imported answers with that value everywhere."""
    files = iter(range(1000))

    def write(unit: str, count: int, value: str, basis: str = "sample") -> None:
        file = tmp_path / f"answers{next(files)}.csv"
        line = ",".join([unit, basis, *[value] * len(ITEMS)])
        file.write_text("\n".join([",".join(["unit", "basis", *ITEMS]), *[line] * count, ""]))
        run(world.runner, "responses", "import", "--wave", "W1", str(file))

    return write


def refreshed(session: Session, day: date, **options: bool) -> Shown:
    wave = wave_store.wave(session, "W1")
    table = scores.moved(session, wave, day, **options)
    store.save(session, wave, table.day, table.records)
    latest = store.latest(session, wave)
    assert latest is not None
    assert latest.day == day
    return {(r["unit"], r["series"], r["measure"]): r for r in latest.records}


def test_a_stored_table_reads_back_as_it_was_computed(world: World, answer: Callable[..., None], app: Flask):
    answer("X1", 3, "4")
    with app.app_context(), transaction() as session:
        wave = wave_store.wave(session, "W1")
        assert store.latest(session, wave) is None
        fresh = scores.records(session, wave)
        assert list(fresh[0]) == list(scores.FIELDS)
        store.save(session, wave, TODAY, fresh)
        store.save(session, wave, TODAY - timedelta(days=1), [])
        found = store.latest(session, wave)
        assert found is not None
        assert (found.day, found.records, found.made_from) == (TODAY, fresh, "")
        with pytest.raises(ValueError, match="JSON"):
            store.save(session, wave, TODAY, [{"estimate": float("nan")}])


def test_the_table_moves_once_a_day(world: World, answer: Callable[..., None], app: Flask):
    answer("X1", 12, "4")
    with app.app_context(), transaction() as session:
        refreshed(session, TODAY)
        with pytest.raises(WaveRefusal, match="scores_moved_today"):
            refreshed(session, TODAY)
        refreshed(session, TODAY, force=True)
        refreshed(session, TODAY + timedelta(days=1))


def test_a_unit_with_few_new_answers_keeps_the_figures_shown(world: World, answer: Callable[..., None], app: Flask):
    key = ("X1", "official", "overall")
    with app.app_context():
        answer("X1", 40, "4")
        answer("X2", 40, "4")
        with transaction() as session:
            first = refreshed(session, TODAY)
        answer("X1", 9, "1")
        answer("X2", 10, "1")
        with transaction() as session:
            second = refreshed(session, TODAY + timedelta(days=1))
        assert second[key]["estimate"] == first[key]["estimate"] == 1
        assert second["X1", "official", "item:q1"]["n"] == 40
        assert second["X2", "official", "overall"]["estimate"] == pytest.approx(0.8)
        assert second["T1", "official", "overall"]["n"] == 80  # 19 more, less the ten of X2, are the nine of X1
        answer("X1", 1, "1")
        with transaction() as session:
            third = refreshed(session, TODAY + timedelta(days=2))
        assert third[key]["estimate"] == pytest.approx(0.8)
        assert third["T1", "official", "overall"]["n"] == 100


def test_a_unit_is_held_while_one_item_has_a_few_new_answers(world: World, tmp_path: Path, app: Flask):
    def answer(count: int, value: str, items: list[str]) -> None:
        file = tmp_path / f"{count}-{value}.csv"
        lines = [",".join(["X1", *[value] * len(items)])] * count
        file.write_text("\n".join([",".join(["unit", *items]), *lines, ""]))
        run(world.runner, "responses", "import", "--wave", "W1", str(file))

    with app.app_context():
        answer(51, "4", ITEMS)
        with transaction() as session:
            refreshed(session, TODAY)
        answer(11, "5", ITEMS[:21])
        answer(1, "1", ITEMS)
        with transaction() as session:
            second = refreshed(session, TODAY + timedelta(days=1))
        found = {measure: second["X1", "official", measure]["n"] for measure in ("overall", "item:q1", "item:q22")}
        assert found == {"overall": 51, "item:q1": 51, "item:q22": 51}  # 52 less 51 is the newcomer's answer


def test_the_two_last_tables_of_a_wave_are_kept(world: World, answer: Callable[..., None], app: Flask):
    answer("X1", 40, "4")
    with app.app_context(), transaction() as session:
        for days in range(4):
            refreshed(session, TODAY + timedelta(days=days))
    assert world.rows("select day from score_table order by day") == world.rows(
        f"select day from score_table where day >= '{TODAY + timedelta(days=2)}' order by day"
    )
    assert world.count("score_table") == 2


def test_a_final_table_stays_while_nothing_changes(world: World, answer: Callable[..., None], app: Flask):
    def days_later(days: int, **options: bool) -> date:
        with transaction() as session:
            wave = wave_store.wave(session, "W1")
            table = scores.moved(session, wave, today + timedelta(days=days), **options)
            store.save(session, wave, table.day, table.records)
            return table.day

    with app.app_context():
        today = server_day()
        answer("X1", 40, "4")
        with transaction() as session:
            conduct.move(session, "W1", State.CLOSED)
        # on the last day of answers nothing is final: their order is forgotten on the next
        assert [days_later(days) for days in range(4)] == [today + timedelta(days=n) for n in (0, 1, 1, 1)]
        assert days_later(4, force=True) == today + timedelta(days=4)
        with transaction() as session:
            conduct.move(session, "W1", State.OPEN)
        answer("X1", 11, "4")
        with transaction() as session:
            conduct.move(session, "W1", State.CLOSED)
        assert days_later(5) == today + timedelta(days=5)


def test_a_wave_past_its_last_day_has_ended(world: World, answer: Callable[..., None], app: Flask):
    with app.app_context(), transaction() as session:
        wave = replace(wave_store.wave(session, "W1"), closes=TODAY)
        assert [wave.ended(day) for day in (TODAY, TODAY + timedelta(days=1))] == [False, True]


def test_when_collection_has_ended_every_answer_counts(world: World, answer: Callable[..., None], app: Flask):
    with app.app_context():
        answer("X1", 40, "4")
        with transaction() as session:
            refreshed(session, TODAY)
        answer("X1", 1, "1")
        with transaction() as session:
            conduct.move(session, "W1", State.CLOSED)
            assert refreshed(session, TODAY + timedelta(days=1))["X1", "official", "overall"]["n"] == 41


def test_monitoring_stands_apart_and_only_where_it_exists(world: World, answer: Callable[..., None], app: Flask):
    answer("X1", 2, "5")
    with app.app_context(), transaction() as session:
        wave = wave_store.wave(session, "W1")
        assert {r["series"] for r in scores.records(session, wave)} == {"official"}
    answer("X1", 3, "1", "open")
    with app.app_context(), transaction() as session:
        found = {(r["unit"], r["series"], r["measure"]): r for r in scores.records(session, wave)}
    official, open_ = found["X1", "official", "overall"], found["X1", "monitoring", "overall"]
    assert (official["n"], official["estimate"], official["bases"]) == (2, 1, ["sample"])
    assert (open_["n"], open_["estimate"], open_["bases"]) == (3, 0, ["open"])
    assert "voluntary_sample" in open_["flags"]
    assert "voluntary_sample" not in official["flags"]


def test_a_unit_and_what_is_below_it_can_be_asked_for_alone(world: World, answer: Callable[..., None], app: Flask):
    answer("X1", 12, "4")
    with app.app_context(), transaction() as session:
        wave = wave_store.wave(session, "W1")
        whole = scores.records(session, wave)
        assert scores.records(session, wave, "X1") == [r for r in whole if r["unit"] == "X1"]
        assert scores.records(session, wave, "T1") == whole
        with pytest.raises(NotFound):
            scores.records(session, wave, "nowhere")
        with pytest.raises(WaveRefusal, match="unit_outside"):
            scores.records(session, wave, "X9")


def test_slips_that_did_not_come_back_are_known(world: World, app: Flask):
    world.slips(20, "X1")
    with app.app_context(), transaction() as session:
        wave = wave_store.wave(session, "W1")
        create_point(session, wave, conduct.tree_of(session, wave), "X2", "")
        assert scores.frame_of(session, wave).response_rate == {"T1": 0, "X1": 0}
