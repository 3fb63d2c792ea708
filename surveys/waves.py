"""Waves: rounds of a survey, their states and what each state allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from surveys.errors import WaveRefusal
from surveys.origin import Basis


class State(StrEnum):
    """In this order; the Vietnamese words are in the wording table."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    """collection ended (kết thúc thu thập)"""
    FIXED = "fixed"
    """figures fixed (chốt số liệu)"""
    PUBLISHED = "published"
    CORRECTED = "corrected"


NEXT: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.OPEN}),
    State.OPEN: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.OPEN, State.FIXED}),  # reopened when late paper forms arrive
    State.FIXED: frozenset({State.PUBLISHED}),
    State.PUBLISHED: frozenset({State.CORRECTED}),
    State.CORRECTED: frozenset({State.CORRECTED}),
}

DEFAULT_OFFICIAL: dict[str, frozenset[Basis]] = {
    "transaction": frozenset({Basis.SAMPLE, Basis.DOSSIERS}),
    "counter": frozenset({Basis.SAMPLE, Basis.DOSSIERS}),
    "household": frozenset({Basis.SAMPLE, Basis.HOUSEHOLD}),
}
"""kind of questionnaire -> bases official unless the wave says otherwise"""


@dataclass(frozen=True)
class Target:
    value: float
    """a share, 0 to 1"""
    operator: str
    """'>' (trên 85%) or '>=' (95% trở lên)"""


@dataclass(frozen=True)
class Wave:
    id: int
    code: str
    title: str
    province_code: str
    units_day: date
    questionnaire_id: int
    index_id: int
    official: frozenset[Basis]
    target: float | None
    target_operator: str | None
    state: State
    opens: date | None
    closes: date | None
    simulated: bool
    created: date
    training: bool = False
    """for practice: never official, wiped in one step"""
    late_until: date | None = None
    """last day on which paper forms filled in time may be keyed after collection ended"""
    fixed: date | None = None

    @property
    def issued(self) -> bool:
        """Its figures have been published; until then they are a draft."""
        return self.state in {State.PUBLISHED, State.CORRECTED}

    def ended(self, today: date) -> bool:
        """It takes no more answers, unless it is opened again."""
        over = self.closes is not None and today > self.closes
        return over or self.state not in {State.PLANNED, State.OPEN}

    def takes_answers(self, today: date) -> bool:
        """Open, and within its days where it has any."""
        return (
            self.state is State.OPEN
            and (self.opens is None or today >= self.opens)
            and (self.closes is None or today <= self.closes)
        )


def moved(wave: Wave, state: State) -> State:
    """The state asked for, or a refusal naming the present one."""
    if state not in NEXT[wave.state]:
        raise WaveRefusal("wave_wrong_state", wave=wave.code, state=wave.state.value, wanted=state.value)
    return state


def require_open(wave: Wave, today: date) -> None:
    """Raise WaveRefusal("wave_not_open") unless answers are taken today."""
    if not wave.takes_answers(today):
        raise WaveRefusal("wave_not_open", wave=wave.code, state=wave.state.value)


def bases(words: Iterable[str]) -> frozenset[Basis]:
    """Bases from their words; raises WaveRefusal("basis_unknown") naming the first stranger."""
    known = {basis.word: basis for basis in Basis}
    asked = [word.strip().lower() for word in words if word.strip()]
    for word in asked:
        if word not in known:
            raise WaveRefusal("basis_unknown", basis=word, known=", ".join(known))
    if not asked:
        raise WaveRefusal("official_empty")
    return frozenset(known[word] for word in asked)


def parse_target(text: str) -> Target:
    """'85', '>85', '>=95', '85,5 %': a percentage with its sign; without a sign, '>=' ('85% trở lên')."""
    rest = text.strip().rstrip("%").strip().replace("≥", ">=")
    operator = next((sign for sign in (">=", ">") if rest.startswith(sign)), None)
    try:
        percent = float(rest.removeprefix(operator or "").strip().replace(",", "."))
    except ValueError:
        raise WaveRefusal("target_malformed", target=text) from None
    # below 1 somebody wrote a share for a percentage: 0.85 for 85
    if not 1 <= percent < 100 and not (percent == 100 and operator != ">"):
        raise WaveRefusal("target_malformed", target=text)
    return Target(percent / 100, operator or ">=")
