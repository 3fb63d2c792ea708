"""Waves, their population counts and their design cells, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveys.errors import NotFound, WaveRefusal
from surveys.origin import Basis
from surveys.store.tables import (
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
from surveys.store.touched import touched
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
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        if session.scalar(select(WaveRow.id).where(WaveRow.code == code)) is None:
            raise
        raise WaveRefusal("wave_exists", wave=code) from None  # somebody made it in the same moment
    return _wave(row)


def held(session: Session, of: Wave, *, alone: bool = False) -> Wave:
    """The wave as it is now, and as it stays until this transaction ends.

    alone: to change its state; waits for everyone who holds it. On SQLite the writer is alone anyway.
    """
    return held_by_id(session, of.id, alone=alone)


def held_by_id(session: Session, wave_id: int, *, alone: bool = False) -> Wave:
    """As `held`. Raises NotFound("wave_unknown").

    Answers hold it with the weakest lock there is, the one that a foreign key takes: it waits for nobody but for
    whoever changes the state, who waits in turn until every answer on its way is stored or refused.
    """
    row = session.execute(
        select(WaveRow).where(WaveRow.id == wave_id).with_for_update(read=not alone, key_share=not alone)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("wave_unknown", wave=wave_id)
    return _wave(row)


def hold_places(session: Session, province_code: str) -> None:
    """Be the only one who makes places (points, cells) in the province until this transaction ends.

    Answers go on; the states of the province's waves stay. Who needs more than one lock takes this one first.
    """
    session.execute(
        select(WaveRow.id).where(WaveRow.province_code == province_code).order_by(WaveRow.id)
        .with_for_update(key_share=True)
    )


def set_fields(session: Session, changed: Wave, fields: Mapping[str, object]) -> Wave:
    """Change columns of the wave's row."""
    row = session.get_one(WaveRow, changed.id)
    for name, value in fields.items():
        setattr(row, name, value)
    session.flush()
    return _wave(row)


def set_state(session: Session, changed: Wave, state: State) -> Wave:
    return set_fields(session, changed, {"state": state.value})


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


def answers_of(session: Session, several: Sequence[Wave]) -> dict[int, int]:
    """wave id -> answers received so far, of these waves."""
    found = {each.id: 0 for each in several}
    for province in {each.province_code for each in several}:
        ids = [each.id for each in several if each.province_code == province]
        found.update(session.execute(
            select(ResponseRow.wave_id, func.count())
            .where(ResponseRow.province_code == province, ResponseRow.wave_id.in_(ids))
            .group_by(ResponseRow.wave_id)
        ).all())
    return found


def used_units(session: Session, of: Wave) -> bool:
    """Whether points, slips or counts refer to the wave's units."""
    tables = (CellRow, PopulationRow)
    return any(
        session.scalar(
            select(table.wave_id).where(table.province_code == of.province_code, table.wave_id == of.id).limit(1)
        ) is not None
        for table in tables
    )


def wipe(session: Session, of: Wave, *, whole: bool) -> dict[str, int]:
    """Delete what a training wave collected; says how many rows of each table went.

    Every statement holds the condition itself: of a wave that is not a training wave nothing is deleted, whoever
    calls. whole: the places, the counts and the wave itself as well.
    """
    training = select(WaveRow.id).where(WaveRow.id == of.id, WaveRow.training.is_(True)).scalar_subquery()
    points = select(PointRow.cell).where(PointRow.wave_id == of.id, PointRow.province_code == of.province_code)
    gone: dict[str, int] = {}

    def remove(name: str, table: type[Removable], *also: ColumnElement[bool]) -> None:
        done = session.execute(
            delete(table).where(table.province_code == of.province_code, table.wave_id == training, *also)
            .execution_options(synchronize_session=False)
        )
        gone[name] = touched(done)

    for name, table in _COLLECTED.items():
        remove(name, table)
    if whole:
        remove("point", PointRow)
        remove("population", PopulationRow)
        remove("cell", CellRow)
        session.execute(
            delete(WaveRow).where(WaveRow.id == of.id, WaveRow.training.is_(True))
            .execution_options(synchronize_session=False)
        )
    else:
        remove("cell", CellRow, CellRow.id.not_in(points))
        session.execute(
            update(CellRow).where(CellRow.province_code == of.province_code, CellRow.wave_id == training)
            .values(issued=0).execution_options(synchronize_session=False)
        )
    session.expire_all()
    return gone


Removable = (
    ResponseRow | CommentRow | SlipRow | ScoreTableRow | PublicationRow | PointRow | PopulationRow | CellRow
)
_COLLECTED: Mapping[str, type[Removable]] = {
    "response": ResponseRow, "comment": CommentRow, "slip": SlipRow, "score_table": ScoreTableRow,
    "publication": PublicationRow,
}
"""what a wave collects, in an order that keeps references whole"""

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
    hold_places(session, of.province_code)
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
