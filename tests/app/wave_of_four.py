"""A small province with a wave and a table of scores whose every figure can be checked by eye."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Flask

from surveys import conduct
from surveys.indexes.model import IndexDefinition
from surveys.origin import Basis
from surveys.score_fields import Record
from surveys.store import definitions, scores
from surveys.store.tables import UnitRow, WaveRow
from surveys.units import fold
from surveys.waves import State, Target, Wave

UNITS = (
    ("90", "Tỉnh Thử Nghiệm", "province", None),
    ("901", "Phường Đông Hà", "commune", "90"),
    ("902", "Xã Lệ Thủy", "commune", "90"),
    ("903", "Xã Đa Krông", "commune", "90"),
    ("904", "Xã Dân Hóa", "commune", "90"),
    ("905", "Đặc khu Cồn Cỏ", "commune", "90"),
    ("906", "Xã Ái Tử", "commune", "90"),
    ("91", "Tỉnh Bên Cạnh", "province", None),
    ("911", "Xã Láng Giềng", "commune", "91"),
)


TARGET = Target(0.85, ">")


def record(unit: str, measure: str = "overall", **changed: Any) -> Record:
    kinds = {code: (name, kind) for code, name, kind, _ in UNITS}
    fields: Record = {
        "unit": unit, "unit_name": kinds[unit][0], "level": kinds[unit][1], "measure": measure, "series": "official",
        "bases": ["dossiers"], "n": 400, "n_psu": 40, "estimate": 0.80425, "se": 0.01, "df": 39, "ci_low": 0.7843,
        "ci_high": 0.8243, "deff": 1.1, "target": 0.85, "verdict": "not_met", "flags": [], "publishable": True,
    }
    return {**fields, **changed}


RECORDS: Sequence[Record] = (
    record("90"),
    record("90", "factor:I", estimate=0.9, ci_low=0.88, ci_high=0.92, verdict="met"),
    record("90", "mean:factor:I", estimate=4.125, ci_low=4.0, ci_high=4.2, target=None, verdict=None),
    record("90", "item:q1", estimate=0.83, ci_low=0.8, ci_high=0.86, verdict="not_enough_evidence"),
    record("90", series="monitoring", bases=["open"], n=61, estimate=0.9512, ci_low=0.88, ci_high=0.98, verdict="met",
           flags=["monitoring"], publishable=False),
    record("901", n=60, estimate=0.95, ci_low=0.9, ci_high=0.98, verdict="met"),
    record("902", n=45, estimate=0.82, ci_low=0.7, ci_high=0.9, verdict="not_enough_evidence"),
    record("903", n=29, estimate=0.1111, ci_low=0.05, ci_high=0.2, flags=["small_n"], publishable=False),
    record("904", n=50, estimate=0.2222, ci_low=0.1, ci_high=0.3, flags=["protected"], publishable=False),
    record("905", n=0, estimate=None, ci_low=None, ci_high=None, verdict=None, publishable=False),
    record("906", n=70, estimate=0.6, ci_low=0.5, ci_high=0.7, verdict="not_met"),
)


def make(
    app: Flask, *, table_of: date | None = None, records: Sequence[Record] = RECORDS, simulated: bool = False,
    official: frozenset[Basis] | None = None, target: Target | None = TARGET, province: str = "90",
    code: str = "W1", state: State = State.OPEN, index: IndexDefinition | None = None,
) -> Wave:
    """An open wave (or one in a later state); with `table_of`, its table of that day. index: instead of the shipped."""
    from app import server_day
    from app.db import transaction

    with app.app_context(), transaction() as session:
        if session.query(UnitRow).first() is None:
            session.add_all([
                UnitRow(code=unit, name=name, kind=kind, parent=parent, valid_from=date.min, search=fold(name))
                for unit, name, kind, parent in UNITS
            ])
            session.flush()
        wave = conduct.create(session, conduct.Plan(
            code=code, questionnaire="sipas-transaction", index="sipas-transaction", province=province,
            title="Đợt thử", official=official, target=target, simulated=simulated,
        ), server_day())
        if index is not None:
            session.get_one(WaveRow, wave.id).index_id = definitions.publish_index(session, index, server_day())
        for step in [*State][1 : [*State].index(state) + 1]:
            wave = conduct.move(session, code, step)
        if table_of is not None:
            scores.save(session, wave, table_of, [dict(each) for each in records])
    return wave


def today(app: Flask) -> date:
    from app import server_day

    with app.app_context():
        return server_day()
