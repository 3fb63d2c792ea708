"""Who may change whose account: invitations, dated grants, resets, closing. All of it stands in the audit trail.

Whoever looks after accounts does so within the reach of the own grants and never for the own account:
- a grant is given, ended or reset over only where the own grant reaches its unit;
- the help desk resets roles that work with a passphrase alone; the others are an administrator's;
- nobody who works at a graded unit gets a role that keys answers, and nobody with such a role moves to one; who holds
  a role of the unit's own people works there, and of a unit that was closed nobody knows who comes after it.
What is outside one's reach does not exist: NotFound("account_unknown").
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from surveys import access, audit, codes
from surveys.access import SECOND_FACTOR, Action, Grant, Grants, Role
from surveys.errors import Fault, NotFound, Refusal
from surveys.store import accounts as store
from surveys.store import sessions, units
from surveys.store.accounts import Account, Held
from surveys.units import UnitTree

CODE_LENGTH = 20
"""100 bits: whoever holds the code opens the account"""
CODE_DAYS = 14
INVITE, RESET, FACTOR = "invite", "reset", "factor"
"""purposes of a code: a new account; a new passphrase; a new passphrase and a new second factor"""
LONGEST_DISPLAY = 120


@dataclass(frozen=True)
class By:
    """Who changes an account."""

    name: str
    grants: Grants


@dataclass(frozen=True)
class NewAccount:
    """An account as somebody asks for it; nothing is checked yet (see `problems`)."""

    name: str
    """as typed"""
    display: str
    workplace: str | None
    held: tuple[Grant, ...]


@dataclass(frozen=True)
class Issued:
    """A one-time code, known only now: it goes into a sealed letter."""

    account: Account
    code: str
    purpose: str
    expires: date
    """last day on which it works"""


def operator(name: str) -> By:
    """Who works at the machine's command line may do everything."""
    return By(name, Grants((Grant(Role.ADMINISTRATOR),)))


# who reaches whom


def over(grant: Grant, today: date) -> bool:
    """Whether the grant's last day is behind us."""
    return grant.valid_to is not None and grant.valid_to < today


def _reaches(grants: Grants, action: Action, tree: UnitTree, unit: str | None) -> bool:
    if grants.anywhere(action):
        return True
    return unit is not None and unit in tree and grants.reaches(action, tree, unit)


def sees(by: By, tree: UnitTree, account: Account) -> bool:
    """Whether the account is one of those that the asker looks after: by its workplace or one of its grants."""
    places = {account.workplace, *(grant.unit for grant in account.held)}
    actions = (Action.MANAGE_ACCOUNTS, Action.RESET_ACCOUNTS)
    return any(_reaches(by.grants, action, tree, unit) for action in actions for unit in places)


def reaches(by: By, tree: UnitTree, unit: str) -> bool:
    """Whether the asker may give roles at the unit."""
    return _reaches(by.grants, Action.MANAGE_ACCOUNTS, tree, unit)


def governs(by: By, action: Action, tree: UnitTree, held: Iterable[Grant]) -> bool:
    """Whether one of the asker's grants with the action stands above every one of these grants."""
    return all(any(_above(own, action, tree, grant) for own in by.grants.held) for grant in held)


def _above(own: Grant, action: Action, tree: UnitTree, grant: Grant) -> bool:
    if not own.may(action) or (own.role is not Role.ADMINISTRATOR and grant.role in SECOND_FACTOR):
        return False
    if own.unit is None:
        return True
    return grant.unit is not None and grant.unit in tree and own.reaches(tree, grant.unit)


def may(by: By, action: Action, tree: UnitTree, account: Account, today: date) -> bool:
    """Whether the asker may do this to the account: for buttons."""
    present = [grant for grant in account.held if not over(grant, today)]
    return account.name != by.name and by.grants.may(action) and governs(by, action, tree, present)


def visible(session: Session, by: By, today: date) -> list[Account]:
    """The accounts within the asker's reach, by name."""
    tree = units.tree(session, today)
    return [account for account in store.accounts(session) if sees(by, tree, account)]


def one(session: Session, by: By, name: str, today: date) -> Account:
    """An account within reach; raises NotFound("account_unknown")."""
    account = store.by_name(session, name)
    if account is None or not sees(by, units.tree(session, today), account):
        raise NotFound("account_unknown", name=store.normal(name)[:64])
    return account


def governed(session: Session, by: By, action: Action, name: str, today: date) -> Account:
    account = one(session, by, name, today)
    if not by.grants.may(action):
        raise access.AccessRefusal("access_denied", action=action.value)
    if account.name == by.name:
        raise Refusal("account_oneself")
    if not may(by, action, units.tree(session, today), account, today):
        raise access.AccessRefusal("account_above", name=account.name)
    return account


# inviting


def problems(session: Session, by: By, new: NewAccount, today: date) -> list[Fault]:
    """What is wrong with a new account; `column` names the field, `row` which of its grants, from 1."""
    tree = units.tree(session, today)
    name = store.normal(new.name)
    faults = []
    if not store.is_name(name):
        faults.append(Fault("account_name_malformed", column="name"))
    elif store.taken(session, [name]):
        faults.append(Fault("account_exists", column="name", details={"name": name}))
    return [*faults, *_field_faults(by, new, tree, today)]


def _field_faults(by: By, new: NewAccount, tree: UnitTree, today: date) -> list[Fault]:
    faults = []
    if not new.display.strip():
        faults.append(Fault("account_display_missing", column="display"))
    elif len(new.display) > LONGEST_DISPLAY:
        faults.append(Fault("account_display_long", column="display", details={"most": LONGEST_DISPLAY}))
    if fault := _workplace_fault(by, tree, new.workplace):
        faults.append(fault)
    if not new.held:
        faults.append(Fault("account_role_missing", column="role"))
    for place, grant in enumerate(new.held, 1):
        others = [*new.held[: place - 1], *new.held[place:]]
        if found := grant_fault(by, tree, grant, None if fault else new.workplace, today, others):
            faults.append(Fault(found.code, place, found.column, found.details))
    return faults


def _workplace_fault(by: By, tree: UnitTree, workplace: str | None) -> Fault | None:
    if workplace is None or (_reaches(by.grants, Action.MANAGE_ACCOUNTS, tree, workplace) and workplace in tree):
        return None
    return Fault("unit_unknown", column="workplace", details={"unit": workplace[:32]})


def grant_fault(
    by: By, tree: UnitTree, grant: Grant, workplace: str | None, today: date, others: Iterable[Grant] = ()
) -> Fault | None:
    """What speaks against a grant to somebody who works there and holds the others, or None."""
    if grant.unit is not None and grant.unit not in tree:
        return Fault("unit_unknown", column="unit", details={"unit": grant.unit[:32]})
    if code := access.misplaced(grant.role, tree.unit(grant.unit) if grant.unit else None):
        return Fault(code, column="unit", details={"role": grant.role.value})
    if grant.unit is not None and not _reaches(by.grants, Action.MANAGE_ACCOUNTS, tree, grant.unit):
        return Fault("unit_unknown", column="unit", details={"unit": grant.unit[:32]})  # foreign: as if it were not
    if not governs(by, Action.MANAGE_ACCOUNTS, tree, [grant]):
        return Fault("grant_beyond", column="unit")
    if grant.valid_to is not None and grant.valid_to < max(grant.valid_from or today, today):
        return Fault("grant_dates", column="valid_to")
    return _conflict(tree, grant, workplace, others)


def _conflict(tree: UnitTree, grant: Grant, workplace: str | None, others: Iterable[Grant]) -> Fault | None:
    if workplace is not None and workplace not in tree:
        keeps_from = access.ROLES[grant.role] & access.SINGLE_ANSWERS
        return Fault("grant_workplace_closed", column="role", details={"unit": workplace}) if keeps_from else None
    at = tree.unit(workplace) if workplace is not None else None
    if code := access.conflict(grant.role, at):
        return Fault(code, column="role", details={"role": grant.role.value, "unit": at.name if at else ""})
    for other in others:
        if (unit := access.clash(grant, other, tree)) is not None:
            return Fault("grant_graded", column="role", details={"role": grant.role.value, "unit": unit.name})
    return None


def invite(session: Session, by: By, new: NewAccount, today: date) -> Issued:
    """A new account with its grants, and the code for its letter.

    Raises Refusal("account_faulty") with every fault.
    """
    if faults := problems(session, by, new, today):
        raise Refusal("account_faulty", faults=faults)
    return _invited(session, new, today)


def _invited(session: Session, new: NewAccount, today: date) -> Issued:
    account = store.add(session, new.name, None, *new.held, display=new.display.strip(), workplace=new.workplace,
                        created=today)
    issued = _issue(session, account, INVITE, today)
    audit.note(session, "account.invited", subject(account), after={
        "display": account.display, "workplace": account.workplace, "grants": [written(g) for g in new.held],
        "until": issued.expires,
    })
    return issued


def list_faults(session: Session, by: By, rows: Sequence[tuple[int, NewAccount]], today: date) -> list[Fault]:
    """What is wrong with the accounts of a list, by row."""
    tree = units.tree(session, today)
    names = [store.normal(new.name) for _, new in rows]
    taken = store.taken(session, names) if names else set()
    faults = []
    for (row, new), name in zip(rows, names, strict=True):
        if not store.is_name(name):
            faults.append(Fault("account_name_malformed", row, "name"))
        elif name in taken:
            faults.append(Fault("account_exists", row, "name", {"name": name}))
        faults += [Fault(f.code, row, f.column, f.details) for f in _field_faults(by, new, tree, today)]
    return faults


def invite_all(session: Session, by: By, rows: Sequence[tuple[int, NewAccount]], today: date) -> list[Issued]:
    """All accounts of a list or, with Refusal("account_list_faulty"), none."""
    if faults := list_faults(session, by, rows, today):
        raise Refusal("account_list_faulty", faults=faults, count=len(faults))
    return [_invited(session, new, today) for _, new in rows]


def subject(account: Account) -> str:
    """What entries of the audit trail about the account are filed under."""
    return f"account:{account.name}"


def written(grant: Grant) -> dict[str, object]:
    """The grant as the audit trail keeps it."""
    return {"role": grant.role.value, "unit": grant.unit, "from": grant.valid_from, "to": grant.valid_to}


# codes


def grouped(code: str) -> str:
    """As it is printed and typed: groups of five."""
    return "-".join(code[at : at + 5] for at in range(0, len(code), 5))


def _digest(typed: str) -> bytes:
    return hashlib.sha256(b"invitation\0" + codes.normal(typed).encode("utf-8", "replace")).digest()


def _issue(session: Session, account: Account, purpose: str, today: date) -> Issued:
    code = codes.draw(CODE_LENGTH)
    expires = today + timedelta(days=CODE_DAYS)
    store.add_invitation(session, account.id, _digest(code), purpose, expires)
    return Issued(account, grouped(code), purpose, expires)


def code_of(session: Session, typed: str, today: date) -> Issued:
    """The account that a typed code opens; raises Refusal("invitation_unusable"), one answer for every cause."""
    found = store.invitation(session, _digest(typed))
    account = store.by_id(session, found.account_id) if found else None
    unused = account is not None and (account.state == store.INVITED or account.opens(today))
    if found is None or account is None or found.expires < today or not unused:
        raise Refusal("invitation_unusable")
    return Issued(account, grouped(codes.normal(typed)), found.purpose, found.expires)


def letters_of(session: Session, by: By, typed: Sequence[str], today: date) -> list[Issued]:
    """The codes that are still good, for printing their letters; within the asker's reach.

    Notes in the audit trail that letters were printed, and for whom.
    """
    found = [code_of(session, code, today) for code in typed]
    tree = units.tree(session, today)
    for issued in found:
        if not sees(by, tree, issued.account):
            raise Refusal("invitation_unusable")
    for issued in found:
        audit.note(session, "account.letter_printed", subject(issued.account), after={"purpose": issued.purpose})
    return found


def take_up(session: Session, typed: str, kept: str, today: date) -> Account:
    """Choose the passphrase (`kept`: already hashed) that the code entitles to; the code is spent.

    Raises Refusal("invitation_unusable").
    """
    issued = code_of(session, typed, today)
    account = issued.account
    found = store.invitation(session, _digest(typed))
    if found is None or not store.spend(session, found.id):
        raise Refusal("invitation_unusable")
    store.change(session, account.id, passphrase=kept, state=store.ACTIVE)
    end_sessions(session, account)
    audit.note(session, "account.taken_up", subject(account), after={"purpose": issued.purpose})
    return _again(session, account)


def renew(session: Session, by: By, name: str, purpose: str, today: date) -> Issued:
    """A new code letter: again for an invitation not taken up, else a reset of passphrase or both factors.

    The old passphrase stops working at once and every session ends. Raises Refusal("account_oneself"),
    AccessRefusal("account_above"), Refusal("account_closed").
    """
    account = governed(session, by, Action.RESET_ACCOUNTS, name, today)
    if account.state != store.INVITED and not account.opens(today):
        raise Refusal("account_closed", name=account.name)
    if account.state == store.INVITED:
        purpose = INVITE
    elif purpose == FACTOR:
        store.change(session, account.id, passphrase=None, second_factor=None, second_factor_last=None, recovery=None)
    else:
        purpose = RESET
        store.change(session, account.id, passphrase=None)
    end_sessions(session, account)
    issued = _issue(session, account, purpose, today)
    audit.note(session, "account.reset", subject(account), after={"purpose": purpose, "until": issued.expires})
    return issued


# grants, workplace, closing


def grant(session: Session, by: By, name: str, new: Grant, today: date) -> None:
    """Raises Refusal of the fault's code; NotFound; AccessRefusal("account_above")."""
    account = governed(session, by, Action.MANAGE_ACCOUNTS, name, today)
    _give(session, by, account, new, today)
    end_sessions(session, account)


def _give(session: Session, by: By, account: Account, new: Grant, today: date) -> None:
    others = [held for held in account.held if not over(held, today)]
    if fault := grant_fault(by, units.tree(session, today), new, account.workplace, today, others):
        raise Refusal(fault.code, faults=[fault], **fault.details)
    store.add_grant(session, account.id, new)
    audit.note(session, "account.granted", subject(account), after=written(new))


def end_grant(session: Session, by: By, name: str, grant_id: int, last_day: date, today: date) -> None:
    """The grant's last day is `last_day`; one that has not begun ends before its first day and never counts."""
    account = governed(session, by, Action.MANAGE_ACCOUNTS, name, today)
    held = next((held for held in store.held_by(session, account.id) if held.id == grant_id), None)
    if held is None or over(held.grant, today):
        raise NotFound("grant_unknown")
    if last_day < today - timedelta(days=1):
        raise Refusal("grant_past")
    if held.grant.valid_to is not None and held.grant.valid_to <= last_day:
        raise Refusal("grant_ends_already", day=held.grant.valid_to)
    _end(session, account, held, last_day)
    end_sessions(session, account)


def _end(session: Session, account: Account, held: Held, last_day: date) -> None:
    before = held.grant.valid_to
    if before is not None and before <= last_day:
        return
    store.end_grant(session, held.id, last_day)
    audit.note(session, "account.grant_ended", subject(account), before=written(held.grant), after={"to": last_day})


def move(session: Session, by: By, name: str, workplace: str | None, today: date) -> None:
    """Another workplace; refused where a role that the person holds does not go with it."""
    account = governed(session, by, Action.MANAGE_ACCOUNTS, name, today)
    tree = units.tree(session, today)
    if fault := _workplace_fault(by, tree, workplace):
        raise Refusal(fault.code, faults=[fault], **fault.details)
    at = tree.unit(workplace) if workplace else None
    for held in account.held:
        if not over(held, today) and (code := access.conflict(held.role, at)):
            fault = Fault(code, column="workplace", details={"role": held.role.value, "unit": at.name if at else ""})
            raise Refusal(code, faults=[fault], **fault.details)
    store.change(session, account.id, workplace=workplace)
    audit.note(session, "account.moved", subject(account), {"workplace": account.workplace}, {"workplace": workplace})


def manageable(session: Session, by: By, name: str, today: date) -> Account:
    """An account that the asker may change, or a refusal."""
    return governed(session, by, Action.MANAGE_ACCOUNTS, name, today)


def leave(session: Session, by: By, name: str, last_day: date, today: date) -> None:
    """Every grant ends on that day at the latest, and the account does not open after it."""
    account = manageable(session, by, name, today)
    for held in store.held_by(session, account.id):
        if not over(held.grant, today):
            _end(session, account, held, last_day)
    store.change(session, account.id, last_day=last_day)
    audit.note(session, "account.leaves", subject(account), {"last_day": account.last_day}, {"last_day": last_day})


def disable(session: Session, by: By, name: str, today: date) -> None:
    """Shut an account: sessions end, codes stop working, grants stay on record."""
    account = governed(session, by, Action.MANAGE_ACCOUNTS, name, today)
    if account.state == store.DISABLED:
        return
    store.change(session, account.id, state=store.DISABLED)
    store.end_invitations(session, account.id)
    end_sessions(session, account)
    audit.note(session, "account.disabled", subject(account), {"state": account.state}, {"state": store.DISABLED})


def enable(session: Session, by: By, name: str, today: date) -> Issued:
    """Open a shut account again: with a fresh code, never with the old passphrase."""
    account = governed(session, by, Action.MANAGE_ACCOUNTS, name, today)
    if account.state != store.DISABLED and account.opens(today):
        raise Refusal("account_open", name=account.name)
    store.change(session, account.id, state=store.INVITED, passphrase=None, last_day=None, second_factor=None,
                 second_factor_last=None, recovery=None)
    issued = _issue(session, account, INVITE, today)
    audit.note(session, "account.enabled", subject(account), {"state": account.state}, {"state": store.INVITED})
    return issued


def end_sessions(session: Session, account: Account, but: bytes | None = None) -> None:
    """Sign the person out everywhere (`but` on the browser of this digest), and stop what was begun."""
    sessions.end_all(session, account.id, but)
    store.refresh_uniquifier(session, account.id)


def _again(session: Session, account: Account) -> Account:
    session.expire_all()
    found = store.by_id(session, account.id)
    if found is None:
        raise NotFound("account_unknown", name=account.name)
    return found
