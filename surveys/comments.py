"""What citizens wrote in their own words: read at the province, covered, released to the unit by two persons.

A graded unit never sees what was not released. What could name somebody is covered by pattern (`surveys.masking`);
a reader may cover more, and can neither uncover nor rewrite: a release says only which stretches of the text stay
hidden. Comments carry no day and are shown in the order of their random ids, so nobody learns who came after whom.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from surveys import approvals, audit, masking
from surveys.access import GRADED, Action, Grants
from surveys.approvals import Proposal
from surveys.disclosure import SMALLEST_GROUP
from surveys.errors import NotFound, Refusal
from surveys.masking import Span
from surveys.units import Unit, UnitTree
from surveys.waves import State, Wave

KEPT_MONTHS = 12
"""months after the closing day for which comments are kept"""
LARGEST_BATCH = 100
"""comments of one release"""


@dataclass(frozen=True)
class Comment:
    """What one person wrote in answer to one question; with no link to the other answers."""

    id: str
    """random, hexadecimal"""
    unit_id: int
    variable: str
    text: str
    released: str | None
    """what the unit sees; None: not released"""

    @property
    def spans(self) -> tuple[Span, ...]:
        """What has to be covered at least."""
        return masking.found(self.text)

    @property
    def covered(self) -> str:
        return masking.covered(self.text, self.spans)


@dataclass(frozen=True)
class Reader:
    """Who reads, with what they hold and where they work."""

    grants: Grants
    workplace: str | None = None

    def may_read(self, tree: UnitTree, wave: Wave, unit_code: str) -> bool:
        """Held at the province, and not about the own department or commune: nobody reads what grades them."""
        return self.grants.reaches(Action.READ_COMMENTS, tree, wave.province_code) and not self.own(tree, unit_code)

    def own(self, tree: UnitTree, unit_code: str) -> bool:
        if self.workplace is None or self.workplace not in tree or tree.unit(self.workplace).kind not in GRADED:
            return False
        return self.workplace in {unit_code, *(above.code for above in tree.ancestors(unit_code))}


def require(reader: Reader, tree: UnitTree, wave: Wave, unit_code: str) -> Unit:
    """The unit, or NotFound: outside the wave, beyond the reader's grants, or the reader's own."""
    if not reader.grants.reaches(Action.READ_COMMENTS, tree, wave.province_code):
        raise NotFound("wave_unknown", wave=wave.code)
    within = {unit.code for unit in tree.subtree(wave.province_code)}
    if unit_code not in within or not reader.may_read(tree, wave, unit_code):
        raise NotFound("unit_unknown", unit=unit_code)
    return tree.unit(unit_code)


def enough(session: Session, wave: Wave, unit: Unit) -> bool:
    """Whether so many answered at the unit that a comment does not point to its writer."""
    from surveys.store import responses

    counts = responses.counts_by_place(session, wave.province_code, wave.id)
    return sum(number for place, _, number in counts if place == unit.id) >= SMALLEST_GROUP


def propose(
    session: Session, wave: Wave, tree: UnitTree, unit: Unit, more: Mapping[str, Sequence[str]], *, actor: str,
    reason: str, today: date,
) -> Proposal:
    """Ask a second person to release comments about a unit.

    more: id of a comment -> words to cover besides what the patterns found.
    The document names comments and covered stretches, and holds no word of what was written.
    Raises Refusal ("comments_none_chosen", "comments_too_many", "comments_few_answers", "comments_small_batch" while
    answers still come in, "comments_gone", "comments_words_absent" naming the words that stand nowhere), and what
    `approvals.propose` refuses.
    """
    if not more:
        raise Refusal("comments_none_chosen")
    if len(more) > LARGEST_BATCH:
        raise Refusal("comments_too_many", most=LARGEST_BATCH)
    _require_crowd(session, wave, unit, len(more), today)
    chosen = _chosen(session, wave, unit, list(more))
    covered = [
        {"id": comment.id, "covered": [list(span) for span in _covered(comment, more[comment.id])]}
        for comment in chosen
    ]
    return approvals.propose(
        session, "comments", f"comments:{wave.code}/{unit.code}",
        {"wave": wave.code, "unit": unit.code, "comments": covered}, actor=actor, unit_code=wave.province_code,
        reason=reason, today=today,
    )


def _require_crowd(session: Session, wave: Wave, unit: Unit, batch: int, today: date) -> None:
    if not enough(session, wave, unit):
        raise Refusal("comments_few_answers", fewest=SMALLEST_GROUP)
    if not wave.ended(today) and batch < SMALLEST_GROUP:
        # released one by one while answers come in, they would tell who had just been there
        raise Refusal("comments_small_batch", fewest=SMALLEST_GROUP)


def _chosen(session: Session, wave: Wave, unit: Unit, ids: Sequence[str]) -> list[Comment]:
    """The comments of those ids, about that unit, not released; Refusal("comments_gone") unless all are there."""
    from surveys.store import comments as store

    try:
        keys = [bytes.fromhex(id) for id in ids]
    except ValueError:
        raise Refusal("comments_gone") from None
    found = store.by_ids(session, wave, keys)
    if len(found) != len(set(ids)) or any(each.unit_id != unit.id or each.released is not None for each in found):
        raise Refusal("comments_gone")
    return found


def _covered(comment: Comment, words: Sequence[str]) -> tuple[Span, ...]:
    spans = list(comment.spans)
    for said in words:
        places = masking.every(comment.text, said)
        if not places:
            raise Refusal("comments_words_absent", words=said[:60], id=comment.id)
        spans += places
    return masking.joined(spans)


def to_release(session: Session, wave: Wave, unit: Unit, proposal: Proposal) -> list[tuple[Comment, str]]:
    """Each comment of a proposal with exactly what the unit would see; Refusal("comments_gone").

    Raises Refusal("comments_uncovered") where something that has to be covered is not.
    """
    entries = proposal.document["comments"]
    assert isinstance(entries, list)  # noqa: S101  # `propose` wrote it; tells the type checker
    spans = {str(entry["id"]): tuple((int(a), int(b)) for a, b in entry["covered"]) for entry in entries}
    found = _chosen(session, wave, unit, list(spans))
    for comment in found:
        if not masking.covers(spans[comment.id], comment.spans):
            raise Refusal("comments_uncovered")
    return [(comment, masking.covered(comment.text, spans[comment.id])) for comment in found]


def subject(session: Session, proposal: Proposal) -> tuple[Wave, UnitTree, Unit]:
    """What a proposal of this kind is about."""
    from surveys import conduct
    from surveys.store import waves as wave_store

    wave = wave_store.wave(session, str(proposal.document["wave"]))
    tree = conduct.tree_of(session, wave)
    return wave, tree, tree.unit(str(proposal.document["unit"]))


def released(session: Session, proposal: Proposal, today: date) -> None:
    """Carry a release out: exactly the proposed comments, covered exactly as proposed."""
    from surveys.store import comments as store

    wave, _, unit = subject(session, proposal)
    shown = to_release(session, wave, unit, proposal)
    _require_crowd(session, wave, unit, len(shown), today)
    for comment, text in shown:
        if not store.release(session, wave, bytes.fromhex(comment.id), text):
            raise Refusal("comments_gone")
    after = {"unit": unit.code, "comments": len(shown), "proposal": proposal.id}
    audit.note(session, "comments.released", f"comments:{wave.code}/{unit.code}", None, after)


def shown(session: Session, wave: Wave, units: Collection[Unit]) -> dict[int, list[str]]:
    """unit id -> released texts, for who may see the unit's results; in the order of random ids."""
    from surveys.store import comments as store

    found: dict[int, list[str]] = {}
    ids = [unit.id for unit in units if unit.id is not None]
    for comment in store.page(session, wave, ids, after=None, most=LARGEST_SHOWN, released=True):
        found.setdefault(comment.unit_id, []).append(comment.released or "")
    return found


LARGEST_SHOWN = 1000
"""released comments of one page"""


def last_day(wave: Wave) -> date | None:
    """The last day on which the wave's comments are kept; None: it still collects."""
    if wave.state in {State.PLANNED, State.OPEN} and wave.closes is None:
        return None
    ended = wave.closes or wave.fixed or wave.opens or wave.created
    year, month = divmod(ended.month - 1 + KEPT_MONTHS, 12)
    day = min(ended.day, 28) if month == 1 else ended.day  # 29 February has no namesake
    return date(ended.year + year, month + 1, day)


def expire(session: Session, today: date) -> dict[str, int]:
    """Delete the comments of every wave that ended more than twelve months ago: wave code -> how many."""
    from surveys.store import comments as store
    from surveys.store import waves as wave_store

    gone: dict[str, int] = {}
    for wave in wave_store.waves(session):
        until = last_day(wave)
        if until is not None and today > until and (count := store.delete_all(session, wave)):
            gone[wave.code] = count
            audit.note(session, "comments.expired", f"comments:{wave.code}", {"comments": count}, {"kept_until": until})
    return gone
