"""Points and slips, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.orm import Session

from surveys.store.tables import PointRow, SlipRow


def add_point(session: Session, row: PointRow) -> PointRow:
    session.add(row)
    session.flush()
    return row


def point(session: Session, code: str) -> PointRow | None:
    return session.scalar(select(PointRow).where(PointRow.code == code))


def points(session: Session, wave_id: int) -> list[PointRow]:
    return list(session.scalars(select(PointRow).where(PointRow.wave_id == wave_id).order_by(PointRow.id)))


def add_slips(
    session: Session, province_code: str, wave_id: int, cell: int, digests: Iterable[bytes], expires: date
) -> None:
    session.execute(
        insert(SlipRow),
        [
            {"province_code": province_code, "digest": digest, "wave_id": wave_id, "cell": cell,
             "expires": expires, "spent": False}
            for digest in digests
        ],
    )


def slip(session: Session, digest: bytes) -> SlipRow | None:
    return session.scalar(select(SlipRow).where(SlipRow.digest == digest))


def spend(session: Session, province_code: str, digest: bytes) -> bool:
    """Spend the slip; False when it was spent before. The row's own lock arbitrates between two spenders."""
    spent = session.execute(
        update(SlipRow)
        .where(SlipRow.province_code == province_code, SlipRow.digest == digest, SlipRow.spent.is_(False))
        .values(spent=True)
    )
    assert isinstance(spent, CursorResult)  # noqa: S101  # an UPDATE always gives one; tells the type checker
    return bool(spent.rowcount == 1)


def slip_counts(session: Session, province_code: str, wave_id: int) -> dict[int, tuple[int, int]]:
    """cell id -> (slips issued, slips spent)."""
    rows = session.execute(
        select(SlipRow.cell, SlipRow.spent, func.count())
        .where(SlipRow.province_code == province_code, SlipRow.wave_id == wave_id)
        .group_by(SlipRow.cell, SlipRow.spent)
    )
    counts: dict[int, tuple[int, int]] = {}
    for cell, spent, count in rows:
        issued, used = counts.get(cell, (0, 0))
        counts[cell] = (issued + count, used + (count if spent else 0))
    return counts
