"""Conducting a wave: create, open, close, revise its wording, tell it how many dossiers there were."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from surveys.errors import NotFound, WaveRefusal
from surveys.indexes import load as index_files
from surveys.indexes.model import IndexDefinition
from surveys.origin import Basis
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Questionnaire
from surveys.store import definitions
from surveys.store import units as unit_store
from surveys.store import waves as store
from surveys.units import Kind, UnitTree
from surveys.waves import DEFAULT_OFFICIAL, State, Target, Wave, moved

CODE = re.compile(r"[A-Za-z0-9._-]{1,32}")
LARGEST_POPULATION = 100_000_000
TITLE = 200
"""longest title of a wave"""


@dataclass(frozen=True)
class Plan:
    """What a wave is created from."""

    code: str
    questionnaire: str
    index: str
    province: str
    title: str = ""
    official: frozenset[Basis] | None = None
    target: Target | None = None
    opens: date | None = None
    closes: date | None = None
    simulated: bool = False


def create(session: Session, plan: Plan, today: date) -> Wave:
    """A planned wave over the province's whole subtree, on the unit tree of its opening day (else of today).

    Raises WaveRefusal (code, days, index not made for the questionnaire, not a province) and NotFound
    (questionnaire, index, province).
    """
    if not CODE.fullmatch(plan.code):
        raise WaveRefusal("wave_code_malformed", wave=plan.code[:60])
    if len(plan.title) > TITLE or not plan.title.isprintable():
        raise WaveRefusal("wave_title_malformed", most=TITLE)
    if plan.opens and plan.closes and plan.closes < plan.opens:
        raise WaveRefusal("wave_days_reversed", opens=plan.opens, closes=plan.closes)
    questionnaire, index = newest_questionnaire(session, plan.questionnaire), newest_index(session, plan.index)
    if index.questionnaire != questionnaire.name:
        raise WaveRefusal(
            "wave_index_mismatch", index=index.name, expected=index.questionnaire, questionnaire=questionnaire.name
        )
    units_day = plan.opens or today
    province = unit_store.tree(session, units_day).unit(plan.province)
    if province.kind is not Kind.PROVINCE and province.parent is not None:
        raise WaveRefusal("wave_not_a_province", unit=plan.province)
    official = plan.official or DEFAULT_OFFICIAL[questionnaire.kind]
    return store.add(session, {
        "code": plan.code, "title": plan.title or f"{questionnaire.title['vi']} – {province.name}"[:TITLE],
        "province_code": province.code, "units_day": units_day,
        "questionnaire_id": definitions.publish(session, questionnaire, today),
        "index_id": definitions.publish_index(session, index, today),
        "official": ",".join(basis.word for basis in sorted(official)),
        "target": plan.target.value if plan.target else None,
        "target_operator": plan.target.operator if plan.target else None,
        "state": State.PLANNED.value, "opens": plan.opens, "closes": plan.closes,
        "simulated": plan.simulated, "created": today,
    })


def newest_questionnaire(session: Session, name: str) -> Questionnaire:
    """The newest version of that name: the shipped file, else what was uploaded; NotFound("questionnaire_unknown")."""
    found = questionnaire_files.shipped().get(name) or definitions.newest(session, name)
    if found is None:
        raise NotFound("questionnaire_unknown", name=name, known=", ".join(questionnaire_files.shipped()))
    return found


def newest_index(session: Session, name: str) -> IndexDefinition:
    """As newest_questionnaire; NotFound("index_unknown")."""
    found = index_files.shipped().get(name) or definitions.newest_index(session, name)
    if found is None:
        raise NotFound("index_unknown", name=name, known=", ".join(index_files.shipped()))
    return found


def move(session: Session, code: str, state: State) -> Wave:
    """Bring the wave into the state; raises WaveRefusal("wave_wrong_state")."""
    wave = store.wave(session, code)
    return store.set_state(session, wave, moved(wave, state))


def revise(session: Session, code: str, questionnaire: Questionnaire, today: date) -> Wave:
    """Hand out another version of the wave's questionnaire from now on.

    Forms of the earlier version that are in people's hands stay acceptable, and decode under their version.
    Raises WaveRefusal("wave_instrument_changed") unless it is the same instrument: items, scales and
    Vietnamese wording. Answers to two wordings are answers to two questions.
    """
    wave = store.wave(session, code)
    before = definitions.questionnaire(session, wave.questionnaire_id)
    if before.instrument != questionnaire.instrument:
        raise WaveRefusal("wave_instrument_changed", questionnaire=before.name)
    return store.set_questionnaire(session, wave, definitions.publish(session, questionnaire, today))


def set_populations(session: Session, wave: Wave, tree: UnitTree, sizes: Mapping[str, int]) -> None:
    """unit code -> dossiers closed (people entitled) in the wave's period."""
    ids = {unit.code: unit.id for unit in tree.subtree(wave.province_code)}
    if strangers := sorted(sizes.keys() - ids.keys()):
        raise WaveRefusal("unit_outside", unit=strangers[0], province=wave.province_code)
    if huge := [code for code, size in sizes.items() if not 0 <= size <= LARGEST_POPULATION]:
        raise WaveRefusal("population_too_large", unit=huge[0], most=LARGEST_POPULATION)
    store.set_populations(session, wave, {ids[code] or 0: size for code, size in sizes.items()})


def tree_of(session: Session, wave: Wave) -> UnitTree:
    """The unit tree that the wave keeps, whatever merges later."""
    return unit_store.tree(session, wave.units_day)
