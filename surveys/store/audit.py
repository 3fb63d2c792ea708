"""The audit trail as rows. Nothing here updates or deletes an entry; triggers refuse whoever tries."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Set
from datetime import UTC, datetime, time, timedelta, tzinfo

from sqlalchemy import Insert, Select, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveys.audit import START, Auditor, Entry, Mark, Query, head_seal, sealed
from surveys.errors import Refusal
from surveys.store import audit_places
from surveys.store.tables import AuditHeadRow, AuditRow

HEAD = 1
"""the only row of its table"""
LARGEST_SEQ = 2**31 - 1


def append(
    session: Session, by: Auditor, action: str, subject: str, before: str | None, after: str | None,
    province: str | None = None,
) -> None:
    """Follow the last entry; Refusal("audit_broken") where the head is not ours or does not name that entry.

    province: None: found from the subject.
    """
    province = province or audit_places.province(session, subject, datetime.fromtimestamp(by.at, UTC).date())
    head = _locked_head(session, by.key)
    if not _fits(session, by.key, head):
        raise Refusal("audit_broken", seq=head.seq)
    seq, previous = head.seq + 1, head.digest
    digest = sealed(by.key, seq, by.at, by.actor, action, subject, province, before, after, previous)
    session.add(AuditRow(
        seq=seq, at=by.at, actor=by.actor, action=action, subject=subject, province=province, before=before,
        after=after, previous=previous, digest=digest,
    ))
    head.seq, head.digest, head.seal = seq, digest, head_seal(by.key, seq, digest)
    session.flush()
    session.info["audit_mark"] = (seq, digest)


def _locked_head(session: Session, key: bytes) -> AuditHeadRow:
    """The head is the lock: two transactions must not both follow the same entry."""
    locked = select(AuditHeadRow).where(AuditHeadRow.id == HEAD).with_for_update()
    asked = locked.execution_options(populate_existing=True)
    head = session.scalar(asked)
    if head is None:
        # two who write the very first entry meet here: the second waits, then finds the first one's head
        session.execute(_head_once(session).values(id=HEAD, seq=0, digest=START, seal=head_seal(key, 0, START)))
        head = session.scalars(asked).one()
    return head


def _head_once(session: Session) -> Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(AuditHeadRow).on_conflict_do_nothing()
    return sqlite.insert(AuditHeadRow).on_conflict_do_nothing()


def _fits(session: Session, key: bytes, head: AuditHeadRow) -> bool:
    """Whether the head carries our seal and names the entry that is really the last."""
    if not hmac.compare_digest(head_seal(key, head.seq, head.digest), head.seal):
        return False
    last = session.execute(
        select(AuditRow.seq, AuditRow.digest).order_by(AuditRow.seq.desc()).limit(1)
    ).one_or_none()
    seq, digest = (0, START) if last is None else last
    return seq == head.seq and hmac.compare_digest(digest, head.digest)


def entries(session: Session) -> Iterator[Entry]:
    """Every entry, the oldest first, without holding them all in memory."""
    rows = session.scalars(select(AuditRow).order_by(AuditRow.seq).execution_options(yield_per=1000))
    return (_entry(row) for row in rows)


def head(session: Session) -> tuple[int, bytes, bytes] | None:
    """(seq, digest, seal) of the head."""
    row = session.get(AuditHeadRow, HEAD)
    return None if row is None else (row.seq, row.digest, row.seal)


def holds(session: Session, mark: Mark) -> bool:
    """Whether the entry of a mark is in the trail, as it was then."""
    seq, digest = mark
    if not 0 < seq <= LARGEST_SEQ:
        return seq == 0
    found = session.scalar(select(AuditRow.digest).where(AuditRow.seq == seq))
    return found is not None and hmac.compare_digest(found, digest)


def page(
    session: Session, query: Query, zone: tzinfo, provinces: Set[str] | None, *, before: int | None, most: int
) -> list[Entry]:
    """Entries that match, the newest first, from below the number `before`.

    zone: where the query's days begin and end. provinces: whose entries, besides those that concern the whole
    installation; None: every province's.
    """
    wanted = _matching(query, zone, provinces)
    if before is not None:
        wanted = wanted.where(AuditRow.seq < min(before, LARGEST_SEQ))
    return [_entry(row) for row in session.scalars(wanted.order_by(AuditRow.seq.desc()).limit(most))]


def count(session: Session, query: Query, zone: tzinfo, provinces: Set[str] | None) -> int:
    """How many entries `page` would show in all."""
    return session.scalar(select(func.count()).select_from(_matching(query, zone, provinces).subquery())) or 0


def latest(session: Session, action: str) -> Entry | None:
    """The newest entry of an action."""
    row = session.scalar(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.seq.desc()).limit(1))
    return None if row is None else _entry(row)


def actions(session: Session) -> list[str]:
    """Every action that stands in the trail."""
    return list(session.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action)))


def _matching(query: Query, zone: tzinfo, provinces: Set[str] | None) -> Select[AuditRow]:
    wanted = select(AuditRow)
    if query.actor:
        wanted = wanted.where(AuditRow.actor == query.actor)
    if query.action:
        wanted = wanted.where(AuditRow.action == query.action)
    if query.subject:
        wanted = wanted.where(AuditRow.subject.startswith(query.subject, autoescape=True))
    if query.start is not None:
        wanted = wanted.where(AuditRow.at >= datetime.combine(query.start, time.min, zone).timestamp())
    if query.end is not None:
        after = datetime.combine(query.end, time.min, zone) + timedelta(days=1)
        wanted = wanted.where(AuditRow.at < after.timestamp())
    if provinces is not None:
        wanted = wanted.where(or_(AuditRow.province.is_(None), AuditRow.province.in_(sorted(provinces))))
    return wanted


def _entry(row: AuditRow) -> Entry:
    return Entry(
        row.seq, row.at, row.actor, row.action, row.subject, row.province, row.before, row.after, row.previous,
        row.digest,
    )
