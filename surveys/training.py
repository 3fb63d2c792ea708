"""Training waves (đợt tập huấn): everything works as in a real wave, nothing counts, and all of it goes in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from surveys import approvals, audit
from surveys.approvals import State as ProposalState
from surveys.errors import WaveRefusal
from surveys.store import approvals as approval_store
from surveys.store import responses
from surveys.store import waves as store
from surveys.waves import State


@dataclass(frozen=True)
class Wiped:
    """What a wiping took away."""

    gone: Mapping[str, int]
    """'response', 'comment', 'slip', … -> rows that were deleted"""
    whole: bool
    """the wave itself went, too"""


def wipe(session: Session, code: str, *, confirmed: str, whole: bool, actor: str, today: date) -> Wiped:
    """Delete what a training wave collected, in the caller's transaction, and let it be run again.

    Afterwards it is planned again, with its points and counts; whole: they and the wave go as well.
    confirmed: the wave's code, typed once more. Proposals about it that wait are withdrawn.
    Raises WaveRefusal ("wave_not_training", "wipe_not_confirmed"). The statements themselves touch training waves
    only.
    """
    wave = store.held(session, store.wave(session, code), alone=True)
    if not wave.training:
        raise WaveRefusal("wave_not_training", wave=wave.code)
    if confirmed.strip() != wave.code:
        raise WaveRefusal("wipe_not_confirmed", wave=wave.code)
    withdrawn = [each.id for each in approvals.waiting(session) if _about(each.subject, wave.code)]
    for id in withdrawn:
        approval_store.settle(session, id, ProposalState.WITHDRAWN, by=actor, on=today, answer="")
    store.set_fields(session, wave, {"state": State.PLANNED.value, "fixed": None})
    responses.none_on_its_way(session)  # an answer that arrives between would outlive its wave
    gone = store.wipe(session, wave, whole=whole)
    after = {"gone": gone, "withdrawn": withdrawn, **({} if whole else {"state": State.PLANNED.value})}
    audit.note(session, "wave.deleted" if whole else "wave.wiped", f"wave:{wave.code}", {
        "state": wave.state.value, "title": wave.title,
    }, after, province=wave.province_code)
    return Wiped(gone, whole)


def _about(subject: str, code: str) -> bool:
    """The wave itself, or the comments of one of its units: those are gone, too."""
    return subject == f"wave:{code}" or subject.startswith(f"comments:{code}/")
