"""Four eyes: what one person proposes, another confirms or rejects, and exactly the proposed document is done.

A kind names who may propose, who may decide and what is carried out. The document is kept as canonical JSON and
never changes; carrying out happens in the transaction of the decision, so a proposal is either approved and done
or still waiting.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from surveys import audit
from surveys.access import AccessRefusal, Action, Grants
from surveys.canonical import Document, canonical_json, digest
from surveys.errors import NotFound, Refusal
from surveys.units import UnitTree

LONGEST_WORDS = 2000
"""longest reason and answer"""


class State(StrEnum):
    """Only WAITING can change, and once."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Proposal:
    """What one person asked for; all but the decision stays as it was made."""

    id: int
    kind: str
    subject: str
    """what it is about, by its code: 'wave:QT-2026-1', 'draft:17'"""
    unit_code: str | None
    """the deciding person's grant must reach it; None: a grant at any province or above will do"""
    document: Document
    """what will be done"""
    reason: str
    proposed_by: str
    proposed: date
    state: State
    decided_by: str | None = None
    decided: date | None = None
    answer: str = ""
    """what the second person wrote"""

    @property
    def content(self) -> str:
        """sha-256 of the document"""
        return digest(canonical_json(self.document))


Perform = Callable[[Session, Proposal, date], object]


@dataclass(frozen=True)
class Kind:
    """A kind of proposal: who may make it, who may decide, what carries it out."""

    propose: Action
    approve: Action
    module: str
    """imported when a decision is carried out"""
    function: str
    """(session, proposal, today): does what the document says, or refuses, and then nothing is decided"""

    def perform(self, session: Session, proposal: Proposal, today: date) -> None:
        done: Perform = getattr(importlib.import_module(self.module), self.function)
        done(session, proposal, today)

    def reject(self, session: Session, proposal: Proposal, today: date) -> None:
        """Tell the module, where it wants to know, that a proposal was rejected or withdrawn."""
        told: Perform | None = getattr(importlib.import_module(self.module), "rejected", None)
        if told is not None:
            told(session, proposal, today)


KINDS: Mapping[str, Kind] = {
    "definition": Kind(Action.WRITE_DEFINITIONS, Action.APPROVE_DEFINITIONS, "surveys.drafts", "approved"),
    "publication": Kind(Action.PUBLISH, Action.PUBLISH, "surveys.publication", "published"),
    "correction": Kind(Action.PUBLISH, Action.PUBLISH, "surveys.publication", "corrected"),
    "comments": Kind(Action.READ_COMMENTS, Action.RELEASE_COMMENTS, "surveys.comments", "released"),
    "contacts": Kind(Action.DELETE_CONTACTS, Action.DELETE_CONTACTS, "surveys.contacts", "deleted"),
}


def propose(
    session: Session, kind: str, subject: str, document: Document, *, actor: str, unit_code: str | None, reason: str,
    today: date,
) -> Proposal:
    """Ask for a second person's consent. The caller has checked that the actor may propose this.

    Raises Refusal("approval_waiting") while the same kind of thing is already asked for about the subject, and
    ("approval_words_long") for a reason beyond LONGEST_WORDS.
    """
    from surveys.store import approvals as store

    if kind not in KINDS:
        raise ValueError(f"no such kind: {kind}")
    made = store.add(
        session, kind=kind, subject=subject, unit_code=unit_code, document=canonical_json(document),
        reason=_words(reason), proposed_by=actor, proposed=today,
    )
    after = {"kind": kind, "subject": subject, "unit": unit_code, "document": made.content, "reason": made.reason}
    audit.note(session, "proposal.made", f"proposal:{made.id}", None, after)
    return made


def decide(session: Session, id: int, approved: bool, *, actor: str, answer: str, today: date) -> Proposal:
    """Confirm (and carry out) or reject. The caller has asked `require` about the actor's grants.

    Raises NotFound("approval_unknown"), Refusal("approval_same_person") for who proposed it,
    ("approval_decided") where it no longer waits, ("approval_answer_missing") for a rejection without a reason,
    and whatever the carrying out refuses: then nothing is decided.
    """
    from surveys.store import approvals as store

    found = store.by_id(session, id)
    if same_person(found.proposed_by, actor):
        raise Refusal("approval_same_person")
    said = _words(answer)
    if not approved and not said:
        raise Refusal("approval_answer_missing")
    decided = _settled(session, found, State.APPROVED if approved else State.REJECTED, actor, said, today)
    carry_out = KINDS[found.kind].perform if approved else KINDS[found.kind].reject
    carry_out(session, decided, today)
    _note(session, "proposal.approved" if approved else "proposal.rejected", decided)
    return decided


def withdraw(session: Session, id: int, *, actor: str, today: date) -> Proposal:
    """Take back one's own proposal; anybody else's is NotFound."""
    from surveys.store import approvals as store

    found = store.by_id(session, id)
    if not same_person(found.proposed_by, actor):
        raise NotFound("approval_unknown", id=id)
    withdrawn = _settled(session, found, State.WITHDRAWN, actor, "", today)
    KINDS[found.kind].reject(session, withdrawn, today)
    _note(session, "proposal.withdrawn", withdrawn)
    return withdrawn


def waiting(session: Session) -> list[Proposal]:
    """Everything that waits for a second person, the oldest first."""
    from surveys.store import approvals as store

    return store.waiting(session)


def settled(session: Session, before: int | None = None, most: int = 50) -> list[Proposal]:
    """What was decided or withdrawn, the newest first, from below the id `before`."""
    from surveys.store import approvals as store

    return store.settled(session, before, most)


def by_id(session: Session, id: int) -> Proposal:
    """Raises NotFound("approval_unknown")."""
    from surveys.store import approvals as store

    return store.by_id(session, id)


def same_person(one: str, other: str) -> bool:
    """Whether two actors are one account: names know no case. `cli:root` is a person of its own."""
    return one.casefold() == other.casefold()


def may_decide(grants: Grants, tree: UnitTree, proposal: Proposal) -> bool:
    """Whether the grants allow deciding on it (who proposed it is another matter). tree: today's."""
    return _reaches(grants, KINDS[proposal.kind].approve, tree, proposal)


def may_see(grants: Grants, tree: UnitTree, proposal: Proposal) -> bool:
    """Whoever may propose such a thing there, or decide on it."""
    kind = KINDS[proposal.kind]
    return any(_reaches(grants, action, tree, proposal) for action in (kind.propose, kind.approve))


def require(grants: Grants, tree: UnitTree, proposal: Proposal) -> None:
    """Pass who may decide. NotFound for who may not even see it, AccessRefusal for who may see and not decide."""
    if not may_see(grants, tree, proposal):
        raise NotFound("approval_unknown", id=proposal.id)
    if not may_decide(grants, tree, proposal):
        raise AccessRefusal("access_denied", action=KINDS[proposal.kind].approve.value)


def for_me(proposals: Iterable[Proposal], grants: Grants, tree: UnitTree, actor: str) -> list[Proposal]:
    """Those that this person could decide now."""
    return [
        each for each in proposals
        if each.state is State.WAITING and not same_person(each.proposed_by, actor)
        and may_decide(grants, tree, each)
    ]


def _reaches(grants: Grants, action: Action, tree: UnitTree, proposal: Proposal) -> bool:
    if proposal.unit_code is None:
        return grants.province_wide(action, tree)
    return proposal.unit_code in tree and grants.reaches(action, tree, proposal.unit_code)


def _settled(session: Session, found: Proposal, state: State, actor: str, answer: str, today: date) -> Proposal:
    from surveys.store import approvals as store

    if not store.settle(session, found.id, state, by=actor, on=today, answer=answer):
        raise Refusal("approval_decided", id=found.id)
    return store.by_id(session, found.id)


def _note(session: Session, action: str, proposal: Proposal) -> None:
    before = {"state": State.WAITING.value, "proposed_by": proposal.proposed_by}
    after = {
        "kind": proposal.kind, "subject": proposal.subject, "document": proposal.content, "answer": proposal.answer,
    }
    audit.note(session, action, f"proposal:{proposal.id}", before, after)


def _words(text: str) -> str:
    said = text.strip()
    if len(said) > LONGEST_WORDS:
        raise Refusal("approval_words_long", longest=LONGEST_WORDS)
    return said
