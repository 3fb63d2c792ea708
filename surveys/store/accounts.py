"""Accounts of staff, as rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.access import Grant, Role
from surveys.store.tables import AccountRow


@dataclass(frozen=True)
class Account:
    id: int
    name: str
    passphrase: str
    """Argon2id"""
    grant: Grant


def _account(row: AccountRow) -> Account:
    return Account(row.id, row.name, row.passphrase, Grant(Role(row.role), row.unit_code))


def any_account(session: Session) -> bool:
    return session.scalar(select(func.count()).select_from(AccountRow)) != 0


def by_id(session: Session, id: int) -> Account | None:
    row = session.get(AccountRow, id)
    return None if row is None else _account(row)


def by_name(session: Session, name: str) -> Account | None:
    """The account of a name as typed: names know no case."""
    row = session.scalar(select(AccountRow).where(AccountRow.name == normal(name)))
    return None if row is None else _account(row)


def accounts(session: Session) -> list[Account]:
    return [_account(row) for row in session.scalars(select(AccountRow).order_by(AccountRow.name))]


def add(session: Session, name: str, passphrase: str, grant: Grant) -> Account:
    """A new account; `passphrase` is already hashed."""
    row = AccountRow(name=normal(name), passphrase=passphrase, role=grant.role.value, unit_code=grant.unit)
    session.add(row)
    session.flush()
    return _account(row)


def normal(name: str) -> str:
    return name.strip().casefold()


def is_name(name: str) -> bool:
    """Whether an account may carry this name (already `normal`)."""
    return _NAME.fullmatch(name) is not None


_NAME = re.compile(r"[a-z0-9._-]{3,64}")
