"""From codes just issued to their sealed letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import current_app
from sqlalchemy.orm import Session

from app.prints.letters import Letter, render
from app.role_words import role_word
from app.settings import Settings
from surveys import accounts
from surveys.access import Grant
from surveys.accounts import Issued
from surveys.store import units
from surveys.units import Kind, UnitTree, name_within


def pdf(session: Session, issued: Sequence[Issued], today: date) -> bytes:
    """One letter a page, in the order given."""
    tree = units.tree(session, today)
    address = invitation_address()
    return render([letter(each, tree, address, today) for each in issued], day=today)


def invitation_address() -> str:
    """Where letters lead: the page on which a code is typed, under the name that staff use."""
    settings: Settings = current_app.config["HAILONG"]
    return f"{settings.staff_address}/account/invitation"


def letter(issued: Issued, tree: UnitTree, address: str, today: date) -> Letter:
    account = issued.account
    held = [grant for grant in account.held if not accounts.over(grant, today)]
    return Letter(
        display=account.display or account.name, name=account.name,
        workplace=tree.full_name(account.workplace) if account.workplace and account.workplace in tree else "",
        sender=_sender([account.workplace, *(grant.unit for grant in held)], tree),
        roles=tuple(_role(grant, tree) for grant in held), code=issued.code, purpose=issued.purpose,
        expires=issued.expires, address=address,
    )


def _role(grant: Grant, tree: UnitTree) -> str:
    line = role_word(grant.role)
    if grant.unit is not None:
        line += f" – {tree.full_name(grant.unit) if grant.unit in tree else grant.unit}"
    if grant.valid_from is not None:
        line += f", từ ngày {grant.valid_from:%d/%m/%Y}"
    if grant.valid_to is not None:
        line += f", đến hết ngày {grant.valid_to:%d/%m/%Y}"
    return line


def _sender(places: Sequence[str | None], tree: UnitTree) -> str:
    """The department that runs the survey in the person's province."""
    for code in places:
        for unit in (tree.unit(code), *tree.ancestors(code)) if code and code in tree else ():
            if unit.kind is Kind.PROVINCE:
                return f"Sở Nội vụ {name_within(unit.name)}"
    return "Hệ thống đo lường sự hài lòng Hài Lòng"
