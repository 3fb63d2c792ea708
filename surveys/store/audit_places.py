"""Which province an entry of the audit trail concerns, found from its subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.store import units
from surveys.store.tables import AccountRow, GrantRow, ProposalRow, UnitRow, WaveRow
from surveys.units import Kind

_ABOVE = frozenset({Kind.NATION, Kind.PROVINCE})
_DEEPEST = 12
"""levels that a tree has at most; keeps a faulty one from going round"""


def province(session: Session, subject: str, day: date) -> str | None:
    """subject: 'kind:code' or 'kind:code/more'. None: it concerns the whole installation.

    A kind without a finder of its own is read as a wave's: 'results:QT-2026/19249', 'comments:QT-2026'.
    """
    kind, _, rest = subject.partition(":")
    code = rest.partition("/")[0]
    return _FINDERS.get(kind, _of_wave)(session, code, day) if code else None


def _of_wave(session: Session, code: str, day: date) -> str | None:
    return session.scalar(select(WaveRow.province_code).where(WaveRow.code == code))


def _of_unit(session: Session, code: str, day: date) -> str | None:
    """The province above the unit on that day; of a unit not in force then, the one it last belonged to."""
    if not session.info.get("units_changed"):
        tree = units.tree(session, day)
        if code in tree:
            line = [tree.unit(code), *tree.ancestors(code)]
            return next((unit.code for unit in line if unit.kind is Kind.PROVINCE), None)
    return _climbed(session, code)


def _climbed(session: Session, code: str) -> str | None:
    """By the last dated unit of each code: a few look-ups, where the tree is about to change."""
    for _ in range(_DEEPEST):
        dated = select(UnitRow.kind, UnitRow.parent).where(UnitRow.code == code)
        found = session.execute(dated.order_by(UnitRow.valid_from.desc()).limit(1)).one_or_none()
        if found is None:
            return None
        if found.kind in _ABOVE:
            return code if found.kind == Kind.PROVINCE else None
        code = found.parent or ""
    return None


def _of_account(session: Session, name: str, day: date) -> str | None:
    """Of who holds everything in one province: that one."""
    held = session.scalars(
        select(GrantRow.unit_code).join(AccountRow, AccountRow.id == GrantRow.account_id)
        .where(AccountRow.name == name).distinct()
    )
    found = {None if code is None else _of_unit(session, code, day) for code in held}
    return found.pop() if len(found) == 1 else None


def _of_proposal(session: Session, id: str, day: date) -> str | None:
    if not id.isdecimal():
        return None
    code = session.scalar(select(ProposalRow.unit_code).where(ProposalRow.id == int(id)))
    return None if code is None else _of_unit(session, code, day)


def _nowhere(session: Session, code: str, day: date) -> None:
    return None


_FINDERS: Mapping[str, Callable[[Session, str, date], str | None]] = {
    "unit": _of_unit, "account": _of_account, "proposal": _of_proposal, "audit": _nowhere, "draft": _nowhere,
    "definition": _nowhere, "questionnaire": _nowhere, "index": _nowhere, "targets": _nowhere, "fields": _nowhere,
    "recording": _nowhere, "backup": _nowhere,
}
