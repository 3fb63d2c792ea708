"""Free text of answers, as rows. No order of arrival: they come in the order of their random ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from surveys.comments import Comment
from surveys.store.tables import CommentRow
from surveys.store.touched import touched
from surveys.waves import Wave


def page(
    session: Session, wave: Wave, unit_ids: Collection[int], *, after: bytes | None, most: int,
    released: bool | None = None,
) -> list[Comment]:
    """Comments about those units, by their random ids, from behind the id `after`."""
    wanted = select(CommentRow).where(*_of(wave), CommentRow.unit_id.in_(sorted(unit_ids)))
    if released is not None:
        wanted = wanted.where(CommentRow.released.is_not(None) if released else CommentRow.released.is_(None))
    if after is not None:
        wanted = wanted.where(CommentRow.id > after)
    return [_comment(row) for row in session.scalars(wanted.order_by(CommentRow.id).limit(most))]


def by_ids(session: Session, wave: Wave, ids: Sequence[bytes]) -> list[Comment]:
    """Those of the ids that the wave has, by id."""
    rows = session.scalars(select(CommentRow).where(*_of(wave), CommentRow.id.in_(ids)).order_by(CommentRow.id))
    return [_comment(row) for row in rows]


def counts(session: Session, wave: Wave) -> Mapping[int, tuple[int, int]]:
    """unit id -> (comments, of which released)"""
    rows = session.execute(
        select(CommentRow.unit_id, func.count(), func.count(CommentRow.released))
        .where(*_of(wave)).group_by(CommentRow.unit_id)
    )
    return {unit_id: (every, released) for unit_id, every, released in rows}


def release(session: Session, wave: Wave, id: bytes, shown: str) -> bool:
    """Keep what may be shown of a comment; False where it is gone or was released meanwhile."""
    done = session.execute(
        update(CommentRow).where(*_of(wave), CommentRow.id == id, CommentRow.released.is_(None)).values(released=shown)
    )
    return touched(done) == 1


def delete_all(session: Session, wave: Wave) -> int:
    """Delete the wave's comments; says how many."""
    return touched(session.execute(delete(CommentRow).where(*_of(wave))))


def _of(wave: Wave) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return CommentRow.province_code == wave.province_code, CommentRow.wave_id == wave.id


def _comment(row: CommentRow) -> Comment:
    return Comment(row.id.hex(), row.unit_id, row.variable, row.text, row.released)
