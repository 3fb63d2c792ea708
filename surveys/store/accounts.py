"""Accounts of staff, what they hold and the one-time codes that open them, as rows."""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from surveys.access import Grant, Role
from surveys.store.tables import AccountRow, GrantRow, InvitationRow
from surveys.store.touched import touched

INVITED, ACTIVE, DISABLED = "invited", "active", "disabled"


@dataclass(frozen=True)
class Account:
    """A person of staff, with every grant."""

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
    uniquifier: str = ""
    """random; another one ends whatever was begun under it"""
    second_factor: str | None = None
    """the encrypted secret; None: not set up"""
    second_factor_last: int | None = None
    """time step of the code used last"""
    recovery: str | None = None
    """digests of the recovery codes that are left, as JSON"""
    created: date | None = None
    last_day: date | None = None
    """last day on which the account opens"""

    def opens(self, day: date) -> bool:
        """Whether its holder may sign in on that day."""
        return self.state == ACTIVE and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Held:
    """A grant as its row."""

    id: int
    grant: Grant


@dataclass(frozen=True)
class Invitation:
    """A one-time code that was not used; of the code itself only the digest is kept."""

    id: int
    account_id: int
    purpose: str
    expires: date


def any_account(session: Session) -> bool:
    """Whether there is one at all: without, the set-up code makes the first."""
    return session.scalar(select(func.count()).select_from(AccountRow)) != 0


def by_id(session: Session, id: int) -> Account | None:
    return _one(session, AccountRow.id == id)


def by_name(session: Session, name: str) -> Account | None:
    """The account of a name as typed: names know no case."""
    return _one(session, AccountRow.name == normal(name))


def accounts(session: Session) -> list[Account]:
    """Every account, by name."""
    return _accounts(session, select(*_COLUMNS).order_by(AccountRow.name), _HELD)


def _one(session: Session, which: ColumnElement[bool]) -> Account | None:
    grants = _HELD.join(AccountRow, AccountRow.id == GrantRow.account_id).where(which)
    return next(iter(_accounts(session, select(*_COLUMNS).where(which), grants)), None)


def _accounts(session: Session, wanted: Select[*tuple[Any, ...]], grants: Select[*tuple[Any, ...]]) -> list[Account]:
    """Read as plain columns: a page shows hundreds, and mapped rows cost twice as much."""
    held: dict[int, list[Grant]] = defaultdict(list)
    for account_id, role, unit_code, valid_from, valid_to in session.execute(grants):
        held[account_id].append(Grant(Role(role), unit_code, valid_from, valid_to))
    return [
        Account(id, name, display, passphrase, state, workplace, language, tuple(held[id]), *more)
        for id, name, display, passphrase, state, workplace, language, *more in session.execute(wanted)
    ]


_COLUMNS = (
    AccountRow.id, AccountRow.name, AccountRow.display, AccountRow.passphrase, AccountRow.state, AccountRow.workplace,
    AccountRow.language, AccountRow.uniquifier, AccountRow.second_factor, AccountRow.second_factor_last,
    AccountRow.recovery, AccountRow.created, AccountRow.last_day,
)
_HELD = select(
    GrantRow.account_id, GrantRow.role, GrantRow.unit_code, GrantRow.valid_from, GrantRow.valid_to
).order_by(GrantRow.id)


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
    return Account(row.id, row.name, row.display, row.passphrase, row.state, row.workplace, row.language or "vi", held,
                   row.uniquifier, created=row.created)


def add_grant(session: Session, account_id: int, grant: Grant) -> int:
    """Returns the id of the grant."""
    row = GrantRow(
        account_id=account_id, role=grant.role.value, unit_code=grant.unit, valid_from=grant.valid_from,
        valid_to=grant.valid_to,
    )
    session.add(row)
    session.flush()
    return row.id


def held_by(session: Session, account_id: int) -> list[Held]:
    """Every grant of an account, the oldest first."""
    rows = session.scalars(select(GrantRow).where(GrantRow.account_id == account_id).order_by(GrantRow.id))
    return [Held(row.id, Grant(Role(row.role), row.unit_code, row.valid_from, row.valid_to)) for row in rows]


def lasting_grants(session: Session, day: date) -> list[tuple[int, str | None, str]]:
    """(account, unit, state of the account) of every grant that lasts to that day or beyond; none of shut accounts."""
    rows = session.execute(
        select(GrantRow.account_id, GrantRow.unit_code, AccountRow.state)
        .join(AccountRow, AccountRow.id == GrantRow.account_id)
        .where(AccountRow.state != DISABLED, or_(GrantRow.valid_to.is_(None), GrantRow.valid_to >= day))
    )
    return [(account, unit, state) for account, unit, state in rows]


def holders(session: Session, role: Role, day: date) -> set[int]:
    """Ids of the accounts that are not closed and hold the role, on the day or later."""
    return set(session.scalars(
        select(GrantRow.account_id).join(AccountRow, AccountRow.id == GrantRow.account_id).where(
            AccountRow.state != DISABLED, GrantRow.role == role.value,
            or_(GrantRow.valid_to.is_(None), GrantRow.valid_to >= day),
        )
    ))


def end_grant(session: Session, grant_id: int, last_day: date) -> None:
    """Its last day, inclusive."""
    session.execute(update(GrantRow).where(GrantRow.id == grant_id).values(valid_to=last_day))


def change(session: Session, account_id: int, **values: object) -> None:
    """Set columns of an account."""
    session.execute(update(AccountRow).where(AccountRow.id == account_id).values(**values))


def refresh_uniquifier(session: Session, account_id: int) -> None:
    """End whatever was begun under the old one: a sign-in between two factors, a cookie."""
    change(session, account_id, uniquifier=secrets.token_hex(32))


def use_step(session: Session, account_id: int, step: int) -> bool:
    """Mark a time step as used; False where this or a later one was used already, also by a request beside."""
    row = AccountRow
    done = session.execute(
        update(row)
        .where(row.id == account_id, or_(row.second_factor_last.is_(None), row.second_factor_last < step))
        .values(second_factor_last=step)
    )
    return touched(done) == 1


def replace_recovery(session: Session, account_id: int, before: str | None, after: str) -> bool:
    """Swap the recovery codes; False where a request beside was faster."""
    row = AccountRow
    done = session.execute(update(row).where(row.id == account_id, row.recovery == before).values(recovery=after))
    return touched(done) == 1


def taken(session: Session, names: Sequence[str]) -> set[str]:
    """Which of these names (already `normal`) accounts carry."""
    return set(session.scalars(select(AccountRow.name).where(AccountRow.name.in_(names))))


def add_invitation(session: Session, account_id: int, digest: bytes, purpose: str, expires: date) -> None:
    """Codes given out before stop working."""
    end_invitations(session, account_id)
    session.add(InvitationRow(account_id=account_id, digest=digest, purpose=purpose, expires=expires))
    session.flush()


def end_invitations(session: Session, account_id: int) -> None:
    """Void every code of the account."""
    session.execute(delete(InvitationRow).where(InvitationRow.account_id == account_id))


def invitation(session: Session, digest: bytes) -> Invitation | None:
    """The unspent code of this digest, of whatever age; ask `expires`."""
    row = session.scalar(select(InvitationRow).where(InvitationRow.digest == digest))
    return None if row is None else Invitation(row.id, row.account_id, row.purpose, row.expires)


def invitation_of(session: Session, account_id: int) -> Invitation | None:
    """The unspent code of the account; None where there is none."""
    row = session.scalar(select(InvitationRow).where(InvitationRow.account_id == account_id))
    return None if row is None else Invitation(row.id, row.account_id, row.purpose, row.expires)


def spend(session: Session, invitation_id: int) -> bool:
    """Use a code up; False where a request beside was faster."""
    return touched(session.execute(delete(InvitationRow).where(InvitationRow.id == invitation_id))) == 1


def normal(name: str) -> str:
    """A sign-in name as it is stored: names know no case and no blanks around them."""
    return name.strip().casefold()


def is_name(name: str) -> bool:
    """Whether an account may carry this name (already `normal`)."""
    return _NAME.fullmatch(name) is not None


_NAME = re.compile(r"[a-z0-9._-]{3,64}")
