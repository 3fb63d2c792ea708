"""Waves, their population counts and their design cells, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.errors import NotFound, WaveRefusal
from surveys.origin import Basis
from surveys.store.tables import CellRow, PopulationRow, WaveRow
from surveys.waves import State, Wave


def _wave(row: WaveRow) -> Wave:
    known = {basis.word: basis for basis in Basis}
    return Wave(
        id=row.id, code=row.code, title=row.title, province_code=row.province_code, units_day=row.units_day,
        questionnaire_id=row.questionnaire_id, index_id=row.index_id,
        official=frozenset(known[word] for word in row.official.split(",")),
        target=row.target, target_operator=row.target_operator, state=State(row.state),
        opens=row.opens, closes=row.closes, simulated=row.simulated, created=row.created,
        training=row.training, late_until=row.late_until, fixed=row.fixed,
    )


def wave(session: Session, code: str) -> Wave:
    """The wave of this code; raises NotFound("wave_unknown")."""
    row = session.scalar(select(WaveRow).where(WaveRow.code == code))
    if row is None:
        raise NotFound("wave_unknown", wave=code)
    return _wave(row)


def wave_by_id(session: Session, wave_id: int) -> Wave:
    row = session.get(WaveRow, wave_id)
    if row is None:
        raise NotFound("wave_unknown", wave=wave_id)
    return _wave(row)


def waves(session: Session) -> list[Wave]:
    """Every wave, the newest first."""
    rows = session.scalars(select(WaveRow).order_by(WaveRow.created.desc(), WaveRow.id.desc()))
    return [_wave(row) for row in rows]


def add(session: Session, fields: Mapping[str, object]) -> Wave:
    """A new wave; raises WaveRefusal("wave_exists") when its code is taken."""
    code = fields["code"]
    if session.scalar(select(WaveRow.id).where(WaveRow.code == code)) is not None:
        raise WaveRefusal("wave_exists", wave=code)
    row = WaveRow(**fields)
    session.add(row)
    session.flush()
    return _wave(row)


def set_state(session: Session, changed: Wave, state: State) -> Wave:
    row = session.get_one(WaveRow, changed.id)
    row.state = state.value
    session.flush()
    return _wave(row)


def set_questionnaire(session: Session, changed: Wave, questionnaire_id: int) -> Wave:
    row = session.get_one(WaveRow, changed.id)
    row.questionnaire_id = questionnaire_id
    session.flush()
    return _wave(row)


def populations(session: Session, of: Wave) -> dict[int, int]:
    """unit id -> dossiers (people) of the period, for the units that have a count."""
    rows = session.execute(
        select(PopulationRow.unit_id, PopulationRow.size).where(
            PopulationRow.province_code == of.province_code, PopulationRow.wave_id == of.id
        )
    )
    return dict(rows.all())


def set_populations(session: Session, of: Wave, sizes: Mapping[int, int]) -> None:
    for unit_id, size in sizes.items():
        session.merge(
            PopulationRow(province_code=of.province_code, wave_id=of.id, unit_id=unit_id, size=size)
        )


CellKey = tuple[int, int, int, str, str]
"""received_at, handled_by, basis, stratum, psu"""


def _key(row: CellRow) -> CellKey:
    return row.received_at, row.handled_by, row.basis, row.stratum, row.psu


def cells(session: Session, of: Wave) -> dict[CellKey, CellRow]:
    """Every design cell of the wave."""
    rows = session.scalars(
        select(CellRow).where(CellRow.province_code == of.province_code, CellRow.wave_id == of.id)
    )
    return {_key(row): row for row in rows}


def ensure_cells(
    session: Session, of: Wave, wanted: Iterable[tuple[CellKey, float | None, float | None]]
) -> dict[CellKey, CellRow]:
    """Cells for the keys (with fpc and weight), made where missing; run inside a write transaction.

    Numbers of cells are drawn per province, so that no sequence spans provinces; the lock on the province's
    waves keeps two transactions from drawing the same number on PostgreSQL.
    """
    session.execute(
        select(WaveRow.id).where(WaveRow.province_code == of.province_code).order_by(WaveRow.id).with_for_update()
    )
    present = cells(session, of)
    last = session.scalar(
        select(func.max(CellRow.id)).where(CellRow.province_code == of.province_code)
    ) or 0
    for key, fpc, weight in wanted:
        if key in present:
            continue
        last += 1
        received_at, handled_by, basis, stratum, psu = key
        row = CellRow(
            province_code=of.province_code, id=last, wave_id=of.id, received_at=received_at,
            handled_by=handled_by, basis=basis, stratum=stratum, psu=psu, fpc=fpc, weight=weight,
        )
        session.add(row)
        present[key] = row
    session.flush()
    return present


def cell(session: Session, province_code: str, cell_id: int) -> CellRow:
    return session.get_one(CellRow, (province_code, cell_id))
