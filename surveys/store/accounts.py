"""Accounts of staff and what they hold, as rows."""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.access import Grant, Role
from surveys.store.tables import AccountRow, GrantRow

INVITED, ACTIVE, DISABLED = "invited", "active", "disabled"


@dataclass(frozen=True)
class Account:
    id: int
    name: str
    display: str
    passphrase: str | None
    """Argon2id; None: the invitation has not been taken up"""
    state: str
    workplace: str | None
    """code of the unit the person works at"""
    language: str
    held: tuple[Grant, ...]
    """every grant, of whatever span"""


def any_account(session: Session) -> bool:
    return session.scalar(select(func.count()).select_from(AccountRow)) != 0


def by_id(session: Session, id: int) -> Account | None:
    row = session.get(AccountRow, id)
    return None if row is None else _accounts(session, [row])[0]


def by_name(session: Session, name: str) -> Account | None:
    """The account of a name as typed: names know no case."""
    row = session.scalar(select(AccountRow).where(AccountRow.name == normal(name)))
    return None if row is None else _accounts(session, [row])[0]


def accounts(session: Session) -> list[Account]:
    return _accounts(session, session.scalars(select(AccountRow).order_by(AccountRow.name)).all())


def _accounts(session: Session, rows: Iterable[AccountRow]) -> list[Account]:
    rows = list(rows)
    held: dict[int, list[Grant]] = defaultdict(list)
    wanted = select(GrantRow).order_by(GrantRow.id)
    if len(rows) == 1:
        wanted = wanted.where(GrantRow.account_id == rows[0].id)
    for row in session.scalars(wanted):
        held[row.account_id].append(Grant(Role(row.role), row.unit_code, row.valid_from, row.valid_to))
    return [
        Account(row.id, row.name, row.display, row.passphrase, row.state, row.workplace, row.language,
                tuple(held[row.id]))
        for row in rows
    ]


def add(
    session: Session, name: str, passphrase: str | None, *held: Grant, display: str = "",
    workplace: str | None = None, created: date | None = None,
) -> Account:
    """A new account; `passphrase` is already hashed; without one it is only invited."""
    row = AccountRow(
        name=normal(name), passphrase=passphrase, display=display, workplace=workplace, created=created,
        state=ACTIVE if passphrase else INVITED, uniquifier=secrets.token_hex(32),
    )
    session.add(row)
    session.flush()
    for grant in held:
        add_grant(session, row.id, grant)
    return _accounts(session, [row])[0]


def add_grant(session: Session, account_id: int, grant: Grant) -> int:
    row = GrantRow(
        account_id=account_id, role=grant.role.value, unit_code=grant.unit, valid_from=grant.valid_from,
        valid_to=grant.valid_to,
    )
    session.add(row)
    session.flush()
    return row.id


def normal(name: str) -> str:
    return name.strip().casefold()


def is_name(name: str) -> bool:
    """Whether an account may carry this name (already `normal`)."""
    return _NAME.fullmatch(name) is not None


_NAME = re.compile(r"[a-z0-9._-]{3,64}")
