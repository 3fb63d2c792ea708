from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app, demonstration, keys, server_day
from app.db import db, transaction
from app.demonstration import Made
from app.settings import read
from surveys import collection, conduct, scores, today, training
from surveys.access import Grant, Grants, Role
from surveys.audit import Auditor
from surveys.origin import Basis
from surveys.scores import Record
from surveys.store import units as unit_store
from surveys.store import waves as wave_store
from surveys.store.tables import CellRow, PopulationRow, ResponseRow, SlipRow
from surveys.units import Kind, UnitTree
from surveys.waves import State, Wave
from tests.databases import Databases

SEED = 7
TODAY = date(2026, 7, 31)
SECRET = b"secret of this test's installation"
Stored = list[tuple[object, ...]]


@dataclass(frozen=True)
class Shown:
    made: Made
    session: Session
    tree: UnitTree

    @property
    def wave(self) -> Wave:
        return self.made.wave


@pytest.fixture(scope="module")
def installed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Made]]:
    """One demonstration for all tests that only look at it."""
    url = databases.new()
    app = create_app(read({}, state=tmp_path_factory.mktemp("state"), database_url=url))
    with app.app_context(), transaction() as session:
        made = demonstration.create(session, SEED, TODAY, SECRET)
    yield app, made
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def shown(installed: tuple[Flask, Made]) -> Iterator[Shown]:
    """What a test writes is rolled back."""
    app, made = installed
    with app.app_context(), Session(db.engine.execution_options(writes=True)) as session:
        session.info["auditor"] = Auditor("test", keys.audit(), 0)
        yield Shown(made, session, conduct.tree_of(session, made.wave))
        session.rollback()


def answers(session: Session) -> Stored:
    columns = (ResponseRow.id, ResponseRow.cell, ResponseRow.mode, ResponseRow.day, ResponseRow.answers)
    return [tuple(row) for row in session.execute(select(*columns).order_by(ResponseRow.id))]


def test_a_seed_makes_the_same_demonstration_in_every_installation(session: Session) -> None:
    unit_store.load_national(session)
    made = []
    # on the province's first day everything happens on one day
    for seed, secret in ((7, SECRET), (7, b"another secret"), (8, SECRET)):
        with session.begin_nested() as trial:
            demonstration.create(session, seed, demonstration.FIRST_DAY, secret)
            points = collection.points(session, wave_store.wave(session, demonstration.WAVE))
            made.append((answers(session), [point.code for point in points]))
            trial.rollback()
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_it_has_the_shape_of_a_provinces_survey(shown: Shown) -> None:
    cells = {cell.id: cell for cell in shown.session.scalars(select(CellRow))}
    official: Counter[str] = Counter()
    modes = set()
    for cell, mode in shown.session.execute(select(ResponseRow.cell, ResponseRow.mode)):
        if cells[cell].basis == Basis.DOSSIERS:
            official[cells[cell].stratum] += 1
            modes.add(mode)
    communes = [unit.code for unit in shown.tree.subtree("44") if unit.kind is Kind.COMMUNE]
    assert len(communes) == 78
    assert set(communes) - set(official) == {demonstration.SILENT}
    sizes = sorted(official.values())
    assert tuple(sizes[: len(demonstration.TINY)]) == demonstration.TINY
    assert 12 <= sizes[len(demonstration.TINY)] < sizes[-1] <= 120
    assert 38 <= sum(sizes) / 78 <= 52
    assert len(modes) == 3
    assert shown.made.official == sum(sizes)
    assert 300 <= shown.made.monitoring <= 900
    assert len(shown.session.scalars(select(SlipRow.digest)).all()) == len(shown.made.slips)


def test_the_page_of_the_day_has_something_to_remind_of(shown: Shown) -> None:
    waves = {wave.code: wave for wave in wave_store.waves(shown.session)}
    assert set(waves) == {demonstration.WAVE, demonstration.PLANNED, demonstration.TRAINING}
    assert all(wave.simulated for wave in waves.values())  # one real wave, and the doors are gone
    department = Grants((Grant(Role.PROVINCE_MANAGER, demonstration.PROVINCE),))
    tasks = {task.code: task for task in today.due(shown.session, department, "department", TODAY)}
    assert tasks["wave_opens"].days == 7
    assert tasks["training_wipe"].at == {"wave_code": demonstration.TRAINING}
    wiped = training.wipe(
        shown.session, demonstration.TRAINING, confirmed=demonstration.TRAINING, whole=False, actor="department",
        today=TODAY,
    )
    assert wiped.gone["response"] == 12 * len(demonstration.CENTRES)


def test_psus_nest_in_communes_and_no_design_cell_of_a_larger_commune_is_small(shown: Shown) -> None:
    cells = {c.id: c for c in shown.session.scalars(select(CellRow).where(CellRow.basis == Basis.DOSSIERS))}
    counts = Counter(cell for cell in shown.session.scalars(select(ResponseRow.cell)) if cell in cells)
    strata: dict[str, set[str]] = {}
    for cell in counts:
        strata.setdefault(cells[cell].psu, set()).add(cells[cell].stratum)
        commune = next(
            unit.code for unit in (shown.tree.by_id(cells[cell].received_at), *shown.tree.ancestors(
                shown.tree.by_id(cells[cell].received_at).code)) if unit.kind is Kind.COMMUNE
        )
        assert commune == cells[cell].stratum
    assert all(len(communes) == 1 for communes in strata.values())
    per_stratum = Counter(next(iter(communes)) for communes in strata.values())
    small = [cell for cell, n in counts.items() if n < 5 and per_stratum[cells[cell].stratum] > 1]
    assert not small


def test_some_dossiers_are_decided_elsewhere_than_they_are_received(shown: Shown) -> None:
    pairs = {(c.received_at, c.handled_by) for c in shown.session.scalars(select(CellRow))}
    handlers = {shown.tree.by_id(handled).code for received, handled in pairs if received != handled}
    assert handlers == set(demonstration.DEPARTMENTS)


def test_what_exists_only_here_says_that_it_is_simulated(shown: Shown) -> None:
    assert shown.wave.simulated
    assert "mô phỏng" in shown.wave.title
    own = [unit for unit in shown.tree.units if unit.code.startswith("MP-")]
    assert {unit.kind for unit in own} == {Kind.CENTRE, Kind.COUNTER, Kind.DEPARTMENT}
    assert all("mô phỏng" in unit.name.lower() for unit in own)
    name = "(Mô phỏng) Trung tâm Phục vụ hành chính công xã Lệ Thủy, tỉnh Quảng Trị"
    assert name in {shown.tree.full_name(unit.code) for unit in own}


def test_the_front_pages_point_is_a_real_communes(shown: Shown) -> None:
    first, *others = collection.points(shown.session, shown.wave)
    assert shown.tree.full_name(shown.tree.by_id(first.unit_id).code) == "Xã Lệ Thủy, tỉnh Quảng Trị"
    assert len(others) + 1 == shown.made.points


def test_no_answer_is_dated_before_the_wave_or_after_today(shown: Shown) -> None:
    days = [date(1970, 1, 1) + timedelta(days=n) for n in shown.session.scalars(select(ResponseRow.day))]
    assert min(days) == shown.wave.opens
    assert TODAY - timedelta(days=10) < max(days) <= TODAY


def test_nothing_of_it_reaches_a_real_wave_beside_it(shown: Shown) -> None:
    session = shown.session
    for place, day in enumerate([TODAY - timedelta(days=29), TODAY, TODAY + timedelta(days=1)]):
        plan = conduct.Plan(f"REAL{place}", demonstration.FORM, demonstration.FORM, "44")
        real = conduct.move(session, conduct.create(session, plan, day).code, State.OPEN)
        assert not real.simulated
        assert not [u for u in conduct.tree_of(session, real).units if "mô phỏng" in u.name.lower()]
        assert collection.points(session, real) == []
        assert wave_store.cells(session, real) == {}
    simulated = {wave.id for wave in wave_store.waves(session) if wave.simulated}
    assert set(session.scalars(select(ResponseRow.wave_id))) <= simulated
    assert set(session.scalars(select(PopulationRow.wave_id))) == {shown.wave.id}
    assert set(session.scalars(select(SlipRow.wave_id))) == {shown.wave.id}


def flask(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["demonstration", *words])


def test_the_commands_make_it_once_and_tell_its_truth(app: Flask) -> None:
    missing = flask(app, "truth", "--json")
    assert missing.exit_code == 1
    assert "demonstration create" in missing.stderr

    first = flask(app, "create", "--seed", "3")
    assert first.exit_code == 0, first.output
    assert demonstration.WAVE in first.stdout
    assert first.stdout.count("/s/") == demonstration.SLIPS
    again = flask(app, "create", "--seed", "3")
    assert again.exit_code == 0
    assert "đã có sẵn" in again.stdout

    told = json.loads(flask(app, "truth", "--seed", "3", "--json").stdout)
    units = {row["unit"] for row in told}
    assert len(units) == 79
    assert all(0 < row["truth"] < 1 for row in told if not row["measure"].startswith("mean:"))
    assert all(1 < row["truth"] < 5 for row in told if row["measure"].startswith("mean:"))
    assert flask(app, "truth", "--seed", "4", "--json").stdout != json.dumps(told)


def test_a_real_wave_of_that_code_is_left_alone(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        unit_store.load_national(session)
        plan = conduct.Plan(demonstration.WAVE, demonstration.FORM, demonstration.FORM, "44")
        conduct.create(session, plan, server_day())
    done = flask(app, "create")
    assert done.exit_code == 1
    assert demonstration.WAVE in done.stderr


def official(records: list[Record], level: str, measure: str) -> list[Record]:
    wanted = {"level": level, "measure": measure, "series": "official"}
    return [record for record in records if wanted.items() <= record.items() and record["n"]]


def test_the_communes_show_all_three_verdicts(shown: Shown) -> None:
    records = scores.records(shown.session, shown.wave)
    verdicts = Counter(record["verdict"] for record in official(records, "commune", "overall"))
    assert min(verdicts[verdict] for verdict in ("met", "not_met", "not_enough_evidence")) >= 4
    assert all("simulated" in record["flags"] for record in records if record["n"])


def test_the_intervals_hold_the_known_truth_about_as_often_as_they_promise(shown: Shown) -> None:
    records = scores.records(shown.session, shown.wave)
    known = demonstration.truth(shown.tree, SEED)
    held = []
    for record in official(records, "commune", "overall"):
        true = known.measures([record["unit"]])["overall"]
        held.append(record["ci_low"] <= true <= record["ci_high"])
    assert len(held) == 77
    assert sum(held) >= 69  # 73 expected of 77
    truth = known.measures()
    province = [record for record in records if record["unit"] == "44" and record["series"] == "official"]
    assert {record["measure"] for record in province} == set(truth)
    far = [record["measure"] for record in province
           if abs(record["estimate"] - truth[record["measure"]]) > 4 * record["se"]]
    assert not far


def test_volunteers_are_monitoring_and_lower(shown: Shown) -> None:
    overall = {
        record["series"]: record for record in scores.records(shown.session, shown.wave)
        if (record["unit"], record["measure"]) == ("44", "overall")
    }
    assert overall["official"]["n"] == shown.made.official
    assert overall["monitoring"]["n"] <= shown.made.monitoring
    assert overall["monitoring"]["estimate"] < overall["official"]["estimate"] - 0.02
