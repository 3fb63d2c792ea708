"""When a clerk leaves: the grants end on a day, a successor has the same from the next, and nothing is left lying."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from surveys import accounts, audit
from surveys.access import Grant
from surveys.accounts import By, Issued, NewAccount
from surveys.errors import Refusal
from surveys.store import approvals, drafts
from surveys.store.accounts import Account


@dataclass(frozen=True)
class Open:
    """Something that waits in a person's name."""

    kind: str
    """'draft' or 'proposal'"""
    what: str
    id: int


def open_of(session: Session, account: Account) -> list[Open]:
    """Drafts being written and proposals waiting for their second person."""
    return [
        *(Open("draft", f"{each.kind}:{each.name}", each.id) for each in drafts.being_written(session, account.name)),
        *(Open("proposal", f"{each.kind}:{each.subject}", each.id)
          for each in approvals.waiting(session) if each.proposed_by == account.name),
    ]


def passed_on(account: Account, last_day: date, today: date) -> tuple[Grant, ...]:
    """What a successor gets: every grant that lasts beyond the day, from the day after."""
    first = last_day + timedelta(days=1)
    return tuple(
        replace(grant, valid_from=max(first, grant.valid_from or first))
        for grant in account.held
        if not accounts.over(grant, today) and (grant.valid_to is None or grant.valid_to >= first)
    )


def hand_over(
    session: Session, by: By, name: str, last_day: date, successor: str | NewAccount, today: date
) -> Issued | None:
    """End the leaver's grants on `last_day`, shut the account after it, and give the same to the successor.

    successor: the name of an account, or a new one (its `held` is ignored). Returns the code of a new account.
    Raises Refusal("handover_past"), ("handover_nothing"), ("account_oneself"), those of `invite` and `grant`.
    """
    if last_day < today:
        raise Refusal("handover_past")
    leaver = accounts.manageable(session, by, name, today)
    given = passed_on(leaver, last_day, today)
    if not given:
        raise Refusal("handover_nothing", name=leaver.name)
    issued = None
    if isinstance(successor, NewAccount):
        issued = accounts.invite(session, by, replace(successor, held=given), today)
        heir = issued.account
    else:
        heir = accounts.manageable(session, by, successor, today)
        if heir.id == leaver.id:
            raise Refusal("handover_same")
        for grant in given:
            accounts.grant(session, by, heir.name, grant, today)
    accounts.leave(session, by, leaver.name, last_day, today)
    audit.note(session, "account.handed_over", accounts.subject(leaver), after={"to": heir.name, "last_day": last_day})
    return issued
