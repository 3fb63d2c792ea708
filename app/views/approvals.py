"""What waits for a second person: proposed by one, confirmed or rejected by another."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import approval_words, audit_words, auth, errors, messages, server_day
from app.auth import requires
from app.db import reading, transaction
from app.language import current
from app.language import translate as _
from app.views.comments import reader_of
from surveys import approvals, audit, comments
from surveys.access import AccessRefusal, Action
from surveys.approvals import Proposal, State
from surveys.errors import NotFound, Refusal
from surveys.store import units
from surveys.units import UnitTree

bp = Blueprint("approvals", __name__, url_prefix="/approvals")

PAGE = 30
"""settled ones of a page"""
HIDDEN = frozenset({"approval_unknown", "unit_unknown"})
"""refusals that tell nothing: what lies beyond the asker's reach"""


@bp.get("/")
@requires(Action.SEE_PROPOSALS)
def index() -> ResponseReturnValue:
    before = _number(request.args.get("before"))
    with reading() as session:
        tree = _tree(session)
        every = _seen(approvals.waiting(session), tree)
        settled, older = _settled(session, tree, before)
    mine = [each for each in every if approvals.same_person(each.proposed_by, _name())]
    for_me = approvals.for_me(every, auth.grants(), tree, _name())
    others = [each for each in every if each not in mine and each not in for_me]
    return render_template(
        "approvals/index.html", for_me=for_me, mine=mine, others=others, settled=settled, said=approval_words,
        person=_person, older=url_for("approvals.index", before=older, _anchor="settled") if older else None,
        paged=before is not None,
    )


def _settled(session: Session, tree: UnitTree, before: int | None) -> tuple[list[Proposal], int | None]:
    """A page of the settled ones within reach, and where the next begins."""
    batch = approvals.settled(session, before, PAGE + 1)
    return _seen(batch[:PAGE], tree), batch[PAGE - 1].id if len(batch) > PAGE else None


@bp.get("/<int:id>")
@requires(Action.SEE_PROPOSALS)
def proposal(id: int) -> ResponseReturnValue:
    return _page(id)


@bp.post("/<int:id>/decision")
@requires(Action.SEE_PROPOSALS)
def decide(id: int) -> ResponseReturnValue:
    answer, decision = request.form.get("answer", ""), request.form.get("decision")
    try:
        with transaction() as session:
            tree = _tree(session)
            found = _within(session, tree, id)
            approvals.require(auth.grants(), tree, found)
            _comments(session, found)
            if decision not in {"confirm", "reject"}:
                raise Refusal("approval_decision_missing")
            approvals.decide(session, id, decision == "confirm", actor=_name(), answer=answer, today=server_day())
    except AccessRefusal:
        raise
    except Refusal as refusal:
        if refusal.code in HIDDEN:
            raise
        return _refused(id, refusal, answer)
    return redirect(url_for("approvals.proposal", id=id), 303)


@bp.post("/<int:id>/withdrawal")
@requires(Action.SEE_PROPOSALS)
def withdraw(id: int) -> ResponseReturnValue:
    try:
        with transaction() as session:
            _within(session, _tree(session), id)
            approvals.withdraw(session, id, actor=_name(), today=server_day())
    except NotFound:
        raise
    except Refusal as refusal:
        return _refused(id, refusal, "")
    return redirect(url_for("approvals.index"), 303)


def _refused(id: int, refusal: Refusal, answer: str) -> ResponseReturnValue:
    """The same page with what is in the way; what was written stays."""
    place = "answer" if refusal.code in {"approval_answer_missing", "approval_words_long"} else None
    problems = [(place, messages.refusal_sentence(refusal, current()))]
    problems += [(None, messages.fault_sentence(fault, current())) for fault in refusal.faults]
    status = errors.status_of(refusal)
    return _page(id, problems, answer), 422 if status == 400 else status


def _page(id: int, problems: list[tuple[str | None, str]] | None = None, answer: str = "") -> str:
    with transaction() as session:
        tree = _tree(session)
        found = _within(session, tree, id)
        texts = _comments(session, found)
        if texts:
            audit.note(session, "comments.read", found.subject, None, {"comments": len(texts), "proposal": id})
    own = approvals.same_person(found.proposed_by, _name())
    waits = found.state is State.WAITING
    about = str(found.document.get("unit", ""))
    return render_template(
        "approvals/proposal.html", found=found, own=own, waits=waits, comments=texts, said=approval_words,
        lines=approval_words.account(found.document), person=_person, problems=problems or [], answer=answer,
        may_decide=waits and not own and approvals.may_decide(auth.grants(), tree, found),
        unit=tree.unit(found.unit_code) if found.unit_code and found.unit_code in tree else None,
        about=tree.unit(about).name if about in tree else about, link=approval_words.page_of(found),
        subject=audit_words.subject_said(found.subject, current()), longest=approvals.LONGEST_WORDS,
        title=_("Đề nghị số {n}", n=found.id),
    )


def _comments(session: Session, found: Proposal) -> list[str] | None:
    """What a release would show, word for word; None where there is nothing (any more) to show.

    NotFound where the comments are about the asker's own unit.
    """
    if found.kind != "comments":
        return None
    try:
        wave, tree, unit = comments.subject(session, found)
    except NotFound:
        return None  # the wave is gone, and its comments with it
    comments.require(reader_of(session), tree, wave, unit.code)
    if found.state is not State.WAITING:
        return None
    try:
        return [text for _comment, text in comments.to_release(session, wave, unit, found)]
    except Refusal:
        return None


def _within(session: Session, tree: UnitTree, id: int) -> Proposal:
    """Within the asker's reach, or NotFound("approval_unknown")."""
    found = approvals.by_id(session, id)
    if not approvals.may_see(auth.grants(), tree, found):
        raise NotFound("approval_unknown", id=id)
    return found


def _seen(proposals: list[Proposal], tree: UnitTree) -> list[Proposal]:
    grants = auth.grants()
    return [each for each in proposals if approvals.may_see(grants, tree, each)]


def _tree(session: Session) -> UnitTree:
    return units.tree(session, server_day())


def _name() -> str:
    who = auth.viewer()
    assert who is not None  # noqa: S101  # the route requires an action; tells the type checker
    return who.name


def _person(name: str | None) -> str:
    return audit_words.actor_said(name or "–", current())


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
