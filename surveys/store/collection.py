"""Points and slips, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.orm import Session

from surveys.store.tables import CellRow, PointRow, SlipRow


def add_point(session: Session, row: PointRow) -> PointRow:
    session.add(row)
    session.flush()
    return row


def point(session: Session, code: str) -> PointRow | None:
    return session.scalar(select(PointRow).where(PointRow.code == code))


def points(session: Session, wave_id: int, most: int | None = None) -> list[PointRow]:
    """In the order they were made; the first `most` of them."""
    wanted = select(PointRow).where(PointRow.wave_id == wave_id).order_by(PointRow.id).limit(most)
    return list(session.scalars(wanted))


def add_slips(
    session: Session, province_code: str, wave_id: int, cell: int, digests: Sequence[bytes], expires: date
) -> None:
    session.execute(
        insert(SlipRow),
        [
            {"province_code": province_code, "digest": digest, "wave_id": wave_id, "cell": cell, "expires": expires}
            for digest in digests
        ],
    )
    session.execute(
        update(CellRow)
        .where(CellRow.province_code == province_code, CellRow.id == cell)
        .values(issued=CellRow.issued + len(digests))
    )


def slip(session: Session, digests: Sequence[bytes]) -> SlipRow | None:
    """The slip of one of the digests: of one code, under each key that is believed."""
    return session.scalar(select(SlipRow).where(SlipRow.digest.in_(digests)))


def slip_counts(session: Session, province_code: str, wave_id: int) -> dict[int, tuple[int, int]]:
    """cell id -> (slips issued, slips spent), for the cells that gave any out."""
    left = dict(session.execute(
        select(SlipRow.cell, func.count())
        .where(SlipRow.province_code == province_code, SlipRow.wave_id == wave_id)
        .group_by(SlipRow.cell)
    ).all())
    issued = session.execute(
        select(CellRow.id, CellRow.issued).where(
            CellRow.province_code == province_code, CellRow.wave_id == wave_id, CellRow.issued > 0
        )
    )
    return {cell: (count, count - left.get(cell, 0)) for cell, count in issued}


def points_by_unit(session: Session, wave_id: int) -> dict[int, int]:
    """unit id -> its points, for the units that have any."""
    rows = session.execute(
        select(PointRow.unit_id, func.count()).where(PointRow.wave_id == wave_id).group_by(PointRow.unit_id)
    )
    return {unit: int(number) for unit, number in rows}


def slips_by_place(session: Session, province_code: str, wave_id: int) -> list[tuple[int, int, int]]:
    """(unit, slips issued, slips not yet spent), for the units that gave any out; summed by the database."""
    left = (
        select(SlipRow.cell, func.count().label("number"))
        .where(SlipRow.province_code == province_code, SlipRow.wave_id == wave_id)
        .group_by(SlipRow.cell)
        .subquery()
    )
    rows = session.execute(
        select(CellRow.received_at, func.sum(CellRow.issued), func.sum(func.coalesce(left.c.number, 0)))
        .outerjoin(left, left.c.cell == CellRow.id)
        .where(CellRow.province_code == province_code, CellRow.wave_id == wave_id, CellRow.issued > 0)
        .group_by(CellRow.received_at)
    )
    return [(place, int(issued), int(unspent)) for place, issued, unspent in rows]


def slips_by_unit(
    session: Session, province_code: str, wave_id: int, today: date
) -> dict[int, tuple[int, int, int]]:
    """unit id -> (slips issued there, of these unspent, of these too old to be used)."""
    of_wave = (CellRow.province_code == province_code, CellRow.wave_id == wave_id)
    issued = session.execute(
        select(CellRow.received_at, func.sum(CellRow.issued))
        .where(*of_wave, CellRow.issued > 0).group_by(CellRow.received_at)
    ).all()
    left = session.execute(
        select(CellRow.received_at, func.count(), func.sum(case((SlipRow.expires < today, 1), else_=0)))
        .join(SlipRow, (SlipRow.province_code == CellRow.province_code) & (SlipRow.cell == CellRow.id))
        .where(*of_wave).group_by(CellRow.received_at)
    ).all()
    unspent = {unit: (int(number), int(old)) for unit, number, old in left}
    return {unit: (int(out), *unspent.get(unit, (0, 0))) for unit, out in issued}
