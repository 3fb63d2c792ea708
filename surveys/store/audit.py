"""The audit trail as rows. Nothing here updates or deletes an entry; triggers refuse whoever tries."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.audit import START, Auditor, Entry, head_seal, sealed
from surveys.store.tables import AuditHeadRow, AuditRow

HEAD = 1
"""the only row of its table"""


def append(session: Session, by: Auditor, action: str, subject: str, before: str | None, after: str | None) -> None:
    # the head is the lock: two transactions must not both follow the same entry
    head = session.scalar(select(AuditHeadRow).where(AuditHeadRow.id == HEAD).with_for_update())
    if head is None:
        head = AuditHeadRow(id=HEAD, seq=0, digest=START, seal=head_seal(by.key, 0, START))
        session.add(head)
    seq, previous = head.seq + 1, head.digest
    digest = sealed(by.key, seq, by.at, by.actor, action, subject, before, after, previous)
    session.add(AuditRow(
        seq=seq, at=by.at, actor=by.actor, action=action, subject=subject, before=before, after=after,
        previous=previous, digest=digest,
    ))
    head.seq, head.digest, head.seal = seq, digest, head_seal(by.key, seq, digest)
    session.flush()


def entries(session: Session) -> Iterator[Entry]:
    """Every entry, the oldest first, without holding them all in memory."""
    rows = session.scalars(select(AuditRow).order_by(AuditRow.seq).execution_options(yield_per=1000))
    return (_entry(row) for row in rows)


def head(session: Session) -> tuple[int, bytes, bytes] | None:
    """(seq, digest, seal) of the head."""
    row = session.get(AuditHeadRow, HEAD)
    return None if row is None else (row.seq, row.digest, row.seal)


def _entry(row: AuditRow) -> Entry:
    return Entry(row.seq, row.at, row.actor, row.action, row.subject, row.before, row.after, row.previous, row.digest)
