"""Conducting a wave: plan it by a checklist, open, close, fix; tell it how many dossiers there were.

Every change is noted in the audit trail, in its own transaction. Publishing is `surveys.publication`'s, wiping a
training wave `surveys.training`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from surveys import audit, collection, targets
from surveys.errors import Fault, NotFound, WaveRefusal
from surveys.indexes import load as index_files
from surveys.indexes.checks import problems_with, require_fit
from surveys.indexes.model import IndexDefinition
from surveys.origin import Basis
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Questionnaire
from surveys.sheets import Sheet, column_faults
from surveys.store import collection as collection_store
from surveys.store import definitions, responses
from surveys.store import units as unit_store
from surveys.store import waves as store
from surveys.units import Kind, Unit, UnitTree
from surveys.waves import DEFAULT_OFFICIAL, State, Target, Wave, moved

CODE = re.compile(r"[A-Za-z0-9._-]{1,32}")
LARGEST_POPULATION = 100_000_000
TITLE = 200
"""longest title of a wave"""
REASON = 500
"""longest reason"""


@dataclass(frozen=True)
class Plan:
    """What a wave is created from."""

    code: str
    questionnaire: str
    index: str
    province: str
    title: str = ""
    official: frozenset[Basis] | None = None
    """None: the usual ones of the kind of questionnaire"""
    target: Target | None = None
    """for every share; None: the targets of the index"""
    opens: date | None = None
    closes: date | None = None
    simulated: bool = False
    training: bool = False
    late_until: date | None = None
    units_day: date | None = None
    """whose unit tree the wave keeps; None: the opening day, else today"""
    populations: Mapping[str, int] = field(default_factory=dict)
    """unit code -> dossiers closed (people entitled) in the period"""


class Standing(StrEnum):
    """How a line of the checklist stands."""

    DONE = "done"
    WARNING = "warning"
    """the wave may open; somebody should know"""
    MISSING = "missing"
    """the wave may not open"""


@dataclass(frozen=True)
class Check:
    """One line of the checklist. The words for `code` are the pages'."""

    code: str
    standing: Standing
    details: Mapping[str, object] = field(default_factory=dict)


def create(session: Session, plan: Plan, today: date) -> Wave:
    """A planned wave over the province's whole subtree, on the unit tree of its opening day (else of today).

    Raises WaveRefusal (code, title, days, index not made for the questionnaire, not a province, counts) and
    NotFound (questionnaire, index, province).
    """
    if not CODE.fullmatch(plan.code):
        raise WaveRefusal("wave_code_malformed", wave=plan.code[:60])
    wave = store.add(session, {
        "code": plan.code, "state": State.PLANNED.value, "simulated": plan.simulated, "created": today,
        **_planned(session, plan, today),
    })
    audit.note(session, "wave.created", f"wave:{wave.code}", None, told(session, wave))
    if plan.populations:
        set_populations(session, wave, tree_of(session, wave), plan.populations)
    return wave


def edit(session: Session, code: str, plan: Plan, today: date) -> Wave:
    """Replace the plan of a wave that is not open yet. plan.code and plan.simulated stay as they are.

    Raises as `create`; WaveRefusal("wave_not_planned"), and ("wave_units_in_use") where points or counts stand
    on the unit tree that would change.
    """
    wave = store.held(session, store.wave(session, code), alone=True)
    if wave.state is not State.PLANNED:
        raise WaveRefusal("wave_not_planned", wave=wave.code, state=wave.state.value)
    fields = _planned(session, plan, today, wave)
    on_other_units = (fields["province_code"], fields["units_day"]) != (wave.province_code, wave.units_day)
    if on_other_units and store.used_units(session, wave):
        raise WaveRefusal("wave_units_in_use", wave=wave.code)
    changed = _changed(session, wave, "wave.edited", fields)
    if plan.populations:
        set_populations(session, changed, tree_of(session, changed), plan.populations)
    return changed


def plan_of(session: Session, wave: Wave) -> Plan:
    """The plan that a wave stands on, to be changed in parts."""
    return Plan(
        wave.code, definitions.questionnaire(session, wave.questionnaire_id).name,
        definitions.index(session, wave.index_id).name, wave.province_code, wave.title, wave.official,
        None if wave.target is None else Target(wave.target, wave.target_operator or ">="), wave.opens, wave.closes,
        wave.simulated, wave.training, wave.late_until, wave.units_day,
    )


def _planned(session: Session, plan: Plan, today: date, known: Wave | None = None) -> dict[str, object]:
    """Columns of a wave that a plan decides."""
    if len(plan.title) > TITLE or not plan.title.isprintable():
        raise WaveRefusal("wave_title_malformed", most=TITLE)
    _check_days(plan.opens, plan.closes, plan.late_until)
    questionnaire, index = newest_questionnaire(session, plan.questionnaire), newest_index(session, plan.index)
    if index.questionnaire != questionnaire.name:
        raise WaveRefusal(
            "wave_index_mismatch", index=index.name, expected=index.questionnaire, questionnaire=questionnaire.name
        )
    require_fit(index, questionnaire)
    units_day = plan.units_day or plan.opens or (known.units_day if known else today)
    province = unit_store.tree(session, units_day).unit(plan.province)
    if province.kind is not Kind.PROVINCE and province.parent is not None:
        raise WaveRefusal("wave_not_a_province", unit=plan.province)
    official = plan.official or DEFAULT_OFFICIAL[questionnaire.kind]
    return {
        "title": plan.title or f"{questionnaire.title['vi']} – {province.name}"[:TITLE],
        "province_code": province.code, "units_day": units_day,
        "questionnaire_id": definitions.publish(session, questionnaire, today),
        "index_id": definitions.publish_index(session, index, today),
        "official": ",".join(basis.word for basis in sorted(official)),
        "target": plan.target.value if plan.target else None,
        "target_operator": plan.target.operator if plan.target else None,
        "opens": plan.opens, "closes": plan.closes, "training": plan.training, "late_until": plan.late_until,
    }


def _check_days(opens: date | None, closes: date | None, late_until: date | None) -> None:
    if opens and closes and closes < opens:
        raise WaveRefusal("wave_days_reversed", opens=opens, closes=closes)
    if closes and late_until and late_until < closes:
        raise WaveRefusal("wave_late_reversed", closes=closes, late=late_until)


def newest_questionnaire(session: Session, name: str) -> Questionnaire:
    """The version of that name in force (see `store.definitions.current`); NotFound("questionnaire_unknown")."""
    found = definitions.current(session, name)
    if found is None:
        raise NotFound("questionnaire_unknown", name=name, known=", ".join(questionnaire_files.shipped()))
    return found


def newest_index(session: Session, name: str) -> IndexDefinition:
    """As newest_questionnaire; NotFound("index_unknown")."""
    found = definitions.current_index(session, name)
    if found is None:
        raise NotFound("index_unknown", name=name, known=", ".join(index_files.shipped()))
    return found


def checklist(session: Session, wave: Wave, today: date) -> tuple[Check, ...]:
    """Everything a wave needs before it opens, in the order one sees to it."""
    return tuple(_checks(session, wave, today))


def _checks(session: Session, wave: Wave, today: date) -> Iterator[Check]:
    questionnaire = definitions.questionnaire(session, wave.questionnaire_id)
    index = definitions.index(session, wave.index_id)
    named = {"name": questionnaire.name}
    current = definitions.current(session, questionnaire.name)
    if current is None:
        yield Check("form_unapproved", Standing.MISSING, named)
    elif current.content != questionnaire.content:
        yield Check("form_newer", Standing.WARNING, named)
    else:
        yield Check("form_approved", Standing.DONE, {**named, "questions": len(questionnaire.variables)})
    yield _method(session, questionnaire, index)
    tree = tree_of(session, wave)
    units = gathering(tree, wave)
    yield (Check("units", Standing.DONE, {"units": len(units), "day": wave.units_day}) if units
           else Check("units_none", Standing.WARNING, {"day": wave.units_day}))
    yield _days(wave, today)
    yield from _bases(wave, questionnaire.kind)
    counted = store.populations(session, wave)
    with_count = sum(unit.id in counted for unit in units)
    enough = bool(units) and with_count == len(units)
    yield Check("populations" if with_count else "populations_none", Standing.DONE if enough else Standing.WARNING,
                {"counted": with_count, "units": len(units)})
    goal = targets.goal(wave, index, "overall")
    yield (Check("target", Standing.DONE, {"value": goal.value, "operator": goal.operator}) if goal
           else Check("target_none", Standing.WARNING))
    places = len(collection_store.points(session, wave.id))
    slips = sum(out for out, _ in collection_store.slip_counts(session, wave.province_code, wave.id).values())
    yield Check("places" if places or slips else "places_none",
                Standing.DONE if places or slips else Standing.WARNING, {"points": places, "slips": slips})


def _method(session: Session, questionnaire: Questionnaire, index: IndexDefinition) -> Check:
    details = {"index": index.name, "questionnaire": questionnaire.name}
    if index.questionnaire != questionnaire.name or problems_with(index, questionnaire, index.name):
        lacking = [item for item in index.items if not questionnaire.has(item)]
        return Check("method_unfit", Standing.MISSING, {**details, "items": ", ".join(lacking[:5])})
    current = definitions.current_index(session, index.name)
    if current is None or current.content != index.content:
        return Check("method_newer" if current else "method_unapproved",
                     Standing.WARNING if current else Standing.MISSING, details)
    return Check("method", Standing.DONE, {**details, "items": len(index.items)})


def _days(wave: Wave, today: date) -> Check:
    days = {"opens": wave.opens, "closes": wave.closes}
    if wave.closes is not None and wave.closes < today:
        return Check("days_past", Standing.MISSING, days)
    if wave.opens is None or wave.closes is None:
        return Check("days_open", Standing.WARNING, days)
    return Check("days", Standing.DONE, {**days, "number": (wave.closes - wave.opens).days + 1})


def _bases(wave: Wave, kind: str) -> Iterator[Check]:
    named = {"bases": tuple(basis.word for basis in sorted(wave.official))}
    drawn = wave.official & {Basis.SAMPLE, Basis.HOUSEHOLD}
    household = kind == "household"
    nobody = wave.official == {Basis.DOSSIERS} if household else wave.official == {Basis.HOUSEHOLD}
    yield Check("bases_unfit", Standing.MISSING, named) if nobody else Check("bases", Standing.DONE, named)
    if Basis.OPEN in wave.official:
        yield Check("bases_open", Standing.WARNING, named)
    if household and drawn:
        yield Check("bases_household", Standing.WARNING, named)


def gathering(tree: UnitTree, wave: Wave) -> list[Unit]:
    """The units whose service is judged: communes and departments of the wave, centres and counters within them
    not counted apart; where there are none, whatever stands directly below the province."""
    inside = tree.subtree(wave.province_code)
    judged = [unit for unit in inside if unit.kind in {Kind.COMMUNE, Kind.DEPARTMENT}]
    return judged or list(tree.children(wave.province_code))


def open_(session: Session, code: str, today: date) -> Wave:
    """planned -> open; WaveRefusal("wave_not_ready") naming every required line that is missing."""
    wave = store.held(session, store.wave(session, code), alone=True)
    if wave.state is not State.PLANNED:
        raise WaveRefusal("wave_wrong_state", wave=wave.code, state=wave.state.value, wanted=State.OPEN.value)
    if missing := [check.code for check in checklist(session, wave, today) if check.standing is Standing.MISSING]:
        raise WaveRefusal("wave_not_ready", wave=wave.code, missing=", ".join(missing))
    return _moved(session, wave, State.OPEN, "wave.opened")


def close(session: Session, code: str, today: date) -> Wave:
    """open -> closed; its last day is today where it would have run on."""
    wave = store.held(session, store.wave(session, code), alone=True)
    last = wave.closes if wave.closes is not None and wave.closes < today else today
    if wave.opens is not None and last < wave.opens:
        last = wave.opens
    return _moved(session, wave, State.CLOSED, "wave.closed", closes=last)


def reopen(session: Session, code: str, reason: str, closes: date | None, today: date) -> Wave:
    """closed -> open again, only before the figures are fixed, for a reason, up to a new last day (None: open end).

    Raises WaveRefusal ("wave_wrong_state", "wave_reason_missing", "wave_closes_past").
    """
    wave = store.held(session, store.wave(session, code), alone=True)
    said = given_reason(reason)
    if wave.state is not State.CLOSED:
        raise WaveRefusal("wave_wrong_state", wave=wave.code, state=wave.state.value, wanted=State.OPEN.value)
    if closes is not None and closes < today:
        raise WaveRefusal("wave_closes_past", closes=closes)
    late = wave.late_until if closes is None or wave.late_until is None else max(wave.late_until, closes)
    return _moved(session, wave, State.OPEN, "wave.reopened", reason=said, closes=closes, late_until=late)


def extend(session: Session, code: str, closes: date | None, late_until: date | None, today: date) -> Wave:
    """Another last day of answers (only while the wave is open), and until when late paper may be keyed.

    Raises WaveRefusal ("wave_wrong_state" unless open or closed, "wave_closes_past", "wave_late_reversed",
    "wave_days_reversed").
    """
    wave = store.held(session, store.wave(session, code), alone=True)
    if wave.state not in {State.OPEN, State.CLOSED}:
        raise WaveRefusal("wave_wrong_state", wave=wave.code, state=wave.state.value, wanted=State.OPEN.value)
    if wave.state is State.CLOSED:
        closes = wave.closes
    elif closes is not None and closes < today and closes != wave.closes:
        raise WaveRefusal("wave_closes_past", closes=closes)
    _check_days(wave.opens, closes, late_until)
    return _changed(session, wave, "wave.days", {"closes": closes, "late_until": late_until})


def fix(session: Session, code: str, today: date) -> Wave:
    """closed -> fixed (chốt): from now on no answer enters. The final table is computed after this commits, by
    `scores.moved`, and never moves again. Late paper ends with it."""
    wave = store.held(session, store.wave(session, code), alone=True)
    return _moved(session, wave, State.FIXED, "wave.fixed", fixed=today)


def move(session: Session, code: str, state: State) -> Wave:
    """Bring the wave into the state, without asking what the named steps ask; raises
    WaveRefusal("wave_wrong_state")."""
    return _moved(session, store.held(session, store.wave(session, code), alone=True), state, "wave.moved")


def _moved(
    session: Session, wave: Wave, state: State, action: str, *, reason: str = "", **fields: object
) -> Wave:
    return _changed(session, wave, action, {"state": moved(wave, state).value, **fields}, reason)


def _changed(session: Session, wave: Wave, action: str, fields: Mapping[str, object], reason: str = "") -> Wave:
    """Write the columns and note those that are others than before."""
    changed = store.set_fields(session, wave, fields)
    if changed.state is not wave.state:
        responses.none_on_its_way(session)
    before, after = told(session, wave), told(session, changed)
    differing = [name for name in after if after[name] != before[name]]
    said = {"reason": reason} if reason else {}
    audit.note(
        session, action, f"wave:{wave.code}", {name: before[name] for name in differing},
        {name: after[name] for name in differing} | said,
    )
    return changed


def told(session: Session, wave: Wave) -> dict[str, object]:
    """A wave as the audit trail tells of it."""
    questionnaire = definitions.questionnaire(session, wave.questionnaire_id)
    index = definitions.index(session, wave.index_id)
    return {
        "title": wave.title, "province": wave.province_code, "units_day": wave.units_day,
        "questionnaire": f"{questionnaire.name}@{questionnaire.content[:12]}",
        "index": f"{index.name}@{index.content[:12]}",
        "official": [basis.word for basis in sorted(wave.official)], "target": wave.target,
        "target_operator": wave.target_operator, "state": wave.state.value, "opens": wave.opens,
        "closes": wave.closes, "late_until": wave.late_until, "fixed": wave.fixed, "training": wave.training,
    }


def given_reason(reason: str) -> str:
    """What somebody wrote as a reason; WaveRefusal ("wave_reason_missing", "wave_reason_long")."""
    said = reason.strip()
    if not said:
        raise WaveRefusal("wave_reason_missing")
    if len(said) > REASON:
        raise WaveRefusal("wave_reason_long", most=REASON)
    return said


def revise(session: Session, code: str, questionnaire: Questionnaire, today: date) -> Wave:
    """Hand out another version of the wave's questionnaire from now on.

    Forms of the earlier version that are in people's hands stay acceptable, and decode under their version.
    Raises WaveRefusal("wave_instrument_changed") unless it is the same instrument: items, scales and
    Vietnamese wording. Answers to two wordings are answers to two questions.
    """
    wave = store.held(session, store.wave(session, code), alone=True)
    before = definitions.questionnaire(session, wave.questionnaire_id)
    if before.instrument != questionnaire.instrument:
        raise WaveRefusal("wave_instrument_changed", questionnaire=before.name)
    published = definitions.publish(session, questionnaire, today)
    if published == wave.questionnaire_id:
        return wave
    return _changed(session, wave, "wave.revised", {"questionnaire_id": published})


def read_populations(wave: Wave, tree: UnitTree, sheet: Sheet) -> dict[str, int]:
    """unit code -> count, of a sheet with the columns unit and size (and name, which is for people).

    Raises WaveRefusal("population_faulty") with every fault by row and column.
    """
    faults = column_faults(sheet.columns, ["unit", "size"], ["name"])
    sizes: dict[str, int] = {}
    if not faults:
        members = {unit.code for unit in tree.subtree(wave.province_code)}
        unit_at, size_at = sheet.columns.index("unit"), sheet.columns.index("size")
        for line, cells in sheet.rows:
            if len(cells) != len(sheet.columns):
                faults.append(Fault("row_ragged", line, None, {"found": len(cells), "expected": len(sheet.columns)}))
                continue
            unit, size = cells[unit_at].strip(), cells[size_at].strip()
            if unit not in members:
                faults.append(Fault("unit_unknown", line, "unit", {"unit": unit[:40]}))
            elif not re.fullmatch(r"[0-9]{1,12}", size) or int(size) > LARGEST_POPULATION:
                faults.append(Fault("number_malformed", line, "size", {"value": size[:40], "least": "0"}))
            elif unit in sizes:
                faults.append(Fault("unit_repeated", line, "unit", {"unit": unit}))
            else:
                sizes[unit] = int(size)
    if faults:
        raise WaveRefusal("population_faulty", faults=faults, count=len(faults))
    return sizes


def set_populations(session: Session, wave: Wave, tree: UnitTree, sizes: Mapping[str, int]) -> None:
    """unit code -> dossiers closed (people entitled) in the wave's period; units that are not named keep theirs.

    Once figures are published, other counts change nothing of them: a correction is computed with them.
    Raises WaveRefusal ("unit_outside", "population_too_large", "wave_fixed" between fixing and publishing).
    """
    wave = store.held(session, wave, alone=True)  # counts are weights: none may slip in while the figures are fixed
    if wave.state is State.FIXED:
        raise WaveRefusal("wave_fixed", wave=wave.code)
    ids = {unit.code: unit.id for unit in tree.subtree(wave.province_code)}
    if strangers := sorted(sizes.keys() - ids.keys()):
        raise WaveRefusal("unit_outside", unit=strangers[0], province=wave.province_code)
    if huge := [code for code, size in sizes.items() if not 0 <= size <= LARGEST_POPULATION]:
        raise WaveRefusal("population_too_large", unit=huge[0], most=LARGEST_POPULATION)
    stored = store.populations(session, wave)
    changed = {code: size for code, size in sizes.items() if stored.get(ids[code] or 0) != size}
    store.set_populations(session, wave, {ids[code] or 0: size for code, size in changed.items()})
    before = {code: stored.get(ids[code] or 0) for code in sorted(changed)}
    if changed:
        audit.note(session, "wave.populations", f"wave:{wave.code}", before, dict(sorted(changed.items())))


def create_points(session: Session, wave: Wave, tree: UnitTree) -> int:
    """A point for every commune (and department) that has none yet; says how many were made.

    Where a unit has a one-stop centre of its own, the point stands at the first of them.
    Raises WaveRefusal("wave_collected") once the wave takes no more answers.
    """
    store.hold_places(session, wave.province_code)  # two who make them at once would make each twice
    wave = store.held(session, wave)
    if wave.state not in {State.PLANNED, State.OPEN}:
        raise WaveRefusal("wave_collected", wave=wave.code, state=wave.state.value)
    having = {point.unit_id for point in collection.points(session, wave)}
    made = []
    for unit in gathering(tree, wave):
        below = tree.subtree(unit.code)
        if not having.isdisjoint(each.id for each in below):
            continue
        place = next((each for each in below if each.kind is Kind.CENTRE), unit)
        made.append(collection.create_point(session, wave, tree, place.code, ""))
    if made:
        codes = {point.code: tree.by_id(point.unit_id).code for point in made}
        audit.note(session, "wave.points", f"wave:{wave.code}", None, {"made": len(made), "points": codes})
    return len(made)


def tree_of(session: Session, wave: Wave) -> UnitTree:
    """The unit tree that the wave keeps, whatever merges later."""
    return unit_store.tree(session, wave.units_day)
