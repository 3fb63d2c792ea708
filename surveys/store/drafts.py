"""Drafts as rows."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from surveys.drafts import Draft
from surveys.store.tables import AdoptionRow, DraftRow, FieldListRow, IndexRow, QuestionnaireRow, RecordingRow
from surveys.store.touched import touched


def _draft(row: DraftRow) -> Draft:
    return Draft(row.id, row.kind, row.name, row.content, row.author, row.changed, row.revision, row.state, row.note)


def by_id(session: Session, id: int) -> Draft | None:
    """None for an id that no draft has or could have."""
    row = session.get(DraftRow, id, populate_existing=True) if 0 < id < 2**31 else None
    return None if row is None else _draft(row)


def all_of(session: Session, states: tuple[str, ...] = ()) -> tuple[Draft, ...]:
    """Every draft, or those in these states; changed last first."""
    chosen = select(DraftRow).order_by(DraftRow.changed.desc(), DraftRow.id.desc())
    if states:
        chosen = chosen.where(DraftRow.state.in_(states))
    return tuple(_draft(row) for row in session.scalars(chosen))


def being_written(session: Session, author: str) -> tuple[Draft, ...]:
    """Drafts that this person may still change, changed last first."""
    chosen = select(DraftRow).where(DraftRow.author == author, DraftRow.state.in_(("draft", "rejected")))
    return tuple(_draft(row) for row in session.scalars(chosen.order_by(DraftRow.changed.desc(), DraftRow.id.desc())))


def open_of(session: Session, kind: str, name: str) -> tuple[Draft, ...]:
    """Drafts of a definition that are not decided on yet, the last first."""
    chosen = select(DraftRow).where(
        DraftRow.kind == kind, DraftRow.name == name, DraftRow.state.in_(("draft", "proposed"))
    )
    return tuple(_draft(row) for row in session.scalars(chosen.order_by(DraftRow.id.desc())))


def add(
    session: Session, kind: str, name: str, content: str, author: str, changed: date, note: str
) -> Draft:
    """A first revision, being written."""
    row = DraftRow(
        kind=kind, name=name, content=content, author=author, changed=changed, revision=1, state="draft", note=note,
    )
    session.add(row)
    session.flush()
    return _draft(row)


def rewrite(
    session: Session, id: int, revision: int, *, name: str, content: str, author: str, changed: date, note: str
) -> bool:
    """Put the new text in place; False when somebody else has changed the draft since this revision."""
    return _changed(session, id, revision, {
        "name": name, "content": content, "author": author, "changed": changed, "note": note,
        "revision": revision + 1, "state": "draft",
    })


def set_state(session: Session, id: int, revision: int, state: str) -> bool:
    """False when somebody else has changed the draft since this revision."""
    return _changed(session, id, revision, {"state": state})


def remove(session: Session, id: int, revision: int) -> bool:
    """False when somebody else has changed the draft since this revision."""
    found = session.execute(delete(DraftRow).where(DraftRow.id == id, DraftRow.revision == revision))
    return touched(found) == 1


def _changed(session: Session, id: int, revision: int, values: dict[str, object]) -> bool:
    session.flush()
    done = session.execute(
        update(DraftRow).where(DraftRow.id == id, DraftRow.revision == revision).values(values)
        .execution_options(synchronize_session=False)
    )
    return touched(done) == 1


def standing(session: Session) -> tuple[int, ...]:
    """The last version of each kind, the last adoption, how many recordings: rows that only ever come on top."""
    last = [
        select(func.coalesce(func.max(table.id), 0)).scalar_subquery()
        for table in (AdoptionRow, QuestionnaireRow, IndexRow, FieldListRow)
    ]
    recordings = select(func.count()).select_from(RecordingRow).scalar_subquery()
    return tuple(int(number) for number in session.execute(select(*last, recordings)).one())
