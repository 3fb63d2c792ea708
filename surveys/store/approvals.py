"""Proposals as rows."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveys.approvals import Proposal, State
from surveys.errors import NotFound, Refusal
from surveys.store.tables import ProposalRow
from surveys.store.touched import touched

LARGEST_ID = 2**31 - 1


def add(
    session: Session, *, kind: str, subject: str, unit_code: str | None, document: str, reason: str,
    proposed_by: str, proposed: date,
) -> Proposal:
    """A new proposal; Refusal("approval_waiting") where one of this kind and subject waits already."""
    row = ProposalRow(
        kind=kind, subject=subject, unit_code=unit_code, document=document, reason=reason,
        proposed_by=proposed_by, proposed=proposed, state=State.WAITING.value,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # the index on what waits: two who propose the same at once are told so, too
        raise Refusal("approval_waiting", subject=subject) from None
    return _proposal(row)


def by_id(session: Session, id: int) -> Proposal:
    """Raises NotFound("approval_unknown")."""
    row = session.get(ProposalRow, id) if 0 < id <= LARGEST_ID else None
    if row is None:
        raise NotFound("approval_unknown", id=id)
    return _proposal(row)


def waiting(session: Session) -> list[Proposal]:
    """Everything that waits, the oldest first."""
    rows = session.scalars(
        select(ProposalRow).where(ProposalRow.state == State.WAITING.value).order_by(ProposalRow.id)
    )
    return [_proposal(row) for row in rows]


def settled(session: Session, before: int | None, most: int) -> list[Proposal]:
    """Decided and withdrawn ones, the newest first, from below the id `before`."""
    wanted = select(ProposalRow).where(ProposalRow.state != State.WAITING.value)
    if before is not None:
        wanted = wanted.where(ProposalRow.id < min(before, LARGEST_ID))
    return [_proposal(row) for row in session.scalars(wanted.order_by(ProposalRow.id.desc()).limit(most))]


def rejected(session: Session, proposed_by: str, since: date) -> list[Proposal]:
    """What this person proposed and another rejected on that day or later, by number."""
    rows = session.scalars(
        select(ProposalRow).where(
            ProposalRow.state == State.REJECTED.value, ProposalRow.proposed_by == proposed_by,
            ProposalRow.decided >= since,
        ).order_by(ProposalRow.id)
    )
    return [_proposal(row) for row in rows]


def settle(session: Session, id: int, state: State, *, by: str, on: date, answer: str) -> bool:
    """Move a waiting proposal on; False where somebody else was faster.

    One conditional statement: of two who decide at once, the second waits for the first's row lock and then
    finds nothing that waits.
    """
    done = session.execute(
        update(ProposalRow)
        .where(ProposalRow.id == id, ProposalRow.state == State.WAITING.value)
        .values(state=state.value, decided_by=by, decided=on, answer=answer)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return touched(done) == 1


def _proposal(row: ProposalRow) -> Proposal:
    return Proposal(
        row.id, row.kind, row.subject, row.unit_code, json.loads(row.document), row.reason, row.proposed_by,
        row.proposed, State(row.state), row.decided_by, row.decided, row.answer,
    )
