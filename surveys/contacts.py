"""Contact lists of citizens. There are none: nothing here keeps a name, a number or an address.

The consent of two persons to deleting one is registered already, so that a list can never come without it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from surveys.approvals import Proposal
from surveys.errors import Refusal


def deleted(session: Session, proposal: Proposal, today: date) -> None:
    """Raises Refusal("contacts_absent"), always: there is nothing to delete."""
    raise Refusal("contacts_absent", subject=proposal.subject)
