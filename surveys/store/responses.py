"""Responses and comments, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from surveys.store.tables import CellRow, CommentRow, ResponseRow

_EPOCH = date(1970, 1, 1)
CHUNK = 5_000
"""rows a statement of a bulk insert carries"""


def day_number(day: date) -> int:
    """Days since 1970-01-01, as rows keep a day."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day of a `day_number`."""
    return _EPOCH + timedelta(days=number)


def none_on_its_way(session: Session) -> None:
    """Wait for the answers that are being written, and keep others from beginning until this transaction ends.

    To be called after the wave's row was changed: an INSERT takes its lock on the table before it looks at the wave,
    so one that begins after this sees the change. On SQLite a writer is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {ResponseRow.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def response(session: Session, province_code: str, id: bytes) -> ResponseRow | None:
    """The answer of that id within the province, or None."""
    return session.get(ResponseRow, (province_code, id))


def any_of(session: Session, wave_id: int) -> bool:
    """Whether the wave has an answer."""
    return session.scalar(select(ResponseRow.wave_id).where(ResponseRow.wave_id == wave_id).limit(1)) is not None


def any_known(session: Session, province_code: str, ids: Sequence[bytes]) -> bool:
    """Whether one of the ids is stored."""
    return any(
        session.scalar(
            select(func.count()).where(
                ResponseRow.province_code == province_code, ResponseRow.id.in_(ids[at : at + 500])
            )
        )
        for at in range(0, len(ids), 500)
    )


def add_many(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Bulk insert; the rows come in the order of their random ids, which also fills the pages well."""
    ordered = sorted(rows, key=lambda row: row["id"])
    for at in range(0, len(ordered), CHUNK):
        session.execute(insert(ResponseRow), ordered[at : at + CHUNK])


def add_comments(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store free texts; rows as `tables.CommentRow`."""
    if rows:
        session.execute(insert(CommentRow), rows)


def counts_by_cell(session: Session, province_code: str, wave_id: int) -> dict[int, int]:
    """cell id -> answers received; live, for coverage, not for scores."""
    rows = session.execute(
        select(ResponseRow.cell, func.count())
        .where(ResponseRow.province_code == province_code, ResponseRow.wave_id == wave_id)
        .group_by(ResponseRow.cell)
    )
    return dict(rows.all())


def counts_by_place(session: Session, province_code: str, wave_id: int) -> list[tuple[int, int, int]]:
    """(unit the answers were received at, basis, answers received); live, summed by the database."""
    of_cell = (
        select(ResponseRow.cell, func.count().label("number"))
        .where(ResponseRow.province_code == province_code, ResponseRow.wave_id == wave_id)
        .group_by(ResponseRow.cell)
        .subquery()
    )
    rows = session.execute(
        select(CellRow.received_at, CellRow.basis, func.sum(of_cell.c.number))
        .join(of_cell, of_cell.c.cell == CellRow.id)
        .where(CellRow.province_code == province_code)
        .group_by(CellRow.received_at, CellRow.basis)
    )
    return [(place, basis, int(number)) for place, basis, number in rows]


def own_psu_count(session: Session, province_code: str, wave_id: int, basis: int, stratum: str) -> int:
    """Answers of a stratum that are each their own PSU."""
    return session.scalar(
        select(func.count())
        .select_from(ResponseRow)
        .join(CellRow, (CellRow.province_code == ResponseRow.province_code) & (CellRow.id == ResponseRow.cell))
        .where(
            ResponseRow.province_code == province_code, ResponseRow.wave_id == wave_id,
            CellRow.basis == basis, CellRow.stratum == stratum, CellRow.psu == "",
        )
    ) or 0


def counts_by_unit(session: Session, province_code: str, wave_id: int) -> list[tuple[int, int, int, int]]:
    """(unit id, basis, mode, answers received there)."""
    by_cell = (
        select(ResponseRow.cell, ResponseRow.mode, func.count().label("received"))
        .where(ResponseRow.province_code == province_code, ResponseRow.wave_id == wave_id)
        .group_by(ResponseRow.cell, ResponseRow.mode)
        .subquery()
    )
    rows = session.execute(
        select(CellRow.received_at, CellRow.basis, by_cell.c.mode, func.sum(by_cell.c.received))
        .join(CellRow, (CellRow.province_code == province_code) & (CellRow.id == by_cell.c.cell))
        .group_by(CellRow.received_at, CellRow.basis, by_cell.c.mode)
    )
    return [(unit, basis, mode, int(received)) for unit, basis, mode, received in rows]
