"""Waves: rounds of a survey, their states and what each state allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from surveys.errors import WaveRefusal
from surveys.origin import Basis, Mode


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
    State.CLOSED: frozenset({State.OPEN, State.FIXED}),  # opened again only before the figures are fixed
    State.FIXED: frozenset({State.PUBLISHED}),
    State.PUBLISHED: frozenset({State.CORRECTED}),
    State.CORRECTED: frozenset({State.CORRECTED}),
}

SETTLED: frozenset[State] = frozenset({State.FIXED, State.PUBLISHED, State.CORRECTED})
"""from here on no answer enters and the score table stands still"""

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

    @property
    def settled(self) -> bool:
        """Its figures are fixed: no answer enters, and the score table never moves."""
        return self.state in SETTLED

    @property
    def mark(self) -> str:
        """Key of what stands on every page and print of the wave; '' for a real one."""
        if self.training:
            return "training_simulated" if self.simulated else "training"
        return "watermark" if self.simulated else ""

    def collected(self, today: date) -> bool:
        """Collection is over: what was not filled in by now is not of this wave, unless it is opened again."""
        past = self.closes is not None and today > self.closes
        return past or self.state not in {State.PLANNED, State.OPEN}

    def takes_late_paper(self, today: date) -> bool:
        """Collection is over, and paper forms filled in before may still be keyed."""
        return (
            self.state in {State.OPEN, State.CLOSED} and self.collected(today)
            and self.late_until is not None and today <= self.late_until
        )

    def ended(self, today: date) -> bool:
        """It takes no more answers, late paper included, unless it is opened again."""
        return self.collected(today) and not self.takes_late_paper(today)

    def takes_answers(self, today: date, mode: Mode | None = None) -> bool:
        """Open, and within its days where it has any; afterwards paper alone, as long as the wave waits for it."""
        if self.state is State.OPEN and not self.collected(today):
            return self.opens is None or today >= self.opens
        return mode is Mode.PAPER and self.takes_late_paper(today)


def moved(wave: Wave, state: State) -> State:
    """The state asked for, or a refusal naming the present one."""
    if state not in NEXT[wave.state]:
        raise WaveRefusal("wave_wrong_state", wave=wave.code, state=wave.state.value, wanted=state.value)
    return state


def require_open(wave: Wave, today: date, mode: Mode | None = None) -> None:
    """Raise WaveRefusal("wave_not_open") unless answers that came in this mode are taken today."""
    if not wave.takes_answers(today, mode):
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
