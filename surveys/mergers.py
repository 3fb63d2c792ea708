"""Mergers, splits, renamings of units, as one change: who ends on which day, and who follows whom.

A plan is what a decree says. `rows` turns it into the lines that `unit_changes.check` reads and the steps that
say who came from whom; nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from surveys.errors import Fault, UnitRefusal
from surveys.unit_changes import LONGEST, Line, Merge
from surveys.units import Unit, UnitTree

WHOLE, PART = "whole", "part"
CLOSE = "close"
"""what becomes of the units below: they end as well; else the code of the successor they move to"""
MOST = 40
"""units of one change, and successors"""


@dataclass(frozen=True)
class Successor:
    """A unit as it is after the change; texts as typed."""

    code: str
    name: str
    kind: str
    parent: str


@dataclass(frozen=True)
class Plan:
    """What a decree does to some units."""

    old: tuple[str, ...]
    """codes of the units that end"""
    last_day: date
    """their last day in force; the successors begin on the next"""
    successors: tuple[Successor, ...] = ()
    """none: the units end without a successor"""
    links: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """(old code, place of the successor) -> WHOLE or PART of the old unit; what is not named is not linked"""
    below: Mapping[str, str] = field(default_factory=dict)
    """old code -> CLOSE, or the code of the successor that its own units move to; unless named, CLOSE"""
    decree: str = ""

    @property
    def first_day(self) -> date:
        return self.last_day + timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """That one dated unit follows another."""

    old_code: str
    old_valid_from: date
    new_code: str
    new_valid_from: date
    part: str
    decree: str | None


@dataclass(frozen=True)
class Rows:
    """A merger as the lines of a unit file, so that one check serves both."""

    lines: tuple[Line, ...]
    """line n (from 1) of the change: the old units, then the successors, then the units below"""
    steps: tuple[Step, ...]
    old: int
    """how many lines are of old units"""
    new: int
    """how many lines after them are of successors"""


@dataclass(frozen=True)
class Outcome:
    """What a change comes to."""

    merge: Merge
    steps: tuple[Step, ...]


def rows(tree: UnitTree, plan: Plan) -> Rows:
    """The lines and steps of a plan. `tree`: of the plan's last day.

    Raises UnitRefusal("merger_faulty") with a fault for each: nothing chosen, too many, a unit that is not in
    force on that day or ends already, a unit wholly given away twice, a successor that follows nobody, units
    below that should move to nobody. Whether the tree stays a tree is `unit_changes.check`'s to say.
    """
    faults = [*_faults_of_choice(tree, plan)]
    if faults:
        raise UnitRefusal("merger_faulty", faults=faults, count=len(faults))
    old = [tree.unit(code) for code in plan.old]
    decree = " ".join(plan.decree.split())
    lines = [_closed(unit, plan.last_day, row) for row, unit in enumerate(old, start=1)]
    lines += [
        Line(len(old) + place, each.code, each.name, each.kind, each.parent, plan.first_day.isoformat(), "", decree)
        for place, each in enumerate(plan.successors, start=1)
    ]
    staying = {each.code for each in plan.successors}
    for unit in old:
        if unit.code not in staying:  # a successor of the same code is still above them
            lines += _below(tree, plan, unit, decree, len(lines) + 1)
    steps = [
        Step(unit.code, unit.valid_from, after.code.strip(), plan.first_day, part, decree or None)
        for unit in old for place, after in enumerate(plan.successors)
        if (part := plan.links.get((unit.code, place))) is not None
    ]
    first = len(old) + len(plan.successors)
    moved = {line.code for line in lines[first:] if not line.valid_to}
    steps += [
        Step(code, tree.unit(code).valid_from, code, plan.first_day, WHOLE, decree or None) for code in sorted(moved)
    ]
    return Rows(tuple(lines), tuple(steps), len(old), len(plan.successors))


def _faults_of_choice(tree: UnitTree, plan: Plan) -> Iterable[Fault]:
    if not plan.old:
        yield Fault("merger_empty")
    if len(plan.old) > MOST or len(plan.successors) > MOST:
        yield Fault("merger_many", details={"most": MOST})
    if len(plan.decree) > LONGEST:
        yield Fault("unit_text_long", None, "decree", {"found": len(plan.decree), "most": LONGEST})
    if plan.last_day >= date.max:
        yield Fault("day_malformed", None, "last_day", {"value": plan.last_day})
    for row, code in enumerate(plan.old, start=1):
        if code not in tree:
            yield Fault("merger_not_in_force", row, "code", {"unit": code, "day": plan.last_day})
        elif tree.unit(code).valid_to is not None:
            yield Fault("merger_ends_already", row, "code", {"unit": code, "day": tree.unit(code).valid_to})
        given = [plan.links[code, place] for place in range(len(plan.successors)) if (code, place) in plan.links]
        if WHOLE in given and len(given) > 1:
            yield Fault("merger_whole_twice", row, "part", {"unit": code})
        if plan.successors and not given:
            yield Fault("merger_no_successor", row, "part", {"unit": code})
        target = plan.below.get(code, CLOSE)
        if target != CLOSE and target not in {after.code for after in plan.successors}:
            yield Fault("merger_below_nowhere", row, "below", {"unit": code, "target": target[:40]})
    for place, after in enumerate(plan.successors):
        if not any((code, place) in plan.links for code in plan.old):
            yield Fault("merger_follows_nobody", len(plan.old) + place + 1, "part", {"unit": after.code[:40]})


def _below(tree: UnitTree, plan: Plan, unit: Unit, decree: str, row: int) -> list[Line]:
    """The units below: all of them end, or those directly below move and take their own with them."""
    target = plan.below.get(unit.code, CLOSE)
    if target == CLOSE:
        ending = [each for each in tree.subtree(unit.code)[1:] if each.valid_to is None and each.code not in plan.old]
        return [_closed(each, plan.last_day, row + place) for place, each in enumerate(ending)]
    lines: list[Line] = []
    for child in tree.children(unit.code):
        if child.valid_to is not None or child.code in plan.old:
            continue
        lines.append(_closed(child, plan.last_day, row + len(lines)))
        lines.append(Line(
            row + len(lines), child.code, child.name, child.kind.value, target, plan.first_day.isoformat(), "", decree,
        ))
    return lines


def _closed(unit: Unit, last_day: date, row: int) -> Line:
    first = "" if unit.valid_from == date.min else unit.valid_from.isoformat()
    return Line(row, unit.code, unit.name, unit.kind.value, unit.parent or "", first, last_day.isoformat(),
                unit.decree or "")


def words(steps: Sequence[Step]) -> list[str]:
    """Steps for the audit trail: '18859>19249 whole'."""
    return [f"{step.old_code}>{step.new_code} {step.part}" for step in steps]
